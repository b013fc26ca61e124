//! Kinds of container instances, each kept once: instances of one kind share one value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::hash::StableHasher;
use crate::model::{ContainerInstance, InstanceKind};

/// Fewer kinds than these are not worth being looked through for those that nobody has any more.
const FEW: usize = 64;

/// All kinds by their hash.
#[derive(Debug, Default)]
pub(crate) struct Kinds {
    by_hash: BTreeMap<u64, Vec<Arc<InstanceKind>>>,
    kept: usize,
    /// With so many kept, those that no instance has any more are dropped.
    too_many: usize,
}

impl Kinds {
    /// The kind as the instances share it: the one that is there, if there is an equal one.
    pub(crate) fn shared(
        &mut self,
        kind: Arc<InstanceKind>,
        rows: &[ContainerInstance],
    ) -> Arc<InstanceKind> {
        if self.kept == 0 {
            self.take_in(rows);
        }
        self.keep(kind)
    }

    /// A copy of the state begins without a table.
    fn take_in(&mut self, rows: &[ContainerInstance]) {
        let mut seen: BTreeSet<*const InstanceKind> = BTreeSet::new();
        for row in rows {
            if seen.insert(Arc::as_ptr(&row.kind)) {
                self.keep(row.kind.clone());
            }
        }
    }

    fn keep(&mut self, kind: Arc<InstanceKind>) -> Arc<InstanceKind> {
        let hash = StableHasher::hash_of(&kind);
        let alike = self.by_hash.entry(hash).or_default();
        if let Some(known) = alike.iter().find(|known| **known == kind) {
            return known.clone();
        }
        alike.push(kind.clone());
        self.kept += 1;
        if self.kept > self.too_many.max(FEW) {
            self.drop_unused();
        }
        kind
    }

    fn drop_unused(&mut self) {
        self.by_hash.retain(|_, alike| {
            alike.retain(|kind| Arc::strong_count(kind) > 1);
            !alike.is_empty()
        });
        self.kept = self.by_hash.values().map(Vec::len).sum();
        self.too_many = 2 * self.kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Attribute, ClusterId, InstanceId};
    use crate::store::instances::Instances;
    use crate::store::instances::tests::row;
    use proptest::prelude::*;

    fn rack(number: u8) -> Attribute {
        Attribute { name: "rack".into(), value: Some(number.to_string().into()) }
    }

    fn registered(many: usize) -> Instances {
        let mut instances = Instances::default();
        for number in 0..many {
            instances.add(row(&format!("i{number}"), ClusterId::new(0)));
        }
        instances
    }

    fn kind(instances: &Instances, instance: usize) -> &Arc<InstanceKind> {
        &instances.get(InstanceId::from_index(instance)).kind
    }

    #[test]
    fn instances_made_alike_share_one_kind() {
        let instances = registered(3);
        assert!(Arc::ptr_eq(kind(&instances, 0), kind(&instances, 2)));
    }

    #[test]
    fn an_attribute_sets_only_its_own_instance_apart_and_its_end_brings_it_back() {
        let mut instances = registered(3);
        let before = instances.clone();
        instances.change_attributes(InstanceId::new(1), |attributes| attributes.push(rack(7)));
        assert!(Arc::ptr_eq(kind(&instances, 0), kind(&instances, 2)));
        assert!(!Arc::ptr_eq(kind(&instances, 0), kind(&instances, 1)));
        let racks = |id| instances.get(InstanceId::new(id)).attribute("rack");
        assert_eq!([racks(0), racks(1), racks(2)], [None, Some(Some("7")), None]);
        assert_eq!(
            before.get(InstanceId::new(1)).attribute("rack"),
            None,
            "a copy stays as it was"
        );
        instances.change_attributes(InstanceId::new(1), |attributes| {
            attributes.retain(|attribute| *attribute.name != *"rack");
        });
        assert!(Arc::ptr_eq(kind(&instances, 0), kind(&instances, 1)));
        assert_eq!(instances.get(InstanceId::new(1)).version, 3);
    }

    #[test]
    fn a_copy_of_the_state_shares_with_what_was_there_before() {
        let instances = registered(2);
        let mut copy = instances.clone();
        copy.add(row("new", ClusterId::new(0)));
        assert!(Arc::ptr_eq(kind(&instances, 0), kind(&copy, 2)));
    }

    #[test]
    fn kinds_that_nobody_has_any_more_are_dropped() {
        let instances = registered(2);
        let mut kinds = Kinds::default();
        let mine = kinds.shared(kind(&instances, 0).clone(), &[]);
        for number in 0..2000 {
            let passing = InstanceKind { registered_cpu: number, ..InstanceKind::clone(&mine) };
            kinds.shared(Arc::new(passing), &[]);
            assert!(kinds.kept <= FEW + 1, "{} kinds for two instances", kinds.kept);
        }
        let again = kinds.shared(Arc::new(InstanceKind::clone(&mine)), &[]);
        assert!(Arc::ptr_eq(&mine, &again), "what somebody has is kept");
    }

    proptest! {
        #[test]
        fn equal_kinds_are_shared_and_others_are_not(
            changes in prop::collection::vec((0..6_u32, 0..3_u8), 0..40),
        ) {
            let mut instances = registered(6);
            for (instance, number) in changes {
                instances.change_attributes(InstanceId::new(instance), |attributes| {
                    *attributes = vec![rack(number)];
                });
            }
            for one in 0..6 {
                for other in 0..6 {
                    let (one, other) = (kind(&instances, one), kind(&instances, other));
                    prop_assert_eq!(one == other, Arc::ptr_eq(one, other));
                }
            }
        }
    }
}
