//! Limits and policies: the tunables of 00 section 7 that the control plane reads.

use std::fmt;

use crate::model::Span;

/// Configuration of an engine, checked when one is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EngineConfig {
    /// `startTime`: milliseconds of the Unix epoch at time 0.
    pub start_unix_ms: i64,
    /// Account in ARNs.
    pub account: Box<str>,
    /// `tieBreak` (01 section 4.6).
    pub tie_break: TieBreak,
    /// `schedulerTickSeconds` (03 section 0).
    pub tick: Span,
    /// `noHealthCheckWarmupSeconds` (03 section 4.2).
    pub no_health_check_warmup: Span,
    /// `deregistrationLagSeconds` (03 section 8.2).
    pub deregistration_lag: Span,
    /// `startBackoffSeconds` (03 section 14.2); the last entry goes on.
    pub start_backoff: Vec<Span>,
    /// `eventDedupeSeconds` (03 section 15.4).
    pub event_dedupe: Span,
    /// `launchesPerMinute` for each service (03 section 5.4).
    pub launches_per_minute: u32,
    /// `allow100100` (03 section 3.3 rule 10).
    pub allow_100_100: bool,
    /// `maxCountsStopping` (03 section 4.1).
    pub max_counts_stopping: bool,
    /// `completionWaitsForStopping` (03 section 8.2).
    pub completion_waits_for_stopping: bool,
    /// `digestProbe` (03 section 5.4).
    pub digest_probe: bool,
    /// `unhealthyPolicy` (03 section 7).
    pub unhealthy_policy: UnhealthyPolicy,
    /// `stopAfterFirstHealthy` (03 section 11.2).
    pub stop_after_first_healthy: bool,
    /// `fargate32vcpu` (01 section 2.4).
    pub fargate_32_vcpu: bool,
    /// `stoppedTaskRetentionSeconds` (01 section 3.6).
    pub stopped_task_retention: Span,
    /// `provisioningTaskLimit` for each cluster (04 section 2.7).
    pub provisioning_task_limit: u32,
    /// `provisioningTimeoutSeconds` (04 section 2.7).
    pub provisioning_timeout: Span,
    /// `casPeriodSeconds`: the grid of cluster auto scaling (04 section 0).
    pub scaling_period: Span,
    /// `scaleInBlockSeconds` after a scale-out (04 section 4.4).
    pub scale_in_block: Span,
    /// `drainMaxSeconds` of managed draining (04 section 4.7).
    pub drain_max: Span,
    /// Quotas of 01 section 12 and 03 section 2.2.
    pub quotas: Quotas,
}

/// How ties fall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TieBreak {
    /// The lowest id.
    #[default]
    LowestId,
    /// A seeded draw.
    Seeded,
}

/// What comes first when a task is unhealthy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UnhealthyPolicy {
    /// The replacement, where the ceiling leaves room.
    #[default]
    StartFirst,
    /// The stop, as before October 2023.
    StopFirst,
}

/// Quotas. Zero is refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quotas {
    /// Containers of a task definition.
    pub containers_per_task_definition: u32,
    /// Revisions of a family.
    pub revisions_per_family: u32,
    /// Services of a cluster.
    pub services_per_cluster: u32,
    /// Container instances of a cluster.
    pub instances_per_cluster: u32,
    /// Tasks of a service.
    pub tasks_per_service: u32,
    /// Tasks of a service with service discovery or Service Connect.
    pub tasks_per_discovered_service: u32,
    /// Target groups of a service.
    pub target_groups_per_service: u32,
    /// Custom attributes of an instance.
    pub attributes_per_instance: u32,
    /// Capacity providers of a cluster.
    pub providers_per_cluster: u32,
    /// Network interfaces of Fargate tasks in a Region (02 section 4).
    pub fargate_interfaces_per_region: u32,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            start_unix_ms: 1_767_225_600_000,
            account: "123456789012".into(),
            tie_break: TieBreak::LowestId,
            tick: Span::from_secs(10),
            no_health_check_warmup: Span::from_secs(40),
            deregistration_lag: Span::from_secs(10),
            start_backoff: [30, 30, 300, 900, 1620].map(Span::from_secs).to_vec(),
            event_dedupe: Span::from_secs(21_600),
            launches_per_minute: 500,
            allow_100_100: false,
            max_counts_stopping: true,
            completion_waits_for_stopping: true,
            digest_probe: false,
            unhealthy_policy: UnhealthyPolicy::StartFirst,
            stop_after_first_healthy: false,
            fargate_32_vcpu: false,
            stopped_task_retention: Span::from_secs(3600),
            provisioning_task_limit: 500,
            provisioning_timeout: Span::from_secs(1800),
            scaling_period: Span::from_secs(60),
            scale_in_block: Span::from_secs(900),
            drain_max: Span::from_secs(172_800),
            quotas: Quotas::default(),
        }
    }
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            containers_per_task_definition: 10,
            revisions_per_family: 1_000_000,
            services_per_cluster: 5000,
            instances_per_cluster: 5000,
            tasks_per_service: 5000,
            tasks_per_discovered_service: 1000,
            target_groups_per_service: 5,
            attributes_per_instance: 10,
            providers_per_cluster: 20,
            fargate_interfaces_per_region: 5000,
        }
    }
}

/// A configuration that cannot be used, by the scenario's name of the setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The setting.
    pub setting: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.problem)
    }
}

impl std::error::Error for ConfigError {}

impl EngineConfig {
    /// Refuses what would stop the scheduler from working.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let zero = |setting| Err(ConfigError { setting, problem: "must be greater than 0" });
        if self.tick == Span::ZERO {
            return zero("schedulerTickSeconds");
        }
        if self.scaling_period == Span::ZERO {
            return zero("casPeriodSeconds");
        }
        if self.start_backoff.is_empty() {
            let problem = "needs at least one delay";
            return Err(ConfigError { setting: "startBackoffSeconds", problem });
        }
        if self.launches_per_minute == 0 {
            return zero("launchesPerMinute");
        }
        if self.provisioning_task_limit == 0 {
            return zero("provisioningTaskLimit");
        }
        let seconds = self.provisioning_timeout.as_secs();
        if !(600..=1800).contains(&seconds) {
            let problem = "must be from 600 to 1800";
            return Err(ConfigError { setting: "provisioningTimeoutSeconds", problem });
        }
        self.quotas.validate()
    }
}

impl Quotas {
    fn validate(&self) -> Result<(), ConfigError> {
        let all = [
            ("containersPerTaskDefinition", self.containers_per_task_definition),
            ("revisionsPerFamily", self.revisions_per_family),
            ("servicesPerCluster", self.services_per_cluster),
            ("instancesPerCluster", self.instances_per_cluster),
            ("tasksPerService", self.tasks_per_service),
            ("tasksPerDiscoveredService", self.tasks_per_discovered_service),
            ("targetGroupsPerService", self.target_groups_per_service),
            ("attributesPerInstance", self.attributes_per_instance),
            ("providersPerCluster", self.providers_per_cluster),
            ("fargateInterfacesPerRegion", self.fargate_interfaces_per_region),
        ];
        match all.into_iter().find(|(_, value)| *value == 0) {
            Some((setting, _)) => Err(ConfigError { setting, problem: "must be greater than 0" }),
            None => Ok(()),
        }
    }
}
