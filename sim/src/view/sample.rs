//! The numbers of the read model, without building the objects they are part of.

use std::collections::BTreeMap;

use stowplan_engine::model::{InstanceId, ServiceId};

use super::provider::{AssociatedProvider, active_instances, desired, live, reservation, waiting};
use super::{Moment, instance, service, target_group, task};

/// Takes a number by the rest of its path.
type Sink<'s> = &'s mut dyn FnMut(&str, f64);

/// The numbers of a service, and of its PRIMARY deployment.
pub(crate) fn service(moment: &Moment<'_>, id: ServiceId, sink: Sink<'_>) {
    let row = moment.engine.service(id);
    let counts = moment.engine.counts(id, moment.now);
    sink("desiredCount", f64::from(row.desired));
    sink("runningCount", f64::from(counts.running));
    sink("pendingCount", f64::from(counts.pending));
    sink("healthyCount", f64::from(counts.healthy));
    sink("unhealthyCount", f64::from(counts.unhealthy));
    sink("occupyingCount", f64::from(counts.occupying()));
    sink("lowerLimit", f64::from(row.lower_limit()));
    sink("upperLimit", f64::from(row.upper_limit()));
    if let Some(primary) = moment.engine.primary(id) {
        let counts = moment.engine.deployment_counts(primary, moment.now);
        let deployment = moment.engine.deployment(primary);
        sink("primary.desiredCount", f64::from(deployment.desired));
        sink("primary.runningCount", f64::from(counts.running));
        sink("primary.pendingCount", f64::from(counts.pending));
        sink("primary.healthyCount", f64::from(counts.healthy));
        sink("primary.failedTasks", f64::from(deployment.failures));
    }
}

/// Live tasks of a service by zone or by capacity provider.
pub(crate) fn live_by(moment: &Moment<'_>, id: ServiceId, group: &str) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for live in service::live(moment, moment.engine.service(id)) {
        let name = match group {
            "tasksByZone" => task::zone_of(moment, live),
            _ => task::provider_of(moment, live),
        };
        if let Some(name) = name {
            *counts.entry(name).or_insert(0) += 1;
        }
    }
    counts
}

/// The numbers of a container instance, with what tasks use of it.
pub(crate) fn instance(moment: &Moment<'_>, id: InstanceId, sink: Sink<'_>) {
    let row = moment.engine.instance(id);
    let (left, all) = (instance::remaining(moment, id), instance::registered(row));
    sink("remaining.cpu", f64::from(left.cpu));
    sink("remaining.memory", f64::from(left.memory));
    sink("remaining.gpu", f64::from(left.gpu));
    sink("registered.cpu", f64::from(all.cpu));
    sink("registered.memory", f64::from(all.memory));
    sink("registered.gpu", f64::from(all.gpu));
    if let (Some(left), Some(all)) = (left.eni, all.eni) {
        sink("remaining.eni", f64::from(left));
        sink("registered.eni", f64::from(all));
    }
    sink("used.cpu", f64::from(all.cpu.saturating_sub(left.cpu)));
    sink("used.memory", f64::from(all.memory.saturating_sub(left.memory)));
    let (running, pending) = instance::task_counts(moment, row);
    sink("runningTasksCount", running as f64);
    sink("pendingTasksCount", pending as f64);
    sink("tasks", instance::live_tasks(moment, row) as f64);
}

/// The numbers of a capacity provider.
pub(crate) fn provider(
    moment: &Moment<'_>,
    at: AssociatedProvider,
    has_group: bool,
    sink: Sink<'_>,
) {
    if has_group {
        sink("instances", active_instances(moment, at).count() as f64);
    }
    let kind = &moment.engine.provider(at.1).kind;
    if let Some(count) = desired(moment, at.0, kind) {
        sink("desired", f64::from(count));
    }
    if let Some(percent) = reservation(moment, at) {
        sink("reservation", percent);
    }
    if let Some(point) = moment.engine.reservation(at.0, at.1) {
        sink("needed", f64::from(point.needed));
    }
    sink("tasks", live(moment, at) as f64);
    sink("provisioning", waiting(moment, at) as f64);
}

/// Names of the target groups.
pub(crate) fn target_groups(moment: &Moment<'_>) -> Vec<String> {
    target_group::names(moment)
}

/// Names of the target groups of a service.
pub(crate) fn groups_of_service(moment: &Moment<'_>, id: ServiceId) -> Vec<String> {
    target_group::groups_of(moment, moment.engine.service(id))
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

/// The numbers of a target group.
pub(crate) fn target_group(moment: &Moment<'_>, name: &str, sink: Sink<'_>) {
    for (state, count) in target_group::state_counts(moment, name) {
        sink(state, f64::from(count));
    }
}
