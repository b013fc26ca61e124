//! RegisterTaskDefinition and what belongs to it (01 section 2).

use super::inputs;
use crate::api::json::Json;
use crate::api::text::TextOrNumber;

inputs! {
/// RegisterTaskDefinition (01 sections 2.2 and 2.5).
pub struct RegisterTaskDefinition {
    /// 1 to 255 letters, digits, `-`, `_`.
    family: String,
    /// The role of the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    task_role_arn: Option<String>,
    /// The role of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_role_arn: Option<String>,
    /// `bridge` (default), `host`, `awsvpc`, `none`, `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    network_mode: Option<String>,
    /// 1 to 10 containers.
    container_definitions: Vec<ContainerDefinition>,
    /// Volumes; capabilities follow from them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<Json>,
    /// Up to 10, only `memberOf`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    placement_constraints: Vec<PlacementConstraint>,
    /// Subset of `EC2`, `FARGATE`, `EXTERNAL`, `MANAGED_INSTANCES`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requires_compatibilities: Vec<String>,
    /// CPU units or vCPU, as text (01 section 1.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<TextOrNumber>,
    /// MiB or GB, as text (01 section 1.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<TextOrNumber>,
    /// Up to 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
    /// `host` or `task`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pid_mode: Option<String>,
    /// `host`, `task` or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ipc_mode: Option<String>,
    /// App Mesh proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_configuration: Option<Json>,
    /// Retired; ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inference_accelerators: Vec<Json>,
    /// Fargate only: 21 to 200 GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    ephemeral_storage: Option<EphemeralStorage>,
    /// Operating system and architecture.
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime_platform: Option<RuntimePlatform>,
    /// Needs a capability of the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_fault_injection: Option<bool>,
    /// Managed Instances only.
    #[serde(skip_serializing_if = "Option::is_none")]
    trusted_execution_configuration: Option<Json>,
}

/// One container of a task definition (01 section 2.3).
pub struct ContainerDefinition {
    /// Unique in the task.
    name: String,
    /// The image to run.
    image: String,
    /// Private registry authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    repository_credentials: Option<Json>,
    /// CPU units.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<i64>,
    /// Hard limit, MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<i64>,
    /// Soft limit, MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_reservation: Option<i64>,
    /// Bridge mode only; counts as `dependsOn` START.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<String>,
    /// Ports (02 section 2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    port_mappings: Vec<PortMapping>,
    /// Default true: the task stops with the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    essential: Option<bool>,
    /// Restart in place (01 section 11.6).
    #[serde(skip_serializing_if = "Option::is_none")]
    restart_policy: Option<RestartPolicy>,
    /// Overrides the image's entry point.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entry_point: Vec<String>,
    /// Overrides the image's command.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    command: Vec<String>,
    /// Environment variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    environment: Vec<Json>,
    /// Up to 10 files in S3.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    environment_files: Vec<Json>,
    /// Where volumes are mounted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mount_points: Vec<Json>,
    /// Volumes of another container.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volumes_from: Vec<VolumeFrom>,
    /// Linux options; some are not for Fargate.
    #[serde(skip_serializing_if = "Option::is_none")]
    linux_parameters: Option<Json>,
    /// Secrets put into the environment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<Secret>,
    /// Start order (01 section 11.3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<ContainerDependency>,
    /// Seconds; how long others wait for this container.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_timeout: Option<i64>,
    /// Seconds from the stop signal to SIGKILL; default 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_timeout: Option<i64>,
    /// `enabled` (default) or `disabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    version_consistency: Option<String>,
    /// Not with awsvpc.
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<String>,
    /// User inside the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// Directory of the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    working_directory: Option<String>,
    /// Not on Fargate.
    #[serde(skip_serializing_if = "Option::is_none")]
    disable_networking: Option<bool>,
    /// Needs a capability; not on Fargate.
    #[serde(skip_serializing_if = "Option::is_none")]
    privileged: Option<bool>,
    /// Read-only root file system.
    #[serde(skip_serializing_if = "Option::is_none")]
    readonly_root_filesystem: Option<bool>,
    /// Not with awsvpc.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dns_servers: Vec<String>,
    /// Not with awsvpc.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dns_search_domains: Vec<String>,
    /// Not with awsvpc.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra_hosts: Vec<Json>,
    /// SELinux, AppArmor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    docker_security_options: Vec<String>,
    /// Keeps standard input open.
    #[serde(skip_serializing_if = "Option::is_none")]
    interactive: Option<bool>,
    /// A terminal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pseudo_terminal: Option<bool>,
    /// Labels of the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    docker_labels: Option<Json>,
    /// Limits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ulimits: Vec<Json>,
    /// Log driver; a capability follows from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    log_configuration: Option<LogConfiguration>,
    /// Health check by the agent (01 section 11.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    health_check: Option<HealthCheck>,
    /// Kernel parameters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system_controls: Vec<Json>,
    /// GPUs (01 section 1.7).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_requirements: Vec<ResourceRequirement>,
    /// FireLens log router.
    #[serde(skip_serializing_if = "Option::is_none")]
    firelens_configuration: Option<Json>,
    /// At most one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    credential_specs: Vec<String>,
}

/// A port of a container.
pub struct PortMapping {
    /// The port inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    container_port: Option<i64>,
    /// The port on the instance; 0 or absent is dynamic in bridge mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    host_port: Option<i64>,
    /// `udp`; anything else is treated as `tcp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<String>,
    /// Named port of Service Connect.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// `http`, `http2` or `grpc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    app_protocol: Option<String>,
    /// `"8000-8009"`, up to 100 ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    container_port_range: Option<String>,
}

/// Start order between containers.
pub struct ContainerDependency {
    /// The container waited for.
    container_name: String,
    /// `START`, `COMPLETE`, `SUCCESS` or `HEALTHY`.
    condition: String,
}

/// Restart in place.
pub struct RestartPolicy {
    /// Whether it is on.
    enabled: bool,
    /// Codes after which nothing is restarted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored_exit_codes: Vec<i64>,
    /// Seconds a container must have run; 60 to 1800, default 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    restart_attempt_period: Option<i64>,
}

/// Container health check.
pub struct HealthCheck {
    /// Begins with `CMD` or `CMD-SHELL`.
    command: Vec<String>,
    /// Seconds between probes, 5 to 300, default 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<i64>,
    /// Seconds a probe may take, 2 to 60, default 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<i64>,
    /// Failures in a row, 1 to 10, default 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    retries: Option<i64>,
    /// Seconds in which failures do not count, 0 to 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_period: Option<i64>,
}

/// A secret in the environment.
pub struct Secret {
    /// Variable.
    name: String,
    /// Secrets Manager or parameter store ARN.
    value_from: String,
}

/// Log configuration of a container.
pub struct LogConfiguration {
    /// The driver.
    log_driver: String,
    /// Its options.
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Json>,
    /// Options that are secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secret_options: Vec<Secret>,
}

/// A GPU or accelerator requirement.
pub struct ResourceRequirement {
    /// A number of whole GPUs, or `ALL`.
    value: String,
    /// `GPU`, `InferenceAccelerator` or `NeuronDevice`.
    #[serde(rename = "type")]
    kind: String,
    /// A share of a GPU instead of whole ones; not supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    sharing_strategy: Option<Json>,
}

/// Volumes mounted from another container.
pub struct VolumeFrom {
    /// The other container.
    source_container: String,
    /// Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only: Option<bool>,
}

/// Scratch space of a Fargate task.
pub struct EphemeralStorage {
    /// 21 to 200.
    #[serde(rename = "sizeInGiB")]
    size_in_gib: i64,
}

/// Operating system and architecture.
pub struct RuntimePlatform {
    /// `X86_64` or `ARM64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_architecture: Option<String>,
    /// `LINUX` or a `WINDOWS_SERVER_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    operating_system_family: Option<String>,
}

/// A placement constraint (01 section 4.3).
pub struct PlacementConstraint {
    /// `distinctInstance` or `memberOf`.
    #[serde(rename = "type")]
    kind: String,
    /// For `memberOf`: up to 2000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    expression: Option<String>,
}

/// A placement strategy (01 section 4.4).
pub struct PlacementStrategy {
    /// `random`, `spread` or `binpack`.
    #[serde(rename = "type")]
    kind: String,
    /// `cpu`, `memory`, `instanceId`, `host` or `attribute:<name>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// A tag.
pub struct Tag {
    /// Its key.
    key: String,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

/// DeregisterTaskDefinition.
pub struct DeregisterTaskDefinition {
    /// `family:revision` or ARN.
    task_definition: String,
}

/// DeleteTaskDefinitions: up to 10 revisions.
pub struct DeleteTaskDefinitions {
    /// `family:revision` or ARN each.
    task_definitions: Vec<String>,
}
}
