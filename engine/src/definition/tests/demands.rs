//! Worked examples RES-1 to RES-10: what one task reserves.

use super::*;
use crate::api::input::{ContainerOverride, RuntimePlatform, TaskOverride};
use crate::definition::{ALL_GPUS, demand_with};
use crate::model::{Demand, PortSet, Protocol};
use std::sync::Arc;

fn needs(
    name: &str,
    cpu: Option<i64>,
    memory: Option<i64>,
    memory_reservation: Option<i64>,
) -> ContainerDefinition {
    ContainerDefinition { cpu, memory, memory_reservation, ..container(name) }
}

/// RES-1: the task level is larger than what its containers add up to.
fn with_task_level() -> RegisterTaskDefinition {
    let containers = ["a", "b"].map(|name| needs(name, Some(256), Some(512), None));
    sized(web(containers.to_vec()), "1024", "2048")
}

/// RES-2: only containers say what they need.
fn trio() -> RegisterTaskDefinition {
    web(vec![
        needs("one", Some(100), Some(300), None),
        needs("two", Some(200), Some(500), Some(200)),
        needs("three", Some(0), None, Some(64)),
    ])
}

/// CPU units and MiB that one task reserves.
fn reserved(input: RegisterTaskDefinition) -> (u32, u32) {
    let demand = accepted(input).demand;
    (demand.cpu, demand.memory)
}

fn reserved_with(input: RegisterTaskDefinition, overrides: &TaskOverride) -> (u32, u32) {
    let demand = demand_with(&accepted(input), overrides).expect("the overrides are valid");
    (demand.cpu, demand.memory)
}

fn of_container(change: ContainerOverride) -> TaskOverride {
    TaskOverride { container_overrides: vec![change], ..TaskOverride::default() }
}

#[test]
fn res_1_the_task_level_counts_when_it_is_given() {
    assert_eq!(reserved(with_task_level()), (1024, 2048));
}

#[test]
fn res_2_else_containers_are_summed_by_their_soft_limit_first() {
    assert_eq!(reserved(trio()), (300, 564));
}

#[test]
fn res_3_task_cpu_alone() {
    let containers = vec![needs("a", None, Some(300), None), needs("b", None, Some(400), None)];
    let mut input = web(containers);
    input.cpu = Some(TextOrNumber("512".into()));
    assert_eq!(reserved(input), (512, 700));
}

#[test]
fn res_4_task_memory_alone() {
    let containers =
        vec![needs("a", Some(100), None, Some(400)), needs("b", Some(150), None, Some(500))];
    let mut input = web(containers);
    input.memory = Some(TextOrNumber("1000".into()));
    assert_eq!(reserved(input), (250, 1000));
}

#[test]
fn res_5_res_6_sizes_in_vcpu_and_gb() {
    let written = |cpu, memory| reserved(sized(web(vec![container("app")]), cpu, memory));
    assert_eq!(written("1 vCPU", "2GB"), (1024, 2048));
    assert_eq!(written("0.5 vCPU", "0.5 GB"), (512, 512));
}

#[test]
fn res_7_a_size_that_is_not_whole() {
    let input = sized(web(vec![container("app")]), "0.3 vCPU", "512");
    assert_eq!(refused(input), "Invalid 'cpu' setting for task.");
}

#[test]
fn res_8_windows_ignores_the_task_level() {
    let app = needs("app", Some(512), Some(1024), None);
    let mut input = sized(web(vec![app]), "2048", "4096");
    input.runtime_platform = Some(RuntimePlatform {
        operating_system_family: Some("WINDOWS_SERVER_2022_FULL".into()),
        cpu_architecture: None,
    });
    assert_eq!(reserved(input.clone()), (512, 1024));
    assert_eq!(reserved_with(input.clone(), &TaskOverride::default()), (512, 1024));
    input.cpu = Some(TextOrNumber("256".into()));
    assert_eq!(reserved(input), (512, 1024), "nor is it enforced");
}

#[test]
fn res_9_an_override_replaces_a_value_before_the_sum() {
    let first = ContainerOverride {
        name: Some("one".into()),
        memory: Some(1000),
        ..ContainerOverride::default()
    };
    assert_eq!(reserved_with(trio(), &of_container(first)), (300, 1264));
}

