//! UpdateService (03 sections 3.1 to 3.3).

use std::sync::Arc;

use crate::api::event::EventKind;
use crate::api::input::{DeploymentConfiguration, UpdateService};
use crate::api::{Answer, CommandError};
use crate::command::attachments::{self, Attached};
use crate::command::balancers;
use crate::command::capacity::{check_platform, resolve_launch};
use crate::command::deployments::new_deployment;
use crate::command::migration;
use crate::command::rebalancing::Rebalanced;
use crate::command::service::{check_active, desired_count};
use crate::command::settings::{Kind, check_daemon_settings, grace, settings};
use crate::command::task_sets;
use crate::command::tasks::{is_fargate, subnets};
use crate::control::Control;
use crate::definition;
use crate::model::{
    ControllerType, DeploymentSettings, DeploymentStatus, Launch, PlacementConstraint,
    PlacementStrategy, RolloutState, SchedulingStrategy, Service, ServiceDeploymentId, ServiceId,
    Span, TaskDefinition, TaskDefinitionId,
};
use crate::reconcile::{self, rebalance, shifting};
use crate::store::Store;

const FORCE_NEEDED: &str = "When switching from launch type to capacity provider strategy on an \
     existing service, or making a change to a capacity provider strategy on a service that is \
     already using one, you must force a new deployment.";

/// What an accepted call comes to.
struct Change {
    desired: Option<u32>,
    settings: DeploymentSettings,
    placement: Placement,
    grace: Option<Span>,
    rebalancing: bool,
    definition: TaskDefinitionId,
    launch: Launch,
    deploys: bool,
}

/// Placement that a call gives; what is absent stays.
struct Placement {
    constraints: Option<Vec<PlacementConstraint>>,
    strategy: Option<Vec<PlacementStrategy>>,
}

pub(super) fn update(control: &mut Control, input: UpdateService) -> Result<Answer, CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    let service = control.store.named_service(cluster, &input.service)?;
    check_active(control.store.service(service))?;
    let change = check(&control.store, service, &input)?;
    let migrates = migration::wanted(&control.store, service, &input)?;
    if let Some(desired) = change.desired {
        set_desired(control, service, desired);
    }
    apply_in_place(control, service, &input, &change);
    if let Some(to) = migrates {
        migration::apply(control, service, to);
    }
    if change.deploys {
        new_deployment(control, service, change.definition, change.launch);
    }
    control.call_concerns(service);
    Ok(Answer::Service(service))
}

fn check(store: &Store, service: ServiceId, input: &UpdateService) -> Result<Change, CommandError> {
    let row = store.service(service);
    check_controller(row.controller, input)?;
    if row.controller == ControllerType::External {
        return check_external(store, row, input);
    }
    let desired = new_desired(store, row.scheduling, input.desired_count)?;
    let configuration = input.deployment_configuration.as_ref();
    if row.scheduling == SchedulingStrategy::Daemon {
        let strategy = input.placement_strategy.as_ref();
        check_daemon_settings(configuration, strategy.is_some_and(|items| !items.is_empty()))?;
    }
    let kind = Kind {
        scheduling: row.scheduling,
        controller: row.controller,
        on_fargate: is_fargate(store, &row.launch),
        allow_100_100: store.config.allow_100_100,
        given: false,
    };
    let settings = settings(configuration, row.settings.clone(), kind)?;
    let primary = store.primary(service).map(|primary| store.deployment(primary));
    let current = primary.map_or(TaskDefinitionId::new(0), |primary| primary.definition);
    let definition = match &input.task_definition {
        Some(name) => store.usable_definition(name)?,
        None => current,
    };
    let definition_row = store.definition(definition);
    let launch = new_launch(store, service, input, definition_row)?;
    let network = input.network_configuration.as_ref().or(row.network.as_ref());
    subnets(store, row.cluster, definition_row, is_fargate(store, &launch), network)?;
    let placement = given_placement(input, definition_row)?;
    let balancers = input.load_balancers.as_ref().unwrap_or(&row.load_balancers);
    let limit = store.config.quotas.target_groups_per_service;
    let controller = row.controller;
    let shifts = settings.strategy.shifts_traffic();
    balancers::check(store, balancers, definition_row, shifts, limit)?;
    check_switch(store, row, &settings)?;
    let registries = input.service_registries.as_ref().unwrap_or(&row.registries);
    let connect = input.service_connect_configuration.as_ref();
    let connect = connect.or(row.input.service_connect_configuration.as_ref());
    let attached = Attached { balancers, registries, connect, controller };
    attachments::check(store, &attached, definition_row, &launch, desired.unwrap_or(row.desired))?;
    let constraints = placement.constraints.as_deref().unwrap_or(&row.constraints);
    let rebalanced = Rebalanced {
        scheduling: row.scheduling,
        controller,
        bounds: settings.bounds,
        strategy: placement.strategy.as_deref().unwrap_or(&row.strategy),
        constraints: [&definition_row.constraints, constraints],
        launch: &launch,
        balancers,
    };
    let rebalancing =
        rebalanced.updated(input.availability_zone_rebalancing.as_deref(), row.rebalancing)?;
    let deploys = definition != current || starts_deployment(row, input);
    Ok(Change {
        desired,
        settings,
        placement,
        grace: grace(input.health_check_grace_period_seconds)?,
        rebalancing,
        definition,
        launch,
        deploys,
    })
}

