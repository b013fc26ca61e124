//! The table of container instances: rows for people, columns for placement.

use std::sync::Arc;

use crate::memory;
use crate::model::{
    Attribute, ClusterId, ContainerInstance, Demand, GroupId, InstanceId, InstanceKind, TaskId,
};
use crate::store::journal::Journal;
use crate::store::kept::Kept;
use crate::store::kinds::Kinds;
use crate::store::ranks::Ranks;

/// A list of tasks grows by at least so many.
const FEW_TASKS: usize = 4;

/// What an instance has left for tasks: the scheduler ledger (01 section 1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Free {
    /// CPU units.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// GPUs.
    pub gpu: u32,
    /// Task network interfaces; `None` is no limit.
    pub eni: Option<u32>,
}

/// All container instances of the run, INACTIVE ones too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Instances {
    rows: Vec<ContainerInstance>,
    cpu_free: Vec<u32>,
    memory_free: Vec<u32>,
    /// All in the byte order of their names: what "lowest id" means.
    ranks: Ranks,
    /// Every kind there is, once.
    kinds: Kept<Kinds>,
    /// Changes of what an instance is: status, agent, attributes.
    facts: Kept<Journal>,
    /// Changes of what it carries: tasks, and with them what is left of it.
    loads: Kept<Journal>,
}

impl Instances {
    /// Adds an instance with everything free that it registered and nobody holds.
    pub(crate) fn add(&mut self, mut row: ContainerInstance) -> InstanceId {
        let id = InstanceId::from_index(self.rows.len());
        self.cpu_free.push(row.registered_cpu.saturating_sub(row.held().cpu));
        self.memory_free.push(row.registered_memory.saturating_sub(row.held().memory));
        row.kind = self.kinds.shared(row.kind, &self.rows);
        self.rows.push(row);
        self.ranks.grow();
        self.facts.note(id);
        id
    }

    /// The place of an instance in the byte order of names.
    pub(crate) fn rank(&self, instance: InstanceId) -> u32 {
        self.ranks.rank(&self.rows, instance)
    }

    /// The place of every instance in the byte order of names, by position.
    pub(crate) fn ranks(&self) -> &[u32] {
        self.ranks.all(&self.rows)
    }

    /// The instance at a place in the byte order of names.
    pub(crate) fn at_rank(&self, rank: u32) -> InstanceId {
        self.ranks.at(&self.rows, rank)
    }

    /// One of them.
    pub(crate) fn get(&self, instance: InstanceId) -> &ContainerInstance {
        &self.rows[instance.index()]
    }

    /// One of them, to be changed; resources go through [`Self::reserve`] and [`Self::release`].
    pub(crate) fn get_mut(&mut self, instance: InstanceId) -> &mut ContainerInstance {
        self.facts.note(instance);
        &mut self.rows[instance.index()]
    }

    /// A task is about to be placed on an instance: asks for what that changes.
    pub(crate) fn ask_for(&self, instance: InstanceId) {
        memory::ask_for(&self.rows[instance.index()]);
        memory::ask_for(&self.cpu_free[instance.index()]);
        memory::ask_for(&self.memory_free[instance.index()]);
    }

    /// Changes the attributes of an instance; no other has part in it.
    pub(crate) fn change_attributes(
        &mut self,
        instance: InstanceId,
        change: impl FnOnce(&mut Vec<Attribute>),
    ) {
        let mut kind = InstanceKind::clone(&self.get(instance).kind);
        change(&mut kind.attributes);
        let kind = self.kinds.shared(Arc::new(kind), &self.rows);
        let row = self.get_mut(instance);
        row.kind = kind;
        row.version += 1;
    }

    /// By its id in a cluster; the newest one of that name.
    pub(crate) fn find(&self, cluster: ClusterId, name: &str) -> Option<InstanceId> {
        self.ranks.find(&self.rows, cluster, name)
    }

