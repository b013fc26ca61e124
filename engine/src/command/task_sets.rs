//! CreateTaskSet, UpdateTaskSet, DeleteTaskSet, UpdateServicePrimaryTaskSet (03 section 22).

use std::sync::Arc;

use crate::api::event::EventKind;
use crate::api::input::{
    CreateTaskSet, DeleteTaskSet, LoadBalancer, Scale, UpdateServicePrimaryTaskSet, UpdateTaskSet,
};
use crate::api::{Answer, CommandError, Exception, GivenDeployment, GivenTaskSet};
use crate::command::attachments::{self, Attached};
use crate::command::balancers;
use crate::command::capacity::{check_platform, resolve_launch};
use crate::command::service::check_active;
use crate::command::tasks::{is_fargate, subnets};
use crate::control::Control;
use crate::model::{
    ControllerType, Deployment, DeploymentId, DeploymentStatus, Digests, Launch, NewDeployment,
    Reach, RolloutReason, RolloutState, SchedulingStrategy, ServiceId, Share, Slot,
    TaskDefinitionId, TaskSet,
};
use crate::store::{Store, last_segment};

/// Task sets of a service.
const MOST_SETS: usize = 5;

/// What a new task set is made of.
pub(crate) struct NewSet {
    pub(crate) definition: TaskDefinitionId,
    pub(crate) launch: Launch,
    pub(crate) load_balancers: Arc<[LoadBalancer]>,
    pub(crate) slot: Slot,
    pub(crate) reach: Reach,
    pub(crate) status: DeploymentStatus,
    pub(crate) set: TaskSet,
}

/// Adds a task set to a service.
pub(crate) fn add(control: &mut Control, service: ServiceId, new: NewSet) -> DeploymentId {
    let id = DeploymentId::from_index(control.store.deployments.len());
    let now = control.now;
    let row = control.store.service_mut(service);
    row.revisions += 1;
    let (service_revision, desired) = (row.revisions, new.set.scale.of_ceil(row.desired));
    row.deployments.push(id);
    row.memory.steady = None;
    let begun = Deployment::begun(NewDeployment {
        id,
        service,
        service_revision,
        definition: new.definition,
        launch: new.launch,
        reach: Arc::new(new.reach),
        digests: Digests::of_new(control.store.config.digest_probe),
        at: now,
    });
    // A task set rolls nothing out: it is what somebody else wants.
    control.store.deployments.push(Deployment {
        load_balancers: new.load_balancers,
        slot: new.slot,
        set: Some(Box::new(new.set)),
        status: new.status,
        rollout: RolloutState::Completed,
        reason: RolloutReason::Completed,
        ever_completed: true,
        desired,
        ..begun
    });
    control.out.event(EventKind::DeploymentCreated(id));
    id
}

pub(super) fn create(control: &mut Control, input: CreateTaskSet) -> Result<Answer, CommandError> {
    let service = external_service(&control.store, input.cluster.as_deref(), &input.service)?;
    let store = &control.store;
    let row = store.service(service);
    if row.deployments.len() >= MOST_SETS {
        return Err(CommandError::new(
            Exception::LimitExceededException,
            format!("A service can have at most {MOST_SETS} task sets."),
        ));
    }
    let name = input.task_definition.as_deref().unwrap_or_default();
    let definition = store.usable_definition(name)?;
    let new = checked(store, service, definition, input)?;
    let set = add(control, service, new);
    control.call_concerns(service);
    Ok(Answer::TaskSet(set))
}

