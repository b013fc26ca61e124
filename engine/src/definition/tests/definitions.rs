//! Worked examples TDF, NET and PRT-14: what registers, and as what.

use super::*;
use crate::api::input::{
    EphemeralStorage, LogConfiguration, PlacementConstraint, RestartPolicy, VolumeFrom,
};
use crate::definition::check_launch_type;
use crate::model::{
    ContainerPort, Dependency, DependencyCondition, LaunchType, NetworkMode, Protocol, Span,
};

const BAD_CPU: &str = "Invalid 'cpu' setting for task.";

fn member_of(expression: &str) -> PlacementConstraint {
    PlacementConstraint { kind: "memberOf".into(), expression: Some(expression.into()) }
}

/// Whether a definition of the only container registers.
fn registers(container: ContainerDefinition) -> bool {
    define(web(vec![container])).is_ok()
}

#[test]
fn tdf_8_ten_containers_and_no_more() {
    let containers = |count: usize| (0..count).map(|n| container(&format!("c{n}"))).collect();
    assert_eq!(accepted(web(containers(10))).containers.len(), 10);
    assert_eq!(refused(web(containers(11))), "Too many containers.");
}

#[test]
fn tdf_8_the_number_of_containers_is_a_quota() {
    let mut config = EngineConfig::default();
    config.quotas.containers_per_task_definition = 1;
    let two = web(vec![container("a"), container("b")]);
    let refusal = crate::definition::define(two, 1, Time::ZERO, &config).expect_err("one allowed");
    assert_eq!(refusal.message, "Too many containers.");
}

#[test]
fn tdf_9_a_dot_is_no_character_of_a_family() {
    let mut input = web(vec![container("app")]);
    input.family = "my.web".into();
    assert_eq!(refused(input), "Family contains invalid characters.");
}

#[test]
fn tdf_10_some_container_must_be_essential() {
    let text = "Task definition doesn't have any essential container.";
    assert_eq!(refused(web(vec![sidecar("app")])), text);
}

#[test]
fn tdf_11_a_container_needs_memory_unless_the_task_has_it() {
    let mut input = web(vec![ContainerDefinition { memory: None, ..container("app") }]);
    assert!(refused(input.clone()).starts_with("Invalid setting for container 'app'."));
    input.memory = Some(TextOrNumber("512".into()));
    accepted(input);
}

#[test]
fn tdf_12_the_soft_limit_is_at_most_the_hard_one() {
    let limits = |hard, soft| ContainerDefinition {
        memory: Some(hard),
        memory_reservation: Some(soft),
        ..container("app")
    };
    assert!(!registers(limits(512, 1024)));
    assert!(registers(limits(512, 512)));
    assert!(registers(limits(512, 256)));
}

#[test]
fn tdf_13_bounds_of_cpu_on_ec2() {
    let cpu = |units: &str| sized(web(vec![container("app")]), units, "512");
    assert_eq!(refused(cpu("127")), BAD_CPU);
    assert_eq!(accepted(cpu("128")).cpu, Some(128));
    assert_eq!(accepted(cpu("196608")).cpu, Some(196_608));
    assert_eq!(refused(cpu("196609")), BAD_CPU);
}

#[test]
fn tdf_14_in_awsvpc_both_ports_are_one() {
    let input = in_mode("awsvpc", with_ports("app", vec![mapping(8080, Some(80))]));
    assert_eq!(
        refused(input),
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
    );
}

#[test]
fn tdf_15_in_awsvpc_the_host_port_may_be_left_out() {
    for host_port in [Some(8080), Some(0), None] {
        let input = in_mode("awsvpc", with_ports("app", vec![mapping(8080, host_port)]));
        assert_eq!(accepted(input).containers[0].ports[0].host_port, Some(8080));
    }
}

#[test]
fn tdf_16_in_host_mode_no_host_port_is_the_container_port() {
    for host_port in [Some(0), None] {
        let input = in_mode("host", with_ports("app", vec![mapping(8080, host_port)]));
        let definition = accepted(input);
        assert_eq!(definition.containers[0].ports[0].host_port, Some(8080));
        assert_eq!(definition.demand.ports.ports(Protocol::Tcp), [8080]);
    }
}

