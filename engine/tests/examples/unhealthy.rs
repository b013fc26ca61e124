//! Unhealthy tasks of a steady service, and what counts as unhealthy (03 section 26.5).

use serde_json::json;
use stowplan_engine::HealthClass;
use stowplan_engine::model::TargetState;

use crate::bed::{Bed, Behavior, both, limits};
use crate::rolling::steady;

/// The first tasks of a steady service are bad from time 0 on.
fn check(desired: u32, bad: usize, (minimum, maximum): (u32, u32), trace: &str) -> Bed {
    let mut bed = steady(desired, minimum, maximum);
    for task in bed.tasks_of("web").into_iter().take(bad) {
        bed.fall_ill(task);
    }
    bed.run_until(2000);
    assert_eq!(bed.trace("web"), trace, "{desired}, {bad} bad, {minimum}/{maximum}");
    let counts = bed.counts("web");
    assert_eq!((counts.healthy, counts.occupying()), (desired, desired), "all well in the end");
    bed
}

#[test]
fn w53_with_room_the_replacement_comes_first() {
    let bed = check(4, 1, (100, 150), "0 start 1 web:1; 40 stop 1 web:1");
    assert_eq!(bed.peak_and_low("web").0, 5);
}

#[test]
fn w54_without_room_the_bad_task_goes_first() {
    let bed = check(4, 1, (50, 100), "0 stop 1 web:1; 40 start 1 web:1");
    let newest = *bed.tasks_of("web").last().expect("four tasks");
    let first_healthy_by = |seconds| {
        let mut bed = steady(4, 50, 100);
        bed.fall_ill(bed.tasks_of("web")[0]);
        bed.run_until(seconds);
        bed.engine.view().task(newest).was_healthy
    };
    assert!(!first_healthy_by(79) && first_healthy_by(80), "it was healthy from 80 s on");
}

#[test]
fn w55_without_room_one_at_a_time() {
    let trace = "0 stop 1 web:1; 40 start 1 web:1; 80 stop 1 web:1; 120 start 1 web:1; \
                 160 stop 1 web:1; 200 start 1 web:1";
    check(4, 3, (50, 100), trace);
}

#[test]
fn w56_all_bad_with_room_for_half() {
    let trace = "0 start 4 web:1; 40 stop 4 web:1; 80 start 4 web:1; 120 stop 4 web:1";
    let bed = check(8, 8, (100, 150), trace);
    assert_eq!(bed.peak_and_low("web").0, 12);
}

#[test]
fn w57_a_single_task_with_room() {
    check(1, 1, (100, 200), "0 start 1 web:1; 40 stop 1 web:1");
}

#[test]
fn w58_a_single_task_without_room_heals_all_the_same() {
    check(1, 1, (100, 150), "0 stop 1 web:1; 40 start 1 web:1");
}

#[test]
fn w59_one_at_a_time_although_all_may_go() {
    let each = (0..6).map(|n| format!("{} stop 1 web:1; {} start 1 web:1", 80 * n, 80 * n + 40));
    check(6, 6, (0, 100), &each.collect::<Vec<_>>().join("; "));
}

#[test]
fn w60_tasks_that_exited_are_simply_replaced() {
    let mut bed = steady(4, 100, 200);
    let tasks = bed.tasks_of("web");
    bed.at(5).exit(tasks[0]);
    bed.exit(tasks[1]);
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "10 start 2 web:1");
    assert_eq!(
        bed.stop_of(tasks[0]),
        "EssentialContainerExited: Essential container in task exited"
    );
}

/// One task behind a load balancer with a grace period of 120 s, RUNNING at 30.
fn in_grace(states: Vec<(u64, TargetState)>) -> Bed {
    let mut bed = Bed::profile_p();
    bed.instance("big", "a", 4_000_000, 4_000_000);
    bed.define("web", 128, 128, json!({ "portMappings": [{ "containerPort": 80 }] }));
    bed.behave("web:1", Behavior { targets: states, ..Behavior::ok() });
    let service = json!({
        "loadBalancers": [{ "targetGroupArn": "tg", "containerName": "app", "containerPort": 80 }],
        "healthCheckGracePeriodSeconds": 120,
    });
    bed.create("web", 1, both(limits(100, 200), service));
    bed
}

#[test]
fn w61_grace_masks_bad_results() {
    let mut bed = in_grace(vec![(60, TargetState::Unhealthy), (100, TargetState::Healthy)]);
    for at in (0..300).step_by(5) {
        bed.run_until(at);
        let task = bed.tasks_of("web")[0];
        let class = bed.engine.view().health_class(task, bed.engine.now());
        let expected = match at {
            90..130 => HealthClass::FailingInGrace,
            130.. => HealthClass::Healthy,
            _ => HealthClass::Settling,
        };
        assert_eq!(class, expected, "at {at}");
    }
    assert_eq!(bed.trace("web"), "0 start 1 web:1; 130 completed web:1");
}

#[test]
fn w62_grace_does_not_delay_good_results() {
    let mut bed = in_grace(vec![(20, TargetState::Healthy)]);
    bed.run_until(49);
    assert_eq!(bed.counts("web").healthy, 0);
    bed.run_until(50);
    assert_eq!(bed.counts("web").healthy, 1);
    assert_eq!(bed.trace("web"), "0 start 1 web:1; 50 completed web:1");
}

#[test]
fn a_task_that_still_fails_when_its_grace_ends_is_replaced() {
    let mut bed = in_grace(vec![(60, TargetState::Unhealthy)]);
    let first = bed.run_until(0).tasks_of("web")[0];
    bed.run_until(149);
    assert_eq!(bed.trace("web"), "0 start 1 web:1");
    bed.run_until(215);
    assert_eq!(bed.trace("web"), "0 start 1 web:1; 150 start 1 web:1");
    assert_eq!(bed.counts("web").unhealthy, 1, "the replacement is not healthy yet");
    assert_eq!(bed.engine.view().health_class(first, bed.engine.now()), HealthClass::Unhealthy);
}
