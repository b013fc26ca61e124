//! Which instances can take a task at all: the ten checks of 01 section 4.2, in order.

use crate::api::event::FailedCheck;
use crate::definition::EXTERNAL;
use crate::model::{InstanceId, PlacementConstraint};
use crate::placement::PlacementRequest;
use crate::store::Store;
use crate::store::bitset::InstanceSet;
use crate::subject::InstanceSubject;

/// At most so many reserved host ports on an instance (01 section 1.6).
pub(crate) const MAX_PORTS: usize = 100;

/// The pass over the columns: takes out what has too little CPU or memory. One comparison of two
/// words an instance.
pub(crate) fn retain_fitting(store: &Store, request: &PlacementRequest<'_>, set: &mut InstanceSet) {
    let (cpu_free, memory_free) = (store.instances.cpu_free(), store.instances.memory_free());
    let (cpu, memory) = (request.demand.cpu, request.demand.memory);
    set.retain(|instance| {
        let index = instance.index();
        cpu <= cpu_free[index] && memory <= memory_free[index]
    });
}

/// Whether an instance passes every check that does not depend on its tasks: 1 to 3, and those
/// `memberOf` expressions that read nothing about tasks.
pub(crate) fn suits(store: &Store, request: &PlacementRequest<'_>, instance: InstanceId) -> bool {
    let lasting = request.constraints.iter().filter(|constraint| is_lasting(constraint));
    host_failures(store, request, instance).next().is_none()
        && lasting.into_iter().all(|constraint| satisfies(store, constraint, instance))
}

/// Whether a constraint holds or not as long as only the tasks of an instance change.
pub(crate) fn is_lasting(constraint: &PlacementConstraint) -> bool {
    match constraint {
        PlacementConstraint::DistinctInstance => false,
        PlacementConstraint::MemberOf(expression) => {
            !expression.reads_task_groups() && !expression.reads_running_count()
        }
    }
}

/// Whether an instance that suits takes a task that needs neither CPU nor memory: checks 6 to 10
/// without those of [`suits`].
pub(crate) fn takes(store: &Store, request: &PlacementRequest<'_>, instance: InstanceId) -> bool {
    let passing = request.constraints.iter().filter(|constraint| !is_lasting(constraint));
    device_failures(store, request, instance).next().is_none()
        && !is_taken(store, request, instance)
        && passing.into_iter().all(|constraint| satisfies(store, constraint, instance))
}

/// `distinctInstance` is wanted and the group is there already.
fn is_taken(store: &Store, request: &PlacementRequest<'_>, instance: InstanceId) -> bool {
    let is_distinct = |c: &PlacementConstraint| matches!(c, PlacementConstraint::DistinctInstance);
    request.constraints.iter().any(is_distinct)
        && store.instances.get(instance).tasks_of(request.group) > 0
}

/// Whether a `memberOf` holds; `distinctInstance` is none.
fn satisfies(store: &Store, constraint: &PlacementConstraint, instance: InstanceId) -> bool {
    match constraint {
        PlacementConstraint::DistinctInstance => true,
        PlacementConstraint::MemberOf(expression) => {
            expression.holds(&InstanceSubject::new(store, instance))
        }
    }
}

/// The first failing check: the reported reason. `None` means that the task may go there.
pub(crate) fn first_failure(
    store: &Store,
    request: &PlacementRequest<'_>,
    instance: InstanceId,
) -> Option<FailedCheck> {
    failures(store, request, instance).next()
}

/// Every failing check in order, found as they are asked for.
pub(crate) fn failures<'a>(
    store: &'a Store,
    request: &'a PlacementRequest<'a>,
    instance: InstanceId,
) -> impl Iterator<Item = FailedCheck> + 'a {
    host_failures(store, request, instance)
        .chain(size_failures(store, request, instance))
        .chain(device_failures(store, request, instance))
        .chain(constraint_failures(store, request, instance))
}

