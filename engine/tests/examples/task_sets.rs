//! Task sets of the EXTERNAL controller (03 section 26.10).

use serde_json::{Value, json};
use stowplan_engine::api::Answer;
use stowplan_engine::model::DeploymentId;

use crate::bed::{Bed, both};

/// A service whose task sets are made by hand, on two revisions.
fn external(desired: u32) -> Bed {
    let mut bed = Bed::profile_p();
    bed.instance("big", "a", 4_000_000, 4_000_000);
    bed.checked("web", 128, 128);
    bed.checked("web", 128, 128);
    let input = json!({ "serviceName": "web", "desiredCount": desired,
        "deploymentController": { "type": "EXTERNAL" } });
    bed.must("createService", input);
    bed
}

fn set(bed: &mut Bed, revision: &str, scale: Value) -> String {
    let input = json!({ "service": "web", "taskDefinition": revision,
        "scale": { "value": scale, "unit": "PERCENT" } });
    match bed.must("createTaskSet", input) {
        Answer::TaskSet(set) => bed.engine.view().deployment_name(set),
        other => panic!("a task set is answered, not {other:?}"),
    }
}

fn of(set: &str, more: Value) -> Value {
    both(json!({ "service": "web", "taskSet": set }), more)
}

#[test]
fn w114_two_halves_of_five_are_six() {
    let mut bed = external(5);
    set(&mut bed, "web:1", json!(50));
    set(&mut bed, "web:2", json!(50));
    bed.run_until(100);
    assert_eq!(bed.trace("web"), "0 start 3 web:1; 0 start 3 web:2");
    assert_eq!(bed.counts("web").healthy, 6);
}

#[test]
fn w115_a_tenth_of_twelve_is_two() {
    let mut bed = external(12);
    set(&mut bed, "web:1", json!(10));
    bed.run_until(100);
    assert_eq!(bed.counts("web").running, 2);
    bed.at(110).update("web", json!({ "desiredCount": 21 }));
    bed.run_until(200);
    assert_eq!(bed.counts("web").running, 3, "the scale goes with the desired count");
}

#[test]
fn w116_a_set_outlives_its_tasks() {
    let mut bed = external(3);
    set(&mut bed, "web:1", json!(100));
    bed.run_until(100);
    bed.at(110).update("web", json!({ "desiredCount": 0 }));
    bed.run_until(200);
    assert_eq!(bed.counts("web").occupying(), 0);
    assert_eq!(bed.deployments("web"), ["ACTIVE COMPLETED web:1 0"]);
}

#[test]
fn a_deleted_service_without_a_primary_set_leaves_no_task_behind() {
    let mut bed = external(2);
    set(&mut bed, "web:1", json!(100));
    bed.run_until(100);
    bed.at(110).must("deleteService", json!({ "service": "web", "force": true }));
    bed.run_until(200);
    assert_eq!(bed.trace("web"), "0 start 2 web:1; 110 stop 2 web:1");
    assert_eq!(bed.service_row("web").status.as_str(), "INACTIVE");
    assert_eq!(bed.counts("web").occupying(), 0);
}

#[test]
fn w117_deleting_a_set_that_is_scaled() {
    let mut bed = external(3);
    let blue = set(&mut bed, "web:1", json!(100));
    let green = set(&mut bed, "web:2", json!(100));
    bed.run_until(100);
    bed.at(110)
        .must("updateServicePrimaryTaskSet", json!({ "service": "web", "primaryTaskSet": green }));
    assert_eq!(
        bed.refused("deleteTaskSet", of(&blue, json!({}))),
        "InvalidParameterException: The task set cannot be deleted while it is scaled above 0."
    );
    bed.must("deleteTaskSet", of(&blue, json!({ "force": true })));
    let listed = ["DRAINING COMPLETED web:1 0", "PRIMARY COMPLETED web:2 3"];
    assert_eq!(bed.deployments("web"), listed);
    bed.run_until(149);
    assert_eq!(bed.counts("web").occupying(), 6);
    bed.run_until(200);
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:2 3"]);
    assert_eq!(bed.trace("web"), "0 start 3 web:1; 0 start 3 web:2; 110 stop 3 web:1");
    bed.at(210);
    assert_eq!(
        bed.refused("updateTaskSet", of(&blue, json!({ "scale": { "value": 10 } }))),
        "TaskSetNotFoundException: The specified task set was not found."
    );
}

#[test]
fn w118_no_task_sets_for_daemons() {
    let mut bed = external(3);
    bed.checked("log", 1, 1);
    bed.create("log", 0, json!({ "schedulingStrategy": "DAEMON" }));
    let input = json!({ "service": "log", "taskDefinition": "log" });
    assert_eq!(
        bed.refused("createTaskSet", input),
        "InvalidParameterException: Task sets are not supported for services with the DAEMON \
         scheduling strategy."
    );
}

#[test]
fn a_set_is_scaled_up_and_down() {
    let mut bed = external(10);
    let blue = set(&mut bed, "web:1", json!(33.3));
    bed.run_until(100);
    assert_eq!(bed.counts("web").running, 4);
    let scale = |value: Value| json!({ "scale": { "value": value, "unit": "PERCENT" } });
    bed.at(110).must("updateTaskSet", of(&blue, scale(json!(0.1))));
    bed.run_until(200);
    assert_eq!(bed.counts("web").running, 1);
    bed.at(210);
    for odd in [json!(100.1), json!(-1), json!("half")] {
        assert_eq!(
            bed.refused("updateTaskSet", of(&blue, scale(odd))),
            "InvalidParameterException: The scale value must be between 0.0 and 100.0, in \
             thousandths."
        );
    }
}

#[test]
fn stability_follows_the_tasks() {
    let mut bed = external(2);
    let blue = set(&mut bed, "web:1", json!(100));
    let stability = |bed: &Bed| {
        let id: DeploymentId = bed.service_row("web").deployments[0];
        let set = bed.engine.view().deployment(id).set.clone().expect("a task set");
        set.stability.map(|(steady, at)| (steady, at.0 / 1000))
    };
    bed.run_until(30);
    assert_eq!(stability(&bed), Some((false, 0)));
    bed.run_until(40);
    assert_eq!(stability(&bed), Some((true, 40)));
    assert_eq!(bed.bus("web"), ["40 TASKSET_STEADY_STATE", "40 SERVICE_STEADY_STATE"]);
    bed.at(55).must("updateTaskSet", of(&blue, json!({ "scale": { "value": 50 } })));
    bed.settle();
    assert_eq!(bed.counts("web").running, 1);
}

#[test]
fn what_an_external_service_leaves_to_its_sets() {
    let mut bed = external(2);
    let input = json!({ "serviceName": "api", "desiredCount": 1, "taskDefinition": "web",
        "deploymentController": { "type": "EXTERNAL" } });
    assert_eq!(
        bed.refused("createService", input),
        "InvalidParameterException: TaskDefinition must be blank"
    );
    for _ in 0..5 {
        set(&mut bed, "web:1", json!(0));
    }
    let one_more = json!({ "service": "web", "taskDefinition": "web:1" });
    assert_eq!(
        bed.refused("createTaskSet", one_more),
        "LimitExceededException: A service can have at most 5 task sets."
    );
    let update = json!({ "service": "web", "taskDefinition": "web:2" });
    assert!(bed.refused("updateService", update).starts_with("InvalidParameterException"));
}
