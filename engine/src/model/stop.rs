//! Why a task stopped: the code and the sentence (01 section 11.7, 03 section 15.6).

use std::fmt;

use crate::model::{DeploymentId, InstanceId, StopCode};

/// Why a task stopped. A stop in progress keeps its first cause.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stop {
    /// `stopCode`.
    pub code: StopCode,
    /// Behind `stoppedReason`; [`crate::View::stopped_reason`] makes the text.
    pub reason: StopReason,
}

/// What a service's tasks are targets of; as text `(target-group ARN)` or `(elb NAME)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Balancer {
    /// A target group, by its ARN.
    TargetGroup(Box<str>),
    /// A Classic Load Balancer, by its name.
    Classic(Box<str>),
}

impl fmt::Display for Balancer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TargetGroup(arn) => write!(f, "(target-group {arn})"),
            Self::Classic(name) => write!(f, "(elb {name})"),
        }
    }
}

/// The cause behind `stoppedReason`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StopReason {
    /// `Scaling activity initiated by (deployment ecs-svc/ID)`.
    Scaling(DeploymentId),
    /// `Availability-zone rebalancing initiated by (deployment ecs-svc/ID)`.
    Rebalancing(DeploymentId),
    /// `Task failed container health checks`.
    ContainerHealth,
    /// `Task failed ELB health checks in (target-group ARN)`, or `(elb NAME)`.
    TargetHealth(Balancer),
    /// `Essential container in task exited`.
    EssentialExited,
    /// The caller's text, or `Task stopped by user`.
    User(Box<str>),
    /// `Container instance deregistration forced by user`.
    Deregistered,
    /// `Host EC2 (instance i-…) terminated.`
    HostTerminated(InstanceId),
    /// `Host EC2 (instance i-…) stopped.`
    HostStopped(InstanceId),
    /// `Your Spot Task was interrupted.`
    SpotTask,
    /// `TaskFailedToStart: …`: waited for capacity in vain; the reason of 01 section 3.4.
    NoCapacity(Box<str>),
    /// The world's own text: a start that failed.
    Text(Box<str>),
}

impl Stop {
    /// The task was stopped by its service for scale-in, a deployment or draining.
    pub(crate) fn scaling(deployment: DeploymentId) -> Self {
        Self { code: StopCode::ServiceSchedulerInitiated, reason: StopReason::Scaling(deployment) }
    }

    /// Whether the service scheduler stopped the task for bad health.
    pub(crate) fn is_unhealthy(&self) -> bool {
        matches!(self.reason, StopReason::ContainerHealth | StopReason::TargetHealth(_))
    }
}
