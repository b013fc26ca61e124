//! Rolling deployments of revisions that fail, under a circuit breaker.

use proptest::prelude::*;
use stowplan_engine::View;
use stowplan_engine::model::{ServiceDeploymentStatus, ServiceId, Time};
use stowplan_sim::forecast::Forecast;
use stowplan_sim::forecast::rolling::{End, Limit};

use crate::{Seen, forecast, watch};

/// A service whose new revision fails.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    desired: u32,
    minimum: u32,
    maximum: u32,
    running_after: u32,
    /// Until SIGKILL, s, of the old and of the new revision; the tasks ignore SIGTERM.
    stop_timeouts: (u32, u32),
    /// How the new revision behaves.
    behavior: String,
    grace: u32,
    balanced: bool,
    /// `thresholdConfiguration`.
    threshold: Option<(&'static str, u32)>,
    rollback: bool,
    called: u32,
    probes: bool,
    /// Room for so many more tasks.
    room: u32,
    kind: Kind,
}

/// What kind of service it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Rolling,
    /// On as many instances as tasks are wanted, and never more than one on each.
    Daemon,
    /// It shifts traffic; a hook before the scaling takes so many s.
    Shifting(&'static str, u32),
}

impl Case {
    pub(crate) fn into_daemon(self) -> Self {
        Self { kind: Kind::Daemon, maximum: 100, ..self }
    }

    pub(crate) fn into_shift(self, strategy: &'static str, hook: u32) -> Self {
        Self { kind: Kind::Shifting(strategy, hook), balanced: false, ..self }
    }

    pub(crate) fn unprobed(self) -> Self {
        Self { probes: false, ..self }
    }

    pub(crate) fn text(&self) -> String {
        let Self { desired, minimum, maximum, running_after, behavior, grace, .. } = self;
        let Self { rollback, called, probes, .. } = self;
        let memory = 100 * (desired + self.room).max(1);
        let names = if self.kind == Kind::Daemon { *desired } else { 1 };
        let instance =
            |name| format!(r#"{{ "id": "i-{name}", "cpu": 1000000, "memory": {memory} }}"#);
        let instances: Vec<String> = (0..names).map(instance).collect();
        let count = match self.kind {
            Kind::Daemon => r#""schedulingStrategy": "DAEMON""#.to_owned(),
            Kind::Rolling | Kind::Shifting(..) => format!(r#""desiredCount": {desired}"#),
        };
        let (strategy, hook) = match self.kind {
            Kind::Rolling | Kind::Daemon => (String::new(), 0),
            Kind::Shifting(strategy, hook) => {
                let hooks = r#""lifecycleHooks": [ { "hookTargetArn": "wait",
                     "roleArn": "arn:aws:iam::1:role/r", "lifecycleStages": ["PRE_SCALE_UP"] } ]"#;
                let text =
                    format!(r#", "strategy": "{strategy}", "bakeTimeInMinutes": 5, {hooks}"#);
                (text, hook)
            }
        };
        let definition = |stop_timeout| {
            let check = match self.balanced {
                true => "",
                false => {
                    r#", "healthCheck": { "command": ["CMD", "check"], "interval": 10,
                         "timeout": 5, "retries": 3 }"#
                }
            };
            format!(
                r#"{{ "family": "web", "containerDefinitions": [ {{ "name": "app", "image": "web",
                     "cpu": 10, "memory": 100, "portMappings": [ {{ "containerPort": 80 }} ],
                     "stopTimeout": {stop_timeout} {check} }} ] }}"#
            )
        };
        let (old, new) = self.stop_timeouts;
        let balancers = match self.balanced {
            true => {
                r#", "loadBalancers": [ { "targetGroupArn": "tg", "containerName": "app",
                     "containerPort": 80 } ]"#
            }
            false => "",
        };
        let threshold = self.threshold.map_or_else(String::new, |(kind, value)| {
            format!(r#", "thresholdConfiguration": {{ "type": "{kind}", "value": {value} }}"#)
        });
        format!(
            r#"{{ "version": 1, "name": "fails", "start": "steady", "until": "6h",
              "tunables": {{ "digestProbe": {probes} }},
              "cluster": {{ "instances": [{}] }},
              "lambdas": {{ "wait": {{ "hookStatus": "SUCCEEDED", "after": "{hook}s" }} }},
              "targetGroups": [ {{ "name": "tg", "healthCheckIntervalSeconds": 15,
                "unhealthyThresholdCount": 2, "deregistrationDelay": "20s" }} ],
              "taskDefinitions": [{}, {}],
              "behavior": {{ "default": {{ "runningAfter": "{running_after}s", "stop": "never" }},
                             "web:2": {{ {behavior} }} }},
              "services": [ {{ "serviceName": "web", "taskDefinition": "web:1",
                {count}, "healthCheckGracePeriodSeconds": {grace}
                {balancers}, "deploymentConfiguration": {{
                  "minimumHealthyPercent": {minimum}, "maximumPercent": {maximum}{strategy},
                  "deploymentCircuitBreaker": {{ "enable": true, "rollback": {rollback}
                    {threshold} }} }} }} ],
              "timeline": [ {{ "at": "{called}s",
                "updateService": {{ "service": "web", "taskDefinition": "web:2" }} }} ] }}"#,
            instances.join(", "),
            definition(old),
            definition(new),
        )
    }
}

/// Where the deployment stands when it is over.
pub(crate) fn end(view: View<'_>, service: ServiceId) -> Option<ServiceDeploymentStatus> {
    let record = view.record(*view.service(service).records.last()?);
    match record.status {
        ServiceDeploymentStatus::StopRequested
        | ServiceDeploymentStatus::Stopped
        | ServiceDeploymentStatus::RollbackSuccessful => Some(record.status),
        _ => None,
    }
}

