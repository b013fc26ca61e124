//! What is forecast of a deployment is what then happens: peak, lowest healthy count, duration, and
//! the limit that keeps it from moving, for every strategy.

mod code_deploy;
mod daemon;
mod failing;
mod rolling;
mod shifting;
mod task_sets;
mod under_way;

use stowplan_engine::View;
use stowplan_engine::model::{ServiceId, Time};
use stowplan_sim::document::Limits;
use stowplan_sim::forecast::Forecast;
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::{Scenario, TimelineEntry};

/// A run, right before the instant of the last entry of its timeline, and what is forecast of it.
fn forecast(text: &str) -> (Simulation, Forecast, Time) {
    let (mut simulation, entry) = begin(text);
    simulation.run_to(Time(entry.at.0 - 1));
    let mut forecasts = Forecast::of_entry(&simulation, entry.at, &entry);
    let forecast = forecasts.pop().expect("it starts a deployment");
    (simulation, forecast, entry.at)
}

/// A run at its beginning, and the last entry of its timeline.
fn begin(text: &str) -> (Simulation, TimelineEntry) {
    let scenario = Scenario::read(text.as_bytes(), &Limits::default()).expect("it is sound");
    let plan = scenario.plan().expect("it fits together");
    let simulation = Simulation::new(&plan).expect("it can begin");
    let entry = simulation.timeline().last().expect("there is one").clone();
    (simulation, entry)
}

/// What came of a service from an instant on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    peak: u32,
    lowest: u32,
    /// ms after the instant.
    done: Option<u64>,
}

/// Runs to the end and looks at the service at each instant from one on; `is_done` says when what
/// is waited for came about.
fn watch(
    simulation: &mut Simulation,
    from: Time,
    mut is_done: impl FnMut(View<'_>, ServiceId, Time) -> bool,
) -> Seen {
    let mut seen = Seen { lowest: u32::MAX, ..Seen::default() };
    while let Some(now) = simulation.advance() {
        if now < from {
            continue;
        }
        let view = simulation.engine();
        let (service, _) = view.services().next().expect("there is one");
        let counts = view.counts(service, now);
        seen.peak = seen.peak.max(counts.occupying());
        seen.lowest = seen.lowest.min(counts.healthy);
        if seen.done.is_none() && is_done(view, service, now) {
            seen.done = u64::try_from(now.0 - from.0).ok();
        }
    }
    seen
}
