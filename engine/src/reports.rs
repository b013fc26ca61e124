//! What the world tells, taken in as it comes (03 section 5.4, P0).

use std::collections::BTreeSet;

use crate::api::event::{AlarmChange, EventKind};
use crate::api::{Effect, Report, TaskChange};
use crate::command::has_trunking;
use crate::control::Control;
use crate::lifecycle::HealthClass;
use crate::lifecycle::health;
use crate::model::{
    AlarmState, ClusterId, Digests, HealthStatus, InstanceId, InstanceStatus, MessageKey,
    Registration, ServiceId, Stop, StopCode, StopReason, TargetFailure, TargetState, TaskId,
    TaskStatus,
};

pub(crate) fn apply(control: &mut Control, report: Report) {
    match report {
        Report::Task(task, change) => task_changed(control, task, change),
        Report::InstanceRegistered(cluster, registration) => {
            instance_registered(control, cluster, *registration);
        }
        Report::TrunkChanged(instance, done) => trunk_changed(control, instance, done),
        Report::AgentConnection(instance, connected) => {
            let lost = !connected && control.store.instances.get(instance).agent_connected;
            agent(control, instance, connected);
            if lost {
                tell_unknown_health(control, instance);
            }
        }
        Report::InstanceTerminated(instance, stop) => terminated(control, instance, &stop),
        Report::InstanceStopped(instance, stop) => {
            agent(control, instance, false);
            control.lose_tasks(instance, &stop);
        }
        Report::AlarmState(name, state) => alarm_changed(control, name, state),
        Report::HookAnswer { record, run, answer } => {
            crate::reconcile::hook_answered(control, record, run, &answer);
        }
        Report::LifecycleEventAnswer { deployment, event, answer } => {
            crate::reconcile::lifecycle_event_answered(control, deployment, event, &answer);
        }
        Report::FargateCapacity { cluster, spot, zone, available } => {
            let zone = zone.map(|name| control.store.intern_zone(&name));
            let key = (cluster, spot, zone);
            if available {
                control.store.fargate_gone.remove(&key);
            } else {
                control.store.fargate_gone.insert(key);
            }
        }
    }
}

/// An instance joins. In an account with trunking its trunk is made first, if it can have one
/// (02 section 3.4).
fn instance_registered(control: &mut Control, cluster: ClusterId, mut given: Registration) {
    let trunking = has_trunking(&control.store);
    let waits = trunking && given.trunk_enis.is_some() && given.status == InstanceStatus::Active;
    if waits {
        given.take_trunk();
        given.status = InstanceStatus::Registering;
    }
    let instance = crate::setup::register_instance(control, cluster, given);
    control.out.event(EventKind::InstanceRegistered(instance));
    if waits {
        let status = InstanceStatus::Registering;
        control.out.event(EventKind::InstanceStatus(instance, status));
        control.out.effect(Effect::MakeTrunk(instance));
    }
    control.room_changed(cluster);
    control.touch_cluster(cluster);
}

fn trunk_changed(control: &mut Control, instance: InstanceId, done: bool) {
    let row = control.store.instances.get(instance);
    let cluster = row.cluster;
    let status = match row.status {
        InstanceStatus::Registering if done => InstanceStatus::Active,
        InstanceStatus::Registering => InstanceStatus::RegistrationFailed,
        InstanceStatus::Deregistering => InstanceStatus::Inactive,
        InstanceStatus::RegistrationFailed
        | InstanceStatus::Active
        | InstanceStatus::Draining
        | InstanceStatus::Inactive => return,
    };
    control.store.set_instance_status(instance, status);
    control.out.event(EventKind::InstanceStatus(instance, status));
    control.room_changed(cluster);
    control.touch_cluster(cluster);
}

