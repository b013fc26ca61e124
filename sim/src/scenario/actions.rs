//! World actions of the timeline, as they are written.

use serde::Deserialize;
use stowplan_engine::model::AlarmState;

use super::{at::At, fields::fields_of, instance::InstanceKeys, unbuilt::Part};
use crate::document::DocumentError;
use crate::world::SetBehavior;

/// Names of the world actions that are built.
pub(super) const WORLD: &[&str] = &[
    "addInstances",
    "terminateInstance",
    "stopInstance",
    "disconnectAgent",
    "reconnectAgent",
    "interruptSpot",
    "setCapacity",
    "setBehavior",
    "failTask",
    "pushImage",
    "setAlarm",
];

/// A world action. Texts may hold `${CEL}`.
#[derive(Clone, Debug)]
pub(super) enum WorldKeys {
    AddInstances(Box<InstanceKeys>, Option<String>),
    Instance(InstanceAction, InstanceName),
    InterruptSpot(InterruptSpot),
    SetCapacity(SetCapacity),
    SetBehavior(Box<SetBehavior>),
    FailTask(FailTask),
    PushImage(PushImage),
    SetAlarm(SetAlarm),
}

/// Something that happens to one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceAction {
    /// EC2 ends it.
    Terminate,
    /// EC2 stops it.
    Stop,
    /// Its agent loses the connection.
    DisconnectAgent,
    /// Its agent finds the connection again.
    ReconnectAgent,
}

/// An instance by name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstanceName {
    /// Its id; may be a template.
    pub instance: String,
    /// Its cluster; needed only where several have such an instance.
    pub cluster: Option<String>,
}

/// Two minutes' notice: of an instance, of a Fargate task, or of some tasks of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InterruptSpot {
    /// An instance's id; may be a template.
    pub instance: Option<String>,
    /// A task's id; may be a template.
    pub task: Option<String>,
    /// `FARGATE_SPOT`.
    pub capacity_provider: Option<String>,
    /// How many of the provider's tasks; one when absent.
    pub count: Option<u32>,
    /// The cluster; needed only where several have such an instance.
    pub cluster: Option<String>,
}

/// Whether Fargate or Fargate Spot has room.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetCapacity {
    /// `FARGATE` or `FARGATE_SPOT`.
    pub capacity_provider: String,
    /// A zone, by letter or full name; all of them when absent.
    pub availability_zone: Option<String>,
    /// Whether tasks can be launched from now on.
    pub available: bool,
    /// The cluster; all of them when absent.
    pub cluster: Option<String>,
}

/// A container of a task ends.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FailTask {
    /// The task's id; may be a template.
    pub task: String,
    /// Which container; the first essential one when absent.
    pub container: Option<String>,
    /// The code it exits with; 1 when absent.
    pub exit_code: Option<i32>,
}

/// An alarm changes its state.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetAlarm {
    /// Its name; may be a template.
    pub alarm_name: String,
    /// The state from now on.
    pub state: AlarmState,
}

/// An image is pushed to a region.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PushImage {
    /// As task definitions write it, or without its tag.
    pub name: String,
    /// Compressed size; 40 when absent.
    #[serde(rename = "sizeMB")]
    pub size_mb: Option<u32>,
    /// The region; the first cluster's when absent.
    pub region: Option<String>,
}

pub(super) fn read(name: &str, input: &At<'_>) -> Result<WorldKeys, DocumentError> {
    let of_instance = |action| input.decode().map(|name| WorldKeys::Instance(action, name));
    match name {
        "terminateInstance" => of_instance(InstanceAction::Terminate),
        "stopInstance" => of_instance(InstanceAction::Stop),
        "disconnectAgent" => of_instance(InstanceAction::DisconnectAgent),
        "reconnectAgent" => of_instance(InstanceAction::ReconnectAgent),
        "interruptSpot" => interrupt_spot(input).map(WorldKeys::InterruptSpot),
        "setCapacity" => set_capacity(input).map(WorldKeys::SetCapacity),
        "failTask" => input.decode().map(WorldKeys::FailTask),
        "pushImage" => input.decode().map(WorldKeys::PushImage),
        "setAlarm" => input.decode().map(WorldKeys::SetAlarm),
        "setBehavior" => {
            super::behavior::read_change(input).map(|set| WorldKeys::SetBehavior(Box::new(set)))
        }
        _ => {
            let keys = [fields_of::<InstanceKeys>(), &["cluster"]].concat();
            input.map_of(&keys, Part::Complete)?;
            let instances = Box::new(input.decode()?);
            Ok(WorldKeys::AddInstances(instances, input.optional("cluster")?))
        }
    }
}

fn interrupt_spot(input: &At<'_>) -> Result<InterruptSpot, DocumentError> {
    let keys: InterruptSpot = input.decode()?;
    let named = [&keys.instance, &keys.task, &keys.capacity_provider];
    if named.into_iter().flatten().count() != 1 {
        let error = input.error("what is interrupted is not said, or said twice");
        return Err(error.with_remedy("Give one of: instance, task, capacityProvider"));
    }
    let Some(provider) = &keys.capacity_provider else {
        return match input.get("count") {
            Some(count) => Err(count
                .error("`count` goes with `capacityProvider`")
                .with_remedy("Leave it out, or name a capacity provider")),
            None => Ok(keys),
        };
    };
    if provider != "FARGATE_SPOT" {
        let error = input.required("capacityProvider")?.error("this provider has no Spot tasks");
        return Err(error.with_remedy("Write FARGATE_SPOT, or name an instance"));
    }
    Ok(keys)
}

fn set_capacity(input: &At<'_>) -> Result<SetCapacity, DocumentError> {
    if let Some(given) = input.get("instanceType") {
        let error = given.error("`instanceType` is not built yet");
        return Err(error.with_remedy("Leave it out"));
    }
    let keys: SetCapacity = input.decode()?;
    if !matches!(&*keys.capacity_provider, "FARGATE" | "FARGATE_SPOT") {
        let given = input.required("capacityProvider")?;
        let error = given.error("the capacity of Auto Scaling groups is not built yet");
        return Err(error.with_remedy("Write FARGATE or FARGATE_SPOT"));
    }
    Ok(keys)
}
