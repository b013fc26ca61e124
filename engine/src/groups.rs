//! What happens to Auto Scaling groups: instances are launched, join, drain and go (04 sections
//! 1.5 and 4.7).

use crate::api::Effect;
use crate::api::event::EventKind;
use crate::control::Control;
use crate::model::{
    ClusterId, GroupSpec, InstanceId, InstanceStatus, Launching, ScalingGroup, ScalingGroupId,
    SchedulingStrategy, TaskId, TaskStatus,
};
use crate::store::Store;
use crate::timers::TimerReason;

/// Takes in a group of time 0; its instances join as they are set up.
pub(crate) fn add(control: &mut Control, spec: GroupSpec) {
    control.store.scaling_groups.push(ScalingGroup {
        spec,
        launching: Vec::new(),
        members: std::collections::BTreeMap::new(),
        leaving: Vec::new(),
        launched: 0,
    });
}

/// An instance registered: if it is one of a group's, the group knows it.
pub(crate) fn join(store: &mut Store, instance: InstanceId) {
    let row = store.instances.get(instance);
    let Some(group) = row.auto_scaling_group.as_deref() else { return };
    let (name, registered_at) = (row.name.clone(), row.registered_at);
    let Some(id) = store.find_scaling_group(row.cluster, group) else { return };
    let group = &mut store.scaling_groups[id.index()];
    let position = group.launching.iter().position(|launching| launching.name == name);
    let launched = position.map(|position| group.launching.remove(position).launched_at);
    group.members.insert(instance, launched.unwrap_or(registered_at));
}

/// Launches what is missing, each in the zone with the fewest instances.
pub(crate) fn launch_missing(control: &mut Control, id: ScalingGroupId) {
    let now = control.now;
    loop {
        let group = &control.store.scaling_groups[id.index()];
        if group.live() >= group.desired {
            return;
        }
        let zone = emptiest_zone(&control.store, group);
        let (number, name) = next_name(&control.store, group);
        let group = &mut control.store.scaling_groups[id.index()];
        group.launched = number;
        let (launched_at, ready_at) = (now, now + group.ready);
        group.launching.push(Launching { number, name, zone, launched_at, ready_at });
        control.out.effect(Effect::LaunchInstance(id, number));
    }
}

fn emptiest_zone(store: &Store, group: &ScalingGroup) -> usize {
    let in_zone = |position: usize| {
        let name = &*group.zones[position].name;
        let of =
            |instance: &&InstanceId| store.zone_name(store.instances.get(**instance).zone) == name;
        let under_way = group.launching.iter().filter(|launching| launching.zone == position);
        group.members.keys().filter(of).count() + under_way.count()
    };
    (0..group.zones.len()).min_by_key(|&position| (in_zone(position), position)).unwrap_or(0)
}

/// `<group>-<n>`, the next that is free.
fn next_name(store: &Store, group: &ScalingGroup) -> (u32, Box<str>) {
    let mut number = group.launched.max(group.live());
    loop {
        number += 1;
        let name = format!("{}-{number}", group.name);
        if store.find_instance(group.cluster, &name).is_none() {
            return (number, name.into());
        }
    }
}

/// The group ends an instance: with managed draining its tasks may leave first.
pub(crate) fn let_go(
    control: &mut Control,
    id: ScalingGroupId,
    instance: InstanceId,
    drains: bool,
) {
    let group = &mut control.store.scaling_groups[id.index()];
    group.members.remove(&instance);
    if !drains || !is_busy(&control.store, instance) {
        control.out.effect(Effect::TerminateInstance(instance));
        return;
    }
    group_of(control, id).leaving.push(instance);
    drain(control, instance);
    let until = control.now + control.store.config.drain_max;
    control.timers.set(until, TimerReason::FinishDraining(instance));
}

fn group_of(control: &mut Control, id: ScalingGroupId) -> &mut ScalingGroup {
    &mut control.store.scaling_groups[id.index()]
}

fn drain(control: &mut Control, instance: InstanceId) {
    let row = control.store.instances.get(instance);
    let (status, cluster) = (row.status, row.cluster);
    if status == InstanceStatus::Active {
        control.store.set_instance_status(instance, InstanceStatus::Draining);
        let event = EventKind::InstanceStatus(instance, InstanceStatus::Draining);
        control.out.event(event);
        control.touch_cluster(cluster);
    }
}

/// Draining took too long.
pub(crate) fn finish_draining(control: &mut Control, instance: InstanceId) {
    if take_leaving(&mut control.store, instance) {
        control.out.effect(Effect::TerminateInstance(instance));
    }
}

/// A task is gone from an instance: if that was the last one it drained for, the instance goes.
pub(crate) fn task_gone(control: &mut Control, instance: InstanceId) {
    let mut groups = control.store.scaling_groups.iter();
    let leaves = groups.any(|group| group.leaving.contains(&instance));
    if leaves && !is_busy(&control.store, instance) {
        finish_draining(control, instance);
    }
}

fn take_leaving(store: &mut Store, instance: InstanceId) -> bool {
    let groups = store.scaling_groups.iter_mut();
    let mut found = false;
    for group in groups {
        let before = group.leaving.len();
        group.leaving.retain(|leaving| *leaving != instance);
        found |= group.leaving.len() < before;
    }
    found
}

/// EC2 ended an instance: its group launches another at once (04 section 3.2), unless it let it go
/// itself.
pub(crate) fn terminated(control: &mut Control, instance: InstanceId) {
    take_leaving(&mut control.store, instance);
    for index in 0..control.store.scaling_groups.len() {
        let id = ScalingGroupId::from_index(index);
        if group_of(control, id).members.remove(&instance).is_some() {
            launch_missing(control, id);
        }
    }
}

/// Whether an instance holds a task that is no daemon's, or that still stops.
pub(crate) fn is_busy(store: &Store, instance: InstanceId) -> bool {
    let is_daemon = |task: TaskId| {
        let owner = store.task(task).owner;
        owner.is_some_and(|owner| {
            store.service(owner.service).scheduling == SchedulingStrategy::Daemon
        })
    };
    let tasks = &store.instances.get(instance).tasks;
    tasks.iter().any(|&t| store.task(t).last_status < TaskStatus::Stopped && !is_daemon(t))
}

impl Store {
    /// The group of a name in a cluster.
    pub(crate) fn find_scaling_group(
        &self,
        cluster: ClusterId,
        name: &str,
    ) -> Option<ScalingGroupId> {
        let of = |group: &ScalingGroup| group.cluster == cluster && *group.name == *name;
        self.scaling_groups.iter().position(of).map(ScalingGroupId::from_index)
    }
}
