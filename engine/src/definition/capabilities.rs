//! What an instance must have for a task of a definition (01 section 2.6), and for which launch
//! types the definition is valid (01 section 2.2).

use std::collections::BTreeSet;

use crate::api::input::{ContainerDefinition, LogConfiguration, Secret};
use crate::api::json::Json;
use crate::model::{Compatibilities, NetworkMode};

use super::draft::{Draft, has, is_ecr_image, text};
use super::gpu;

/// What `enableExecuteCommand` of a call adds to the attributes an instance must have.
pub const EXECUTE_COMMAND: &str = "ecs.capability.execute-command";

/// What Service Connect of a service adds to them.
pub const SERVICE_CONNECT: &str = "ecs.capability.service-connect-v1";

/// What launch type EXTERNAL adds to them: an instance of ECS Anywhere (01 section 6).
pub const EXTERNAL: &str = "ecs.capability.external";

/// What awsvpc adds to them.
pub const TASK_ENI: &str = "ecs.capability.task-eni";

/// What awsvpc in a subnet with IPv6 adds to them.
pub const TASK_ENI_IPV6: &str = "ecs.capability.task-eni.ipv6";

/// Task CPU units above which an agent must know the larger limit.
const CLASSIC_CPU_LIMIT: u32 = 10_240;

/// Names of required attributes, each once, in order.
struct Names(BTreeSet<String>);

impl Names {
    /// `ecs.capability.<name>`
    fn own(&mut self, name: &str) {
        self.0.insert(format!("ecs.capability.{name}"));
    }

    /// `com.amazonaws.ecs.capability.<name>`
    fn classic(&mut self, name: &str) {
        self.0.insert(format!("com.amazonaws.ecs.capability.{name}"));
    }

    /// Names that follow from a switch.
    fn own_if(&mut self, conditions: &[(bool, &str)]) {
        for (_, name) in conditions.iter().filter(|(is_used, _)| *is_used) {
            self.own(name);
        }
    }
}

/// The attributes an instance must have, sorted.
pub(super) fn required(draft: &Draft<'_>) -> Box<[Box<str>]> {
    let mut names = Names(BTreeSet::new());
    of_task(draft, &mut names);
    for volume in &draft.input.volumes {
        of_volume(volume, &mut names);
    }
    for container in draft.containers() {
        of_container(draft, container, &mut names);
    }
    names.0.into_iter().map(String::into_boxed_str).collect()
}

fn of_task(draft: &Draft<'_>, names: &mut Names) {
    let input = draft.input;
    if input.task_role_arn.is_some() {
        names.classic(match draft.network_mode {
            NetworkMode::Host => "task-iam-role-network-host",
            _ => "task-iam-role",
        });
    }
    let proxy = input.proxy_configuration.as_ref();
    let app_mesh = proxy.is_some() && text(proxy, "type").is_none_or(|kind| kind == "APPMESH");
    names.own_if(&[
        (draft.network_mode == NetworkMode::Awsvpc, "task-eni"),
        (draft.cpu.is_some() || draft.memory.is_some(), "task-cpu-mem-limit"),
        (draft.cpu.is_some_and(|cpu| cpu > CLASSIC_CPU_LIMIT), "increased-task-cpu-limit"),
        (input.pid_mode.is_some() || input.ipc_mode.is_some(), "pid-ipc-namespace-sharing"),
        (app_mesh, "aws-appmesh"),
        (input.enable_fault_injection == Some(true), "fault-injection"),
    ]);
}

fn of_volume(volume: &Json, names: &mut Names) {
    let volume = Some(volume);
    if has(volume, "efsVolumeConfiguration") {
        let efs = volume.and_then(|volume| volume.field("efsVolumeConfiguration"));
        let authorization = efs.and_then(|efs| efs.field("authorizationConfig"));
        let authorized =
            text(authorization, "iam") == Some("ENABLED") || has(authorization, "accessPointId");
        names.own_if(&[(true, "efs"), (authorized, "efsAuth")]);
    }
    if has(volume, "dockerVolumeConfiguration") {
        let docker = volume.and_then(|volume| volume.field("dockerVolumeConfiguration"));
        let driver = text(docker, "driver").unwrap_or("local");
        names.own(&format!("docker-plugin.{}", driver.replace(':', ".")));
    }
    let at_launch = volume.and_then(|volume| volume.field("configuredAtLaunch"));
    names.own_if(&[
        (has(volume, "fsxWindowsFileServerVolumeConfiguration"), "fsxWindowsFileServer"),
        (at_launch == Some(&Json::Bool(true)), "storage.ebs-task-volume-attach"),
    ]);
}

