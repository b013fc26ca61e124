//! The numbers of task sets under an external controller: before a call, and while they settle.

use std::borrow::Cow;
use std::collections::BTreeMap;

use stowplan_engine::api::Command;
use stowplan_engine::model::{
    ControllerType, DeploymentId, DeploymentStatus, Digests, ServiceId, Task, TaskId, Time,
};
use stowplan_engine::{HealthClass, View};

use super::look;
use super::pace::{self, Pace, Until};
use super::rolling::{Course, End, Limit};
use super::task_sets::TaskSets;
use super::{Forecast, Numbers};
use crate::run::Simulation;
use crate::world::WorldTask;

pub(super) fn at_call(run: &Simulation, now: Time, command: &Command) -> Vec<Forecast> {
    let probes = run.engine().config().digest_probe;
    let before = &*if probes { Cow::Owned(run.unprobed()) } else { Cow::Borrowed(run) };
    let Ok(after) = before.after_call(now, command.clone()) else { return Vec::new() };
    let view = after.engine();
    let changed = view.services().filter_map(|(service, row)| {
        let known = before.engine().services().any(|(old, _)| old == service);
        let sets = sets(before.engine(), view, service);
        let moves = sets.iter().any(|(_, before, after)| before != after);
        (known && moves && row.controller == ControllerType::External).then_some((service, sets))
    });
    let told = |(service, sets): (ServiceId, Vec<_>)| {
        // What runs already has its images' digests; a set that is new is not there yet.
        let is_known = |(set, old, new): &(DeploymentId, u32, u32)| {
            let listed = &run.engine().service(service).deployments;
            new <= old
                || listed.contains(set) && run.engine().deployment(*set).digests == Digests::Known
        };
        let probes = probes && !sets.iter().all(is_known);
        task_sets(before, &after, now, service, &sets, probes)
    };
    changed.map(told).collect()
}

/// The task sets of a service with what is wanted of each, before and after.
fn sets(before: View<'_>, after: View<'_>, service: ServiceId) -> Vec<(DeploymentId, u32, u32)> {
    let listed = |view: View<'_>| {
        let mut wanted = BTreeMap::new();
        if view.services().any(|(id, _)| id == service) {
            for &set in &view.service(service).deployments {
                let row = view.deployment(set);
                let goes = row.status == DeploymentStatus::Draining;
                wanted.insert(set, if goes { 0 } else { row.desired });
            }
        }
        wanted
    };
    let (old, new) = (listed(before), listed(after));
    let mut all: Vec<DeploymentId> = old.keys().chain(new.keys()).copied().collect();
    all.sort_unstable();
    all.dedup();
    let wanted = |of: &BTreeMap<DeploymentId, u32>, set| of.get(&set).copied().unwrap_or(0);
    all.into_iter().map(|set| (set, wanted(&old, set), wanted(&new, set))).collect()
}

fn task_sets(
    before: &Simulation,
    after: &Simulation,
    now: Time,
    service: ServiceId,
    sets: &[(DeploymentId, u32, u32)],
    probes: bool,
) -> Forecast {
    let view = after.engine();
    let growing = sets.iter().find(|(_, before, after)| after > before).map(|&(set, ..)| set);
    let mut pace = match growing {
        Some(set) => pace::measure(after.clone(), set, now, Until::Healthy),
        None => Pace { to_healthy: Some(0), ..Pace::default() },
    };
    let is_old = |id: &&TaskId| before.engine().task(**id).is_running();
    let old = before.engine().service(service).tasks.iter().find(is_old);
    pace.to_stop = match old {
        Some(&task) => pace::to_stop(before, now, task),
        None => Some(0),
    };
    let coming: u32 = sets.iter().map(|(_, before, after)| after.saturating_sub(*before)).sum();
    let made = view.tasks().since(before.engine().tasks().len());
    let own = |task: &&Task| task.owner.is_some_and(|owner| owner.service == service);
    let placed = look::count(made.filter(own).count());
    let numbers = TaskSets {
        sets: sets.iter().map(|&(_, before, after)| (before, after)).collect(),
        to_healthy: pace.to_healthy.unwrap_or(0),
        probe: probes.then(|| pace.to_known.unwrap_or(0)),
        grid: look::grid(view, now),
        to_stop: pace.to_stop.unwrap_or(0),
        room: (placed < coming).then_some(placed),
    };
    let course = numbers.course();
    let shown = growing.or_else(|| sets.first().map(|&(set, ..)| set));
    let definition = shown.map(|set| view.definition(view.deployment(set).definition));
    let was: u32 = sets.iter().map(|(_, before, _)| *before).sum();
    let tasks = course.peak.saturating_sub(was);
    Forecast {
        service: view.service(service).name.to_string(),
        definition: definition.map(|it| it.label()).unwrap_or_default(),
        at: now,
        under_way: false,
        desired: numbers.desired(),
        numbers: Numbers::TaskSets(numbers),
        pace,
        course,
        phases: Vec::new(),
        failing: None,
        extra: definition.map(|it| look::extra(tasks, &it.demand)).unwrap_or_default(),
        risks: growing.and_then(|set| look::blind(view, set)).into_iter().collect(),
    }
}

