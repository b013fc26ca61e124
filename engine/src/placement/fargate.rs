//! Where a task goes on Fargate: no instances, only zones and subnets (01 section 4.5).

use crate::model::{ClusterId, GroupId, SubnetId, ZoneId};
use crate::placement::roomiest;
use crate::store::Store;

/// A place on Fargate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FargatePlace {
    pub(crate) zone: ZoneId,
    pub(crate) subnet: Option<SubnetId>,
}

/// The zone of the subnets with the fewest live tasks of the group, On-Demand and Spot apart,
/// ties by zone name; inside it the subnet with most free addresses. `None` when no zone has
/// capacity.
pub(crate) fn place(
    store: &Store,
    cluster: ClusterId,
    group: GroupId,
    spot: bool,
    subnets: &[SubnetId],
) -> Option<FargatePlace> {
    let zone = subnets
        .iter()
        .map(|&subnet| store.subnet(subnet).zone)
        .filter(|&zone| has_capacity(store, cluster, spot, zone))
        .min_by_key(|&zone| (tasks_in(store, group, spot, zone), store.zone_name(zone)))?;
    let inside = subnets.iter().copied().filter(|&s| store.subnet(s).zone == zone);
    Some(FargatePlace { zone, subnet: roomiest(store, inside) })
}

/// Live tasks of the group in a zone, on On-Demand or Spot.
pub(crate) fn tasks_in(store: &Store, group: GroupId, spot: bool, zone: ZoneId) -> u32 {
    store.group(group).on_fargate.get(&(spot, zone)).copied().unwrap_or(0)
}

pub(crate) fn has_capacity(store: &Store, cluster: ClusterId, spot: bool, zone: ZoneId) -> bool {
    let gone = &store.fargate_gone;
    !gone.contains(&(cluster, spot, None)) && !gone.contains(&(cluster, spot, Some(zone)))
}
