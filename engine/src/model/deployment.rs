//! Deployments and the records of service deployments (03 section 1.4).

use std::sync::Arc;

use crate::api::input::LoadBalancer;
use crate::model::{
    DeploymentId, DeploymentStatus, Launch, Reach, RolloutState, ServiceDeploymentStatus,
    ServiceId, Shift, Slot, TaskDefinitionId, TaskId, TaskSet, Time,
};

/// A deployment: the working set of tasks of one service revision.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deployment {
    /// Which.
    pub id: DeploymentId,
    /// Its service.
    pub service: ServiceId,
    /// Id as imported, `ecs-svc/…`; generated ones follow from the position.
    pub name: Option<Box<str>>,
    /// Number of the service revision it runs, from 1.
    pub service_revision: u32,
    /// What it runs.
    pub definition: TaskDefinitionId,
    /// Where its tasks are launched.
    pub launch: Launch,
    /// Its target groups and Classic Load Balancers: of each pair the one that is its own.
    pub load_balancers: Arc<[LoadBalancer]>,
    /// Which of each pair.
    pub slot: Slot,
    /// How its tasks are found and reached.
    pub reach: Arc<Reach>,
    /// It is a task set: somebody else decides how much of it runs.
    pub set: Option<Box<TaskSet>>,
    /// Its place among its siblings.
    pub status: DeploymentStatus,
    /// How far it has come.
    pub rollout: RolloutState,
    /// Why it is there: behind `rolloutStateReason`.
    pub reason: RolloutReason,
    /// It was COMPLETED once: its tasks are replaced while it is being replaced.
    pub ever_completed: bool,
    /// c: what is still wanted of it.
    pub desired: u32,
    /// The circuit breaker's counter.
    pub failures: u32,
    /// When a task of it last became healthy, and which, if that is not weighed yet.
    pub last_healthy: Option<(Time, TaskId)>,
    /// Some task of it was healthy at some time.
    pub was_healthy: bool,
    /// Unhealthy tasks that were stopped before their replacement was started.
    pub owed_replacements: u32,
    /// A task of it has reached RUNNING: alarms are watched from then on.
    pub has_run: bool,
    /// Alarms that were in ALARM when it was created: they are ignored.
    pub ignored_alarms: Box<[Box<str>]>,
    /// Since when everything but the bake time speaks for completion.
    pub baking_since: Option<Time>,
    /// Whether the digests of its images are known.
    pub digests: Digests,
    /// Back-off of launches.
    pub throttle: Throttle,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// What every new deployment or task set differs in.
#[derive(Clone, Debug)]
pub(crate) struct NewDeployment {
    pub(crate) id: DeploymentId,
    pub(crate) service: ServiceId,
    pub(crate) service_revision: u32,
    pub(crate) definition: TaskDefinitionId,
    pub(crate) launch: Launch,
    pub(crate) reach: Arc<Reach>,
    pub(crate) digests: Digests,
    pub(crate) at: Time,
}

impl Deployment {
    /// One that begins: PRIMARY, IN_PROGRESS, nothing is wanted of it and nothing happened yet.
    pub(crate) fn begun(new: NewDeployment) -> Self {
        Self {
            id: new.id,
            service: new.service,
            name: None,
            service_revision: new.service_revision,
            definition: new.definition,
            launch: new.launch,
            load_balancers: Arc::new([]),
            slot: Slot::Main,
            reach: new.reach,
            set: None,
            status: DeploymentStatus::Primary,
            rollout: RolloutState::InProgress,
            reason: RolloutReason::InProgress,
            ever_completed: false,
            desired: 0,
            failures: 0,
            last_healthy: None,
            was_healthy: false,
            owed_replacements: 0,
            has_run: false,
            ignored_alarms: Box::default(),
            baking_since: None,
            digests: new.digests,
            throttle: Throttle::default(),
            created_at: new.at,
            updated_at: new.at,
        }
    }

    /// Whether its tasks are instances in Cloud Map: by a registry or by Service Connect.
    pub fn is_discovered(&self) -> bool {
        !self.reach.registries.is_empty() || self.reach.connect.is_some()
    }
}

/// Why a rollout is in its state (03 section 10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RolloutReason {
    /// `ECS deployment ecs-svc/ID in progress.`
    InProgress,
    /// `ECS deployment ecs-svc/ID completed.`
    Completed,
    /// `ECS deployment circuit breaker: tasks failed to start.`
    BreakerTripped,
    /// `ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/ID.`
    BreakerRollback,
    /// `ECS deployment failed: alarm detected.`
    AlarmDetected,
    /// `ECS deployment alarm: rolling back to deploymentId ecs-svc/ID.`
    AlarmRollback,
    /// `ECS deployment failed: lifecycle stage failed.`
    StageFailed,
    /// `ECS deployment lifecycle stage: rolling back to deploymentId ecs-svc/ID.`
    StageRollback,
    /// `ECS deployment stopped by user.`
    UserStopped,
    /// `ECS deployment stopped by user: rolling back to deploymentId ecs-svc/ID.`
    UserRollback,
}

