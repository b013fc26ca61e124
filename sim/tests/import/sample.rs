//! What the sample export becomes.

use stowplan_sim::document::{Node, Timestamp};
use stowplan_sim::import::Options;

use crate::export::{Export, items, named, notes_about, text};

fn number(node: &Node, key: &str) -> Option<i128> {
    node.get(key).and_then(Node::as_integer)
}

#[test]
fn everything_is_counted() {
    let imported = Export::sample().import();
    let summary = "1 cluster, 12 instances, 6 services, 60 tasks, 8 task definitions";
    assert_eq!(imported.summary.to_string(), summary);
}

#[test]
fn time_0_is_the_first_full_minute_after_the_newest_timestamp() {
    let imported = Export::sample().import();
    assert_eq!(text(&imported.document, "startTime"), "2026-09-14T10:00:00Z");
}

#[test]
fn another_instant_can_be_asked_for_but_none_before_the_export() {
    let at = |text: &str| {
        let at = Some(Timestamp::parse(text).expect("an instant"));
        Export::sample().try_import(&Options { at, ..Options::default() })
    };
    let imported = at("2026-09-14T12:30:00Z").expect("later is fine");
    assert_eq!(text(&imported.document, "startTime"), "2026-09-14T12:30:00Z");
    let refusal = at("2026-09-14T09:30:00Z").expect_err("earlier is not").to_string();
    assert_eq!(
        refusal,
        "describe-tasks.json: tasks[52].connectivityAt: 2026-09-14T09:59:52Z is later than \
         2026-09-14T09:30:00Z, the instant to import at (line 3454, column 31). \
         Import at 2026-09-14T10:00:00Z or later, or leave the instant out"
    );
}

#[test]
fn groups_carry_what_their_instances_share() {
    let imported = Export::sample().import();
    let groups = items(&imported.document, &["cluster", "autoScalingGroups"]);
    assert_eq!(groups.len(), 2);
    let spot = named(groups, "name", "web-prod-spot");
    assert_eq!(text(spot, "marketType"), "spot");
    assert_eq!((number(spot, "cpu"), number(spot, "memory")), (Some(8192), Some(15616)));
    let shared = spot.get("attributes").expect("they share capabilities");
    assert!(shared.get("ecs.capability.task-eni").is_some());
    let instances = spot.get("instances").expect("those of the export").items();
    assert_eq!(instances.len(), 4);
    let empty = named(instances, "ec2InstanceId", "i-06652f9a9f60025a0");
    assert_eq!(text(empty, "availabilityZone"), "us-east-1a");
    assert_eq!(empty.get("remaining"), None, "its daemon explains what is gone");
    assert_eq!(empty.get("memory"), None, "the group says it");
}

#[test]
fn a_deployment_in_flight_stays_in_flight() {
    let imported = Export::sample().import();
    let services = items(&imported.document, &["services"]);
    let api = named(services, "serviceName", "api-core");
    assert_eq!(text(api, "taskDefinition"), "api-core:42");
    let deployments = api.get("deployments").expect("two").items();
    let shown: Vec<_> = deployments
        .iter()
        .map(|d| (text(d, "id"), text(d, "status"), text(d, "rolloutState")))
        .collect();
    assert_eq!(
        shown,
        [
            ("ecs-svc/5068371293134683409", "PRIMARY", "IN_PROGRESS"),
            ("ecs-svc/4556980441729960360", "ACTIVE", "COMPLETED"),
        ]
    );
    let tasks = items(&imported.document, &["tasks"]);
    let of_api = || tasks.iter().filter(|task| text(task, "service") == "api-core");
    let old = of_api().filter(|task| text(task, "startedBy") == "ecs-svc/4556980441729960360");
    assert!(old.clone().all(|task| text(task, "taskDefinition") == "api-core:41"));
    assert_eq!((of_api().count(), old.count()), (14, 8));
    let pending = of_api().filter(|task| text(task, "lastStatus") == "PENDING");
    assert_eq!(pending.count(), 2);
}

#[test]
fn tasks_come_in_order_of_creation() {
    let imported = Export::sample().import();
    let tasks = items(&imported.document, &["tasks"]);
    let created = |task: &Node| Timestamp::parse(text(task, "createdAt")).expect("an instant");
    assert!(tasks.is_sorted_by_key(created));
}

#[test]
fn a_task_that_stands_alone_keeps_who_started_it() {
    let imported = Export::sample().import();
    let tasks = items(&imported.document, &["tasks"]);
    let migrate = named(tasks, "id", "a4654c4fc114062bccf55d5ff9820d2e");
    assert_eq!(text(migrate, "taskDefinition"), "db-migrate:3");
    assert_eq!(text(migrate, "startedBy"), "ops-runbook");
    assert_eq!(migrate.get("group"), None, "it is that of its family");
    assert_eq!(migrate.get("overrides"), None, "they only matter inside the container");
}

#[test]
fn definitions_keep_their_numbers_and_lose_what_may_be_secret() {
    let imported = Export::sample().import();
    let definitions = items(&imported.document, &["taskDefinitions"]);
    let revisions: Vec<_> =
        definitions.iter().map(|d| (text(d, "family"), number(d, "revision"))).collect();
    assert!(revisions.contains(&("api-core", Some(41))));
    assert!(revisions.contains(&("api-core", Some(42))));
    let web = named(definitions, "family", "web-frontend");
    let container = &web.get("containerDefinitions").expect("one").items()[0];
    assert_eq!(container.get("environment"), None);
    assert_eq!(number(container, "memoryReservation"), Some(1024));
    let shown = stowplan_sim::document::to_yaml(&imported.document);
    assert!(!shown.contains("STAGE") && !shown.contains("2026_09"));
    assert_eq!(notes_about(&imported, "`environment` of containers").len(), 1);
}

#[test]
fn the_strategy_and_the_providers_are_those_of_the_cluster() {
    let imported = Export::sample().import();
    let providers = items(&imported.document, &["cluster", "capacityProviders"]);
    let names: Vec<_> = providers.iter().map(|provider| text(provider, "name")).collect();
    assert_eq!(names, ["cp-ondemand", "cp-spot"]);
    let wrapped = providers[1].get("autoScalingGroupProvider").expect("it wraps a group");
    assert_eq!(text(wrapped, "autoScalingGroupArn"), "web-prod-spot");
    let services = items(&imported.document, &["services"]);
    let web = named(services, "serviceName", "web-frontend");
    let strategy = web.get("capacityProviderStrategy").expect("given").items();
    assert_eq!(
        (text(&strategy[0], "capacityProvider"), number(&strategy[0], "base")),
        ("cp-ondemand", Some(6))
    );
    let daemon = named(services, "serviceName", "log-agent");
    assert_eq!((text(daemon, "schedulingStrategy"), daemon.get("desiredCount")), ("DAEMON", None));
}

#[test]
fn nothing_of_the_sample_contradicts_itself() {
    let imported = Export::sample().import();
    let told =
        |word: &str| imported.notes.iter().filter(|note| note.concern.as_str() == word).count();
    assert_eq!((told("contradiction"), told("missing")), (0, 0), "{:?}", imported.notes);
}
