//! Clusters, zones, subnets, capacity providers.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use stowplan_engine::api::input::{
    CapacityProviderStrategyItem, PutAccountSetting, PutClusterCapacityProviders, Setting,
};
use stowplan_engine::api::setup::GivenSubnet as SubnetInput;
use stowplan_engine::api::{Command, Input, Setup};
use stowplan_engine::model::{ClusterId, ProviderId};

use super::{Resolved, SetupStep, networks};
use crate::document::DocumentError;
use crate::scenario::{
    at::Origin,
    cluster::{GivenCluster, GivenProvider, GivenSubnet},
    instance::InstanceForm,
    names::{check_unique, nothing_called, short},
};

use crate::world::{ENDPOINTS, Routes};

const DEFAULT_REGION: &str = "us-east-1";
const DEFAULT_VPC: &str = "vpc-1";
/// 02 section 3.1: ranges that are not given are /20.
pub(super) const DEFAULT_PREFIX: u32 = 20;
/// The capacity providers that every account has; the engine numbers them so.
pub(super) const PREDEFINED: [&str; 2] = ["FARGATE", "FARGATE_SPOT"];

/// A cluster with everything worked out.
pub(super) struct ClusterPlan {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) zones: Vec<String>,
    /// Whether an instance may be nowhere else.
    pub(super) zones_are_given: bool,
    pub(super) subnets: Vec<SubnetPlan>,
    /// Names of the associated capacity providers.
    pub(super) providers: Vec<String>,
    pub(super) default_strategy: Vec<CapacityProviderStrategyItem>,
    pub(super) trunking: bool,
}

/// A subnet.
pub(super) struct SubnetPlan {
    pub(super) id: String,
    pub(super) zone: String,
    pub(super) vpc: String,
    pub(super) addresses: u32,
    /// Its first address, if its range is given.
    pub(super) network: Option<Ipv4Addr>,
    /// All interfaces at time 0, if that is given.
    pub(super) in_use: Option<u32>,
    pub(super) of_tasks: u32,
    pub(super) of_instances: u32,
    pub(super) routes: Routes,
}

impl SubnetPlan {
    /// Interfaces that are no task's.
    pub(super) fn foreign(&self) -> u32 {
        self.in_use.map_or(self.of_instances, |all| all.saturating_sub(self.of_tasks))
    }

    pub(super) fn free(&self) -> u32 {
        self.addresses.saturating_sub(self.foreign() + self.of_tasks)
    }
}

impl ClusterPlan {
    /// The VPC of an instance in a zone.
    pub(super) fn vpc_of(&self, zone: &str) -> &str {
        let in_zone = self.subnets.iter().find(|subnet| subnet.zone == zone);
        in_zone.or_else(|| self.subnets.first()).map_or(DEFAULT_VPC, |subnet| &subnet.vpc)
    }

    /// The full name of a zone that may be given as a letter.
    pub(super) fn zone(&self, given: &str) -> Result<String, DocumentError> {
        let zone = full_zone(&self.region, given);
        if !zone.starts_with(&self.region) {
            let error = DocumentError::new(format!("`{given}` is no zone of {}", self.region));
            return Err(error.with_remedy("Write a letter, or the full name of the zone"));
        }
        if self.zones_are_given && !self.zones.contains(&zone) {
            return Err(nothing_called("zone", &zone, self.zones.iter().map(String::as_str)));
        }
        Ok(zone)
    }
}

/// The full name of a zone that may be given as a letter.
pub(super) fn full_zone(region: &str, given: &str) -> String {
    if given.len() == 1 { format!("{region}{given}") } else { given.to_owned() }
}

