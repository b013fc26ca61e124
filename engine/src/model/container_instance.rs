//! A container instance, and what it says when it registers.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::model::{
    ClusterId, Demand, GroupId, InstanceStatus, PortSet, Protocol, TaskId, Time, ZoneId,
};

/// One container instance. What placement compares in bulk (free CPU and memory) stands in the
/// store's columns; see [`crate::View::instance_free`]. What it has in common with others of its
/// [kind](InstanceKind) is read as if it were its own.
///
/// There are many of them, and a placement touches one at random: what most tasks change and read
/// fills the first cache line, the rest the second.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(C, align(64))]
pub struct ContainerInstance {
    /// Tasks placed here and not yet STOPPED, in order of creation.
    pub tasks: Vec<TaskId>,
    /// How many live tasks of each group are here, by group.
    tenants: SmallVec<[(GroupId, u32); 2]>,
    /// What it has in common with others.
    pub(crate) kind: Arc<InstanceKind>,
    /// Task network interfaces in use.
    pub enis_used: u32,
    /// Grows with each visible change, from 1.
    pub version: u32,

    /// Ports and GPUs that tasks hold, while they hold any.
    devices: Option<Box<Devices>>,
    /// Its id: the last segment of its ARN.
    pub name: Box<str>,
    /// `i-…`; none for external instances.
    pub ec2_instance_id: Option<Box<str>>,
    /// What is held at time 0 by something that is no task.
    held: Option<Box<Held>>,
    /// When it registered.
    pub registered_at: Time,
    /// Its cluster.
    pub cluster: ClusterId,
    /// Status.
    pub status: InstanceStatus,
    /// Whether its agent is connected.
    pub agent_connected: bool,
}

/// What instances that were made alike have in common: they share one value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InstanceKind {
    /// EC2 type, when known.
    pub instance_type: Option<Box<str>>,
    /// Where it is.
    pub zone: ZoneId,
    /// Its VPC.
    pub vpc: Box<str>,
    /// Version of its agent.
    pub agent_version: Option<Box<str>>,
    /// Custom and built-in attributes, sorted by name.
    pub attributes: Vec<Attribute>,
    /// The capabilities of its agent.
    pub capabilities: Capabilities,
    /// The Auto Scaling group it belongs to.
    pub auto_scaling_group: Option<Box<str>>,
    /// On demand or Spot.
    pub market: Market,
    /// CPU units it offers.
    pub registered_cpu: u32,
    /// MiB it offers.
    pub registered_memory: u32,
    /// GPUs it offers; their ids are `GPU-0` and so on unless the export names them.
    pub gpus: u32,
    /// Task network interfaces it can hold; `None` is no limit.
    pub eni_limit: Option<u32>,
    /// Ports that are never free for tasks.
    pub reserved_ports: PortSet,
}

/// What tasks hold of an instance besides CPU, memory and interfaces. Most hold nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Devices {
    ports: PortSet,
    /// By position.
    gpus: u64,
}

/// An attribute of an instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attribute {
    /// Its name.
    pub name: Box<str>,
    /// Its value; may be absent.
    pub value: Option<Box<str>>,
}

/// Which capabilities an instance's agent has (01 section 2.6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Capabilities {
    /// All of a current Linux agent, but for those named.
    CurrentAgent {
        /// What it lacks, sorted.
        without: Vec<Box<str>>,
    },
    /// Exactly those among its attributes.
    Listed,
}

/// How an instance is paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Market {
    /// On demand.
    #[default]
    OnDemand,
    /// Spot: may be taken back.
    Spot,
}

/// What something nameless holds on an instance to the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Held {
    /// CPU units.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// GPUs.
    pub gpu: u32,
    /// Task network interfaces.
    pub eni: u32,
    /// Ports.
    pub ports: PortSet,
}

