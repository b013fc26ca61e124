//! Worked examples of 01 and 02 that a definition alone decides, and the table of rows.

mod attributes;
mod calls;
mod definitions;
mod demands;
mod properties;
mod rows;

use crate::api::input::{
    ContainerDefinition, ContainerDependency, HealthCheck, PortMapping, RegisterTaskDefinition,
    ResourceRequirement,
};
use crate::api::text::TextOrNumber;
use crate::api::{CommandError, EngineConfig, Exception, Json};
use crate::model::{TaskDefinition, Time};

/// Registers `input` as revision 1.
fn define(input: RegisterTaskDefinition) -> Result<TaskDefinition, CommandError> {
    super::define(input, 1, Time::ZERO, &EngineConfig::default())
}

/// The definition that must be accepted.
fn accepted(input: RegisterTaskDefinition) -> TaskDefinition {
    define(input).expect("the definition is valid")
}

/// The text of the `ClientException` that must come.
fn refused(input: RegisterTaskDefinition) -> String {
    let refusal = define(input).expect_err("the definition is invalid");
    assert_eq!(refusal.exception, Exception::ClientException);
    refusal.message.into_owned()
}

/// An InvalidParameterException's text.
fn invalid<T: std::fmt::Debug>(answer: Result<T, CommandError>) -> String {
    let refusal = answer.expect_err("the call is invalid");
    assert_eq!(refusal.exception, Exception::InvalidParameterException);
    refusal.message.into_owned()
}

/// A family `web` of the containers given.
fn web(containers: Vec<ContainerDefinition>) -> RegisterTaskDefinition {
    RegisterTaskDefinition {
        family: "web".into(),
        container_definitions: containers,
        ..RegisterTaskDefinition::default()
    }
}

/// An essential container of 64 CPU units and 128 MiB.
fn container(name: &str) -> ContainerDefinition {
    ContainerDefinition {
        name: name.into(),
        image: "image".into(),
        cpu: Some(64),
        memory: Some(128),
        ..ContainerDefinition::default()
    }
}

/// A container that may stop without the task.
fn sidecar(name: &str) -> ContainerDefinition {
    ContainerDefinition { essential: Some(false), ..container(name) }
}

/// Task-level cpu and memory.
fn sized(mut input: RegisterTaskDefinition, cpu: &str, memory: &str) -> RegisterTaskDefinition {
    input.cpu = Some(TextOrNumber(cpu.into()));
    input.memory = Some(TextOrNumber(memory.into()));
    input
}

/// One container on Fargate of that size.
fn on_fargate(cpu: &str, memory: &str) -> RegisterTaskDefinition {
    let mut input = sized(web(vec![container("app")]), cpu, memory);
    input.network_mode = Some("awsvpc".into());
    input.requires_compatibilities = vec!["FARGATE".into()];
    input
}

/// One container in a network mode.
fn in_mode(mode: &str, container: ContainerDefinition) -> RegisterTaskDefinition {
    RegisterTaskDefinition { network_mode: Some(mode.into()), ..web(vec![container]) }
}

fn mapping(container_port: i64, host_port: Option<i64>) -> PortMapping {
    PortMapping { container_port: Some(container_port), host_port, ..PortMapping::default() }
}

fn port_range(range: &str) -> PortMapping {
    PortMapping { container_port_range: Some(range.into()), ..PortMapping::default() }
}

fn with_ports(name: &str, ports: Vec<PortMapping>) -> ContainerDefinition {
    ContainerDefinition { port_mappings: ports, ..container(name) }
}

fn depends_on(
    mut container: ContainerDefinition,
    name: &str,
    condition: &str,
) -> ContainerDefinition {
    let dependency =
        ContainerDependency { container_name: name.into(), condition: condition.into() };
    container.depends_on.push(dependency);
    container
}

fn health_check() -> HealthCheck {
    HealthCheck { command: vec!["CMD".into(), "check".into()], ..HealthCheck::default() }
}

fn gpus(value: &str) -> Vec<ResourceRequirement> {
    let kind = "GPU".into();
    vec![ResourceRequirement { value: value.into(), kind, ..ResourceRequirement::default() }]
}

/// An object of strings and objects.
fn object(fields: &[(&str, Json)]) -> Json {
    Json::Object(fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
}

fn string(text: &str) -> Json {
    Json::String(text.into())
}
