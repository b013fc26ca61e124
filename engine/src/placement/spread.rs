//! Strategy `spread`: the bucket with the fewest live tasks of the group (01 section 4.4).

use std::collections::BTreeMap;

use crate::model::{GroupId, InstanceId, SpreadField, ZoneId};
use crate::store::Store;
use crate::store::bitset::InstanceSet;

/// Keeps the instances whose bucket has the fewest counted tasks. Only buckets that have a
/// feasible instance compete: a full zone is skipped.
pub(crate) fn narrow(store: &Store, group: GroupId, field: &SpreadField, set: &mut InstanceSet) {
    match field {
        SpreadField::Instance => {
            let counts = &store.group(group).by_instance;
            keep_fewest(set, |instance| counts.get(&instance).copied().unwrap_or(0));
        }
        SpreadField::Attribute(_) if field.is_zone() => {
            let counts = by_zone(store, group);
            keep_fewest(set, |instance| {
                counts.get(&store.instances.get(instance).zone).copied().unwrap_or(0)
            });
        }
        SpreadField::Attribute(name) => {
            let counts = by_value(store, group, name);
            keep_fewest(set, |instance| {
                counts.get(&store.instances.get(instance).attribute(name)).copied().unwrap_or(0)
            });
        }
    }
}

/// Live tasks of the group by zone, on whatever instance: also DRAINING ones.
pub(crate) fn by_zone(store: &Store, group: GroupId) -> BTreeMap<ZoneId, u32> {
    let mut counts = BTreeMap::new();
    for (&instance, &tasks) in &store.group(group).by_instance {
        *counts.entry(store.instances.get(instance).zone).or_default() += tasks;
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
    for (&instance, &tasks) in &store.group(group).by_instance {
        *counts.entry(store.instances.get(instance).attribute(name)).or_default() += tasks;
    }
    counts
}

fn keep_fewest(set: &mut InstanceSet, count: impl Fn(InstanceId) -> u32) {
    if let Some(fewest) = set.iter().map(&count).min() {
        set.retain(|instance| count(instance) == fewest);
    }
}
