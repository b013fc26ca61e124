//! State at rest. No policy lives here: verbs keep the tables consistent with each other, and
//! nothing outside [`crate::engine`] and [`crate::reconcile`] calls one that changes something.

pub(crate) mod bitset;
pub(crate) mod instances;
pub(crate) mod invariants;
pub(crate) mod journal;
pub(crate) mod kept;
mod kinds;
pub(crate) mod names;
mod ranks;
pub(crate) mod specs;
pub(crate) mod task_table;
mod tasks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use crate::api::EngineConfig;
use crate::api::answer::Answer;
use crate::api::input::{LoadBalancer, RunTask};
use crate::api::setup::{RecordPresence, TargetType};
use crate::model::{
    Alarm, CapacityProvider, Cluster, ClusterId, CodeDeployment, CodeDeploymentId,
    ContainerInstance, Deployment, DeploymentConfig, DeploymentGroup, DeploymentId, GroupId,
    InstanceId, InstanceStatus, ManagedScalingState, ProviderId, ProviderKind, ProviderStatus,
    ScalingGroup, Service, ServiceDeployment, ServiceDeploymentId, ServiceId, Slot, Subnet,
    SubnetId, Task, TaskDefinition, TaskDefinitionId, TaskId, ZoneId,
};
use crate::store::bitset::InstanceSet;
use crate::store::instances::Instances;
use crate::store::kept::Kept;
use crate::store::names::Names;
use crate::store::specs::Specs;
use crate::store::task_table::TaskTable;

/// All state of the control plane.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Store {
    pub(crate) config: EngineConfig,
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) instances: Instances,
    pub(crate) tasks: TaskTable,
    /// Shared by tasks that were ordered alike.
    specs: Kept<Specs>,
    pub(crate) definitions: Vec<TaskDefinition>,
    pub(crate) families: BTreeMap<Box<str>, Family>,
    pub(crate) services: Vec<Service>,
    pub(crate) deployments: Vec<Deployment>,
    pub(crate) records: Vec<ServiceDeployment>,
    pub(crate) providers: Vec<CapacityProvider>,
    pub(crate) subnets: Vec<Subnet>,
    zones: Names,
    group_names: Names,
    groups: Vec<Group>,
    task_names: BTreeMap<Box<str>, TaskId>,
    service_names: BTreeMap<(ClusterId, Box<str>), ServiceId>,
    /// The place of each in the order of passes.
    service_ranks: Kept<OnceLock<Vec<u32>>>,
    /// ACTIVE instances of each cluster.
    active: Vec<InstanceSet>,
    /// GPUs that tasks hold, for those that hold any.
    gpus: BTreeMap<TaskId, u64>,
    /// Tasks that wait for an instance in PROVISIONING, oldest first.
    pub(crate) waiting: BTreeSet<TaskId>,
    /// Fargate capacity that is taken away: cluster, Spot, zone (all when absent).
    pub(crate) fargate_gone: BTreeSet<(ClusterId, bool, Option<ZoneId>)>,
    /// Answers of RunTask by client token.
    pub(crate) tokens: BTreeMap<(ClusterId, Box<str>), (RunTask, Answer)>,
    /// Account settings in force.
    pub(crate) account_settings: BTreeMap<Box<str>, Box<str>>,
    /// Target groups of Network Load Balancers.
    pub(crate) network_groups: BTreeSet<Box<str>>,
    /// Pauses of lifecycle hooks so far.
    pub(crate) pauses: u32,
    /// Target types of target groups, by name.
    pub(crate) target_types: BTreeMap<Box<str>, TargetType>,
    /// Which records Cloud Map services keep, by name: of addresses, and of ports.
    pub(crate) registries: BTreeMap<Box<str>, (RecordPresence, RecordPresence)>,
    /// CloudWatch alarms, by name.
    pub(crate) alarms: BTreeMap<Box<str>, Alarm>,
    /// CodeDeploy's deployment groups, by name.
    pub(crate) deployment_groups: BTreeMap<Box<str>, DeploymentGroup>,
    /// CodeDeploy's configurations beyond the predefined ones, by name.
    pub(crate) deployment_configs: BTreeMap<Box<str>, DeploymentConfig>,
    /// CodeDeploy's deployments.
    pub(crate) code_deployments: Vec<CodeDeployment>,
    /// Auto Scaling groups, in the order given.
    pub(crate) scaling_groups: Vec<ScalingGroup>,
    /// What managed scaling remembers of its providers.
    pub(crate) managed: BTreeMap<(ClusterId, ProviderId), ManagedScalingState>,
}

