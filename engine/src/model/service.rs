//! A service, and the records of its deployments (03 section 1).

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::api::input::{CreateService, LoadBalancer, NetworkConfiguration, ServiceRegistry};
use crate::model::{
    ClusterId, ControllerType, DeploymentId, DeploymentSettings, GroupId, Launch,
    PlacementConstraint, PlacementStrategy, Reach, SchedulingStrategy, ServiceConnect,
    ServiceDeploymentId, ServiceStatus, Span, TaskId, Throttle, Time, Traffic, ZoneId,
};

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// Unique in its cluster.
    pub name: Box<str>,
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its tasks' group.
    pub group: GroupId,
    /// Status.
    pub status: ServiceStatus,
    /// How many tasks are wanted; for DAEMON the number of eligible instances.
    pub desired: u32,
    /// REPLICA or DAEMON.
    pub scheduling: SchedulingStrategy,
    /// Who deploys.
    pub controller: ControllerType,
    /// How it is deployed.
    pub settings: DeploymentSettings,
    /// As given, for display.
    pub input: Arc<CreateService>,
    /// Where new tasks are launched.
    pub launch: Launch,
    /// Constraints of the service.
    pub constraints: Arc<[PlacementConstraint]>,
    /// Strategy of the service; empty is the default one.
    pub strategy: Arc<[PlacementStrategy]>,
    /// Network of awsvpc tasks.
    pub network: Option<NetworkConfiguration>,
    /// Target groups.
    pub load_balancers: Vec<LoadBalancer>,
    /// Cloud Map registries.
    pub registries: Vec<ServiceRegistry>,
    /// From RUNNING, in which bad health is ignored.
    pub grace: Span,
    /// Availability zone rebalancing.
    pub rebalancing: bool,
    /// Where traffic goes.
    pub traffic: Traffic,
    /// Deployments that are listed, in order of creation.
    pub deployments: Vec<DeploymentId>,
    /// Records of all its deployments, oldest first.
    pub records: Vec<ServiceDeploymentId>,
    /// Its tasks in order of creation, without those that were STOPPED before the last pass.
    pub tasks: Vec<TaskId>,
    /// Service revisions made so far.
    pub revisions: u32,
    /// When it was created.
    pub created_at: Time,
    /// What the scheduler remembers between passes.
    pub memory: ServiceMemory,
}

/// What the scheduler remembers of a service between passes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServiceMemory {
    /// Since when it is steady, and when that was last said.
    pub steady: Option<Steady>,
    /// A pass started or stopped something since the last steady message.
    pub acted: bool,
    /// Launches of the last minute: instant and number.
    pub launches: VecDeque<(Time, u32)>,
    /// Messages not to be repeated: by kind and subject, when last said.
    pub said: Vec<(MessageKey, Time)>,
    /// Pending tasks that a call threw away, to be told by the pass that follows.
    pub untold_pending: u32,
    /// Tasks that reached RUNNING since the last pass, with targets to announce.
    pub registered: BTreeMap<DeploymentId, u32>,
    /// Why a target is unhealthy, by task and load balancer.
    pub target_failures: BTreeMap<(TaskId, usize), TargetFailure>,
    /// Availability Zone rebalancing under way.
    pub rebalancing: Option<Rebalancing>,
    /// The cluster's count of changes that could make room, when placement was last tried.
    pub room_seen: u64,
}

/// Why a target is unhealthy, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TargetFailure {
    /// `Health checks failed with these codes: [500]` and the like (02 section 7.4).
    pub reason: Box<str>,
    /// Its port: of the host for `instance` targets, of the container for `ip` targets; 0 when
    /// nobody said.
    pub port: u16,
}

/// Availability Zone rebalancing that was begun (01 section 10).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rebalancing {
    /// The move whose new task is there and whose old one is not stopped yet.
    pub under_way: Option<Move>,
    /// Moves that find no room in their zone. Nothing else that the service starts waits for them.
    pub throttle: Throttle,
}

/// A move from zone to zone: the task that was started for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Move {
    /// The new task.
    pub task: TaskId,
    /// Its zone.
    pub to: ZoneId,
}

impl ServiceMemory {
    /// The move that is under way.
    pub fn move_under_way(&self) -> Option<Move> {
        self.rebalancing.as_ref().and_then(|rebalancing| rebalancing.under_way)
    }
}

/// A service is in a steady state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Steady {
    /// Since then.
    pub since: Time,
    /// When the message was last emitted.
    pub said: Time,
}

/// What a message that is not repeated is about (03 section 15.4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MessageKey {
    /// E15: no place, by the text's variable part.
    Unplaceable(Box<str>),
    /// E16.
    StartsFail,
    /// E17, by deployment.
    Stuck(DeploymentId),
    /// E18, by the deployment and the number of tasks.
    Protected(DeploymentId, u32),
    /// E22: every task that could leave is protected.
    RebalancingProtected,
    /// E20.
    ProvisioningLimit,
}

impl Service {
    /// How the tasks of a revision made now are found and reached.
    pub fn reach(&self) -> Reach {
        let connect = self.input.service_connect_configuration.as_ref();
        Reach {
            network: self.network.clone(),
            registries: self.registries.clone(),
            connect: ServiceConnect::read(connect),
        }
    }

    /// Whether some listener has test traffic.
    pub fn has_test_rule(&self) -> bool {
        self.load_balancers.iter().any(|balancer| {
            let advanced = balancer.advanced_configuration.as_ref();
            advanced.is_some_and(|advanced| advanced.test_listener_rule.is_some())
        })
    }

    /// minH: what must stay healthy.
    pub fn lower_limit(&self) -> u32 {
        self.settings.bounds.lower(self.desired)
    }

    /// maxT: what may occupy at most. A daemon never has more than one task an instance.
    pub fn upper_limit(&self) -> u32 {
        match self.scheduling {
            SchedulingStrategy::Replica => self.settings.bounds.upper(self.desired),
            SchedulingStrategy::Daemon => self.desired,
        }
    }
}
