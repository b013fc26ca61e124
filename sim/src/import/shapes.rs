//! Which fields the calls of the API take, read off their types: what newer versions of the API
//! print besides is found by this and left out.

use serde::Deserializer;
use serde::de::{Deserialize, Visitor, value::Error};
use serde::forward_to_deserialize_any;
use stowplan_engine::api::input::{
    AutoScalingGroupProvider, AwsVpcConfiguration, CapacityProviderStrategyItem,
    ContainerDefinition, ContainerDependency, ContainerOverride, CreateCapacityProvider,
    DeploymentAlarms, DeploymentCircuitBreaker, DeploymentConfiguration, EphemeralStorage,
    HealthCheck, LoadBalancer, LogConfiguration, ManagedScaling, PlacementConstraint,
    PlacementStrategy, PortMapping, RegisterTaskDefinition, ResourceRequirement, RestartPolicy,
    RuntimePlatform, Scale, Secret, ServiceRegistry, Tag, TaskOverride, ThresholdConfiguration,
    VolumeFrom,
};

use crate::document::{Decoder, DocumentError, Entry, Node, Value, key_path};

use super::at::At;
use super::fields::is_empty;
use super::note::{Concern, ImportError, Notes};

/// A part of a call: its fields, and the shapes of those that are structured themselves.
pub(super) struct Shape {
    /// How it is called in notes.
    what: &'static str,
    fields: fn() -> &'static [&'static str],
    /// Refuses what the type does not allow.
    decode: fn(&Node, &str) -> Result<(), DocumentError>,
    parts: &'static [(&'static str, &'static Self)],
}

macro_rules! shapes {
    ($($name:ident = $what:literal $type:ty { $($field:literal: $part:ident),* $(,)? })*) => {
        $(
            pub(super) static $name: Shape = Shape {
                what: $what,
                fields: fields_of::<$type>,
                decode: decode::<$type>,
                parts: &[$(($field, &$part)),*],
            };
        )*
    };
}

shapes! {
    DEFINITION = "task definitions" RegisterTaskDefinition {
        "containerDefinitions": CONTAINER,
        "placementConstraints": CONSTRAINT,
        "ephemeralStorage": EPHEMERAL_STORAGE,
        "runtimePlatform": PLATFORM,
        "tags": TAG,
    }
    CONTAINER = "container definitions" ContainerDefinition {
        "portMappings": PORT_MAPPING,
        "restartPolicy": RESTART_POLICY,
        "volumesFrom": VOLUME_FROM,
        "secrets": SECRET,
        "dependsOn": DEPENDENCY,
        "logConfiguration": LOG_CONFIGURATION,
        "healthCheck": HEALTH_CHECK,
        "resourceRequirements": REQUIREMENT,
    }
    PORT_MAPPING = "port mappings" PortMapping {}
    RESTART_POLICY = "restart policies" RestartPolicy {}
    VOLUME_FROM = "volumesFrom" VolumeFrom {}
    SECRET = "secrets" Secret {}
    DEPENDENCY = "dependencies" ContainerDependency {}
    LOG_CONFIGURATION = "log configurations" LogConfiguration { "secretOptions": SECRET }
    HEALTH_CHECK = "health checks" HealthCheck {}
    REQUIREMENT = "resource requirements" ResourceRequirement {}
    EPHEMERAL_STORAGE = "ephemeral storage" EphemeralStorage {}
    PLATFORM = "runtime platforms" RuntimePlatform {}
    CONSTRAINT = "placement constraints" PlacementConstraint {}
    STRATEGY = "placement strategies" PlacementStrategy {}
    TAG = "tags" Tag {}
    PROVIDER = "capacity providers" CreateCapacityProvider {
        "autoScalingGroupProvider": GROUP_PROVIDER,
        "tags": TAG,
    }
    GROUP_PROVIDER = "Auto Scaling group providers" AutoScalingGroupProvider {
        "managedScaling": MANAGED_SCALING,
    }
    MANAGED_SCALING = "managed scaling" ManagedScaling {}
    STRATEGY_ITEM = "capacity provider strategies" CapacityProviderStrategyItem {}
    DEPLOYMENT_CONFIGURATION = "deployment configurations" DeploymentConfiguration {
        "deploymentCircuitBreaker": CIRCUIT_BREAKER,
        "alarms": ALARMS,
    }
    CIRCUIT_BREAKER = "circuit breakers" DeploymentCircuitBreaker {
        "thresholdConfiguration": THRESHOLD,
    }
    THRESHOLD = "thresholds" ThresholdConfiguration {}
    ALARMS = "deployment alarms" DeploymentAlarms {}
    AWSVPC = "awsvpc configurations" AwsVpcConfiguration {}
    LOAD_BALANCER = "load balancers" LoadBalancer {}
    SERVICE_REGISTRY = "service registries" ServiceRegistry {}
    SCALE = "scales" Scale {}
    OVERRIDES = "overrides" TaskOverride { "containerOverrides": CONTAINER_OVERRIDE }
    CONTAINER_OVERRIDE = "container overrides" ContainerOverride {
        "resourceRequirements": REQUIREMENT,
    }
}