/// Checks 1 to 3: the agent, what the instance must have, where it stands.
pub(crate) fn host_failures<'a>(
    store: &'a Store,
    request: &'a PlacementRequest<'a>,
    instance: InstanceId,
) -> impl Iterator<Item = FailedCheck> + 'a {
    let row = store.instances.get(instance);
    let definition = store.definition(request.definition);
    let agent = (!row.agent_connected).then_some(FailedCheck::Agent);
    let required = definition.requires_attributes.iter().map(|name| (&**name, None));
    let of_call = request.agent.capabilities().map(|name| (name, None));
    let os = definition.os_family.as_deref().map(|os| ("ecs.os-family", Some(os)));
    let architecture =
        definition.cpu_architecture.as_deref().map(|cpu| ("ecs.cpu-architecture", Some(cpu)));
    let missing =
        required.chain(of_call).chain(os).chain(architecture).find(|(name, value)| match value {
            None => !row.has_required(name),
            Some(wanted) => row.attribute(name).flatten() != Some(wanted),
        });
    let foreign = request.subnets.iter().any(|&subnet| store.subnet(subnet).vpc != row.vpc);
    let within = request.agent.external && row.attribute(EXTERNAL).is_none();
    let missing = missing.or_else(|| within.then_some((EXTERNAL, None)));
    let attribute = missing
        .map(|(name, _)| FailedCheck::Attribute(name.into()))
        .or_else(|| foreign.then(|| FailedCheck::Attribute("ecs.vpc-id".into())));
    let elsewhere = !request.subnets.is_empty()
        && request.subnets.iter().all(|&subnet| store.subnet(subnet).zone != row.zone);
    let location = elsewhere.then_some(FailedCheck::Location);
    agent.into_iter().chain(attribute).chain(location)
}

/// Checks 4 and 5: CPU and memory.
fn size_failures(
    store: &Store,
    request: &PlacementRequest<'_>,
    instance: InstanceId,
) -> impl Iterator<Item = FailedCheck> + use<> {
    let demand = request.demand;
    let cpu_free = store.instances.cpu_free()[instance.index()];
    let memory_free = store.instances.memory_free()[instance.index()];
    let cpu =
        (demand.cpu > cpu_free).then_some(FailedCheck::Cpu { need: demand.cpu, have: cpu_free });
    let memory = (demand.memory > memory_free)
        .then_some(FailedCheck::Memory { need: demand.memory, have: memory_free });
    cpu.into_iter().chain(memory)
}

/// Checks 6 to 8: ports, GPUs, network interfaces.
fn device_failures(
    store: &Store,
    request: &PlacementRequest<'_>,
    instance: InstanceId,
) -> impl Iterator<Item = FailedCheck> + use<> {
    let demand = request.demand;
    let free = store.instances.free(instance);
    let row = store.instances.get(instance);
    let ports = (!demand.ports.is_empty())
        .then(|| {
            let conflicts = demand.ports.iter().filter(|&(by, port)| row.uses_port(by, port));
            let conflicts = conflicts.count();
            let too_many = row.used_port_count() + demand.ports.len() > MAX_PORTS;
            (conflicts > 0 || too_many).then(|| FailedCheck::Ports {
                need: u32::try_from(demand.ports.len()).unwrap_or(u32::MAX),
                conflicts: u32::try_from(conflicts).unwrap_or(u32::MAX),
            })
        })
        .flatten();
    let gpu =
        (demand.gpu > free.gpu).then_some(FailedCheck::Gpu { need: demand.gpu, have: free.gpu });
    let eni = (demand.eni && free.eni == Some(0))
        .then_some(FailedCheck::Eni { limit: row.eni_limit.unwrap_or(0) });
    [ports, gpu, eni].into_iter().flatten()
}

/// Checks 9 and 10: the constraints. Each `memberOf` counts for itself.
pub(crate) fn constraint_failures<'a>(
    store: &'a Store,
    request: &'a PlacementRequest<'a>,
    instance: InstanceId,
) -> impl Iterator<Item = FailedCheck> + 'a {
    let taken = is_taken(store, request, instance);
    let distinct = taken.then_some(FailedCheck::DistinctInstance);
    let member_of = request.constraints.iter().filter_map(move |constraint| match constraint {
        PlacementConstraint::DistinctInstance => None,
        PlacementConstraint::MemberOf(expression) => (!satisfies(store, constraint, instance))
            .then(|| FailedCheck::MemberOf(expression.clone())),
    });
    distinct.into_iter().chain(member_of)
}
