//! The container agent of one instance: its configuration, its waiting queue and its own ledger of
//! what is really free (01 section 1.5), host ports, images and network interfaces.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::num::NonZeroU16;

use stowplan_engine::View;
use stowplan_engine::api::event::FailedCheck;
use stowplan_engine::api::{Effect, Report};
use stowplan_engine::model::host_ports::{DynamicPortRange, HostPortTracker};
use stowplan_engine::model::{
    ContainerPort, Demand, InstanceId, NetworkMode, PortSet, Protocol, Span, TaskId, Time,
};

use super::images::ImageId;

/// The agent's own variables, as far as the world obeys them, and what else is on its machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentConfig {
    /// `ECS_DYNAMIC_HOST_PORT_RANGE`; the kernel's range when absent.
    pub dynamic_host_ports: Option<DynamicPortRange>,
    /// `ECS_CONTAINER_STOP_TIMEOUT`, at least a second.
    pub stop_timeout: Span,
    /// `ECS_ENABLE_SPOT_INSTANCE_DRAINING`.
    pub spot_draining: bool,
    /// `ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT`.
    pub pull_upfront: bool,
    /// Network interfaces that were attached by hand: they take what ECS believes to be free.
    pub foreign_interfaces: u32,
    /// Whether the instance runs Windows.
    pub windows: bool,
    /// The private address of the machine, if it is known.
    pub address: Option<Ipv4Addr>,
}

impl Default for AgentConfig {
    fn default() -> Self {
        Self {
            dynamic_host_ports: None,
            stop_timeout: super::latency::STOP_TIMEOUT,
            spot_draining: false,
            pull_upfront: false,
            foreign_interfaces: 0,
            windows: false,
            address: None,
        }
    }
}

impl AgentConfig {
    /// Takes one variable of `agentConfig`; false when the world has no use for it.
    ///
    /// # Errors
    ///
    /// What is wrong with the value, and how to write it.
    pub fn set(&mut self, variable: &str, value: &str) -> Result<bool, &'static str> {
        match variable {
            "ECS_DYNAMIC_HOST_PORT_RANGE" => {
                let range = DynamicPortRange::parse(value);
                self.dynamic_host_ports = Some(range.ok_or("write a range as 32768-60999")?);
            }
            "ECS_CONTAINER_STOP_TIMEOUT" => self.stop_timeout = stop_timeout(value)?,
            "ECS_ENABLE_SPOT_INSTANCE_DRAINING" => self.spot_draining = boolean(value)?,
            "ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT" => self.pull_upfront = boolean(value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn boolean(value: &str) -> Result<bool, &'static str> {
    value.parse().map_err(|_| "write true or false")
}

fn stop_timeout(value: &str) -> Result<Span, &'static str> {
    let span = crate::document::Duration::parse(value).map_err(|_| "write a duration as 30s")?;
    // An agent takes no less than a second (01 section 11.4).
    Ok(Span(span.millis().max(1000)))
}

/// The first agent that asks its own ledger before it starts a task (01 section 1.5).
const LEDGER_SINCE: [u32; 3] = [1, 73, 0];

/// One container instance as it really is.
#[derive(Clone, Debug)]
pub(super) struct Host {
    pub(super) config: AgentConfig,
    /// The control plane hears from the agent, and the agent from it.
    pub(super) connected: bool,
    /// The machine does not exist any more.
    pub(super) lost: bool,
    /// What the control plane wants while the agent cannot be reached.
    pub(super) mailbox: Vec<Effect>,
    /// What the agent would report.
    pub(super) unsent: Vec<Report>,
    checks_ledger: bool,
    free: Amounts,
    static_ports: PortSet,
    queue: VecDeque<TaskId>,
    tracker: HostPortTracker,
    bound_ports: PortSet,
    images: BTreeMap<ImageId, Time>,
    interfaces: u32,
    interface_limit: Option<u32>,
}

/// Amounts of the host ledger. What an import gives may exceed what there is, hence the sign.
#[derive(Clone, Copy, Debug)]
struct Amounts {
    cpu: i64,
    memory: i64,
    gpu: i64,
}

impl Host {
    pub(super) fn new(instance: InstanceId, config: AgentConfig, view: View<'_>) -> Self {
        let row = view.instance(instance);
        let left = |registered: u32, held: u32| i64::from(registered) - i64::from(held);
        let mut taken = row.reserved_ports.clone();
        taken.insert_all(&row.held().ports);
        let tracker = match (config.dynamic_host_ports, config.windows) {
            (Some(range), _) => HostPortTracker::new(range),
            (None, true) => HostPortTracker::on_windows(),
            (None, false) => HostPortTracker::new(DynamicPortRange::LINUX),
        };
        Self {
            connected: row.agent_connected,
            lost: false,
            mailbox: Vec::new(),
            unsent: Vec::new(),
            checks_ledger: row.agent_version.as_deref().is_none_or(has_ledger),
            free: Amounts {
                cpu: left(row.registered_cpu, row.held().cpu),
                memory: left(row.registered_memory, row.held().memory),
                gpu: left(row.gpus, row.held().gpu),
            },
            static_ports: taken.clone(),
            queue: VecDeque::new(),
            tracker,
            bound_ports: taken,
            images: BTreeMap::new(),
            interfaces: row.held().eni,
            interface_limit: row
                .eni_limit
                .map(|limit| limit.saturating_sub(config.foreign_interfaces)),
            config,
        }
    }

