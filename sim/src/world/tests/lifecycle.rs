//! From the order to RUNNING: 01 section 13.8.

use super::*;

fn one_container(rig: &mut Rig) {
    rig.instance("A", 4096, 8000);
    rig.define("t", json!([{ "name": "app" }]));
}

const ORDERED: &str = "dependsOn";

/// An init container that ends before the app may start, and the app.
fn with_init(rig: &mut Rig, condition: &str, init: Value) {
    rig.instance("A", 4096, 8000);
    let init = merged(&json!({ "name": "init", "essential": false }), &init);
    let app = json!({
        "name": "app", ORDERED: [{ "containerName": "init", "condition": condition }]
    });
    rig.define("t", json!([app, init]));
}

fn init_exits(after: &str, code: i32) -> Value {
    json!({ "t": { "containers": { "init": { "exit": { "after": after, "code": code } } } } })
}

#[test]
fn lif_1_bridge_pulls_and_starts() {
    let mut rig = Rig::new(json!({ "t": { "pull": "5s", "startup": "1s" } }));
    one_container(&mut rig);
    let task = rig.start("t");
    rig.until(60);
    assert_eq!(rig.statuses(task), "0 PENDING, 6 RUNNING");
    let row = rig.in_world(task);
    assert_eq!(seconds(row.pull_started_at()), Some(0));
    assert_eq!(seconds(row.pull_stopped_at()), Some(5));
    assert_eq!(seconds(rig.task(task).started_at()), Some(6));
}

#[test]
fn lif_2_awsvpc_gets_its_interface_first() {
    let mut rig =
        Rig::new(json!({ "default": { "provision": "4s", "pull": "5s", "startup": "1s" } }));
    rig.instance("A", 4096, 8000);
    rig.define_with("t", json!([{ "name": "app" }]), json!({ "networkMode": "awsvpc" }));
    let task = rig.start_awsvpc("t", "subnet-a", 1)[0];
    rig.until(3);
    assert_eq!(rig.status(task), "PROVISIONING");
    rig.until(60);
    assert_eq!(rig.statuses(task), "4 PENDING, 10 RUNNING");
    assert_eq!(seconds(rig.in_world(task).pull_started_at()), Some(4));
    assert_eq!(seconds(rig.in_world(task).connectivity_at()), Some(4));
}

#[test]
fn lif_3_an_interface_that_never_attaches() {
    let mut rig = Rig::new(json!({ "t": { "provision": "10m" } }));
    rig.instance("A", 4096, 8000);
    rig.define_with("t", json!([{ "name": "app" }]), json!({ "networkMode": "awsvpc" }));
    let task = rig.start_awsvpc("t", "subnet-a", 1)[0];
    rig.until(900);
    assert_eq!(rig.statuses(task), "300 STOPPED");
    assert_eq!(
        rig.stopped_because(task),
        "TaskFailedToStart: Timeout waiting for network interface provisioning to complete."
    );
}

#[test]
fn lif_4_healthy_is_waited_for() {
    let mut rig = Rig::new(json!({}));
    rig.instance("A", 4096, 8000);
    let check = json!({ "command": ["CMD", "check"], "interval": 10 });
    let app = json!({
        "name": "app", ORDERED: [{ "containerName": "db", "condition": "HEALTHY" }]
    });
    rig.define("t", json!([app, { "name": "db", "healthCheck": check }]));
    let task = rig.start("t");
    rig.until(9);
    assert_eq!(rig.status(task), "PENDING");
    assert_eq!(seconds(rig.container(task, "db").started_at()), Some(0));
    rig.until(60);
    assert_eq!(seconds(rig.container(task, "app").started_at()), Some(10));
    assert_eq!(rig.statuses(task), "0 PENDING, 10 RUNNING");
}

#[test]
fn lif_5_success_lets_the_app_start() {
    let mut rig = Rig::new(init_exits("8s", 0));
    with_init(&mut rig, "SUCCESS", json!({}));
    let task = rig.start("t");
    rig.until(60);
    assert_eq!(rig.statuses(task), "0 PENDING, 8 RUNNING");
    assert_eq!(rig.container(task, "init").status().as_str(), "STOPPED");
    assert_eq!(seconds(rig.container(task, "app").started_at()), Some(8));
}

#[test]
fn lif_6_failure_of_a_dependency_ends_the_task() {
    let mut rig = Rig::new(init_exits("8s", 3));
    with_init(&mut rig, "SUCCESS", json!({}));
    let task = rig.start("t");
    rig.until(60);
    assert_eq!(rig.statuses(task), "0 PENDING, 8 STOPPED");
    assert_eq!(rig.stopped_because(task), "TaskFailedToStart: Task failed to start");
    let app = rig.container(task, "app");
    assert_eq!((app.exit_code(), app.started_at()), (Some(143), None));
    let reason = app.reason().expect("a reason");
    assert!(reason.starts_with("CannotStartContainerError: dependency graph:"), "{reason}");
}

