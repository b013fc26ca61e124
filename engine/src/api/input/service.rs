//! CreateService, UpdateService and what belongs to services (03 sections 1 to 3).

use super::{PlacementConstraint, PlacementStrategy, Tag, inputs};
use crate::api::json::Json;

inputs! {
/// CreateService (03 section 3.3).
pub struct CreateService {
    /// Name or ARN; the only cluster when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Unique in the cluster.
    service_name: String,
    /// `family`, `family:revision` or ARN. Blank with the EXTERNAL controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    task_definition: Option<String>,
    /// Up to 5 target groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    load_balancers: Vec<LoadBalancer>,
    /// At most one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    service_registries: Vec<ServiceRegistry>,
    /// Required with REPLICA, refused with DAEMON.
    #[serde(skip_serializing_if = "Option::is_none")]
    desired_count: Option<i64>,
    /// Idempotency token.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_token: Option<String>,
    /// `EC2`, `FARGATE` or `EXTERNAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_type: Option<String>,
    /// Instead of a launch type (04 section 2).
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_provider_strategy: Option<Vec<CapacityProviderStrategyItem>>,
    /// Fargate platform version.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_version: Option<String>,
    /// Role for load balancers.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// Limits, breaker, strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_configuration: Option<DeploymentConfiguration>,
    /// With the definition's: up to 10.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    placement_constraints: Vec<PlacementConstraint>,
    /// Up to 5.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    placement_strategy: Vec<PlacementStrategy>,
    /// Required for awsvpc, refused otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    network_configuration: Option<NetworkConfiguration>,
    /// Seconds from RUNNING in which bad health is ignored; 0 to 2147483647.
    #[serde(skip_serializing_if = "Option::is_none")]
    health_check_grace_period_seconds: Option<i64>,
    /// `REPLICA` (default) or `DAEMON`.
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduling_strategy: Option<String>,
    /// `ECS` (default), `CODE_DEPLOY` or `EXTERNAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_controller: Option<DeploymentController>,
    /// Up to 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
    /// Tag switch.
    #[serde(rename = "enableECSManagedTags", skip_serializing_if = "Option::is_none")]
    enable_ecs_managed_tags: Option<bool>,
    /// `TASK_DEFINITION`, `SERVICE` or `NONE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    propagate_tags: Option<String>,
    /// Needs a capability of the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_execute_command: Option<bool>,
    /// Service Connect.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_connect_configuration: Option<Json>,
    /// EBS volumes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volume_configurations: Vec<Json>,
    /// VPC Lattice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vpc_lattice_configurations: Vec<Json>,
    /// `ENABLED` or `DISABLED` (01 section 10).
    #[serde(skip_serializing_if = "Option::is_none")]
    availability_zone_rebalancing: Option<String>,
}

/// UpdateService (03 section 3.1). What is absent stays as it is.
pub struct UpdateService {
    /// Name or ARN; the only cluster when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Name or ARN.
    service: String,
    /// New number of tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    desired_count: Option<i64>,
    /// Starts a deployment when it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    task_definition: Option<String>,
    /// A change needs `forceNewDeployment` (04 section 2.8).
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_provider_strategy: Option<Vec<CapacityProviderStrategyItem>>,
    /// Limits, breaker, strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_configuration: Option<DeploymentConfiguration>,
    /// Later placements only.
    #[serde(skip_serializing_if = "Option::is_none")]
    availability_zone_rebalancing: Option<String>,
    /// Starts a deployment when it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    network_configuration: Option<NetworkConfiguration>,
    /// Later placements only.
    #[serde(skip_serializing_if = "Option::is_none")]
    placement_constraints: Option<Vec<PlacementConstraint>>,
    /// Later placements only.
    #[serde(skip_serializing_if = "Option::is_none")]
    placement_strategy: Option<Vec<PlacementStrategy>>,
    /// Starts a deployment when it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_version: Option<String>,
    /// Starts a deployment, whatever else is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    force_new_deployment: Option<bool>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    health_check_grace_period_seconds: Option<i64>,
    /// Migration between controllers.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_controller: Option<DeploymentController>,
    /// Tasks started later.
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_execute_command: Option<bool>,
    /// Tasks started later.
    #[serde(rename = "enableECSManagedTags", skip_serializing_if = "Option::is_none")]
    enable_ecs_managed_tags: Option<bool>,
    /// Starts a deployment when it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    load_balancers: Option<Vec<LoadBalancer>>,
    /// Tasks started later.
    #[serde(skip_serializing_if = "Option::is_none")]
    propagate_tags: Option<String>,
    /// Starts a deployment when it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_registries: Option<Vec<ServiceRegistry>>,
    /// Starts a deployment when it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_connect_configuration: Option<Json>,
    /// Starts a deployment when it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_configurations: Option<Vec<Json>>,
    /// Starts a deployment when it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    vpc_lattice_configurations: Option<Vec<Json>>,
}

/// DeleteService.
pub struct DeleteService {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Name or ARN.
    service: String,
    /// Also while tasks run.
    #[serde(skip_serializing_if = "Option::is_none")]
    force: Option<bool>,
}

/// A target group or Classic Load Balancer of a service (02 section 7.1).
pub struct LoadBalancer {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_group_arn: Option<String>,
    /// Classic Load Balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    load_balancer_name: Option<String>,
    /// A container of the definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    container_name: Option<String>,
    /// One of its ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    container_port: Option<i64>,
    /// For blue/green, linear and canary.
    #[serde(skip_serializing_if = "Option::is_none")]
    advanced_configuration: Option<AdvancedConfiguration>,
}

/// A Cloud Map registry of a service (02 section 5.1).
pub struct ServiceRegistry {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    registry_arn: Option<String>,
    /// SRV port.
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<i64>,
    /// With `containerPort`, instead of `port`.
    #[serde(skip_serializing_if = "Option::is_none")]
    container_name: Option<String>,
    /// With `containerName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    container_port: Option<i64>,
}

/// One entry of a capacity provider strategy (04 section 2.1).
pub struct CapacityProviderStrategyItem {
    /// Short name.
    capacity_provider: String,
    /// 0 to 1000, default 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<i64>,
    /// 0 to 100000, default 0; one item only.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<i64>,
}

/// Network configuration of awsvpc tasks.
pub struct NetworkConfiguration {
    /// The only kind there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    awsvpc_configuration: Option<AwsVpcConfiguration>,
}

/// Subnets, security groups, public address (02 section 1.1).
pub struct AwsVpcConfiguration {
    /// 1 to 16.
    subnets: Vec<String>,
    /// Up to 5.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    security_groups: Vec<String>,
    /// `ENABLED` or `DISABLED` (default).
    #[serde(skip_serializing_if = "Option::is_none")]
    assign_public_ip: Option<String>,
}

/// Who deploys.
pub struct DeploymentController {
    /// `ECS`, `CODE_DEPLOY` or `EXTERNAL`.
    #[serde(rename = "type")]
    kind: String,
}

/// Deployment configuration (03 section 2).
pub struct DeploymentConfiguration {
    /// Circuit breaker (03 section 11).
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_circuit_breaker: Option<DeploymentCircuitBreaker>,
    /// Ceiling in percent of the desired count, rounded down.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_percent: Option<i64>,
    /// Floor in percent of the desired count, rounded up.
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum_healthy_percent: Option<i64>,
    /// Alarms watched (03 section 12).
    #[serde(skip_serializing_if = "Option::is_none")]
    alarms: Option<DeploymentAlarms>,
    /// `ROLLING` (default), `BLUE_GREEN`, `LINEAR` or `CANARY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    strategy: Option<String>,
    /// 0 to 1440.
    #[serde(skip_serializing_if = "Option::is_none")]
    bake_time_in_minutes: Option<i64>,
    /// Hooks of blue/green, linear and canary.
    #[serde(skip_serializing_if = "Option::is_none")]
    lifecycle_hooks: Option<Vec<DeploymentLifecycleHook>>,
    /// LINEAR only.
    #[serde(skip_serializing_if = "Option::is_none")]
    linear_configuration: Option<LinearConfiguration>,
    /// CANARY only.
    #[serde(skip_serializing_if = "Option::is_none")]
    canary_configuration: Option<CanaryConfiguration>,
    /// ROLLING only.
    #[serde(skip_serializing_if = "Option::is_none")]
    early_success_criteria: Option<EarlySuccessCriteria>,
}

/// A lifecycle hook of a deployment (03 section 21.2).
pub struct DeploymentLifecycleHook {
    /// `AWS_LAMBDA` (default) or `PAUSE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_type: Option<String>,
    /// Name or ARN of the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    hook_target_arn: Option<String>,
    /// Role to call it with.
    #[serde(skip_serializing_if = "Option::is_none")]
    role_arn: Option<String>,
    /// Stages at which it runs.
    lifecycle_stages: Vec<String>,
    /// Handed to the function as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    hook_details: Option<Json>,
    /// For a pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_configuration: Option<HookTimeoutConfiguration>,
}

/// How long a pause lasts at most.
pub struct HookTimeoutConfiguration {
    /// 1 to 20160, default 1440.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_in_minutes: Option<i64>,
    /// `ROLLBACK` (default) or `CONTINUE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
}

/// Steps of LINEAR.
pub struct LinearConfiguration {
    /// 3.0 to 100.0 in steps of 0.1, default 10.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    step_percent: Option<Json>,
    /// 0 to 1440, default 6.
    #[serde(skip_serializing_if = "Option::is_none")]
    step_bake_time_in_minutes: Option<i64>,
}

/// Steps of CANARY.
pub struct CanaryConfiguration {
    /// 0.1 to 100.0 in steps of 0.1, default 5.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    canary_percent: Option<Json>,
    /// 0 to 1440, default 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    canary_bake_time_in_minutes: Option<i64>,
}

/// Success before every task is healthy (03 section 13).
pub struct EarlySuccessCriteria {
    /// On.
    enable: bool,
    /// `minimumHealthyPercent` to 100; required when on.
    #[serde(skip_serializing_if = "Option::is_none")]
    healthy_percent: Option<i64>,
    /// `BLOCKING` or `DEFERRED`; required when on.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_service_revision_cleanup: Option<String>,
}

/// The other half of a load balancer's pair (03 section 21.6).
pub struct AdvancedConfiguration {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    alternate_target_group_arn: Option<String>,
    /// Listener rule of an Application Load Balancer, listener of a Network Load Balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    production_listener_rule: Option<String>,
    /// The same for test traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    test_listener_rule: Option<String>,
    /// Role to change them with.
    #[serde(skip_serializing_if = "Option::is_none")]
    role_arn: Option<String>,
}

/// Circuit breaker of a deployment (03 section 11).
pub struct DeploymentCircuitBreaker {
    /// On; required.
    #[serde(skip_serializing_if = "Option::is_none")]
    enable: Option<bool>,
    /// Rolls back when it trips; required.
    #[serde(skip_serializing_if = "Option::is_none")]
    rollback: Option<bool>,
    /// Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    reset_on_healthy_task: Option<bool>,
    /// Default `{BOUNDED_PERCENT, 50}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold_configuration: Option<ThresholdConfiguration>,
}

/// Threshold of the circuit breaker.
pub struct ThresholdConfiguration {
    /// `BOUNDED_PERCENT`, `UNBOUNDED_PERCENT` or `COUNT`.
    #[serde(rename = "type")]
    kind: String,
    /// Percent 1 to 100, or a count of at least 1.
    value: i64,
}

/// Alarms watched by a deployment.
pub struct DeploymentAlarms {
    /// Their names; required.
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm_names: Option<Vec<String>>,
    /// On; required.
    #[serde(skip_serializing_if = "Option::is_none")]
    enable: Option<bool>,
    /// Rolls back when one fires; required.
    #[serde(skip_serializing_if = "Option::is_none")]
    rollback: Option<bool>,
}

/// StopServiceDeployment.
pub struct StopServiceDeployment {
    /// ARN, or the service's name for its newest one.
    service_deployment_arn: String,
    /// `ROLLBACK` (default) or `ABORT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_type: Option<String>,
}

/// ContinueServiceDeployment.
pub struct ContinueServiceDeployment {
    /// ARN, or the service's name for its newest one.
    service_deployment_arn: String,
    /// Of the pause that is over.
    hook_id: String,
    /// `CONTINUE` (default) or `ROLLBACK`.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
}

/// UpdateTaskProtection: 1 to 10 tasks.
pub struct UpdateTaskProtection {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Ids or ARNs.
    tasks: Vec<String>,
    /// On or off.
    protection_enabled: bool,
    /// 1 to 2880, default 120.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_minutes: Option<i64>,
}

/// GetTaskProtection: up to 100 tasks.
pub struct GetTaskProtection {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Ids or ARNs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tasks: Vec<String>,
}
}