#[test]
fn tdf_17_an_essential_container_never_succeeds() {
    let c = |d| web(vec![depends_on(container("c"), "d", "SUCCESS"), d]);
    let text = "A dependency container with SUCCESS or COMPLETE condition cannot be an essential \
                container";
    assert_eq!(refused(c(container("d"))), text);
    accepted(c(sidecar("d")));
}

#[test]
fn tdf_18_healthy_needs_a_health_check() {
    let c = |d| web(vec![depends_on(container("c"), "d", "HEALTHY"), d]);
    let text = "A dependency container with HEALTHY condition must have health check configured";
    assert_eq!(refused(c(container("d"))), text);
    let checked = ContainerDefinition { health_check: Some(health_check()), ..container("d") };
    accepted(c(checked));
}

#[test]
fn tdf_19_start_order_has_no_cycle() {
    let a = depends_on(container("a"), "b", "START");
    let text = "Cyclic dependency detected in container dependencies.";
    let b = depends_on(container("b"), "a", "START");
    assert_eq!(refused(web(vec![a.clone(), b])), text);
    let linked = ContainerDefinition { links: vec!["a:alias".into()], ..container("b") };
    assert_eq!(refused(web(vec![a.clone(), linked])), text);
    accepted(web(vec![a, container("b")]));
}

#[test]
fn tdf_20_bounds_of_the_health_check_interval() {
    for (interval, fits) in [(4, false), (5, true), (300, true), (301, false)] {
        let check = HealthCheck { interval: Some(interval), ..health_check() };
        let app = ContainerDefinition { health_check: Some(check), ..container("app") };
        assert_eq!(registers(app), fits, "interval {interval}");
    }
}

#[test]
fn tdf_21_bounds_of_the_stop_timeout() {
    let app = |seconds| ContainerDefinition { stop_timeout: Some(seconds), ..container("app") };
    assert!(!registers(app(1)));
    assert!(registers(app(2)));
    let mut input = on_fargate("256", "512");
    input.container_definitions = vec![app(120)];
    accepted(input.clone());
    input.container_definitions = vec![app(121)];
    assert_eq!(
        refused(input),
        "Tasks using the Fargate launch type must have a container stop timeout of less than 120 \
         seconds."
    );
}

#[test]
fn tdf_22_bounds_of_the_restart_attempt_period() {
    for (seconds, fits) in [(59, false), (60, true), (1800, true), (1801, false)] {
        let restart_policy = Some(RestartPolicy {
            enabled: true,
            restart_attempt_period: Some(seconds),
            ..RestartPolicy::default()
        });
        let app = ContainerDefinition { restart_policy, ..container("app") };
        assert_eq!(registers(app), fits, "period {seconds}");
    }
}

#[test]
fn tdf_23_fargate_has_a_table_of_sizes() {
    accepted(on_fargate("256", "512"));
    assert_eq!(
        refused(on_fargate("256", "3072")),
        "No Fargate configuration exists for given values: 256 CPU, 3072 memory. See the Amazon \
         ECS documentation for the valid values."
    );
}

#[test]
fn tdf_24_tdf_25_ends_and_steps_of_the_table() {
    for (cpu, memory, fits) in [
        ("1024", "1024", false),
        ("4096", "30720", true),
        ("4096", "31744", false),
        ("8192", "16384", true),
        ("8192", "18432", false),
        ("16384", "122880", true),
        ("16384", "126976", false),
        ("32768", "61440", false),
    ] {
        assert_eq!(define(on_fargate(cpu, memory)).is_ok(), fits, "{cpu}/{memory}");
    }
    let config = EngineConfig { fargate_32_vcpu: true, ..EngineConfig::default() };
    let large = crate::definition::define(on_fargate("32768", "61440"), 1, Time::ZERO, &config);
    assert!(large.is_ok(), "the switch fargate32vcpu lets it pass");
}

#[test]
fn windows_on_fargate_has_one_two_and_four_vcpu() {
    let windows = |cpu, memory| {
        let platform = crate::api::input::RuntimePlatform {
            operating_system_family: Some("WINDOWS_SERVER_2022_CORE".into()),
            cpu_architecture: None,
        };
        RegisterTaskDefinition { runtime_platform: Some(platform), ..on_fargate(cpu, memory) }
    };
    accepted(windows("1024", "2048"));
    assert!(refused(windows("256", "512")).starts_with("No Fargate configuration exists"));
}

