//! The format as its document describes it.

mod files;
mod time_zero;

use stowplan_engine::Engine;
use stowplan_engine::model::InstanceId;

use super::{Plan, Scenario};
use crate::document::Limits;

/// A scenario of one instance `A` and a task definition `t` of 100 units and 200 MiB, with more.
fn with(more: &str) -> String {
    format!(
        "version: 1\nname: x\ncluster: {{ instances: [ {{ id: A, cpu: 1024, memory: 2000 }} ] }}\n\
         taskDefinitions: [ {{ family: t, containerDefinitions: \
         [ {{ name: c, image: i, cpu: 100, memory: 200 }} ] }} ]\n{more}\n"
    )
}

fn read(text: &str) -> Scenario {
    Scenario::read(text.as_bytes(), &Limits::default())
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn plan(text: &str) -> Plan {
    read(text).plan().unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn engine(text: &str) -> Engine {
    plan(text).engine().unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The whole line that a person sees.
fn refusal(text: &str) -> String {
    let scenario = Scenario::read(text.as_bytes(), &Limits::default());
    let engine = scenario.and_then(|scenario| scenario.plan()).and_then(|plan| plan.engine());
    engine.map(|_| ()).expect_err(text).to_string()
}

/// CPU, memory, interfaces: what is free on an instance.
fn free(engine: &Engine, instance: usize) -> (u32, u32) {
    let free = engine.view().instance_free(InstanceId::from_index(instance));
    (free.cpu, free.memory)
}
