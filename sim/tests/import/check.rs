//! The check: time 0 of the scenario, asked as the export was, answers the same.

use std::path::Path;

use serde_json::json;
use stowplan_sim::import::Options;
use stowplan_sim::import::check::{self, Checked};

use crate::export::Export;

fn check(export: &Export) -> Checked {
    check::check(&export.files(), &Options::default()).expect("the scenario runs")
}

fn differences(checked: &Checked) -> Vec<String> {
    checked.differences.iter().map(ToString::to_string).collect()
}

#[test]
fn time_0_of_the_sample_equals_the_export() {
    let checked = check(&Export::sample());
    assert_eq!(differences(&checked), Vec::<String>::new());
    // A cluster, 12 instances, 6 services, 60 tasks, 8 definitions and 2 providers.
    assert_eq!(checked.things, 89);
    assert!(checked.equal > 4000, "{} values were compared and equal", checked.equal);
}

#[test]
fn every_field_that_is_not_kept_has_its_reason() {
    let checked = check(&Export::sample());
    let met: Vec<String> = checked
        .not_kept
        .iter()
        .map(|(row, count)| format!("{count} {} {}", row.of.as_str(), row.field))
        .collect();
    for expected in [
        "12 container instance version",
        "10 service events",
        "24 task containers[].networkBindings[].hostPort",
        "1 task overrides.containerOverrides[].command",
        "1 task definition taskDefinition.containerDefinitions[].environment",
    ] {
        assert!(met.iter().any(|row| row == expected), "{expected} among {met:#?}");
    }
}

#[test]
fn the_documentation_has_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/import.md");
    let document = std::fs::read_to_string(path).expect("docs/import.md is there");
    let table = check::table();
    assert!(document.contains(&table), "docs/import.md should hold this table:\n{table}");
}

#[test]
fn an_export_that_contradicts_itself_is_told_apart() {
    let fewer = Export::sample().with_json("describe-tasks.json", |json| {
        json["tasks"].as_array_mut().expect("a list").truncate(59);
    });
    let found = differences(&check(&fewer));
    assert!(
        found.contains(&"cluster web-prod: runningTasksCount: 58 became 57".to_owned()),
        "{found:#?}"
    );
    let instance =
        "container instance deb0b9691b5a733b8fe1e26a7c5491c4: runningTasksCount: 8 became 7";
    assert!(found.iter().any(|one| one == instance), "{found:#?}");
}

#[test]
fn what_is_held_by_no_task_stays_held() {
    let held = Export::sample().with_json("describe-container-instances.json", |json| {
        let left = &mut json["containerInstances"][11]["remainingResources"];
        left[1]["integerValue"] = json!(10_000);
        left[2]["stringSetValue"].as_array_mut().expect("ports").push(json!("9999"));
    });
    assert_eq!(differences(&check(&held)), Vec::<String>::new());
}

#[test]
fn unusual_states_are_kept_too() {
    let unusual = Export::sample()
        .with_json("describe-container-instances.json", |json| {
            let instances = &mut json["containerInstances"];
            instances[3]["status"] = json!("DRAINING");
            instances[4]["agentConnected"] = json!(false);
            instances[5]["versionInfo"]["agentVersion"] = json!("1.72.0");
            instances[6]["registeredResources"][2]["stringSetValue"] = json!(["22", "51678"]);
            instances[6]["remainingResources"][2]["stringSetValue"] =
                json!(["22", "51678", "24224"]);
        })
        .with_json("api-core-41.json", |json| json["taskDefinition"]["status"] = json!("INACTIVE"))
        .with_json("describe-services.json", |json| {
            json["services"][1]["deployments"][0]["failedTasks"] = json!(2);
        })
        .with_json("describe-tasks.json", |json| {
            json["tasks"][59]["group"] = json!("nightly");
            json["tasks"][57]["healthStatus"] = json!("UNHEALTHY");
            json["tasks"][57]["containers"][0]["healthStatus"] = json!("UNHEALTHY");
        });
    assert_eq!(differences(&check(&unusual)), Vec::<String>::new());
}

#[test]
fn a_task_that_was_run_smaller_stays_smaller() {
    let smaller = Export::sample()
        .with_json("describe-tasks.json", |json| {
            let overrides = &mut json["tasks"][59]["overrides"]["containerOverrides"][0];
            overrides["memory"] = json!(1024);
            json["tasks"][59]["memory"] = json!("1024");
        })
        .with_json("describe-container-instances.json", |json| {
            let left = &mut json["containerInstances"][0]["remainingResources"][1];
            left["integerValue"] = json!(left["integerValue"].as_i64().expect("MiB") + 1024);
        });
    assert_eq!(differences(&check(&smaller)), Vec::<String>::new());
}

#[test]
fn another_account_and_region_stay_what_they_are() {
    let mut text = String::new();
    for (_, bytes) in Export::sample().files() {
        text.push_str(std::str::from_utf8(bytes).expect("the sample is UTF-8"));
    }
    let elsewhere = text.replace("123456789012", "210987654321").replace("us-east-1", "eu-west-3");
    let checked = check(&Export::only("paste", elsewhere));
    assert_eq!(differences(&checked), Vec::<String>::new());
}
