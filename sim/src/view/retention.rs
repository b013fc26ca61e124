//! How much of its past a run keeps.

use stowplan_engine::api::EventKind;
use stowplan_engine::model::Time;

/// Events that a run keeps unless somebody says otherwise: some 600 MB of them natively.
pub const EVENTS_KEPT: u64 = if cfg!(target_pointer_width = "64") { 1 << 23 } else { 1 << 20 };

/// How much is kept, and when to look whether it is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Retention {
    /// What events may weigh together.
    limit: u64,
    weight: u64,
    /// Nothing is forgotten before they weigh so much.
    next_look: u64,
    forgotten: Option<Forgotten>,
}

/// What of the past of a run was let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// So many events of the control plane.
    pub events: u64,
    /// All that happened before then.
    pub before: Time,
}

impl Default for Retention {
    fn default() -> Self {
        Self::of(EVENTS_KEPT)
    }
}

impl Retention {
    fn of(limit: u64) -> Self {
        Self { limit, weight: 0, next_look: limit, forgotten: None }
    }

    /// From now on events may weigh so much together. What there is, and what was let go, stays.
    pub(super) fn set_limit(&mut self, limit: u64) {
        (self.limit, self.next_look) = (limit, limit);
    }

    pub(super) fn forgotten(&self) -> Option<Forgotten> {
        self.forgotten
    }

    /// An event comes. Whether it is time to forget.
    pub(super) fn takes(&mut self, kind: &EventKind) -> bool {
        self.weight += weight(kind);
        self.weight > self.next_look
    }

    /// Everything before an instant was forgotten, so many events in all; those that are left
    /// weigh so much.
    pub(super) fn forgets(&mut self, events: u64, before: Time, left: u64) {
        if events > 0 {
            self.forgotten = Some(Forgotten { events, before });
        }
        self.weight = left;
        // What happens in one instant is kept whole, however much it is.
        self.next_look = self.limit.max(left.saturating_mul(2));
    }
}

/// A failure tells of every instance.
pub(super) fn weight(kind: &EventKind) -> u64 {
    match kind {
        EventKind::PlacementFailed(failure) => 1 + failure.rejected.len() as u64,
        _ => 1,
    }
}
