//! The numbers of a deployment that is under way, and that the circuit breaker will end.

use std::collections::BTreeMap;

use stowplan_engine::api::Command;
use stowplan_engine::api::input::StopServiceDeployment;
use stowplan_engine::model::{
    Deployment, DeploymentId, Digests, RolloutState, ServiceId, Task, TaskId, Time,
};
use stowplan_engine::{HealthClass, View};

use super::failing::{Begun, Coming, Failing, Fails};
use super::look::{self, OnItsWay, count};
use super::pace::{self, Failure, Pace, Until};
use crate::run::Simulation;

/// Nobody lives to see it, ms.
const NEVER: u64 = u64::MAX / 4;

/// What a deployment goes by whose new tasks are seen to fail; none without a breaker, or when one
/// of them was healthy.
pub(super) fn failing(
    simulation: &Simulation,
    now: Time,
    primary: DeploymentId,
    way: &OnItsWay,
    limits: (u32, u32),
) -> Option<Failing> {
    of(simulation, now, primary, way, limits, false)
}

/// The same of a revision that stands beside the old one.
pub(super) fn beside(
    simulation: &Simulation,
    now: Time,
    primary: DeploymentId,
    way: &OnItsWay,
) -> Option<Failing> {
    let view = simulation.engine();
    let row = view.service(view.deployment(primary).service);
    let limits = (row.lower_limit(), row.upper_limit());
    let failing = of(simulation, now, primary, way, limits, true)?;
    let begun = failing.begun.map(|begun| Begun { old: 0, leaving: Vec::new(), ..begun });
    Some(Failing { begun, ..failing })
}

/// The same of one whose first task is still to start; `begins` is a run in which nothing keeps it
/// from starting, and its deployment there.
pub(super) fn ahead(
    simulation: &Simulation,
    now: Time,
    service: ServiceId,
    (pace, room): (&Pace, Option<u32>),
    (run, primary): (&Simulation, DeploymentId),
) -> Option<Failing> {
    let view = simulation.engine();
    let row = view.service(service);
    let failure = pace.failure.filter(|_| pace.to_healthy.is_none() && room.is_none())?;
    if !row.settings.breaker.enable {
        return None;
    }
    let to_stop_new = match failure.fails {
        Fails::ToStart => Some(0),
        Fails::ByExit | Fails::InHealth => pace::to_stop_running(run.clone(), primary, now),
    };
    Some(Failing {
        to_stop_new: to_stop_new?,
        probe: view.config().digest_probe.then(|| pace.to_known.unwrap_or(0)),
        beside: true,
        ..numbers(view, now, service, &failure, (row.lower_limit(), row.upper_limit()))
    })
}

fn of(
    simulation: &Simulation,
    now: Time,
    primary: DeploymentId,
    way: &OnItsWay,
    limits: (u32, u32),
    beside: bool,
) -> Option<Failing> {
    let view = simulation.engine();
    let deployment = view.deployment(primary);
    let row = view.service(deployment.service);
    if !row.settings.breaker.enable || deployment.was_healthy || way.pace.to_healthy.is_some() {
        return None;
    }
    let failure = failure(way, simulation, now, deployment)?;
    let to_stop_new = match failure.fails {
        Fails::ToStart => None,
        Fails::ByExit | Fails::InHealth => pace::to_stop_running(way.copy.clone(), primary, now),
    };
    let numbers = numbers(view, now, deployment.service, &failure, limits);
    let returns = numbers.rolls_back && numbers.floor < row.desired && !beside;
    let probe = matches!(deployment.digests, Digests::Probing { .. });
    let probe = probe.then(|| way.pace.to_known.unwrap_or(NEVER));
    Some(Failing {
        to_stop_new: to_stop_new.unwrap_or(0),
        to_stop: way.pace.to_stop.unwrap_or(0),
        to_healthy: if returns { to_return(simulation, now, deployment)? } else { 0 },
        probe,
        beside,
        begun: Some(begun(simulation, way, now, deployment, &failure, probe)),
        ..numbers
    })
}

/// What the service says, and how its new tasks fail.
fn numbers(
    view: View<'_>,
    now: Time,
    service: ServiceId,
    failure: &Failure,
    (floor, ceiling): (u32, u32),
) -> Failing {
    let row = view.service(service);
    let mut listed = row.deployments.iter();
    let has_source = listed.any(|&it| view.deployment(it).rollout == RolloutState::Completed);
    Failing {
        desired: row.desired,
        floor,
        ceiling,
        grid: look::grid(view, now),
        fails: failure.fails,
        to_running: failure.to_running,
        to_failure: failure.to_failure,
        to_stop_new: 0,
        to_stop: 0,
        to_healthy: 0,
        threshold: view.breaker_threshold(service),
        rolls_back: has_source && row.settings.breaker.rollback,
        backoff: view.config().start_backoff.iter().map(|wait| wait.0).collect(),
        probe: None,
        beside: false,
        begun: None,
    }
}

