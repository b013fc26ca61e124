//! Tasks that go the same way at the same time: all that counts of them is how many and when.

/// Tasks to which something happens at an instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch {
    pub(super) at: u64,
    pub(super) tasks: u32,
}

pub(super) fn count(batches: &[Batch]) -> u32 {
    batches.iter().map(|batch| batch.tasks).sum()
}
