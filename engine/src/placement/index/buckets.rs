//! The buckets of one field of `spread`, and the tasks in them.

use std::collections::BTreeMap;

use crate::model::{InstanceId, SpreadField, ZoneId};
use crate::store::Store;

/// Buckets of one field.
#[derive(Debug)]
pub(super) struct Buckets {
    field: SpreadField,
    by_value: BTreeMap<Value, usize>,
    /// Live tasks of the group in each, on whatever instance: also DRAINING ones.
    tasks: Vec<u32>,
}

/// What the instances of a bucket have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Zone(ZoneId),
    /// Without the attribute: a bucket of its own.
    Attribute(Option<Option<Box<str>>>),
}

impl Buckets {
    pub(super) fn new(field: SpreadField) -> Self {
        Self { field, by_value: BTreeMap::new(), tasks: Vec::new() }
    }

    pub(super) fn are_of(&self, field: &SpreadField) -> bool {
        self.field == *field
    }

    /// Forgets all values and tasks.
    pub(super) fn clear(&mut self) {
        self.by_value.clear();
        self.tasks.clear();
    }

    /// The position of an instance's bucket.
    pub(super) fn bucket(&mut self, store: &Store, instance: InstanceId) -> usize {
        let row = store.instances.get(instance);
        let value = match &self.field {
            SpreadField::Attribute(name) if !self.field.is_zone() => {
                Value::Attribute(row.attribute(name).map(|value| value.map(Into::into)))
            }
            SpreadField::Attribute(_) | SpreadField::Instance => Value::Zone(row.zone),
        };
        *self.by_value.entry(value).or_insert_with(|| {
            self.tasks.push(0);
            self.tasks.len() - 1
        })
    }

    /// Some instance of a bucket had so many tasks before, and has so many now.
    pub(super) fn count(&mut self, bucket: usize, before: u32, now: u32) {
        self.tasks[bucket] = self.tasks[bucket] - before + now;
    }

    /// Tasks in each bucket.
    pub(super) fn all(&self) -> &[u32] {
        &self.tasks
    }

    /// Tasks in a bucket.
    pub(super) fn tasks(&self, bucket: usize) -> u32 {
        self.tasks[bucket]
    }
}
