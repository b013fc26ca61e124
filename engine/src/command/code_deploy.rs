//! CodeDeploy's CreateDeployment, StopDeployment and ContinueDeployment (03 sections 20.4 and
//! 20.5).

use crate::api::event::EventKind;
use crate::api::input::{ContinueDeployment, CreateDeployment, LoadBalancer, StopDeployment};
use crate::api::{Answer, CommandError, Exception};
use crate::command::app_spec::{self, AppSpec};
use crate::command::balancers;
use crate::command::capacity::{check_platform, resolve_launch};
use crate::command::deployment_groups::{alarms, rollback_events};
use crate::command::tasks::{is_fargate, subnets};
use crate::control::Control;
use crate::definition;
use crate::model::{
    BlueGreenState, CodeDeployStatus, CodeDeployment, CodeDeploymentId, ControllerType, Creator,
    DeploymentGroup, DeploymentId, GreenStep, LaunchType, Reach, Request, Revision, ServiceId,
    ServiceStatus,
};
use crate::reconcile;
use crate::store::{Store, target_group_name};
use crate::view::View;

pub(super) fn create(
    control: &mut Control,
    input: CreateDeployment,
) -> Result<Answer, CommandError> {
    let store = &control.store;
    let group = named_group(store, &input)?;
    let config = match &input.deployment_config_name {
        Some(name) => store.deployment_config(name)?,
        None => group.config.clone(),
    };
    store.check_listener(&group.pair, &config)?;
    let spec = app_spec::read(&input)?;
    let (service, blue) = deployable(store, group)?;
    if let Some(active) = reconcile::code_deployment_of(store, service) {
        return Err(CommandError::new(
            Exception::DeploymentLimitExceededException,
            format!(
                "The Deployment Group '{}' already has an active Deployment '{}'",
                store.code_deployment(active).group,
                View::new(store).code_deployment_name(active)
            ),
        ));
    }
    let revision = revision(store, service, blue, &spec)?;
    let rollback = match &input.auto_rollback_configuration {
        Some(given) => rollback_events(Some(given))?,
        None => group.rollback,
    };
    let watched = match &input.override_alarm_configuration {
        Some(given) => alarms(Some(given))?,
        None => group.alarms.clone(),
    };
    let deployment = CodeDeployment {
        group: group.name.clone(),
        service,
        creator: Creator::User,
        description: input.description.map(Into::into),
        config,
        revision,
        hooks: spec.hooks.into(),
        blue,
        green: None,
        rollback,
        alarms: watched,
        state: BlueGreenState::Created,
        entered_at: control.now,
        event: None,
        execution: None,
        request: None,
        scaled_at: None,
        error: None,
        rolled_back_by: None,
        triggered_by: None,
        created_at: control.now,
        started_at: None,
        completed_at: None,
    };
    let id = add(control, deployment);
    control.call_concerns(service);
    Ok(Answer::CodeDeployment(id))
}

/// Adds a deployment that has not begun.
pub(crate) fn add(control: &mut Control, deployment: CodeDeployment) -> CodeDeploymentId {
    let id = CodeDeploymentId::from_index(control.store.code_deployments.len());
    control.store.code_deployments.push(deployment);
    control.out.event(EventKind::CodeDeployment(id, CodeDeployStatus::Created));
    id
}

pub(super) fn stop(control: &mut Control, input: &StopDeployment) -> Result<Answer, CommandError> {
    let id = named(&control.store, &input.deployment_id)?;
    let row = control.store.code_deployment_mut(id);
    let rolls_back = input.auto_rollback_enabled.unwrap_or(row.rollback.on_request);
    row.request = Some(Request::Stop { rolls_back });
    let service = row.service;
    control.call_concerns(service);
    Ok(Answer::CodeDeployment(id))
}

pub(super) fn go_on(
    control: &mut Control,
    input: &ContinueDeployment,
) -> Result<Answer, CommandError> {
    let id = named(&control.store, &input.deployment_id)?;
    let awaited = match input.deployment_wait_type.as_deref() {
        None | Some("READY_WAIT") => GreenStep::ReadyWait,
        Some("TERMINATION_WAIT") => GreenStep::TerminationWait,
        Some(other) => {
            return Err(CommandError::new(
                Exception::InvalidDeploymentWaitTypeException,
                format!("deploymentWaitType cannot be {other}."),
            ));
        }
    };
    let row = control.store.code_deployment_mut(id);
    if row.state != BlueGreenState::Forward(awaited) {
        return Err(CommandError::new(
            Exception::DeploymentIsNotInReadyStateException,
            format!("The deployment is {}: it does not wait for this.", row.state.status()),
        ));
    }
    row.request = Some(Request::Continue);
    let service = row.service;
    control.call_concerns(service);
    Ok(Answer::CodeDeployment(id))
}

