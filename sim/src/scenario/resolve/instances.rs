//! Container instances: those that are given one by one, and the members of Auto Scaling groups.

use stowplan_engine::api::{Input, Setup};
use stowplan_engine::catalogue;
use stowplan_engine::model::{
    Attribute, Capabilities, ClusterId, Held, InstanceId, InstanceStatus, Market, PortSet,
    Protocol, Registration, TRUNK_ID,
};

use super::clusters::{self, ClusterPlan};
use super::machine::{self, Machine};
use super::{LONG_AGO, Resolved, SetupStep, networks};
use crate::document::DocumentError;
use crate::scenario::{
    at::Origin,
    exported::{ExportedInstance, Resource},
    instance::{GivenGroup, GivenInstance, InstanceForm, InstanceKeys, MarketType, Remaining},
    names::{check_unique, nothing_called, short},
};
use crate::world::AgentConfig;

/// An instance of the setup.
pub(super) struct InstancePlan {
    pub(super) cluster: ClusterId,
    pub(super) machine: Machine,
    pub(super) agent: AgentConfig,
    pub(super) origin: Origin,
}

impl InstancePlan {
    pub(super) fn name(&self) -> &str {
        &self.machine.registration.name
    }

    /// Whether it has a trunk interface beside its own.
    pub(super) fn has_trunk(&self) -> bool {
        let mut attributes = self.machine.registration.attributes.iter();
        attributes.any(|attribute| &*attribute.name == TRUNK_ID)
    }
}

pub(super) fn resolve(resolved: &mut Resolved<'_>) -> Result<(), DocumentError> {
    let scenario = resolved.scenario;
    for (index, cluster) in scenario.clusters.iter().enumerate() {
        let id = ClusterId::from_index(index);
        for given in &cluster.instances {
            let machines = match &given.keys {
                InstanceForm::Short(keys) => machines(resolved, id, keys, &given.origin)?,
                InstanceForm::Exported(exported) => {
                    vec![of_export(resolved, id, exported, &given.origin)?]
                }
            };
            add(resolved, id, machines, &given.origin)?;
        }
        for group in &cluster.groups {
            for given in &group.members {
                let machines = given_members(resolved, id, group, given)?;
                add(resolved, id, machines, &given.origin)?;
            }
            let machines = members(resolved, id, group)?;
            add(resolved, id, machines, &group.origin)?;
        }
        let names = resolved.instances.iter().filter(|instance| instance.cluster == id);
        let names = names.map(|instance| (instance.name(), instance.origin.clone()));
        check_unique(&scenario.document, names, "instance id")?;
    }
    count_interfaces(resolved);
    Ok(())
}

fn add(
    resolved: &mut Resolved<'_>,
    cluster: ClusterId,
    machines: Vec<Machine>,
    origin: &Origin,
) -> Result<(), DocumentError> {
    let limit = resolved.scenario.tunables.engine.quotas.instances_per_cluster as usize;
    let there = resolved.instances.iter().filter(|instance| instance.cluster == cluster).count();
    if there + machines.len() > limit {
        let message = format!("{} instances are over the maximum {limit}", there + machines.len());
        let error = resolved.error(origin, message);
        return Err(error.with_remedy("Raise the tunable `instancesPerCluster`"));
    }
    let trunking = resolved.clusters[cluster.index()].trunking;
    for mut machine in machines {
        if trunking {
            machine.registration.take_trunk();
        }
        machine::registered_long_ago(&mut machine.registration, LONG_AGO);
        let (agent, origin) = (machine.agent.clone(), origin.clone());
        resolved.instances.push(InstancePlan { cluster, machine, agent, origin });
    }
    Ok(())
}

/// The machines that instance fields stand for, with their ids and zones.
pub(super) fn machines(
    resolved: &Resolved<'_>,
    cluster: ClusterId,
    keys: &InstanceKeys,
    origin: &Origin,
) -> Result<Vec<Machine>, DocumentError> {
    let plan = &resolved.clusters[cluster.index()];
    let Some(id) = keys.id.as_deref().filter(|id| !id.is_empty()) else {
        let error = resolved.error(origin, "`id` is missing");
        return Err(error.with_remedy("Add the key `id`; with `count` it is followed by a number"));
    };
    let count = checked_count(resolved, keys, origin)?;
    let mut machine = machine::of_keys(resolved, keys, origin)?;
    machine.agent.address =
        networks::address(resolved, keys.private_ip.as_deref(), &origin.key("privateIp"))?;
    let zones = match &keys.availability_zone {
        None => vec![plan.zones[0].clone()],
        Some(zones) => {
            let zones: Result<Vec<_>, _> = zones.0.iter().map(|zone| plan.zone(zone)).collect();
            zones.map_err(|error| resolved.at(&origin.key("availabilityZone"), error))?
        }
    };
    let names = (1..=count).map(|n| match keys.count {
        Some(_) => format!("{id}-{n}"),
        None => id.to_owned(),
    });
    let named = names.zip(zones.iter().cycle());
    Ok(named.map(|(name, zone)| placed(&machine, plan, name, zone)).collect())
}

