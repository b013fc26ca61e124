//! Deployment configurations and other settings of a service, checked (03 sections 2 and 3.3).

use std::sync::Arc;

use crate::api::input::{
    DeploymentAlarms, DeploymentCircuitBreaker, DeploymentConfiguration, DeploymentLifecycleHook,
    EarlySuccessCriteria, ThresholdConfiguration,
};
use crate::api::{CommandError, Json};
use crate::model::{
    AlarmConfig, BreakerConfig, ControllerType, DeploymentSettings, DeploymentStrategy,
    EarlySuccess, HealthBounds, HookAction, HookTarget, LifecycleHook, LifecycleStage, Percent,
    RolloutStrategy, SchedulingStrategy, Share, Span, Threshold,
};

/// What the rest of a service says about its deployment configuration.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) scheduling: SchedulingStrategy,
    pub(super) controller: ControllerType,
    /// There the bounds of CODE_DEPLOY and EXTERNAL have no effect, so that any are taken.
    pub(super) on_fargate: bool,
    /// Rule 10 of 03 section 3.3 is off.
    pub(super) allow_100_100: bool,
    /// It was accepted long ago: rule 20 does not ask for the minimum.
    pub(super) given: bool,
}

/// A value of an enumeration of the API.
pub(super) fn spelled<T: std::str::FromStr>(
    field: &str,
    value: Option<&str>,
    default: &str,
) -> Result<T, CommandError> {
    let value = value.unwrap_or(default);
    value.parse().map_err(|_| CommandError::invalid(format!("{field} cannot be {value}.")))
}

/// Defaults of 03 section 2.1.
pub(super) fn default_settings(scheduling: SchedulingStrategy) -> DeploymentSettings {
    let (minimum, maximum) = match scheduling {
        SchedulingStrategy::Replica => (100, 200),
        SchedulingStrategy::Daemon => (0, 100),
    };
    DeploymentSettings {
        bounds: HealthBounds { minimum_healthy: Percent(minimum), maximum: Percent(maximum) },
        breaker: BreakerConfig::default(),
        alarms: None,
        bake: None,
        early_success: None,
        strategy: RolloutStrategy::Rolling,
        hooks: Arc::new([]),
    }
}

/// Rules 10, 11, 14 to 20, 24 and 25 of 03 section 3.3. What is absent stays as it is.
pub(super) fn settings(
    configuration: Option<&DeploymentConfiguration>,
    mut settings: DeploymentSettings,
    kind: Kind,
) -> Result<DeploymentSettings, CommandError> {
    let Some(given) = configuration else { return Ok(settings) };
    settings.bounds = bounds(given, settings.bounds, settings.strategy, kind)?;
    let by_ecs = kind.controller == ControllerType::Ecs;
    if let Some(breaker) = &given.deployment_circuit_breaker {
        if !by_ecs && breaker.enable == Some(true) {
            return Err(CommandError::invalid(
                "The deployment circuit breaker needs the ECS deployment controller.",
            ));
        }
        settings.breaker = circuit_breaker(breaker)?;
    }
    if let Some(alarms) = &given.alarms {
        if !by_ecs && alarms.enable == Some(true) {
            return Err(CommandError::invalid(
                "Deployment alarms need the ECS deployment controller.",
            ));
        }
        settings.alarms = watched_alarms(alarms)?;
    }
    if let Some(minutes) = given.bake_time_in_minutes {
        settings.bake = Some(minutes_of("bakeTimeInMinutes", minutes, 0..=1440)?);
    }
    strategy(given, &mut settings, kind)?;
    if let Some(criteria) = &given.early_success_criteria {
        let least = if kind.given { Percent(1) } else { settings.bounds.minimum_healthy };
        settings.early_success = early_success(criteria, least)?;
    }
    if let Some(hooks) = &given.lifecycle_hooks {
        settings.hooks = lifecycle_hooks(hooks)?;
    }
    Ok(settings)
}

fn bounds(
    given: &DeploymentConfiguration,
    kept: HealthBounds,
    strategy: RolloutStrategy,
    kind: Kind,
) -> Result<HealthBounds, CommandError> {
    let bounds = HealthBounds {
        minimum_healthy: percent(
            "minimumHealthyPercent",
            given.minimum_healthy_percent,
            kept.minimum_healthy,
        )?,
        maximum: percent("maximumPercent", given.maximum_percent, kept.maximum)?,
    };
    let is_rolling = match given.strategy.as_deref() {
        Some(named) => named == DeploymentStrategy::Rolling.as_str(),
        None => !strategy.shifts_traffic(),
    };
    let replica =
        kind.scheduling == SchedulingStrategy::Replica && kind.controller == ControllerType::Ecs;
    let stuck = bounds.minimum_healthy.0 == 100 && bounds.maximum.0 == 100;
    if stuck && replica && is_rolling && !kind.allow_100_100 {
        return Err(CommandError::invalid(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block \
             deployments",
        ));
    }
    if bounds.minimum_healthy.0 > 100 {
        return Err(CommandError::invalid("minimumHealthyPercent must be between 0 and 100."));
    }
    if bounds.maximum.0 < 100 {
        return Err(CommandError::invalid("maximumPercent must be between 100 and 100000."));
    }
    let custom = bounds.minimum_healthy.0 != 100 || bounds.maximum.0 != 200;
    if custom && kind.controller != ControllerType::Ecs && !kind.on_fargate {
        let controller = kind.controller;
        return Err(CommandError::invalid(format!(
            "minimumHealthyPercent and maximumPercent cannot be customised with the {controller} \
             deployment controller."
        )));
    }
    Ok(bounds)
}