/// Whether the digests that a revision's image tags stand for are known (03 section 5.4,
/// `digestProbe`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Digests {
    /// A task has reported them, or nobody waits for them.
    Known,
    /// One task at a time is started until one reports them.
    Probing {
        /// Tasks that did not get as far.
        failed: u32,
    },
}

impl Digests {
    /// So many tasks may fail before the rest is started without digests.
    pub const ATTEMPTS: u32 = 3;

    /// Of a revision that never ran.
    pub fn of_new(probes: bool) -> Self {
        if probes { Self::Probing { failed: 0 } } else { Self::Known }
    }

    /// After a task that failed before it could report them. With a circuit breaker it is for the
    /// breaker to end the attempts.
    pub fn after_failure(self, has_breaker: bool) -> Self {
        match self {
            Self::Known => Self::Known,
            Self::Probing { failed } if has_breaker || failed + 1 < Self::ATTEMPTS => {
                Self::Probing { failed: failed.saturating_add(1) }
            }
            Self::Probing { .. } => Self::Known,
        }
    }
}

/// Back-off of a deployment's launches (03 section 14).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Throttle {
    /// n: consecutive failing waves.
    pub waves: u32,
    /// No launch before then.
    pub next_attempt: Option<Backoff>,
    /// Start failures taken in since the last pass.
    pub start_failures: u32,
    /// Failures that the breaker has not weighed against healthy tasks yet, by instant and task:
    /// in the order in which they are taken in (03 section 5.4, P0).
    pub unweighed: Vec<(Time, TaskId)>,
}

/// A back-off, and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Backoff {
    /// The next attempt.
    pub until: Time,
    /// What failed.
    pub cause: BackoffCause,
}

/// What a back-off is for: only one for placement is cleared by a change in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BackoffCause {
    /// Tasks that never ran.
    Start,
    /// A task that fits nowhere.
    Placement,
}

/// Circuit breaker configuration (03 section 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BreakerConfig {
    /// On.
    pub enable: bool,
    /// Rolls back when it trips.
    pub rollback: bool,
    /// A healthy task sets the counter back to 0.
    pub reset_on_healthy_task: bool,
    /// When it trips.
    pub threshold: Threshold,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            enable: false,
            rollback: false,
            reset_on_healthy_task: true,
            threshold: Threshold::BoundedPercent(50),
        }
    }
}

/// When the circuit breaker trips (03 section 11.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Threshold {
    /// Percent of the desired count, at least 3 and at most 200.
    BoundedPercent(u32),
    /// Percent of the desired count, at least 1.
    UnboundedPercent(u32),
    /// A fixed number.
    Count(u32),
}

/// The record of one roll-out (03 section 10.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServiceDeployment {
    /// Its service.
    pub service: ServiceId,
    /// The deployment it rolls out.
    pub target: DeploymentId,
    /// Deployments it replaces.
    pub sources: Vec<DeploymentId>,
    /// Status.
    pub status: ServiceDeploymentStatus,
    /// Why, when there is something to say.
    pub status_reason: Option<Box<str>>,
    /// Created.
    pub created_at: Time,
    /// First pass.
    pub started_at: Option<Time>,
    /// Ended.
    pub finished_at: Option<Time>,
    /// Stopped.
    pub stopped_at: Option<Time>,
    /// Last change.
    pub updated_at: Time,
    /// Rollback: why, when, and to which deployment.
    pub rollback: Option<RollbackRecord>,
    /// Its stages, when it shifts traffic.
    pub shift: Option<Box<Shift>>,
    /// The breaker tripped.
    pub breaker_triggered: bool,
    /// Alarms that ended it.
    pub triggered_alarms: Box<[Box<str>]>,
}

/// A rollback.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RollbackRecord {
    /// Why.
    pub reason: Box<str>,
    /// Since when.
    pub started_at: Time,
    /// Back to this deployment; none was found when absent.
    pub to: Option<DeploymentId>,
}

impl Deployment {
    /// A task of it became healthy.
    pub(crate) fn note_healthy(&mut self, at: Time, task: TaskId) {
        self.last_healthy = self.last_healthy.max(Some((at, task)));
        self.was_healthy = true;
    }

    /// Whether its tasks are replaced (03 section 5.2).
    pub fn is_maintained(&self) -> bool {
        self.rollout != RolloutState::Failed
            && match self.status {
                DeploymentStatus::Primary => true,
                DeploymentStatus::Active => self.ever_completed,
                DeploymentStatus::Draining | DeploymentStatus::Inactive => false,
            }
    }
}