fn new_desired(
    store: &Store,
    scheduling: SchedulingStrategy,
    given: Option<i64>,
) -> Result<Option<u32>, CommandError> {
    match (scheduling, given) {
        (_, None) => Ok(None),
        (SchedulingStrategy::Replica, Some(desired)) => desired_count(store, desired).map(Some),
        (SchedulingStrategy::Daemon, Some(_)) => Err(CommandError::invalid(
            "The daemon scheduling strategy does not support a desired count for services. \
             Remove the desired count value and try again",
        )),
    }
}

/// What task sets run is none of this call's business (03 section 3.2).
fn check_external(
    store: &Store,
    row: &Service,
    input: &UpdateService,
) -> Result<Change, CommandError> {
    let constraints = input.placement_constraints.as_ref();
    let constraints = constraints.map(|given| definition::placement_constraints(&[], given));
    let strategy = input.placement_strategy.as_ref();
    let strategy = strategy.map(|given| definition::placement_strategies(given));
    Ok(Change {
        desired: input.desired_count.map(|desired| desired_count(store, desired)).transpose()?,
        settings: row.settings.clone(),
        placement: Placement {
            constraints: constraints.transpose()?,
            strategy: strategy.transpose()?,
        },
        grace: grace(input.health_check_grace_period_seconds)?,
        rebalancing: false,
        definition: TaskDefinitionId::new(0),
        launch: row.launch.clone(),
        deploys: false,
    })
}

/// Rolling and shifting traffic do not mix in one deployment (03 section 21.7).
fn check_switch(
    store: &Store,
    row: &Service,
    settings: &DeploymentSettings,
) -> Result<(), CommandError> {
    let is_open = |record: &ServiceDeploymentId| store.record(*record).status.is_open();
    let switches = row.settings.strategy.shifts_traffic() != settings.strategy.shifts_traffic();
    if switches && row.records.iter().any(is_open) {
        return Err(CommandError::invalid(
            "The deployment strategy cannot be changed while a deployment is in progress.",
        ));
    }
    Ok(())
}

/// Whether a call asks for a new deployment by something else than its task definition (03
/// section 3.1).
fn starts_deployment(row: &Service, input: &UpdateService) -> bool {
    fn differs<T: PartialEq>(given: Option<&T>, kept: Option<&T>) -> bool {
        given.is_some() && given != kept
    }
    let kept = &row.input;
    let connect = input.service_connect_configuration.as_ref();
    input.force_new_deployment == Some(true)
        || differs(input.network_configuration.as_ref(), row.network.as_ref())
        || differs(input.platform_version.as_ref(), kept.platform_version.as_ref())
        || differs(input.load_balancers.as_ref(), Some(&row.load_balancers))
        || differs(input.service_registries.as_ref(), Some(&row.registries))
        || differs(connect, kept.service_connect_configuration.as_ref())
        || differs(input.volume_configurations.as_ref(), Some(&kept.volume_configurations))
        || differs(
            input.vpc_lattice_configurations.as_ref(),
            Some(&kept.vpc_lattice_configurations),
        )
}