/// What is left until everything runs that is to and nothing else; none when that is so.
pub(super) fn running(simulation: &Simulation, now: Time, service: ServiceId) -> Option<Forecast> {
    let view = simulation.engine();
    let row = view.service(service);
    let counts = view.counts(service, now);
    let is_moving = |&id: &TaskId| match view.task(id).is_live() {
        true => view.health_class(id, now) != HealthClass::Healthy,
        false => view.task(id).is_occupying(),
    };
    let moving: Vec<TaskId> = row.tasks.iter().copied().filter(is_moving).collect();
    let sets: Vec<(DeploymentId, u32, u32)> = sets(view, view, service)
        .into_iter()
        .map(|(set, _, wanted)| (set, view.deployment_counts(set, now).active(), wanted))
        .collect();
    let missing: u32 = sets.iter().map(|(_, there, wanted)| wanted.saturating_sub(*there)).sum();
    if moving.is_empty() && missing == 0 {
        return None;
    }
    let dues = pace::dues(simulation.undisturbed(), &moving, now);
    let due = |live: bool| {
        let own = dues.iter().filter(|(id, _)| view.task(**id).is_live() == live);
        own.map(|(_, &due)| due).max().unwrap_or(0)
    };
    let to_come: Vec<Coming> = sets
        .iter()
        .filter(|(_, there, wanted)| wanted > there)
        .map(|&(set, there, wanted)| Coming::of(simulation, now, set, wanted - there, due(false)))
        .collect();
    let coming: u32 = to_come.iter().map(|it| it.coming).sum();
    let known = to_come.iter().map(|it| it.healthy_in).collect::<Option<Vec<u64>>>();
    let last = known
        .filter(|_| dues.len() == moving.len())
        .map(|known| known.into_iter().chain([due(true), due(false)]).max().unwrap_or(0));
    let end = match last {
        _ if coming < missing => End::Stuck(Limit::Room),
        last => End::Completed(last.unwrap_or(0)),
    };
    let waves = u32::from(coming > 0 || moving.iter().any(|&id| view.task(id).is_live()));
    let (peak, lowest) = (counts.occupying() + coming, counts.healthy);
    let numbers = TaskSets {
        sets: sets.iter().map(|&(_, there, wanted)| (there, wanted)).collect(),
        to_healthy: last.unwrap_or(0),
        probe: None,
        grid: look::grid(view, now),
        to_stop: due(false),
        room: (coming < missing).then_some(coming),
    };
    let pace = Pace { to_healthy: last, to_stop: last, ..Pace::default() };
    let shown = sets.iter().max_by_key(|(_, there, wanted)| wanted.saturating_sub(*there));
    let definition = shown.map(|&(set, ..)| view.definition(view.deployment(set).definition));
    Some(Forecast {
        service: row.name.to_string(),
        definition: definition.map(|it| it.label()).unwrap_or_default(),
        at: now,
        under_way: true,
        desired: numbers.desired(),
        numbers: Numbers::TaskSets(numbers),
        pace,
        course: Course { waves, peak, lowest, end },
        phases: Vec::new(),
        failing: None,
        extra: definition.map(|it| look::extra(coming, &it.demand)).unwrap_or_default(),
        risks: shown.and_then(|&(set, ..)| look::blind(view, set)).into_iter().collect(),
    })
}

/// Tasks of a set that are still to be started.
struct Coming {
    /// So many find a place.
    coming: u32,
    /// They are healthy so long from now, ms, if anybody knows.
    healthy_in: Option<u64>,
}

impl Coming {
    /// `gone_in`: when all tasks that stop are gone, ms from now.
    fn of(
        simulation: &Simulation,
        now: Time,
        set: DeploymentId,
        missing: u32,
        gone_in: u64,
    ) -> Self {
        let view = simulation.engine();
        let (pace, room) = look::measure_on(simulation, now, set);
        let there = view.deployment_counts(set, now).active();
        let coming = missing.min(room.map_or(missing, |room| room.saturating_sub(there)));
        let known_in = match view.deployment(set).digests {
            Digests::Known => Some(0),
            Digests::Probing { .. } => pace::known_in(simulation.undisturbed(), set, now),
        };
        let healthy_in = known_in.zip(pace.to_healthy).map(|(known_in, to_healthy)| {
            let start = look::grid(view, now).seen(known_in.max(1));
            let waits = coming > 0 && Self::wait_for_host(simulation, now, set);
            to_healthy + if waits { start.max(gone_in) } else { start }
        });
        Self { coming, healthy_in: healthy_in.or_else(|| (coming == 0).then_some(0)) }
    }

    /// Some of those that start with the next tick stand where another one still stops.
    fn wait_for_host(simulation: &Simulation, now: Time, set: DeploymentId) -> bool {
        let mut copy = simulation.unprobed().undisturbed();
        copy.run_to(now + simulation.engine().config().tick);
        let made = copy.engine().tasks().since(simulation.engine().tasks().len());
        let own = |task: &&Task| task.owner.is_some_and(|owner| owner.deployment == set);
        made.filter(own)
            .any(|task| copy.world().task(task.id).is_some_and(WorldTask::waits_for_host))
    }
}
