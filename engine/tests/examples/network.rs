//! Interfaces and host ports (02 sections 9.1 and 9.2).

use serde_json::{Value, json};
use stowplan_engine::api::Setup;
use stowplan_engine::api::setup::GivenSubnet;
use stowplan_engine::catalogue::instance_type;
use stowplan_engine::model::{Capabilities, Registration, Task};

use crate::bed::{Bed, Behavior, both, limits, subnets};

/// An instance of an EC2 type, with its own CPU, memory and interface limit.
fn ec2(bed: &mut Bed, name: &str, kind: &str, trunking: bool) {
    let known = instance_type(kind).expect("a type of the catalogue");
    let (cpu, memory) = (known.registered_cpu(), known.registered_memory());
    bed.instance_with(name, "a", cpu, memory, |it| {
        it.instance_type = Some(kind.into());
        it.eni_limit = Some(known.task_enis(trunking));
    });
}

fn awsvpc(bed: &mut Bed, family: &str, cpu: u32, memory: u32, more: Value) {
    let container = json!({ "name": "app", "image": "i", "cpu": cpu, "memory": memory });
    bed.define_task(json!({ "family": family, "networkMode": "awsvpc",
        "containerDefinitions": [both(container, more)] }));
}

/// How many of some awsvpc tasks an instance of a type takes, and why no more.
fn room(kind: &str, trunking: bool, (cpu, memory): (u32, u32)) -> (usize, &'static str) {
    let mut bed = Bed::instant();
    ec2(&mut bed, "A", kind, trunking);
    awsvpc(&mut bed, "web", cpu, memory, json!({}));
    let mut tasks = 0;
    loop {
        let placed = bed.run("web", 1, subnets(&["subnet-a"]));
        if placed != "A" {
            return (tasks, bed.last_rejection()[0].1);
        }
        tasks += 1;
    }
}

#[test]
fn eni_1_eni_3_eni_4_eni_5_interfaces_without_trunking() {
    assert_eq!(room("c5.large", false, (64, 128)), (2, "RESOURCE:ENI"));
    assert_eq!(room("t3.medium", true, (64, 128)), (2, "RESOURCE:ENI"), "t3 has no trunk");
    assert_eq!(room("m5.large", false, (1024, 256)), (2, "RESOURCE:CPU"), "asked first");
}

#[test]
fn eni_2_interfaces_with_trunking() {
    let mut bed = Bed::instant();
    ec2(&mut bed, "A", "c5.large", true);
    awsvpc(&mut bed, "web", 64, 128, json!({}));
    let six = "A, A, A, A, A, A";
    assert_eq!(bed.run("web", 6, subnets(&["subnet-a"])), six);
    assert_eq!(bed.run("web", 6, subnets(&["subnet-a"])), "A, A, A, A | A: RESOURCE:ENI");
}

#[test]
fn an_old_revision_keeps_its_subnets() {
    let mut bed = Bed::instant();
    for (name, zone) in [("A", "a"), ("B", "b")] {
        bed.instance(name, zone, 4096, 8000);
    }
    awsvpc(&mut bed, "web", 64, 128, json!({}));
    bed.service("web", 2, both(subnets(&["subnet-a"]), limits(100, 200)));
    awsvpc(&mut bed, "web", 64, 128, json!({}));
    bed.behave("web:2", Behavior::nostart());
    bed.at(60);
    let change = both(subnets(&["subnet-b"]), json!({ "taskDefinition": "web:2" }));
    bed.update("web", change);
    bed.at(90);
    let old = bed.tasks_of("web")[0];
    bed.must("stopTask", json!({ "task": bed.engine.view().task_name(old) }));
    bed.run_until(120);
    let started = |revision: u32| -> Vec<_> {
        let view = bed.engine.view();
        let is_of = |task: &&Task| view.definition(task.definition).revision == revision;
        let tasks = view.tasks().iter().filter(is_of);
        tasks.filter_map(|task| Some(&*view.instance(task.instance?).name)).collect()
    };
    assert_eq!(started(1), ["A", "A", "A"], "its replacement goes where it was made to run");
    let new = started(2);
    assert!(!new.is_empty() && new.iter().all(|name| *name == "B"), "{new:?}");
}

