//! The smallest world an engine can run in: every task that is started reports RUNNING and then
//! HEALTHY after fixed times, its targets with it; every task that is stopped reports STOPPED, its
//! targets unused before. Nothing fails.

use std::collections::BTreeMap;

use stowplan_engine::api::{Effect, Event, Input, Output, Report, TaskChange};
use stowplan_engine::model::{HealthStatus, Span, TargetState, TaskId, TaskStatus, Time};
use stowplan_engine::{Engine, View};

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latencies {
    /// From the order to start to RUNNING.
    pub running: Span,
    /// From RUNNING to HEALTHY.
    pub healthy: Span,
    /// From the order to stop to STOPPED.
    pub stopped: Span,
}

/// An engine and the reports that are under way to it.
#[derive(Clone, Debug)]
pub struct Driver {
    /// The engine.
    pub engine: Engine,
    latencies: Latencies,
    /// Reports by when they arrive, in the order of their orders.
    due: BTreeMap<(Time, u64), Report>,
    ordered: u64,
    /// Effects and events drained so far.
    pub outputs: u64,
    /// Events, when they are kept.
    pub events: Option<Vec<Event>>,
}

impl Driver {
    /// A driver with nothing under way.
    pub fn new(engine: Engine, latencies: Latencies) -> Self {
        Self { engine, latencies, due: BTreeMap::new(), ordered: 0, outputs: 0, events: None }
    }

    /// Makes a call, and lets the scheduler see it.
    ///
    /// # Panics
    ///
    /// When the call is refused.
    pub fn call(&mut self, now: Time, call: Input) {
        self.engine.step(now, call).expect("the call is valid");
        self.close(now);
    }

    /// Goes from one instant at which something is due to the next while `go_on` says so after
    /// each, at the latest until nothing is due any more.
    pub fn run_while(&mut self, mut go_on: impl FnMut(View<'_>, Time) -> bool) {
        while let Some(now) = self.next_instant() {
            while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
                let report = Input::Report(entry.remove());
                self.engine.step(now, report).expect("a report is never refused");
            }
            self.close(now);
            if !go_on(self.engine.view(), now) {
                return;
            }
        }
    }

    fn next_instant(&self) -> Option<Time> {
        let report = self.due.first_key_value().map(|((at, _), _)| *at);
        let wake = self.engine.poll_timeout().map(|(at, _)| at);
        report.into_iter().chain(wake).min()
    }

    /// All inputs of an instant are in.
    fn close(&mut self, now: Time) {
        self.engine.step(now, Input::Wake).expect("a wake-up is never refused");
        while let Some(output) = self.engine.poll_output() {
            self.outputs += 1;
            match output {
                Output::Effect(effect) => self.carry_out(now, effect),
                Output::Event(event) => match &mut self.events {
                    Some(kept) => kept.push(event),
                    None => drop(std::hint::black_box(event)),
                },
            }
        }
    }

    fn carry_out(&mut self, now: Time, effect: Effect) {
        let Latencies { running, healthy, stopped } = self.latencies;
        let status = |status| TaskChange::Status(status, None);
        match effect {
            Effect::StartTask(task) => {
                self.report(now + running, task, status(TaskStatus::Running));
                let change = TaskChange::Health(HealthStatus::Healthy);
                self.report(now + running + healthy, task, change);
                for group in self.targets(task) {
                    let change = target(group, TargetState::Healthy);
                    self.report(now + running + healthy, task, change);
                }
            }
            Effect::StopTask(task) => {
                self.report(now + stopped, task, status(TaskStatus::Stopped));
            }
            Effect::DeregisterTargets(task) => {
                for group in self.targets(task) {
                    self.report(now + stopped, task, target(group, TargetState::Unused));
                }
            }
            // No workload is discovered or has trunks.
            Effect::DeregisterInstance(_) | Effect::MakeTrunk(_) | Effect::RemoveTrunk(_) => {}
            Effect::AskHook { .. }
            | Effect::AskLifecycleEvent(..)
            | Effect::LaunchInstance(..)
            | Effect::TerminateInstance(_) => {
                unreachable!("no workload has a hook or an Auto Scaling group")
            }
        }
    }

    /// Positions of its load balancers.
    fn targets(&self, task: TaskId) -> std::ops::Range<usize> {
        0..self.engine.view().task(task).targets.len()
    }

    fn report(&mut self, at: Time, task: TaskId, change: TaskChange) {
        self.due.insert((at, self.ordered), Report::Task(task, change));
        self.ordered += 1;
    }
}

fn target(group: usize, state: TargetState) -> TaskChange {
    TaskChange::Target { group, state, failure: None }
}
