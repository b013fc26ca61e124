//! A container instance, and what it says when it registers.

use crate::model::{ClusterId, InstanceStatus, PortSet, TaskId, Time, ZoneId};

/// One container instance. What placement compares in bulk (free CPU and memory) stands in the
/// store's columns; see [`crate::View::instance_free`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContainerInstance {
    /// Its id: the last segment of its ARN.
    pub name: Box<str>,
    /// Its cluster.
    pub cluster: ClusterId,
    /// `i-…`; none for external instances.
    pub ec2_instance_id: Option<Box<str>>,
    /// EC2 type, when known.
    pub instance_type: Option<Box<str>>,
    /// Where it is.
    pub zone: ZoneId,
    /// Its VPC.
    pub vpc: Box<str>,
    /// Status.
    pub status: InstanceStatus,
    /// Whether its agent is connected.
    pub agent_connected: bool,
    /// Version of its agent.
    pub agent_version: Option<Box<str>>,
    /// When it registered.
    pub registered_at: Time,
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
    /// GPUs in use, by position.
    pub gpus_used: u64,
    /// Task network interfaces it can hold; `None` is no limit.
    pub eni_limit: Option<u32>,
    /// Task network interfaces in use.
    pub enis_used: u32,
    /// Ports that are never free for tasks.
    pub reserved_ports: PortSet,
    /// Ports in use, reserved ones included.
    pub used_ports: PortSet,
    /// Tasks placed here and not yet STOPPED, in order of creation.
    pub tasks: Vec<TaskId>,
    /// What is held at time 0 by something that is no task.
    pub held: Held,
    /// Grows with each visible change, from 1.
    pub version: u32,
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

impl ContainerInstance {
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