#[test]
fn eni_6_eni_7_eni_10_limits_of_types() {
    assert_eq!(room("m6i.8xlarge", true, (1, 1)).0, 90);
    assert_eq!(room("c6g.8xlarge", true, (1, 1)).0, 60);
    assert_eq!(room("r5.8xlarge", true, (1, 1)).0, 7);
    assert_eq!(room("t3.nano", false, (1, 1)).0, 1);
}

#[test]
fn eni_8_gpus_are_asked_before_interfaces() {
    let mut bed = Bed::instant();
    let known = instance_type("g4dn.xlarge").expect("a type of the catalogue");
    bed.instance_with("A", "a", known.registered_cpu(), known.registered_memory(), |it| {
        it.gpus = 1;
        it.eni_limit = Some(known.task_enis(false));
    });
    let gpu = json!({ "resourceRequirements": [{ "type": "GPU", "value": "1" }] });
    awsvpc(&mut bed, "train", 1, 1, gpu);
    assert_eq!(bed.run("train", 2, subnets(&["subnet-a"])), "A | A: RESOURCE:GPU");
}

#[test]
fn eni_9_bridge_tasks_need_no_interface() {
    let mut bed = Bed::instant();
    ec2(&mut bed, "A", "c5.large", false);
    awsvpc(&mut bed, "web", 64, 128, json!({}));
    bed.plain("job", 64, 128);
    assert_eq!(bed.run("web", 2, subnets(&["subnet-a"])), "A, A");
    assert_eq!(bed.run("job", 3, json!({})), "A, A, A");
}

#[test]
fn eni_14_instances_in_zones_without_a_subnet() {
    let mut bed = Bed::instant();
    bed.instance("a1", "a", 100, 100);
    bed.instance("c1", "c", 100, 100);
    awsvpc(&mut bed, "web", 100, 100, json!({}));
    assert_eq!(
        bed.run("web", 2, subnets(&["subnet-a", "subnet-b"])),
        "a1 | a1: RESOURCE:CPU, c1: LOCATION"
    );
}

#[test]
fn eni_15_the_roomiest_subnet_of_the_zone() {
    let mut bed = Bed::instant();
    let subnet = |name: &str, addresses| GivenSubnet {
        name: name.into(),
        zone: "us-east-1a".into(),
        vpc: "vpc-1".into(),
        addresses,
        interfaces: 0,
    };
    bed.setup(Setup::Cluster {
        name: "other".into(),
        region: "us-east-1".into(),
        zones: vec!["us-east-1a".into()],
        subnets: vec![subnet("three", 3), subnet("forty", 40)],
        settings: Vec::new(),
    });
    awsvpc(&mut bed, "web", 1, 1, json!({}));
    bed.in_cluster("other").instance("A", "a", 100, 100);
    let more = both(subnets(&["three", "forty"]), json!({ "cluster": "other" }));
    let task = bed.run_one("web", more);
    let view = bed.engine.view();
    let chosen = view.task(task).subnet.expect("an awsvpc task has a subnet");
    assert_eq!(&*view.subnet(chosen).name, "forty");
}

#[test]
fn eni_16_an_instance_without_the_capability() {
    let mut bed = Bed::instant();
    let without = vec!["ecs.capability.task-eni".into()];
    let lacks = |it: &mut Registration| it.capabilities = Capabilities::CurrentAgent { without };
    bed.instance_with("A", "a", 100, 100, lacks);
    awsvpc(&mut bed, "web", 1, 1, json!({}));
    assert_eq!(bed.run("web", 1, subnets(&["subnet-a"])), "| A: ATTRIBUTE");
}

