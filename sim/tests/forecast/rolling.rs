//! Rolling deployments, in clusters with room and without.

use proptest::prelude::*;
use stowplan_engine::View;
use stowplan_engine::model::{RolloutState, ServiceId, Time};
use stowplan_sim::forecast::Forecast;
use stowplan_sim::forecast::rolling::{End, Limit};

use crate::{Seen, forecast, watch};

/// A service that is to be deployed anew, on one instance.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    desired: u32,
    minimum: u32,
    maximum: u32,
    /// Until RUNNING, s.
    running_after: u32,
    /// Until SIGKILL, s; the tasks ignore SIGTERM.
    stop_timeout: u32,
    /// Room for so many more tasks.
    room: u32,
    /// When the call is made, s; the scheduler looks every ten.
    called: u32,
    /// Alarms that never fire are watched for so many minutes.
    bake: Option<u32>,
    /// Early success at so many percent, and whether it waits for the old revision.
    early: Option<(u32, bool)>,
    /// `digestProbe`.
    probes: bool,
}

impl Case {
    pub(crate) fn with_room(self, room: u32) -> Self {
        Self { room, ..self }
    }

    pub(crate) fn text(&self) -> String {
        let Self { desired, minimum, maximum, running_after, stop_timeout, room, called, .. } =
            self;
        let probes = self.probes;
        let memory = 100 * (desired + room).max(1);
        let container = format!(
            r#"{{ "name": "app", "image": "web", "cpu": 10, "memory": 100,
                 "stopTimeout": {stop_timeout},
                 "healthCheck": {{ "command": ["CMD", "check"], "interval": 10, "timeout": 5,
                                   "retries": 3 }} }}"#
        );
        let definition = format!(r#"{{ "family": "web", "containerDefinitions": [{container}] }}"#);
        let bake = self.bake.map_or_else(String::new, |minutes| {
            format!(
                r#", "bakeTimeInMinutes": {minutes}, "alarms": {{ "enable": true,
                     "rollback": true, "alarmNames": ["bad"] }}"#
            )
        });
        let early = self.early.map_or_else(String::new, |(healthy, blocking)| {
            let cleanup = if blocking { "BLOCKING" } else { "DEFERRED" };
            format!(
                r#", "earlySuccessCriteria": {{ "enable": true, "healthyPercent": {healthy},
                     "sourceServiceRevisionCleanup": "{cleanup}" }}"#
            )
        });
        format!(
            r#"{{ "version": 1, "name": "roll", "start": "steady", "until": "5h",
              "tunables": {{ "digestProbe": {probes} }},
              "cluster": {{ "instances": [
                {{ "id": "i", "cpu": 1000000, "memory": {memory} }} ] }},
              "alarms": [ {{ "alarmName": "bad", "period": 60, "evaluationPeriods": 1 }} ],
              "taskDefinitions": [{definition}, {definition}],
              "behavior": {{ "default": {{ "runningAfter": "{running_after}s",
                                           "stop": "never" }} }},
              "services": [ {{ "serviceName": "web", "taskDefinition": "web:1",
                "desiredCount": {desired}, "deploymentConfiguration": {{
                  "minimumHealthyPercent": {minimum}, "maximumPercent": {maximum}
                  {bake}{early} }} }} ],
              "timeline": [ {{ "at": "{called}s",
                "updateService": {{ "service": "web", "taskDefinition": "web:2" }} }} ] }}"#
        )
    }
}

/// The new revision is all there is to be.
pub(crate) fn is_completed(view: View<'_>, service: ServiceId, _: Time) -> bool {
    let primary = view.primary(service).expect("it has one");
    view.deployment(primary).rollout == RolloutState::Completed
        && view.service(service).revisions > 1
}

fn forecast_and_run(case: &Case) -> (Forecast, Seen) {
    let (mut simulation, forecast, called) = forecast(&case.text());
    let seen = watch(&mut simulation, called, is_completed);
    (forecast, seen)
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let percents = (0..=20_u32, 20..=60_u32)
        .prop_filter("100/100 is refused", |percents| *percents != (20, 20));
    let bake = prop_oneof![3 => Just(None), 1 => (0..4_u32).prop_map(Some)];
    let early = prop_oneof![3 => Just(None), 1 => (0..=4_u32, any::<bool>()).prop_map(Some)];
    let world = (1..60_u32, 2..60_u32, 0..14_u32);
    (1..12_u32, percents, world, 100..110_u32, bake, (early, any::<bool>())).prop_map(
        |(desired, (minimum, maximum), world, called, bake, (early, probes))| {
            let (running_after, stop_timeout, room) = world;
            let minimum = minimum * 5;
            // At least as many as must stay healthy.
            let early = early.map(|(more, how)| (minimum.max(1).max(25 * more), how));
            let maximum = maximum * 5;
            Case {
                desired,
                minimum,
                maximum,
                running_after,
                stop_timeout,
                room,
                called,
                bake,
                early,
                probes,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_deployment_takes_the_course_that_was_forecast(case in case()) {
        let (forecast, seen) = forecast_and_run(&case);
        let Seen { peak, lowest, done } = seen;
        prop_assert_eq!(
            (forecast.duration(), forecast.course.peak, forecast.course.lowest),
            (done, peak, lowest),
            "{}", forecast
        );
    }
}

/// Profile P of 03 section 26: healthy after 40 s, gone after 40 s.
const PROFILE_P: Case = Case {
    desired: 1,
    minimum: 100,
    maximum: 200,
    running_after: 30,
    stop_timeout: 40,
    room: 0,
    called: 100,
    bake: None,
    early: None,
    probes: false,
};

#[test]
fn w16_rounding_that_makes_it_stuck_is_said_beforehand() {
    let case = Case { desired: 3, minimum: 100, maximum: 125, room: 10, ..PROFILE_P };
    let (forecast, Seen { done, .. }) = forecast_and_run(&case);
    assert_eq!((forecast.stuck_on(), done), (Some(Limit::Percentages), None));
    assert_eq!(
        forecast.to_string(),
        "web to web:2: 3 tasks, never fewer than 3 healthy and never more than 3 at once. It will \
         not move: minimumHealthyPercent rounds up to 3 of 3 and maximumPercent down to 3, so \
         nothing may stop and nothing may start. Raise maximumPercent to 134 or lower \
         minimumHealthyPercent to 66."
    );
}

#[test]
fn w39_a_full_cluster_is_named_as_the_limit() {
    let case = Case { desired: 4, minimum: 100, maximum: 200, room: 0, ..PROFILE_P };
    let (forecast, Seen { done, peak, lowest }) = forecast_and_run(&case);
    assert_eq!(forecast.course.end, End::Stuck(Limit::Room));
    assert_eq!((done, peak, lowest), (None, 4, 4));
}

#[test]
fn w24_is_told_in_a_few_sentences() {
    let case = Case { desired: 10, minimum: 100, maximum: 130, room: 100, ..PROFILE_P };
    let (forecast, _) = forecast_and_run(&case);
    assert_eq!(
        forecast.to_string(),
        "web to web:2: 10 tasks, never fewer than 10 healthy and never more than 13 at once. Done \
         after 320 s in 4 waves; at most 13 tasks, at least 10 healthy. A new task is healthy \
         after 40 s, an old one gone after 40 s. Back again: at once until the first old task \
         stops, at the end 320 s."
    );
}
