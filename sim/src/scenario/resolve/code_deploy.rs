//! CodeDeploy's deployment groups: what they name is there.

use stowplan_engine::api::{Input, Setup};
use stowplan_engine::model::ClusterId;

use super::{Resolved, SetupStep, clusters, references, services};
use crate::document::DocumentError;
use crate::scenario::deployment_groups::GivenDeploymentGroup;
use crate::scenario::names::{check_unique, nothing_called, target_group_name};

pub(super) fn steps(resolved: &Resolved<'_>) -> Result<Vec<SetupStep>, DocumentError> {
    let groups = &resolved.scenario.deployment_groups;
    let named = groups.iter().filter(|group| !group.input.deployment_group_name.is_empty());
    let names = named.map(|group| {
        (&*group.input.deployment_group_name, group.origin.key("deploymentGroupName"))
    });
    check_unique(resolved.document(), names, "deployment group")?;
    groups.iter().map(|group| step(resolved, group)).collect()
}

fn step(resolved: &Resolved<'_>, group: &GivenDeploymentGroup) -> Result<SetupStep, DocumentError> {
    let mut input = group.input.clone();
    for service in &mut input.ecs_services {
        let origin = group.origin.key(group.named_by);
        let cluster: Option<ClusterId> = match &service.cluster_name {
            Some(name) => Some(clusters::find(resolved, Some(name), &origin)?),
            None => None,
        };
        let found = services::named(resolved, cluster, &service.service_name, &origin)?;
        let found = &resolved.services[found];
        service.cluster_name = Some(resolved.clusters[found.cluster.index()].name.clone());
    }
    check_pair(resolved, group)?;
    if let Some(watched) = &input.alarm_configuration {
        let origin = group.origin.key("alarmConfiguration").key("alarms");
        for (index, alarm) in watched.alarms.iter().enumerate() {
            references::check_alarm(resolved, &alarm.name, &origin.index(index).key("name"))?;
        }
    }
    let setup = Setup::DeploymentGroup(Box::new(input));
    Ok(resolved.step(Input::Setup(setup), &group.origin))
}

/// The target groups of the pair are those of the scenario.
fn check_pair(resolved: &Resolved<'_>, group: &GivenDeploymentGroup) -> Result<(), DocumentError> {
    let known = || resolved.scenario.target_groups.iter().map(|(group, _)| &*group.name);
    let info = group.input.load_balancer_info.iter();
    let pairs = info.flat_map(|info| &info.target_group_pair_info_list).enumerate();
    let list = group.origin.key("loadBalancerInfo").key("targetGroupPairInfoList");
    for (pair, given) in pairs {
        for (index, target) in given.target_groups.iter().enumerate() {
            let wanted = target_group_name(&target.name);
            if !known().any(|name| name == wanted) {
                let origin = list.index(pair).key("targetGroups").index(index).key("name");
                return Err(resolved.at(&origin, nothing_called("target group", wanted, known())));
            }
        }
    }
    Ok(())
}
