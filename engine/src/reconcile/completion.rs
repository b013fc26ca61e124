//! P8: a rollout is done, an old deployment is over, a deleted service is gone
//! (03 sections 1.3, 5.3, 10.2, 10.3).

use crate::api::event::{EventKind, Message};
use crate::control::Control;
use crate::deployment::rollout::{self, Signal, Transition};
use crate::model::{
    ControllerType, DeploymentId, DeploymentStatus, RolloutReason, RolloutState,
    ServiceDeploymentId, ServiceDeploymentStatus, ServiceId, ServiceStatus, SourceCleanup, Stop,
    TaskStatus,
};
use crate::reconcile::facts::{Fact, Kind};
use crate::reconcile::pass::Pass;
use crate::reconcile::told::Told;
use crate::reconcile::{code_deploy, monitors, shifting};

/// Completes the PRIMARY deployment when everything speaks for it, and retires old ones. Answers
/// whether it completed.
pub(super) fn check(pass: &mut Pass<'_>) -> bool {
    if pass.control.store.service(pass.service).controller != ControllerType::Ecs {
        retire_sets(pass);
        return false;
    }
    let Some(primary) = pass.primary() else { return false };
    let completes = match shifting::current(pass.control, pass.service) {
        Some(record) => has_shifted(pass, primary, record),
        None => is_settled(pass, primary) && has_baked(pass, primary),
    };
    if completes {
        complete(pass, primary);
    }
    retire(pass, primary);
    completes
}

/// The completion predicate of 03 section 10.2, but for the bake time. With early success
/// criteria enough healthy tasks will do; a rollback has none (03 section 13).
fn is_settled(pass: &mut Pass<'_>, primary: DeploymentId) -> bool {
    let store = &pass.control.store;
    let (service, row) = (store.service(pass.service), store.deployment(primary));
    if row.rollout != RolloutState::InProgress {
        return false;
    }
    let desired = service.desired;
    let healthy = pass.count_of(primary, Kind::is_healthy);
    let early = service.settings.early_success.filter(|_| !row.ever_completed);
    let Some(early) = early else {
        return pass.count_of(primary, Kind::is_active) == desired
            && healthy == desired
            && old_tasks_are_gone(pass, primary);
    };
    healthy >= early.required(desired)
        && match early.cleanup {
            SourceCleanup::Deferred => true,
            // The bake comes before the old revision is gone: it begins with the criteria.
            SourceCleanup::Blocking => {
                has_baked(pass, primary) && old_tasks_are_gone(pass, primary)
            }
        }
}

/// Traffic has shifted and the old revision is gone; on the way back the old revision is as it was.
fn has_shifted(pass: &Pass<'_>, primary: DeploymentId, record: ServiceDeploymentId) -> bool {
    let row = pass.control.store.record(record);
    let desired = pass.control.store.service(pass.service).desired;
    let is_whole = row.target == primary
        || (pass.count_of(primary, Kind::is_active) == desired
            && pass.count_of(primary, Kind::is_healthy) == desired);
    shifting::is_at_the_end(pass.control, record) && is_whole && old_tasks_are_gone(pass, primary)
}

fn old_tasks_are_gone(pass: &Pass<'_>, primary: DeploymentId) -> bool {
    let waits = pass.control.store.config.completion_waits_for_stopping;
    let lingers = |fact: &Fact| fact.is_active() || (waits && fact.is_stopping());
    !pass.facts.iter().any(|fact| fact.deployment != primary && lingers(fact))
}

/// A rollback and a deployment that completed before do not bake.
fn has_baked(pass: &mut Pass<'_>, primary: DeploymentId) -> bool {
    let (now, bake) = (pass.control.now, pass.control.store.bake_time(pass.service));
    let row = pass.control.store.deployment_mut(primary);
    let since = *row.baking_since.get_or_insert(now);
    row.ever_completed || now >= since + bake
}

fn complete(pass: &mut Pass<'_>, primary: DeploymentId) {
    let row = pass.control.store.deployment(primary);
    let Transition::To(state) = rollout::next(row.rollout, row.ever_completed, Signal::Settled)
    else {
        return;
    };
    pass.control.set_rollout(primary, state, RolloutReason::Completed);
    pass.control.store.deployment_mut(primary).ever_completed = true;
    let service = pass.service;
    pass.control.out.message(service, Message::DeploymentCompleted(primary));
    let reason = crate::view::View::new(&pass.control.store).rollout_reason(primary);
    let name = "SERVICE_DEPLOYMENT_COMPLETED";
    pass.control.out.deployment_change(service, name, primary, reason);
    if let Some(record) = shifting::current(pass.control, pass.service) {
        shifting::finish(pass.control, record);
    }
    finish_records(pass, primary);
}