fn percent(field: &str, given: Option<i64>, kept: Percent) -> Result<Percent, CommandError> {
    let Some(given) = given else { return Ok(kept) };
    u32::try_from(given)
        .ok()
        .filter(|percent| *percent <= 100_000)
        .map(Percent)
        .ok_or_else(|| CommandError::invalid(format!("{field} is out of range.")))
}

fn minutes_of(
    field: &str,
    minutes: i64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<Span, CommandError> {
    let known = u64::try_from(minutes).ok().filter(|minutes| range.contains(minutes));
    known.map(Span::from_mins).ok_or_else(|| {
        let (first, last) = (range.start(), range.end());
        CommandError::invalid(format!("{field} must be between {first} and {last}."))
    })
}

fn circuit_breaker(given: &DeploymentCircuitBreaker) -> Result<BreakerConfig, CommandError> {
    Ok(BreakerConfig {
        enable: required("deploymentCircuitBreaker.enable", given.enable.as_ref())?,
        rollback: required("deploymentCircuitBreaker.rollback", given.rollback.as_ref())?,
        reset_on_healthy_task: given.reset_on_healthy_task.unwrap_or(true),
        threshold: threshold(given.threshold_configuration.as_ref())?,
    })
}

fn threshold(given: Option<&ThresholdConfiguration>) -> Result<Threshold, CommandError> {
    let Some(given) = given else { return Ok(BreakerConfig::default().threshold) };
    let out_of_range = || CommandError::invalid("The circuit breaker threshold is out of range.");
    let value = u32::try_from(given.value).map_err(|_| out_of_range())?;
    let is_percent = (1..=100).contains(&value);
    match given.kind.as_str() {
        "BOUNDED_PERCENT" if is_percent => Ok(Threshold::BoundedPercent(value)),
        "UNBOUNDED_PERCENT" if is_percent => Ok(Threshold::UnboundedPercent(value)),
        "COUNT" if value >= 1 => Ok(Threshold::Count(value)),
        "BOUNDED_PERCENT" | "UNBOUNDED_PERCENT" | "COUNT" => Err(out_of_range()),
        other => Err(CommandError::invalid(format!("Unknown threshold type {other}."))),
    }
}

fn watched_alarms(given: &DeploymentAlarms) -> Result<Option<AlarmConfig>, CommandError> {
    let names = required("alarms.alarmNames", given.alarm_names.as_ref())?;
    let rollback = required("alarms.rollback", given.rollback.as_ref())?;
    if !required("alarms.enable", given.enable.as_ref())? {
        return Ok(None);
    }
    if names.is_empty() {
        return Err(CommandError::invalid("alarmNames cannot be empty."));
    }
    let names = names.iter().map(|name| name.as_str().into()).collect();
    Ok(Some(AlarmConfig { names, rollback }))
}

/// A member that its object may not omit (03 section 2.2).
fn required<T: Clone>(member: &str, given: Option<&T>) -> Result<T, CommandError> {
    let missing = || CommandError::invalid(format!("{member} is missing."));
    given.cloned().ok_or_else(missing)
}

/// Rule 20 of 03 section 3.3.
fn early_success(
    given: &EarlySuccessCriteria,
    minimum: Percent,
) -> Result<Option<EarlySuccess>, CommandError> {
    if !given.enable {
        return Ok(None);
    }
    let missing = |field: &str| {
        CommandError::invalid(format!("{field} is required when earlySuccessCriteria is enabled."))
    };
    let percent = given.healthy_percent.ok_or_else(|| missing("healthyPercent"))?;
    let cleanup = given.source_service_revision_cleanup.as_deref();
    let cleanup = cleanup.ok_or_else(|| missing("sourceServiceRevisionCleanup"))?;
    let healthy = u32::try_from(percent).ok().map(Percent);
    let in_range = |percent: &Percent| *percent >= minimum && percent.0 <= 100;
    let healthy = healthy.filter(in_range).ok_or_else(|| {
        CommandError::invalid("healthyPercent must be between minimumHealthyPercent and 100.")
    })?;
    let cleanup = spelled("sourceServiceRevisionCleanup", Some(cleanup), "")?;
    Ok(Some(EarlySuccess { healthy, cleanup }))
}

/// Rules 17 to 19 of 03 section 3.3.
fn strategy(
    given: &DeploymentConfiguration,
    settings: &mut DeploymentSettings,
    kind: Kind,
) -> Result<(), CommandError> {
    let kept = match settings.strategy {
        RolloutStrategy::Rolling => DeploymentStrategy::Rolling,
        RolloutStrategy::BlueGreen => DeploymentStrategy::BlueGreen,
        RolloutStrategy::Linear { .. } => DeploymentStrategy::Linear,
        RolloutStrategy::Canary { .. } => DeploymentStrategy::Canary,
    };
    let wanted: DeploymentStrategy = spelled("strategy", given.strategy.as_deref(), kept.as_str())?;
    if wanted != DeploymentStrategy::Rolling
        && (kind.controller != ControllerType::Ecs || kind.scheduling == SchedulingStrategy::Daemon)
    {
        return Err(CommandError::invalid(format!(
            "The deployment strategy {wanted} needs the ECS deployment controller and the REPLICA \
             scheduling strategy."
        )));
    }
    if wanted == DeploymentStrategy::BlueGreen && settings.bake.is_none() {
        return Err(CommandError::invalid(
            "bakeTimeInMinutes is required for the BLUE_GREEN deployment strategy.",
        ));
    }
    let only_for = [
        ("linearConfiguration", given.linear_configuration.is_some(), DeploymentStrategy::Linear),
        ("canaryConfiguration", given.canary_configuration.is_some(), DeploymentStrategy::Canary),
        (
            "earlySuccessCriteria",
            given.early_success_criteria.is_some(),
            DeploymentStrategy::Rolling,
        ),
    ];
    for (field, is_given, valid_for) in only_for {
        if is_given && wanted != valid_for {
            return Err(CommandError::invalid(format!(
                "{field} is not valid for the {wanted} deployment strategy."
            )));
        }
    }
    settings.strategy = match wanted {
        DeploymentStrategy::Rolling => RolloutStrategy::Rolling,
        DeploymentStrategy::BlueGreen => RolloutStrategy::BlueGreen,
        DeploymentStrategy::Linear => linear(given, settings.strategy)?,
        DeploymentStrategy::Canary => canary(given, settings.strategy)?,
    };
    if wanted != DeploymentStrategy::Rolling {
        settings.early_success = None;
    }
    Ok(())
}

fn linear(
    given: &DeploymentConfiguration,
    kept: RolloutStrategy,
) -> Result<RolloutStrategy, CommandError> {
    let (mut step, mut bake) = match kept {
        RolloutStrategy::Linear { step, bake } => (step, bake),
        RolloutStrategy::Rolling | RolloutStrategy::BlueGreen | RolloutStrategy::Canary { .. } => {
            (Share(10_000), Span::from_mins(6))
        }
    };
    if let Some(given) = &given.linear_configuration {
        step = tenths("stepPercent", given.step_percent.as_ref(), step, Share(3_000))?;
        if let Some(minutes) = given.step_bake_time_in_minutes {
            bake = minutes_of("stepBakeTimeInMinutes", minutes, 0..=1440)?;
        }
    }
    Ok(RolloutStrategy::Linear { step, bake })
}

fn canary(
    given: &DeploymentConfiguration,
    kept: RolloutStrategy,
) -> Result<RolloutStrategy, CommandError> {
    let (mut first, mut bake) = match kept {
        RolloutStrategy::Canary { first, bake } => (first, bake),
        RolloutStrategy::Rolling | RolloutStrategy::BlueGreen | RolloutStrategy::Linear { .. } => {
            (Share(5_000), Span::from_mins(10))
        }
    };
    if let Some(given) = &given.canary_configuration {
        first = tenths("canaryPercent", given.canary_percent.as_ref(), first, Share(100))?;
        if let Some(minutes) = given.canary_bake_time_in_minutes {
            bake = minutes_of("canaryBakeTimeInMinutes", minutes, 0..=1440)?;
        }
    }
    Ok(RolloutStrategy::Canary { first, bake })
}

/// A percentage in steps of 0.1, from some least one to 100.
fn tenths(
    field: &str,
    given: Option<&Json>,
    kept: Share,
    least: Share,
) -> Result<Share, CommandError> {
    let Some(given) = given else { return Ok(kept) };
    let share = given.as_number().and_then(Share::parse);
    let fits =
        |share: &Share| *share >= least && *share <= Share::ALL && share.0.is_multiple_of(100);
    share.filter(fits).ok_or_else(|| {
        let (whole, tenth) = (least.0 / 1000, least.0 % 1000 / 100);
        CommandError::invalid(format!(
            "{field} must be between {whole}.{tenth} and 100.0 in steps of 0.1."
        ))
    })
}

const MOST_HOOKS_OF_A_KIND: usize = 10;

/// Rules 24 and 25 of 03 section 3.3, and the quotas of 03 section 2.2.
fn lifecycle_hooks(
    given: &[DeploymentLifecycleHook],
) -> Result<Arc<[LifecycleHook]>, CommandError> {
    let hooks: Arc<[LifecycleHook]> =
        given.iter().map(lifecycle_hook).collect::<Result<_, CommandError>>()?;
    for kind in HookTarget::ALL {
        if hooks.iter().filter(|hook| hook.target == *kind).count() > MOST_HOOKS_OF_A_KIND {
            return Err(CommandError::invalid(format!(
                "A service can have at most {MOST_HOOKS_OF_A_KIND} lifecycle hooks of type {kind}."
            )));
        }
    }
    Ok(hooks)
}

fn lifecycle_hook(given: &DeploymentLifecycleHook) -> Result<LifecycleHook, CommandError> {
    let target = spelled("targetType", given.target_type.as_deref(), "AWS_LAMBDA")?;
    let arn = given.hook_target_arn.as_deref().unwrap_or_default();
    match target {
        HookTarget::Lambda if arn.is_empty() => {
            return Err(CommandError::invalid("hookTargetArn is required for AWS_LAMBDA hooks."));
        }
        HookTarget::Lambda | HookTarget::Pause => {}
    }
    if given.lifecycle_stages.is_empty() {
        return Err(CommandError::invalid("lifecycleStages cannot be empty."));
    }
    let stages = given.lifecycle_stages.iter().map(|stage| hook_stage(stage, target));
    let stages = stages.collect::<Result<_, CommandError>>()?;
    let timeout = given.timeout_configuration.as_ref();
    let minutes = timeout.and_then(|timeout| timeout.timeout_in_minutes).unwrap_or(1440);
    let action = timeout.and_then(|timeout| timeout.action.as_deref());
    Ok(LifecycleHook {
        target,
        arn: arn.into(),
        stages,
        timeout: minutes_of("timeoutInMinutes", minutes, 1..=20_160)?,
        on_timeout: spelled("action", action, HookAction::Rollback.as_str())?,
    })
}

fn hook_stage(name: &str, target: HookTarget) -> Result<LifecycleStage, CommandError> {
    let stage: LifecycleStage = spelled("lifecycleStages", Some(name), "")?;
    match stage {
        LifecycleStage::ScaleUp | LifecycleStage::BakeTime | LifecycleStage::CleanUp => {
            Err(CommandError::invalid(format!("{stage} has no lifecycle hooks.")))
        }
        LifecycleStage::TestTrafficShift | LifecycleStage::ProductionTrafficShift
            if target == HookTarget::Pause =>
        {
            Err(CommandError::invalid(format!("A PAUSE hook is not allowed at {stage}.")))
        }
        LifecycleStage::ReconcileService
        | LifecycleStage::PreScaleUp
        | LifecycleStage::PostScaleUp
        | LifecycleStage::TestTrafficShift
        | LifecycleStage::PostTestTrafficShift
        | LifecycleStage::PreProductionTrafficShift
        | LifecycleStage::ProductionTrafficShift
        | LifecycleStage::PostProductionTrafficShift => Ok(stage),
    }
}

/// Rules 7 and 8 of 03 section 3.3: what a daemon service takes neither when it is created nor
/// later.
pub(super) fn check_daemon_settings(
    configuration: Option<&DeploymentConfiguration>,
    has_strategy: bool,
) -> Result<(), CommandError> {
    if has_strategy {
        return Err(CommandError::invalid(
            "The daemon scheduling strategy does not support placement strategies. Remove the \
             placement strategy and try again",
        ));
    }
    if configuration.and_then(|c| c.maximum_percent).is_some_and(|maximum| maximum > 100) {
        return Err(CommandError::invalid(
            "The daemon scheduling strategy does not support values above 100 for maximumPercent \
             on a deployment configuration. Change the maximumPercent value to 100, and try again",
        ));
    }
    Ok(())
}

/// 0 to 2147483647 seconds.
pub(super) fn grace(seconds: Option<i64>) -> Result<Option<Span>, CommandError> {
    let Some(seconds) = seconds else { return Ok(None) };
    match u64::try_from(seconds) {
        Ok(seconds) if seconds <= 2_147_483_647 => Ok(Some(Span::from_secs(seconds))),
        _ => Err(CommandError::invalid(
            "healthCheckGracePeriodSeconds must be between 0 and 2147483647.",
        )),
    }
}
