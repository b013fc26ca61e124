//! RunTask, StartTask, StopTask (01 section 3).

use std::borrow::Cow;
use std::sync::Arc;

use crate::api::answer::FailureSubject;
use crate::api::event::{EventKind, PlacementFailure};
use crate::api::input::{NetworkConfiguration, RunTask, StartTask, StopTask, Tag};
use crate::api::{Answer, CommandError, Exception, Failure};
use crate::command::capacity::{check_platform, resolve_launch};
use crate::control::Control;
use crate::definition;
use crate::explain::Split;
use crate::launch::{self, CAPACITY_UNAVAILABLE, LaunchTarget, Launched, NoPlace, TaskOrder};
use crate::model::{
    ClusterId, InstanceStatus, Launch, LaunchType, PlacementStrategy, Stop, StopCode, StopReason,
    SubnetId, TaskDefinition, TaskDefinitionId, TaskExtra, TaskId,
};
use crate::placement::{self, AgentNeeds, Place, feasible};
use crate::reconcile::ProviderCounts;
use crate::store::Store;

const TOO_MANY_WAIT: &str = "The tasks provisioning capacity limit was exceeded.";

pub(super) fn run(control: &mut Control, mut input: RunTask) -> Result<Answer, CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    let count = input.count.unwrap_or(1);
    if !(1..=10).contains(&count) {
        return Err(CommandError::invalid("Count must be between 1 and 10."));
    }
    // A call that repeats a token may name the default.
    input.count = Some(count);
    let id = control.store.usable_definition(&input.task_definition)?;
    let launch = launch_of(control, cluster, id, &input)?;
    let order = run_order(control, cluster, id, &launch, &input)?;
    if let Some(answer) = seen_before(control, cluster, &input)? {
        return Ok(answer);
    }
    let (group_name, order) = order;
    if launch == Launch::Type(LaunchType::Ec2) && control.store.active(cluster).is_empty() {
        return Err(CommandError::invalid("No Container Instances were found in your cluster."));
    }
    // A call that would exceed the tasks that may wait makes none (04 section 2.7).
    let may_exceed = may_exceed_waiting(&control.store, count);
    let before = may_exceed.then(|| control.clone());
    let order = TaskOrder { group: control.store.intern_group(&group_name), ..order };
    let Some(answer) = run_all(control, order, launch, count) else {
        *control = before.expect("the limit is only reached by a call that may exceed it");
        return Err(CommandError::client(TOO_MANY_WAIT));
    };
    if let Some(token) = &input.client_token {
        let key = (cluster, token.as_str().into());
        control.store.tokens.insert(key, (input, answer.clone()));
    }
    control.call_concerns_tasks(cluster);
    Ok(answer)
}

/// What the first task of a call asks of placement, and how its provider is chosen; the call is
/// checked and not made.
pub(crate) fn first_order(
    control: &mut Control,
    input: &RunTask,
) -> Result<(TaskOrder, Option<Split>), CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    let id = control.store.usable_definition(&input.task_definition)?;
    let launch = launch_of(control, cluster, id, input)?;
    let (group, order) = run_order(control, cluster, id, &launch, input)?;
    let group = control.store.intern_group(&group);
    let mut providers = ProviderCounts::empty(launch);
    let split = providers.split();
    let target = providers.next().expect("a checked strategy has a weight");
    Ok((TaskOrder { group, target, ..order }, split))
}

fn launch_of(
    control: &Control,
    cluster: ClusterId,
    definition: TaskDefinitionId,
    input: &RunTask,
) -> Result<Launch, CommandError> {
    let definition = control.store.definition(definition);
    let launch = resolve_launch(
        &control.store,
        cluster,
        input.launch_type.as_deref(),
        input.capacity_provider_strategy.as_deref(),
        definition,
    )?;
    check_platform(&launch, definition, input.platform_version.as_deref())?;
    Ok(launch)
}

fn may_exceed_waiting(store: &Store, count: i64) -> bool {
    let waiting = i64::try_from(store.waiting.len()).unwrap_or(i64::MAX);
    waiting.saturating_add(count) > i64::from(store.config.provisioning_task_limit)
}

