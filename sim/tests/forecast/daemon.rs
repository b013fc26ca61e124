//! Daemons: one task an instance, the new one after the old one.

use proptest::prelude::*;
use stowplan_sim::forecast::Forecast;
use stowplan_sim::forecast::rolling::{End, Limit};

use crate::rolling::is_completed;
use crate::{Seen, forecast, watch};

#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Memory of each instance, MiB.
    instances: Vec<u32>,
    minimum: u32,
    running_after: u32,
    stop_timeout: u32,
    called: u32,
    /// Of the new revision.
    memory: u32,
    /// `digestProbe`.
    probes: bool,
}

impl Case {
    pub(crate) fn text(&self) -> String {
        let Self { minimum, running_after, stop_timeout, called, probes, .. } = self;
        let instance = |(number, memory): (usize, &u32)| {
            format!(r#"{{ "id": "i-{number:02}", "cpu": 1000, "memory": {memory} }}"#)
        };
        let instances: Vec<String> = self.instances.iter().enumerate().map(instance).collect();
        let definition = |memory| {
            format!(
                r#"{{ "family": "log", "containerDefinitions": [ {{ "name": "app", "image": "log",
                     "cpu": 10, "memory": {memory}, "stopTimeout": {stop_timeout},
                     "healthCheck": {{ "command": ["CMD", "check"], "interval": 10, "timeout": 5,
                                       "retries": 3 }} }} ] }}"#
            )
        };
        format!(
            r#"{{ "version": 1, "name": "roll", "start": "steady", "until": "3h",
              "tunables": {{ "digestProbe": {probes} }},
              "cluster": {{ "instances": [{}] }},
              "taskDefinitions": [{}, {}],
              "behavior": {{ "default": {{ "runningAfter": "{running_after}s",
                                           "stop": "never" }} }},
              "services": [ {{ "serviceName": "log", "taskDefinition": "log:1",
                "schedulingStrategy": "DAEMON", "deploymentConfiguration": {{
                  "minimumHealthyPercent": {minimum}, "maximumPercent": 100 }} }} ],
              "timeline": [ {{ "at": "{called}s",
                "updateService": {{ "service": "log", "taskDefinition": "log:2" }} }} ] }}"#,
            instances.join(", "),
            definition(100),
            definition(self.memory)
        )
    }
}

fn forecast_and_run(case: &Case) -> (Forecast, Seen) {
    let (mut simulation, forecast, called) = forecast(&case.text());
    let seen = watch(&mut simulation, called, is_completed);
    (forecast, seen)
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let memory = prop_oneof![9 => Just(400_u32), 1 => Just(150_u32)];
    let instances = prop::collection::vec(memory, 1..9);
    let flags = (any::<bool>(), any::<bool>());
    (instances, 0..=20_u32, 1..60_u32, 2..60_u32, 100..110_u32, flags).prop_map(
        |(instances, minimum, running_after, stop_timeout, called, (larger, probes))| Case {
            instances,
            minimum: 5 * minimum,
            running_after,
            stop_timeout,
            called,
            memory: if larger { 200 } else { 100 },
            probes,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn a_daemon_takes_the_course_that_was_forecast(case in case()) {
        let (forecast, Seen { peak, lowest, done }) = forecast_and_run(&case);
        prop_assert_eq!(
            (forecast.duration(), forecast.course.peak, forecast.course.lowest),
            (done, peak, lowest),
            "{}", forecast
        );
        match forecast.course.end {
            End::Stuck(Limit::Percentages) => prop_assert_eq!(forecast.limits().0, peak),
            End::Stuck(limit) => prop_assert_eq!(limit, Limit::Room),
            _ => prop_assert!(done.is_some()),
        }
    }
}

#[test]
fn a_lone_daemon_that_must_half_stay_is_stuck() {
    let case = Case {
        instances: vec![400],
        minimum: 50,
        running_after: 30,
        stop_timeout: 40,
        called: 100,
        memory: 100,
        probes: false,
    };
    let (forecast, Seen { done, .. }) = forecast_and_run(&case);
    assert_eq!(done, None);
    assert_eq!(
        forecast.to_string(),
        "log to log:2: 1 task, one an instance, never fewer than 1 healthy. It will not move: \
         minimumHealthyPercent rounds up to 1 of 1, so nothing may stop, and an instance has one \
         daemon at a time. Lower minimumHealthyPercent to 0."
    );
}