/// A family of task definitions: its numbers are never reused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Family {
    /// Highest number given so far.
    pub(crate) last: u32,
    /// Revisions by number, deleted ones taken out.
    pub(crate) revisions: BTreeMap<u32, TaskDefinitionId>,
}

/// A task group: what spread, `distinctInstance` and `task:group` look at (01 section 3.7). Its
/// live tasks on instances are counted there: see [`ContainerInstance::tasks_of`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Group {
    /// Live tasks on Fargate: on Spot or not, and the zone.
    pub(crate) on_fargate: BTreeMap<(bool, ZoneId), u32>,
}

/// The predefined provider for Fargate.
pub(crate) const FARGATE: ProviderId = ProviderId::new(0);
/// The predefined provider for Fargate Spot.
pub(crate) const FARGATE_SPOT: ProviderId = ProviderId::new(1);

impl Store {
    /// A store with nothing but the predefined providers.
    pub(crate) fn new(config: EngineConfig) -> Self {
        let predefined = |name: &str, kind| CapacityProvider {
            name: name.into(),
            kind,
            status: ProviderStatus::Active,
            input: None,
        };
        Self {
            config,
            clusters: Vec::new(),
            instances: Instances::default(),
            tasks: TaskTable::default(),
            specs: Kept::default(),
            definitions: Vec::new(),
            families: BTreeMap::new(),
            services: Vec::new(),
            deployments: Vec::new(),
            records: Vec::new(),
            providers: vec![
                predefined("FARGATE", ProviderKind::Fargate),
                predefined("FARGATE_SPOT", ProviderKind::FargateSpot),
            ],
            subnets: Vec::new(),
            zones: Names::default(),
            group_names: Names::default(),
            groups: Vec::new(),
            task_names: BTreeMap::new(),
            service_names: BTreeMap::new(),
            service_ranks: Kept::default(),
            active: Vec::new(),
            gpus: BTreeMap::new(),
            waiting: BTreeSet::new(),
            fargate_gone: BTreeSet::new(),
            tokens: BTreeMap::new(),
            account_settings: BTreeMap::new(),
            network_groups: BTreeSet::new(),
            pauses: 0,
            target_types: BTreeMap::new(),
            registries: BTreeMap::new(),
            alarms: BTreeMap::new(),
            deployment_groups: BTreeMap::new(),
            deployment_configs: BTreeMap::new(),
            code_deployments: Vec::new(),
            scaling_groups: Vec::new(),
            managed: BTreeMap::new(),
        }
    }

    pub(crate) fn task(&self, task: TaskId) -> &Task {
        &self.tasks[task]
    }

    pub(crate) fn task_mut(&mut self, task: TaskId) -> &mut Task {
        self.tasks.get_mut(task)
    }

    pub(crate) fn service(&self, service: ServiceId) -> &Service {
        &self.services[service.index()]
    }

    pub(crate) fn service_mut(&mut self, service: ServiceId) -> &mut Service {
        &mut self.services[service.index()]
    }

    pub(crate) fn deployment(&self, deployment: DeploymentId) -> &Deployment {
        &self.deployments[deployment.index()]
    }

    pub(crate) fn deployment_mut(&mut self, deployment: DeploymentId) -> &mut Deployment {
        &mut self.deployments[deployment.index()]
    }

    pub(crate) fn record(&self, record: ServiceDeploymentId) -> &ServiceDeployment {
        &self.records[record.index()]
    }

    pub(crate) fn record_mut(&mut self, record: ServiceDeploymentId) -> &mut ServiceDeployment {
        &mut self.records[record.index()]
    }

    pub(crate) fn code_deployment(&self, deployment: CodeDeploymentId) -> &CodeDeployment {
        &self.code_deployments[deployment.index()]
    }

    pub(crate) fn code_deployment_mut(
        &mut self,
        deployment: CodeDeploymentId,
    ) -> &mut CodeDeployment {
        &mut self.code_deployments[deployment.index()]
    }

    pub(crate) fn definition(&self, definition: TaskDefinitionId) -> &TaskDefinition {
        &self.definitions[definition.index()]
    }

