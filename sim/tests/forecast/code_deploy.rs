//! Blue/green by CodeDeploy: every predefined configuration, hooks, waits and rollbacks.

use proptest::prelude::*;
use stowplan_engine::View;
use stowplan_engine::model::CodeDeployStatus;
use stowplan_sim::forecast::Forecast;
use stowplan_sim::forecast::rolling::{End, Limit};

use crate::{Seen, forecast, watch};

#[derive(Clone, Debug)]
pub(crate) struct Case {
    desired: u32,
    config: &'static str,
    running_after: u32,
    stop_timeout: u32,
    /// Room for so many more tasks.
    room: u32,
    called: u32,
    /// Minutes until blue is deleted; it stays without.
    termination: Option<u32>,
    /// Minutes for which ContinueDeployment is waited for.
    ready: Option<u32>,
    rolls_back: bool,
    hooks: Vec<String>,
    /// What the function `f` answers, and after how long.
    answer: (&'static str, u32),
    /// `digestProbe`.
    probes: bool,
}

impl Case {
    pub(crate) fn text(&self) -> String {
        let Self { desired, config, running_after, stop_timeout, room, called, .. } = self;
        let probes = self.probes;
        let memory = 100 * (desired + room).max(1);
        let container = format!(
            r#"{{ "name": "app", "image": "web", "cpu": 10, "memory": 100,
                 "portMappings": [ {{ "containerPort": 80 }} ], "stopTimeout": {stop_timeout},
                 "healthCheck": {{ "command": ["CMD", "check"], "interval": 10, "timeout": 5,
                                   "retries": 3 }} }}"#
        );
        let definition = format!(r#"{{ "family": "web", "containerDefinitions": [{container}] }}"#);
        let group = |name| {
            format!(
                r#"{{ "name": "{name}", "healthCheckIntervalSeconds": 5,
                     "healthCheckTimeoutSeconds": 2, "deregistrationDelay": 0 }}"#
            )
        };
        let termination = match self.termination {
            Some(minutes) => {
                format!(r#""action": "TERMINATE", "terminationWaitTimeInMinutes": {minutes}"#)
            }
            None => r#""action": "KEEP_ALIVE""#.to_owned(),
        };
        let ready = match self.ready {
            Some(minutes) => {
                format!(r#""actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": {minutes}"#)
            }
            None => r#""actionOnTimeout": "CONTINUE_DEPLOYMENT""#.to_owned(),
        };
        let rollback = match self.rolls_back {
            true => r#"{ "enabled": true, "events": ["DEPLOYMENT_FAILURE"] }"#,
            false => r#"{ "enabled": false }"#,
        };
        let hooks: Vec<String> =
            self.hooks.iter().map(|event| format!(r#""{event}": "f""#)).collect();
        let (hooks, (status, after)) = (hooks.join(", "), self.answer);
        let (blue, green) = (group("blue"), group("green"));
        format!(
            r#"{{ "version": 1, "name": "code", "start": "steady", "until": "6h",
              "tunables": {{ "digestProbe": {probes} }},
              "cluster": {{ "instances": [
                {{ "id": "i", "cpu": 1000000, "memory": {memory} }} ] }},
              "targetGroups": [{blue}, {green}],
              "lambdas": {{ "f": {{ "hookStatus": "{status}", "after": "{after}s" }} }},
              "taskDefinitions": [{definition}, {definition}],
              "behavior": {{ "default": {{ "runningAfter": "{running_after}s",
                                           "stop": "never" }} }},
              "services": [ {{ "serviceName": "web", "taskDefinition": "web:1",
                "desiredCount": {desired}, "deploymentController": {{ "type": "CODE_DEPLOY" }},
                "loadBalancers": [ {{ "targetGroupArn": "blue", "containerName": "app",
                                      "containerPort": 80 }} ] }} ],
              "deploymentGroups": [ {{ "deploymentGroupName": "web", "service": "web",
                "deploymentConfigName": "CodeDeployDefault.ECS{config}",
                "loadBalancerInfo": {{ "targetGroupPairInfoList": [ {{
                  "targetGroups": [ {{ "name": "blue" }}, {{ "name": "green" }} ],
                  "prodTrafficRoute": {{ "listenerArns": ["prod"] }} }} ] }},
                "autoRollbackConfiguration": {rollback},
                "blueGreenDeploymentConfiguration": {{
                  "terminateBlueInstancesOnDeploymentSuccess": {{ {termination} }},
                  "deploymentReadyOption": {{ {ready} }} }} }} ],
              "timeline": [ {{ "at": "{called}s", "createDeployment": {{
                "deploymentGroupName": "web", "taskDefinition": "web:2",
                "hooks": {{ {hooks} }} }} }} ] }}"#
        )
    }
}

