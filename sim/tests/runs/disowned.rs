//! Tasks that the control plane gives up while their containers may still run (01 section 7.3).

use stowplan_engine::model::{TaskId, TaskStatus};

use crate::run_until;

const FORCED: &str = "
version: 1
name: forced
start: steady
cluster: { instances: [ { id: A, cpu: 1024, memory: 2000 } ] }
taskDefinitions: [ { family: web, containerDefinitions: [ { name: app, image: i, memory: 64 } ] } ]
services: [ { serviceName: web, taskDefinition: web, desiredCount: 1 } ]
timeline:
  - { at: 20s, deregisterContainerInstance: { containerInstance: A, force: true } }
until: 5m
";

#[test]
fn a_task_of_an_instance_deregistered_by_force_is_dropped_by_the_world() {
    let before = run_until(FORCED, 19);
    assert!(before.world().task(TaskId::new(0)).expect("it was given").is_alive());
    let after = run_until(FORCED, 20);
    assert_eq!(after.engine().task(TaskId::new(0)).last_status, TaskStatus::Stopped);
    assert!(!after.world().task(TaskId::new(0)).expect("it is known").is_alive());
}
