//! Instances in the order of a key, in blocks that know the most CPU and memory that any of theirs
//! has left: the first that fits is found by skipping whole blocks.

/// A block is cut in two when it would get longer.
const LONGEST: usize = 128;
/// How full blocks are made, so that the first few insertions cut none.
const FILLED: usize = 96;

/// What a task needs of an instance, or an instance has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) cpu: u32,
    pub(super) memory: u32,
}

/// Part of the order.
#[derive(Debug, Default)]
struct Block {
    keys: Vec<u128>,
    cpu: Vec<u32>,
    memory: Vec<u32>,
}

/// The order: keys, each once, with what the instance of each has left.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    blocks: Vec<Block>,
    first: Vec<u128>,
    most_cpu: Vec<u32>,
    most_memory: Vec<u32>,
}

impl Blocks {
    /// From keys in ascending order.
    pub(super) fn from_ascending(items: &[(u128, Size)]) -> Self {
        let mut blocks = Self::default();
        for chunk in items.chunks(FILLED) {
            let mut block = Block::with_room();
            for &(key, size) in chunk {
                block.insert(block.keys.len(), key, size);
            }
            blocks.first.push(block.keys[0]);
            blocks.most_cpu.push(block.most_cpu());
            blocks.most_memory.push(block.most_memory());
            blocks.blocks.push(block);
        }
        blocks
    }

    /// Adds a key that is not there.
    pub(super) fn insert(&mut self, key: u128, size: Size) {
        if self.blocks.is_empty() {
            *self = Self::from_ascending(&[(key, size)]);
            return;
        }
        let mut at = self.block_of(key);
        if self.blocks[at].keys.len() == LONGEST {
            let upper = self.blocks[at].cut();
            self.first.insert(at + 1, upper.keys[0]);
            self.most_cpu.insert(at + 1, upper.most_cpu());
            self.most_memory.insert(at + 1, upper.most_memory());
            self.blocks.insert(at + 1, upper);
            self.sum_up(at);
            at += usize::from(key >= self.first[at + 1]);
        }
        let block = &mut self.blocks[at];
        let place = block.keys.partition_point(|&other| other < key);
        block.insert(place, key, size);
        self.first[at] = self.first[at].min(key);
        self.most_cpu[at] = self.most_cpu[at].max(size.cpu);
        self.most_memory[at] = self.most_memory[at].max(size.memory);
    }

    /// Takes a key out that is there.
    pub(super) fn remove(&mut self, key: u128) {
        let (at, place) = self.place_of(key);
        let block = &mut self.blocks[at];
        block.keys.remove(place);
        let size = Size { cpu: block.cpu.remove(place), memory: block.memory.remove(place) };
        if block.keys.is_empty() {
            self.blocks.remove(at);
            self.first.remove(at);
            self.most_cpu.remove(at);
            self.most_memory.remove(at);
        } else {
            self.first[at] = block.keys[0];
            self.lower(at, size);
        }
    }

    /// Changes what the instance of a key has left.
    pub(super) fn resize(&mut self, key: u128, size: Size) {
        let (at, place) = self.place_of(key);
        let block = &mut self.blocks[at];
        let before = Size { cpu: block.cpu[place], memory: block.memory[place] };
        (block.cpu[place], block.memory[place]) = (size.cpu, size.memory);
        self.most_cpu[at] = self.most_cpu[at].max(size.cpu);
        self.most_memory[at] = self.most_memory[at].max(size.memory);
        self.lower(at, before);
    }

    /// The lowest key, not below `from`, of an instance that has enough left.
    pub(super) fn first_fit(&self, from: u128, need: Size) -> Option<u128> {
        let mut start = self.block_of(from);
        let mut place = self.blocks.get(start)?.keys.partition_point(|&key| key < from);
        loop {
            if let Some(found) = self.blocks[start].first_fit(place, need) {
                return Some(self.blocks[start].keys[found]);
            }
            let most = self.most_cpu[start + 1..].iter().zip(&self.most_memory[start + 1..]);
            let skipped = most
                .into_iter()
                .position(|(&cpu, &memory)| cpu >= need.cpu && memory >= need.memory)?;
            start += 1 + skipped;
            place = 0;
        }
    }

