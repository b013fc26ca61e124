//! What tasks reserve and instances have left, and revisions of task definitions (01 sections 13.1
//! and 13.2).

use serde_json::{Value, json};
use stowplan_engine::api::Answer;
use stowplan_engine::model::{Protocol, TaskStatus};

use crate::bed::{Bed, Behavior, limits, strategy};

#[test]
fn res_9_res_10_overrides_replace_what_a_task_reserves() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 8192, 8192);
    bed.define_task(json!({ "family": "three", "containerDefinitions": [
        { "name": "first", "image": "i", "cpu": 100, "memory": 300 },
        { "name": "second", "image": "i", "cpu": 200, "memory": 500, "memoryReservation": 200 },
        { "name": "third", "image": "i", "cpu": 0, "memoryReservation": 64 },
    ]}));
    bed.define_task(json!({ "family": "sized", "cpu": "1024", "memory": "2048",
    "containerDefinitions": [
        { "name": "one", "image": "i", "cpu": 256, "memory": 512 },
        { "name": "two", "image": "i", "cpu": 256, "memory": 512 },
    ]}));
    let mut reserved = |definition: &str, overrides: Value| {
        let task = bed.run_one(definition, json!({ "overrides": overrides }));
        let demand = &bed.engine.view().task(task).demand;
        (demand.cpu, demand.memory)
    };
    let first = json!({ "containerOverrides": [{ "name": "first", "memory": 1000 }] });
    assert_eq!(reserved("three", first), (300, 1264));
    assert_eq!(reserved("sized", json!({ "cpu": "512", "memory": "1024" })), (512, 1024));
}

#[test]
fn res_16_an_exact_fit_fits() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 2048);
    bed.plain("job", 512, 1024);
    assert_eq!(bed.run("job", 1, json!({})), "A");
    assert_eq!(bed.run("job", 1, json!({})), "A");
    assert_eq!(bed.left("A"), (0, 0));
    assert_eq!(bed.run("job", 1, json!({})), "| A: RESOURCE:CPU");
    // With the 2000 MiB of the example as it is written the second task is short of 48.
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 2000);
    bed.plain("job", 512, 1024);
    assert_eq!(bed.run("job", 2, json!({})), "A | A: RESOURCE:MEMORY");
}

#[test]
fn res_17_a_task_without_cpu() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 512, 1024);
    bed.plain("job", 0, 512);
    assert_eq!(bed.run("job", 3, json!({})), "A, A | A: RESOURCE:MEMORY");
    assert_eq!(bed.left("A").0, 512);
}

fn with_ports(bed: &mut Bed, family: &str, mappings: Vec<Value>) {
    bed.define(family, 1, 1, json!({ "portMappings": mappings }));
}

fn fixed(port: u16) -> Value {
    json!({ "containerPort": port, "hostPort": port })
}

#[test]
fn res_18_ports_conflict_within_a_protocol() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 1024);
    with_ports(&mut bed, "tcp", vec![fixed(8080)]);
    let udp = json!({ "containerPort": 8080, "hostPort": 8080, "protocol": "udp" });
    with_ports(&mut bed, "udp", vec![udp]);
    assert_eq!(bed.run("tcp", 1, json!({})), "A");
    assert_eq!(bed.run("udp", 1, json!({})), "A");
    assert_eq!(bed.run("tcp", 1, json!({})), "| A: RESOURCE:PORTS");
}

#[test]
fn res_19_res_20_a_hundred_ports_an_instance() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 1024);
    with_ports(&mut bed, "many", (1000..1095).map(fixed).collect());
    with_ports(&mut bed, "one", vec![fixed(2000)]);
    with_ports(&mut bed, "dynamic", vec![json!({ "containerPort": 2000 })]);
    assert_eq!(bed.run("many", 1, json!({})), "A");
    assert_eq!(bed.run("one", 1, json!({})), "| A: RESOURCE:PORTS");
    assert_eq!(bed.run("dynamic", 1, json!({})), "A");
}