#[test]
fn tdf_26_sizes_may_be_written_in_vcpu_and_gb() {
    let definition = accepted(on_fargate(".25 vCPU", "1 GB"));
    assert_eq!((definition.cpu, definition.memory), (Some(256), Some(1024)));
}

#[test]
fn tdf_27_fargate_needs_awsvpc() {
    let mut input = on_fargate("256", "512");
    input.network_mode = Some("bridge".into());
    assert_eq!(refused(input), "Fargate only supports network mode ‘awsvpc’.");
}

#[test]
fn tdf_28_without_asking_for_fargate_it_registers_and_cannot_run_there() {
    let definition = accepted(web(vec![container("app")]));
    assert!(!definition.compatibilities.fargate && definition.compatibilities.ec2);
    assert_eq!(
        invalid(check_launch_type(&definition, LaunchType::Fargate)),
        "Task definition does not support launch_type FARGATE."
    );
    assert_eq!(check_launch_type(&definition, LaunchType::Ec2), Ok(()));
}

#[test]
fn tdf_29_bounds_of_ephemeral_storage() {
    for (gib, fits) in [(20, false), (21, true), (200, true), (201, false)] {
        let mut input = on_fargate("256", "512");
        input.ephemeral_storage = Some(EphemeralStorage { size_in_gib: gib });
        assert_eq!(define(input).is_ok(), fits, "{gib} GiB");
    }
}

#[test]
fn tdf_30_fargate_takes_no_placement_constraints() {
    let mut input = on_fargate("256", "512");
    input.placement_constraints = vec![member_of("attribute:stack == prod")];
    assert_eq!(refused(input), "Fargate does not support placementConstraints.");
}

#[test]
fn tdf_31_plc_24_whether_a_constraint_can_ever_hold_is_not_asked() {
    let mut input = web(vec![container("app")]);
    input.placement_constraints =
        vec![member_of("attribute:stack == prod"), member_of("attribute:stack == test")];
    assert_eq!(accepted(input).constraints.len(), 2);
}

#[test]
fn a_bad_expression_is_named_with_its_place() {
    let mut input = web(vec![container("app")]);
    input.placement_constraints = vec![member_of("agentConnected == true"), member_of("foo == x")];
    let message = refused(input);
    assert!(message.starts_with("Invalid placement constraint. placementConstraints[1]: "));
}

#[test]
fn net_1_the_default_mode_is_bridge_on_linux_and_default_on_windows() {
    let mut input = web(vec![container("app")]);
    assert_eq!(accepted(input.clone()).network_mode, NetworkMode::Bridge);
    input.runtime_platform = Some(crate::api::input::RuntimePlatform {
        operating_system_family: Some("WINDOWS_SERVER_2019_FULL".into()),
        cpu_architecture: None,
    });
    assert_eq!(accepted(input).network_mode, NetworkMode::Default);
}

#[test]
fn net_2_fargate_with_host() {
    let mut input = on_fargate("256", "512");
    input.network_mode = Some("host".into());
    assert_eq!(refused(input), "Fargate only supports network mode ‘awsvpc’.");
}

#[test]
fn net_3_no_ports_without_a_network() {
    let input = in_mode("none", with_ports("app", vec![mapping(80, None)]));
    assert_eq!(refused(input), "Port mappings are not supported when networkMode=none.");
    accepted(in_mode("none", container("app")));
}

#[test]
fn net_4_a_link_counts_as_start() {
    let app = ContainerDefinition { links: vec!["db".into()], ..container("app") };
    let definition = accepted(web(vec![app, container("db")]));
    let start = Dependency { on: 1, condition: DependencyCondition::Start };
    assert_eq!(*definition.containers[0].depends_on, [start]);
}

#[test]
fn net_5_links_need_a_bridge() {
    let app = ContainerDefinition { links: vec!["db".into()], ..container("app") };
    let text = "Links are not supported when networkMode=awsvpc.";
    assert_eq!(refused(in_mode("awsvpc", app)), text);
}

#[test]
fn net_6_one_port_of_a_shared_network_is_mapped_once() {
    let both = |second| RegisterTaskDefinition {
        network_mode: Some("awsvpc".into()),
        ..web(vec![with_ports("app", vec![mapping(8080, None)]), second])
    };
    accepted(both(container("log")));
    let text = "Duplicate port mapping in container 'log'.";
    assert_eq!(refused(both(with_ports("log", vec![mapping(8080, None)]))), text);
}