pub(super) fn resolve(resolved: &mut Resolved<'_>) -> Result<(), DocumentError> {
    let scenario = resolved.scenario;
    let names = scenario.clusters.iter().map(|cluster| (name_of(cluster), key(cluster, "name")));
    check_unique(&scenario.document, names, "cluster")?;
    check_groups(resolved)?;
    let created = scenario.clusters.iter().flat_map(|cluster| cluster.providers.iter().flatten());
    let created: Vec<&GivenProvider> =
        created.filter(|provider| provider.input.is_some()).collect();
    let names = created.iter().map(|provider| (&*provider.name, provider.origin.key("name")));
    check_unique(&scenario.document, names, "capacity provider")?;
    for provider in &created {
        check_group_of(resolved, provider)?;
    }
    for cluster in &scenario.clusters {
        let plan = plan_of(resolved, cluster, &created)?;
        resolved.clusters.push(plan);
    }
    Ok(())
}

fn name_of(cluster: &GivenCluster) -> &str {
    cluster.name.as_deref().map_or("default", short)
}

fn key(cluster: &GivenCluster, name: &str) -> Origin {
    cluster.origin.key(name)
}

fn check_groups(resolved: &Resolved<'_>) -> Result<(), DocumentError> {
    let groups = resolved.scenario.clusters.iter().flat_map(|cluster| &cluster.groups);
    let names = groups.map(|group| (&*group.keys.name, group.origin.key("name")));
    check_unique(resolved.document(), names, "Auto Scaling group")
}

fn check_group_of(resolved: &Resolved<'_>, provider: &GivenProvider) -> Result<(), DocumentError> {
    let input = provider.input.as_ref();
    let Some(group) = input.and_then(|input| input.auto_scaling_group_provider.as_ref()) else {
        return Ok(());
    };
    let name = &*group.auto_scaling_group_arn;
    let groups = resolved.scenario.clusters.iter().flat_map(|cluster| &cluster.groups);
    let mut names = groups.map(|group| &*group.keys.name);
    // The group behind an ARN may be no part of the scenario: then its instances are given.
    if name.starts_with("arn:") || names.clone().any(|known| known == short(name)) {
        return Ok(());
    }
    let origin = provider.origin.key("autoScalingGroupProvider").key("autoScalingGroupArn");
    Err(resolved.at(&origin, nothing_called("Auto Scaling group", name, &mut names)))
}

fn plan_of(
    resolved: &Resolved<'_>,
    cluster: &GivenCluster,
    created: &[&GivenProvider],
) -> Result<ClusterPlan, DocumentError> {
    let region = cluster.region.as_deref().unwrap_or(DEFAULT_REGION);
    let trunking = cluster
        .account_settings
        .0
        .iter()
        .any(|(name, value)| name == "awsvpcTrunking" && **value == *"enabled");
    let mut plan = ClusterPlan {
        name: name_of(cluster).to_owned(),
        region: region.to_owned(),
        zones: Vec::new(),
        zones_are_given: false,
        subnets: Vec::new(),
        providers: PREDEFINED.map(str::to_owned).to_vec(),
        default_strategy: cluster.default_strategy.clone().unwrap_or_default(),
        trunking,
    };
    plan_zones(resolved, cluster, &mut plan)?;
    plan_subnets(resolved, cluster, &mut plan)?;
    if let Some(providers) = &cluster.providers {
        let names = providers.iter().map(|provider| (&*provider.name, provider.origin.clone()));
        check_unique(resolved.document(), names, "capacity provider")?;
        let known = || PREDEFINED.into_iter().chain(created.iter().map(|p| &*p.name));
        for provider in providers {
            if !known().any(|name| name == provider.name) {
                let error = nothing_called("capacity provider", &provider.name, known());
                return Err(resolved.at(&provider.origin, error));
            }
        }
        plan.providers = providers.iter().map(|provider| provider.name.clone()).collect();
    }
    let origin = key(cluster, "defaultCapacityProviderStrategy");
    super::references::check_strategy(resolved, &plan, &plan.default_strategy, &origin)?;
    Ok(plan)
}

