//! The table of 01 section 2.6, and the launch types a definition is valid for.

use super::*;
use crate::api::input::{LogConfiguration, RestartPolicy, RuntimePlatform, Secret};
use crate::model::Compatibilities;

const ECR_IMAGE: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1";

fn required(input: RegisterTaskDefinition) -> Vec<String> {
    accepted(input).requires_attributes.iter().map(ToString::to_string).collect()
}

/// What a change of the only container requires.
fn of_app(change: impl FnOnce(&mut ContainerDefinition)) -> Vec<String> {
    let mut app = container("app");
    change(&mut app);
    let mut input = web(vec![app]);
    input.execution_role_arn = Some("exec".into());
    required(input)
}

/// What a change of the task requires.
fn of_task(change: impl FnOnce(&mut RegisterTaskDefinition)) -> Vec<String> {
    let mut input = web(vec![container("app")]);
    change(&mut input);
    required(input)
}

fn of_volume(kind: &str, configuration: Json) -> Vec<String> {
    of_task(|t| t.volumes = vec![object(&[("name", string("v")), (kind, configuration)])])
}

fn log(driver: &str) -> Option<LogConfiguration> {
    Some(LogConfiguration { log_driver: driver.into(), ..LogConfiguration::default() })
}

fn secret(value_from: &str) -> Vec<Secret> {
    vec![Secret { name: "DB".into(), value_from: value_from.into() }]
}

#[test]
fn a_plain_container_requires_nothing() {
    assert!(of_app(|_| {}).is_empty());
}

#[test]
fn images_logs_and_roles() {
    let classic = |name: &str| format!("com.amazonaws.ecs.capability.{name}");
    assert_eq!(
        of_app(|c| c.image = ECR_IMAGE.into()),
        [classic("ecr-auth"), "ecs.capability.execution-role-ecr-pull".into()]
    );
    assert_eq!(
        of_task(|t| t.container_definitions[0].image = ECR_IMAGE.into()),
        [classic("ecr-auth")]
    );
    assert!(of_app(|c| c.image = "public.ecr.aws/nginx/nginx:1".into()).is_empty());
    assert_eq!(
        of_app(|c| c.log_configuration = log("awslogs")),
        [
            classic("docker-remote-api.1.19"),
            classic("logging-driver.awslogs"),
            "ecs.capability.execution-role-awslogs".into(),
        ]
    );
    assert_eq!(
        of_app(|c| c.log_configuration = log("json-file")),
        [classic("docker-remote-api.1.18"), classic("logging-driver.json-file")]
    );
    assert_eq!(of_task(|t| t.task_role_arn = Some("r".into())), [classic("task-iam-role")]);
    let in_host_mode = of_task(|t| {
        t.task_role_arn = Some("r".into());
        t.network_mode = Some("host".into());
    });
    assert_eq!(in_host_mode, [classic("task-iam-role-network-host")]);
}

#[test]
fn settings_of_a_container() {
    let check = |expected: &[&str], change: fn(&mut ContainerDefinition)| {
        assert_eq!(of_app(change), expected);
    };
    check(&["com.amazonaws.ecs.capability.docker-remote-api.1.21"], |c| {
        c.memory_reservation = Some(64);
    });
    check(&["com.amazonaws.ecs.capability.privileged-container"], |c| c.privileged = Some(true));
    check(&["com.amazonaws.ecs.capability.selinux", "ecs.capability.gmsa"], |c| {
        c.docker_security_options = vec!["label:type:x".into(), "credentialspec:file://x".into()];
    });
    check(&["com.amazonaws.ecs.capability.apparmor"], |c| {
        c.docker_security_options = vec!["apparmor:docker-default".into()];
    });
    check(&["ecs.capability.container-health-check"], |c| c.health_check = Some(health_check()));
    check(&["ecs.capability.container-ordering"], |c| c.stop_timeout = Some(60));
    check(&["ecs.capability.container-ordering"], |c| c.start_timeout = Some(60));
    check(&["ecs.capability.secrets.asm.environment-variables"], |c| {
        c.secrets = secret("arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf");
    });
    for parameter in ["/prod/db", "arn:aws:ssm:us-east-1:123456789012:parameter/prod/db"] {
        let expected = ["ecs.capability.secrets.ssm.environment-variables"];
        assert_eq!(of_app(|c| c.secrets = secret(parameter)), expected);
    }
    check(&["ecs.capability.private-registry-authentication.secretsmanager"], |c| {
        c.repository_credentials = Some(object(&[("credentialsParameter", string("arn"))]));
    });
    check(&["ecs.capability.env-files.s3"], |c| c.environment_files = vec![object(&[])]);
    check(&["ecs.capability.container-restart-policy"], |c| {
        c.restart_policy = Some(RestartPolicy { enabled: true, ..RestartPolicy::default() });
    });
    check(&["ecs.capability.network.container-port-range"], |c| {
        c.port_mappings = vec![port_range("80-89")];
    });
    check(
        &["ecs.capability.firelens.fluentbit", "ecs.capability.firelens.options.config.s3"],
        |c| {
            let options = object(&[("config-file-type", string("s3"))]);
            c.firelens_configuration =
                Some(object(&[("type", string("fluentbit")), ("options", options)]));
        },
    );
    check(&["ecs.capability.gmsa"], |c| c.credential_specs = vec!["credentialspec:arn".into()]);
}

