//! One instant, step by step (00 section 3).

use stowplan_engine::api::event::EventKind;
use stowplan_engine::api::{Answer, CommandError, Input, Output, Report};
use stowplan_engine::model::{TaskStatus, Time};

use super::Simulation;
use crate::alarms::RESOLUTION;
use crate::view::record::WorldEvent;
use crate::world::{FailingProbe, WorldTask};

/// A deployment has no more stages and steps with hooks than this.
const MOST_PASSES: u32 = 5_000;

impl Simulation {
    /// Does one instant: world and reports, calls, scheduler, and what follows without delay.
    pub(super) fn do_instant(&mut self, now: Time) {
        self.settle_world(now);
        while self.timeline.get(self.next).is_some_and(|entry| entry.at <= now) {
            let timeline = self.timeline.clone();
            self.do_entry(now, &timeline[self.next]);
            self.next += 1;
            self.settle_world(now);
        }
        self.finish_instant(now);
        if now > Time::ZERO && now.is_multiple_of(RESOLUTION) && !self.watches.is_empty() {
            self.look_at_metrics(now);
        }
    }

    /// Steps 4 and 5: data points of the minute that ends, and what alarms make of them. Who
    /// watches an alarm looks at it in the next pass.
    fn look_at_metrics(&mut self, now: Time) {
        let mut watches = std::mem::take(&mut self.watches);
        let states: Vec<Report> = watches
            .iter_mut()
            .filter_map(|watch| {
                let state = watch.look(&self.moment(now))?;
                Some(Report::AlarmState(watch.name().into(), state))
            })
            .collect();
        self.watches = watches;
        // The scheduler's step of this instant is over, also where it had nothing to do.
        self.step(now, Input::Wake).expect("a wake-up is never refused");
        self.settle_world(now);
        for report in states {
            self.step(now, Input::Report(report)).expect("a report is never refused");
        }
    }

    /// Step 2's calls of container agents, and what follows the calls.
    pub(super) fn finish_instant(&mut self, now: Time) {
        self.settle_world(now);
        self.do_agent_calls(now);
        // A hook that answers without delay asks for another pass of the same instant.
        for _ in 0..MOST_PASSES {
            if self.engine.poll_timeout().is_none_or(|(at, _)| at > now) {
                return;
            }
            self.step(now, Input::Wake).expect("a wake-up is never refused");
            self.settle_world(now);
        }
    }

    /// Lets the world do what is due, tells the engine, and again, until nothing is left.
    pub(super) fn settle_world(&mut self, now: Time) {
        let mut reports: Vec<Report> = Vec::new();
        loop {
            self.around.world.due(now, self.engine.view(), &mut reports);
            self.tell_failing(now);
            if reports.is_empty() {
                return;
            }
            for report in reports.drain(..) {
                self.step(now, Input::Report(report)).expect("a report is never refused");
            }
        }
    }

    /// What load balancers see and the control plane does not hear of.
    fn tell_failing(&mut self, now: Time) {
        for probe in self.around.world.take_failing() {
            let view = self.engine.view();
            let FailingProbe { task, group, failures, of, text } = probe;
            let name = view.task_name(task);
            let message = format!("task {name} in {group}: probe {failures} of {of} fails: {text}");
            let event = WorldEvent {
                at: now,
                source: "elb",
                name: None,
                service: view.task(task).owner.map(|owner| owner.service),
                message: message.into(),
            };
            self.digest.take_world(&event);
            self.record.take_world(event);
        }
    }

    /// One input through the engine's door; what leaves goes to the log and to the world.
    pub(super) fn step(&mut self, now: Time, input: Input) -> Result<Answer, CommandError> {
        let answer = self.engine.step(now, input);
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Event(event) => {
                    self.digest.take(&event, self.engine.view());
                    self.record.take(&event, self.engine.view());
                    self.drop_disowned(now, &event.kind);
                }
                Output::Effect(effect) => self.around.world.effect(now, effect, self.engine.view()),
            }
        }
        answer
    }

    /// A task that the control plane calls STOPPED while its containers may still run, as after a
    /// forced deregistration, is nobody's: the world drops it (01 section 7.3).
    fn drop_disowned(&mut self, now: Time, event: &EventKind) {
        if let EventKind::TaskStatus(task, TaskStatus::Stopped) = *event
            && self.around.world.task(task).is_some_and(WorldTask::is_alive)
        {
            self.around.world.lose_task(now, task, self.engine.view());
        }
    }
}
