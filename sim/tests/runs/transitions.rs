//! Every listed transition of tasks and container instances is reached by a scenario
//! (01 sections 7 and 11.1).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use stowplan_engine::api::event::EventKind;
use stowplan_engine::model::{InstanceId, InstanceStatus, TaskId, TaskStatus};
use stowplan_sim::document::Limits;
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::Scenario;

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

/// From, to: 01 sections 7.1 to 7.3.
const INSTANCES: &[(&str, &str)] = &[
    ("REGISTERING", "ACTIVE"),
    ("REGISTERING", "REGISTRATION_FAILED"),
    ("REGISTRATION_FAILED", "INACTIVE"),
    ("ACTIVE", "DEREGISTERING"),
    ("DRAINING", "DEREGISTERING"),
    ("DEREGISTERING", "INACTIVE"),
    ("ACTIVE", "DRAINING"),
    ("DRAINING", "ACTIVE"),
    ("ACTIVE", "INACTIVE"),
    ("DRAINING", "INACTIVE"),
];

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

#[test]
fn every_listed_transition_is_reached_by_a_scenario() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/spec");
    let (mut tasks, mut instances) = (Pairs::new(), Pairs::new());
    for entry in std::fs::read_dir(folder).expect("the folder of scenarios") {
        let bytes = std::fs::read(entry.expect("a file").path()).expect("it can be read");
        let scenario = Scenario::read(&bytes, &Limits::default()).expect("a sound scenario");
        let plan = scenario.plan().expect("its parts fit together");
        let mut simulation = Simulation::new(&plan).expect("time 0 can be set up");
        simulation.run();
        let (of_tasks, of_instances) = transitions(&simulation);
        tasks.extend(of_tasks);
        instances.extend(of_instances);
    }
    let missing = |listed: &[(&'static str, &'static str)], seen: &Pairs| -> Pairs {
        listed.iter().filter(|pair| !seen.contains(*pair)).copied().collect()
    };
    assert_eq!(missing(TASKS, &tasks), Pairs::new(), "seen: {tasks:?}");
    assert_eq!(missing(INSTANCES, &instances), Pairs::new(), "seen: {instances:?}");
    let order = |name: &str| TaskStatus::ALL.iter().position(|status| status.as_str() == name);
    assert!(tasks.iter().all(|(from, to)| order(from) < order(to)), "never back: {tasks:?}");
}
