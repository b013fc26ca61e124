//! Task sets: as many as somebody else says.

use proptest::prelude::*;
use stowplan_engine::model::DeploymentStatus;

use crate::{Seen, forecast, watch};

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
            let row = view.service(service);
            let sets = row.deployments.iter().map(|&set| view.deployment(set));
            let live = sets.filter(|set| set.status != DeploymentStatus::Draining);
            let sum: u32 = live.map(|set| set.desired).sum();
            wanted = Some(sum);
            let counts = view.counts(service, now);
            counts.stopping == 0 && counts.active() == sum && counts.healthy == sum
        });
        prop_assert_eq!(Some(forecast.desired), wanted);
        prop_assert_eq!(
            (forecast.duration(), forecast.course.peak, forecast.course.lowest),
            (done, peak, lowest),
            "{}", forecast
        );
    }
}
