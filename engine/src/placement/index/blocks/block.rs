//! A few instances in no order.

use crate::placement::index::blocks::Size;

/// A block holds no more.
pub(super) const LONGEST: usize = 64;

/// A key: by it instances are ordered.
pub(super) trait Key: Copy + Ord + Default {
    /// Above every key.
    const MAX: Self;
}

impl Key for u64 {
    const MAX: Self = Self::MAX;
}

impl Key for u128 {
    const MAX: Self = Self::MAX;
}

/// Columns of equal length, in one piece of memory. What lies beyond the length means nothing.
#[derive(Debug)]
pub(super) struct Block<K> {
    len: usize,
    cpu: [u32; LONGEST],
    memory: [u32; LONGEST],
    keys: [K; LONGEST],
}

impl<K: Key> Block<K> {
    pub(super) fn new() -> Box<Self> {
        let (cpu, memory) = ([0; LONGEST], [0; LONGEST]);
        Box::new(Self { len: 0, cpu, memory, keys: [K::default(); LONGEST] })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds an instance; there is room.
    pub(super) fn push(&mut self, key: K, size: Size) {
        let at = self.len;
        (self.keys[at], self.cpu[at], self.memory[at]) = (key, size.cpu, size.memory);
        self.len += 1;
    }

    pub(super) fn position(&self, key: K) -> usize {
        let found = self.keys[..self.len].iter().position(|&other| other == key);
        found.expect("the key is in the order")
    }

    /// Takes one out; the last takes its position.
    pub(super) fn remove(&mut self, position: usize) -> Size {
        let size = self.size(position);
        let last = self.len - 1;
        self.keys[position] = self.keys[last];
        self.cpu[position] = self.cpu[last];
        self.memory[position] = self.memory[last];
        self.len = last;
        size
    }

    /// Changes what one has left, and says what it had.
    pub(super) fn resize(&mut self, position: usize, size: Size) -> Size {
        let before = self.size(position);
        (self.cpu[position], self.memory[position]) = (size.cpu, size.memory);
        before
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
        let (mut lower, mut upper) = (Self::new(), Self::new());
        for (key, size) in self.items() {
            if key < middle { lower.push(key, size) } else { upper.push(key, size) }
        }
        *self = *lower;
        (middle, upper)
    }

    /// The most CPU that one has left, and the most memory.
    pub(super) fn most(&self) -> Size {
        let most = |column: &[u32; LONGEST]| column[..self.len].iter().copied().max().unwrap_or(0);
        Size { cpu: most(&self.cpu), memory: most(&self.memory) }
    }

    /// The lowest key from `from` on, of those that have enough left.
    pub(super) fn first_fit(&self, from: K, need: Size) -> Option<K> {
        let mut lowest = K::MAX;
        let sizes = self.cpu[..self.len].iter().zip(&self.memory[..self.len]);
        for ((&cpu, &memory), &key) in sizes.zip(&self.keys[..self.len]) {
            let fits = (cpu >= need.cpu) & (memory >= need.memory) & (key >= from);
            lowest = lowest.min(if fits { key } else { K::MAX });
        }
        (lowest != K::MAX).then_some(lowest)
    }

    /// The keys of those that have enough left, in no order.
    pub(super) fn fits(&self, need: Size) -> impl Iterator<Item = K> + '_ {
        let enough = move |size: Size| size.cpu >= need.cpu && size.memory >= need.memory;
        self.items().filter(move |&(_, size)| enough(size)).map(|(key, _)| key)
    }

    pub(super) fn count_fits(&self, need: Size) -> usize {
        let sizes = self.cpu[..self.len].iter().zip(&self.memory[..self.len]);
        let fits = sizes
            .map(|(&cpu, &memory)| u32::from(cpu >= need.cpu) & u32::from(memory >= need.memory));
        fits.sum::<u32>() as usize
    }
}
