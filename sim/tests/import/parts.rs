//! Exports in parts, from older tools, of newer versions, with pieces missing.

use serde_json::{Value, json};
use stowplan_sim::document::{Node, Timestamp};
use stowplan_sim::import::Options;
use stowplan_sim::scenario::Scenario;

use crate::export::{Export, items, named, notes_about, text};

/// A task of admin-portal.
const PROTECTED: &str = "e0d245887d970c932b21ab94c1876f3f";

/// Every timestamp as version 1 of the AWS CLI prints it.
fn as_epoch_seconds(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > 18 && text.contains('T') => {
            if let Ok(instant) = Timestamp::parse(text) {
                *value = json!(instant.unix_millis() as f64 / 1000.0);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(as_epoch_seconds),
        Value::Object(fields) => fields.values_mut().for_each(as_epoch_seconds),
        _ => {}
    }
}

#[test]
fn timestamps_may_be_epoch_seconds() {
    let iso = Export::sample();
    let epoch = Export::sample().with_all_json(as_epoch_seconds);
    assert!(epoch.json("describe-tasks.json")["tasks"][0]["createdAt"].is_number());
    assert_eq!(epoch.import().document, iso.import().document);
}

#[test]
fn names_and_order_of_the_files_do_not_matter() {
    let sample = Export::sample();
    let mut files = sample.files();
    files.reverse();
    let mut shuffled: Option<Export> = None;
    for (index, (_, bytes)) in files.into_iter().enumerate() {
        let name = format!("{index}.txt");
        shuffled = Some(match shuffled {
            None => Export::only(&name, bytes),
            Some(export) => export.and(&name, bytes),
        });
    }
    let shuffled = shuffled.expect("the sample has files").import();
    assert_eq!(shuffled.summary, sample.import().summary);
    let tasks = |document| items(document, &["tasks"]).to_vec();
    assert_eq!(tasks(&shuffled.document), tasks(&sample.import().document));
}

#[test]
fn a_call_may_be_in_parts_and_a_file_may_hold_several_answers() {
    let sample = Export::sample();
    let all = sample.json("describe-tasks.json")["tasks"].as_array().expect("a list").clone();
    let (first, second) = all.split_at(25);
    let text = |tasks: &[Value]| format!("{}\n", json!({ "tasks": tasks, "failures": [] }));
    let pasted = format!("{}{}", text(first), text(second));
    let parts = sample.clone().without("describe-tasks.json").and("pasted", pasted);
    assert_eq!(parts.import().document, sample.import().document);
}

#[test]
fn elements_may_stand_alone_as_a_query_prints_them() {
    let sample = Export::sample();
    let services = sample.json("describe-services.json")["services"].clone();
    let definition = sample.json("api-core-42.json")["taskDefinition"].clone();
    let bare = sample
        .clone()
        .without("describe-services")
        .without("api-core-42")
        .and("services.json", services.to_string())
        .and("definition.json", definition.to_string());
    assert_eq!(bare.import().summary, sample.import().summary);
}

#[test]
fn what_newer_versions_print_is_left_out_with_a_note() {
    let newer = Export::sample()
        .with_json("describe-tasks.json", |json| json["tasks"][0]["quantum"] = json!("yes"))
        .with_json("describe-services.json", |json| {
            json["services"][0]["deploymentConfiguration"]["warp"] = json!(9);
        })
        .with_json("api-core-42.json", |json| {
            json["taskDefinition"]["containerDefinitions"][0]["aura"] = json!({ "a": 1 });
        });
    let imported = newer.import();
    assert_eq!(imported.document, Export::sample().import().document);
    for (name, what) in [
        ("quantum", "of tasks is not known here"),
        ("warp", "of deployment configurations is not known here"),
        ("aura", "of container definitions is not known here"),
    ] {
        let notes = notes_about(&imported, what);
        assert!(notes.len() == 1 && notes[0].contains(name), "{notes:?}");
    }
}

#[test]
fn an_unknown_instance_type_is_taken_as_registered() {
    let imported = Export::sample()
        .with_json("describe-container-instances.json", |json| {
            let instances = json["containerInstances"].as_array_mut().expect("a list");
            for instance in instances {
                instance["attributes"]
                    .as_array_mut()
                    .expect("a list")
                    .iter_mut()
                    .filter(|attribute| attribute["value"] == "m5.xlarge")
                    .for_each(|attribute| attribute["value"] = json!("m9x.huge"));
            }
        })
        .import();
    let notes = notes_about(&imported, "m9x.huge");
    assert!(notes[0].contains("taken as registered: cpu 4096, memory 15743"), "{notes:?}");
    let groups = items(&imported.document, &["cluster", "autoScalingGroups"]);
    let types = named(groups, "name", "web-prod-ondemand").get("instanceTypes").expect("given");
    assert_eq!(text(&types.items()[0], "type"), "m9x.huge");
}

#[test]
fn what_no_task_explains_is_held() {
    let imported = Export::sample()
        .with_json("describe-container-instances.json", |json| {
            let left = &mut json["containerInstances"][11]["remainingResources"];
            left[1]["integerValue"] = json!(10_000);
            left[2]["stringSetValue"].as_array_mut().expect("ports").push(json!("9999"));
        })
        .import();
    let groups = items(&imported.document, &["cluster", "autoScalingGroups"]);
    let spot = named(groups, "name", "web-prod-spot").get("instances").expect("four");
    let held: Vec<_> = spot.items().iter().filter(|i| i.get("remaining").is_some()).collect();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].get("usedPorts").expect("a port").get("tcp").expect("tcp").items().len(), 1);
    assert_eq!(notes_about(&imported, "of memory are gone that no task explains").len(), 1);
}

