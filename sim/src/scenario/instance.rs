//! Container instances, as a scenario gives them.

use std::collections::BTreeMap;

use serde::Deserialize;
use stowplan_engine::model::InstanceStatus;

use super::{
    at::{At, Origin},
    exported::{self, ExportedInstance},
    fields::fields_of,
    scalar::{Attributes, OneOrMany, Setting},
    unbuilt::Part,
};
use crate::document::{DocumentError, Timestamp};

/// One element of `instances`.
#[derive(Clone, Debug)]
pub(super) struct GivenInstance {
    pub(super) keys: InstanceForm,
    pub(super) origin: Origin,
}

/// In which of its forms an instance is given.
#[derive(Clone, Debug)]
pub(super) enum InstanceForm {
    Short(Box<InstanceKeys>),
    Exported(Box<ExportedInstance>),
}

/// The instance fields of the format.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct InstanceKeys {
    pub(super) id: Option<String>,
    pub(super) count: Option<u32>,
    #[serde(rename = "type")]
    pub(super) instance_type: Option<String>,
    pub(super) cpu: Option<u32>,
    pub(super) memory: Option<u32>,
    pub(super) gpu: Option<u32>,
    pub(super) task_eni_limit: Option<u32>,
    pub(super) availability_zone: Option<OneOrMany>,
    pub(super) attributes: Option<Attributes>,
    pub(super) without_attributes: Vec<String>,
    pub(super) status: Option<InstanceStatus>,
    pub(super) agent_connected: Option<bool>,
    pub(super) agent_version: Option<String>,
    pub(super) registered_at: Option<Timestamp>,
    pub(super) ec2_instance_id: Option<String>,
    pub(super) private_ip: Option<String>,
    pub(super) ami: Option<String>,
    pub(super) foreign_enis: Option<u32>,
    pub(super) agent_config: BTreeMap<String, Setting>,
    pub(super) host_memory_bytes: Option<u64>,
    pub(super) remaining: Option<Remaining>,
    pub(super) used_ports: Option<UsedPorts>,
}

/// What is left at time 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Remaining {
    pub(super) cpu: Option<u32>,
    pub(super) memory: Option<u32>,
    pub(super) gpu: Option<u32>,
    pub(super) eni: Option<u32>,
}

/// Host ports that are taken at time 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct UsedPorts {
    pub(super) tcp: Vec<u16>,
    pub(super) udp: Vec<u16>,
}

/// An Auto Scaling group.
#[derive(Clone, Debug)]
pub(super) struct GivenGroup {
    pub(super) keys: GroupKeys,
    pub(super) instance: InstanceKeys,
    /// Its instances that are given one by one; what they leave out is the group's.
    pub(super) members: Vec<GivenInstance>,
    pub(super) origin: Origin,
}

/// What a group has besides the instance fields.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct GroupKeys {
    pub(super) name: String,
    pub(super) instance_types: Option<Vec<GroupType>>,
    /// As the launch template of a group says it.
    pub(super) instance_type: Option<String>,
    pub(super) min_size: Option<u32>,
    pub(super) max_size: Option<u32>,
    pub(super) desired_capacity: Option<u32>,
    pub(super) availability_zones: Option<Vec<String>>,
    pub(super) market_type: Option<MarketType>,
    pub(super) termination_policies: Vec<String>,
    pub(super) new_instances_protected_from_scale_in: Option<bool>,
    pub(super) launch_delay: Option<crate::document::Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MarketType {
    OnDemand,
    Spot,
}

/// A type of a group: a name, or a name with other sizes.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "GroupTypeForm")]
pub(super) struct GroupType {
    pub(super) name: String,
    pub(super) cpu: Option<u32>,
    pub(super) memory: Option<u32>,
}

