//! One pass of one service, P2 to P8 of 03 section 5.4, readable from top to bottom.

use crate::control::Control;
use crate::deployment::throttle;
use crate::launch::LaunchTarget;
use crate::lifecycle::HealthClass;
use crate::lifecycle::health;
use crate::model::{
    BackoffCause, DeploymentId, DeploymentStatus, SchedulingStrategy, ServiceDeploymentStatus,
    ServiceId, ServiceStatus, Stop, TargetFailure, TaskStatus, Throttle,
};
use crate::reconcile::facts::{self, Class, Fact, Facts, Kind};
use crate::reconcile::told::{self, Told};
use crate::reconcile::{
    apart, code_deploy, completion, daemon, monitors, rebalance, shifting, starts, steady, stops,
};
use crate::store::Store;
use crate::view::View;

/// A pass under way.
pub(super) struct Pass<'a> {
    pub(super) control: &'a mut Control,
    pub(super) service: ServiceId,
    pub(super) facts: Facts,
    pub(super) told: Told,
    /// Targets on which a deployment found no place in this pass.
    pub(super) no_place: Vec<(DeploymentId, LaunchTarget)>,
}

/// Runs one pass.
pub(super) fn run(control: &mut Control, service: ServiceId) {
    let status = control.store.service(service).status;
    forget_stopped(control, service);
    control.agenda.pass_begins(service);
    match status {
        ServiceStatus::Active => {}
        ServiceStatus::Draining => return completion::drain(control, service),
        ServiceStatus::Inactive => return,
    }
    if control.store.service(service).scheduling == SchedulingStrategy::Daemon {
        daemon::count_eligible(control, service);
    }
    let impaired = take_in(control, service);
    let facts = facts::of(control, service);
    let mut pass = Pass { control, service, facts, told: Told::default(), no_place: Vec::new() };
    pass.told.stopped_pending = pass.take_untold();
    monitors::honour_user_rollback(&mut pass);
    shifting::advance(&mut pass);
    code_deploy::advance(&mut pass);
    stops::forced(&mut pass);
    stops::surplus(&mut pass);
    if apart::is_apart(pass.control, service) {
        apart::leave_draining(&mut pass);
        apart::stop_first(&mut pass);
    } else {
        stops::rolling(&mut pass);
        stops::stop_first(&mut pass);
    }
    let tripped = monitors::trip(&mut pass);
    let started = starts::launch(&mut pass);
    let silent = pass.told.is_silent();
    pass.told.tell_stops(pass.control, service);
    pass.told.tell_starts(pass.control, service);
    starts::tell_failures(&mut pass, &started);
    if impaired {
        starts::tell_impaired(pass.control, service);
    }
    stops::say_protected(&mut pass);
    monitors::tell(&mut pass, tripped);
    let completed = completion::check(&mut pass);
    steady::check(&mut pass, silent, &started);
    let acted = completed || tripped.is_some() || !silent || started.tasks > 0;
    if acted {
        // What this pass did may call for more: the service gets the next pass, too.
        pass.control.touch(service);
    } else if started.failures.is_empty() {
        rebalance::check(&mut pass);
    }
    let wake = steady::alarm_clock(pass.control, service);
    let is_hoping = hopes_for_room(&pass.control.store, service);
    pass.control.agenda.pass_ended(service, wake, is_hoping);
}