    /// A task arrives at the agent, behind those that wait already.
    pub(super) fn enqueue(&mut self, task: TaskId) {
        self.queue.push_back(task);
    }

    /// A task that waits is told to stop: it leaves without having taken anything.
    pub(super) fn leave_queue(&mut self, task: TaskId) {
        self.queue.retain(|&waiting| waiting != task);
    }

    /// Admits tasks from the head of the queue as long as the head fits.
    pub(super) fn admit(&mut self, view: View<'_>, admitted: &mut Vec<TaskId>) {
        while let Some(&head) = self.queue.front() {
            let demand = &view.task(head).demand;
            if self.checks_ledger && !self.fits(demand) {
                return;
            }
            self.queue.pop_front();
            self.reserve(demand);
            admitted.push(head);
        }
    }

    /// The head of the queue that a task stands in, how many are before the task, and what the
    /// head is short of.
    pub(super) fn queue_before(
        &self,
        task: TaskId,
        view: View<'_>,
    ) -> Option<(TaskId, u32, Box<[FailedCheck]>)> {
        let before = self.queue.iter().position(|&waiting| waiting == task)?;
        let &head = self.queue.front()?;
        let demand = &view.task(head).demand;
        let left = |free: i64| u32::try_from(free.max(0)).unwrap_or(u32::MAX);
        let (cpu, memory, gpu) = (left(self.free.cpu), left(self.free.memory), left(self.free.gpu));
        let conflicts = self.static_ports.conflicts(&demand.ports).count();
        let count = |ports: usize| u32::try_from(ports).unwrap_or(u32::MAX);
        let ports =
            FailedCheck::Ports { need: count(demand.ports.len()), conflicts: count(conflicts) };
        let short = [
            (demand.cpu > cpu).then_some(FailedCheck::Cpu { need: demand.cpu, have: cpu }),
            (demand.memory > memory)
                .then_some(FailedCheck::Memory { need: demand.memory, have: memory }),
            (demand.gpu > gpu).then_some(FailedCheck::Gpu { need: demand.gpu, have: gpu }),
            (conflicts > 0).then_some(ports),
        ];
        Some((head, count(before), short.into_iter().flatten().collect()))
    }

    fn fits(&self, demand: &Demand) -> bool {
        i64::from(demand.cpu) <= self.free.cpu.max(0)
            && i64::from(demand.memory) <= self.free.memory.max(0)
            && i64::from(demand.gpu) <= self.free.gpu.max(0)
            && demand.ports.iter().all(|(p, port)| !self.static_ports.contains(p, port))
    }

    /// A task's resources are in use from now on.
    pub(super) fn reserve(&mut self, demand: &Demand) {
        self.free.cpu -= i64::from(demand.cpu);
        self.free.memory -= i64::from(demand.memory);
        self.free.gpu -= i64::from(demand.gpu);
        self.static_ports.insert_all(&demand.ports);
    }

    /// All containers of a task have stopped.
    pub(super) fn release(&mut self, demand: &Demand) {
        self.free.cpu += i64::from(demand.cpu);
        self.free.memory += i64::from(demand.memory);
        self.free.gpu += i64::from(demand.gpu);
        self.static_ports.remove_all(&demand.ports);
    }

    /// Attaches one more task interface; false when the machine has no room for it.
    pub(super) fn attach(&mut self) -> bool {
        let fits = self.interface_limit.is_none_or(|limit| self.interfaces < limit);
        self.interfaces += u32::from(fits);
        fits
    }

    pub(super) fn detach(&mut self) {
        self.interfaces -= 1;
    }

    /// When an image that is asked for now is there, if it takes so long to pull.
    pub(super) fn pull(&mut self, image: ImageId, now: Time, download: Span) -> Time {
        // One that is under way already is not pulled twice.
        let there = *self.images.entry(image).or_insert(now + download);
        there.max(now)
    }