#[test]
fn lif_7_a_dependency_takes_too_long() {
    let mut rig = Rig::new(init_exits("60s", 0));
    with_init(&mut rig, "COMPLETE", json!({ "startTimeout": 20 }));
    let task = rig.start("t");
    rig.until(120);
    let app = rig.container(task, "app");
    assert!(app.reason().expect("a reason").ends_with("has timed out."));
    assert_eq!(seconds(app.stopped_at()), Some(20));
    assert_eq!(rig.statuses(task), "0 PENDING, 20 STOPPING, 20 STOPPED");
    assert_eq!(rig.stopped_because(task), "TaskFailedToStart: Task failed to start");
}

#[test]
fn a_dependency_that_is_done_in_the_last_moment_is_in_time() {
    let mut rig = Rig::new(init_exits("20s", 0));
    with_init(&mut rig, "COMPLETE", json!({ "startTimeout": 20 }));
    let task = rig.start("t");
    rig.until(120);
    assert_eq!(rig.statuses(task), "0 PENDING, 20 RUNNING");
}

#[test]
fn lif_8_complete_takes_any_code() {
    let mut rig = Rig::new(init_exits("8s", 3));
    with_init(&mut rig, "COMPLETE", json!({}));
    let task = rig.start("t");
    rig.until(60);
    assert_eq!(rig.statuses(task), "0 PENDING, 8 RUNNING");
}

#[test]
fn lif_9_start_is_met_by_one_that_is_over() {
    let mut rig = Rig::new(json!({ "t": { "containers": {
        "init": { "exit": "0s" }, "app": { "pull": "3s" },
    } } }));
    with_init(&mut rig, "START", json!({}));
    let task = rig.start("t");
    rig.until(60);
    assert_eq!(seconds(rig.container(task, "init").stopped_at()), Some(0));
    assert_eq!(rig.statuses(task), "0 PENDING, 3 RUNNING");
}

#[test]
fn lif_16_stopped_while_pulling() {
    let mut rig = Rig::new(json!({ "t": { "pull": "30s", "stop": "never" } }));
    one_container(&mut rig);
    let task = rig.start("t");
    rig.arrive_at(10);
    rig.order_stop(task);
    rig.until(60);
    assert_eq!(rig.statuses(task), "0 PENDING, 10 STOPPED");
    assert_eq!(rig.stopped_because(task), "UserInitiated: Task stopped by user");
    let app = rig.container(task, "app");
    assert_eq!((app.signalled_at(), app.exit_code()), (None, None));
}

#[test]
fn lif_23_too_much_memory() {
    let mut rig = Rig::new(json!({ "t": { "memoryUsed": 300 } }));
    rig.instance("A", 4096, 8000);
    rig.define("t", json!([{ "name": "app", "memory": 256 }]));
    let task = rig.start("t");
    rig.until(60);
    let app = rig.container(task, "app");
    assert_eq!(app.exit_code(), Some(137));
    assert_eq!(app.reason(), Some("OutOfMemoryError: Container killed due to memory usage"));
    assert_eq!(
        rig.stopped_because(task),
        "EssentialContainerExited: Essential container in task exited"
    );
}

#[test]
fn an_override_raises_the_memory_limit() {
    let mut rig = Rig::new(json!({ "t": { "memoryUsed": 300 } }));
    rig.instance("A", 4096, 8000);
    rig.define("t", json!([{ "name": "app", "memory": 256 }]));
    let overrides = json!({ "containerOverrides": [{ "name": "app", "memory": 400 }] });
    let task = rig.start_with(json!({ "taskDefinition": "t", "overrides": overrides }))[0];
    rig.until(60);
    assert_eq!(rig.status(task), "RUNNING");
}

#[test]
fn lif_24_an_image_that_does_not_exist() {
    let behavior = read(json!({ "default": { "latency": "none" } }));
    let config = WorldConfig { behavior, images: Some(Vec::new()), ..WorldConfig::default() };
    let mut rig = Rig::with(config);
    one_container(&mut rig);
    let task = rig.start("t");
    rig.until(60);
    assert_eq!(rig.statuses(task), "0 PENDING, 0 STOPPED");
    assert_eq!(rig.stopped_because(task), "TaskFailedToStart: Task failed to start");
    let reason = rig.container(task, "app").reason().expect("a reason");
    assert!(reason.starts_with("CannotPullContainerError: "), "{reason}");
}