/// The same token with the same parameters repeats the answer; with others it is a conflict
/// (R16, R17).
fn seen_before(
    control: &Control,
    cluster: ClusterId,
    input: &RunTask,
) -> Result<Option<Answer>, CommandError> {
    let Some(token) = &input.client_token else { return Ok(None) };
    if token.len() > 64 || !token.bytes().all(|byte| (33..=126).contains(&byte)) {
        return Err(CommandError::invalid(
            "clientToken can have up to 64 characters in the range 33-126.",
        ));
    }
    let known = control.store.tokens.get(&(cluster, token.as_str().into()));
    let Some((before, answer)) = known else { return Ok(None) };
    if before == input {
        return Ok(Some(answer.clone()));
    }
    let tasks = match answer {
        Answer::Tasks(tasks, _) => tasks.clone(),
        _ => Vec::new(),
    };
    let message = "The clientToken was already used with other parameters.";
    Err(CommandError { tasks, ..CommandError::new(Exception::ConflictException, message) })
}

/// Everything that is checked before anything is placed, R6 to R15.
fn run_order<'a>(
    control: &mut Control,
    cluster: ClusterId,
    id: TaskDefinitionId,
    launch: &Launch,
    input: &'a RunTask,
) -> Result<(Cow<'a, str>, TaskOrder), CommandError> {
    let Control { store, expressions, .. } = control;
    let row = store.definition(id);
    let on_fargate = is_fargate(store, launch);
    let network = input.network_configuration.as_ref();
    let subnets = subnets(store, cluster, row, on_fargate, network)?;
    let (given, chosen) = (&input.placement_constraints, &input.placement_strategy);
    if on_fargate {
        definition::refuse_placement_on_fargate(given, chosen)?;
    }
    let constraints =
        definition::placement_constraints_known(&row.constraints, given, expressions)?;
    let mut strategy = definition::placement_strategies(chosen)?;
    if strategy.is_empty() {
        strategy.push(PlacementStrategy::Random);
    }
    let demand = match &input.overrides {
        Some(overrides) => definition::demand_with(row, overrides)?,
        None => row.demand.clone(),
    };
    if on_fargate && let Some(overrides) = &input.overrides {
        let (cpu, memory) = definition::task_size_with(row, overrides)?;
        if let (Some(cpu), Some(memory)) = (cpu, memory) {
            let windows = row.os_family.as_deref().is_some_and(|os| os.starts_with("WINDOWS"));
            definition::check_fargate_size(cpu, memory, windows, &store.config)?;
        }
    }
    check_labels(input.propagate_tags.as_deref(), input.started_by.as_deref(), 128)?;
    check_tags(&input.tags)?;
    let group = group_of(row, input.group.as_deref())?;
    let extra = TaskExtra {
        name: None,
        started_by: input.started_by.as_deref().map(Into::into),
        overrides: input.overrides.clone(),
        public_address: network.is_some_and(NetworkConfiguration::has_public_address),
        execute_command: input.enable_execute_command == Some(true),
    };
    let order = TaskOrder {
        cluster,
        definition: id,
        group: crate::model::GroupId::new(0),
        owner: None,
        target: LaunchTarget::Type(LaunchType::Ec2),
        demand,
        subnets,
        zone: None,
        agent: AgentNeeds {
            execute_command: input.enable_execute_command == Some(true),
            external: *launch == Launch::Type(LaunchType::External),
            ..AgentNeeds::default()
        },
        constraints: shared(constraints),
        strategy: shared(strategy),
        extra: (extra != TaskExtra::default()).then(|| Arc::new(extra)),
    };
    Ok((group, order))
}

/// One task after another; each sees those before. The first that has no place ends the call
/// (01 section 3.3). None when too many would wait.
fn run_all(
    control: &mut Control,
    mut order: TaskOrder,
    launch: Launch,
    count: i64,
) -> Option<Answer> {
    let mut targets = ProviderCounts::empty(launch);
    let mut tasks = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    let mut failures = Vec::new();
    for _ in 0..count {
        control.witness_split(|| targets.split());
        order.target = targets.next().expect("a checked strategy has a weight");
        match launch::launch(control, &order) {
            Launched::Task(task) | Launched::Waiting(task, _) => tasks.push(task),
            Launched::Nowhere(NoPlace::ProvisioningLimit) => return None,
            Launched::Nowhere(no_place) => {
                failures = explain(control, no_place);
                break;
            }
        }
    }
    Some(Answer::Tasks(tasks, failures))
}

