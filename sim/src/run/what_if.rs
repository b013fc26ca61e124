//! Looking ahead on copies: what a call would do, without doing it.

use std::sync::Arc;

use stowplan_engine::api::{Command, CommandError, Input};
use stowplan_engine::model::{InstanceId, ServiceId, Time};

use super::Simulation;
use crate::scenario::{Action, TimelineEntry, command};

impl Simulation {
    /// What of the timeline is done in the instant that comes next.
    #[cfg(feature = "expect")]
    pub(crate) fn entries_due(&self, now: Time) -> &[TimelineEntry] {
        let rest = &self.timeline[self.next..];
        &rest[..rest.partition_point(|entry| entry.at <= now)]
    }

    /// The call that an entry of the timeline is, if it were made now; none if it is something
    /// else or cannot be read.
    pub(crate) fn command_of(&self, now: Time, entry: &TimelineEntry) -> Option<Command> {
        let Action::Api(name, input) = &entry.action else { return None };
        let filled = self.filled(now, input).ok()?;
        command(name, filled.as_ref().unwrap_or(input)).ok()
    }

    /// A copy in which nothing of what the timeline has planned happens, for as long as it takes.
    pub(crate) fn undisturbed(&self) -> Self {
        let mut copy = self.clone();
        copy.timeline = Arc::default();
        copy.next = 0;
        copy.until = Time(i64::MAX);
        copy
    }

    /// The instances that a daemon service wants a task on, in id order.
    pub(crate) fn daemon_instances(&self, service: ServiceId) -> Vec<InstanceId> {
        self.engine.daemon_instances(service)
    }

    /// A copy in which no revision's digests are waited for.
    pub(crate) fn unprobed(&self) -> Self {
        let mut copy = self.clone();
        copy.engine.assume_digests();
        copy
    }

    /// A copy in which one call is made now, and nothing that the timeline has planned.
    ///
    /// # Errors
    ///
    /// The call is refused.
    pub(crate) fn after_call(&self, now: Time, call: Command) -> Result<Self, CommandError> {
        let mut copy = self.undisturbed();
        copy.settle_world(now);
        copy.step(now, Input::Command(call))?;
        copy.finish_instant(now);
        copy.now = Some(now);
        Ok(copy)
    }
}
