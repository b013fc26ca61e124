//! Making a task and finding its place: one road for services, RunTask and time 0.

use std::sync::Arc;

use crate::api::Effect;
use crate::api::event::{EventKind, PlacementFailure};
use crate::control::Control;
use crate::model::{
    ClusterId, Demand, GroupId, LaunchType, NetworkMode, Owner, PlacementConstraint,
    PlacementStrategy, ProviderId, ProviderKind, SubnetId, Task, TaskDefinitionId, TaskExtra,
    TaskId, TaskStatus, ZoneId,
};
use crate::placement::fargate::FargatePlace;
use crate::placement::{self, AgentNeeds, Place, PlacementRequest, closest, fargate};
use crate::reconcile;
use crate::store::Store;
use crate::store::specs::Wanted;
use crate::timers::TimerReason;

/// A task that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TaskOrder {
    pub(crate) cluster: ClusterId,
    pub(crate) definition: TaskDefinitionId,
    pub(crate) group: GroupId,
    pub(crate) owner: Option<Owner>,
    pub(crate) target: LaunchTarget,
    pub(crate) demand: Arc<Demand>,
    pub(crate) subnets: Arc<[SubnetId]>,
    /// Only there, when Availability Zone rebalancing asks for it.
    pub(crate) zone: Option<ZoneId>,
    /// What is wanted of the agent beyond what the definition asks (01 section 2.6).
    pub(crate) agent: AgentNeeds,
    /// The definition's constraints, then the call's or the service's.
    pub(crate) constraints: Arc<[PlacementConstraint]>,
    pub(crate) strategy: Arc<[PlacementStrategy]>,
    pub(crate) extra: Option<Arc<TaskExtra>>,
}

/// What one task is to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LaunchTarget {
    Type(LaunchType),
    Provider(ProviderId),
}

impl TaskOrder {
    /// The capacity provider, if it is for one.
    pub(crate) fn provider(&self) -> Option<ProviderId> {
        match self.target {
            LaunchTarget::Type(_) => None,
            LaunchTarget::Provider(provider) => Some(provider),
        }
    }
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Launched {
    /// The task exists and has its place.
    Task(TaskId),
    /// The task exists and waits for an instance, because there is no place yet.
    Waiting(TaskId, NoPlace),
    /// No place; nothing was made.
    Nowhere(NoPlace),
}

/// Why there is no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// Every instance refuses the task.
    Refused(Box<PlacementFailure>),
    /// There is no ACTIVE instance in the cluster, or in the provider.
    NoInstances(Box<PlacementFailure>),
    /// Fargate has no capacity.
    NoCapacity(Box<PlacementFailure>),
    /// Too many tasks wait in PROVISIONING already.
    ProvisioningLimit,
}

/// Fargate has no room (01 section 3.3).
pub(crate) const CAPACITY_UNAVAILABLE: &str = "Capacity is unavailable at this time. Please try \
                                               again later or in a different availability zone";

/// Makes the task if it has a place, or may wait for one.
pub(crate) fn launch(control: &mut Control, order: &TaskOrder) -> Launched {
    control.witness_placement(TaskId::from_index(control.store.tasks.len()), order);
    match find_place(control, order) {
        Ok(Found::Instance(place)) => Launched::Task(create_on(control, order, place)),
        Ok(Found::Fargate(place)) => {
            let task = create(control, order);
            control.store.place_on_fargate(task, place.zone, place.subnet);
            control.out.event(EventKind::TaskPlaced(task));
            control.out.effect(Effect::StartTask(task));
            Launched::Task(task)
        }
        Err(no_place) if may_wait(&control.store, order) => wait(control, order, no_place),
        Err(no_place) => Launched::Nowhere(no_place),
    }
}

/// Makes a task on an instance that was found for it, and hands it to the driver. That is making
/// it and [`put_on_instance`], with one writing of its record.
pub(crate) fn create_on(control: &mut Control, order: &TaskOrder, place: Place) -> TaskId {
    let is_pending = is_pending_once_placed(&control.store, order.definition);
    let mut row = draft(control, order);
    if is_pending {
        row.reach(TaskStatus::Pending, control.now);
    }
    let task = control.store.add_task_on(row, place.instance, place.subnet);
    control.out.event(EventKind::TaskCreated(task));
    control.out.event(EventKind::TaskPlaced(task));
    reconcile::somebody_came(control, order.cluster);
    if is_pending {
        control.out.event(EventKind::TaskStatus(task, TaskStatus::Pending));
        if let Some(owner) = order.owner {
            control.touch(owner.service);
        }
    }
    control.out.effect(Effect::StartTask(task));
    task
}

/// Places a task that exists on an instance and hands it to the driver.
pub(crate) fn put_on_instance(control: &mut Control, task: TaskId, place: Place) {
    control.store.place_on_instance(task, place.instance, place.subnet);
    control.out.event(EventKind::TaskPlaced(task));
    let row = control.store.task(task);
    let (definition, cluster) = (row.definition, row.cluster);
    reconcile::somebody_came(control, cluster);
    if is_pending_once_placed(&control.store, definition) {
        control.set_status(task, TaskStatus::Pending);
    }
    control.out.effect(Effect::StartTask(task));
}

