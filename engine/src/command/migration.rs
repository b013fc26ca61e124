//! UpdateService that gives a service another deployment controller (03 section 3.2).

use crate::api::CommandError;
use crate::api::input::UpdateService;
use crate::command::settings::spelled;
use crate::control::Control;
use crate::model::{
    ControllerType, Deployment, DeploymentStatus, RolloutReason, RolloutState, Service,
    ServiceDeploymentStatus, ServiceId, Share, Slot, TaskSet, Traffic,
};
use crate::reconcile;
use crate::store::Store;

/// The controller that a call asks for, if it is another one.
pub(super) fn wanted(
    store: &Store,
    service: ServiceId,
    input: &UpdateService,
) -> Result<Option<ControllerType>, CommandError> {
    let Some(given) = &input.deployment_controller else { return Ok(None) };
    let to: ControllerType = spelled("deploymentController.type", Some(&given.kind), "ECS")?;
    let row = store.service(service);
    if to == row.controller {
        return Ok(None);
    }
    match (row.controller, to) {
        (ControllerType::CodeDeploy, ControllerType::Ecs | ControllerType::External)
        | (ControllerType::External, ControllerType::Ecs) => {}
        (ControllerType::Ecs, ControllerType::External) => check_plain(row)?,
        (from, to) => {
            return refused(format!(
                "The deployment controller of a service cannot be changed from {from} to {to}."
            ));
        }
    }
    if is_deploying(store, service) {
        return refused(
            "The deployment controller cannot be changed while a deployment is in progress.",
        );
    }
    if store.primary(service).is_none() {
        return refused("A service without a PRIMARY task set cannot change its controller.");
    }
    Ok(Some(to))
}

fn refused<T>(text: impl Into<String>) -> Result<T, CommandError> {
    Err(CommandError::invalid(text.into()))
}

/// What only the rolling update controller knows stands in the way.
fn check_plain(row: &Service) -> Result<(), CommandError> {
    let kept = &row.input;
    let obstacles = [
        (row.settings.alarms.is_some(), "deployment alarms"),
        (row.settings.breaker.enable, "the deployment circuit breaker"),
        (row.settings.strategy.shifts_traffic(), "a strategy other than ROLLING"),
        (row.reach().connect.is_some(), "Service Connect"),
        (!kept.vpc_lattice_configurations.is_empty(), "VPC Lattice"),
    ];
    match obstacles.into_iter().find(|(is_there, _)| *is_there) {
        None => Ok(()),
        Some((_, what)) => refused(format!(
            "The deployment controller cannot be changed from ECS to EXTERNAL with {what}."
        )),
    }
}

fn is_deploying(store: &Store, service: ServiceId) -> bool {
    let records = store.service(service).records.iter();
    reconcile::code_deployment_of(store, service).is_some()
        || records.map(|&record| store.record(record).status).any(ServiceDeploymentStatus::is_open)
}

/// Deployments become task sets, or task sets deployments; their tasks stay.
pub(super) fn apply(control: &mut Control, service: ServiceId, to: ControllerType) {
    let Some(primary) = control.store.primary(service) else { return };
    let primary = control.store.deployment(primary).clone();
    let row = control.store.service_mut(service);
    row.controller = to;
    row.memory.steady = None;
    if to == ControllerType::Ecs {
        adopt(row, &primary);
    }
    let desired = row.desired;
    for id in row.deployments.clone() {
        let row = control.store.deployment_mut(id);
        let is_primary = row.status == DeploymentStatus::Primary;
        match to {
            ControllerType::Ecs => {
                row.set = None;
                row.slot = Slot::Main;
                row.rollout = RolloutState::Completed;
                row.reason = RolloutReason::Completed;
                row.desired = if is_primary { desired } else { row.desired };
            }
            ControllerType::CodeDeploy | ControllerType::External => {
                let scale = if is_primary { Share::ALL } else { Share::NONE };
                row.set.get_or_insert_with(|| Box::new(TaskSet { scale, ..TaskSet::default() }));
            }
        }
    }
}

/// What the PRIMARY task set is made of is the service's from now on.
fn adopt(row: &mut Service, primary: &Deployment) {
    row.load_balancers = primary.load_balancers.to_vec();
    row.network.clone_from(&primary.reach.network);
    row.registries.clone_from(&primary.reach.registries);
    row.launch = primary.launch.clone();
    row.traffic = Traffic::default();
}
