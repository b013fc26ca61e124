//! What a pass knows of its service's tasks, kept up to date as the pass acts.

use std::ops::Deref;

use crate::control::Control;
use crate::lifecycle::health::{self, HealthClass};
use crate::model::{DeploymentId, InstanceId, InstanceStatus, ServiceId, TaskId, Time};

/// One task of the service that occupies a place under the ceiling.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    pub(super) task: TaskId,
    pub(super) instance: Option<InstanceId>,
    pub(super) kind: Kind,
}

/// What of a task counts for the arithmetic of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) deployment: DeploymentId,
    pub(super) class: Class,
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

/// The tasks in order of creation, and how many there are of each kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    tasks: Vec<Fact>,
    kinds: Vec<(Kind, u32)>,
}

impl Deref for Facts {
    type Target = [Fact];

    fn deref(&self) -> &[Fact] {
        &self.tasks
    }
}

impl Facts {
    /// Adds a task, the newest of all.
    pub(super) fn push(&mut self, fact: Fact) {
        self.count_up(fact.kind);
        self.tasks.push(fact);
    }

    /// A task is of another class now.
    pub(super) fn set_class(&mut self, index: usize, class: Class) {
        let before = self.tasks[index].kind;
        self.tasks[index].kind.class = class;
        self.count_up(Kind { class, ..before });
        if let Some((_, tasks)) = self.kinds.iter_mut().find(|(kind, _)| *kind == before) {
            *tasks -= 1;
        }
    }

    /// How many tasks are of a kind that satisfies a question.
    pub(super) fn count(&self, question: impl Fn(&Kind) -> bool) -> u32 {
        self.kinds.iter().filter(|(kind, _)| question(kind)).map(|&(_, tasks)| tasks).sum()
    }

    /// Where a task stands.
    pub(super) fn position(&self, task: TaskId) -> Option<usize> {
        self.tasks.binary_search_by_key(&task, |fact| fact.task).ok()
    }

    fn count_up(&mut self, kind: Kind) {
        match self.kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, tasks)) => *tasks += 1,
            None => self.kinds.push((kind, 1)),
        }
    }
}

impl FromIterator<Fact> for Facts {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        let mut made = Self::default();
        facts.into_iter().for_each(|fact| made.push(fact));
        made
    }
}

impl Deref for Fact {
    type Target = Kind;

    fn deref(&self) -> &Kind {
        &self.kind
    }
}

impl Kind {
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
pub(super) fn of(control: &Control, service: ServiceId) -> Facts {
    let store = &control.store;
    let tasks = store.service(service).tasks.iter().map(|&id| store.task(id));
    tasks
        .filter(|task| task.is_occupying())
        .filter_map(|task| {
            let owner = task.owner?;
            let class = if task.is_stopping() {
                let unhealthy = task.stop().is_some_and(crate::model::Stop::is_unhealthy);
                Class::Stopping { unhealthy }
            } else if task.is_pending() {
                Class::Pending
            } else {
                Class::Running(health::class(task, &store.health_rules(task.id), control.now))
            };
            let draining = task
                .instance
                .is_some_and(|i| store.instances.get(i).status == InstanceStatus::Draining);
            let protected = task.is_protected(control.now);
            let kind = Kind { deployment: owner.deployment, class, draining, protected };
            Some(Fact { task: task.id, instance: task.instance, kind })
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
            let protection = task.protected_until().filter(|&until| until > control.now);
            [class, protection]
        })
        .flatten()
        .min()
}
