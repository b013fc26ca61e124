//! Clusters, capacity providers and settings (04 section 1).

use super::{CapacityProviderStrategyItem, Tag, inputs};
use crate::api::json::Json;

inputs! {
/// CreateCapacityProvider (04 section 1.3).
pub struct CreateCapacityProvider {
    /// 1 to 255 letters, digits, `-`, `_`.
    name: String,
    /// For Managed Instances: the one cluster it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Wraps one Auto Scaling group.
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_scaling_group_provider: Option<AutoScalingGroupProvider>,
    /// ECS Managed Instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    managed_instances_provider: Option<Json>,
    /// Up to 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

/// The Auto Scaling group behind a provider.
pub struct AutoScalingGroupProvider {
    /// ARN or name.
    auto_scaling_group_arn: String,
    /// Cluster auto scaling.
    #[serde(skip_serializing_if = "Option::is_none")]
    managed_scaling: Option<ManagedScaling>,
    /// `ENABLED` or `DISABLED` (default).
    #[serde(skip_serializing_if = "Option::is_none")]
    managed_termination_protection: Option<String>,
    /// `ENABLED` (default) or `DISABLED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    managed_draining: Option<String>,
}

/// Managed scaling of a provider (04 section 1.2).
pub struct ManagedScaling {
    /// `ENABLED` or `DISABLED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// 1 to 100, default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_capacity: Option<i64>,
    /// 1 to 10000, default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum_scaling_step_size: Option<i64>,
    /// 1 to 10000, default 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_scaling_step_size: Option<i64>,
    /// 0 to 10000 s, default 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_warmup_period: Option<i64>,
}

/// UpdateCapacityProvider.
pub struct UpdateCapacityProvider {
    /// Which.
    name: String,
    /// For Managed Instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// What changes; the group stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_scaling_group_provider: Option<AutoScalingGroupProvider>,
    /// ECS Managed Instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    managed_instances_provider: Option<Json>,
}

/// DeleteCapacityProvider.
pub struct DeleteCapacityProvider {
    /// Name or ARN.
    capacity_provider: String,
    /// For Managed Instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
}

/// PutClusterCapacityProviders (04 section 1.4): replaces both lists.
pub struct PutClusterCapacityProviders {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Up to 20.
    capacity_providers: Vec<String>,
    /// `[]` is "no default".
    default_capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
}

/// UpdateClusterSettings.
pub struct UpdateClusterSettings {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// `containerInsights` and its value.
    settings: Vec<Setting>,
}

/// PutAccountSetting and PutAccountSettingDefault.
pub struct PutAccountSetting {
    /// `awsvpcTrunking`, for one.
    name: String,
    /// `enabled` or `disabled`.
    value: String,
    /// User, role or root user.
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_arn: Option<String>,
}

/// A name and its value.
pub struct Setting {
    /// Name.
    name: String,
    /// Value.
    value: String,
}
}