fn checked_count(
    resolved: &Resolved<'_>,
    keys: &InstanceKeys,
    origin: &Origin,
) -> Result<u32, DocumentError> {
    let count = keys.count.unwrap_or(1);
    let limit = resolved.scenario.tunables.engine.quotas.instances_per_cluster;
    if count > limit {
        let message = format!("{count} is over the maximum {limit}");
        let error = resolved.error(&origin.key("count"), message);
        return Err(error.with_remedy("Raise the tunable `instancesPerCluster`"));
    }
    for (name, is_given) in [
        ("ec2InstanceId", keys.ec2_instance_id.is_some()),
        ("privateIp", keys.private_ip.is_some()),
    ] {
        if is_given && count > 1 {
            let error = resolved.error(&origin.key(name), "several instances cannot share it");
            return Err(error.with_remedy("Leave it out, or give the instances one by one"));
        }
    }
    Ok(count)
}

fn placed(machine: &Machine, cluster: &ClusterPlan, name: String, zone: &str) -> Machine {
    let mut machine = machine.clone();
    let row = &mut machine.registration;
    row.name = name.into();
    row.zone = zone.into();
    let own = row.attributes.iter().find(|attribute| &*attribute.name == "ecs.vpc-id");
    row.vpc = match own.and_then(|attribute| attribute.value.clone()) {
        Some(vpc) => vpc,
        None => cluster.vpc_of(zone).into(),
    };
    machine
}

/// The members of a group that are given one by one.
fn given_members(
    resolved: &Resolved<'_>,
    cluster: ClusterId,
    group: &GivenGroup,
    given: &GivenInstance,
) -> Result<Vec<Machine>, DocumentError> {
    let mut machines = match &given.keys {
        InstanceForm::Short(keys) => {
            machines(resolved, cluster, &keys.within(first_type(group)), &given.origin)?
        }
        InstanceForm::Exported(exported) => {
            vec![of_export(resolved, cluster, exported, &given.origin)?]
        }
    };
    for machine in &mut machines {
        join(machine, group);
    }
    Ok(machines)
}

/// Makes a machine one of a group's.
pub(super) fn join(machine: &mut Machine, group: &GivenGroup) {
    machine.registration.auto_scaling_group = Some((*group.keys.name).into());
    if group.keys.market_type == Some(MarketType::Spot) {
        machine.registration.market = Market::Spot;
    }
}

/// The members of a group that nobody names.
fn members(
    resolved: &Resolved<'_>,
    cluster: ClusterId,
    group: &GivenGroup,
) -> Result<Vec<Machine>, DocumentError> {
    let plan = &resolved.clusters[cluster.index()];
    let name = &*group.keys.name;
    let given = resolved.instances.iter().filter(|instance| {
        instance.machine.registration.auto_scaling_group.as_deref() == Some(name)
    });
    let given = u32::try_from(given.count()).unwrap_or(u32::MAX);
    let Sizes { minimum, maximum, desired } = Sizes::of(group, given);
    let limit = resolved.scenario.tunables.engine.quotas.instances_per_cluster;
    let origin = group.origin.key("desiredCapacity");
    if desired < minimum || desired > maximum || desired > limit {
        let most = maximum.min(limit);
        let message = format!("{desired} is not from the minimum {minimum} to the maximum {most}");
        let error = resolved.error(&origin, message);
        return Err(error.with_remedy("Change it, or `minSize` and `maxSize`"));
    }
    if given > desired {
        let message = format!("{given} instances of the group are given, {desired} are wanted");
        return Err(resolved.error(&origin, message).with_remedy("Change `desiredCapacity`"));
    }
    let mut machine = machine::of_keys(resolved, &first_type(group), &group.origin)?;
    join(&mut machine, group);
    let zones = zones_of(resolved, plan, group)?;
    let numbers = (1..=desired - given).zip(zones.iter().cycle());
    Ok(numbers.map(|(n, zone)| placed(&machine, plan, format!("{name}-{n}"), zone)).collect())
}