/// The strategy and the constraints that a call gives, checked together with the definition's.
fn given_placement(input: &UpdateService, row: &TaskDefinition) -> Result<Placement, CommandError> {
    let constraints = input.placement_constraints.as_ref();
    let constraints = constraints
        .map(|given| definition::placement_constraints(&row.constraints, given))
        .transpose()?
        .map(|all| all[row.constraints.len()..].to_vec());
    let strategy = input.placement_strategy.as_ref();
    let strategy = strategy.map(|s| definition::placement_strategies(s)).transpose()?;
    Ok(Placement { constraints, strategy })
}

/// A changed strategy needs a forced deployment (04 section 2.8).
fn new_launch(
    store: &Store,
    service: ServiceId,
    input: &UpdateService,
    definition: &TaskDefinition,
) -> Result<Launch, CommandError> {
    let row = store.service(service);
    let launch = match &input.capacity_provider_strategy {
        None => row.launch.clone(),
        Some(items) if items.is_empty() => {
            let given = row.input.launch_type.as_deref().unwrap_or("EC2");
            resolve_launch(store, row.cluster, Some(given), None, definition)?
        }
        Some(items) => resolve_launch(store, row.cluster, None, Some(items), definition)?,
    };
    if launch != row.launch {
        if row.scheduling == SchedulingStrategy::Daemon {
            return Err(CommandError::invalid(
                "Specifying a capacity provider strategy is not supported when you create a \
                 service using the DAEMON scheduling strategy.",
            ));
        }
        if input.force_new_deployment != Some(true) {
            return Err(CommandError::invalid(FORCE_NEEDED));
        }
    }
    let on_fargate = is_fargate(store, &launch);
    let launch_type =
        if on_fargate { crate::model::LaunchType::Fargate } else { crate::model::LaunchType::Ec2 };
    definition::check_launch_type(definition, launch_type)?;
    let version = input.platform_version.as_ref().or(row.input.platform_version.as_ref());
    check_platform(&launch, definition, version.map(String::as_str))?;
    Ok(launch)
}

/// What the controller forbids, in the order of 03 section 3.2.
fn check_controller(controller: ControllerType, input: &UpdateService) -> Result<(), CommandError> {
    if controller == ControllerType::Ecs {
        return Ok(());
    }
    let (article, by_whom) = match controller {
        ControllerType::CodeDeploy => ("a", "Use AWS CodeDeploy to trigger a new deployment."),
        ControllerType::Ecs | ControllerType::External => ("an", "Use task sets instead."),
    };
    let forbidden = [
        (input.network_configuration.is_some(), "network parameters"),
        (input.load_balancers.is_some(), "load balancers"),
        (input.task_definition.is_some(), "task definition"),
        (input.platform_version.is_some(), "platform version"),
        (input.service_registries.is_some(), "service registries"),
        (input.service_connect_configuration.is_some(), "Service Connect"),
        (input.volume_configurations.is_some(), "volumes"),
        (input.vpc_lattice_configurations.is_some(), "VPC Lattice"),
    ];
    for (given, what) in forbidden {
        if given {
            return Err(CommandError::invalid(format!(
                "Unable to update {what} on services with {article} {controller} deployment \
                 controller. {by_whom}"
            )));
        }
    }
    if input.force_new_deployment == Some(true) {
        return Err(CommandError::invalid(format!(
            "Cannot force a new deployment on services with {article} {controller} deployment \
             controller. {by_whom}"
        )));
    }
    if controller == ControllerType::External && input.deployment_configuration.is_some() {
        return Err(CommandError::invalid(
            "Unable to update the deployment configuration on services with an EXTERNAL \
             deployment controller.",
        ));
    }
    Ok(())
}