#[test]
fn prt_14_a_port_range_has_at_most_a_hundred_ports_and_no_host_port() {
    let app = |mappings| in_mode("bridge", with_ports("app", mappings));
    let text = "Invalid container port range in container 'app'.";
    accepted(app(vec![port_range("8000-8099")]));
    assert_eq!(refused(app(vec![port_range("8000-8100")])), text);
    let two = vec![port_range("8000-8049"), port_range("9000-9050")];
    assert_eq!(refused(app(two)), text, "101 ports in two ranges");
    let host_port = PortMapping { host_port: Some(8000), ..port_range("8000-8009") };
    assert_eq!(refused(app(vec![host_port])), text);
}

#[test]
fn port_ranges_go_up_and_do_not_overlap() {
    let app = |mappings| in_mode("awsvpc", with_ports("app", mappings));
    for bad in ["8009-8000", "8000", "0-9", "65530-65536", "a-b", "-", "1-2-3", "+1-2", ""] {
        let text = "Invalid container port range in container 'app'.";
        assert_eq!(refused(app(vec![port_range(bad)])), text, "{bad:?}");
    }
    assert!(define(app(vec![port_range("80-89"), port_range("89-99")])).is_err());
    assert!(define(app(vec![mapping(85, None), port_range("80-89")])).is_err());
    let other = with_ports("log", vec![port_range("85-95")]);
    let mut two = app(vec![port_range("80-89")]);
    two.container_definitions.push(other);
    assert!(define(two.clone()).is_err(), "one network, one port space");
    two.network_mode = Some("bridge".into());
    let ports = &accepted(two).containers[1].ports;
    let (host_port, protocol) = (None, Protocol::Tcp);
    assert_eq!(**ports, [ContainerPort { container_port: 85, count: 11, host_port, protocol }]);
}

#[test]
fn defaults_are_filled_in() {
    let mut app = depends_on(container("app"), "init", "SUCCESS");
    app.health_check = Some(health_check());
    app.restart_policy = Some(RestartPolicy { enabled: true, ..RestartPolicy::default() });
    app.volumes_from =
        vec![VolumeFrom { source_container: "init".into(), ..VolumeFrom::default() }];
    app.port_mappings = vec![PortMapping { protocol: Some("sctp".into()), ..mapping(80, None) }];
    let definition = accepted(web(vec![app, sidecar("init")]));
    let app = &definition.containers[0];
    let check = app.health_check.expect("a health check");
    assert_eq!((check.interval, check.timeout), (Span::from_secs(30), Span::from_secs(5)));
    assert_eq!((check.retries, check.start_period), (3, Span::ZERO));
    let restart = app.restart.as_ref().expect("a restart policy");
    assert_eq!(restart.attempt_period, Span::from_secs(300));
    let waits = |condition| Dependency { on: 1, condition };
    let expected = [waits(DependencyCondition::Success), waits(DependencyCondition::Created)];
    assert_eq!(*app.depends_on, expected);
    assert_eq!(app.ports[0].protocol, Protocol::Tcp);
    assert_eq!(app.ports[0].host_port, None);
    assert_eq!((app.stop_timeout, app.start_timeout), (None, None));
    assert!(app.essential && !definition.containers[1].essential);
}

#[test]
fn a_restart_policy_that_is_off_is_none() {
    let policy = RestartPolicy::default();
    let app = ContainerDefinition { restart_policy: Some(policy), ..container("app") };
    assert_eq!(accepted(web(vec![app])).containers[0].restart, None);
}

#[test]
fn an_export_is_taken_though_it_lacks_what_only_fargate_wants() {
    let mut input = on_fargate("256", "512");
    input.container_definitions[0].log_configuration =
        Some(LogConfiguration { log_driver: "awslogs".into(), ..LogConfiguration::default() });
    assert!(refused(input.clone()).starts_with("Fargate requires task definition to have"));
    let config = EngineConfig::default();
    let adopted = crate::definition::adopt(input, 8, Time(-5), &config).expect("it exists");
    assert!(adopted.compatibilities.fargate);
    assert_eq!((adopted.revision, adopted.registered_at), (8, Time(-5)));
}
