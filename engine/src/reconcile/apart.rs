//! P4, P5 and P7 for services whose revisions stand beside each other: each has its own floor and
//! its own ceiling, by what is wanted of it (03 sections 21.1 and 22).

use crate::control::Control;
use crate::deployment::rolling::{self, RollingCounts, StopFirstCounts};
use crate::deployment::throttle;
use crate::model::{ControllerType, DeploymentId, ServiceId, Stop};
use crate::reconcile::facts::{Class, Fact, Kind};
use crate::reconcile::leavers::Leavers;
use crate::reconcile::pass::Pass;
use crate::reconcile::starts::{self, Started};
use crate::reconcile::stops;

/// Whether the revisions of a service stand beside each other.
pub(super) fn is_apart(control: &Control, service: ServiceId) -> bool {
    let row = control.store.service(service);
    match row.controller {
        ControllerType::Ecs => row.settings.strategy.shifts_traffic(),
        ControllerType::CodeDeploy | ControllerType::External => true,
    }
}

/// P4: tasks on DRAINING instances give way as far as the floor of their revision allows.
pub(super) fn leave_draining(pass: &mut Pass<'_>) {
    for deployment in pass.deployments() {
        let leaves =
            |fact: &Kind| fact.deployment == deployment && fact.is_active() && fact.draining;
        let counts = RollingCounts {
            healthy: pass.count_of(deployment, Kind::is_healthy),
            lower: lower(pass, deployment),
            outgoing_healthy: pass.count(|kind| leaves(kind) && kind.is_healthy()),
        };
        let Some(stops) = rolling::rolling_stops(&counts) else { continue };
        for index in 0..pass.facts.len() {
            let fact = pass.facts[index];
            if leaves(&fact) && !fact.is_healthy() {
                pass.stop(index, Stop::scaling(deployment));
            }
        }
        let mut leavers =
            Leavers::of(pass, deployment, |fact| leaves(&fact.kind) && fact.is_healthy());
        for _ in 0..stops {
            let Some(index) = leavers.next(pass) else { break };
            pass.stop(index, Stop::scaling(deployment));
            leavers.note_stop(pass, index);
        }
    }
}

/// P5: without room one unhealthy task of a revision stops before its replacement starts.
pub(super) fn stop_first(pass: &mut Pass<'_>) {
    for deployment in pass.deployments() {
        let row = pass.control.store.deployment(deployment);
        let is_stopping_sick = |fact: &Fact| {
            fact.deployment == deployment && fact.class == (Class::Stopping { unhealthy: true })
        };
        let has_room = room(pass, deployment) > 0 && stops::starts_first(pass);
        if !row.is_maintained() || has_room || pass.facts.iter().any(is_stopping_sick) {
            continue;
        }
        let counts = StopFirstCounts {
            desired: row.desired,
            good: pass.count_of(deployment, Kind::is_good),
            settling: pass.count_of(deployment, Kind::is_settling),
            unhealthy: pass.count_of(deployment, Kind::is_unhealthy),
            running: pass.count_of(deployment, Kind::is_running),
            lower: lower(pass, deployment),
            upper: upper(pass, deployment),
        };
        if rolling::stops_first(&counts) {
            for index in stops::lowest_unhealthy(pass, deployment, 1) {
                pass.stop_unhealthy(index);
            }
            pass.control.store.deployment_mut(deployment).owed_replacements += 1;
        }
    }
}

/// P7: what each revision misses, as far as its own ceiling allows.
pub(super) fn launch(pass: &mut Pass<'_>, started: &mut Started) {
    for deployment in pass.deployments() {
        let row = pass.control.store.deployment(deployment);
        if !row.is_maintained() || throttle::holds(&row.throttle, pass.control.now) {
            continue;
        }
        let missing = row.desired.saturating_sub(pass.count_of(deployment, Kind::is_present));
        let count = missing.min(room(pass, deployment)).min(starts::at_once(pass, deployment));
        starts::launch_of(pass, deployment, count, started);
    }
}

fn lower(pass: &Pass<'_>, deployment: DeploymentId) -> u32 {
    let desired = pass.control.store.deployment(deployment).desired;
    pass.control.store.service(pass.service).settings.bounds.lower(desired)
}

fn upper(pass: &Pass<'_>, deployment: DeploymentId) -> u32 {
    let desired = pass.control.store.deployment(deployment).desired;
    pass.control.store.service(pass.service).settings.bounds.upper(desired)
}

fn room(pass: &Pass<'_>, deployment: DeploymentId) -> u32 {
    upper(pass, deployment).saturating_sub(pass.occupying_of(deployment))
}
