//! The deployment circuit breaker and the throttle (03 section 26.6).

use serde_json::{Value, json};
use stowplan_engine::api::EngineConfig;

use crate::bed::{Bed, Behavior, both, limits};
use crate::rolling::{steady_on, steady_with};

fn breaker(more: Value) -> Value {
    let on = json!({ "enable": true, "rollback": true });
    json!({ "deploymentConfiguration": { "deploymentCircuitBreaker": both(on, more) } })
}

fn bad(desired: u32, percents: (u32, u32), more: Value, behavior: Behavior) -> Bed {
    let mut bed = steady_with(desired, both(limits(percents.0, percents.1), more));
    bed.behave("web:2", behavior);
    bed.deploy("web", "web:2");
    bed
}

/// Deploys a bad revision at time 0 and looks at the whole course of it.
fn check(desired: u32, percents: (u32, u32), behavior: Behavior, trace: &str) -> Bed {
    let mut bed = bad(desired, percents, breaker(json!({})), behavior);
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), trace, "{desired}, {percents:?}");
    assert_eq!(bed.records("web"), ["ROLLBACK_SUCCESSFUL"]);
    let back = [format!("PRIMARY COMPLETED web:1 {desired}")];
    assert_eq!(bed.deployments("web"), back);
    bed
}

fn failures(bed: &Bed) -> u32 {
    bed.engine.view().deployment(bed.primary("web")).failures
}

#[test]
fn w63_a_single_unhealthy_task() {
    let mut bed = bad(1, (100, 200), breaker(json!({})), Behavior::unhealthy());
    for (at, count) in [(50, 0), (60, 1), (150, 1), (160, 2), (250, 2)] {
        bed.run_until(at);
        assert_eq!(failures(&bed), count, "at {at}");
    }
    check(
        1,
        (100, 200),
        Behavior::unhealthy(),
        "0 start 1 web:2; 60 stop 1 web:2; 100 start 1 web:2; 160 stop 1 web:2; \
         200 start 1 web:2; 260 stop 1 web:2; 260 failed web:2; 300 completed web:1",
    );
}

#[test]
fn w64_four_unhealthy_tasks_one_at_a_time() {
    let bed = check(
        4,
        (100, 200),
        Behavior::unhealthy(),
        "0 start 4 web:2; 60 stop 1 web:2; 100 start 1 web:2; 160 stop 1 web:2; \
         200 start 1 web:2; 260 stop 1 web:2; 260 failed web:2; 260 stop 3 web:2; \
         300 completed web:1",
    );
    assert_eq!(bed.peak_and_low("web"), (8, 4));
}

#[test]
fn w65_four_unhealthy_tasks_with_room_to_replace() {
    let bed = check(
        4,
        (100, 300),
        Behavior::unhealthy(),
        "0 start 4 web:2; 60 start 4 web:2; 120 stop 4 web:2; 120 failed web:2; \
         120 stop 4 web:2; 160 completed web:1",
    );
    assert_eq!(bed.peak_and_low("web").0, 12);
}

#[test]
fn w66_half_of_the_old_revision_must_come_back() {
    let bed = check(
        4,
        (50, 200),
        Behavior::unhealthy(),
        "0 stop 2 web:1; 0 start 4 web:2; 60 start 2 web:2; 120 stop 2 web:2; 160 start 2 web:2; \
         220 stop 2 web:2; 220 failed web:2; 220 stop 4 web:2; 260 start 2 web:1; \
         300 completed web:1",
    );
    assert_eq!(bed.peak_and_low("web").1, 2);
}

#[test]
fn w67_w68_tasks_that_never_start_trip_it_in_one_pass() {
    let trace = "0 start 4 web:2; 30 failed web:2; 30 completed web:1";
    check(4, (100, 200), Behavior::nostart(), trace);
    let trace = "0 start 10 web:2; 30 failed web:2; 30 completed web:1";
    let bed = check(10, (100, 200), Behavior::nostart(), trace);
    let view = bed.engine.view();
    let failed = view.record(bed.service_row("web").records[0]).target;
    assert_eq!(view.deployment(failed).failures, 10);
}

