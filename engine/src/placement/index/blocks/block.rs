//! A few instances in no order.

use crate::placement::index::blocks::Size;
use crate::placement::index::blocks::column::{Column, Shifted};
use crate::placement::index::blocks::key::Word;

/// A block holds no more. Smaller ones make more blocks to choose from, larger ones more to look
/// at in each, and that is paid at every change, too.
pub(super) const LONGEST: usize = 32;

/// No instance has this rank.
const NO_RANK: u32 = u32::MAX;

/// Columns, in one piece of memory that begins with a line of the cache. Places that are free have
/// no rank and nothing left, so that loops run over all of them, several at a time, and no branch
/// waits for the length: how many are taken is kept elsewhere, with that of other blocks.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Block<K: Word> {
    cpu: Column,
    memory: Column,
    /// No two instances have the same.
    ranks: Column,
    own: [K::Own; LONGEST],
}

impl<K: Word> Default for Block<K> {
    fn default() -> Self {
        let (own, _) = K::NONE.split();
        Self {
            cpu: Column::filled(0),
            memory: Column::filled(0),
            ranks: Column::filled(NO_RANK),
            own: [own; LONGEST],
        }
    }
}

impl<K: Word> Block<K> {
    /// Somebody will look at it soon.
    pub(super) fn ask_for(&self) {
        for column in [&self.ranks, &self.cpu, &self.memory] {
            column.ask_for();
        }
    }

    /// Somebody will put something behind so many soon.
    pub(super) fn ask_for_place(&self, len: usize) {
        for column in [&self.ranks, &self.cpu, &self.memory] {
            column.ask_for_place(len);
        }
    }

    /// Adds an instance behind so many; there is room.
    pub(super) fn push(&mut self, len: usize, key: K, size: Size) {
        let (own, rank) = key.split();
        self.put(len, own, rank, size);
    }

    /// Takes one of so many out that is there, and says what it had left; the last takes its
    /// position.
    pub(super) fn remove(&mut self, len: usize, key: K) -> Size {
        let (position, last) = (self.position(key), len - 1);
        let size = self.size(position);
        self.put(position, self.own[last], self.ranks.get(last), self.size(last));
        self.put(last, K::NONE.split().0, NO_RANK, Size { cpu: 0, memory: 0 });
        size
    }

    /// Changes what one has left that is there, and says what it had.
    pub(super) fn resize(&mut self, key: K, size: Size) -> Size {
        let position = self.position(key);
        let before = self.size(position);
        self.cpu.set(position, size.cpu);
        self.memory.set(position, size.memory);
        before
    }

    fn put(&mut self, at: usize, own: K::Own, rank: u32, size: Size) {
        self.own[at] = own;
        self.ranks.set(at, rank);
        self.cpu.set(at, size.cpu);
        self.memory.set(at, size.memory);
    }

    fn position(&self, key: K) -> usize {
        let (_, rank) = key.split();
        let found = self.ranks.equal(rank);
        debug_assert_eq!(found.count_ones(), 1, "the instance is there, once");
        found.trailing_zeros() as usize
    }

    fn key(&self, position: usize) -> K {
        K::of(self.own[position], self.ranks.get(position), self.size(position))
    }

    fn size(&self, position: usize) -> Size {
        Size { cpu: self.cpu.get(position), memory: self.memory.get(position) }
    }

    /// All so many that it has, in no order.
    pub(super) fn items(&self, len: usize) -> impl Iterator<Item = (K, Size)> + '_ {
        (0..len).map(|position| (self.key(position), self.size(position)))
    }

    /// Of a block that is full: gives away the upper half, from some key on.
    pub(super) fn cut(&mut self) -> (K, Box<Self>) {
        let mut keys: [K; LONGEST] = std::array::from_fn(|position| self.key(position));
        let (_, &mut middle, _) = keys.select_nth_unstable(LONGEST / 2);
        let (mut lower, mut upper) = (Self::default(), Box::<Self>::default());
        let (mut below, mut above) = (0, 0);
        for (key, size) in self.items(LONGEST) {
            let (half, len) =
                if key < middle { (&mut lower, &mut below) } else { (&mut *upper, &mut above) };
            half.push(*len, key, size);
            *len += 1;
        }
        *self = lower;
        (middle, upper)
    }

    /// The most CPU that one has left.
    pub(super) fn most_cpu(&self) -> Shifted {
        self.cpu.most()
    }

    /// The most memory that one has left.
    pub(super) fn most_memory(&self) -> Shifted {
        self.memory.most()
    }

    /// The lowest key of those that have enough left.
    pub(super) fn first_fit(&self, len: usize, need: Size) -> Option<K> {
        let lowest = self.fits(len, need).fold(K::NONE, K::min);
        (lowest != K::NONE).then_some(lowest)
    }

    /// The keys of those that have enough left, in no order.
    pub(super) fn fits(&self, len: usize, need: Size) -> impl Iterator<Item = K> + '_ {
        let mut left = self.fitting(len, need);
        std::iter::from_fn(move || {
            let position = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(self.key(position))
        })
    }

    pub(super) fn count_fits(&self, len: usize, need: Size) -> usize {
        self.fitting(len, need).count_ones() as usize
    }

    /// Positions of those that have enough left. A task without size fits on free places, too.
    fn fitting(&self, len: usize, need: Size) -> u32 {
        let taken = u32::MAX.unbounded_shr(u32::BITS - len as u32);
        taken & !Column::either_less([&self.cpu, &self.memory], [need.cpu, need.memory])
    }

    /// Panics when places behind so many do not look free.
    pub(super) fn check(&self, len: usize) {
        for at in len..LONGEST {
            let place = (self.ranks.get(at), self.cpu.get(at), self.memory.get(at));
            assert_eq!(place, (NO_RANK, 0, 0), "free places hold nothing");
        }
    }
}
