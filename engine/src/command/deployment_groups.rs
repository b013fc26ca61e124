//! CodeDeploy's CreateDeploymentGroup and CreateDeploymentConfig, checked (03 sections 20.1, 20.3
//! and 20.4).

use std::sync::Arc;

use crate::api::input::{
    AlarmConfiguration, AutoRollbackConfiguration, CreateDeploymentConfig, CreateDeploymentGroup,
    DeploymentReadyOption, TargetGroupPairInfo,
};
use crate::api::{Answer, CommandError, Exception};
use crate::control::Control;
use crate::deployment::traffic;
use crate::model::{
    ClusterId, DeploymentConfig, DeploymentGroup, ReadyOption, RollbackEvents, RolloutStrategy,
    Share, Span, Termination,
};
use crate::store::{Store, target_group_name};

/// Alarms of a group.
const MOST_ALARMS: usize = 10;
/// Minutes of a wait.
const LONGEST_WAIT: u64 = 2880;
/// Letters of a name in the names that CodeDeploy makes up.
const LONGEST_PART: usize = 47;

/// Takes in a deployment group.
pub(crate) fn create(
    control: &mut Control,
    input: CreateDeploymentGroup,
) -> Result<Answer, CommandError> {
    let group = check(&control.store, input)?;
    control.store.deployment_groups.insert(group.name.clone(), group);
    Ok(Answer::None)
}

fn check(store: &Store, input: CreateDeploymentGroup) -> Result<DeploymentGroup, CommandError> {
    let (cluster, service) = target(store, &input)?;
    let in_cluster = |prefix: &str| {
        let cut = |part: &str| part.chars().take(LONGEST_PART).collect::<String>();
        format!("{prefix}-{}-{}", cut(&store.cluster(cluster).name), cut(&service))
    };
    let name: Box<str> = match &*input.deployment_group_name {
        "" => in_cluster("DgpECS").into(),
        given => given.into(),
    };
    if store.deployment_groups.contains_key(&name) {
        return Err(CommandError::new(
            Exception::DeploymentGroupAlreadyExistsException,
            format!("The deployment group {name} already exists."),
        ));
    }
    check_style(&input)?;
    let pair = pair_of(&input)?;
    let names = [&pair.target_groups[0], &pair.target_groups[1]]
        .map(|group| target_group_name(&group.name).into());
    let config = input.deployment_config_name.as_deref().unwrap_or(traffic::ALL_AT_ONCE);
    let config = store.deployment_config(config)?;
    store.check_listener(&names, &config)?;
    let blue_green = input.blue_green_deployment_configuration.as_ref();
    let ready = blue_green.and_then(|given| given.deployment_ready_option.as_ref());
    Ok(DeploymentGroup {
        name,
        application: match &input.application_name {
            Some(application) => application.as_str().into(),
            None => in_cluster("AppECS").into(),
        },
        cluster,
        has_test_listener: pair.test_traffic_route.is_some(),
        config,
        ready: ready.map_or(Ok(ReadyOption::Continue), ready_option)?,
        termination: termination(&input)?,
        rollback: rollback_events(input.auto_rollback_configuration.as_ref())?,
        alarms: alarms(input.alarm_configuration.as_ref())?,
        pair: names,
        service,
        input: Arc::new(input),
    })
}

/// The one service of a group.
fn target(
    store: &Store,
    input: &CreateDeploymentGroup,
) -> Result<(ClusterId, Box<str>), CommandError> {
    let refused = |text: String| CommandError::new(Exception::InvalidECSServiceException, text);
    let [service] = &input.ecs_services[..] else {
        return Err(refused("A deployment group deploys exactly one ECS service.".to_owned()));
    };
    let named = service.cluster_name.as_deref();
    let cluster = store.find_cluster(named).ok_or_else(|| {
        refused(format!("The ECS cluster {} does not exist.", named.unwrap_or("default")))
    })?;
    Ok((cluster, service.service_name.as_str().into()))
}

