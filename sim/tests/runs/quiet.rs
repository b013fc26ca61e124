//! The scheduler looks at services that something happened to. The slow twin looks at every service
//! at every tick: a call that changes nothing makes it. Both do the same.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use stowplan_engine::api::Event;
use stowplan_sim::document::Limits;
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::Scenario;

use crate::random;

/// Too small for any task, and only there to be called upon.
fn with_bystander(mut document: Value) -> Value {
    let bystander = json!({ "id": "Z", "cpu": 1, "memory": 1, "availabilityZone": "a" });
    let instances = &mut document["cluster"]["instances"];
    instances.as_array_mut().expect("instances").push(bystander);
    document
}

/// Its state is set to what it is, which concerns every service of the cluster.
fn with_calls_at_every_tick(mut document: Value) -> Value {
    let until = document["until"].as_str().and_then(|until| until.strip_suffix('s')?.parse().ok());
    let until: u32 = until.expect("seconds");
    let timeline = document["timeline"].as_array_mut().expect("entries");
    timeline.extend((10..until).step_by(10).map(|at| {
        json!({ "at": format!("{at}s"), "updateContainerInstancesState": {
            "containerInstances": ["Z"], "status": "ACTIVE" } })
    }));
    document
}

fn log(document: &Value) -> Vec<Event> {
    let text = document.to_string();
    let scenario = Scenario::read(text.as_bytes(), &Limits::default());
    let scenario = scenario.unwrap_or_else(|error| panic!("{error}: {text}"));
    let mut simulation = Simulation::new(&scenario.plan().expect("its parts fit together"))
        .expect("time 0 can be set up");
    simulation.run();
    let calls = simulation.record().calls().len();
    assert!(calls >= document["timeline"].as_array().map_or(0, Vec::len), "every call is made");
    simulation.record().log().iter().cloned().collect()
}

#[test]
fn a_pass_that_nothing_asks_for_does_nothing() {
    let mut runner = TestRunner::new(random::config());
    let held = runner.run(&random::scenario(), |document| {
        let quick = with_bystander(document);
        let slow = with_calls_at_every_tick(quick.clone());
        let (quick, slow) = (log(&quick), log(&slow));
        for (one, other) in quick.iter().zip(&slow) {
            prop_assert_eq!(one, other);
        }
        prop_assert_eq!(quick.len(), slow.len());
        Ok(())
    });
    if let Err(failure) = held {
        panic!("{failure}");
    }
}
