//! Target groups, with what their targets are up to (02 section 7).

use serde_json::Value;
use stowplan_engine::api::input::LoadBalancer;
use stowplan_engine::model::{ClusterId, ControllerType, DeploymentGroup, Service, Share, Slot};

use super::Moment;
use super::facts::TargetFacts;
use super::shape::{api, object, text};

/// Names of all target groups: those of the scenario, then those that only services name.
pub(crate) fn names(moment: &Moment<'_>) -> Vec<String> {
    let mut names: Vec<String> =
        moment.world.target_groups().into_iter().map(String::from).collect();
    for (_, row) in moment.engine.services() {
        for (name, _) in groups_of(moment, row) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// A target group by name; `None` when there is none.
pub(crate) fn by_name(moment: &Moment<'_>, name: &str) -> Option<Value> {
    names(moment).iter().any(|known| known == name).then(|| whole(moment, name))
}

/// Numbers of targets by state.
pub(crate) fn state_counts(moment: &Moment<'_>, name: &str) -> [(&'static str, u32); 5] {
    let counts = moment.world.target_counts(name);
    [
        ("healthy", counts.healthy),
        ("unhealthy", counts.unhealthy),
        ("initial", counts.initial),
        ("draining", counts.draining),
        ("unused", counts.unused),
    ]
}

fn whole(moment: &Moment<'_>, name: &str) -> Value {
    let mut fields: serde_json::Map<String, Value> = state_counts(moment, name)
        .into_iter()
        .map(|(state, count)| (state.to_owned(), count.into()))
        .collect();
    let (mut production, mut test) = (Share::NONE, Share::NONE);
    for (_, row) in moment.engine.services() {
        for (_, slot) in groups_of(moment, row).into_iter().filter(|(group, _)| group == name) {
            production = production.max(row.traffic.production_of(slot));
            if row.has_test_rule() || has_test_listener(moment, row) {
                test = test.max(row.traffic.test_of(slot));
            }
        }
    }
    fields.insert("weight".to_owned(), percent(production));
    fields.insert("testWeight".to_owned(), percent(test));
    let targets = moment.world.targets(name, moment.now);
    let one = |target: &TargetFacts| one_target(moment, target);
    fields.insert("targets".to_owned(), targets.iter().map(one).collect());
    Value::Object(fields)
}

fn one_target(moment: &Moment<'_>, target: &TargetFacts) -> Value {
    object([
        ("task", moment.engine.task_name(target.task).into()),
        ("state", target.state.as_str().into()),
        ("reason", text(target.reason)),
        ("port", target.port.into()),
        ("share", target.share.into()),
    ])
}

fn has_test_listener(moment: &Moment<'_>, row: &Service) -> bool {
    deployment_groups(moment, row).any(|group| group.has_test_listener)
}

/// CodeDeploy's groups that deploy a service.
fn deployment_groups<'m>(
    moment: &Moment<'m>,
    row: &'m Service,
) -> impl Iterator<Item = &'m DeploymentGroup> {
    let by_code_deploy = row.controller == ControllerType::CodeDeploy;
    let deploys =
        |group: &&DeploymentGroup| group.cluster == row.cluster && group.service == row.name;
    moment.engine.deployment_groups().filter(move |_| by_code_deploy).filter(deploys)
}

/// The target groups of a service by name, with the half of its pair that each is.
pub(super) fn groups_of(moment: &Moment<'_>, row: &Service) -> Vec<(String, Slot)> {
    let mut groups = Vec::new();
    for balancer in &row.load_balancers {
        let main = balancer.target_group_arn.as_deref().unwrap_or_default();
        groups.push((group_name(main).to_owned(), Slot::Main));
        let advanced = balancer.advanced_configuration.as_ref();
        if let Some(other) = advanced.and_then(|it| it.alternate_target_group_arn.as_deref()) {
            groups.push((group_name(other).to_owned(), Slot::Alternate));
        }
    }
    // The group that the service names is the first half of the pair; CodeDeploy knows the other.
    for name in deployment_groups(moment, row).flat_map(|group| &group.pair) {
        if !groups.iter().any(|(known, _)| **known == **name) {
            groups.push((name.to_string(), Slot::Alternate));
        }
    }
    groups
}

/// Load balancers as a call of Describe shows them: target groups by their ARNs.
pub(super) fn balancers(moment: &Moment<'_>, cluster: ClusterId, given: &[LoadBalancer]) -> Value {
    let arn = |name: &mut String| *name = moment.engine.target_group_arn(cluster, name);
    let shown = given.iter().cloned().map(|mut it| {
        it.target_group_arn.as_mut().map(arn);
        let advanced = it.advanced_configuration.as_mut();
        advanced.and_then(|pair| pair.alternate_target_group_arn.as_mut()).map(arn);
        it
    });
    api(&shown.collect::<Vec<_>>())
}

/// A share in percent: a whole number where it is one.
pub(crate) fn percent(share: Share) -> Value {
    if share.0.is_multiple_of(1000) {
        (share.0 / 1000).into()
    } else {
        (f64::from(share.0) / 1000.0).into()
    }
}

/// The name in a target group's ARN, `…:targetgroup/NAME/0123`; a name is itself.
pub(crate) fn group_name(arn: &str) -> &str {
    let rest = arn.split_once(":targetgroup/").map_or(arn, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}
