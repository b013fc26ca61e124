//! Rolling updates whose new revision is sound (03 sections 26.1 and 26.2).

use serde_json::{Value, json};
use stowplan_engine::model::TargetState;

use crate::bed::{Bed, Behavior, limits};

/// A steady service of so many tasks with room for everything, and the next revision at hand.
pub(crate) fn steady(desired: u32, minimum: u32, maximum: u32) -> Bed {
    steady_with(desired, limits(minimum, maximum))
}

pub(crate) fn steady_with(desired: u32, more: Value) -> Bed {
    steady_on(Bed::profile_p(), desired, more)
}

/// The same on a bed of one's own.
pub(crate) fn steady_on(mut bed: Bed, desired: u32, more: Value) -> Bed {
    bed.instance("big", "a", 4_000_000, 4_000_000);
    bed.checked("web", 128, 128);
    bed.service("web", desired, more);
    bed.checked("web", 128, 128);
    bed
}

/// Deploys at time 0 and looks at the whole course of it.
fn check(desired: u32, (minimum, maximum): (u32, u32), trace: &str, peak: u32, low: u32) {
    let mut bed = steady(desired, minimum, maximum);
    bed.deploy("web", "web:2");
    bed.run_until(1000);
    let what = format!("{desired}, {minimum}/{maximum}");
    assert_eq!(bed.trace("web"), trace, "{what}");
    assert_eq!(bed.peak_and_low("web"), (peak, low), "{what}");
}

/// Waves of equal starts and stops, by the pass: `(0, 0, 1)` starts 1 at 0 and stops none.
fn waves(entries: &[(i64, u32, u32)], done: i64) -> String {
    let mut trace = Vec::new();
    for &(at, stop, start) in entries {
        if stop > 0 {
            trace.push(format!("{at} stop {stop} web:1"));
        }
        if start > 0 {
            trace.push(format!("{at} start {start} web:2"));
        }
    }
    trace.push(format!("{done} completed web:2"));
    trace.join("; ")
}

#[test]
fn w1_w2_w3_w5_w6_w7_w8_w9_limits_round_towards_the_desired_count() {
    let cases = [
        (4, (50, 200), (2, 8)),
        (3, (50, 100), (2, 3)),
        (1, (1, 199), (1, 1)),
        (5000, (100, 200), (5000, 10_000)),
        (3, (67, 134), (3, 4)),
        (10, (95, 105), (10, 10)),
        (20, (95, 105), (19, 21)),
        (4, (75, 100), (3, 4)),
    ];
    for (desired, (minimum, maximum), expected) in cases {
        let mut bed = Bed::profile_p();
        bed.checked("web", 1, 1);
        bed.given_service("web", desired, limits(minimum, maximum));
        let row = bed.service_row("web");
        let what = format!("{desired}, {minimum}/{maximum}");
        assert_eq!((row.lower_limit(), row.upper_limit()), expected, "{what}");
    }
}

#[test]
fn w3_w7_limits_that_meet_at_the_desired_count_block() {
    check(1, (1, 199), "", 1, 1);
    check(10, (95, 105), "", 10, 10);
}

#[test]
fn w4_without_tasks_a_deployment_completes_in_its_first_pass() {
    let mut bed = steady(0, 100, 200);
    bed.deploy("web", "web:2");
    bed.run_until(0);
    assert_eq!(bed.trace("web"), "0 completed web:2");
    assert_eq!(bed.messages_with("web", "started").len(), 0);
    assert_eq!(bed.messages_with("web", "stopped").len(), 0);
}

#[test]
fn w10_a_daemon_has_the_defaults_of_the_api() {
    let mut bed = Bed::profile_p();
    for name in ["i1", "i2", "i3"] {
        bed.instance(name, "a", 1024, 1024);
    }
    bed.checked("web", 128, 128);
    bed.service("web", 0, json!({ "schedulingStrategy": "DAEMON" }));
    let row = bed.service_row("web");
    assert_eq!((row.desired, row.lower_limit(), row.upper_limit()), (3, 0, 3));
    let bounds = row.settings.bounds;
    assert_eq!((bounds.minimum_healthy.0, bounds.maximum.0), (0, 100));
}

#[test]
fn w11_w12_the_smallest_services_that_can_move() {
    let smallest = |minimum, maximum| {
        (1..100).find(|&desired| {
            let bed = steady(desired, minimum, maximum);
            let row = bed.service_row("web");
            row.lower_limit() < desired || row.upper_limit() > desired
        })
    };
    assert_eq!(smallest(90, 110), Some(10));
    assert_eq!(smallest(100, 125), Some(4));
    let nine = steady(9, 90, 110);
    let row = nine.service_row("web");
    assert_eq!((row.lower_limit(), row.upper_limit()), (9, 9));
}

