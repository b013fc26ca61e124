//! What is there at time 0. It goes through the same door as everything else, so that the log of
//! inputs is the whole run.

use crate::api::input::{
    CreateDeploymentGroup, CreateService, CreateTaskSet, RegisterTaskDefinition, Setting,
    TaskOverride,
};
use crate::model::{
    Alarm, ClusterId, DefinitionStatus, DeploymentId, DeploymentStatus, DesiredStatus, GroupSpec,
    HealthStatus, InstanceId, LaunchType, ProviderId, Registration, RolloutState, ServiceId,
    TaskDefinitionId, TaskStatus, Time,
};

/// A fact of time 0. Facts are taken in the order: clusters, definitions, instances, services,
/// tasks; each answers with the id it made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Setup {
    /// A cluster with its subnets.
    Cluster {
        /// Its name.
        name: Box<str>,
        /// Its region.
        region: Box<str>,
        /// Full names of its zones.
        zones: Vec<Box<str>>,
        /// Its subnets.
        subnets: Vec<GivenSubnet>,
        /// Its settings.
        settings: Vec<Setting>,
    },
    /// A task definition whose number or status is given; the n-th of a family otherwise.
    TaskDefinition {
        /// As it was registered.
        input: Box<RegisterTaskDefinition>,
        /// Its revision.
        revision: Option<u32>,
        /// Its status.
        status: DefinitionStatus,
        /// When it was registered, if before time 0.
        registered_at: Time,
    },
    /// A target group of a Network Load Balancer.
    NetworkGroup(Box<str>),
    /// A CloudWatch alarm, in the state it is in.
    Alarm(Alarm),
    /// A deployment group of CodeDeploy; after the target groups of Network Load Balancers. Its
    /// service may be made later.
    DeploymentGroup(Box<CreateDeploymentGroup>),
    /// An Auto Scaling group; before the capacity provider that wraps it, and its instances.
    ScalingGroup(Box<GroupSpec>),
    /// A target group of Elastic Load Balancing whose target type is known.
    TargetGroup {
        /// Its name, as ARNs spell it.
        name: Box<str>,
        /// What its targets are.
        target_type: TargetType,
    },
    /// A Cloud Map service (02 section 5.1).
    Registry {
        /// Its name, as ARNs spell it.
        name: Box<str>,
        /// It has A or AAAA records.
        addresses: RecordPresence,
        /// It has SRV records.
        ports: RecordPresence,
    },
    /// An instance that is there, past every warm-up.
    Instance {
        /// Its cluster.
        cluster: ClusterId,
        /// What it registered.
        registration: Box<Registration>,
    },
    /// A service that was created long ago, with its deployments.
    Service {
        /// As it was created.
        input: Box<CreateService>,
        /// Its deployments as they stand, oldest first; none is one PRIMARY, COMPLETED.
        deployments: Vec<GivenDeployment>,
        /// When it was created.
        created_at: Time,
    },
    /// A task that is there.
    Task(Box<GivenTask>),
    /// Gives a service its desired number of tasks, placed one by one (scenario format, "Time 0").
    Fill {
        /// The service.
        service: ServiceId,
        /// Since when its tasks run.
        running_since: Time,
    },
}

/// A subnet at time 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GivenSubnet {
    /// Its id.
    pub name: Box<str>,
    /// Full name of its zone.
    pub zone: Box<str>,
    /// Its VPC.
    pub vpc: Box<str>,
    /// Addresses that interfaces can have.
    pub addresses: u32,
    /// Interfaces in it that are no task's.
    pub interfaces: u32,
}

/// A deployment at time 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GivenDeployment {
    /// `ecs-svc/…`, if it is to be kept.
    pub name: Option<Box<str>>,
    /// What it runs.
    pub definition: TaskDefinitionId,
    /// PRIMARY or ACTIVE.
    pub status: DeploymentStatus,
    /// How far it has come.
    pub rollout: RolloutState,
    /// What is wanted of it.
    pub desired: u32,
    /// The breaker's counter.
    pub failures: u32,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// What makes it a task set, under another controller than ECS.
    pub set: Option<GivenTaskSet>,
}

/// What a task set at time 0 has beyond a deployment (03 section 22).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GivenTaskSet {
    /// What CreateTaskSet took; what it runs is told by the deployment.
    pub input: Box<CreateTaskSet>,
    /// Whether everything that is wanted ran and was healthy, and since when that is so.
    pub stability: Option<(bool, Time)>,
}

/// What the targets of a target group are (02 section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TargetType {
    /// Addresses of task interfaces.
    Ip,
    /// Host ports of instances.
    Instance,
}

impl TargetType {
    /// The API's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Instance => "instance",
        }
    }
}

/// Whether a Cloud Map service keeps records of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordPresence {
    /// It does.
    Kept,
    /// It does not.
    Absent,
}

/// A task at time 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GivenTask {
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its id, if it is to be kept.
    pub name: Option<Box<str>>,
    /// What it runs.
    pub definition: TaskDefinitionId,
    /// Its service and deployment (the PRIMARY one when absent).
    pub service: Option<(ServiceId, Option<DeploymentId>)>,
    /// Its group; what RunTask would set when absent.
    pub group: Option<Box<str>>,
    /// `startedBy` of a standalone task.
    pub started_by: Option<Box<str>>,
    /// Where it runs.
    pub instance: Option<InstanceId>,
    /// Its zone, when it has no instance.
    pub zone: Option<Box<str>>,
    /// Its subnet.
    pub subnet: Option<Box<str>>,
    /// Its capacity provider.
    pub provider: Option<ProviderId>,
    /// What it runs on.
    pub launch_type: LaunchType,
    /// Observed status.
    pub last_status: TaskStatus,
    /// Wanted status.
    pub desired_status: DesiredStatus,
    /// Its containers' health; what its definition would give when absent.
    pub health: Option<HealthStatus>,
    /// When its record was made.
    pub created_at: Time,
    /// Since when it runs.
    pub started_at: Option<Time>,
    /// Until when it is protected.
    pub protected_until: Option<Time>,
    /// What it was run with instead of its definition's values.
    pub overrides: Option<TaskOverride>,
}