/// Who watches the alarm looks at it at the next pass (03 section 12).
fn alarm_changed(control: &mut Control, name: Box<str>, state: AlarmState) {
    let now = control.now;
    let Some(alarm) = control.store.alarms.get_mut(&name) else { return };
    if alarm.state == state {
        return;
    }
    alarm.state = state;
    alarm.changed_at = now;
    control.touch_watchers(&name);
    let change = AlarmChange { alarm: name, state };
    control.out.event(EventKind::AlarmState(Box::new(change)));
}

fn task_changed(control: &mut Control, task: TaskId, change: TaskChange) {
    match change {
        TaskChange::Status(status, cause) => status_changed(control, task, status, cause),
        TaskChange::Health(health) => health_changed(control, task, health),
        TaskChange::Target { group, state, failure } => {
            target_changed(control, task, group, state, failure);
        }
    }
}

fn status_changed(control: &mut Control, task: TaskId, to: TaskStatus, cause: Option<Stop>) {
    if to <= control.store.task(task).last_status {
        return;
    }
    let ends = to > TaskStatus::Running;
    if ends && control.store.task(task).is_live() {
        let cause = cause.unwrap_or(Stop {
            code: StopCode::EssentialContainerExited,
            reason: StopReason::EssentialExited,
        });
        note_failure(control, task, &cause);
        control.forget_live(task, cause);
    }
    control.set_status(task, to);
    if matches!(to, TaskStatus::Activating | TaskStatus::Running) {
        note_digests(control, task);
    }
    if to == TaskStatus::Running {
        note_start(control, task);
    }
}

/// A task of a service ended by itself: what the breaker and the throttle make of it
/// (03 sections 11.2 and 14.2).
pub(crate) fn note_failure(control: &mut Control, task: TaskId, cause: &Stop) {
    let row = control.store.task(task);
    let Some(owner) = row.owner else { return };
    let now = control.now;
    let never_ran = row.started_at().is_none();
    let never_healthy = !row.was_healthy && !is_healthy(control, task);
    let has_breaker = control.store.service(owner.service).settings.breaker.enable;
    let deployment = control.store.deployment_mut(owner.deployment);
    let throttle = &mut deployment.throttle;
    match cause.code {
        StopCode::TaskFailedToStart => {
            throttle.start_failures += 1;
            throttle.unweighed.push((now, task));
            deployment.digests = deployment.digests.after_failure(has_breaker);
        }
        StopCode::EssentialContainerExited if never_ran => {
            throttle.start_failures += 1;
            throttle.unweighed.push((now, task));
            deployment.digests = deployment.digests.after_failure(has_breaker);
        }
        StopCode::EssentialContainerExited if never_healthy => throttle.unweighed.push((now, task)),
        StopCode::EssentialContainerExited
        | StopCode::UserInitiated
        | StopCode::ServiceSchedulerInitiated
        | StopCode::SpotInterruption
        | StopCode::TerminationNotice
        | StopCode::InfrastructureHealth => {}
    }
}

fn is_healthy(control: &Control, task: TaskId) -> bool {
    let rules = control.store.health_rules(task);
    health::class(control.store.task(task), &rules, control.now) == HealthClass::Healthy
}

/// The images of a task of a service are there: what their tags stand for is known.
fn note_digests(control: &mut Control, task: TaskId) {
    if let Some(owner) = control.store.task(task).owner {
        control.store.deployment_mut(owner.deployment).digests = Digests::Known;
    }
}

/// A task of a service runs: the throttle forgets its failures, its targets are announced.
fn note_start(control: &mut Control, task: TaskId) {
    let Some(owner) = control.store.task(task).owner else { return };
    let deployment = control.store.deployment_mut(owner.deployment);
    deployment.has_run = true;
    deployment.throttle.waves = 0;
    deployment.throttle.next_attempt = None;
    let has_targets = !deployment.load_balancers.is_empty();
    let service = control.store.service_mut(owner.service);
    service.memory.said.retain(|(key, _)| *key != MessageKey::StartsFail);
    if has_targets {
        *service.memory.registered.entry(owner.deployment).or_default() += 1;
    }
}

