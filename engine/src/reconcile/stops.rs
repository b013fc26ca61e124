//! P2 to P5: which tasks go.

use std::collections::BTreeMap;

use crate::api::UnhealthyPolicy;
use crate::api::event::Message;
use crate::control::Control;
use crate::deployment::rolling::{self, RollingCounts, StopFirstCounts};
use crate::lifecycle::HealthClass;
use crate::model::{
    DeploymentId, DeploymentStatus, MessageKey, RolloutState, SchedulingStrategy, ServiceId, Stop,
};
use crate::reconcile::daemon;
use crate::reconcile::facts::{Class, Fact, Kind};
use crate::reconcile::leavers::Leavers;
use crate::reconcile::pass::Pass;
use crate::reconcile::told;

/// P2: pending tasks on DRAINING instances, tasks of deployments that nobody maintains, daemon
/// tasks whose instance they no longer suit.
pub(super) fn forced(pass: &mut Pass<'_>) {
    let primary = pass.primary();
    for index in 0..pass.facts.len() {
        let fact = pass.facts[index];
        if fact.class == Class::Pending && fact.draining {
            pass.stop(index, Stop::scaling(primary.unwrap_or(fact.deployment)));
        }
    }
    shrink_unmaintained(pass);
    if pass.control.store.service(pass.service).scheduling == SchedulingStrategy::Daemon {
        daemon::stop_misplaced(pass);
    }
}

/// P2.2: deployments that are not maintained lose what is pending and what is unhealthy; a task set
/// that is being deleted loses everything.
pub(super) fn shrink_unmaintained(pass: &mut Pass<'_>) {
    let primary = pass.primary();
    for deployment in pass.deployments() {
        let row = pass.control.store.deployment(deployment);
        if row.is_maintained() {
            continue;
        }
        let deleted = row.status == DeploymentStatus::Draining;
        for index in 0..pass.facts.len() {
            let fact = pass.facts[index];
            let goes = fact.class == Class::Pending || fact.is_unhealthy() || deleted;
            if fact.deployment == deployment && fact.is_active() && goes {
                pass.stop(index, Stop::scaling(primary.unwrap_or(deployment)));
            }
        }
        let active = pass.count_of(deployment, Kind::is_active);
        let row = pass.control.store.deployment_mut(deployment);
        row.desired = row.desired.min(active);
    }
}

/// P3: what is too much, in each maintained deployment.
pub(super) fn surplus(pass: &mut Pass<'_>) {
    for deployment in pass.deployments() {
        if !pass.control.store.deployment(deployment).is_maintained() {
            continue;
        }
        unhealthy_surplus(pass, deployment);
        good_surplus(pass, deployment);
    }
}

fn unhealthy_surplus(pass: &mut Pass<'_>, deployment: DeploymentId) {
    let desired = pass.control.store.deployment(deployment).desired;
    let healthy = pass.count_of(deployment, Kind::is_healthy);
    let unhealthy = pass.count_of(deployment, Kind::is_unhealthy);
    let surplus = rolling::unhealthy_surplus(healthy, unhealthy, desired);
    for index in lowest_unhealthy(pass, deployment, surplus) {
        pass.stop_unhealthy(index);
    }
}

/// Some tasks of a deployment that are unhealthy, the oldest first.
pub(super) fn lowest_unhealthy(
    pass: &Pass<'_>,
    deployment: DeploymentId,
    count: u32,
) -> Vec<usize> {
    let is_it = |fact: &Fact| fact.deployment == deployment && fact.is_unhealthy();
    let positions = (0..pass.facts.len()).filter(|&index| is_it(&pass.facts[index]));
    positions.take(count as usize).collect()
}

/// P3.2: pending first, then failing in grace, then settling, then healthy; inside a class by the
/// scale-in selection. Protected tasks are skipped.
fn good_surplus(pass: &mut Pass<'_>, deployment: DeploymentId) {
    let desired = pass.control.store.deployment(deployment).desired;
    let service = pass.control.store.service(pass.service);
    // The extra task of a move between zones is spared until the move is done.
    let spared = u32::from(service.memory.move_under_way().is_some());
    let present = pass.count_of(deployment, Kind::is_present);
    let mut surplus = present.saturating_sub(desired + spared);
    if surplus == 0 {
        return note_protected(pass, deployment, 0);
    }
    let classes = [
        Class::Pending,
        Class::Running(HealthClass::FailingInGrace),
        Class::Running(HealthClass::Settling),
        Class::Running(HealthClass::Healthy),
    ];
    for class in classes {
        let mut leavers = Leavers::of(pass, deployment, |fact| {
            fact.class == class && !fact.draining && !fact.protected
        });
        while surplus > 0
            && let Some(index) = leavers.next(pass)
        {
            pass.stop(index, Stop::scaling(deployment));
            leavers.note_stop(pass, index);
            surplus -= 1;
        }
    }
    note_protected(pass, deployment, surplus);
}

fn note_protected(pass: &mut Pass<'_>, deployment: DeploymentId, surplus: u32) {
    if surplus == 0 {
        return told::resolved(
            pass.control,
            pass.service,
            |key| matches!(key, MessageKey::Protected(of, _) if *of == deployment),
        );
    }
    pass.told.protected.push((deployment, surplus));
}

/// E18 in both its forms: of the service, and of the task set.
pub(super) fn say_protected(pass: &mut Pass<'_>) {
    for (deployment, surplus) in std::mem::take(&mut pass.told.protected) {
        let (service, key) = (pass.service, MessageKey::Protected(deployment, surplus));
        let message = Message::Protected(deployment, surplus);
        if told::say_once(pass.control, service, key, message) {
            pass.control.out.message(service, Message::SetProtected(deployment, surplus));
            let name = "TASKSET_SCALE_IN_FAILURE_BY_TASK_PROTECTION";
            pass.control.out.service_action(service, name, None);
        }
    }
}

