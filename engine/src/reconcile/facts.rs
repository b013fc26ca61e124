//! What a pass knows of its service's tasks, kept up to date as the pass acts.

use crate::control::Control;
use crate::lifecycle::health::{self, HealthClass};
use crate::model::{DeploymentId, InstanceId, InstanceStatus, ServiceId, TaskId, Time};

/// One task of the service that occupies a place under the ceiling.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    pub(super) task: TaskId,
    pub(super) deployment: DeploymentId,
    pub(super) class: Class,
    pub(super) instance: Option<InstanceId>,
    /// It stands on a DRAINING instance.
    pub(super) draining: bool,
    pub(super) protected: bool,
}

/// Class of a task for its service (03 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Pending,
    Running(HealthClass),
    /// Told to stop; for bad health or not.
    Stopping {
        unhealthy: bool,
    },
    /// Gone in this pass: it never ran.
    Gone,
}

impl Fact {
    pub(super) fn is_active(&self) -> bool {
        matches!(self.class, Class::Pending | Class::Running(_))
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.class, Class::Running(_))
    }

    pub(super) fn is_healthy(&self) -> bool {
        self.class == Class::Running(HealthClass::Healthy)
    }

    pub(super) fn is_unhealthy(&self) -> bool {
        self.class == Class::Running(HealthClass::Unhealthy)
    }

    /// Active and not unhealthy: G of 03 section 5.4.
    pub(super) fn is_good(&self) -> bool {
        self.is_active() && !self.is_unhealthy()
    }

    pub(super) fn is_settling(&self) -> bool {
        self.is_good() && !self.is_healthy()
    }

    pub(super) fn is_stopping(&self) -> bool {
        matches!(self.class, Class::Stopping { .. })
    }

    /// Good and not on a DRAINING instance: what counts as present.
    pub(super) fn is_present(&self) -> bool {
        self.is_good() && !self.draining
    }
}

/// Looks at every task of a service that is live or stopping, in order of creation.
pub(super) fn of(control: &Control, service: ServiceId) -> Vec<Fact> {
    let store = &control.store;
    let tasks = store.service(service).tasks.iter().map(|&id| store.task(id));
    tasks
        .filter(|task| task.is_occupying())
        .filter_map(|task| {
            let owner = task.owner?;
            let class = if task.is_stopping() {
                let unhealthy = task.stop.as_ref().is_some_and(crate::model::Stop::is_unhealthy);
                Class::Stopping { unhealthy }
            } else if task.is_pending() {
                Class::Pending
            } else {
                Class::Running(health::class(task, &store.health_rules(task.id), control.now))
            };
            let draining = task
                .instance
                .is_some_and(|i| store.instances.get(i).status == InstanceStatus::Draining);
            Some(Fact {
                task: task.id,
                deployment: owner.deployment,
                class,
                instance: task.instance,
                draining,
                protected: task.is_protected(control.now),
            })
        })
        .collect()
}

/// When the clock alone next changes something about the tasks: health classes and protection.
pub(super) fn changes_at(control: &Control, service: ServiceId) -> Option<Time> {
    let store = &control.store;
    let tasks = store.service(service).tasks.iter().map(|&id| store.task(id));
    tasks
        .filter(|task| task.is_live())
        .flat_map(|task| {
            let class = health::class_changes_at(task, &store.health_rules(task.id), control.now);
            let protection = task.protected_until.filter(|&until| until > control.now);
            [class, protection]
        })
        .flatten()
        .min()
}
