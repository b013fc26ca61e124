//! Every transition of a rollout, by runs that bring it about (03 sections 5.3 and 10.1).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stowplan_engine::api::{EventKind, Output};
use stowplan_engine::model::{AlarmState, DeploymentId, HookAnswer, RolloutReason, RolloutState};

use crate::bed::{Bed, Behavior, both, limits};
use crate::listing::{Listed, compare};

const TABLE: &str = include_str!("rollout.txt");

/// Runs that show them.
const RUNS: &[fn() -> Bed] = &[completes, breaks, alarms, fails_at_a_stage, is_stopped];

const NEVER: &[(&str, &str, &str)] =
    &[("COMPLETED", "Repromoted", "what is COMPLETED has completed before")];

fn bed(more: Value) -> Bed {
    let mut bed = Bed::profile_p();
    bed.instance("big", "a", 4_000_000, 4_000_000);
    bed.alarm("errors", 60, 1, AlarmState::Ok);
    bed.checked("web", 128, 128);
    bed.service("web", 2, more);
    bed.checked("web", 128, 128);
    bed
}

fn completes() -> Bed {
    let mut bed = bed(limits(100, 200));
    bed.deploy("web", "web:2");
    bed.run_until(300);
    bed
}

fn breaks() -> Bed {
    let breaker = json!({ "deploymentConfiguration": { "minimumHealthyPercent": 100,
        "maximumPercent": 200,
        "deploymentCircuitBreaker": { "enable": true, "rollback": true } } });
    let mut bed = bed(breaker);
    bed.behave("web:2", Behavior::crash());
    bed.deploy("web", "web:2");
    bed.run_until(300);
    bed
}

fn alarms() -> Bed {
    let alarms = json!({ "deploymentConfiguration": { "alarms":
        { "alarmNames": ["errors"], "enable": true, "rollback": true } } });
    let mut bed = bed(both(limits(100, 200), alarms));
    bed.deploy("web", "web:2");
    bed.at(50).set_alarm("errors", AlarmState::Alarm);
    bed.run_until(300);
    bed
}

fn fails_at_a_stage() -> Bed {
    let hook = json!([{ "hookTargetArn": "bad", "roleArn": "r",
        "lifecycleStages": ["POST_SCALE_UP"] }]);
    let mut bed = bed(json!({ "deploymentConfiguration":
        { "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1, "lifecycleHooks": hook } }));
    bed.function("bad", &[(0, HookAnswer::Failed)]);
    bed.deploy("web", "web:2");
    bed.run_until(300);
    bed
}

fn is_stopped() -> Bed {
    let mut bed = bed(limits(100, 200));
    bed.deploy("web", "web:2");
    bed.at(20);
    let record = *bed.service_row("web").records.last().expect("it was deployed");
    let arn = bed.engine.view().service_deployment_arn(record);
    bed.must("stopServiceDeployment", json!({ "serviceDeploymentArn": arn }));
    bed.run_until(300);
    bed
}

/// The transitions of a run; the signal is what the engine gives as the reason.
fn transitions(bed: &Bed) -> Vec<Listed> {
    let mut seen: Vec<(DeploymentId, RolloutState)> = Vec::new();
    let mut transitions = Vec::new();
    for output in &bed.outputs {
        let Output::Event(event) = output else { continue };
        let EventKind::Rollout(deployment, to) = event.kind else { continue };
        let own: Vec<RolloutState> =
            seen.iter().filter(|it| it.0 == deployment).map(|it| it.1).collect();
        seen.push((deployment, to));
        // The first deployment of the run was complete at time 0, any other begins with this.
        let given = deployment == DeploymentId::new(0);
        let begun = if given { RolloutState::Completed } else { RolloutState::InProgress };
        let from = own.last().copied().unwrap_or(begun);
        let completed = given || own.contains(&RolloutState::Completed);
        let before = if completed { " (completed before)" } else { "" };
        let signal = match (to, bed.engine.view().deployment(deployment).reason) {
            (RolloutState::Completed, _) => "Settled",
            (RolloutState::InProgress, _) => "Repromoted",
            (_, RolloutReason::BreakerTripped) => "BreakerTripped",
            (_, RolloutReason::AlarmDetected) => "AlarmTripped",
            (_, RolloutReason::StageFailed) => "StageFailed",
            (_, RolloutReason::UserStopped) => "UserStopped",
            (_, other) => panic!("{other:?} is no reason to fail"),
        };
        let from = format!("{from}{before}");
        transitions.push(Listed { from, signal: signal.to_owned(), to: to.to_string() });
    }
    transitions
}

#[test]
fn every_transition_of_a_rollout_that_is_listed_is_reached() {
    let reached: BTreeSet<Listed> = RUNS.iter().flat_map(|run| transitions(&run())).collect();
    compare(TABLE, &reached, NEVER);
}
