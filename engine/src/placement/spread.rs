//! Strategy `spread`: the bucket with the fewest live tasks of the group (01 section 4.4).

use std::collections::BTreeMap;

use crate::model::{ContainerInstance, GroupId, InstanceId, SpreadField, ZoneId};
use crate::store::Store;
use crate::store::bitset::InstanceSet;

/// Keeps the instances whose bucket has the fewest counted tasks. Only buckets that have a
/// feasible instance compete: a full zone is skipped.
pub(crate) fn narrow(store: &Store, group: GroupId, field: &SpreadField, set: &mut InstanceSet) {
    let buckets = Buckets::of(store, group, field);
    keep_fewest(set, |instance| buckets.tasks(store, instance));
}

/// Live tasks of a group by bucket of a field.
pub(crate) enum Buckets<'a> {
    Instance(GroupId),
    Zone(BTreeMap<ZoneId, u32>),
    Value(&'a str, BTreeMap<Option<Option<&'a str>>, u32>),
}

impl<'a> Buckets<'a> {
    pub(crate) fn of(store: &'a Store, group: GroupId, field: &'a SpreadField) -> Self {
        match field {
            SpreadField::Instance => Self::Instance(group),
            SpreadField::Attribute(_) if field.is_zone() => Self::Zone(by_zone(store, group)),
            SpreadField::Attribute(name) => Self::Value(name, by_value(store, group, name)),
        }
    }

    /// Tasks of the bucket of an instance.
    pub(crate) fn tasks(&self, store: &Store, instance: InstanceId) -> u32 {
        let row = store.instances.get(instance);
        let counted = match self {
            Self::Instance(group) => return row.tasks_of(*group),
            Self::Zone(counts) => counts.get(&row.zone),
            Self::Value(name, counts) => counts.get(&row.attribute(name)),
        };
        counted.copied().unwrap_or(0)
    }
}

/// Live tasks of a group on an instance; `None` when there are none.
pub(crate) fn tasks_on(store: &Store, group: GroupId, instance: InstanceId) -> Option<u32> {
    Some(store.instances.get(instance).tasks_of(group)).filter(|&tasks| tasks > 0)
}

/// Instances that have live tasks of a group, and how many: also DRAINING ones.
fn tasks_by_instance(
    store: &Store,
    group: GroupId,
) -> impl Iterator<Item = (&ContainerInstance, u32)> {
    let counted = store.instances.iter().map(move |(_, row)| (row, row.tasks_of(group)));
    counted.filter(|&(_, tasks)| tasks > 0)
}

/// Live tasks of the group by zone, on whatever instance: also DRAINING ones.
pub(crate) fn by_zone(store: &Store, group: GroupId) -> BTreeMap<ZoneId, u32> {
    let mut counts = BTreeMap::new();
    for (row, tasks) in tasks_by_instance(store, group) {
        *counts.entry(row.zone).or_default() += tasks;
    }
    counts
}

/// Live tasks of the group by value of an attribute. Without the attribute: a bucket of its own.
pub(crate) fn by_value<'a>(
    store: &'a Store,
    group: GroupId,
    name: &str,
) -> BTreeMap<Option<Option<&'a str>>, u32> {
    let mut counts = BTreeMap::new();
    for (row, tasks) in tasks_by_instance(store, group) {
        *counts.entry(row.attribute(name)).or_default() += tasks;
    }
    counts
}

fn keep_fewest(set: &mut InstanceSet, count: impl Fn(InstanceId) -> u32) {
    if let Some(fewest) = set.iter().map(&count).min() {
        set.retain(|instance| count(instance) == fewest);
    }
}
