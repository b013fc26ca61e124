//! The JSON Schema of the format, made from the types that read it.
//!
//! It lives with the tests: nothing that runs needs it. `UPDATE_EXPECT=1` rewrites the file.

mod scalars;
mod tracer;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use stowplan_engine::api::input::{
    CapacityProviderStrategyItem, CreateCapacityProvider, CreateDeploymentGroup, CreateService,
    RegisterTaskDefinition,
};
use stowplan_engine::api::{Command, Exception};

use super::actions::{
    FailTask, InstanceName, InterruptSpot, PushImage, SetAlarm, SetCapacity, WORLD,
};
use super::alarms::{AlarmKeys, Dimension};
use super::cluster::SubnetKeys;
use super::expectation::ExpectationKeys;
use super::exported::{ExportedDeployment, ExportedInstance, ExportedTask};
use super::given::TaskKeys;
use super::instance::{GroupKeys, InstanceKeys};
use super::scalar::Settings;
use super::tunables::{self, Shape};
use super::unbuilt::{self, Part};
use super::{KEYS, Start, cluster};
use crate::document::{Duration, Timestamp};
use crate::view::describe::Query;
use crate::world::{self, Behavior, FunctionAnswer, Image, TargetGroup};
use tracer::{Registry, reference};

#[test]
fn the_published_schema_is_that_of_the_types() {
    let fresh = serde_json::to_string_pretty(&schema()).expect("a tree is JSON") + "\n";
    let path = folder().join("scenario.schema.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, fresh).expect("the folder is part of the project");
        return;
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = published.lines().zip(fresh.lines()).find(|(old, new)| old != new);
    assert!(
        published == fresh,
        "scenarios/scenario.schema.json is stale ({differs:?}): run the test with UPDATE_EXPECT=1"
    );
}

#[test]
fn every_scenario_of_the_project_conforms_to_the_schema() {
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("scenario.schema.json", schema()).expect("a schema");
    let index = compiler.compile("scenario.schema.json", &mut schemas).expect("a sound schema");
    for entry in std::fs::read_dir(folder().join("spec")).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        let bytes = std::fs::read(&path).expect("it can be read");
        let tree = crate::document::parse(&bytes, &crate::document::Limits::default());
        let json = crate::document::to_json(&tree.expect("a document"));
        if let Err(error) = schemas.validate(&json, index) {
            panic!("{}: {error:#}", path.display());
        }
    }
    for broken in [
        json!({ "version": 1 }),
        json!({ "version": 1, "name": "x", "servces": [] }),
        json!({ "version": 1, "name": "x", "scaling": {} }),
        json!({ "version": 1, "name": "x", "until": "5x" }),
        json!({ "version": 1, "name": "x", "services": [{ "serviceName": "web", "desired": 1 }] }),
        json!({ "version": 1, "name": "x", "timeline": [{ "runTsk": {} }] }),
        json!({ "version": 1, "name": "x", "cluster": { "instances": [{ "id": 5 }] } }),
    ] {
        assert!(schemas.validate(&broken, index).is_err(), "{broken}");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

fn schema() -> Value {
    let registry = Registry::default();
    let cluster = cluster_schema(&registry);
    let cluster = registry.put("Cluster", cluster);
    let properties: Map<String, Value> =
        KEYS.iter().map(|key| ((*key).to_owned(), top_level(&registry, key, &cluster))).collect();
    leave_out_unbuilt(&registry);
    let mut definitions = registry.into_definitions();
    for (name, schema) in scalars::shared() {
        definitions[name] = schema;
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stowplan scenario",
        "description": "What exists, what happens and what must hold.",
        "type": "object",
        "properties": properties,
        "required": ["version", "name"],
        "additionalProperties": false,
        "$defs": definitions,
    })
}

/// What is refused by name is no part of the schema.
fn leave_out_unbuilt(registry: &Registry) {
    for (name, part) in [
        ("CreateService", Part::Service),
        ("UpdateService", Part::Service),
        ("Behavior", Part::Behavior),
    ] {
        let mut definition = registry.take(name);
        retain_built(&mut definition, part);
        registry.put(name, definition);
    }
}

fn retain_built(schema: &mut Value, part: Part) {
    let properties = schema["properties"].as_object_mut().expect("a struct has properties");
    properties.retain(|key, _| unbuilt::find(part, key).is_none());
}

/// The schema of a key at the top, with what it means.
fn top_level(registry: &Registry, key: &str, cluster: &Value) -> Value {
    let (schema, meaning) = match key {
        "version" => (json!({ "const": 1 }), "Version of the format"),
        "name" => (text(), "For people"),
        "description" => (text(), "For people"),
        "seed" => (of::<u64>(registry), "Seed of every random choice; default 0"),
        "account" => (text(), "The account in ARNs: twelve digits"),
        "startTime" => (of::<Timestamp>(registry), "The instant of simulated time 0"),
        "start" => (of::<Start>(registry), "Services are created at time 0, or were long ago"),
        "until" => (of::<Duration>(registry), "When the run ends; default 1h"),
        "cluster" => (cluster.clone(), "The cluster; one called default, empty, when left out"),
        "clusters" => (list_of(cluster), "Several clusters, in place of `cluster`"),
        "taskDefinitions" => (list_of(&definition(registry)), "Task definitions, by family"),
        "services" => (list_of(&service(registry)), "Services"),
        "tasks" => (list_of(&task(registry)), "Tasks that exist at time 0"),
        "targetGroups" => (list_of(&target_group(registry)), "Target groups of services"),
        "registries" => (list_of(&registry_schema(registry)), "Cloud Map services"),
        "alarms" => {
            (list_of(&alarm(registry)), "CloudWatch alarms, on metrics or moved by setAlarm")
        }
        "deploymentGroups" => {
            (list_of(&deployment_group(registry)), "CodeDeploy's deployment groups")
        }
        "lambdas" => {
            let answer = of::<FunctionAnswer>(registry);
            let answers = any_of(&[answer.clone(), list_of(&answer)]);
            (map_of(&answers), "What the functions behind hooks answer, by name or ARN")
        }
        "images" => (list_of(&of::<Image>(registry)), "Exactly these images exist"),
        "behavior" => (map_of(&of::<Behavior>(registry)), "How the simulated world answers"),
        "tunables" => (tunables(registry), "Constants, switches and quotas"),
        "timeline" => (list_of(&timeline(registry)), "What is done, and when"),
        "expect" => (list_of(&of::<ExpectationKeys>(registry)), "What must hold"),
        "variants" => (map_of(&json!({ "type": "object" })), "Merge patches of this document"),
        other => panic!("say here what `{other}` may be"),
    };
    described(schema, meaning)
}

fn described(mut schema: Value, meaning: &str) -> Value {
    schema["description"] = meaning.into();
    schema
}

fn of<'de, T: Deserialize<'de>>(registry: &Registry) -> Value {
    registry.schema_of::<T>()
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn list_of(schema: &Value) -> Value {
    json!({ "type": "array", "items": schema })
}

fn map_of(schema: &Value) -> Value {
    json!({ "type": "object", "additionalProperties": schema })
}

fn any_of(forms: &[Value]) -> Value {
    json!({ "anyOf": forms })
}

/// A struct as an answer has it: with more keys than are read.
fn answer<'de, T: Deserialize<'de>>(
    registry: &Registry,
    name: &'static str,
    required: &[&str],
) -> Value {
    of::<T>(registry);
    let mut schema = registry.take(name);
    schema["additionalProperties"] = true.into();
    schema["required"] = required.into();
    registry.put(name, schema)
}

/// What a call registers, or with more keys an answer that has the required ones.
fn described_or_registered<'de, T: Deserialize<'de>>(
    registry: &Registry,
    name: &'static str,
    marks: [&str; 2],
) -> [Value; 2] {
    let registered = of::<T>(registry);
    let schema = registry.take(name);
    registry.put(name, schema);
    let marked = marks.map(|key| json!({ "required": [key] }));
    let described = json!({ "type": "object", "anyOf": marked });
    [registered, described]
}

fn definition(registry: &Registry) -> Value {
    let marks = ["revision", "taskDefinitionArn"];
    let [registered, described] = described_or_registered::<RegisterTaskDefinition>(
        registry,
        "RegisterTaskDefinition",
        marks,
    );
    let wrapped = json!({
        "type": "object",
        "properties": { "taskDefinition": any_of(&[registered.clone(), described.clone()]) },
        "required": ["taskDefinition"],
    });
    any_of(&[registered, described, wrapped])
}

fn service(registry: &Registry) -> Value {
    let marks = ["serviceArn", "deployments"];
    let [created, mut described] =
        described_or_registered::<CreateService>(registry, "CreateService", marks);
    let deployment =
        answer::<ExportedDeployment>(registry, "ExportedDeployment", &["status", "taskDefinition"]);
    described["properties"] = json!({ "deployments": list_of(&deployment) });
    any_of(&[created, described])
}

fn task(registry: &Registry) -> Value {
    let exported = answer::<ExportedTask>(registry, "ExportedTask", &["taskArn"]);
    any_of(&[of::<TaskKeys>(registry), exported])
}

fn alarm(registry: &Registry) -> Value {
    let alarm = in_either_case::<AlarmKeys>(registry, "AlarmKeys");
    in_either_case::<Dimension>(registry, "Dimension");
    alarm
}

fn deployment_group(registry: &Registry) -> Value {
    let name = "CreateDeploymentGroup";
    in_either_case::<CreateDeploymentGroup>(registry, name);
    let mut schema = registry.take(name);
    schema["properties"]["service"] = text();
    registry.put(name, schema)
}

fn target_group(registry: &Registry) -> Value {
    in_either_case::<TargetGroup>(registry, "TargetGroup")
}

fn registry_schema(registry: &Registry) -> Value {
    let schema = in_either_case::<world::Registry>(registry, "Registry");
    pascal_case_too(registry, "DnsRecord");
    let mut record = registry.take("DnsRecord");
    let properties = record["properties"].as_object_mut().expect("a struct has properties");
    let ttl = properties.remove("Ttl").expect("a record has a TTL");
    properties.insert("TTL".to_owned(), ttl);
    registry.put("DnsRecord", record);
    schema
}

/// With Amazon's own spelling of the keys, too.
fn in_either_case<'de, T: Deserialize<'de>>(registry: &Registry, name: &'static str) -> Value {
    of::<T>(registry);
    pascal_case_too(registry, name)
}

fn pascal_case_too(registry: &Registry, name: &'static str) -> Value {
    let mut schema = registry.take(name);
    let properties = schema["properties"].as_object_mut().expect("a struct has properties");
    for (key, value) in properties.clone() {
        let mut pascal = key;
        pascal[..1].make_ascii_uppercase();
        properties.insert(pascal, value);
    }
    schema.as_object_mut().expect("a struct is a map").remove("required");
    registry.put(name, schema)
}

fn tunables(registry: &Registry) -> Value {
    let shape = |shape: Shape| match shape {
        Shape::Seconds => reference("duration"),
        Shape::SecondsList => list_of(&reference("duration")),
        Shape::Count => of::<u32>(registry),
        Shape::Switch => of::<bool>(registry),
        Shape::OneOf(names) => json!({ "enum": names }),
    };
    let rows = tunables::TABLE.iter().map(|(name, of, _)| ((*name).to_owned(), shape(*of)));
    let properties: Map<String, Value> = rows.collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn cluster_schema(registry: &Registry) -> Value {
    let provider = any_of(&[text(), {
        let marks = ["capacityProviderArn", "status"];
        let name = "CreateCapacityProvider";
        any_of(&described_or_registered::<CreateCapacityProvider>(registry, name, marks))
    }]);
    let strategy = of::<CapacityProviderStrategyItem>(registry);
    let property = |key: &str| match key {
        "name" | "region" => text(),
        "availabilityZones" => list_of(&text()),
        "subnets" => list_of(&of::<SubnetKeys>(registry)),
        "instances" => list_of(&instance(registry)),
        "autoScalingGroups" => list_of(&group(registry)),
        "capacityProviders" => list_of(&provider),
        "defaultCapacityProviderStrategy" => list_of(&strategy),
        "settings" | "accountSettings" => of::<Settings>(registry),
        other => panic!("say here what `{other}` may be"),
    };
    let properties: Map<String, Value> =
        cluster::KEYS.iter().map(|key| ((*key).to_owned(), property(key))).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn instance(registry: &Registry) -> Value {
    let exported = answer::<ExportedInstance>(
        registry,
        "ExportedInstance",
        &["containerInstanceArn", "registeredResources", "remainingResources"],
    );
    any_of(&[of::<InstanceKeys>(registry), exported])
}

/// The keys of a group, and those of instances.
fn group(registry: &Registry) -> Value {
    of::<GroupKeys>(registry);
    of::<InstanceKeys>(registry);
    let own = registry.take("GroupKeys");
    let shared = registry.take("InstanceKeys");
    let mut schema = own;
    let of_instances = shared["properties"].as_object().expect("a struct has properties").clone();
    registry.put("InstanceKeys", shared);
    let properties = schema["properties"].as_object_mut().expect("a struct has properties");
    properties.extend(of_instances);
    for key in ["id", "count", "availabilityZone"] {
        properties.remove(key);
    }
    schema["required"] = json!(["name"]);
    registry.put("GroupKeys", schema)
}

/// An entry of the timeline: when, what is expected of it, and one action.
fn timeline(registry: &Registry) -> Value {
    let exception = json!({ "enum": Exception::NAMES });
    let refusal = json!({
        "type": "object",
        "properties": { "exception": exception, "message": text() },
        "required": ["exception"],
        "additionalProperties": false,
    });
    let mut properties = Map::from_iter([
        ("at".to_owned(), reference("duration")),
        ("as".to_owned(), text()),
        ("mustFail".to_owned(), any_of(&[exception, refusal])),
        ("mayFail".to_owned(), json!({ "type": "boolean" })),
    ]);
    for action in Command::ACTIONS {
        let schema = registry.schema_by(action, |trace| {
            Command::read(action, trace).expect("a name of Command::ACTIONS").map(drop)
        });
        properties.insert((*action).to_owned(), schema);
    }
    for action in Query::ACTIONS {
        let schema = registry.schema_by(action, |trace| {
            Query::read(action, trace).expect("a name of Query::ACTIONS").map(drop)
        });
        properties.insert((*action).to_owned(), schema);
    }
    pascal_case_too(registry, "DiscoverInstances");
    for action in WORLD {
        properties.insert((*action).to_owned(), world_action(registry, action));
    }
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "minProperties": 1,
    })
}

fn world_action(registry: &Registry, action: &str) -> Value {
    match action {
        "terminateInstance" | "stopInstance" | "disconnectAgent" | "reconnectAgent" => {
            of::<InstanceName>(registry)
        }
        "interruptSpot" => of::<InterruptSpot>(registry),
        "setCapacity" => of::<SetCapacity>(registry),
        "failTask" => of::<FailTask>(registry),
        "pushImage" => of::<PushImage>(registry),
        "setAlarm" => of::<SetAlarm>(registry),
        "setBehavior" => with_key::<Behavior>(registry, "Behavior", "of"),
        "addInstances" => with_key::<InstanceKeys>(registry, "InstanceKeys", "cluster"),
        other => panic!("say here what `{other}` may be"),
    }
}

/// The keys of a struct, and one more.
fn with_key<'de, T: Deserialize<'de>>(registry: &Registry, name: &'static str, key: &str) -> Value {
    of::<T>(registry);
    let kept = registry.take(name);
    let mut schema = kept.clone();
    registry.put(name, kept);
    schema["properties"][key] = text();
    retain_built(&mut schema, Part::Behavior);
    schema
}
