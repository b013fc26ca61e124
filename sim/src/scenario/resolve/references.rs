//! Names that must stand for something.

use std::collections::BTreeSet;

use stowplan_engine::api::input::CapacityProviderStrategyItem;

use super::{Resolved, clusters::ClusterPlan, services::ServicePlan};
use crate::document::DocumentError;
use crate::scenario::{
    at::Origin,
    names::{check_unique, nothing_called, target_group_name},
    timeline::GivenAction,
};
use crate::world::registry_name;

/// 04 section 2.1.
const MOST_WEIGHT: i64 = 1000;
/// 04 section 2.1.
const MOST_BASE: i64 = 100_000;

/// A strategy's providers are the cluster's, its numbers within their ranges.
pub(super) fn check_strategy(
    resolved: &Resolved<'_>,
    cluster: &ClusterPlan,
    items: &[CapacityProviderStrategyItem],
    origin: &Origin,
) -> Result<(), DocumentError> {
    for (index, item) in items.iter().enumerate() {
        let origin = origin.index(index);
        if !cluster.providers.contains(&item.capacity_provider) {
            let known = cluster.providers.iter().map(String::as_str);
            let error = nothing_called("capacity provider", &item.capacity_provider, known);
            return Err(resolved.at(&origin.key("capacityProvider"), error));
        }
        for (name, value, most) in
            [("weight", item.weight, MOST_WEIGHT), ("base", item.base, MOST_BASE)]
        {
            let Some(value) = value else { continue };
            let message = match value {
                value if value < 0 => format!("{value} is under the minimum 0"),
                value if value > most => format!("{value} is over the maximum {most}"),
                _ => continue,
            };
            let error = resolved.error(&origin.key(name), message);
            return Err(error.with_remedy(format!("Write a number from 0 to {most}")));
        }
    }
    Ok(())
}

/// The subnets of a service are its cluster's.
pub(super) fn check_subnets(
    resolved: &Resolved<'_>,
    service: &ServicePlan,
) -> Result<(), DocumentError> {
    let cluster = &resolved.clusters[service.cluster.index()];
    let origin = service.origin.key("networkConfiguration").key("awsvpcConfiguration");
    for (index, subnet) in service.subnets().iter().enumerate() {
        if !cluster.subnets.iter().any(|known| known.id == *subnet) {
            let known = cluster.subnets.iter().map(|known| &*known.id);
            let error = nothing_called("subnet", subnet, known);
            return Err(resolved.at(&origin.key("subnets").index(index), error));
        }
    }
    Ok(())
}

/// Target groups have a name each, and those of services exist.
pub(super) fn check_target_groups(resolved: &Resolved<'_>) -> Result<(), DocumentError> {
    let groups = &resolved.scenario.target_groups;
    let names = groups.iter().map(|(group, origin)| (&*group.name, origin.key("name")));
    check_unique(resolved.document(), names, "target group")?;
    for service in &resolved.services {
        for (index, balancer) in service.input.load_balancers.iter().enumerate() {
            let origin = service.origin.key("loadBalancers").index(index);
            let advanced = balancer.advanced_configuration.as_ref();
            let alternate = advanced.and_then(|it| it.alternate_target_group_arn.as_ref());
            let named = [
                (balancer.target_group_arn.as_ref(), origin.key("targetGroupArn")),
                (alternate, origin.key("advancedConfiguration").key("alternateTargetGroupArn")),
            ];
            for (name, origin) in named {
                let Some(wanted) = name.map(|name| target_group_name(name)) else { continue };
                if !groups.iter().any(|(group, _)| *group.name == *wanted) {
                    let known = groups.iter().map(|(group, _)| &*group.name);
                    return Err(resolved.at(&origin, nothing_called("target group", wanted, known)));
                }
            }
        }
    }
    Ok(())
}

