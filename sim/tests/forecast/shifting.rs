//! BLUE_GREEN, LINEAR and CANARY with hooks, pauses and both kinds of load balancer.

use proptest::prelude::*;
use stowplan_engine::View;
use stowplan_engine::model::{ServiceDeploymentStatus, ServiceId};
use stowplan_sim::forecast::rolling::{End, HookProblem, Limit};
use stowplan_sim::forecast::{Forecast, Risk};

use crate::{Seen, forecast, watch};

/// A service whose new revision is to have all traffic.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    desired: u32,
    /// `deploymentConfiguration` that is the strategy's own.
    strategy: String,
    running_after: u32,
    stop_timeout: u32,
    /// Room for so many more tasks.
    room: u32,
    called: u32,
    bake: u32,
    balancer: Balancer,
    hooks: Vec<String>,
    functions: Vec<String>,
    /// `digestProbe`.
    probes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Balancer {
    None,
    Application,
    Network,
}

const BLUE_GREEN: &str = r#""strategy": "BLUE_GREEN""#;
const STAGES: [&str; 8] = [
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
];

impl Case {
    pub(crate) fn text(&self) -> String {
        let Self { desired, strategy, running_after, stop_timeout, room, called, bake, .. } = self;
        let probes = self.probes;
        let memory = 100 * (desired + room).max(1);
        let container = format!(
            r#"{{ "name": "app", "image": "web", "cpu": 10, "memory": 100,
                 "portMappings": [ {{ "containerPort": 80 }} ],
                 "stopTimeout": {stop_timeout},
                 "healthCheck": {{ "command": ["CMD", "check"], "interval": 10, "timeout": 5,
                                   "retries": 3 }} }}"#
        );
        let definition = format!(r#"{{ "family": "web", "containerDefinitions": [{container}] }}"#);
        let (hooks, functions) = (self.hooks.join(", "), self.functions.join(", "));
        format!(
            r#"{{ "version": 1, "name": "shift", "start": "steady", "until": "90h",
              "tunables": {{ "digestProbe": {probes} }},
              "cluster": {{ "instances": [
                {{ "id": "i", "cpu": 1000000, "memory": {memory} }} ] }},
              "targetGroups": [{}],
              "lambdas": {{ {functions} }},
              "taskDefinitions": [{definition}, {definition}],
              "behavior": {{ "default": {{ "runningAfter": "{running_after}s",
                                           "stop": "never" }} }},
              "services": [ {{ "serviceName": "web", "taskDefinition": "web:1",
                "desiredCount": {desired} {}, "deploymentConfiguration": {{
                  "minimumHealthyPercent": 100, "maximumPercent": 200, {strategy},
                  "bakeTimeInMinutes": {bake}, "lifecycleHooks": [{hooks}] }} }} ],
              "timeline": [ {{ "at": "{called}s",
                "updateService": {{ "service": "web", "taskDefinition": "web:2" }} }} ] }}"#,
            self.groups(),
            self.balancers(),
        )
    }

    fn groups(&self) -> String {
        let kind = match self.balancer {
            Balancer::None => return String::new(),
            Balancer::Application => "application",
            Balancer::Network => "network",
        };
        let group = |name| {
            format!(
                r#"{{ "name": "{name}", "type": "{kind}", "healthCheckIntervalSeconds": 5,
                     "healthCheckTimeoutSeconds": 2,
                     "deregistrationDelay": 0 }}"#
            )
        };
        [group("blue"), group("green")].join(", ")
    }

    fn balancers(&self) -> String {
        let advanced = match self.balancer {
            Balancer::None => return String::new(),
            Balancer::Application => {
                r#""productionListenerRule": "prod", "testListenerRule": "test""#
            }
            Balancer::Network => r#""productionListenerRule": "prod""#,
        };
        format!(
            r#", "loadBalancers": [ {{ "targetGroupArn": "blue", "containerName": "app",
                 "containerPort": 80, "advancedConfiguration": {{
                   "alternateTargetGroupArn": "green", {advanced} }} }} ]"#
        )
    }
}

/// Where the deployment stands when it is over.
pub(crate) fn end(view: View<'_>, service: ServiceId) -> Option<ServiceDeploymentStatus> {
    let record = view.record(*view.service(service).records.last()?);
    match record.status {
        ServiceDeploymentStatus::Successful
        | ServiceDeploymentStatus::RollbackSuccessful
        | ServiceDeploymentStatus::RollbackFailed => Some(record.status),
        _ => None,
    }
}

fn forecast_and_run(case: &Case) -> (Forecast, Seen, Option<ServiceDeploymentStatus>) {
    let (mut simulation, forecast, called) = forecast(&case.text());
    let mut status = None;
    let seen = watch(&mut simulation, called, |view, service, _| {
        status = status.or_else(|| end(view, service));
        status.is_some()
    });
    (forecast, seen, status)
}

