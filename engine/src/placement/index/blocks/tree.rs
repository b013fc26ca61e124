//! Blocks in the order of their keys.

use crate::placement::index::blocks::Size;
use crate::placement::index::blocks::block::{Block, LONGEST};
use crate::placement::index::blocks::column::{Shifted, first_enough};
use crate::placement::index::blocks::key::Word;

/// How full blocks are made, so that the first few insertions cut none.
const FILLED: usize = LONGEST * 3 / 4;
/// A block with fewer is put together with the next, if that leaves room.
const SHORT: usize = LONGEST / 5;
/// What each part of a block has that was cut.
const HALF: u8 = (LONGEST / 2) as u8;

/// Blocks, and what each of them is skipped by.
#[derive(Debug)]
pub(super) struct Tree<K: Word> {
    blocks: Vec<Box<Block<K>>>,
    /// How many instances each has.
    lens: Vec<u8>,
    /// No key of a block is lower, and all of the blocks before are; but for the first, which
    /// has all that lies before the second.
    from: Vec<K>,
    most_cpu: Vec<Shifted>,
    most_memory: Vec<Shifted>,
}

impl<K: Word> Tree<K> {
    /// From keys in ascending order.
    pub(super) fn from_ascending(items: impl Iterator<Item = (K, Size)>) -> Self {
        let mut tree = Self {
            blocks: Vec::new(),
            lens: Vec::new(),
            from: Vec::new(),
            most_cpu: Vec::new(),
            most_memory: Vec::new(),
        };
        for (key, size) in items {
            if tree.blocks.is_empty() || tree.len(tree.blocks.len() - 1) == FILLED {
                tree.put(tree.blocks.len(), key, Box::default(), 0);
            }
            tree.push(tree.blocks.len() - 1, key, size);
        }
        tree
    }

    /// Finds the block to which a key belongs, and asks for the place it will get there.
    pub(super) fn ask_for_room(&self, key: K) -> usize {
        let at = self.block_of(key);
        if let Some(block) = self.blocks.get(at) {
            block.ask_for_place(self.len(at));
        }
        at
    }

    pub(super) fn insert(&mut self, key: K, size: Size, spot: usize) {
        if self.blocks.is_empty() {
            self.put(0, key, Box::default(), 0);
        }
        let mut at = self.block_at(spot, key);
        if self.len(at) == LONGEST {
            let (middle, upper) = self.blocks[at].cut();
            self.put(at + 1, middle, upper, HALF);
            self.lens[at] = HALF;
            self.sum_up(at);
            at += usize::from(key >= middle);
        }
        self.push(at, key, size);
    }

    /// Finds the block of a key that is there, and asks for what it holds.
    pub(super) fn ask_for(&self, key: K) -> usize {
        let at = self.block_of(key);
        self.blocks[at].ask_for();
        at
    }

    pub(super) fn remove(&mut self, key: K, spot: usize) {
        let at = self.block_at(spot, key);
        let len = self.len(at);
        let before = self.blocks[at].remove(len, key);
        self.lens[at] -= 1;
        if self.len(at) < SHORT {
            self.shrink(at);
        } else {
            self.lower(at, before);
        }
    }

    pub(super) fn resize(&mut self, key: K, size: Size, spot: usize) {
        let at = self.block_at(spot, key);
        let before = self.blocks[at].resize(key, size);
        self.raise(at, size);
        self.lower(at, before);
    }

    /// The lowest key of an instance that has enough left, and the position of its block. None
    /// below `from` has, whose block is most likely at a spot.
    pub(super) fn first_fit(&self, from: K, spot: usize, need: Size) -> Option<(K, usize)> {
        let mut at = self.block_at(spot, from);
        loop {
            let most = [self.most_cpu.get(at..)?, &self.most_memory[at..]];
            at += first_enough(most, [need.cpu, need.memory])?;
            if let Some(found) = self.blocks[at].first_fit(self.len(at), need) {
                return Some((found, at));
            }
            at += 1;
        }
    }

    /// Every key from `from` to `to`, of instances that have enough left, in any order.
    pub(super) fn fits(&self, from: K, to: K, need: Size) -> impl Iterator<Item = K> + '_ {
        let (start, end) = (self.block_of(from), self.block_of(to));
        let blocks = self.with_len().take(end + 1).skip(start);
        let fits = blocks.flat_map(move |(block, len)| block.fits(len, need));
        fits.filter(move |&key| from <= key && key <= to)
    }

    pub(super) fn count_fits(&self, need: Size) -> usize {
        self.with_len().map(|(block, len)| block.count_fits(len, need)).sum()
    }

    /// Of the instances that have enough left, the one at a position.
    pub(super) fn nth_fit(&self, position: usize, need: Size) -> Option<K> {
        let mut left = position;
        for (block, len) in self.with_len() {
            let fits = block.count_fits(len, need);
            if left < fits {
                let mut keys: Vec<K> = block.fits(len, need).collect();
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
        for (at, (block, len)) in self.with_len().enumerate() {
            assert!((1..=LONGEST).contains(&len), "a block has some, and not too many");
            let most = (self.most_cpu[at], self.most_memory[at]);
            let found = (block.most_cpu(), block.most_memory());
            assert_eq!(most, found, "the most that one of a block has left");
            block.check(len);
            let (from, to) = (self.from[at], self.from.get(at + 1));
            let in_place = |key: K| (at == 0 || key >= from) && to.is_none_or(|&to| key < to);
            assert!(block.items(len).all(|(key, _)| in_place(key)), "keys stand in their blocks");
            items.extend(block.items(len));
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

    fn len(&self, at: usize) -> usize {
        self.lens[at].into()
    }

    fn with_len(&self) -> impl Iterator<Item = (&Block<K>, usize)> {
        self.blocks.iter().map(|block| &**block).zip(self.lens.iter().map(|&len| len.into()))
    }

    /// The same, most likely at a position.
    fn block_at(&self, likely: usize, key: K) -> usize {
        let is_from = self.from.get(likely).is_some_and(|&from| from <= key);
        let is_before = self.from.get(likely + 1).is_none_or(|&next| key < next);
        if is_from && is_before { likely } else { self.block_of(key) }
    }

    /// Puts a block with so many at a position.
    fn put(&mut self, at: usize, from: K, block: Box<Block<K>>, len: u8) {
        self.lens.insert(at, len);
        self.from.insert(at, from);
        self.most_cpu.insert(at, block.most_cpu());
        self.most_memory.insert(at, block.most_memory());
        self.blocks.insert(at, block);
    }

    fn push(&mut self, at: usize, key: K, size: Size) {
        let len = self.len(at);
        self.blocks[at].push(len, key, size);
        self.lens[at] += 1;
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
        let next = self.lens.get(at + 1).map_or(LONGEST, |&next| next.into());
        if self.len(at) == 0 {
            self.take_out(at);
            return;
        }
        if self.len(at) + next <= FILLED {
            let upper = self.take_out(at + 1);
            for (key, size) in upper.items(next) {
                self.push(at, key, size);
            }
        }
        self.sum_up(at);
    }

    fn take_out(&mut self, at: usize) -> Box<Block<K>> {
        self.lens.remove(at);
        self.from.remove(at);
        self.most_cpu.remove(at);
        self.most_memory.remove(at);
        self.blocks.remove(at)
    }
}
