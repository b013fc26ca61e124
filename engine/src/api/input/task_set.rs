//! Task sets (03 section 22).

use super::{
    CapacityProviderStrategyItem, LoadBalancer, NetworkConfiguration, ServiceRegistry, Tag, inputs,
};
use crate::api::json::Json;

inputs! {
/// CreateTaskSet.
pub struct CreateTaskSet {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Name or ARN.
    service: String,
    /// The caller's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// `family`, `family:revision` or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    task_definition: Option<String>,
    /// Required for awsvpc.
    #[serde(skip_serializing_if = "Option::is_none")]
    network_configuration: Option<NetworkConfiguration>,
    /// At most one target group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    load_balancers: Vec<LoadBalancer>,
    /// At most one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    service_registries: Vec<ServiceRegistry>,
    /// `EC2`, `FARGATE` or `EXTERNAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_type: Option<String>,
    /// Instead of a launch type.
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_provider_strategy: Option<Vec<CapacityProviderStrategyItem>>,
    /// Fargate platform version.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_version: Option<String>,
    /// How much of the desired count; 0 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<Scale>,
    /// Idempotency token.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_token: Option<String>,
    /// Up to 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

/// A share of the desired count.
pub struct Scale {
    /// 0.0 to 100.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Json>,
    /// `PERCENT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
}

/// UpdateTaskSet.
pub struct UpdateTaskSet {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Name or ARN.
    service: String,
    /// Id or ARN.
    task_set: String,
    /// How much of the desired count.
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<Scale>,
}

/// DeleteTaskSet.
pub struct DeleteTaskSet {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Name or ARN.
    service: String,
    /// Id or ARN.
    task_set: String,
    /// Also while it is scaled above 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    force: Option<bool>,
}

/// UpdateServicePrimaryTaskSet.
pub struct UpdateServicePrimaryTaskSet {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Name or ARN.
    service: String,
    /// Id or ARN.
    primary_task_set: String,
}
}
