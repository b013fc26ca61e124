//! Instances in the order of a key, in blocks that know the most CPU and memory that any of theirs
//! has left: the first that fits is found by skipping whole blocks.
//!
//! Blocks are in order, the instances *in* a block are not. Only the least key that fits is asked
//! for, and one look over a block finds it; an order inside would move half a block at each change.

mod block;
mod column;
mod key;
mod tree;

pub(super) use key::{Key, Terms};

use key::{Cpu, Left, Memory, Narrow, Wide, Word};
use tree::Tree;

/// What a task needs of an instance, or an instance has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) cpu: u32,
    pub(super) memory: u32,
}

impl Size {
    /// Whether it is as much of both at least.
    pub(super) fn is_enough(self, need: Self) -> bool {
        self.cpu >= need.cpu && self.memory >= need.memory
    }
}

/// Where a key stood when it was found, or a guess. It is looked for elsewhere only if it is not
/// there: blocks may have been cut and put together since.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spot(usize);

/// The order: keys, each once, with what the instance of each has left.
#[derive(Debug)]
pub(super) struct Blocks(Trees);

#[derive(Debug)]
enum Trees {
    Cpu(Tree<Left<Cpu>>),
    Memory(Tree<Left<Memory>>),
    Narrow(Tree<Narrow>),
    Wide(Tree<Wide>),
}

/// Does the same with the tree, of whatever keys it is.
macro_rules! whichever {
    ($trees:expr, $tree:ident => $does:expr) => {
        match $trees {
            Trees::Cpu($tree) => $does,
            Trees::Memory($tree) => $does,
            Trees::Narrow($tree) => $does,
            Trees::Wide($tree) => $does,
        }
    };
}

impl Blocks {
    /// From keys in ascending order; every later key has the same terms.
    pub(super) fn from_ascending(terms: Terms, items: &[(Key, Size)]) -> Self {
        fn tree<K: Word>(items: &[(Key, Size)]) -> Tree<K> {
            Tree::from_ascending(items.iter().map(|&(key, size)| (key.into(), size)))
        }
        Self(match terms {
            Terms::Cpu => Trees::Cpu(tree(items)),
            Terms::Memory => Trees::Memory(tree(items)),
            Terms::Nothing | Terms::Tasks => Trees::Narrow(tree(items)),
            Terms::Several => Trees::Wide(tree(items)),
        })
    }

    /// Finds where a key stands, and asks for what is there.
    pub(super) fn ask_for(&self, key: Key) -> Spot {
        Spot(whichever!(&self.0, tree => tree.ask_for(key.into())))
    }

    /// Finds where a key belongs, and asks for where it will be put.
    pub(super) fn ask_for_room(&self, key: Key) -> Spot {
        Spot(whichever!(&self.0, tree => tree.ask_for_room(key.into())))
    }

    /// Adds a key that is not there, and most likely belongs to a spot.
    pub(super) fn insert(&mut self, key: Key, size: Size, Spot(spot): Spot) {
        whichever!(&mut self.0, tree => tree.insert(key.into(), size, spot));
    }

    /// Takes a key out that is there, and most likely at a spot.
    pub(super) fn remove(&mut self, key: Key, Spot(spot): Spot) {
        whichever!(&mut self.0, tree => tree.remove(key.into(), spot));
    }

    /// Changes what the instance of a key has left, which most likely stands at a spot.
    pub(super) fn resize(&mut self, key: Key, size: Size, Spot(spot): Spot) {
        whichever!(&mut self.0, tree => tree.resize(key.into(), size, spot));
    }

    /// The lowest key of an instance that has enough left, and where it stands. None below `from`
    /// has, which most likely stands or stood at a spot.
    pub(super) fn first_fit(&self, from: Key, Spot(spot): Spot, need: Size) -> Option<(Key, Spot)> {
        whichever!(&self.0, tree => {
            tree.first_fit(from.into(), spot, need).map(|(key, at)| (key.into(), Spot(at)))
        })
    }

    /// Adds every key from `from` to `to`, of instances that have enough left, in any order.
    pub(super) fn fits(&self, from: Key, to: Key, need: Size, into: &mut Vec<Key>) {
        whichever!(&self.0, tree => {
            into.extend(tree.fits(from.into(), to.into(), need).map(Into::<Key>::into));
        });
    }

    /// How many instances have enough left.
    pub(super) fn count_fits(&self, need: Size) -> usize {
        whichever!(&self.0, tree => tree.count_fits(need))
    }

