//! RunTask, StartTask, StopTask and the calls on container instances (01 sections 3, 6, 7).

use super::{
    CapacityProviderStrategyItem, NetworkConfiguration, PlacementConstraint, PlacementStrategy,
    ResourceRequirement, Tag, inputs,
};
use crate::api::json::Json;
use crate::api::text::TextOrNumber;

inputs! {
/// RunTask (01 section 3.2).
pub struct RunTask {
    /// Name or ARN; the only cluster when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// `family`, `family:revision` or ARN.
    task_definition: String,
    /// 1 to 10, default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
    /// `EC2`, `FARGATE` or `EXTERNAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_type: Option<String>,
    /// Instead of a launch type.
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_provider_strategy: Option<Vec<CapacityProviderStrategyItem>>,
    /// Up to 64 characters 33 to 126.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_token: Option<String>,
    /// Tag switch.
    #[serde(rename = "enableECSManagedTags", skip_serializing_if = "Option::is_none")]
    enable_ecs_managed_tags: Option<bool>,
    /// Needs a capability.
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_execute_command: Option<bool>,
    /// Default `family:<family>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// Required for awsvpc.
    #[serde(skip_serializing_if = "Option::is_none")]
    network_configuration: Option<NetworkConfiguration>,
    /// Replaces values of the definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    overrides: Option<TaskOverride>,
    /// With the definition's: up to 10.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    placement_constraints: Vec<PlacementConstraint>,
    /// Up to 5.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    placement_strategy: Vec<PlacementStrategy>,
    /// Fargate platform version.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_version: Option<String>,
    /// `SERVICE` is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    propagate_tags: Option<String>,
    /// Reserved by Amazon.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_id: Option<String>,
    /// Up to 128 letters, digits, `-`, `_`, `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    started_by: Option<String>,
    /// Up to 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
    /// EBS volumes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volume_configurations: Vec<Json>,
}

/// StartTask (01 section 3.5).
pub struct StartTask {
    /// Name or ARN; the only cluster when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// 1 to 10 instance ids or ARNs; one task each.
    container_instances: Vec<String>,
    /// `family`, `family:revision` or ARN.
    task_definition: String,
    /// Tag switch.
    #[serde(rename = "enableECSManagedTags", skip_serializing_if = "Option::is_none")]
    enable_ecs_managed_tags: Option<bool>,
    /// Needs a capability.
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_execute_command: Option<bool>,
    /// Default `family:<family>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// Required for awsvpc.
    #[serde(skip_serializing_if = "Option::is_none")]
    network_configuration: Option<NetworkConfiguration>,
    /// Replaces values of the definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    overrides: Option<TaskOverride>,
    /// `SERVICE` is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    propagate_tags: Option<String>,
    /// Reserved by Amazon.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_id: Option<String>,
    /// Up to 36 letters, digits, `-`, `_`, `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    started_by: Option<String>,
    /// Up to 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
    /// EBS volumes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volume_configurations: Vec<Json>,
}

/// Overrides of RunTask and StartTask; at most 8192 characters as JSON.
pub struct TaskOverride {
    /// By container.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    container_overrides: Vec<ContainerOverride>,
    /// Task level CPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<TextOrNumber>,
    /// Task level memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<TextOrNumber>,
    /// Retired.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inference_accelerator_overrides: Vec<Json>,
    /// Role.
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_role_arn: Option<String>,
    /// Role.
    #[serde(skip_serializing_if = "Option::is_none")]
    task_role_arn: Option<String>,
    /// Fargate only.
    #[serde(skip_serializing_if = "Option::is_none")]
    ephemeral_storage: Option<Json>,
}

/// Overrides of one container.
pub struct ContainerOverride {
    /// Which container.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Command.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    command: Vec<String>,
    /// Environment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    environment: Vec<Json>,
    /// Environment files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    environment_files: Vec<Json>,
    /// CPU units.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<i64>,
    /// MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<i64>,
    /// MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_reservation: Option<i64>,
    /// GPUs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_requirements: Vec<ResourceRequirement>,
}

/// StopTask (01 section 3.6).
pub struct StopTask {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Id or ARN.
    task: String,
    /// Up to 255 characters; default "Task stopped by user".
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// UpdateContainerInstancesState (01 section 7.1).
pub struct UpdateContainerInstancesState {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// 1 to 10.
    container_instances: Vec<String>,
    /// `ACTIVE` or `DRAINING`.
    status: String,
}

/// DeregisterContainerInstance (01 section 7.3).
pub struct DeregisterContainerInstance {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Id or ARN.
    container_instance: String,
    /// Also with running tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    force: Option<bool>,
}

/// PutAttributes: up to 10 (01 section 6).
pub struct PutAttributes {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// What to put, and where.
    attributes: Vec<AttributeInput>,
}

/// DeleteAttributes: up to 10.
pub struct DeleteAttributes {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// What to delete, and where.
    attributes: Vec<AttributeInput>,
}

/// An attribute of a target.
pub struct AttributeInput {
    /// 1 to 128 letters, digits, `-`, `_`, `.`, `/`, `\`.
    name: String,
    /// Up to 128 characters; may be absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// `container-instance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_type: Option<String>,
    /// Id or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_id: Option<String>,
}
}
