//! Container instances: what they registered, where they are, what is left on them.

use std::collections::BTreeMap;

use stowplan_engine::catalogue;
use stowplan_engine::model::{Demand, PortSet, Protocol};

use crate::document::{Node, excerpt};

use super::at::At;
use super::export::Export;
use super::fields::{Fields, flag, list, text};
use super::names::{Class, Names};
use super::note::{Concern, ImportError, Notes};
use super::shapes::note_unknown;

/// Everything that DescribeContainerInstances documents.
const DESCRIBED: &[&str] = &[
    "containerInstanceArn",
    "ec2InstanceId",
    "capacityProviderName",
    "version",
    "versionInfo",
    "remainingResources",
    "registeredResources",
    "status",
    "statusReason",
    "agentConnected",
    "runningTasksCount",
    "pendingTasksCount",
    "agentUpdateStatus",
    "attributes",
    "registeredAt",
    "attachments",
    "tags",
    "healthStatus",
];

/// Attributes of an instance, sorted by name.
type Attributes = BTreeMap<String, Option<String>>;

/// A container instance of the export.
pub(super) struct Instance<'d> {
    pub(super) id: &'d str,
    pub(super) at: At<'d>,
    pub(super) machine: Option<&'d str>,
    pub(super) provider: Option<&'d str>,
    /// Its EC2 type, in the catalogue or not.
    pub(super) instance_type: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) registered: Amounts,
    pub(super) remaining: Amounts,
    pub(super) attributes: Attributes,
    pub(super) status: &'d str,
}

/// What an instance offers, or what is left of it; the ports are those in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    pub(super) cpu: u32,
    pub(super) memory: u32,
    pub(super) gpu: u32,
    pub(super) ports: PortSet,
}

/// What all instances of a group have in common: written once, for the group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Common {
    pub(super) cpu: Option<u32>,
    pub(super) memory: Option<u32>,
    pub(super) gpu: Option<u32>,
    pub(super) agent_version: Option<String>,
    pub(super) instance_type: Option<String>,
    attributes: Attributes,
}

/// Reads the instances that are part of the cluster.
pub(super) fn read<'d>(
    export: &Export<'d>,
    notes: &mut Notes,
) -> Result<Vec<Instance<'d>>, ImportError> {
    let mut listed = listed_attributes(export)?;
    let mut instances = Vec::new();
    for (id, at) in export.instances.iter() {
        note_unknown("container instances", at, DESCRIBED, notes);
        let status = at.text("status")?.unwrap_or("ACTIVE");
        if !is_up(status) {
            notes.at(Concern::LeftOut, at, format!("container instance {id} is {status}"));
            continue;
        }
        let mut attributes = attributes(at)?;
        for (name, value) in listed.remove(id).unwrap_or_default() {
            attributes.entry(name).or_insert(value);
        }
        let value = |name: &str| attributes.get(name).cloned().flatten();
        let instance = Instance {
            id,
            at: at.clone(),
            machine: at.text("ec2InstanceId")?,
            provider: at.text("capacityProviderName")?,
            instance_type: value("ecs.instance-type"),
            zone: value("ecs.availability-zone"),
            registered: amounts(at, "registeredResources")?,
            remaining: amounts(at, "remainingResources")?,
            status,
            attributes,
        };
        instances.push(instance);
    }
    for (id, attributes) in listed {
        let message = format!("attributes of {id}, which is no container instance of the files");
        if let Some(at) = export
            .attributes
            .iter()
            .find(|at| at.text("targetId").ok().flatten().map(super::arn::short) == Some(id))
        {
            notes.at(Concern::LeftOut, at, message);
        }
        drop(attributes);
    }
    Ok(instances)
}

/// Whether an instance of this status is there at time 0.
pub(super) fn is_up(status: &str) -> bool {
    matches!(status, "ACTIVE" | "DRAINING")
}

