//! The instances of an order that are in the same buckets, and what is known of the last answer.

use crate::placement::index::blocks::{Blocks, Key, Size, Spot, Terms};

/// Instances that are in the same buckets.
#[derive(Debug)]
pub(super) struct Cell {
    /// Position of the bucket of each field.
    pub(super) buckets: Box<[usize]>,
    blocks: Blocks,
    /// The next task often wants the same as the last: as the tasks of one call do, and of several
    /// cells one takes the task.
    last: Option<Last>,
}

/// What was wanted last, and what is known of it still.
#[derive(Clone, Copy, Debug)]
struct Last {
    need: Size,
    /// Nothing below this key has enough left.
    below: Key,
    /// Where it stands or stood.
    spot: Spot,
    /// The answer, unless it was taken out since.
    found: Option<Option<Key>>,
}

impl Last {
    fn insert(&mut self, key: Key, size: Size, spot: Spot) {
        if key < self.below && size.is_enough(self.need) {
            (self.below, self.spot, self.found) = (key, spot, Some(Some(key)));
        }
    }

    fn remove(&mut self, key: Key) {
        if self.found == Some(Some(key)) {
            self.found = None;
        }
    }
}

impl Cell {
    pub(super) fn new(buckets: Box<[usize]>, terms: Terms) -> Self {
        Self { buckets, blocks: Blocks::from_ascending(terms, &[]), last: None }
    }

    /// Replaces all instances; keys are in ascending order.
    pub(super) fn fill(&mut self, terms: Terms, items: &[(Key, Size)]) {
        (self.blocks, self.last) = (Blocks::from_ascending(terms, items), None);
    }

    pub(super) fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// Finds where a key belongs that will be added soon, and asks for where it will be put.
    pub(super) fn ask_for_room(&self, key: Key) -> Spot {
        self.blocks.ask_for_room(key)
    }

    /// Adds a key that is not there, and most likely belongs to a spot.
    pub(super) fn insert(&mut self, key: Key, size: Size, spot: Spot) {
        self.blocks.insert(key, size, spot);
        if let Some(last) = &mut self.last {
            last.insert(key, size, spot);
        }
    }

    /// Finds where a key stands that is to be taken out soon, and asks for what is there. What was
    /// found last was looked at just now.
    pub(super) fn ask_for(&self, key: Key) -> Spot {
        let found = self.last.filter(|last| last.below == key);
        found.map_or_else(|| self.blocks.ask_for(key), |last| last.spot)
    }

    /// Takes a key out that is there, and most likely at a spot.
    pub(super) fn remove(&mut self, key: Key, spot: Spot) {
        self.blocks.remove(key, spot);
        if let Some(last) = &mut self.last {
            last.remove(key);
        }
    }

    /// Changes what the instance of a key has left, which most likely stands at a spot.
    pub(super) fn resize(&mut self, key: Key, size: Size, spot: Spot) {
        self.blocks.resize(key, size, spot);
        if let Some(last) = &mut self.last {
            last.remove(key);
            last.insert(key, size, spot);
        }
    }

    /// The lowest key of an instance that has enough left: none below `from` has.
    pub(super) fn first_fit(&mut self, from: Key, need: Size) -> Option<Key> {
        let (from, spot) = match self.last {
            Some(Last { need: last, found: Some(found), .. }) if last == need => return found,
            Some(Last { need: last, found: Some(None), .. }) if need.is_enough(last) => {
                return None;
            }
            Some(Last { need: last, below, spot, .. }) if need.is_enough(last) && from <= below => {
                (below, spot)
            }
            _ => (from, Spot::default()),
        };
        let found = self.blocks.first_fit(from, spot, need);
        let (below, spot) = found.unwrap_or_else(|| (Key::LAST, Spot::default()));
        let found = found.map(|(key, _)| key);
        self.last = Some(Last { need, below, spot, found: Some(found) });
        found
    }
}