#[test]
fn res_21_reserved_ports_are_never_free() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 1024);
    with_ports(&mut bed, "ssh", vec![fixed(22)]);
    assert_eq!(bed.run("ssh", 1, json!({})), "| A: RESOURCE:PORTS");
}

#[test]
fn res_22_whole_gpus() {
    let mut bed = Bed::instant();
    bed.instance_with("A", "a", 4096, 4096, |it| it.gpus = 4);
    bed.instance_with("B", "b", 4096, 4096, |it| it.gpus = 1);
    let two = json!({ "resourceRequirements": [{ "type": "GPU", "value": "2" }] });
    bed.define("train", 1, 1, two);
    assert_eq!(
        bed.run("train", 3, strategy(&["spread az"])),
        "A, A | A: RESOURCE:GPU, B: RESOURCE:GPU"
    );
}

#[test]
fn res_23_room_is_free_at_the_decision_and_taken_when_it_is_real() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 2000);
    bed.plain("x", 1024, 2000);
    bed.plain("y", 1024, 2000);
    bed.behave("x:1", Behavior { stops_after: 30, ..Behavior::instant() });
    let x = bed.run_one("x", json!({}));
    bed.at(10);
    assert_eq!(bed.left("A"), (0, 0));
    let name = bed.engine.view().task_name(x);
    bed.must("stopTask", json!({ "task": name }));
    assert_eq!(bed.left("A"), (1024, 2000));
    bed.at(11);
    let y = bed.run_one("y", json!({}));
    let status = |bed: &Bed, task| bed.engine.view().task(task).last_status;
    assert_eq!(bed.places(&[y]), "A");
    bed.run_until(39);
    assert_eq!((status(&bed, x), status(&bed, y)), (TaskStatus::Stopping, TaskStatus::Pending));
    bed.run_until(40);
    assert_eq!((status(&bed, x), status(&bed, y)), (TaskStatus::Stopped, TaskStatus::Running));
}

#[test]
fn res_27_an_interface_slot_is_free_when_the_task_is_stopped() {
    let mut bed = Bed::instant();
    bed.instance_with("A", "a", 1024, 1024, |it| it.eni_limit = Some(2));
    bed.define_task(json!({ "family": "net", "networkMode": "awsvpc",
        "containerDefinitions": [{ "name": "app", "image": "i", "cpu": 1, "memory": 1 }] }));
    bed.behave("net:1", Behavior { stops_after: 30, ..Behavior::instant() });
    let network = crate::bed::subnets(&["subnet-a"]);
    let first = bed.run_one("net", network.clone());
    bed.run_one("net", network.clone());
    bed.at(10);
    let name = bed.engine.view().task_name(first);
    bed.must("stopTask", json!({ "task": name }));
    bed.at(39);
    assert_eq!(bed.run("net", 1, network.clone()), "| A: RESOURCE:ENI");
    bed.at(40);
    assert_eq!(bed.run("net", 1, network), "A");
}

fn definition(family: &str) -> Value {
    let container = json!({ "name": "app", "image": "app:1", "cpu": 10, "memory": 10 });
    json!({ "family": family, "containerDefinitions": [container] })
}

fn register(bed: &mut Bed, family: &str) -> String {
    match bed.must("registerTaskDefinition", definition(family)) {
        Answer::TaskDefinition(id) => bed.engine.view().definition(id).label(),
        other => panic!("a definition answers with its id, not {other:?}"),
    }
}

fn named(name: &str) -> Value {
    json!({ "taskDefinition": name })
}

#[test]
fn tdf_1_tdf_2_tdf_3_revisions_are_never_used_again() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 1024);
    for revision in 1..=3 {
        assert_eq!(register(&mut bed, "web"), format!("web:{revision}"));
    }
    bed.must("deregisterTaskDefinition", named("web:3"));
    bed.must("deleteTaskDefinitions", json!({ "taskDefinitions": ["web:3"] }));
    assert_eq!(register(&mut bed, "web"), "web:4");
    bed.must("deregisterTaskDefinition", named("web:4"));
    let task = bed.run_one("web", json!({}));
    let view = bed.engine.view();
    assert_eq!(view.definition(view.task(task).definition).label(), "web:2");
}

