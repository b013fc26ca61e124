//! What is there at time 0, taken in as given.

use std::sync::Arc;

use crate::api::setup::{GivenSubnet, GivenTask};
use crate::api::{Answer, CommandError, GivenDeployment, Setup};
use crate::command::service::{NewService, checked_given, first_set};
use crate::command::{deployment_groups, task_sets};
use crate::control::Control;
use crate::definition;
use crate::launch::{self, Launched};
use crate::model::{
    AVAILABILITY_ZONE, Attribute, Cluster, ClusterId, ContainerInstance, ControllerType,
    Deployment, DeploymentId, DeploymentStatus, DesiredStatus, Digests, HealthStatus, InstanceId,
    NewDeployment, Owner, Registration, RolloutReason, RolloutState, SchedulingStrategy,
    ServiceDeployment, ServiceDeploymentId, ServiceDeploymentStatus, ServiceId, Slot, Steady,
    Subnet, SubnetId, TargetState, TaskExtra, TaskId, TaskStatus, Time,
};
use crate::reconcile;
use crate::store::specs::Wanted;
use crate::store::{FARGATE, FARGATE_SPOT};

pub(crate) fn apply(control: &mut Control, setup: Setup) -> Result<Answer, CommandError> {
    match setup {
        Setup::Cluster { name, region, zones, subnets, settings } => {
            let zones = zones.iter().map(|zone| control.store.intern_zone(zone)).collect();
            let subnets = subnets.into_iter().map(|given| add_subnet(control, given)).collect();
            let providers = vec![FARGATE, FARGATE_SPOT];
            let default_strategy = Vec::new();
            let row =
                Cluster { name, region, zones, subnets, providers, default_strategy, settings };
            let cluster = control.store.add_cluster(row);
            control.room.push(0);
            control.waiting_seen.push(Some(0));
            Ok(Answer::Cluster(cluster))
        }
        Setup::TaskDefinition { input, revision, status, registered_at } => {
            let last = control.store.families.get(&*input.family).map_or(0, |f| f.last);
            let revision = revision.unwrap_or(last + 1);
            let config = &control.store.config;
            let mut row = definition::adopt(*input, revision, registered_at, config)?;
            row.status = status;
            Ok(Answer::TaskDefinition(control.store.add_definition(row)))
        }
        Setup::NetworkGroup(name) => {
            control.store.network_groups.insert(name);
            Ok(Answer::None)
        }
        Setup::TargetGroup { name, target_type } => {
            control.store.target_types.insert(name, target_type);
            Ok(Answer::None)
        }
        Setup::Registry { name, addresses, ports } => {
            control.store.registries.insert(name, (addresses, ports));
            Ok(Answer::None)
        }
        Setup::Alarm(alarm) => {
            control.store.alarms.insert(alarm.name.clone(), alarm);
            Ok(Answer::None)
        }
        Setup::DeploymentGroup(input) => deployment_groups::create(control, *input),
        Setup::ScalingGroup(given) => {
            crate::groups::add(control, *given);
            Ok(Answer::None)
        }
        Setup::Instance { cluster, registration } => {
            let instance = register_instance(control, cluster, *registration);
            Ok(Answer::Instances(vec![instance], Vec::new()))
        }
        Setup::Service { input, deployments, created_at } => {
            let checked = checked_given(control, &input)?;
            add_service(control, *input, checked, deployments, created_at)
        }
        Setup::Task(given) => Ok(Answer::Task(add_task(control, &given)?)),
        Setup::Fill { service, running_since } => fill(control, service, running_since),
    }
}

fn add_subnet(control: &mut Control, given: GivenSubnet) -> SubnetId {
    let zone = control.store.intern_zone(&given.zone);
    let GivenSubnet { name, vpc, addresses, interfaces, .. } = given;
    control.store.subnets.push(Subnet { name, zone, vpc, addresses, interfaces });
    SubnetId::from_index(control.store.subnets.len() - 1)
}

