//! Instances in the order of a key, in blocks that know the most CPU and memory that any of theirs
//! has left: the first that fits is found by skipping whole blocks.
//!
//! Blocks are in order, the instances *in* a block are not. Only the least key that fits is asked
//! for, and one look over a block finds it; an order inside would move half a block at each change.

mod block;
mod tree;

use tree::Tree;

/// What a task needs of an instance, or an instance has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) cpu: u32,
    pub(super) memory: u32,
}

/// The order: keys, each once, with what the instance of each has left.
#[derive(Debug)]
pub(super) struct Blocks(Trees);

#[derive(Debug)]
enum Trees {
    /// Keys that have nothing between their highest and their lowest 32 bits: one term and a rank.
    /// Most strategies look at one thing, and half the bytes are half the work.
    Narrow(Tree<u64>),
    Wide(Tree<u128>),
}

/// The key without its empty middle.
fn narrow(key: u128) -> u64 {
    ((key >> 96) as u64) << 32 | key as u64 & u64::from(u32::MAX)
}

fn widen(key: u64) -> u128 {
    u128::from(key >> 32) << 96 | u128::from(key as u32)
}

impl Blocks {
    /// From keys in ascending order. Narrow ones stay narrow: every later key is, too.
    pub(super) fn from_ascending(is_narrow: bool, items: &[(u128, Size)]) -> Self {
        if is_narrow {
            let items = items.iter().map(|&(key, size)| (narrow(key), size));
            Self(Trees::Narrow(Tree::from_ascending(items)))
        } else {
            Self(Trees::Wide(Tree::from_ascending(items.iter().copied())))
        }
    }

    /// Adds a key that is not there.
    pub(super) fn insert(&mut self, key: u128, size: Size) {
        match &mut self.0 {
            Trees::Narrow(tree) => tree.insert(narrow(key), size),
            Trees::Wide(tree) => tree.insert(key, size),
        }
    }

    /// Takes a key out that is there.
    pub(super) fn remove(&mut self, key: u128) {
        match &mut self.0 {
            Trees::Narrow(tree) => tree.remove(narrow(key)),
            Trees::Wide(tree) => tree.remove(key),
        }
    }

    /// Changes what the instance of a key has left.
    pub(super) fn resize(&mut self, key: u128, size: Size) {
        match &mut self.0 {
            Trees::Narrow(tree) => tree.resize(narrow(key), size),
            Trees::Wide(tree) => tree.resize(key, size),
        }
    }

    /// The lowest key, not below `from`, of an instance that has enough left.
    pub(super) fn first_fit(&self, from: u128, need: Size) -> Option<u128> {
        match &self.0 {
            Trees::Narrow(tree) => tree.first_fit(narrow(from), need).map(widen),
            Trees::Wide(tree) => tree.first_fit(from, need),
        }
    }

    /// Adds every key from `from` to `to`, of instances that have enough left, in any order.
    pub(super) fn fits(&self, from: u128, to: u128, need: Size, into: &mut Vec<u128>) {
        match &self.0 {
            Trees::Narrow(tree) => {
                into.extend(tree.fits(narrow(from), narrow(to), need).map(widen));
            }
            Trees::Wide(tree) => into.extend(tree.fits(from, to, need)),
        }
    }

    /// How many instances have enough left.
    pub(super) fn count_fits(&self, need: Size) -> usize {
        match &self.0 {
            Trees::Narrow(tree) => tree.count_fits(need),
            Trees::Wide(tree) => tree.count_fits(need),
        }
    }

    /// Of the instances that have enough left, the one at a position.
    pub(super) fn nth_fit(&self, position: usize, need: Size) -> Option<u128> {
        match &self.0 {
            Trees::Narrow(tree) => tree.nth_fit(position, need).map(widen),
            Trees::Wide(tree) => tree.nth_fit(position, need),
        }
    }

    /// All keys with what their instances have left, ascending; panics when blocks and sums
    /// disagree.
    pub(super) fn checked(&self) -> Vec<(u128, Size)> {
        match &self.0 {
            Trees::Narrow(tree) => {
                tree.checked().into_iter().map(|(key, size)| (widen(key), size)).collect()
            }
            Trees::Wide(tree) => tree.checked(),
        }
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

    /// Keys of one term and a rank, or with something between.
    fn key(is_narrow: bool) -> impl Strategy<Value = u128> {
        (0_u128..100, 0_u128..9).prop_map(move |(term, rank)| {
            term << 96 | if is_narrow { 0 } else { rank << 40 } | rank
        })
    }

    fn changes(is_narrow: bool) -> impl Strategy<Value = Vec<Change>> {
        let size = prop::option::weighted(0.7, size());
        prop::collection::vec((key(is_narrow), size), 0..900)
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

    #[derive(Clone, Debug)]
    struct Story {
        is_narrow: bool,
        start: BTreeMap<u128, Size>,
        changes: Vec<Change>,
        asked: Vec<(u128, u128, Size)>,
    }

    fn story() -> impl Strategy<Value = Story> {
        any::<bool>().prop_flat_map(|is_narrow| {
            let key = || key(is_narrow);
            let start = prop::collection::btree_map(key(), size(), 0..400);
            let asked = prop::collection::vec((key(), key(), size()), 1..20);
            let parts = (start, changes(is_narrow), asked);
            parts.prop_map(move |(start, changes, asked)| Story {
                is_narrow,
                start,
                changes,
                asked,
            })
        })
    }

    fn config() -> ProptestConfig {
        ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn behaves_as_a_tree_would(story in story()) {
            let mut tree = story.start;
            let ascending: Vec<_> = tree.iter().map(|(&key, &size)| (key, size)).collect();
            let mut blocks = Blocks::from_ascending(story.is_narrow, &ascending);
            for one in story.changes {
                change(&mut blocks, &mut tree, one);
            }
            prop_assert!(blocks.checked().iter().copied().eq(tree.iter().map(|(&k, &s)| (k, s))));
            for (position, (from, to, need)) in story.asked.into_iter().enumerate() {
                let enough = |s: &Size| s.cpu >= need.cpu && s.memory >= need.memory;
                let fitting: Vec<u128> =
                    tree.iter().filter(|(_, size)| enough(size)).map(|(&key, _)| key).collect();
                let first = fitting.iter().copied().find(|&key| key >= from);
                prop_assert_eq!(blocks.first_fit(from, need), first);
                let mut found = Vec::new();
                blocks.fits(from, to, need, &mut found);
                found.sort_unstable();
                let within = fitting.iter().copied().filter(|key| (from..=to).contains(key));
                prop_assert!(found.into_iter().eq(within));
                prop_assert_eq!(blocks.count_fits(need), fitting.len());
                let nth = fitting.get(position).copied();
                prop_assert_eq!(blocks.nth_fit(position, need), nth);
            }
        }
    }
}