fn of_container(draft: &Draft<'_>, container: &ContainerDefinition, names: &mut Names) {
    let has_execution_role = draft.input.execution_role_arn.is_some();
    if is_ecr_image(&container.image) {
        names.classic("ecr-auth");
        names.own_if(&[(has_execution_role, "execution-role-ecr-pull")]);
    }
    if container.memory_reservation.is_some_and(|reservation| reservation > 0) {
        names.classic("docker-remote-api.1.21");
    }
    if container.privileged == Some(true) {
        names.classic("privileged-container");
    }
    if let Some(log) = &container.log_configuration {
        of_log(log, has_execution_role, names);
    }
    if let Some(firelens) = &container.firelens_configuration {
        of_firelens(firelens, names);
    }
    for option in &container.docker_security_options {
        of_security_option(option, names);
    }
    let is_ordered = !container.depends_on.is_empty()
        || container.start_timeout.is_some()
        || container.stop_timeout.is_some();
    let has_range = container.port_mappings.iter().any(|m| m.container_port_range.is_some());
    names.own_if(&[
        (container.health_check.is_some(), "container-health-check"),
        (is_ordered, "container-ordering"),
        (container.secrets.iter().any(is_parameter), "secrets.ssm.environment-variables"),
        (container.secrets.iter().any(is_secret), "secrets.asm.environment-variables"),
        (
            container.repository_credentials.is_some(),
            "private-registry-authentication.secretsmanager",
        ),
        (!container.environment_files.is_empty(), "env-files.s3"),
        (container.restart_policy.is_some(), "container-restart-policy"),
        (has_range, "network.container-port-range"),
        (!container.credential_specs.is_empty(), "gmsa"),
    ]);
}

fn of_log(log: &LogConfiguration, has_execution_role: bool, names: &mut Names) {
    let driver = log.log_driver.as_str();
    names.classic(&format!("logging-driver.{driver}"));
    names.classic(match driver {
        "json-file" | "none" => "docker-remote-api.1.18",
        _ => "docker-remote-api.1.19",
    });
    let options = &log.secret_options;
    names.own_if(&[
        (has_execution_role && driver == "awslogs", "execution-role-awslogs"),
        (options.iter().any(is_parameter), "secrets.ssm.bootstrap.log-driver"),
        (options.iter().any(is_secret), "secrets.asm.bootstrap.log-driver"),
    ]);
}

fn of_firelens(firelens: &Json, names: &mut Names) {
    let firelens = Some(firelens);
    let kind = text(firelens, "type");
    let options = firelens.and_then(|firelens| firelens.field("options"));
    let file = text(options, "config-file-type");
    names.own_if(&[
        (kind == Some("fluentd"), "firelens.fluentd"),
        (kind == Some("fluentbit"), "firelens.fluentbit"),
        (file == Some("file"), "firelens.options.config.file"),
        (file == Some("s3"), "firelens.options.config.s3"),
    ]);
}

fn of_security_option(option: &str, names: &mut Names) {
    match option.split(':').next() {
        Some("label") => names.classic("selinux"),
        Some("apparmor") => names.classic("apparmor"),
        Some("credentialspec") => names.own("gmsa"),
        _ => {}
    }
}

/// Whether a secret lies in Secrets Manager.
fn is_secret(secret: &Secret) -> bool {
    secret.value_from.starts_with("arn:") && secret.value_from.contains(":secretsmanager:")
}

/// Whether a secret is a parameter of Systems Manager: by ARN, or by name alone.
fn is_parameter(secret: &Secret) -> bool {
    !is_secret(secret)
}

/// The launch types for which a definition is valid. Managed Instances stand there only when they
/// are asked for, as in answers of the API.
pub(super) fn compatibilities(draft: &Draft<'_>, fargate: bool) -> Compatibilities {
    let managed_only = gpu::asks_for_all(draft.input)
        || has(draft.input.trusted_execution_configuration.as_ref(), "isolationMode");
    let no_external_volume = ["efsVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration"];
    let external_volumes = draft.input.volumes.iter().all(|volume| {
        !no_external_volume.iter().any(|kind| has(Some(volume), kind))
            && volume.field("configuredAtLaunch") != Some(&Json::Bool(true))
    });
    Compatibilities {
        ec2: !managed_only,
        fargate: fargate && !managed_only,
        external: !managed_only && external_volumes && draft.network_mode != NetworkMode::Awsvpc,
        managed_instances: draft.requires("MANAGED_INSTANCES"),
    }
}