impl Shape {
    /// A value cut down to this shape: what says nothing goes without a word, what is not known
    /// with a note unless it is among `expected`.
    pub(super) fn cut(
        &'static self,
        at: &At<'_>,
        expected: &[&str],
        notes: &mut Notes,
    ) -> Result<Node, ImportError> {
        let node = self.cut_node(at, at.node(), at.path(), expected, notes);
        (self.decode)(&node, at.path()).map_err(|error| at.locate(error))?;
        Ok(node)
    }

    fn cut_node(
        &'static self,
        at: &At<'_>,
        node: &Node,
        path: &str,
        expected: &[&str],
        notes: &mut Notes,
    ) -> Node {
        let known = (self.fields)();
        let value = match &node.value {
            Value::List(items) => Value::List(
                items.iter().map(|item| self.cut_node(at, item, path, expected, notes)).collect(),
            ),
            Value::Map(entries) => {
                let mut kept = Vec::new();
                for entry in entries {
                    let name = &*entry.key.name;
                    if is_empty(&entry.value) || expected.contains(&name) {
                        continue;
                    }
                    if !known.contains(&name) {
                        unknown(self.what, name, at, notes);
                        continue;
                    }
                    let part = self.parts.iter().find(|(field, _)| *field == name);
                    let value = match part {
                        Some((_, shape)) => {
                            let path = key_path(path, name);
                            shape.cut_node(at, &entry.value, &path, &[], notes)
                        }
                        None => entry.value.clone(),
                    };
                    if !is_empty(&value) {
                        kept.push(Entry { key: entry.key.clone(), value });
                    }
                }
                Value::Map(kept)
            }
            _ => return node.clone(),
        };
        Node::new(value, node.place)
    }
}

/// Reads a value or a list of them, for the sake of the errors.
fn decode<T: for<'de> Deserialize<'de>>(node: &Node, path: &str) -> Result<(), DocumentError> {
    let decoder = Decoder::new(node).at(path);
    match node.value {
        Value::List(_) => decoder.decode::<Vec<T>>().map(drop),
        _ => decoder.decode::<T>().map(drop),
    }
}

/// Notes the fields of a value that are not among those known here.
pub(super) fn note_unknown(what: &str, at: &At<'_>, known: &[&str], notes: &mut Notes) {
    for (name, value) in at.entries() {
        if !known.contains(&name) && !is_empty(value.node()) {
            unknown(what, name, &value, notes);
        }
    }
}

fn unknown(what: &str, name: &str, at: &At<'_>, notes: &mut Notes) {
    let name = crate::document::excerpt(name);
    let message = format!("`{name}` of {what} is not known here and left out");
    notes.at(Concern::LeftOut, at, message);
}

/// The names of a struct's fields, as serde spells them.
fn fields_of<T: for<'de> Deserialize<'de>>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // It ends in an error once the struct has told its fields.
    drop(T::deserialize(AskFields(&mut fields)));
    fields
}

struct AskFields<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for AskFields<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(serde::de::Error::custom("only fields are asked for"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(serde::de::Error::custom("the fields are told"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_tells_its_fields() {
        assert_eq!(
            fields_of::<HealthCheck>(),
            ["command", "interval", "timeout", "retries", "startPeriod"]
        );
        assert!((REQUIREMENT.fields)().contains(&"type"));
        assert!((PROVIDER.fields)().contains(&"autoScalingGroupProvider"));
    }
}
