//! The log of inputs is the run: the same inputs give the same outputs and the same state, from
//! the start or from any snapshot.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
mod bed;

use bed::{Bed, Behavior, both, limits, strategy};
use serde_json::json;
use stowplan_engine::Engine;
use stowplan_engine::api::{EngineConfig, Input, Output, TieBreak};
use stowplan_engine::model::Time;

const SEED: u64 = 42;

fn config() -> EngineConfig {
    EngineConfig { tie_break: TieBreak::Seeded, ..EngineConfig::default() }
}

/// A run with something of everything in it: placements by lot, a rollback, draining, scaling,
/// protection, a daemon, an instance that joins and one that is lost.
fn eventful() -> Bed {
    let mut bed = Bed::with(config(), SEED, Behavior::ok());
    for (name, zone) in [("A", "a"), ("B", "b"), ("C", "c"), ("D", "a")] {
        bed.instance(name, zone, 2048, 4096);
    }
    bed.checked("web", 256, 256);
    let breaker = json!({ "deploymentConfiguration":
        { "deploymentCircuitBreaker": { "enable": true, "rollback": true } } });
    bed.service("web", 6, both(limits(50, 150), breaker));
    bed.checked("web", 256, 256);
    bed.checked("web", 256, 300);
    bed.plain("log", 64, 64);
    bed.service("log", 0, json!({ "schedulingStrategy": "DAEMON" }));
    bed.plain("job", 128, 128);
    bed.behave_in_turn("web:2", vec![Behavior::crash(), Behavior::unhealthy(), Behavior::ok()]);
    bed.run_task("job", 5, json!({}));
    bed.deploy("web", "web:2");
    bed.at(37).drain("B");
    bed.at(95).update("web", json!({ "desiredCount": 9 }));
    bed.at(130).join("E", "b", 2048, 4096);
    bed.at(200).deploy("web", "web:3");
    bed.run_task("job", 3, strategy(&["spread az", "random"]));
    let name = bed.engine.view().task_name(bed.tasks_of("web")[0]);
    let protect = json!({ "tasks": [name], "protectionEnabled": true, "expiresInMinutes": 3 });
    bed.must("updateTaskProtection", protect);
    let lost = bed.instance_id("A");
    bed.at(301).terminate(lost);
    bed.at(420).update("web", json!({ "desiredCount": 2 }));
    bed.run_until(900);
    bed
}

/// Feeds a log to an engine, and answers with what came out.
fn feed(engine: &mut Engine, inputs: &[(Time, Input)]) -> Vec<Output> {
    let mut outputs = Vec::new();
    for (now, input) in inputs {
        let _ = engine.step(*now, input.clone());
        outputs.extend(std::iter::from_fn(|| engine.poll_output()));
    }
    outputs
}

#[test]
fn the_same_inputs_give_the_same_outputs_and_the_same_state() {
    let bed = eventful();
    assert!(bed.inputs.len() > 150, "{} inputs are too few to mean much", bed.inputs.len());
    let mut again = Engine::new(config(), SEED).expect("a sound configuration");
    assert_eq!(feed(&mut again, &bed.inputs), bed.outputs);
    assert_eq!(again.state_hash(), bed.engine.state_hash());
    assert_eq!(eventful().transcript(), bed.transcript());
}

#[test]
fn a_snapshot_after_any_input_goes_on_as_if_nothing_had_happened() {
    let bed = eventful();
    let mut straight = Engine::new(config(), SEED).expect("a sound configuration");
    let mut produced = 0;
    for (k, input) in bed.inputs.iter().enumerate() {
        produced += feed(&mut straight, std::slice::from_ref(input)).len();
        let mut restored = Engine::restore(straight.snapshot());
        assert_eq!(restored, straight, "restored after input {k}");
        let rest = feed(&mut restored, &bed.inputs[k + 1..]);
        assert_eq!(rest, bed.outputs[produced..], "outputs after input {k}");
        assert_eq!(restored.state_hash(), bed.engine.state_hash(), "state after input {k}");
    }
}

#[test]
fn another_seed_gives_another_run() {
    let bed = eventful();
    let mut other = Engine::new(config(), SEED + 1).expect("a sound configuration");
    feed(&mut other, &bed.inputs);
    assert_ne!(other.state_hash(), bed.engine.state_hash());
}

#[test]
fn looking_and_waking_early_change_no_decision() {
    let bed = eventful();
    let mut nervous = Engine::new(config(), SEED).expect("a sound configuration");
    let mut outputs = Vec::new();
    for (now, input) in &bed.inputs {
        let _ = nervous.view().services().count();
        let _ = nervous.poll_timeout();
        let _ = nervous.snapshot();
        outputs.extend(feed(&mut nervous, &[(*now, input.clone())]));
    }
    assert_eq!(outputs, bed.outputs);
    assert_eq!(nervous.state_hash(), bed.engine.state_hash());
}
