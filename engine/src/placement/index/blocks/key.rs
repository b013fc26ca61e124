//! What instances are ordered by.

use std::fmt::Debug;
use std::marker::PhantomData;

use crate::placement::index::blocks::Size;

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

    /// Above the key of every instance.
    pub(in crate::placement::index) const LAST: Self =
        Self { own: [u32::MAX; Self::MOST], rank: u32::MAX };

    /// The least key of all that have so much of the first term.
    pub(in crate::placement::index) fn least(first: u32) -> Self {
        Self { own: [first, 0, 0], rank: 0 }
    }

    /// The same terms, behind every rank.
    pub(in crate::placement::index) fn last_of_its_terms(self) -> Self {
        Self { rank: u32::MAX, ..self }
    }
}

/// What keys are made of besides the rank, as a strategy has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::placement::index) enum Terms {
    Nothing,
    /// CPU alone.
    Cpu,
    /// Memory alone.
    Memory,
    /// Tasks of the group alone.
    Tasks,
    Several,
}

/// A key in one number.
pub(super) trait Word: Copy + Ord + From<Key> + Into<Key> {
    /// What of it is kept beside the rank and what the instance has left.
    type Own: Copy + Debug;
    /// No key: above every other.
    const NONE: Self;
    fn of(own: Self::Own, rank: u32, left: Size) -> Self;
    fn split(self) -> (Self::Own, u32);
}

/// A key of one term at most. Most strategies look at one thing, and half the bytes are half the
/// work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Narrow(u64);

impl Narrow {
    fn new(own: u32, rank: u32) -> Self {
        Self(u64::from(own) << 32 | u64::from(rank))
    }

    fn own(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn rank(self) -> u32 {
        self.0 as u32
    }
}

impl Word for Narrow {
    type Own = u32;
    const NONE: Self = Self(u64::MAX);

    fn of(own: u32, rank: u32, _: Size) -> Self {
        Self::new(own, rank)
    }

    fn split(self) -> (u32, u32) {
        (self.own(), self.rank())
    }
}

/// A key whose one term is what the instance has left of CPU or of memory: that is not kept twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Left<R>(Narrow, PhantomData<R>);

/// CPU, or memory.
pub(super) trait Resource: Copy + Ord {
    fn of(left: Size) -> u32;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cpu;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Memory;

impl Resource for Cpu {
    fn of(left: Size) -> u32 {
        left.cpu
    }
}

impl Resource for Memory {
    fn of(left: Size) -> u32 {
        left.memory
    }
}

impl<R: Resource> Word for Left<R> {
    type Own = ();
    const NONE: Self = Self(Narrow::NONE, PhantomData);

    fn of((): (), rank: u32, left: Size) -> Self {
        Self(Narrow::new(R::of(left), rank), PhantomData)
    }

    fn split(self) -> ((), u32) {
        ((), self.0.rank())
    }
}

/// A key of any number of terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wide(u128);

impl Wide {
    fn new(own: [u32; Key::MOST], rank: u32) -> Self {
        let [first, second, third] = own.map(u128::from);
        Self(first << 96 | second << 64 | third << 32 | u128::from(rank))
    }
}

impl Word for Wide {
    type Own = [u32; Key::MOST];
    const NONE: Self = Self(u128::MAX);

    fn of(own: [u32; Key::MOST], rank: u32, _: Size) -> Self {
        Self::new(own, rank)
    }

    fn split(self) -> ([u32; Key::MOST], u32) {
        let at = |shift: u32| (self.0 >> shift) as u32;
        ([at(96), at(64), at(32)], at(0))
    }
}

impl From<Key> for Narrow {
    fn from(key: Key) -> Self {
        debug_assert_eq!(key.own[1..], [0, 0], "one term at most");
        Self::new(key.own[0], key.rank)
    }
}

impl From<Narrow> for Key {
    fn from(word: Narrow) -> Self {
        Self { own: [word.own(), 0, 0], rank: word.rank() }
    }
}

impl<R: Resource> From<Key> for Left<R> {
    fn from(key: Key) -> Self {
        Self(key.into(), PhantomData)
    }
}

impl<R> From<Left<R>> for Key {
    fn from(word: Left<R>) -> Self {
        word.0.into()
    }
}

impl From<Key> for Wide {
    fn from(key: Key) -> Self {
        Self::new(key.own, key.rank)
    }
}

impl From<Wide> for Key {
    fn from(word: Wide) -> Self {
        let (own, rank) = word.split();
        Self { own, rank }
    }
}
