//! CreateService and DeleteService (03 sections 1.3 and 3).

use std::sync::Arc;

use crate::api::event::EventKind;
use crate::api::input::{CreateService, DeleteService, DeploymentConfiguration};
use crate::api::{Answer, CommandError, Exception};
use crate::command::attachments::{self, Attached};
use crate::command::balancers;
use crate::command::capacity::{check_platform, resolve_launch};
use crate::command::deployments::new_deployment;
use crate::command::rebalancing::Rebalanced;
use crate::command::settings::{
    Kind, check_daemon_settings, default_settings, grace, settings, spelled,
};
use crate::command::task_sets::{self, NewSet};
use crate::command::tasks::{check_tags, is_fargate, subnets};
use crate::control::Control;
use crate::definition;
use crate::model::{
    ClusterId, ControllerType, DeploymentId, DeploymentSettings, DeploymentStatus, Launch,
    LaunchType, PlacementConstraint, PlacementStrategy, SchedulingStrategy, Service, ServiceId,
    ServiceMemory, ServiceStatus, Share, Slot, Span, TaskDefinitionId, TaskSet, Time, Traffic,
};
use crate::store::Store;

/// A CreateService that passed every check.
pub(crate) struct NewService {
    cluster: ClusterId,
    /// None where task sets say what runs.
    pub(crate) definition: Option<TaskDefinitionId>,
    desired: u32,
    scheduling: SchedulingStrategy,
    controller: ControllerType,
    settings: DeploymentSettings,
    pub(crate) launch: Launch,
    constraints: Arc<[PlacementConstraint]>,
    strategy: Arc<[PlacementStrategy]>,
    grace: Span,
    rebalancing: bool,
}

pub(super) fn create(control: &mut Control, input: CreateService) -> Result<Answer, CommandError> {
    let checked = check(&control.store, &input, Origin::Call)?;
    let (definition, launch) = (checked.definition, checked.launch.clone());
    let controller = checked.controller;
    let service = checked.create(control, input, control.now);
    control.out.event(EventKind::ServiceCreated(service));
    match (controller, definition) {
        (ControllerType::Ecs, Some(definition)) => {
            new_deployment(control, service, definition, launch);
        }
        (ControllerType::CodeDeploy, Some(definition)) => {
            first_set(control, service, definition, launch);
        }
        (ControllerType::External, _) | (_, None) => {}
    }
    control.call_concerns(service);
    Ok(Answer::Service(service))
}

/// Checks a service that exists at time 0: what its account has was accepted once.
pub(crate) fn checked_given(
    control: &Control,
    input: &CreateService,
) -> Result<NewService, CommandError> {
    check(&control.store, input, Origin::Given)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Call,
    Given,
}

fn check(store: &Store, input: &CreateService, origin: Origin) -> Result<NewService, CommandError> {
    let cluster = store.named_cluster(input.cluster.as_deref())?;
    check_name(store, cluster, &input.service_name)?;
    check_tags(&input.tags)?;
    let scheduling: SchedulingStrategy =
        spelled("schedulingStrategy", input.scheduling_strategy.as_deref(), "REPLICA")?;
    let kind = input.deployment_controller.as_ref().map(|controller| controller.kind.as_str());
    let controller: ControllerType = spelled("deploymentController.type", kind, "ECS")?;
    let desired = check_desired(store, input.desired_count, scheduling, origin)?;
    let configuration = input.deployment_configuration.as_ref();
    if scheduling == SchedulingStrategy::Daemon {
        check_daemon(input, controller, configuration)?;
    }
    let defaults = default_settings(scheduling);
    let allow_100_100 = store.config.allow_100_100 || origin == Origin::Given;
    let given = origin == Origin::Given;
    let on_fargate = input.launch_type.as_deref() == Some("FARGATE");
    let kind = Kind { scheduling, controller, on_fargate, allow_100_100, given };
    let settings = settings(configuration, defaults, kind)?;
    if controller == ControllerType::External {
        return external(cluster, desired, input, settings);
    }
    let name = input.task_definition.as_deref().unwrap_or_default();
    let definition = named_definition(store, name, origin)?;
    let row = store.definition(definition);
    let launch = resolve_launch(
        store,
        cluster,
        input.launch_type.as_deref(),
        input.capacity_provider_strategy.as_deref(),
        row,
    )?;
    check_platform(&launch, row, input.platform_version.as_deref())?;
    if scheduling == SchedulingStrategy::Daemon && matches!(launch, Launch::Strategy(_)) {
        return Err(CommandError::invalid(DAEMON_STRATEGY));
    }
    let on_fargate = is_fargate(store, &launch);
    subnets(store, cluster, row, on_fargate, input.network_configuration.as_ref())?;
    let (given, chosen) = (&input.placement_constraints, &input.placement_strategy);
    if on_fargate {
        definition::refuse_placement_on_fargate(given, chosen)?;
    }
    let all = definition::placement_constraints(&row.constraints, given)?;
    let constraints: Arc<[PlacementConstraint]> = all[row.constraints.len()..].into();
    let strategy: Arc<[PlacementStrategy]> = definition::placement_strategies(chosen)?.into();
    let limit = store.config.quotas.target_groups_per_service;
    balancers::check(store, &input.load_balancers, row, settings.strategy.shifts_traffic(), limit)?;
    attachments::check(store, &attached(input, controller), row, &launch, desired)?;
    let rebalanced = Rebalanced {
        scheduling,
        controller,
        bounds: settings.bounds,
        strategy: &strategy,
        constraints: [&row.constraints, &constraints],
        launch: &launch,
        balancers: &input.load_balancers,
    };
    let rebalancing = rebalanced.created(input.availability_zone_rebalancing.as_deref())?;
    Ok(NewService {
        cluster,
        definition: Some(definition),
        desired,
        scheduling,
        controller,
        settings,
        launch,
        constraints,
        strategy,
        grace: grace(input.health_check_grace_period_seconds)?.unwrap_or_default(),
        rebalancing,
    })
}

