//! Broken exports: each is refused with file, path, line and remedy, or told in a note.

use serde_json::json;

use crate::export::{Export, notes_about};

const DEFINITION: &str = "aws ecs describe-task-definition --include TAGS --task-definition";

#[test]
fn a_truncated_file() {
    let cut = Export::sample().with_bytes("describe-tasks.json", |bytes| bytes.truncate(100_000));
    let refusal = cut.refusal();
    assert!(refusal.starts_with("describe-tasks.json: tasks["), "{refusal}");
    assert!(
        refusal.contains("(line 2085, column 31)") && refusal.ends_with("do not cut it off"),
        "{refusal}"
    );
}

#[test]
fn a_file_that_is_not_json() {
    let refusal = Export::only("notes.txt", "An error occurred (AccessDenied)").refusal();
    assert!(refusal.starts_with("notes.txt: "), "{refusal}");
    assert!(
        refusal.contains("(line 1, column 1)") && refusal.contains("--output json"),
        "{refusal}"
    );
}

#[test]
fn a_file_that_is_not_utf_8() {
    let broken = Export::sample().with_bytes("describe-services.json", |bytes| bytes[500] = 0xff);
    let refusal = broken.refusal();
    assert!(
        refusal.starts_with("describe-services.json: byte 500 (0xff) is not UTF-8"),
        "{refusal}"
    );
    assert!(refusal.ends_with("Save the file as UTF-8"), "{refusal}");
}

