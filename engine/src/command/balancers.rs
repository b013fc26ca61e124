//! Load balancers of a service, checked (02 section 7.1, 03 sections 3.3 and 21.6).

use std::collections::BTreeSet;

use crate::api::CommandError;
use crate::api::input::LoadBalancer;
use crate::model::{NetworkMode, TargetStates, TaskDefinition};
use crate::store::Store;

/// Rules 21 and 23 of 03 section 3.3.
pub(super) fn check(
    store: &Store,
    balancers: &[LoadBalancer],
    row: &TaskDefinition,
    shifts_traffic: bool,
    limit: u32,
) -> Result<(), CommandError> {
    // A lower quota can be set, a higher one cannot.
    let limit = limit.min(u32::from(TargetStates::MOST));
    if balancers.len() > limit as usize {
        return Err(CommandError::invalid(format!(
            "A service can have at most {limit} target groups."
        )));
    }
    check_pairs(store, balancers, shifts_traffic)?;
    check_classic(balancers, row)?;
    check_containers(balancers, row)
}

/// One Classic Load Balancer at most, and none for tasks with interfaces of their own (02 section
/// 7.1, 01 section 12).
fn check_classic(balancers: &[LoadBalancer], row: &TaskDefinition) -> Result<(), CommandError> {
    let classics = balancers.iter().filter(|it| it.load_balancer_name.is_some()).count();
    if classics > 1 {
        return Err(CommandError::invalid("A service can have at most 1 Classic Load Balancer."));
    }
    if classics > 0 && row.network_mode == NetworkMode::Awsvpc {
        return Err(CommandError::invalid(
            "Classic Load Balancers are not supported with network mode awsvpc.",
        ));
    }
    Ok(())
}

/// The table of 03 section 21.6.
fn check_pairs(
    store: &Store,
    balancers: &[LoadBalancer],
    shifts_traffic: bool,
) -> Result<(), CommandError> {
    let with = balancers.iter().filter(|it| it.advanced_configuration.is_some()).count();
    let classic = |it: &&LoadBalancer| it.load_balancer_name.is_some();
    if balancers.iter().filter(classic).any(|it| it.advanced_configuration.is_some()) {
        return Err(CommandError::invalid(
            "advancedConfiguration field is not allowed with ELBv1 loadBalancers",
        ));
    }
    let classics = balancers.iter().filter(classic).count();
    if classics > 0 && classics < balancers.len() {
        return Err(CommandError::invalid(
            "All loadBalancers must be strictly either ELBv1 (defining loadBalancerName) or ELBv2 \
             (defining targetGroupArn)",
        ));
    }
    if with > 0 && with < balancers.len() {
        return Err(CommandError::invalid(
            "Either all or none of the provided loadBalancers must have advancedConfiguration \
             defined",
        ));
    }
    if shifts_traffic && with < balancers.len() {
        return Err(CommandError::invalid(
            "advancedConfiguration field is required for all loadBalancers when using a \
             non-ROLLING deployment strategy",
        ));
    }
    check_groups(balancers)?;
    balancers.iter().try_for_each(|balancer| check_rules(balancer, store.is_network(balancer)))
}

fn check_groups(balancers: &[LoadBalancer]) -> Result<(), CommandError> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for balancer in balancers {
        let advanced = balancer.advanced_configuration.as_ref();
        let alternate = advanced.and_then(|it| it.alternate_target_group_arn.as_deref());
        for arn in balancer.target_group_arn.as_deref().into_iter().chain(alternate) {
            if !seen.insert(arn) {
                return Err(CommandError::invalid(format!(
                    "Duplicate targetGroupArn found: {arn}"
                )));
            }
        }
    }
    Ok(())
}

fn check_rules(balancer: &LoadBalancer, is_network: bool) -> Result<(), CommandError> {
    let Some(advanced) = &balancer.advanced_configuration else { return Ok(()) };
    if advanced.alternate_target_group_arn.is_none() {
        return Err(CommandError::invalid("alternateTargetGroupArn is required."));
    }
    let Some(production) = &advanced.production_listener_rule else {
        return Err(CommandError::invalid("productionListenerRule is required."));
    };
    let rules = [
        ("productionListenerRule", Some(production)),
        ("testListenerRule", advanced.test_listener_rule.as_ref()),
    ];
    for (field, rule) in rules {
        // A name stands for itself; an ARN must be of a listener or of one of its rules.
        let kind = if is_network { ":listener/net/" } else { ":listener-rule/" };
        let is_known = |rule: &String| !rule.starts_with("arn:") || rule.contains(kind);
        if let Some(rule) = rule.filter(|rule| !is_known(rule)) {
            return Err(CommandError::invalid(format!(
                "{field} has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for \
                 NLB. Got: {rule}"
            )));
        }
    }
    if advanced.test_listener_rule.as_ref() == Some(production) {
        return Err(CommandError::invalid(format!(
            "The following rules cannot be used as both production and test listener rules: \
             {production}"
        )));
    }
    Ok(())
}

/// Container and port of each load balancer are in the definition (02 section 7.1).
fn check_containers(balancers: &[LoadBalancer], row: &TaskDefinition) -> Result<(), CommandError> {
    balancers.iter().try_for_each(|balancer| {
        let name = balancer.container_name.as_deref().unwrap_or_default();
        check_port(name, balancer.container_port.unwrap_or_default(), row)
    })
}

/// A definition has a container of this name, and that has this port.
pub(super) fn check_port(name: &str, port: i64, row: &TaskDefinition) -> Result<(), CommandError> {
    let Some(container) = row.containers.iter().find(|c| *c.name == *name) else {
        return Err(CommandError::invalid(format!(
            "The container {name} does not exist in the task definition."
        )));
    };
    let has_port = container.ports.iter().any(|mapping| {
        let first = i64::from(mapping.container_port);
        (first..first + i64::from(mapping.count.max(1))).contains(&port)
    });
    if !has_port {
        return Err(CommandError::invalid(format!(
            "The container {name} did not have a container port {port} defined."
        )));
    }
    Ok(())
}