/// P4: old revisions and DRAINING instances give way as far as the floor allows.
pub(super) fn rolling(pass: &mut Pass<'_>) {
    let Some(primary) = pass.primary() else { return };
    let counts = RollingCounts {
        healthy: pass.count(Kind::is_healthy),
        lower: pass.control.store.service(pass.service).lower_limit(),
        outgoing_healthy: healthy_outgoing(pass),
    };
    let Some(stops) = rolling::rolling_stops(&counts) else { return };
    for index in 0..pass.facts.len() {
        let fact = pass.facts[index];
        if is_outgoing(pass, &fact) && !fact.is_healthy() {
            stop_outgoing(pass, index, primary);
        }
    }
    stop_healthy_outgoing(pass, stops, primary);
}

fn is_outgoing(pass: &Pass<'_>, fact: &Fact) -> bool {
    if !fact.is_active() {
        return false;
    }
    if fact.draining {
        return daemon::may_leave_draining(pass, fact);
    }
    let store = &pass.control.store;
    let primary_failed = pass
        .primary()
        .is_some_and(|primary| store.deployment(primary).rollout == RolloutState::Failed);
    let old = store.deployment(fact.deployment).status == DeploymentStatus::Active;
    old && !primary_failed && !fact.protected
}

fn stop_outgoing(pass: &mut Pass<'_>, index: usize, primary: DeploymentId) {
    let deployment = pass.facts[index].deployment;
    pass.stop(index, Stop::scaling(primary));
    // A task on a DRAINING instance did not count as present: what does is not surplus now.
    let present = pass.count_of(deployment, Kind::is_present);
    let row = pass.control.store.deployment_mut(deployment);
    if row.status == DeploymentStatus::Active {
        row.desired = row.desired.saturating_sub(1).max(present.min(row.desired));
    }
}

fn healthy_outgoing(pass: &Pass<'_>) -> u32 {
    let is_it = |fact: &&Fact| fact.is_healthy() && is_outgoing(pass, fact);
    u32::try_from(pass.facts.iter().filter(is_it).count()).unwrap_or(u32::MAX)
}

/// On a DRAINING instance first; then never-completed deployments, oldest first; then completed
/// ones, oldest first; inside a deployment the scale-in selection.
fn stop_healthy_outgoing(pass: &mut Pass<'_>, stops: u32, primary: DeploymentId) {
    let store = &pass.control.store;
    let mut turns: BTreeMap<(bool, bool, DeploymentId), Vec<usize>> = BTreeMap::new();
    for (index, fact) in pass.facts.iter().enumerate() {
        if stops > 0 && fact.is_healthy() && is_outgoing(pass, fact) {
            let completed = store.deployment(fact.deployment).ever_completed;
            turns.entry((!fact.draining, completed, fact.deployment)).or_default().push(index);
        }
    }
    let is_daemon = store.service(pass.service).scheduling == SchedulingStrategy::Daemon;
    let mut left = stops as usize;
    for ((_, _, deployment), mut turn) in turns {
        if is_daemon {
            daemon::lowest_instances_first(pass, &mut turn);
            for &index in turn.iter().take(left) {
                stop_outgoing(pass, index, primary);
            }
            left = left.saturating_sub(turn.len());
            continue;
        }
        if left == 0 {
            break;
        }
        let mut leavers = Leavers::among(pass, deployment, &turn);
        while left > 0
            && let Some(index) = leavers.next(pass)
        {
            stop_outgoing(pass, index, primary);
            leavers.note_stop(pass, index);
            left -= 1;
        }
    }
}

/// Whether a replacement comes before the stop where there is room (03 section 7).
pub(super) fn starts_first(pass: &Pass<'_>) -> bool {
    pass.control.store.config.unhealthy_policy == UnhealthyPolicy::StartFirst
}

/// P5: no room under the ceiling: one unhealthy task stops before its replacement starts.
pub(super) fn stop_first(pass: &mut Pass<'_>) {
    let row = pass.control.store.service(pass.service);
    let (lower, upper) = (row.lower_limit(), row.upper_limit());
    if starts_first(pass) && upper > pass.occupying() {
        return;
    }
    if pass.facts.iter().any(|fact| fact.class == (Class::Stopping { unhealthy: true })) {
        return;
    }
    for deployment in pass.deployments() {
        if !pass.control.store.deployment(deployment).is_maintained() {
            continue;
        }
        let counts = StopFirstCounts {
            desired: pass.control.store.deployment(deployment).desired,
            good: pass.count_of(deployment, Kind::is_good),
            settling: pass.count_of(deployment, Kind::is_settling),
            unhealthy: pass.count_of(deployment, Kind::is_unhealthy),
            running: pass.count(Kind::is_running),
            lower,
            upper,
        };
        if rolling::stops_first(&counts) {
            for index in lowest_unhealthy(pass, deployment, 1) {
                pass.stop_unhealthy(index);
            }
            pass.control.store.deployment_mut(deployment).owed_replacements += 1;
            return;
        }
    }
}

/// A superseded deployment loses its pending tasks at once; the pass that follows tells of it (D2
/// of 03 section 5.3).
pub(crate) fn stop_pending(
    control: &mut Control,
    service: ServiceId,
    deployment: DeploymentId,
    stop: &Stop,
) {
    for task in control.store.service(service).tasks.clone() {
        let row = control.store.task(task);
        let own = row.owner.is_some_and(|owner| owner.deployment == deployment);
        if own && row.is_pending() {
            control.stop_task(task, stop.clone());
            control.store.service_mut(service).memory.untold_pending += 1;
        }
    }
}
