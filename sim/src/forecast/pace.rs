//! How long one task takes, and how many more there is room for: measured on copies of the run, so
//! that whatever the world does (images, checks, targets, delays) is in the figures.

use std::collections::BTreeMap;

use stowplan_engine::api::Command;
use stowplan_engine::api::input::StopTask;
use stowplan_engine::model::{
    DeploymentId, HealthStatus, RolloutState, ServiceId, StopCode, StopReason, TargetState, Task,
    TaskId, TaskStatus, Time,
};
use stowplan_engine::{HealthClass, View};

use super::failing::Fails;
use crate::run::Simulation;
use crate::world::WorldTask;

/// Longer than this nobody waits for a first healthy task, ms.
const PATIENCE: i64 = 2 * 3_600_000;

/// Instants that are looked at in search of it.
const MOST_INSTANTS: usize = 20_000;

/// What one task takes, ms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// From the decision to start a task of the new revision until it counts as healthy.
    pub to_healthy: Option<u64>,
    /// From the decision to start a task of the new revision until its images are there.
    pub to_known: Option<u64>,
    /// From the decision to stop a task of an old revision until it is gone.
    pub to_stop: Option<u64>,
    /// Why the first task of the new revision stopped, if it did before any was healthy.
    pub first_failure: Option<String>,
    /// How the first of them failed, if one did before any was healthy.
    pub failure: Option<Failure>,
}

/// How a task of the new revision fails, ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// In which way.
    pub fails: Fails,
    /// From the decision to start it until it runs, if it ever does.
    pub to_running: u64,
    /// From the decision to start it until it fails.
    pub to_failure: u64,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// A healthy new task.
    Healthy,
    /// That, and an old task that is gone.
    Both,
}

/// Runs a copy on until one new task is healthy and, if that is asked for, one old task is gone.
pub(super) fn measure(
    mut copy: Simulation,
    deployment: DeploymentId,
    called: Time,
    until: Until,
) -> Pace {
    let service = copy.engine().deployment(deployment).service;
    let mut watch = Watch {
        deployment,
        tasks: Vec::new(),
        queued: BTreeMap::new(),
        sick: BTreeMap::new(),
        failed: Vec::new(),
        seen: 0,
        pace: Pace::default(),
    };
    let view = copy.engine();
    // Who is healthy already shows nothing.
    let shows = |&id: &TaskId| view.health_class(id, called) != HealthClass::Healthy;
    let is_new = |&id: &TaskId| view.task(id).owner.is_some_and(|o| o.deployment == deployment);
    // When an old one that is gone already went is past seeing.
    let tells = |&id: &TaskId| match is_new(&id) {
        true => shows(&id),
        false => !view.task(id).last_status.is_gone(),
    };
    let known = view.service(service).tasks.iter().copied();
    watch.tasks = known.filter(tells).collect();
    let is_over = |&id: &TaskId| {
        let code = view.task(id).stop().map(|stop| stop.code);
        code == Some(StopCode::ServiceSchedulerInitiated)
            || view.health_class(id, called) == HealthClass::Unhealthy
    };
    watch.failed = watch.tasks.iter().copied().filter(is_over).collect();
    watch.seen = copy.engine().tasks().len();
    for _ in 0..MOST_INSTANTS {
        let Some(now) = copy.now() else { break };
        watch.take_new(&copy, service);
        watch.look(&copy, now);
        let known = watch.pace.to_healthy.is_some()
            && (until == Until::Healthy || watch.pace.to_stop.is_some());
        let given_up = copy.engine().deployment(deployment).rollout == RolloutState::Failed;
        if known || given_up || now.0 - called.0 > PATIENCE || copy.advance().is_none() {
            break;
        }
    }
    watch.pace
}

/// The tasks of the service, watched.
struct Watch {
    deployment: DeploymentId,
    tasks: Vec<TaskId>,
    /// New tasks that had to wait for their host to have room, and when that was over.
    queued: BTreeMap<TaskId, Option<Time>>,
    /// New tasks that fail a check, and since when.
    sick: BTreeMap<TaskId, Time>,
    /// Those that had failed before somebody watched: since when is past seeing.
    failed: Vec<TaskId>,
    /// How many tasks of the run were looked through for ones of the service.
    seen: usize,
    pace: Pace,
}

impl Watch {
    fn take_new(&mut self, copy: &Simulation, service: ServiceId) {
        let all = copy.engine().tasks();
        let of_service = all
            .since(self.seen)
            .filter(|task| task.owner.is_some_and(|owner| owner.service == service));
        self.tasks.extend(of_service.map(|task| task.id));
        self.seen = all.len();
    }

