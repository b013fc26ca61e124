//! Subnets and what is known of the addresses in them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::document::Node;
use crate::world::position_of;

use super::at::At;
use super::export::Export;
use super::fields::{Fields, list, text};
use super::instances::Instance;
use super::names::{Class, Names};
use super::note::{Concern, ImportError, Notes};
use super::tasks::Task;

/// Prefixes of address ranges, the one that is assumed anyway first.
const PREFIXES: [u32; 13] = [20, 21, 22, 23, 24, 25, 26, 27, 28, 19, 18, 17, 16];

/// A subnet of the export.
struct Subnet {
    zone: String,
    vpc: Option<String>,
}

/// Every subnet that something is in, or that a service may use.
pub(super) fn write(
    export: &Export<'_>,
    instances: &[Instance<'_>],
    tasks: &[Task<'_>],
    zones: &BTreeSet<String>,
    (names, notes): (&Names, &mut Notes),
) -> Result<Node, ImportError> {
    let mut subnets: BTreeMap<String, Subnet> = BTreeMap::new();
    let mut vpcs = BTreeSet::new();
    for instance in instances {
        let value = |name: &str| instance.attributes.get(name).cloned().flatten();
        let vpc = value("ecs.vpc-id");
        vpcs.extend(vpc.clone());
        if let (Some(id), Some(zone)) = (value("ecs.subnet-id"), instance.zone.clone()) {
            subnets.entry(id).or_insert(Subnet { zone, vpc });
        }
    }
    let only_vpc = vpcs.first().filter(|_| vpcs.len() == 1).cloned();
    for (_, task) in export.tasks.iter() {
        let zone = task.text("availabilityZone")?;
        if let (Some(id), Some(zone)) = (subnet_of(task)?, zone) {
            let subnet = Subnet { zone: zone.to_owned(), vpc: only_vpc.clone() };
            subnets.entry(id.to_owned()).or_insert(subnet);
        }
    }
    for id in configured_subnets(export)? {
        if subnets.contains_key(&id) {
            continue;
        }
        let served: BTreeSet<&String> = subnets.values().map(|subnet| &subnet.zone).collect();
        let Some(zone) = zones.iter().find(|zone| !served.contains(zone)).or_else(|| zones.first())
        else {
            continue;
        };
        let message = format!("nothing is in {id}, so its zone is not known: taken as {zone}");
        notes.of_all(Concern::Assumed, message);
        let subnet = Subnet { zone: zone.clone(), vpc: only_vpc.clone() };
        subnets.insert(id, subnet);
    }
    let ranges = if names.are_made_up() { BTreeMap::new() } else { ranges(tasks)? };
    if !subnets.is_empty() {
        let message = match ranges.is_empty() {
            true => "address ranges of subnets are not in an export: /20 each",
            false => {
                "address ranges of subnets are not in an export: taken around the addresses of \
                 their tasks, /20 where there are none"
            }
        };
        notes.of_all(Concern::Assumed, message);
    }
    let one = |(id, subnet): (String, Subnet)| {
        Fields::new()
            .with("id", text(names.of(Class::Subnet, &id)))
            .with("availabilityZone", text(subnet.zone))
            .maybe("cidr", ranges.get(&id).map(text))
            .maybe("vpc", subnet.vpc.map(|vpc| text(names.of(Class::Vpc, &vpc))))
            .build()
    };
    Ok(list(subnets.into_iter().map(one)))
}

/// The subnets that services of the export name.
fn configured_subnets(export: &Export<'_>) -> Result<BTreeSet<String>, ImportError> {
    let mut ids = BTreeSet::new();
    for (_, service) in export.services.iter() {
        let configuration =
            service.get("networkConfiguration").and_then(|at| at.get("awsvpcConfiguration"));
        if let Some(configuration) = configuration {
            for subnet in configuration.list("subnets")? {
                ids.insert(subnet.as_text()?.to_owned());
            }
        }
    }
    Ok(ids)
}

/// Ranges of one size around the addresses of the tasks in each subnet: the first size at which
/// each is in one range, and no two are in the same. None if there is no such size.
fn ranges(tasks: &[Task<'_>]) -> Result<BTreeMap<String, String>, ImportError> {
    let mut known: BTreeMap<&str, Vec<Ipv4Addr>> = BTreeMap::new();
    for task in tasks {
        if let (Some(subnet), Some(address)) = (subnet_of(&task.at)?, task.private_ip) {
            known.entry(subnet).or_default().push(address);
        }
    }
    let found = PREFIXES.into_iter().find_map(|prefix| ranges_of(&known, prefix));
    Ok(found.unwrap_or_default())
}

fn ranges_of(
    known: &BTreeMap<&str, Vec<Ipv4Addr>>,
    prefix: u32,
) -> Option<BTreeMap<String, String>> {
    let size = 1_u32 << (32 - prefix);
    let (mut ranges, mut seen) = (BTreeMap::new(), BTreeSet::new());
    for (subnet, addresses) in known {
        let first = u32::from(*addresses.first()?) / size * size;
        let network = Ipv4Addr::from(first);
        // Amazon keeps five addresses of each subnet (02 section 3.1).
        let fits = |address: &Ipv4Addr| position_of(network, size - 5, *address).is_some();
        if !addresses.iter().all(fits) || !seen.insert(first) {
            return None;
        }
        ranges.insert((*subnet).to_owned(), format!("{network}/{prefix}"));
    }
    Some(ranges)
}

/// The subnet of a task's network interface.
pub(super) fn subnet_of<'d>(task: &At<'d>) -> Result<Option<&'d str>, ImportError> {
    interface_detail(task, "subnetId")
}

/// The private address of a task's network interface.
pub(super) fn private_ip(
    task: &At<'_>,
    notes: &mut Notes,
) -> Result<Option<Ipv4Addr>, ImportError> {
    let Some(written) = interface_detail(task, "privateIPv4Address")? else { return Ok(None) };
    let address = written.parse().ok();
    if address.is_none() {
        notes.at(Concern::LeftOut, task, "what it calls its private address is none");
    }
    Ok(address)
}

fn interface_detail<'d>(task: &At<'d>, name: &str) -> Result<Option<&'d str>, ImportError> {
    for attachment in task.list("attachments")? {
        for detail in attachment.list("details")? {
            if detail.text("name")? == Some(name) {
                return detail.text("value");
            }
        }
    }
    Ok(None)
}
