//! Container health: 01 section 13.9. When a single check changes its mind is tested beside
//! [`super::super::probe`].

use super::*;

fn checked(more: Value) -> Value {
    merged(&json!({ "healthCheck": { "command": ["CMD", "check"] } }), &more)
}

/// A standalone task with these containers.
fn standalone(behavior: Value, containers: Value) -> (Rig, TaskId) {
    let mut rig = Rig::new(behavior);
    rig.instance("A", 4096, 8000);
    rig.define("t", containers);
    let task = rig.start("t");
    (rig, task)
}

fn app() -> Value {
    json!([checked(json!({ "name": "app" }))])
}

#[test]
fn hlc_1_unhealthy_with_the_third_failure() {
    let (mut rig, task) = standalone(json!({ "t": { "health": "fail" } }), app());
    rig.until(600);
    assert_eq!(rig.healths(task), "90 UNHEALTHY");
    assert_eq!(rig.status(task), "RUNNING", "nobody stops a standalone task");
}

#[test]
fn hlc_2_probes_that_hang() {
    let (mut rig, task) = standalone(json!({ "t": { "health": "hang" } }), app());
    rig.until(600);
    assert_eq!(rig.healths(task), "105 UNHEALTHY");
}

#[test]
fn hlc_6_a_relapse() {
    let changes = json!([{ "result": "pass" }, { "after": "31s", "result": 503 }]);
    let check = json!({ "command": ["CMD", "check"], "startPeriod": 300 });
    let containers = json!([{ "name": "app", "healthCheck": check }]);
    let (mut rig, task) = standalone(json!({ "t": { "health": changes } }), containers);
    rig.until(600);
    assert_eq!(rig.healths(task), "30 HEALTHY, 120 UNHEALTHY");
}

#[test]
fn hlc_8_a_standalone_task_recovers() {
    let (mut rig, task) = standalone(json!({ "t": { "healthyAfter": "100s" } }), app());
    rig.until(600);
    assert_eq!(rig.healths(task), "90 UNHEALTHY, 120 HEALTHY");
    assert_eq!(rig.statuses(task), "0 PENDING, 0 RUNNING");
}

#[test]
fn hlc_9_the_worst_essential_container_counts() {
    let behavior = json!({ "t": { "containers": {
        "b": { "health": "fail" }, "c": { "health": "fail" },
    } } });
    let containers = json!([
        checked(json!({ "name": "a" })),
        checked(json!({ "name": "b" })),
        checked(json!({ "name": "c", "essential": false })),
    ]);
    let (mut rig, task) = standalone(behavior, containers);
    rig.until(89);
    assert_eq!(rig.healths(task), "", "b is not judged yet");
    rig.until(200);
    assert_eq!(rig.healths(task), "90 UNHEALTHY");
    assert_eq!(rig.container(task, "a").health(), HealthStatus::Healthy);
}

#[test]
fn hlc_10_an_essential_container_without_check_is_unknown() {
    let containers = || json!([checked(json!({ "name": "a" })), { "name": "b" }]);
    let (mut rig, task) = standalone(json!({}), containers());
    rig.until(200);
    assert_eq!(rig.healths(task), "");
    assert_eq!(rig.container(task, "a").health(), HealthStatus::Healthy);

    let behavior = read(json!({ "default": { "latency": "none" } }));
    let mut rig = Rig::with(WorldConfig {
        behavior,
        ignore_containers_without_health_check: true,
        ..WorldConfig::default()
    });
    rig.instance("A", 4096, 8000);
    rig.define("t", containers());
    let task = rig.start("t");
    rig.until(200);
    assert_eq!(rig.healths(task), "30 HEALTHY");
}

#[test]
fn hlc_11_unhealthy_outweighs_unknown() {
    let behavior = json!({ "t": { "health": "fail" } });
    let containers = json!([checked(json!({ "name": "a" })), { "name": "b" }]);
    let (mut rig, task) = standalone(behavior, containers);
    rig.until(200);
    assert_eq!(rig.healths(task), "90 UNHEALTHY");
}

#[test]
fn hlc_12_a_healthy_sidecar_makes_no_task_healthy() {
    let containers =
        json!([{ "name": "a" }, checked(json!({ "name": "side", "essential": false }))]);
    let (mut rig, task) = standalone(json!({}), containers);
    rig.until(200);
    assert_eq!(rig.healths(task), "");
    assert_eq!(rig.container(task, "side").health(), HealthStatus::Healthy);
}

/// A service of two tasks that run since yesterday on one instance, the second one started some
/// seconds after the first.
fn service(minimum: u32, maximum: u32, offset: u64) -> (Rig, Vec<TaskId>) {
    let mut rig = Rig::new(json!({ "default": { "runningAfter": "20s" } }));
    let host = rig.instance("A", 4096, 8000);
    rig.define("web", app());
    let percents = json!({ "minimumHealthyPercent": minimum, "maximumPercent": maximum });
    let input = json!({
        "serviceName": "web", "taskDefinition": "web", "deploymentConfiguration": percents,
    });
    let second = LONG_AGO + Span::from_secs(offset);
    let tasks = rig.service_since(input, &[(host, LONG_AGO), (host, second)]);
    (rig, tasks)
}