impl Pass<'_> {
    /// The listed deployments: the PRIMARY one first, then the older ones, oldest first.
    pub(super) fn deployments(&self) -> Vec<DeploymentId> {
        let store = &self.control.store;
        let mut order = store.service(self.service).deployments.clone();
        let is_source = |d: &DeploymentId| store.deployment(*d).status != DeploymentStatus::Primary;
        order.sort_by_key(is_source);
        order
    }

    pub(super) fn primary(&self) -> Option<DeploymentId> {
        self.control.store.primary(self.service)
    }

    /// How many tasks satisfy a question.
    pub(super) fn count(&self, question: impl Fn(&Kind) -> bool) -> u32 {
        self.facts.count(question)
    }

    /// How many tasks of one deployment satisfy a question.
    pub(super) fn count_of(
        &self,
        deployment: DeploymentId,
        question: impl Fn(&Kind) -> bool,
    ) -> u32 {
        self.facts.count(|kind| kind.deployment == deployment && question(kind))
    }

    /// What occupies the room under the ceiling.
    pub(super) fn occupying(&self) -> u32 {
        let counts_stopping = self.control.store.config.max_counts_stopping;
        self.count(|kind| kind.is_active() || (counts_stopping && kind.is_stopping()))
    }

    /// What one deployment occupies of it.
    pub(super) fn occupying_of(&self, deployment: DeploymentId) -> u32 {
        let counts_stopping = self.control.store.config.max_counts_stopping;
        let occupies = |kind: &Kind| kind.is_active() || (counts_stopping && kind.is_stopping());
        self.count_of(deployment, occupies)
    }

    /// Orders the stop of a task and notes what there is to tell.
    pub(super) fn stop(&mut self, index: usize, stop: Stop) {
        let fact = self.facts[index];
        self.control.stop_task(fact.task, stop);
        if fact.class == Class::Pending {
            self.facts.set_class(index, Class::Gone);
            self.told.stopped_pending += 1;
        } else {
            self.facts.set_class(index, Class::Stopping { unhealthy: false });
            self.told.stopped.entry(fact.deployment).or_default().push(fact.task);
        }
    }

    /// Orders the stop of an unhealthy task, which counts against its deployment.
    pub(super) fn stop_unhealthy(&mut self, index: usize) {
        let fact = self.facts[index];
        let failing = self.failing_target(fact);
        let stop = self.unhealthy_stop(fact, failing);
        self.control.stop_task(fact.task, stop);
        self.facts.set_class(index, Class::Stopping { unhealthy: true });
        match failing {
            Some(group) => {
                let memory = &self.control.store.service(self.service).memory;
                let failure = memory.target_failures.get(&(fact.task, group)).cloned();
                let unknown = || TargetFailure { reason: "Health checks failed".into(), port: 0 };
                let failure = failure.unwrap_or_else(unknown);
                self.told.target_unhealthy.push((fact.task, group, failure));
            }
            None => {
                self.told.container_unhealthy.push(fact.task);
                let tasks = self.told.stopped_unhealthy.entry(fact.deployment).or_default();
                tasks.push(fact.task);
            }
        }
        if Some(fact.deployment) == self.primary() {
            self.control.store.deployment_mut(fact.deployment).failures += 1;
        }
    }

    /// The first load balancer in which a task is unhealthy; none when its containers are.
    fn failing_target(&self, fact: Fact) -> Option<usize> {
        let store = &self.control.store;
        let task = store.task(fact.task);
        let unhealthy = crate::model::TargetState::Unhealthy;
        task.targets.iter().position(|&state| state == unhealthy)
    }

    fn unhealthy_stop(&self, fact: Fact, failing: Option<usize>) -> Stop {
        let store = &self.control.store;
        let reason = match failing {
            Some(group) => {
                let groups = View::new(store).balancers(fact.deployment);
                crate::model::StopReason::TargetHealth(groups[group].clone())
            }
            None => crate::model::StopReason::ContainerHealth,
        };
        Stop { code: crate::model::StopCode::ServiceSchedulerInitiated, reason }
    }

    fn take_untold(&mut self) -> u32 {
        let memory = &mut self.control.store.service_mut(self.service).memory;
        std::mem::take(&mut memory.untold_pending)
    }
}

fn forget_stopped(control: &mut Control, service: ServiceId) {
    let store = &mut control.store;
    let tasks = &store.tasks;
    let row = &mut store.services[service.index()];
    row.tasks.retain(|task| tasks[*task].last_status != TaskStatus::Stopped);
    row.memory
        .target_failures
        .retain(|(task, _), _| tasks[*task].last_status != TaskStatus::Stopped);
}

