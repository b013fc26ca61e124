//! Why a task was told to stop.

use crate::model::{Balancer, DeploymentId, InstanceId, InstanceStatus, StopReason, TaskId, Time};
use crate::store::Store;

/// Why a task was told to stop, and what bound the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopWhy {
    /// Its service has more tasks than it wants.
    ScaleIn {
        /// Tasks that are wanted of its deployment.
        desired: u32,
    },
    /// Another deployment takes its place.
    Replaced {
        /// By this one.
        by: DeploymentId,
        /// Healthy tasks that must stay.
        lower: u32,
    },
    /// Its instance is to be empty.
    Draining {
        /// The instance.
        instance: InstanceId,
        /// Healthy tasks that must stay.
        lower: u32,
    },
    /// Its zone had too many.
    Rebalancing,
    /// So many container health checks failed in a row.
    ContainerHealth {
        /// `retries` of the essential container that is checked.
        retries: u32,
    },
    /// A target group found it unhealthy.
    TargetHealth {
        /// The target group or Classic Load Balancer.
        group: Balancer,
    },
    /// Its essential container exited.
    Exited,
    /// Somebody called StopTask, with this reason.
    User(Box<str>),
    /// Its instance was deregistered by force.
    Deregistered,
    /// Its instance is gone, or was stopped.
    HostLost(InstanceId),
    /// Spot took its capacity back.
    Spot,
    /// It waited for an instance in vain.
    NoCapacity {
        /// Since then.
        since: Time,
        /// The reason of the closest instance.
        reason: Box<str>,
    },
    /// It did not start: the agent's own words.
    StartFailed(Box<str>),
}

/// Why a task was told to stop; `None` while nobody did.
pub(crate) fn of_task(store: &Store, task: TaskId) -> Option<StopWhy> {
    let row = store.task(task);
    let stop = row.stop()?;
    let lower = row.owner.map_or(0, |owner| store.service(owner.service).lower_limit());
    let leaves =
        |instance: InstanceId| store.instances.get(instance).status != InstanceStatus::Active;
    Some(match &stop.reason {
        StopReason::Scaling(by) => match (row.owner, row.instance) {
            (Some(owner), _) if owner.deployment != *by => StopWhy::Replaced { by: *by, lower },
            (_, Some(instance)) if leaves(instance) => StopWhy::Draining { instance, lower },
            _ => StopWhy::ScaleIn { desired: store.deployment(*by).desired },
        },
        StopReason::Rebalancing(_) => StopWhy::Rebalancing,
        StopReason::ContainerHealth => {
            let containers = &store.definition(row.definition).containers;
            let checks = containers.iter().filter(|c| c.essential).filter_map(|c| c.health_check);
            StopWhy::ContainerHealth { retries: checks.map(|c| c.retries).min().unwrap_or(0) }
        }
        StopReason::TargetHealth(group) => StopWhy::TargetHealth { group: group.clone() },
        StopReason::EssentialExited => StopWhy::Exited,
        StopReason::User(text) => StopWhy::User(text.clone()),
        StopReason::Deregistered => StopWhy::Deregistered,
        StopReason::HostTerminated(instance) | StopReason::HostStopped(instance) => {
            StopWhy::HostLost(*instance)
        }
        StopReason::SpotTask => StopWhy::Spot,
        StopReason::NoCapacity(reason) => {
            StopWhy::NoCapacity { since: row.created_at, reason: reason.clone() }
        }
        StopReason::Text(text) => StopWhy::StartFailed(text.clone()),
    })
}
