//! Daemon services: one task on every eligible instance (03 section 9).

use std::collections::BTreeMap;

use crate::api::event::{EventKind, FailedCheck, PlacementFailure, Rejection};
use crate::control::Control;
use crate::deployment::throttle;
use crate::launch::{self, LaunchTarget, NoPlace, TaskOrder};
use crate::model::{
    DeploymentId, InstanceId, InstanceStatus, Launch, LaunchType, RolloutState, SchedulingStrategy,
    ServiceId, Stop, TaskId,
};
use crate::placement::{self, feasible};
use crate::reconcile::facts::{Fact, Kind};
use crate::reconcile::pass::Pass;
use crate::reconcile::starts::{self, Started};
use crate::store::Store;
use crate::store::bitset::InstanceSet;

/// Sets the desired count to the number of eligible instances, and tells when it was another.
pub(super) fn count_eligible(control: &mut Control, service: ServiceId) {
    let before = control.store.service(service).desired;
    count_silently(control, service);
    let desired = control.store.service(service).desired;
    if before != desired {
        control.out.event(EventKind::DesiredCount(service, desired));
        control.out.service_action(service, "SERVICE_DESIRED_COUNT_UPDATED", None);
    }
}

/// Sets the desired count to the number of eligible instances.
pub(crate) fn count_silently(control: &mut Control, service: ServiceId) {
    let Some(primary) = control.store.primary(service) else { return };
    let eligible = eligible(control, service, primary).len();
    let desired = u32::try_from(eligible).unwrap_or(u32::MAX);
    control.store.deployment_mut(primary).desired = desired;
    control.store.service_mut(service).desired = desired;
}

/// The instances that are eligible for the PRIMARY revision.
pub(crate) fn instances(control: &Control, service: ServiceId) -> Vec<InstanceId> {
    let primary = control.store.primary(service);
    primary.map_or_else(Vec::new, |primary| eligible(control, service, primary))
}

/// ACTIVE instances that satisfy attributes and constraints, room or not, in id order. One whose
/// agent is disconnected counts while its daemon lives.
fn eligible(control: &Control, service: ServiceId, primary: DeploymentId) -> Vec<InstanceId> {
    let active = control.store.active(control.store.service(service).cluster);
    let suiting = Suiting::of(control, service, primary);
    let mut instances: Vec<InstanceId> =
        active.iter().filter(|&instance| suiting.has(&control.store, instance)).collect();
    instances.sort_unstable_by_key(|&instance| control.store.instances.rank(instance));
    instances
}

/// Which instances suit the daemons of a deployment.
struct Suiting {
    order: TaskOrder,
    /// Instances where a daemon of the service lives.
    manned: InstanceSet,
}

impl Suiting {
    fn of(control: &Control, service: ServiceId, deployment: DeploymentId) -> Self {
        let target = LaunchTarget::Type(LaunchType::Ec2);
        let order = starts::service_order(control, service, deployment, target);
        let store = &control.store;
        let tasks = store.service(service).tasks.iter().map(|&task| store.task(task));
        let manned = tasks.filter(|task| task.is_live()).filter_map(|task| task.instance).collect();
        Self { order, manned }
    }

    fn has(&self, store: &Store, instance: InstanceId) -> bool {
        let request = launch::request(&self.order, None);
        let is_bad = |check: &FailedCheck| {
            !(matches!(check, FailedCheck::Agent) && self.manned.contains(instance))
        };
        let bad_host =
            feasible::host_failures(store, &request, instance).any(|check| is_bad(&check));
        // What stands in the way of `distinctInstance` is the service's own daemon.
        let mut constraints = feasible::constraint_failures(store, &request, instance);
        !bad_host && constraints.all(|check| check == FailedCheck::DistinctInstance)
    }
}

/// P2.3: daemon tasks whose instance no longer suits them.
pub(super) fn stop_misplaced(pass: &mut Pass<'_>) {
    let Some(primary) = pass.primary() else { return };
    let mut suiting: BTreeMap<DeploymentId, Suiting> = BTreeMap::new();
    let mut violated = false;
    for index in 0..pass.facts.len() {
        let fact = pass.facts[index];
        let Some(instance) = fact.instance.filter(|_| fact.is_active()) else { continue };
        let suiting = suiting
            .entry(fact.deployment)
            .or_insert_with(|| Suiting::of(pass.control, pass.service, fact.deployment));
        let store = &pass.control.store;
        let active = store.instances.get(instance).status == InstanceStatus::Active;
        if active && !suiting.has(store, instance) {
            pass.control.give_up_daemon_slot(fact.task);
            pass.stop(index, Stop::scaling(primary));
            violated = true;
        }
    }
    if violated {
        let name = "SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED";
        pass.control.out.service_action(pass.service, name, None);
    }
}