    pub(crate) fn provider(&self, provider: ProviderId) -> &CapacityProvider {
        &self.providers[provider.index()]
    }

    pub(crate) fn subnet(&self, subnet: SubnetId) -> &Subnet {
        &self.subnets[subnet.index()]
    }

    pub(crate) fn cluster(&self, cluster: ClusterId) -> &Cluster {
        &self.clusters[cluster.index()]
    }

    pub(crate) fn group(&self, group: GroupId) -> &Group {
        &self.groups[group.index()]
    }

    pub(crate) fn group_mut(&mut self, group: GroupId) -> &mut Group {
        &mut self.groups[group.index()]
    }

    pub(crate) fn group_name(&self, group: GroupId) -> &str {
        self.group_names.name(group.number())
    }

    pub(crate) fn zone_name(&self, zone: ZoneId) -> &str {
        self.zones.name(zone.number())
    }

    pub(crate) fn intern_zone(&mut self, name: &str) -> ZoneId {
        ZoneId::new(self.zones.intern(name))
    }

    pub(crate) fn intern_group(&mut self, name: &str) -> GroupId {
        let number = self.group_names.intern(name);
        if number as usize == self.groups.len() {
            self.groups.push(Group::default());
        }
        GroupId::new(number)
    }

    /// Adds a cluster.
    pub(crate) fn add_cluster(&mut self, cluster: Cluster) -> ClusterId {
        self.clusters.push(cluster);
        self.active.push(InstanceSet::new());
        ClusterId::from_index(self.clusters.len() - 1)
    }

    /// A cluster by name or ARN; the only one when none is named.
    pub(crate) fn find_cluster(&self, name: Option<&str>) -> Option<ClusterId> {
        let position = match name {
            None if self.clusters.len() == 1 => Some(0),
            None => self.clusters.iter().position(|c| &*c.name == "default"),
            Some(name) => {
                let name = last_segment(name);
                self.clusters.iter().position(|c| &*c.name == name)
            }
        };
        position.map(ClusterId::from_index)
    }

    /// Adds an instance to its cluster.
    pub(crate) fn add_instance(&mut self, row: ContainerInstance) -> InstanceId {
        let (cluster, status) = (row.cluster, row.status);
        let id = self.instances.add(row);
        if status == InstanceStatus::Active {
            self.active[cluster.index()].insert(id);
        }
        id
    }

    /// Changes the status of an instance.
    pub(crate) fn set_instance_status(&mut self, instance: InstanceId, status: InstanceStatus) {
        let row = self.instances.get_mut(instance);
        row.status = status;
        row.version += 1;
        let active = &mut self.active[row.cluster.index()];
        if status == InstanceStatus::Active {
            active.insert(instance);
        } else {
            active.remove(instance);
        }
    }

    /// ACTIVE instances of a cluster.
    pub(crate) fn active(&self, cluster: ClusterId) -> &InstanceSet {
        &self.active[cluster.index()]
    }

    /// ACTIVE instances that a provider may place on.
    pub(crate) fn active_of(&self, cluster: ClusterId, provider: ProviderId) -> InstanceSet {
        match &self.provider(provider).kind {
            ProviderKind::Fargate | ProviderKind::FargateSpot => InstanceSet::new(),
            ProviderKind::AutoScalingGroup { group, .. } => {
                let mut set = self.active(cluster).clone();
                set.retain(|i| {
                    self.instances.get(i).auto_scaling_group.as_deref() == Some(&**group)
                });
                set
            }
        }
    }

    /// Whether any instance of a provider is registered, ACTIVE or not.
    pub(crate) fn provider_has_instances(&self, cluster: ClusterId, provider: ProviderId) -> bool {
        let ProviderKind::AutoScalingGroup { group, .. } = &self.provider(provider).kind else {
            return false;
        };
        self.instances.iter().any(|(_, row)| {
            row.cluster == cluster
                && row.status != InstanceStatus::Inactive
                && row.auto_scaling_group.as_deref() == Some(group)
        })
    }

    /// An instance of a cluster by id or ARN.
    pub(crate) fn find_instance(&self, cluster: ClusterId, name: &str) -> Option<InstanceId> {
        self.instances.find(cluster, last_segment(name))
    }

