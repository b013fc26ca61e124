//! What instances are ordered by.

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

/// A key as blocks keep it.
pub(super) trait Word: Copy + Ord + From<Key> + Into<Key> {
    /// No key.
    const NONE: Self;
}

/// A key of one term at most. Most strategies look at one thing, and half the bytes are half the
/// work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Narrow(u64);

/// A key of any number of terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wide(u128);

impl Word for Narrow {
    const NONE: Self = Self(u64::MAX);
}

impl Word for Wide {
    const NONE: Self = Self(u128::MAX);
}

impl From<Key> for Narrow {
    fn from(key: Key) -> Self {
        debug_assert_eq!(key.own[1..], [0, 0], "one term at most");
        Self(u64::from(key.own[0]) << 32 | u64::from(key.rank))
    }
}

impl From<Narrow> for Key {
    fn from(word: Narrow) -> Self {
        Self { own: [(word.0 >> 32) as u32, 0, 0], rank: word.0 as u32 }
    }
}

impl From<Key> for Wide {
    fn from(key: Key) -> Self {
        let [first, second, third] = key.own.map(u128::from);
        Self(first << 96 | second << 64 | third << 32 | u128::from(key.rank))
    }
}

impl From<Wide> for Key {
    fn from(word: Wide) -> Self {
        let at = |shift: u32| (word.0 >> shift) as u32;
        Self { own: [at(96), at(64), at(32)], rank: at(0) }
    }
}