/// Services of ECS are deployed in one way only.
fn check_style(input: &CreateDeploymentGroup) -> Result<(), CommandError> {
    let Some(style) = &input.deployment_style else { return Ok(()) };
    let is = |given: &Option<String>, only: &str| given.as_deref().is_none_or(|it| it == only);
    if is(&style.deployment_type, "BLUE_GREEN")
        && is(&style.deployment_option, "WITH_TRAFFIC_CONTROL")
    {
        return Ok(());
    }
    Err(CommandError::new(
        Exception::InvalidDeploymentStyleException,
        "Deployments of ECS services are BLUE_GREEN and WITH_TRAFFIC_CONTROL.",
    ))
}

/// The pair of a group: two target groups, a production listener, perhaps a test listener.
fn pair_of(input: &CreateDeploymentGroup) -> Result<&TargetGroupPairInfo, CommandError> {
    let refused =
        |text: &'static str| CommandError::new(Exception::InvalidLoadBalancerInfoException, text);
    let info = input.load_balancer_info.as_ref();
    let [pair] = info.map_or(&[][..], |info| &info.target_group_pair_info_list) else {
        return Err(refused("Exactly one target group pair must be given."));
    };
    match &pair.target_groups[..] {
        [one, other] if one.name != other.name => {}
        _ => return Err(refused("A target group pair is exactly two different target groups.")),
    }
    let one_listener = |route: &crate::api::input::TrafficRoute| route.listener_arns.len() == 1;
    if !pair.prod_traffic_route.as_ref().is_some_and(one_listener) {
        return Err(refused("Exactly one production listener must be given."));
    }
    if !pair.test_traffic_route.as_ref().is_none_or(one_listener) {
        return Err(refused("A test traffic route has exactly one listener."));
    }
    Ok(pair)
}

fn ready_option(given: &DeploymentReadyOption) -> Result<ReadyOption, CommandError> {
    match given.action_on_timeout.as_deref() {
        None | Some("CONTINUE_DEPLOYMENT") => Ok(ReadyOption::Continue),
        Some("STOP_DEPLOYMENT") => {
            minutes("waitTimeInMinutes", given.wait_time_in_minutes).map(ReadyOption::Wait)
        }
        Some(other) => Err(bad_blue_green(format!("actionOnTimeout cannot be {other}."))),
    }
}

fn termination(input: &CreateDeploymentGroup) -> Result<Termination, CommandError> {
    let blue_green = input.blue_green_deployment_configuration.as_ref();
    let given =
        blue_green.and_then(|it| it.terminate_blue_instances_on_deployment_success.as_ref());
    let Some(given) = given else { return Ok(Termination::After(Span::ZERO)) };
    match given.action.as_deref() {
        Some("KEEP_ALIVE") => Ok(Termination::Keep),
        None | Some("TERMINATE") => {
            minutes("terminationWaitTimeInMinutes", given.termination_wait_time_in_minutes)
                .map(Termination::After)
        }
        Some(other) => Err(bad_blue_green(format!("action cannot be {other}."))),
    }
}

fn minutes(field: &str, given: Option<i64>) -> Result<Span, CommandError> {
    let minutes = u64::try_from(given.unwrap_or(0)).ok().filter(|&it| it <= LONGEST_WAIT);
    minutes
        .map(Span::from_mins)
        .ok_or_else(|| bad_blue_green(format!("{field} must be between 0 and {LONGEST_WAIT}.")))
}

fn bad_blue_green(text: String) -> CommandError {
    CommandError::new(Exception::InvalidBlueGreenDeploymentConfigurationException, text)
}

/// `autoRollbackConfiguration`.
pub(super) fn rollback_events(
    given: Option<&AutoRollbackConfiguration>,
) -> Result<RollbackEvents, CommandError> {
    let mut events = RollbackEvents::default();
    for event in given.filter(|given| given.enabled).map_or(&[][..], |given| &given.events) {
        match event.as_str() {
            "DEPLOYMENT_FAILURE" => events.on_failure = true,
            "DEPLOYMENT_STOP_ON_ALARM" => events.on_alarm = true,
            "DEPLOYMENT_STOP_ON_REQUEST" => events.on_request = true,
            other => {
                return Err(CommandError::new(
                    Exception::InvalidAutoRollbackConfigException,
                    format!("There is no rollback event {other}."),
                ));
            }
        }
    }
    Ok(events)
}