#[test]
fn default_latencies_add_up_to_those_of_05_section_2_3() {
    let mut rig = Rig::with(WorldConfig::default());
    let host = rig.instance("A", 4096, 8000);
    rig.define("bridge", json!([{ "name": "app" }]));
    rig.define_with("vpc", json!([{ "name": "app" }]), json!({ "networkMode": "awsvpc" }));
    rig.define_with(
        "fargate",
        json!([{ "name": "app" }]),
        json!({
            "networkMode": "awsvpc", "cpu": "256", "memory": "512",
            "requiresCompatibilities": ["FARGATE"],
        }),
    );
    let old = rig.steady_task("bridge", host);
    let bridge = rig.start("bridge");
    let vpc = rig.start_awsvpc("vpc", "subnet-a", 1)[0];
    let fargate = rig.start_with(json!({
        "taskDefinition": "fargate",
        "launchType": "FARGATE",
        "networkConfiguration": { "awsvpcConfiguration": { "subnets": ["subnet-a"] } },
    }))[0];
    rig.until(60);
    assert_eq!(rig.statuses(old), "", "it runs since long ago");
    assert_eq!(rig.statuses(bridge), "0 PENDING, 2 RUNNING", "the image is there");
    assert_eq!(rig.statuses(vpc), "6 PENDING, 8 RUNNING");
    assert_eq!(rig.statuses(fargate), "15 PENDING, 18.200 RUNNING");
    rig.arrive_at(100);
    rig.order_stop(fargate);
    rig.until(120);
    let all = "15 PENDING, 18.200 RUNNING, 100 STOPPING, 101 DEPROVISIONING, 103 STOPPED";
    assert_eq!(rig.statuses(fargate), all);
}

#[test]
fn an_image_is_pulled_once_for_all_tasks_of_a_host() {
    let mut rig = Rig::with(WorldConfig::default());
    one_container(&mut rig);
    let first = rig.start("t");
    rig.arrive_at(1);
    let second = rig.start("t");
    rig.arrive_at(60);
    let third = rig.start("t");
    rig.until(100);
    assert_eq!(rig.statuses(first), "0 PENDING, 3.200 RUNNING");
    assert_eq!(rig.statuses(second), "1 PENDING, 3.200 RUNNING", "it waits for the same pull");
    assert_eq!(rig.statuses(third), "60 PENDING, 62 RUNNING");
}

#[test]
fn running_after_is_one_figure() {
    let mut rig =
        Rig::new(json!({ "default": { "runningAfter": "30s", "pull": "9s", "provision": "9s" } }));
    rig.instance("A", 4096, 8000);
    rig.define_with("t", json!([{ "name": "app" }]), json!({ "networkMode": "awsvpc" }));
    let task = rig.start_awsvpc("t", "subnet-a", 1)[0];
    rig.until(60);
    assert_eq!(rig.statuses(task), "0 PENDING, 30 RUNNING");
}

#[test]
fn a_planned_failure_never_runs() {
    let mut rig = Rig::new(json!({
        "default": { "runningAfter": "30s", "stop": "never" },
        "late": { "startFails": true },
        "early": { "startFails": { "after": "5s", "reason": "ResourceInitializationError: no" } },
    }));
    rig.instance("A", 4096, 8000);
    rig.define("late", json!([{ "name": "app" }]));
    rig.define("early", json!([{ "name": "app" }]));
    let (late, early) = (rig.start("late"), rig.start("early"));
    rig.until(120);
    assert_eq!(rig.statuses(late), "0 PENDING, 30 STOPPED");
    assert_eq!(rig.stopped_because(late), "TaskFailedToStart: Task failed to start");
    assert_eq!(rig.statuses(early), "0 PENDING, 5 STOPPED");
    assert_eq!(rig.stopped_because(early), "TaskFailedToStart: ResourceInitializationError: no");
}

#[test]
fn durations_between_bounds_depend_on_the_task_alone() {
    let run = |others: u32| {
        let bounds = json!({ "min": "1s", "max": "100s" });
        let mut rig = Rig::new(json!({ "t": { "startup": bounds } }));
        one_container(&mut rig);
        rig.define("other", json!([{ "name": "app" }]));
        let tasks = [rig.start("t"), rig.start("t")];
        for _ in 0..others {
            rig.start("other");
        }
        rig.until(200);
        tasks.map(|task| rig.task(task).started_at().expect("it runs").0)
    };
    let alone = run(0);
    assert_eq!(alone, run(3));
    assert_ne!(alone[0], alone[1]);
    assert!(alone.iter().all(|at| (1_000..=100_000).contains(at)), "{alone:?}");
}
