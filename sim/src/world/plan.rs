//! What the behaviour of a scenario comes to for the tasks of one definition.

use std::collections::BTreeMap;
use std::sync::Arc;

use stowplan_engine::View;
use stowplan_engine::model::{
    Container, InstanceId, NetworkMode, TaskDefinition, TaskDefinitionId, TaskId, Time,
};

use super::behavior::{Behavior, Behaviors, Latency, Overlay, SetBehavior, Since, Timed, Unless};
use super::behavior_values::{Delay, DurationRange, Exits, HealthRules, MemoryUsed, StartFails};
use super::images::{ImageId, Images};
use super::latency;

/// What the tasks of a definition do.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    /// Everything the scenario says of these tasks, most specific entry first applied.
    pub(super) behavior: Behavior,
    pub(super) prepare: DurationRange,
    pub(super) running_after: Option<DurationRange>,
    pub(super) start_fails: Option<Timed<StartFails>>,
    pub(super) target_health: Option<Timed<HealthRules>>,
    pub(super) containers: Box<[ContainerPlan]>,
    latency: Latency,
}

/// What one container does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ContainerPlan {
    pub(super) image: ImageId,
    /// As given; by the image's size otherwise.
    pub(super) pull: Option<DurationRange>,
    pub(super) startup: DurationRange,
    pub(super) stop: Delay,
    pub(super) exit_code_on_stop: i32,
    pub(super) exit: Option<Timed<Exits>>,
    pub(super) healthy_after: Option<Timed<Delay>>,
    pub(super) health: Option<Timed<HealthRules>>,
    pub(super) memory_used: Option<MemoryUsed>,
}

/// Exit code of a process that dies of SIGTERM.
const SIGTERM_CODE: i32 = 143;

impl Plan {
    fn new(behavior: Behavior, definition: &TaskDefinition, images: &mut Images) -> Self {
        let latency = behavior.latency.unwrap_or(Latency::Spec);
        let first_essential = definition.containers.iter().position(|c| c.essential);
        let container = |(index, spec)| {
            let is_main = Some(index) == first_essential;
            ContainerPlan::new(&behavior, latency, spec, is_main, images)
        };
        Self {
            prepare: latency::PREPARE.given(behavior.prepare, latency),
            running_after: behavior.running_after,
            start_fails: behavior.start_fails.clone(),
            target_health: behavior.target_health.clone(),
            containers: definition.containers.iter().enumerate().map(container).collect(),
            latency,
            behavior,
        }
    }

    /// PROVISIONING.
    pub(super) fn provision(&self, mode: NetworkMode, host: Option<InstanceId>) -> DurationRange {
        if self.running_after.is_some() {
            return DurationRange::default();
        }
        let default = match (host, mode) {
            (None, _) => latency::FARGATE_PROVISION,
            (Some(_), NetworkMode::Awsvpc) => latency::INTERFACE_PROVISION,
            (Some(_), _) => latency::NOTHING,
        };
        default.given(self.behavior.provision, self.latency)
    }

    /// ACTIVATING.
    pub(super) fn register(&self, has_work: bool) -> DurationRange {
        if self.running_after.is_some() {
            return DurationRange::default();
        }
        unless(has_work, latency::REGISTER).given(self.behavior.register, self.latency)
    }

    /// DEPROVISIONING.
    pub(super) fn detach(&self, has_interface: bool) -> DurationRange {
        unless(has_interface, latency::DETACH).given(self.behavior.detach, self.latency)
    }

    /// How long the download of an image takes a host that does not have it.
    pub(super) fn download(&self, image: ImageId, images: &Images) -> DurationRange {
        match self.latency {
            Latency::None => DurationRange::default(),
            Latency::Spec => DurationRange::fixed(images.pull_time(image)),
        }
    }
}

fn unless(has_work: bool, default: Unless) -> Unless {
    if has_work { default } else { latency::NOTHING }
}

impl ContainerPlan {
    fn new(
        all: &Behavior,
        latency: Latency,
        spec: &Container,
        is_main: bool,
        images: &mut Images,
    ) -> Self {
        let own = all.containers.as_ref().and_then(|all| all.get(&spec.name));
        let own = own.cloned().unwrap_or_default();
        let one_figure = all.running_after.is_some();
        let given = |own: Option<DurationRange>, all: Option<DurationRange>| match own.or(all) {
            _ if one_figure => Some(DurationRange::default()),
            given => given,
        };
        let stop = || Delay::After(latency::STOP.given(None, latency));
        Self {
            image: images.id(&spec.image),
            pull: given(own.pull, all.pull),
            startup: latency::STARTUP.given(given(own.startup, all.startup), latency),
            stop: own.stop.or(all.stop).unwrap_or_else(stop),
            exit_code_on_stop: own
                .exit_code_on_stop
                .or(all.exit_code_on_stop)
                .unwrap_or(SIGTERM_CODE),
            exit: own.exit.clone().or_else(|| all.exit.clone().filter(|_| is_main)),
            healthy_after: own.healthy_after.or(all.healthy_after),
            health: own.health.clone().or_else(|| all.health.clone().filter(|_| is_main)),
            memory_used: own.memory_used.or_else(|| all.memory_used.filter(|_| is_main)),
        }
    }
}

/// The behaviour of the scenario as it stands, and the plans made of it.
#[derive(Clone, Debug)]
pub(super) struct Plans {
    entries: Behaviors,
    made: BTreeMap<TaskDefinitionId, Arc<Plan>>,
    /// How often the behaviour was changed.
    pub(super) changes: u32,
}

impl Plans {
    pub(super) fn new(entries: Behaviors) -> Self {
        Self { entries, made: BTreeMap::new(), changes: 0 }
    }

    /// Changes what is said of a key.
    pub(super) fn set(&mut self, now: Time, set: SetBehavior) {
        self.changes += 1;
        let mut behavior = set.behavior;
        behavior.stamp(Since { at: now, change: self.changes });
        self.entries.entry(set.of).or_default().overlay(&behavior);
        self.made.clear();
    }

    /// What a task does.
    pub(super) fn plan_of(
        &mut self,
        task: TaskId,
        view: View<'_>,
        images: &mut Images,
    ) -> Arc<Plan> {
        let id = view.task(task).definition;
        let definition = view.definition(id);
        if let Some(own) = self.entry_of_task(task, view) {
            let mut behavior = self.behavior_of(definition);
            behavior.overlay(own);
            return Arc::new(Plan::new(behavior, definition, images));
        }
        if let Some(plan) = self.made.get(&id) {
            return plan.clone();
        }
        let plan = Arc::new(Plan::new(self.behavior_of(definition), definition, images));
        self.made.insert(id, plan.clone());
        plan
    }

    fn entry_of_task(&self, task: TaskId, view: View<'_>) -> Option<&Behavior> {
        // Most scenarios speak of families only: spare every task the text of its id.
        let named = view.task(task).extra.as_ref().is_some_and(|extra| extra.name.is_some());
        let may_match = named || self.entries.keys().any(|key| is_generated_id(key));
        may_match.then(|| self.entries.get(&*view.task_name(task))).flatten()
    }

    fn behavior_of(&self, definition: &TaskDefinition) -> Behavior {
        let mut behavior = Behavior::default();
        for key in ["default", &definition.family, &definition.label()] {
            if let Some(entry) = self.entries.get(key) {
                behavior.overlay(entry);
            }
        }
        behavior
    }
}

fn is_generated_id(key: &str) -> bool {
    key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit())
}
