//! Deployments that have begun: what is left of them.

use proptest::prelude::*;
use stowplan_engine::model::{CodeDeployStatus, ServiceDeploymentStatus, Time};
use stowplan_sim::document::Limits;
use stowplan_sim::forecast::Forecast;
use stowplan_sim::forecast::rolling::{End, Limit};
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::Scenario;

use crate::rolling::is_completed;
use crate::{begin, code_deploy, daemon, failing, forecast, rolling, shifting, watch};

/// What is forecast so long after the call is what comes of the rest.
fn check_rest(text: &str, after: i64) -> Result<(), TestCaseError> {
    let (mut simulation, _, called) = forecast(text);
    let now = Time(called.0 + after);
    simulation.run_to(now);
    let forecasts = Forecast::under_way(&simulation, now);
    let view = simulation.engine();
    let (service, _) = view.services().next().expect("there is one");
    let counts = view.counts(service, now);
    let done = is_completed(view, service, now);
    prop_assert_eq!(forecasts.is_empty(), done);
    if let [forecast] = &forecasts[..] {
        prop_assert!(!forecast.to_string().contains(" 0 waves"), "{}", forecast);
        let seen = watch(&mut simulation, now, is_completed);
        let (peak, lowest) = (seen.peak.max(counts.occupying()), seen.lowest.min(counts.healthy));
        prop_assert_eq!(
            (forecast.duration(), forecast.course.peak, forecast.course.lowest),
            (seen.done, peak, lowest),
            "{}",
            forecast
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn the_rest_of_a_deployment_takes_the_course_that_was_forecast(
        case in rolling::case(),
        after in 0..200_000_i64,
    ) {
        check_rest(&case.with_room(100).text(), after)?;
    }

    #[test]
    fn the_rest_of_a_daemons_deployment_takes_the_course_that_was_forecast(
        case in daemon::case(),
        after in 0..200_000_i64,
    ) {
        check_rest(&case.text(), after)?;
    }
}

/// The same, but so many s after the call somebody calls it off.
fn called_off(text: &str, stopped: u32) -> String {
    let (head, call) = text.rsplit_once(r#"{ "at": ""#).expect("it has a timeline");
    let (at, rest) = call.split_once('s').expect("in seconds");
    let at: u32 = at.parse().expect("whole ones");
    let service = if rest.contains(r#""log""#) { "log" } else { "web" };
    let end = rest.rfind("] }").expect("the timeline ends");
    let off = format!(
        r#", {{ "at": "{}s",
             "stopServiceDeployment": {{ "serviceDeploymentArn": "{service}" }} }}"#,
        at + stopped
    );
    format!(r#"{head}{{ "at": "{at}s{}{off} {}"#, &rest[..end], &rest[end..])
}

/// Of a deployment that is given up: before, and on the way back.
fn check_rest_of_a_failure(text: &str, after: i64) -> Result<(), TestCaseError> {
    let (mut simulation, last) = begin(text);
    let now = Time(last.at.0 + after);
    simulation.run_to(now);
    let forecasts = Forecast::under_way(&simulation, now);
    let view = simulation.engine();
    let (service, _) = view.services().next().expect("there is one");
    let counts = view.counts(service, now);
    let succeeded = is_completed(view, service, now) && failing::end(view, service).is_none();
    prop_assert_eq!(forecasts.is_empty(), succeeded || failing::end(view, service).is_some());
    let [forecast] = &forecasts[..] else { return Ok(()) };
    let mut end = None;
    let seen = watch(&mut simulation, now, |view, service, _| {
        end = end.or_else(|| failing::end(view, service));
        end.is_some()
    });
    let back = end == Some(ServiceDeploymentStatus::RollbackSuccessful);
    prop_assert_eq!(failing::foretold(forecast), (back, seen.done), "{}", forecast);
    let (peak, lowest) = (seen.peak.max(counts.occupying()), seen.lowest.min(counts.healthy));
    let course = forecast.course;
    prop_assert_eq!((course.peak, course.lowest), (peak, lowest), "{}", forecast);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_rest_of_a_deployment_that_fails_takes_the_course_that_was_forecast(
        case in failing::case(),
        after in prop_oneof![2 => 0..200_000_i64, 1 => 0..2_000_000_i64],
    ) {
        check_rest_of_a_failure(&case.text(), after)?;
    }

    #[test]
    fn the_rest_of_a_daemons_failure_takes_the_course_that_was_forecast(
        case in failing::case(),
        after in prop_oneof![2 => 0..200_000_i64, 1 => 0..2_000_000_i64],
    ) {
        check_rest_of_a_failure(&case.unprobed().into_daemon().text(), after)?;
    }

    #[test]
    fn the_rest_of_a_shift_that_fails_before_any_traffic_takes_the_course_that_was_forecast(
        case in failing::case(),
        strategy in prop::sample::select(vec!["BLUE_GREEN", "LINEAR", "CANARY"]),
        hook in prop_oneof![Just(0_u32), 1..100_u32],
        after in prop_oneof![2 => 0..200_000_i64, 1 => 0..2_000_000_i64],
    ) {
        check_rest_of_a_failure(&case.into_shift(strategy, hook).text(), after)?;
    }

    #[test]
    fn the_way_back_of_a_deployment_that_was_called_off_takes_the_course_that_was_forecast(
        case in rolling::case(),
        stopped in 0..200_u32,
        after in 0..200_000_i64,
    ) {
        let text = called_off(&case.with_room(100).text(), stopped);
        check_rest_of_a_failure(&text, after)?;
    }

    #[test]
    fn the_way_back_of_a_daemon_that_was_called_off_takes_the_course_that_was_forecast(
        case in daemon::case(),
        stopped in 0..200_u32,
        after in 0..200_000_i64,
    ) {
        check_rest_of_a_failure(&called_off(&case.text(), stopped), after)?;
    }
}

/// Of a deployment that shifts traffic.
fn check_rest_of_a_shift(text: &str, after: i64) -> Result<(), TestCaseError> {
    let (mut simulation, _, called) = forecast(text);
    let now = Time(called.0 + after);
    simulation.run_to(now);
    let forecasts = Forecast::under_way(&simulation, now);
    let view = simulation.engine();
    let (service, _) = view.services().next().expect("there is one");
    let counts = view.counts(service, now);
    prop_assert_eq!(forecasts.is_empty(), shifting::end(view, service).is_some());
    let [forecast] = &forecasts[..] else { return Ok(()) };
    let mut status = None;
    let seen = watch(&mut simulation, now, |view, service, _| {
        status = status.or_else(|| shifting::end(view, service));
        status.is_some()
    });
    let (end, left) = shifting::foretold(forecast);
    // Dozens of pauses last longer than the run.
    if left.is_some_and(|left| left + u64::try_from(now.0).unwrap() > 90 * 3_600_000) {
        prop_assert_eq!(seen.done, None, "{}", forecast);
        return Ok(());
    }
    let (peak, lowest) = (seen.peak.max(counts.occupying()), seen.lowest.min(counts.healthy));
    prop_assert_eq!(
        (Some(end), left, forecast.course.peak, forecast.course.lowest),
        (status, seen.done, peak, lowest),
        "{}",
        forecast
    );
    Ok(())
}

/// Of a deployment by CodeDeploy: of the last one that is not over.
fn check_rest_of_code_deploy(text: &str, after: i64) -> Result<(), TestCaseError> {
    let (mut simulation, _, called) = forecast(text);
    let now = Time(called.0 + after);
    simulation.run_to(now);
    let forecasts = Forecast::under_way(&simulation, now);
    let view = simulation.engine();
    let (service, _) = view.services().next().expect("there is one");
    let counts = view.counts(service, now);
    let before = code_deploy::over(view);
    prop_assert_eq!(forecasts.is_empty(), before.is_some());
    let [forecast] = &forecasts[..] else { return Ok(()) };
    let mut statuses = None;
    let seen = watch(&mut simulation, now, |view, _, _| {
        statuses = statuses.take().or_else(|| code_deploy::over(view));
        statuses.is_some()
    });
    let (end, left) = match forecast.course.end {
        End::Completed(_) => (vec![CodeDeployStatus::Succeeded], forecast.duration()),
        End::RolledBack { after, .. } => {
            (vec![CodeDeployStatus::Failed, CodeDeployStatus::Succeeded], Some(after))
        }
        End::Failed { after, limit: Limit::ReadyWait } => {
            (vec![CodeDeployStatus::Stopped], Some(after))
        }
        End::Failed { after, .. } => (vec![CodeDeployStatus::Failed], Some(after)),
        End::Stuck(limit) => panic!("everything has a limit: {limit:?}"),
    };
    let (peak, lowest) = (seen.peak.max(counts.occupying()), seen.lowest.min(counts.healthy));
    prop_assert_eq!(
        (Some(end), left, forecast.course.peak, forecast.course.lowest),
        (statuses, seen.done, peak, lowest),
        "{}",
        forecast
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_rest_of_a_deployment_by_code_deploy_takes_the_course_that_was_forecast(
        case in code_deploy::case(),
        after in prop_oneof![2 => 0..200_000_i64, 1 => 0..8_000_000_i64],
    ) {
        check_rest_of_code_deploy(&case.text(), after)?;
    }

    #[test]
    fn the_rest_of_a_shift_of_traffic_takes_the_course_that_was_forecast(
        case in shifting::case(),
        after in prop_oneof![3 => 0..200_000_i64, 2 => 0..3_000_000_i64, 1 => 0..90_000_000_i64],
    ) {
        check_rest_of_a_shift(&case.text(), after)?;
    }
}

/// A cluster as it was exported in the middle of a deployment.
const EXPORTED: &str = r#"{ "version": 1, "name": "export", "start": "steady", "until": "1h",
  "cluster": { "instances": [ { "id": "i", "cpu": 4096, "memory": 8192 } ] },
  "taskDefinitions": [
    { "family": "web", "containerDefinitions": [ { "name": "app", "image": "web", "cpu": 10,
      "memory": 100, "healthCheck": { "command": ["CMD", "check"], "interval": 10,
      "timeout": 5, "retries": 3 } } ] },
    { "family": "web", "containerDefinitions": [ { "name": "app", "image": "web", "cpu": 10,
      "memory": 100, "healthCheck": { "command": ["CMD", "check"], "interval": 10,
      "timeout": 5, "retries": 3 } } ] } ],
  "behavior": { "default": { "runningAfter": "30s", "stop": "never" } },
  "services": [ { "serviceName": "web", "taskDefinition": "web:2", "desiredCount": 2,
    "status": "ACTIVE", "runningCount": 3, "pendingCount": 0,
    "deploymentConfiguration": { "minimumHealthyPercent": 100, "maximumPercent": 150 },
    "deployments": [
      { "id": "ecs-svc/2", "status": "PRIMARY", "taskDefinition": "web:2", "desiredCount": 2,
        "rolloutState": "IN_PROGRESS" },
      { "id": "ecs-svc/1", "status": "ACTIVE", "taskDefinition": "web:1", "desiredCount": 2,
        "rolloutState": "COMPLETED" } ] } ],
  "tasks": [
    { "service": "web", "taskDefinition": "web:1", "instance": "i" },
    { "service": "web", "taskDefinition": "web:1", "instance": "i" },
    { "service": "web", "taskDefinition": "web:2", "instance": "i" } ] }"#;

#[test]
fn a_deployment_that_an_export_caught_on_its_way_is_forecast() {
    let scenario = Scenario::read(EXPORTED.as_bytes(), &Limits::default()).expect("it is sound");
    let plan = scenario.plan().expect("it fits together");
    let mut simulation = Simulation::new(&plan).expect("it can begin");
    let forecasts = Forecast::under_way(&simulation, Time::ZERO);
    let [forecast] = &forecasts[..] else { panic!("one is under way: {forecasts:?}") };
    assert!(forecast.to_string().starts_with("web on its way to web:2: 2 tasks"), "{forecast}");
    let seen = watch(&mut simulation, Time::ZERO, |view, service, _| {
        let primary = view.primary(service).expect("it has one");
        view.deployment(primary).ever_completed
    });
    assert_eq!(
        (forecast.duration(), forecast.course.peak, forecast.course.lowest),
        (seen.done, seen.peak, seen.lowest)
    );
}