    /// Every key from `from` to `to`, of instances that have enough left, ascending.
    pub(super) fn fits(&self, from: u128, to: u128, need: Size) -> impl Iterator<Item = u128> + '_ {
        let start = self.block_of(from);
        let blocks = self.blocks.iter().skip(start);
        let blocks = blocks.take_while(move |block| block.keys[0] <= to);
        let fits = move |block: &Block, place: usize| {
            let in_range = (from..=to).contains(&block.keys[place]);
            in_range && block.cpu[place] >= need.cpu && block.memory[place] >= need.memory
        };
        blocks.flat_map(move |block| {
            let places = (0..block.keys.len()).filter(move |&place| fits(block, place));
            places.map(|place| block.keys[place])
        })
    }

    /// How many instances have enough left.
    pub(super) fn count_fits(&self, need: Size) -> usize {
        self.blocks.iter().map(|block| block.count_fits(need)).sum()
    }

    /// Of the instances that have enough left, the one at a position.
    pub(super) fn nth_fit(&self, position: usize, need: Size) -> Option<u128> {
        let mut left = position;
        for block in &self.blocks {
            let fits = block.count_fits(need);
            if left < fits {
                let enough = |&place: &usize| {
                    block.cpu[place] >= need.cpu && block.memory[place] >= need.memory
                };
                let place = (0..block.keys.len()).filter(enough).nth(left)?;
                return Some(block.keys[place]);
            }
            left -= fits;
        }
        None
    }

    /// All keys with what their instances have left; panics when blocks and sums disagree.
    pub(super) fn checked(&self) -> Vec<(u128, Size)> {
        let mut items = Vec::new();
        for (at, block) in self.blocks.iter().enumerate() {
            assert_eq!(self.first[at], block.keys[0], "first key of a block");
            assert_eq!(self.most_cpu[at], block.most_cpu(), "most CPU of a block");
            assert_eq!(self.most_memory[at], block.most_memory(), "most memory of a block");
            assert!(block.keys.len() <= LONGEST, "a block is short");
            let sizes = block.cpu.iter().zip(&block.memory);
            let sizes = sizes.map(|(&cpu, &memory)| Size { cpu, memory });
            items.extend(block.keys.iter().copied().zip(sizes));
        }
        assert!(items.is_sorted_by(|a, b| a.0 < b.0), "keys ascend");
        items
    }

    /// The block in which a key stands, or belongs.
    fn block_of(&self, key: u128) -> usize {
        self.first.partition_point(|&first| first <= key).saturating_sub(1)
    }

    fn place_of(&self, key: u128) -> (usize, usize) {
        let at = self.block_of(key);
        let place = self.blocks[at].keys.binary_search(&key).expect("the key is in the order");
        (at, place)
    }

    /// Some instance of a block has less left than before: the most may be less.
    fn lower(&mut self, at: usize, before: Size) {
        if before.cpu == self.most_cpu[at] {
            self.most_cpu[at] = self.blocks[at].most_cpu();
        }
        if before.memory == self.most_memory[at] {
            self.most_memory[at] = self.blocks[at].most_memory();
        }
    }

    fn sum_up(&mut self, at: usize) {
        self.most_cpu[at] = self.blocks[at].most_cpu();
        self.most_memory[at] = self.blocks[at].most_memory();
    }
}

impl Block {
    fn with_room() -> Self {
        Self {
            keys: Vec::with_capacity(LONGEST),
            cpu: Vec::with_capacity(LONGEST),
            memory: Vec::with_capacity(LONGEST),
        }
    }

    fn insert(&mut self, place: usize, key: u128, size: Size) {
        self.keys.insert(place, key);
        self.cpu.insert(place, size.cpu);
        self.memory.insert(place, size.memory);
    }

    /// Gives away its upper half.
    fn cut(&mut self) -> Self {
        let mut upper = Self::with_room();
        upper.keys.extend(self.keys.drain(LONGEST / 2..));
        upper.cpu.extend(self.cpu.drain(LONGEST / 2..));
        upper.memory.extend(self.memory.drain(LONGEST / 2..));
        upper
    }

    fn most_cpu(&self) -> u32 {
        self.cpu.iter().copied().max().unwrap_or(0)
    }

    fn most_memory(&self) -> u32 {
        self.memory.iter().copied().max().unwrap_or(0)
    }

    fn first_fit(&self, from: usize, need: Size) -> Option<usize> {
        let sizes = self.cpu[from..].iter().zip(&self.memory[from..]);
        let found =
            sizes.into_iter().position(|(&cpu, &memory)| cpu >= need.cpu && memory >= need.memory);
        found.map(|place| from + place)
    }

    fn count_fits(&self, need: Size) -> usize {
        let sizes = self.cpu.iter().zip(&self.memory);
        let fits = sizes
            .map(|(&cpu, &memory)| u32::from(cpu >= need.cpu) & u32::from(memory >= need.memory));
        fits.sum::<u32>() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn size() -> impl Strategy<Value = Size> {
        (0_u32..40, 0_u32..40).prop_map(|(cpu, memory)| Size { cpu, memory })
    }

    /// A key, and what its instance has left from now on; without, it is taken out.
    type Change = (u128, Option<Size>);

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        prop::collection::vec((0_u128..600, prop::option::weighted(0.7, size())), 0..500)
    }

    fn change(blocks: &mut Blocks, tree: &mut BTreeMap<u128, Size>, (key, size): Change) {
        match (tree.contains_key(&key), size) {
            (true, Some(size)) => blocks.resize(key, size),
            (true, None) => blocks.remove(key),
            (false, Some(size)) => blocks.insert(key, size),
            (false, None) => {}
        }
        match size {
            Some(size) => tree.insert(key, size),
            None => tree.remove(&key),
        };
    }

    fn config() -> ProptestConfig {
        ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn behaves_as_a_tree_would(
            start in prop::collection::btree_map(0_u128..600, size(), 0..400),
            changes in changes(),
            asked in prop::collection::vec((0_u128..600, 0_u128..600, size()), 1..20),
        ) {
            let mut tree = start;
            let ascending: Vec<_> = tree.iter().map(|(&key, &size)| (key, size)).collect();
            let mut blocks = Blocks::from_ascending(&ascending);
            for one in changes {
                change(&mut blocks, &mut tree, one);
            }
            prop_assert!(blocks.checked().iter().copied().eq(tree.iter().map(|(&k, &s)| (k, s))));
            for (from, to, need) in asked {
                let enough = |s: &Size| s.cpu >= need.cpu && s.memory >= need.memory;
                let fitting: Vec<u128> =
                    tree.iter().filter(|(_, size)| enough(size)).map(|(&key, _)| key).collect();
                let first = fitting.iter().copied().find(|&key| key >= from);
                prop_assert_eq!(blocks.first_fit(from, need), first);
                let within = fitting.iter().copied().filter(|key| (from..=to).contains(key));
                prop_assert!(blocks.fits(from, to, need).eq(within));
                prop_assert_eq!(blocks.count_fits(need), fitting.len());
                let nth = fitting.get(from as usize % 7).copied();
                prop_assert_eq!(blocks.nth_fit(from as usize % 7, need), nth);
            }
        }
    }
}