/// A task set that is there at time 0.
pub(crate) fn add_given(
    control: &mut Control,
    service: ServiceId,
    given: GivenDeployment,
) -> Result<DeploymentId, CommandError> {
    let GivenTaskSet { input, stability } = given
        .set
        .ok_or_else(|| CommandError::invalid("Under this controller services have task sets."))?;
    let mut new = checked(&control.store, service, given.definition, *input)?;
    new.status = given.status;
    new.set.stability = stability;
    // Of two sets under CodeDeploy, only one has the target group that traffic begins with.
    let by_code_deploy = control.store.service(service).controller == ControllerType::CodeDeploy;
    if by_code_deploy && given.status != DeploymentStatus::Primary {
        new.slot = new.slot.other();
    }
    let set = add(control, service, new);
    let row = control.store.deployment_mut(set);
    row.name = given.name;
    row.has_run = true;
    row.digests = Digests::Known;
    row.created_at = given.created_at;
    row.updated_at = given.updated_at;
    Ok(set)
}

/// What a task set is made of that runs a definition, if it can be.
fn checked(
    store: &Store,
    service: ServiceId,
    definition: TaskDefinitionId,
    input: CreateTaskSet,
) -> Result<NewSet, CommandError> {
    let row = store.service(service);
    let definition_row = store.definition(definition);
    let launch = resolve_launch(
        store,
        row.cluster,
        input.launch_type.as_deref(),
        input.capacity_provider_strategy.as_deref(),
        definition_row,
    )?;
    check_platform(&launch, definition_row, input.platform_version.as_deref())?;
    let network = input.network_configuration;
    let on_fargate = is_fargate(store, &launch);
    subnets(store, row.cluster, definition_row, on_fargate, network.as_ref())?;
    balancers::check(store, &input.load_balancers, definition_row, false, 1)?;
    let attached = Attached {
        balancers: &input.load_balancers,
        registries: &input.service_registries,
        connect: None,
        controller: row.controller,
    };
    attachments::check(store, &attached, definition_row, &launch, row.desired)?;
    Ok(NewSet {
        definition,
        launch,
        load_balancers: input.load_balancers.into(),
        slot: Slot::Main,
        reach: Reach { network, registries: input.service_registries, connect: None },
        status: DeploymentStatus::Active,
        set: TaskSet {
            external_id: input.external_id.map(Into::into),
            scale: scale(input.scale.as_ref())?.unwrap_or(Share::NONE),
            platform_version: input.platform_version.map(Into::into),
            stability: None,
        },
    })
}

pub(super) fn update(control: &mut Control, input: &UpdateTaskSet) -> Result<Answer, CommandError> {
    let service = external_service(&control.store, input.cluster.as_deref(), &input.service)?;
    let set = named_set(&control.store, service, &input.task_set)?;
    let scale = scale(input.scale.as_ref())?
        .ok_or_else(|| CommandError::invalid("The scale of the task set is missing."))?;
    set_scale(control, set, scale);
    control.call_concerns(service);
    Ok(Answer::TaskSet(set))
}

pub(super) fn delete(control: &mut Control, input: &DeleteTaskSet) -> Result<Answer, CommandError> {
    let service = external_service(&control.store, input.cluster.as_deref(), &input.service)?;
    let set = named_set(&control.store, service, &input.task_set)?;
    let row = control.store.deployment(set);
    let scaled = row.set.as_ref().is_some_and(|set| set.scale > Share::NONE);
    if scaled && row.status != DeploymentStatus::Draining && input.force != Some(true) {
        return Err(CommandError::invalid(
            "The task set cannot be deleted while it is scaled above 0.",
        ));
    }
    drain(control, set);
    control.call_concerns(service);
    Ok(Answer::TaskSet(set))
}

pub(super) fn set_primary(
    control: &mut Control,
    input: &UpdateServicePrimaryTaskSet,
) -> Result<Answer, CommandError> {
    let service = service_for(
        &control.store,
        input.cluster.as_deref(),
        &input.service,
        Exception::UnsupportedFeatureException,
    )?;
    let set = named_set(&control.store, service, &input.primary_task_set)?;
    if control.store.deployment(set).status == DeploymentStatus::Draining {
        return Err(CommandError::invalid("A task set that is being deleted cannot be promoted."));
    }
    promote(control, service, set);
    control.call_concerns(service);
    Ok(Answer::TaskSet(set))
}

