//! A registered task definition: what the call gave, and what the scheduler reads from it.

use std::sync::Arc;

use crate::api::input::RegisterTaskDefinition;
use crate::model::{
    DefinitionStatus, Demand, NetworkMode, PlacementConstraint, Protocol, Span, Time,
};

/// One revision of a task definition. Immutable but for its status.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TaskDefinition {
    /// The family.
    pub family: Box<str>,
    /// The revision, from 1.
    pub revision: u32,
    /// Whether new references are allowed.
    pub status: DefinitionStatus,
    /// As registered.
    pub input: Arc<RegisterTaskDefinition>,
    /// The effective network mode.
    pub network_mode: NetworkMode,
    /// Task-level CPU units.
    pub cpu: Option<u32>,
    /// Task-level MiB.
    pub memory: Option<u32>,
    /// What one task reserves.
    pub demand: Arc<Demand>,
    /// The containers, in the order given.
    pub containers: Box<[Container]>,
    /// `memberOf` constraints of the definition.
    pub constraints: Box<[PlacementConstraint]>,
    /// Attributes an instance must have (01 section 2.6), sorted.
    pub requires_attributes: Box<[Box<str>]>,
    /// `ecs.os-family` an instance must have, when given.
    pub os_family: Option<Box<str>>,
    /// `ecs.cpu-architecture` an instance must have, when given.
    pub cpu_architecture: Option<Box<str>>,
    /// Launch types for which it is valid.
    pub compatibilities: Compatibilities,
    /// When it was registered.
    pub registered_at: Time,
    /// When it was deregistered.
    pub deregistered_at: Option<Time>,
}

/// Launch types for which a definition is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Compatibilities {
    /// EC2.
    pub ec2: bool,
    /// Fargate.
    pub fargate: bool,
    /// ECS Anywhere.
    pub external: bool,
    /// Managed Instances.
    pub managed_instances: bool,
}

/// One container, as the scheduler and the agent read it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Container {
    /// Unique in the task.
    pub name: Box<str>,
    /// The image.
    pub image: Box<str>,
    /// The task stops with it.
    pub essential: bool,
    /// CPU units; 0 when absent.
    pub cpu: u32,
    /// Hard limit, MiB.
    pub memory: Option<u32>,
    /// Soft limit, MiB.
    pub memory_reservation: Option<u32>,
    /// Whole GPUs.
    pub gpu: u32,
    /// Health check by the agent.
    pub health_check: Option<ContainerHealthCheck>,
    /// Start order: position of the other container, and the condition. Links count as START.
    pub depends_on: Box<[Dependency]>,
    /// How long others wait for this container.
    pub start_timeout: Option<Span>,
    /// From the stop signal to SIGKILL; the agent's own default when absent.
    pub stop_timeout: Option<Span>,
    /// Restart in place.
    pub restart: Option<RestartRule>,
    /// Ports.
    pub ports: Box<[ContainerPort]>,
}

/// A port of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContainerPort {
    /// First port inside.
    pub container_port: u16,
    /// How many ports: 1, or the length of a range.
    pub count: u16,
    /// Static port on the instance; `None` is dynamic.
    pub host_port: Option<u16>,
    /// Transport.
    pub protocol: Protocol,
}

/// A container waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dependency {
    /// Position of the other container in the definition.
    pub on: usize,
    /// For what.
    pub condition: DependencyCondition,
}

/// For what a container waits (01 section 11.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DependencyCondition {
    /// Started.
    Start,
    /// Stopped, whatever the code.
    Complete,
    /// Stopped with code 0.
    Success,
    /// HEALTHY.
    Healthy,
    /// Created (`volumesFrom`).
    Created,
}

/// Container health check (01 section 11.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContainerHealthCheck {
    /// Between the end of a probe and the next.
    pub interval: Span,
    /// How long a probe may take.
    pub timeout: Span,
    /// Failures in a row that make it UNHEALTHY.
    pub retries: u32,
    /// Failures of probes begun in it do not count until the first success.
    pub start_period: Span,
}

/// Restart in place (01 section 11.6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RestartRule {
    /// Codes after which nothing is restarted.
    pub ignored_exit_codes: Box<[i32]>,
    /// How long the container must have run.
    pub attempt_period: Span,
}

impl TaskDefinition {
    /// Whether some essential container has a health check (03 section 4.2).
    pub fn has_essential_health_check(&self) -> bool {
        self.containers.iter().any(|c| c.essential && c.health_check.is_some())
    }

    /// `family:revision`.
    pub fn label(&self) -> String {
        format!("{}:{}", self.family, self.revision)
    }
}
