//! Whatever is registered: an answer, never a panic; and what is accepted reserves what an
//! independent sum says.

use proptest::prelude::*;

use super::*;
use crate::api::input::{RestartPolicy, RuntimePlatform, TaskOverride};
use crate::definition::{adopt, demand_with};
use crate::model::{NetworkMode, Protocol};
use std::collections::BTreeSet;

/// Numbers near every bound.
fn number() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        3 => Just(None),
        4 => (0_i64..600).prop_map(Some),
        1 => prop_oneof![
            Just(i64::MIN), Just(-1), Just(65_535), Just(65_536), Just(1 << 31), Just(i64::MAX)
        ].prop_map(Some),
    ]
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        1 => Just(None),
        4 => prop::sample::select(words).prop_map(|word| Some(word.to_owned())),
    ]
}

fn port() -> impl Strategy<Value = PortMapping> {
    let range = prop::option::weighted(0.2, "[0-9]{1,2}-[0-9]{1,3}");
    (number(), number(), word(&["tcp", "udp", "sctp"]), range).prop_map(
        |(container_port, host_port, protocol, container_port_range)| PortMapping {
            container_port,
            host_port,
            protocol,
            container_port_range,
            ..PortMapping::default()
        },
    )
}

fn any_container() -> impl Strategy<Value = ContainerDefinition> {
    let needs = (number(), number(), number());
    let name = prop::sample::select(&["a", "b", "c", "d", ""][..]);
    let dependency = (
        prop::sample::select(&["a", "b", "c", "x"][..]),
        prop::sample::select(&["START", "COMPLETE", "SUCCESS", "HEALTHY", "READY"][..]),
    );
    let ports = prop::collection::vec(port(), 0..3);
    let waits = prop::collection::vec(dependency, 0..2);
    let times = (number(), number(), number());
    let gpu = word(&["1", "2", "ALL", "-1", "4294967295"]);
    (name, needs, ports, waits, times, gpu, any::<bool>()).prop_map(
        |(name, (cpu, memory, memory_reservation), port_mappings, waits, times, gpu, essential)| {
            let mut container = ContainerDefinition {
                cpu,
                memory,
                memory_reservation,
                port_mappings,
                start_timeout: times.0,
                stop_timeout: times.1,
                essential: Some(essential),
                ..container(name)
            };
            for (on, condition) in waits {
                container = depends_on(container, on, condition);
            }
            if let Some(count) = gpu {
                container.resource_requirements = gpus(&count);
            }
            if times.2.is_some() {
                let restart_attempt_period = times.2;
                container.restart_policy =
                    Some(RestartPolicy { restart_attempt_period, ..RestartPolicy::default() });
                let check = HealthCheck { interval: times.2, ..health_check() };
                container.health_check = Some(check);
            }
            container
        },
    )
}

fn any_definition() -> impl Strategy<Value = RegisterTaskDefinition> {
    (
        prop::collection::vec(any_container(), 0..4),
        word(&["bridge", "host", "awsvpc", "none", "default", "vpc"]),
        word(&["128", "256", "1 vCPU", "0.3 vCPU", "-1"]),
        word(&["512", "2GB", "0", "99999999999"]),
        word(&["LINUX", "WINDOWS_SERVER_2022_CORE", "MACOS"]),
        word(&["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES", "MOON"]),
    )
        .prop_map(|(containers, network_mode, cpu, memory, os, launch_type)| {
            RegisterTaskDefinition {
                network_mode,
                cpu: cpu.map(TextOrNumber),
                memory: memory.map(TextOrNumber),
                runtime_platform: os.map(|os| RuntimePlatform {
                    operating_system_family: Some(os),
                    cpu_architecture: None,
                }),
                requires_compatibilities: launch_type.into_iter().collect(),
                ..web(containers)
            }
        })
}

