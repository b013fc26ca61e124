//! Values that can be written in several ways: what they may be, and an example of each.

use serde_json::{Value, json};

use super::tracer::{Registry, reference};
use crate::scenario::instance::GroupTypeKeys;
use crate::world::{Exit, HealthRule, StartFailure};

/// The schema and an example of a type that reads a part of a tree by itself.
pub(super) fn known(registry: &Registry, name: &str) -> Option<(Value, Value)> {
    let any_of = |forms: &[Value]| json!({ "anyOf": forms });
    let duration = || reference("duration");
    Some(match name {
        "Duration" => (duration(), json!("1s")),
        "Offset" => (reference("offset"), json!("1s")),
        "Timestamp" => (reference("instant"), json!("2026-01-01T00:00:00Z")),
        "When" => (any_of(&[reference("offset"), reference("instant")]), json!("1s")),
        "Decimal" => (json!({ "type": "number" }), json!(1)),
        "Share" => (json!({ "type": "number", "minimum": 0, "maximum": 1 }), json!(1)),
        "DurationRange" => (reference("durationRange"), json!("1s")),
        "Delay" => {
            (any_of(&[json!({ "const": "never" }), reference("durationRange")]), json!("never"))
        }
        "StartFails" => (
            any_of(&[json!({ "type": "boolean" }), registry.schema_of::<StartFailure>()]),
            json!(true),
        ),
        "Exits" => (exits(registry), json!("never")),
        "ProbeResult" => (reference("probeResult"), json!("pass")),
        "HealthRules" => {
            let rule = registry.schema_of::<HealthRule>();
            let rules = json!({ "type": "array", "items": rule });
            (any_of(&[reference("probeResult"), rule, rules]), json!("pass"))
        }
        "MemoryUsed" => {
            let parts = json!({
                "type": "object",
                "properties": { "base": count(), "perRequest": { "type": "number" } },
                "required": ["base"],
                "additionalProperties": false,
            });
            (any_of(&[count(), parts]), json!(1))
        }
        "OneOrMany" => {
            let texts = json!({ "type": "array", "items": text(), "minItems": 1 });
            (any_of(&[text(), texts]), json!("x"))
        }
        "Attributes" => {
            let values = json!({ "type": ["string", "null"] });
            (pairs(&values), json!({ "x": null }))
        }
        "Settings" => (pairs(&setting()), json!({ "x": "x" })),
        "Setting" => (setting(), json!("x")),
        "GroupType" | "GroupTypeForm" => {
            (any_of(&[text(), registry.schema_of::<GroupTypeKeys>()]), json!("x"))
        }
        _ => return None,
    })
}

/// Definitions that several types share.
pub(super) fn shared() -> [(&'static str, Value); 5] {
    let time = |pattern: &str| {
        json!({ "anyOf": [
            { "type": "number" },
            { "type": "string", "pattern": pattern },
        ] })
    };
    let mut duration = time("^([0-9.]+(h|m|s|ms))+$");
    duration["description"] = json!("500ms, 90s, 5m, 1h30m, or a number of seconds");
    let mut offset = time("^-?([0-9.]+(h|m|s|ms))+$");
    offset["description"] = json!("A time of the run; negative before time 0");
    let bounds = json!({
        "type": "object",
        "properties": { "min": reference("duration"), "max": reference("duration") },
        "required": ["min", "max"],
        "additionalProperties": false,
    });
    [
        ("duration", duration),
        ("offset", offset),
        (
            "instant",
            json!({
                "description": "RFC 3339, or seconds since 1970",
                "anyOf": [{ "type": "string", "pattern": "T" }, { "type": "number" }],
            }),
        ),
        ("durationRange", json!({ "anyOf": [reference("duration"), bounds] })),
        (
            "probeResult",
            json!({ "anyOf": [
                { "enum": ["pass", "fail", "hang"] },
                { "type": "integer", "minimum": 100, "maximum": 599 },
            ] }),
        ),
    ]
}

fn exits(registry: &Registry) -> Value {
    let one = json!({ "anyOf": [reference("durationRange"), registry.schema_of::<Exit>()] });
    json!({ "anyOf": [{ "const": "never" }, one, { "type": "array", "items": one }] })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn setting() -> Value {
    json!({ "type": ["string", "number", "boolean", "array"] })
}

/// A map, or Amazon's list of names and values.
fn pairs(values: &Value) -> Value {
    let entry = json!({
        "type": "object",
        "properties": { "name": text(), "value": values, "targetType": text(), "targetId": text() },
        "required": ["name"],
        "additionalProperties": false,
    });
    json!({ "anyOf": [
        { "type": "object", "additionalProperties": values },
        { "type": "array", "items": entry },
    ] })
}
