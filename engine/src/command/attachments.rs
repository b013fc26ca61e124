//! What a service is attached to: load balancers and Cloud Map registries (02 sections 5.1, 7.1).

use std::collections::BTreeSet;

use crate::api::input::{LoadBalancer, ServiceRegistry};
use crate::api::setup::{RecordPresence, TargetType};
use crate::api::{CommandError, Json};
use crate::command::balancers;
use crate::model::{
    ControllerType, Launch, LaunchType, NetworkMode, ServiceConnect, TaskDefinition,
};
use crate::store::Store;

/// What a call attaches a service to.
pub(super) struct Attached<'a> {
    pub(super) balancers: &'a [LoadBalancer],
    pub(super) registries: &'a [ServiceRegistry],
    pub(super) connect: Option<&'a Json>,
    pub(super) controller: ControllerType,
}

/// Target types, registries and Service Connect suit the definition and the launch type.
pub(super) fn check(
    store: &Store,
    attached: &Attached<'_>,
    row: &TaskDefinition,
    launch: &Launch,
    desired: u32,
) -> Result<(), CommandError> {
    if !attached.balancers.is_empty() && *launch == Launch::Type(LaunchType::External) {
        return refused("Load balancers are not supported for the EXTERNAL launch type.");
    }
    for balancer in attached.balancers {
        check_target_type(store, balancer, row)?;
    }
    check_registries(store, attached, row, launch)?;
    for registry in attached.registries {
        if let Some(name) = &registry.container_name {
            balancers::check_port(name, registry.container_port.unwrap_or_default(), row)?;
        }
    }
    check_discovered(store, attached, desired)?;
    check_service_connect(attached, row, launch)
}

/// The target type of a target group is that of the network mode (02 sections 1 and 7.1).
fn check_target_type(
    store: &Store,
    balancer: &LoadBalancer,
    row: &TaskDefinition,
) -> Result<(), CommandError> {
    let Some(arn) = balancer.target_group_arn.as_deref() else { return Ok(()) };
    let Some(&given) = store.target_types.get(resource_name(arn, ":targetgroup/")) else {
        return Ok(());
    };
    let wanted = match row.network_mode {
        NetworkMode::Awsvpc => TargetType::Ip,
        _ => TargetType::Instance,
    };
    if given == wanted {
        return Ok(());
    }
    Err(CommandError::invalid(format!(
        "The provided target group {arn} has target type {}, which is incompatible with the {} \
         network mode specified in the task definition.",
        given.as_str(),
        row.network_mode
    )))
}

/// The registry of a service suits its network mode and launch type (02 section 5.1).
fn check_registries(
    store: &Store,
    attached: &Attached<'_>,
    row: &TaskDefinition,
    launch: &Launch,
) -> Result<(), CommandError> {
    let (registries, balancers) = (attached.registries, attached.balancers);
    let Some(registry) = registries.first() else { return Ok(()) };
    if registries.len() > 1 {
        return refused("A service can have at most one service registry.");
    }
    if balancers.iter().any(|balancer| balancer.load_balancer_name.is_some()) {
        return refused("Service discovery is not supported with a Classic Load Balancer.");
    }
    if *launch == Launch::Type(LaunchType::External) {
        return refused("Service discovery is not supported for the EXTERNAL launch type.");
    }
    if registry.port.is_some_and(|port| !(1..=65_535).contains(&port)) {
        return refused("The port of a service registry must be between 1 and 65535.");
    }
    let by_container = registry.container_name.is_some() || registry.container_port.is_some();
    let whole = registry.container_name.is_some() && registry.container_port.is_some();
    let arn = registry.registry_arn.as_deref().unwrap_or_default();
    let Some(records) = store.registries.get(resource_name(arn, ":service/")) else {
        return Err(CommandError::invalid(format!("The service registry {arn} does not exist.")));
    };
    let (addresses, ports) = (records.0 == RecordPresence::Kept, records.1 == RecordPresence::Kept);
    match row.network_mode {
        NetworkMode::None => refused("Service discovery is not supported with network mode none."),
        NetworkMode::Awsvpc => {
            let named = registry.port.is_some() || by_container;
            if by_container && (registry.port.is_some() || !whole) {
                refused(
                    "A service registry takes either a port, or a containerName and a \
                     containerPort.",
                )
            } else if ports && !named {
                refused(
                    "When specifying a service registry with SRV records, a port, or a \
                     containerName and a containerPort, must be given.",
                )
            } else if addresses && !ports && named {
                refused("A service registry without SRV records takes no port and no container.")
            } else {
                Ok(())
            }
        }
        NetworkMode::Bridge | NetworkMode::Host | NetworkMode::Default => {
            if addresses {
                refused("Service registries of this network mode can have SRV records only.")
            } else if !whole || registry.port.is_some() {
                refused(
                    "Service registries of this network mode take a containerName and a \
                     containerPort.",
                )
            } else {
                Ok(())
            }
        }
    }
}

