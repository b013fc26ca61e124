//! CodeDeploy: deployment groups, configurations and deployments (03 section 20).

use super::inputs;
use crate::api::json::Json;

inputs! {
/// CreateDeploymentGroup.
pub struct CreateDeploymentGroup {
    /// `AppECS-<cluster>-<service>` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    application_name: Option<String>,
    /// Unique.
    deployment_group_name: String,
    /// `CodeDeployDefault.ECSAllAtOnce` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_config_name: Option<String>,
    /// Not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_role_arn: Option<String>,
    /// Alarms that stop a deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm_configuration: Option<AlarmConfiguration>,
    /// When a new deployment goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_rollback_configuration: Option<AutoRollbackConfiguration>,
    /// `BLUE_GREEN` and `WITH_TRAFFIC_CONTROL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_style: Option<DeploymentStyle>,
    /// What becomes of blue, and whether somebody must say that traffic may shift.
    #[serde(skip_serializing_if = "Option::is_none")]
    blue_green_deployment_configuration: Option<BlueGreenDeploymentConfiguration>,
    /// The pair of target groups and its listeners.
    #[serde(skip_serializing_if = "Option::is_none")]
    load_balancer_info: Option<LoadBalancerInfo>,
    /// The service.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ecs_services: Vec<EcsService>,
    /// Not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    outdated_instances_strategy: Option<String>,
    /// Not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger_configurations: Option<Json>,
    /// Not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Json>,
}

/// Alarms that stop a deployment: up to 10.
pub struct AlarmConfiguration {
    /// On.
    enabled: bool,
    /// Not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    ignore_poll_alarm_failure: Option<bool>,
    /// Which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alarms: Vec<NamedAlarm>,
}

/// An alarm by its name.
pub struct NamedAlarm {
    /// Its name.
    name: String,
}

/// When a new deployment goes back.
pub struct AutoRollbackConfiguration {
    /// On.
    enabled: bool,
    /// `DEPLOYMENT_FAILURE`, `DEPLOYMENT_STOP_ON_ALARM`, `DEPLOYMENT_STOP_ON_REQUEST`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<String>,
}

/// How a group deploys: services of ECS know one way.
pub struct DeploymentStyle {
    /// `BLUE_GREEN`
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_type: Option<String>,
    /// `WITH_TRAFFIC_CONTROL`
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_option: Option<String>,
}

/// What becomes of blue, and whether somebody must say that traffic may shift.
pub struct BlueGreenDeploymentConfiguration {
    /// What becomes of blue.
    #[serde(skip_serializing_if = "Option::is_none")]
    terminate_blue_instances_on_deployment_success: Option<BlueInstanceTerminationOption>,
    /// What happens once green is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_ready_option: Option<DeploymentReadyOption>,
}

/// What becomes of blue.
pub struct BlueInstanceTerminationOption {
    /// `TERMINATE` (default) or `KEEP_ALIVE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    /// 0 (default) to 2880.
    #[serde(skip_serializing_if = "Option::is_none")]
    termination_wait_time_in_minutes: Option<i64>,
}

/// What happens once green is ready.
pub struct DeploymentReadyOption {
    /// `CONTINUE_DEPLOYMENT` (default) or `STOP_DEPLOYMENT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    action_on_timeout: Option<String>,
    /// How long ContinueDeployment is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    wait_time_in_minutes: Option<i64>,
}

/// The load balancer of a group.
pub struct LoadBalancerInfo {
    /// Exactly one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    target_group_pair_info_list: Vec<TargetGroupPairInfo>,
}

/// A pair of target groups.
pub struct TargetGroupPairInfo {
    /// Exactly two.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    target_groups: Vec<TargetGroupInfo>,
    /// The production listener: required.
    #[serde(skip_serializing_if = "Option::is_none")]
    prod_traffic_route: Option<TrafficRoute>,
    /// The test listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    test_traffic_route: Option<TrafficRoute>,
}

/// A target group by its name.
pub struct TargetGroupInfo {
    /// Its name.
    name: String,
}

/// A listener.
pub struct TrafficRoute {
    /// Exactly one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    listener_arns: Vec<String>,
}

/// A service of ECS.
pub struct EcsService {
    /// Its name.
    service_name: String,
    /// Its cluster's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster_name: Option<String>,
}

/// CreateDeploymentConfig, for ECS.
pub struct CreateDeploymentConfig {
    /// Unique.
    deployment_config_name: String,
    /// `ECS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    compute_platform: Option<String>,
    /// How traffic shifts.
    #[serde(skip_serializing_if = "Option::is_none")]
    traffic_routing_config: Option<TrafficRoutingConfig>,
}

/// How traffic shifts.
pub struct TrafficRoutingConfig {
    /// `AllAtOnce`, `TimeBasedCanary` or `TimeBasedLinear`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// With `TimeBasedCanary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_based_canary: Option<TimeBasedCanary>,
    /// With `TimeBasedLinear`.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_based_linear: Option<TimeBasedLinear>,
}

/// Some of it first, then all.
pub struct TimeBasedCanary {
    /// 1 to 99.
    canary_percentage: i64,
    /// Minutes.
    canary_interval: i64,
}

/// Equal steps.
pub struct TimeBasedLinear {
    /// 1 to 99.
    linear_percentage: i64,
    /// Minutes.
    linear_interval: i64,
}

/// CreateDeployment, with an AppSpec or with what it would say.
pub struct CreateDeployment {
    /// The group's.
    #[serde(skip_serializing_if = "Option::is_none")]
    application_name: Option<String>,
    /// Which group.
    deployment_group_name: String,
    /// The group's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_config_name: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The AppSpec as a document, not as a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    app_spec: Option<Json>,
    /// In place of an AppSpec: what green runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    task_definition: Option<String>,
    /// In place of an AppSpec: functions by the name of their event.
    #[serde(skip_serializing_if = "Option::is_none")]
    hooks: Option<Json>,
    /// The group's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_rollback_configuration: Option<AutoRollbackConfiguration>,
    /// The group's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    override_alarm_configuration: Option<AlarmConfiguration>,
}

/// StopDeployment.
pub struct StopDeployment {
    /// Which.
    deployment_id: String,
    /// Whether a new deployment goes back; as the group says when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_rollback_enabled: Option<bool>,
}

/// ContinueDeployment.
pub struct ContinueDeployment {
    /// Which.
    deployment_id: String,
    /// `READY_WAIT` (default) or `TERMINATION_WAIT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_wait_type: Option<String>,
}
}
