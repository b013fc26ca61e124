//! The key `tunables`: constants, switches and quotas by the names of 00 section 7.

use serde::Deserialize;
use stowplan_engine::api::{EngineConfig, TieBreak, UnhealthyPolicy};
use stowplan_engine::model::Span;

use super::{at::At, unbuilt::Part};
use crate::document::{DocumentError, Duration};
use crate::world::WorldConfig;

/// All of them, with what is given in place of the specification's.
#[derive(Clone, Debug, Default)]
pub(super) struct Tunables {
    pub(super) engine: EngineConfig,
    pub(super) world: WorldConfig,
    pub(super) launch: LaunchTimes,
}

/// How long an instance of an Auto Scaling group takes to register (04 section 1.5).
#[derive(Clone, Copy, Debug)]
pub(super) struct LaunchTimes {
    /// `instanceReadySeconds`.
    pub(super) ready: Span,
}

impl Default for LaunchTimes {
    fn default() -> Self {
        Self { ready: Span::from_secs(150) }
    }
}

type Set = fn(&mut Tunables, &At<'_>) -> Result<(), DocumentError>;

/// Reads the key.
pub(super) fn read(at: &At<'_>) -> Result<Tunables, DocumentError> {
    let names: Vec<&str> = TABLE.iter().map(|(name, _, _)| *name).collect();
    at.map_of(&names, Part::Tunable)?;
    let mut tunables = Tunables::default();
    for (name, value) in at.children() {
        let row = TABLE.iter().find(|(known, _, _)| *known == name);
        let (_, _, set) = row.expect("map_of refuses every other key");
        set(&mut tunables, &value)?;
    }
    tunables.engine.validate().map_err(|error| {
        let value = at.get(error.setting).unwrap_or_else(|| at.clone());
        let problem = format!("`{}` {}", error.setting, error.problem);
        value.error(problem).with_remedy("Leave it out for the default")
    })?;
    Ok(tunables)
}

/// What a value is, for the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Seconds,
    SecondsList,
    Count,
    Switch,
    OneOf(&'static [&'static str]),
}

/// Declares rows: where a value of a kind goes.
macro_rules! rows {
    ($($name:literal => $shape:ident $part:ident . $($field:ident).+;)*) => {
        &[
            ("tieBreak", Shape::OneOf(&["lowestId", "seeded"]), tie_break),
            ("unhealthyPolicy", Shape::OneOf(&["startFirst", "stopFirst"]), unhealthy_policy),
            $(($name, Shape::$shape, |tunables, at| {
                tunables.$part.$($field).+ = rows!(@read $shape at);
                Ok(())
            }),)*
        ]
    };
    (@read Seconds $at:ident) => { seconds($at)? };
    (@read SecondsList $at:ident) => {
        $at.items()?.iter().map(seconds).collect::<Result<_, _>>()?
    };
    (@read Count $at:ident) => { $at.decode()? };
    (@read Switch $at:ident) => { $at.decode()? };
}

pub(super) const TABLE: &[(&str, Shape, Set)] = rows! {
    "fargate32vcpu" => Switch engine.fargate_32_vcpu;
    "stoppedTaskRetentionSeconds" => Seconds engine.stopped_task_retention;
    "schedulerTickSeconds" => Seconds engine.tick;
    "noHealthCheckWarmupSeconds" => Seconds engine.no_health_check_warmup;
    "deregistrationLagSeconds" => Seconds engine.deregistration_lag;
    "startBackoffSeconds" => SecondsList engine.start_backoff;
    "eventDedupeSeconds" => Seconds engine.event_dedupe;
    "launchesPerMinute" => Count engine.launches_per_minute;
    "allow100100" => Switch engine.allow_100_100;
    "maxCountsStopping" => Switch engine.max_counts_stopping;
    "digestProbe" => Switch engine.digest_probe;
    "completionWaitsForStopping" => Switch engine.completion_waits_for_stopping;
    "stopAfterFirstHealthy" => Switch engine.stop_after_first_healthy;
    "provisioningTaskLimit" => Count engine.provisioning_task_limit;
    "provisioningTimeoutSeconds" => Seconds engine.provisioning_timeout;
    "instanceReadySeconds" => Seconds launch.ready;
    "trunkReadySeconds" => Seconds world.trunk_ready;
    "casPeriodSeconds" => Seconds engine.scaling_period;
    "scaleInBlockSeconds" => Seconds engine.scale_in_block;
    "drainMaxSeconds" => Seconds engine.drain_max;
    "containersPerTaskDefinition" => Count engine.quotas.containers_per_task_definition;
    "revisionsPerFamily" => Count engine.quotas.revisions_per_family;
    "servicesPerCluster" => Count engine.quotas.services_per_cluster;
    "instancesPerCluster" => Count engine.quotas.instances_per_cluster;
    "tasksPerService" => Count engine.quotas.tasks_per_service;
    "tasksPerDiscoveredService" => Count engine.quotas.tasks_per_discovered_service;
    "targetGroupsPerService" => Count engine.quotas.target_groups_per_service;
    "attributesPerInstance" => Count engine.quotas.attributes_per_instance;
    "providersPerCluster" => Count engine.quotas.providers_per_cluster;
    "fargateInterfacesPerRegion" => Count engine.quotas.fargate_interfaces_per_region;
    "pullMBPerSecond" => Count world.pull_rates.pull_mb_per_second;
    "extractMBPerSecond" => Count world.pull_rates.extract_mb_per_second;
    "imageReplicationSeconds" => Seconds world.image_replication;
    "initialHealthyNeedsThreshold" => Switch world.initial_healthy_needs_threshold;
    "ignoreContainersWithoutHealthCheck" =>
        Switch world.ignore_containers_without_health_check;
};

fn seconds(at: &At<'_>) -> Result<Span, DocumentError> {
    at.decode::<Duration>().map(|duration| Span(duration.millis()))
}

fn tie_break(tunables: &mut Tunables, at: &At<'_>) -> Result<(), DocumentError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Given {
        LowestId,
        Seeded,
    }
    tunables.engine.tie_break = match at.decode()? {
        Given::LowestId => TieBreak::LowestId,
        Given::Seeded => TieBreak::Seeded,
    };
    Ok(())
}

fn unhealthy_policy(tunables: &mut Tunables, at: &At<'_>) -> Result<(), DocumentError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Given {
        StartFirst,
        StopFirst,
    }
    tunables.engine.unhealthy_policy = match at.decode()? {
        Given::StartFirst => UnhealthyPolicy::StartFirst,
        Given::StopFirst => UnhealthyPolicy::StopFirst,
    };
    Ok(())
}