/// The status in the end, and when that is.
pub(crate) fn foretold(forecast: &Forecast) -> (ServiceDeploymentStatus, Option<u64>) {
    match forecast.course.end {
        End::Completed(_) => (ServiceDeploymentStatus::Successful, forecast.duration()),
        End::RolledBack { after, .. } => (ServiceDeploymentStatus::RollbackSuccessful, Some(after)),
        End::Failed { after, .. } => (ServiceDeploymentStatus::RollbackFailed, Some(after)),
        End::Stuck(limit) => panic!("a stage has a limit: {limit:?}"),
    }
}

fn strategies() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(BLUE_GREEN.to_owned()),
        (3..101_u32, 0..3_u32).prop_map(|(step, bake)| format!(
            r#""strategy": "LINEAR", "linearConfiguration": {{ "stepPercent": {step},
                 "stepBakeTimeInMinutes": {bake} }}"#
        )),
        (1..101_u32, 0..20_u32).prop_map(|(first, bake)| format!(
            r#""strategy": "CANARY", "canaryConfiguration": {{ "canaryPercent": {first},
                 "canaryBakeTimeInMinutes": {bake} }}"#
        )),
    ]
}

fn hooks() -> impl Strategy<Value = Vec<String>> {
    let function = (0..2_u32, 0..STAGES.len(), 0..STAGES.len()).prop_map(|(number, one, two)| {
        format!(
            r#"{{ "hookTargetArn": "arn:aws:lambda:us-east-1:1:function:f{number}",
                 "roleArn": "arn:aws:iam::1:role/r",
                 "lifecycleStages": ["{}", "{}"] }}"#,
            STAGES[one], STAGES[two]
        )
    });
    // PAUSE is not for the stages in which traffic shifts.
    let minutes = prop_oneof![9 => 1..90_u32, 1 => 1430..1700_u32];
    let pause = (prop::sample::select(vec![1, 2, 4, 5, 7]), minutes, any::<bool>()).prop_map(
        |(stage, minutes, goes_on)| {
            let action = if goes_on { "CONTINUE" } else { "ROLLBACK" };
            format!(
                r#"{{ "targetType": "PAUSE", "lifecycleStages": ["{}"],
                     "timeoutConfiguration": {{ "timeoutInMinutes": {minutes},
                                                "action": "{action}" }} }}"#,
                STAGES[stage]
            )
        },
    );
    prop::collection::vec(prop_oneof![2 => function, 1 => pause], 0..3)
}