/// The quota of tasks with service discovery or Service Connect (02 sections 5.1 and 6).
fn check_discovered(
    store: &Store,
    attached: &Attached<'_>,
    desired: u32,
) -> Result<(), CommandError> {
    let what = match attached.registries {
        [] if is_connected(attached) => "Service Connect",
        [] => return Ok(()),
        _ => "service discovery",
    };
    let most = store.config.quotas.tasks_per_discovered_service;
    if desired <= most {
        return Ok(());
    }
    Err(CommandError::invalid(format!("A service with {what} can have at most {most} tasks.")))
}

/// Whether Service Connect is on.
fn is_connected(attached: &Attached<'_>) -> bool {
    ServiceConnect::read(attached.connect).is_some()
}

/// The name of a resource out of its ARN; a name stands for itself.
fn resource_name<'a>(reference: &'a str, kind: &str) -> &'a str {
    match reference.split_once(kind) {
        Some((_, rest)) => rest.split('/').next().unwrap_or(rest),
        None => reference,
    }
}

/// What Service Connect asks of a definition (02 section 6).
fn check_service_connect(
    attached: &Attached<'_>,
    row: &TaskDefinition,
    launch: &Launch,
) -> Result<(), CommandError> {
    let Some(configuration) = attached.connect.filter(|_| is_connected(attached)) else {
        return Ok(());
    };
    if attached.controller == ControllerType::CodeDeploy {
        return refused("Service Connect is not supported with the CODE_DEPLOY controller.");
    }
    if *launch == Launch::Type(LaunchType::External) {
        return refused("Service Connect is not supported for the EXTERNAL launch type.");
    }
    if matches!(row.network_mode, NetworkMode::Host | NetworkMode::None) {
        return refused("Service Connect is not supported with network modes host and none.");
    }
    if row.os_family.as_deref().is_some_and(|os| os.starts_with("WINDOWS")) {
        return refused("Service Connect is not supported on Windows.");
    }
    if row.memory.is_none() {
        return refused("Service Connect requires task-level memory in the task definition.");
    }
    let Some(Json::List(services)) = configuration.field("services") else { return Ok(()) };
    services.iter().try_for_each(|service| check_connected(service, row))?;
    let mut names = BTreeSet::new();
    let discovered =
        services.iter().filter_map(|it| text(it, "discoveryName").or_else(|| text(it, PORT)));
    match discovered.into_iter().find(|name| !names.insert(*name)) {
        None => Ok(()),
        Some(twice) => Err(CommandError::invalid(format!(
            "The discovery name {twice} is used by two Service Connect services."
        ))),
    }
}

const PORT: &str = "portName";
const MOST_SECONDS: i64 = 2_147_483_647;

fn text<'j>(of: &'j Json, key: &str) -> Option<&'j str> {
    of.field(key).and_then(Json::as_str)
}

fn check_connected(service: &Json, row: &TaskDefinition) -> Result<(), CommandError> {
    let name = text(service, PORT).unwrap_or_default();
    let containers = row.input.container_definitions.iter();
    let mut ports = containers.flat_map(|container| &container.port_mappings);
    if !ports.any(|mapping| mapping.name.as_deref() == Some(name)) {
        return Err(CommandError::invalid(format!(
            "The port name {name} of the Service Connect configuration is in no port mapping of \
             the task definition."
        )));
    }
    if text(service, "discoveryName").is_some_and(|name| name.chars().count() > 64) {
        return refused("A discoveryName can have up to 64 characters.");
    }
    if service.field("ingressPortOverride").is_some_and(|port| !is_port(port)) {
        return refused("An ingressPortOverride must be between 1 and 65535.");
    }
    let timeouts = ["idleTimeoutSeconds", "perRequestTimeoutSeconds"];
    let mut timeouts = timeouts.into_iter().filter_map(|it| service.field("timeout")?.field(it));
    if timeouts.any(|seconds| number(seconds).is_none_or(|it| !(0..=MOST_SECONDS).contains(&it))) {
        return refused("A Service Connect timeout must be between 0 and 2147483647 seconds.");
    }
    let Some(Json::List(aliases)) = service.field("clientAliases") else { return Ok(()) };
    if aliases.len() > 1 {
        return refused("A Service Connect service can have at most one client alias.");
    }
    let long = |alias: &Json| text(alias, "dnsName").is_some_and(|it| it.chars().count() > 127);
    if aliases.iter().any(long) {
        return refused("A dnsName can have up to 127 characters.");
    }
    if aliases.iter().any(|alias| !alias.field("port").is_some_and(is_port)) {
        return refused("A client alias needs a port between 1 and 65535.");
    }
    Ok(())
}

fn is_port(given: &Json) -> bool {
    number(given).is_some_and(|port| (1..=65_535).contains(&port))
}

fn number(given: &Json) -> Option<i64> {
    given.as_number()?.parse().ok()
}

fn refused(text: &'static str) -> Result<(), CommandError> {
    Err(CommandError::invalid(text))
}
