//! P6: what ends a rollout before it is done, and the way back (03 sections 5.3, 10.6, 11).

use crate::api::event::Message;
use crate::deployment::breaker;
use crate::deployment::rollout::{self, Signal, Transition};
use crate::deployment::shift;
use crate::model::{
    DeploymentId, DeploymentStatus, RollbackRecord, RolloutReason, RolloutState,
    ServiceDeploymentId, ServiceDeploymentStatus,
};
use crate::reconcile::pass::Pass;
use crate::reconcile::{shifting, stops};

/// A rollout that was just given up, and the deployment that is wanted again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tripped {
    monitor: Monitor,
    failed: DeploymentId,
    back_to: Option<DeploymentId>,
}

/// What watches a rollout. Whichever trips first decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Monitor {
    Breaker,
    Alarms,
}

const NO_CANDIDATE: &str = "No rollback candidate was found to run the rollback.";

/// Ends the rollout of the PRIMARY deployment when it failed too often, or an alarm fired.
pub(super) fn trip(pass: &mut Pass<'_>) -> Option<Tripped> {
    let primary = pass.primary()?;
    let fired = fired_alarms(pass, primary);
    let monitor = match (breaker_is_due(pass), fired.is_empty()) {
        (true, _) => Monitor::Breaker,
        (false, false) => Monitor::Alarms,
        (false, true) => return None,
    };
    let row = pass.control.store.deployment(primary);
    let settings = &pass.control.store.service(pass.service).settings;
    let (signal, why, back, rollback) = match monitor {
        Monitor::Breaker => (
            Signal::BreakerTripped,
            RolloutReason::BreakerTripped,
            RolloutReason::BreakerRollback,
            settings.breaker.rollback,
        ),
        Monitor::Alarms => (
            Signal::AlarmTripped,
            RolloutReason::AlarmDetected,
            RolloutReason::AlarmRollback,
            settings.alarms.as_ref().is_some_and(|alarms| alarms.rollback),
        ),
    };
    let Transition::To(state) = rollout::next(row.rollout, row.ever_completed, signal) else {
        return None;
    };
    pass.control.set_rollout(primary, state, why);
    let record = record_of(pass, primary);
    if let Some(record) = record {
        let row = pass.control.store.record_mut(record);
        row.breaker_triggered = monitor == Monitor::Breaker;
        row.triggered_alarms = fired;
    }
    let back_to = if rollback {
        let to = roll_back(pass, primary, back);
        finish_record(pass, record, monitor.rollback_reason(), to);
        to
    } else {
        if let Some(record) = record {
            pass.control.set_record(record, ServiceDeploymentStatus::StopRequested);
            pass.control.touch(pass.service);
        }
        None
    };
    turn_back(pass, record, back_to);
    stops::shrink_unmaintained(pass);
    Some(Tripped { monitor, failed: primary, back_to })
}

/// A deployment that shifts traffic goes back by its own stages; with nowhere to go it stays.
fn turn_back(
    pass: &mut Pass<'_>,
    record: Option<ServiceDeploymentId>,
    back_to: Option<DeploymentId>,
) {
    let current = shifting::current(pass.control, pass.service);
    let Some(record) = record.filter(|record| current == Some(*record)) else { return };
    if back_to.is_some() {
        shifting::go(pass, record, shift::Signal::Failed);
        shifting::advance(pass);
    } else {
        shifting::halt(pass.control, record);
    }
}

/// A hook or a limit speaks against going on; on the way back there is no other way.
pub(super) fn fail_stage(pass: &mut Pass<'_>, record: ServiceDeploymentId, reason: &str) {
    let target = pass.control.store.record(record).target;
    let row = pass.control.store.deployment(target);
    let signal = Signal::StageFailed;
    let Transition::To(state) = rollout::next(row.rollout, row.ever_completed, signal) else {
        pass.control.store.record_mut(record).status_reason = Some(reason.into());
        pass.control.set_record(record, ServiceDeploymentStatus::RollbackFailed);
        return shifting::go(pass, record, shift::Signal::Failed);
    };
    pass.control.set_rollout(target, state, RolloutReason::StageFailed);
    let to = roll_back(pass, target, RolloutReason::StageRollback);
    finish_record(pass, Some(record), reason, to);
    pass.told.turned_back.push((target, to));
    if to.is_none() {
        return shifting::halt(pass.control, record);
    }
    pass.control.store.record_mut(record).status_reason = Some(reason.into());
    shifting::go(pass, record, shift::Signal::Failed);
}

impl Monitor {
    const fn rollback_reason(self) -> &'static str {
        match self {
            Self::Breaker => {
                "Service deployment rolled back because the circuit breaker threshold was exceeded."
            }
            Self::Alarms => "Service deployment rolled back because of alarm.",
        }
    }
}

/// Watched alarms that are in ALARM: from the first RUNNING task of the new revision to the end of
/// the bake, and never one that was in ALARM at the start (03 section 12).
fn fired_alarms(pass: &Pass<'_>, primary: DeploymentId) -> Box<[Box<str>]> {
    let store = &pass.control.store;
    let row = store.deployment(primary);
    if row.rollout != RolloutState::InProgress || row.ever_completed || !row.has_run {
        return Box::default();
    }
    let fired = store.alarms_now(pass.service).into_iter();
    fired.filter(|name| !row.ignored_alarms.contains(name)).collect()
}

