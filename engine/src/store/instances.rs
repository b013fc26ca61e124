//! The table of container instances: rows for people, columns for placement.

use std::collections::BTreeMap;

use crate::model::{ClusterId, ContainerInstance, Demand, InstanceId, TaskId};
use crate::store::journal::Journal;
use crate::store::kept::Kept;

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
    by_name: BTreeMap<(ClusterId, Box<str>), InstanceId>,
    /// All in the byte order of their names: what "lowest id" means.
    in_order: Vec<InstanceId>,
    /// Position of each in that order.
    rank: Vec<u32>,
    /// Changes of what an instance is: status, agent, attributes.
    facts: Kept<Journal>,
    /// Changes of what it carries: tasks, and with them what is left of it.
    loads: Kept<Journal>,
}

impl Instances {
    /// Adds an instance with everything free that it registered and nobody holds.
    pub(crate) fn add(&mut self, row: ContainerInstance) -> InstanceId {
        let id = InstanceId::from_index(self.rows.len());
        self.cpu_free.push(row.registered_cpu.saturating_sub(row.held.cpu));
        self.memory_free.push(row.registered_memory.saturating_sub(row.held.memory));
        self.by_name.insert((row.cluster, row.name.clone()), id);
        self.rows.push(row);
        self.rank_last(id);
        self.facts.note(id);
        id
    }

    /// Gives the instance that was added last its place in the order of names. One step for each
    /// instance that comes after it.
    fn rank_last(&mut self, id: InstanceId) {
        let key = |id: InstanceId| {
            let row = self.get(id);
            (&row.name, row.cluster)
        };
        let place = self.in_order.partition_point(|&other| key(other) <= key(id));
        self.in_order.insert(place, id);
        self.rank.push(0);
        for (rank, &moved) in self.in_order.iter().enumerate().skip(place) {
            self.rank[moved.index()] = u32::try_from(rank).expect("as many ranks as ids");
        }
    }

    /// The place of an instance in the byte order of names.
    pub(crate) fn rank(&self, instance: InstanceId) -> u32 {
        self.rank[instance.index()]
    }

    /// The instance at a place in the byte order of names.
    pub(crate) fn at_rank(&self, rank: u32) -> InstanceId {
        self.in_order[rank as usize]
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

    /// By its id in a cluster.
    pub(crate) fn find(&self, cluster: ClusterId, name: &str) -> Option<InstanceId> {
        self.by_name.get(&(cluster, name.into())).copied()
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
            gpu: row.gpus - row.held.gpu - row.gpus_used.count_ones(),
            eni: row.eni_limit.map(|limit| limit.saturating_sub(row.enis_used + row.held.eni)),
        }
    }

    /// Takes what a task needs; the caller has checked that it fits. Answers with the GPUs it got.
    pub(crate) fn reserve(&mut self, instance: InstanceId, demand: &Demand) -> u64 {
        let index = instance.index();
        self.cpu_free[index] = self.cpu_free[index].saturating_sub(demand.cpu);
        self.memory_free[index] = self.memory_free[index].saturating_sub(demand.memory);
        let row = &mut self.rows[index];
        row.used_ports.insert_all(&demand.ports);
        let mut taken = 0_u64;
        for position in 0..row.gpus.min(64) {
            let bit = 1_u64 << position;
            if taken.count_ones() < demand.gpu && row.gpus_used & bit == 0 {
                taken |= bit;
            }
        }
        row.gpus_used |= taken;
        row.version += 1;
        taken
    }

    /// Gives back what a task reserved: at its stop decision (01 section 1.5).
    pub(crate) fn release(&mut self, instance: InstanceId, demand: &Demand, gpus: u64) {
        self.loads.note(instance);
        let index = instance.index();
        let row = &mut self.rows[index];
        let cpu = row.registered_cpu.saturating_sub(row.held.cpu);
        let memory = row.registered_memory.saturating_sub(row.held.memory);
        self.cpu_free[index] = (self.cpu_free[index] + demand.cpu).min(cpu);
        self.memory_free[index] = (self.memory_free[index] + demand.memory).min(memory);
        row.used_ports.remove_all(&demand.ports);
        row.gpus_used &= !gpus;
        row.version += 1;
    }

    /// Notes that a task lives on an instance until it is STOPPED. What it takes is reserved next.
    pub(crate) fn attach(&mut self, instance: InstanceId, task: TaskId, eni: bool) {
        self.loads.note(instance);
        let row = &mut self.rows[instance.index()];
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
