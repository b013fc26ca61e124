//! What a pass has to say, gathered and told in the order of 03 section 15.3.

use std::collections::BTreeMap;

use crate::api::event::Message;
use crate::control::Control;
use crate::model::{DeploymentId, MessageKey, ServiceId, TargetFailure, TaskId};

/// Messages of one pass.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// E9: tasks stopped because a target is unhealthy, with the load balancer and the reason.
    pub(super) target_unhealthy: Vec<(TaskId, usize, TargetFailure)>,
    /// E10: tasks stopped because their containers are unhealthy.
    pub(super) container_unhealthy: Vec<TaskId>,
    /// E6: those tasks again, by deployment.
    pub(super) stopped_unhealthy: BTreeMap<DeploymentId, Vec<TaskId>>,
    /// E6: rolling and surplus stops, by deployment.
    pub(super) stopped: BTreeMap<DeploymentId, Vec<TaskId>>,
    /// E3
    pub(super) stopped_pending: u32,
    /// E2 and E5: starts by deployment in the order told (sources first), with how many replace
    /// unhealthy tasks.
    pub(super) started: BTreeMap<(bool, DeploymentId), (Vec<TaskId>, u32)>,
    /// E18: surplus that protection keeps, by deployment.
    pub(super) protected: Vec<(DeploymentId, u32)>,
    /// E13 where no monitor spoke: what was given up, and what is wanted again.
    pub(super) turned_back: Vec<(DeploymentId, Option<DeploymentId>)>,
}

impl Told {
    /// Whether the pass did anything.
    pub(super) fn is_silent(&self) -> bool {
        self.target_unhealthy.is_empty()
            && self.stopped_unhealthy.is_empty()
            && self.stopped.is_empty()
            && self.stopped_pending == 0
            && self.started.is_empty()
    }

    /// Emits what was gathered: E4, E9, E10, E6, E3.
    pub(super) fn tell_stops(&mut self, control: &mut Control, service: ServiceId) {
        for (task, group, failure) in std::mem::take(&mut self.target_unhealthy) {
            control.out.message(service, Message::TargetUnhealthy { task, group, failure });
        }
        for task in std::mem::take(&mut self.container_unhealthy) {
            control.out.message(service, Message::ContainerUnhealthy(task));
        }
        let unhealthy = std::mem::take(&mut self.stopped_unhealthy);
        let stopped = std::mem::take(&mut self.stopped);
        for mut tasks in unhealthy.into_values().chain(stopped.into_values()) {
            // They are named in the order of their ids, whichever was chosen first (W97).
            tasks.sort_unstable();
            control.out.message(service, Message::Stopped(tasks.into()));
        }
        if self.stopped_pending > 0 {
            control.out.message(service, Message::StoppedPending(self.stopped_pending));
            self.stopped_pending = 0;
        }
    }

    /// Emits E2 and E5.
    pub(super) fn tell_starts(&mut self, control: &mut Control, service: ServiceId) {
        for (tasks, replaced) in std::mem::take(&mut self.started).into_values() {
            control.out.message(service, Message::Started { tasks: tasks.into(), replaced });
        }
    }
}

/// Emits a message unless the same was said within the time of 03 section 15.4. Answers whether it
/// was said.
pub(super) fn say_once(
    control: &mut Control,
    service: ServiceId,
    key: MessageKey,
    message: Message,
) -> bool {
    let (now, window) = (control.now, control.store.config.event_dedupe);
    let said = &mut control.store.service_mut(service).memory.said;
    match said.iter_mut().find(|(known, _)| *known == key) {
        Some((_, at)) if now < *at + window => return false,
        Some((_, at)) => *at = now,
        None => said.push((key, now)),
    }
    control.out.message(service, message);
    true
}

/// A cause is resolved: what was said of it may be said again.
pub(super) fn resolved(
    control: &mut Control,
    service: ServiceId,
    is_resolved: impl Fn(&MessageKey) -> bool,
) {
    control.store.service_mut(service).memory.said.retain(|(key, _)| !is_resolved(key));
}