/// How large a group may be, and is.
pub(super) struct Sizes {
    pub(super) minimum: u32,
    pub(super) maximum: u32,
    pub(super) desired: u32,
}

impl Sizes {
    /// Of a group of which so many instances are given one by one.
    pub(super) fn of(group: &GivenGroup, given: u32) -> Self {
        let minimum = group.keys.min_size.unwrap_or(0);
        let desired = group.keys.desired_capacity.unwrap_or_else(|| minimum.max(given));
        Self { minimum, desired, maximum: group.keys.max_size.unwrap_or(desired) }
    }
}

/// The zones of a group; those of its cluster when none are given.
pub(super) fn zones_of(
    resolved: &Resolved<'_>,
    plan: &ClusterPlan,
    group: &GivenGroup,
) -> Result<Vec<String>, DocumentError> {
    match &group.keys.availability_zones {
        Some(zones) if !zones.is_empty() => {
            let zones: Result<Vec<_>, _> = zones.iter().map(|zone| plan.zone(zone)).collect();
            zones.map_err(|e| resolved.at(&group.origin.key("availabilityZones"), e))
        }
        _ => Ok(plan.zones.clone()),
    }
}

/// The instance fields of a group, with the type that it launches.
pub(super) fn first_type(group: &GivenGroup) -> InstanceKeys {
    let mut keys = group.instance.clone();
    if let Some(first) = group.keys.instance_types.as_ref().and_then(|types| types.first()) {
        keys.instance_type = Some(first.name.clone());
        keys.cpu = first.cpu.or(keys.cpu);
        keys.memory = first.memory.or(keys.memory);
    }
    keys.instance_type = keys.instance_type.or_else(|| group.keys.instance_type.clone());
    keys
}

fn of_export(
    resolved: &Resolved<'_>,
    cluster: ClusterId,
    exported: &ExportedInstance,
    origin: &Origin,
) -> Result<Machine, DocumentError> {
    let plan = &resolved.clusters[cluster.index()];
    let attribute = |name: &str| machine::attribute(&exported.attributes.0, name);
    let amount = |resources: &[Resource], name: &str| {
        let found = resources.iter().find(|resource| resource.name == name);
        found.and_then(|resource| u32::try_from(resource.integer_value).ok())
    };
    let required = |key: &str, resources: &[Resource], name: &str| {
        amount(resources, name).ok_or_else(|| {
            let error = resolved.error(&origin.key(key), format!("`{name}` is missing"));
            error.with_remedy("Paste the element as `aws ecs describe-container-instances` has it")
        })
    };
    let (total, left) = (&*exported.registered_resources, &*exported.remaining_resources);
    let status = exported.status.unwrap_or(InstanceStatus::Active);
    if !matches!(status, InstanceStatus::Active | InstanceStatus::Draining) {
        let error = resolved.error(&origin.key("status"), "an instance of time 0 is up");
        return Err(error.with_remedy("Leave the instance out"));
    }
    let zone = attribute("ecs.availability-zone").unwrap_or(&plan.zones[0]);
    let zone = plan.zone(zone).map_err(|error| resolved.at(&origin.key("attributes"), error))?;
    let (group, market) = group_of(resolved, exported, origin)?;
    let known = attribute("ecs.instance-type").and_then(catalogue::instance_type);
    let trunking = attribute("ecs.awsvpc-trunk-id").is_some();
    let gpus = |resources: &[Resource]| set(resources, "GPU").map(|ids| count(ids.len()));
    let listed = exported.attributes.0.iter().any(|(name, _)| name.contains("ecs.capability."));
    let reserved = ports_of(resolved, total, &origin.key("registeredResources"))?;
    let used = ports_of(resolved, left, &origin.key("remainingResources"))?;
    let registration = Registration {
        name: short(&exported.container_instance_arn).into(),
        ec2_instance_id: exported.ec2_instance_id.as_deref().map(Into::into),
        instance_type: attribute("ecs.instance-type").map(Into::into),
        vpc: attribute("ecs.vpc-id").unwrap_or_else(|| plan.vpc_of(&zone)).into(),
        zone: zone.into(),
        status,
        agent_connected: exported.agent_connected.unwrap_or(true),
        agent_version: exported
            .version_info
            .as_ref()
            .and_then(|version| version.agent_version.as_deref())
            .map(Into::into),
        registered_at: exported.registered_at.map(|at| resolved.scenario.time_of(at)),
        attributes: exported.attributes.0.iter().map(attribute_of).collect(),
        capabilities: match listed {
            true => Capabilities::Listed,
            false => Capabilities::CurrentAgent { without: Vec::new() },
        },
        auto_scaling_group: group.map(Into::into),
        market,
        cpu: required("registeredResources", total, "CPU")?,
        memory: required("registeredResources", total, "MEMORY")?,
        gpus: gpus(total).unwrap_or(0),
        eni_limit: known.map(|known| known.task_enis(trunking)),
        trunk_enis: None,
        reserved_ports: reserved,
        held: Held::default(),
    };
    let remaining = Remaining {
        cpu: Some(required("remainingResources", left, "CPU")?),
        memory: Some(required("remainingResources", left, "MEMORY")?),
        gpu: gpus(left),
        eni: None,
    };
    let windows = attribute("ecs.os-type") == Some("windows");
    let agent = AgentConfig { windows, ..AgentConfig::default() };
    Ok(Machine { registration, agent, remaining, used_ports: Some(used) })
}

