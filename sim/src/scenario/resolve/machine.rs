//! What an instance registers, worked out from what is given of it (01 section 1.4).

use stowplan_engine::catalogue::{self, InstanceType};
use stowplan_engine::definition::{SERVICE_CONNECT, TASK_ENI};
use stowplan_engine::model::{
    Attribute, Capabilities, Held, InstanceStatus, Market, PortSet, Protocol, Registration, Time,
};

use super::Resolved;
use crate::document::DocumentError;
use crate::scenario::{
    at::Origin,
    instance::{InstanceKeys, Remaining},
    scalar::Setting,
};
use crate::world::AgentConfig;

/// A machine, before it has an id and a zone.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) registration: Registration,
    pub(super) agent: AgentConfig,
    pub(super) remaining: Remaining,
    pub(super) used_ports: Option<PortSet>,
}

/// The value of an attribute.
pub(super) fn attribute<'a>(
    attributes: &'a [(String, Option<String>)],
    name: &str,
) -> Option<&'a str> {
    let found = attributes.iter().find(|(known, _)| known == name)?;
    found.1.as_deref()
}

/// Works out the instance fields of the format.
pub(super) fn of_keys(
    resolved: &Resolved<'_>,
    keys: &InstanceKeys,
    origin: &Origin,
) -> Result<Machine, DocumentError> {
    let known = known_type(resolved, keys, origin)?;
    let attributes = keys.attributes.clone().unwrap_or_default().0;
    let windows = attribute(&attributes, "ecs.os-type") == Some("windows")
        || attribute(&attributes, "ecs.os-family").is_some_and(|os| os.starts_with("WINDOWS"));
    let own = OwnSettings::read(resolved, keys, origin, windows)?;
    let status = keys.status.unwrap_or(InstanceStatus::Active);
    if !matches!(status, InstanceStatus::Active | InstanceStatus::Draining) {
        let error = resolved.error(&origin.key("status"), "an instance of time 0 is up");
        return Err(error.with_remedy("Write ACTIVE or DRAINING, or leave the instance out"));
    }
    let registration = Registration {
        name: Box::default(),
        ec2_instance_id: keys.ec2_instance_id.as_deref().map(Into::into),
        instance_type: keys.instance_type.as_deref().map(Into::into),
        zone: Box::default(),
        vpc: Box::default(),
        status,
        agent_connected: keys.agent_connected.unwrap_or(true),
        agent_version: keys.agent_version.as_deref().map(Into::into),
        registered_at: keys.registered_at.map(|at| resolved.scenario.time_of(at)),
        attributes: attributes_of(resolved, keys, attributes, origin)?,
        capabilities: capabilities(keys),
        auto_scaling_group: None,
        market: Market::OnDemand,
        cpu: keys.cpu.or_else(|| known.map(|t| t.registered_cpu())).unwrap_or_default(),
        memory: memory_of(resolved, keys, known, own.reserved_memory, origin)?,
        gpus: keys.gpu.or_else(|| known.map(|t| t.gpus)).unwrap_or_default(),
        eni_limit: keys.task_eni_limit.or_else(|| known.map(|t| t.task_enis_without_trunking())),
        trunk_enis: known
            .and_then(|known| known.task_enis_with_trunking)
            .filter(|_| keys.task_eni_limit.is_none() && may_have_trunk(keys, windows)),
        reserved_ports: own.reserved_ports,
        held: Held::default(),
    };
    let used_ports = keys.used_ports.as_ref().map(|used| {
        let tcp = used.tcp.iter().map(|port| (Protocol::Tcp, *port));
        tcp.chain(used.udp.iter().map(|port| (Protocol::Udp, *port))).collect()
    });
    let remaining = keys.remaining.unwrap_or_default();
    Ok(Machine { registration, agent: own.agent, remaining, used_ports })
}

