//! Rolling updates on one instance with room for `N` tasks (03 section 26.3).

use serde_json::{Value, json};

use crate::bed::{Bed, both, limits};

fn room_for(tasks: u32, desired: u32, more: Value) -> Bed {
    let mut bed = Bed::profile_p();
    bed.instance("i1", "a", 100 * tasks, 100 * tasks);
    bed.checked("web", 100, 100);
    bed.service("web", desired, more);
    bed.checked("web", 100, 100);
    bed
}

fn breaker() -> Value {
    json!({ "deploymentConfiguration":
        { "deploymentCircuitBreaker": { "enable": true, "rollback": true } } })
}

#[test]
fn w36_room_for_two_more() {
    let mut bed = room_for(8, 6, limits(100, 200));
    bed.deploy("web", "web:2");
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 2 web:2; 40 stop 2 web:1; 40 start 2 web:2; 120 stop 2 web:1; \
         120 start 2 web:2; 200 stop 2 web:1; 240 completed web:2"
    );
    assert_eq!(bed.peak_and_low("web"), (10, 6));
}

#[test]
fn w37_room_for_two_more_and_half_may_stop() {
    let mut bed = room_for(8, 6, limits(50, 200));
    bed.deploy("web", "web:2");
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 stop 3 web:1; 0 start 5 web:2; 40 stop 2 web:1; 40 start 1 web:2; 80 stop 1 web:1; \
         120 completed web:2"
    );
    assert_eq!(bed.peak_and_low("web"), (11, 3));
}

#[test]
fn w38_room_for_four_more_and_half_may_stop() {
    let mut bed = room_for(10, 6, limits(50, 200));
    bed.deploy("web", "web:2");
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 stop 3 web:1; 0 start 6 web:2; 40 stop 3 web:1; 80 completed web:2"
    );
    assert_eq!(bed.peak_and_low("web"), (12, 3));
}

#[test]
fn w39_no_room_at_all_hangs_with_growing_pauses() {
    let mut bed = room_for(4, 4, limits(100, 200));
    bed.deploy("web", "web:2");
    bed.run_until(6200);
    assert_eq!(bed.trace("web"), "");
    assert_eq!(bed.placement_failures(), [0, 30, 60, 360, 1260, 2880, 4500, 6120]);
    assert_eq!(bed.peak_and_low("web"), (4, 4));
    assert_eq!(bed.deployments("web")[1], "PRIMARY IN_PROGRESS web:2 4");
    let said = bed.messages_with("web", "unable to place");
    assert_eq!(
        said,
        ["0 (service web) was unable to place a task because no container instance met all of \
          its requirements. The closest matching (container-instance i1) has insufficient CPU \
          units available. For more information, see the Troubleshooting section of the Amazon \
          ECS Developer Guide."]
    );
}

#[test]
fn w40_no_room_at_all_trips_the_breaker() {
    let mut bed = room_for(4, 4, both(limits(100, 200), breaker()));
    bed.deploy("web", "web:2");
    let failures = |bed: &Bed| bed.engine.view().deployment(bed.primary("web")).failures;
    bed.run_until(0);
    assert_eq!(failures(&bed), 1);
    bed.run_until(30);
    assert_eq!(failures(&bed), 2);
    bed.run_until(60);
    assert_eq!(failures(&bed), 3);
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "70 failed web:2; 70 completed web:1");
    assert_eq!(bed.peak_and_low("web"), (4, 4));
}

#[test]
fn w41_placement_failures_beside_something_that_moves_do_not_count() {
    let mut bed = room_for(4, 4, both(limits(75, 200), breaker()));
    bed.deploy("web", "web:2");
    for at in (0..320).step_by(10) {
        bed.run_until(at);
        let failures = bed.engine.view().deployment(bed.primary("web")).failures;
        assert_eq!(failures, 0, "at {at}");
    }
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 stop 1 web:1; 0 start 1 web:2; 80 stop 1 web:1; 80 start 1 web:2; 160 stop 1 web:1; \
         160 start 1 web:2; 240 stop 1 web:1; 240 start 1 web:2; 320 completed web:2"
    );
    assert_eq!(bed.peak_and_low("web"), (5, 3));
}

#[test]
fn w42_everything_stops_and_starts_in_one_pass() {
    let mut bed = room_for(2, 2, limits(0, 200));
    bed.deploy("web", "web:2");
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 stop 2 web:1; 0 start 2 web:2; 80 completed web:2");
    assert_eq!(bed.peak_and_low("web"), (4, 0));
}

#[test]
fn w43_room_that_appears_ends_the_pause() {
    let mut bed = room_for(4, 4, limits(100, 200));
    bed.deploy("web", "web:2");
    bed.at(100).join("i2", "a", 200, 200);
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "100 start 2 web:2; 140 stop 2 web:1; 140 start 2 web:2; 220 stop 2 web:1; \
         260 completed web:2"
    );
    assert_eq!(bed.peak_and_low("web"), (8, 4));
}
