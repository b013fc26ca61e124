//! Counts of a service and of its deployments (03 sections 1.2 and 4).

use crate::lifecycle::health::{self, HealthClass};
use crate::model::{DeploymentId, ServiceId, Time};
use crate::store::Store;

/// Counts of the tasks of a service, or of one of its deployments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServiceCounts {
    /// Live and RUNNING.
    pub running: u32,
    /// Live and not yet RUNNING.
    pub pending: u32,
    /// Told to stop and not yet gone.
    pub stopping: u32,
    /// Live and healthy: what `minimumHealthyPercent` is compared to.
    pub healthy: u32,
    /// Live and unhealthy.
    pub unhealthy: u32,
}

impl ServiceCounts {
    /// Live tasks.
    pub fn active(&self) -> u32 {
        self.running + self.pending
    }

    /// What `maximumPercent` limits.
    pub fn occupying(&self) -> u32 {
        self.active() + self.stopping
    }
}

pub(crate) fn of(
    store: &Store,
    service: ServiceId,
    deployment: Option<DeploymentId>,
    now: Time,
) -> ServiceCounts {
    let mut counts = ServiceCounts::default();
    for &id in &store.service(service).tasks {
        let task = store.task(id);
        let in_scope = deployment.is_none_or(|d| task.owner.is_some_and(|o| o.deployment == d));
        if !in_scope {
            continue;
        }
        if task.is_running() {
            counts.running += 1;
            match health::class(task, &store.health_rules(id), now) {
                HealthClass::Healthy => counts.healthy += 1,
                HealthClass::Unhealthy => counts.unhealthy += 1,
                HealthClass::Settling | HealthClass::FailingInGrace => {}
            }
        } else if task.is_pending() {
            counts.pending += 1;
        } else if task.is_stopping() {
            counts.stopping += 1;
        }
    }
    counts
}
