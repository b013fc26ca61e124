//! Where a task goes (01 section 4): resources, constraints, strategies, choice, in that order.
//! Pure: it looks at the store and proposes; whoever asked commits.

pub(crate) mod binpack;
pub(crate) mod closest;
pub(crate) mod fargate;
pub(crate) mod feasible;
pub(crate) mod index;
pub(crate) mod leaving;
pub(crate) mod scale_in;
pub(crate) mod spread;

use std::sync::Arc;

use crate::api::TieBreak;
use crate::api::event::Rejection;
use crate::definition::{EXECUTE_COMMAND, SERVICE_CONNECT};
use crate::many;
use crate::model::{
    ClusterId, Demand, GroupId, InstanceId, PlacementConstraint, PlacementStrategy, ProviderId,
    SpreadField, SubnetId, TaskDefinitionId, ZoneId,
};
use crate::placement::index::{Found, Index};
use crate::rng::Rng;
use crate::store::Store;
use crate::store::bitset::InstanceSet;

/// One task that wants an instance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlacementRequest<'a> {
    pub(crate) cluster: ClusterId,
    /// Only this provider's instances.
    pub(crate) provider: Option<ProviderId>,
    pub(crate) group: GroupId,
    pub(crate) definition: TaskDefinitionId,
    pub(crate) demand: &'a Arc<Demand>,
    /// Subnets of an awsvpc task, in the caller's order.
    pub(crate) subnets: &'a Arc<[SubnetId]>,
    /// Only in this zone.
    pub(crate) zone: Option<ZoneId>,
    /// Only where agents can do it.
    pub(crate) agent: AgentNeeds,
    /// The definition's constraints, then the call's or the service's.
    pub(crate) constraints: &'a Arc<[PlacementConstraint]>,
    pub(crate) strategy: &'a Arc<[PlacementStrategy]>,
}

/// What a call or a service asks of agents, beyond what the definition does (01 section 2.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct AgentNeeds {
    /// ECS Exec.
    pub(crate) execute_command: bool,
    /// Service Connect.
    pub(crate) service_connect: bool,
    /// An instance outside AWS: launch type EXTERNAL.
    pub(crate) external: bool,
}

impl AgentNeeds {
    /// The capabilities behind it that every current agent has.
    pub(crate) fn capabilities(self) -> impl Iterator<Item = &'static str> {
        let execute_command = self.execute_command.then_some(EXECUTE_COMMAND);
        let service_connect = self.service_connect.then_some(SERVICE_CONNECT);
        execute_command.into_iter().chain(service_connect)
    }
}

/// A place that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) instance: InstanceId,
    pub(crate) subnet: Option<SubnetId>,
}

/// No place: every candidate with its failing checks, by id. Empty when there is no ACTIVE
/// instance at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unplaceable {
    pub(crate) rejected: Vec<Rejection>,
}

/// Finds the place of one task, or says what is wrong with each candidate.
pub(crate) fn place(
    store: &Store,
    index: &mut Index,
    request: &PlacementRequest<'_>,
    rng: &mut Rng,
) -> Result<Place, Unplaceable> {
    find(store, index, request, rng)
        .ok_or_else(|| Unplaceable { rejected: rejections(store, request) })
}

/// Finds the place of one task.
pub(crate) fn find(
    store: &Store,
    index: &mut Index,
    request: &PlacementRequest<'_>,
    rng: &mut Rng,
) -> Option<Place> {
    let instance = match index.best(store, request, rng) {
        Found::Best(instance) => Some(instance),
        Found::None => None,
        Found::Unordered => scan(store, index.hosts(store, request).clone(), request, rng),
    };
    let place = |instance| Place { instance, subnet: subnet_for(store, request.subnets, instance) };
    instance.map(place)
}

