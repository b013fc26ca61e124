//! The one door. Everything that changes the state goes through [`Engine::step`]; what leaves is
//! drained from [`Engine::poll_output`].

use crate::api::answer::Answer;
use crate::api::{CommandError, ConfigError, EngineConfig, Input, Output};
use crate::control::Control;
use crate::explain::{
    self, Change, PlacementReport, Question, Split, Tried, Waiting, Witness, Witnessed,
};
use crate::hash::StableHasher;
use crate::launch::TaskOrder;
use crate::model::{Digests, InstanceId, ServiceDeploymentId, ServiceId, TaskId, Time};
use crate::timers::TimerReason;
use crate::view::View;
use crate::{command, reconcile, reports, setup};

/// A control plane.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Engine {
    control: Control,
}

/// A whole engine at rest, to go on from later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    control: Control,
    state_hash: u64,
}

impl Engine {
    /// An engine with nothing in it but Fargate.
    pub fn new(config: EngineConfig, seed: u64) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self { control: Control::new(config, seed) })
    }

    /// Goes on from a snapshot.
    pub fn restore(snapshot: Snapshot) -> Self {
        let engine = Self { control: snapshot.control };
        debug_assert_eq!(engine.state_hash(), snapshot.state_hash, "a snapshot is never changed");
        engine
    }

    /// Takes a fact or a call at an instant. A refused call changes nothing. What a call or a
    /// report asks of the service scheduler is done by the [`Input::Wake`] that closes the
    /// instant: so every call of an instant is seen by one pass (00 section 3).
    ///
    /// # Panics
    ///
    /// When `now` lies before an earlier step: that is a bug of the caller.
    pub fn step(&mut self, now: Time, input: Input) -> Result<Answer, CommandError> {
        assert!(now >= self.control.now, "time does not go backwards");
        self.control.set_now(now);
        let answer = match input {
            Input::Setup(setup) => setup::apply(&mut self.control, setup),
            Input::Report(report) => {
                reports::apply(&mut self.control, report);
                Ok(Answer::None)
            }
            Input::Command(command) => command::apply(&mut self.control, command),
            Input::Wake => {
                reconcile::wake(&mut self.control);
                Ok(Answer::None)
            }
        };
        if cfg!(debug_assertions) {
            crate::store::invariants::check(&self.control.store);
            self.control.index.check(&self.control.store);
        }
        answer
    }

    /// The next order or event, in the order in which they came about. Drain after each step.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.control.out.pop()
    }

    /// When the engine wants an [`Input::Wake`] next, and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Time, TimerReason)> {
        let timer = self.control.timers.first();
        let tick = reconcile::next_pass(&self.control).map(|at| (at, TimerReason::Tick));
        timer.into_iter().chain(tick).min()
    }

    /// Where a task would go now, stage by stage; `None` when nothing of the kind is wanted.
    ///
    /// # Errors
    ///
    /// What the call would be refused with.
    pub fn explain(&self, question: &Question) -> Result<Option<PlacementReport>, CommandError> {
        let mut control = self.control.clone();
        let asked = order_of(&mut control, question)?;
        let Control { store, rng, .. } = &control;
        Ok(asked.map(|(order, split)| explain::of_order(store, rng, &order, split.as_ref())))
    }

    /// Where a task would go now with one change to the question, such as
    /// [`explain::Suggestion::change`]; `None` when nothing of the kind is wanted, or there is
    /// nothing of the kind to change.
    ///
    /// # Errors
    ///
    /// What the call would be refused with.
    pub fn try_change(
        &self,
        question: &Question,
        change: &Change,
    ) -> Result<Option<Tried>, CommandError> {
        let mut control = self.control.clone();
        let asked = order_of(&mut control, question)?;
        let Control { store, rng, .. } = &control;
        Ok(asked.and_then(|(order, split)| {
            explain::of_change(store, rng, &order, split.as_ref(), change)
        }))
    }

    /// When the clock ends the lifecycle stage that a service deployment stands in (03 section
    /// 21.1); `None` when something else ends it, or it has no stages.
    pub fn stage_ends_at(&self, record: ServiceDeploymentId) -> Option<Time> {
        reconcile::shifting::stage_ends_at(&self.control, record)
    }

    /// What a service waits for; `None` when it is steady.
    pub fn why_waiting(&self, service: ServiceId) -> Option<Waiting> {
        explain::waiting(&mut self.control.clone(), service)
    }

    /// Watches a task: what its placement sees, and what the choice sees that makes it leave. A
    /// task that is not made yet can be named, too: ids go up by one.
    pub fn watch(&mut self, task: TaskId) {
        *self.control.witness = Witness { task: Some(task), ..Witness::default() };
    }

    /// Watches a task to try a change on its placement: what is witnessed is where the task would
    /// go with it, and the task goes where it goes without.
    pub fn watch_with(&mut self, task: TaskId, change: Change) {
        let change = Some(change);
        *self.control.witness = Witness { task: Some(task), change, ..Witness::default() };
    }

    /// What was last seen of the watched task. Nothing is watched any more.
    pub fn take_witnessed(&mut self) -> Option<Witnessed> {
        std::mem::take(&mut *self.control.witness).seen
    }

    /// The instances that a daemon service wants a task on, in id order: their number is its
    /// desired count (03 section 9). Empty when it has no deployment.
    pub fn daemon_instances(&self, service: ServiceId) -> Vec<InstanceId> {
        reconcile::daemon_instances(&self.control, service)
    }

    /// Takes the digests of every revision for known (03 section 5.4): for copies that look ahead
    /// at how many tasks find a place, and how long one takes.
    pub fn assume_digests(&mut self) {
        self.control.store.config.digest_probe = false;
        for index in 0..self.control.store.deployments.len() {
            let deployment = &mut self.control.store.deployments[index];
            deployment.digests = Digests::Known;
            let service = deployment.service;
            self.control.touch(service);
        }
    }

    /// The state, to look at.
    pub fn view(&self) -> View<'_> {
        View::new(&self.control.store)
    }

    /// The instant of the last step.
    pub fn now(&self) -> Time {
        self.control.now
    }

    /// The whole engine at rest.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { control: self.control.clone(), state_hash: self.state_hash() }
    }

    /// A digest of the whole state, the same on every platform.
    pub fn state_hash(&self) -> u64 {
        StableHasher::hash_of(&self.control)
    }
}

/// What is asked, and how its capacity provider is chosen if that is known.
fn order_of(
    control: &mut Control,
    question: &Question,
) -> Result<Option<(TaskOrder, Option<Split>)>, CommandError> {
    Ok(match question {
        Question::NextTask(service) => match control.store.primary(*service) {
            Some(primary) => reconcile::next_order(control, *service, primary),
            None => None,
        },
        Question::RunTask(call) => Some(command::first_order(control, call)?),
        Question::Waiting(task) => control.orders.get(task).cloned().map(|order| (order, None)),
    })
}
