//! The read model of small clusters.

use serde_json::{Value, json};

use super::describe::Query;
use super::*;
use crate::bed::Bed;

fn whole(bed: &Bed, root: Root) -> Value {
    bed.look(|moment| moment.whole(root))
}

fn entry(bed: &Bed, root: Root, key: &str) -> Value {
    bed.look(|moment| moment.entry(root, key).expect("the entry is there").into_value(&moment))
}

fn ask(bed: &Bed, action: &str, input: Value) -> Result<Value, String> {
    let query = Query::read(action, input).expect("it is a query").expect("its input reads");
    bed.look(|moment| query.answer(&moment)).map_err(|error| error.to_string())
}

#[test]
fn every_listed_field_can_be_read() {
    let mut bed = Bed::web_service(3);
    bed.run_until(120);
    bed.look(|moment| {
        for &root in Root::ALL {
            moment.whole(root);
        }
        for clock in [Clock::Seconds, Clock::Calendar] {
            let moment = moment.with_clock(clock);
            let web = moment.service("web").expect("the service is there");
            let service = Entity::Service(web);
            for name in service.fields() {
                assert!(service.field(&moment, name).is_some(), "{name}");
            }
            assert_eq!(service.field(&moment, "healthycount"), None);
        }
    });
}

#[test]
fn a_service_shows_its_counts_and_limits() {
    let mut bed = Bed::web_service(3);
    bed.run_until(120);
    let web = entry(&bed, Root::Services, "web");
    assert_eq!(web["runningCount"], 3);
    assert_eq!(web["healthyCount"], 3);
    assert_eq!((&web["lowerLimit"], &web["upperLimit"]), (&json!(3), &json!(6)));
    assert_eq!(web["tasksByZone"], json!({ "us-east-1a": 1, "us-east-1b": 1, "us-east-1c": 1 }));
    assert_eq!(web["primary"]["rolloutState"], "COMPLETED");
    assert_eq!(
        web["deploymentConfiguration"]["deploymentCircuitBreaker"]["thresholdConfiguration"],
        json!({ "type": "BOUNDED_PERCENT", "value": 50 })
    );
    let newest = web["events"][0]["message"].as_str().expect("a message is text");
    assert_eq!(newest, "(service web) has reached a steady state.");
    assert_eq!(web["launchType"], "EC2");
    assert_eq!(web["capacityProviderStrategy"], json!([]));
}

#[test]
fn a_task_shows_what_engine_and_world_know_of_it() {
    let mut bed = Bed::web_service(1);
    bed.run_until(120);
    let task = &whole(&bed, Root::Tasks)[0];
    assert_eq!(task["id"], "00000000000000000000000000000001");
    assert_eq!(task["lastStatus"], "RUNNING");
    assert_eq!((&task["service"], &task["revision"]), (&json!("web"), &json!(1)));
    assert_eq!(task["createdAt"], json!(0.0));
    assert_eq!(task["container"]["app"]["lastStatus"], "RUNNING");
    assert_eq!(task["containers"][0]["networkBindings"][0]["hostPort"], 32768);
    assert_eq!(task["stoppedAt"], Value::Null);
    assert_eq!(task["startedBy"], "ecs-svc/0000000000000000001");
    let calendar = bed.look(|m| m.with_clock(Clock::Calendar).whole(Root::Tasks));
    assert_eq!(calendar[0]["createdAt"], "2026-01-01T00:00:00Z");
}