fn explain(control: &mut Control, no_place: NoPlace) -> Vec<Failure> {
    let nothing = |reason: &str| Failure {
        subject: FailureSubject::Nothing,
        reason: reason.into(),
        detail: None,
    };
    match no_place {
        NoPlace::Refused(failure) => {
            let failures = by_instance(&failure);
            control.out.event(EventKind::PlacementFailed(failure));
            failures
        }
        NoPlace::NoInstances(failure) => {
            control.out.event(EventKind::PlacementFailed(failure));
            vec![nothing("No Container Instances were found in your capacity provider.")]
        }
        NoPlace::NoCapacity(failure) => {
            control.out.event(EventKind::PlacementFailed(failure));
            vec![nothing(CAPACITY_UNAVAILABLE)]
        }
        NoPlace::ProvisioningLimit => unreachable!("such a call is refused as a whole"),
    }
}

fn by_instance(failure: &PlacementFailure) -> Vec<Failure> {
    let each = failure.rejected.iter().map(|rejection| Failure {
        subject: FailureSubject::Instance(rejection.instance),
        reason: rejection.reason().into(),
        detail: None,
    });
    each.collect()
}

/// One task for each named instance, each checked alone; no placement, no `memberOf`
/// (01 section 3.5).
pub(super) fn start(control: &mut Control, input: StartTask) -> Result<Answer, CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    if !(1..=10).contains(&input.container_instances.len()) {
        return Err(CommandError::invalid("Between 1 and 10 container instances can be given."));
    }
    let id = control.store.usable_definition(&input.task_definition)?;
    let row = control.store.definition(id);
    let on_fargate_alone = row.input.requires_compatibilities == ["FARGATE"];
    if on_fargate_alone || (!row.compatibilities.ec2 && !row.compatibilities.external) {
        return Err(CommandError::invalid(
            "Launch Type FARGATE is not supported for this operation.",
        ));
    }
    let network = input.network_configuration.as_ref();
    let subnets = subnets(&control.store, cluster, row, false, network)?;
    let demand = match &input.overrides {
        Some(overrides) => definition::demand_with(row, overrides)?,
        None => row.demand.clone(),
    };
    check_labels(input.propagate_tags.as_deref(), input.started_by.as_deref(), 36)?;
    check_tags(&input.tags)?;
    let group = group_of(row, input.group.as_deref())?;
    let extra = TaskExtra {
        name: None,
        started_by: input.started_by.as_deref().map(Into::into),
        overrides: input.overrides.clone(),
        public_address: false,
        execute_command: input.enable_execute_command == Some(true),
    };
    let order = TaskOrder {
        cluster,
        definition: id,
        group: control.store.intern_group(&group),
        owner: None,
        target: LaunchTarget::Type(LaunchType::Ec2),
        demand,
        subnets,
        zone: None,
        agent: AgentNeeds {
            execute_command: input.enable_execute_command == Some(true),
            ..AgentNeeds::default()
        },
        constraints: Arc::default(),
        strategy: Arc::default(),
        extra: (extra != TaskExtra::default()).then(|| Arc::new(extra)),
    };
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    for name in &input.container_instances {
        match start_on(control, &order, name) {
            Ok(task) => tasks.push(task),
            Err(failure) => failures.push(failure),
        }
    }
    control.call_concerns_tasks(cluster);
    Ok(Answer::Tasks(tasks, failures))
}

fn start_on(control: &mut Control, order: &TaskOrder, name: &str) -> Result<TaskId, Failure> {
    let failure = |subject, reason: &str| Failure { subject, reason: reason.into(), detail: None };
    let Some(instance) = control.store.find_instance(order.cluster, name) else {
        return Err(failure(FailureSubject::Named(name.into()), "MISSING"));
    };
    let takes_tasks = matches!(
        control.store.instances.get(instance).status,
        InstanceStatus::Active | InstanceStatus::Draining
    );
    if !takes_tasks {
        return Err(failure(FailureSubject::Instance(instance), "INACTIVE"));
    }
    let request = launch::request(order, None);
    if let Some(check) = feasible::first_failure(&control.store, &request, instance) {
        return Err(failure(FailureSubject::Instance(instance), check.reason()));
    }
    let subnet = placement::subnet_for(&control.store, &order.subnets, instance);
    Ok(launch::create_on(control, order, Place { instance, subnet }))
}

