//! The containers as scheduler and agent read them: defaults filled in, names resolved.

use crate::api::input::{ContainerDefinition, HealthCheck, PortMapping, RestartPolicy};
use crate::model::{
    Container, ContainerHealthCheck, ContainerPort, Dependency, DependencyCondition, RestartRule,
    Span,
};

use super::container_rows::link_target;
use super::draft::{Draft, given, is_essential};
use super::gpu;
use super::port_rows::{host_port, protocol, range, single_port};

/// Reads the containers of a draft that passed the rows.
pub(super) fn read(draft: &Draft<'_>) -> Box<[Container]> {
    draft.containers().iter().map(|container| read_one(draft, container)).collect()
}

/// The place of a container by name.
pub(super) fn position(containers: &[ContainerDefinition], name: &str) -> Option<usize> {
    containers.iter().position(|container| container.name == name)
}

fn read_one(draft: &Draft<'_>, container: &ContainerDefinition) -> Container {
    Container {
        name: container.name.as_str().into(),
        image: container.image.as_str().into(),
        essential: is_essential(container),
        cpu: given(container.cpu).unwrap_or(0),
        memory: given(container.memory),
        memory_reservation: given(container.memory_reservation),
        gpu: gpu::sum(&container.resource_requirements).unwrap_or(0),
        health_check: container.health_check.as_ref().map(health_check),
        depends_on: dependencies(draft, container),
        start_timeout: container.start_timeout.map(seconds),
        stop_timeout: container.stop_timeout.map(seconds),
        restart: container.restart_policy.as_ref().filter(|policy| policy.enabled).map(restart),
        ports: container.port_mappings.iter().filter_map(|m| port(draft, m)).collect(),
    }
}

/// Seconds that passed the rows: not negative.
fn seconds(value: i64) -> Span {
    Span::from_secs(u32::try_from(value).unwrap_or(0).into())
}

/// Defaults: every 30 s, 5 s each, three in a row, no start period (01 section 2.3).
fn health_check(check: &HealthCheck) -> ContainerHealthCheck {
    ContainerHealthCheck {
        interval: seconds(check.interval.unwrap_or(30)),
        timeout: seconds(check.timeout.unwrap_or(5)),
        retries: check.retries.and_then(|retries| u32::try_from(retries).ok()).unwrap_or(3),
        start_period: seconds(check.start_period.unwrap_or(0)),
    }
}

/// `dependsOn`, then links as START, then `volumesFrom` as Created; each wish once.
fn dependencies(draft: &Draft<'_>, container: &ContainerDefinition) -> Box<[Dependency]> {
    let explicit = container.depends_on.iter().filter_map(|dependency| {
        Some((dependency.container_name.as_str(), condition(&dependency.condition)?))
    });
    let links = container.links.iter().map(|l| (link_target(l), DependencyCondition::Start));
    let volumes = container.volumes_from.iter();
    let volumes = volumes.map(|v| (v.source_container.as_str(), DependencyCondition::Created));
    let mut wishes = Vec::new();
    for (name, condition) in explicit.chain(links).chain(volumes) {
        let on =
            position(draft.containers(), name).expect("V19: every container waited for exists");
        let wish = Dependency { on, condition };
        if !wishes.contains(&wish) {
            wishes.push(wish);
        }
    }
    wishes.into()
}

fn condition(name: &str) -> Option<DependencyCondition> {
    match name {
        "START" => Some(DependencyCondition::Start),
        "COMPLETE" => Some(DependencyCondition::Complete),
        "SUCCESS" => Some(DependencyCondition::Success),
        "HEALTHY" => Some(DependencyCondition::Healthy),
        _ => None,
    }
}

/// Default attempt period: 300 s (01 section 2.3).
fn restart(policy: &RestartPolicy) -> RestartRule {
    let codes = policy.ignored_exit_codes.iter().filter_map(|code| i32::try_from(*code).ok());
    RestartRule {
        ignored_exit_codes: codes.collect(),
        attempt_period: seconds(policy.restart_attempt_period.unwrap_or(300)),
    }
}

fn port(draft: &Draft<'_>, mapping: &PortMapping) -> Option<ContainerPort> {
    let protocol = protocol(mapping);
    if let Some(ports) = range(mapping) {
        let (container_port, count) = (*ports.start(), ports.end() - ports.start() + 1);
        let host_port = draft.shares_one_port_space().then_some(container_port);
        return Some(ContainerPort { container_port, count, host_port, protocol });
    }
    let container_port = single_port(mapping)?;
    let host_port = host_port(draft, mapping);
    Some(ContainerPort { container_port, count: 1, host_port, protocol })
}
