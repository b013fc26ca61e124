//! Task sets: as many as somebody else says.

use proptest::prelude::*;
use stowplan_engine::View;
use stowplan_engine::model::{DeploymentStatus, ServiceId, Time};
use stowplan_sim::forecast::Forecast;

use crate::{Seen, begin, forecast, watch};

/// Two sets scaled from one share to another.
fn text(
    desired: u32,
    room: u32,
    shares: (u32, u32),
    called: u32,
    call: &str,
    probes: bool,
) -> String {
    let (from, to) = shares;
    let memory = 100 * (desired + room).max(1);
    let container = r#"{ "name": "app", "image": "web", "cpu": 10, "memory": 100,
        "stopTimeout": 30, "healthCheck": { "command": ["CMD", "check"], "interval": 10,
        "timeout": 5, "retries": 3 } }"#;
    let definition = format!(r#"{{ "family": "web", "containerDefinitions": [{container}] }}"#);
    let scale = |value| format!(r#""scale": {{ "value": {value}, "unit": "PERCENT" }}"#);
    let set = r#""service": "web", "taskSet": "${calls['first'].taskSet.id}""#;
    let entry = match call {
        "createTaskSet" => {
            format!(r#""service": "web", "taskDefinition": "web:2", {}"#, scale(to))
        }
        "updateTaskSet" => format!("{set}, {}", scale(to)),
        _ => format!(r#"{set}, "force": true"#),
    };
    format!(
        r#"{{ "version": 1, "name": "sets", "until": "1h",
          "tunables": {{ "digestProbe": {probes} }},
          "cluster": {{ "instances": [ {{ "id": "i", "cpu": 100000, "memory": {memory} }} ] }},
          "taskDefinitions": [{definition}, {definition}],
          "behavior": {{ "default": {{ "runningAfter": "25s", "stop": "never" }} }},
          "services": [ {{ "serviceName": "web", "desiredCount": {desired},
            "deploymentController": {{ "type": "EXTERNAL" }} }} ],
          "timeline": [
            {{ "at": "1s", "as": "first",
               "createTaskSet": {{ "service": "web", "taskDefinition": "web:1", {} }} }},
            {{ "at": "{called}s", "{call}": {{ {entry} }} }} ] }}"#,
        scale(from)
    )
}

/// Everything runs that is to, and nothing else; and how many tasks that is.
fn settled(view: View<'_>, service: ServiceId, now: Time) -> (bool, u32) {
    let row = view.service(service);
    let sets = row.deployments.iter().map(|&set| view.deployment(set));
    let live = sets.filter(|set| set.status != DeploymentStatus::Draining);
    let wanted: u32 = live.map(|set| set.desired).sum();
    let counts = view.counts(service, now);
    let is_so = counts.stopping == 0 && counts.active() == wanted && counts.healthy == wanted;
    (is_so, wanted)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn task_sets_take_the_course_that_was_forecast(
        desired in 0..9_u32,
        room in 0..12_u32,
        from in 0..=100_u32,
        to in 0..=100_u32,
        called in 200..210_u32,
        call in prop::sample::select(vec!["createTaskSet", "updateTaskSet", "deleteTaskSet"]),
        probes in any::<bool>(),
    ) {
        let goes = if call == "deleteTaskSet" { 0 } else { to };
        let tasks = |share: u32| (desired * share).div_ceil(100);
        let was = if call == "createTaskSet" { 0 } else { tasks(from) };
        // What does not change is nothing to forecast.
        prop_assume!(was != tasks(goes));
        let text = text(desired, room, (from, to), called, call, probes);
        let (mut simulation, forecast, called) = forecast(&text);
        let mut wanted = None;
        let Seen { peak, lowest, done } = watch(&mut simulation, called, |view, service, now| {
            let (is_so, sum) = settled(view, service, now);
            wanted = Some(sum);
            is_so
        });
        prop_assert_eq!(Some(forecast.desired), wanted);
        prop_assert_eq!(
            (forecast.duration(), forecast.course.peak, forecast.course.lowest),
            (done, peak, lowest),
            "{}", forecast
        );
    }

    #[test]
    fn the_rest_of_settling_task_sets_takes_the_course_that_was_forecast(
        desired in 0..9_u32,
        room in 0..12_u32,
        (from, to) in (0..=100_u32, 0..=100_u32),
        called in 200..210_u32,
        call in prop::sample::select(vec!["createTaskSet", "updateTaskSet", "deleteTaskSet"]),
        probes in any::<bool>(),
        after in 0..100_000_i64,
    ) {
        let text = text(desired, room, (from, to), called, call, probes);
        let (mut simulation, last) = begin(&text);
        let now = Time(last.at.0 + after);
        simulation.run_to(now);
        let forecasts = Forecast::under_way(&simulation, now);
        let view = simulation.engine();
        let (service, _) = view.services().next().expect("there is one");
        let counts = view.counts(service, now);
        let (is_so, wanted) = settled(view, service, now);
        prop_assert_eq!(forecasts.is_empty(), is_so);
        let [forecast] = &forecasts[..] else { return Ok(()) };
        let seen = watch(&mut simulation, now, |view, service, now| settled(view, service, now).0);
        let (peak, lowest) = (seen.peak.max(counts.occupying()), seen.lowest.min(counts.healthy));
        prop_assert_eq!(forecast.desired, wanted);
        prop_assert_eq!(
            (forecast.duration(), forecast.course.peak, forecast.course.lowest),
            (seen.done, peak, lowest),
            "{}", forecast
        );
    }
}
