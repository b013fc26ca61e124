//! Changes in the middle of a deployment (03 section 26.4).

use serde_json::json;

use crate::bed::{Bed, Behavior, both, limits};
use crate::rolling::steady;

#[test]
fn w44_a_second_deployment_while_the_first_is_pending() {
    let mut bed = steady(4, 100, 200);
    bed.checked("web", 128, 128);
    bed.deploy("web", "web:2");
    bed.at(20).deploy("web", "web:3");
    bed.run_until(20);
    assert_eq!(bed.records("web"), ["STOPPED", "IN_PROGRESS"]);
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 4 web:2; 20 stop 4 web:2; 20 start 4 web:3; 60 stop 4 web:1; 100 completed web:3"
    );
    assert_eq!(bed.records("web"), ["STOPPED", "SUCCESSFUL"]);
    assert_eq!(bed.messages_with("web", "pending"), ["20 (service web) stopped 4 pending tasks."]);
    assert_eq!(bed.peak_and_low("web").0, 8);
}

#[test]
fn w45_a_second_deployment_while_the_first_half_runs() {
    let mut bed = steady(4, 100, 150);
    bed.checked("web", 128, 128);
    bed.deploy("web", "web:2");
    bed.at(90).deploy("web", "web:3");
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 2 web:2; 40 stop 2 web:1; 80 start 2 web:2; 90 stop 2 web:2; 90 start 2 web:3; \
         130 stop 2 web:2; 170 start 2 web:3; 210 stop 2 web:1; 250 completed web:3"
    );
    assert_eq!(bed.peak_and_low("web"), (6, 4));
}

#[test]
fn w45a_reports_come_before_calls() {
    let mut bed = steady(4, 100, 200);
    bed.checked("web", 128, 128);
    bed.deploy("web", "web:2");
    bed.at(30).deploy("web", "web:3");
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 4 web:2; 30 stop 4 web:2; 70 start 4 web:3; 110 stop 4 web:1; 150 completed web:3"
    );
}

#[test]
fn w46_two_deployments_in_a_row() {
    let mut bed = steady(2, 100, 200);
    bed.checked("web", 128, 128);
    bed.checked("web", 128, 128);
    bed.deploy("web", "web:2");
    bed.at(10).deploy("web", "web:3");
    bed.at(20).deploy("web", "web:4");
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 2 web:2; 10 stop 2 web:2; 10 start 2 web:3; 20 stop 2 web:3; 20 start 2 web:4; \
         60 stop 2 web:1; 100 completed web:4"
    );
    assert_eq!(bed.peak_and_low("web").0, 4);
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:4 2"]);
}

#[test]
fn w47_scale_out_grows_both_revisions() {
    let mut bed = steady(4, 100, 150);
    bed.deploy("web", "web:2");
    bed.at(50).update("web", json!({ "desiredCount": 8 }));
    let listed = ["ACTIVE COMPLETED web:1 4", "PRIMARY IN_PROGRESS web:2 8"];
    assert_eq!(bed.deployments("web"), listed);
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 2 web:2; 40 stop 2 web:1; 50 start 2 web:1; 50 start 4 web:2; 80 start 2 web:2; \
         90 stop 2 web:1; 120 stop 2 web:1; 160 completed web:2"
    );
    assert_eq!(bed.peak_and_low("web").0, 12);
}

#[test]
fn w48_scale_in_takes_the_old_revision() {
    let mut bed = steady(4, 100, 150);
    bed.deploy("web", "web:2");
    bed.at(50).update("web", json!({ "desiredCount": 2 }));
    let listed = ["ACTIVE COMPLETED web:1 1", "PRIMARY IN_PROGRESS web:2 2"];
    assert_eq!(bed.deployments("web"), listed);
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 2 web:2; 40 stop 2 web:1; 50 stop 2 web:1; 90 completed web:2"
    );
}

#[test]
fn w49_scale_to_zero_in_one_pass() {
    let mut bed = steady(3, 100, 200);
    bed.update("web", json!({ "desiredCount": 0 }));
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 stop 3 web:1");
    let task = Bed::task_text;
    assert_eq!(
        bed.messages("web"),
        [
            format!(
                "0 (service web) has stopped 3 running tasks: {} {} {}.",
                task(1),
                task(2),
                task(3)
            ),
            "0 (service web) has reached a steady state.".to_owned(),
        ]
    );
    assert_eq!(bed.counts("web").occupying(), 0);
}

#[test]
fn w50_an_old_task_that_dies_is_replaced_by_an_old_one() {
    let mut bed = steady(4, 100, 125);
    bed.deploy("web", "web:2");
    let first = bed.tasks_of("web")[0];
    bed.at(10).exit(first);
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 1 web:2; 10 start 1 web:1; 40 stop 1 web:1; 80 start 1 web:2; 120 stop 1 web:1; \
         160 start 1 web:2; 200 stop 1 web:1; 240 start 1 web:2; 280 stop 1 web:1; \
         320 completed web:2"
    );
    assert_eq!(bed.peak_and_low("web").1, 3);
}

#[test]
fn w51_an_old_task_that_turns_unhealthy() {
    let mut bed = steady(4, 100, 200);
    bed.deploy("web", "web:2");
    let first = bed.tasks_of("web")[0];
    bed.at(10).fall_ill(first);
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 4 web:2; 30 stop 1 web:1; 40 stop 3 web:1; 80 completed web:2"
    );
    assert_eq!(
        bed.stop_of(first),
        "ServiceSchedulerInitiated: Task failed container health checks"
    );
}

#[test]
fn w52_nothing_to_roll_back_to() {
    let mut bed = Bed::profile_p();
    bed.instance("big", "a", 4_000_000, 4_000_000);
    bed.checked("web", 128, 128);
    bed.behave("web:1", Behavior::nostart());
    let breaker = json!({ "deploymentConfiguration":
        { "deploymentCircuitBreaker": { "enable": true, "rollback": true } } });
    bed.create("web", 2, both(limits(100, 200), breaker));
    bed.run_until(30);
    assert_eq!(bed.engine.view().deployment(bed.primary("web")).failures, 2);
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 start 2 web:1; 60 start 2 web:1; 90 failed web:1");
    assert_eq!(bed.deployments("web"), ["PRIMARY FAILED web:1 0"]);
    assert_eq!(bed.records("web"), ["ROLLBACK_FAILED"]);
    let view = bed.engine.view();
    let record = view.record(bed.service_row("web").records[0]);
    let reason = record.status_reason.as_deref();
    assert_eq!(reason, Some("No rollback candidate was found to run the rollback."));
    assert_eq!(bed.counts("web").occupying(), 0);
}