fn fails_from(rig: &mut Rig, second: i64, task: TaskId) {
    rig.arrive_at(second);
    let name = rig.view().task_name(task);
    rig.behave(&name, json!({ "health": "fail" }));
}

#[test]
fn hlc_13_the_replacement_comes_first() {
    let (mut rig, tasks) = service(0, 200, 0);
    fails_from(&mut rig, 1, tasks[0]);
    rig.until(600);
    assert_eq!(rig.healths(tasks[0]), "90 UNHEALTHY");
    let replacement = TaskId::new(2);
    assert_eq!(rig.task(replacement).created_at, Time::from_secs(90));
    assert_eq!(rig.statuses(replacement), "90 PENDING, 110 RUNNING");
    assert_eq!(rig.healths(replacement), "140 HEALTHY");
    assert_eq!(rig.statuses(tasks[0]), "140 STOPPING, 140 STOPPED");
    assert_eq!(
        rig.stopped_because(tasks[0]),
        "ServiceSchedulerInitiated: Task failed container health checks"
    );
}

#[test]
fn hlc_14_without_room_the_bad_one_goes_first() {
    let (mut rig, tasks) = service(0, 100, 0);
    fails_from(&mut rig, 1, tasks[0]);
    rig.until(600);
    assert_eq!(rig.statuses(tasks[0]), "90 STOPPING, 90 STOPPED");
    assert_eq!(rig.task(TaskId::new(2)).created_at, Time::from_secs(100));
}

#[test]
fn hlc_15_the_grace_masks_a_bad_verdict() {
    let mut rig = Rig::new(json!({ "web": { "health": "fail" } }));
    rig.instance("A", 4096, 8000);
    rig.define("web", app());
    rig.call(
        "createService",
        json!({
            "serviceName": "web", "taskDefinition": "web", "desiredCount": 1,
            "healthCheckGracePeriodSeconds": 120,
            "deploymentConfiguration": { "minimumHealthyPercent": 0, "maximumPercent": 100 },
        }),
    );
    rig.until(119);
    let task = TaskId::new(0);
    assert_eq!((rig.healths(task).as_str(), rig.status(task)), ("90 UNHEALTHY", "RUNNING"));
    rig.until(120);
    assert_eq!(seconds(rig.task(task).stopping_at()), Some(120));
}

#[test]
fn hlc_17_a_bad_replacement_is_replaced_too() {
    let (mut rig, tasks) = service(0, 200, 0);
    fails_from(&mut rig, 1, tasks[0]);
    rig.until(110);
    let (bad, good) = (TaskId::new(2), TaskId::new(3));
    fails_from(&mut rig, 111, bad);
    rig.until(600);
    assert_eq!(rig.healths(bad), "200 UNHEALTHY");
    assert_eq!(seconds(rig.task(tasks[0]).stopping_at()), Some(200), "the lowest id goes first");
    assert_eq!(seconds(Some(rig.task(good).created_at)), Some(200));
    assert_eq!(rig.task(good).desired_status, DesiredStatus::Running);
}

#[test]
fn hlc_18_one_at_a_time_where_there_is_no_room() {
    let (mut rig, tasks) = service(50, 100, 5);
    fails_from(&mut rig, 1, tasks[0]);
    fails_from(&mut rig, 6, tasks[1]);
    rig.until(1000);
    assert_eq!(seconds(rig.task(tasks[0]).stopping_at()), Some(90));
    assert_eq!(seconds(Some(rig.task(TaskId::new(2)).created_at)), Some(100));
    assert_eq!(rig.healths(TaskId::new(2)), "150 HEALTHY");
    assert_eq!(rig.healths(tasks[1]), "95 UNHEALTHY");
    assert_eq!(seconds(rig.task(tasks[1]).stopping_at()), Some(150));
}

#[test]
fn hlc_16_a_task_without_agent_keeps_its_health() {
    let (mut rig, task) = standalone(json!({}), app());
    rig.until(40);
    rig.arrive_at(50);
    let host = rig.task(task).instance.expect("a host");
    rig.world.disconnect_agent(host, rig.engine.view());
    rig.behave("t", json!({ "health": "fail" }));
    rig.until(300);
    assert_eq!(rig.healths(task), "30 HEALTHY");
    assert_eq!(rig.container(task, "app").health(), HealthStatus::Healthy);
    rig.arrive_at(301);
    rig.world.reconnect_agent(rig.now, host, rig.engine.view());
    rig.until(302);
    assert_eq!(rig.healths(task), "30 HEALTHY, 301 UNHEALTHY");
}
