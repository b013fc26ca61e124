//! Private addresses: kept where the export has them, given out by the subnets otherwise.

use serde_json::{Value, json};
use stowplan_engine::model::Time;
use stowplan_sim::document::{Limits, Node};
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::Scenario;
use stowplan_sim::view::describe::Query;

use crate::export::{Export, items, named, notes_about, text};

/// The sample, with the n-th interface of a subnet at the n-th address that is given for it.
fn with_addresses(of: impl Fn(&str, usize) -> String) -> Export {
    Export::sample().with_json("describe-tasks.json", |json| {
        let mut seen = std::collections::BTreeMap::<String, usize>::new();
        for task in json["tasks"].as_array_mut().expect("a list") {
            let details = task.pointer_mut("/attachments/0/details").and_then(Value::as_array_mut);
            let Some(details) = details else { continue };
            let subnet = details[0]["value"].as_str().expect("its subnet comes first").to_owned();
            let ordinal = seen.entry(subnet.clone()).or_default();
            details[4]["value"] = json!(of(&subnet, *ordinal));
            *ordinal += 1;
        }
    })
}

fn ranges(document: &Node) -> Vec<&str> {
    let subnets = items(document, &["cluster", "subnets"]);
    subnets.iter().map(|subnet| text(subnet, "cidr")).collect()
}

/// The private addresses of all tasks that have one, at time 0.
fn shown(document: Node, until: Time) -> Vec<String> {
    let scenario = Scenario::from_node(document).expect("a scenario");
    let mut run = Simulation::new(&scenario.plan().expect("it fits")).expect("it can be set up");
    run.run_to(until);
    let moment = run.moment(until);
    let listed = Query::read("listTasks", json!({})).expect("a call").expect("it is sound");
    let listed = listed.answer(&moment).expect("the tasks");
    let query = Query::read("describeTasks", json!({ "tasks": listed["taskArns"] }));
    let answer = query.expect("a call").expect("it is sound").answer(&moment).expect("the tasks");
    let details = |task: &Value| {
        let details = task["attachments"][0]["details"].as_array()?.clone();
        let address = details.iter().find(|one| one["name"] == "privateIPv4Address")?;
        Some(address["value"].as_str()?.to_owned())
    };
    let mut found: Vec<String> =
        answer["tasks"].as_array().expect("a list").iter().filter_map(details).collect();
    found.sort();
    found
}

#[test]
fn addresses_of_the_export_are_kept() {
    let imported = Export::sample().import();
    let portal = named(items(&imported.document, &["tasks"]), "privateIp", "10.20.14.190");
    assert_eq!(text(portal, "service"), "admin-portal");
    assert!(ranges(&imported.document).iter().all(|range| range.is_empty()), "they overlap");
    let expected =
        ["10.20.14.190", "10.20.43.154", "10.20.43.76", "10.20.7.177", "10.20.8.57", "10.20.9.175"];
    assert_eq!(shown(imported.document, Time::ZERO), expected);
}

#[test]
fn ranges_are_the_largest_around_them_that_do_not_overlap() {
    let third = |subnet: &str| subnet.as_bytes()[8] - b'a' + 1;
    let small = with_addresses(|subnet, n| format!("10.20.{}.{}", third(subnet), 30 + n)).import();
    assert_eq!(ranges(&small.document), ["10.20.1.0/24", "10.20.2.0/24", "10.20.3.0/24"]);
    assert_eq!(notes_about(&small, "taken around the addresses").len(), 1);
    let large = |subnet: &str, n: usize| format!("10.{}.{}.9", third(subnet), n * 60);
    let large = with_addresses(large).import();
    assert_eq!(ranges(&large.document), ["10.1.0.0/17", "10.2.0.0/17", "10.3.0.0/17"]);
}

#[test]
fn an_address_that_two_tasks_have_is_told() {
    let twice = with_addresses(|_, _| "10.20.1.9".to_owned()).import();
    let notes = notes_about(&twice, "10.20.1.9 is another task's address, too");
    assert!(notes[0].contains("5 times"), "{notes:?}");
}

fn refusal(scenario: &str) -> String {
    let scenario = Scenario::read(scenario.as_bytes(), &Limits::default());
    scenario.and_then(|scenario| scenario.plan()).map(|_| ()).expect_err("refused").to_string()
}

/// Two tasks in a subnet of eleven addresses, the lowest of them the instance's.
fn scenario(first: &str, second: &str) -> String {
    format!(
        "version: 1\nname: x\ncluster:\n  subnets: [ {{ id: s, availabilityZone: a, cidr: \
         10.0.7.16/28 }} ]\n  instances: [ {{ id: A, type: m5.large, attributes: \
         {{ ecs.subnet-id: s }} }} ]\ntaskDefinitions: [ {{ family: t, networkMode: awsvpc, \
         containerDefinitions: [ {{ name: c, image: i, memory: 100 }} ] }} ]\ntasks:\n\
         - {{ taskDefinition: t, instance: A{first} }}\n\
         - {{ taskDefinition: t, instance: A{second} }}\n"
    )
}

#[test]
fn what_is_not_given_is_the_lowest_that_is_free() {
    let read = |first: &str, second: &str| {
        let text = scenario(first, second);
        let scenario = Scenario::read(text.as_bytes(), &Limits::default()).expect("it is sound");
        shown(scenario.document().clone(), Time::ZERO)
    };
    assert_eq!(read("", ""), ["10.0.7.21", "10.0.7.22"]);
    assert_eq!(read("", ", privateIp: 10.0.7.21"), ["10.0.7.21", "10.0.7.22"]);
    assert_eq!(read(", privateIp: 10.0.7.30", ""), ["10.0.7.21", "10.0.7.30"]);
}

#[test]
fn what_cannot_be_an_address_is_refused() {
    for (first, second, expected) in [
        (", privateIp: 10.0.7", "", "`10.0.7` is no private address"),
        (", privateIp: 10.0.7.19", "", "10.0.7.19 is none that an interface in s can have"),
        (", privateIp: 10.0.8.1", "", "10.0.8.1 is none that an interface in s can have"),
        (", privateIp: 10.0.7.30", ", privateIp: 10.0.7.30", "10.0.7.30 is given twice"),
    ] {
        let refusal = refusal(&scenario(first, second));
        assert!(refusal.contains(expected), "{refusal}");
        assert!(refusal.contains("].privateIp: ") && refusal.contains("(line "), "{refusal}");
    }
    let bridge = scenario(", privateIp: 10.0.7.30", "").replace("awsvpc", "bridge");
    assert!(refusal(&bridge).contains("only a placed task in network mode awsvpc has an address"));
}
