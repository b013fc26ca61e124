//! Whole runs of scenarios: engine and world together.

mod disowned;
mod transitions;
mod waits;

use stowplan_engine::model::Time;
use stowplan_sim::document::Limits;
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::Scenario;

/// A run of a scenario, up to an instant and settled there.
fn run_until(text: &str, seconds: i64) -> Simulation {
    let scenario = Scenario::read(text.as_bytes(), &Limits::default()).expect("a sound scenario");
    let plan = scenario.plan().expect("its parts fit together");
    let mut simulation = Simulation::new(&plan).expect("time 0 can be set up");
    simulation.run_to(Time::from_secs(seconds));
    simulation
}
