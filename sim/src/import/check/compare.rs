//! Two answers of the API, field by field. Order of lists that are sets, the ways to write an
//! instant or `memory` in a placement strategy, and values that say nothing do not count.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::Timestamp;

/// Where two answers differ.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pair {
    /// `containers[app].runtimeId`.
    pub(super) path: String,
    /// What the export says; null for nothing.
    pub(super) exported: Value,
    /// What the scenario says; null for nothing.
    pub(super) imported: Value,
    /// The export does not have the field at all.
    pub(super) is_unsaid: bool,
}

/// Fields whose absence says something.
const TELLING: &[&str] =
    &["capacityProviderName", "containerInstanceArn", "ec2InstanceId", "startedAt", "startedBy"];

/// What came of a comparison.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Values that are equal.
    pub(super) equal: usize,
    pub(super) pairs: Vec<Pair>,
}

/// The key by which elements of a list are found again.
const IDENTITIES: &[&str] = &["name", "key", "id", "capacityProvider", "arn"];

/// Lists whose order says something, although their elements have names.
fn is_ordered(key: &str) -> bool {
    matches!(key, "placementStrategy" | "defaultCapacityProviderStrategy" | "dependsOn")
}

/// Lists of texts whose order says nothing.
fn is_set(key: &str) -> bool {
    matches!(key, "stringSetValue" | "compatibilities")
}

pub(super) fn compare(exported: &Value, imported: &Value) -> Outcome {
    let mut outcome = Outcome::default();
    walk(&mut outcome, Walked::default(), exported, imported);
    outcome
}

#[derive(Clone, Default)]
struct Walked {
    path: String,
    /// The innermost key.
    key: String,
    /// Whether it is an element of a list, not a field.
    is_element: bool,
}

impl Walked {
    /// Whether its absence says nothing: a missing element says that there is none, but for details
    /// of a network interface, which are fields in the shape of a list.
    fn may_be_unsaid(&self) -> bool {
        (!self.is_element || self.key == "details") && !TELLING.contains(&&*self.key)
    }

    fn at_key(&self, key: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        let path = format!("{}{dot}{key}", self.path);
        Self { path, key: key.to_owned(), is_element: false }
    }

    fn at_element(&self, element: &str) -> Self {
        let path = format!("{}[{element}]", self.path);
        Self { path, key: self.key.clone(), is_element: true }
    }
}

fn walk(outcome: &mut Outcome, at: Walked, exported: &Value, imported: &Value) {
    match (exported, imported) {
        _ if says_nothing(exported) && says_nothing(imported) => {}
        (Value::Object(left), Value::Object(right)) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys {
                let side = |fields: &serde_json::Map<String, Value>| {
                    fields.get(key).cloned().unwrap_or_default()
                };
                walk(outcome, at.at_key(key), &side(left), &side(right));
            }
        }
        (Value::Array(left), Value::Array(right)) => lists(outcome, &at, left, right),
        _ if equal(&at.key, exported, imported) => outcome.equal += 1,
        _ => outcome.pairs.push(Pair {
            is_unsaid: exported.is_null() && at.may_be_unsaid(),
            path: at.path,
            exported: exported.clone(),
            imported: imported.clone(),
        }),
    }
}