#[test]
fn protection_comes_from_a_call_of_its_own() {
    let protection = json!({ "failures": [], "protectedTasks": [ {
        "taskArn": format!("arn:aws:ecs:us-east-1:123456789012:task/web-prod/{PROTECTED}"),
        "protectionEnabled": true, "expirationDate": "2026-09-14T11:30:00+00:00" } ] });
    let imported = Export::sample().and("protection.json", protection.to_string()).import();
    let task = named(items(&imported.document, &["tasks"]), "id", PROTECTED);
    assert_eq!(text(task, "protectedUntil"), "2026-09-14T11:30:00Z");
    assert_eq!(text(&imported.document, "startTime"), "2026-09-14T10:00:00Z");
}

#[test]
fn missing_kinds_are_told() {
    let without = |prefix: &str| Export::sample().without(prefix).import();
    let services = without("describe-services");
    assert_eq!(notes_about(&services, "strategies are only in describe-services").len(), 1);
    assert_eq!(services.summary.tasks, 60, "its tasks stand alone");
    let groups = without("autoscaling");
    assert_eq!(notes_about(&groups, "the sizes of Auto Scaling group").len(), 2);
    let providers = without("describe-capacity-providers");
    assert_eq!(notes_about(&providers, "only in describe-capacity-providers").len(), 2);
    let cluster = without("describe-clusters");
    assert_eq!(notes_about(&cluster, "only in describe-clusters").len(), 1);
    let tasks = without("describe-tasks");
    assert_eq!(notes_about(&tasks, "of the tasks listed, 60 are not described").len(), 1);
    assert_eq!(notes_about(&tasks, "only in describe-tasks").len(), 1);
}

#[test]
fn one_of_several_clusters_can_be_chosen() {
    let other = json!({ "services": [ {
        "serviceArn": "arn:aws:ecs:us-east-1:123456789012:service/staging/web",
        "serviceName": "web", "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/staging",
    } ] });
    let both = Export::sample().and("staging.json", other.to_string());
    let options = Options { cluster: Some("web-prod".to_owned()), ..Options::default() };
    let imported = both.try_import(&options).expect("one is chosen");
    assert_eq!(imported.document, Export::sample().import().document);
    assert_eq!(notes_about(&imported, "of another cluster, staging").len(), 1);
    let options = Options { cluster: Some("qa".to_owned()), ..Options::default() };
    assert_eq!(
        both.try_import(&options).expect_err("no such cluster").to_string(),
        "there is no cluster qa in the files. The files speak of: web-prod, staging"
    );
}

#[test]
fn a_service_without_tasks_stays_without_tasks() {
    let imported = Export::sample()
        .with_json("describe-tasks.json", |json| {
            let tasks = json["tasks"].as_array_mut().expect("a list");
            tasks.retain(|task| task["group"] != "service:cache-node");
        })
        .import();
    let services = items(&imported.document, &["services"]);
    let empty = named(services, "serviceName", "cache-node");
    assert_eq!(empty.get("runningCount").and_then(Node::as_integer), Some(0));
    let scenario = Scenario::from_node(imported.document).expect("a scenario");
    let engine = scenario.plan().expect("it fits").engine().expect("it can be set up");
    assert_eq!(engine.view().tasks().len(), 57);
}

#[test]
fn a_scenario_that_needs_a_hand_is_written_and_told() {
    let imported = Export::sample()
        .with_json("describe-container-instances.json", |json| {
            let instance = &mut json["containerInstances"][0];
            instance["registeredResources"][1]["integerValue"] = json!(1000);
            instance["remainingResources"][1]["integerValue"] = json!(0);
        })
        .import();
    let notes = notes_about(&imported, "the scenario does not run as it stands: ");
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains("the given tasks reserve 13056 of 1000 (memory)"), "{notes:?}");
}

#[test]
fn a_group_that_is_not_described_protects_what_its_provider_needs_protected() {
    let imported = Export::sample().without("autoscaling-").import();
    let scenario = Scenario::from_node(imported.document).expect("it is sound");
    scenario.plan().expect("it fits together").engine().expect("it can be set up");
}
