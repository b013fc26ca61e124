//! Time 0, before its first instant: everything given stands.

use std::sync::Arc;

use stowplan_engine::model::{TaskId, Time};

use super::Simulation;
use super::around::Around;
use crate::alarms::Watch;
use crate::digest::Digest;
use crate::document::DocumentError;
use crate::scenario::Plan;
use crate::view::Record;
use crate::world::World;

pub(super) fn simulation(plan: &Plan) -> Result<Simulation, DocumentError> {
    let engine = plan.engine()?;
    let mut world = World::new(plan.world.clone(), plan.seed);
    let view = engine.view();
    for planned in &plan.instances {
        world.add_instance(planned.instance, planned.agent.clone(), view);
    }
    for index in 0..view.tasks().len() {
        world.adopt_task(Time::ZERO, TaskId::from_index(index), view);
    }
    let mut digest = Digest::default();
    digest.take_given(view);
    let mut simulation = Simulation {
        engine,
        around: Around { world },
        record: Record::default(),
        digest,
        timeline: Arc::new(plan.timeline.clone()),
        next: 0,
        now: None,
        until: plan.until,
        problems: Vec::new(),
        watches: plan.alarms.iter().cloned().map(Watch::new).collect(),
    };
    // Services of an empty start are created at time 0, before everything else that is called for
    // then; what is given must be valid.
    for step in &plan.opening {
        let created = simulation.step(Time::ZERO, step.input.clone());
        created.map_err(|error| step.refused(&error))?;
    }
    Ok(simulation)
}