fn attribute_of((name, value): &(String, Option<String>)) -> Attribute {
    Attribute { name: name.as_str().into(), value: value.as_deref().map(Into::into) }
}

/// The group that an exported instance belongs to: that of its capacity provider.
fn group_of<'r>(
    resolved: &'r Resolved<'_>,
    exported: &ExportedInstance,
    origin: &Origin,
) -> Result<(Option<&'r str>, Market), DocumentError> {
    let Some(provider) = &exported.capacity_provider_name else {
        return Ok((None, Market::OnDemand));
    };
    let group = clusters::group_of_provider(resolved, provider).ok_or_else(|| {
        let known = resolved.clusters.iter().flat_map(|cluster| &cluster.providers);
        let error = nothing_called("capacity provider", provider, known.map(String::as_str));
        resolved.at(&origin.key("capacityProviderName"), error)
    })?;
    let mut groups = resolved.scenario.clusters.iter().flat_map(|cluster| &cluster.groups);
    let given = groups.find(|given| given.keys.name == group);
    let is_spot = given.is_some_and(|given| given.keys.market_type == Some(MarketType::Spot));
    Ok((Some(group), if is_spot { Market::Spot } else { Market::OnDemand }))
}

fn set<'r>(resources: &'r [Resource], name: &str) -> Option<&'r [String]> {
    let found = resources.iter().find(|resource| resource.name == name)?;
    Some(&found.string_set_value)
}

fn ports_of(
    resolved: &Resolved<'_>,
    resources: &[Resource],
    origin: &Origin,
) -> Result<PortSet, DocumentError> {
    let mut ports = PortSet::new();
    for (name, protocol) in [("PORTS", Protocol::Tcp), ("PORTS_UDP", Protocol::Udp)] {
        for text in set(resources, name).unwrap_or_default() {
            let port = text.parse().map_err(|_| {
                let error = resolved.error(origin, format!("`{text}` in {name} is no port"));
                error.with_remedy("A port is a number from 0 to 65535")
            })?;
            ports.insert(protocol, port);
        }
    }
    Ok(ports)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Each instance has an interface of its own, in the first subnet of its zone; a trunk is one more
/// (02 section 3.1).
fn count_interfaces(resolved: &mut Resolved<'_>) {
    for instance in &resolved.instances {
        let row = &instance.machine.registration;
        let trunk = instance.has_trunk();
        let subnets = &mut resolved.clusters[instance.cluster.index()].subnets;
        if let Some(subnet) = subnets.iter_mut().find(|subnet| *subnet.zone == *row.zone) {
            subnet.of_instances += 1 + u32::from(trunk);
        }
    }
}

/// The instance of a cluster that has a name.
pub(super) fn find(resolved: &Resolved<'_>, cluster: ClusterId, name: &str) -> Option<InstanceId> {
    let mut instances = resolved.instances.iter();
    let name = short(name);
    let index = instances.position(|i| i.cluster == cluster && i.name() == name)?;
    Some(InstanceId::from_index(index))
}

pub(super) fn steps<'r>(resolved: &'r Resolved<'_>) -> impl Iterator<Item = SetupStep> + 'r {
    resolved.instances.iter().map(|instance| {
        let registration = Box::new(instance.machine.registration.clone());
        let setup = Setup::Instance { cluster: instance.cluster, registration };
        resolved.step(Input::Setup(setup), &instance.origin)
    })
}
