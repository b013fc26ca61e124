//! The state and the verbs that change it and tell of it. Commands, reports and the scheduler all
//! speak these verbs; what each of them decides is elsewhere.

use std::collections::BTreeMap;

use crate::agenda::Agenda;
use crate::api::event::EventKind;
use crate::api::{Effect, EngineConfig};
use crate::explain::{self, Split, Witness, Witnessed};
use crate::expr::Known;
use crate::launch::TaskOrder;
use crate::lifecycle::health::HealthRules;
use crate::model::{
    Alarm, AlarmState, ClusterId, DeploymentStatus, DesiredStatus, InstanceId, InstanceStatus,
    RolloutState, SchedulingStrategy, Service, ServiceDeploymentId, ServiceDeploymentStatus,
    ServiceId, ServiceStatus, Span, Stop, TaskId, TaskStatus, Time,
};
use crate::outbox::Outbox;
use crate::placement::index::Index;
use crate::placement::scale_in;
use crate::rng::{Rng, Stream};
use crate::store::Store;
use crate::store::kept::Kept;
use crate::timers::{TimerReason, Timers};

/// A derived bake time is no longer.
const MOST_DERIVED_BAKE: Span = Span::from_secs(290);

/// All state of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Control {
    pub(crate) store: Store,
    pub(crate) out: Outbox,
    pub(crate) timers: Timers,
    pub(crate) rng: Rng,
    pub(crate) now: Time,
    /// Services to look at.
    pub(crate) agenda: Agenda,
    /// The last instant whose scheduler step was done.
    pub(crate) last_wake: Option<Time>,
    /// For each cluster, how often something happened that could make room for a task.
    pub(crate) room: Vec<u64>,
    /// The same, when waiting tasks were last looked at; `None` when somebody was placed since whom
    /// they may want beside them.
    pub(crate) waiting_seen: Vec<Option<u64>>,
    /// What the tasks that wait for an instance want.
    pub(crate) orders: BTreeMap<TaskId, TaskOrder>,
    /// What placement has worked out before.
    pub(crate) index: Kept<Index>,
    /// Expressions of the calls before.
    pub(crate) expressions: Kept<Known>,
    /// Looks on while a task is placed or chosen.
    pub(crate) witness: Kept<Witness>,
}

impl Control {
    pub(crate) fn new(config: EngineConfig, seed: u64) -> Self {
        Self {
            store: Store::new(config),
            out: Outbox::default(),
            timers: Timers::default(),
            rng: Rng::for_stream(seed, Stream::Placement),
            now: Time(i64::MIN),
            agenda: Agenda::default(),
            last_wake: None,
            room: Vec::new(),
            waiting_seen: Vec::new(),
            orders: BTreeMap::new(),
            index: Kept::default(),
            expressions: Kept::default(),
            witness: Kept::default(),
        }
    }

    pub(crate) fn set_now(&mut self, now: Time) {
        self.now = now;
        self.out.set_now(now);
    }

    /// A call concerns one service.
    pub(crate) fn call_concerns(&mut self, service: ServiceId) {
        self.agenda.call(service);
    }

    /// A call concerns tasks of a cluster. Services whose tasks it changed are touched besides.
    pub(crate) fn call_concerns_tasks(&mut self, cluster: ClusterId) {
        if self.store.services.iter().any(|service| service.cluster == cluster) {
            self.agenda.call_cluster(cluster);
        }
    }

    /// A call concerns the instances, attributes or providers of a cluster.
    pub(crate) fn call_concerns_cluster(&mut self, cluster: ClusterId) {
        for service in self.services_of(cluster) {
            self.call_concerns(service);
        }
    }

    /// Something changed that a service looks at: it gets a pass at the next tick.
    pub(crate) fn touch(&mut self, service: ServiceId) {
        if self.store.service(service).status != ServiceStatus::Inactive {
            self.agenda.touch(service);
        }
    }

    /// Services whose deployments an alarm watches look at it at the next tick.
    pub(crate) fn touch_watchers(&mut self, alarm: &str) {
        let deployments = self.store.code_deployments.iter().filter(|row| !row.state.is_over());
        let watched = deployments.filter(|row| row.alarms.iter().any(|name| **name == *alarm));
        for service in watched.map(|row| row.service).collect::<Vec<_>>() {
            self.touch(service);
        }
        let watches = |service: &Service| {
            let alarms = service.settings.alarms.as_ref();
            alarms.is_some_and(|alarms| alarms.names.iter().any(|name| **name == *alarm))
        };
        for service in self.services_that(watches) {
            self.touch(service);
        }
    }

    /// Everything in a cluster may look different now.
    pub(crate) fn touch_cluster(&mut self, cluster: ClusterId) {
        for service in self.services_of(cluster) {
            self.touch(service);
        }
    }

    fn services_of(&self, cluster: ClusterId) -> Vec<ServiceId> {
        self.services_that(|service| service.cluster == cluster)
    }

