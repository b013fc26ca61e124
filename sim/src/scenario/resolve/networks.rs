//! Address ranges of subnets, and the addresses that tasks have in them at time 0.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use stowplan_engine::model::TaskId;

use super::Resolved;
use super::clusters::{DEFAULT_PREFIX, SubnetPlan};
use crate::document::{DocumentError, excerpt};
use crate::scenario::at::Origin;
use crate::world::{Routes, address_at, position_of};

/// Where ranges begin that nobody gives.
const FIRST_DEFAULT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 0);

/// The first address of the range with this prefix around an address.
pub(super) fn first_of(address: Ipv4Addr, prefix: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(address) & (u32::MAX << (32 - prefix)))
}

/// The first addresses of all subnets, in the order of the engine's ids. One that is not given is
/// the first range from 10.0.0.0 on in which nothing is yet.
pub(super) fn all(resolved: &Resolved<'_>) -> Vec<Ipv4Addr> {
    let subnets = || resolved.clusters.iter().flat_map(|cluster| &cluster.subnets);
    let size = 1_u32 << (32 - DEFAULT_PREFIX);
    let given = subnets().filter_map(|subnet| Some((subnet.network?, subnet.addresses)));
    let mut taken: BTreeSet<u32> = BTreeSet::new();
    for (network, addresses) in given {
        let first = u32::from(network);
        let last = first.saturating_add(addresses + 4);
        taken.extend(first / size..=last / size);
    }
    taken.extend(resolved.tasks.iter().filter_map(|task| {
        let (_, address) = task.private_ip.as_ref()?;
        Some(u32::from(*address) / size)
    }));
    let mut next = u32::from(FIRST_DEFAULT) / size;
    let mut free = || {
        while taken.contains(&next) {
            next += 1;
        }
        next += 1;
        Ipv4Addr::from((next - 1).wrapping_mul(size))
    };
    subnets().map(|subnet| subnet.network.unwrap_or_else(&mut free)).collect()
}

/// A task's address, as it is written, and where.
pub(super) fn private_ip(
    resolved: &Resolved<'_>,
    given: Option<&str>,
    origin: &Origin,
) -> Result<Option<(Origin, Ipv4Addr)>, DocumentError> {
    Ok(address(resolved, given, origin)?.map(|address| (origin.clone(), address)))
}

/// An address, as it is written.
pub(super) fn address(
    resolved: &Resolved<'_>,
    given: Option<&str>,
    origin: &Origin,
) -> Result<Option<Ipv4Addr>, DocumentError> {
    let parsed = given.map(|given| {
        given.parse().map_err(|_| {
            let message = format!("`{}` is no private address", excerpt(given));
            resolved.error(origin, message).with_remedy("Write it as 10.0.1.23")
        })
    });
    parsed.transpose()
}

/// Instances without an address have the lowest of their subnets, in order.
pub(super) fn give_instances_theirs(resolved: &mut Resolved<'_>) {
    let networks = all(resolved);
    let mut next: BTreeMap<usize, u32> = BTreeMap::new();
    let mut before = 0;
    let first_subnet: Vec<usize> = resolved
        .clusters
        .iter()
        .map(|cluster| {
            before += cluster.subnets.len();
            before - cluster.subnets.len()
        })
        .collect();
    for instance in &mut resolved.instances {
        let cluster = &resolved.clusters[instance.cluster.index()];
        let zone = &*instance.machine.registration.zone;
        let Some(own) = cluster.subnets.iter().position(|subnet| *subnet.zone == *zone) else {
            continue;
        };
        let subnet = first_subnet[instance.cluster.index()] + own;
        let position = next.entry(subnet).or_default();
        instance.agent.address =
            instance.agent.address.or_else(|| address_at(networks[subnet], *position));
        *position += 1 + u32::from(instance.has_trunk());
    }
}

/// The routes of all subnets, in the order of the engine's ids.
pub(super) fn routes(resolved: &Resolved<'_>) -> Vec<Routes> {
    let subnets = resolved.clusters.iter().flat_map(|cluster| &cluster.subnets);
    subnets.map(|subnet| subnet.routes.clone()).collect()
}

/// The addresses of tasks: each in the range of its subnet, where that is given, and once.
pub(super) fn given_addresses(
    resolved: &Resolved<'_>,
) -> Result<BTreeMap<TaskId, Ipv4Addr>, DocumentError> {
    let mut given = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (index, task) in resolved.tasks.iter().enumerate() {
        let Some((origin, address)) = &task.private_ip else { continue };
        let cluster = &resolved.clusters[task.given.cluster.index()];
        let named = |subnet: &&SubnetPlan| Some(&*subnet.id) == task.given.subnet.as_deref();
        let Some(subnet) = cluster.subnets.iter().find(named) else {
            let message = "only a placed task in network mode awsvpc has an address of its own";
            return Err(resolved.error(origin, message).with_remedy("Leave it out"));
        };
        if let Some(network) = subnet.network
            && position_of(network, subnet.addresses, *address).is_none()
        {
            let message = format!("{address} is none that an interface in {} can have", subnet.id);
            let error = resolved.error(origin, message);
            return Err(error.with_remedy(format!(
                "Write one of the range from {network}, or change the `cidr` of the subnet"
            )));
        }
        if !seen.insert((&subnet.vpc, address)) {
            let error = resolved.error(origin, format!("{address} is given twice"));
            return Err(error.with_remedy("Give each task an address of its own"));
        }
        given.insert(TaskId::from_index(index), *address);
    }
    Ok(given)
}
