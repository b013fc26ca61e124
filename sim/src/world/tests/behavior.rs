//! The key `behavior` as scenarios write it, and which entry wins.

use super::*;
use crate::world::{Behavior, Behaviors, Delay, DurationRange, ProbeResult, Share, StartFails};

fn refusal(behavior: Value) -> String {
    let tree = document::from_json(&behavior);
    document::decode::<Behavior>(&tree).expect_err("it is refused").to_string()
}

fn fixed(seconds: u64) -> DurationRange {
    DurationRange::fixed(Span::from_secs(seconds))
}

#[test]
fn every_form_of_a_duration() {
    let behavior: Behavior = read(json!({
        "pull": "1m30s", "startup": 2, "prepare": { "min": "1s", "max": "3s" }, "stop": "never",
        "healthyAfter": "5s",
    }));
    assert_eq!(behavior.pull, Some(fixed(90)));
    assert_eq!(behavior.startup, Some(fixed(2)));
    let (min, max) = (Span::from_secs(1), Span::from_secs(3));
    assert_eq!(behavior.prepare, Some(DurationRange { min, max }));
    assert_eq!(behavior.stop, Some(Delay::Never));
    assert_eq!(behavior.healthy_after.map(|timed| timed.value), Some(Delay::After(fixed(5))));
}

#[test]
fn every_form_of_an_exit() {
    let exits = |value: Value| {
        let behavior: Behavior = read(json!({ "exit": value }));
        let exits = behavior.exit.expect("it is given").value;
        (0..3).map(|n| exits.of_start(n).map(|e| (e.after, e.code))).collect::<Vec<_>>()
    };
    assert_eq!(exits(json!("10s")), vec![Some((fixed(10), 0)); 3]);
    assert_eq!(exits(json!({ "min": "10s", "max": "10s" })), vec![Some((fixed(10), 0)); 3]);
    assert_eq!(exits(json!({ "after": "10s", "code": 7 })), vec![Some((fixed(10), 7)); 3]);
    let list = json!([{ "after": "10s", "code": 7 }, "20s"]);
    assert_eq!(exits(list), [Some((fixed(10), 7)), Some((fixed(20), 0)), None]);
    assert_eq!(exits(json!("never")), [None; 3]);
}

#[test]
fn every_form_of_health_and_of_a_failing_start() {
    let behavior: Behavior = read(json!({
        "health": 503,
        "targetHealth": [{ "result": "pass" }, { "after": "3s", "result": "hang", "probability":
            0.5 }],
        "startFails": { "probability": 0.25, "reason": "no" },
    }));
    let results = |timed: Option<crate::world::Timed<crate::world::HealthRules>>| {
        let rules = timed.expect("it is given").value.0;
        rules.into_iter().map(|rule| (rule.after, rule.result)).collect::<Vec<_>>()
    };
    assert_eq!(results(behavior.health), [(fixed(0), ProbeResult::Code(503))]);
    let changes = [(fixed(0), ProbeResult::Pass), (fixed(3), ProbeResult::Hang)];
    assert_eq!(results(behavior.target_health), changes);
    let Some(StartFails::Yes(failure)) = behavior.start_fails.map(|timed| timed.value) else {
        panic!("it fails")
    };
    assert_eq!(failure.probability.billionths(), 250_000_000);
    let off: Behavior = read(json!({ "startFails": false }));
    assert_eq!(off.start_fails.map(|timed| timed.value), Some(StartFails::No));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    assert_eq!(
        refusal(json!({ "startup": { "min": "3s", "max": "1s" } })),
        "startup: `min` 3s is over `max` 1s. Swap the two"
    );
    assert_eq!(refusal(json!({ "helth": "pass" })), "helth: unknown key. Did you mean `health`?");
    assert_eq!(
        refusal(json!({ "health": [{ "result": "sick" }] })),
        "health[0].result: no result of a probe. Write pass, fail, hang or an HTTP status code"
    );
    assert_eq!(
        refusal(json!({ "exit": { "after": "1s", "probability": 2 } })),
        "exit.probability: 2 is not from 0 to 1. Write a quarter as 0.25"
    );
    assert_eq!(
        refusal(json!({ "containers": { "app": { "stop": "5x" } } })),
        "containers.app.stop: `x` is no unit of time. Write 500ms, 90s, 5m or 1h30m, or a number \
         of seconds"
    );
}

#[test]
fn a_change_of_behaviour_names_its_subject() {
    let set: SetBehavior = read(json!({ "of": "web:2", "health": "fail" }));
    assert_eq!(&*set.of, "web:2");
    assert!(set.behavior.health.is_some());
    let tree = document::from_json(&json!({ "health": "fail" }));
    let error = document::decode::<SetBehavior>(&tree).expect_err("no subject");
    assert_eq!(error.message, "`of` is missing");
}

#[test]
fn the_most_specific_entry_wins_key_by_key() {
    let entries: Behaviors = read(json!({
        "default": { "latency": "none", "pull": "1s", "startup": "1s", "stop": "1s",
                     "containers": { "app": { "stop": "9s" } } },
        "web": { "startup": "2s", "stop": "2s" },
        "web:1": { "register": "3s" },
        "T1": { "pull": "4s" },
    }));
    let mut rig = Rig::with(WorldConfig { behavior: entries, ..WorldConfig::default() });
    let host = rig.instance("A", 4096, 8000);
    rig.define("web", json!([{ "name": "app" }, { "name": "side" }]));
    let definition = rig.view().find_definition("web").expect("a definition");
    let named = GivenTask {
        name: Some("T1".into()),
        last_status: TaskStatus::Pending,
        started_at: None,
        ..given_task(definition, host)
    };
    let special = rig.add_task(named);
    let other = rig.start("web");
    rig.until(100);
    assert_eq!(rig.statuses(special), "6 ACTIVATING, 9 RUNNING");
    assert_eq!(rig.statuses(other), "0 PENDING, 3 ACTIVATING, 6 RUNNING");
    rig.order_stop(other);
    rig.until(200);
    let stopped = ["app", "side"].map(|name| seconds(rig.container(other, name).stopped_at()));
    assert_eq!(stopped, [Some(109), Some(102)], "a container's own key wins");
}

#[test]
fn a_probability_is_a_matter_of_the_task() {
    let fails = json!({ "t": { "startFails": { "probability": 0.5 } } });
    let mut rig = Rig::new(fails);
    rig.instance("A", 64_000, 64_000);
    rig.define("t", json!([{ "name": "app" }]));
    let tasks: Vec<TaskId> = (0..200).map(|_| rig.start("t")).collect();
    rig.until(10);
    let running = tasks.iter().filter(|&&task| rig.status(task) == "RUNNING").count();
    assert!((70..130).contains(&running), "{running} of 200");
    assert_eq!(Share::ALL.billionths(), 1_000_000_000);
}
