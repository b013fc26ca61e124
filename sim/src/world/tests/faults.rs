//! What scenarios do to the world: 01 section 7.3, 04 section 9.2.

use super::*;

fn app(rig: &mut Rig) -> InstanceId {
    let host = rig.instance("A", 4096, 8000);
    rig.define("t", json!([{ "name": "app", "stopTimeout": 30 }]));
    host
}

#[test]
fn cin_10_a_disconnected_agent_reports_when_it_is_back() {
    let mut rig = Rig::new(json!({}));
    let host = app(&mut rig);
    let (stays, exits) = (rig.steady_task("t", host), rig.steady_task("t", host));
    rig.arrive_at(10);
    rig.world.disconnect_agent(host, rig.engine.view());
    rig.until(20);
    assert!(!rig.view().instance(host).agent_connected);
    rig.arrive_at(100);
    assert!(rig.world.fail_task(rig.now, exits, None, 1, rig.engine.view()));
    rig.order_stop(stays);
    rig.until(600);
    assert_eq!((rig.statuses(stays), rig.statuses(exits)), (String::new(), String::new()));
    assert_eq!(rig.container(exits, "app").exit_code(), Some(1));
    assert_eq!(rig.container(stays, "app").signalled_at(), None, "nobody could tell it");
    rig.arrive_at(610);
    rig.world.reconnect_agent(rig.now, host, rig.engine.view());
    rig.until(620);
    assert_eq!(rig.statuses(exits), "610 STOPPED");
    assert_eq!(rig.statuses(stays), "610 STOPPING, 610 STOPPED");
}

#[test]
fn cin_11_a_terminated_instance_takes_its_tasks_along() {
    let mut rig = Rig::new(json!({}));
    let host = app(&mut rig);
    let task = rig.steady_task("t", host);
    rig.arrive_at(10);
    rig.world.terminate_instance(rig.now, host, rig.engine.view());
    rig.until(20);
    assert_eq!(rig.statuses(task), "10 STOPPED");
    assert_eq!(rig.stopped_because(task), "TerminationNotice: Host EC2 (instance i-A) terminated.");
    assert_eq!(rig.view().instance(host).status, InstanceStatus::Inactive);
    assert_eq!(rig.container(task, "app").exit_code(), Some(137));
}

#[test]
fn a_stopped_instance_stays_registered() {
    let mut rig = Rig::new(json!({}));
    let host = app(&mut rig);
    let task = rig.steady_task("t", host);
    rig.world.stop_instance(rig.now, host, rig.engine.view());
    rig.until(20);
    assert_eq!(rig.stopped_because(task), "TerminationNotice: Host EC2 (instance i-A) stopped.");
    let row = rig.view().instance(host);
    assert_eq!((row.status, row.agent_connected), (InstanceStatus::Active, false));
}

#[test]
fn a_container_that_is_made_to_fail() {
    let mut rig = Rig::new(json!({}));
    let host = app(&mut rig);
    let task = rig.steady_task("t", host);
    rig.arrive_at(5);
    assert!(rig.world.fail_task(rig.now, task, Some("app"), 3, rig.engine.view()));
    rig.until(10);
    assert_eq!(rig.statuses(task), "5 STOPPED");
    assert_eq!(rig.container(task, "app").exit_code(), Some(3));
    assert!(!rig.world.fail_task(rig.now, task, None, 3, rig.engine.view()), "it is over");
}

fn on_fargate_spot(behavior: Value, stop_timeout: u32) -> (Rig, TaskId) {
    let mut rig = Rig::new(json!({ "t": behavior }));
    rig.define_with(
        "t",
        json!([{ "name": "app", "stopTimeout": stop_timeout }]),
        json!({
            "networkMode": "awsvpc", "cpu": "256", "memory": "512",
            "requiresCompatibilities": ["FARGATE"],
        }),
    );
    let task = rig.start_with(json!({
        "taskDefinition": "t",
        "capacityProviderStrategy": [{ "capacityProvider": "FARGATE_SPOT", "weight": 1 }],
        "networkConfiguration": { "awsvpcConfiguration": { "subnets": ["subnet-a"] } },
    }))[0];
    rig.arrive_at(1000);
    rig.world.interrupt_task(rig.now, task, rig.engine.view());
    rig.until(2000);
    (rig, task)
}

