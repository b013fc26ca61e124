//! What holds after every step of the engine, whatever went in: looked at from outside.

use std::collections::BTreeSet;

use stowplan_engine::api::event::FailedCheck;
use stowplan_engine::explain::Waiting;
use stowplan_engine::model::{
    InstanceId, InstanceStatus, PlacementConstraint, PortSet, SchedulingStrategy, ServiceStatus,
    Span,
};
use stowplan_engine::{Engine, View};

/// Looks at one step: a report, a call or a pass of the scheduler.
pub(crate) fn look_at_step(before: &Engine, after: &Engine) {
    look(before.view(), after.view());
    every_wait_has_a_reason(after);
}

/// Looks at the state before and after something happened.
pub(crate) fn look(before: View<'_>, after: View<'_>) {
    for (id, _) in after.instances() {
        nothing_is_over_its_ledger(id, after);
    }
    statuses_move_forward(before, after);
    distinct_is_kept(after);
}

/// No instance is over any resource, no port is used twice, what is reserved is what its live
/// tasks reserve and no more, and every task stands where its instance says.
fn nothing_is_over_its_ledger(id: InstanceId, view: View<'_>) {
    let row = view.instance(id);
    let live = || row.tasks.iter().map(|&task| view.task(task)).filter(|task| task.is_live());
    let held = row.held();
    let (mut cpu, mut memory, mut gpu, mut ports) = (0, 0, 0, PortSet::new());
    for task in live() {
        cpu += task.demand.cpu;
        memory += task.demand.memory;
        gpu += task.demand.gpu;
        assert!(!ports.conflicts_with(&task.demand.ports), "{}: a port twice", row.name);
        ports.insert_all(&task.demand.ports);
        assert_eq!(task.instance, Some(id), "a task stands where its instance has it");
    }
    assert_eq!(row.gpus_used().count_ones(), gpu, "{}: each GPU is some task's", row.name);
    (cpu, memory, gpu) = (cpu + held.cpu, memory + held.memory, gpu + held.gpu);
    let free = view.instance_free(id);
    assert!(cpu <= row.registered_cpu, "{}: {cpu} CPU units reserved", row.name);
    assert!(memory <= row.registered_memory, "{}: {memory} MiB reserved", row.name);
    assert!(gpu <= row.gpus, "{}: {gpu} GPUs reserved", row.name);
    let rest = (row.registered_cpu - cpu, row.registered_memory - memory);
    assert_eq!((free.cpu, free.memory), rest, "{}: reserved is what tasks reserve", row.name);
    assert_eq!(free.gpu, row.gpus - gpu, "{}: and no other is taken", row.name);
    let own = row.reserved_ports.conflicts_with(&ports);
    assert!(!own, "{}: no task has a port of the instance itself", row.name);
    ports.insert_all(&row.reserved_ports);
    assert_eq!(*row.used_ports(), ports, "{}: ports in use are those of tasks", row.name);
    // An interface is held until its task is STOPPED (01 section 1.5).
    let attached = row.tasks.iter().filter(|&&task| view.task(task).demand.eni).count();
    assert_eq!(row.enis_used as usize, attached, "{}: each interface is counted", row.name);
    let in_use = row.enis_used + held.eni;
    assert!(row.eni_limit.is_none_or(|most| in_use <= most), "{}: interfaces", row.name);
}

/// A service that is not steady waits for something, and what is named does bind.
fn every_wait_has_a_reason(after: &Engine) {
    let (view, now) = (after.view(), after.now());
    for (service, row) in view.services() {
        if row.status != ServiceStatus::Active {
            continue;
        }
        let steady = row.memory.steady.is_some();
        let waits = after.why_waiting(service);
        assert_eq!(waits.is_none(), steady, "what is not steady waits: {waits:?}");
        let Some(waits) = waits else { continue };
        match &waits {
            Waiting::NextPass => {
                let next = after.poll_timeout().map(|(at, _)| at);
                let soon = now + Span::from_secs(10);
                assert!(next.is_some_and(|next| next <= soon), "a pass comes: {next:?}");
            }
            Waiting::Stuck(limits) => {
                assert!(limits.occupying >= limits.upper, "no start is allowed: {limits:?}");
            }
            Waiting::Floor { old, limits } => {
                assert!(*old > 0 && limits.healthy <= limits.lower, "no stop: {limits:?}");
            }
            Waiting::NoPlace { closest, never, .. } => a_place_is_missing(view, closest, *never),
            Waiting::Backoff { until, .. } | Waiting::Baking { until } => {
                assert!(*until > now, "the clock is waited for: {waits:?}");
            }
            Waiting::Stops { tasks, .. }
            | Waiting::Capacity { tasks }
            | Waiting::Running { tasks }
            | Waiting::Health { tasks, .. }
            | Waiting::Unhealthy { tasks, .. }
            | Waiting::Protected { tasks } => {
                assert!(*tasks > 0 && *tasks as usize <= row.tasks.len(), "tasks: {waits:?}");
            }
            _ => {}
        }
        assert!(!view.waiting_text(service, &waits).is_empty());
    }
}

/// The gate that is named refuses the nearest instance, and "never" is what all that are
/// registered are too small for.
fn a_place_is_missing(view: View<'_>, closest: &Option<(InstanceId, FailedCheck)>, never: bool) {
    let status =
        |is: fn(InstanceStatus) -> bool| view.instances().any(move |(_, row)| is(row.status));
    let somebody = status(|it| it != InstanceStatus::Inactive);
    assert!(!never || somebody, "somebody is too small");
    let Some((instance, check)) = closest else {
        let nobody = !status(|it| it == InstanceStatus::Active);
        return assert!(nobody, "nobody is near when nobody is there");
    };
    let (row, free) = (view.instance(*instance), view.instance_free(*instance));
    match check {
        FailedCheck::Cpu { need, have } => assert!(need > have && *have == free.cpu),
        FailedCheck::Memory { need, have } => assert!(need > have && *have == free.memory),
        FailedCheck::Gpu { need, have } => assert!(need > have && *have == free.gpu),
        FailedCheck::Eni { limit } => assert!(row.enis_used >= *limit),
        FailedCheck::Agent => assert!(!row.agent_connected),
        FailedCheck::Ports { conflicts, .. } => assert!(*conflicts > 0),
        _ => {}
    }
}

/// What one step does to tasks: their statuses only move forward, and whoever stopped stays so.
fn statuses_move_forward(before: View<'_>, after: View<'_>) {
    for (was, is) in before.tasks().iter().zip(after.tasks()) {
        assert!(was.last_status <= is.last_status, "{} became {}", was.last_status, is.last_status);
        assert!(was.desired_status <= is.desired_status, "whoever is to stop stays so");
    }
}

/// With `distinctInstance`, and for daemons, live tasks of a service never share an instance.
fn distinct_is_kept(view: View<'_>) {
    for (_, row) in view.services() {
        let distinct = row.constraints.contains(&PlacementConstraint::DistinctInstance)
            || row.scheduling == SchedulingStrategy::Daemon;
        let mut taken: BTreeSet<InstanceId> = BTreeSet::new();
        let live = row.tasks.iter().map(|&task| view.task(task)).filter(|task| task.is_live());
        for instance in live.filter_map(|task| task.instance).filter(|_| distinct) {
            assert!(taken.insert(instance), "distinctInstance is never broken");
        }
    }
}