#[test]
fn a_file_from_a_windows_shell() {
    let utf_16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("{}".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let refusal = Export::only("services.json", utf_16).refusal();
    assert_eq!(
        refusal,
        "services.json: the text is UTF-16 (line 1, column 1). Save the file as UTF-8"
    );
}

#[test]
fn no_file_an_empty_file_and_a_file_about_something_else() {
    let nothing = stowplan_sim::import::read(&[], &Default::default()).expect_err("nothing");
    assert!(nothing.to_string().starts_with("there is nothing to import. Give the JSON"));
    let empty = Export::only("describe-tasks.json", " \n").refusal();
    assert!(empty.starts_with("there is nothing to import"), "{empty}");
    let other = Export::only("package.json", r#"{ "scripts": {} }"#).refusal();
    assert!(other.starts_with("package.json holds nothing of an ECS cluster"), "{other}");
    let empty_beside = Export::sample().and("describe-task-sets.json", "");
    assert_eq!(notes_about(&empty_beside.import(), "the file is empty").len(), 1);
}

#[test]
fn a_scenario_instead_of_an_export() {
    let refusal = Export::only("a.json", r#"{ "version": 1, "name": "a" }"#).refusal();
    assert_eq!(
        refusal,
        "a.json: this is a scenario, not an export (line 1, column 1). \
         Run it with `stowplan run`, or leave it out"
    );
}

#[test]
fn parts_of_another_cluster() {
    let mixed = Export::sample().with_json("describe-tasks.json", |json| {
        let arn = "arn:aws:ecs:us-east-1:123456789012:cluster/staging";
        json["tasks"][7]["clusterArn"] = json!(arn);
    });
    let refusal = mixed.refusal();
    assert!(refusal.starts_with("describe-tasks.json: tasks[7]: of cluster "), "{refusal}");
    assert!(refusal.ends_with("choose it with --cluster NAME"), "{refusal}");
}

#[test]
fn a_task_on_an_instance_that_is_not_there() {
    let lost = Export::sample().with_json("describe-container-instances.json", |json| {
        json["containerInstances"].as_array_mut().expect("a list").remove(0);
    });
    let refusal = lost.refusal();
    let instance = "deb0b9691b5a733b8fe1e26a7c5491c4";
    let expected = format!("is on container instance {instance}, which is not among the files");
    assert!(
        refusal.starts_with("describe-tasks.json: tasks[0].containerInstanceArn: task "),
        "{refusal}"
    );
    assert!(refusal.contains(&expected) && refusal.contains("at most 100 a call"), "{refusal}");
}

#[test]
fn a_missing_task_definition() {
    let refusal = Export::sample().without("api-core-41").refusal();
    assert!(
        refusal.starts_with(
            "describe-services.json: services[1].deployments[1].taskDefinition: \
             the task definition api-core:41 is not among the files (line "
        ),
        "{refusal}"
    );
    assert!(
        refusal.ends_with(&format!("Add the answer of `{DEFINITION} api-core:41`")),
        "{refusal}"
    );
}

#[test]
fn the_same_thing_twice_alike_or_differently() {
    let sample = Export::sample();
    let again = sample.json("describe-services.json").to_string();
    let alike = sample.clone().and("again.json", again);
    assert_eq!(notes_about(&alike.import(), "is there twice, alike: taken once").len(), 6);
    assert_eq!(alike.import().document, sample.import().document);

    let mut other = sample.json("describe-services.json");
    other["services"][0]["desiredCount"] = json!(13);
    let refusal = sample.clone().and("again.json", other.to_string()).refusal();
    let expected =
        "again.json: services[0]: service web-frontend is there twice, with different content";
    assert!(refusal.starts_with(expected), "{refusal}");
    assert!(
        refusal.ends_with("Keep the newer one (the other is in describe-services.json, line 3)"),
        "{refusal}"
    );

    let mut later = sample.json("describe-tasks.json");
    later["tasks"][52]["lastStatus"] = json!("RUNNING");
    later["tasks"][52]["startedAt"] = json!("2026-09-14T10:00:03Z");
    later["tasks"][52]["version"] = json!(2);
    let imported = sample.and("later.json", later.to_string()).import();
    assert_eq!(notes_about(&imported, "exported at different moments: version 2 counts").len(), 1);
    assert_eq!(notes_about(&imported, "says runningCount 12, the files hold 13").len(), 1);
}

#[test]
fn counts_that_do_not_add_up() {
    let imported = Export::sample()
        .with_json("describe-tasks.json", |json| {
            json["tasks"].as_array_mut().expect("a list").truncate(59);
        })
        .import();
    let notes = notes_about(&imported, "contradiction: ");
    let of_cluster = "the cluster says runningTasksCount 58, the files hold 57";
    assert!(notes.iter().any(|note| note.contains(of_cluster)), "{notes:#?}");
    let of_instance = "containerInstances[0].runningTasksCount: container instance \
                       deb0b9691b5a733b8fe1e26a7c5491c4 \
                       says runningTasksCount 8, the files hold 7 (line ";
    assert!(notes.iter().any(|note| note.contains(of_instance)), "{notes:#?}");
    assert_eq!(notes_about(&imported, "of the tasks listed, 1 is not described").len(), 1);
}

#[test]
fn more_left_than_the_tasks_leave() {
    let imported = Export::sample()
        .with_json("describe-container-instances.json", |json| {
            json["containerInstances"][0]["remainingResources"][0]["integerValue"] = json!(4096);
        })
        .import();
    let notes =
        notes_about(&imported, "4096 of cpu are said to be left, but the tasks leave only 128");
    assert_eq!(notes.len(), 1, "{:#?}", imported.notes);
}

#[test]
fn values_of_the_wrong_type() {
    let broken = Export::sample().with_json("describe-services.json", |json| {
        json["services"][2]["desiredCount"] = json!("twelve");
    });
    let refusal = broken.refusal();
    let expected = "describe-services.json: services[2].desiredCount: \
                    expected a whole number, found the text \"twelve\" (line ";
    assert!(refusal.starts_with(expected), "{refusal}");

    let broken = Export::sample().with_json("worker-batch-12.json", |json| {
        json["taskDefinition"]["containerDefinitions"][0]["memory"] = json!("3 GB");
    });
    let refusal = broken.refusal();
    let expected = "worker-batch-12.json: taskDefinition.containerDefinitions[0].memory: \
                    expected a whole number";
    assert!(refusal.starts_with(expected), "{refusal}");

    let broken = Export::sample().with_json("describe-tasks.json", |json| {
        json["tasks"][3]["startedAt"] = json!("yesterday");
    });
    let refusal = broken.refusal();
    let expected = "describe-tasks.json: tasks[3].startedAt: `yesterday` is no instant (line ";
    assert!(refusal.starts_with(expected), "{refusal}");

    let broken = Export::sample().with_json("describe-container-instances.json", |json| {
        json["containerInstances"][0]["remainingResources"][2]["stringSetValue"][0] = json!("ssh");
    });
    let refusal = broken.refusal();
    assert!(
        refusal.contains(".remainingResources[2].stringSetValue[0]: this is no port (line "),
        "{refusal}"
    );
}

#[test]
fn fields_that_every_answer_has() {
    let broken = Export::sample().with_json("describe-tasks.json", |json| {
        json["tasks"][5].as_object_mut().expect("a map").remove("taskDefinitionArn");
    });
    let refusal = broken.refusal();
    assert!(
        refusal.starts_with("describe-tasks.json: tasks[5]: `taskDefinitionArn` is missing (line "),
        "{refusal}"
    );
}

#[test]
fn a_definition_whose_arn_says_something_else() {
    let broken = Export::sample().with_json("api-core-42.json", |json| {
        json["taskDefinition"]["revision"] = json!(43);
    });
    let refusal = broken.refusal();
    assert!(
        refusal.starts_with(
            "api-core-42.json: taskDefinition: the ARN is of api-core:42, the rest of api-core:43"
        ),
        "{refusal}"
    );
}

#[test]
fn two_primary_deployments() {
    let broken = Export::sample().with_json("describe-services.json", |json| {
        json["services"][1]["deployments"][1]["status"] = json!("PRIMARY");
    });
    let refusal = broken.refusal();
    assert!(
        refusal.contains("services[1]: a service has one PRIMARY deployment, this one has 2"),
        "{refusal}"
    );
}

#[test]
fn tasks_of_a_deployment_that_is_gone() {
    let imported = Export::sample()
        .with_json("describe-tasks.json", |json| {
            json["tasks"][0]["startedBy"] = json!("ecs-svc/1");
        })
        .import();
    let notes =
        notes_about(&imported, "started by deployment ecs-svc/1, which log-agent no longer has");
    assert_eq!(notes.len(), 1, "{:#?}", imported.notes);
}

#[test]
fn what_the_calls_could_not_describe() {
    let imported = Export::sample()
        .with_json("describe-services.json", |json| {
            json["failures"] =
                json!([ { "arn": "arn:aws:ecs:us-east-1:1:service/x", "reason": "MISSING" } ]);
        })
        .import();
    assert_eq!(notes_about(&imported, "service/x: MISSING").len(), 1);
}

#[test]
fn deep_nesting_and_huge_files_are_refused_at_once() {
    let deep = Export::only("deep.json", "[".repeat(100_000)).refusal();
    assert!(deep.starts_with("deep.json: "), "{deep}");
    let huge = Export::only("huge.json", vec![b' '; 65 << 20]).refusal();
    assert!(huge.starts_with("huge.json: 68157440 bytes are over the maximum 67108864"), "{huge}");
}