    /// All, in order of registration.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (InstanceId, &ContainerInstance)> {
        self.rows.iter().enumerate().map(|(index, row)| (InstanceId::from_index(index), row))
    }

    /// Free CPU units of all, by position.
    pub(crate) fn cpu_free(&self) -> &[u32] {
        &self.cpu_free
    }

    /// Free MiB of all, by position.
    pub(crate) fn memory_free(&self) -> &[u32] {
        &self.memory_free
    }

    /// Changes of what an instance is: status, agent, attributes.
    pub(crate) fn facts(&self) -> &Journal {
        &self.facts
    }

    /// Changes of what an instance carries.
    pub(crate) fn loads(&self) -> &Journal {
        &self.loads
    }

    /// How many there are, INACTIVE ones too.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// What an instance has left.
    pub(crate) fn free(&self, instance: InstanceId) -> Free {
        let row = self.get(instance);
        Free {
            cpu: self.cpu_free[instance.index()],
            memory: self.memory_free[instance.index()],
            gpu: row.gpus - row.held().gpu - row.gpus_used().count_ones(),
            eni: row.eni_limit.map(|limit| limit.saturating_sub(row.enis_used + row.held().eni)),
        }
    }

    /// Takes what a task of a group needs; the caller has checked that it fits. Answers with the
    /// GPUs it got.
    pub(crate) fn reserve(&mut self, instance: InstanceId, group: GroupId, demand: &Demand) -> u64 {
        let index = instance.index();
        self.cpu_free[index] = self.cpu_free[index].saturating_sub(demand.cpu);
        self.memory_free[index] = self.memory_free[index].saturating_sub(demand.memory);
        self.rows[index].take(group, demand)
    }

    /// Gives back what a task reserved: at its stop decision (01 section 1.5).
    pub(crate) fn release(
        &mut self,
        instance: InstanceId,
        group: GroupId,
        demand: &Demand,
        gpus: u64,
    ) {
        self.loads.note(instance);
        let index = instance.index();
        let row = &mut self.rows[index];
        let cpu = row.registered_cpu.saturating_sub(row.held().cpu);
        let memory = row.registered_memory.saturating_sub(row.held().memory);
        self.cpu_free[index] = (self.cpu_free[index] + demand.cpu).min(cpu);
        self.memory_free[index] = (self.memory_free[index] + demand.memory).min(memory);
        row.give_back(group, demand, gpus);
    }

    /// Notes that a task lives on an instance until it is STOPPED. What it takes is reserved next.
    pub(crate) fn attach(&mut self, instance: InstanceId, task: TaskId, eni: bool) {
        self.loads.note(instance);
        let row = &mut self.rows[instance.index()];
        if row.tasks.len() == row.tasks.capacity() {
            // There are as many of these lists as instances: they grow by little.
            row.tasks.reserve_exact((row.tasks.len() / 4).max(FEW_TASKS));
        }
        row.tasks.push(task);
        row.enis_used += u32::from(eni);
    }

    /// The task is STOPPED: its interface slot is free.
    pub(crate) fn detach(&mut self, instance: InstanceId, task: TaskId, eni: bool) {
        if eni {
            self.loads.note(instance);
        }
        let row = &mut self.rows[instance.index()];
        row.tasks.retain(|&other| other != task);
        row.enis_used = row.enis_used.saturating_sub(u32::from(eni));
        row.version += 1;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::{
        Capabilities, Held, InstanceStatus, Market, PortSet, Protocol, Registration, Time, ZoneId,
    };

    /// A plain instance that registers.
    pub(crate) fn row(name: &str, cluster: ClusterId) -> ContainerInstance {
        let disk = Attribute { name: "disk".into(), value: Some("ssd".into()) };
        let given = Registration {
            name: name.into(),
            ec2_instance_id: Some(format!("i-{name}").into()),
            instance_type: Some("m5.large".into()),
            zone: "us-east-1a".into(),
            vpc: "vpc-1".into(),
            status: InstanceStatus::Active,
            agent_connected: true,
            agent_version: Some("1.100.0".into()),
            registered_at: None,
            attributes: vec![disk],
            capabilities: Capabilities::CurrentAgent { without: Vec::new() },
            auto_scaling_group: None,
            market: Market::OnDemand,
            cpu: 2048,
            memory: 7680,
            gpus: 2,
            eni_limit: Some(2),
            trunk_enis: None,
            reserved_ports: PortSet::reserved_on_linux(),
            held: Held::default(),
        };
        ContainerInstance::new(given, cluster, ZoneId::new(0), Time::ZERO)
    }

    #[test]
    fn an_instance_fills_two_cache_lines() {
        assert!(size_of::<ContainerInstance>() <= 128);
    }

    #[test]
    fn a_task_takes_ports_gpus_and_a_place_in_its_group_and_gives_them_back() {
        let mut instances = Instances::default();
        let id = instances.add(row("a", ClusterId::new(0)));
        let before = instances.get(id).clone();
        let ports: PortSet = [(Protocol::Tcp, 80), (Protocol::Tcp, 22)].into_iter().collect();
        let (web, batch) = (GroupId::new(1), GroupId::new(0));
        let demand = Demand { cpu: 100, memory: 200, gpu: 1, ports, eni: false };
        let plain = Demand { gpu: 0, ports: PortSet::new(), ..demand.clone() };
        let gpus = instances.reserve(id, web, &demand);
        instances.reserve(id, web, &plain);
        instances.reserve(id, batch, &plain);
        let row = instances.get(id);
        assert_eq!(row.tenants(), [(batch, 1), (web, 2)]);
        assert_eq!((row.tasks_of(web), row.tasks_of(GroupId::new(2))), (2, 0));
        assert_eq!((gpus, row.gpus_used()), (1, 1));
        assert_eq!(row.used_ports().ports(Protocol::Tcp), [22, 80, 2375, 2376, 51_678, 51_679]);
        assert_eq!(row.used_port_count(), 6, "22 is reserved and taken");
        assert!(row.uses_port(Protocol::Tcp, 80) && !row.uses_port(Protocol::Udp, 80));
        instances.release(id, web, &demand, gpus);
        instances.release(id, batch, &plain, 0);
        instances.release(id, web, &plain, 0);
        let row = instances.get(id);
        assert_eq!(*row.used_ports(), row.reserved_ports);
        let mut as_before = before;
        as_before.version = row.version;
        assert_eq!(*row, as_before, "nothing is left of it");
        assert_eq!(instances.free(id).memory, 7680);
    }
}
