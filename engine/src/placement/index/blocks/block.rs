//! A few instances in no order.

use crate::placement::index::blocks::Size;
use crate::placement::index::blocks::column::{Column, Shifted};
use crate::placement::index::blocks::key::Word;

/// A block holds no more. Smaller ones make more blocks to choose from, larger ones more to look
/// at in each, and that is paid at every change, too.
pub(super) const LONGEST: usize = 32;

/// Columns, in one piece of memory. Places that are free have no key and nothing left, so that
/// loops run over all of them, several at a time, and no branch waits for the length.
#[derive(Debug)]
pub(super) struct Block<K: Word> {
    len: usize,
    cpu: Column,
    memory: Column,
    /// No two instances have the same.
    ranks: Column,
    own: [K::Own; LONGEST],
}

impl<K: Word> Default for Block<K> {
    fn default() -> Self {
        let (own, rank) = K::NONE.split();
        Self {
            len: 0,
            cpu: Column::filled(0),
            memory: Column::filled(0),
            ranks: Column::filled(rank),
            own: [own; LONGEST],
        }
    }
}

impl<K: Word> Block<K> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds an instance; there is room.
    pub(super) fn push(&mut self, key: K, size: Size) {
        self.put(self.len, key, size);
        self.len += 1;
    }

    /// Takes one out that is there, and says what it had left; the last takes its position.
    pub(super) fn remove(&mut self, key: K) -> Size {
        let position = self.position(key);
        let size = self.size(position);
        let last = self.len - 1;
        self.put(position, self.key(last), self.size(last));
        self.put(last, K::NONE, Size { cpu: 0, memory: 0 });
        self.len = last;
        size
    }

    /// Changes what one has left that is there, and says what it had.
    pub(super) fn resize(&mut self, key: K, size: Size) -> Size {
        let position = self.position(key);
        let before = self.size(position);
        self.put(position, key, size);
        before
    }

    fn put(&mut self, at: usize, key: K, size: Size) {
        let (own, rank) = key.split();
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
        K::of(self.own[position], self.ranks.get(position))
    }

    fn size(&self, position: usize) -> Size {
        Size { cpu: self.cpu.get(position), memory: self.memory.get(position) }
    }

    /// All it has, in no order.
    pub(super) fn items(&self) -> impl Iterator<Item = (K, Size)> + '_ {
        (0..self.len).map(|position| (self.key(position), self.size(position)))
    }

    /// Gives away all from the middle key on: that key and the new block.
    pub(super) fn cut(&mut self) -> (K, Box<Self>) {
        let mut keys = [K::NONE; LONGEST];
        for (key, (own, _)) in keys.iter_mut().zip(self.items()) {
            *key = own;
        }
        let (_, &mut middle, _) = keys[..self.len].select_nth_unstable(self.len / 2);
        let (mut lower, mut upper) = (Self::default(), Box::<Self>::default());
        for (key, size) in self.items() {
            if key < middle { lower.push(key, size) } else { upper.push(key, size) }
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
    pub(super) fn first_fit(&self, need: Size) -> Option<K> {
        let lowest = self.fits(need).fold(K::NONE, K::min);
        (lowest != K::NONE).then_some(lowest)
    }

    /// The keys of those that have enough left, in no order.
    pub(super) fn fits(&self, need: Size) -> impl Iterator<Item = K> + '_ {
        let mut left = self.fitting(need);
        std::iter::from_fn(move || {
            let position = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(self.key(position))
        })
    }

    pub(super) fn count_fits(&self, need: Size) -> usize {
        self.fitting(need).count_ones() as usize
    }

    /// Positions of those that have enough left. A task without size fits on free places, too.
    fn fitting(&self, need: Size) -> u32 {
        let taken = u32::MAX.unbounded_shr(u32::BITS - self.len as u32);
        taken & !Column::either_less([&self.cpu, &self.memory], [need.cpu, need.memory])
    }

    /// Panics when a free place does not look like one.
    pub(super) fn check(&self) {
        for at in self.len..LONGEST {
            let place = (self.key(at) == K::NONE, self.cpu.get(at), self.memory.get(at));
            assert_eq!(place, (true, 0, 0), "free places hold nothing");
        }
    }
}
