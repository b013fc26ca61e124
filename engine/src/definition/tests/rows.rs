//! The table of 01 section 2.5, row by row: for each an input that this row and no earlier one
//! refuses, and the text.

use super::*;
use crate::api::input::{
    EphemeralStorage, LogConfiguration, PlacementConstraint, RestartPolicy, Secret,
};
use crate::definition::draft::Draft;
use crate::definition::rows::{FARGATE_ROWS, ROWS, first_refusal};

/// A row, an input it refuses, and what it says.
type Case = (&'static str, RegisterTaskDefinition, &'static str);

/// Changes the only container of a small definition.
fn app(change: impl FnOnce(&mut ContainerDefinition)) -> RegisterTaskDefinition {
    let mut container = container("app");
    change(&mut container);
    web(vec![container])
}

/// Changes a small definition.
fn task(change: impl FnOnce(&mut RegisterTaskDefinition)) -> RegisterTaskDefinition {
    let mut input = web(vec![container("app")]);
    change(&mut input);
    input
}

/// Changes a small definition for Fargate.
fn fargate(change: impl FnOnce(&mut RegisterTaskDefinition)) -> RegisterTaskDefinition {
    let mut input = on_fargate("256", "512");
    change(&mut input);
    input
}

/// Changes its container.
fn fargate_app(change: impl FnOnce(&mut ContainerDefinition)) -> RegisterTaskDefinition {
    fargate(|input| change(&mut input.container_definitions[0]))
}

fn task_rows() -> Vec<Case> {
    let eleven = (0..11).map(|n| container(&format!("c{n}"))).collect();
    vec![
        ("V1", task(|t| t.family = String::new()), "Family contains invalid characters."),
        ("V1", task(|t| t.family = "f".repeat(256)), "Family contains invalid characters."),
        ("V2", web(vec![]), "Container list cannot be empty."),
        ("V3", web(eleven), "Too many containers."),
        ("V4", web(vec![container("app"), container("app")]), "Container names must be unique."),
        ("V5", web(vec![sidecar("app")]), "Task definition doesn't have any essential container."),
        (
            "V6",
            task(|t| t.cpu = Some(TextOrNumber("0.3 vCPU".into()))),
            "Invalid 'cpu' setting for task.",
        ),
        (
            "V7",
            task(|t| t.memory = Some(TextOrNumber("0".into()))),
            "Invalid 'memory' setting for task.",
        ),
        (
            "V8",
            app(|c| c.memory = Some(0)),
            "Invalid setting for container 'app'. At least one of 'memory' or \
             'memoryReservation' must be specified.",
        ),
        (
            "V9",
            app(|c| c.memory_reservation = Some(129)),
            "Invalid setting for container 'app'. 'memory' must be greater than or equal to \
             'memoryReservation'.",
        ),
        (
            "V10",
            sized(web(vec![container("a"), container("b"), container("c")]), "128", "4096"),
            "The total CPU of the containers (192) is greater than the task CPU (128).",
        ),
        (
            "V11",
            sized(web(vec![container("a"), container("b")]), "256", "255"),
            "The total memory of the containers (256) is greater than the task memory (255).",
        ),
        (
            "V11",
            sized(
                app(|c| {
                    c.memory = Some(300);
                    c.memory_reservation = Some(100);
                }),
                "256",
                "255",
            ),
            "The total memory of the containers (300) is greater than the task memory (255).",
        ),
    ]
}