/// What `list-attributes` says, by instance.
fn listed_attributes<'d>(
    export: &Export<'d>,
) -> Result<BTreeMap<&'d str, Attributes>, ImportError> {
    let mut by_instance: BTreeMap<&str, Attributes> = BTreeMap::new();
    for at in &export.attributes {
        let Some(target) = at.text("targetId")? else { continue };
        let value = at.text("value")?.map(str::to_owned);
        let attributes = by_instance.entry(super::arn::short(target)).or_default();
        attributes.insert(at.required("name")?.to_owned(), value);
    }
    Ok(by_instance)
}

fn attributes(instance: &At<'_>) -> Result<Attributes, ImportError> {
    let mut attributes = Attributes::new();
    for attribute in instance.list("attributes")? {
        let name = attribute.required("name")?;
        let value = attribute.text("value")?.map(str::to_owned);
        if attributes.insert(name.to_owned(), value).is_some() {
            let message = format!("the attribute `{}` is there twice", excerpt(name));
            return Err(attribute.error(message).remedy("Keep one of the two"));
        }
    }
    Ok(attributes)
}

fn amounts(instance: &At<'_>, key: &str) -> Result<Amounts, ImportError> {
    let mut amounts = Amounts::default();
    for resource in instance.list(key)? {
        let name = resource.required("name")?;
        match name {
            "CPU" | "MEMORY" => {
                let amount = resource.count("integerValue")?.ok_or_else(|| {
                    resource
                        .error(format!("{name} has no `integerValue`"))
                        .remedy("Export it again: every answer of the AWS CLI carries it")
                })?;
                if name == "CPU" { amounts.cpu = amount } else { amounts.memory = amount }
            }
            "GPU" => {
                let gpus = resource.list("stringSetValue")?.len();
                amounts.gpu = u32::try_from(gpus).unwrap_or(u32::MAX);
            }
            "PORTS" | "PORTS_UDP" => {
                let protocol = if name == "PORTS" { Protocol::Tcp } else { Protocol::Udp };
                for port in resource.list("stringSetValue")? {
                    let number = port.as_text()?.parse().ok().filter(|&number: &u16| number > 0);
                    let number = number.ok_or_else(|| {
                        port.error("this is no port").remedy("A port is 1 to 65535")
                    })?;
                    amounts.ports.insert(protocol, number);
                }
            }
            _ => {}
        }
    }
    Ok(amounts)
}

