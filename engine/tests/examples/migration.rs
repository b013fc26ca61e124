//! A service gets another deployment controller (03 section 3.2).

use serde_json::{Value, json};

use crate::bed::{Bed, both};
use crate::code_deploy::{group, steady, terminates};

fn to(controller: &str) -> Value {
    json!({ "service": "web", "deploymentController": { "type": controller } })
}

fn rolling(more: Value) -> Bed {
    let mut bed = Bed::profile_p();
    bed.instance("big", "a", 4_000_000, 4_000_000);
    bed.checked("web", 128, 128);
    bed.service("web", 3, more);
    bed.checked("web", 128, 128);
    bed
}

#[test]
fn from_code_deploy_to_rolling_updates() {
    let mut bed = steady(group("AllAtOnce", terminates(0)));
    bed.must("updateService", to("ECS"));
    bed.run_until(100);
    assert_eq!(bed.trace("web"), "", "its tasks stay");
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:1 3"]);
    bed.at(110).update("web", json!({ "taskDefinition": "web:2" }));
    bed.run_until(1_000);
    assert_eq!(bed.records("web"), ["SUCCESSFUL"]);
    assert_eq!(bed.trace("web"), "110 start 3 web:2; 150 stop 3 web:1; 190 completed web:2");
}

#[test]
fn from_rolling_updates_to_task_sets_and_back() {
    let mut bed = rolling(json!({}));
    bed.must("updateService", to("EXTERNAL"));
    bed.run_until(50);
    let input = json!({ "service": "web", "taskDefinition": "web:2",
        "scale": { "value": 100, "unit": "PERCENT" } });
    bed.at(60).must("createTaskSet", input);
    bed.run_until(200);
    let sets = ["PRIMARY COMPLETED web:1 3", "ACTIVE COMPLETED web:2 3"];
    assert_eq!(bed.deployments("web"), sets);
    bed.at(210).must("updateService", to("ECS"));
    bed.run_until(400);
    assert_eq!(bed.trace("web"), "60 start 3 web:2; 210 stop 3 web:2");
    assert_eq!(bed.counts("web").running, 3);
}

#[test]
fn what_stands_in_the_way_of_another_controller() {
    let mut bed = rolling(json!({}));
    assert_eq!(
        bed.refused("updateService", to("CODE_DEPLOY")),
        "InvalidParameterException: The deployment controller of a service cannot be changed from \
         ECS to CODE_DEPLOY."
    );
    bed.deploy("web", "web:2");
    assert_eq!(
        bed.refused("updateService", to("EXTERNAL")),
        "InvalidParameterException: The deployment controller cannot be changed while a \
         deployment is in progress."
    );
    let breaker = json!({ "deploymentCircuitBreaker": { "enable": true, "rollback": true } });
    let mut bed = rolling(json!({ "deploymentConfiguration": breaker }));
    assert_eq!(
        bed.refused("updateService", to("EXTERNAL")),
        "InvalidParameterException: The deployment controller cannot be changed from ECS to \
         EXTERNAL with the deployment circuit breaker."
    );
    let mut bed = steady(group("AllAtOnce", terminates(0)));
    crate::code_deploy::deploy(&mut bed, json!({}));
    assert_eq!(
        bed.refused("updateService", both(to("EXTERNAL"), json!({}))),
        "InvalidParameterException: The deployment controller cannot be changed while a \
         deployment is in progress."
    );
}
