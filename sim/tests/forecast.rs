//! What is forecast of a deployment is what then happens, in clusters with room and without.

use proptest::prelude::*;
use stowplan_engine::model::{RolloutState, Time};
use stowplan_sim::document::Limits;
use stowplan_sim::forecast::Forecast;
use stowplan_sim::forecast::rolling::{End, Limit};
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::Scenario;

/// A service that is to be deployed anew, on one instance.
#[derive(Clone, Debug)]
struct Case {
    desired: u32,
    minimum: u32,
    maximum: u32,
    /// Until RUNNING, s.
    running_after: u32,
    /// Until SIGKILL, s; the tasks ignore SIGTERM.
    stop_timeout: u32,
    /// Room for so many more tasks.
    room: u32,
}

impl Case {
    fn scenario(&self) -> Scenario {
        let Self { desired, minimum, maximum, running_after, stop_timeout, room } = self;
        let memory = 100 * (desired + room).max(1);
        let container = format!(
            r#"{{ "name": "app", "image": "web", "cpu": 10, "memory": 100,
                 "stopTimeout": {stop_timeout},
                 "healthCheck": {{ "command": ["CMD", "check"], "interval": 10, "timeout": 5,
                                   "retries": 3 }} }}"#
        );
        let definition = format!(r#"{{ "family": "web", "containerDefinitions": [{container}] }}"#);
        let text = format!(
            r#"{{ "version": 1, "name": "roll", "start": "steady", "until": "3h",
              "cluster": {{ "instances": [
                {{ "id": "i", "cpu": 1000000, "memory": {memory} }} ] }},
              "taskDefinitions": [{definition}, {definition}],
              "behavior": {{ "default": {{ "runningAfter": "{running_after}s",
                                           "stop": "never" }} }},
              "services": [ {{ "serviceName": "web", "taskDefinition": "web:1",
                "desiredCount": {desired}, "deploymentConfiguration": {{
                  "minimumHealthyPercent": {minimum}, "maximumPercent": {maximum} }} }} ],
              "timeline": [ {{ "at": "100s",
                "updateService": {{ "service": "web", "taskDefinition": "web:2" }} }} ] }}"#
        );
        Scenario::read(text.as_bytes(), &Limits::default()).expect("it is sound")
    }
}

/// What came of the deployment: when it was done (ms after the call), most tasks, fewest healthy.
fn run(simulation: &mut Simulation, called: Time) -> (Option<u64>, u32, u32) {
    let (mut peak, mut lowest, mut done) = (0, u32::MAX, None);
    while let Some(now) = simulation.advance() {
        let view = simulation.engine();
        let (service, row) = view.services().next().expect("there is one");
        if now < called {
            continue;
        }
        let counts = view.counts(service, now);
        peak = peak.max(counts.occupying());
        lowest = lowest.min(counts.healthy);
        let primary = view.primary(service).expect("it has one");
        let rollout = view.deployment(primary).rollout;
        if rollout == RolloutState::Completed && done.is_none() && row.revisions > 1 {
            done = u64::try_from(now.0 - called.0).ok();
        }
    }
    (done, peak, lowest)
}

fn forecast_and_run(case: &Case) -> (Forecast, (Option<u64>, u32, u32)) {
    let plan = case.scenario().plan().expect("it fits together");
    let mut simulation = Simulation::new(&plan).expect("it can begin");
    let called = Time::from_secs(100);
    simulation.run_to(Time::from_secs(99));
    let mut forecasts =
        Forecast::of_entry(&simulation, called, simulation.timeline().last().expect("one"));
    let forecast = forecasts.pop().expect("it starts a deployment");
    (forecast, run(&mut simulation, called))
}

fn case() -> impl Strategy<Value = Case> {
    let percents = (0..=20_u32, 20..=60_u32);
    (1..12_u32, percents, 1..60_u32, 2..60_u32, 0..14_u32)
        .prop_filter("100/100 is refused", |(_, (minimum, maximum), ..)| {
            (*minimum, *maximum) != (20, 20)
        })
        .prop_map(|(desired, (minimum, maximum), running_after, stop_timeout, room)| Case {
            desired,
            minimum: minimum * 5,
            maximum: maximum * 5,
            running_after,
            stop_timeout,
            room,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_deployment_takes_the_course_that_was_forecast(case in case()) {
        let (forecast, (done, peak, lowest)) = forecast_and_run(&case);
        prop_assert_eq!(
            (forecast.duration(), forecast.course.peak, forecast.course.lowest),
            (done, peak, lowest),
            "{}", forecast
        );
    }
}

#[test]
fn w16_rounding_that_makes_it_stuck_is_said_beforehand() {
    let case = Case {
        desired: 3,
        minimum: 100,
        maximum: 125,
        running_after: 30,
        stop_timeout: 40,
        room: 10,
    };
    let (forecast, (done, ..)) = forecast_and_run(&case);
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
    let case = Case {
        desired: 4,
        minimum: 100,
        maximum: 200,
        running_after: 30,
        stop_timeout: 40,
        room: 0,
    };
    let (forecast, (done, peak, lowest)) = forecast_and_run(&case);
    assert_eq!(forecast.course.end, End::Stuck(Limit::Room));
    assert_eq!((done, peak, lowest), (None, 4, 4));
}

#[test]
fn w24_is_told_in_a_few_sentences() {
    let case = Case {
        desired: 10,
        minimum: 100,
        maximum: 130,
        running_after: 30,
        stop_timeout: 40,
        room: 100,
    };
    let (forecast, _) = forecast_and_run(&case);
    assert_eq!(
        forecast.to_string(),
        "web to web:2: 10 tasks, never fewer than 10 healthy and never more than 13 at once. Done \
         after 320 s in 4 waves; at most 13 tasks, at least 10 healthy. A new task is healthy \
         after 40 s, an old one gone after 40 s. Back again: at once until the first old task \
         stops, at the end 320 s."
    );
}