fn network_rows() -> Vec<Case> {
    let named = |change: fn(&mut ContainerDefinition)| {
        let mut app = container("app");
        change(&mut app);
        in_mode("awsvpc", app)
    };
    let udp = PortMapping { protocol: Some("udp".into()), ..mapping(80, None) };
    vec![
        (
            "V12",
            in_mode("host", with_ports("app", vec![mapping(8080, Some(80))])),
            "When networkMode=host, the host ports and container ports in port mappings must \
             match.",
        ),
        (
            "V13",
            in_mode("none", with_ports("app", vec![mapping(80, None)])),
            "Port mappings are not supported when networkMode=none.",
        ),
        (
            "V14",
            in_mode("bridge", with_ports("app", vec![mapping(80, Some(65_536))])),
            "Invalid port mapping in container 'app'.",
        ),
        (
            "V14",
            in_mode("bridge", with_ports("app", vec![PortMapping::default()])),
            "Invalid port mapping in container 'app'.",
        ),
        (
            "V15",
            in_mode("bridge", with_ports("app", vec![mapping(80, None), udp])),
            "Duplicate port mapping in container 'app'.",
        ),
        (
            "V15",
            web(vec![
                with_ports("app", vec![mapping(80, Some(8080))]),
                with_ports("log", vec![mapping(81, Some(8080))]),
            ]),
            "Duplicate port mapping in container 'log'.",
        ),
        (
            "V16",
            in_mode("host", with_ports("app", vec![port_range("8000-8009")])),
            "Invalid container port range in container 'app'.",
        ),
        (
            "V17",
            in_mode("host", ContainerDefinition { links: vec!["db".into()], ..container("app") }),
            "Links are not supported when networkMode=host.",
        ),
        (
            "V18",
            named(|c| c.hostname = Some("app".into())),
            "Hostname is not supported on container when networkMode=awsvpc.",
        ),
        (
            "V18",
            named(|c| c.dns_servers = vec!["10.0.0.2".into()]),
            "DNS servers are not supported on container when networkMode=awsvpc.",
        ),
        (
            "V18",
            named(|c| c.extra_hosts = vec![Json::Null]),
            "Extra hosts are not supported when networkMode=awsvpc.",
        ),
    ]
}

fn start_order_rows() -> Vec<Case> {
    let cycle = "Cyclic dependency detected in container dependencies.";
    let completes = "A dependency container with SUCCESS or COMPLETE condition cannot be an \
                     essential container";
    vec![
        (
            "V19",
            web(vec![depends_on(container("app"), "db", "START")]),
            "Cannot depend on container + 'db' because it does not exist",
        ),
        ("V20", web(vec![depends_on(container("app"), "app", "START")]), cycle),
        (
            "V21",
            web(vec![depends_on(container("app"), "db", "COMPLETE"), container("db")]),
            completes,
        ),
        (
            "V22",
            web(vec![depends_on(container("app"), "db", "HEALTHY"), container("db")]),
            "A dependency container with HEALTHY condition must have health check configured",
        ),
    ]
}

fn container_rows() -> Vec<Case> {
    let check = |change: fn(&mut HealthCheck)| {
        app(|c| {
            let mut check = health_check();
            change(&mut check);
            c.health_check = Some(check);
        })
    };
    let restart = |policy: RestartPolicy| app(|c| c.restart_policy = Some(policy));
    vec![
        (
            "V23",
            app(|c| c.stop_timeout = Some(1)),
            "Granular stop timeout on container 'app' must be at least 2 seconds.",
        ),
        (
            "V23",
            app(|c| c.start_timeout = Some(1)),
            "Granular start timeout on container 'app' must be at least 2 seconds.",
        ),
        (
            "V24",
            check(|check| check.timeout = Some(61)),
            "Health check timeout on container 'app' is out of range.",
        ),
        (
            "V24",
            check(|check| check.retries = Some(0)),
            "Health check retries on container 'app' is out of range.",
        ),
        (
            "V24",
            check(|check| check.start_period = Some(301)),
            "Health check startPeriod on container 'app' is out of range.",
        ),
        (
            "V25",
            check(|check| check.command = vec!["curl".into()]),
            "Health check command must start with CMD or CMD-SHELL.",
        ),
        (
            "V25",
            check(|check| check.command = vec!["CMD".into()]),
            "Health check command must start with CMD or CMD-SHELL.",
        ),
        (
            "V26",
            restart(RestartPolicy {
                enabled: true,
                ignored_exit_codes: (0..51).collect(),
                restart_attempt_period: None,
            }),
            "Invalid restart policy on container 'app'.",
        ),
    ]
}

fn last_rows() -> Vec<Case> {
    let distinct = PlacementConstraint { kind: "distinctInstance".into(), expression: None };
    let secret = Secret { name: "DB".into(), value_from: "db".into() };
    vec![
        (
            "V27",
            task(|t| t.placement_constraints = vec![distinct]),
            "Invalid placement constraint. placementConstraints[0]: a task definition takes only \
             memberOf",
        ),
        (
            "V28",
            app(|c| c.command = vec!["x".repeat(65_536)]),
            "Task definition size exceeds 64 KiB.",
        ),
        (
            "V29",
            app(|c| c.secrets = vec![secret]),
            "When you are specifying container secrets, you must also specify a value for \
             'executionRoleArn'.",
        ),
    ]
}