fn plan_zones(
    resolved: &Resolved<'_>,
    cluster: &GivenCluster,
    plan: &mut ClusterPlan,
) -> Result<(), DocumentError> {
    if let Some(zones) = &cluster.zones {
        let origin = key(cluster, "availabilityZones");
        if zones.is_empty() {
            let error = resolved.error(&origin, "a cluster has at least one zone");
            return Err(error.with_remedy("Name one, or leave the key out"));
        }
        for (index, zone) in zones.iter().enumerate() {
            let origin = origin.index(index);
            let zone = plan.zone(zone).map_err(|error| resolved.at(&origin, error))?;
            plan.zones.push(zone);
        }
        let names = plan.zones.iter().enumerate();
        let names = names.map(|(index, zone)| (&**zone, origin.index(index)));
        check_unique(resolved.document(), names, "zone")?;
        plan.zones_are_given = true;
        return Ok(());
    }
    plan.zones = ["a", "b", "c"].map(|letter| full_zone(&plan.region, letter)).to_vec();
    let mut used: Vec<String> = used_zones(cluster).map(|z| full_zone(&plan.region, z)).collect();
    used.sort();
    used.dedup();
    used.retain(|zone| !plan.zones.contains(zone));
    plan.zones.append(&mut used);
    Ok(())
}

/// Zones that a cluster's parts are in.
fn used_zones(cluster: &GivenCluster) -> impl Iterator<Item = &str> {
    let subnets = cluster.subnets.iter().flatten().map(|subnet| &*subnet.keys.availability_zone);
    let groups = cluster.groups.iter();
    let groups = groups.flat_map(|group| group.keys.availability_zones.iter().flatten());
    let instances = cluster.instances.iter().flat_map(|instance| match &instance.keys {
        InstanceForm::Short(keys) => {
            keys.availability_zone.iter().flat_map(|zones| &zones.0).map(|z| &**z).collect()
        }
        InstanceForm::Exported(exported) => {
            super::machine::attribute(&exported.attributes.0, "ecs.availability-zone")
                .into_iter()
                .collect::<Vec<_>>()
        }
    });
    subnets.chain(groups.map(String::as_str)).chain(instances)
}

fn plan_subnets(
    resolved: &Resolved<'_>,
    cluster: &GivenCluster,
    plan: &mut ClusterPlan,
) -> Result<(), DocumentError> {
    let Some(subnets) = &cluster.subnets else {
        let vpc = exported_vpc(cluster).unwrap_or(DEFAULT_VPC).to_owned();
        plan.subnets = plan.zones.iter().map(|zone| default_subnet(plan, zone, &vpc)).collect();
        return Ok(());
    };
    let names = subnets.iter().map(|subnet| (&*subnet.keys.id, subnet.origin.key("id")));
    check_unique(resolved.document(), names, "subnet")?;
    for given in subnets {
        let subnet = subnet_of(resolved, plan, given)?;
        plan.subnets.push(subnet);
    }
    Ok(())
}

/// The VPC in which the instances of an export are.
fn exported_vpc(cluster: &GivenCluster) -> Option<&str> {
    cluster.instances.iter().find_map(|instance| match &instance.keys {
        InstanceForm::Exported(exported) => {
            super::machine::attribute(&exported.attributes.0, "ecs.vpc-id")
        }
        InstanceForm::Short(_) => None,
    })
}

fn default_subnet(plan: &ClusterPlan, zone: &str, vpc: &str) -> SubnetPlan {
    let suffix = zone.strip_prefix(&plan.region).unwrap_or(zone);
    SubnetPlan {
        id: format!("subnet-{suffix}"),
        zone: zone.to_owned(),
        vpc: vpc.to_owned(),
        addresses: addresses(DEFAULT_PREFIX),
        network: None,
        in_use: None,
        of_tasks: 0,
        of_instances: 0,
        routes: Routes::default(),
    }
}

