//! What happened, for people, logs and the picture. Events carry ids; texts are made on demand by
//! [`crate::View`].

use std::sync::Arc;

use crate::expr::Expression;
use crate::model::{
    AlarmState, ClusterId, CodeDeployStatus, CodeDeploymentId, DeploymentId, GroupId, HookStatus,
    InstanceId, InstanceStatus, LifecycleEvent, LifecycleStage, ProviderId, Reservation,
    RolloutState, ScalingGroupId, ServiceDeploymentId, ServiceDeploymentStatus, ServiceId,
    TargetFailure, TaskDefinitionId, TaskId, TaskStatus, Time, Traffic, ZoneId,
};

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// Its number, from 0 without a gap.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A task definition was registered.
    DefinitionRegistered(TaskDefinitionId),
    /// An instance joined.
    InstanceRegistered(InstanceId),
    /// An instance changed status.
    InstanceStatus(InstanceId, InstanceStatus),
    /// Its agent connected or disconnected.
    AgentConnection(InstanceId, bool),
    /// A task's record was made: the start decision.
    TaskCreated(TaskId),
    /// A task got its instance; on Fargate, it was created there.
    TaskPlaced(TaskId),
    /// A task was told to stop, by whomever.
    TaskStopDecided(TaskId),
    /// A task changed status.
    TaskStatus(TaskId, TaskStatus),
    /// A task became healthy, unhealthy or unknown by its containers.
    TaskHealth(TaskId, crate::model::HealthStatus),
    /// A target of a task changed state: the one of the load balancer at that position.
    TargetState(TaskId, usize, crate::model::TargetState),
    /// No place for a task.
    PlacementFailed(Box<PlacementFailure>),
    /// A service was created.
    ServiceCreated(ServiceId),
    /// A service is being deleted, or is gone.
    ServiceStatus(ServiceId, crate::model::ServiceStatus),
    /// A service's desired count changed.
    DesiredCount(ServiceId, u32),
    /// A deployment was created.
    DeploymentCreated(DeploymentId),
    /// A deployment's roll-out changed state.
    Rollout(DeploymentId, RolloutState),
    /// A service deployment entered a stage.
    Stage(ServiceDeploymentId, LifecycleStage),
    /// The n-th run of a lifecycle hook of a service deployment stands so.
    Hook(ServiceDeploymentId, u32, HookStatus),
    /// A task set became PRIMARY.
    PrimaryTaskSet(DeploymentId),
    /// Traffic of a service goes elsewhere: there, from now on.
    Traffic(ServiceId, Traffic),
    /// A service deployment changed status.
    ServiceDeployment(ServiceDeploymentId, ServiceDeploymentStatus),
    /// A CloudWatch alarm changed its state.
    AlarmState(Box<AlarmChange>),
    /// A data point of `CapacityProviderReservation` that differs from the one before.
    Reservation(ProviderId, Box<Reservation>),
    /// An Auto Scaling group wants another number of instances.
    DesiredCapacity(ScalingGroupId, u32),
    /// Managed scaling wanted more instances and did not ask for them.
    ScalingBlocked(ProviderId, ScalingBlock),
    /// A service event message (03 section 15.2).
    Message(ServiceId, Box<Message>),
    /// An EventBridge event (03 section 15.5).
    Bus(Box<BusEvent>),
    /// A deployment of CodeDeploy changed its status.
    CodeDeployment(CodeDeploymentId, CodeDeployStatus),
    /// A deployment of CodeDeploy came to a lifecycle event.
    LifecycleEvent(CodeDeploymentId, LifecycleEvent),
    /// The function of a lifecycle event was asked, or that ended (03 section 20.2).
    LifecycleHook(CodeDeploymentId, LifecycleEvent, HookStatus),
}

/// Why managed scaling does not scale out (04 section 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalingBlock {
    /// An instance still warms up.
    Warmup,
    /// The group has its maximum.
    AtMax,
}

impl ScalingBlock {
    /// The specification's log word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warmup => "SCALE_OUT_BLOCKED_WARMUP",
            Self::AtMax => "AT_MAX",
        }
    }
}

/// A service event message, by the number of 03 section 15.2.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// E1
    SteadyState,
    /// E2, and E5 when some replace unhealthy tasks.
    Started {
        /// The tasks.
        tasks: Box<[TaskId]>,
        /// How many replace unhealthy tasks.
        replaced: u32,
    },
    /// E3
    StoppedPending(u32),
    /// E4, by the target group.
    Registered(u32, crate::model::Balancer),
    /// E6
    Stopped(Box<[TaskId]>),
    /// E7, by the target group.
    Deregistered(u32, crate::model::Balancer),
    /// E8, by the deployment whose tasks drain.
    Draining(u32, DeploymentId),
    /// E9
    TargetUnhealthy {
        /// The task.
        task: TaskId,
        /// Position of the load balancer.
        group: usize,
        /// Why, and at which port.
        failure: TargetFailure,
    },
    /// E10
    ContainerUnhealthy(TaskId),
    /// E11
    DeploymentCompleted(DeploymentId),
    /// E12
    DeploymentFailed(DeploymentId),
    /// E13
    RollingBack(DeploymentId),
    /// E14
    AlarmDetected(DeploymentId),
    /// E15a: the closest instance and its reason.
    NoPlace(InstanceId, Box<str>),
    /// E15b: no instance in the cluster.
    NoInstances,
    /// E15b: no instance in the capacity provider.
    NoInstancesInProvider(ProviderId),
    /// E15c: Fargate, by the reason.
    NoCapacity(Box<str>),
    /// E16
    CannotStart,
    /// E17
    Stuck,
    /// E18, by the deployment and the number of tasks under protection.
    Protected(DeploymentId, u32),
    /// E18 again, in the words of the task set.
    SetProtected(DeploymentId, u32),
    /// E20
    ProvisioningLimit,
    /// E21 and E22
    Rebalance(RebalanceStep),
}

