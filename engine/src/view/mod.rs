//! Looking at the state. Nothing here changes anything.

mod counts;
mod message;
mod shift;
mod text;

use crate::api::EngineConfig;
use crate::expr::Expression;
use crate::lifecycle::HealthClass;
use crate::lifecycle::health;
use crate::model::{
    Alarm, CapacityProvider, Cluster, ClusterId, CodeDeployment, CodeDeploymentId,
    ContainerInstance, Deployment, DeploymentGroup, DeploymentId, GroupId, InstanceId, ProviderId,
    Reservation, ScalingGroup, ScalingGroupId, Service, ServiceConnect, ServiceDeployment,
    ServiceDeploymentId, ServiceId, Subnet, SubnetId, Task, TaskDefinition, TaskDefinitionId,
    TaskId, Time, ZoneId,
};
use crate::store::Store;
use crate::store::instances::Free;
use crate::store::task_table::Tasks;
use crate::subject::InstanceSubject;

pub use counts::ServiceCounts;
pub use shift::{CodeDeployOutlook, ShiftOutlook};

/// A read-only view of the whole state.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(crate) store: &'a Store,
}

impl<'a> View<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// The configuration.
    pub fn config(self) -> &'a EngineConfig {
        &self.store.config
    }

    /// All clusters, in the order made.
    pub fn clusters(self) -> impl Iterator<Item = (ClusterId, &'a Cluster)> {
        self.store.clusters.iter().enumerate().map(|(i, c)| (ClusterId::from_index(i), c))
    }

    /// A cluster.
    pub fn cluster(self, cluster: ClusterId) -> &'a Cluster {
        self.store.cluster(cluster)
    }

    /// A cluster by name or ARN; the only one when none is named.
    pub fn find_cluster(self, name: Option<&str>) -> Option<ClusterId> {
        self.store.find_cluster(name)
    }

    /// All container instances, in the order registered.
    pub fn instances(self) -> impl Iterator<Item = (InstanceId, &'a ContainerInstance)> {
        self.store.instances.iter()
    }

    /// A container instance.
    pub fn instance(self, instance: InstanceId) -> &'a ContainerInstance {
        self.store.instances.get(instance)
    }

    /// A container instance by id or ARN.
    pub fn find_instance(self, cluster: ClusterId, name: &str) -> Option<InstanceId> {
        self.store.find_instance(cluster, name)
    }

    /// What an instance has left for tasks.
    pub fn instance_free(self, instance: InstanceId) -> Free {
        self.store.instances.free(instance)
    }

    /// Whether an expression of the cluster query language holds for an instance.
    pub fn holds(self, expression: &Expression, instance: InstanceId) -> bool {
        expression.holds(&InstanceSubject::new(self.store, instance))
    }

    /// All tasks of the run in order of creation, stopped ones too.
    pub fn tasks(self) -> Tasks<'a> {
        self.store.tasks.rows()
    }

    /// A task.
    pub fn task(self, task: TaskId) -> &'a Task {
        self.store.task(task)
    }

    /// A task by id or ARN.
    pub fn find_task(self, name: &str) -> Option<TaskId> {
        self.store.find_task(name)
    }

    /// GPUs that a task holds, as a set of positions.
    pub fn gpus_of(self, task: TaskId) -> u64 {
        self.store.gpus_of(task)
    }

    /// Tasks that wait for an instance in PROVISIONING, oldest first.
    pub fn waiting(self) -> impl Iterator<Item = TaskId> {
        self.store.waiting.iter().copied()
    }

    /// The namespace of Service Connect: its own, or the default one of its cluster, which is
    /// called as the cluster is.
    pub fn connect_namespace(self, connect: &'a ServiceConnect, cluster: ClusterId) -> &'a str {
        connect.namespace.as_deref().unwrap_or_else(|| &self.cluster(cluster).name)
    }

    /// Whether a Fargate task gets a public address beside its private one (02 section 1.1).
    pub fn has_public_address(self, task: TaskId) -> bool {
        let row = self.task(task);
        match row.owner {
            Some(owner) => self.deployment(owner.deployment).reach.has_public_address(),
            None => row.extra.as_ref().is_some_and(|extra| extra.public_address),
        }
    }

    /// All task definitions, in order of registration.
    pub fn definitions(self) -> &'a [TaskDefinition] {
        &self.store.definitions
    }

    /// A task definition.
    pub fn definition(self, definition: TaskDefinitionId) -> &'a TaskDefinition {
        self.store.definition(definition)
    }

    /// A task definition by `family`, `family:revision` or ARN.
    pub fn find_definition(self, reference: &str) -> Option<TaskDefinitionId> {
        self.store.find_definition(reference)
    }

    /// All services, in order of creation.
    pub fn services(self) -> impl Iterator<Item = (ServiceId, &'a Service)> {
        self.store.services.iter().enumerate().map(|(i, s)| (ServiceId::from_index(i), s))
    }

    /// A service.
    pub fn service(self, service: ServiceId) -> &'a Service {
        self.store.service(service)
    }

    /// A service by name or ARN; the newest of that name.
    pub fn find_service(self, cluster: ClusterId, name: &str) -> Option<ServiceId> {
        self.store.find_service(cluster, name)
    }

    /// The PRIMARY deployment of a service.
    pub fn primary(self, service: ServiceId) -> Option<DeploymentId> {
        self.store.primary(service)
    }

    /// A deployment.
    pub fn deployment(self, deployment: DeploymentId) -> &'a Deployment {
        self.store.deployment(deployment)
    }

    /// All deployments and task sets of the run, in order of creation, those that are gone too.
    pub fn deployments(self) -> &'a [Deployment] {
        &self.store.deployments
    }

    /// A service deployment record.
    pub fn record(self, record: ServiceDeploymentId) -> &'a ServiceDeployment {
        self.store.record(record)
    }

    /// All capacity providers, the predefined ones first.
    pub fn providers(self) -> impl Iterator<Item = (ProviderId, &'a CapacityProvider)> {
        self.store.providers.iter().enumerate().map(|(i, p)| (ProviderId::from_index(i), p))
    }

    /// All Auto Scaling groups, in the order given.
    pub fn scaling_groups(self) -> &'a [ScalingGroup] {
        &self.store.scaling_groups
    }

    /// An Auto Scaling group.
    pub fn scaling_group(self, group: ScalingGroupId) -> &'a ScalingGroup {
        &self.store.scaling_groups[group.index()]
    }

    /// An Auto Scaling group of a cluster, by name.
    pub fn find_scaling_group(self, cluster: ClusterId, name: &str) -> Option<ScalingGroupId> {
        self.store.find_scaling_group(cluster, name)
    }

    /// The newest data point of `CapacityProviderReservation` of a provider in a cluster.
    pub fn reservation(self, cluster: ClusterId, provider: ProviderId) -> Option<Reservation> {
        self.store.managed.get(&(cluster, provider))?.newest
    }

    /// A capacity provider.
    pub fn provider(self, provider: ProviderId) -> &'a CapacityProvider {
        self.store.provider(provider)
    }

    /// An ACTIVE capacity provider by name.
    pub fn find_provider(self, name: &str) -> Option<ProviderId> {
        self.store.find_provider(name)
    }

    /// All alarms, by name.
    pub fn alarms(self) -> impl Iterator<Item = &'a Alarm> {
        self.store.alarms.values()
    }

    /// An alarm by name.
    pub fn alarm(self, name: &str) -> Option<&'a Alarm> {
        self.store.alarms.get(name)
    }

    /// CodeDeploy's deployments, oldest first.
    pub fn code_deployments(self) -> &'a [CodeDeployment] {
        &self.store.code_deployments
    }

    /// A deployment of CodeDeploy.
    pub fn code_deployment(self, deployment: CodeDeploymentId) -> &'a CodeDeployment {
        self.store.code_deployment(deployment)
    }

    /// A deployment of CodeDeploy by its id.
    pub fn find_code_deployment(self, name: &str) -> Option<CodeDeploymentId> {
        let number = name.strip_prefix("d-")?.parse::<u32>().ok()?.checked_sub(1)?;
        let id = CodeDeploymentId::new(number);
        let exists = id.index() < self.store.code_deployments.len();
        (exists && self.code_deployment_name(id) == name).then_some(id)
    }

    /// CodeDeploy's deployment groups, by name.
    pub fn deployment_groups(self) -> impl Iterator<Item = &'a DeploymentGroup> {
        self.store.deployment_groups.values()
    }

    /// A deployment group of CodeDeploy.
    pub fn deployment_group(self, name: &str) -> Option<&'a DeploymentGroup> {
        self.store.deployment_groups.get(name)
    }

    /// A subnet.
    pub fn subnet(self, subnet: SubnetId) -> &'a Subnet {
        self.store.subnet(subnet)
    }

    /// Full name of a zone.
    pub fn zone_name(self, zone: ZoneId) -> &'a str {
        self.store.zone_name(zone)
    }

    /// Name of a task group.
    pub fn group_name(self, group: GroupId) -> &'a str {
        self.store.group_name(group)
    }

    /// Settings of the account.
    pub fn account_setting(self, name: &str) -> Option<&'a str> {
        self.store.account_settings.get(name).map(|value| &**value)
    }

    /// What a task counts as for its service at an instant; standalone tasks by their own checks.
    pub fn health_class(self, task: TaskId, now: Time) -> HealthClass {
        health::class(self.task(task), &self.store.health_rules(task), now)
    }

    /// Counts of a service at an instant.
    pub fn counts(self, service: ServiceId, now: Time) -> ServiceCounts {
        counts::of(self.store, service, None, now)
    }

    /// Counts of one deployment at an instant.
    pub fn deployment_counts(self, deployment: DeploymentId, now: Time) -> ServiceCounts {
        counts::of(self.store, self.deployment(deployment).service, Some(deployment), now)
    }
}