/// What an instance says when it registers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Registration {
    /// Its id.
    pub name: Box<str>,
    /// `i-…`; none for external instances.
    pub ec2_instance_id: Option<Box<str>>,
    /// EC2 type, when known.
    pub instance_type: Option<Box<str>>,
    /// Full name of its zone.
    pub zone: Box<str>,
    /// Its VPC.
    pub vpc: Box<str>,
    /// Status to begin with.
    pub status: InstanceStatus,
    /// Whether its agent is connected.
    pub agent_connected: bool,
    /// Version of its agent.
    pub agent_version: Option<Box<str>>,
    /// When it registered, if that was before now.
    pub registered_at: Option<Time>,
    /// Attributes, in any order.
    pub attributes: Vec<Attribute>,
    /// Capabilities of its agent.
    pub capabilities: Capabilities,
    /// The Auto Scaling group it belongs to.
    pub auto_scaling_group: Option<Box<str>>,
    /// On demand or Spot.
    pub market: Market,
    /// CPU units it offers.
    pub cpu: u32,
    /// MiB it offers.
    pub memory: u32,
    /// GPUs it offers.
    pub gpus: u32,
    /// Task network interfaces it can hold; `None` is no limit.
    pub eni_limit: Option<u32>,
    /// How many of them it could hold with a trunk; none when it can have no trunk (02 section
    /// 3.4). Whether it gets one depends on the account, when it registers in the run.
    pub trunk_enis: Option<u32>,
    /// Ports that are never free for tasks.
    pub reserved_ports: PortSet,
    /// What is held from the start by something that is no task.
    pub held: Held,
}

impl Registration {
    /// With a trunk: it holds more task interfaces and shows it.
    pub fn take_trunk(&mut self) {
        if let Some(limit) = self.trunk_enis.take() {
            self.eni_limit = Some(limit);
            let (name, value) = (TRUNK_ID.into(), Some("trunk".into()));
            self.attributes.push(Attribute { name, value });
        }
    }
}

/// The attribute of an instance that has a trunk (02 section 3.4).
pub const TRUNK_ID: &str = "ecs.awsvpc-trunk-id";

/// What is held where nothing is.
static NOTHING: Held = Held { cpu: 0, memory: 0, gpu: 0, eni: 0, ports: PortSet::new() };

impl Deref for ContainerInstance {
    type Target = InstanceKind;

    fn deref(&self) -> &InstanceKind {
        &self.kind
    }
}

impl ContainerInstance {
    /// One that registers, without tasks.
    pub(crate) fn new(
        given: Registration,
        cluster: ClusterId,
        zone: ZoneId,
        registered_at: Time,
    ) -> Self {
        Self {
            tasks: Vec::new(),
            tenants: SmallVec::new(),
            devices: None,
            enis_used: 0,
            version: 1,
            name: given.name,
            ec2_instance_id: given.ec2_instance_id,
            held: (given.held != NOTHING).then(|| Box::new(given.held)),
            registered_at,
            cluster,
            status: given.status,
            agent_connected: given.agent_connected,
            kind: Arc::new(InstanceKind {
                instance_type: given.instance_type,
                zone,
                vpc: given.vpc,
                agent_version: given.agent_version,
                attributes: given.attributes,
                capabilities: given.capabilities,
                auto_scaling_group: given.auto_scaling_group,
                market: given.market,
                registered_cpu: given.cpu,
                registered_memory: given.memory,
                gpus: given.gpus,
                eni_limit: given.eni_limit,
                reserved_ports: given.reserved_ports,
            }),
        }
    }

    /// The same instance under another name, with nothing on it.
    pub(crate) fn emptied(&self, name: Box<str>) -> Self {
        Self {
            tasks: Vec::new(),
            tenants: SmallVec::new(),
            devices: None,
            enis_used: 0,
            held: None,
            name,
            ..self.clone()
        }
    }

    /// What is held at time 0 by something that is no task.
    pub fn held(&self) -> &Held {
        self.held.as_deref().unwrap_or(&NOTHING)
    }

    /// Live tasks of a group here.
    pub fn tasks_of(&self, group: GroupId) -> u32 {
        match self.tenants.iter().find(|(tenant, _)| *tenant == group) {
            Some(&(_, tasks)) => tasks,
            None => 0,
        }
    }

    /// Groups with live tasks here, ascending, and how many.
    pub(crate) fn tenants(&self) -> &[(GroupId, u32)] {
        &self.tenants
    }

    /// GPUs in use, by position.
    pub fn gpus_used(&self) -> u64 {
        self.devices.as_ref().map_or(0, |devices| devices.gpus)
    }