/// Answers of the functions f0 and f1.
fn functions() -> impl Strategy<Value = Vec<String>> {
    let status = prop_oneof![
        6 => Just("SUCCEEDED"), 4 => Just("IN_PROGRESS"), 1 => Just("FAILED"), 1 => Just("?")
    ];
    let after = prop_oneof![2 => Just(0_u32), 2 => 1..120_u32, 1 => 800..1000_u32];
    let answer = (status, after, 0..90_u32).prop_map(|(status, after, again)| {
        format!(
            r#"{{ "hookStatus": "{status}", "after": "{after}s", "callBackDelay": "{again}s" }}"#
        )
    });
    let last = r#"{ "hookStatus": "SUCCEEDED" }"#;
    let all = prop::collection::vec(prop::collection::vec(answer, 0..4), 2);
    all.prop_map(move |all| {
        let one = |(number, answers): (usize, &Vec<String>)| {
            let answers = answers.iter().cloned().chain([last.to_owned()]).collect::<Vec<_>>();
            format!(r#""f{number}": [{}]"#, answers.join(", "))
        };
        all.iter().enumerate().map(one).collect()
    })
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let balancer =
        prop::sample::select(vec![Balancer::None, Balancer::Application, Balancer::Network]);
    let world = (1..60_u32, 2..60_u32, prop_oneof![9 => Just(9_u32), 1 => 0..9_u32], 100..110_u32);
    let asked = (functions(), any::<bool>());
    (0..5_u32, strategies(), world, 0..8_u32, balancer, hooks(), asked).prop_map(
        |(desired, strategy, world, bake, balancer, hooks, (functions, probes))| {
            let (running_after, stop_timeout, room, called) = world;
            Case {
                desired,
                strategy,
                running_after,
                stop_timeout,
                room,
                called,
                bake,
                balancer,
                hooks,
                functions,
                probes,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn a_shift_of_traffic_takes_the_course_that_was_forecast(case in case()) {
        let (forecast, Seen { peak, lowest, done }, status) = forecast_and_run(&case);
        let (end, after) = foretold(&forecast);
        // Dozens of pauses last longer than the run.
        if after.is_some_and(|after| after + 110_000 > 90 * 3_600_000) {
            prop_assert_eq!(done, None, "{}", forecast);
            return Ok(());
        }
        prop_assert_eq!((Some(end), after), (status, done), "{}", forecast);
        prop_assert_eq!((forecast.course.peak, forecast.course.lowest), (peak, lowest));
    }
}

/// Profile P of 03 section 26.10.
fn profile_p() -> Case {
    Case {
        desired: 4,
        strategy: BLUE_GREEN.to_owned(),
        running_after: 30,
        stop_timeout: 40,
        room: 9,
        called: 100,
        bake: 5,
        balancer: Balancer::Application,
        hooks: Vec::new(),
        functions: Vec::new(),
        probes: false,
    }
}

#[test]
fn w101_blue_green_is_told_in_a_few_sentences() {
    let (forecast, Seen { peak, done, .. }, _) = forecast_and_run(&profile_p());
    assert_eq!((forecast.course.peak, forecast.duration()), (peak, done));
    assert_eq!(
        forecast.to_string(),
        "web to web:2: 4 tasks beside 4 old ones, then all traffic at once. Done after 390 s; at \
         most 8 tasks, at least 4 healthy. A new task is healthy after 40 s, an old one gone after \
         50 s. Traffic shifts from 40 s, all of it is watched from 40 s to 340 s. Back again until \
         the old revision stops: traffic at once, the new revision gone after 50 s."
    );
    let extra = forecast.extra;
    assert_eq!((extra.tasks, extra.cpu, extra.memory), (4, 40, 400));
}

#[test]
fn w109_a_pause_that_nobody_ends_is_named() {
    let pause = r#"{ "targetType": "PAUSE", "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"] }"#;
    let case = Case { hooks: vec![pause.to_owned()], bake: 0, ..profile_p() };
    let (forecast, Seen { done, .. }, status) = forecast_and_run(&case);
    assert_eq!(status, Some(ServiceDeploymentStatus::RollbackSuccessful));
    let End::RolledBack { given_up, after, limit } = forecast.course.end else {
        panic!("it rolls back: {forecast}")
    };
    assert_eq!((given_up, Some(after)), (86_440_000, done));
    assert!(matches!(limit, Limit::Hook(0, _, HookProblem::TimesOut)));
    let answer = forecast.answer();
    assert_eq!(answer.stuck_on.as_deref(), Some("hook"));
    assert_eq!(answer.stuck_at.as_deref(), Some("POST_TEST_TRAFFIC_SHIFT"));
    assert_eq!(answer.end, "rolledBack");
}

#[test]
fn w110_a_hook_that_fails_is_named() {
    let hook = |name| {
        format!(
            r#"{{ "hookTargetArn": "{name}", "roleArn": "arn:aws:iam::1:role/r",
                 "lifecycleStages": ["POST_SCALE_UP"] }}"#
        )
    };
    let functions = vec![r#""check": { "hookStatus": "FAILED" }"#.to_owned()];
    let case = Case { hooks: vec![hook("smoke"), hook("check")], functions, ..profile_p() };
    let (forecast, Seen { done, .. }, _) = forecast_and_run(&case);
    assert_eq!(foretold(&forecast).1, done);
    assert!(forecast.to_string().contains("check fails at POST_SCALE_UP."), "{forecast}");
}

#[test]
fn a_full_cluster_is_named_as_the_limit_and_ends_after_a_day() {
    let case = Case { room: 1, balancer: Balancer::None, ..profile_p() };
    let (forecast, Seen { peak, done, .. }, status) = forecast_and_run(&case);
    assert_eq!(status, Some(ServiceDeploymentStatus::RollbackSuccessful));
    assert_eq!((forecast.course.peak, foretold(&forecast).1), (peak, done));
    assert_eq!(forecast.stuck_on(), Some(Limit::Room));
    assert!(forecast.to_string().contains("room for 1 of 4 new tasks"), "{forecast}");
    assert!(forecast.risks.contains(&Risk::NothingShifts));
}

#[test]
fn w108_a_network_load_balancer_takes_ten_minutes_a_step() {
    let case = Case { balancer: Balancer::Network, bake: 0, ..profile_p() };
    let (forecast, Seen { done, .. }, _) = forecast_and_run(&case);
    assert_eq!(forecast.duration(), done);
    let back = forecast.way_back().expect("there is one");
    assert_eq!(back.traffic, 600_000);
    let shift = forecast.answer().phases.into_iter().find(|it| it.production_weight == 100.0);
    assert_eq!(shift.map(|shift| shift.to - shift.from), Some(600.0));
}
