//! Every listed transition of tasks and container instances is reached by a scenario
//! (01 sections 7 and 11.1).

use std::collections::{BTreeMap, BTreeSet};

use stowplan_engine::api::event::EventKind;
use stowplan_engine::model::{InstanceId, InstanceStatus, TaskId, TaskStatus};
use stowplan_sim::run::Simulation;

use crate::every_run;

/// From, to: the table of 01 section 11.1. States without work are passed in zero time.
const TASKS: &[(&str, &str)] = &[
    ("PROVISIONING", "PENDING"),
    ("PROVISIONING", "DEPROVISIONING"),
    ("PROVISIONING", "STOPPED"),
    ("PENDING", "RUNNING"),
    ("PENDING", "STOPPING"),
    ("PENDING", "DEPROVISIONING"),
    ("PENDING", "STOPPED"),
    ("ACTIVATING", "RUNNING"),
    ("PENDING", "ACTIVATING"),
    ("RUNNING", "DEACTIVATING"),
    ("RUNNING", "STOPPING"),
    ("RUNNING", "STOPPED"),
    ("DEACTIVATING", "STOPPING"),
    ("STOPPING", "DEPROVISIONING"),
    ("STOPPING", "STOPPED"),
    ("DEPROVISIONING", "STOPPED"),
];

/// Where a task stood when its end began, and what began it: the triggers of 01 section 11.1.
const ENDS: &[(&str, &str)] = &[
    ("PROVISIONING", "TaskFailedToStart: Timeout waiting for network interface provisioning"),
    ("PROVISIONING", "TaskFailedToStart: TaskFailedToStart: RESOURCE:"),
    ("PROVISIONING", "UserInitiated: Task stopped by user"),
    ("PENDING", "TaskFailedToStart: Task failed to start"),
    ("PENDING", "UserInitiated: Task stopped by user"),
    ("PENDING", "ServiceSchedulerInitiated: Scaling activity initiated by"),
    ("RUNNING", "EssentialContainerExited: Essential container in task exited"),
    ("RUNNING", "UserInitiated: Task stopped by user"),
    ("RUNNING", "UserInitiated: Container instance deregistration forced by user"),
    ("RUNNING", "ServiceSchedulerInitiated: Scaling activity initiated by"),
    ("RUNNING", "ServiceSchedulerInitiated: Task failed ELB health checks in"),
    ("RUNNING", "ServiceSchedulerInitiated: Task failed container health checks"),
    ("RUNNING", "ServiceSchedulerInitiated: Availability-zone rebalancing initiated by"),
    ("RUNNING", "SpotInterruption: "),
    ("RUNNING", "TerminationNotice: Host EC2"),
];

/// The table of the container-instance machine: a state, and below it what it becomes.
const INSTANCES: &str = include_str!("../../../engine/tests/transitions/container-instance.txt");

/// From, to: every transition that the table lists (01 sections 7.1 to 7.3).
fn listed_of_instances() -> Pairs {
    let mut listed = Pairs::new();
    let mut from = "";
    for line in INSTANCES.lines() {
        match line.strip_prefix(' ') {
            Some(row) => listed.extend(row.rsplit(' ').next().map(|to| (from, to))),
            None => from = line,
        }
    }
    listed
}

type Pairs = BTreeSet<(&'static str, &'static str)>;

/// Transitions of the tasks and of the instances of a run.
fn transitions(simulation: &Simulation) -> (Pairs, Pairs) {
    let (mut tasks, mut instances) = (Pairs::new(), Pairs::new());
    let mut task_states: BTreeMap<TaskId, TaskStatus> = BTreeMap::new();
    let mut instance_states: BTreeMap<InstanceId, InstanceStatus> = BTreeMap::new();
    for event in simulation.record().log().iter() {
        match event.kind {
            EventKind::TaskCreated(task) => {
                task_states.insert(task, TaskStatus::Provisioning);
            }
            EventKind::TaskStatus(task, to) => {
                let from = task_states.insert(task, to).unwrap_or(TaskStatus::Running);
                tasks.insert((from.as_str(), to.as_str()));
            }
            EventKind::InstanceStatus(instance, InstanceStatus::Registering) => {
                instance_states.insert(instance, InstanceStatus::Registering);
            }
            EventKind::InstanceStatus(instance, to) => {
                let from = instance_states.insert(instance, to).unwrap_or(InstanceStatus::Active);
                instances.insert((from.as_str(), to.as_str()));
            }
            _ => {}
        }
    }
    (tasks, instances)
}

/// For each task that ended, where it stood then and why.
fn ends(simulation: &Simulation) -> BTreeSet<(&'static str, String)> {
    let mut states: BTreeMap<TaskId, TaskStatus> = BTreeMap::new();
    let mut ends: BTreeMap<TaskId, TaskStatus> = BTreeMap::new();
    for event in simulation.record().log().iter() {
        match event.kind {
            EventKind::TaskStopDecided(task) => {
                let from = states.get(&task).copied().unwrap_or(TaskStatus::Running);
                ends.entry(task).or_insert(from);
            }
            EventKind::TaskCreated(task) => {
                states.insert(task, TaskStatus::Provisioning);
            }
            EventKind::TaskStatus(task, to) => {
                let from = states.insert(task, to).unwrap_or(TaskStatus::Running);
                if to > TaskStatus::Running {
                    ends.entry(task).or_insert(from);
                }
            }
            _ => {}
        }
    }
    let view = simulation.engine();
    let why = |(task, from): (TaskId, TaskStatus)| {
        let stop = view.task(task).stop()?;
        Some((from.as_str(), format!("{}: {}", stop.code, view.stopped_reason(stop))))
    };
    ends.into_iter().filter_map(why).collect()
}

#[test]
fn every_listed_transition_is_reached_by_a_scenario() {
    let (mut tasks, mut instances) = (Pairs::new(), Pairs::new());
    let mut ended = BTreeSet::new();
    for (_, plan) in every_run() {
        let mut simulation = Simulation::new(&plan).expect("time 0 can be set up");
        simulation.run();
        let (of_tasks, of_instances) = transitions(&simulation);
        tasks.extend(of_tasks);
        instances.extend(of_instances);
        ended.extend(ends(&simulation));
    }
    let listed: Pairs = TASKS.iter().copied().collect();
    let missing = |listed: &Pairs, seen: &Pairs| -> Pairs { listed - seen };
    assert_eq!(missing(&listed, &tasks), Pairs::new(), "seen: {tasks:?}");
    let listed = listed_of_instances();
    assert!(listed.len() >= 11, "the table is read: {listed:?}");
    assert_eq!(missing(&listed, &instances), Pairs::new(), "seen: {instances:?}");
    assert_eq!(missing(&instances, &listed), Pairs::new(), "listed: {listed:?}");
    let is_met = |&&(from, why): &&(&str, &str)| {
        ended.iter().any(|(status, reason)| *status == from && reason.starts_with(why))
    };
    let unmet: Vec<&(&str, &str)> = ENDS.iter().filter(|end| !is_met(end)).collect();
    assert_eq!(unmet, Vec::<&(&str, &str)>::new(), "ends: {ended:#?}");
    let order = |name: &str| TaskStatus::ALL.iter().position(|status| status.as_str() == name);
    assert!(tasks.iter().all(|(from, to)| order(from) < order(to)), "never back: {tasks:?}");
}
