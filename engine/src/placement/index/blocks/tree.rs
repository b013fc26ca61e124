//! Blocks in the order of their keys.

use crate::placement::index::blocks::Size;
use crate::placement::index::blocks::block::{Block, LONGEST};
use crate::placement::index::blocks::column::{Shifted, first_enough};
use crate::placement::index::blocks::key::Word;

/// How full blocks are made, so that the first few insertions cut none.
const FILLED: usize = LONGEST * 3 / 4;
/// A block with fewer is put together with the next, if that leaves room.
const SHORT: usize = LONGEST / 5;

/// Blocks, and what each of them is skipped by.
#[derive(Debug)]
pub(super) struct Tree<K: Word> {
    blocks: Vec<Box<Block<K>>>,
    /// No key of a block is lower, and all of the blocks before are; but for the first, which
    /// has all that lies before the second.
    from: Vec<K>,
    most_cpu: Vec<Shifted>,
    most_memory: Vec<Shifted>,
}

impl<K: Word> Tree<K> {
    /// From keys in ascending order.
    pub(super) fn from_ascending(items: Vec<(K, Size)>) -> Self {
        let mut tree = Self {
            blocks: Vec::new(),
            from: Vec::new(),
            most_cpu: Vec::new(),
            most_memory: Vec::new(),
        };
        for (key, size) in items {
            if tree.blocks.last().is_none_or(|last| last.len() == FILLED) {
                tree.put(tree.blocks.len(), key, Box::default());
            }
            tree.push(tree.blocks.len() - 1, key, size);
        }
        tree
    }

    pub(super) fn insert(&mut self, key: K, size: Size) {
        if self.blocks.is_empty() {
            self.put(0, key, Box::default());
        }
        let mut at = self.block_of(key);
        if self.blocks[at].len() == LONGEST {
            let (middle, upper) = self.blocks[at].cut();
            self.put(at + 1, middle, upper);
            self.sum_up(at);
            at += usize::from(key >= middle);
        }
        self.push(at, key, size);
    }

    pub(super) fn remove(&mut self, key: K) {
        let at = self.block_of(key);
        let block = &mut self.blocks[at];
        let before = block.remove(key);
        if block.len() < SHORT {
            self.shrink(at);
        } else {
            self.lower(at, before);
        }
    }

    pub(super) fn resize(&mut self, key: K, size: Size) {
        let at = self.block_of(key);
        let block = &mut self.blocks[at];
        let before = block.resize(key, size);
        self.raise(at, size);
        self.lower(at, before);
    }

    /// The lowest key of an instance that has enough left: none below `from` has.
    pub(super) fn first_fit(&self, from: K, need: Size) -> Option<K> {
        let mut at = self.block_of(from);
        loop {
            let most = [self.most_cpu.get(at..)?, &self.most_memory[at..]];
            at += first_enough(most, [need.cpu, need.memory])?;
            if let Some(found) = self.blocks[at].first_fit(need) {
                return Some(found);
            }
            at += 1;
        }
    }

    /// Every key from `from` to `to`, of instances that have enough left, in any order.
    pub(super) fn fits(&self, from: K, to: K, need: Size) -> impl Iterator<Item = K> + '_ {
        let (start, end) = (self.block_of(from), self.block_of(to));
        let blocks = self.blocks.iter().take(end + 1).skip(start);
        blocks.flat_map(move |block| block.fits(need)).filter(move |&key| from <= key && key <= to)
    }

    pub(super) fn count_fits(&self, need: Size) -> usize {
        self.blocks.iter().map(|block| block.count_fits(need)).sum()
    }

    /// Of the instances that have enough left, the one at a position.
    pub(super) fn nth_fit(&self, position: usize, need: Size) -> Option<K> {
        let mut left = position;
        for block in &self.blocks {
            let fits = block.count_fits(need);
            if left < fits {
                let mut keys: Vec<K> = block.fits(need).collect();
                return Some(*keys.select_nth_unstable(left).1);
            }
            left -= fits;
        }
        None
    }

    /// All keys with what their instances have left, ascending; panics when blocks and sums
    /// disagree.
    pub(super) fn checked(&self) -> Vec<(K, Size)> {
        let mut items: Vec<(K, Size)> = Vec::new();
        for (at, block) in self.blocks.iter().enumerate() {
            assert!((1..=LONGEST).contains(&block.len()), "a block has some, and not too many");
            let most = (self.most_cpu[at], self.most_memory[at]);
            let found = (block.most_cpu(), block.most_memory());
            assert_eq!(most, found, "the most that one of a block has left");
            block.check();
            let (from, to) = (self.from[at], self.from.get(at + 1));
            let in_place = |key: K| (at == 0 || key >= from) && to.is_none_or(|&to| key < to);
            assert!(block.items().all(|(key, _)| in_place(key)), "keys stand in their blocks");
            items.extend(block.items());
        }
        items.sort_unstable_by_key(|&(key, _)| key);
        let once = items.windows(2).all(|pair| pair[0].0 != pair[1].0);
        assert!(once, "each key stands there once");
        items
    }

    /// The block in which a key stands, or belongs.
    fn block_of(&self, key: K) -> usize {
        self.from.partition_point(|&from| from <= key).saturating_sub(1)
    }

    /// Puts a block at a position.
    fn put(&mut self, at: usize, from: K, block: Box<Block<K>>) {
        self.from.insert(at, from);
        self.most_cpu.insert(at, block.most_cpu());
        self.most_memory.insert(at, block.most_memory());
        self.blocks.insert(at, block);
    }

    fn push(&mut self, at: usize, key: K, size: Size) {
        self.blocks[at].push(key, size);
        self.raise(at, size);
    }

    /// Some instance of a block has so much left now.
    fn raise(&mut self, at: usize, now: Size) {
        self.most_cpu[at] = self.most_cpu[at].max(Shifted::new(now.cpu));
        self.most_memory[at] = self.most_memory[at].max(Shifted::new(now.memory));
    }

    /// Some instance of a block has less left than before: the most may be less.
    fn lower(&mut self, at: usize, before: Size) {
        if Shifted::new(before.cpu) == self.most_cpu[at] {
            self.most_cpu[at] = self.blocks[at].most_cpu();
        }
        if Shifted::new(before.memory) == self.most_memory[at] {
            self.most_memory[at] = self.blocks[at].most_memory();
        }
    }

    fn sum_up(&mut self, at: usize) {
        self.most_cpu[at] = self.blocks[at].most_cpu();
        self.most_memory[at] = self.blocks[at].most_memory();
    }

    /// A block became short: it takes in the next one, unless both are too many to grow again.
    fn shrink(&mut self, at: usize) {
        let next = self.blocks.get(at + 1).map_or(LONGEST, |next| next.len());
        let is_empty = self.blocks[at].len() == 0;
        if is_empty {
            self.take_out(at);
        } else if self.blocks[at].len() + next <= FILLED {
            let next = self.take_out(at + 1);
            for (key, size) in next.items() {
                self.blocks[at].push(key, size);
            }
            self.sum_up(at);
        } else {
            self.sum_up(at);
        }
    }

    fn take_out(&mut self, at: usize) -> Box<Block<K>> {
        self.from.remove(at);
        self.most_cpu.remove(at);
        self.most_memory.remove(at);
        self.blocks.remove(at)
    }
}
