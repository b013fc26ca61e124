//! EC2 Spot interruptions, as far as the control plane decides (04 section 9.2).

use serde_json::{Value, json};

use crate::bed::{Bed, limits};
use crate::draining::given_task;

/// Tasks on an instance that is taken back at 620, after a notice at 500.
fn interrupted(on: &[&str], configuration: Value, drains: bool) -> Bed {
    let mut bed = Bed::instant();
    for name in ["spot", "safe"] {
        bed.instance(name, "a", 4096, 4096);
    }
    bed.plain("web", 128, 128);
    let desired = u32::try_from(on.len()).expect("a handful");
    let service = bed.given_service("web", desired, configuration);
    for name in on {
        given_task(&mut bed, service, name);
    }
    if drains {
        bed.at(501).drain("spot");
    }
    let instance = bed.instance_id("spot");
    bed.at(620).terminate(instance);
    bed
}

#[test]
fn sp_4_without_draining_tasks_run_to_the_end() {
    let mut bed = interrupted(&["spot", "spot", "spot"], limits(100, 200), false);
    let status = |bed: &Bed| bed.engine.view().instance(bed.instance_id("spot")).status.as_str();
    let first = bed.service_row("web").tasks[0];
    assert_eq!(bed.trace("web"), "");
    assert_eq!(bed.stop_of(first), "TerminationNotice: Host EC2 (instance i-spot) terminated.");
    assert_eq!(status(&bed), "INACTIVE");
    bed.run_until(700);
    assert_eq!(bed.trace("web"), "620 start 3 web:1");
}

#[test]
fn sp_5_draining_as_far_as_the_floor_allows() {
    let mut bed = interrupted(&["spot", "spot", "safe", "safe"], limits(50, 200), true);
    bed.run_until(700);
    assert_eq!(bed.trace("web"), "501 stop 2 web:1; 501 start 2 web:1");
    assert_eq!(bed.places_of("web"), "safe, safe, safe, safe");
}

#[test]
fn sp_6_draining_that_cannot_move_anything() {
    let mut bed = interrupted(&["spot", "spot"], limits(100, 100), true);
    assert_eq!(bed.trace("web"), "");
    bed.run_until(700);
    assert_eq!(bed.trace("web"), "620 start 2 web:1");
}

#[test]
fn sp_7_standalone_tasks_are_left_alone() {
    let mut bed = Bed::instant();
    bed.instance("spot", "a", 4096, 4096);
    bed.plain("job", 1, 1);
    let job = bed.run_one("job", json!({}));
    bed.at(501).drain("spot");
    bed.at(619);
    assert_eq!(bed.engine.view().task(job).desired_status.as_str(), "RUNNING");
    let instance = bed.instance_id("spot");
    bed.at(620).terminate(instance);
    assert_eq!(bed.stop_of(job), "TerminationNotice: Host EC2 (instance i-spot) terminated.");
}