    fn services_that(&self, question: impl Fn(&Service) -> bool) -> Vec<ServiceId> {
        let services = self.store.services.iter().enumerate();
        let those = services.filter(|(_, service)| question(service));
        those.map(|(index, _)| ServiceId::from_index(index)).collect()
    }

    /// Something happened that could make room for a task (03 section 14.3).
    pub(crate) fn room_changed(&mut self, cluster: ClusterId) {
        self.room[cluster.index()] += 1;
    }

    /// The task of a service that leaves, among those that may (01 section 9.1).
    pub(crate) fn pick_leaving(&mut self, service: ServiceId, candidates: &[TaskId]) -> TaskId {
        let before = self.rng.clone();
        let task = scale_in::pick(&self.store, service, candidates, &mut self.rng, |_| ());
        self.witness_leaving(task, service, &before, |_| candidates.to_vec());
        task
    }

    /// A task was chosen to leave, which is watched or not.
    pub(crate) fn witness_leaving(
        &mut self,
        task: TaskId,
        service: ServiceId,
        before: &Rng,
        candidates: impl FnOnce(&Store) -> Vec<TaskId>,
    ) {
        if self.witness.task == Some(task) && self.witness.change.is_none() {
            let candidates = candidates(&self.store);
            let report = explain::of_choice(&self.store, before, service, &candidates);
            self.witness.seen = Some(Witnessed::ScaleIn(Box::new(report)));
        }
    }

    /// The provider of the placement that comes next was chosen.
    pub(crate) fn witness_split(&mut self, split: impl FnOnce() -> Option<Split>) {
        if self.witness.task.is_some() {
            self.witness.split = split();
        }
    }

    /// A place is looked for, for a task that is watched or not.
    pub(crate) fn witness_placement(&mut self, task: TaskId, order: &TaskOrder) {
        if self.witness.task.is_none() {
            return;
        }
        let split = self.witness.split.take();
        if self.witness.task != Some(task) {
            return;
        }
        let (store, rng, split) = (&self.store, &self.rng, split.as_ref());
        self.witness.seen = match &self.witness.change {
            None => {
                let report = explain::of_order(store, rng, order, split);
                Some(Witnessed::Placement(Box::new(report)))
            }
            Some(change) => {
                let tried = explain::of_change(store, rng, order, split, change);
                tried.map(|tried| Witnessed::Tried(Box::new(tried)))
            }
        };
    }

    /// The order to stop a task. It leaves the scheduler ledger and every count of live tasks at
    /// once; a stop in progress keeps its first cause.
    pub(crate) fn stop_task(&mut self, task: TaskId, stop: Stop) {
        if !self.store.task(task).is_live() {
            return;
        }
        self.forget_live(task, stop);
        let row = self.store.task(task);
        let unplaced = row.instance.is_none() && row.zone.is_none();
        let ran = row.last_status == TaskStatus::Running;
        if row.owner.is_some_and(|owner| self.store.deployment(owner.deployment).is_discovered()) {
            self.out.effect(Effect::DeregisterInstance(task));
        }
        let has_targets = !row.targets.is_empty();
        if unplaced {
            self.set_status(task, TaskStatus::Stopped);
        } else if ran && has_targets {
            self.set_status(task, TaskStatus::Deactivating);
            let at = self.now + self.store.config.deregistration_lag;
            self.timers.set(at, TimerReason::Deregister(task));
        } else {
            self.out.effect(Effect::StopTask(task));
        }
    }

    /// A live task is live no more: ledger, groups, service and log take note.
    pub(crate) fn forget_live(&mut self, task: TaskId, stop: Stop) {
        self.store.release(task);
        self.orders.remove(&task);
        let now = self.now;
        let row = self.store.task_mut(task);
        row.desired_status = DesiredStatus::Stopped;
        let fate = row.fate_mut();
        fate.stopping_at = Some(now);
        fate.stop = Some(stop);
        row.version += 1;
        let (cluster, owner) = (row.cluster, row.owner);
        self.out.event(EventKind::TaskStopDecided(task));
        self.room_changed(cluster);
        self.touch_daemons_beside(task);
        if let Some(owner) = owner {
            self.touch(owner.service);
        }
    }

    /// A daemon leaves a DRAINING instance once no replica task is there any more: it looks again
    /// when one leaves (03 section 9).
    fn touch_daemons_beside(&mut self, task: TaskId) {
        let Some(instance) = self.store.task(task).instance else { return };
        let row = self.store.instances.get(instance);
        if row.status != InstanceStatus::Draining {
            return;
        }
        let owners = row.tasks.iter().filter_map(|&other| self.store.task(other).owner);
        for service in owners.map(|owner| owner.service).collect::<Vec<_>>() {
            if self.store.service(service).scheduling == SchedulingStrategy::Daemon {
                self.touch(service);
            }
        }
    }

