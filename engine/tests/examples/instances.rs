//! Container instances, draining, daemons (01 section 13.6).

use serde_json::{Value, json};
use stowplan_engine::api::{Answer, Report};
use stowplan_engine::model::{Attribute, TaskStatus};

use crate::bed::{Bed, Behavior, both, constraints, limits};
use crate::draining::given_task;

/// A service whose tasks stand on the named instances, of which `d` is set to DRAINING at 10.
fn drained(on: &[&str], configuration: Value) -> Bed {
    let mut bed = Bed::instant();
    for name in ["d", "e", "f"] {
        bed.instance(name, "a", 4096, 4096);
    }
    bed.plain("web", 128, 128);
    let desired = u32::try_from(on.len()).expect("a handful");
    let service = bed.given_service("web", desired, configuration);
    for name in on {
        given_task(&mut bed, service, name);
    }
    bed.at(10).drain("d");
    bed
}

fn status(bed: &Bed, instance: &str) -> &'static str {
    bed.engine.view().instance(bed.instance_id(instance)).status.as_str()
}

#[test]
fn cin_1_cin_2_what_cannot_be_drained() {
    let mut bed = Bed::instant();
    for number in 0..11 {
        bed.instance(&format!("i{number}"), "a", 1024, 1024);
    }
    let all: Vec<String> = (0..11).map(|number| format!("i{number}")).collect();
    let input = json!({ "containerInstances": all, "status": "DRAINING" });
    let refusal = bed.refused("updateContainerInstancesState", input);
    assert!(refusal.starts_with("InvalidParameterException: "), "{refusal}");
    bed.must("deregisterContainerInstance", json!({ "containerInstance": "i0" }));
    let input = json!({ "containerInstances": ["i0", "i1"], "status": "DRAINING" });
    let Answer::Instances(changed, failures) = bed.must("updateContainerInstancesState", input)
    else {
        panic!("instances and failures are expected");
    };
    assert_eq!(changed, [bed.instance_id("i1")]);
    assert_eq!(bed.failures(&failures), "i0: INACTIVE");
    assert_eq!((status(&bed, "i0"), status(&bed, "i1")), ("INACTIVE", "DRAINING"));
}

#[test]
fn cin_3_cin_8_the_replacement_first() {
    let mut bed = drained(&["d", "e", "f"], limits(100, 200));
    bed.run_until(10);
    assert_eq!(bed.counts("web").active(), 4);
    bed.run_until(200);
    assert_eq!(bed.trace("web"), "10 start 1 web:1; 50 stop 1 web:1");
    assert_eq!(bed.places_of("web"), "e, f, e");
    assert_eq!(status(&bed, "d"), "DRAINING", "although it is empty");
}

#[test]
fn cin_4_both_may_stop_at_once() {
    let mut bed = drained(&["d", "d", "e", "f"], limits(50, 100));
    bed.run_until(200);
    assert_eq!(bed.trace("web"), "10 stop 2 web:1; 20 start 2 web:1");
}

#[test]
fn cin_5_nothing_moves() {
    let mut bed = drained(&["d", "e", "f"], limits(100, 100));
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "");
    assert_eq!((bed.places_of("web").as_str(), status(&bed, "d")), ("d, e, f", "DRAINING"));
}

#[test]
fn cin_6_one_after_the_other() {
    let mut bed = drained(&["d", "d", "e"], limits(50, 100));
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "10 stop 1 web:1; 20 start 1 web:1; 60 stop 1 web:1; 70 start 1 web:1"
    );
}

#[test]
fn cin_7_pending_tasks_stop_at_once_and_standalone_ones_stay() {
    let mut bed = Bed::instant();
    bed.instance("d", "a", 4096, 4096);
    bed.plain("web", 128, 128);
    bed.plain("job", 128, 128);
    bed.behave("web:1", Behavior { runs_after: 100, ..Behavior::instant() });
    let job = bed.run_one("job", json!({}));
    bed.create("web", 1, json!({}));
    bed.run_until(0);
    let pending = bed.tasks_of("web")[0];
    bed.at(10).drain("d");
    bed.run_until(10);
    let view = bed.engine.view();
    assert_eq!(view.task(pending).last_status, TaskStatus::Stopped);
    assert_eq!(
        bed.stop_of(pending),
        "ServiceSchedulerInitiated: Scaling activity initiated by (deployment \
         ecs-svc/0000000000000000001)"
    );
    bed.run_until(1000);
    let view = bed.engine.view();
    assert_eq!(view.task(job).last_status, TaskStatus::Running);
    assert!(bed.tasks_of("web").is_empty(), "there is no other instance");
}

#[test]
fn cin_9_deregistration_of_an_instance_with_tasks() {
    let mut bed = drained(&["d", "e", "f"], limits(50, 200));
    bed.must(
        "updateContainerInstancesState",
        json!({ "containerInstances": ["d"], "status": "ACTIVE" }),
    );
    let first = bed.tasks_of("web")[0];
    assert_eq!(
        bed.refused("deregisterContainerInstance", json!({ "containerInstance": "d" })),
        "InvalidParameterException: Found running tasks on the instance."
    );
    let input = json!({ "containerInstance": "d", "force": true });
    bed.must("deregisterContainerInstance", input);
    assert_eq!(status(&bed, "d"), "INACTIVE");
    assert_eq!(
        bed.stop_of(first),
        "UserInitiated: Container instance deregistration forced by user"
    );
    assert_eq!(bed.engine.view().task(first).last_status, TaskStatus::Stopped);
    bed.run_until(10);
    assert_eq!(bed.trace("web"), "10 start 1 web:1");
}