/// A service that was there at time 0 may run a definition that is INACTIVE by now.
fn named_definition(
    store: &Store,
    name: &str,
    origin: Origin,
) -> Result<TaskDefinitionId, CommandError> {
    match origin {
        Origin::Call => store.usable_definition(name),
        Origin::Given => store
            .find_definition(name)
            .ok_or_else(|| CommandError::client("TaskDefinition not found.")),
    }
}

/// A service whose task sets say what runs: rule 22 of 03 section 3.3.
fn external(
    cluster: ClusterId,
    desired: u32,
    input: &CreateService,
    settings: DeploymentSettings,
) -> Result<NewService, CommandError> {
    let blank = [
        (input.task_definition.is_some(), "TaskDefinition"),
        (!input.load_balancers.is_empty(), "LoadBalancers"),
        (!input.service_registries.is_empty(), "ServiceRegistries"),
        (input.network_configuration.is_some(), "NetworkConfiguration"),
    ];
    if let Some((_, what)) = blank.into_iter().find(|(given, _)| *given) {
        return Err(CommandError::invalid(format!("{what} must be blank")));
    }
    let constraints = definition::placement_constraints(&[], &input.placement_constraints)?;
    Ok(NewService {
        cluster,
        definition: None,
        desired,
        scheduling: SchedulingStrategy::Replica,
        controller: ControllerType::External,
        settings,
        launch: Launch::Type(LaunchType::Ec2),
        constraints: constraints.into(),
        strategy: definition::placement_strategies(&input.placement_strategy)?.into(),
        grace: grace(input.health_check_grace_period_seconds)?.unwrap_or_default(),
        rebalancing: false,
    })
}

/// A service of CodeDeploy begins with one task set, whole and PRIMARY.
pub(crate) fn first_set(
    control: &mut Control,
    service: ServiceId,
    definition: TaskDefinitionId,
    launch: Launch,
) -> DeploymentId {
    let row = control.store.service(service);
    let new = NewSet {
        definition,
        launch,
        load_balancers: row.load_balancers.clone().into(),
        slot: Slot::Main,
        reach: row.reach(),
        status: DeploymentStatus::Primary,
        set: TaskSet { scale: Share::ALL, ..TaskSet::default() },
    };
    task_sets::add(control, service, new)
}

fn attached(input: &CreateService, controller: ControllerType) -> Attached<'_> {
    Attached {
        controller,
        balancers: &input.load_balancers,
        registries: &input.service_registries,
        connect: input.service_connect_configuration.as_ref(),
    }
}

impl NewService {
    /// Makes the service, without a deployment.
    pub(crate) fn create(
        self,
        control: &mut Control,
        input: CreateService,
        created_at: Time,
    ) -> ServiceId {
        let group = control.store.intern_group(&format!("service:{}", input.service_name));
        let service = Service {
            name: input.service_name.as_str().into(),
            cluster: self.cluster,
            group,
            status: ServiceStatus::Active,
            desired: self.desired,
            scheduling: self.scheduling,
            controller: self.controller,
            settings: self.settings,
            launch: self.launch,
            constraints: self.constraints,
            strategy: self.strategy,
            network: input.network_configuration.clone(),
            load_balancers: input.load_balancers.clone(),
            traffic: Traffic::default(),
            registries: input.service_registries.clone(),
            grace: self.grace,
            rebalancing: self.rebalancing,
            deployments: Vec::new(),
            records: Vec::new(),
            tasks: Vec::new(),
            revisions: 0,
            created_at,
            memory: ServiceMemory::default(),
            input: Arc::new(input),
        };
        control.store.add_service(service)
    }
}

