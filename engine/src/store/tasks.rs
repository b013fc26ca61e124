//! Verbs that keep tasks, instances, groups and subnets consistent with each other.

use std::sync::Arc;

use crate::model::{
    ClusterId, Demand, DesiredStatus, GroupId, HealthStatus, InstanceId, LaunchType, Owner,
    ProviderId, SubnetId, TargetState, Task, TaskDefinitionId, TaskExtra, TaskId, TaskStatus, Time,
    ZoneId,
};
use crate::store::{FARGATE_SPOT, Store};

/// A task that is about to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewTask {
    pub(crate) cluster: ClusterId,
    pub(crate) definition: TaskDefinitionId,
    pub(crate) group: GroupId,
    pub(crate) owner: Option<Owner>,
    pub(crate) provider: Option<ProviderId>,
    pub(crate) launch_type: LaunchType,
    pub(crate) demand: Arc<Demand>,
    pub(crate) targets: usize,
    pub(crate) extra: Option<Arc<TaskExtra>>,
}

impl Store {
    /// Makes a task's record: PROVISIONING, with no place.
    pub(crate) fn create_task(&mut self, new: NewTask, now: Time) -> TaskId {
        let id = TaskId::from_index(self.tasks.len());
        if let Some(name) = new.extra.as_ref().and_then(|e| e.name.clone()) {
            self.task_names.insert(name, id);
        }
        if let Some(owner) = new.owner {
            self.service_mut(owner.service).tasks.push(id);
        }
        self.tasks.push(Task {
            id,
            cluster: new.cluster,
            definition: new.definition,
            group: new.group,
            owner: new.owner,
            instance: None,
            zone: None,
            provider: new.provider,
            launch_type: new.launch_type,
            subnet: None,
            last_status: TaskStatus::Provisioning,
            desired_status: DesiredStatus::Running,
            container_health: HealthStatus::Unknown,
            targets: vec![TargetState::Unused; new.targets].into(),
            demand: new.demand,
            created_at: now,
            started_at: None,
            stopping_at: None,
            stopped_at: None,
            healthy_since: None,
            stop: None,
            protected_until: None,
            version: 1,
            extra: new.extra,
        });
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
        let row = self.task_mut(task);
        row.instance = Some(instance);
        row.zone = Some(zone);
        row.subnet = subnet;
        let (demand, live, group) = (row.demand.clone(), row.is_live(), row.group);
        self.instances.attach(instance, task, demand.eni);
        self.take_address(subnet);
        if live {
            let gpus = self.instances.reserve(instance, group, &demand);
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
            let group = &mut self.groups[group.0 as usize];
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
                let group = &mut self.groups[group.0 as usize];
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
