//! A set of container instances: one bit each, so that 64 are handled by one instruction.

use bitvec::vec::BitVec;

use crate::many;
use crate::model::InstanceId;

/// Instances of a word.
const WORD: usize = usize::BITS as usize;

/// A set of container instances. Behind its end, up to the whole word, all bits are 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct InstanceSet {
    bits: BitVec<usize>,
}

impl InstanceSet {
    /// The empty set.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds an instance.
    pub(crate) fn insert(&mut self, instance: InstanceId) {
        let index = instance.index();
        if index >= self.bits.len() {
            self.bits.resize(index + 1, false);
        }
        self.bits.set(index, true);
    }

    /// Takes an instance out.
    pub(crate) fn remove(&mut self, instance: InstanceId) {
        if instance.index() < self.bits.len() {
            self.bits.set(instance.index(), false);
        }
    }

    /// Whether an instance is in it.
    pub(crate) fn contains(&self, instance: InstanceId) -> bool {
        let (word, bit) = (instance.index() / WORD, instance.index() % WORD);
        self.bits.as_raw_slice().get(word).is_some_and(|word| word >> bit & 1 == 1)
    }

    /// Whether nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.bits.iter_ones().next().is_none()
    }

    /// Keeps those for which a question is answered with yes.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(InstanceId) -> bool) {
        for (position, word) in self.bits.as_raw_mut_slice().iter_mut().enumerate() {
            retain_in(word, position, &mut keep);
        }
    }

    /// The same, for a question that takes its time: many instances are asked on all cores. Each
    /// answers for itself.
    pub(crate) fn retain_slowly(&mut self, keep: impl Fn(InstanceId) -> bool + Sync) {
        let words = self.bits.as_raw_mut_slice();
        many::each_word(words, |position, word| retain_in(word, position, &mut |it| keep(it)));
    }

    /// Those in it, in order of registration.
    pub(crate) fn iter(&self) -> impl Iterator<Item = InstanceId> + '_ {
        self.bits.iter_ones().map(InstanceId::from_index)
    }
}

/// Keeps those of one word. Behind the end no bit is set.
fn retain_in(word: &mut usize, position: usize, keep: &mut impl FnMut(InstanceId) -> bool) {
    let mut left = *word;
    while left != 0 {
        let bit = left.trailing_zeros();
        left &= left - 1;
        if !keep(InstanceId::from_index(position * WORD + bit as usize)) {
            *word &= !(1 << bit);
        }
    }
}

impl FromIterator<InstanceId> for InstanceSet {
    fn from_iter<I: IntoIterator<Item = InstanceId>>(instances: I) -> Self {
        let mut set = Self::new();
        for instance in instances {
            set.insert(instance);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(members: &[u32]) -> InstanceSet {
        members.iter().copied().map(InstanceId::new).collect()
    }

    #[test]
    fn asking_slowly_is_asking() {
        let all: Vec<u32> = (0..50_000).filter(|number| number % 7 != 3).collect();
        let (mut quickly, mut slowly) = (set(&all), set(&all));
        quickly.retain(|instance| instance.number() % 5 < 2);
        slowly.retain_slowly(|instance| instance.number() % 5 < 2);
        assert_eq!(quickly, slowly);
    }

    #[test]
    fn retain_asks_only_members() {
        let mut members = set(&[0, 5, 9]);
        members.retain(|instance| instance.number() > 4);
        assert_eq!(members.iter().collect::<Vec<_>>(), [InstanceId::new(5), InstanceId::new(9)]);
    }

    #[test]
    fn retain_reaches_every_word() {
        let mut members = set(&[0, 31, 32, 63, 64, 127, 128, 200]);
        let mut asked = Vec::new();
        members.retain(|instance| {
            asked.push(instance.number());
            instance.number().is_multiple_of(64)
        });
        assert_eq!(asked, [0, 31, 32, 63, 64, 127, 128, 200]);
        assert_eq!(members, {
            let mut expected = set(&[0, 64, 128, 200]);
            expected.remove(InstanceId::new(200));
            expected
        });
    }
}