#[test]
fn tdf_4_tdf_5_tdf_6_an_inactive_revision_serves_those_who_have_it() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 1024);
    register(&mut bed, "web");
    register(&mut bed, "web");
    bed.service("web", 2, limits(50, 200));
    bed.must("deregisterTaskDefinition", named("web:2"));
    let first = bed.tasks_of("web")[0];
    bed.exit(first);
    bed.update("web", json!({ "desiredCount": 3 }));
    bed.run_until(10);
    let view = bed.engine.view();
    let revisions: Vec<String> = bed
        .tasks_of("web")
        .iter()
        .map(|&task| view.definition(view.task(task).definition).label())
        .collect();
    assert_eq!(revisions, ["web:2", "web:2", "web:2"]);
    bed.at(20);
    assert_eq!(
        bed.refused("runTask", named("web:2")),
        "ClientException: TaskDefinition is inactive"
    );
    bed.update("web", named("web:1"));
    bed.at(200);
    assert_eq!(
        bed.refused("updateService", json!({ "service": "web", "taskDefinition": "web:2" })),
        "ClientException: TaskDefinition is inactive"
    );
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:1 3"]);
}

#[test]
fn tdf_7_only_inactive_revisions_are_deleted() {
    let mut bed = Bed::instant();
    register(&mut bed, "web");
    register(&mut bed, "web");
    bed.must("deregisterTaskDefinition", named("web:2"));
    let both = json!({ "taskDefinitions": ["web:1", "web:2"] });
    let Answer::TaskDefinitions(deleted, failures) = bed.must("deleteTaskDefinitions", both) else {
        panic!("definitions and failures are expected");
    };
    let view = bed.engine.view();
    let labels: Vec<String> = deleted.iter().map(|&id| view.definition(id).label()).collect();
    assert_eq!(labels, ["web:2"]);
    assert_eq!(view.definition(deleted[0]).status.as_str(), "DELETE_IN_PROGRESS");
    assert_eq!(view.find_definition("web:2"), None, "nobody refers to it: it is gone");
    assert_eq!(
        bed.failures(&failures),
        "web:1: The specified task definition is still in ACTIVE status. Please deregister the \
         target and try again."
    );
}

#[test]
fn a_deleted_revision_goes_when_its_last_task_is_gone() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 1024);
    register(&mut bed, "web");
    let task = bed.run_one("web", json!({}));
    bed.must("deregisterTaskDefinition", named("web:1"));
    bed.must("deleteTaskDefinitions", json!({ "taskDefinitions": ["web:1"] }));
    bed.run_until(10);
    assert!(bed.engine.view().find_definition("web:1").is_some(), "a task runs it");
    let name = bed.engine.view().task_name(task);
    bed.at(20).must("stopTask", json!({ "task": name }));
    bed.run_until(30);
    assert_eq!(bed.engine.view().find_definition("web:1"), None);
}

#[test]
fn res_15_static_ports_are_listed_as_used_and_dynamic_ones_are_not() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 1024);
    let udp = json!({ "containerPort": 53, "hostPort": 53, "protocol": "udp" });
    with_ports(&mut bed, "web", vec![fixed(80), udp, json!({ "containerPort": 9000 })]);
    assert_eq!(bed.run("web", 1, json!({})), "A");
    let used = bed.engine.view().instance(bed.instance_id("A")).used_ports();
    let ports = |wanted: Protocol| -> Vec<u16> {
        used.iter().filter(|&(protocol, _)| protocol == wanted).map(|(_, port)| port).collect()
    };
    assert_eq!(ports(Protocol::Tcp), [22, 80, 2375, 2376, 51_678, 51_679]);
    assert_eq!(ports(Protocol::Udp), [53]);
}