    /// Time until the host has room is not the task's own, so that it counts from then.
    fn look(&mut self, copy: &Simulation, now: Time) {
        let view = copy.engine();
        for &id in &self.tasks {
            let task = view.task(id);
            let is_new = task.owner.is_some_and(|owner| owner.deployment == self.deployment);
            if !is_new {
                if self.pace.to_stop.is_none() && task.last_status.is_gone() {
                    self.pace.to_stop = task.stopping_at().map(|told| since(told, now));
                }
                continue;
            }
            if copy.world().task(id).is_some_and(WorldTask::waits_for_host) {
                self.queued.insert(id, None);
            } else if let Some(let_in @ None) = self.queued.get_mut(&id) {
                *let_in = Some(now);
            }
            let began = self.queued.get(&id).copied().flatten().unwrap_or(task.created_at);
            let is_known = matches!(task.last_status, TaskStatus::Activating | TaskStatus::Running);
            if is_known && self.pace.to_known.is_none() {
                self.pace.to_known = Some(since(began, now));
            }
            let is_healthy = view.health_class(id, now) == HealthClass::Healthy;
            if is_healthy && self.pace.to_healthy.is_none() {
                self.pace.to_healthy = Some(since(began, now));
            }
            if self.pace.first_failure.is_none() && self.pace.to_healthy.is_none() {
                self.pace.first_failure = stop_reason(view, id);
            }
            if self.pace.failure.is_none() && !self.failed.contains(&id) {
                self.pace.failure = failure(view, id, now, &mut self.sick).map(|(fails, at)| {
                    let ran = task.started_at().unwrap_or(at);
                    let (to_running, to_failure) = (since(began, ran), since(began, at));
                    Failure { fails, to_running, to_failure }
                });
            }
        }
    }
}

/// How and when a task failed that never was healthy.
fn failure(
    view: View<'_>,
    id: TaskId,
    now: Time,
    sick: &mut BTreeMap<TaskId, Time>,
) -> Option<(Fails, Time)> {
    let task = view.task(id);
    if task.was_healthy {
        return None;
    }
    let owner = task.owner?;
    let grace_ends = task.started_at().map(|at| at + view.service(owner.service).grace);
    let fails = task.container_health == HealthStatus::Unhealthy
        || task.targets.contains(&TargetState::Unhealthy);
    if let Some(stop) = task.stop() {
        let at = task.stopping_at().unwrap_or(now);
        return match (stop.code, &stop.reason, grace_ends) {
            (StopCode::TaskFailedToStart, _, None) => Some((Fails::ToStart, at)),
            (StopCode::EssentialContainerExited, _, Some(_)) => Some((Fails::ByExit, at)),
            (_, StopReason::ContainerHealth | StopReason::TargetHealth(_), Some(grace_ends)) => {
                let sick_since = sick.get(&id).copied().unwrap_or(at);
                Some((Fails::InHealth, sick_since.max(grace_ends)))
            }
            // The pass that sees it fail may give up all of its revision.
            (_, _, Some(grace_ends)) if fails => {
                let sick_since = sick.get(&id).copied().unwrap_or(at);
                (grace_ends <= at).then(|| (Fails::InHealth, sick_since.max(grace_ends)))
            }
            _ => None,
        };
    }
    if !fails {
        sick.remove(&id);
        return None;
    }
    let sick_since = *sick.entry(id).or_insert(now);
    let is_sick = view.health_class(id, now) == HealthClass::Unhealthy;
    is_sick.then_some((Fails::InHealth, sick_since.max(grace_ends?)))
}

fn stop_reason(view: View<'_>, task: TaskId) -> Option<String> {
    view.task(task).stop().map(|stop| view.stopped_reason(stop))
}

fn stop_call(view: View<'_>, task: TaskId) -> Command {
    let call = StopTask {
        cluster: Some(view.cluster(view.task(task).cluster).name.to_string()),
        task: view.task_name(task),
        ..StopTask::default()
    };
    Command::StopTask(Box::new(call))
}

/// From the decision to stop a task until it is gone: a copy in which it is told to stop shows it.
pub(super) fn to_stop(before: &Simulation, now: Time, task: TaskId) -> Option<u64> {
    let mut copy = before.after_call(now, stop_call(before.engine(), task)).ok()?;
    for _ in 0..MOST_INSTANTS {
        let at = copy.now()?;
        if copy.engine().task(task).last_status.is_gone() {
            return Some(since(now, at));
        }
        if at.0 - now.0 > PATIENCE || copy.advance().is_none() {
            break;
        }
    }
    None
}

