//! The numbers of a deployment that the circuit breaker ends.

use stowplan_engine::model::{DeploymentId, RolloutState, TaskId};

use super::failing::{Failing, Fails};
use super::look::Start;
use super::pace::{self, Pace};
use super::rolling::{Course, End, Limit, Rolling};
use crate::run::Simulation;

/// What a deployment goes by whose new tasks are seen to fail; none without a breaker, or in a
/// cluster that has no room for all of them.
pub(super) fn failing(start: &Start<'_>, pace: &Pace, rolling: &Rolling) -> Option<Failing> {
    let to_healthy = || match (rolling.dip(), old_task(start)) {
        (0, _) | (_, None) => Some(0),
        (_, Some(task)) => pace::to_return(start.before, start.now, task),
    };
    let limits = (rolling.floor, rolling.ceiling);
    let failing = of(start, pace, rolling.room, limits, (start.after, start.primary))?;
    Some(Failing { to_healthy: to_healthy()?, ..failing })
}

/// The same of a revision that stands beside the old one; `begins` is a run in which nothing keeps
/// it from starting, and its deployment there.
pub(super) fn beside(
    start: &Start<'_>,
    pace: &Pace,
    room: Option<u32>,
    begins: (&Simulation, DeploymentId),
) -> Option<Failing> {
    let row = start.view().service(start.service);
    let limits = (row.lower_limit(), row.upper_limit());
    let failing = of(start, pace, room, limits, begins)?;
    Some(Failing { beside: true, ..failing })
}

fn of(
    start: &Start<'_>,
    pace: &Pace,
    room: Option<u32>,
    (floor, ceiling): (u32, u32),
    (run, primary): (&Simulation, DeploymentId),
) -> Option<Failing> {
    let failure = pace.failure.filter(|_| pace.to_healthy.is_none() && room.is_none())?;
    let row = start.view().service(start.service);
    if !row.settings.breaker.enable {
        return None;
    }
    let to_stop = pace.to_stop.or_else(|| start.to_stop());
    let to_stop_new = match failure.fails {
        Fails::ToStart => Some(0),
        Fails::ByExit | Fails::InHealth => pace::to_stop_running(run.clone(), primary, start.now),
    };
    Some(Failing {
        desired: row.desired,
        floor,
        ceiling,
        grid: start.grid(),
        fails: failure.fails,
        to_running: failure.to_running,
        to_failure: failure.to_failure,
        to_stop_new: to_stop_new?,
        to_stop: to_stop.unwrap_or(0),
        to_healthy: 0,
        threshold: start.view().breaker_threshold(start.service),
        rolls_back: rolls_back(start),
        backoff: start.view().config().start_backoff.iter().map(|wait| wait.0).collect(),
        probe: start.probe(pace),
        beside: false,
        begun: None,
    })
}

/// Without room for a single task nothing moves, and a breaker counts the attempts: one at once and
/// one after each wait (03 sections 11.2 and 14.3, W40).
pub(super) fn without_room(start: &Start<'_>, rolling: &Rolling) -> Option<Course> {
    let breaker = start.view().service(start.service).settings.breaker;
    let course = rolling.course();
    if !breaker.enable || course.end != End::Stuck(Limit::Room) || course.waves > 0 {
        return None;
    }
    let threshold = start.view().breaker_threshold(start.service);
    let backoff = &start.view().config().start_backoff;
    let wait = |attempt: u32| backoff[(attempt as usize).min(backoff.len() - 1)].0;
    let mut last = 0;
    for attempt in 0..threshold.saturating_sub(1) {
        last = rolling.grid.seen(last + wait(attempt));
    }
    let (after, limit) = (rolling.grid.seen(last + 1), Limit::Room);
    let end = match rolls_back(start) {
        true => End::RolledBack { given_up: after, after, limit },
        false => End::Failed { after, limit },
    };
    Some(Course { end, ..course })
}

fn rolls_back(start: &Start<'_>) -> bool {
    let view = start.before.engine();
    let mut listed = view.service(start.service).deployments.iter();
    let has_source = listed.any(|&it| view.deployment(it).rollout == RolloutState::Completed);
    has_source && start.view().service(start.service).settings.breaker.rollback
}

fn old_task(start: &Start<'_>) -> Option<TaskId> {
    let view = start.before.engine();
    let mut tasks = view.service(start.service).tasks.iter().copied();
    tasks.find(|&id| view.task(id).is_running())
}
