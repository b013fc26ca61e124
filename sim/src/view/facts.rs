//! What the read model asks of the world: the parts of an answer that the control plane does not
//! know.

use std::net::Ipv4Addr;

use stowplan_engine::View;
use stowplan_engine::model::{HealthStatus, SubnetId, TargetState, TaskId, Time};

use crate::world::{
    ContainerStatus, DnsQuestion, InstanceHealth, Registered, TargetCounts, TargetView, Unknown,
    World, WorldContainer, WorldTask,
};

/// What only the world knows. The defaults are a world that knows nothing, so that an engine can
/// be looked at alone.
pub trait Facts: Sync {
    /// A task's containers and instants.
    fn task(&self, _task: TaskId) -> TaskFacts {
        TaskFacts::default()
    }

    /// Network address of a subnet.
    fn network(&self, _subnet: SubnetId) -> Option<Ipv4Addr> {
        None
    }

    /// Names of the target groups, in order.
    fn target_groups(&self) -> Vec<Box<str>> {
        Vec::new()
    }

    /// Targets of a group by state; none of a group that is not known.
    fn target_counts(&self, _group: &str) -> TargetCounts {
        TargetCounts::default()
    }

    /// MiB that a task uses.
    fn memory_used(&self, _task: TaskId) -> u64 {
        0
    }

    /// What a client has as the answer of DNS; none when nothing has that name.
    fn dns(&self, _question: &DnsQuestion<'_>, _now: Time, _view: View<'_>) -> Option<Vec<String>> {
        None
    }

    /// Names that DNS knows.
    fn dns_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// The instances of a Cloud Map service, by id.
    fn discover(
        &self,
        _namespace: &str,
        _name: &str,
        _now: Time,
    ) -> Result<DiscoveredFacts, Unknown> {
        Err(Unknown::Namespace)
    }

    /// Healthy instances behind a discovery name of Service Connect, by id.
    fn endpoints(&self, _namespace: &str, _name: &str, _now: Time) -> Vec<Registered> {
        Vec::new()
    }

    /// The targets of a group at an instant, by task.
    fn targets(&self, _group: &str, _now: Time) -> Vec<TargetFacts> {
        Vec::new()
    }
}

/// A world that knows nothing.
impl Facts for () {}

/// What the world knows of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFacts {
    /// The agent first reported it.
    pub connectivity_at: Option<Time>,
    /// The first image pull began.
    pub pull_started_at: Option<Time>,
    /// The last image pull ended.
    pub pull_stopped_at: Option<Time>,
    /// The first essential container stopped.
    pub execution_stopped_at: Option<Time>,
    /// Position of its address among those of its subnet that interfaces can have, from 0.
    pub address: Option<u32>,
    /// The address that it had when the run began, if that is known.
    pub given_address: Option<Ipv4Addr>,
    /// Its containers, in the order of the definition; empty before the host has it.
    pub containers: Vec<ContainerFacts>,
}

/// What the world knows of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerFacts {
    /// Its status.
    pub last_status: ContainerStatus,
    /// By its own health check.
    pub health: HealthStatus,
    /// It first ran.
    pub started_at: Option<Time>,
    /// It was sent its stop signal.
    pub signalled_at: Option<Time>,
    /// It was over.
    pub stopped_at: Option<Time>,
    /// How often it was restarted in place.
    pub restart_count: u32,
    /// The code it ended with.
    pub exit_code: Option<i32>,
    /// What went wrong.
    pub reason: Option<Box<str>>,
    /// The first host port of each port mapping, in the order of the definition.
    pub host_ports: Box<[u16]>,
}

impl ContainerFacts {
    /// A container of which nothing is known but its status.
    pub(crate) fn assumed(last_status: ContainerStatus) -> Self {
        Self {
            last_status,
            health: HealthStatus::Unknown,
            started_at: None,
            signalled_at: None,
            stopped_at: None,
            restart_count: 0,
            exit_code: None,
            reason: None,
            host_ports: Box::default(),
        }
    }
}

/// What the world knows of a target.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetFacts {
    /// Its task.
    pub task: TaskId,
    /// Its state.
    pub state: TargetState,
    /// Why it is in its state: a reason code of Elastic Load Balancing.
    pub reason: Option<&'static str>,
    /// The port that gets its requests.
    pub port: u16,
    /// Its share of the group's requests, from 0 to 1.
    pub share: f64,
}

/// What Cloud Map knows of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiscoveredFacts {
    /// How often its instances changed.
    pub revision: u64,
    /// Its instances with their health, by id.
    pub instances: Vec<(Registered, InstanceHealth)>,
}

/// The simulated world.
#[derive(Clone, Copy)]
pub struct WorldFacts<'w> {
    /// The world.
    pub world: &'w World,
}

impl Facts for WorldFacts<'_> {
    fn task(&self, task: TaskId) -> TaskFacts {
        let Some(row) = self.world.task(task) else { return TaskFacts::default() };
        TaskFacts {
            connectivity_at: row.connectivity_at(),
            pull_started_at: row.pull_started_at(),
            pull_stopped_at: row.pull_stopped_at(),
            execution_stopped_at: row.execution_stopped_at(),
            address: row.address(),
            given_address: self.world.given_address(task),
            containers: row.containers().iter().map(container).collect(),
        }
    }

    fn network(&self, subnet: SubnetId) -> Option<Ipv4Addr> {
        self.world.network(subnet)
    }

    fn dns(&self, question: &DnsQuestion<'_>, now: Time, view: View<'_>) -> Option<Vec<String>> {
        self.world.dns(question, now, view)
    }

    fn dns_names(&self) -> Vec<String> {
        self.world.dns_names()
    }

    fn discover(&self, namespace: &str, name: &str, now: Time) -> Result<DiscoveredFacts, Unknown> {
        let (revision, instances) = self.world.discover(namespace, name, now)?;
        let instances = instances.into_iter().map(|(one, health)| (one.clone(), health)).collect();
        Ok(DiscoveredFacts { revision, instances })
    }

    fn endpoints(&self, namespace: &str, name: &str, now: Time) -> Vec<Registered> {
        self.world.endpoints(namespace, name, now).into_iter().cloned().collect()
    }

    fn target_groups(&self) -> Vec<Box<str>> {
        self.world.target_groups().map(|group| group.config().name.clone()).collect()
    }

    fn target_counts(&self, group: &str) -> TargetCounts {
        self.world.target_group(group).map(|group| group.counts()).unwrap_or_default()
    }

    fn memory_used(&self, task: TaskId) -> u64 {
        self.world.task(task).map_or(0, WorldTask::memory_used)
    }

    fn targets(&self, group: &str, now: Time) -> Vec<TargetFacts> {
        let targets = self.world.target_group(group).map(|group| group.targets(now));
        let one = |view: TargetView<'_>| TargetFacts {
            task: view.task,
            state: view.state,
            reason: view.target.code(),
            port: view.target.port(),
            share: view.share,
        };
        targets.unwrap_or_default().into_iter().map(one).collect()
    }
}

fn container(row: &WorldContainer) -> ContainerFacts {
    ContainerFacts {
        last_status: row.status(),
        health: row.health(),
        started_at: row.started_at(),
        signalled_at: row.signalled_at(),
        stopped_at: row.stopped_at(),
        restart_count: row.restart_count(),
        exit_code: row.exit_code(),
        reason: row.reason().map(Into::into),
        host_ports: row.host_ports().into(),
    }
}
