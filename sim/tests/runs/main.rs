//! Whole runs of scenarios: engine and world together.

mod disowned;
mod forgotten;
#[allow(dead_code, reason = "the engine's own runs look at more")]
#[path = "../../../engine/tests/invariants/mod.rs"]
mod invariants;
mod quiet;
mod random;
mod transitions;
mod waits;

use std::path::Path;

use stowplan_engine::model::Time;
use stowplan_sim::document::Limits;
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::{Plan, Scenario};

/// Every run of the project's scenarios: the name of its file and of its variant, and the plan.
fn every_run() -> Vec<(String, Plan)> {
    let mut runs = Vec::new();
    for folder in ["spec", "presets"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(folder);
        for entry in std::fs::read_dir(folder).expect("the folder of scenarios") {
            let path = entry.expect("a file").path();
            let bytes = std::fs::read(&path).expect("it can be read");
            let scenario = Scenario::read(&bytes, &Limits::default()).expect("a sound scenario");
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            let plan = |it: &Scenario| it.plan().expect("its parts fit together");
            runs.push((name.to_owned(), plan(&scenario)));
            for variant in &scenario.variants {
                let its = scenario.variant(variant).expect("a sound variant");
                runs.push((format!("{name}, {variant}"), plan(&its)));
            }
        }
    }
    runs.sort_by(|one, other| one.0.cmp(&other.0));
    runs
}

/// A run of a scenario, up to an instant and settled there.
fn run_until(text: &str, seconds: i64) -> Simulation {
    let scenario = Scenario::read(text.as_bytes(), &Limits::default()).expect("a sound scenario");
    let plan = scenario.plan().expect("its parts fit together");
    let mut simulation = Simulation::new(&plan).expect("time 0 can be set up");
    simulation.run_to(Time::from_secs(seconds));
    simulation
}