/// Takes in a registration: built-in attributes are added where they are not given
/// (01 section 6).
pub(crate) fn register_instance(
    control: &mut Control,
    cluster: ClusterId,
    mut given: Registration,
) -> InstanceId {
    let mut attributes = std::mem::take(&mut given.attributes);
    let mut builtin = |name: &str, value: Option<&str>| {
        if !attributes.iter().any(|attribute| &*attribute.name == name) {
            attributes.push(Attribute { name: name.into(), value: value.map(Into::into) });
        }
    };
    builtin(AVAILABILITY_ZONE, Some(&given.zone));
    if let Some(instance_type) = given.instance_type.as_deref() {
        builtin("ecs.instance-type", Some(instance_type));
    }
    builtin("ecs.os-type", Some("linux"));
    builtin("ecs.os-family", Some("LINUX"));
    let architecture = given
        .instance_type
        .as_deref()
        .and_then(crate::catalogue::instance_type)
        .map_or("x86_64", |known| known.architecture().attribute_value());
    builtin("ecs.cpu-architecture", Some(architecture));
    builtin("ecs.vpc-id", Some(&given.vpc));
    let subnets = control.store.cluster(cluster).subnets.iter();
    let own = subnets.map(|&subnet| control.store.subnet(subnet)).find(|subnet| {
        control.store.zone_name(subnet.zone) == &*given.zone && subnet.vpc == given.vpc
    });
    if let Some(subnet) = own {
        builtin("ecs.subnet-id", Some(&subnet.name));
    }
    attributes.sort_unstable();
    let zone = control.store.intern_zone(&given.zone);
    let registered_at = given.registered_at.unwrap_or(control.now);
    let given = Registration { attributes, ..given };
    let row = ContainerInstance::new(given, cluster, zone, registered_at);
    let instance = control.store.add_instance(row);
    crate::groups::join(&mut control.store, instance);
    instance
}

fn add_service(
    control: &mut Control,
    input: crate::api::input::CreateService,
    checked: NewService,
    given: Vec<GivenDeployment>,
    created_at: Time,
) -> Result<Answer, CommandError> {
    let (definition, launch) = (checked.definition, checked.launch.clone());
    let service = checked.create(control, input, created_at);
    match (control.store.service(service).controller, definition) {
        (ControllerType::Ecs, _) => {}
        (ControllerType::CodeDeploy | ControllerType::External, _) if !given.is_empty() => {
            return add_task_sets(control, service, given, created_at);
        }
        (ControllerType::CodeDeploy, Some(definition)) => {
            let set = first_set(control, service, definition, launch);
            let now = control.now;
            let memory = &mut control.store.service_mut(service).memory;
            memory.steady = Some(Steady { since: created_at, said: now });
            control.touch(service);
            return Ok(Answer::GivenService(service, vec![set]));
        }
        (ControllerType::CodeDeploy | ControllerType::External, _) => {
            control.touch(service);
            return Ok(Answer::GivenService(service, Vec::new()));
        }
    }
    let Some(definition) = definition else {
        return Ok(Answer::GivenService(service, Vec::new()));
    };
    let found_long_ago = given.is_empty();
    let given = if given.is_empty() {
        let desired = control.store.service(service).desired;
        vec![GivenDeployment {
            name: None,
            definition,
            status: DeploymentStatus::Primary,
            rollout: RolloutState::Completed,
            desired,
            failures: 0,
            created_at,
            updated_at: created_at,
            set: None,
        }]
    } else {
        given
    };
    let settled = given.iter().all(|deployment| {
        deployment.status == DeploymentStatus::Primary
            && deployment.rollout == RolloutState::Completed
    });
    if control.store.service(service).scheduling == SchedulingStrategy::Daemon {
        // Nobody asks for a number: it is that of the instances the scheduler found last.
        let primary = given.iter().find(|given| given.status == DeploymentStatus::Primary);
        let found = primary.map_or(0, |primary| primary.desired);
        control.store.service_mut(service).desired = found;
    }
    let ids: Vec<DeploymentId> =
        given.into_iter().map(|given| add_deployment(control, service, given)).collect();
    if found_long_ago && control.store.service(service).scheduling == SchedulingStrategy::Daemon {
        reconcile::count_daemons(control, service);
    }
    let now = control.now;
    let memory = &mut control.store.service_mut(service).memory;
    memory.steady = settled.then_some(Steady { since: created_at, said: now });
    control.touch(service);
    Ok(Answer::GivenService(service, ids))
}