#[test]
fn settings_of_the_task() {
    let check = |expected: &[&str], change: fn(&mut RegisterTaskDefinition)| {
        assert_eq!(of_task(change), expected);
    };
    check(&["ecs.capability.task-eni"], |t| t.network_mode = Some("awsvpc".into()));
    let size = |text: &str| Some(TextOrNumber(text.into()));
    assert_eq!(of_task(|t| t.cpu = size("10240")), ["ecs.capability.task-cpu-mem-limit"]);
    assert_eq!(of_task(|t| t.memory = size("512")), ["ecs.capability.task-cpu-mem-limit"]);
    assert_eq!(
        of_task(|t| t.cpu = size("10241")),
        ["ecs.capability.increased-task-cpu-limit", "ecs.capability.task-cpu-mem-limit"]
    );
    check(&["ecs.capability.pid-ipc-namespace-sharing"], |t| t.pid_mode = Some("task".into()));
    check(&["ecs.capability.pid-ipc-namespace-sharing"], |t| t.ipc_mode = Some("none".into()));
    check(&["ecs.capability.aws-appmesh"], |t| {
        t.proxy_configuration = Some(object(&[("type", string("APPMESH"))]));
    });
    check(&["ecs.capability.fault-injection"], |t| t.enable_fault_injection = Some(true));
    check(&[], |t| t.inference_accelerators = vec![object(&[])]);
}

#[test]
fn volumes() {
    assert_eq!(of_volume("efsVolumeConfiguration", object(&[])), ["ecs.capability.efs"]);
    let iam = object(&[("authorizationConfig", object(&[("iam", string("ENABLED"))]))]);
    assert_eq!(
        of_volume("efsVolumeConfiguration", iam),
        ["ecs.capability.efs", "ecs.capability.efsAuth"]
    );
    assert_eq!(
        of_volume("fsxWindowsFileServerVolumeConfiguration", object(&[])),
        ["ecs.capability.fsxWindowsFileServer"]
    );
    let driver = object(&[("driver", string("rexray/ebs:latest"))]);
    assert_eq!(
        of_volume("dockerVolumeConfiguration", driver),
        ["ecs.capability.docker-plugin.rexray/ebs.latest"]
    );
    assert_eq!(
        of_volume("configuredAtLaunch", Json::Bool(true)),
        ["ecs.capability.storage.ebs-task-volume-attach"]
    );
    assert!(of_volume("host", object(&[])).is_empty());
}

#[test]
fn each_attribute_once_in_order() {
    let app = |name| {
        let mut app = container(name);
        app.image = ECR_IMAGE.into();
        app.stop_timeout = Some(20);
        app
    };
    let names = required(web(vec![app("a"), app("b")]));
    assert_eq!(
        names,
        ["com.amazonaws.ecs.capability.ecr-auth", "ecs.capability.container-ordering"]
    );
}

#[test]
fn operating_system_and_architecture_are_required_as_instances_carry_them() {
    let mut input = web(vec![container("app")]);
    let plain = accepted(input.clone());
    assert_eq!((plain.os_family, plain.cpu_architecture), (None, None));
    input.runtime_platform = Some(RuntimePlatform {
        operating_system_family: Some("LINUX".into()),
        cpu_architecture: Some("ARM64".into()),
    });
    let arm = accepted(input);
    assert_eq!(arm.os_family.as_deref(), Some("LINUX"));
    assert_eq!(arm.cpu_architecture.as_deref(), Some("arm64"));
}

#[test]
fn launch_types_a_definition_is_valid_for() {
    let valid = |ec2, fargate, external| Compatibilities {
        ec2,
        fargate,
        external,
        managed_instances: false,
    };
    let of = |input| accepted(input).compatibilities;
    assert_eq!(of(web(vec![container("app")])), valid(true, false, true));
    assert_eq!(of(in_mode("awsvpc", container("app"))), valid(true, false, false));
    assert_eq!(of(on_fargate("256", "512")), valid(true, true, false));
    // Not asked for, yet it would pass every row of Fargate.
    let mut unasked = on_fargate("256", "512");
    unasked.requires_compatibilities.clear();
    assert_eq!(of(unasked), valid(true, true, false));
    let mut efs = web(vec![container("app")]);
    efs.volumes = vec![object(&[("efsVolumeConfiguration", object(&[]))])];
    assert_eq!(of(efs), valid(true, false, false));
}
