//! A cluster without instances.

use serde_json::{Value, json};

use stowplan_sim::import::{Options, check};

use crate::export::{Export, items, named, text};

const HOME: &str = "arn:aws:ecs:eu-west-1:123456789012";
const RUNNING: &str = "11111111111111111111111111111111";
const STOPPING: &str = "22222222222222222222222222222222";
const PENDING: &str = "33333333333333333333333333333333";

fn task(id: &str, provider: &str, zone: &str) -> Value {
    json!({
        "taskArn": format!("{HOME}:task/shop/{id}"), "clusterArn": format!("{HOME}:cluster/shop"),
        "taskDefinitionArn": format!("{HOME}:task-definition/web:3"), "group": "service:web",
        "startedBy": "ecs-svc/1234567890123456789", "launchType": "FARGATE",
        "capacityProviderName": provider, "availabilityZone": zone, "platformVersion": "1.4.0",
        "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "cpu": "256", "memory": "512",
        "createdAt": 1_767_600_000.25, "startedAt": 1_767_600_030.5, "healthStatus": "UNKNOWN",
        "attachments": [ { "id": "a", "type": "ElasticNetworkInterface", "status": "ATTACHED",
            "details": [ { "name": "subnetId", "value": format!("subnet-{}", &zone[9..]) } ] } ],
    })
}

fn service() -> Value {
    let strategy = json!([
        { "capacityProvider": "FARGATE", "weight": 1, "base": 1 },
        { "capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0 },
    ]);
    let network = json!({ "awsvpcConfiguration": { "subnets": ["subnet-a", "subnet-b", "subnet-z"],
        "securityGroups": [], "assignPublicIp": "ENABLED" } });
    json!({
        "serviceArn": format!("{HOME}:service/shop/web"), "serviceName": "web",
        "clusterArn": format!("{HOME}:cluster/shop"), "status": "ACTIVE", "desiredCount": 2,
        "runningCount": 1, "pendingCount": 1, "capacityProviderStrategy": strategy,
        "platformVersion": "LATEST", "networkConfiguration": network,
        "taskDefinition": format!("{HOME}:task-definition/web:3"),
        "deploymentConfiguration": { "maximumPercent": 200, "minimumHealthyPercent": 50 },
        "schedulingStrategy": "REPLICA", "createdAt": 1_767_000_000,
        "availabilityZoneRebalancing": "ENABLED",
        "deployments": [ { "id": "ecs-svc/1234567890123456789", "status": "PRIMARY",
            "taskDefinition": format!("{HOME}:task-definition/web:3"), "desiredCount": 2,
            "runningCount": 1, "pendingCount": 1, "failedTasks": 0, "createdAt": 1_767_000_000,
            "updatedAt": 1_767_000_100, "rolloutState": "COMPLETED" } ],
    })
}

pub(crate) fn export() -> Export {
    let definition = json!({ "taskDefinition": {
        "taskDefinitionArn": format!("{HOME}:task-definition/web:3"), "family": "web",
        "revision": 3, "status": "ACTIVE", "networkMode": "awsvpc", "cpu": "256", "memory": "512",
        "requiresCompatibilities": ["FARGATE"], "registeredAt": 1_766_000_000,
        "containerDefinitions": [ { "name": "app", "image": "nginx:1", "cpu": 0, "essential": true,
            "portMappings": [ { "containerPort": 80, "hostPort": 80, "protocol": "tcp" } ] } ],
    } });
    let running = task(RUNNING, "FARGATE", "eu-west-1a");
    let mut stopping = task(STOPPING, "FARGATE_SPOT", "eu-west-1b");
    stopping["desiredStatus"] = json!("STOPPED");
    let mut pending = task(PENDING, "FARGATE_SPOT", "eu-west-1a");
    pending["lastStatus"] = json!("PENDING");
    pending.as_object_mut().expect("a map").remove("startedAt");
    let cluster = json!({ "clusters": [ {
        "clusterArn": format!("{HOME}:cluster/shop"), "clusterName": "shop", "status": "ACTIVE",
        "registeredContainerInstancesCount": 0, "runningTasksCount": 1, "pendingTasksCount": 1,
        "activeServicesCount": 1, "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [],
    } ] });
    Export::only("definition.json", definition.to_string())
        .and("services.json", json!({ "services": [service()] }).to_string())
        .and("tasks.json", json!({ "tasks": [running, stopping, pending] }).to_string())
        .and("clusters.json", cluster.to_string())
}

#[test]
fn fargate_tasks_stay_where_they_are() {
    let imported = export().import();
    let tasks = items(&imported.document, &["tasks"]);
    let running = named(tasks, "id", RUNNING);
    assert_eq!(text(running, "availabilityZone"), "eu-west-1a");
    assert_eq!(
        (text(running, "subnet"), text(running, "capacityProvider")),
        ("subnet-a", "FARGATE")
    );
    let subnets = items(&imported.document, &["cluster", "subnets"]);
    assert_eq!(subnets.len(), 3, "one that nothing is in is taken to be somewhere");
}

#[test]
fn time_0_equals_the_export() {
    let checked = check::check(&export().files(), &Options::default()).expect("it runs");
    let found: Vec<String> = checked.differences.iter().map(ToString::to_string).collect();
    assert_eq!(found, Vec::<String>::new());
}