fn add_task_sets(
    control: &mut Control,
    service: ServiceId,
    given: Vec<GivenDeployment>,
    created_at: Time,
) -> Result<Answer, CommandError> {
    let is_stable = |given: &GivenDeployment| {
        let set = given.set.as_ref().and_then(|set| set.stability);
        set.is_some_and(|(stable, _)| stable)
    };
    let settled = given.iter().all(is_stable);
    let ids = given.into_iter().map(|given| task_sets::add_given(control, service, given));
    let ids = ids.collect::<Result<Vec<DeploymentId>, CommandError>>()?;
    let now = control.now;
    let memory = &mut control.store.service_mut(service).memory;
    memory.steady = settled.then_some(Steady { since: created_at, said: now });
    control.touch(service);
    Ok(Answer::GivenService(service, ids))
}

fn add_deployment(
    control: &mut Control,
    service: ServiceId,
    given: GivenDeployment,
) -> DeploymentId {
    let id = DeploymentId::from_index(control.store.deployments.len());
    let row = control.store.service_mut(service);
    row.revisions += 1;
    let (service_revision, launch) = (row.revisions, row.launch.clone());
    let reach = Arc::new(row.reach());
    let sources = row.deployments.clone();
    row.deployments.push(id);
    let completed = given.rollout == RolloutState::Completed;
    let reason = match given.rollout {
        RolloutState::InProgress => RolloutReason::InProgress,
        RolloutState::Completed => RolloutReason::Completed,
        RolloutState::Failed => RolloutReason::BreakerTripped,
    };
    let begun = Deployment::begun(NewDeployment {
        id,
        service,
        service_revision,
        definition: given.definition,
        launch,
        reach,
        digests: Digests::Known,
        at: given.created_at,
    });
    control.store.deployments.push(Deployment {
        name: given.name,
        load_balancers: control.store.balancers_in(service, Slot::Main),
        status: given.status,
        rollout: given.rollout,
        reason,
        ever_completed: completed,
        desired: given.desired,
        failures: given.failures,
        has_run: completed,
        ignored_alarms: control.store.alarms_now(service),
        updated_at: given.updated_at,
        ..begun
    });
    // What was completed before the run has no record in it.
    if given.rollout == RolloutState::InProgress {
        let record = ServiceDeploymentId::from_index(control.store.records.len());
        control.store.records.push(ServiceDeployment {
            service,
            target: id,
            sources,
            status: ServiceDeploymentStatus::InProgress,
            status_reason: None,
            created_at: given.created_at,
            started_at: Some(given.created_at),
            finished_at: None,
            stopped_at: None,
            updated_at: given.updated_at,
            rollback: None,
            breaker_triggered: false,
            shift: None,
            triggered_alarms: Box::default(),
        });
        control.store.service_mut(service).records.push(record);
    }
    id
}

fn add_task(control: &mut Control, given: &GivenTask) -> Result<TaskId, CommandError> {
    let owner = given.service.and_then(|(service, deployment)| {
        let deployment = deployment.or_else(|| control.store.primary(service))?;
        Some(Owner { service, deployment })
    });
    let definition = control.store.definition(given.definition);
    let family = definition.family.clone();
    let demand = match &given.overrides {
        Some(overrides) => definition::demand_with(definition, overrides)?,
        None => definition.demand.clone(),
    };
    let group = match (&given.group, owner) {
        (Some(group), _) => control.store.intern_group(group),
        (None, Some(owner)) => control.store.service(owner.service).group,
        (None, None) => control.store.intern_group(&format!("family:{family}")),
    };
    let targets =
        owner.map_or(0, |owner| control.store.deployment(owner.deployment).load_balancers.len());
    let name = given.name.clone();
    let (started_by, overrides) = (given.started_by.clone(), given.overrides.clone());
    let extra = TaskExtra { name, started_by, overrides, ..TaskExtra::default() };
    let extra = (extra != TaskExtra::default()).then(|| Arc::new(extra));
    let wanted = Wanted {
        cluster: given.cluster,
        definition: given.definition,
        group,
        owner,
        provider: given.provider,
        launch_type: given.launch_type,
        demand: &demand,
        extra: &extra,
    };
    let row = control.store.draft_task(&wanted, targets, given.created_at);
    let task = control.store.add_task(row);
    let row = control.store.task_mut(task);
    row.last_status = given.last_status;
    row.desired_status = given.desired_status;
    row.set_started_at(given.started_at);
    if given.protected_until.is_some() {
        row.fate_mut().protected_until = given.protected_until;
    }
    if given.desired_status == DesiredStatus::Stopped {
        row.fate_mut().stopping_at = Some(given.created_at);
    }
    place_given(control, task, given);
    settle_health(control, task, given);
    recount_daemons(control, given);
    Ok(task)
}

