//! A few instances in no order.

use crate::placement::index::blocks::Size;
use crate::placement::index::blocks::key::Word;

/// A block holds no more. Smaller ones make more blocks to choose from, larger ones more to look
/// at in each, and that is paid at every change, too.
pub(super) const LONGEST: usize = 32;

/// Columns, in one piece of memory. Places that are free have no key and nothing left, so that
/// loops run over all of them and no branch waits for the length.
#[derive(Debug)]
pub(super) struct Block<K> {
    len: usize,
    cpu: [u32; LONGEST],
    memory: [u32; LONGEST],
    keys: [K; LONGEST],
}

impl<K: Word> Default for Block<K> {
    fn default() -> Self {
        Self { len: 0, cpu: [0; LONGEST], memory: [0; LONGEST], keys: [K::NONE; LONGEST] }
    }
}

impl<K: Word> Block<K> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds an instance; there is room.
    pub(super) fn push(&mut self, key: K, size: Size) {
        let at = self.len;
        (self.keys[at], self.cpu[at], self.memory[at]) = (key, size.cpu, size.memory);
        self.len += 1;
    }

    /// Takes one out that is there, and says what it had left; the last takes its position.
    pub(super) fn remove(&mut self, key: K) -> Size {
        let position = self.position(key);
        let size = self.size(position);
        let last = self.len - 1;
        self.keys[position] = self.keys[last];
        self.cpu[position] = self.cpu[last];
        self.memory[position] = self.memory[last];
        (self.keys[last], self.cpu[last], self.memory[last]) = (K::NONE, 0, 0);
        self.len = last;
        size
    }

    /// Changes what one has left that is there, and says what it had.
    pub(super) fn resize(&mut self, key: K, size: Size) -> Size {
        let position = self.position(key);
        let before = self.size(position);
        (self.cpu[position], self.memory[position]) = (size.cpu, size.memory);
        before
    }

    fn position(&self, key: K) -> usize {
        let mut found = LONGEST;
        for (position, &other) in self.keys.iter().enumerate() {
            found = if other == key { position } else { found };
        }
        found
    }

    fn size(&self, position: usize) -> Size {
        Size { cpu: self.cpu[position], memory: self.memory[position] }
    }

    /// All it has, in no order.
    pub(super) fn items(&self) -> impl Iterator<Item = (K, Size)> + '_ {
        (0..self.len).map(|position| (self.keys[position], self.size(position)))
    }

    /// Gives away all from the middle key on: that key and the new block.
    pub(super) fn cut(&mut self) -> (K, Box<Self>) {
        let mut keys = self.keys;
        let (_, &mut middle, _) = keys[..self.len].select_nth_unstable(self.len / 2);
        let (mut lower, mut upper) = (Self::default(), Box::<Self>::default());
        for (key, size) in self.items() {
            if key < middle { lower.push(key, size) } else { upper.push(key, size) }
        }
        *self = lower;
        (middle, upper)
    }

    /// The most CPU that one has left.
    pub(super) fn most_cpu(&self) -> u32 {
        self.cpu.iter().fold(0, |most, &cpu| most.max(cpu))
    }

    /// The most memory that one has left.
    pub(super) fn most_memory(&self) -> u32 {
        self.memory.iter().fold(0, |most, &memory| most.max(memory))
    }

    /// The lowest key of those that have enough left. Two loops, of which the first is done for
    /// several at a time.
    pub(super) fn first_fit(&self, need: Size) -> Option<K> {
        let mut fits = [false; LONGEST];
        for ((fits, &cpu), &memory) in fits.iter_mut().zip(&self.cpu).zip(&self.memory) {
            *fits = Size { cpu, memory }.covers(need);
        }
        let mut lowest = K::NONE;
        for (&fits, &key) in fits.iter().zip(&self.keys) {
            lowest = lowest.min(if fits { key } else { K::NONE });
        }
        (lowest != K::NONE).then_some(lowest)
    }

    /// The keys of those that have enough left, in no order.
    pub(super) fn fits(&self, need: Size) -> impl Iterator<Item = K> + '_ {
        self.items().filter(move |&(_, size)| size.covers(need)).map(|(key, _)| key)
    }

    pub(super) fn count_fits(&self, need: Size) -> usize {
        self.items().map(|(_, size)| usize::from(size.covers(need))).sum()
    }

    /// Panics when a free place does not look like one.
    pub(super) fn check(&self) {
        for at in self.len..LONGEST {
            let place = (self.keys[at] == K::NONE, self.cpu[at], self.memory[at]);
            assert_eq!(place, (true, 0, 0), "free places hold nothing");
        }
    }
}