/// How a type of a group is written.
#[derive(Clone, Debug)]
pub(super) enum GroupTypeForm {
    Name(String),
    Sized(GroupTypeKeys),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupTypeKeys {
    #[serde(rename = "type")]
    name: String,
    cpu: Option<u32>,
    memory: Option<u32>,
}

impl<'de> Deserialize<'de> for GroupTypeForm {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = crate::document::Raw::deserialize(deserializer)?;
        let form = match raw.node.as_str() {
            Some(name) => Ok(Self::Name(name.to_owned())),
            None => raw.decode().map(Self::Sized),
        };
        form.map_err(serde::de::Error::custom)
    }
}

impl From<GroupTypeForm> for GroupType {
    fn from(form: GroupTypeForm) -> Self {
        match form {
            GroupTypeForm::Name(name) => Self { name, cpu: None, memory: None },
            GroupTypeForm::Sized(keys) => {
                Self { name: keys.name, cpu: keys.cpu, memory: keys.memory }
            }
        }
    }
}

pub(super) fn read(at: &At<'_>) -> Result<GivenInstance, DocumentError> {
    at.map()?;
    let keys = if at.get("containerInstanceArn").is_some() {
        InstanceForm::Exported(Box::new(exported::instance(at)?))
    } else {
        at.map_of(fields_of::<InstanceKeys>(), Part::Complete)?;
        InstanceForm::Short(Box::new(at.decode()?))
    };
    Ok(GivenInstance { keys, origin: at.origin.clone() })
}

pub(super) fn read_group(at: &At<'_>) -> Result<GivenGroup, DocumentError> {
    let keys = [fields_of::<GroupKeys>(), fields_of::<InstanceKeys>(), &["instances"]].concat();
    at.map_of(&keys, Part::Group)?;
    at.required("name")?;
    for (name, instead) in
        [("id", "name"), ("count", "desiredCapacity"), ("availabilityZone", "availabilityZones")]
    {
        if let Some(given) = at.get(name) {
            let error = given.error(format!("a group has no `{name}`"));
            return Err(error.with_remedy(format!("Write `{instead}`")));
        }
    }
    let members = at.list("instances")?;
    Ok(GivenGroup {
        keys: at.decode()?,
        instance: at.decode()?,
        members: members.iter().map(read).collect::<Result<_, _>>()?,
        origin: at.origin.clone(),
    })
}

impl InstanceKeys {
    /// These fields, and those of a group where one is left out.
    pub(super) fn within(&self, group: Self) -> Self {
        let own = self.clone();
        let mut attributes = group.attributes.unwrap_or_default().0;
        let mine = own.attributes.unwrap_or_default().0;
        attributes.retain(|(name, _)| mine.iter().all(|(other, _)| other != name));
        attributes.extend(mine);
        let mut agent_config = group.agent_config;
        agent_config.extend(own.agent_config);
        let mut without_attributes = own.without_attributes;
        without_attributes.extend(group.without_attributes);
        Self {
            id: own.id,
            count: own.count,
            instance_type: own.instance_type.or(group.instance_type),
            cpu: own.cpu.or(group.cpu),
            memory: own.memory.or(group.memory),
            gpu: own.gpu.or(group.gpu),
            task_eni_limit: own.task_eni_limit.or(group.task_eni_limit),
            availability_zone: own.availability_zone,
            attributes: Some(Attributes(attributes)),
            without_attributes,
            status: own.status.or(group.status),
            agent_connected: own.agent_connected.or(group.agent_connected),
            agent_version: own.agent_version.or(group.agent_version),
            registered_at: own.registered_at.or(group.registered_at),
            ec2_instance_id: own.ec2_instance_id,
            private_ip: own.private_ip,
            ami: own.ami.or(group.ami),
            foreign_enis: own.foreign_enis.or(group.foreign_enis),
            agent_config,
            host_memory_bytes: own.host_memory_bytes.or(group.host_memory_bytes),
            remaining: own.remaining.or(group.remaining),
            used_ports: own.used_ports.or(group.used_ports),
        }
    }
}
