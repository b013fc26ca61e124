//! Rows on ports and on what a network mode forbids: V12 to V18 (02 sections 1 and 2).

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::api::input::{ContainerDefinition, PortMapping};
use crate::model::{NetworkMode, Protocol};

use super::draft::Draft;
use super::rows::{Verdict, refuse};

/// Most ports in the ranges of one container.
const MOST_PORTS_IN_RANGES: u32 = 100;

/// V12
pub(super) fn host_ports_match(draft: &Draft<'_>) -> Verdict {
    let differs = |mapping: &PortMapping| match (mapping.host_port, mapping.container_port) {
        (None | Some(0), _) | (_, None) => false,
        (Some(host), Some(container)) => host != container,
    };
    if !draft.shares_one_port_space() || !mappings(draft).any(|(_, mapping)| differs(mapping)) {
        return Ok(());
    }
    refuse(format!(
        "When networkMode={}, the host ports and container ports in port mappings must match.",
        draft.network_mode
    ))
}

/// V13
pub(super) fn no_ports_without_network(draft: &Draft<'_>) -> Verdict {
    if draft.network_mode == NetworkMode::None && mappings(draft).next().is_some() {
        return refuse("Port mappings are not supported when networkMode=none.");
    }
    Ok(())
}

/// V14
pub(super) fn ports_are_ports(draft: &Draft<'_>) -> Verdict {
    let is_port = |port: i64| (1..=65_535).contains(&port);
    let is_bad = |mapping: &PortMapping| {
        let container = match mapping.container_port {
            Some(port) => is_port(port),
            None => mapping.container_port_range.is_some(),
        };
        !container || mapping.host_port.is_some_and(|port| port != 0 && !is_port(port))
    };
    match mappings(draft).find(|(_, mapping)| is_bad(mapping)) {
        None => Ok(()),
        Some((container, _)) => {
            refuse(format!("Invalid port mapping in container '{}'.", container.name))
        }
    }
}

/// V15
pub(super) fn no_port_twice(draft: &Draft<'_>) -> Verdict {
    let mut on_host = BTreeSet::new();
    for container in draft.containers() {
        let mut inside = BTreeSet::new();
        for mapping in &container.port_mappings {
            let Some(port) = single_port(mapping) else { continue };
            let protocol = protocol(mapping);
            inside.insert((port, protocol));
            let both_protocols = Protocol::ALL.iter().all(|p| inside.contains(&(port, *p)));
            let taken = host_port(draft, mapping)
                .is_some_and(|host_port| !on_host.insert((protocol, host_port)));
            if both_protocols || taken {
                let name = &container.name;
                return refuse(format!("Duplicate port mapping in container '{name}'."));
            }
        }
    }
    Ok(())
}

/// V16
pub(super) fn ranges_are_ranges(draft: &Draft<'_>) -> Verdict {
    let mode = draft.network_mode;
    let mut in_task: Vec<(Protocol, RangeInclusive<u16>)> = Vec::new();
    for container in draft.containers() {
        let bad =
            || refuse(format!("Invalid container port range in container '{}'.", container.name));
        let mut in_container: Vec<RangeInclusive<u16>> = Vec::new();
        let mut ports_in_ranges = 0;
        for mapping in &container.port_mappings {
            let ports = if mapping.container_port_range.is_none() {
                let Some(port) = single_port(mapping) else { continue };
                port..=port
            } else {
                let bridge_or_awsvpc = matches!(mode, NetworkMode::Bridge | NetworkMode::Awsvpc);
                let alone = mapping.host_port.is_none() && mapping.container_port.is_none();
                let Some(ports) = range(mapping).filter(|_| bridge_or_awsvpc && alone) else {
                    return bad();
                };
                ports_in_ranges += u32::from(ports.end() - ports.start()) + 1;
                ports
            };
            let is_range = ports.start() != ports.end();
            let meets = |other: &RangeInclusive<u16>| {
                (is_range || other.start() != other.end())
                    && ports.start() <= other.end()
                    && other.start() <= ports.end()
            };
            let protocol = protocol(mapping);
            let meets_task = mode == NetworkMode::Awsvpc
                && in_task.iter().any(|(other, ports)| *other == protocol && meets(ports));
            if ports_in_ranges > MOST_PORTS_IN_RANGES
                || in_container.iter().any(meets)
                || meets_task
            {
                return bad();
            }
            in_container.push(ports.clone());
            in_task.push((protocol, ports));
        }
    }
    Ok(())
}

/// V17
pub(super) fn links_need_a_bridge(draft: &Draft<'_>) -> Verdict {
    let mode = draft.network_mode;
    if mode == NetworkMode::Bridge || draft.containers().iter().all(|c| c.links.is_empty()) {
        return Ok(());
    }
    refuse(format!("Links are not supported when networkMode={mode}."))
}

/// V18. 02 section 1 forbids them in the Windows mode `default` too, and a hostname in host mode.
pub(super) fn names_need_an_own_network(draft: &Draft<'_>) -> Verdict {
    let mode = draft.network_mode;
    let forbids_all = matches!(mode, NetworkMode::Awsvpc | NetworkMode::Default);
    let some = |given: fn(&ContainerDefinition) -> bool| draft.containers().iter().any(given);
    if (forbids_all || mode == NetworkMode::Host) && some(|c| c.hostname.is_some()) {
        return refuse(format!("Hostname is not supported on container when networkMode={mode}."));
    }
    if !forbids_all {
        return Ok(());
    }
    if some(|c| !c.dns_servers.is_empty() || !c.dns_search_domains.is_empty()) {
        return refuse(format!(
            "DNS servers are not supported on container when networkMode={mode}."
        ));
    }
    if some(|c| !c.extra_hosts.is_empty()) {
        return refuse(format!("Extra hosts are not supported when networkMode={mode}."));
    }
    Ok(())
}

fn mappings<'d>(
    draft: &Draft<'d>,
) -> impl Iterator<Item = (&'d ContainerDefinition, &'d PortMapping)> + use<'d> {
    draft.containers().iter().flat_map(|c| c.port_mappings.iter().map(move |mapping| (c, mapping)))
}

/// The transport of a mapping.
pub(super) fn protocol(mapping: &PortMapping) -> Protocol {
    mapping.protocol.as_deref().map_or(Protocol::Tcp, Protocol::of_mapping)
}

/// The container port of a mapping that is no range.
pub(super) fn single_port(mapping: &PortMapping) -> Option<u16> {
    mapping.container_port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)
}

/// The static host port of a mapping: in awsvpc and host mode the container's (02 section 1).
pub(super) fn host_port(draft: &Draft<'_>, mapping: &PortMapping) -> Option<u16> {
    if draft.shares_one_port_space() {
        return single_port(mapping);
    }
    mapping.host_port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)
}

/// The ports of a `containerPortRange`.
pub(super) fn range(mapping: &PortMapping) -> Option<RangeInclusive<u16>> {
    let (first, last) = mapping.container_port_range.as_deref()?.split_once('-')?;
    let port = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().filter(|port| *port > 0_u16)
    };
    let (first, last) = (port(first)?, port(last)?);
    (first <= last).then_some(first..=last)
}