#[test]
fn w13_surge_then_stop() {
    check(4, (100, 200), "0 start 4 web:2; 40 stop 4 web:1; 80 completed web:2", 8, 4);
}

#[test]
fn w14_in_halves_without_a_surge() {
    check(4, (50, 100), &waves(&[(0, 2, 0), (40, 0, 2), (80, 2, 0), (120, 0, 2)], 160), 4, 2);
}

#[test]
fn w15_one_more_at_a_time() {
    let each: Vec<_> = (0..4).flat_map(|n| [(80 * n, 0, 1), (80 * n + 40, 1, 0)]).collect();
    check(4, (100, 125), &waves(&each, 320), 5, 4);
}

#[test]
fn w16_w17_w18_stuck_by_rounding() {
    for (desired, minimum, maximum) in [(3, 100, 125), (2, 75, 100), (1, 100, 150)] {
        let mut bed = steady(desired, minimum, maximum);
        bed.deploy("web", "web:2");
        bed.run_until(3600);
        assert_eq!(bed.trace("web"), "");
        assert_eq!(bed.peak_and_low("web"), (desired, desired));
        let stuck = "0 (service web) was unable to stop or start tasks during a deployment because \
                     of the service deployment configuration. Update the minimumHealthyPercent or \
                     maximumPercent value and try again.";
        assert_eq!(bed.messages("web"), [stuck]);
        let listed = [
            format!("ACTIVE COMPLETED web:1 {desired}"),
            format!("PRIMARY IN_PROGRESS web:2 {desired}"),
        ];
        assert_eq!(bed.deployments("web"), listed);
    }
}

#[test]
fn w16_says_again_that_it_is_stuck_after_six_hours() {
    let mut bed = steady(3, 100, 125);
    bed.deploy("web", "web:2");
    bed.run_until(21_590);
    assert_eq!(bed.messages_with("web", "was unable to stop or start").len(), 1);
    bed.run_until(21_600);
    assert_eq!(bed.messages_with("web", "was unable to stop or start").len(), 2);
}

#[test]
fn w19_a_single_task_without_a_gap() {
    check(1, (100, 200), &waves(&[(0, 0, 1), (40, 1, 0)], 80), 2, 1);
}

#[test]
fn w20_a_single_task_with_a_gap() {
    check(1, (0, 100), &waves(&[(0, 1, 0), (40, 0, 1)], 80), 1, 0);
}

#[test]
fn w21_half_down_all_up() {
    check(6, (50, 200), &waves(&[(0, 3, 6), (40, 3, 0)], 80), 12, 3);
}

#[test]
fn w22_one_down_one_up() {
    let each: Vec<_> = (0..10).map(|n| (40 * n, 1, 1)).collect();
    check(10, (90, 110), &waves(&each, 400), 11, 9);
}

#[test]
fn w23_two_down_two_up() {
    check(5, (60, 150), &waves(&[(0, 2, 2), (40, 2, 2), (80, 1, 1)], 120), 7, 3);
}

#[test]
fn w24_three_more_at_a_time() {
    let each = [(0, 0, 3), (40, 3, 0), (80, 0, 3), (120, 3, 0), (160, 0, 3), (200, 3, 0)];
    let last = [(240, 0, 1), (280, 1, 0)];
    check(10, (100, 130), &waves(&[&each[..], &last[..]].concat(), 320), 13, 10);
}

#[test]
fn w25_two_down_two_up_of_seven() {
    let each = [(0, 2, 2), (40, 2, 2), (80, 2, 2), (120, 1, 1)];
    check(7, (66, 133), &waves(&each, 160), 9, 5);
}

#[test]
fn w26_one_by_one_without_a_surge() {
    let each: Vec<_> = (0..3).flat_map(|n| [(80 * n, 1, 0), (80 * n + 40, 0, 1)]).collect();
    check(3, (34, 100), &waves(&each, 240), 3, 2);
}

#[test]
fn w27_all_down_then_all_up() {
    check(5, (0, 100), &waves(&[(0, 5, 0), (40, 0, 5)], 80), 5, 0);
}

#[test]
fn w28_all_at_once() {
    check(5, (0, 200), &waves(&[(0, 5, 5)], 40), 10, 0);
}