fn lists(outcome: &mut Outcome, at: &Walked, left: &[Value], right: &[Value]) {
    if is_set(&at.key) {
        let sorted = |list: &[Value]| list.iter().map(Value::to_string).collect::<BTreeSet<_>>();
        let (left, right) = (sorted(left), sorted(right));
        outcome.equal += left.intersection(&right).count();
        for value in left.symmetric_difference(&right) {
            let (mine, theirs) = match left.contains(value) {
                true => (Value::from(value.clone()), Value::Null),
                false => (Value::Null, Value::from(value.clone())),
            };
            walk(outcome, at.at_element(value), &mine, &theirs);
        }
        return;
    }
    let identities = match &*at.key {
        _ if is_ordered(&at.key) || left.is_empty() => &[],
        // Their ids are made up anew.
        "attachments" => &["type"][..],
        _ => IDENTITIES,
    };
    let identity = identities.iter().find(|key| left.iter().all(|item| item[**key].is_string()));
    let Some(identity) = identity else {
        for index in 0..left.len().max(right.len()) {
            let side = |list: &[Value]| list.get(index).cloned().unwrap_or_default();
            walk(outcome, at.at_element(&index.to_string()), &side(left), &side(right));
        }
        return;
    };
    let named = |list: &[Value]| -> BTreeMap<String, Value> {
        let name = |item: &Value| item[*identity].as_str().unwrap_or_default().to_owned();
        list.iter().map(|item| (name(item), item.clone())).collect()
    };
    let (left, right) = (named(left), named(right));
    for name in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
        let side = |all: &BTreeMap<String, Value>| all.get(name).cloned().unwrap_or_default();
        walk(outcome, at.at_element(name), &side(&left), &side(&right));
    }
}

/// Whether a value says the same as one that is not there.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().all(says_nothing),
        Value::Object(fields) => fields.values().all(says_nothing),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn equal(key: &str, exported: &Value, imported: &Value) -> bool {
    if exported == imported {
        return true;
    }
    if let (Some(left), Some(right)) = (exported.as_f64(), imported.as_f64())
        && left == right
    {
        return true;
    }
    if let (Some(left), Some(right)) = (exported.as_str(), imported.as_str())
        && key == "field"
        && left.eq_ignore_ascii_case(right)
    {
        return true;
    }
    key.ends_with("At") && instant(exported).is_some_and(|at| Some(at) == instant(imported))
}

/// In milliseconds of the Unix epoch.
fn instant(value: &Value) -> Option<i64> {
    let node = crate::document::from_json(value);
    crate::document::decode::<Timestamp>(&node).ok().map(Timestamp::unix_millis)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differences(exported: &Value, imported: &Value) -> Vec<String> {
        compare(exported, imported).pairs.into_iter().map(|pair| pair.path).collect()
    }

    #[test]
    fn order_of_named_things_does_not_count() {
        let left = json!({ "attributes": [{ "name": "a" }, { "name": "b", "value": "1" }] });
        let right = json!({ "attributes": [{ "name": "b", "value": "2" }, { "name": "a" }] });
        assert_eq!(differences(&left, &right), ["attributes[b].value"]);
        let left = json!({ "stringSetValue": ["22", "80"] });
        let right = json!({ "stringSetValue": ["80", "23"] });
        assert_eq!(
            differences(&left, &right),
            ["stringSetValue[\"22\"]", "stringSetValue[\"23\"]"]
        );
    }

    #[test]
    fn an_instant_is_the_same_however_it_is_written() {
        let left = json!({ "createdAt": 1_789_380_000.5, "other": 1 });
        let right = json!({ "createdAt": "2026-09-14T10:00:00.500Z", "other": 1.0 });
        assert_eq!(compare(&left, &right).equal, 2);
    }

    #[test]
    fn silence_is_no_contradiction_unless_it_says_something() {
        let left = json!({ "list": [{ "name": "a" }], "none": [] });
        let right = json!({
            "list": [{ "name": "a", "value": 1 }, { "name": "b" }], "none": [1],
            "switch": false, "startedBy": "me",
        });
        let pairs = compare(&left, &right).pairs;
        let unsaid: Vec<_> = pairs.iter().map(|pair| (&*pair.path, pair.is_unsaid)).collect();
        assert_eq!(
            unsaid,
            [
                ("list[a].value", true),
                ("list[b]", false),
                ("none[0]", false),
                ("startedBy", false),
                ("switch", true),
            ]
        );
    }

    #[test]
    fn nothing_equals_nothing_and_what_is_missing_on_one_side_is_told_once() {
        let left = json!({ "a": [], "b": null, "c": { "d": { "e": 1 } } });
        let right = json!({ "f": [{ "g": null }] });
        let outcome = compare(&left, &right);
        assert_eq!(outcome.equal, 0);
        assert_eq!(outcome.pairs.len(), 1);
        assert_eq!(outcome.pairs[0].path, "c");
    }
}
