//! From the order to stop to STOPPED: 01 section 11.4.

use super::*;

fn depends(on: &str) -> Value {
    json!([{ "containerName": on, "condition": "START" }])
}

/// A task that runs since yesterday.
fn running(behavior: Value, containers: Value) -> (Rig, TaskId) {
    let mut rig = Rig::new(behavior);
    let host = rig.instance("A", 4096, 8000);
    rig.define("t", containers);
    let task = rig.steady_task("t", host);
    (rig, task)
}

fn times(rig: &Rig, task: TaskId, name: &str) -> (Option<i64>, Option<i64>, Option<i32>) {
    let container = rig.container(task, name);
    (seconds(container.signalled_at()), seconds(container.stopped_at()), container.exit_code())
}

#[test]
fn lif_10_an_essential_exit_stops_the_others() {
    let behavior = json!({ "t": { "exit": "100s", "stop": "never" } });
    let containers = json!([{ "name": "app" }, { "name": "side", "stopTimeout": 30 }]);
    let (mut rig, task) = running(behavior, containers);
    rig.until(200);
    assert_eq!(rig.statuses(task), "100 STOPPING, 130 STOPPED");
    assert_eq!(seconds(rig.in_world(task).execution_stopped_at()), Some(100));
    assert_eq!(times(&rig, task, "app"), (None, Some(100), Some(0)));
    assert_eq!(times(&rig, task, "side"), (Some(100), Some(130), Some(137)));
    assert_eq!(
        rig.stopped_because(task),
        "EssentialContainerExited: Essential container in task exited"
    );
}

#[test]
fn lif_11_a_container_that_is_not_essential_may_go() {
    let exit = json!({ "after": "50s", "code": 1 });
    let behavior = json!({ "t": { "containers": { "side": { "exit": exit } } } });
    let (mut rig, task) =
        running(behavior, json!([{ "name": "app" }, { "name": "side", "essential": false }]));
    rig.until(200);
    assert_eq!(times(&rig, task, "side"), (None, Some(50), Some(1)));
    assert_eq!(rig.status(task), "RUNNING");
}

#[test]
fn lif_12_what_others_depend_on_goes_last() {
    let stop = json!({ "app": { "stop": "5s" }, "db": { "stop": "never" } });
    let containers = json!([
        { "name": "db", "stopTimeout": 30 },
        { "name": "app", "stopTimeout": 30, "dependsOn": depends("db") },
    ]);
    let (mut rig, task) = running(json!({ "t": { "containers": stop } }), containers);
    rig.arrive_at(100);
    rig.order_stop(task);
    rig.until(200);
    assert_eq!(times(&rig, task, "app"), (Some(100), Some(105), Some(143)));
    assert_eq!(times(&rig, task, "db"), (Some(105), Some(135), Some(137)));
    assert_eq!(rig.statuses(task), "100 STOPPING, 135 STOPPED");
}

#[test]
fn lif_13_without_dependency_all_are_signalled_at_once() {
    let stop = json!({ "app": { "stop": "5s" }, "db": { "stop": "never" } });
    let containers = json!([{ "name": "db", "stopTimeout": 30 }, { "name": "app" }]);
    let (mut rig, task) = running(json!({ "t": { "containers": stop } }), containers);
    rig.arrive_at(100);
    rig.order_stop(task);
    rig.until(200);
    assert_eq!(times(&rig, task, "app"), (Some(100), Some(105), Some(143)));
    assert_eq!(times(&rig, task, "db"), (Some(100), Some(130), Some(137)));
    assert_eq!(rig.statuses(task), "100 STOPPING, 130 STOPPED");
}

#[test]
fn lif_14_a_chain_stops_from_its_end() {
    let containers = json!([
        { "name": "a", "dependsOn": depends("b") },
        { "name": "b", "dependsOn": depends("c") },
        { "name": "c" },
    ]);
    let (mut rig, task) = running(json!({ "t": { "stop": "10s" } }), containers);
    rig.order_stop(task);
    rig.until(100);
    let gone = ["a", "b", "c"].map(|name| seconds(rig.container(task, name).stopped_at()));
    assert_eq!(gone, [Some(10), Some(20), Some(30)]);
}

#[test]
fn lif_15_killed_before_it_would_have_gone() {
    let (mut rig, task) =
        running(json!({ "t": { "stop": "3s" } }), json!([{ "name": "app", "stopTimeout": 2 }]));
    rig.order_stop(task);
    rig.until(100);
    assert_eq!(times(&rig, task, "app"), (Some(0), Some(2), Some(137)));
}

#[test]
fn lif_17_a_stop_in_progress_keeps_its_cause() {
    let (mut rig, task) = running(json!({ "t": { "stop": "2s" } }), json!([{ "name": "app" }]));
    rig.arrive_at(10);
    rig.order_stop(task);
    rig.until(100);
    assert_eq!(times(&rig, task, "app"), (Some(10), Some(12), Some(143)));
    assert_eq!(rig.stopped_because(task), "UserInitiated: Task stopped by user");
}

#[test]
fn the_agent_has_a_stop_timeout_of_its_own() {
    let mut rig = Rig::new(json!({ "t": { "stop": "never" } }));
    let agent = AgentConfig { stop_timeout: Span::from_secs(7), ..AgentConfig::default() };
    let host = rig.instance_with("A", 4096, 8000, agent, |_| {});
    rig.define("t", json!([{ "name": "app" }]));
    let task = rig.steady_task("t", host);
    rig.order_stop(task);
    rig.until(100);
    assert_eq!(rig.statuses(task), "0 STOPPING, 7 STOPPED");
}

#[test]
fn containers_that_never_ran_are_not_signalled() {
    let pulls = json!({ "side": { "pull": "1h" }, "app": { "stop": "4s" } });
    let mut rig = Rig::new(json!({ "t": { "containers": pulls } }));
    rig.instance("A", 4096, 8000);
    rig.define("t", json!([{ "name": "app" }, { "name": "side" }]));
    let task = rig.start("t");
    rig.arrive_at(100);
    rig.order_stop(task);
    rig.until(200);
    assert_eq!(rig.statuses(task), "0 PENDING, 100 STOPPING, 104 STOPPED");
    assert_eq!(times(&rig, task, "app"), (Some(100), Some(104), Some(143)));
    assert_eq!(times(&rig, task, "side"), (None, Some(100), None));
}
