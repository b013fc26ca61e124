//! Auto Scaling groups and the capacity providers that wrap them.

use std::collections::{BTreeMap, BTreeSet};

use stowplan_engine::catalogue;

use crate::document::Node;

use super::arn::short;
use super::at::At;
use super::export::Export;
use super::fields::{Fields, flag, list, text};
use super::instances::{Common, Instance};
use super::names::{ACCOUNT, Class, Names};
use super::note::{Concern, ImportError, Notes};
use super::shapes::{self, note_unknown};

/// Everything of DescribeAutoScalingGroups that is known here.
const DESCRIBED: &[&str] = &[
    "AutoScalingGroupName",
    "AutoScalingGroupARN",
    "LaunchConfigurationName",
    "LaunchTemplate",
    "MixedInstancesPolicy",
    "MinSize",
    "MaxSize",
    "DesiredCapacity",
    "PredictedCapacity",
    "DefaultCooldown",
    "AvailabilityZones",
    "LoadBalancerNames",
    "TargetGroupARNs",
    "HealthCheckType",
    "HealthCheckGracePeriod",
    "Instances",
    "CreatedTime",
    "SuspendedProcesses",
    "PlacementGroup",
    "VPCZoneIdentifier",
    "EnabledMetrics",
    "Status",
    "Tags",
    "TerminationPolicies",
    "NewInstancesProtectedFromScaleIn",
    "ServiceLinkedRoleARN",
    "MaxInstanceLifetime",
    "CapacityRebalance",
    "WarmPoolConfiguration",
    "WarmPoolSize",
    "Context",
    "DesiredCapacityType",
    "DefaultInstanceWarmup",
    "TrafficSources",
    "InstanceMaintenancePolicy",
    "DeletionProtection",
    "AvailabilityZoneDistribution",
    "AvailabilityZoneImpairmentPolicy",
    "CapacityReservationSpecification",
    "InstanceLifecyclePolicy",
];

/// What DescribeCapacityProviders adds to what was created.
const PROVIDER_DESCRIBED: &[&str] =
    &["capacityProviderArn", "status", "updateStatus", "updateStatusReason", "type", "cluster"];

/// The capacity providers of the cluster, and the groups behind them.
pub(super) struct Providers<'d> {
    /// In the order of the cluster's list.
    associated: Vec<String>,
    /// Name of the group behind a provider.
    group_of: BTreeMap<&'d str, &'d str>,
    /// Which instances are in a group, by position.
    members: BTreeMap<&'d str, Vec<usize>>,
}

