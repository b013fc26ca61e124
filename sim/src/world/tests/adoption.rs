//! Tasks that exist at time 0 (scenario format, "Time 0").

use super::*;

fn checked_service(behavior: Value, health: Option<HealthStatus>) -> (Rig, TaskId) {
    let mut rig = Rig::new(behavior);
    let host = rig.instance("A", 4096, 8000);
    let check = json!({ "command": ["CMD", "check"], "interval": 30 });
    rig.define("t", json!([{ "name": "app", "healthCheck": check }]));
    let definition = rig.view().find_definition("t").expect("a definition");
    let task = rig.add_task(GivenTask { health, ..given_task(definition, host) });
    (rig, task)
}

#[test]
fn probes_of_yesterday_fall_on_multiples_of_their_interval() {
    let (mut rig, task) = checked_service(json!({}), None);
    rig.until(1);
    rig.behave("t", json!({ "health": "fail" }));
    rig.until(200);
    assert_eq!(rig.healths(task), "90 UNHEALTHY");
}

#[test]
fn a_task_given_as_unhealthy_goes_on_failing() {
    let (mut rig, task) = checked_service(json!({}), Some(HealthStatus::Unhealthy));
    rig.until(1000);
    assert_eq!(rig.healths(task), "");
    assert_eq!(rig.task(task).container_health, HealthStatus::Unhealthy);
    rig.behave("t", json!({ "health": "pass" }));
    rig.until(1100);
    assert_eq!(rig.healths(task), "1020 HEALTHY");
}

#[test]
fn the_time_to_become_healthy_is_over() {
    let (mut rig, task) = checked_service(json!({ "t": { "healthyAfter": "1h" } }), None);
    rig.until(1000);
    assert_eq!(rig.healths(task), "");
}

#[test]
fn an_exit_counts_from_time_0() {
    let (mut rig, task) = checked_service(json!({ "t": { "exit": "100s" } }), None);
    rig.until(200);
    assert_eq!(rig.statuses(task), "100 STOPPED");
}

#[test]
fn what_was_done_long_ago_is_not_running() {
    let mut rig = Rig::new(json!({}));
    let host = rig.instance("A", 4096, 8000);
    let depends = json!([{ "containerName": "init", "condition": "SUCCESS" }]);
    rig.define(
        "t",
        json!([
            { "name": "init", "essential": false }, { "name": "app", "dependsOn": depends },
        ]),
    );
    let task = rig.steady_task("t", host);
    rig.order_stop(task);
    rig.until(10);
    assert_eq!(rig.container(task, "init").exit_code(), Some(0));
    assert_eq!(rig.container(task, "init").signalled_at(), None);
    assert_eq!(rig.container(task, "app").exit_code(), Some(143));
}

fn given(status: TaskStatus, desired: DesiredStatus) -> (Rig, TaskId) {
    let mut rig = Rig::new(json!({ "t": { "pull": "5s", "stop": "4s", "detach": "3s" } }));
    let host = rig.instance("A", 4096, 8000);
    rig.define("t", json!([{ "name": "app" }]));
    let definition = rig.view().find_definition("t").expect("a definition");
    let started_at = (status >= TaskStatus::Running).then_some(LONG_AGO);
    let task = rig.add_task(GivenTask {
        last_status: status,
        desired_status: desired,
        started_at,
        ..given_task(definition, host)
    });
    rig.until(100);
    (rig, task)
}

#[test]
fn every_status_goes_on_from_where_it_is() {
    use DesiredStatus::{Running, Stopped};
    for (status, desired, story) in [
        (TaskStatus::Provisioning, Running, "0 PENDING, 5 RUNNING"),
        (TaskStatus::Pending, Running, "5 RUNNING"),
        (TaskStatus::Activating, Running, "0 RUNNING"),
        (TaskStatus::Running, Running, ""),
        (TaskStatus::Running, Stopped, "0 STOPPING, 4 DEPROVISIONING, 7 STOPPED"),
        (TaskStatus::Stopping, Stopped, "4 DEPROVISIONING, 7 STOPPED"),
        (TaskStatus::Deprovisioning, Stopped, "3 STOPPED"),
        (TaskStatus::Pending, Stopped, "0 DEPROVISIONING, 3 STOPPED"),
    ] {
        let (rig, task) = given(status, desired);
        assert_eq!(rig.statuses(task), story, "{status} {desired}");
    }
}

#[test]
fn adopted_tasks_hold_what_they_use() {
    let mut rig = Rig::new(json!({ "t": { "stop": "never" } }));
    let host = rig.instance("A", 128, 8000);
    rig.define("t", json!([{ "name": "app", "cpu": 128 }]));
    let old = rig.steady_task("t", host);
    rig.order_stop(old);
    let new = rig.start("t");
    rig.until(100);
    assert_eq!(rig.statuses(new), "0 PENDING, 30 RUNNING");
}