pub(super) fn delete(control: &mut Control, input: &DeleteService) -> Result<Answer, CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    let service = control.store.named_service(cluster, &input.service)?;
    let row = control.store.service(service);
    check_active(row)?;
    let runs = row.tasks.iter().any(|&task| control.store.task(task).is_live());
    let scaled = row.scheduling == SchedulingStrategy::Replica && row.desired > 0;
    if (scaled || runs) && input.force != Some(true) {
        return Err(CommandError::invalid(
            "The service cannot be stopped while it is scaled above 0.",
        ));
    }
    let row = control.store.service_mut(service);
    row.status = ServiceStatus::Draining;
    row.desired = 0;
    control.out.event(EventKind::ServiceStatus(service, ServiceStatus::Draining));
    control.call_concerns(service);
    Ok(Answer::Service(service))
}

/// Refuses a call on a service that was deleted.
pub(super) fn check_active(service: &Service) -> Result<(), CommandError> {
    match service.status {
        ServiceStatus::Active => Ok(()),
        ServiceStatus::Draining | ServiceStatus::Inactive => {
            Err(CommandError::new(Exception::ServiceNotActiveException, "Service was not ACTIVE."))
        }
    }
}

fn check_name(store: &Store, cluster: ClusterId, name: &str) -> Result<(), CommandError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !(1..=255).contains(&name.len()) || !name.chars().all(legal) {
        return Err(CommandError::invalid(
            "The service name must be 1 to 255 letters, numbers, hyphens and underscores.",
        ));
    }
    match store.find_service(cluster, name).map(|known| store.service(known).status) {
        None | Some(ServiceStatus::Inactive) => Ok(()),
        Some(ServiceStatus::Active) => {
            Err(CommandError::invalid("Creation of service was not idempotent."))
        }
        Some(ServiceStatus::Draining) => {
            Err(CommandError::invalid("Unable to Start a service that is still Draining."))
        }
    }
}

fn check_desired(
    store: &Store,
    desired: Option<i64>,
    scheduling: SchedulingStrategy,
    origin: Origin,
) -> Result<u32, CommandError> {
    match (scheduling, desired) {
        (SchedulingStrategy::Replica, None) => {
            Err(CommandError::invalid("DesiredCount is missing"))
        }
        (SchedulingStrategy::Replica, Some(desired)) => desired_count(store, desired),
        (SchedulingStrategy::Daemon, Some(_)) if origin == Origin::Call => {
            Err(CommandError::invalid(
                "The daemon scheduling strategy does not support a desired count for services. \
                 Remove the desired count value and try again",
            ))
        }
        (SchedulingStrategy::Daemon, _) => Ok(0),
    }
}

/// Rule 4 of 03 section 3.3.
pub(super) fn desired_count(store: &Store, desired: i64) -> Result<u32, CommandError> {
    let quota = store.config.quotas.tasks_per_service;
    match u32::try_from(desired) {
        Err(_) if desired < 0 => Err(CommandError::invalid("The desired count must be 0 or more.")),
        Ok(desired) if desired <= quota => Ok(desired),
        _ => Err(CommandError::invalid(format!(
            "The desired count exceeds the quota of {quota} tasks per service."
        ))),
    }
}

const DAEMON_STRATEGY: &str = "Specifying a capacity provider strategy is not supported when you \
                               create a service using the DAEMON scheduling strategy.";

/// Rules 6 to 9 of 03 section 3.3.
fn check_daemon(
    input: &CreateService,
    controller: ControllerType,
    configuration: Option<&DeploymentConfiguration>,
) -> Result<(), CommandError> {
    if input.launch_type.as_deref() == Some("FARGATE") {
        return Err(CommandError::invalid(
            "The daemon scheduling strategy does not support the FARGATE launch type. Change the \
             launch type and try again",
        ));
    }
    check_daemon_settings(configuration, !input.placement_strategy.is_empty())?;
    if controller != ControllerType::Ecs {
        return Err(CommandError::invalid(
            "The daemon scheduling strategy supports only the ECS deployment controller.",
        ));
    }
    if input.capacity_provider_strategy.as_ref().is_some_and(|items| !items.is_empty()) {
        return Err(CommandError::invalid(DAEMON_STRATEGY));
    }
    Ok(())
}