/// Containers that hold every row, so that most of these definitions register.
fn good_definition() -> impl Strategy<Value = RegisterTaskDefinition> {
    let container = (0_i64..2000, 1_i64..4000, prop::option::of(1_i64..4000), 1_i64..60_000);
    (
        prop::collection::vec(container, 1..10),
        word(&["bridge", "host", "awsvpc", "default"]),
        word(&["20000", "16 vCPU"]),
        word(&["40000", "64 GB"]),
        any::<bool>(),
    )
        .prop_map(|(containers, network_mode, cpu, memory, is_static)| {
            let containers = containers.into_iter().enumerate().map(|(place, needs)| {
                let (cpu, memory, soft, port) = needs;
                ContainerDefinition {
                    cpu: Some(cpu),
                    memory: Some(memory),
                    memory_reservation: soft.map(|soft| soft.min(memory)),
                    port_mappings: vec![mapping(port, is_static.then_some(port))],
                    ..super::container(&format!("c{place}"))
                }
            });
            RegisterTaskDefinition {
                network_mode,
                cpu: cpu.map(TextOrNumber),
                memory: memory.map(TextOrNumber),
                ..web(containers.collect())
            }
        })
}

/// 01 section 1.2 written down once more, from the call itself.
fn check_demand(input: &RegisterTaskDefinition, definition: &TaskDefinition) {
    let containers = &input.container_definitions;
    let windows = input.runtime_platform.as_ref().is_some_and(|platform| {
        platform.operating_system_family.as_ref().is_some_and(|os| os.starts_with("WINDOWS"))
    });
    let sum = |amount: fn(&ContainerDefinition) -> i64| containers.iter().map(amount).sum::<i64>();
    let cpu = sum(|c| c.cpu.unwrap_or(0));
    let memory = sum(|c| match c.memory_reservation {
        Some(soft) if soft > 0 => soft,
        _ => c.memory.unwrap_or(0),
    });
    let demand = &definition.demand;
    let or_task = |task: Option<u32>, sum: i64| match task {
        Some(task) if !windows => i64::from(task),
        _ => sum,
    };
    assert_eq!(i64::from(demand.cpu), or_task(definition.cpu, cpu));
    assert_eq!(i64::from(demand.memory), or_task(definition.memory, memory));
    let mut ports = BTreeSet::new();
    let mode = definition.network_mode;
    for mapping in containers.iter().flat_map(|c| &c.port_mappings) {
        let protocol = match mapping.protocol.as_deref() {
            Some("udp") => Protocol::Udp,
            _ => Protocol::Tcp,
        };
        let port = match (mode, mapping.host_port.unwrap_or(0)) {
            (NetworkMode::Awsvpc | NetworkMode::None, _) => continue,
            (NetworkMode::Host, 0) => mapping.container_port.unwrap_or(0),
            (_, port) => port,
        };
        if port > 0 {
            ports.insert((protocol, u16::try_from(port).expect("V14")));
        }
    }
    assert!(demand.ports.iter().eq(ports), "{:?}", demand.ports);
    assert_eq!(demand.eni, mode == NetworkMode::Awsvpc);
}

proptest! {
    #[test]
    fn registering_anything_gives_an_answer(input in any_definition()) {
        if let Ok(definition) = define(input.clone()) {
            check_demand(&input, &definition);
        }
        let adopted = adopt(input.clone(), 1, Time::ZERO, &EngineConfig::default());
        if let Ok(definition) = adopted {
            check_demand(&input, &definition);
            let none = demand_with(&definition, &TaskOverride::default()).expect("no override");
            prop_assert_eq!(none, definition.demand);
        }
    }

    #[test]
    fn what_is_accepted_reserves_an_independent_sum(input in good_definition()) {
        match define(input.clone()) {
            Ok(definition) => check_demand(&input, &definition),
            // Two containers may have drawn one port.
            Err(refusal) => prop_assert!(refusal.message.starts_with("Duplicate port mapping")),
        }
    }

    #[test]
    fn any_text_is_a_family_or_is_refused(family in "\\PC{0,300}") {
        let is_family = (1..=255).contains(&family.chars().count())
            && family.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        let input = RegisterTaskDefinition { family, ..web(vec![container("app")]) };
        prop_assert_eq!(define(input).is_ok(), is_family);
    }
}