/// Cloud Map services have a name each, and those of services exist.
pub(super) fn check_registries(resolved: &Resolved<'_>) -> Result<(), DocumentError> {
    let registries = &resolved.scenario.registries;
    let names = registries.iter().map(|(registry, origin)| (&*registry.name, origin.key("name")));
    check_unique(resolved.document(), names, "registry")?;
    for service in &resolved.services {
        for (index, given) in service.input.service_registries.iter().enumerate() {
            let Some(wanted) = given.registry_arn.as_deref().map(registry_name) else { continue };
            if !registries.iter().any(|(registry, _)| *registry.name == *wanted) {
                let origin = service.origin.key("serviceRegistries").index(index);
                let known = registries.iter().map(|(registry, _)| &*registry.name);
                let error = nothing_called("registry", wanted, known);
                return Err(resolved.at(&origin.key("registryArn"), error));
            }
        }
    }
    Ok(())
}

/// Alarms have a name each, and those that services watch exist.
pub(super) fn check_alarms(resolved: &Resolved<'_>) -> Result<(), DocumentError> {
    let alarms = &resolved.scenario.alarms;
    let names = alarms.iter().map(|(alarm, origin)| (&*alarm.alarm_name, origin.key("alarmName")));
    check_unique(resolved.document(), names, "alarm")?;
    for service in &resolved.services {
        let configuration = service.input.deployment_configuration.as_ref();
        let Some(watched) = configuration.and_then(|given| given.alarms.as_ref()) else { continue };
        let origin = service.origin.key("deploymentConfiguration").key("alarms");
        for (index, name) in watched.alarm_names.iter().flatten().enumerate() {
            check_alarm(resolved, name, &origin.key("alarmNames").index(index))?;
        }
    }
    Ok(())
}

pub(super) fn check_alarm(
    resolved: &Resolved<'_>,
    name: &str,
    origin: &Origin,
) -> Result<(), DocumentError> {
    let known = || resolved.scenario.alarms.iter().map(|(alarm, _)| alarm.alarm_name.as_str());
    if known().any(|known| known == name) {
        return Ok(());
    }
    Err(resolved.at(origin, nothing_called("alarm", name, known())))
}

/// A behaviour is that of `default`, a given task, a family or a revision.
pub(super) fn check_behavior(resolved: &Resolved<'_>) -> Result<(), DocumentError> {
    let known = subjects(resolved);
    for name in resolved.scenario.behavior.keys() {
        if !is_subject(&known, name) {
            let error =
                nothing_called("task, family or revision", name, known.iter().map(String::as_str));
            return Err(resolved.at(&Origin::default().key("behavior").key(name), error));
        }
    }
    Ok(())
}

/// Whether a key of `behavior` can stand for something: generated ids are not known beforehand.
pub(super) fn is_subject(known: &BTreeSet<String>, name: &str) -> bool {
    known.contains(name) || is_generated_id(name)
}

/// Whether a name has the form of generated task ids (00 section 5).
pub(super) fn is_generated_id(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Everything that a behaviour can be of.
pub(super) fn subjects(resolved: &Resolved<'_>) -> BTreeSet<String> {
    let mut known = BTreeSet::from(["default".to_owned()]);
    for plan in &resolved.definitions {
        known.insert(plan.read.family.to_string());
        known.insert(plan.read.label());
    }
    known.extend(resolved.tasks.iter().filter_map(|t| Some(t.given.name.as_ref()?.to_string())));
    // Revisions that the timeline registers: the next ones of their families.
    for entry in &resolved.scenario.timeline {
        let GivenAction::Api("registerTaskDefinition", raw) = &entry.action else { continue };
        let Some(family) = raw.node.get("family").and_then(|family| family.as_str()) else {
            continue;
        };
        let mut revision = 1_u32;
        while known.contains(&format!("{family}:{revision}")) {
            revision += 1;
        }
        known.insert(format!("{family}:{revision}"));
        known.insert(family.to_owned());
    }
    known
}