#[test]
fn w69_a_single_task_that_never_starts_waits_for_the_throttle() {
    check(
        1,
        (100, 200),
        Behavior::nostart(),
        "0 start 1 web:2; 60 start 1 web:2; 120 start 1 web:2; 150 failed web:2; \
         150 completed web:1",
    );
}

#[test]
fn w70_tasks_that_crash_are_not_throttled() {
    check(
        2,
        (100, 200),
        Behavior::crash(),
        "0 start 2 web:2; 40 start 2 web:2; 80 failed web:2; 80 completed web:1",
    );
}

#[test]
fn w71_without_rollback_the_old_revision_stays() {
    let no_rollback = breaker(json!({ "rollback": false }));
    let mut bed = bad(2, (100, 200), no_rollback, Behavior::crash());
    let first = bed.tasks_of("web")[0];
    bed.at(100).exit(first);
    bed.run_until(2000);
    assert_eq!(
        bed.trace("web"),
        "0 start 2 web:2; 40 start 2 web:2; 80 failed web:2; 100 start 1 web:1"
    );
    assert_eq!(bed.deployments("web"), ["ACTIVE COMPLETED web:1 2", "PRIMARY FAILED web:2 0"]);
    assert_eq!(bed.records("web"), ["STOPPED"]);
    assert_eq!(bed.counts("web").healthy, 2);
    assert!(bed.messages_with("web", "steady state").is_empty());
}

#[test]
fn w73_a_count_of_one_trips_at_the_first_failure() {
    let one = json!({ "thresholdConfiguration": { "type": "COUNT", "value": 1 } });
    let mut bed = steady_with(50, both(limits(100, 200), breaker(one)));
    let unlucky = Behavior { runs_after: 5, ..Behavior::nostart() };
    bed.behave_in_turn("web:2", vec![unlucky, Behavior::ok()]);
    bed.deploy("web", "web:2");
    bed.run_until(10);
    assert_eq!(
        bed.trace("web"),
        "0 start 50 web:2; 10 failed web:2; 10 stop 49 web:2; 10 completed web:1"
    );
}

/// Two new tasks and a threshold of one: at 40 s one of them is healthy, the other fails to start.
fn one_healthy_and_one_failed_at_40(behaviors: [Behavior; 2]) -> String {
    let one = json!({ "thresholdConfiguration": { "type": "COUNT", "value": 1 } });
    let mut bed = steady_with(2, both(limits(100, 200), breaker(one)));
    bed.behave_in_turn("web:2", behaviors.to_vec());
    bed.deploy("web", "web:2");
    bed.run_until(40);
    bed.trace("web")
}

#[test]
fn changes_of_one_instant_are_weighed_in_the_order_of_their_tasks() {
    let late = Behavior { runs_after: 40, ..Behavior::nostart() };
    let failed_last = one_healthy_and_one_failed_at_40([Behavior::ok(), late.clone()]);
    assert!(failed_last.contains("40 failed web:2"), "{failed_last}");
    let failed_first = one_healthy_and_one_failed_at_40([late, Behavior::ok()]);
    assert!(!failed_first.contains("failed"), "{failed_first}");
}

/// Healthy for a moment between two ticks: the breaker hears of it, the rollout does not.
fn blip() -> Behavior {
    Behavior { healthy_after: Some(12), exits_after: Some(18), ..Behavior::ok() }
}

fn two_bad_one_good(resets: bool) -> Bed {
    let more = json!({ "resetOnHealthyTask": resets });
    let mut bed = steady_with(1, both(limits(100, 200), breaker(more)));
    let turn = [Behavior::crash(), Behavior::crash(), blip()];
    bed.behave_in_turn("web:2", turn.iter().cycle().take(60).cloned().collect());
    bed.deploy("web", "web:2");
    bed.run_until(1500);
    bed
}

