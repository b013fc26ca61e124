//! Typed timers, after quinn's: a table by instant and kind, with a fixed firing order.

use std::collections::BTreeSet;

use crate::model::{InstanceId, TaskId, Time};

/// Why the engine wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerReason {
    /// A stopped task's targets leave their groups: one lag after the decision (03 section 8.2).
    Deregister(TaskId),
    /// A task waited for capacity for too long (04 section 2.7).
    GiveUpWaiting(TaskId),
    /// An instance that its Auto Scaling group lets go drained for too long (04 section 4.7).
    FinishDraining(InstanceId),
    /// The scheduler's tick.
    Tick,
}

/// Timers that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Timers {
    set: BTreeSet<(Time, TimerReason)>,
}

impl Timers {
    /// Sets a timer.
    pub(crate) fn set(&mut self, at: Time, reason: TimerReason) {
        self.set.insert((at, reason));
    }

    /// Takes out the first timer that is due.
    pub(crate) fn pop_due(&mut self, now: Time) -> Option<TimerReason> {
        let &(at, reason) = self.set.first()?;
        if at > now {
            return None;
        }
        self.set.pop_first();
        Some(reason)
    }

    /// The first timer.
    pub(crate) fn first(&self) -> Option<(Time, TimerReason)> {
        self.set.first().copied()
    }
}