fn named_group<'s>(
    store: &'s Store,
    input: &CreateDeployment,
) -> Result<&'s DeploymentGroup, CommandError> {
    let name = input.deployment_group_name.as_str();
    let group = store.deployment_groups.get(name).ok_or_else(|| {
        CommandError::new(
            Exception::DeploymentGroupDoesNotExistException,
            format!("No Deployment Group found for name: {name}"),
        )
    })?;
    match &input.application_name {
        Some(application) if **application != *group.application => Err(CommandError::new(
            Exception::ApplicationDoesNotExistException,
            format!("No application found for name: {application}"),
        )),
        _ => Ok(group),
    }
}

/// The service of a group and its PRIMARY task set, which is blue.
fn deployable(
    store: &Store,
    group: &DeploymentGroup,
) -> Result<(ServiceId, DeploymentId), CommandError> {
    let name = &group.service;
    let refused = |text: String| CommandError::new(Exception::InvalidECSServiceException, text);
    let found = store.find_service(group.cluster, name);
    let is_active = |id: &ServiceId| store.service(*id).status == ServiceStatus::Active;
    let service = found.filter(is_active).ok_or_else(|| {
        refused(format!("The ECS service {name} does not exist, or is not ACTIVE."))
    })?;
    if store.service(service).controller != ControllerType::CodeDeploy {
        return Err(refused(format!(
            "The deployment controller of the ECS service {name} is not CODE_DEPLOY."
        )));
    }
    let blue = store
        .primary(service)
        .ok_or_else(|| refused(format!("The ECS service {name} has no PRIMARY task set.")))?;
    let own = store.deployment(blue).load_balancers.first();
    let own = own.and_then(|balancer| balancer.target_group_arn.as_deref()).unwrap_or_default();
    if !group.pair.iter().any(|name| **name == *target_group_name(own)) {
        return Err(CommandError::new(
            Exception::InvalidTargetGroupPairException,
            format!(
                "The target group of the PRIMARY task set of {name} is none of the pair {} and {}.",
                group.pair[0], group.pair[1]
            ),
        ));
    }
    Ok((service, blue))
}

/// What green is made of: what the AppSpec says, and blue's for the rest.
fn revision(
    store: &Store,
    service: ServiceId,
    blue: DeploymentId,
    spec: &AppSpec,
) -> Result<Revision, CommandError> {
    let row = store.service(service);
    let old = store.deployment(blue);
    let set = old.set.as_deref();
    let refused =
        |error: CommandError| CommandError::new(Exception::InvalidRevisionException, error.message);
    let definition = store.usable_definition(&spec.task_definition).map_err(refused)?;
    let definition_row = store.definition(definition);
    let launch = match spec.strategy.as_deref() {
        Some(items) => resolve_launch(store, row.cluster, None, Some(items), definition_row)
            .map_err(refused)?,
        None => old.launch.clone(),
    };
    let on_fargate = is_fargate(store, &launch);
    let launch_type = if on_fargate { LaunchType::Fargate } else { LaunchType::Ec2 };
    definition::check_launch_type(definition_row, launch_type).map_err(refused)?;
    let network = spec.network.clone().or_else(|| old.reach.network.clone());
    subnets(store, row.cluster, definition_row, on_fargate, network.as_ref()).map_err(refused)?;
    let balancer = old.load_balancers.first().cloned().unwrap_or_default();
    let name = spec.container_name.clone().or_else(|| balancer.container_name.clone());
    let port = spec.container_port.or(balancer.container_port);
    let container: (Box<str>, i64) = (name.unwrap_or_default().into(), port.unwrap_or_default());
    let behind = LoadBalancer {
        container_name: Some(container.0.to_string()),
        container_port: Some(container.1),
        ..balancer
    };
    balancers::check(store, &[behind], definition_row, false, 1).map_err(refused)?;
    let platform_version = spec.platform_version.as_deref().map(Into::into);
    let platform_version =
        platform_version.or_else(|| set.and_then(|set| set.platform_version.clone()));
    check_platform(&launch, definition_row, platform_version.as_deref()).map_err(refused)?;
    let reach = Reach { network, ..(*old.reach).clone() };
    Ok(Revision { definition, launch, reach, platform_version, container })
}

/// A deployment that something can still be asked of.
fn named(store: &Store, name: &str) -> Result<CodeDeploymentId, CommandError> {
    let id = View::new(store).find_code_deployment(name).ok_or_else(|| {
        CommandError::new(
            Exception::DeploymentDoesNotExistException,
            format!("The deployment {name} could not be found"),
        )
    })?;
    let state = store.code_deployment(id).state;
    if state.is_over() {
        return Err(CommandError::new(
            Exception::DeploymentAlreadyCompletedException,
            format!("The deployment {name} is {} already.", state.status()),
        ));
    }
    Ok(id)
}
