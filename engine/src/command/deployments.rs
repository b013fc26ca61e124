//! A new deployment of a service, and what becomes of the one before (03 sections 5.3 and 10.3).

use std::sync::Arc;

use crate::api::event::EventKind;
use crate::control::Control;
use crate::model::{
    Deployment, DeploymentId, DeploymentStatus, Digests, Launch, NewDeployment, RolloutState,
    ServiceDeployment, ServiceDeploymentId, ServiceDeploymentStatus, ServiceId, Slot, Stop,
    TaskDefinitionId,
};
use crate::reconcile::{rebalance, shifting, stop_pending};

/// D1 and D2 of 03 section 5.3: the new deployment is PRIMARY; the one before becomes ACTIVE and
/// loses what is pending.
pub(super) fn new_deployment(
    control: &mut Control,
    service: ServiceId,
    definition: TaskDefinitionId,
    launch: Launch,
) -> DeploymentId {
    rebalance::end(control, service);
    let id = DeploymentId::from_index(control.store.deployments.len());
    let ignored_alarms = control.store.alarms_now(service);
    let now = control.now;
    let row = control.store.service_mut(service);
    row.revisions += 1;
    row.launch = launch.clone();
    let (service_revision, desired, reach) = (row.revisions, row.desired, row.reach());
    let sources = row.deployments.clone();
    row.deployments.push(id);
    let digests = Digests::of_new(control.store.config.digest_probe);
    let reach = Arc::new(reach);
    let new = NewDeployment {
        id,
        service,
        service_revision,
        definition,
        launch,
        reach,
        digests,
        at: now,
    };
    let new = Deployment { desired, ignored_alarms, ..Deployment::begun(new) };
    control.store.deployments.push(new);
    supersede(control, service, id, &sources);
    settle_in(control, service, id);
    let shifts = control.store.service(service).settings.strategy.shifts_traffic();
    let record = ServiceDeploymentId::from_index(control.store.records.len());
    control.store.records.push(ServiceDeployment {
        service,
        target: id,
        sources,
        status: ServiceDeploymentStatus::Pending,
        status_reason: None,
        created_at: now,
        started_at: None,
        finished_at: None,
        stopped_at: None,
        updated_at: now,
        rollback: None,
        breaker_triggered: false,
        shift: shifts.then(|| Box::new(shifting::begun(now))),
        triggered_alarms: Box::default(),
    });
    let row = control.store.service_mut(service);
    row.records.push(record);
    row.memory.steady = None;
    row.memory.said.clear();
    control.out.event(EventKind::DeploymentCreated(id));
    control.out.event(EventKind::ServiceDeployment(record, ServiceDeploymentStatus::Pending));
    let reason = crate::view::View::new(&control.store).rollout_reason(id);
    control.out.deployment_change(service, "SERVICE_DEPLOYMENT_IN_PROGRESS", id, reason);
    id
}

/// A revision that traffic is shifted to gets the other group of each pair, and nothing runs of it
/// yet; any other one takes the place of the one before.
fn settle_in(control: &mut Control, service: ServiceId, id: DeploymentId) {
    let shifts = control.store.service(service).settings.strategy.shifts_traffic();
    let slot_of = |source: DeploymentId| control.store.deployment(source).slot;
    let slot = match shifting::kept_source(control, service).map(slot_of) {
        Some(slot) if shifts => slot.other(),
        Some(slot) => slot,
        None => Slot::Main,
    };
    let load_balancers = control.store.balancers_in(service, slot);
    let row = control.store.deployment_mut(id);
    row.slot = slot;
    row.load_balancers = load_balancers;
    if shifts {
        row.desired = 0;
    }
}

fn supersede(
    control: &mut Control,
    service: ServiceId,
    by: DeploymentId,
    sources: &[DeploymentId],
) {
    let now = control.now;
    let shifts = control.store.service(service).settings.strategy.shifts_traffic();
    if let Some(record) = shifting::current(control, service) {
        if shifting::is_cleaning_up(control, record) {
            // It has all traffic: it is what the service comes back to.
            let target = control.store.record(record).target;
            control.store.deployment_mut(target).rollout = RolloutState::Completed;
        }
        shifting::halt(control, record);
    }
    for &source in sources {
        if control.store.deployment(source).status != DeploymentStatus::Primary {
            continue;
        }
        if shifts && control.store.deployment(source).ever_completed {
            // It serves until traffic has shifted.
            let row = control.store.deployment_mut(source);
            row.status = DeploymentStatus::Active;
            row.updated_at = now;
            continue;
        }
        stop_pending(control, service, source, &Stop::scaling(by));
        let view = crate::view::View::new(&control.store);
        let running = view.deployment_counts(source, now).running;
        let row = control.store.deployment_mut(source);
        row.status = DeploymentStatus::Active;
        row.desired = running;
        row.updated_at = now;
    }
    for record in control.store.service(service).records.clone() {
        let status = match control.store.record(record).status {
            ServiceDeploymentStatus::Pending => ServiceDeploymentStatus::Stopped,
            ServiceDeploymentStatus::InProgress | ServiceDeploymentStatus::RollbackRequested => {
                ServiceDeploymentStatus::StopRequested
            }
            ServiceDeploymentStatus::RollbackInProgress => ServiceDeploymentStatus::RollbackFailed,
            ServiceDeploymentStatus::Successful
            | ServiceDeploymentStatus::StopRequested
            | ServiceDeploymentStatus::Stopped
            | ServiceDeploymentStatus::RollbackSuccessful
            | ServiceDeploymentStatus::RollbackFailed => continue,
        };
        control.set_record(record, status);
    }
}
