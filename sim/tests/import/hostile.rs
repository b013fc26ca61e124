//! Whatever stands in an export: it is imported, or refused, and never brings the importer down.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stowplan_sim::document::{Limits, to_yaml};
use stowplan_sim::import::{self, Options, check};
use stowplan_sim::scenario::Scenario;

use crate::export::Export;
use crate::fargate;

/// Two instances of the sample with what runs on them, and few attributes.
fn small() -> Export {
    let sample = Export::sample();
    let mut instances = sample.json("describe-container-instances.json");
    let list = instances["containerInstances"].as_array_mut().expect("a list");
    list.truncate(2);
    let mut here = BTreeSet::new();
    for instance in list {
        here.insert(instance["containerInstanceArn"].clone().to_string());
        instance["attributes"].as_array_mut().expect("a list").retain(|attribute| {
            !attribute["name"].as_str().expect("a name").contains("docker-remote-api.1.2")
        });
    }
    let mut tasks = sample.json("describe-tasks.json");
    let list = tasks["tasks"].as_array_mut().expect("a list");
    list.retain(|task| here.contains(&task["containerInstanceArn"].to_string()));
    sample
        .without("describe-container-instances")
        .without("describe-tasks")
        .without("list-")
        .and("instances.json", instances.to_string())
        .and("tasks.json", tasks.to_string())
}

/// What may stand anywhere: nothing, extremes, other types, texts of another kind.
fn hostile_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(-1),
        json!(4_294_967_296_u64),
        json!(1.5e300),
        json!(""),
        json!("\u{0}\u{202e}: {}"),
        json!("9999-12-31T23:59:59Z"),
        json!([null, [], {}]),
        json!({ "name": "x" }),
    ]
}

/// Paths of the leaves of a value, and of its lists and maps.
fn places(value: &Value, at: String, found: &mut Vec<String>) {
    if !at.is_empty() {
        found.push(at.clone());
    }
    match value {
        Value::Array(items) => {
            // The first few elements are like the rest.
            for (index, item) in items.iter().enumerate().take(2) {
                places(item, format!("{at}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                places(field, format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// Imports it, and where that goes well takes the scenario as far as time 0.
fn try_everything(export: &Export) -> bool {
    let files = export.files();
    let Ok(imported) = import::read(&files, &Options::default()) else { return false };
    let text = to_yaml(&imported.document);
    Scenario::read(text.as_bytes(), &Limits::default()).expect("what is written can be read");
    let options = Options { anonymize: true, ..Options::default() };
    import::read(&files, &options).expect("names do not matter");
    check::check(&files, &options).is_ok()
}

fn attack(export: &Export, every: usize) {
    assert!(try_everything(export), "untouched, it is sound");
    let names: Vec<String> = export.files().iter().map(|(name, _)| (*name).to_owned()).collect();
    let values = hostile_values();
    let (mut tried, mut sound) = (0, 0);
    for name in names {
        let mut found = Vec::new();
        places(&export.json(&name), String::new(), &mut found);
        for (index, place) in found.iter().enumerate() {
            let value = &values[(tried + index) % values.len()];
            if (tried + index).is_multiple_of(every) {
                let changed = export.clone().with_json(&name, |json| {
                    *json.pointer_mut(place).expect("it was just there") = value.clone();
                });
                sound += usize::from(try_everything(&changed));
            }
        }
        tried += found.len();
    }
    // Most fields are of no importance: the attack would be a blunt one otherwise.
    assert!(sound > 0 && tried > 100, "{sound} of {tried} were sound");
}

#[test]
fn any_value_may_stand_anywhere_in_an_export_of_fargate() {
    for every in [1, 2, 5] {
        attack(&fargate::export(), every);
    }
}

#[test]
fn any_value_may_stand_anywhere_in_an_export_of_instances() {
    attack(&small(), 7);
}
