//! The numbers of a daemon's deployment.

use stowplan_engine::View;
use stowplan_engine::model::{InstanceId, ServiceId, TaskDefinition, TaskId};

use super::daemon::{Daemon, Slot, Stand};
use super::look::{Start, blind};
use super::pace::{self, Until};
use super::{Forecast, Numbers, Risk};

pub(super) fn forecast(start: &Start<'_>) -> Forecast {
    let mut pace = pace::measure(start.after.clone(), start.primary, start.now, Until::Both);
    if pace.to_stop.is_none() {
        pace.to_stop = start.to_stop();
    }
    let view = start.view();
    let row = view.service(start.service);
    let daemon = Daemon {
        floor: row.lower_limit(),
        slots: slots(start),
        to_healthy: pace.to_healthy.unwrap_or(0),
        to_stop: pace.to_stop.unwrap_or(0),
        grid: start.grid(),
        bake: view.bake_time(start.service).0,
    };
    let mut risks = Vec::new();
    let dip = daemon.desired().saturating_sub(daemon.floor);
    if daemon.floor == 0 && dip > 0 {
        risks.push(Risk::OutageCertain);
    } else if dip > 0 {
        risks.push(Risk::ReducedCapacity(dip));
    }
    risks.extend(blind(view, start.primary));
    let course = daemon.course();
    start.forecast(Numbers::Daemon(daemon), pace, course, risks)
}

/// The instances where the service has a daemon, lowest id first; instances without one get theirs
/// at once and hold nobody up.
fn slots(start: &Start<'_>) -> Vec<Slot> {
    let view = start.before.engine();
    let definition = start.view().deployment(start.primary).definition;
    let definition = start.view().definition(definition);
    let mut manned: Vec<(InstanceId, TaskId)> = live(view, start.service).collect();
    manned.sort_by(|a, b| view.instance(a.0).name.cmp(&view.instance(b.0).name));
    let slot =
        |(instance, task)| Slot { stand: Stand::Old, fits: fits(view, instance, task, definition) };
    manned.into_iter().map(slot).collect()
}

fn live(view: View<'_>, service: ServiceId) -> impl Iterator<Item = (InstanceId, TaskId)> {
    let tasks = view.service(service).tasks.iter().map(move |&id| view.task(id));
    tasks.filter(|task| task.is_live()).filter_map(|task| Some((task.instance?, task.id)))
}

/// Whether an instance takes a definition once a task has left it.
fn fits(view: View<'_>, on: InstanceId, leaving: TaskId, definition: &TaskDefinition) -> bool {
    let (free, old, new) = (view.instance_free(on), &view.task(leaving).demand, &definition.demand);
    let row = view.instance(on);
    let others = row.tasks.iter().filter(|&&task| task != leaving).map(|&task| view.task(task));
    let mut others = others.filter(|task| task.is_live());
    new.cpu <= free.cpu.saturating_add(old.cpu)
        && new.memory <= free.memory.saturating_add(old.memory)
        && !row.reserved_ports.conflicts_with(&new.ports)
        && others.all(|task| !task.demand.ports.conflicts_with(&new.ports))
}
