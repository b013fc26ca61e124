//! P6: what ends a rollout before it is done, and the way back (03 sections 5.3, 10.6, 11).

use crate::api::event::Message;
use crate::deployment::breaker;
use crate::deployment::rollout::{self, Signal, Transition};
use crate::model::{
    DeploymentId, DeploymentStatus, RollbackRecord, RolloutReason, RolloutState,
    ServiceDeploymentId, ServiceDeploymentStatus,
};
use crate::reconcile::pass::Pass;
use crate::reconcile::stops;

/// A rollout that was just given up, and the deployment that is wanted again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tripped {
    failed: DeploymentId,
    back_to: Option<DeploymentId>,
}

const BREAKER_ROLLBACK: &str =
    "Service deployment rolled back because the circuit breaker threshold was exceeded.";
const NO_CANDIDATE: &str = "No rollback candidate was found to run the rollback.";

/// Trips the circuit breaker when the PRIMARY deployment failed too often.
pub(super) fn breaker(pass: &mut Pass<'_>) -> Option<Tripped> {
    if !breaker_is_due(pass) {
        return None;
    }
    let primary = pass.primary()?;
    let config = pass.control.store.service(pass.service).breaker;
    let row = pass.control.store.deployment(primary);
    match rollout::next(row.rollout, row.ever_completed, Signal::BreakerTripped) {
        Transition::Stay => return None,
        Transition::To(state) => {
            pass.control.set_rollout(primary, state, RolloutReason::BreakerTripped);
        }
    }
    let record = record_of(pass, primary);
    if let Some(record) = record {
        pass.control.store.record_mut(record).breaker_triggered = true;
    }
    let back_to = if config.rollback {
        let to = roll_back(pass, primary, RolloutReason::BreakerRollback);
        finish_record(pass, record, BREAKER_ROLLBACK, to);
        to
    } else {
        if let Some(record) = record {
            pass.control.set_record(record, ServiceDeploymentStatus::StopRequested);
            pass.control.touch(pass.service);
        }
        None
    };
    stops::shrink_unmaintained(pass);
    Some(Tripped { failed: primary, back_to })
}

/// Whether the breaker has counted enough failures of the PRIMARY deployment.
fn breaker_is_due(pass: &Pass<'_>) -> bool {
    let Some(primary) = pass.primary() else { return false };
    let store = &pass.control.store;
    let (service, row) = (store.service(pass.service), store.deployment(primary));
    let config = service.breaker;
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
    finish_record(pass, Some(record), reason, to);
    if let Some(to) = to {
        pass.control.out.message(pass.service, Message::RollingBack(to));
    }
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

/// E12 and E13, and what EventBridge says of it.
pub(super) fn tell(pass: &mut Pass<'_>, tripped: Option<Tripped>) {
    let Some(Tripped { failed, back_to }) = tripped else { return };
    let service = pass.service;
    pass.control.out.message(service, Message::DeploymentFailed(failed));
    let reason = "ECS deployment circuit breaker: task failed to start.".to_owned();
    pass.control.out.deployment_change(service, "SERVICE_DEPLOYMENT_FAILED", failed, reason);
    if let Some(back_to) = back_to {
        pass.control.out.message(service, Message::RollingBack(back_to));
        let view = crate::view::View::new(&pass.control.store);
        let reason = view.rollout_reason(back_to);
        let name = "SERVICE_DEPLOYMENT_IN_PROGRESS";
        pass.control.out.deployment_change(service, name, back_to, reason);
    }
}
