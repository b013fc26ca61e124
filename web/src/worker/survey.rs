//! The control plane at an instant as a frame: what is there.

use stowplan_engine::View;
use stowplan_engine::model::{
    BinpackField, DesiredStatus as Wanted, HealthStatus, InstanceId, InstanceStatus, LaunchType,
    Market, PlacementConstraint, PlacementStrategy, ProviderKind, ServiceId, SpreadField,
    TaskDefinition, TaskStatus as Status, Time, ZoneId,
};
use stowplan_engine::{HealthClass, model};

use super::protocol::{
    Definition, Deployment, DesiredStatus, Health, Host, HostState, HostStatus, Rule, Service,
    Task, TaskStatus,
};
use super::{code_deploy, stages};

/// A look at the control plane.
#[derive(Clone, Copy)]
pub(super) struct Survey<'a> {
    pub(super) view: View<'a>,
    pub(super) now: Time,
    /// The zones in the order of the columns.
    pub(super) columns: &'a [ZoneId],
}

/// The zones of all clusters in the order given, then those only instances have.
pub(super) fn columns(view: View<'_>) -> Vec<ZoneId> {
    let given = view.clusters().flat_map(|(_, cluster)| cluster.zones.iter().copied());
    let found = view.instances().map(|(_, instance)| instance.zone);
    let mut columns = Vec::new();
    for zone in given.chain(found) {
        if !columns.contains(&zone) {
            columns.push(zone);
        }
    }
    columns
}

impl Survey<'_> {
    fn column(&self, zone: ZoneId) -> Option<u16> {
        self.columns.iter().position(|known| *known == zone).map(|index| index as u16)
    }

    pub(super) fn hosts(&self) -> Vec<Host> {
        self.view.instances().map(|(_, row)| self.host(row)).collect()
    }

    fn host(&self, row: &model::ContainerInstance) -> Host {
        let text = |given: Option<&str>| given.unwrap_or_default().to_owned();
        Host {
            id: row.name.to_string(),
            instance_type: text(row.instance_type.as_deref()),
            zone: self.column(row.zone).unwrap_or(0),
            spot: row.market == Market::Spot,
            group: text(row.auto_scaling_group.as_deref()),
            cpu: row.registered_cpu,
            memory: row.registered_memory,
            eni_limit: row.eni_limit,
        }
    }

    /// The live part of each instance. `gone_at` tells when a noticed Spot instance goes.
    pub(super) fn host_states(
        &self,
        gone_at: impl Fn(InstanceId) -> Option<u64>,
    ) -> Vec<HostState> {
        let state = |(id, row): (InstanceId, &model::ContainerInstance)| {
            let free = self.view.instance_free(id);
            HostState {
                status: match row.status {
                    InstanceStatus::Active => HostStatus::Active,
                    InstanceStatus::Draining => HostStatus::Draining,
                    InstanceStatus::Registering => HostStatus::Registering,
                    InstanceStatus::Deregistering => HostStatus::Deregistering,
                    InstanceStatus::Inactive | InstanceStatus::RegistrationFailed => {
                        HostStatus::Gone
                    }
                },
                agent_connected: row.agent_connected,
                cpu_left: free.cpu,
                memory_left: free.memory,
                eni_used: row.enis_used,
                gone_at_ms: gone_at(id),
            }
        };
        self.view.instances().map(state).collect()
    }

    pub(super) fn definitions(&self) -> Vec<Definition> {
        let definition = |row: &TaskDefinition| Definition {
            family: row.family.to_string(),
            revision: row.revision,
            cpu: row.demand.cpu,
            memory: row.demand.memory,
        };
        self.view.definitions().iter().map(definition).collect()
    }

    /// Tasks that are not yet STOPPED, in order of creation.
    pub(super) fn tasks(&self) -> Vec<Task> {
        let present = self.view.tasks().iter().filter(|task| task.last_status != Status::Stopped);
        present.map(|task| self.task(task)).collect()
    }

    fn task(&self, row: &model::Task) -> Task {
        let provider = row.provider.map(|provider| &self.view.provider(provider).kind);
        Task {
            key: row.id.number(),
            service: row.owner.map(|owner| owner.service.index() as u16),
            host: row.instance.map(|instance| instance.number()),
            zone: row.zone.and_then(|zone| self.column(zone)),
            definition: row.definition.index() as u16,
            last_status: status(row.last_status),
            desired_status: match row.desired_status {
                Wanted::Running => DesiredStatus::Running,
                Wanted::Stopped => DesiredStatus::Stopped,
            },
            health: self.health(row),
            protected: row.is_protected(self.now),
            fargate: row.launch_type == LaunchType::Fargate,
            spot: matches!(provider, Some(ProviderKind::FargateSpot)),
            cpu: row.demand.cpu,
            memory: row.demand.memory,
            created_ms: row.created_at.0,
            started_ms: row.started_at().map(|at| at.0),
        }
    }

    /// A task without a check has no health to show, however the scheduler counts it.
    fn health(&self, row: &model::Task) -> Health {
        let checked = self.view.definition(row.definition).containers.iter();
        let has_check = checked.clone().any(|container| container.health_check.is_some());
        if !has_check && row.targets.is_empty() {
            return Health::None;
        }
        match (row.container_health, self.view.health_class(row.id, self.now)) {
            (HealthStatus::Unhealthy, _) | (_, HealthClass::Unhealthy) => Health::Unhealthy,
            (_, HealthClass::Healthy) => Health::Healthy,
            (_, HealthClass::Settling | HealthClass::FailingInGrace) => Health::Unknown,
        }
    }

    /// Services in order of creation, without their sentences.
    pub(super) fn services(&self) -> Vec<Service> {
        self.view.services().map(|(id, row)| self.service(id, row)).collect()
    }

    fn service(&self, id: ServiceId, row: &model::Service) -> Service {
        let counts = self.view.counts(id, self.now);
        Service {
            name: row.name.to_string(),
            desired: row.desired,
            running: counts.running,
            pending: counts.pending,
            healthy: counts.healthy,
            floor: row.lower_limit(),
            ceiling: row.upper_limit(),
            minimum_percent: row.settings.bounds.minimum_healthy.0,
            maximum_percent: row.settings.bounds.maximum.0,
            strategy: row.strategy.iter().map(strategy).collect(),
            constraints: row.constraints.iter().map(constraint).collect(),
            deployments: self.deployments(id, row),
            rollout: stages::rollout(self.view, id),
            deployment_group: code_deploy::group_of(self.view, id).to_owned(),
            stage: None,
            sentence: String::new(),
        }
    }

    /// The PRIMARY first, then newest first.
    fn deployments(&self, id: ServiceId, row: &model::Service) -> Vec<Deployment> {
        let primary = self.view.primary(id);
        let mut listed = row.deployments.clone();
        listed.sort_unstable_by_key(|d| (Some(*d) != primary, std::cmp::Reverse(*d)));
        let deployment = |id: model::DeploymentId| {
            let row = self.view.deployment(id);
            let counts = self.view.deployment_counts(id, self.now);
            Deployment {
                id: self.view.deployment_name(id),
                status: row.status.as_str().to_owned(),
                rollout_state: row.rollout.as_str().to_owned(),
                rollout_reason: self.view.rollout_reason(id),
                definition: row.definition.index() as u16,
                desired: row.desired,
                running: counts.running,
                pending: counts.pending,
                failed: row.failures,
                created_ms: row.created_at.0,
            }
        };
        listed.into_iter().map(deployment).collect()
    }
}

