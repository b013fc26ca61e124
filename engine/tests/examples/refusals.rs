//! Calls on services that are refused, or just accepted (03 section 26.12).

use serde_json::{Value, json};
use stowplan_engine::model::TargetState;

use crate::bed::{Bed, Behavior, both, limits};
use crate::rolling::steady;

fn with_a_definition() -> Bed {
    let mut bed = Bed::profile_p();
    bed.instance("i1", "a", 4096, 4096);
    bed.checked("web", 128, 128);
    bed.checked("web", 128, 128);
    bed
}

fn create(more: Value) -> Value {
    both(json!({ "serviceName": "web", "taskDefinition": "web" }), more)
}

fn daemon(more: Value) -> Value {
    create(both(json!({ "schedulingStrategy": "DAEMON" }), more))
}

#[test]
fn w123_a_replica_service_needs_a_desired_count() {
    let refusal = with_a_definition().refused("createService", create(json!({})));
    assert_eq!(refusal, "InvalidParameterException: DesiredCount is missing");
}

#[test]
fn w124_both_percents_100() {
    let input = create(both(json!({ "desiredCount": 1 }), limits(100, 100)));
    assert_eq!(
        with_a_definition().refused("createService", input),
        "InvalidParameterException: Both maximumPercent and minimumHealthyPercent cannot be 100 \
         as this will block deployments"
    );
}

#[test]
fn w125_w126_what_a_daemon_service_does_not_take() {
    let mut bed = with_a_definition();
    assert_eq!(
        bed.refused("createService", daemon(json!({ "desiredCount": 3 }))),
        "InvalidParameterException: The daemon scheduling strategy does not support a desired \
         count for services. Remove the desired count value and try again"
    );
    let wide = json!({ "deploymentConfiguration": { "maximumPercent": 200 } });
    assert_eq!(
        bed.refused("createService", daemon(wide)),
        "InvalidParameterException: The daemon scheduling strategy does not support values above \
         100 for maximumPercent on a deployment configuration. Change the maximumPercent value to \
         100, and try again"
    );
}

#[test]
fn w127_w128_what_a_code_deploy_service_takes() {
    let mut bed = with_a_definition();
    let controller = json!({ "deploymentController": { "type": "CODE_DEPLOY" } });
    bed.create("web", 2, both(controller, json!({ "taskDefinition": "web:1" })));
    let input = json!({ "service": "web", "taskDefinition": "web:2" });
    assert_eq!(
        bed.refused("updateService", input),
        "InvalidParameterException: Unable to update task definition on services with a \
         CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment."
    );
    bed.update("web", json!({ "desiredCount": 5 }));
    assert_eq!(bed.service_row("web").desired, 5);
}

#[test]
fn w129_deleting_a_service_that_is_scaled_above_0() {
    let mut bed = steady(2, 100, 200);
    assert_eq!(
        bed.refused("deleteService", json!({ "service": "web" })),
        "InvalidParameterException: The service cannot be stopped while it is scaled above 0."
    );
}

#[test]
fn w130_w131_names_of_services_that_were_deleted() {
    let mut bed = steady(2, 100, 200);
    let again = create(json!({ "desiredCount": 1 }));
    assert_eq!(
        bed.refused("createService", again.clone()),
        "InvalidParameterException: Creation of service was not idempotent."
    );
    bed.must("deleteService", json!({ "service": "web", "force": true }));
    assert_eq!(
        bed.refused("createService", again.clone()),
        "InvalidParameterException: Unable to Start a service that is still Draining."
    );
    bed.run_until(60);
    assert_eq!(bed.service_row("web").status.as_str(), "INACTIVE");
    assert_eq!(bed.trace("web"), "0 stop 2 web:1");
    bed.at(70);
    assert_eq!(
        bed.refused("updateService", json!({ "service": "web", "desiredCount": 1 })),
        "ServiceNotActiveException: Service was not ACTIVE."
    );
    bed.must("createService", again);
    assert_eq!(bed.service_row("web").status.as_str(), "ACTIVE");
}

#[test]
fn a_deleted_service_is_inactive_when_its_last_target_has_drained() {
    let mut bed = Bed::profile_p();
    bed.instance("big", "a", 4096, 4096);
    bed.define("web", 128, 128, json!({ "portMappings": [{ "containerPort": 80 }] }));
    let targets = vec![(10, TargetState::Healthy)];
    bed.behave("web:1", Behavior { targets, ..Behavior::ok() });
    let group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1";
    let balancer = json!({
        "loadBalancers": [{ "targetGroupArn": group, "containerName": "app", "containerPort": 80 }]
    });
    bed.service("web", 2, balancer);
    bed.at(1).must("deleteService", json!({ "service": "web", "force": true }));
    let again = create(json!({ "desiredCount": 1 }));
    bed.at(5);
    assert_eq!(bed.service_row("web").status.as_str(), "DRAINING");
    assert_eq!(
        bed.refused("createService", again.clone()),
        "InvalidParameterException: Unable to Start a service that is still Draining."
    );
    assert_eq!(
        bed.refused("updateService", json!({ "service": "web", "desiredCount": 1 })),
        "ServiceNotActiveException: Service was not ACTIVE."
    );
    bed.run_until(600);
    assert_eq!(bed.service_row("web").status.as_str(), "INACTIVE");
    assert_eq!(bed.trace("web"), "1 stop 2 web:1");
    bed.at(610).must("createService", again);
}

#[test]
fn w132_stopping_a_service_deployment_that_is_over() {
    let mut bed = steady(4, 100, 200);
    bed.deploy("web", "web:2");
    bed.at(200);
    let record = *bed.service_row("web").records.last().expect("two records");
    let arn = bed.engine.view().service_deployment_arn(record);
    let refusal = bed.refused("stopServiceDeployment", json!({ "serviceDeploymentArn": arn }));
    assert!(refusal.starts_with("ConflictException: "), "{refusal}");
}

#[test]
fn w133_stopping_a_service_deployment_rolls_it_back() {
    let mut bed = steady(4, 100, 200);
    bed.deploy("web", "web:2");
    bed.at(20);
    let record = *bed.service_row("web").records.last().expect("two records");
    let arn = bed.engine.view().service_deployment_arn(record);
    bed.must("stopServiceDeployment", json!({ "serviceDeploymentArn": arn }));
    assert_eq!(bed.records("web")[0], "ROLLBACK_REQUESTED");
    bed.run_until(500);
    assert_eq!(
        bed.trace("web"),
        "0 start 4 web:2; 20 failed web:2; 20 stop 4 web:2; 20 completed web:1"
    );
    assert_eq!(bed.records("web")[0], "ROLLBACK_SUCCESSFUL");
    assert_eq!(bed.messages_with("web", "pending"), ["20 (service web) stopped 4 pending tasks."]);
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:1 4"]);
}

#[test]
fn w134_w135_w136_values_out_of_range() {
    let mut bed = with_a_definition();
    let one = json!({ "desiredCount": 1 });
    for more in [
        both(one.clone(), limits(0, 99)),
        both(one, json!({ "deploymentConfiguration": { "strategy": "BLUE_GREEN" } })),
        json!({ "desiredCount": 5001 }),
    ] {
        let refusal = bed.refused("createService", create(more));
        assert!(refusal.starts_with("InvalidParameterException: "), "{refusal}");
    }
    bed.must("createService", create(json!({ "desiredCount": 5000 })));
}