#[test]
fn res_10_an_override_of_the_task_level() {
    let overrides = TaskOverride {
        cpu: Some(TextOrNumber("512".into())),
        memory: Some(TextOrNumber("1024".into())),
        ..TaskOverride::default()
    };
    assert_eq!(reserved_with(with_task_level(), &overrides), (512, 1024));
}

#[test]
fn r14_an_override_of_an_unknown_container_is_refused() {
    let change = ContainerOverride { name: Some("four".into()), ..ContainerOverride::default() };
    assert_eq!(
        invalid(demand_with(&accepted(trio()), &of_container(change))),
        "Override for container named four is not a container in the TaskDefinition."
    );
}

#[test]
fn overrides_that_cannot_be_read_are_refused() {
    let definition = accepted(trio());
    let cpu = |text: &str| TaskOverride {
        cpu: Some(TextOrNumber(text.into())),
        ..TaskOverride::default()
    };
    let refusal = demand_with(&definition, &cpu("many")).expect_err("no number");
    assert_eq!(refusal.exception, Exception::ClientException);
    assert_eq!(refusal.message, "Invalid 'cpu' setting for task.");
    let change = |cpu, command| {
        let name = Some("one".into());
        of_container(ContainerOverride { name, cpu, command, ..ContainerOverride::default() })
    };
    let message = invalid(demand_with(&definition, &change(Some(-1), vec![])));
    assert!(message.contains("'cpu' must be between 0 and 2147483647"), "{message}");
    let long = change(None, vec!["é".repeat(8200)]);
    assert!(invalid(demand_with(&definition, &long)).contains("8192 characters"));
    let near = change(None, vec!["é".repeat(8100)]);
    assert!(demand_with(&definition, &near).is_ok(), "characters are counted, not bytes");
}

#[test]
fn tasks_without_overrides_share_one_demand() {
    let definition = accepted(trio());
    let demand = demand_with(&definition, &TaskOverride::default()).expect("nothing to refuse");
    assert!(Arc::ptr_eq(&demand, &definition.demand));
}

#[test]
fn static_ports_are_reserved_where_the_network_is_the_instances() {
    let udp = PortMapping { protocol: Some("udp".into()), ..mapping(53, Some(53)) };
    let ports = vec![mapping(80, Some(80)), mapping(81, None), mapping(82, Some(0)), udp];
    let reserved =
        |mode, ports| accepted(in_mode(mode, with_ports("app", ports))).demand.ports.clone();
    let set = |ports: &[(Protocol, u16)]| ports.iter().copied().collect::<PortSet>();
    let fixed = set(&[(Protocol::Tcp, 80), (Protocol::Udp, 53)]);
    assert_eq!(reserved("bridge", ports.clone()), fixed);
    assert_eq!(reserved("default", ports.clone()), fixed);
    let all = [(Protocol::Tcp, 80), (Protocol::Tcp, 81), (Protocol::Tcp, 82), (Protocol::Udp, 53)];
    assert_eq!(reserved("host", ports.clone()), set(&all));
    assert!(reserved("awsvpc", ports).is_empty());
}

#[test]
fn only_awsvpc_takes_a_network_interface() {
    for (mode, eni) in
        [("awsvpc", true), ("bridge", false), ("host", false), ("none", false), ("default", false)]
    {
        assert_eq!(accepted(in_mode(mode, container("app"))).demand.eni, eni, "{mode}");
    }
}

#[test]
fn gpus_of_containers_are_summed_and_may_be_overridden() {
    let gpu =
        |name, count| ContainerDefinition { resource_requirements: gpus(count), ..container(name) };
    let definition = accepted(web(vec![gpu("a", "2"), gpu("b", "1")]));
    assert_eq!(definition.demand.gpu, 3);
    let four = of_container(ContainerOverride {
        name: Some("b".into()),
        resource_requirements: gpus("4"),
        ..ContainerOverride::default()
    });
    let demand = demand_with(&definition, &four).expect("valid");
    assert_eq!(*demand, Demand { gpu: 6, ..(*definition.demand).clone() });
}

#[test]
fn all_gpus_are_for_managed_instances_alone() {
    let app = ContainerDefinition { resource_requirements: gpus("ALL"), ..container("app") };
    let mut input = web(vec![app]);
    input.requires_compatibilities = vec!["MANAGED_INSTANCES".into()];
    let definition = accepted(input);
    assert_eq!(definition.demand.gpu, ALL_GPUS);
    let valid = definition.compatibilities;
    assert!(valid.managed_instances && !valid.ec2 && !valid.external && !valid.fargate);
}