    /// Ports in use, reserved ones included.
    pub fn used_ports(&self) -> Cow<'_, PortSet> {
        let mut used = Cow::Borrowed(&self.reserved_ports);
        for more in self.ports_taken().into_iter().filter(|ports| !ports.is_empty()) {
            used.to_mut().insert_all(more);
        }
        used
    }

    /// Whether a port is in use or reserved.
    pub fn uses_port(&self, protocol: Protocol, port: u16) -> bool {
        self.reserved_ports.contains(protocol, port)
            || self.ports_taken().into_iter().any(|ports| ports.contains(protocol, port))
    }

    /// How many ports are in use, reserved ones included.
    pub fn used_port_count(&self) -> usize {
        let [held, tasks] = self.ports_taken();
        let fresh = |ports: &PortSet, known: &[&PortSet]| {
            let is_fresh = |&(protocol, port): &(Protocol, u16)| {
                known.iter().all(|ports| !ports.contains(protocol, port))
            };
            ports.iter().filter(is_fresh).count()
        };
        let reserved = &self.reserved_ports;
        reserved.len() + fresh(held, &[reserved]) + fresh(tasks, &[reserved, held])
    }

    /// Ports that are taken besides the reserved ones: at time 0, and by tasks.
    fn ports_taken(&self) -> [&PortSet; 2] {
        let tasks = self.devices.as_ref().map_or(&NOTHING.ports, |devices| &devices.ports);
        [&self.held().ports, tasks]
    }

    /// A live task takes its ports and GPUs, and counts for its group. Answers with the GPUs.
    pub(crate) fn take(&mut self, group: GroupId, demand: &Demand) -> u64 {
        match self.tenants.iter().position(|(tenant, _)| *tenant >= group) {
            Some(at) if self.tenants[at].0 == group => self.tenants[at].1 += 1,
            Some(at) => self.tenants.insert(at, (group, 1)),
            None => self.tenants.push((group, 1)),
        }
        self.version += 1;
        if demand.ports.is_empty() && demand.gpu == 0 {
            return 0;
        }
        let used = self.gpus_used();
        let mut taken = 0_u64;
        for position in 0..self.gpus.min(64) {
            let bit = 1_u64 << position;
            if taken.count_ones() < demand.gpu && used & bit == 0 {
                taken |= bit;
            }
        }
        self.change_devices(|devices| {
            devices.ports.insert_all(&demand.ports);
            devices.gpus |= taken;
        });
        taken
    }

    /// A task gives back what it took.
    pub(crate) fn give_back(&mut self, group: GroupId, demand: &Demand, gpus: u64) {
        if let Some(at) = self.tenants.iter().position(|(tenant, _)| *tenant == group) {
            self.tenants[at].1 -= 1;
            if self.tenants[at].1 == 0 {
                self.tenants.remove(at);
            }
        }
        self.version += 1;
        if self.devices.is_some() {
            self.change_devices(|devices| {
                devices.ports.remove_all(&demand.ports);
                devices.gpus &= !gpus;
            });
        }
    }

    /// Devices of which nothing is held are none: so equal instances are equal.
    fn change_devices(&mut self, change: impl FnOnce(&mut Devices)) {
        let mut devices = self.devices.take().unwrap_or_default();
        change(&mut devices);
        self.devices = (*devices != Devices::default()).then_some(devices);
    }
}

impl InstanceKind {
    /// The attribute's value: `None` when it is absent, `Some(None)` without a value.
    pub fn attribute(&self, name: &str) -> Option<Option<&str>> {
        let found = self.attributes.binary_search_by(|a| (*a.name).cmp(name));
        match found {
            Ok(position) => Some(self.attributes[position].value.as_deref()),
            Err(_) if self.has_implied_capability(name) => Some(None),
            Err(_) => None,
        }
    }

    /// Whether the instance has what a task requires of it by name.
    pub fn has_required(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }

    fn has_implied_capability(&self, name: &str) -> bool {
        match &self.capabilities {
            Capabilities::Listed => false,
            Capabilities::CurrentAgent { without } => {
                is_agent_capability(name) && without.binary_search_by(|w| (**w).cmp(name)).is_err()
            }
        }
    }
}

/// Names that a current Linux agent registers by itself. An external instance and a GPU driver
/// say so themselves.
fn is_agent_capability(name: &str) -> bool {
    let own = name.strip_prefix("ecs.capability.");
    match own {
        Some(rest) => {
            rest != "external"
                && !rest.starts_with("gpu-driver-version")
                && !rest.starts_with("nvidia-driver-version")
        }
        None => name.starts_with("com.amazonaws.ecs.capability."),
    }
}