/// A step of Availability Zone rebalancing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RebalanceStep {
    /// E21: the zones were counted, most tasks first.
    Counted {
        /// Tasks of each zone.
        counts: Box<[ZoneCount]>,
        /// Whether that is balanced.
        balanced: bool,
    },
    /// E22: a task was started.
    Started {
        /// The task.
        task: TaskId,
        /// Its zone.
        zone: ZoneId,
    },
    /// E22: a task was told to stop.
    Stopped {
        /// The task.
        task: TaskId,
        /// Its zone.
        zone: ZoneId,
    },
    /// E22: no place in the zone.
    NoPlace {
        /// The zone.
        zone: ZoneId,
    },
    /// E22: every task that could leave is protected.
    Protected {
        /// The deployment.
        deployment: DeploymentId,
    },
    /// E22: ended early.
    Ended,
}

/// A CloudWatch alarm, and what it came to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AlarmChange {
    /// Its name.
    pub alarm: Box<str>,
    /// Its state from now on.
    pub state: AlarmState,
}

/// Tasks of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ZoneCount {
    /// The zone.
    pub zone: ZoneId,
    /// Live tasks of the service in it.
    pub tasks: u32,
}

/// An EventBridge event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BusEvent {
    /// `eventName`.
    pub name: &'static str,
    /// The service.
    pub service: ServiceId,
    /// The deployment, for `ECS Deployment State Change`.
    pub deployment: Option<DeploymentId>,
    /// The run of a hook, for `ECS Hook State Change`.
    pub hook: Option<(ServiceDeploymentId, u32)>,
    /// `reason`.
    pub reason: Option<Box<str>>,
}

/// Why a task found no place: every instance that was looked at, with its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PlacementFailure {
    /// The cluster.
    pub cluster: ClusterId,
    /// The service whose task it is.
    pub service: Option<ServiceId>,
    /// The task's group.
    pub group: GroupId,
    /// What it runs.
    pub definition: TaskDefinitionId,
    /// The provider it was chosen for.
    pub provider: Option<ProviderId>,
    /// The closest instance (01 section 4.7).
    pub closest: Option<InstanceId>,
    /// The reported reason.
    pub reason: Box<str>,
    /// Every ACTIVE instance by id, with the first failing check and all of them.
    pub rejected: Box<[Rejection]>,
}

/// Why one instance was refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rejection {
    /// The instance.
    pub instance: InstanceId,
    /// Every failing check in order; the first is the reported reason.
    pub checks: Box<[FailedCheck]>,
}

/// A check of 01 section 4.2 that an instance fails, with the amounts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FailedCheck {
    /// The agent is not connected.
    Agent,
    /// A required attribute, operating system, architecture or the VPC.
    Attribute(Box<str>),
    /// The zone holds none of the subnets.
    Location,
    /// CPU units.
    Cpu {
        /// Needed.
        need: u32,
        /// Left.
        have: u32,
    },
    /// MiB.
    Memory {
        /// Needed.
        need: u32,
        /// Left.
        have: u32,
    },
    /// Host ports that are taken, of how many needed; none taken means over 100 in all.
    Ports {
        /// Ports needed.
        need: u32,
        /// Of them in conflict.
        conflicts: u32,
    },
    /// GPUs.
    Gpu {
        /// Needed.
        need: u32,
        /// Free.
        have: u32,
    },
    /// Task network interfaces.
    Eni {
        /// Slots in all.
        limit: u32,
    },
    /// A live task of the group is there.
    DistinctInstance,
    /// An expression does not hold.
    MemberOf(Arc<Expression>),
}

impl FailedCheck {
    /// The reason as the API spells it (01 section 3.4).
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Agent => "AGENT",
            Self::Attribute(_) => "ATTRIBUTE",
            Self::Location => "LOCATION",
            Self::Cpu { .. } => "RESOURCE:CPU",
            Self::Memory { .. } => "RESOURCE:MEMORY",
            Self::Ports { .. } => "RESOURCE:PORTS",
            Self::Gpu { .. } => "RESOURCE:GPU",
            Self::Eni { .. } => "RESOURCE:ENI",
            Self::DistinctInstance => "DistinctInstance placement constraint unsatisfied.",
            Self::MemberOf(_) => "MemberOf placement constraint unsatisfied.",
        }
    }
}

impl Rejection {
    /// The reported reason: that of the first failing check.
    pub fn reason(&self) -> &'static str {
        self.checks.first().map_or("", FailedCheck::reason)
    }
}

// Most events are about a task: what others have to say is apart.
const _: () = assert!(size_of::<EventKind>() <= 16);