fn known_type(
    resolved: &Resolved<'_>,
    keys: &InstanceKeys,
    origin: &Origin,
) -> Result<Option<InstanceType>, DocumentError> {
    let known = keys.instance_type.as_deref().and_then(catalogue::instance_type);
    let has_memory = keys.memory.is_some() || keys.host_memory_bytes.is_some();
    if known.is_some() || (keys.cpu.is_some() && has_memory) {
        return Ok(known);
    }
    let Some(name) = &keys.instance_type else {
        let missing = if keys.cpu.is_none() { "cpu" } else { "memory" };
        let error = resolved.error(origin, format!("`{missing}` is missing"));
        return Err(error.with_remedy("Give a `type`, or `cpu` and `memory`"));
    };
    let place = origin.key("type");
    let error = resolved.error(&place, format!("the instance type `{name}` is not known here"));
    Err(error.with_remedy(match catalogue::nearest(name) {
        Some(near) => format!("Give `cpu` and `memory` too, or write a known one such as {near}"),
        None => "Give `cpu` and `memory` too".to_owned(),
    }))
}

/// What is given wins; else what the host has, or what instances of the type register, less what
/// the agent keeps.
fn memory_of(
    resolved: &Resolved<'_>,
    keys: &InstanceKeys,
    known: Option<InstanceType>,
    reserved: u64,
    origin: &Origin,
) -> Result<u32, DocumentError> {
    if let Some(memory) = keys.memory {
        return Ok(memory);
    }
    let total = match (keys.host_memory_bytes, known) {
        (Some(bytes), _) => bytes >> 20,
        (None, Some(known)) => known.registered_memory().into(),
        (None, None) => 0,
    };
    let left = total.checked_sub(reserved).ok_or_else(|| {
        let message = format!(
            "api register-container-instance: reserved memory is higher than available memory \
             on the host, total memory: {total}, reserved: {reserved}"
        );
        let origin = origin.key("agentConfig").key("ECS_RESERVED_MEMORY");
        resolved.error(&origin, message).with_remedy("Reserve less")
    })?;
    u32::try_from(left).map_err(|_| {
        let origin = origin.key("hostMemoryBytes");
        resolved.error(&origin, "no host has that much").with_remedy("Write it in bytes")
    })
}

/// Linux, and an agent of at least 1.28.1 (02 section 3.4).
fn may_have_trunk(keys: &InstanceKeys, windows: bool) -> bool {
    !windows && has_agent(keys, [1, 28, 1])
}

/// Whether its agent is at least of a version; one that cannot be read is a new one.
fn has_agent(keys: &InstanceKeys, since: [u32; 3]) -> bool {
    let version = keys.agent_version.as_deref().unwrap_or_default();
    let numbers: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
    numbers.is_none_or(|numbers| numbers[..] >= since[..])
}

fn attributes_of(
    resolved: &Resolved<'_>,
    keys: &InstanceKeys,
    given: Vec<(String, Option<String>)>,
    origin: &Origin,
) -> Result<Vec<Attribute>, DocumentError> {
    let is_custom = |(name, _): &&(String, Option<String>)| {
        !name.starts_with("ecs.") && !name.starts_with("com.amazonaws.")
    };
    let limit = resolved.scenario.tunables.engine.quotas.attributes_per_instance as usize;
    let custom = given.iter().filter(is_custom).count();
    if custom > limit {
        let message = format!("{custom} custom attributes are over the maximum {limit}");
        let error = resolved.error(&origin.key("attributes"), message);
        return Err(error.with_remedy("Leave some out"));
    }
    let mut attributes: Vec<Attribute> = given
        .into_iter()
        .map(|(name, value)| Attribute { name: name.into(), value: value.map(Into::into) })
        .collect();
    let mut add = |name: &str, value: &str| {
        if !attributes.iter().any(|attribute| &*attribute.name == name) {
            attributes.push(Attribute { name: name.into(), value: Some(value.into()) });
        }
    };
    if let Some(ami) = &keys.ami {
        add("ecs.ami-id", ami);
    }
    Ok(attributes)
}

/// All of a current agent but for those named, unless some are listed: then exactly those
/// (01 section 2.6).
fn capabilities(keys: &InstanceKeys) -> Capabilities {
    let given = keys.attributes.iter().flat_map(|attributes| &attributes.0);
    if given.into_iter().any(|(name, _)| is_capability(name)) {
        return Capabilities::Listed;
    }
    let without = keys.without_attributes.iter();
    let mut without: Vec<Box<str>> = without.map(|name| name.as_str().into()).collect();
    // 02 sections 1 and 6.
    if !has_agent(keys, [1, 67, 2]) {
        without.push(SERVICE_CONNECT.into());
    }
    let mut given = keys.attributes.iter().flat_map(|attributes| &attributes.0);
    if given.any(|(name, value)| {
        name == "ecs.os-family" && value.as_deref() == Some("WINDOWS_SERVER_2016_FULL")
    }) {
        without.push(TASK_ENI.into());
    }
    without.sort_unstable();
    without.dedup();
    Capabilities::CurrentAgent { without }
}