#[test]
fn an_instance_shows_its_ledger() {
    let mut bed = Bed::web_service(1);
    bed.run_until(120);
    let used = entry(&bed, Root::Instances, "i-1");
    assert_eq!(used["remaining"], json!({ "cpu": 1792, "memory": 7270, "gpu": 0, "eni": 2 }));
    assert_eq!(used["registered"]["memory"], 7782);
    assert_eq!((&used["tasks"], &used["runningTasksCount"]), (&json!(1), &json!(1)));
    let ports: Vec<u64> = used["usedPorts"]["tcp"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    assert!(ports.contains(&22) && ports.contains(&51_678), "{ports:?}");
}

#[test]
fn the_trace_has_one_entry_for_each_run_of_equal_decisions() {
    let mut bed = Bed::web_service(2);
    bed.run_until(100);
    bed.register_web();
    bed.call("updateService", json!({ "service": "web", "taskDefinition": "web:2" }))
        .expect("the update is valid");
    bed.run_until(300);
    let trace = bed.look(|moment| {
        let web = moment.service("web").expect("the service is there");
        moment.record.trace(web, moment.engine)
    });
    assert_eq!(trace[0], "0 start 2 web:1");
    assert_eq!(trace[2], "100 start 2 web:2");
    assert!(trace.contains(&"150 stop 2 web:1".to_owned()), "{trace:?}");
    assert!(trace.last().is_some_and(|last| last.ends_with("completed web:2")), "{trace:?}");
    let stops = whole(&bed, Root::Stops);
    assert_eq!(stops.as_array().map(Vec::len), Some(2));
    assert_eq!(stops[0]["stopCode"], "ServiceSchedulerInitiated");
}

#[test]
fn a_failure_to_place_says_why_for_every_instance() {
    let mut bed = Bed::new();
    bed.call(
        "registerTaskDefinition",
        json!({ "family": "big", "containerDefinitions": [
            { "name": "app", "image": "big", "cpu": 4096, "memory": 512, "essential": true } ] }),
    )
    .expect("the definition is valid");
    bed.call(
        "createService",
        json!({ "serviceName": "big", "taskDefinition": "big", "desiredCount": 1,
                "launchType": "EC2" }),
    )
    .expect("the service is valid");
    bed.run_until(10);
    let failure = &whole(&bed, Root::PlacementFailures)[0];
    assert_eq!((&failure["reason"], &failure["closest"]), (&json!("RESOURCE:CPU"), &json!("i-1")));
    assert_eq!(
        failure["rejected"][2],
        json!({ "instance": "i-3", "reason": "RESOURCE:CPU", "all": ["RESOURCE:CPU"] })
    );
    let events = whole(&bed, Root::Events);
    let named = |event: &&Value| event["name"] == "SERVICE_TASK_PLACEMENT_FAILURE";
    assert_eq!(events.as_array().expect("a list").iter().filter(named).count(), 1);
}

#[test]
fn calls_are_kept_with_their_answers_and_refusals() {
    let mut bed = Bed::web_service(1);
    bed.run_until(60);
    bed.call("stopTask", json!({ "task": "nobody" })).expect_err("there is no such task");
    bed.call("runTask", json!({ "taskDefinition": "web", "count": 2, "launchType": "EC2" }))
        .expect("there is room");
    let run = entry(&bed, Root::Calls, "runTask");
    assert_eq!((&run["at"], &run["error"]), (&json!(60.0), &Value::Null));
    assert_eq!(run["tasks"].as_array().map(Vec::len), Some(2));
    assert_eq!(run["tasks"][0]["lastStatus"], "PENDING");
    let refused = entry(&bed, Root::Calls, "stopTask");
    assert_eq!(refused["error"]["exception"], "InvalidParameterException");
    assert_eq!(whole(&bed, Root::ApiErrors)[0]["message"], "The referenced task was not found.");
}

#[test]
fn describing_splits_what_is_there_from_what_is_missing() {
    let mut bed = Bed::web_service(1);
    bed.run_until(60);
    let answer = ask(&bed, "describeServices", json!({ "services": ["web", "db"] })).expect("ok");
    assert_eq!(answer["services"][0]["serviceName"], "web");
    assert_eq!(answer["failures"][0]["reason"], "MISSING");
    let refusal = ask(&bed, "describeServices", json!({ "services": [] })).expect_err("empty");
    assert!(refusal.starts_with("InvalidParameterException"), "{refusal}");
    let refusal = ask(&bed, "listTasks", json!({ "cluster": "other" })).expect_err("unknown");
    assert_eq!(refusal, "ClusterNotFoundException: Cluster not found.");
}

#[test]
fn run_25_a_stopped_task_is_described_for_an_hour() {
    let mut bed = Bed::web_service(1);
    bed.run_until(60);
    let id = "00000000000000000000000000000001";
    bed.call("stopTask", json!({ "task": id })).expect("it runs");
    bed.run_until(120);
    let at = |bed: &Bed| {
        let answer = ask(bed, "describeTasks", json!({ "tasks": [id] })).expect("ok");
        answer["tasks"].as_array().map(Vec::len)
    };
    assert_eq!(at(&bed), Some(1));
    let never = ask(&bed, "describeTasks", json!({ "tasks": ["nobody"] })).expect("ok");
    assert_eq!(never["failures"][0]["reason"], "MISSING");
    let stopped = ask(&bed, "listTasks", json!({ "desiredStatus": "STOPPED" })).expect("ok");
    assert_eq!(stopped["taskArns"].as_array().map(Vec::len), Some(1));
    let task = bed.engine.view().find_task(id).expect("it was there");
    let stopped = bed.engine.view().task(task).stopped_at().expect("it is over").0 / 1000;
    bed.run_until(stopped + 59 * 60);
    assert_eq!(at(&bed), Some(1));
    bed.run_until(stopped + 61 * 60);
    assert_eq!(at(&bed), Some(0));
}

#[test]
fn lists_come_a_page_at_a_time() {
    let mut bed = Bed::web_service(5);
    bed.run_until(60);
    let first = ask(&bed, "listTasks", json!({ "maxResults": 3 })).expect("ok");
    assert_eq!(first["taskArns"].as_array().map(Vec::len), Some(3));
    let rest = json!({ "maxResults": 3, "nextToken": first["nextToken"] });
    let second = ask(&bed, "listTasks", rest).expect("ok");
    assert_eq!(second["taskArns"].as_array().map(Vec::len), Some(2));
    assert_eq!(second["nextToken"], Value::Null);
    ask(&bed, "listTasks", json!({ "maxResults": 101 })).expect_err("over the maximum");
    ask(&bed, "listTasks", json!({ "nextToken": "next" })).expect_err("no token of ours");
}

#[test]
fn container_instances_are_listed_by_a_query_expression() {
    let mut bed = Bed::web_service(1);
    bed.run_until(60);
    let count = |filter: &str| {
        let answer = ask(&bed, "listContainerInstances", json!({ "filter": filter }));
        answer.map(|found| found["containerInstanceArns"].as_array().map_or(0, Vec::len))
    };
    assert_eq!(count("attribute:ecs.availability-zone == us-east-1b"), Ok(1));
    assert_eq!(count("task:group == service:web"), Ok(1));
    assert_eq!(count("runningTasksCount == 0"), Ok(2));
    assert!(count("runningTasksCount =").is_err());
}

#[test]
fn with_several_clusters_a_key_names_its_cluster() {
    let mut bed = Bed::web_service(1);
    assert!(bed.look(|moment| moment.service("web").is_some()));
    let second = stowplan_engine::api::Setup::Cluster {
        name: "two".into(),
        region: "us-west-2".into(),
        zones: vec!["us-west-2a".into()],
        subnets: Vec::new(),
        settings: Vec::new(),
    };
    let input = stowplan_engine::api::Input::Setup(second);
    bed.engine.step(bed.now, input).expect("a second cluster can be added");
    bed.look(|moment| {
        assert_eq!(moment.keys(Root::Services), ["default/web"]);
        assert!(moment.service("default/web").is_some());
        assert!(moment.service("web").is_none());
    });
}