impl Common {
    /// What a group's instances have in common.
    pub(super) fn of(instances: &[&Instance<'_>]) -> Self {
        let Some((first, rest)) = instances.split_first() else { return Self::default() };
        let mut attributes = first.own_attributes(first.known_type());
        attributes.retain(|name, value| {
            rest.iter().all(|other| other.attributes.get(name) == Some(value))
        });
        Self {
            cpu: alike(instances, |instance| Some(instance.registered.cpu)),
            memory: alike(instances, |instance| Some(instance.registered.memory)),
            gpu: alike(instances, |instance| Some(instance.registered.gpu)).filter(|n| *n > 0),
            agent_version: alike(instances, |instance| instance.agent_version()),
            instance_type: alike(instances, |instance| instance.instance_type.clone()),
            attributes,
        }
    }

    /// The instance fields of the group.
    pub(super) fn write(&self, fields: &mut Fields, names: &Names) {
        let numbers = [("cpu", self.cpu), ("memory", self.memory), ("gpu", self.gpu)];
        for (key, number) in numbers {
            if let Some(number) = number {
                fields.put(key, i64::from(number));
            }
        }
        if let Some(version) = &self.agent_version {
            fields.put("agentVersion", text(version));
        }
        fields.put("attributes", attributes_node(&self.attributes, names));
    }
}

/// The value that all instances share.
fn alike<T: PartialEq>(
    instances: &[&Instance<'_>],
    value: impl Fn(&Instance<'_>) -> Option<T>,
) -> Option<T> {
    let first = value(instances.first()?)?;
    instances.iter().all(|instance| value(instance).as_ref() == Some(&first)).then_some(first)
}

impl<'d> Instance<'d> {
    fn agent_version(&self) -> Option<String> {
        let info = self.at.get("versionInfo")?;
        info.text("agentVersion").ok().flatten().map(str::to_owned)
    }

    /// Its type, if the catalogue has it.
    fn known_type(&self) -> Option<catalogue::InstanceType> {
        catalogue::instance_type(self.instance_type.as_deref()?)
    }

    /// Its attributes but for those that every instance has by itself.
    fn own_attributes(&self, known: Option<catalogue::InstanceType>) -> Attributes {
        let architecture = known.map_or("x86_64", |known| known.architecture().attribute_value());
        let mut own = self.attributes.clone();
        own.retain(|name, value| match (&**name, value.as_deref()) {
            ("ecs.availability-zone", Some(_)) => false,
            ("ecs.instance-type", Some(_)) => known.is_none(),
            ("ecs.os-type", Some("linux")) | ("ecs.os-family", Some("LINUX")) => false,
            ("ecs.cpu-architecture", Some(value)) => value != architecture,
            _ => true,
        });
        own
    }

    /// The instance as the scenario has it; what it shares with its group is left out.
    pub(super) fn write(
        &self,
        group: Option<&Common>,
        explained: &Demand,
        names: &Names,
        notes: &mut Notes,
    ) -> Result<Node, ImportError> {
        let mut fields = Fields::new()
            .with("id", text(names.of(Class::Instance, self.id)))
            .maybe("ec2InstanceId", self.machine.map(|id| text(names.of(Class::Machine, id))));
        self.write_size(group, &mut fields, notes);
        fields = fields.maybe("availabilityZone", self.zone.clone().map(text));
        if self.status != "ACTIVE" {
            fields.put("status", self.status);
        }
        if self.at.get("agentConnected").is_some() && !self.at.flag("agentConnected")? {
            fields.put("agentConnected", flag(false));
        }
        let version = self.agent_version();
        if version != group.and_then(|group| group.agent_version.clone()) {
            fields = fields.maybe("agentVersion", version.map(text));
        }
        if let Some(instant) = self.at.instant("registeredAt")? {
            fields.put("registeredAt", text(instant.to_string()));
        }
        let mut own = self.own_attributes(self.known_type());
        if let Some(group) = group {
            own.retain(|name, value| group.attributes.get(name) != Some(value));
        }
        fields.put("attributes", attributes_node(&own, names));
        self.write_ports(&mut fields);
        self.write_rest(explained, &mut fields, notes);
        Ok(fields.build())
    }

    fn write_size(&self, group: Option<&Common>, fields: &mut Fields, notes: &mut Notes) {
        let Amounts { cpu, memory, gpu, .. } = self.registered;
        let shared_type = group.is_some_and(|group| group.instance_type.is_some());
        match (&self.instance_type, self.known_type()) {
            (Some(name), Some(_)) if !shared_type => fields.put("type", text(name)),
            (Some(name), None) => {
                let name = excerpt(name);
                let message = format!(
                    "instance type \"{name}\" unknown, taken as registered: \
                     cpu {cpu}, memory {memory}, no limit of task network interfaces"
                );
                notes.at(Concern::Assumed, &self.at, message);
            }
            (None, _) => {
                let message = "no attribute tells the instance type: taken as registered, \
                               with no limit of task network interfaces";
                notes.at(Concern::Assumed, &self.at, message);
            }
            _ => {}
        }
        let of_type = self.known_type().filter(|_| group.is_none());
        let amounts = [
            ("cpu", cpu, group.and_then(|g| g.cpu), of_type.map(|t| t.registered_cpu())),
            (
                "memory",
                memory,
                group.and_then(|g| g.memory),
                of_type.map(|t| t.registered_memory()),
            ),
            ("gpu", gpu, Some(group.and_then(|g| g.gpu).unwrap_or(0)), of_type.map(|t| t.gpus)),
        ];
        for (key, amount, of_group, of_type) in amounts {
            let known = if group.is_some() { of_group } else { of_type };
            if known != Some(amount) && !(key == "gpu" && amount == 0 && known.is_none()) {
                fields.put(key, i64::from(amount));
            }
        }
    }

    /// Reserved ports, where they are not those that the agent reserves by itself.
    fn write_ports(&self, fields: &mut Fields) {
        let reserved = &self.registered.ports;
        if *reserved == PortSet::reserved_on_linux() {
            return;
        }
        let ports = |protocol| {
            list(reserved.ports(protocol).iter().map(|&port| Node::from(i64::from(port))))
        };
        let mut config = Fields::new();
        config.put_always("ECS_RESERVED_PORTS", ports(Protocol::Tcp));
        config.put_always("ECS_RESERVED_PORTS_UDP", ports(Protocol::Udp));
        fields.put("agentConfig", config);
    }

    /// What is left, where the tasks do not explain what is gone.
    fn write_rest(&self, explained: &Demand, fields: &mut Fields, notes: &mut Notes) {
        let mut rest = Fields::new();
        let amounts = [
            ("cpu", self.registered.cpu, explained.cpu, self.remaining.cpu),
            ("memory", self.registered.memory, explained.memory, self.remaining.memory),
            ("gpu", self.registered.gpu, explained.gpu, self.remaining.gpu),
        ];
        for (key, registered, by_tasks, remaining) in amounts {
            let expected = i64::from(registered) - i64::from(by_tasks);
            let held = expected - i64::from(remaining);
            if held > 0 {
                let message = format!(
                    "{held} of {key} are gone that no task explains: held by something nameless"
                );
                notes.at(Concern::Assumed, &self.at, message);
                rest.put(key, i64::from(remaining));
            }
            if held < 0 {
                let message = format!(
                    "{remaining} of {key} are said to be left, but the tasks leave only \
                     {expected}: the tasks count"
                );
                notes.at(Concern::Contradiction, &self.at, message);
            }
        }
        fields.put("remaining", rest);
        fields.put("usedPorts", self.unexplained_ports(explained, notes));
    }

    fn unexplained_ports(&self, explained: &Demand, notes: &mut Notes) -> Node {
        let mut fields = Fields::new();
        for protocol in Protocol::ALL {
            let known = |port: &&u16| {
                let sets = [&self.registered.ports, &explained.ports];
                !sets.iter().any(|set| set.ports(protocol).contains(port))
            };
            let ports: Vec<u16> =
                self.remaining.ports.ports(protocol).iter().filter(known).copied().collect();
            if ports.is_empty() {
                continue;
            }
            let message = format!("{} ports {ports:?} are in use by no task", protocol.as_str());
            notes.at(Concern::Assumed, &self.at, message);
            let ports = ports.into_iter().map(|port| Node::from(i64::from(port)));
            fields.put(protocol.as_str(), list(ports));
        }
        fields.build()
    }
}

/// Custom attributes keep their names and values: placement rules refer to them.
fn attributes_node(attributes: &Attributes, names: &Names) -> Node {
    let mut fields = Fields::new();
    for (name, value) in attributes {
        let class = match &**name {
            "ecs.subnet-id" => Some(Class::Subnet),
            "ecs.vpc-id" => Some(Class::Vpc),
            "ecs.ami-id" | "ecs.awsvpc-trunk-id" | "ecs.outpost-arn" => Some(Class::Other),
            _ => None,
        };
        let node = match (value, class) {
            (Some(value), Some(class)) => text(names.of(class, value)),
            (Some(value), None) => text(value),
            (None, _) => Node::default(),
        };
        fields.put_always(name, node);
    }
    fields.build()
}
