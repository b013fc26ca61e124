//! A task, as the control plane knows it. What happens inside its containers is the agent's.

use std::ops::Deref;
use std::sync::Arc;

use crate::api::input::TaskOverride;
use crate::model::{
    ClusterId, Demand, DeploymentId, DesiredStatus, GroupId, HealthStatus, InstanceId, LaunchType,
    ProviderId, ServiceId, Stamp, Stop, SubnetId, TargetStates, TaskDefinitionId, TaskId,
    TaskStatus, Time, ZoneId,
};

/// One task: what it is now. What it was made from it shares with those made like it, and can be
/// read as if it stood here. There may be a million of these: one fills one line of the cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Task {
    /// Which.
    pub id: TaskId,
    /// What it was made from.
    pub spec: Arc<TaskSpec>,
    /// The container instance; none on Fargate, and while it waits for capacity.
    pub instance: Option<InstanceId>,
    /// Where it is.
    pub zone: Option<ZoneId>,
    /// The subnet of its network interface.
    pub subnet: Option<SubnetId>,
    /// What was observed.
    pub last_status: TaskStatus,
    /// What is wanted.
    pub desired_status: DesiredStatus,
    /// Aggregate of its essential containers' checks.
    pub container_health: HealthStatus,
    /// It counted as healthy for its service once.
    pub was_healthy: bool,
    /// State of its targets, in the order of the service's load balancers.
    pub targets: TargetStates,
    /// Grows with each visible change, from 1.
    pub version: u32,
    /// The record was made.
    pub created_at: Time,
    started: Stamp,
    fate: Option<Box<Fate>>,
}

/// What tasks that are ordered alike have in common, for life.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TaskSpec {
    /// Its cluster.
    pub cluster: ClusterId,
    /// What it runs.
    pub definition: TaskDefinitionId,
    /// Its group: what `distinctInstance`, `task:group` and spread refer to.
    pub group: GroupId,
    /// The service and the deployment it belongs to.
    pub owner: Option<Owner>,
    /// The capacity provider that was chosen.
    pub provider: Option<ProviderId>,
    /// What it runs on.
    pub launch_type: LaunchType,
    /// What it reserves.
    pub demand: Arc<Demand>,
    /// Rarely given things, as the call gave them.
    pub extra: Option<Arc<TaskExtra>>,
}

/// What most tasks do not have yet: they neither end nor are protected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Fate {
    /// Protected from scale-in until then.
    pub(crate) protected_until: Option<Time>,
    /// It was told to stop.
    pub(crate) stopping_at: Option<Time>,
    /// It became STOPPED.
    pub(crate) stopped_at: Option<Time>,
    /// Why it stopped.
    pub(crate) stop: Option<Stop>,
}

impl Deref for Task {
    type Target = TaskSpec;

    fn deref(&self) -> &TaskSpec {
        &self.spec
    }
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
    /// A task that was just ordered: PROVISIONING, with no place.
    pub(crate) fn new(id: TaskId, spec: Arc<TaskSpec>, targets: usize, created_at: Time) -> Self {
        Self {
            id,
            spec,
            instance: None,
            zone: None,
            subnet: None,
            last_status: TaskStatus::Provisioning,
            desired_status: DesiredStatus::Running,
            container_health: HealthStatus::Unknown,
            was_healthy: false,
            targets: TargetStates::unused(targets),
            version: 1,
            created_at,
            started: Stamp::NEVER,
            fate: None,
        }
    }

    /// It has a place on an instance.
    pub(crate) fn stand_on(
        &mut self,
        instance: InstanceId,
        zone: ZoneId,
        subnet: Option<SubnetId>,
    ) {
        (self.instance, self.zone, self.subnet) = (Some(instance), Some(zone), subnet);
    }

    /// It reaches a status, which never goes back. Says whether it is another.
    pub(crate) fn reach(&mut self, to: TaskStatus, now: Time) -> bool {
        if to <= self.last_status {
            return false;
        }
        self.last_status = to;
        self.version += 1;
        match to {
            TaskStatus::Running => self.set_started_at(Some(now)),
            TaskStatus::Stopped => self.fate_mut().stopped_at = Some(now),
            TaskStatus::Provisioning
            | TaskStatus::Pending
            | TaskStatus::Activating
            | TaskStatus::Deactivating
            | TaskStatus::Stopping
            | TaskStatus::Deprovisioning => {}
        }
        true
    }

    /// It became RUNNING.
    pub fn started_at(&self) -> Option<Time> {
        self.started.get()
    }

    /// It was told to stop.
    pub fn stopping_at(&self) -> Option<Time> {
        self.fate.as_ref()?.stopping_at
    }

    /// It became STOPPED.
    pub fn stopped_at(&self) -> Option<Time> {
        self.fate.as_ref()?.stopped_at
    }

    /// Why it stopped.
    pub fn stop(&self) -> Option<&Stop> {
        self.fate.as_ref()?.stop.as_ref()
    }

    /// Protected from scale-in until then.
    pub fn protected_until(&self) -> Option<Time> {
        self.fate.as_ref()?.protected_until
    }

    pub(crate) fn set_started_at(&mut self, at: Option<Time>) {
        self.started = Stamp::from(at);
    }

    pub(crate) fn fate_mut(&mut self) -> &mut Fate {
        self.fate.get_or_insert_default()
    }

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
            && self.started_at().is_some()
            && !self.last_status.is_gone()
    }

    /// Live or stopping: what `maximumPercent` limits.
    pub fn is_occupying(&self) -> bool {
        self.is_live() || self.is_stopping()
    }

    /// Whether it is protected from scale-in at an instant.
    pub fn is_protected(&self, now: Time) -> bool {
        self.protected_until().is_some_and(|until| now < until)
    }
}

const _: () = assert!(size_of::<Task>() <= 64 || size_of::<usize>() < 8);