    /// A task by id or ARN.
    pub(crate) fn find_task(&self, name: &str) -> Option<TaskId> {
        let name = last_segment(name);
        if let Some(&task) = self.task_names.get(name) {
            return Some(task);
        }
        if name.len() != 32 {
            return None;
        }
        let ordinal = u32::from_str_radix(name, 16).ok()?.checked_sub(1)?;
        let task = self.tasks.get(ordinal as usize)?;
        task.extra.as_ref().is_none_or(|e| e.name.is_none()).then_some(task.id)
    }

    /// A service of a cluster by name or ARN; the newest one of that name.
    pub(crate) fn find_service(&self, cluster: ClusterId, name: &str) -> Option<ServiceId> {
        self.service_names.get(&(cluster, last_segment(name).into())).copied()
    }

    /// Adds a service; its name now means this one.
    pub(crate) fn add_service(&mut self, service: Service) -> ServiceId {
        let id = ServiceId::from_index(self.services.len());
        self.service_names.insert((service.cluster, service.name.clone()), id);
        self.services.push(service);
        self.service_ranks = Kept::default();
        id
    }

    /// The place of a service in the byte order of `cluster/service`: the order of passes.
    pub(crate) fn service_rank(&self, service: ServiceId) -> u32 {
        self.service_ranks.get_or_init(|| self.rank_services())[service.index()]
    }

    fn rank_services(&self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.services.len()).collect();
        order.sort_by_key(|&index| {
            let service = &self.services[index];
            (&self.cluster(service.cluster).name, &service.name)
        });
        let mut ranks = vec![0; order.len()];
        for (rank, index) in (0..).zip(order) {
            ranks[index] = rank;
        }
        ranks
    }

    /// A capacity provider by name.
    pub(crate) fn find_provider(&self, name: &str) -> Option<ProviderId> {
        let position = self
            .providers
            .iter()
            .position(|p| &*p.name == name && p.status == ProviderStatus::Active);
        position.map(ProviderId::from_index)
    }

    /// A subnet of a cluster by id.
    pub(crate) fn find_subnet(&self, cluster: ClusterId, name: &str) -> Option<SubnetId> {
        let subnets = &self.cluster(cluster).subnets;
        subnets.iter().copied().find(|&s| *self.subnet(s).name == *name)
    }

    /// A task definition by `family`, `family:revision` or ARN: the highest ACTIVE revision when
    /// none is named (01 section 2.1).
    pub(crate) fn find_definition(&self, reference: &str) -> Option<TaskDefinitionId> {
        let reference = last_segment(reference);
        match reference.split_once(':') {
            Some((family, revision)) => {
                let revision = revision.parse().ok()?;
                self.families.get(family)?.revisions.get(&revision).copied()
            }
            None => {
                let family = self.families.get(reference)?;
                let mut newest_first = family.revisions.values().rev().copied();
                newest_first.find(|&id| {
                    self.definition(id).status == crate::model::DefinitionStatus::Active
                })
            }
        }
    }

    /// Whether a load balancer is a Network Load Balancer.
    pub(crate) fn is_network(&self, balancer: &LoadBalancer) -> bool {
        let name = balancer.target_group_arn.as_deref().unwrap_or_default();
        self.network_groups.contains(target_group_name(name))
    }

    /// The load balancers of a service, with the group of each pair that a slot means.
    pub(crate) fn balancers_in(&self, service: ServiceId, slot: Slot) -> Arc<[LoadBalancer]> {
        let of_slot = |balancer: &LoadBalancer| {
            let mut own = balancer.clone();
            let advanced = balancer.advanced_configuration.as_ref();
            let alternate = advanced.and_then(|it| it.alternate_target_group_arn.clone());
            if let (Slot::Alternate, Some(alternate)) = (slot, alternate) {
                own.target_group_arn = Some(alternate);
            }
            own
        };
        self.service(service).load_balancers.iter().map(of_slot).collect()
    }

    /// The deployment of a service that is PRIMARY.
    pub(crate) fn primary(&self, service: ServiceId) -> Option<DeploymentId> {
        self.service(service)
            .deployments
            .iter()
            .copied()
            .find(|&d| self.deployment(d).status == crate::model::DeploymentStatus::Primary)
    }
}

/// The name in `arn:…:targetgroup/<name>/<id>`, or the name itself.
pub(crate) fn target_group_name(reference: &str) -> &str {
    let rest = reference.split_once(":targetgroup/").map_or(reference, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// What stands behind the last slash of an ARN; a plain name is itself.
pub(crate) fn last_segment(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