    /// Of the instances that have enough left, the one at a position.
    pub(super) fn nth_fit(&self, position: usize, need: Size) -> Option<Key> {
        whichever!(&self.0, tree => tree.nth_fit(position, need).map(Into::into))
    }

    /// All keys with what their instances have left, ascending; panics when blocks and sums
    /// disagree.
    pub(super) fn checked(&self) -> Vec<(Key, Size)> {
        whichever!(&self.0, tree => {
            tree.checked().into_iter().map(|(key, size)| (key.into(), size)).collect()
        })
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

    fn key(terms: Terms) -> impl Strategy<Value = Key> {
        (0_u32..100, 0_u32..9, 0_u32..900).prop_map(move |(first, third, rank)| Key {
            own: [first, 0, if terms == Terms::Several { third } else { 0 }],
            rank,
        })
    }

    /// An instance's key and what it has left.
    fn item(terms: Terms) -> impl Strategy<Value = (Key, Size)> {
        (key(terms), size()).prop_map(move |(key, size)| match terms {
            Terms::Cpu => (Key { own: [size.cpu, 0, 0], ..key }, size),
            Terms::Memory => (Key { own: [size.memory, 0, 0], ..key }, size),
            Terms::Nothing => (Key { own: [0; Key::MOST], ..key }, size),
            Terms::Tasks | Terms::Several => (key, size),
        })
    }

    /// An instance has another key from now on, and so much left; without, it is taken out.
    type Change = (Key, Option<Size>);

    /// Some spot, right or wrong.
    fn spot() -> impl Strategy<Value = Spot> {
        (0_usize..40).prop_map(Spot)
    }

    fn changes(terms: Terms) -> impl Strategy<Value = Vec<(Change, Spot)>> {
        let change = (item(terms), prop::bool::weighted(0.7));
        let change = change.prop_map(|((key, size), stays)| (key, stays.then_some(size)));
        prop::collection::vec((change, spot()), 0..900)
    }

    /// The slow twin: key and size of each instance, by rank.
    type Rows = BTreeMap<u32, (Key, Size)>;

    fn change(blocks: &mut Blocks, rows: &mut Rows, ((key, size), spot): &(Change, Spot)) {
        let (key, size) = (*key, *size);
        match (rows.get(&key.rank), size) {
            (Some(&(before, _)), Some(size)) if before == key => blocks.resize(key, size, *spot),
            (Some(&(before, _)), size) => {
                blocks.remove(before, *spot);
                size.into_iter().for_each(|size| blocks.insert(key, size, *spot));
            }
            (None, Some(size)) => blocks.insert(key, size, *spot),
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
        terms: Terms,
        start: Rows,
        changes: Vec<(Change, Spot)>,
        asked: Vec<(Key, Key, Size, Spot)>,
    }

    fn story() -> impl Strategy<Value = Story> {
        const TERMS: [Terms; 5] =
            [Terms::Nothing, Terms::Cpu, Terms::Memory, Terms::Tasks, Terms::Several];
        prop::sample::select(&TERMS).prop_flat_map(|terms| {
            let start = prop::collection::vec(item(terms), 0..400).prop_map(|items| {
                items.into_iter().map(|(key, size)| (key.rank, (key, size))).collect()
            });
            let asked = prop::collection::vec((key(terms), key(terms), size(), spot()), 1..20);
            let parts = (start, changes(terms), asked);
            parts.prop_map(move |(start, changes, asked)| Story { terms, start, changes, asked })
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
            let mut blocks = Blocks::from_ascending(story.terms, &ascending(&rows));
            for one in &story.changes {
                change(&mut blocks, &mut rows, one);
            }
            let items = ascending(&rows);
            prop_assert_eq!(&blocks.checked(), &items);
            for (position, (from, to, need, spot)) in story.asked.into_iter().enumerate() {
                let enough = |s: &Size| s.cpu >= need.cpu && s.memory >= need.memory;
                let fitting: Vec<Key> =
                    items.iter().filter(|(_, size)| enough(size)).map(|&(key, _)| key).collect();
                let first = fitting.first().copied();
                let none_below = first.map_or(from, |first| from.min(first));
                let found = blocks.first_fit(none_below, spot, need);
                prop_assert_eq!(found.map(|(key, _)| key), first);
                let again = found.and_then(|(key, spot)| blocks.first_fit(key, spot, need));
                prop_assert_eq!(again.map(|(key, _)| key), first);
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