#[test]
fn w29_more_room_than_needed_changes_nothing() {
    check(4, (100, 300), &waves(&[(0, 0, 4), (40, 4, 0)], 80), 8, 4);
}

#[test]
fn w30_half_more_at_a_time() {
    let each = [(0, 0, 3), (40, 3, 0), (80, 0, 3), (120, 3, 0)];
    check(6, (100, 150), &waves(&each, 160), 9, 6);
}

#[test]
fn w31_one_down_one_up_of_four() {
    check(4, (75, 125), &waves(&[(0, 1, 1), (40, 1, 1), (80, 1, 1), (120, 1, 1)], 160), 5, 3);
}

#[test]
fn w32_two_by_two_without_a_surge() {
    let each = [(0, 2, 0), (40, 0, 2), (80, 2, 0), (120, 0, 2), (160, 1, 0), (200, 0, 1)];
    check(5, (50, 100), &waves(&each, 240), 5, 3);
}

#[test]
fn w33_a_forced_deployment_of_the_same_revision() {
    let mut bed = Bed::profile_p();
    bed.instance("big", "a", 4_000_000, 4_000_000);
    bed.checked("web", 128, 128);
    bed.service("web", 4, limits(100, 200));
    bed.update("web", json!({ "forceNewDeployment": true }));
    bed.run_until(79);
    let listed = ["ACTIVE COMPLETED web:1 0", "PRIMARY IN_PROGRESS web:1 4"];
    assert_eq!(bed.deployments("web"), listed);
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 start 4 web:1; 40 stop 4 web:1; 80 completed web:1");
    assert_eq!(bed.peak_and_low("web"), (8, 4));
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:1 4"]);
}

#[test]
fn w34_without_any_signal_a_task_is_healthy_forty_seconds_after_running() {
    let mut bed = Bed::profile_p();
    bed.instance("big", "a", 4_000_000, 4_000_000);
    bed.plain("web", 128, 128);
    bed.service("web", 2, limits(100, 200));
    bed.plain("web", 128, 128);
    bed.deploy("web", "web:2");
    bed.run_until(69);
    assert_eq!(bed.counts("web").healthy, 2);
    bed.run_until(500);
    assert_eq!(bed.trace("web"), "0 start 2 web:2; 70 stop 2 web:1; 110 completed web:2");
}

#[test]
fn w34_a_process_that_dies_before_it_counted_never_counted() {
    let mut bed = Bed::profile_p();
    bed.instance("big", "a", 4_000_000, 4_000_000);
    bed.plain("web", 128, 128);
    bed.service("web", 2, limits(100, 200));
    bed.plain("web", 128, 128);
    bed.behave("web:2", Behavior { exits_after: Some(35), ..Behavior::ok() });
    bed.deploy("web", "web:2");
    bed.run_until(65);
    assert_eq!(bed.trace("web"), "0 start 2 web:2");
    assert_eq!(bed.peak_and_low("web"), (4, 2));
    let failures = bed.engine.view().deployment(bed.primary("web")).failures;
    assert_eq!(failures, 0, "what happened at 65 is weighed by the pass at 70");
    bed.run_until(70);
    assert_eq!(bed.engine.view().deployment(bed.primary("web")).failures, 2);
}

/// W35: a load balancer, probes every 30 s, 40 s to RUNNING, 5 s from SIGTERM to the exit.
fn behind_a_load_balancer(delay: u64) -> Bed {
    let mut bed = Bed::profile_p();
    bed.instance("big", "a", 4_000_000, 4_000_000);
    let ports = json!({ "portMappings": [{ "containerPort": 80 }] });
    bed.define("web", 128, 128, ports.clone());
    let behavior = Behavior {
        runs_after: 40,
        stops_after: 5,
        targets: vec![(30, TargetState::Healthy)],
        target_delay: delay,
        ..Behavior::ok()
    };
    bed.behave("web:1", behavior.clone());
    bed.behave("web:2", behavior);
    let balancer = json!({
        "loadBalancers": [{ "targetGroupArn": "tg", "containerName": "app", "containerPort": 80 }]
    });
    bed.service("web", 2, balancer);
    bed.define("web", 128, 128, ports);
    bed
}

#[test]
fn w35_the_whole_deregistration_delay_passes_before_sigterm() {
    let mut bed = behind_a_load_balancer(300);
    bed.deploy("web", "web:2");
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 start 2 web:2; 70 stop 2 web:1; 390 completed web:2");
    let mut bed = behind_a_load_balancer(30);
    bed.deploy("web", "web:2");
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 start 2 web:2; 70 stop 2 web:1; 120 completed web:2");
}
