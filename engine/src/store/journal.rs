//! Which instances changed lately, for whoever keeps something about instances.

use crate::model::InstanceId;

/// More changes than these are not remembered: looking at every instance is as quick then.
const LONGEST: usize = 1 << 16;

/// Instances in the order in which they changed, once for each change.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    forgotten: u64,
    changed: Vec<InstanceId>,
}

impl Journal {
    /// An instance changed.
    pub(crate) fn note(&mut self, instance: InstanceId) {
        if self.changed.len() == LONGEST {
            self.changed.drain(..LONGEST / 2);
            self.forgotten += (LONGEST / 2) as u64;
        }
        self.changed.push(instance);
    }

    /// How many changes there have been.
    pub(crate) fn count(&self) -> u64 {
        self.forgotten + self.changed.len() as u64
    }

    /// The changes after the first `seen`; `None` when they are too many to be known.
    pub(crate) fn since(&self, seen: u64) -> Option<&[InstanceId]> {
        let known = seen.checked_sub(self.forgotten)?;
        self.changed.get(usize::try_from(known).ok()?..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_since_is_told_until_it_is_too_much() {
        let mut journal = Journal::default();
        for number in 0..10 {
            journal.note(InstanceId::new(number));
        }
        assert_eq!(journal.since(8), Some(&[InstanceId::new(8), InstanceId::new(9)][..]));
        assert_eq!(journal.since(journal.count()), Some(&[][..]));
        for _ in 0..LONGEST {
            journal.note(InstanceId::new(7));
        }
        assert_eq!(journal.since(8), None);
        assert_eq!(journal.count(), 10 + LONGEST as u64);
        assert_eq!(journal.since(journal.count() - 1), Some(&[InstanceId::new(7)][..]));
    }
}