fn fargate_rows() -> Vec<Case> {
    let log = |driver: &str| {
        let log_driver = driver.into();
        Some(LogConfiguration { log_driver, ..LogConfiguration::default() })
    };
    let storage = |size_in_gib| Some(EphemeralStorage { size_in_gib });
    let image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1";
    vec![
        ("F1", fargate(|t| t.network_mode = None), "Fargate only supports network mode ‘awsvpc’."),
        (
            "F2",
            fargate(|t| t.cpu = None),
            "Fargate requires that 'cpu' be defined at the task level.",
        ),
        (
            "F2",
            fargate(|t| t.memory = None),
            "Fargate requires that 'memory' be defined at the task level.",
        ),
        (
            "F3",
            on_fargate("64", "512"),
            "No Fargate configuration exists for given values: 64 CPU, 512 memory. See the \
             Amazon ECS documentation for the valid values.",
        ),
        (
            "F4",
            fargate_app(|c| c.stop_timeout = Some(121)),
            "Tasks using the Fargate launch type must have a container stop timeout of less than \
             120 seconds.",
        ),
        (
            "F5",
            fargate(|t| t.ephemeral_storage = storage(20)),
            "EphemeralStorage size should be at least 21",
        ),
        (
            "F5",
            fargate(|t| t.ephemeral_storage = storage(201)),
            "EphemeralStorage size should be at most 200",
        ),
        ("F6", fargate_app(|c| c.privileged = Some(true)), "Fargate does not support privileged."),
        (
            "F7",
            fargate_app(|c| c.log_configuration = log("syslog")),
            "syslog is not a valid log driver. Must be one of [awslogs,splunk,awsfirelens]",
        ),
        (
            "F8",
            fargate_app(|c| c.image = image.into()),
            "Fargate requires task definition to have execution role ARN to support ECR images.",
        ),
        (
            "F8",
            fargate_app(|c| c.log_configuration = log("awslogs")),
            "Fargate requires task definition to have execution role ARN to support log driver \
             awslogs.",
        ),
    ]
}

#[test]
fn every_row_refuses_with_its_text_and_no_earlier_row_does() {
    let cases: Vec<Case> = [
        task_rows(),
        network_rows(),
        start_order_rows(),
        container_rows(),
        last_rows(),
        fargate_rows(),
    ]
    .concat();
    for row in ROWS.iter().chain(FARGATE_ROWS) {
        assert!(cases.iter().any(|(number, ..)| *number == row.number), "{} is shown", row.number);
    }
    let config = EngineConfig::default();
    for (number, input, text) in cases {
        let (row, refusal) =
            first_refusal(&Draft::of(&input, &config)).expect("the row refuses this input");
        assert_eq!((row, &*refusal.message), (number, text));
        assert_eq!(refusal.exception, Exception::ClientException, "{number}");
        assert_eq!(define(input), Err(refusal));
    }
}

#[test]
fn the_first_row_in_order_is_reported() {
    // Breaks V4, V8, V23 and F1 at once, and is mended row by row.
    let mut input = web(vec![container("app"), container("app")]);
    input.requires_compatibilities = vec!["FARGATE".into()];
    input.container_definitions[0].memory = None;
    input.container_definitions[0].stop_timeout = Some(1);
    assert_eq!(refused(input.clone()), "Container names must be unique.");
    input.container_definitions[1].name = "log".into();
    assert!(refused(input.clone()).ends_with("'memoryReservation' must be specified."));
    input.container_definitions[0].memory = Some(64);
    assert!(refused(input.clone()).starts_with("Granular stop timeout"));
    input.container_definitions[0].stop_timeout = None;
    assert_eq!(refused(input), "Fargate only supports network mode ‘awsvpc’.");
}

