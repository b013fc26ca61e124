//! What instances are ordered by.

use std::fmt::Debug;

/// Terms that are an instance's own, the first before the second, then its rank: each instance has
/// another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::placement::index) struct Key {
    /// Terms; those that a strategy does not have are 0.
    pub(in crate::placement::index) own: [u32; Self::MOST],
    /// Place of the instance in the order of names.
    pub(in crate::placement::index) rank: u32,
}

impl Key {
    /// A strategy has no more terms that are an instance's own: CPU, memory and tasks.
    pub(in crate::placement::index) const MOST: usize = 3;

    /// The least key of all that have so much of the first term.
    pub(in crate::placement::index) fn least(first: u32) -> Self {
        Self { own: [first, 0, 0], rank: 0 }
    }

    /// The same terms, behind every rank.
    pub(in crate::placement::index) fn last_of_its_terms(self) -> Self {
        Self { rank: u32::MAX, ..self }
    }
}

/// A key in one number.
pub(super) trait Word: Copy + Ord + From<Key> + Into<Key> {
    /// Its terms, without the rank.
    type Own: Copy + Debug;
    /// No key: above every other.
    const NONE: Self;
    fn of(own: Self::Own, rank: u32) -> Self;
    fn split(self) -> (Self::Own, u32);
}

/// A key of one term at most. Most strategies look at one thing, and half the bytes are half the
/// work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Narrow(u64);

/// A key of any number of terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wide(u128);

impl Word for Narrow {
    type Own = u32;
    const NONE: Self = Self(u64::MAX);

    fn of(own: u32, rank: u32) -> Self {
        Self(u64::from(own) << 32 | u64::from(rank))
    }

    fn split(self) -> (u32, u32) {
        ((self.0 >> 32) as u32, self.0 as u32)
    }
}

impl Word for Wide {
    type Own = [u32; Key::MOST];
    const NONE: Self = Self(u128::MAX);

    fn of(own: [u32; Key::MOST], rank: u32) -> Self {
        let [first, second, third] = own.map(u128::from);
        Self(first << 96 | second << 64 | third << 32 | u128::from(rank))
    }

    fn split(self) -> ([u32; Key::MOST], u32) {
        let at = |shift: u32| (self.0 >> shift) as u32;
        ([at(96), at(64), at(32)], at(0))
    }
}

impl From<Key> for Narrow {
    fn from(key: Key) -> Self {
        debug_assert_eq!(key.own[1..], [0, 0], "one term at most");
        Self::of(key.own[0], key.rank)
    }
}

impl From<Narrow> for Key {
    fn from(word: Narrow) -> Self {
        let (own, rank) = word.split();
        Self { own: [own, 0, 0], rank }
    }
}

impl From<Key> for Wide {
    fn from(key: Key) -> Self {
        Self::of(key.own, key.rank)
    }
}

impl From<Wide> for Key {
    fn from(word: Wide) -> Self {
        let (own, rank) = word.split();
        Self { own, rank }
    }
}