/// Without an interface of its own a task has nothing to wait for in PROVISIONING.
fn is_pending_once_placed(store: &Store, definition: TaskDefinitionId) -> bool {
    store.definition(definition).network_mode != NetworkMode::Awsvpc
}

enum Found {
    Instance(Place),
    Fargate(FargatePlace),
}

fn find_place(control: &mut Control, order: &TaskOrder) -> Result<Found, NoPlace> {
    let Control { store, rng, index, .. } = control;
    let (fargate, provider) = match order.target {
        LaunchTarget::Type(LaunchType::Fargate) => (Some(false), None),
        LaunchTarget::Type(_) => (None, None),
        LaunchTarget::Provider(provider) => match store.provider(provider).kind {
            ProviderKind::Fargate => (Some(false), Some(provider)),
            ProviderKind::FargateSpot => (Some(true), Some(provider)),
            ProviderKind::AutoScalingGroup { .. } => (None, Some(provider)),
        },
    };
    if let Some(spot) = fargate {
        let wanted = |subnet: &SubnetId| order.zone.is_none_or(|z| store.subnet(*subnet).zone == z);
        let subnets: Vec<SubnetId> = order.subnets.iter().copied().filter(wanted).collect();
        return fargate::place(store, order.cluster, order.group, spot, &subnets)
            .map(Found::Fargate)
            .ok_or_else(|| {
                NoPlace::NoCapacity(failure(order, provider, Vec::new(), "RESOURCE:FARGATE"))
            });
    }
    let request = request(order, provider);
    placement::place(store, index, &request, rng).map(Found::Instance).map_err(|unplaceable| {
        let rejected = unplaceable.rejected;
        if rejected.is_empty() {
            return NoPlace::NoInstances(failure(order, provider, rejected, "NO ACTIVE INSTANCES"));
        }
        NoPlace::Refused(failure(order, provider, rejected, ""))
    })
}

/// The placement question behind an order.
pub(crate) fn request(order: &TaskOrder, provider: Option<ProviderId>) -> PlacementRequest<'_> {
    PlacementRequest {
        cluster: order.cluster,
        provider,
        group: order.group,
        definition: order.definition,
        demand: &order.demand,
        subnets: &order.subnets,
        zone: order.zone,
        agent: order.agent,
        constraints: &order.constraints,
        strategy: &order.strategy,
    }
}

fn failure(
    order: &TaskOrder,
    provider: Option<ProviderId>,
    rejected: Vec<crate::api::event::Rejection>,
    reason: &str,
) -> Box<PlacementFailure> {
    let nearest = closest::closest(&rejected);
    let reason = nearest.map_or(reason, |rejection| rejection.reason()).into();
    Box::new(PlacementFailure {
        cluster: order.cluster,
        service: order.owner.map(|owner| owner.service),
        group: order.group,
        definition: order.definition,
        provider,
        closest: nearest.map(|rejection| rejection.instance),
        reason,
        rejected: rejected.into(),
    })
}

fn create(control: &mut Control, order: &TaskOrder) -> TaskId {
    let row = draft(control, order);
    let task = control.store.add_task(row);
    control.out.event(EventKind::TaskCreated(task));
    task
}

fn draft(control: &mut Control, order: &TaskOrder) -> Task {
    let (provider, launch_type) = match order.target {
        LaunchTarget::Type(launch_type) => (None, launch_type),
        LaunchTarget::Provider(provider) => {
            let fargate = control.store.provider(provider).kind.is_fargate();
            (Some(provider), if fargate { LaunchType::Fargate } else { LaunchType::Ec2 })
        }
    };
    let wanted = Wanted {
        cluster: order.cluster,
        definition: order.definition,
        group: order.group,
        owner: order.owner,
        provider,
        launch_type,
        demand: &order.demand,
        extra: &order.extra,
    };
    let targets = order
        .owner
        .map_or(0, |owner| control.store.deployment(owner.deployment).load_balancers.len());
    control.store.draft_task(&wanted, targets, control.now)
}

/// With managed scaling a task that fits nowhere waits in PROVISIONING (04 section 2.7); but
/// rebalancing never asks for new instances (01 section 10).
fn may_wait(store: &Store, order: &TaskOrder) -> bool {
    match order.target {
        _ if order.zone.is_some() => false,
        LaunchTarget::Type(_) => false,
        LaunchTarget::Provider(provider) => matches!(
            store.provider(provider).kind,
            ProviderKind::AutoScalingGroup { managed_scaling: true, .. }
        ),
    }
}

fn wait(control: &mut Control, order: &TaskOrder, no_place: NoPlace) -> Launched {
    let in_cluster = |task: &TaskId| control.store.task(*task).cluster == order.cluster;
    let waiting = control.store.waiting.iter().filter(|task| in_cluster(task)).count();
    if waiting >= control.store.config.provisioning_task_limit as usize {
        return Launched::Nowhere(NoPlace::ProvisioningLimit);
    }
    let task = create(control, order);
    control.store.waiting.insert(task);
    let until = control.now + control.store.config.provisioning_timeout;
    control.timers.set(until, TimerReason::GiveUpWaiting(task));
    control.orders.insert(task, order.clone());
    Launched::Waiting(task, no_place)
}
