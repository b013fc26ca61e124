//! What an object may not omit, and what must be sound as a whole (03 section 2.2, 04 sections 1.3
//! and 2.2).

use serde_json::{Value, json};

use crate::bed::{Bed, both};

fn service(configuration: Value) -> Value {
    json!({ "serviceName": "web", "taskDefinition": "web", "desiredCount": 1,
        "deploymentConfiguration": configuration })
}

#[test]
fn breaker_and_alarms_say_all_they_have_to() {
    let mut bed = Bed::instant();
    bed.plain("web", 1, 1);
    let calls = [
        (
            json!({ "deploymentCircuitBreaker": { "enable": true } }),
            "deploymentCircuitBreaker.rollback",
        ),
        (
            json!({ "deploymentCircuitBreaker": { "rollback": true } }),
            "deploymentCircuitBreaker.enable",
        ),
        (json!({ "alarms": { "enable": true, "rollback": true } }), "alarms.alarmNames"),
        (json!({ "alarms": { "alarmNames": ["a"], "enable": true } }), "alarms.rollback"),
        (json!({ "alarms": { "alarmNames": ["a"], "rollback": true } }), "alarms.enable"),
    ];
    for (configuration, member) in calls {
        assert_eq!(
            bed.refused("createService", service(configuration)),
            format!("InvalidParameterException: {member} is missing.")
        );
    }
}

#[test]
fn a_service_of_code_deploy_keeps_the_fixed_limits() {
    let mut bed = Bed::instant();
    bed.plain("web", 1, 1);
    let controller = json!({ "deploymentController": { "type": "CODE_DEPLOY" } });
    bed.must("createService", both(service(json!({})), controller));
    let custom = json!({ "minimumHealthyPercent": 50, "maximumPercent": 150 });
    assert_eq!(
        bed.refused(
            "updateService",
            json!({ "service": "web", "deploymentConfiguration": custom })
        ),
        "InvalidParameterException: minimumHealthyPercent and maximumPercent cannot be customised \
         with the CODE_DEPLOY deployment controller."
    );
    assert!(
        bed.refused("stopServiceDeployment", json!({ "serviceDeploymentArn": "web" }))
            .starts_with("UnsupportedFeatureException")
    );
}

#[test]
fn termination_protection_outlives_no_managed_scaling() {
    let mut bed = Bed::instant();
    let group = json!({ "autoScalingGroupArn": "g", "managedScaling": { "status": "ENABLED" },
        "managedTerminationProtection": "ENABLED" });
    bed.must("createCapacityProvider", json!({ "name": "p", "autoScalingGroupProvider": group }));
    let off = json!({ "managedScaling": { "status": "DISABLED" } });
    assert_eq!(
        bed.refused(
            "updateCapacityProvider",
            json!({ "name": "p", "autoScalingGroupProvider": off })
        ),
        "InvalidParameterException: Managed termination protection needs managed scaling to be \
         ENABLED."
    );
}

#[test]
fn fargate_spot_has_arm_from_1_4_0_on() {
    let mut bed = Bed::instant();
    bed.must("putClusterCapacityProviders", json!({ "capacityProviders": ["FARGATE_SPOT"] }));
    bed.define_task(json!({ "family": "arm", "networkMode": "awsvpc", "cpu": "256",
        "memory": "512", "requiresCompatibilities": ["FARGATE"],
        "runtimePlatform": { "cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX" },
        "containerDefinitions": [{ "name": "app", "image": "i" }] }));
    let run = json!({ "taskDefinition": "arm", "platformVersion": "1.3.0",
        "capacityProviderStrategy": [{ "capacityProvider": "FARGATE_SPOT", "weight": 1 }],
        "networkConfiguration": { "awsvpcConfiguration": { "subnets": ["subnet-a"] } } });
    assert_eq!(
        bed.refused("runTask", run),
        "PlatformTaskDefinitionIncompatibilityException: FARGATE_SPOT runs ARM64 tasks on platform \
         version 1.4.0 and later."
    );
}

#[test]
fn large_fargate_tasks_need_platform_version_1_4_0() {
    let mut bed = Bed::instant();
    for (family, cpu, memory) in [("large", "8192", "16384"), ("small", "4096", "8192")] {
        bed.define_task(json!({ "family": family, "networkMode": "awsvpc", "cpu": cpu,
            "memory": memory, "requiresCompatibilities": ["FARGATE"],
            "containerDefinitions": [{ "name": "app", "image": "i" }] }));
    }
    let run = |family: &str, version: &str| {
        json!({ "taskDefinition": family, "platformVersion": version, "launchType": "FARGATE",
            "networkConfiguration": { "awsvpcConfiguration": { "subnets": ["subnet-a"] } } })
    };
    assert_eq!(
        bed.refused("runTask", run("large", "1.3.0")),
        "PlatformTaskDefinitionIncompatibilityException: Fargate runs tasks of 8 vCPU and more on \
         platform version 1.4.0 and later."
    );
    bed.must("runTask", run("small", "1.3.0"));
    bed.must("runTask", run("large", "1.4.0"));
    bed.must("runTask", run("large", "LATEST"));
}