/// Whether the breaker has counted enough failures of the PRIMARY deployment.
fn breaker_is_due(pass: &Pass<'_>) -> bool {
    let Some(primary) = pass.primary() else { return false };
    let store = &pass.control.store;
    let (service, row) = (store.service(pass.service), store.deployment(primary));
    let config = service.settings.breaker;
    // `stopAfterFirstHealthy`: once a task was healthy nothing is counted any more.
    let is_over = store.config.stop_after_first_healthy && row.was_healthy;
    let enough = row.failures >= breaker::threshold(config.threshold, service.desired);
    config.enable && enough && !is_over && row.rollout == RolloutState::InProgress
}

/// Carries out a rollback that the user asked for (03 section 10.5).
pub(super) fn honour_user_rollback(pass: &mut Pass<'_>) {
    let Some(primary) = pass.primary() else { return };
    let Some(record) = record_of(pass, primary) else { return };
    let row = pass.control.store.record(record);
    if row.status != ServiceDeploymentStatus::RollbackRequested {
        return;
    }
    let deployment = pass.control.store.deployment(primary);
    match rollout::next(deployment.rollout, deployment.ever_completed, Signal::UserStopped) {
        Transition::Stay if shifting::is_cleaning_up(pass.control, record) => return,
        Transition::Stay => {
            pass.control.set_record(record, ServiceDeploymentStatus::Successful);
            return;
        }
        Transition::To(state) => {
            pass.control.set_rollout(primary, state, RolloutReason::UserStopped);
        }
    }
    let reason = "Service deployment rolled back because of a user request.";
    let to = roll_back(pass, primary, RolloutReason::UserRollback);
    if to.is_some() {
        finish_record(pass, Some(record), reason, to);
    } else {
        // Nothing was rolled back, nor did a rollback fail: 03 section 10.3 has it STOPPED.
        pass.control.store.record_mut(record).status_reason = Some(NO_CANDIDATE.into());
        pass.control.set_record(record, ServiceDeploymentStatus::Stopped);
    }
    pass.told.turned_back.push((primary, to));
    turn_back(pass, Some(record), to);
}

/// Makes the most recent COMPLETED deployment PRIMARY again, under its own id.
fn roll_back(
    pass: &mut Pass<'_>,
    failed: DeploymentId,
    reason: RolloutReason,
) -> Option<DeploymentId> {
    let store = &pass.control.store;
    let service = store.service(pass.service);
    let candidate = service.deployments.iter().rev().copied().find(|&deployment| {
        let row = store.deployment(deployment);
        row.status == DeploymentStatus::Active && row.rollout == RolloutState::Completed
    })?;
    let (desired, now) = (service.desired, pass.control.now);
    pass.control.store.deployment_mut(failed).status = DeploymentStatus::Active;
    let state = pass.control.store.deployment(candidate).rollout;
    if let Transition::To(state) = rollout::next(state, true, Signal::Repromoted) {
        pass.control.set_rollout(candidate, state, reason);
    }
    let row = pass.control.store.deployment_mut(candidate);
    row.status = DeploymentStatus::Primary;
    row.desired = desired;
    row.updated_at = now;
    Some(candidate)
}

fn finish_record(
    pass: &mut Pass<'_>,
    record: Option<ServiceDeploymentId>,
    reason: &str,
    to: Option<DeploymentId>,
) {
    let Some(record) = record else { return };
    let now = pass.control.now;
    let row = pass.control.store.record_mut(record);
    row.rollback = Some(RollbackRecord { reason: reason.into(), started_at: now, to });
    let status = if to.is_some() {
        ServiceDeploymentStatus::RollbackInProgress
    } else {
        row.status_reason = Some(NO_CANDIDATE.into());
        ServiceDeploymentStatus::RollbackFailed
    };
    pass.control.set_record(record, status);
}

/// The record of the roll-out of a deployment that is not over.
pub(super) fn record_of(pass: &Pass<'_>, deployment: DeploymentId) -> Option<ServiceDeploymentId> {
    let store = &pass.control.store;
    let records = &store.service(pass.service).records;
    records.iter().rev().copied().find(|&record| store.record(record).target == deployment)
}

/// E12 or E14, then E13, and what EventBridge says of it.
pub(super) fn tell(pass: &mut Pass<'_>, tripped: Option<Tripped>) {
    for (failed, back_to) in std::mem::take(&mut pass.told.turned_back) {
        let reason = crate::view::View::new(&pass.control.store).rollout_reason(failed);
        tell_failed(pass, failed, reason);
        tell_rollback(pass, back_to);
    }
    let Some(Tripped { monitor, failed, back_to }) = tripped else { return };
    let service = pass.service;
    let (message, reason) = match monitor {
        Monitor::Breaker => (
            Message::DeploymentFailed(failed),
            "ECS deployment circuit breaker: task failed to start.",
        ),
        Monitor::Alarms => {
            (Message::AlarmDetected(failed), "ECS deployment failed: alarm detected.")
        }
    };
    pass.control.out.message(service, message);
    tell_failed(pass, failed, reason.to_owned());
    tell_rollback(pass, back_to);
}

fn tell_failed(pass: &mut Pass<'_>, failed: DeploymentId, reason: String) {
    let name = "SERVICE_DEPLOYMENT_FAILED";
    pass.control.out.deployment_change(pass.service, name, failed, reason);
}

fn tell_rollback(pass: &mut Pass<'_>, back_to: Option<DeploymentId>) {
    let Some(back_to) = back_to else { return };
    let service = pass.service;
    pass.control.out.message(service, Message::RollingBack(back_to));
    let reason = crate::view::View::new(&pass.control.store).rollout_reason(back_to);
    let name = "SERVICE_DEPLOYMENT_IN_PROGRESS";
    pass.control.out.deployment_change(service, name, back_to, reason);
}