/// `alarmConfiguration`.
pub(super) fn alarms(given: Option<&AlarmConfiguration>) -> Result<Box<[Box<str>]>, CommandError> {
    let alarms = given.filter(|given| given.enabled).map_or(&[][..], |given| &given.alarms);
    if alarms.len() > MOST_ALARMS {
        return Err(CommandError::new(
            Exception::AlarmsLimitExceededException,
            format!("A deployment group can have at most {MOST_ALARMS} alarms."),
        ));
    }
    Ok(alarms.iter().map(|alarm| alarm.name.as_str().into()).collect())
}

pub(super) fn create_config(
    control: &mut Control,
    input: &CreateDeploymentConfig,
) -> Result<Answer, CommandError> {
    let name: Box<str> = input.deployment_config_name.as_str().into();
    if input.compute_platform.as_deref().is_some_and(|platform| platform != "ECS") {
        return Err(CommandError::new(
            Exception::InvalidComputePlatformException,
            "Only configurations of the ECS compute platform are known.",
        ));
    }
    let is_known = control.store.deployment_config(&name).is_ok();
    if is_known || name.is_empty() || name.starts_with("CodeDeployDefault.") {
        return Err(CommandError::new(
            Exception::DeploymentConfigAlreadyExistsException,
            format!("The deployment configuration {name} already exists, or is reserved."),
        ));
    }
    let routing = routing(input)?;
    let config = DeploymentConfig { name: name.clone(), routing };
    control.store.deployment_configs.insert(name, config);
    Ok(Answer::None)
}

fn routing(input: &CreateDeploymentConfig) -> Result<RolloutStrategy, CommandError> {
    let refused = || {
        CommandError::new(
            Exception::InvalidTrafficRoutingConfigurationException,
            "trafficRoutingConfig must be AllAtOnce, or TimeBasedCanary or TimeBasedLinear with a \
             percentage from 1 to 99 and an interval of at least 1 minute.",
        )
    };
    let share = |percent: i64| match u32::try_from(percent) {
        Ok(percent @ 1..=99) => Ok(Share(percent * 1000)),
        _ => Err(refused()),
    };
    let interval = |minutes: i64| match u64::try_from(minutes) {
        Ok(minutes @ 1..=LONGEST_WAIT) => Ok(Span::from_mins(minutes)),
        _ => Err(refused()),
    };
    let given = input.traffic_routing_config.as_ref().ok_or_else(refused)?;
    match (given.kind.as_deref(), &given.time_based_canary, &given.time_based_linear) {
        (Some("AllAtOnce"), None, None) => Ok(RolloutStrategy::BlueGreen),
        (Some("TimeBasedCanary"), Some(canary), None) => Ok(RolloutStrategy::Canary {
            first: share(canary.canary_percentage)?,
            bake: interval(canary.canary_interval)?,
        }),
        (Some("TimeBasedLinear"), None, Some(linear)) => Ok(RolloutStrategy::Linear {
            step: share(linear.linear_percentage)?,
            bake: interval(linear.linear_interval)?,
        }),
        _ => Err(refused()),
    }
}

impl Store {
    /// A deployment configuration by name, predefined or made.
    pub(super) fn deployment_config(&self, name: &str) -> Result<DeploymentConfig, CommandError> {
        if let Some(routing) = traffic::predefined(name) {
            return Ok(DeploymentConfig { name: name.into(), routing });
        }
        self.deployment_configs.get(name).cloned().ok_or_else(|| {
            CommandError::new(
                Exception::DeploymentConfigDoesNotExistException,
                format!("No deployment configuration found for name: {name}"),
            )
        })
    }

    /// A Network Load Balancer shifts everything at once (03 section 20.1).
    pub(super) fn check_listener(
        &self,
        pair: &[Box<str>; 2],
        config: &DeploymentConfig,
    ) -> Result<(), CommandError> {
        let is_network = pair.iter().any(|name| self.network_groups.contains(name));
        if !is_network || config.routing == RolloutStrategy::BlueGreen {
            return Ok(());
        }
        Err(CommandError::new(
            Exception::InvalidDeploymentConfigNameException,
            format!(
                "{} cannot be used with a Network Load Balancer, which supports only {}.",
                config.name,
                traffic::ALL_AT_ONCE
            ),
        ))
    }
}
