//! The host ledger and the agent's waiting queue: 01 sections 1.5 and 13.1.

use super::*;

fn family(rig: &mut Rig, name: &str, cpu: u32, memory: u32) {
    rig.define(name, json!([{ "name": "app", "cpu": cpu, "memory": memory, "stopTimeout": 30 }]));
}

/// X fills the instance and ignores SIGTERM; it is told to stop at 0, Y is started at 1.
fn res_23(agent_version: Option<&str>) -> (Rig, TaskId, TaskId) {
    let mut rig = Rig::new(json!({ "old": { "stop": "never" } }));
    let agent = AgentConfig::default();
    let host = rig.instance_with("A", 1024, 2000, agent, |registration| {
        registration.agent_version = agent_version.map(Into::into);
    });
    family(&mut rig, "old", 1024, 2000);
    family(&mut rig, "new", 1024, 2000);
    let old = rig.steady_task("old", host);
    rig.order_stop(old);
    rig.until(0);
    let free = rig.view().instance_free(host);
    assert_eq!((free.cpu, free.memory), (1024, 2000), "the scheduler's ledger is free at once");
    rig.arrive_at(1);
    let new = rig.start("new");
    rig.until(100);
    (rig, old, new)
}

#[test]
fn res_23_freed_at_once_started_later() {
    let (rig, old, new) = res_23(None);
    assert_eq!(rig.statuses(old), "0 STOPPING, 30 STOPPED");
    assert_eq!(rig.container(old, "app").exit_code(), Some(137));
    assert_eq!(rig.statuses(new), "1 PENDING, 30 RUNNING");
    assert_eq!(seconds(rig.in_world(new).pull_started_at()), Some(30));
}

#[test]
fn res_24_an_old_agent_does_not_ask_its_ledger() {
    let (rig, _, new) = res_23(Some("1.72.0"));
    assert_eq!(rig.statuses(new), "1 PENDING, 1 RUNNING");
}

/// A large task is going, a large one (Y) and a small one (Z) wait.
fn queue() -> (Rig, TaskId, TaskId) {
    let mut rig = Rig::new(json!({ "going": { "stop": "never" } }));
    let host = rig.instance("A", 1280, 8000);
    family(&mut rig, "going", 1024, 100);
    family(&mut rig, "big", 1024, 100);
    family(&mut rig, "small", 128, 100);
    let going = rig.steady_task("going", host);
    rig.order_stop(going);
    rig.arrive_at(1);
    let big = rig.start("big");
    rig.arrive_at(2);
    let small = rig.start("small");
    (rig, big, small)
}

#[test]
fn res_25_the_head_of_the_line_blocks() {
    let (mut rig, big, small) = queue();
    rig.until(29);
    assert_eq!((rig.status(big), rig.status(small)), ("PENDING", "PENDING"));
    rig.until(60);
    assert_eq!(rig.statuses(big), "1 PENDING, 30 RUNNING");
    assert_eq!(rig.statuses(small), "2 PENDING, 30 RUNNING");
}

#[test]
fn res_26_a_waiting_task_leaves_the_queue() {
    let (mut rig, big, small) = queue();
    rig.arrive_at(10);
    rig.order_stop(big);
    rig.until(60);
    assert_eq!(rig.statuses(big), "1 PENDING, 10 STOPPED");
    assert_eq!(rig.statuses(small), "2 PENDING, 10 RUNNING");
    assert_eq!(rig.in_world(big).pull_started_at(), None);
}

#[test]
fn res_27_an_interface_slot_is_taken_until_the_task_is_stopped() {
    let mut rig = Rig::new(json!({ "t": { "stop": "never", "detach": "2s" } }));
    let host = rig.instance_with("A", 4096, 8000, AgentConfig::default(), |registration| {
        registration.eni_limit = Some(2);
    });
    rig.define_with("t", json!([{ "name": "app" }]), json!({ "networkMode": "awsvpc" }));
    let tasks = rig.start_awsvpc("t", "subnet-a", 2);
    rig.until(10);
    rig.order_stop(tasks[0]);
    let free_slots = |rig: &Rig| rig.view().instance_free(host).eni;
    rig.until(41);
    assert_eq!(free_slots(&rig), Some(0));
    rig.until(42);
    assert_eq!(free_slots(&rig), Some(1));
}

#[test]
fn what_something_nameless_holds_is_never_given_out() {
    let mut rig = Rig::new(json!({}));
    let agent = AgentConfig::default();
    rig.instance_with("A", 1024, 2000, agent, |registration| registration.held.cpu = 512);
    family(&mut rig, "half", 512, 100);
    let task = rig.start("half");
    rig.until(10);
    assert_eq!(rig.status(task), "RUNNING");
}
