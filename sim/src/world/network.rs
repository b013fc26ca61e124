//! Addresses of subnets (02 section 3.1): every task interface has one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use stowplan_engine::View;
use stowplan_engine::model::{InstanceId, SubnetId, TaskId, TaskStatus};

/// A subnet keeps so many of its first addresses to itself (02 section 3.1).
const KEPT_AT_FRONT: u32 = 4;

/// The position of an address among those of a subnet that interfaces can have.
pub(crate) fn position_of(network: Ipv4Addr, addresses: u32, address: Ipv4Addr) -> Option<u32> {
    let position =
        u32::from(address).checked_sub(u32::from(network))?.checked_sub(KEPT_AT_FRONT)?;
    (position < addresses).then_some(position)
}

/// The address at a position among those that interfaces can have.
pub(crate) fn address_at(network: Ipv4Addr, position: u32) -> Option<Ipv4Addr> {
    let offset = position.checked_add(KEPT_AT_FRONT)?;
    u32::from(network).checked_add(offset).map(Ipv4Addr::from)
}

/// Addresses of all subnets that hold a task.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses {
    networks: Arc<[Ipv4Addr]>,
    given: Arc<BTreeMap<TaskId, Ipv4Addr>>,
    subnets: BTreeMap<SubnetId, Subnet>,
    /// Subnet and number of instances that registered in the course of the run.
    hosts: BTreeMap<InstanceId, (SubnetId, u32)>,
    /// Fargate tasks with an interface, by Region.
    on_fargate: BTreeMap<Box<str>, BTreeSet<TaskId>>,
}

#[derive(Clone, Debug, Default)]
struct Subnet {
    /// Positions from here on were never given out, but for those that tasks had at time 0.
    next: u32,
    given: BTreeSet<u32>,
    freed: BTreeSet<u32>,
}

impl Addresses {
    pub(super) fn new(networks: Vec<Ipv4Addr>, given: BTreeMap<TaskId, Ipv4Addr>) -> Self {
        Self { networks: networks.into(), given: Arc::new(given), ..Self::default() }
    }

    pub(super) fn network(&self, subnet: SubnetId) -> Option<Ipv4Addr> {
        self.networks.get(subnet.index()).copied()
    }

    pub(super) fn given(&self, task: TaskId) -> Option<Ipv4Addr> {
        self.given.get(&task).copied()
    }

    /// Takes an address for a task's interface, its own if it has one at time 0: its position
    /// among those that interfaces can have. None is left when it is absent.
    pub(super) fn take(&mut self, task: TaskId, subnet: SubnetId, view: View<'_>) -> Option<u32> {
        let addresses = view.subnet(subnet).addresses;
        if !self.subnets.contains_key(&subnet) {
            let fresh = self.fresh(subnet, view);
            self.subnets.insert(subnet, fresh);
        }
        let own = self.given_position(task, subnet, view);
        let entry = self.subnets.get_mut(&subnet)?;
        own.or_else(|| entry.take_next(addresses)).or_else(|| entry.freed.pop_first())
    }

    /// Counts the interface of a Fargate task. False when the quota of its Region has no room for
    /// it (02 section 4).
    pub(super) fn count(&mut self, task: TaskId, view: View<'_>) -> bool {
        let region = &view.cluster(view.task(task).cluster).region;
        let most = view.config().quotas.fargate_interfaces_per_region as usize;
        let here = self.on_fargate.entry(region.clone()).or_default();
        here.len() < most && here.insert(task)
    }

    /// The address of an instance that registered in the course of the run: from the end of the
    /// range of the first subnet in its zone, for such interfaces are not counted.
    pub(super) fn of_new_host(&mut self, host: InstanceId, view: View<'_>) -> Option<Ipv4Addr> {
        let row = view.instance(host);
        let mut subnets = view.cluster(row.cluster).subnets.iter();
        let subnet = *subnets.find(|subnet| view.subnet(**subnet).zone == row.zone)?;
        let before = self.hosts.values().filter(|(of, _)| *of == subnet).count();
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        let (_, position) = *self.hosts.entry(host).or_insert((subnet, before));
        let last = view.subnet(subnet).addresses.checked_sub(1)?;
        address_at(self.network(subnet)?, last.checked_sub(position)?)
    }

    /// The interface of a task is gone.
    pub(super) fn free(&mut self, task: TaskId, subnet: SubnetId, address: u32) {
        for here in self.on_fargate.values_mut() {
            here.remove(&task);
        }
        if let Some(entry) = self.subnets.get_mut(&subnet) {
            entry.freed.insert(address);
        }
    }

    /// A subnet in which only what is no task's has its addresses yet: the lowest.
    fn fresh(&self, subnet: SubnetId, view: View<'_>) -> Subnet {
        let row = view.subnet(subnet);
        let here = self.given.keys().filter(|task| view.task(**task).subnet == Some(subnet));
        let given = here.filter_map(|task| self.given_position(*task, subnet, view)).collect();
        let mut fresh = Subnet { given, ..Subnet::default() };
        for _ in 0..row.interfaces.saturating_sub(task_interfaces(subnet, view)) {
            fresh.take_next(row.addresses);
        }
        fresh
    }

    /// An address outside its subnet's range takes one inside it, too: so the counts stay right.
    fn given_position(&self, task: TaskId, subnet: SubnetId, view: View<'_>) -> Option<u32> {
        let (network, address) = (self.network(subnet)?, self.given(task)?);
        position_of(network, view.subnet(subnet).addresses, address)
    }
}

impl Subnet {
    fn take_next(&mut self, addresses: u32) -> Option<u32> {
        while self.given.contains(&self.next) {
            self.next += 1;
        }
        let taken = (self.next < addresses).then_some(self.next);
        self.next += u32::from(taken.is_some());
        taken
    }
}

/// Interfaces of tasks, as the control plane counts them.
fn task_interfaces(subnet: SubnetId, view: View<'_>) -> u32 {
    let holds = |task: &&stowplan_engine::model::Task| {
        task.subnet == Some(subnet) && task.last_status != TaskStatus::Stopped
    };
    u32::try_from(view.tasks().iter().filter(holds).count()).unwrap_or(u32::MAX)
}