/// A daemon leaves a DRAINING instance only after every replica task there has left.
pub(super) fn may_leave_draining(pass: &Pass<'_>, fact: &Fact) -> bool {
    let store = &pass.control.store;
    if store.service(pass.service).scheduling != SchedulingStrategy::Daemon {
        return true;
    }
    let Some(instance) = fact.instance else { return true };
    !store.instances.get(instance).tasks.iter().any(|&task| {
        let task = store.task(task);
        let scheduling = task.owner.map(|owner| store.service(owner.service).scheduling);
        task.is_occupying() && scheduling == Some(SchedulingStrategy::Replica)
    })
}

/// Sorts positions of tasks by the order of their instances.
pub(super) fn lowest_instances_first(pass: &Pass<'_>, positions: &mut [usize]) {
    let instances = &pass.control.store.instances;
    positions.sort_by_key(|&index| pass.facts[index].instance.map(|it| instances.rank(it)));
}

/// P7: each eligible instance that has no daemon gets one, of the PRIMARY revision; of the last
/// COMPLETED one while the PRIMARY deployment is FAILED.
pub(super) fn launch(pass: &mut Pass<'_>, started: &mut Started) {
    let Some(primary) = pass.primary() else { return };
    let store = &pass.control.store;
    let deployment = if store.deployment(primary).rollout == RolloutState::Failed {
        let listed = &store.service(pass.service).deployments;
        let completed = |d: &DeploymentId| store.deployment(*d).rollout == RolloutState::Completed;
        listed.iter().rev().copied().find(completed)
    } else {
        Some(primary)
    };
    let Some(deployment) = deployment else { return };
    if throttle::holds(&store.deployment(deployment).throttle, pass.control.now) {
        return;
    }
    let occupying = pass.facts.iter().filter(|fact| fact.is_active() || fact.is_stopping());
    let taken: InstanceSet = occupying.filter_map(|fact| fact.instance).collect();
    for instance in eligible(pass.control, pass.service, primary) {
        if starts::at_once(pass, deployment) == 0 {
            break;
        }
        let connected = pass.control.store.instances.get(instance).agent_connected;
        if connected && !taken.contains(instance) {
            launch_on(pass, deployment, instance, started);
        }
    }
}

fn launch_on(
    pass: &mut Pass<'_>,
    deployment: DeploymentId,
    instance: InstanceId,
    started: &mut Started,
) {
    let launch_type = match &pass.control.store.deployment(deployment).launch {
        Launch::Type(launch_type) => *launch_type,
        Launch::Strategy(_) => LaunchType::Ec2,
    };
    let target = LaunchTarget::Type(launch_type);
    let order = starts::service_order(pass.control, pass.service, deployment, target);
    let store = &pass.control.store;
    let request = launch::request(&order, None);
    let checks: Vec<_> = feasible::failures(store, &request, instance).collect();
    if checks.is_empty() {
        let subnet = placement::subnet_for(store, &order.subnets, instance);
        let place = placement::Place { instance, subnet };
        let task = launch::create_on(pass.control, &order, place);
        starts::note_started(pass, deployment, task, started);
        own_slot(pass, deployment);
        return;
    }
    let rejection = Rejection { instance, checks: checks.into() };
    let failure = PlacementFailure {
        cluster: order.cluster,
        service: Some(pass.service),
        group: order.group,
        definition: order.definition,
        provider: None,
        closest: Some(instance),
        reason: rejection.reason().into(),
        rejected: [rejection].into(),
    };
    started.failures.push((deployment, NoPlace::Refused(Box::new(failure))));
}

/// A slot belongs to its instance: the older revision that gets it while the PRIMARY deployment is
/// FAILED wants the task that it has there.
fn own_slot(pass: &mut Pass<'_>, deployment: DeploymentId) {
    let present = pass.count_of(deployment, Kind::is_present);
    let row = pass.control.store.deployment_mut(deployment);
    row.desired = row.desired.max(present);
}

/// Time 0: one task on every eligible instance, as if each had been placed long ago.
pub(crate) fn fill(control: &mut Control, service: ServiceId) -> Vec<TaskId> {
    count_silently(control, service);
    let Some(primary) = control.store.primary(service) else { return Vec::new() };
    let target = LaunchTarget::Type(LaunchType::Ec2);
    let order = starts::service_order(control, service, primary, target);
    let mut tasks = Vec::new();
    for instance in eligible(control, service, primary) {
        let request = launch::request(&order, None);
        if feasible::first_failure(&control.store, &request, instance).is_none() {
            let subnet = placement::subnet_for(&control.store, &order.subnets, instance);
            let place = placement::Place { instance, subnet };
            tasks.push(launch::create_on(control, &order, place));
        }
    }
    tasks
}