/// What happened since the last pass, weighed: failures against healthy tasks, waves of failed
/// starts, records that move on (03 sections 10.3, 11.2, 14.2). Answers whether starts keep
/// failing.
fn take_in(control: &mut Control, service: ServiceId) -> bool {
    announce_targets(control, service);
    note_warmed_up(control, service);
    let reset = control.store.service(service).settings.breaker.reset_on_healthy_task;
    let delays = control.store.config.start_backoff.clone();
    let mut impaired = false;
    for deployment in control.store.service(service).deployments.clone() {
        let now = control.now;
        let row = control.store.deployment_mut(deployment);
        let failures = std::mem::take(&mut row.throttle.unweighed);
        let healthy = row.last_healthy.take().filter(|_| reset);
        if let Some(healthy) = healthy {
            row.failures = 0;
            row.failures += count(failures.iter().filter(|&&at| at > healthy));
        } else {
            row.failures += count(failures.iter());
        }
        if std::mem::take(&mut row.throttle.start_failures) > 0 {
            throttle::arm(&mut row.throttle, BackoffCause::Start, &delays, now);
        }
        impaired |= row.is_maintained() && throttle::is_impaired(&row.throttle);
    }
    for record in control.store.service(service).records.clone() {
        match control.store.record(record).status {
            ServiceDeploymentStatus::Pending => {
                control.set_record(record, ServiceDeploymentStatus::InProgress);
            }
            ServiceDeploymentStatus::StopRequested => {
                control.set_record(record, ServiceDeploymentStatus::Stopped);
            }
            ServiceDeploymentStatus::InProgress
            | ServiceDeploymentStatus::Successful
            | ServiceDeploymentStatus::Stopped
            | ServiceDeploymentStatus::RollbackRequested
            | ServiceDeploymentStatus::RollbackInProgress
            | ServiceDeploymentStatus::RollbackSuccessful
            | ServiceDeploymentStatus::RollbackFailed => {}
        }
    }
    impaired
}

/// Something could have made room, in this pass or before: launches that waited for a place are
/// tried now (03 section 14.3).
pub(super) fn notice_room(control: &mut Control, service: ServiceId) {
    let room = control.room[control.store.service(service).cluster.index()];
    let row = control.store.service_mut(service);
    if std::mem::replace(&mut row.memory.room_seen, room) == room {
        return;
    }
    if let Some(rebalancing) = &mut row.memory.rebalancing {
        throttle::room_appeared(&mut rebalancing.throttle);
    }
    for deployment in row.deployments.clone() {
        throttle::room_appeared(&mut control.store.deployment_mut(deployment).throttle);
    }
}

/// What holds back launches of a service: of each deployment, and of moves between zones.
pub(super) fn throttles(store: &Store, service: ServiceId) -> impl Iterator<Item = &Throttle> {
    let row = store.service(service);
    let moves = row.memory.rebalancing.as_ref().map(|rebalancing| &rebalancing.throttle);
    row.deployments.iter().map(|&deployment| &store.deployment(deployment).throttle).chain(moves)
}

/// Placement failed, and room in the cluster would make the back-off pointless.
pub(super) fn hopes_for_room(store: &Store, service: ServiceId) -> bool {
    throttles(store, service).any(|throttle| {
        throttle.next_attempt.is_some_and(|backoff| backoff.cause == BackoffCause::Placement)
    })
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

/// E4: targets registered since the last pass.
fn announce_targets(control: &mut Control, service: ServiceId) {
    let registered = std::mem::take(&mut control.store.service_mut(service).memory.registered);
    for (deployment, count) in registered {
        for group in View::new(&control.store).balancers(deployment) {
            control.out.message(service, crate::api::event::Message::Registered(count, group));
        }
    }
}

/// Without any health signal a task is healthy by the clock: it is noted here, at its instant.
fn note_warmed_up(control: &mut Control, service: ServiceId) {
    let warmup = control.store.config.no_health_check_warmup;
    for task in control.store.service(service).tasks.clone() {
        let row = control.store.task(task);
        if row.was_healthy || !row.is_running() {
            continue;
        }
        let rules = control.store.health_rules(task);
        if health::class(row, &rules, control.now) != HealthClass::Healthy {
            continue;
        }
        let since = row.started_at().map_or(control.now, |started| started + warmup);
        let since = since.min(control.now);
        let owner = row.owner;
        control.store.task_mut(task).was_healthy = true;
        if let Some(owner) = owner {
            let deployment = control.store.deployment_mut(owner.deployment);
            deployment.note_healthy(since, task);
        }
    }
}

/// What was said of a missing place may be said again once a task found one.
pub(super) fn place_found(control: &mut Control, service: ServiceId) {
    told::resolved(control, service, |key| {
        matches!(
            key,
            crate::model::MessageKey::Unplaceable(_) | crate::model::MessageKey::ProvisioningLimit
        )
    });
}
