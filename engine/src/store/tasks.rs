//! Verbs that keep tasks, instances, groups and subnets consistent with each other.

use crate::model::{InstanceId, SubnetId, Task, TaskId, TaskSpec, Time, ZoneId};
use crate::store::specs::Wanted;
use crate::store::{FARGATE_SPOT, Store};

impl Store {
    /// A task's record: PROVISIONING, with no place. It is no task yet.
    pub(crate) fn draft_task(&mut self, wanted: &Wanted<'_>, targets: usize, now: Time) -> Task {
        Task::new(TaskId::from_index(self.tasks.len()), self.specs.shared(wanted), targets, now)
    }

    /// The record that was drafted last becomes a task.
    pub(crate) fn add_task(&mut self, row: Task) -> TaskId {
        let id = row.id;
        if let Some(name) = row.extra.as_ref().and_then(|extra| extra.name.clone()) {
            self.task_names.insert(name, id);
        }
        if let Some(owner) = row.owner {
            self.service_mut(owner.service).tasks.push(id);
        }
        self.tasks.push(row);
        id
    }

    /// Places a task on an instance: the ledger, the interface slot and the group count it.
    pub(crate) fn place_on_instance(
        &mut self,
        task: TaskId,
        instance: InstanceId,
        subnet: Option<SubnetId>,
    ) {
        let zone = self.instances.get(instance).zone;
        let row = self.tasks.get_mut(task);
        row.stand_on(instance, zone, subnet);
        let (spec, live) = (row.spec.clone(), row.is_live());
        self.take_room(task, &spec, live, instance, subnet);
    }

    /// The record that was drafted last becomes a task on an instance.
    pub(crate) fn add_task_on(
        &mut self,
        mut row: Task,
        instance: InstanceId,
        subnet: Option<SubnetId>,
    ) -> TaskId {
        row.stand_on(instance, self.instances.get(instance).zone, subnet);
        self.take_room(row.id, &row.spec, row.is_live(), instance, subnet);
        self.add_task(row)
    }

    fn take_room(
        &mut self,
        task: TaskId,
        spec: &TaskSpec,
        is_live: bool,
        instance: InstanceId,
        subnet: Option<SubnetId>,
    ) {
        self.instances.attach(instance, task, spec.demand.eni);
        self.take_address(subnet);
        if is_live {
            let gpus = self.instances.reserve(instance, spec.group, &spec.demand);
            if gpus != 0 {
                self.gpus.insert(task, gpus);
            }
        }
    }

    /// Places a task on Fargate.
    pub(crate) fn place_on_fargate(
        &mut self,
        task: TaskId,
        zone: ZoneId,
        subnet: Option<SubnetId>,
    ) {
        let row = self.task_mut(task);
        row.zone = Some(zone);
        row.subnet = subnet;
        let (live, group, provider) = (row.is_live(), row.group, row.provider);
        self.take_address(subnet);
        if live {
            let group = &mut self.groups[group.index()];
            *group.on_fargate.entry((provider == Some(FARGATE_SPOT), zone)).or_default() += 1;
        }
    }

    /// A live task is told to stop: the scheduler ledger and the group forget it at once
    /// (01 section 1.5). The caller sets status and cause.
    pub(crate) fn release(&mut self, task: TaskId) {
        self.waiting.remove(&task);
        let row = self.task(task);
        let (instance, zone, group) = (row.instance, row.zone, row.group);
        let (demand, provider) = (row.demand.clone(), row.provider);
        match (instance, zone) {
            (Some(instance), _) => {
                let gpus = self.gpus.remove(&task).unwrap_or(0);
                self.instances.release(instance, group, &demand, gpus);
            }
            (None, Some(zone)) => {
                let group = &mut self.groups[group.index()];
                count_down(&mut group.on_fargate, &(provider == Some(FARGATE_SPOT), zone));
            }
            (None, None) => {}
        }
    }

    /// A task is STOPPED: its interface slot and address are free. Its service drops it from its
    /// list in the next pass, all at once.
    pub(crate) fn detach(&mut self, task: TaskId) {
        let row = self.task(task);
        let (instance, subnet, eni) = (row.instance, row.subnet, row.demand.eni);
        if let Some(instance) = instance {
            self.instances.detach(instance, task, eni);
        }
        if let Some(subnet) = subnet {
            let row = &mut self.subnets[subnet.index()];
            row.interfaces = row.interfaces.saturating_sub(1);
        }
    }

    fn take_address(&mut self, subnet: Option<SubnetId>) {
        if let Some(subnet) = subnet {
            self.subnets[subnet.index()].interfaces += 1;
        }
    }

    /// GPUs that a task holds on its instance, by position.
    pub(crate) fn gpus_of(&self, task: TaskId) -> u64 {
        self.gpus.get(&task).copied().unwrap_or(0)
    }
}

fn count_down<K: Ord>(counts: &mut std::collections::BTreeMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