/// The statuses of all deployments, once nothing is under way.
pub(crate) fn over(view: View<'_>) -> Option<Vec<CodeDeployStatus>> {
    let all = view.code_deployments();
    let is_over = !all.is_empty() && all.iter().all(|row| row.state.is_over());
    is_over.then(|| all.iter().map(|row| row.state.status()).collect())
}

fn forecast_and_run(case: &Case) -> (Forecast, Seen, Vec<CodeDeployStatus>) {
    let (mut simulation, forecast, called) = forecast(&case.text());
    let mut statuses = None;
    let seen = watch(&mut simulation, called, |view, _, _| {
        statuses = statuses.take().or_else(|| over(view));
        statuses.is_some()
    });
    (forecast, seen, statuses.unwrap_or_default())
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let config = prop::sample::select(vec![
        "AllAtOnce",
        "Canary10Percent5Minutes",
        "Canary10Percent15Minutes",
        "Linear10PercentEvery1Minutes",
        "Linear10PercentEvery3Minutes",
    ]);
    let world = (1..60_u32, 2..60_u32, prop_oneof![6 => Just(9_u32), 1 => 0..9_u32], 100..110_u32);
    let ready = prop_oneof![4 => Just(None), 1 => (1..30_u32).prop_map(Some)];
    let ends = (prop::option::of(0..70_u32), ready, any::<bool>());
    let events = ["BeforeInstall", "AfterInstall", "BeforeAllowTraffic", "AfterAllowTraffic"];
    let hooks = prop::sample::subsequence(events.to_vec(), 0..3);
    let status = prop_oneof![6 => Just("SUCCEEDED"), 1 => Just("FAILED"), 1 => Just("IN_PROGRESS")];
    let after = prop_oneof![Just(0_u32), 1..100_u32, 3500..3700_u32];
    (0..5_u32, config, world, ends, hooks, (status, after), any::<bool>()).prop_map(
        |(desired, config, world, (termination, ready, rolls_back), hooks, answer, probes)| {
            let (running_after, stop_timeout, room, called) = world;
            let hooks = hooks.into_iter().map(str::to_owned).collect();
            Case {
                desired,
                config,
                running_after,
                stop_timeout,
                room,
                called,
                termination,
                ready,
                rolls_back,
                hooks,
                answer,
                probes,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn a_deployment_by_code_deploy_takes_the_course_that_was_forecast(case in case()) {
        let (forecast, Seen { peak, lowest, done }, statuses) = forecast_and_run(&case);
        let (end, after) = match forecast.course.end {
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
        prop_assert_eq!((end, after), (statuses, done), "{}", forecast);
        prop_assert_eq!((forecast.course.peak, forecast.course.lowest), (peak, lowest));
    }
}

#[test]
fn w111_ten_percent_every_three_minutes_is_told_in_a_few_sentences() {
    let case = Case {
        desired: 3,
        config: "Linear10PercentEvery3Minutes",
        running_after: 30,
        stop_timeout: 40,
        room: 9,
        called: 100,
        termination: Some(60),
        ready: None,
        rolls_back: true,
        hooks: Vec::new(),
        answer: ("SUCCEEDED", 0),
        probes: false,
    };
    let (forecast, Seen { peak, done, .. }, _) = forecast_and_run(&case);
    assert_eq!((forecast.course.peak, forecast.duration()), (peak, done));
    assert_eq!(
        forecast.to_string(),
        "web to web:2: 3 tasks beside 3 old ones, then traffic in 10 steps of 10 %. Done after \
         5310 s; at most 6 tasks, at least 3 healthy. A new task is healthy after 40 s, an old one \
         gone after 50 s. Traffic shifts from 40 s, all of it is watched from 1660 s to 5260 s. \
         Back again until the old revision stops: traffic at once, the new revision gone after 50 \
         s."
    );
    assert_eq!(forecast.answer().strategy, "CODE_DEPLOY");
}
