//! Which task goes, among those of one class (01 section 9.1): the strategy, undone. This is the
//! plain way; where many go one after the other, [`leaving`](crate::placement::leaving) is asked.

use std::collections::BTreeMap;

use crate::api::TieBreak;
use crate::model::{
    BinpackField, InstanceId, PlacementStrategy, ServiceId, SpreadField, TaskId, ZoneId,
};
use crate::placement::{default_service_strategy, spread};
use crate::rng::Rng;
use crate::store::{FARGATE_SPOT, Store};

/// Picks the task to stop. Counts are over all live tasks of the service; the tie goes to the
/// newest, or is drawn. What each strategy left is shown to `seen`.
///
/// # Panics
///
/// When there is no candidate.
pub(crate) fn pick(
    store: &Store,
    service: ServiceId,
    candidates: &[TaskId],
    rng: &mut Rng,
    mut seen: impl FnMut(&[TaskId]),
) -> TaskId {
    let row = store.service(service);
    let default = default_service_strategy();
    let strategies = if row.strategy.is_empty() { &default[..] } else { &row.strategy[..] };
    let mut left = candidates.to_vec();
    for strategy in strategies {
        match strategy {
            PlacementStrategy::Spread(SpreadField::Instance) => {
                keep_most(&mut left, |task| spread::tasks_on(store, row.group, on(store, task)?));
            }
            PlacementStrategy::Spread(field) if field.is_zone() => {
                let counts = tasks_by_zone(store, service);
                keep_most(&mut left, |task| counts.get(&zone_bucket(store, task)?).copied());
            }
            PlacementStrategy::Spread(SpreadField::Attribute(name)) => {
                let counts = spread::by_value(store, row.group, name);
                keep_most(&mut left, |task| {
                    let value = store.instances.get(on(store, task)?).attribute(name);
                    counts.get(&value).copied()
                });
            }
            PlacementStrategy::Binpack(field) => {
                keep_most(&mut left, |task| Some(left_after_stop(store, task, *field)));
            }
            PlacementStrategy::Random => {}
        }
        seen(&left);
    }
    left.sort_unstable_by_key(|&task| std::cmp::Reverse((store.task(task).created_at, task)));
    match store.config.tie_break {
        TieBreak::LowestId => left[0],
        TieBreak::Seeded => left[rng.pick(left.len())],
    }
}

fn on(store: &Store, task: TaskId) -> Option<InstanceId> {
    store.task(task).instance
}

/// Zones are counted for On-Demand Fargate, Fargate Spot and instances apart.
pub(crate) type ZoneBucket = (ZoneId, Option<bool>);

pub(crate) fn zone_bucket(store: &Store, task: TaskId) -> Option<ZoneBucket> {
    let row = store.task(task);
    let on_fargate = row.instance.is_none();
    Some((row.zone?, on_fargate.then_some(row.provider == Some(FARGATE_SPOT))))
}

pub(crate) fn tasks_by_zone(store: &Store, service: ServiceId) -> BTreeMap<ZoneBucket, u32> {
    let mut counts = BTreeMap::new();
    for &task in &store.service(service).tasks {
        if store.task(task).is_live()
            && let Some(bucket) = zone_bucket(store, task)
        {
            *counts.entry(bucket).or_default() += 1;
        }
    }
    counts
}

/// What the task's instance would have left of a resource once it is stopped.
pub(crate) fn left_after_stop(store: &Store, task: TaskId, field: BinpackField) -> u32 {
    let row = store.task(task);
    let Some(instance) = row.instance else { return 0 };
    let free = store.instances.free(instance);
    match field {
        BinpackField::Cpu => free.cpu + row.demand.cpu,
        BinpackField::Memory => free.memory + row.demand.memory,
    }
}

fn keep_most(tasks: &mut Vec<TaskId>, score: impl Fn(TaskId) -> Option<u32>) {
    if let Some(most) = tasks.iter().map(|&task| score(task)).max() {
        tasks.retain(|&task| score(task) == most);
    }
}