impl<'d> Providers<'d> {
    pub(super) fn read(
        export: &Export<'d>,
        instances: &[Instance<'d>],
        notes: &mut Notes,
    ) -> Result<Self, ImportError> {
        let mut group_of = BTreeMap::new();
        for (name, at) in export.providers.iter() {
            if let Some(wrapped) = at.get("autoScalingGroupProvider") {
                group_of.insert(name, short(wrapped.required("autoScalingGroupArn")?));
            }
        }
        let mut associated = Vec::new();
        let listed = export.cluster.as_ref().map(|at| at.list("capacityProviders")).transpose()?;
        match listed {
            Some(list) => {
                for provider in list {
                    associated.push(provider.as_text()?.to_owned());
                }
            }
            None => associated = Self::guessed(export, instances, notes),
        }
        for instance in instances {
            if let Some(provider) = instance.provider {
                // Without describe-capacity-providers the group gets the provider's name.
                group_of.entry(provider).or_insert(provider);
            }
        }
        let members = members(export, instances, &group_of)?;
        Ok(Self { associated, group_of, members })
    }

    /// Without describe-clusters: all that are described or used.
    fn guessed(export: &Export<'d>, instances: &[Instance<'d>], notes: &mut Notes) -> Vec<String> {
        let message = "the cluster itself: settings, capacity providers in their order and the \
                       default strategy are only in describe-clusters";
        notes.of_all(Concern::Missing, message);
        let described = export.providers.iter().map(|(name, _)| name);
        let used = instances.iter().filter_map(|instance| instance.provider);
        let names: BTreeSet<&str> = described.chain(used).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// The group of an instance.
    pub(super) fn has_group(&self, position: usize) -> bool {
        self.members.values().any(|members| members.contains(&position))
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = (&'d str, &[usize])> {
        self.members.iter().map(|(group, members)| (*group, &members[..]))
    }

    /// Whether a provider of a group protects instances from termination: then the group must
    /// protect them from scale-in, whether its own description is there to say so or not.
    pub(super) fn needs_protection(&self, export: &Export<'_>, group: &str) -> bool {
        let of_group = |(name, _): &(&str, &At<'_>)| self.group_of.get(name) == Some(&group);
        export.providers.iter().filter(of_group).any(|(_, at)| {
            let wrapped = at.get("autoScalingGroupProvider");
            let given = wrapped.and_then(|at| at.text("managedTerminationProtection").ok()?);
            given == Some("ENABLED")
        })
    }

    /// The `capacityProviders` of the cluster.
    pub(super) fn write(
        &self,
        export: &Export<'d>,
        groups: &BTreeSet<&str>,
        names: &Names,
        notes: &mut Notes,
    ) -> Result<Node, ImportError> {
        let mut nodes = Vec::new();
        for name in &self.associated {
            if matches!(&**name, "FARGATE" | "FARGATE_SPOT") {
                nodes.push(text(name));
                continue;
            }
            let at = export.providers.get(name);
            if at.is_some_and(|at| at.get("managedInstancesProvider").is_some()) {
                let message =
                    format!("capacity provider {name}: Managed Instances are not built yet");
                notes.of_all(Concern::LeftOut, message);
                continue;
            }
            nodes.push(self.write_one(name, at, groups, names, notes)?);
        }
        Ok(list(nodes))
    }

    fn write_one(
        &self,
        name: &str,
        at: Option<&At<'d>>,
        groups: &BTreeSet<&str>,
        names: &Names,
        notes: &mut Notes,
    ) -> Result<Node, ImportError> {
        let fields = Fields::new().with("name", text(names.of(Class::Provider, name)));
        let group = self.group_of.get(name).copied().unwrap_or(name);
        // A name is that of a group of the scenario, an ARN may be of one outside.
        let group = match groups.contains(group) {
            true => text(names.of(Class::Group, group)),
            false => {
                let home = format!("arn:aws:autoscaling:us-east-1:{ACCOUNT}:autoScalingGroup");
                text(format!("{home}::autoScalingGroupName/{}", names.of(Class::Group, group)))
            }
        };
        let Some(at) = at else {
            let message = format!(
                "how capacity provider {name} scales is only in describe-capacity-providers: \
                 taken as not scaling"
            );
            notes.of_all(Concern::Missing, message);
            let wrapped = Fields::new().with("autoScalingGroupArn", group);
            return Ok(fields.with("autoScalingGroupProvider", wrapped).build());
        };
        let mut created = shapes::PROVIDER.cut(at, PROVIDER_DESCRIBED, notes)?;
        let mut wrapped = created.remove("autoScalingGroupProvider").unwrap_or_default();
        wrapped.set("autoScalingGroupArn", group);
        Ok(fields.with("autoScalingGroupProvider", wrapped).build())
    }
}

/// Which instances are in which group: by their provider, or because the group lists them.
fn members<'d>(
    export: &Export<'d>,
    instances: &[Instance<'d>],
    group_of: &BTreeMap<&'d str, &'d str>,
) -> Result<BTreeMap<&'d str, Vec<usize>>, ImportError> {
    let mut by_machine = BTreeMap::new();
    for (group, at) in export.groups.iter() {
        for instance in at.list("Instances")? {
            by_machine.insert(instance.required("InstanceId")?, group);
        }
    }
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for group in group_of.values() {
        members.entry(group).or_default();
    }
    for (position, instance) in instances.iter().enumerate() {
        let by_group = instance.machine.and_then(|machine| by_machine.get(machine));
        let by_provider = instance.provider.and_then(|provider| group_of.get(provider));
        if let Some(group) = by_group.or(by_provider) {
            members.entry(group).or_default().push(position);
        }
    }
    Ok(members)
}

/// One Auto Scaling group with its instances, which are written already; none if it is empty and
/// nothing tells what it would launch.
pub(super) fn write(
    name: &str,
    at: Option<&At<'_>>,
    instances: &[&Instance<'_>],
    written: Vec<Node>,
    common: &Common,
    (names, notes): (&Names, &mut Notes),
) -> Result<Option<Node>, ImportError> {
    let types = types(at, instances)?;
    if types.is_empty() && instances.iter().all(|instance| instance.instance_type.is_none()) {
        let sized = common.cpu.is_some() && common.memory.is_some();
        if !sized {
            let message = format!(
                "Auto Scaling group {name}: it has no instances, and nothing tells their type"
            );
            notes.of_all(Concern::LeftOut, message);
            return Ok(None);
        }
    }
    let mut fields = Fields::new().with("name", text(names.of(Class::Group, name)));
    fields.put("instanceTypes", list(types));
    match at {
        Some(at) => write_sizes(name, at, instances.len(), &mut fields, notes)?,
        None => {
            let size = i64::try_from(instances.len()).unwrap_or(i64::MAX);
            fields = fields.with("minSize", 0).with("maxSize", size).with("desiredCapacity", size);
            let message = format!(
                "the sizes of Auto Scaling group {name} are only in `aws autoscaling \
                 describe-auto-scaling-groups`: taken as 0 to {size}"
            );
            notes.of_all(Concern::Missing, message);
        }
    }
    let zones: BTreeSet<&str> =
        instances.iter().filter_map(|instance| instance.zone.as_deref()).collect();
    let zones = match at.map(|at| at.list("AvailabilityZones")).transpose()? {
        Some(listed) if !listed.is_empty() => {
            listed.iter().map(|zone| zone.as_text().map(text)).collect::<Result<_, _>>()?
        }
        _ => zones.into_iter().map(text).collect::<Vec<_>>(),
    };
    fields.put("availabilityZones", list(zones));
    if is_spot(name, at, instances, notes)? {
        fields.put("marketType", "spot");
    }
    common.write(&mut fields, names);
    fields.put("instances", list(written));
    Ok(Some(fields.build()))
}

fn write_sizes(
    name: &str,
    at: &At<'_>,
    members: usize,
    fields: &mut Fields,
    notes: &mut Notes,
) -> Result<(), ImportError> {
    note_unknown("Auto Scaling groups", at, DESCRIBED, notes);
    let there = u32::try_from(members).unwrap_or(u32::MAX);
    let minimum = at.count("MinSize")?.unwrap_or(0);
    let maximum = at.count("MaxSize")?.unwrap_or(there);
    let desired = at.count("DesiredCapacity")?.unwrap_or(there);
    if desired != there {
        let message = format!(
            "Auto Scaling group {name} wants {desired} instances, {there} of it are in the \
             cluster: those count"
        );
        notes.at(Concern::Contradiction, at, message);
    }
    fields.put("minSize", i64::from(minimum.min(there)));
    fields.put("maxSize", i64::from(maximum.max(there)));
    fields.put("desiredCapacity", i64::from(there));
    let policies = at.list("TerminationPolicies")?;
    let policies: Vec<&str> = policies.iter().map(At::as_text).collect::<Result<_, _>>()?;
    if policies != ["Default"] {
        fields.put("terminationPolicies", list(policies.into_iter().map(text)));
    }
    if at.flag("NewInstancesProtectedFromScaleIn")? {
        fields.put("newInstancesProtectedFromScaleIn", flag(true));
    }
    if at.get("WarmPoolConfiguration").is_some() {
        notes.at(Concern::LeftOut, at, format!("the warm pool of {name}: not built yet"));
    }
    Ok(())
}

/// The types of a group, the first one first; those of its policy, or else of its instances.
fn types(at: Option<&At<'_>>, instances: &[&Instance<'_>]) -> Result<Vec<Node>, ImportError> {
    let mut types: Vec<String> = Vec::new();
    let template = at.and_then(|at| at.get("MixedInstancesPolicy")?.get("LaunchTemplate"));
    if let Some(template) = template {
        for choice in template.list("Overrides")? {
            if let Some(name) = choice.text("InstanceType")? {
                types.push(name.to_owned());
            }
        }
    }
    types.extend(instances.iter().filter_map(|instance| instance.instance_type.clone()));
    if let Some(at) = at {
        for instance in at.list("Instances")? {
            types.extend(instance.text("InstanceType")?.map(str::to_owned));
        }
    }
    let mut seen = BTreeSet::new();
    types.retain(|name| seen.insert(name.clone()));
    let sized = |name: String| {
        let example = instances.iter().find(|i| i.instance_type.as_ref() == Some(&name));
        match (catalogue::instance_type(&name), example) {
            (Some(_), _) => Some(text(name)),
            (None, Some(example)) => Some(
                Fields::new()
                    .with("type", text(name))
                    .with("cpu", i64::from(example.registered.cpu))
                    .with("memory", i64::from(example.registered.memory))
                    .build(),
            ),
            // Neither known nor running: nothing tells its size.
            (None, None) => None,
        }
    };
    Ok(types.into_iter().filter_map(sized).collect())
}

/// Whether a group buys Spot capacity. Its description tells only with a mixed instances policy;
/// else an attribute of the instances may.
fn is_spot(
    name: &str,
    at: Option<&At<'_>>,
    instances: &[&Instance<'_>],
    notes: &mut Notes,
) -> Result<bool, ImportError> {
    let distribution =
        at.and_then(|at| at.get("MixedInstancesPolicy")?.get("InstancesDistribution"));
    if let Some(distribution) = distribution {
        let base = distribution.count("OnDemandBaseCapacity")?.unwrap_or(0);
        let share = distribution.count("OnDemandPercentageAboveBaseCapacity")?.unwrap_or(100);
        if share < 100 && (base > 0 || share > 0) {
            let message = format!(
                "Auto Scaling group {name} mixes on-demand and Spot instances: taken as Spot"
            );
            notes.at(Concern::Assumed, &distribution, message);
        }
        return Ok(share < 100);
    }
    let says_spot = |instance: &&Instance<'_>| {
        let value = |name: &str| instance.attributes.get(name).cloned().flatten();
        let told = ["lifecycle", "market", "purchase-option", "capacity-type"].map(value);
        told.into_iter().flatten().any(|value| value.eq_ignore_ascii_case("spot"))
    };
    let spot = !instances.is_empty() && instances.iter().all(says_spot);
    let taken = if spot { "Spot, as an attribute says" } else { "on demand" };
    let message =
        format!("whether {name} buys on demand or Spot is not in an export: taken as {taken}");
    notes.of_all(Concern::Assumed, message);
    Ok(spot)
}
