//! The numbers of a daemon's deployment.

use std::collections::BTreeMap;

use stowplan_engine::model::{
    DeploymentId, InstanceId, ServiceId, Task, TaskDefinition, TaskId, Time,
};
use stowplan_engine::{HealthClass, View};

use super::daemon::{Begun, Daemon, Slot, Stand};
use super::failing::Failing;
use super::look::{self, Start, blind};
use super::pace::{self, Pace, Until};
use super::rolling::{Course, End, Probe, Rolling};
use super::{Forecast, Numbers, Risk, look_failing, look_failing_begun};
use crate::run::Simulation;

pub(super) fn forecast(start: &Start<'_>) -> Forecast {
    let mut pace = pace::measure(start.after.clone(), start.primary, start.now, Until::Both);
    if pace.to_stop.is_none() {
        pace.to_stop = start.to_stop();
    }
    let view = start.view();
    let daemon = Daemon {
        probe: start.probe(&pace),
        slots: slots(start),
        ..daemon_of(view, start.service, start.now, &pace)
    };
    let risks = risks(view, start.primary, &daemon);
    let failing = failing(start, &pace, &daemon);
    let course = failing.as_ref().and_then(Failing::course);
    let course = course.unwrap_or_else(|| daemon.course());
    let forecast = start.forecast(Numbers::Daemon(daemon), pace, course, risks);
    Forecast { failing, ..forecast }
}

/// What it goes by when its new tasks fail: a rolling deployment that never goes beyond the desired
/// count does the same. None where an instance has no room, which fails nobody.
fn failing(start: &Start<'_>, pace: &Pace, daemon: &Daemon) -> Option<Failing> {
    if !daemon.slots.iter().all(|slot| slot.fits) {
        return None;
    }
    let rolling = Rolling {
        desired: daemon.desired(),
        floor: daemon.floor,
        ceiling: daemon.desired(),
        to_healthy: daemon.to_healthy,
        to_stop: daemon.to_stop,
        grid: daemon.grid,
        room: None,
        bake: daemon.bake,
        early: None,
        probe: daemon.probe,
    };
    look_failing::failing(start, pace, &rolling)
}

/// All but what stands on the instances.
fn daemon_of(view: View<'_>, service: ServiceId, now: Time, pace: &Pace) -> Daemon {
    Daemon {
        floor: view.service(service).lower_limit(),
        slots: Vec::new(),
        to_healthy: pace.to_healthy.unwrap_or(0),
        probe: None,
        to_stop: pace.to_stop.unwrap_or(0),
        grid: look::grid(view, now),
        bake: view.bake_time(service).0,
        begun: None,
    }
}

fn risks(view: View<'_>, primary: DeploymentId, daemon: &Daemon) -> Vec<Risk> {
    let mut risks = Vec::new();
    let dip = daemon.desired().saturating_sub(daemon.floor);
    if daemon.floor == 0 && dip > 0 {
        risks.push(Risk::OutageCertain);
    } else if dip > 0 {
        risks.push(Risk::ReducedCapacity(dip));
    }
    risks.extend(blind(view, primary));
    risks
}

/// The instances where the service has a daemon, lowest id first; instances without one get theirs
/// at once and hold nobody up.
fn slots(start: &Start<'_>) -> Vec<Slot> {
    let view = start.before.engine();
    let definition = start.view().deployment(start.primary).definition;
    let definition = start.view().definition(definition);
    let mut manned: Vec<(InstanceId, TaskId)> = live(view, start.service).collect();
    manned.sort_by(|a, b| view.instance(a.0).name.cmp(&view.instance(b.0).name));
    let slot = |(instance, task)| Slot {
        stand: Stand::Old,
        fits: fits(view, instance, Some(task), definition),
    };
    manned.into_iter().map(slot).collect()
}

fn live(view: View<'_>, service: ServiceId) -> impl Iterator<Item = (InstanceId, TaskId)> {
    let tasks = view.service(service).tasks.iter().map(move |&id| view.task(id));
    tasks.filter(|task| task.is_live()).filter_map(|task| Some((task.instance?, task.id)))
}