/// When the digests of a deployment are known by the tasks that it has, ms from now.
pub(super) fn known_in(mut copy: Simulation, deployment: DeploymentId, now: Time) -> Option<u64> {
    let service = copy.engine().deployment(deployment).service;
    let view = copy.engine();
    let is_its = |id: &TaskId| {
        let task = view.task(*id);
        task.is_live() && task.owner.is_some_and(|owner| owner.deployment == deployment)
    };
    let asked = view.service(service).tasks.iter().copied().find(is_its)?;
    for _ in 0..MOST_INSTANTS {
        let at = copy.now().unwrap_or(now);
        let status = copy.engine().task(asked).last_status;
        if matches!(status, TaskStatus::Activating | TaskStatus::Running) {
            return Some(since(now, at));
        }
        if at.0 - now.0 > PATIENCE || copy.advance().is_none() {
            break;
        }
    }
    None
}

/// What stopping a running task of a deployment takes that may never be healthy. One that has just
/// begun to run shows it, since an older one may be about to exit; if none does, the newest.
pub(super) fn to_stop_running(
    mut copy: Simulation,
    deployment: DeploymentId,
    called: Time,
) -> Option<u64> {
    let service = copy.engine().deployment(deployment).service;
    let mut newest = None;
    for _ in 0..MOST_INSTANTS {
        let Some(now) = copy.now() else { break };
        let view = copy.engine();
        let tasks = view.service(service).tasks.iter().map(|&id| view.task(id));
        let is_new = |task: &&Task| task.owner.is_some_and(|it| it.deployment == deployment);
        let running = tasks.filter(|task| task.is_running() && is_new(task));
        if let Some(task) = running.max_by_key(|task| (task.started_at(), task.id)) {
            if task.started_at() == Some(now) {
                return to_stop(&copy, now, task.id);
            }
            newest = newest.or_else(|| to_stop(&copy, now, task.id));
        }
        if now.0 - called.0 > PATIENCE || copy.advance().is_none() {
            break;
        }
    }
    newest
}

/// From the decision to start a task of the old revision again until it is healthy: a copy in which
/// one was stopped shows it.
pub(super) fn to_return(before: &Simulation, now: Time, task: TaskId) -> Option<u64> {
    let deployment = before.engine().task(task).owner?.deployment;
    let copy = before.after_call(now, stop_call(before.engine(), task)).ok()?;
    measure(copy, deployment, now, Until::Healthy).to_healthy
}

/// When each task of a service that starts or stops will be healthy, or gone: ms from now.
pub(super) fn dues(mut copy: Simulation, tasks: &[TaskId], now: Time) -> BTreeMap<TaskId, u64> {
    let mut dues = BTreeMap::new();
    let view = copy.engine();
    let before: Vec<bool> = tasks.iter().map(|&id| view.task(id).was_healthy).collect();
    for _ in 0..MOST_INSTANTS {
        let at = copy.now().unwrap_or(now);
        let view = copy.engine();
        for (&id, &was_healthy) in tasks.iter().zip(&before) {
            let task = view.task(id);
            let done = match task.is_live() {
                true => view.health_class(id, at) == HealthClass::Healthy,
                // Told to stop in the instant in which it became healthy.
                false => task.last_status.is_gone() || (task.was_healthy && !was_healthy),
            };
            if done {
                dues.entry(id).or_insert_with(|| since(now, at));
            }
        }
        if dues.len() == tasks.len() || at.0 - now.0 > PATIENCE || copy.advance().is_none() {
            break;
        }
    }
    dues
}

/// How many more tasks of a deployment the cluster has room for: a copy in which all of them were
/// wanted at once shows how many got a place. `None` when all did, or will once instances are
/// launched for them.
pub(super) fn room(all_at_once: &Simulation, deployment: DeploymentId) -> Option<u32> {
    let view = all_at_once.engine();
    let row = view.deployment(deployment);
    let is_placed = |&&id: &&TaskId| {
        let task = view.task(id);
        let is_new = task.owner.is_some_and(|owner| owner.deployment == deployment);
        is_new && task.is_live()
    };
    let placed = view.service(row.service).tasks.iter().filter(is_placed).count();
    let placed = u32::try_from(placed).unwrap_or(u32::MAX);
    (placed < row.desired).then_some(placed)
}

fn since(from: Time, to: Time) -> u64 {
    u64::try_from(to.0 - from.0).unwrap_or(0)
}