fn health_changed(control: &mut Control, task: TaskId, health: HealthStatus) {
    let was_healthy = is_healthy(control, task);
    let row = control.store.task_mut(task);
    if row.container_health == health {
        return;
    }
    row.container_health = health;
    row.version += 1;
    control.out.event(EventKind::TaskHealth(task, health));
    note_health(control, task, was_healthy);
}

fn target_changed(
    control: &mut Control,
    task: TaskId,
    group: usize,
    state: TargetState,
    failure: Option<TargetFailure>,
) {
    let was_healthy = is_healthy(control, task);
    let row = control.store.task_mut(task);
    let Some(slot) = row.targets.get_mut(group) else { return };
    let is_news = *slot != state;
    *slot = state;
    let gone = row.targets.iter().all(|&target| target == TargetState::Unused);
    let deactivating = row.last_status == TaskStatus::Deactivating;
    if let (Some(owner), Some(failure)) = (row.owner, failure) {
        let memory = &mut control.store.service_mut(owner.service).memory;
        memory.target_failures.insert((task, group), failure);
    }
    // An unhealthy target may fail in another way: that is no other state.
    if !is_news {
        return;
    }
    control.out.event(EventKind::TargetState(task, group, state));
    if gone && deactivating {
        control.out.effect(Effect::StopTask(task));
    }
    note_health(control, task, was_healthy);
}

/// The service looks at its tasks' health at the next pass; when a task first was healthy is noted
/// at its own instant.
fn note_health(control: &mut Control, task: TaskId, was_healthy: bool) {
    let Some(owner) = control.store.task(task).owner else { return };
    let now = control.now;
    if !was_healthy && is_healthy(control, task) {
        control.store.task_mut(task).was_healthy = true;
        control.store.deployment_mut(owner.deployment).note_healthy(now, task);
    }
    control.touch(owner.service);
}

fn agent(control: &mut Control, instance: InstanceId, connected: bool) {
    let row = control.store.instances.get_mut(instance);
    if row.agent_connected == connected {
        return;
    }
    row.agent_connected = connected;
    row.version += 1;
    let cluster = row.cluster;
    control.out.event(EventKind::AgentConnection(instance, connected));
    if connected {
        control.room_changed(cluster);
    }
    control.touch_cluster(cluster);
}

/// The container health of tasks that had some is known no more; their class stays (03 section
/// 4.2). Each service is told of once.
fn tell_unknown_health(control: &mut Control, instance: InstanceId) {
    let store = &control.store;
    let known = |task: &&TaskId| {
        let row = store.task(**task);
        row.is_running() && row.container_health != HealthStatus::Unknown
    };
    let tasks = store.instances.get(instance).tasks.iter().filter(known);
    let owners = tasks.filter_map(|&task| store.task(task).owner);
    let ranked = owners.map(|owner| (store.service_rank(owner.service), owner.service));
    for (_, service) in ranked.collect::<BTreeSet<(u32, ServiceId)>>() {
        control.out.service_action(service, "SERVICE_HEALTH_UNKNOWN", None);
    }
}

/// EC2 ended an instance (01 section 7.3): deregistered by itself if the agent was connected.
fn terminated(control: &mut Control, instance: InstanceId, stop: &Stop) {
    let row = control.store.instances.get(instance);
    let (connected, cluster, status) = (row.agent_connected, row.cluster, row.status);
    control.lose_tasks(instance, stop);
    if connected && status != InstanceStatus::Inactive {
        control.store.set_instance_status(instance, InstanceStatus::Inactive);
        let row = control.store.instances.get_mut(instance);
        row.agent_connected = false;
        control.out.event(EventKind::InstanceStatus(instance, InstanceStatus::Inactive));
    }
    crate::groups::terminated(control, instance);
    control.touch_cluster(cluster);
}