#[test]
fn eni_19_no_public_address_on_ec2() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 100, 100);
    awsvpc(&mut bed, "web", 1, 1, json!({}));
    let network = json!({ "networkConfiguration": { "awsvpcConfiguration":
        { "subnets": ["subnet-a"], "assignPublicIp": "ENABLED" } } });
    let ec2 = json!({ "taskDefinition": "web", "launchType": "EC2" });
    assert_eq!(
        bed.refused("runTask", both(ec2, network)),
        "InvalidParameterException: Assign public IP is not supported for this launch type."
    );
}

fn fixed(port: u16) -> Value {
    json!({ "portMappings": [{ "containerPort": port, "hostPort": port }] })
}

/// Three instances, a service with a static port, one task on each.
fn static_port(desired: u32, configuration: Value) -> Bed {
    let mut bed = Bed::profile_p();
    for name in ["i1", "i2", "i3"] {
        bed.instance(name, "a", 4096, 4096);
    }
    let health = json!({ "healthCheck": { "command": ["CMD", "ok"] } });
    bed.define("web", 128, 128, both(fixed(80), health.clone()));
    bed.service("web", desired, configuration);
    bed.define("web", 128, 128, both(fixed(80), health));
    bed
}

#[test]
fn prt_8_one_task_an_instance() {
    let mut bed = Bed::instant();
    for name in ["i1", "i2", "i3"] {
        bed.instance(name, "a", 4096, 4096);
    }
    bed.define("web", 128, 128, fixed(8080));
    bed.create("web", 4, json!({}));
    bed.run_until(100);
    assert_eq!(bed.counts("web").running, 3);
    let said = bed.messages_with("web", "is already using a port required by your task");
    assert_eq!(said.len(), 1);
}

#[test]
fn prt_9_prt_10_host_mode() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 500, 4096);
    let definition = |family: &str, more: Value| {
        let container = json!({ "name": "app", "image": "i", "cpu": 100, "memory": 1 });
        json!({ "family": family, "networkMode": "host",
            "containerDefinitions": [both(container, more)] })
    };
    bed.define_task(definition("web", json!({ "portMappings": [{ "containerPort": 80 }] })));
    bed.define_task(definition("job", json!({})));
    assert_eq!(bed.run("web", 2, json!({})), "A | A: RESOURCE:PORTS");
    assert_eq!(bed.run("job", 5, json!({})), "A, A, A, A | A: RESOURCE:CPU");
}

#[test]
fn prt_11_a_rolling_update_without_a_free_port() {
    let mut bed = static_port(3, limits(100, 200));
    bed.deploy("web", "web:2");
    bed.run_until(3600);
    assert_eq!(bed.trace("web"), "");
    let ports = ["i1", "i2", "i3"].map(|name| (name.to_owned(), "RESOURCE:PORTS"));
    assert_eq!(bed.last_rejection(), ports);
    assert_eq!(bed.deployments("web")[1], "PRIMARY IN_PROGRESS web:2 3");
}

#[test]
fn prt_12_a_port_is_free_for_the_scheduler_with_the_stop_decision() {
    let mut bed = static_port(3, limits(66, 134));
    bed.deploy("web", "web:2");
    bed.run_until(0);
    assert_eq!(bed.trace("web"), "0 stop 1 web:1; 0 start 1 web:2");
    let new = *bed.tasks_of("web").last().expect("three tasks");
    assert_eq!(bed.places(&[new]), "i3", "where the old one stops");
    bed.run_until(69);
    assert_eq!(bed.engine.view().task(new).last_status.as_str(), "PENDING");
    bed.run_until(70);
    assert_eq!(bed.engine.view().task(new).last_status.as_str(), "RUNNING");
    bed.run_until(1000);
    assert!(bed.trace("web").ends_with("completed web:2"), "{}", bed.trace("web"));

    let mut bed = static_port(3, limits(66, 100));
    bed.deploy("web", "web:2");
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 stop 1 web:1; 40 start 1 web:2; 80 stop 1 web:1; 120 start 1 web:2; 160 stop 1 web:1; \
         200 start 1 web:2; 240 completed web:2"
    );
}