#[test]
fn everything_fargate_does_not_support_is_named() {
    let linux = |field: &str| Some(object(&[(field, Json::List(vec![Json::Null]))]));
    let added = |name| object(&[("add", Json::List(vec![string(name)]))]);
    let adds = |name| Some(object(&[("capabilities", added(name))]));
    let cases = [
        ("disableNetworking", fargate_app(|c| c.disable_networking = Some(true))),
        ("devices", fargate_app(|c| c.linux_parameters = linux("devices"))),
        ("sharedMemorySize", fargate_app(|c| c.linux_parameters = linux("sharedMemorySize"))),
        ("maxSwap", fargate_app(|c| c.linux_parameters = linux("maxSwap"))),
        ("swappiness", fargate_app(|c| c.linux_parameters = linux("swappiness"))),
        (
            "dockerSecurityOptions",
            fargate_app(|c| {
                c.docker_security_options = vec!["no-new-privileges".into()];
            }),
        ),
        (
            "dockerVolumeConfiguration",
            fargate(|t| {
                t.volumes = vec![object(&[("dockerVolumeConfiguration", object(&[]))])];
            }),
        ),
        (
            "sourcePath",
            fargate(|t| {
                t.volumes = vec![object(&[("host", object(&[("sourcePath", string("/data"))]))])];
            }),
        ),
        ("ipcMode", fargate(|t| t.ipc_mode = Some("task".into()))),
        ("pidMode", fargate(|t| t.pid_mode = Some("host".into()))),
        ("GPU", fargate_app(|c| c.resource_requirements = gpus("1"))),
        ("capabilities", fargate_app(|c| c.linux_parameters = adds("NET_ADMIN"))),
    ];
    for (field, input) in cases {
        assert_eq!(refused(input), format!("Fargate does not support {field}."));
    }
    accepted(fargate(|t| t.pid_mode = Some("task".into())));
    accepted(fargate_app(|c| c.linux_parameters = adds("SYS_PTRACE")));
    accepted(fargate_app(|c| c.privileged = Some(false)));
    accepted(fargate(|t| t.volumes = vec![object(&[("host", object(&[]))])]));
}

#[test]
fn ranges_and_spellings_without_a_row_are_refused_too() {
    let requirement = |kind: &str, value: &str| {
        let (kind, value) = (kind.into(), value.into());
        vec![ResourceRequirement { value, kind, ..ResourceRequirement::default() }]
    };
    let needs =
        |kind: &str, value: &str| app(|c| c.resource_requirements = requirement(kind, value));
    let shared = ResourceRequirement {
        sharing_strategy: Some(object(&[("nvidiaMps", object(&[]))])),
        ..requirement("GPU", "1").remove(0)
    };
    let cases = [
        (app(|c| c.image = String::new()), "image should not be null or empty"),
        (app(|c| c.name = "a b".into()), "name contains invalid characters"),
        (task(|t| t.network_mode = Some("Bridge".into())), "Invalid networkMode 'Bridge'"),
        (task(|t| t.requires_compatibilities = vec!["ec2".into()]), "Valid values: EC2, FARGATE"),
        (app(|c| c.cpu = Some(-1)), "'cpu' must be between 0 and 2147483647"),
        (app(|c| c.memory = Some(1 << 40)), "'memory' must be between 0 and 2147483647"),
        (app(|c| c.stop_timeout = Some(i64::MAX)), "'stopTimeout' must be between"),
        (
            app(|c| c.environment_files = vec![Json::Null; 11]),
            "'environmentFiles' takes at most 10",
        ),
        (needs("GPU", "0"), "'GPU' must be a whole number"),
        (needs("GPU", "1.5"), "'GPU' must be a whole number"),
        (needs("GPU", "ALL"), "only with MANAGED_INSTANCES"),
        (needs("NeuronDevice", "1"), "'NeuronDevice' takes only ALL"),
        (needs("TPU", "1"), "The type of a resource requirement must be"),
        (app(|c| c.resource_requirements = vec![shared]), "is not supported; ask for whole GPUs"),
        (
            web(vec![container("app"), depends_on(container("log"), "app", "READY")]),
            "Invalid dependsOn condition 'READY'",
        ),
        (
            RegisterTaskDefinition {
                requires_compatibilities: vec!["EXTERNAL".into()],
                ..in_mode("awsvpc", container("app"))
            },
            "EXTERNAL supports only network modes bridge, host and none.",
        ),
        (
            RegisterTaskDefinition {
                runtime_platform: Some(crate::api::input::RuntimePlatform {
                    operating_system_family: Some("WINDOWS_SERVER_2016_FULL".into()),
                    cpu_architecture: None,
                }),
                ..in_mode("awsvpc", container("app"))
            },
            "Network mode awsvpc is not supported on WINDOWS_SERVER_2016_FULL.",
        ),
    ];
    for (input, text) in cases {
        let message = refused(input);
        assert!(message.contains(text), "{message:?} says {text:?}");
    }
}