/// The named set becomes PRIMARY, the former one ACTIVE.
pub(crate) fn promote(control: &mut Control, service: ServiceId, set: DeploymentId) {
    let now = control.now;
    for other in control.store.service(service).deployments.clone() {
        let row = control.store.deployment_mut(other);
        let status = match row.status {
            _ if other == set => DeploymentStatus::Primary,
            DeploymentStatus::Primary => DeploymentStatus::Active,
            DeploymentStatus::Active | DeploymentStatus::Draining | DeploymentStatus::Inactive => {
                continue;
            }
        };
        if row.status != status {
            row.status = status;
            row.updated_at = now;
        }
    }
    control.out.event(EventKind::PrimaryTaskSet(set));
}

/// Its tasks stop; then it is gone.
pub(crate) fn drain(control: &mut Control, set: DeploymentId) {
    let now = control.now;
    let row = control.store.deployment_mut(set);
    row.status = DeploymentStatus::Draining;
    row.updated_at = now;
    set_scale(control, set, Share::NONE);
}

pub(crate) fn set_scale(control: &mut Control, set: DeploymentId, scale: Share) {
    let now = control.now;
    let service = control.store.deployment(set).service;
    let desired = control.store.service(service).desired;
    let row = control.store.deployment_mut(set);
    if let Some(set) = row.set.as_mut() {
        set.scale = scale;
    }
    let computed = scale.of_ceil(desired);
    if row.desired != computed {
        row.desired = computed;
        row.updated_at = now;
        control.out.service_action(service, "SERVICE_DESIRED_COUNT_UPDATED", None);
    }
}

fn scale(given: Option<&Scale>) -> Result<Option<Share>, CommandError> {
    let Some(given) = given else { return Ok(None) };
    let unit = given.unit.as_deref().unwrap_or("PERCENT");
    if unit != "PERCENT" {
        return Err(CommandError::invalid(format!("The scale unit {unit} is not supported.")));
    }
    let value = given.value.as_ref().and_then(crate::api::Json::as_number);
    let share = value.and_then(Share::parse).filter(|share| *share <= Share::ALL);
    share.map(Some).ok_or_else(|| {
        CommandError::invalid("The scale value must be between 0.0 and 100.0, in thousandths.")
    })
}

/// The service that a call on task sets names.
fn external_service(
    store: &Store,
    cluster: Option<&str>,
    name: &str,
) -> Result<ServiceId, CommandError> {
    service_for(store, cluster, name, Exception::InvalidParameterException)
}

/// The same of a call that has an exception of its own for other controllers than EXTERNAL
/// (03 section 25).
fn service_for(
    store: &Store,
    cluster: Option<&str>,
    name: &str,
    otherwise: Exception,
) -> Result<ServiceId, CommandError> {
    let cluster = store.named_cluster(cluster)?;
    let service = store.named_service(cluster, name)?;
    let row = store.service(service);
    check_active(row)?;
    if row.scheduling == SchedulingStrategy::Daemon {
        return Err(CommandError::invalid(
            "Task sets are not supported for services with the DAEMON scheduling strategy.",
        ));
    }
    match row.controller {
        ControllerType::External => Ok(service),
        ControllerType::Ecs | ControllerType::CodeDeploy => {
            Err(CommandError::new(otherwise, "Task sets need the EXTERNAL deployment controller."))
        }
    }
}

fn named_set(store: &Store, service: ServiceId, name: &str) -> Result<DeploymentId, CommandError> {
    let wanted = last_segment(name);
    let view = crate::view::View::new(store);
    let mut listed = store.service(service).deployments.iter().copied();
    listed.find(|&set| last_segment(&view.deployment_name(set)) == wanted).ok_or_else(|| {
        CommandError::new(
            Exception::TaskSetNotFoundException,
            "The specified task set was not found.",
        )
    })
}