/// 02 section 3.1: Amazon keeps five addresses of each subnet.
fn addresses(prefix: u32) -> u32 {
    (1 << (32 - prefix)) - 5
}

fn subnet_of(
    resolved: &Resolved<'_>,
    plan: &ClusterPlan,
    given: &GivenSubnet,
) -> Result<SubnetPlan, DocumentError> {
    let keys = &given.keys;
    let origin = &given.origin;
    let zone = plan.zone(&keys.availability_zone);
    let zone = zone.map_err(|error| resolved.at(&origin.key("availabilityZone"), error))?;
    let (network, prefix) = match &keys.cidr {
        None => (None, DEFAULT_PREFIX),
        Some(cidr) => range_of(cidr).ok_or_else(|| {
            let message = format!("`{cidr}` is no address range of a subnet");
            let error = resolved.error(&origin.key("cidr"), message);
            error.with_remedy("Write it as 10.0.0.0/20; the prefix is from 16 to 28")
        })?,
    };
    let addresses = addresses(prefix);
    if let Some(in_use) = keys.interfaces_in_use.filter(|in_use| *in_use > addresses) {
        let message = format!("{in_use} interfaces are over the {addresses} addresses there are");
        let error = resolved.error(&origin.key("interfacesInUse"), message);
        return Err(error.with_remedy("Write fewer, or give a larger `cidr`"));
    }
    Ok(SubnetPlan {
        id: keys.id.clone(),
        zone,
        vpc: keys.vpc.clone().unwrap_or_else(|| DEFAULT_VPC.to_owned()),
        addresses,
        network,
        in_use: keys.interfaces_in_use,
        of_tasks: 0,
        of_instances: 0,
        routes: routes_of(resolved, given)?,
    })
}

/// A public subnet has no NAT unless it is given; any other one has.
fn routes_of(resolved: &Resolved<'_>, given: &GivenSubnet) -> Result<Routes, DocumentError> {
    let keys = &given.keys;
    let public = keys.public.unwrap_or(false);
    let mut endpoints = BTreeSet::new();
    for (index, name) in keys.endpoints.iter().flatten().enumerate() {
        let service = match name.strip_prefix("com.amazonaws.") {
            Some(rest) => rest.split_once('.').map_or(rest, |(_, service)| service),
            None => name,
        };
        if !ENDPOINTS.contains(&service) {
            let error = nothing_called("endpoint", name, ENDPOINTS.iter().copied());
            return Err(resolved.at(&given.origin.key("endpoints").index(index), error));
        }
        endpoints.insert(service.into());
    }
    Ok(Routes { public, nat: keys.nat.unwrap_or(!public), endpoints })
}

/// The first address of a range, and the length of its prefix.
fn range_of(cidr: &str) -> Option<(Option<Ipv4Addr>, u32)> {
    let (address, prefix) = cidr.split_once('/')?;
    let address: Ipv4Addr = address.parse().ok()?;
    let prefix = prefix.parse().ok().filter(|prefix| (16..=28).contains(prefix))?;
    Some((Some(networks::first_of(address, prefix)), prefix))
}

/// The engine's number of a capacity provider.
pub(super) fn provider_id(resolved: &Resolved<'_>, name: &str) -> Option<ProviderId> {
    if let Some(index) = PREDEFINED.iter().position(|known| *known == name) {
        return Some(ProviderId::from_index(index));
    }
    let mut created = created_providers(resolved);
    let index = created.position(|(_, provider)| provider.name == name)?;
    Some(ProviderId::from_index(PREDEFINED.len() + index))
}

/// The group behind a capacity provider.
pub(super) fn group_of_provider<'r>(resolved: &'r Resolved<'_>, name: &str) -> Option<&'r str> {
    let (_, provider) = created_providers(resolved).find(|(_, p)| p.name == name)?;
    let group = provider.input.as_ref()?.auto_scaling_group_provider.as_ref()?;
    Some(short(&group.auto_scaling_group_arn))
}