#[test]
fn sp_1_an_interrupted_task_that_ignores_sigterm() {
    let (rig, task) = on_fargate_spot(json!({ "stop": "never" }), 30);
    assert_eq!(rig.statuses(task), "0 PENDING, 0 RUNNING, 1000 STOPPING, 1030 STOPPED");
    assert_eq!(rig.container(task, "app").exit_code(), Some(137));
    assert_eq!(rig.stopped_because(task), "SpotInterruption: Your Spot Task was interrupted.");
}

#[test]
fn sp_2_an_interrupted_task_that_goes_by_itself() {
    let (rig, task) = on_fargate_spot(json!({ "stop": "45s", "exitCodeOnStop": 0 }), 120);
    let app = rig.container(task, "app");
    assert_eq!((seconds(app.stopped_at()), app.exit_code()), (Some(1045), Some(0)));
}

#[test]
fn spot_takes_a_chain_of_slow_containers_after_two_minutes() {
    let depends = |on: &str| json!([{ "containerName": on, "condition": "START" }]);
    let mut rig = Rig::new(json!({ "t": { "stop": "never" } }));
    rig.define_with(
        "t",
        json!([
            { "name": "a", "stopTimeout": 100, "dependsOn": depends("b") },
            { "name": "b", "stopTimeout": 100 },
        ]),
        json!({
            "networkMode": "awsvpc", "cpu": "256", "memory": "512",
            "requiresCompatibilities": ["FARGATE"],
        }),
    );
    let task = rig.start_with(json!({
        "taskDefinition": "t", "launchType": "FARGATE",
        "networkConfiguration": { "awsvpcConfiguration": { "subnets": ["subnet-a"] } },
    }))[0];
    rig.arrive_at(10);
    rig.world.interrupt_task(rig.now, task, rig.engine.view());
    rig.until(500);
    assert_eq!(seconds(rig.container(task, "a").stopped_at()), Some(110));
    assert_eq!(seconds(rig.container(task, "b").stopped_at()), Some(130));
    assert_eq!(seconds(rig.task(task).stopped_at()), Some(130));
}

fn spot_instance(draining: bool) -> (Rig, InstanceId, TaskId) {
    let mut rig = Rig::new(json!({}));
    let agent = AgentConfig { spot_draining: draining, ..AgentConfig::default() };
    let host = rig.instance_with("A", 4096, 8000, agent, |r| r.market = Market::Spot);
    rig.define("t", json!([{ "name": "app" }]));
    let task = rig.steady_task("t", host);
    rig.arrive_at(500);
    rig.world.interrupt_instance(rig.now, host, rig.engine.view());
    (rig, host, task)
}

#[test]
fn sp_4_without_draining_nothing_happens_before_the_end() {
    let (mut rig, host, task) = spot_instance(false);
    rig.until(619);
    assert_eq!(
        (rig.status(task), rig.view().instance(host).status),
        ("RUNNING", InstanceStatus::Active)
    );
    rig.until(620);
    assert_eq!(rig.statuses(task), "620 STOPPED");
    assert_eq!(rig.stopped_because(task), "SpotInterruption: Host EC2 (instance i-A) terminated.");
}

#[test]
fn sp_7_draining_leaves_standalone_tasks_alone() {
    let (mut rig, host, task) = spot_instance(true);
    rig.until(500);
    assert_eq!(rig.view().instance(host).status, InstanceStatus::Active);
    rig.until(501);
    assert_eq!(rig.view().instance(host).status, InstanceStatus::Draining);
    rig.until(619);
    assert_eq!(rig.status(task), "RUNNING");
    rig.until(620);
    assert_eq!(rig.status(task), "STOPPED");
}

#[test]
fn a_change_of_behaviour_counts_from_when_it_is_made() {
    let mut rig = Rig::new(json!({ "t": { "runningAfter": "30s" } }));
    rig.instance("A", 4096, 8000);
    let check = json!({ "command": ["CMD", "check"], "interval": 10, "retries": 2 });
    rig.define("t", json!([{ "name": "app", "healthCheck": check }]));
    let task = rig.start("t");
    rig.arrive_at(5);
    rig.behave(&rig.view().task_name(task), json!({ "healthyAfter": "190s" }));
    let later = rig.start("t");
    rig.until(400);
    assert_eq!(rig.healths(task), "50 UNHEALTHY, 200 HEALTHY", "from 195 on its probes pass");
    assert_eq!(rig.healths(later), "45 HEALTHY");
    rig.arrive_at(500);
    rig.behave("t", json!({ "exit": { "after": "7s", "code": 9 } }));
    rig.until(600);
    assert_eq!(seconds(rig.container(task, "app").stopped_at()), Some(507));
}