/// Whether an instance takes a definition once a task has left it.
fn fits(
    view: View<'_>,
    on: InstanceId,
    leaving: Option<TaskId>,
    definition: &TaskDefinition,
) -> bool {
    let (free, new) = (view.instance_free(on), &definition.demand);
    // What was told to stop holds nothing any more.
    let leaving = leaving.map(|task| view.task(task)).filter(|task| task.is_live());
    let (cpu, memory) = leaving.map_or((0, 0), |task| (task.demand.cpu, task.demand.memory));
    let row = view.instance(on);
    let stays = |task: &&Task| task.is_live() && leaving.is_none_or(|it| it.id != task.id);
    let mut others = row.tasks.iter().map(|&task| view.task(task)).filter(stays);
    new.cpu <= free.cpu.saturating_add(cpu)
        && new.memory <= free.memory.saturating_add(memory)
        && !row.reserved_ports.conflicts_with(&new.ports)
        && others.all(|task| !task.demand.ports.conflicts_with(&new.ports))
}

/// What is left of a deployment that is under way.
pub(super) fn running(
    simulation: &Simulation,
    now: Time,
    service: ServiceId,
    primary: DeploymentId,
) -> Forecast {
    let way = look::on_its_way(simulation, now, service, primary);
    let view = simulation.engine();
    let deployment = view.deployment(primary);
    let definition = view.definition(deployment.definition);
    // The way back has no bake.
    let back = deployment.ever_completed;
    let baking_for =
        deployment.baking_since.filter(|_| !back).map(|since| u64::try_from(now.0 - since.0));
    let begun = Begun { baking_for: baking_for.and_then(Result::ok), digests: way.digests };
    let stands = stands(simulation, &way.copy, now, service, primary);
    let slot = |instance: InstanceId| {
        let (stand, task) = stands.get(&instance).copied().unwrap_or((Stand::Free, None));
        // A task that is there has its room.
        let is_new = matches!(stand, Stand::Starting(_) | Stand::New);
        Slot { stand, fits: is_new || fits(view, instance, task, definition) }
    };
    let daemon = Daemon {
        slots: simulation.daemon_instances(service).into_iter().map(slot).collect(),
        probe: (way.digests != Probe::Known).then(|| way.pace.to_known.unwrap_or(0)),
        begun: Some(begun),
        ..daemon_of(view, service, now, &way.pace)
    };
    let daemon = if back { Daemon { bake: 0, ..daemon } } else { daemon };
    let limits = (daemon.floor, daemon.desired());
    // Which instance is next while the images are asked for is not in the counts.
    let fits = daemon.slots.iter().all(|slot| slot.fits) && !view.config().digest_probe;
    let failing = fits.then(|| look_failing_begun::failing(simulation, now, primary, &way, limits));
    let failing = failing.flatten();
    let failed = failing.as_ref().and_then(Failing::course);
    // Free instances get the old revision again when the new one is given up for good.
    let refilled = failed.map(|course| match course.end {
        End::Failed { .. } => Course { peak: course.peak.max(daemon.desired()), ..course },
        _ => course,
    });
    let course = refilled.unwrap_or_else(|| daemon.course());
    let risks = risks(view, primary, &daemon);
    let numbers = Numbers::Daemon(daemon);
    let at = (service, primary);
    let told = look::of_running(simulation, now, at, numbers, way.pace, course, risks);
    look::turned_back(view, primary, Forecast { failing, ..told })
}

/// What stands on each instance, and which task it is.
fn stands(
    simulation: &Simulation,
    copy: &Simulation,
    now: Time,
    service: ServiceId,
    primary: DeploymentId,
) -> BTreeMap<InstanceId, (Stand, Option<TaskId>)> {
    let view = simulation.engine();
    let tasks = view.service(service).tasks.iter().map(|&id| view.task(id));
    let tasks: Vec<&Task> = tasks.filter(|task| task.is_occupying()).collect();
    let ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
    let dues = pace::dues(copy.clone(), &ids, now);
    let back = view.deployment(primary).ever_completed;
    let mut stands = BTreeMap::new();
    for task in tasks {
        let Some(instance) = task.instance else { continue };
        let due = dues.get(&task.id).copied().unwrap_or(0);
        let is_new = task.owner.is_some_and(|owner| owner.deployment == primary);
        let healthy = view.health_class(task.id, now) == HealthClass::Healthy;
        let stand = match (task.is_live(), is_new) {
            (false, _) => Stand::Stopping(due),
            // What settles of a revision that was given up goes with the next pass.
            (true, false) if back && !healthy => Stand::Stopping(due),
            (true, false) => Stand::Old,
            (true, true) if healthy => Stand::New,
            (true, true) => Stand::Starting(due),
        };
        stands.insert(instance, (stand, Some(task.id)));
    }
    stands
}
