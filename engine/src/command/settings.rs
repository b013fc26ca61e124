//! Deployment configurations and other settings of a service, checked (03 sections 2 and 3.3).

use crate::api::CommandError;
use crate::api::input::{DeploymentConfiguration, ThresholdConfiguration};
use crate::model::{
    BreakerConfig, ControllerType, DeploymentStrategy, HealthBounds, Percent, SchedulingStrategy,
    Span, Threshold,
};

/// What a deployment configuration comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DeploymentSettings {
    pub(super) bounds: HealthBounds,
    pub(super) breaker: BreakerConfig,
    pub(super) bake: Span,
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
    let bounds = HealthBounds { minimum_healthy: Percent(minimum), maximum: Percent(maximum) };
    DeploymentSettings { bounds, breaker: BreakerConfig::default(), bake: Span::ZERO }
}

/// Rules 10, 11, 14 to 20 of 03 section 3.3. What is absent stays as it is.
pub(super) fn settings(
    configuration: Option<&DeploymentConfiguration>,
    mut settings: DeploymentSettings,
    scheduling: SchedulingStrategy,
    controller: ControllerType,
    allow_100_100: bool,
) -> Result<DeploymentSettings, CommandError> {
    let Some(given) = configuration else { return Ok(settings) };
    check_kind(given)?;
    let bounds = &mut settings.bounds;
    bounds.minimum_healthy =
        percent("minimumHealthyPercent", given.minimum_healthy_percent, bounds.minimum_healthy)?;
    bounds.maximum = percent("maximumPercent", given.maximum_percent, bounds.maximum)?;
    let stuck = bounds.minimum_healthy.0 == 100 && bounds.maximum.0 == 100;
    let replica = scheduling == SchedulingStrategy::Replica && controller == ControllerType::Ecs;
    if stuck && replica && !allow_100_100 {
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
    if let Some(breaker) = &given.deployment_circuit_breaker {
        if controller != ControllerType::Ecs && breaker.enable {
            return Err(CommandError::invalid(
                "The deployment circuit breaker needs the ECS deployment controller.",
            ));
        }
        settings.breaker = BreakerConfig {
            enable: breaker.enable,
            rollback: breaker.rollback,
            reset_on_healthy_task: breaker.reset_on_healthy_task.unwrap_or(true),
            threshold: threshold(breaker.threshold_configuration.as_ref())?,
        };
    }
    if let Some(minutes) = given.bake_time_in_minutes {
        let minutes = u64::try_from(minutes).ok().filter(|minutes| *minutes <= 1440);
        let minutes = minutes.ok_or_else(|| {
            CommandError::invalid("bakeTimeInMinutes must be between 0 and 1440.")
        })?;
        settings.bake = Span::from_mins(minutes);
    }
    Ok(settings)
}

/// Strategies and monitors that this version of the engine does not carry out are refused by name.
fn check_kind(given: &DeploymentConfiguration) -> Result<(), CommandError> {
    let strategy: DeploymentStrategy = spelled("strategy", given.strategy.as_deref(), "ROLLING")?;
    if strategy == DeploymentStrategy::BlueGreen && given.bake_time_in_minutes.is_none() {
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
        if is_given && strategy != valid_for {
            return Err(CommandError::invalid(format!(
                "{field} is not valid for the {strategy} deployment strategy."
            )));
        }
    }
    let unbuilt = match strategy {
        DeploymentStrategy::BlueGreen | DeploymentStrategy::Linear | DeploymentStrategy::Canary => {
            Some(format!("deployment strategy {strategy}"))
        }
        DeploymentStrategy::Rolling if given.early_success_criteria.is_some() => {
            Some("earlySuccessCriteria".to_owned())
        }
        DeploymentStrategy::Rolling => {
            given.alarms.as_ref().filter(|a| a.enable).map(|_| "alarms".to_owned())
        }
    };
    match unbuilt {
        Some(what) => Err(CommandError::client(format!("{what} is not built yet"))),
        None => Ok(()),
    }
}

fn percent(field: &str, given: Option<i64>, kept: Percent) -> Result<Percent, CommandError> {
    let Some(given) = given else { return Ok(kept) };
    u32::try_from(given)
        .ok()
        .filter(|percent| *percent <= 100_000)
        .map(Percent)
        .ok_or_else(|| CommandError::invalid(format!("{field} is out of range.")))
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