/// Looks at every host: for a question that is asked for the first time.
fn scan(
    store: &Store,
    mut hosts: InstanceSet,
    request: &PlacementRequest<'_>,
    rng: &mut Rng,
) -> Option<InstanceId> {
    feasible::retain_fitting(store, request, &mut hosts);
    hosts.retain_slowly(|instance| feasible::takes(store, request, instance));
    (!hosts.is_empty()).then(|| prefer(store, request, hosts, rng, |_| ()))
}

/// ACTIVE instances of the cluster, or of the provider; in one zone, if it is asked for.
pub(crate) fn candidates(store: &Store, request: &PlacementRequest<'_>) -> InstanceSet {
    let mut set = match request.provider {
        Some(provider) => store.active_of(request.cluster, provider),
        None => store.active(request.cluster).clone(),
    };
    if let Some(zone) = request.zone {
        set.retain(|instance| store.instances.get(instance).zone == zone);
    }
    set
}

/// Narrows by each strategy in turn and chooses (01 sections 4.4 and 4.6). What each strategy left
/// is shown to `seen`.
pub(crate) fn prefer(
    store: &Store,
    request: &PlacementRequest<'_>,
    mut set: InstanceSet,
    rng: &mut Rng,
    mut seen: impl FnMut(&InstanceSet),
) -> InstanceId {
    for strategy in request.strategy.iter() {
        match strategy {
            PlacementStrategy::Spread(field) => {
                spread::narrow(store, request.group, field, &mut set)
            }
            PlacementStrategy::Binpack(field) => binpack::narrow(store, *field, &mut set),
            PlacementStrategy::Random => return pick(store, &set, rng),
        }
        seen(&set);
    }
    match store.config.tie_break {
        TieBreak::LowestId => set
            .iter()
            .min_by_key(|&instance| store.instances.rank(instance))
            .expect("narrowing keeps at least one instance"),
        TieBreak::Seeded => pick(store, &set, rng),
    }
}

/// One by the generator, out of the set sorted by id.
fn pick(store: &Store, set: &InstanceSet, rng: &mut Rng) -> InstanceId {
    let mut sorted: Vec<InstanceId> = set.iter().collect();
    sorted.sort_unstable_by_key(|&instance| store.instances.rank(instance));
    sorted[rng.pick(sorted.len())]
}

/// Every candidate with its failing checks, in id order.
fn rejections(store: &Store, request: &PlacementRequest<'_>) -> Vec<Rejection> {
    let mut order: Vec<InstanceId> = candidates(store, request).iter().collect();
    order.sort_unstable_by_key(|&instance| store.instances.rank(instance));
    let reject = |instance| Rejection {
        instance,
        checks: feasible::failures(store, request, instance).collect(),
    };
    many::map(order, reject)
}

/// Of the subnets in the instance's zone, the one with most free addresses; ties by list order
/// (02 section 3.1).
pub(crate) fn subnet_for(
    store: &Store,
    subnets: &[SubnetId],
    instance: InstanceId,
) -> Option<SubnetId> {
    if subnets.is_empty() {
        return None;
    }
    let zone = store.instances.get(instance).zone;
    roomiest(store, subnets.iter().copied().filter(|&s| store.subnet(s).zone == zone))
}

/// The subnet with most free addresses; the first of those that tie.
pub(crate) fn roomiest(store: &Store, subnets: impl Iterator<Item = SubnetId>) -> Option<SubnetId> {
    let mut best: Option<(u32, SubnetId)> = None;
    for subnet in subnets {
        let free = store.subnet(subnet).free();
        if best.is_none_or(|(most, _)| free > most) {
            best = Some((free, subnet));
        }
    }
    best.map(|(_, subnet)| subnet)
}

/// What a replica service does without a strategy (01 section 4.5).
pub(crate) fn default_service_strategy() -> [PlacementStrategy; 2] {
    [
        PlacementStrategy::Spread(SpreadField::zone()),
        PlacementStrategy::Spread(SpreadField::Instance),
    ]
}
