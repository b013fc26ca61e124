//! The byte order of the names of container instances: what "lowest id" means, and how one is
//! found by name.

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use crate::model::{ClusterId, ContainerInstance, InstanceId};

/// The order of all instances. It follows from the rows, so it makes no difference to equality
/// and digest.
///
/// Instances register by the thousand without anybody asking for their order, so it is worked out
/// when it is read first after a registration: it cannot be read out of date.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranks {
    order: OnceLock<Order>,
    /// The order before the last registrations.
    before: Vec<InstanceId>,
}

#[derive(Clone, Debug)]
struct Order {
    in_order: Vec<InstanceId>,
    /// Position of each in that order.
    rank: Vec<u32>,
}

/// Names first: instances of all clusters stand in one order. Of one name, the older comes first.
type Key<'a> = (&'a str, ClusterId, InstanceId);

impl Ranks {
    /// An instance was added to the rows.
    pub(crate) fn grow(&mut self) {
        if let Some(order) = self.order.take() {
            self.before = order.in_order;
        }
    }

    /// The place of an instance.
    pub(crate) fn rank(&self, rows: &[ContainerInstance], instance: InstanceId) -> u32 {
        self.order(rows).rank[instance.index()]
    }

    /// The place of each instance.
    pub(crate) fn all(&self, rows: &[ContainerInstance]) -> &[u32] {
        &self.order(rows).rank
    }

    /// The instance at a place.
    pub(crate) fn at(&self, rows: &[ContainerInstance], rank: u32) -> InstanceId {
        self.order(rows).in_order[rank as usize]
    }

    /// By its id in a cluster; the newest one of that name.
    pub(crate) fn find(
        &self,
        rows: &[ContainerInstance],
        cluster: ClusterId,
        name: &str,
    ) -> Option<InstanceId> {
        let in_order = &self.order(rows).in_order;
        let last = (name, cluster, InstanceId::new(u32::MAX));
        let after = in_order.partition_point(|&instance| key(rows, instance) <= last);
        let found = in_order[..after].last().copied()?;
        let row = &rows[found.index()];
        (row.cluster == cluster && *row.name == *name).then_some(found)
    }

    fn order(&self, rows: &[ContainerInstance]) -> &Order {
        let order = self.order.get_or_init(|| Order::of(rows, &self.before));
        debug_assert_eq!(order.rank.len(), rows.len(), "each instance has its rank");
        order
    }
}

impl Order {
    /// Puts those that were added since into the order before.
    fn of(rows: &[ContainerInstance], before: &[InstanceId]) -> Self {
        let mut added: Vec<InstanceId> =
            (before.len()..rows.len()).map(InstanceId::from_index).collect();
        added.sort_unstable_by(|&a, &b| key(rows, a).cmp(&key(rows, b)));
        let mut in_order = Vec::with_capacity(rows.len());
        let mut rest = before;
        for instance in added {
            let lower = rest.partition_point(|&other| key(rows, other) < key(rows, instance));
            in_order.extend_from_slice(&rest[..lower]);
            in_order.push(instance);
            rest = &rest[lower..];
        }
        in_order.extend_from_slice(rest);
        let mut rank = vec![0; rows.len()];
        for (place, instance) in in_order.iter().enumerate() {
            rank[instance.index()] = u32::try_from(place).expect("as many ranks as ids");
        }
        Self { in_order, rank }
    }
}

fn key(rows: &[ContainerInstance], instance: InstanceId) -> Key<'_> {
    let row = &rows[instance.index()];
    (&row.name, row.cluster, instance)
}

impl PartialEq for Ranks {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Ranks {}

impl Hash for Ranks {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::instances::tests::row;
    use proptest::prelude::*;

    /// Few names, so that some come twice, in clusters and within one.
    fn names() -> impl Strategy<Value = Vec<(String, u32)>> {
        prop::collection::vec(("[a-c]{0,3}", 0_u32..2), 0..60)
    }

    fn ranks_of(ranks: &Ranks, rows: &[ContainerInstance]) -> Vec<u32> {
        let ids = (0..rows.len()).map(InstanceId::from_index);
        ids.map(|instance| ranks.rank(rows, instance)).collect()
    }

    proptest! {
        #[test]
        fn registering_at_once_or_one_by_one_is_the_same(
            names in names(),
            asked in prop::collection::vec(any::<bool>(), 60),
        ) {
            let (mut one_by_one, mut now_and_then) = (Ranks::default(), Ranks::default());
            let (mut at_once, mut rows) = (Ranks::default(), Vec::new());
            for ((name, cluster), asked) in names.iter().zip(asked) {
                rows.push(row(name, ClusterId::new(*cluster)));
                one_by_one.grow();
                now_and_then.grow();
                at_once.grow();
                ranks_of(&one_by_one, &rows);
                if asked {
                    ranks_of(&now_and_then, &rows);
                }
            }
            let mut sorted: Vec<InstanceId> = (0..rows.len()).map(InstanceId::from_index).collect();
            sorted.sort_by_key(|&instance| key(&rows, instance));
            for ranks in [one_by_one, now_and_then, at_once] {
                let found: Vec<InstanceId> =
                    (0..rows.len() as u32).map(|rank| ranks.at(&rows, rank)).collect();
                prop_assert_eq!(&found, &sorted);
                for (rank, &instance) in sorted.iter().enumerate() {
                    prop_assert_eq!(ranks.rank(&rows, instance), rank as u32);
                }
                for (name, cluster) in &names {
                    let cluster = ClusterId::new(*cluster);
                    let is_it = |row: &ContainerInstance| {
                        *row.name == **name && row.cluster == cluster
                    };
                    let newest = rows.iter().rposition(is_it).map(InstanceId::from_index);
                    prop_assert_eq!(ranks.find(&rows, cluster, name), newest);
                }
                prop_assert_eq!(ranks.find(&rows, ClusterId::new(2), "a"), None);
                prop_assert_eq!(ranks.find(&rows, ClusterId::new(0), "d"), None);
            }
        }
    }
}