/// Whether an attribute is one that every current agent registers by itself.
fn is_capability(name: &str) -> bool {
    let Some((_, capability)) = name.split_once("ecs.capability.") else { return false };
    capability != "external" && !capability.contains("driver-version")
}

/// IAM roles for tasks: on Windows the agent keeps a port for them.
const TASK_ROLES: &str = "ECS_ENABLE_TASK_IAM_ROLE";

/// What the agent's own variables say.
struct OwnSettings {
    reserved_memory: u64,
    reserved_ports: PortSet,
    agent: AgentConfig,
}

impl OwnSettings {
    fn read(
        resolved: &Resolved<'_>,
        keys: &InstanceKeys,
        origin: &Origin,
        windows: bool,
    ) -> Result<Self, DocumentError> {
        let mut roles = keys.agent_config.iter().filter(|(name, _)| *name == TASK_ROLES);
        let with_roles = roles.any(|(_, Setting(value))| value == "true");
        let reserved_ports = match windows {
            true => {
                // The credentials of tasks are served there (01 section 1.4).
                let of_roles = with_roles.then_some(80);
                let ports = PortSet::RESERVED_TCP_WINDOWS.into_iter().chain(of_roles);
                ports.map(|port| (Protocol::Tcp, port)).collect()
            }
            false => PortSet::reserved_on_linux(),
        };
        let agent = AgentConfig {
            foreign_interfaces: keys.foreign_enis.unwrap_or(0),
            windows,
            ..AgentConfig::default()
        };
        let mut own = Self { reserved_memory: 0, reserved_ports, agent };
        for (name, Setting(value)) in &keys.agent_config {
            own.set(name, value).map_err(|(problem, remedy)| {
                let origin = origin.key("agentConfig").key(name);
                resolved.error(&origin, problem).with_remedy(remedy)
            })?;
        }
        Ok(own)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), (String, String)> {
        let wrong = |remedy: &str| (format!("`{value}` does not fit {name}"), remedy.to_owned());
        match name {
            "ECS_RESERVED_MEMORY" => {
                self.reserved_memory = value.parse().map_err(|_| wrong("Write a number of MiB"))?;
            }
            "ECS_RESERVED_PORTS" => {
                let ports = ports(value).ok_or_else(|| wrong("Write a list of ports"))?;
                self.reserved_ports = replaced(&self.reserved_ports, Protocol::Tcp, &ports);
            }
            "ECS_RESERVED_PORTS_UDP" => {
                let ports = ports(value).ok_or_else(|| wrong("Write a list of ports"))?;
                self.reserved_ports = replaced(&self.reserved_ports, Protocol::Udp, &ports);
            }
            TASK_ROLES if matches!(value, "true" | "false") => {}
            TASK_ROLES => return Err(wrong("Write true or false")),
            _ => {
                let known = self.agent.set(name, value).map_err(|how| {
                    let mut remedy = how.to_owned();
                    remedy[..1].make_ascii_uppercase();
                    wrong(&remedy)
                })?;
                if !known {
                    return Err((format!("`{name}` is not built yet"), "Leave it out".to_owned()));
                }
            }
        }
        Ok(())
    }
}

fn ports(list: &str) -> Option<Vec<u16>> {
    let inner = list.strip_prefix('[')?.strip_suffix(']')?;
    inner.split(',').map(str::trim).filter(|p| !p.is_empty()).map(|p| p.parse().ok()).collect()
}

/// A set with other ports of one protocol.
fn replaced(set: &PortSet, protocol: Protocol, ports: &[u16]) -> PortSet {
    let others = set.iter().filter(|(of, _)| *of != protocol);
    others.chain(ports.iter().map(|port| (protocol, *port))).collect()
}

/// When an instance of time 0 registered, if nobody says.
pub(super) fn registered_long_ago(registration: &mut Registration, long_ago: Time) {
    registration.registered_at.get_or_insert(long_ago);
}