fn created_providers<'r>(
    resolved: &'r Resolved<'_>,
) -> impl Iterator<Item = (usize, &'r GivenProvider)> {
    let clusters = resolved.scenario.clusters.iter().enumerate();
    let all = clusters.flat_map(|(i, c)| c.providers.iter().flatten().map(move |p| (i, p)));
    all.filter(|(_, provider)| provider.input.is_some())
}

/// Clusters, then what belongs to an account, then what a cluster is associated with.
pub(super) fn steps(resolved: &Resolved<'_>) -> Result<Vec<SetupStep>, DocumentError> {
    let given = &resolved.scenario.clusters;
    let mut steps: Vec<SetupStep> =
        given.iter().zip(&resolved.clusters).map(|(g, p)| step_of(resolved, g, p)).collect();
    for cluster in given {
        for (name, value) in &cluster.account_settings.0 {
            let (name, value) = (name.clone(), value.clone());
            let setting = PutAccountSetting { name, value, principal_arn: None };
            let command = Command::PutAccountSetting(Box::new(setting));
            steps.push(resolved.step(Input::Command(command), &key(cluster, "accountSettings")));
        }
    }
    steps.extend(super::groups::steps(resolved)?);
    for (_, provider) in created_providers(resolved) {
        let input = provider.input.clone().expect("only those are listed that have one");
        let command = Command::CreateCapacityProvider(Box::new(input));
        steps.push(resolved.step(Input::Command(command), &provider.origin));
    }
    for (cluster, plan) in given.iter().zip(&resolved.clusters) {
        if cluster.providers.is_none() && cluster.default_strategy.is_none() {
            continue;
        }
        let association = PutClusterCapacityProviders {
            cluster: Some(plan.name.clone()),
            capacity_providers: plan.providers.clone(),
            default_capacity_provider_strategy: plan.default_strategy.clone(),
        };
        let command = Command::PutClusterCapacityProviders(Box::new(association));
        steps.push(resolved.step(Input::Command(command), &key(cluster, "capacityProviders")));
    }
    Ok(steps)
}

fn step_of(resolved: &Resolved<'_>, given: &GivenCluster, plan: &ClusterPlan) -> SetupStep {
    let subnet = |subnet: &SubnetPlan| SubnetInput {
        name: subnet.id.as_str().into(),
        zone: subnet.zone.as_str().into(),
        vpc: subnet.vpc.as_str().into(),
        addresses: subnet.addresses,
        interfaces: subnet.foreign(),
    };
    let setting =
        |(name, value): &(String, String)| Setting { name: name.clone(), value: value.clone() };
    let setup = Setup::Cluster {
        name: plan.name.as_str().into(),
        region: plan.region.as_str().into(),
        zones: plan.zones.iter().map(|zone| zone.as_str().into()).collect(),
        subnets: plan.subnets.iter().map(subnet).collect(),
        settings: given.settings.0.iter().map(setting).collect(),
    };
    resolved.step(Input::Setup(setup), &given.origin)
}

/// The cluster that a name stands for; the only one, or the one called `default`, without a name.
pub(super) fn find(
    resolved: &Resolved<'_>,
    name: Option<&str>,
    origin: &Origin,
) -> Result<ClusterId, DocumentError> {
    let clusters = &resolved.clusters;
    let called = |name: &str| clusters.iter().position(|cluster| cluster.name == name);
    let found = match name {
        Some(name) => called(short(name)),
        None if clusters.len() == 1 => Some(0),
        None => called("default"),
    };
    found.map(ClusterId::from_index).ok_or_else(|| {
        let names = clusters.iter().map(|cluster| &*cluster.name);
        match name {
            Some(name) => {
                resolved.at(&origin.key("cluster"), nothing_called("cluster", short(name), names))
            }
            None => {
                let error = resolved.error(origin, "there are several clusters");
                error.with_remedy("Add the key `cluster`")
            }
        }
    })
}
