//! A task, as the control plane knows it. What happens inside its containers is the agent's.

use std::sync::Arc;

use crate::api::input::TaskOverride;
use crate::model::{
    ClusterId, Demand, DeploymentId, DesiredStatus, GroupId, HealthStatus, InstanceId, LaunchType,
    ProviderId, ServiceId, Stop, SubnetId, TargetState, TaskDefinitionId, TaskId, TaskStatus, Time,
    ZoneId,
};

/// One task.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Task {
    /// Which.
    pub id: TaskId,
    /// Its cluster.
    pub cluster: ClusterId,
    /// What it runs.
    pub definition: TaskDefinitionId,
    /// Its group: what `distinctInstance`, `task:group` and spread refer to.
    pub group: GroupId,
    /// The service and the deployment it belongs to, for life.
    pub owner: Option<Owner>,
    /// The container instance; none on Fargate, and while it waits for capacity.
    pub instance: Option<InstanceId>,
    /// Where it is.
    pub zone: Option<ZoneId>,
    /// The capacity provider that was chosen.
    pub provider: Option<ProviderId>,
    /// What it runs on.
    pub launch_type: LaunchType,
    /// The subnet of its network interface.
    pub subnet: Option<SubnetId>,
    /// What was observed.
    pub last_status: TaskStatus,
    /// What is wanted.
    pub desired_status: DesiredStatus,
    /// Aggregate of its essential containers' checks.
    pub container_health: HealthStatus,
    /// State of its targets, in the order of the service's load balancers.
    pub targets: Box<[TargetState]>,
    /// What it reserves.
    pub demand: Arc<Demand>,
    /// The record was made.
    pub created_at: Time,
    /// It became RUNNING.
    pub started_at: Option<Time>,
    /// It was told to stop.
    pub stopping_at: Option<Time>,
    /// It became STOPPED.
    pub stopped_at: Option<Time>,
    /// It first counted as healthy for its service.
    pub healthy_since: Option<Time>,
    /// Why it stopped.
    pub stop: Option<Stop>,
    /// Protected from scale-in until then.
    pub protected_until: Option<Time>,
    /// Grows with each visible change, from 1.
    pub version: u32,
    /// Rarely given things, as the call gave them.
    pub extra: Option<Arc<TaskExtra>>,
}

/// The service and the deployment of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The service.
    pub service: ServiceId,
    /// The deployment.
    pub deployment: DeploymentId,
}

/// What only some tasks have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TaskExtra {
    /// Id as given; generated ids follow from the position.
    pub name: Option<Box<str>>,
    /// `startedBy` of RunTask.
    pub started_by: Option<Box<str>>,
    /// Overrides of RunTask.
    pub overrides: Option<TaskOverride>,
    /// `assignPublicIp` of RunTask is ENABLED.
    pub public_address: bool,
    /// `enableExecuteCommand` of RunTask and StartTask.
    pub execute_command: bool,
}

impl Task {
    /// Live (01), active (03): the control plane wants it to run.
    pub fn is_live(&self) -> bool {
        self.desired_status == DesiredStatus::Running && !self.last_status.is_gone()
    }

    /// Live, and not yet RUNNING.
    pub fn is_pending(&self) -> bool {
        self.is_live() && self.last_status < TaskStatus::Running
    }

    /// Live and RUNNING.
    pub fn is_running(&self) -> bool {
        self.is_live() && self.last_status == TaskStatus::Running
    }

    /// Told to stop after it ran, and not yet gone (03 section 4.1). One that never ran is gone
    /// with the decision.
    pub fn is_stopping(&self) -> bool {
        self.desired_status == DesiredStatus::Stopped
            && self.started_at.is_some()
            && !self.last_status.is_gone()
    }

    /// Live or stopping: what `maximumPercent` limits.
    pub fn is_occupying(&self) -> bool {
        self.is_live() || self.is_stopping()
    }

    /// Whether it is protected from scale-in at an instant.
    pub fn is_protected(&self, now: Time) -> bool {
        self.protected_until.is_some_and(|until| now < until)
    }
}
