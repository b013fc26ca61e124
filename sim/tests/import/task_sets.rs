//! Services whose task sets somebody else makes: time 0 has them as they stand.

use serde_json::{Value, json};
use stowplan_engine::model::{DeploymentStatus, Time};
use stowplan_sim::document::Node;
use stowplan_sim::import::{Options, check};
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::Scenario;

use crate::export::{Export, items, notes_about, text};

const HOME: &str = "arn:aws:ecs:eu-west-1:123456789012";
const GROUPS: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup";
const BLUE: &str = "ecs-svc/1111111111111111111";
const GREEN: &str = "ecs-svc/2222222222222222222";

fn network() -> Value {
    json!({ "awsvpcConfiguration": { "subnets": ["subnet-a"], "securityGroups": [],
        "assignPublicIp": "DISABLED" } })
}

fn balancer(color: &str) -> Value {
    json!([{ "targetGroupArn": format!("{GROUPS}/{color}/0123456789abcdef"),
        "containerName": "app", "containerPort": 80 }])
}

fn definition(revision: u32) -> Value {
    json!({ "taskDefinition": {
        "taskDefinitionArn": format!("{HOME}:task-definition/web:{revision}"), "family": "web",
        "revision": revision, "status": "ACTIVE", "networkMode": "awsvpc", "cpu": "256",
        "memory": "512", "requiresCompatibilities": ["FARGATE"], "registeredAt": 1_766_000_000,
        "containerDefinitions": [ { "name": "app", "image": "nginx:1", "cpu": 0, "essential": true,
            "portMappings": [ { "containerPort": 80, "hostPort": 80, "protocol": "tcp" } ] } ],
    } })
}

fn task(number: u32, set: &str, revision: u32) -> Value {
    let id = format!("{number:032x}");
    json!({
        "taskArn": format!("{HOME}:task/shop/{id}"), "clusterArn": format!("{HOME}:cluster/shop"),
        "taskDefinitionArn": format!("{HOME}:task-definition/web:{revision}"),
        "group": "service:web", "startedBy": set, "launchType": "FARGATE",
        "availabilityZone": "eu-west-1a", "platformVersion": "1.4.0", "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING", "cpu": "256", "memory": "512", "healthStatus": "UNKNOWN",
        "createdAt": 1_767_600_000.25, "startedAt": 1_767_600_030.5,
        "attachments": [ { "id": "a", "type": "ElasticNetworkInterface", "status": "ATTACHED",
            "details": [ { "name": "subnetId", "value": "subnet-a" } ] } ],
    })
}

fn set(id: &str, status: &str, revision: u32, scale: f64, tasks: u32, color: &str) -> Value {
    json!({
        "id": id, "taskSetArn": format!("{HOME}:task-set/shop/web/{id}"),
        "serviceArn": format!("{HOME}:service/shop/web"),
        "clusterArn": format!("{HOME}:cluster/shop"), "startedBy": "CODE_DEPLOY",
        "externalId": format!("release-{revision}"), "status": status,
        "taskDefinition": format!("{HOME}:task-definition/web:{revision}"),
        "computedDesiredCount": tasks, "pendingCount": 0, "runningCount": tasks,
        "createdAt": 1_767_000_000 + revision, "updatedAt": 1_767_000_100, "launchType": "FARGATE",
        "platformVersion": "1.4.0", "platformFamily": "Linux", "networkConfiguration": network(),
        "loadBalancers": balancer(color), "serviceRegistries": [],
        "scale": { "value": scale, "unit": "PERCENT" }, "stabilityStatus": "STEADY_STATE",
        "stabilityStatusAt": 1_767_000_200, "tags": [],
    })
}

fn sets() -> Value {
    json!([set(BLUE, "PRIMARY", 3, 100.0, 2, "blue"), set(GREEN, "ACTIVE", 4, 50.0, 1, "green")])
}

fn service(controller: &str) -> Value {
    json!({
        "serviceArn": format!("{HOME}:service/shop/web"), "serviceName": "web",
        "clusterArn": format!("{HOME}:cluster/shop"), "status": "ACTIVE", "desiredCount": 2,
        "runningCount": 3, "pendingCount": 0, "launchType": "FARGATE", "platformVersion": "1.4.0",
        "networkConfiguration": network(), "loadBalancers": balancer("blue"),
        "taskDefinition": format!("{HOME}:task-definition/web:3"),
        "deploymentConfiguration": { "maximumPercent": 200, "minimumHealthyPercent": 100 },
        "deploymentController": { "type": controller }, "schedulingStrategy": "REPLICA",
        "createdAt": 1_767_000_000, "deployments": [], "taskSets": sets(),
    })
}

