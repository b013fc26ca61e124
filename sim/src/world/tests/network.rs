//! Host ports, addresses and interfaces: 02 sections 2, 3, 9.1 and 9.2. What the tracker of dynamic
//! ports does by itself is tested beside it.

use super::*;
use stowplan_engine::model::host_ports::DynamicPortRange;

fn dynamic_port() -> Value {
    json!([{ "name": "c", "portMappings": [{ "containerPort": 80, "hostPort": 0 }] }])
}

fn host_port(rig: &Rig, task: TaskId) -> u16 {
    rig.container(task, "c").host_ports()[0]
}

fn with_range(first: u16, last: u16) -> AgentConfig {
    let dynamic_host_ports = DynamicPortRange::new(first, last);
    AgentConfig { dynamic_host_ports, ..AgentConfig::default() }
}

#[test]
fn prt_1_and_2_a_freed_port_is_not_used_again_at_once() {
    let mut rig = Rig::new(json!({}));
    rig.instance("A", 4096, 8000);
    rig.define("t", dynamic_port());
    let tasks = [(); 3].map(|()| rig.start("t"));
    rig.until(10);
    assert_eq!(tasks.map(|task| host_port(&rig, task)), [32_768, 32_769, 32_770]);
    rig.order_stop(tasks[1]);
    rig.until(20);
    let next = rig.start("t");
    rig.until(30);
    assert_eq!(host_port(&rig, next), 32_771);
}

#[test]
fn prt_9_two_copies_in_host_mode() {
    let mut rig = Rig::new(json!({}));
    rig.instance("A", 4096, 8000);
    let app = json!([{ "name": "c", "portMappings": [{ "containerPort": 80 }] }]);
    rig.define_with("t", app, json!({ "networkMode": "host" }));
    let task = rig.start("t");
    rig.until(10);
    assert_eq!(host_port(&rig, task), 80);
    let Answer::Tasks(_, failures) = rig.call("runTask", json!({ "taskDefinition": "t" })) else {
        panic!("an answer of RunTask")
    };
    assert_eq!(&*failures[0].reason, "RESOURCE:PORTS");
}

#[test]
fn prt_12_a_newcomer_waits_for_the_port_of_the_old_one() {
    let mut rig = Rig::new(json!({ "t": { "stop": "20s" } }));
    let host = rig.instance("A", 4096, 8000);
    rig.define(
        "t",
        json!([{ "name": "c", "portMappings": [{ "containerPort": 80, "hostPort": 80 }] }]),
    );
    let old = rig.steady_task("t", host);
    rig.order_stop(old);
    rig.until(1);
    let new = rig.start("t");
    rig.until(60);
    assert_eq!(rig.statuses(old), "0 STOPPING, 20 STOPPED");
    assert_eq!(rig.statuses(new), "1 PENDING, 20 RUNNING");
    assert_eq!(host_port(&rig, new), 80);
}

#[test]
fn prt_13_no_dynamic_port_is_left() {
    let mut rig = Rig::new(json!({}));
    rig.instance_with("A", 4096, 8000, with_range(32_768, 32_777), |_| {});
    rig.define("t", dynamic_port());
    let tasks: Vec<TaskId> = (0..11).map(|_| rig.start("t")).collect();
    rig.until(10);
    assert!(tasks[..10].iter().all(|&task| rig.status(task) == "RUNNING"));
    assert_eq!(rig.stopped_because(tasks[10]), "TaskFailedToStart: Task failed to start");
    let reason = rig.container(tasks[10], "c").reason();
    assert_eq!(reason, Some("HostConfigError: a host port is unavailable"));
}

#[test]
fn a_static_port_that_a_dynamic_binding_has_taken() {
    let mut rig = Rig::new(json!({}));
    rig.instance_with("A", 4096, 8000, with_range(8080, 8090), |_| {});
    rig.define("t", dynamic_port());
    let mapping = json!([{ "containerPort": 80, "hostPort": 8080 }]);
    rig.define("static", json!([{ "name": "c", "portMappings": mapping }]));
    let dynamic = rig.start("t");
    rig.until(10);
    assert_eq!(host_port(&rig, dynamic), 8080);
    let refused = rig.start("static");
    rig.until(20);
    assert_eq!(rig.stopped_because(refused), "TaskFailedToStart: Task failed to start");
    let reason = rig.container(refused, "c").reason().expect("a reason");
    assert!(reason.starts_with("CannotStartContainerError: "), "{reason}");
    assert!(reason.ends_with("port is already allocated"), "{reason}");
}

#[test]
fn eni_11_the_slot_is_free_when_the_interface_is_gone() {
    let mut rig = Rig::new(json!({ "t": { "stop": "never", "detach": "2s" } }));
    let host = rig.instance_with("A", 2048, 3891, AgentConfig::default(), |registration| {
        registration.eni_limit = Some(2);
    });
    let app = json!([{ "name": "c", "stopTimeout": 30 }]);
    rig.define_with("t", app, json!({ "networkMode": "awsvpc" }));
    let tasks = rig.start_awsvpc("t", "subnet-a", 2);
    rig.until(0);
    rig.order_stop(tasks[0]);
    rig.until(31);
    assert_eq!(rig.view().instance_free(host).eni, Some(0));
    rig.until(100);
    let all = "0 PENDING, 0 RUNNING, 0 STOPPING, 30 DEPROVISIONING, 32 STOPPED";
    assert_eq!(rig.statuses(tasks[0]), all);
    assert_eq!(rig.view().instance_free(host).eni, Some(1));
}

#[test]
fn eni_12_a_subnet_without_addresses() {
    let mut rig = Rig::new(json!({}));
    rig.instance("A", 4096, 8000);
    rig.define_with("t", json!([{ "name": "c" }]), json!({ "networkMode": "awsvpc" }));
    let tasks = rig.start_awsvpc("t", "tiny", 3);
    rig.until(10);
    let statuses = tasks.iter().map(|&task| rig.status(task)).collect::<Vec<_>>();
    assert_eq!(statuses, ["RUNNING", "RUNNING", "STOPPED"]);
    assert_eq!(
        rig.stopped_because(tasks[2]),
        "TaskFailedToStart: Unexpected EC2 error while attempting to Create Network Interface in \
         subnet 'tiny': InsufficientFreeAddressesInSubnet"
    );
    let addresses = [0, 1].map(|n| rig.in_world(tasks[n]).address());
    assert_eq!(addresses, [Some(9), Some(10)], "nine are in use by others");
    rig.order_stop(tasks[0]);
    rig.until(20);
    let next = rig.start_awsvpc("t", "tiny", 1)[0];
    rig.until(30);
    assert_eq!((rig.status(next), rig.in_world(next).address()), ("RUNNING", Some(9)));
}

#[test]
fn eni_17_an_interface_attached_by_hand_is_in_the_way() {
    let mut rig = Rig::new(json!({}));
    let agent = AgentConfig { foreign_interfaces: 1, ..AgentConfig::default() };
    rig.instance_with("A", 2048, 3891, agent, |registration| registration.eni_limit = Some(2));
    rig.define_with("t", json!([{ "name": "c" }]), json!({ "networkMode": "awsvpc" }));
    let tasks = rig.start_awsvpc("t", "subnet-a", 2);
    rig.until(400);
    assert_eq!(rig.status(tasks[0]), "RUNNING");
    assert_eq!(rig.statuses(tasks[1]), "300 STOPPED");
    assert_eq!(
        rig.stopped_because(tasks[1]),
        "TaskFailedToStart: Timeout waiting for network interface provisioning to complete."
    );
}