fn status(status: Status) -> TaskStatus {
    match status {
        Status::Provisioning => TaskStatus::Provisioning,
        Status::Pending => TaskStatus::Pending,
        Status::Activating => TaskStatus::Activating,
        Status::Running => TaskStatus::Running,
        Status::Deactivating => TaskStatus::Deactivating,
        Status::Stopping => TaskStatus::Stopping,
        Status::Deprovisioning => TaskStatus::Deprovisioning,
        Status::Stopped => TaskStatus::Stopped,
    }
}

pub(super) fn strategy(strategy: &PlacementStrategy) -> Rule {
    let (kind, field) = match strategy {
        PlacementStrategy::Spread(SpreadField::Instance) => ("spread", "instanceId".to_owned()),
        PlacementStrategy::Spread(SpreadField::Attribute(name)) => {
            ("spread", format!("attribute:{name}"))
        }
        PlacementStrategy::Binpack(BinpackField::Cpu) => ("binpack", "cpu".to_owned()),
        PlacementStrategy::Binpack(BinpackField::Memory) => ("binpack", "memory".to_owned()),
        PlacementStrategy::Random => ("random", String::new()),
    };
    Rule { kind: kind.to_owned(), field }
}

pub(super) fn constraint(constraint: &PlacementConstraint) -> Rule {
    match constraint {
        PlacementConstraint::DistinctInstance => {
            Rule { kind: "distinctInstance".to_owned(), field: String::new() }
        }
        PlacementConstraint::MemberOf(expression) => {
            Rule { kind: "memberOf".to_owned(), field: expression.source().to_owned() }
        }
    }
}
