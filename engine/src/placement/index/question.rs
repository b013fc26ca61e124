//! A placement question, owned: what two requests must share to have one answer.

use std::sync::Arc;

use crate::model::{
    ClusterId, Demand, GroupId, InstanceId, InstanceStatus, PlacementConstraint, PlacementStrategy,
    PortSet, ProviderId, ProviderKind, SubnetId, TaskDefinitionId, ZoneId,
};
use crate::placement::{AgentNeeds, PlacementRequest, feasible};
use crate::store::Store;

/// What a request asks, apart from how much CPU and memory it needs.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) cluster: ClusterId,
    pub(super) provider: Option<ProviderId>,
    pub(super) zone: Option<ZoneId>,
    pub(super) group: GroupId,
    pub(super) definition: TaskDefinitionId,
    pub(super) demand: Arc<Demand>,
    pub(super) subnets: Arc<[SubnetId]>,
    pub(super) agent: AgentNeeds,
    pub(super) constraints: Arc<[PlacementConstraint]>,
    pub(super) strategy: Arc<[PlacementStrategy]>,
}

impl Question {
    pub(super) fn of(request: &PlacementRequest<'_>) -> Self {
        Self {
            cluster: request.cluster,
            provider: request.provider,
            zone: request.zone,
            group: request.group,
            definition: request.definition,
            demand: request.demand.clone(),
            subnets: request.subnets.clone(),
            agent: request.agent,
            constraints: request.constraints.clone(),
            strategy: request.strategy.clone(),
        }
    }

    pub(super) fn request(&self) -> PlacementRequest<'_> {
        PlacementRequest {
            cluster: self.cluster,
            provider: self.provider,
            zone: self.zone,
            group: self.group,
            definition: self.definition,
            demand: &self.demand,
            subnets: &self.subnets,
            agent: self.agent,
            constraints: &self.constraints,
            strategy: &self.strategy,
        }
    }

    /// Whether a request is made of the very same parts: as the tasks of one call are.
    pub(super) fn is_again(&self, request: &PlacementRequest<'_>) -> bool {
        self.definition == request.definition
            && self.group == request.group
            && self.cluster == request.cluster
            && self.provider == request.provider
            && self.zone == request.zone
            && self.agent == request.agent
            && Arc::ptr_eq(&self.demand, request.demand)
            && Arc::ptr_eq(&self.subnets, request.subnets)
            && Arc::ptr_eq(&self.strategy, request.strategy)
            && Arc::ptr_eq(&self.constraints, request.constraints)
    }

    /// Whether a request asks just this. Its cluster, provider, zone, group and definition do.
    pub(super) fn is_asked_by(&self, request: &PlacementRequest<'_>) -> bool {
        self.demand.gpu == request.demand.gpu
            && self.demand.eni == request.demand.eni
            && self.agent == request.agent
            && same(&self.subnets, request.subnets)
            && same(&self.strategy, request.strategy)
            && same(&self.constraints, request.constraints)
            && same_ports(&self.demand.ports, &request.demand.ports)
    }

    /// Whether both ask the same of what an instance is, whatever it carries.
    pub(super) fn asks_same_of_hosts(&self, other: &Self, store: &Store) -> bool {
        let (mine, theirs) =
            (store.definition(self.definition), store.definition(other.definition));
        (self.cluster, self.provider, self.zone) == (other.cluster, other.provider, other.zone)
            && mine.requires_attributes == theirs.requires_attributes
            && self.agent == other.agent
            && mine.os_family == theirs.os_family
            && mine.cpu_architecture == theirs.cpu_architecture
            && self.subnets == other.subnets
            && self.lasting().eq(other.lasting())
    }

    /// Whether both ask the same of what an instance carries, apart from CPU and memory, if their
    /// groups are the same.
    pub(super) fn asks_same_of_loads(&self, other: &Self) -> bool {
        self.demand.gpu == other.demand.gpu
            && self.demand.eni == other.demand.eni
            && self.demand.ports == other.demand.ports
            && self.passing().eq(other.passing())
    }

    /// Whether both prefer the same instances, as far as an order is concerned.
    pub(super) fn prefers_same(&self, other: &Self) -> bool {
        fn before_the_lot(question: &Question) -> impl Iterator<Item = &PlacementStrategy> {
            question.strategy.iter().take_while(|strategy| **strategy != PlacementStrategy::Random)
        }
        before_the_lot(self).eq(before_the_lot(other))
    }

    /// Whether it wants no other task of its group beside it.
    pub(super) fn is_distinct(&self) -> bool {
        self.constraints.contains(&PlacementConstraint::DistinctInstance)
    }

    /// Whether an instance that suits could take a task of no size now.
    pub(super) fn takes(&self, store: &Store, instance: InstanceId) -> bool {
        feasible::takes(store, &self.request(), instance)
    }

    /// Whether an instance that suits may be unable to take even a task of no size.
    pub(super) fn minds_load(&self) -> bool {
        let needs_devices = self.demand.gpu > 0 || self.demand.eni || !self.demand.ports.is_empty();
        needs_devices || self.passing().next().is_some()
    }

    fn passing(&self) -> impl Iterator<Item = &PlacementConstraint> {
        self.constraints.iter().filter(|constraint| !feasible::is_lasting(constraint))
    }

    fn lasting(&self) -> impl Iterator<Item = &PlacementConstraint> {
        self.constraints.iter().filter(|constraint| feasible::is_lasting(constraint))
    }

    /// Whether an instance suits as long as only its tasks change.
    pub(super) fn suits(&self, store: &Store, instance: InstanceId) -> bool {
        let row = store.instances.get(instance);
        row.status == InstanceStatus::Active
            && row.cluster == self.cluster
            && self.zone.is_none_or(|zone| row.zone == zone)
            && self.provider.is_none_or(|provider| belongs(store, provider, instance))
            && feasible::suits(store, &self.request(), instance)
    }
}

/// Equality of lists that are mostly empty: comparing the bytes of two empty lists is slow, since
/// an empty list's address is none that can be read.
fn same<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

fn same_ports(one: &PortSet, other: &PortSet) -> bool {
    one.is_empty() == other.is_empty() && (one.is_empty() || one == other)
}

fn belongs(store: &Store, provider: ProviderId, instance: InstanceId) -> bool {
    match &store.provider(provider).kind {
        ProviderKind::Fargate | ProviderKind::FargateSpot => false,
        ProviderKind::AutoScalingGroup { group, .. } => {
            store.instances.get(instance).auto_scaling_group.as_deref() == Some(&**group)
        }
    }
}