fn forecast_and_run(case: &Case) -> (Forecast, Seen, bool) {
    let (mut simulation, forecast, called) = forecast(&case.text());
    let mut back = false;
    let seen = watch(&mut simulation, called, |view, service, _: Time| {
        let end = end(view, service);
        back |= end == Some(ServiceDeploymentStatus::RollbackSuccessful);
        end.is_some()
    });
    (forecast, seen, back)
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let percents = (0..=20_u32, 20..=60_u32)
        .prop_filter("100/100 is refused", |percents| *percents != (20, 20));
    let behavior = prop_oneof![
        Just(r#""startFails": true"#.to_owned()),
        Just(r#""health": "fail""#.to_owned()),
        (1..25_u32).prop_map(|after| {
            format!(r#""health": "fail", "exit": {{ "after": "{after}s", "code": 1 }}"#)
        }),
    ];
    let threshold = prop_oneof![
        2 => Just(None),
        1 => (1..=100_u32).prop_map(|value| Some(("BOUNDED_PERCENT", value))),
        1 => (1..=100_u32).prop_map(|value| Some(("UNBOUNDED_PERCENT", value))),
        1 => (1..7_u32).prop_map(|value| Some(("COUNT", value))),
    ];
    let grace = prop_oneof![2 => Just(0_u32), 1 => 1..120_u32];
    let world = (1..60_u32, (2..60_u32, 2..60_u32), grace, any::<bool>());
    let breaker = (threshold, any::<bool>(), any::<bool>());
    (1..9_u32, percents, world, behavior, breaker, 100..110_u32).prop_map(
        |(desired, (minimum, maximum), world, behavior, breaker, called)| {
            let (running_after, stop_timeouts, grace, balanced) = world;
            let (threshold, rollback, probes) = breaker;
            Case {
                desired,
                minimum: 5 * minimum,
                maximum: 5 * maximum,
                running_after,
                stop_timeouts,
                behavior,
                grace,
                balanced,
                threshold,
                rollback,
                called,
                probes,
                room: 100,
                kind: Kind::Rolling,
            }
        },
    )
}

/// Whether it goes back, and when it is over.
pub(crate) fn foretold(forecast: &Forecast) -> (bool, Option<u64>) {
    match forecast.course.end {
        End::RolledBack { after, .. } => (true, Some(after)),
        End::Failed { after, .. } => (false, Some(after)),
        End::Stuck(Limit::Percentages) => (false, None),
        End::Stuck(_) | End::Completed(_) => panic!("it fails: {forecast}"),
    }
}

fn check(case: &Case) -> Result<(), TestCaseError> {
    let (forecast, Seen { peak, lowest, done }, back) = forecast_and_run(case);
    prop_assert_eq!(foretold(&forecast), (back, done), "{}", forecast);
    prop_assert_eq!((forecast.course.peak, forecast.course.lowest), (peak, lowest));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_revision_that_fails_is_given_up_when_that_was_forecast(case in case()) {
        check(&case)?;
    }

    #[test]
    fn a_daemon_that_fails_is_given_up_when_that_was_forecast(case in case()) {
        check(&case.into_daemon())?;
    }

    #[test]
    fn a_revision_that_fails_before_traffic_shifts_is_given_up_when_that_was_forecast(
        case in case(),
        strategy in prop::sample::select(vec!["BLUE_GREEN", "LINEAR", "CANARY"]),
        hook in prop_oneof![Just(0_u32), 1..100_u32],
    ) {
        check(&case.into_shift(strategy, hook))?;
    }
}

/// 03 section 19.3, timeline A.
fn walk_through() -> Case {
    Case {
        desired: 4,
        minimum: 100,
        maximum: 200,
        running_after: 40,
        stop_timeouts: (30, 30),
        behavior: r#""health": "fail""#.to_owned(),
        grace: 60,
        balanced: true,
        threshold: None,
        rollback: true,
        called: 100,
        probes: false,
        room: 100,
        kind: Kind::Rolling,
    }
}

#[test]
fn the_trip_of_the_breaker_is_told_in_a_few_sentences() {
    let (forecast, Seen { done, .. }, _) = forecast_and_run(&walk_through());
    assert_eq!(done, Some(480_000));
    assert_eq!(
        forecast.to_string(),
        "web to web:2: 4 tasks, never fewer than 4 healthy and never more than 8 at once. It will \
         be given up after 420 s: every new task fails (Task failed ELB health checks in \
         (target-group arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/tg/\
         0000000000000000)), and the circuit breaker trips at 3 failures. Back on the old revision \
         after 480 s; at most 8 tasks, at least 4 healthy."
    );
    let answer = forecast.answer();
    assert_eq!((answer.end.as_str(), answer.stuck_on.as_deref()), ("rolledBack", Some("failures")));
    assert_eq!(answer.rolled_back, Some(480.0));
}

#[test]
fn w40_a_full_cluster_trips_the_breaker_when_that_was_forecast() {
    for rollback in [true, false] {
        let behavior = String::from(r#""runningAfter": "30s""#);
        let case = Case { room: 0, behavior, rollback, ..walk_through() };
        let (forecast, Seen { peak, lowest, done }, back) = forecast_and_run(&case);
        let (limit, after) = (Limit::Room, 70_000);
        let end = match rollback {
            true => End::RolledBack { given_up: after, after, limit },
            false => End::Failed { after, limit },
        };
        assert_eq!((forecast.course.end, Some(after), rollback), (end, done, back));
        assert_eq!((forecast.course.peak, forecast.course.lowest), (peak, lowest));
    }
}