fn finish_records(pass: &mut Pass<'_>, primary: DeploymentId) {
    let own = monitors::record_of(pass, primary);
    for record in pass.control.store.service(pass.service).records.clone() {
        let row = pass.control.store.record(record);
        let status = match row.status {
            ServiceDeploymentStatus::InProgress | ServiceDeploymentStatus::RollbackRequested
                if Some(record) == own =>
            {
                ServiceDeploymentStatus::Successful
            }
            ServiceDeploymentStatus::RollbackInProgress => {
                ServiceDeploymentStatus::RollbackSuccessful
            }
            _ => continue,
        };
        pass.control.set_record(record, status);
    }
}

/// Old deployments without tasks leave the list: while the PRIMARY one is IN_PROGRESS a completed
/// one stays, because it is the way back.
fn retire(pass: &mut Pass<'_>, primary: DeploymentId) {
    let store = &pass.control.store;
    let state = store.deployment(primary).rollout;
    let over = |deployment: DeploymentId| {
        let row = store.deployment(deployment);
        let lingers = |kind: &Kind| kind.is_active() || kind.is_stopping();
        let is_empty = pass.count_of(deployment, lingers) == 0;
        let unwanted = row.rollout == RolloutState::Failed || !row.ever_completed;
        row.status == DeploymentStatus::Active
            && is_empty
            && match state {
                RolloutState::Completed => true,
                RolloutState::InProgress | RolloutState::Failed => unwanted,
            }
    };
    let listed = &store.service(pass.service).deployments;
    let gone: Vec<DeploymentId> = listed.iter().copied().filter(|&d| over(d)).collect();
    for deployment in gone {
        leave_list(pass, deployment);
    }
}

/// Task sets that were deleted leave the list with their last task.
fn retire_sets(pass: &mut Pass<'_>) {
    let lingers = |kind: &Kind| kind.is_active() || kind.is_stopping();
    for set in pass.deployments() {
        let draining = pass.control.store.deployment(set).status == DeploymentStatus::Draining;
        if draining && pass.count_of(set, lingers) == 0 {
            leave_list(pass, set);
        }
    }
}

fn leave_list(pass: &mut Pass<'_>, deployment: DeploymentId) {
    let now = pass.control.now;
    let row = pass.control.store.deployment_mut(deployment);
    row.status = DeploymentStatus::Inactive;
    row.updated_at = now;
    let definition = row.definition;
    let listed = &mut pass.control.store.service_mut(pass.service).deployments;
    listed.retain(|&other| other != deployment);
    pass.control.store.forget_deleted(definition);
}

/// A deleted service: whatever still runs is told to stop. It is INACTIVE in the first pass that
/// finds every task STOPPING or beyond (03 section 1.3): until then its targets drain.
pub(super) fn drain(control: &mut Control, service: ServiceId) {
    code_deploy::abandon(control, service);
    let primary = control.store.primary(service);
    let untold = &mut control.store.service_mut(service).memory.untold_pending;
    let mut told = Told { stopped_pending: std::mem::take(untold), ..Told::default() };
    for task in control.store.service(service).tasks.clone() {
        let row = control.store.task(task);
        let (Some(owner), true) = (row.owner, row.is_live()) else { continue };
        if row.is_running() {
            told.stopped.entry(owner.deployment).or_default().push(task);
        } else {
            told.stopped_pending += 1;
        }
        // Task sets may be without a PRIMARY one.
        control.stop_task(task, Stop::scaling(primary.unwrap_or(owner.deployment)));
    }
    told.tell_stops(control, service);
    let store = &control.store;
    let mut tasks = store.service(service).tasks.iter().map(|&task| store.task(task));
    if tasks.any(|task| task.is_stopping() && task.last_status < TaskStatus::Stopping) {
        for deployment in control.store.service(service).deployments.clone() {
            control.store.deployment_mut(deployment).desired = 0;
        }
        return control.agenda.pass_ended(service, None, false);
    }
    end(control, service);
}

fn end(control: &mut Control, service: ServiceId) {
    let deployments = std::mem::take(&mut control.store.service_mut(service).deployments);
    for deployment in deployments {
        control.store.deployment_mut(deployment).status = DeploymentStatus::Inactive;
        let definition = control.store.deployment(deployment).definition;
        control.store.forget_deleted(definition);
    }
    control.store.service_mut(service).status = ServiceStatus::Inactive;
    control.agenda.forget(service);
    control.out.event(EventKind::ServiceStatus(service, ServiceStatus::Inactive));
}
