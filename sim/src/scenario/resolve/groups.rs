//! Auto Scaling groups: how they grow and shrink (04 section 1.5). Their instances of time 0 are
//! instances like others.

use std::collections::BTreeMap;

use stowplan_engine::api::{Input, Setup};
use stowplan_engine::model::{Capacity, ClusterId, GroupSpec, GroupZone, Span, TerminationPolicy};

use super::instances::{self, Sizes};
use super::machine::{self, Machine};
use super::{Resolved, SetupStep};
use crate::document::DocumentError;
use crate::scenario::instance::{GivenGroup, InstanceKeys};
use crate::scenario::names::nothing_called;
use crate::world::AgentConfig;

pub(super) fn steps(resolved: &Resolved<'_>) -> Result<Vec<SetupStep>, DocumentError> {
    let step = |(cluster, group): (ClusterId, &GivenGroup)| {
        let given = Setup::ScalingGroup(Box::new(given(resolved, cluster, group)?));
        Ok(resolved.step(Input::Setup(given), &group.origin))
    };
    all(resolved).map(step).collect()
}

/// What the agents of each group's instances are like.
pub(super) fn agents(
    resolved: &Resolved<'_>,
) -> Result<BTreeMap<Box<str>, AgentConfig>, DocumentError> {
    let agent = |(_, group): (ClusterId, &GivenGroup)| {
        let first = machine_of(resolved, group, &instances::first_type(group))?;
        Ok(((*group.keys.name).into(), first.agent))
    };
    all(resolved).map(agent).collect()
}

fn all<'r>(resolved: &'r Resolved<'_>) -> impl Iterator<Item = (ClusterId, &'r GivenGroup)> {
    let clusters = resolved.scenario.clusters.iter().enumerate();
    clusters.flat_map(|(index, cluster)| {
        cluster.groups.iter().map(move |group| (ClusterId::from_index(index), group))
    })
}

fn machine_of(
    resolved: &Resolved<'_>,
    group: &GivenGroup,
    keys: &InstanceKeys,
) -> Result<Machine, DocumentError> {
    let mut machine = machine::of_keys(resolved, keys, &group.origin)?;
    instances::join(&mut machine, group);
    Ok(machine)
}

fn given(
    resolved: &Resolved<'_>,
    cluster: ClusterId,
    group: &GivenGroup,
) -> Result<GroupSpec, DocumentError> {
    let plan = &resolved.clusters[cluster.index()];
    let keys = &group.keys;
    let there = resolved.instances.iter().filter(|instance| {
        instance.machine.registration.auto_scaling_group.as_deref() == Some(&*keys.name)
    });
    let sizes = Sizes::of(group, u32::try_from(there.count()).unwrap_or(u32::MAX));
    let zones = instances::zones_of(resolved, plan, group)?;
    let zone = |name: String| GroupZone { vpc: plan.vpc_of(&name).into(), name: name.into() };
    let machine = machine_of(resolved, group, &instances::first_type(group))?;
    let launch = resolved.scenario.tunables.launch;
    let delay = keys.launch_delay.as_ref().map(|delay| Span(delay.millis()));
    Ok(GroupSpec {
        cluster,
        name: keys.name.as_str().into(),
        min: sizes.minimum,
        max: sizes.maximum,
        desired: sizes.desired,
        zones: zones.into_iter().map(zone).collect(),
        capacities: capacities(resolved, group, &machine)?,
        policies: policies(resolved, group)?,
        protects_new: keys.new_instances_protected_from_scale_in.unwrap_or(false),
        ready: delay.unwrap_or(launch.ready),
        template: machine.registration,
    })
}

/// What each type registers; the first is the one that is launched.
fn capacities(
    resolved: &Resolved<'_>,
    group: &GivenGroup,
    first: &Machine,
) -> Result<Vec<Capacity>, DocumentError> {
    let of = |machine: &Machine| {
        let row = &machine.registration;
        let (cpu, memory, gpus) = (row.cpu, row.memory, row.gpus);
        Capacity { cpu, memory, gpus, enis: row.eni_limit, trunk_enis: row.trunk_enis }
    };
    let mut all = vec![of(first)];
    for kind in group.keys.instance_types.iter().flatten().skip(1) {
        let keys = InstanceKeys {
            instance_type: Some(kind.name.clone()),
            cpu: kind.cpu.or(group.instance.cpu),
            memory: kind.memory.or(group.instance.memory),
            ..group.instance.clone()
        };
        all.push(of(&machine_of(resolved, group, &keys)?));
    }
    Ok(all)
}

fn policies(
    resolved: &Resolved<'_>,
    group: &GivenGroup,
) -> Result<Vec<TerminationPolicy>, DocumentError> {
    let origin = group.origin.key("terminationPolicies");
    let read = |(index, name): (usize, &String)| {
        TerminationPolicy::parse(name).ok_or_else(|| {
            let names = TerminationPolicy::NAMES.into_iter();
            resolved.at(&origin.index(index), nothing_called("termination policy", name, names))
        })
    };
    group.keys.termination_policies.iter().enumerate().map(read).collect()
}
