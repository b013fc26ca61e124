//! Alarms, bake time and early success criteria (03 section 26.11).

use serde_json::{Value, json};
use stowplan_engine::model::AlarmState;

use crate::bed::{Bed, Behavior, both, limits};
use crate::rolling::steady_with;

fn configuration(more: Value) -> Value {
    json!({ "deploymentConfiguration": more })
}

fn watched(rollback: bool) -> Value {
    let alarms = json!({ "alarmNames": ["A"], "enable": true, "rollback": rollback });
    both(limits(100, 200), configuration(json!({ "alarms": alarms })))
}

/// Four tasks under the watch of an alarm that looks at two minutes; a deployment at time 0.
fn deployed_under_watch(rollback: bool, state: AlarmState) -> Bed {
    let mut bed = steady_with(4, watched(rollback));
    bed.alarm("A", 60, 2, state);
    bed.deploy("web", "web:2");
    bed
}

#[test]
fn w121_alarms_make_a_deployment_bake() {
    let mut bed = deployed_under_watch(true, AlarmState::Ok);
    bed.run_until(199);
    assert_eq!(bed.records("web"), ["IN_PROGRESS"]);
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 start 4 web:2; 40 stop 4 web:1; 200 completed web:2");
}

#[test]
fn w121_an_alarm_in_the_bake_rolls_back() {
    let mut bed = deployed_under_watch(true, AlarmState::Ok);
    bed.at(150).set_alarm("A", AlarmState::Alarm);
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 4 web:2; 40 stop 4 web:1; 150 failed web:2; 150 start 4 web:1; \
         190 stop 4 web:2; 230 completed web:1"
    );
    assert_eq!(bed.records("web"), ["ROLLBACK_SUCCESSFUL"]);
    let old = "ecs-svc/0000000000000000001";
    let new = "ecs-svc/0000000000000000002";
    assert_eq!(
        bed.messages_with("web", "deployment ecs"),
        [
            format!("150 (service web) (deployment {new}) deployment failed: alarm detected."),
            format!("150 (service web) rolling back to deployment {old}."),
            format!("230 (service web) (deployment {old}) deployment completed."),
        ]
    );
    let view = bed.engine.view();
    let record = view.record(bed.service_row("web").records[0]);
    let rollback = record.rollback.as_ref().expect("it was rolled back");
    assert_eq!(&*rollback.reason, "Service deployment rolled back because of alarm.");
    assert_eq!(record.triggered_alarms.as_ref(), [Box::from("A")]);
}

#[test]
fn an_alarm_without_rollback_leaves_both_revisions() {
    let mut bed = deployed_under_watch(false, AlarmState::Ok);
    bed.at(20).set_alarm("A", AlarmState::Alarm);
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 start 4 web:2; 30 failed web:2");
    assert_eq!(bed.records("web"), ["STOPPED"]);
    assert_eq!(bed.counts("web").running, 8);
}

#[test]
fn an_alarm_before_the_first_running_task_waits_for_it() {
    let mut bed = deployed_under_watch(true, AlarmState::Ok);
    bed.at(5).set_alarm("A", AlarmState::Alarm);
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 4 web:2; 30 failed web:2; 40 stop 4 web:2; 80 completed web:1"
    );
}

#[test]
fn w122_an_alarm_from_the_start_is_ignored() {
    let mut bed = deployed_under_watch(true, AlarmState::Alarm);
    bed.at(100).set_alarm("A", AlarmState::Ok);
    bed.at(150).set_alarm("A", AlarmState::Alarm);
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 start 4 web:2; 40 stop 4 web:1; 200 completed web:2");
    assert_eq!(bed.records("web"), ["SUCCESSFUL"]);
}

#[test]
fn a_given_bake_time_goes_before_the_derived_one() {
    let bake = configuration(json!({ "bakeTimeInMinutes": 1 }));
    let mut bed = steady_with(4, both(watched(true), bake));
    bed.alarm("A", 60, 2, AlarmState::Ok);
    bed.deploy("web", "web:2");
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 start 4 web:2; 40 stop 4 web:1; 140 completed web:2");
}

/// Ten tasks of which two of the new revision take until 200 s.
fn slow_deployment(cleanup: &str) -> Bed {
    let criteria = json!({
        "enable": true, "healthyPercent": 80, "sourceServiceRevisionCleanup": cleanup,
    });
    let more = configuration(json!({ "earlySuccessCriteria": criteria }));
    let mut bed = steady_with(10, both(limits(100, 200), more));
    let slow = Behavior { healthy_after: Some(170), ..Behavior::ok() };
    let mut behaviors = vec![Behavior::ok(); 8];
    behaviors.extend([slow.clone(), slow]);
    bed.behave_in_turn("web:2", behaviors);
    bed.deploy("web", "web:2");
    bed
}

#[test]
fn w119_early_success_leaves_the_rest_for_later() {
    let mut bed = slow_deployment("DEFERRED");
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 10 web:2; 40 stop 8 web:1; 40 completed web:2; 200 stop 2 web:1"
    );
    assert_eq!(bed.records("web"), ["SUCCESSFUL"]);
    assert_eq!(
        bed.messages_with("web", "steady"),
        ["240 (service web) has reached a steady state."]
    );
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:2 10"]);
    assert_eq!(bed.peak_and_low("web").1, 10);
}

#[test]
fn w120_early_success_that_waits_for_the_old_revision() {
    let mut bed = slow_deployment("BLOCKING");
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 10 web:2; 40 stop 8 web:1; 200 stop 2 web:1; 240 completed web:2"
    );
}

#[test]
fn early_success_criteria_are_checked() {
    let mut bed = steady_with(4, limits(50, 200));
    let mut refusal = |criteria: Value| {
        let more = configuration(json!({ "earlySuccessCriteria": criteria }));
        bed.refused("updateService", both(json!({ "service": "web" }), more))
    };
    let invalid = |text: &str| format!("InvalidParameterException: {text}");
    assert_eq!(
        refusal(json!({ "enable": true })),
        invalid("healthyPercent is required when earlySuccessCriteria is enabled.")
    );
    let range = invalid("healthyPercent must be between minimumHealthyPercent and 100.");
    for percent in [49, 101] {
        let criteria = json!({ "enable": true, "healthyPercent": percent,
            "sourceServiceRevisionCleanup": "BLOCKING" });
        assert_eq!(refusal(criteria), range);
    }
}