/// A task that calls know: one of the cluster that has not been STOPPED for longer than stopped
/// tasks are kept (01 section 3.6).
pub(super) fn known(control: &Control, cluster: ClusterId, name: &str) -> Option<TaskId> {
    let store = &control.store;
    let task = store.find_task(name).filter(|&task| store.task(task).cluster == cluster)?;
    let forgotten =
        store.task(task).stopped_at().map(|at| at + store.config.stopped_task_retention);
    forgotten.is_none_or(|forgotten| control.now < forgotten).then_some(task)
}

pub(super) fn stop(control: &mut Control, input: &StopTask) -> Result<Answer, CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    let task = known(control, cluster, &input.task)
        .ok_or_else(|| CommandError::invalid("The referenced task was not found."))?;
    let reason = input.reason.as_deref().unwrap_or("Task stopped by user");
    if reason.chars().count() > 255 {
        return Err(CommandError::invalid("The reason can have up to 255 characters."));
    }
    let stop = Stop { code: StopCode::UserInitiated, reason: StopReason::User(reason.into()) };
    control.stop_task(task, stop);
    control.call_concerns_tasks(cluster);
    Ok(Answer::Task(task))
}

pub(crate) fn is_fargate(store: &Store, launch: &Launch) -> bool {
    match launch {
        Launch::Type(launch_type) => *launch_type == LaunchType::Fargate,
        Launch::Strategy(items) => {
            items.iter().any(|item| store.provider(item.provider).kind.is_fargate())
        }
    }
}

/// The subnets of an awsvpc task, known and of one VPC (02 section 1.1).
pub(crate) fn subnets(
    store: &Store,
    cluster: ClusterId,
    row: &TaskDefinition,
    on_fargate: bool,
    network: Option<&NetworkConfiguration>,
) -> Result<Arc<[SubnetId]>, CommandError> {
    let checked = definition::network_configuration(row.network_mode, on_fargate, network)?;
    let names = checked.map_or(&[][..], |configuration| &configuration.subnets);
    let find = |name: &String| {
        store
            .find_subnet(cluster, name)
            .ok_or_else(|| CommandError::invalid(format!("The subnet ID '{name}' does not exist")))
    };
    let subnets = names.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let vpcs = |pair: &[SubnetId]| store.subnet(pair[0]).vpc != store.subnet(pair[1]).vpc;
    if subnets.windows(2).any(vpcs) {
        return Err(CommandError::invalid("All subnets must be of one VPC."));
    }
    Ok(shared(subnets))
}

/// An empty list costs nothing.
fn shared<T>(items: Vec<T>) -> Arc<[T]> {
    if items.is_empty() { Arc::default() } else { items.into() }
}

fn group_of<'a>(
    row: &TaskDefinition,
    given: Option<&'a str>,
) -> Result<Cow<'a, str>, CommandError> {
    let group = match given {
        Some(given) => Cow::Borrowed(given),
        None => Cow::Owned(format!("family:{}", row.family)),
    };
    if group.chars().count() > 255 {
        return Err(CommandError::invalid("The group can have up to 255 characters."));
    }
    Ok(group)
}

/// The quota of tags of a task or a service (01 sections 3.1 and 12).
pub(super) fn check_tags(tags: &[Tag]) -> Result<(), CommandError> {
    const MOST_TAGS: usize = 50;
    if tags.len() > MOST_TAGS {
        return Err(CommandError::invalid(format!(
            "Too many tags: at most {MOST_TAGS} can be given."
        )));
    }
    Ok(())
}

fn check_labels(
    propagate_tags: Option<&str>,
    started_by: Option<&str>,
    longest: usize,
) -> Result<(), CommandError> {
    if propagate_tags == Some("SERVICE") {
        return Err(CommandError::invalid(
            "propagateTags SERVICE is only supported for tasks of a service.",
        ));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_/".contains(c);
    if let Some(name) = started_by
        && (name.len() > longest || !name.chars().all(legal))
    {
        return Err(CommandError::invalid(format!(
            "startedBy can have up to {longest} letters, numbers, hyphens, underscores and slashes."
        )));
    }
    Ok(())
}