#[test]
fn w76_a_healthy_task_now_and_then_keeps_it_from_tripping() {
    let bed = two_bad_one_good(true);
    assert!(!bed.trace("web").contains("failed"), "{}", bed.trace("web"));
    assert!(bed.trace("web").matches("start").count() > 20, "{}", bed.trace("web"));
}

#[test]
fn w77_unless_healthy_tasks_do_not_reset_it() {
    let bed = two_bad_one_good(false);
    assert_eq!(
        bed.trace("web"),
        "0 start 1 web:2; 40 start 1 web:2; 80 start 1 web:2; 130 start 1 web:2; \
         170 failed web:2; 170 completed web:1"
    );
}

#[test]
fn w78_a_raised_desired_count_comes_before_the_breaker_looks() {
    let start = || {
        let mut bed = steady_with(6, both(limits(100, 200), breaker(json!({}))));
        let mut turn = vec![Behavior::nostart(); 3];
        turn.push(Behavior::ok());
        bed.behave_in_turn("web:2", turn);
        bed.deploy("web", "web:2");
        bed
    };
    let mut left_alone = start();
    left_alone.run_until(30);
    assert!(left_alone.trace("web").contains("30 failed web:2"), "{}", left_alone.trace("web"));
    let mut raised = start();
    raised.at(30).update("web", json!({ "desiredCount": 10 }));
    raised.run_until(1000);
    assert!(!raised.trace("web").contains("failed"), "{}", raised.trace("web"));
    assert!(raised.trace("web").ends_with("completed web:2"), "{}", raised.trace("web"));
}

#[test]
fn w79_without_a_breaker_pauses_grow_to_27_minutes() {
    let mut bed = bad(2, (100, 200), json!({}), Behavior::nostart());
    bed.run_until(4700);
    let starts = [0, 60, 120, 450, 1380, 3030, 4680].map(|at| format!("{at} start 2 web:2"));
    assert_eq!(bed.trace("web"), starts.join("; "));
    assert_eq!(
        bed.messages_with("web", "unable"),
        ["150 (service web) is unable to consistently start tasks successfully. For more \
          information, see the Troubleshooting section of the Amazon ECS Developer Guide."]
    );
    assert_eq!(bed.bus("web")[1..], ["150 SERVICE_TASK_START_IMPAIRED"]);
}

#[test]
fn w80_without_a_breaker_unhealthy_tasks_come_and_go_for_ever() {
    let mut bed = bad(4, (100, 200), json!({}), Behavior::unhealthy());
    bed.run_until(9990);
    let turns =
        (0..99).map(|n| format!("{} stop 1 web:2; {} start 1 web:2", 60 + 100 * n, 100 + 100 * n));
    let turns = turns.collect::<Vec<_>>().join("; ");
    assert_eq!(bed.trace("web"), format!("0 start 4 web:2; {turns}; 9960 stop 1 web:2"));
    assert!(bed.messages_with("web", "unable").is_empty());
    assert_eq!(bed.peak_and_low("web").1, 4);
}

/// One task of two runs and is healthy, the other never starts; then the healthy one exits.
fn healthy_once(stop_after_first_healthy: bool) -> Bed {
    let config = EngineConfig {
        launches_per_minute: 1_000_000,
        stop_after_first_healthy,
        ..EngineConfig::default()
    };
    let more = both(limits(100, 200), breaker(json!({})));
    let mut bed = steady_on(Bed::with(config, 0, Behavior::ok()), 2, more);
    let exits_once_healthy = Behavior { exits_after: Some(60), ..Behavior::ok() };
    bed.behave_in_turn("web:2", vec![exits_once_healthy, Behavior::nostart()]);
    bed.deploy("web", "web:2");
    bed
}

#[test]
fn stop_after_first_healthy_remembers_tasks_that_are_gone() {
    let mut bed = healthy_once(true);
    bed.run_until(3600);
    assert!(failures(&bed) > 3);
    assert_eq!(bed.records("web"), ["IN_PROGRESS"]);
    let mut bed = healthy_once(false);
    bed.run_until(3600);
    assert_eq!(bed.records("web"), ["ROLLBACK_SUCCESSFUL"]);
}