/// A new desired count is shared out over the deployments in proportion (03 section 5.4, P1).
fn set_desired(control: &mut Control, service: ServiceId, desired: u32) {
    let before = control.store.service(service).desired;
    if before == desired {
        return;
    }
    rebalance::end(control, service);
    control.store.service_mut(service).desired = desired;
    control.out.event(EventKind::DesiredCount(service, desired));
    reconcile::note_scaled(control, service);
    let shifts = control.store.service(service).settings.strategy.shifts_traffic();
    for deployment in control.store.service(service).deployments.clone() {
        let set = control.store.deployment(deployment).set.as_ref();
        if let Some(scale) = set.map(|set| set.scale) {
            task_sets::set_scale(control, deployment, scale);
            continue;
        }
        if shifts {
            let all = shifting::wants_all(control, deployment);
            let row = control.store.deployment_mut(deployment);
            row.desired = if all { desired } else { row.desired.min(desired) };
            continue;
        }
        let row = control.store.deployment_mut(deployment);
        let maintained = row.is_maintained();
        row.desired = match row.status {
            DeploymentStatus::Primary if row.rollout == RolloutState::Failed => {
                row.desired.min(desired)
            }
            DeploymentStatus::Primary => desired,
            DeploymentStatus::Active if maintained && before > 0 => {
                let share = u64::from(row.desired) * u64::from(desired);
                let share = u32::try_from(share.div_ceil(u64::from(before))).unwrap_or(u32::MAX);
                share.min(desired)
            }
            DeploymentStatus::Active | DeploymentStatus::Draining | DeploymentStatus::Inactive => {
                row.desired.min(desired)
            }
        };
    }
}

fn apply_in_place(
    control: &mut Control,
    service: ServiceId,
    input: &UpdateService,
    change: &Change,
) {
    let placement_changed =
        change.placement.constraints.is_some() || change.placement.strategy.is_some();
    let cluster = control.store.service(service).cluster;
    let row = control.store.service_mut(service);
    row.settings.clone_from(&change.settings);
    row.rebalancing = change.rebalancing;
    row.grace = change.grace.unwrap_or(row.grace);
    if let Some(constraints) = &change.placement.constraints {
        row.constraints = constraints.clone().into();
    }
    if let Some(strategy) = &change.placement.strategy {
        row.strategy = strategy.clone().into();
    }
    if let Some(network) = &input.network_configuration {
        row.network = Some(network.clone());
    }
    if let Some(balancers) = &input.load_balancers {
        row.load_balancers.clone_from(balancers);
    }
    if let Some(registries) = &input.service_registries {
        row.registries.clone_from(registries);
    }
    let kept = Arc::make_mut(&mut row.input);
    kept.enable_execute_command = input.enable_execute_command.or(kept.enable_execute_command);
    kept.enable_ecs_managed_tags = input.enable_ecs_managed_tags.or(kept.enable_ecs_managed_tags);
    if let Some(configuration) = &input.deployment_configuration {
        let known = kept.deployment_configuration.get_or_insert_default();
        keep_configuration(known, configuration);
    }
    if let Some(tags) = &input.propagate_tags {
        kept.propagate_tags = Some(tags.clone());
    }
    if let Some(version) = &input.platform_version {
        kept.platform_version = Some(version.clone());
    }
    if let Some(connect) = &input.service_connect_configuration {
        kept.service_connect_configuration = Some(connect.clone());
    }
    if let Some(volumes) = &input.volume_configurations {
        kept.volume_configurations.clone_from(volumes);
    }
    if let Some(lattice) = &input.vpc_lattice_configurations {
        kept.vpc_lattice_configurations.clone_from(lattice);
    }
    if !change.rebalancing {
        rebalance::end(control, service);
    }
    if placement_changed {
        control.room_changed(cluster);
    }
}

/// What a call gives of the deployment configuration is shown from then on.
fn keep_configuration(known: &mut DeploymentConfiguration, given: &DeploymentConfiguration) {
    fn keep<T: Clone>(known: &mut Option<T>, given: &Option<T>) {
        if given.is_some() {
            known.clone_from(given);
        }
    }
    keep(&mut known.deployment_circuit_breaker, &given.deployment_circuit_breaker);
    keep(&mut known.maximum_percent, &given.maximum_percent);
    keep(&mut known.minimum_healthy_percent, &given.minimum_healthy_percent);
    keep(&mut known.alarms, &given.alarms);
    keep(&mut known.strategy, &given.strategy);
    keep(&mut known.bake_time_in_minutes, &given.bake_time_in_minutes);
    keep(&mut known.lifecycle_hooks, &given.lifecycle_hooks);
    keep(&mut known.linear_configuration, &given.linear_configuration);
    keep(&mut known.canary_configuration, &given.canary_configuration);
    keep(&mut known.early_success_criteria, &given.early_success_criteria);
}
