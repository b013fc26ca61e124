//! Why: explanations of what a run decided, and of what it waits for.

use stowplan_engine::api::CommandError;
use stowplan_engine::explain::{Change, PlacementReport, Question, Tried, Waiting, Witnessed};
use stowplan_engine::model::{ServiceDeploymentId, ServiceId, TaskId, TaskStatus, Time};

use super::{Replay, Simulation};
use crate::world::TaskWait;

impl Simulation {
    /// Where a task would go now, stage by stage; `None` when nothing of the kind is wanted.
    ///
    /// # Errors
    ///
    /// What the call would be refused with.
    pub fn explain(&self, question: &Question) -> Result<Option<PlacementReport>, CommandError> {
        self.engine.explain(question)
    }

    /// Where a task would go now with one change to the question, stage by stage; `None` when
    /// nothing of the kind is wanted, or there is nothing of the kind to change. The run stays as
    /// it is.
    ///
    /// # Errors
    ///
    /// What the call would be refused with.
    pub fn try_change(
        &self,
        question: &Question,
        change: &Change,
    ) -> Result<Option<Tried>, CommandError> {
        self.engine.try_change(question, change)
    }

    /// When the clock ends the lifecycle stage of a service deployment; `None` when something else
    /// does.
    pub fn stage_ends_at(&self, record: ServiceDeploymentId) -> Option<Time> {
        self.engine.stage_ends_at(record)
    }

    /// What a service waits for; `None` when it is steady.
    pub fn why_waiting(&self, service: ServiceId) -> Option<Waiting> {
        self.engine.why_waiting(service)
    }

    /// What a task waits for on its way to RUNNING or out; `None` when it runs, or is over.
    pub fn why_task_waits(&self, task: TaskId) -> Option<TaskWait> {
        let view = self.engine.view();
        let row = view.task(task);
        let is_placed = row.instance.is_some() || row.zone.is_some();
        if is_placed || !row.is_live() || row.last_status == TaskStatus::Stopped {
            return self.around.world.why_waits(self.engine.now(), task, view);
        }
        let until = row.created_at + view.config().provisioning_timeout;
        let report = self.engine.explain(&Question::Waiting(task)).ok().flatten()?;
        Some(TaskWait::Instance(Box::new(report), until))
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

    /// Where a task that was placed at an instant that is done would have gone with one change:
    /// a suggestion of the report that [`Self::witnessed`] gives is tried. The run stays as it is.
    pub fn try_change(&self, task: TaskId, at: Time, change: &Change) -> Option<Tried> {
        let mut past = self.before(at);
        past.engine.watch_with(task, change.clone());
        past.run_to(at);
        match past.engine.take_witnessed() {
            Some(Witnessed::Tried(tried)) => Some(*tried),
            _ => None,
        }
    }
}