/// How the new tasks fail. Those that failed before now show how, but not when.
fn failure(
    way: &OnItsWay,
    simulation: &Simulation,
    now: Time,
    deployment: &Deployment,
) -> Option<Failure> {
    let of_kind = |fails| Some(Failure { fails, to_running: NEVER, to_failure: NEVER });
    let has_failed = deployment.failures > 0 || !deployment.throttle.unweighed.is_empty();
    if way.pace.failure.is_some() {
        way.pace.failure
    } else if new_tasks(simulation, deployment).any(|task| is_sick(simulation, task, now)) {
        of_kind(Fails::InHealth)
    } else if has_failed {
        of_kind(if deployment.has_run { Fails::ByExit } else { Fails::ToStart })
    } else {
        None
    }
}

/// From the decision to start a task of the old revision again until it is healthy: a copy in which
/// somebody calls the deployment off shows it.
fn to_return(simulation: &Simulation, now: Time, deployment: &Deployment) -> Option<u64> {
    let view = simulation.engine();
    let record = *view.service(deployment.service).records.last()?;
    let call = StopServiceDeployment {
        service_deployment_arn: view.service_deployment_arn(record),
        ..StopServiceDeployment::default()
    };
    let copy = simulation.after_call(now, Command::StopServiceDeployment(Box::new(call))).ok()?;
    let old = copy.engine().primary(deployment.service)?;
    pace::measure(copy, old, now, Until::Healthy).to_healthy
}

fn begun(
    simulation: &Simulation,
    way: &OnItsWay,
    now: Time,
    deployment: &Deployment,
    failure: &Failure,
    probe: Option<u64>,
) -> Begun {
    let view = simulation.engine();
    let service = view.service(deployment.service);
    let tasks: Vec<&Task> = service.tasks.iter().map(|&id| view.task(id)).collect();
    let is_new = |task: &Task| task.owner.is_some_and(|owner| owner.deployment == deployment.id);
    let stops = |task: &Task| !task.is_live() && task.is_occupying();
    let stopping: Vec<TaskId> = tasks.iter().filter(|it| stops(it)).map(|task| task.id).collect();
    let dues: BTreeMap<TaskId, u64> = pace::dues(way.copy.clone(), &stopping, now);
    let gone = |new: bool| {
        let own = tasks.iter().filter(|task| stops(task) && is_new(task) == new);
        own.map(|task| dues.get(&task.id).copied().unwrap_or(NEVER)).collect()
    };
    let is_old = |task: &&&Task| {
        task.is_live() && !is_new(task) && view.health_class(task.id, now) == HealthClass::Healthy
    };
    let coming = new_tasks(simulation, deployment).filter(|task| !is_sick(simulation, task, now));
    let coming = coming.map(|task| {
        let ago = u64::try_from(now.0 - task.created_at.0).unwrap_or(0);
        Coming {
            runs: if task.is_running() { 0 } else { failure.to_running.saturating_sub(ago) },
            known: probe.unwrap_or(0).saturating_sub(ago),
            fails: failure.to_failure.saturating_sub(ago),
            tasks: 1,
        }
    });
    let throttle = &deployment.throttle;
    let held = throttle.next_attempt.map_or(0, |backoff| backoff.until.0 - now.0);
    Begun {
        old: count(tasks.iter().filter(is_old).count()),
        leaving: gone(false),
        coming: coming.collect(),
        sick: count(
            new_tasks(simulation, deployment).filter(|it| is_sick(simulation, it, now)).count(),
        ),
        sick_leaving: gone(true),
        failures: deployment.failures,
        unseen: count(throttle.unweighed.len()),
        waves: throttle.waves,
        held_until: u64::try_from(held).unwrap_or(0),
        known: deployment.digests == Digests::Known,
    }
}

fn new_tasks<'a>(
    simulation: &'a Simulation,
    deployment: &'a Deployment,
) -> impl Iterator<Item = &'a Task> {
    let view = simulation.engine();
    let tasks = view.service(deployment.service).tasks.iter().map(move |&id| view.task(id));
    tasks.filter(|task| {
        task.is_live() && task.owner.is_some_and(|owner| owner.deployment == deployment.id)
    })
}

fn is_sick(simulation: &Simulation, task: &Task, now: Time) -> bool {
    simulation.engine().health_class(task.id, now) == HealthClass::Unhealthy
}