#[test]
fn cin_10_a_disconnected_agent_keeps_its_tasks() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 1024);
    bed.instance("B", "b", 1024, 1024);
    bed.plain("web", 128, 128);
    bed.plain("job", 128, 128);
    bed.service("web", 2, limits(100, 200));
    let agent = bed.instance_id("A");
    bed.at(10).report(Report::AgentConnection(agent, false));
    bed.at(300);
    assert_eq!(bed.run("job", 2, json!({})), "B, B");
    bed.at(610).report(Report::AgentConnection(agent, true));
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "");
    assert_eq!(bed.counts("web").running, 2);
}

#[test]
fn cin_11_a_terminated_instance() {
    let mut bed = Bed::instant();
    bed.instance_with("A", "a", 1024, 1024, |it| it.ec2_instance_id = Some("i-0abc".into()));
    bed.plain("web", 128, 128);
    bed.service("web", 2, limits(100, 200));
    bed.instance("B", "a", 1024, 1024);
    let (instance, tasks) = (bed.instance_id("A"), bed.tasks_of("web"));
    bed.at(5).terminate(instance);
    for task in tasks {
        assert_eq!(bed.engine.view().task(task).last_status, TaskStatus::Stopped);
        assert_eq!(bed.stop_of(task), "TerminationNotice: Host EC2 (instance i-0abc) terminated.");
    }
    assert_eq!(status(&bed, "A"), "INACTIVE");
    bed.run_until(100);
    assert_eq!(bed.trace("web"), "10 start 2 web:1");
    assert_eq!(bed.places_of("web"), "B, B");
}

fn put(instance: &str, names: &[&str]) -> Value {
    let attribute = |name: &&str| json!({ "name": name, "value": "x", "targetId": instance });
    json!({ "attributes": names.iter().map(attribute).collect::<Vec<_>>() })
}

#[test]
fn cin_12_ten_custom_attributes() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 1024);
    let ten: Vec<String> = (0..10).map(|number| format!("attribute-{number}")).collect();
    let ten: Vec<&str> = ten.iter().map(String::as_str).collect();
    bed.must("putAttributes", put("A", &ten));
    let refusal = bed.refused("putAttributes", put("A", &["eleventh"]));
    assert!(refusal.starts_with("AttributeLimitExceededException: "), "{refusal}");
    bed.must("putAttributes", put("A", &ten[..1]));
}

#[test]
fn cin_13_an_attribute_that_was_missing() {
    let mut bed = Bed::instant();
    bed.instance("Q", "b", 1024, 1024);
    bed.plain("web", 128, 128);
    bed.create("web", 1, constraints(&["attribute:stack == prod"]));
    bed.run_until(200);
    assert_eq!(bed.trace("web"), "");
    let attribute = json!({ "name": "stack", "value": "prod", "targetId": "Q" });
    bed.at(203).must("putAttributes", json!({ "attributes": [attribute] }));
    bed.run_until(203);
    assert_eq!(bed.trace("web"), "203 start 1 web:1");
}

fn daemon(more: Value) -> Value {
    both(json!({ "schedulingStrategy": "DAEMON" }), more)
}

fn role(value: &str) -> Attribute {
    Attribute { name: "role".into(), value: Some(value.into()) }
}

#[test]
fn cin_14_a_daemon_counts_its_eligible_instances() {
    let mut bed = Bed::instant();
    for name in ["i1", "i2", "i3"] {
        bed.instance_with(name, "a", 1024, 1024, |it| it.attributes.push(role("edge")));
    }
    bed.instance("i4", "a", 1024, 1024);
    bed.plain("web", 128, 128);
    bed.drain("i3");
    bed.create("web", 0, daemon(constraints(&["attribute:role == edge"])));
    bed.run_until(0);
    assert_eq!(bed.places_of("web"), "i1, i2");
    assert_eq!(bed.service_row("web").desired, 2);
}

#[test]
fn cin_15_daemons_come_before_replicas() {
    let mut bed = Bed::instant();
    bed.plain("log", 256, 256);
    bed.plain("web", 1024, 1000);
    bed.create("log", 0, daemon(json!({})));
    bed.create("web", 1, json!({}));
    bed.at(15).join("i1", "a", 1024, 2000);
    bed.run_until(20);
    assert_eq!((bed.places_of("log").as_str(), bed.places_of("web").as_str()), ("i1", ""));
    assert_eq!(bed.last_rejection(), [("i1".to_owned(), "RESOURCE:CPU")]);
}

#[test]
fn cin_16_a_daemon_whose_instance_no_longer_suits_it() {
    let mut bed = Bed::instant();
    for name in ["A", "B"] {
        bed.instance_with(name, "a", 1024, 1024, |it| it.attributes.push(role("edge")));
    }
    bed.plain("log", 128, 128);
    bed.service("log", 0, daemon(constraints(&["attribute:role == edge"])));
    let on_a = bed.tasks_of("log")[0];
    let gone = json!({ "attributes": [{ "name": "role", "targetId": "A" }] });
    bed.at(5).must("deleteAttributes", gone);
    bed.run_until(100);
    assert_eq!(bed.trace("log"), "5 stop 1 log:1");
    assert!(bed.stop_of(on_a).starts_with("ServiceSchedulerInitiated: "));
    assert_eq!(bed.places_of("log"), "B");
    assert!(bed.bus("log").contains(&"5 SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED".to_owned()));
}

#[test]
fn a_daemon_does_not_stand_in_its_own_way() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 1024);
    bed.plain("log", 128, 128);
    bed.create("log", 0, daemon(constraints(&["distinctInstance"])));
    bed.run_until(300);
    assert_eq!(bed.trace("log"), "0 start 1 log:1; 40 completed log:1");
}
