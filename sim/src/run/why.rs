//! Why: explanations of what a run decided, and of what it waits for.

use stowplan_engine::api::CommandError;
use stowplan_engine::explain::{PlacementReport, Question, Waiting, Witnessed};
use stowplan_engine::model::{ServiceId, TaskId, Time};

use super::{Replay, Simulation};

impl Simulation {
    /// Where a task would go now, stage by stage; `None` when nothing of the kind is wanted.
    ///
    /// # Errors
    ///
    /// What the call would be refused with.
    pub fn explain(&self, question: &Question) -> Result<Option<PlacementReport>, CommandError> {
        self.engine.explain(question)
    }

    /// What a service waits for; `None` when it is steady.
    pub fn why_waiting(&self, service: ServiceId) -> Option<Waiting> {
        self.engine.why_waiting(service)
    }

    /// Goes on to an instant and says what was seen of a task on the way: its placement, or the
    /// choice that made it leave, whichever came last.
    pub fn run_watching(&mut self, task: TaskId, until: Time) -> Option<Witnessed> {
        self.engine.watch(task);
        self.run_to(until);
        self.engine.take_witnessed()
    }
}

impl Replay {
    /// What was seen of a task at an instant that is done: its placement, or the choice that made
    /// it leave. The run stays where it is.
    pub fn witnessed(&self, task: TaskId, at: Time) -> Option<Witnessed> {
        let mut past = self.before(at);
        past.run_watching(task, at)
    }
}
