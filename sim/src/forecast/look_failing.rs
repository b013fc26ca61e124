//! The numbers of a deployment that the circuit breaker ends.

use stowplan_engine::model::{RolloutState, TaskId};

use super::failing::{Failing, Fails};
use super::look::Start;
use super::pace::{self, Pace};
use super::rolling::{Course, End, Limit, Rolling};

/// What a deployment goes by whose new tasks are seen to fail; none without a breaker, or in a
/// cluster that has no room for all of them.
pub(super) fn failing(start: &Start<'_>, pace: &Pace, rolling: &Rolling) -> Option<Failing> {
    let failure = pace.failure.filter(|_| pace.to_healthy.is_none() && rolling.room.is_none())?;
    let breaker = start.view().service(start.service).settings.breaker;
    if !breaker.enable {
        return None;
    }
    let to_stop = pace.to_stop.or_else(|| start.to_stop());
    let to_stop_new = match failure.fails {
        Fails::ToStart => Some(0),
        Fails::ByExit | Fails::InHealth => {
            pace::to_stop_running(start.after.clone(), start.primary, start.now)
        }
    };
    let to_healthy = match (rolling.dip(), old_task(start)) {
        (0, _) | (_, None) => Some(0),
        (_, Some(task)) => pace::to_return(start.before, start.now, task),
    };
    Some(Failing {
        desired: rolling.desired,
        floor: rolling.floor,
        ceiling: rolling.ceiling,
        grid: rolling.grid,
        fails: failure.fails,
        to_running: failure.to_running,
        to_failure: failure.to_failure,
        to_stop_new: to_stop_new?,
        to_stop: to_stop.unwrap_or(0),
        to_healthy: to_healthy?,
        threshold: start.view().breaker_threshold(start.service),
        rolls_back: rolls_back(start),
        backoff: start.view().config().start_backoff.iter().map(|wait| wait.0).collect(),
        probe: start.probe(pace),
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