    pub(super) fn has_image(&self, image: ImageId, now: Time) -> bool {
        self.images.get(&image).is_some_and(|&there| there <= now)
    }

    /// An image is there at an instant, unless it is there before.
    pub(super) fn cache(&mut self, image: ImageId, there: Time) {
        let entry = self.images.entry(image).or_insert(there);
        *entry = there.min(*entry);
    }

    /// Binds the host ports of a container: static ones as they are, dynamic ones as the agent
    /// picks them (02 section 2). Answers with the first host port of each mapping; on failure
    /// nothing is bound, and the text is the container's reason.
    pub(super) fn bind(
        &mut self,
        ports: &[ContainerPort],
        mode: NetworkMode,
    ) -> Result<Box<[u16]>, String> {
        if !binds_host_ports(mode) {
            return Ok(ports.iter().map(|port| port.container_port).collect());
        }
        let mut bound: Vec<u16> = Vec::with_capacity(ports.len());
        for port in ports {
            match self.bind_one(port) {
                Ok(first) => bound.push(first),
                Err(reason) => {
                    self.free_ports(&ports[..bound.len()], &bound, mode);
                    return Err(reason);
                }
            }
        }
        Ok(bound.into())
    }

    fn bind_one(&mut self, port: &ContainerPort) -> Result<u16, String> {
        let protocol = port.protocol;
        let first = match port.host_port {
            Some(first) => {
                if (first..=last(first, port.count)).any(|p| self.bound_ports.contains(protocol, p))
                {
                    return Err(format!(
                        "CannotStartContainerError: Error response from daemon: driver failed \
                         programming external connectivity: Bind for 0.0.0.0:{first} failed: port \
                         is already allocated"
                    ));
                }
                first
            }
            None => {
                let count = NonZeroU16::new(port.count).unwrap_or(NonZeroU16::MIN);
                let busy = |protocol, port| self.bound_ports.contains(protocol, port);
                let picked = self.tracker.pick_ports(count, protocol, busy);
                *picked.map_err(|error| format!("HostConfigError: {error}"))?.start()
            }
        };
        for host_port in first..=last(first, port.count) {
            self.bound_ports.insert(protocol, host_port);
        }
        Ok(first)
    }

    /// A container has stopped: its host ports are free.
    pub(super) fn free_ports(&mut self, ports: &[ContainerPort], bound: &[u16], mode: NetworkMode) {
        if !binds_host_ports(mode) {
            return;
        }
        for (port, &first) in ports.iter().zip(bound) {
            for host_port in first..=last(first, port.count) {
                self.bound_ports.remove(port.protocol, host_port);
            }
        }
    }

    /// Binds ports that are known to be in use already.
    pub(super) fn bind_given(&mut self, protocol: Protocol, first: u16, count: u16) {
        for host_port in first..=last(first, count) {
            self.bound_ports.insert(protocol, host_port);
        }
    }
}

fn last(first: u16, count: u16) -> u16 {
    first.saturating_add(count.max(1) - 1)
}

fn binds_host_ports(mode: NetworkMode) -> bool {
    matches!(mode, NetworkMode::Bridge | NetworkMode::Host | NetworkMode::Default)
}

/// Whether an agent of this version asks its own ledger. One that cannot be read is a new one.
fn has_ledger(version: &str) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().ok());
    let mut next = || numbers.next().flatten();
    match (next(), next(), next()) {
        (Some(major), Some(minor), patch) => [major, minor, patch.unwrap_or(0)] >= LEDGER_SINCE,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_before_1_73_start_tasks_without_asking() {
        for (version, asks) in
            [("1.72.0", false), ("1.73.0", true), ("1.100.1", true), ("0.9.9", false)]
        {
            assert_eq!(has_ledger(version), asks, "{version}");
        }
        assert!(has_ledger("edge"));
    }

    #[test]
    fn variables_of_the_agent() {
        let mut config = AgentConfig::default();
        assert_eq!(config.set("ECS_CONTAINER_STOP_TIMEOUT", "500ms"), Ok(true));
        assert_eq!(config.stop_timeout, Span::from_secs(1), "no less than a second");
        assert_eq!(config.set("ECS_DYNAMIC_HOST_PORT_RANGE", "100-103"), Ok(true));
        assert_eq!(config.dynamic_host_ports, DynamicPortRange::new(100, 103));
        assert_eq!(config.set("ECS_ENABLE_SPOT_INSTANCE_DRAINING", "true"), Ok(true));
        assert!(config.spot_draining);
        assert_eq!(config.set("ECS_RESERVED_MEMORY", "256"), Ok(false));
        assert!(config.set("ECS_DYNAMIC_HOST_PORT_RANGE", "103").is_err());
    }
}