    /// A task reaches a status. Statuses only move forward.
    pub(crate) fn set_status(&mut self, task: TaskId, to: TaskStatus) {
        let now = self.now;
        let row = self.store.task_mut(task);
        if !row.reach(to, now) {
            return;
        }
        let (owner, cluster, definition) = (row.owner, row.cluster, row.definition);
        self.out.event(EventKind::TaskStatus(task, to));
        if to.is_gone() {
            self.touch_daemons_beside(task);
            self.store.forget_deleted(definition);
        }
        if to == TaskStatus::Stopped {
            self.store.detach(task);
            if let Some(instance) = self.store.task(task).instance {
                crate::groups::task_gone(self, instance);
            }
            self.room_changed(cluster);
        }
        if let Some(owner) = owner {
            self.touch(owner.service);
        }
    }

    /// Changes the status of a service deployment record.
    pub(crate) fn set_record(
        &mut self,
        record: ServiceDeploymentId,
        status: ServiceDeploymentStatus,
    ) {
        let now = self.now;
        let row = self.store.record_mut(record);
        if row.status == status {
            return;
        }
        row.status = status;
        row.updated_at = now;
        match status {
            ServiceDeploymentStatus::InProgress => row.started_at = Some(now),
            ServiceDeploymentStatus::Stopped => {
                row.stopped_at = Some(now);
                row.finished_at = Some(now);
            }
            ServiceDeploymentStatus::Successful
            | ServiceDeploymentStatus::RollbackSuccessful
            | ServiceDeploymentStatus::RollbackFailed => row.finished_at = Some(now),
            ServiceDeploymentStatus::Pending
            | ServiceDeploymentStatus::StopRequested
            | ServiceDeploymentStatus::RollbackRequested
            | ServiceDeploymentStatus::RollbackInProgress => {}
        }
        self.out.event(EventKind::ServiceDeployment(record, status));
    }

    /// Changes the roll-out state of a deployment.
    pub(crate) fn set_rollout(
        &mut self,
        deployment: crate::model::DeploymentId,
        state: RolloutState,
        reason: crate::model::RolloutReason,
    ) {
        let now = self.now;
        let row = self.store.deployment_mut(deployment);
        row.rollout = state;
        row.reason = reason;
        row.updated_at = now;
        self.out.event(EventKind::Rollout(deployment, state));
    }

    /// An instance leaves: its tasks stop with a cause, at once and for good.
    pub(crate) fn lose_tasks(&mut self, instance: InstanceId, stop: &Stop) {
        for task in self.store.instances.get(instance).tasks.clone() {
            if self.store.task(task).is_live() {
                self.give_up_daemon_slot(task);
                self.forget_live(task, stop.clone());
            }
            self.set_status(task, TaskStatus::Stopped);
        }
    }

    /// The slot of a daemon belongs to its instance, and is lost with it (03 section 9). The count
    /// of the PRIMARY deployment follows the eligible instances anyway.
    pub(crate) fn give_up_daemon_slot(&mut self, task: TaskId) {
        let Some(owner) = self.store.task(task).owner else { return };
        let is_daemon = self.store.service(owner.service).scheduling == SchedulingStrategy::Daemon;
        let deployment = self.store.deployment_mut(owner.deployment);
        if is_daemon && deployment.status == DeploymentStatus::Active {
            deployment.desired = deployment.desired.saturating_sub(1);
        }
    }
}

impl Store {
    /// Alarms of a service's configuration that are in ALARM.
    pub(crate) fn alarms_now(&self, service: ServiceId) -> Box<[Box<str>]> {
        let watched = self.service(service).settings.alarms.as_ref();
        let names = watched.into_iter().flat_map(|config| config.names.iter());
        names
            .filter(|name| self.alarms.get(*name).is_some_and(|a| a.state == AlarmState::Alarm))
            .cloned()
            .collect()
    }

    /// How long a roll-out is watched before it is called complete: as configured, else what the
    /// alarms need to show a fault, always under 5 minutes (03 section 12).
    pub(crate) fn bake_time(&self, service: ServiceId) -> Span {
        let settings = &self.service(service).settings;
        if let Some(bake) = settings.bake {
            return bake;
        }
        let watched = settings.alarms.as_ref();
        let names = watched.into_iter().flat_map(|config| config.names.iter());
        let reaches = names.filter_map(|name| self.alarms.get(name).map(Alarm::reach));
        reaches.max().unwrap_or(Span::ZERO).min(MOST_DERIVED_BAKE)
    }

    /// What decides a task's health class besides the task itself.
    pub(crate) fn health_rules(&self, task: TaskId) -> HealthRules {
        let row = self.task(task);
        let container_check = self.definition(row.definition).has_essential_health_check();
        let service = row.owner.map(|owner| self.service(owner.service));
        HealthRules {
            container_check,
            targets: row.targets.len(),
            grace: service.map_or(Span::ZERO, |s| s.grace),
            warmup: self.config.no_health_check_warmup,
        }
    }
}