fn export(controller: &str) -> Export {
    let tasks = json!({ "tasks": [task(1, BLUE, 3), task(2, BLUE, 3), task(3, GREEN, 4)] });
    Export::only("web-3.json", definition(3).to_string())
        .and("web-4.json", definition(4).to_string())
        .and("services.json", json!({ "services": [service(controller)] }).to_string())
        .and("tasks.json", tasks.to_string())
}

/// `PRIMARY web:3 2` of each task set: status, what it runs, its live tasks.
fn stand(run: &Simulation) -> Vec<String> {
    let view = run.engine();
    let (_, service) = view.services().next().expect("there is one");
    let line = |&id: &_| {
        let row = view.deployment(id);
        let tasks = view.deployment_counts(id, Time::ZERO).active();
        let status: DeploymentStatus = row.status;
        format!("{} {} {tasks}", status.as_str(), view.definition(row.definition).label())
    };
    service.deployments.iter().map(line).collect()
}

fn begun(document: &Node) -> Simulation {
    let plan = Scenario::from_node(document.clone()).and_then(|scenario| scenario.plan());
    Simulation::new(&plan.expect("it runs")).expect("it begins")
}

#[test]
fn tasks_stay_in_their_task_sets() {
    for controller in ["EXTERNAL", "CODE_DEPLOY"] {
        let imported = export(controller).import();
        let mut run = begun(&imported.document);
        assert_eq!(stand(&run), ["PRIMARY web:3 2", "ACTIVE web:4 1"], "{controller}");
        run.run_to(Time::from_secs(600));
        assert_eq!(stand(&run), ["PRIMARY web:3 2", "ACTIVE web:4 1"], "nothing is to be done");
        let view = run.engine();
        let (_, service) = view.services().next().expect("there is one");
        let names: Vec<String> =
            service.deployments.iter().map(|&id| view.deployment_name(id)).collect();
        assert_eq!(names, [BLUE, GREEN], "they keep their ids");
        assert_eq!(view.tasks().len(), 3, "no task was started");
    }
}

#[test]
fn time_0_equals_the_export() {
    for controller in ["EXTERNAL", "CODE_DEPLOY"] {
        let files = export(controller);
        let checked = check::check(&files.files(), &Options::default()).expect("it runs");
        let found: Vec<String> = checked.differences.iter().map(ToString::to_string).collect();
        assert_eq!(found, Vec::<String>::new(), "{controller}");
    }
}

/// A set that has other counts than its tasks make up is told.
#[test]
fn a_scale_that_does_not_fit_is_a_difference() {
    let files = export("EXTERNAL").with_json("services.json", |json| {
        json["services"][0]["taskSets"][1]["scale"]["value"] = json!(100.0);
    });
    let checked = check::check(&files.files(), &Options::default()).expect("it runs");
    let found: Vec<String> = checked.differences.iter().map(ToString::to_string).collect();
    assert_eq!(found, [format!("service web: taskSets[{GREEN}].computedDesiredCount: 1 became 2")]);
}

#[test]
fn describe_task_sets_tells_what_describe_services_left_out() {
    let files = export("EXTERNAL")
        .with_json("services.json", |json| json["services"][0]["taskSets"] = json!([]))
        .and("sets.json", json!({ "taskSets": sets() }).to_string());
    let imported = files.import();
    assert_eq!(stand(&begun(&imported.document)), ["PRIMARY web:3 2", "ACTIVE web:4 1"]);
    let without = export("EXTERNAL").with_json("services.json", |json| {
        json["services"][0]["taskSets"] = json!([]);
    });
    let notes = without.import();
    assert_eq!(notes_about(&notes, "its task sets").len(), 1, "{:?}", notes.notes);
}

#[test]
fn names_are_made_up_in_task_sets_too() {
    let options = Options { anonymize: true, ..Options::default() };
    let imported = export("EXTERNAL").try_import(&options).expect("a sound export");
    let services = items(&imported.document, &["services"]);
    let sets = items(&services[0], &["taskSets"]);
    assert_eq!(sets.len(), 2);
    for set in sets {
        assert!(!text(set, "externalId").contains("release"), "{}", text(set, "externalId"));
        assert!(![BLUE, GREEN].contains(&text(set, "id")));
    }
    begun(&imported.document);
}
