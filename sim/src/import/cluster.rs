//! The cluster: zones, subnets, instances and groups, providers, settings.

use std::collections::BTreeSet;

use crate::document::Node;

use super::arn::{Arn, short};
use super::at::At;
use super::export::Export;
use super::fields::{Fields, flag, list, text};
use super::groups::{self, Providers};
use super::instances::{Common, Instance};
use super::names::{Class, Names};
use super::note::{Concern, ImportError, Notes};
use super::shapes::{self, note_unknown};
use super::subnets;
use super::tasks::{Ledger, Task};

/// Everything that DescribeClusters documents.
const DESCRIBED: &[&str] = &[
    "clusterArn",
    "clusterName",
    "configuration",
    "status",
    "registeredContainerInstancesCount",
    "runningTasksCount",
    "pendingTasksCount",
    "activeServicesCount",
    "statistics",
    "tags",
    "settings",
    "capacityProviders",
    "defaultCapacityProviderStrategy",
    "attachments",
    "attachmentsStatus",
    "serviceConnectDefaults",
];

/// Where the cluster is and what it is called.
pub(super) struct Home {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) account: Option<String>,
}

pub(super) fn home(export: &Export<'_>, notes: &mut Notes) -> Result<Home, ImportError> {
    let some = export.some_arn()?;
    let name = match &export.arn {
        Some(arn) => short(arn).to_owned(),
        None => {
            notes.of_all(Concern::Assumed, "no ARN tells the cluster's name: called `default`");
            "default".to_owned()
        }
    };
    let region = some.map_or("us-east-1", |arn| arn.region).to_owned();
    Ok(Home { name, region, account: some.map(|arn| arn.account.to_owned()) })
}

pub(super) fn write(
    export: &Export<'_>,
    home: &Home,
    instances: &[Instance<'_>],
    tasks: &[Task<'_>],
    (names, notes): (&Names, &mut Notes),
) -> Result<Node, ImportError> {
    let providers = Providers::read(export, instances, notes)?;
    let zones = zones(export, instances)?;
    let ledger = Ledger::of(tasks);
    let mut fields = Fields::new()
        .with("name", text(names.of(Class::Cluster, &home.name)))
        .with("region", text(&home.region))
        .with("availabilityZones", list(zones.iter().map(text)))
        .with("subnets", subnets::write(export, instances, tasks, &zones, (names, &mut *notes))?);
    let (mut groups, mut named) = (Vec::new(), BTreeSet::new());
    for (group, members) in providers.groups() {
        let members: Vec<&Instance<'_>> = members.iter().map(|&at| &instances[at]).collect();
        let common = Common::of(&members);
        let mut written = Vec::new();
        for instance in &members {
            let explained = ledger.explained(instance.id);
            written.push(instance.write(Some(&common), &explained, names, notes)?);
        }
        let at = export.groups.get(group);
        let about = (names, &mut *notes);
        if let Some(mut node) = groups::write(group, at, &members, written, &common, about)? {
            if at.is_none() && providers.needs_protection(export, group) {
                node.set("newInstancesProtectedFromScaleIn", flag(true));
            }
            groups.push(node);
            named.insert(group);
        }
    }
    fields.put("autoScalingGroups", list(groups));
    let mut alone = Vec::new();
    for (position, instance) in instances.iter().enumerate() {
        if !providers.has_group(position) {
            let explained = ledger.explained(instance.id);
            alone.push(instance.write(None, &explained, names, notes)?);
        }
    }
    fields.put("instances", list(alone));
    // An empty list means none; left out, it would mean Fargate.
    fields.put_always("capacityProviders", providers.write(export, &named, names, notes)?);
    if let Some(at) = &export.cluster {
        note_unknown("clusters", at, DESCRIBED, notes);
        write_described(at, &mut fields, names, notes)?;
    }
    if has_trunks(instances) {
        fields.put("accountSettings", Fields::new().with("awsvpcTrunking", "enabled"));
    }
    Ok(fields.build())
}

fn write_described(
    at: &At<'_>,
    fields: &mut Fields,
    names: &Names,
    notes: &mut Notes,
) -> Result<(), ImportError> {
    if let Some(strategy) = at.get("defaultCapacityProviderStrategy") {
        fields.put("defaultCapacityProviderStrategy", strategy_node(&strategy, names, notes)?);
    }
    let mut settings = Fields::new();
    for setting in at.list("settings")? {
        settings.put(setting.required("name")?, setting.required("value")?);
    }
    fields.put("settings", settings);
    Ok(())
}

/// A capacity provider strategy, with weights and bases that say something.
pub(super) fn strategy_node(
    at: &At<'_>,
    names: &Names,
    notes: &mut Notes,
) -> Result<Node, ImportError> {
    drop(shapes::STRATEGY_ITEM.cut(at, &[], notes)?);
    let mut items = Vec::new();
    for item in at.items()? {
        let provider = names.of(Class::Provider, item.required("capacityProvider")?);
        let mut fields = Fields::new().with("capacityProvider", text(provider));
        for key in ["weight", "base"] {
            if let Some(number) = item.integer(key)?.filter(|&number| number != 0) {
                fields.put(key, number);
            }
        }
        items.push(fields.build());
    }
    Ok(list(items))
}

/// Full names of every zone that something is in.
fn zones(export: &Export<'_>, instances: &[Instance<'_>]) -> Result<BTreeSet<String>, ImportError> {
    let mut zones: BTreeSet<String> = instances.iter().filter_map(|i| i.zone.clone()).collect();
    for (_, task) in export.tasks.iter() {
        zones.extend(task.text("availabilityZone")?.map(str::to_owned));
    }
    for (_, group) in export.groups.iter() {
        for zone in group.list("AvailabilityZones")? {
            zones.insert(zone.as_text()?.to_owned());
        }
    }
    Ok(zones)
}

/// Instances with ENI trunking carry the id of their trunk.
fn has_trunks(instances: &[Instance<'_>]) -> bool {
    instances.iter().any(|instance| instance.attributes.contains_key("ecs.awsvpc-trunk-id"))
}

/// Notes ARNs that are of another account or region than the cluster.
pub(super) fn check_home(export: &Export<'_>, home: &Home, notes: &mut Notes) {
    for (label, answer) in export.definitions.iter() {
        let at = answer.get("taskDefinition").unwrap_or_else(|| answer.clone());
        let arn = at.text("taskDefinitionArn").ok().flatten().and_then(Arn::parse);
        let elsewhere = arn.filter(|arn| {
            arn.region != home.region || home.account.as_deref().is_some_and(|a| a != arn.account)
        });
        if let Some(arn) = elsewhere {
            let message = format!(
                "task definition {label} is of account {} in {}, the cluster is not",
                arn.account, arn.region
            );
            notes.at(Concern::Contradiction, &at, message);
        }
    }
}
