//! Instances in the order of a key, in blocks that know the most CPU and memory that any of theirs
//! has left: the first that fits is found by skipping whole blocks.
//!
//! Blocks are in order, the instances *in* a block are not. Only the least key that fits is asked
//! for, and one look over a block finds it; an order inside would move half a block at each change.

mod block;
mod column;
mod key;
mod tree;

pub(super) use key::Key;

use key::{Narrow, Wide, Word};
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
    Narrow(Tree<Narrow>),
    Wide(Tree<Wide>),
}

impl Blocks {
    /// From keys in ascending order. Narrow ones, of one term at most, stay narrow: every later
    /// key is, too.
    pub(super) fn from_ascending(is_narrow: bool, items: &[(Key, Size)]) -> Self {
        fn words<K: Word>(items: &[(Key, Size)]) -> Vec<(K, Size)> {
            items.iter().map(|&(key, size)| (key.into(), size)).collect()
        }
        Self(if is_narrow {
            Trees::Narrow(Tree::from_ascending(words(items)))
        } else {
            Trees::Wide(Tree::from_ascending(words(items)))
        })
    }

    /// Adds a key that is not there.
    pub(super) fn insert(&mut self, key: Key, size: Size) {
        match &mut self.0 {
            Trees::Narrow(tree) => tree.insert(key.into(), size),
            Trees::Wide(tree) => tree.insert(key.into(), size),
        }
    }

    /// Takes a key out that is there.
    pub(super) fn remove(&mut self, key: Key) {
        match &mut self.0 {
            Trees::Narrow(tree) => tree.remove(key.into()),
            Trees::Wide(tree) => tree.remove(key.into()),
        }
    }

    /// Changes what the instance of a key has left.
    pub(super) fn resize(&mut self, key: Key, size: Size) {
        match &mut self.0 {
            Trees::Narrow(tree) => tree.resize(key.into(), size),
            Trees::Wide(tree) => tree.resize(key.into(), size),
        }
    }

    /// The lowest key of an instance that has enough left: none below `from` has.
    pub(super) fn first_fit(&self, from: Key, need: Size) -> Option<Key> {
        match &self.0 {
            Trees::Narrow(tree) => tree.first_fit(from.into(), need).map(Into::into),
            Trees::Wide(tree) => tree.first_fit(from.into(), need).map(Into::into),
        }
    }

    /// Adds every key from `from` to `to`, of instances that have enough left, in any order.
    pub(super) fn fits(&self, from: Key, to: Key, need: Size, into: &mut Vec<Key>) {
        fn all<K: Word>(tree: &Tree<K>, from: Key, to: Key, need: Size, into: &mut Vec<Key>) {
            into.extend(tree.fits(from.into(), to.into(), need).map(Into::into));
        }
        match &self.0 {
            Trees::Narrow(tree) => all(tree, from, to, need, into),
            Trees::Wide(tree) => all(tree, from, to, need, into),
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
    pub(super) fn nth_fit(&self, position: usize, need: Size) -> Option<Key> {
        match &self.0 {
            Trees::Narrow(tree) => tree.nth_fit(position, need).map(Into::into),
            Trees::Wide(tree) => tree.nth_fit(position, need).map(Into::into),
        }
    }

    /// All keys with what their instances have left, ascending; panics when blocks and sums
    /// disagree.
    pub(super) fn checked(&self) -> Vec<(Key, Size)> {
        fn all<K: Word>(tree: &Tree<K>) -> Vec<(Key, Size)> {
            tree.checked().into_iter().map(|(key, size)| (key.into(), size)).collect()
        }
        match &self.0 {
            Trees::Narrow(tree) => all(tree),
            Trees::Wide(tree) => all(tree),
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

    /// Keys of one term and a rank, or of several terms.
    fn key(is_narrow: bool) -> impl Strategy<Value = Key> {
        (0_u32..100, 0_u32..9, 0_u32..900).prop_map(move |(first, third, rank)| Key {
            own: [first, 0, if is_narrow { 0 } else { third }],
            rank,
        })
    }

    /// An instance has another key from now on, and so much left; without, it is taken out.
    type Change = (Key, Option<Size>);

    fn changes(is_narrow: bool) -> impl Strategy<Value = Vec<Change>> {
        let size = prop::option::weighted(0.7, size());
        prop::collection::vec((key(is_narrow), size), 0..900)
    }

    /// The slow twin: key and size of each instance, by rank.
    type Rows = BTreeMap<u32, (Key, Size)>;

    fn change(blocks: &mut Blocks, rows: &mut Rows, (key, size): Change) {
        match (rows.get(&key.rank), size) {
            (Some(&(before, _)), Some(size)) if before == key => blocks.resize(key, size),
            (Some(&(before, _)), size) => {
                blocks.remove(before);
                size.into_iter().for_each(|size| blocks.insert(key, size));
            }
            (None, Some(size)) => blocks.insert(key, size),
            (None, None) => {}
        }
        match size {
            Some(size) => rows.insert(key.rank, (key, size)),
            None => rows.remove(&key.rank),
        };
    }

    fn ascending(rows: &Rows) -> Vec<(Key, Size)> {
        let mut items: Vec<(Key, Size)> = rows.values().copied().collect();
        items.sort_unstable_by_key(|&(key, _)| key);
        items
    }

    #[derive(Clone, Debug)]
    struct Story {
        is_narrow: bool,
        start: Rows,
        changes: Vec<Change>,
        asked: Vec<(Key, Key, Size)>,
    }

    fn story() -> impl Strategy<Value = Story> {
        any::<bool>().prop_flat_map(|is_narrow| {
            let key = || key(is_narrow);
            let start = prop::collection::vec((key(), size()), 0..400).prop_map(|items| {
                items.into_iter().map(|(key, size)| (key.rank, (key, size))).collect()
            });
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
            let mut rows = story.start;
            let mut blocks = Blocks::from_ascending(story.is_narrow, &ascending(&rows));
            for one in story.changes {
                change(&mut blocks, &mut rows, one);
            }
            let items = ascending(&rows);
            prop_assert_eq!(&blocks.checked(), &items);
            for (position, (from, to, need)) in story.asked.into_iter().enumerate() {
                let enough = |s: &Size| s.cpu >= need.cpu && s.memory >= need.memory;
                let fitting: Vec<Key> =
                    items.iter().filter(|(_, size)| enough(size)).map(|&(key, _)| key).collect();
                let first = fitting.first().copied();
                let none_below = first.map_or(from, |first| from.min(first));
                prop_assert_eq!(blocks.first_fit(none_below, need), first);
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
