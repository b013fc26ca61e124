//! Exports under made-up names.

use stowplan_sim::document::{Node, Value, to_yaml};
use stowplan_sim::import::{Imported, Options};
use stowplan_sim::scenario::Scenario;

use crate::export::{Export, items, text};

fn anonymous() -> Imported {
    let options = Options { anonymize: true, ..Options::default() };
    Export::sample().try_import(&options).expect("a sound export")
}

#[test]
fn no_name_or_id_of_the_export_is_left() {
    let shown = to_yaml(&anonymous().document);
    for real in [
        "web-prod",
        "web-frontend",
        "api-core",
        "worker-batch",
        "cache-node",
        "log-agent",
        "admin-portal",
        "db-migrate",
        "cp-ondemand",
        "cp-spot",
        "nginx",
        "fluent-bit",
        "ops-runbook",
        "subnet-0aaa",
        "vpc-0a11",
        "sg-0123",
        "ami-0abc",
        "i-0fe33",
        "deb0b969",
        "e0d24588",
        "5068371293134683409",
        "/ecs/",
        "healthz",
        "app-task",
        "/mnt/redis",
        "team",
        "10.20.",
    ] {
        assert!(!shown.contains(real), "{real} is still there");
    }
}

#[test]
fn the_same_export_yields_the_same_names() {
    assert_eq!(anonymous().document, anonymous().document);
}

#[test]
fn the_shape_is_that_of_the_export() {
    let real = Export::sample().import();
    let made_up = anonymous();
    assert_eq!(made_up.summary, real.summary);
    // Private addresses are not replaced: the run gives its own.
    let without_addresses = outline(&real.document).replace("privateIp:_,", "");
    assert_eq!(outline(&made_up.document), without_addresses);
}

/// Keys and numbers without texts, tags, options of probes: what a change of names leaves alone.
fn outline(node: &Node) -> String {
    match &node.value {
        Value::String(_) | Value::Null => "_".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(outline).collect();
            format!("[{}]", items.join(","))
        }
        Value::Map(entries) => {
            let kept = entries.iter().filter(|entry| entry.key.name != "tags");
            let entries: Vec<String> =
                kept.map(|entry| format!("{}:{}", entry.key.name, outline(&entry.value))).collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}

#[test]
fn names_fall_in_the_order_of_the_real_ones_so_ties_do_too() {
    let (real, made_up) = (Export::sample().import(), anonymous());
    let order = |imported: &Imported| {
        let services = items(&imported.document, &["services"]);
        let names: Vec<String> =
            services.iter().map(|service| text(service, "serviceName").to_owned()).collect();
        let mut sorted = names.clone();
        sorted.sort();
        let rank = |name| sorted.iter().position(|other| other == name).expect("one of them");
        names.iter().map(rank).collect::<Vec<_>>()
    };
    assert_eq!(order(&real), order(&made_up));
}

#[test]
fn the_scenario_runs_under_its_made_up_names() {
    let scenario = Scenario::from_node(anonymous().document).expect("a scenario");
    let engine = scenario.plan().expect("it fits together").engine().expect("it can be set up");
    assert_eq!(engine.view().tasks().len(), 60);
}
