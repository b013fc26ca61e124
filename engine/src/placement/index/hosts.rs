//! Instances that suit a question whatever they carry: kept as a set and mended where an instance
//! changed, so that attributes and expressions are looked at once and not for every task.

use crate::model::InstanceId;
use crate::placement::index::question::Question;
use crate::store::Store;
use crate::store::bitset::InstanceSet;

/// The instances that suit some questions.
#[derive(Debug)]
pub(super) struct Hosts {
    question: Question,
    set: InstanceSet,
    /// Changes of instances that the set knows of.
    seen: Option<u64>,
}

impl Hosts {
    pub(super) fn new(question: Question) -> Self {
        Self { question, set: InstanceSet::new(), seen: None }
    }

    /// Whether they are the hosts of another question too.
    pub(super) fn answer(&self, other: &Question, store: &Store) -> bool {
        self.question.asks_same_of_hosts(other, store)
    }

    /// The set as the instances are now.
    pub(super) fn current(&mut self, store: &Store) -> &InstanceSet {
        let facts = store.instances.facts();
        if self.seen == Some(facts.count()) {
            return &self.set;
        }
        match self.seen.and_then(|seen| facts.since(seen)) {
            Some(changed) if changed.len() < store.instances.len() => {
                for &instance in changed {
                    self.mend(store, instance);
                }
            }
            _ => {
                self.set = store.active(self.question.cluster).clone();
                self.set.retain_slowly(|instance| self.question.suits(store, instance));
            }
        }
        self.seen = Some(facts.count());
        &self.set
    }

    /// The set as it was when it was last asked for.
    pub(super) fn kept(&self) -> &InstanceSet {
        &self.set
    }

    fn mend(&mut self, store: &Store, instance: InstanceId) {
        if self.question.suits(store, instance) {
            self.set.insert(instance);
        } else {
            self.set.remove(instance);
        }
    }

    /// Panics when the set is not what the rows say, if it claims to be up to date.
    pub(super) fn check(&self, store: &Store) {
        if self.seen != Some(store.instances.facts().count()) {
            return;
        }
        for (instance, row) in store.instances.iter() {
            let (kept, found) = (self.set.contains(instance), self.question.suits(store, instance));
            assert_eq!(kept, found, "whether {} suits {:?}", row.name, self.question);
        }
    }
}