/// An instance without an agent counts for a daemon service that has a task there
/// (03 section 9).
fn recount_daemons(control: &mut Control, given: &GivenTask) {
    let (Some((service, None)), Some(instance)) = (given.service, given.instance) else { return };
    let daemon = control.store.service(service).scheduling == SchedulingStrategy::Daemon;
    if daemon && !control.store.instances.get(instance).agent_connected {
        reconcile::count_daemons(control, service);
    }
}

fn place_given(control: &mut Control, task: TaskId, given: &GivenTask) {
    let subnet =
        given.subnet.as_deref().and_then(|name| control.store.find_subnet(given.cluster, name));
    match (given.instance, given.zone.as_deref()) {
        (Some(instance), _) => control.store.place_on_instance(task, instance, subnet),
        (None, Some(zone)) => {
            let zone = control.store.intern_zone(zone);
            control.store.place_on_fargate(task, zone, subnet);
        }
        (None, None) => {}
    }
}

/// A given task is HEALTHY if it has a check, and its targets are healthy, unless it says
/// otherwise (scenario format, "Time 0").
fn settle_health(control: &mut Control, task: TaskId, given: &GivenTask) {
    let rules = control.store.health_rules(task);
    let runs = given.last_status == TaskStatus::Running;
    let health = match given.health {
        Some(health) => health,
        None if rules.container_check && runs => HealthStatus::Healthy,
        None => HealthStatus::Unknown,
    };
    let row = control.store.task_mut(task);
    row.container_health = health;
    if runs {
        row.targets.fill(TargetState::Healthy);
        if health != HealthStatus::Unhealthy {
            row.was_healthy = row.started_at().is_some();
            if let Some(owner) = row.owner {
                control.store.deployment_mut(owner.deployment).was_healthy = true;
            }
        }
    }
}

/// Gives a service its tasks, one by one, as if it had just been created; then they run as if
/// they had for long. A service whose tasks do not all fit is an error.
fn fill(
    control: &mut Control,
    service: ServiceId,
    running_since: Time,
) -> Result<Answer, CommandError> {
    let Some(primary) = control.store.primary(service) else { return Ok(Answer::None) };
    let desired = control.store.service(service).desired;
    let mut tasks = Vec::new();
    let daemon = control.store.service(service).scheduling == SchedulingStrategy::Daemon;
    if daemon {
        tasks = reconcile::fill_daemon(control, service);
    } else {
        let launch = control.store.deployment(primary).launch.clone();
        let mut targets = reconcile::ProviderCounts::empty(launch);
        for placed in 0..desired {
            let target = targets.next().expect("a strategy has a weight");
            let order = reconcile::service_order(control, service, primary, target);
            match launch::launch(control, &order) {
                Launched::Task(task) => tasks.push(task),
                Launched::Waiting(..) | Launched::Nowhere(_) => {
                    let name = &control.store.service(service).name;
                    return Err(CommandError::invalid(format!(
                        "service {name} cannot start steady: {placed} of {desired} tasks fit"
                    )));
                }
            }
        }
    }
    for &task in &tasks {
        let row = control.store.task_mut(task);
        row.last_status = TaskStatus::Running;
        row.created_at = running_since;
        row.set_started_at(Some(running_since));
        row.was_healthy = true;
        row.targets.fill(TargetState::Healthy);
        let checked = control.store.health_rules(task).container_check;
        let health = if checked { HealthStatus::Healthy } else { HealthStatus::Unknown };
        control.store.task_mut(task).container_health = health;
    }
    // Nothing of this happened within the run: no order, no news.
    control.out.forget();
    Ok(Answer::Tasks(tasks, Vec::new()))
}
