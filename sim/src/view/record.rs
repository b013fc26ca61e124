//! What happened so far: the lists of the read model, filled event by event.

use std::collections::BTreeMap;

use serde_json::Value;
use stowplan_engine::View;
use stowplan_engine::api::event::{Message, PlacementFailure};
use stowplan_engine::api::{Event, EventKind};
use stowplan_engine::model::{
    DeploymentId, RolloutState, ServiceId, StopCode, TaskDefinitionId, TaskId, Time,
};

use super::chunked::Chunked;
use super::retention::{Forgotten, Retention, weight};
use super::trace::{Trace, TraceAction, TraceEntry};

/// Everything that the run keeps of its past. A copy shares it.
#[derive(Clone, Debug, Default)]
pub struct Record {
    log: Chunked<Event>,
    news: Chunked<WorldEvent>,
    calls: Chunked<Call>,
    api_errors: Chunked<ApiError>,
    told: Chunked<Told>,
    shown: Chunked<Shown>,
    placements: Chunked<(Time, TaskId)>,
    stops: Chunked<(Time, TaskId)>,
    failures: Chunked<(Time, PlacementFailure)>,
    messages: BTreeMap<ServiceId, Chunked<ServiceMessage>>,
    traces: BTreeMap<ServiceId, Trace>,
    retention: Retention,
}

/// How many of its newest messages a service keeps (03 section 2.2).
pub(crate) const MESSAGES_KEPT: usize = 100;

/// An entry of the story, by its position in the list of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// An event of the control plane: [`Record::log`].
    Event(usize),
    /// News of the world: [`Record::news`].
    News(usize),
    /// A call of the timeline: [`Record::calls`].
    Call(usize),
    /// A refused call that is no entry of the timeline: [`Record::api_errors`].
    Error(usize),
}

/// An element of `events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// An event of the control plane, by its position in the log.
    Engine(usize),
    /// News of the world, by their position.
    World(usize),
}

/// News of the world: what no API call of ECS shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WorldEvent {
    /// When.
    pub at: Time,
    /// Who says it: `agent`, `ec2`, `elb`, `cloudwatch` and the like.
    pub source: &'static str,
    /// The specification's log word, if it has one.
    pub name: Option<&'static str>,
    /// The service it concerns.
    pub service: Option<ServiceId>,
    /// What happened.
    pub message: Box<str>,
}

/// An API call of the timeline, answered or refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// When.
    pub at: Time,
    /// The operation, lowerCamelCase.
    pub action: Box<str>,
    /// `as` of the entry.
    pub name: Option<Box<str>>,
    /// The answer; null when it was refused.
    pub answer: Value,
    /// The refusal.
    pub error: Option<ApiError>,
}

/// A call that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ApiError {
    /// When.
    pub at: Time,
    /// The operation, lowerCamelCase.
    pub action: Box<str>,
    /// The exception.
    pub exception: Box<str>,
    /// Its message.
    pub message: Box<str>,
    /// `resourceIds` of a ConflictException: the tasks of the first call with the token.
    pub tasks: Vec<TaskId>,
}

/// A service event message.
#[derive(Clone, Debug)]
pub(crate) struct ServiceMessage {
    /// Number of the event.
    pub(crate) seq: u64,
    /// When.
    said_at: Time,
    /// How many messages of the service came before it in that instant.
    position: i64,
    /// The message.
    pub(crate) message: Box<Message>,
}

impl ServiceMessage {
    /// Instant, plus its position among the messages of that instant in milliseconds.
    pub(crate) fn at(&self) -> Time {
        Time(self.said_at.0.saturating_add(self.position))
    }
}

impl Record {
    /// Takes in an event of the control plane.
    pub fn take(&mut self, event: &Event, view: View<'_>) {
        let position = self.log.len();
        self.log.push(event.clone());
        self.told.push(Told::Event(position));
        let at = event.at;
        match &event.kind {
            EventKind::TaskPlaced(task) => self.placements.push((at, *task)),
            EventKind::TaskCreated(task) => self.trace_task(at, *task, TraceAction::Start(1), view),
            EventKind::TaskStopDecided(task) => self.take_stop(at, *task, view),
            EventKind::PlacementFailed(failure) => self.failures.push((at, (**failure).clone())),
            EventKind::Rollout(deployment, state) => {
                self.take_rollout(at, *deployment, *state, view);
            }
            EventKind::Message(service, message) => self.take_message(event, *service, message),
            _ => {}
        }
        if is_shown(&event.kind) {
            self.shown.push(Shown::Engine(position));
        }
        if self.retention.takes(&event.kind) {
            self.forget_older_half();
        }
    }

    /// From now on at most so many events are kept; a failed placement counts once more for each
    /// instance. When there are more, the older half is let go, whole instants at a time.
    pub fn keep(&mut self, events: u64) {
        self.retention.set_limit(events);
    }

    /// What of the past was let go.
    pub fn forgotten(&self) -> Option<Forgotten> {
        self.retention.forgotten()
    }

    /// Takes in news of the world.
    pub fn take_world(&mut self, event: WorldEvent) {
        self.told.push(Told::News(self.news.len()));
        self.shown.push(Shown::World(self.news.len()));
        self.news.push(event);
    }

    /// Takes in a call of the timeline.
    pub fn take_call(&mut self, call: Call) {
        self.told.push(Told::Call(self.calls.len()));
        if let Some(error) = &call.error {
            self.api_errors.push(error.clone());
        }
        self.calls.push(call);
    }

    /// Takes in a call that was refused and is no entry of the timeline: an agent's.
    pub fn take_error(&mut self, error: ApiError) {
        self.told.push(Told::Error(self.api_errors.len()));
        self.api_errors.push(error);
    }

    /// Grows with everything that is taken in.
    pub fn changes(&self) -> u64 {
        self.told.len() as u64
    }

    /// Every event of the control plane, in order.
    pub fn log(&self) -> &Chunked<Event> {
        &self.log
    }

    /// News of the world, in order.
    pub fn news(&self) -> &Chunked<WorldEvent> {
        &self.news
    }

    /// The calls of the timeline so far.
    pub fn calls(&self) -> &Chunked<Call> {
        &self.calls
    }

    /// The calls that were refused so far.
    pub fn api_errors(&self) -> &Chunked<ApiError> {
        &self.api_errors
    }

    /// Everything above, in the order in which it came about.
    pub fn told(&self) -> &Chunked<Told> {
        &self.told
    }

    /// Tasks by when they got their instance.
    pub(crate) fn placements(&self) -> &Chunked<(Time, TaskId)> {
        &self.placements
    }

    /// Tasks by when the scheduler told them to stop.
    pub(crate) fn stops(&self) -> &Chunked<(Time, TaskId)> {
        &self.stops
    }

    /// Failures to place a task.
    pub(crate) fn failures(&self) -> &Chunked<(Time, PlacementFailure)> {
        &self.failures
    }

    /// What `events` lists.
    pub(crate) fn shown(&self) -> &Chunked<Shown> {
        &self.shown
    }

    /// The answer kept under a name; the newest one.
    pub(crate) fn call(&self, name: &str) -> Option<usize> {
        let newest = self.calls.iter().rev().position(|call| call.name.as_deref() == Some(name))?;
        Some(self.calls.len() - 1 - newest)
    }

    /// The history of a service.
    pub fn trace(&self, service: ServiceId, view: View<'_>) -> Vec<String> {
        self.traces.get(&service).map(|trace| trace.texts(view)).unwrap_or_default()
    }

    /// The newest messages of a service, newest first.
    pub(crate) fn messages_of(&self, service: ServiceId) -> impl Iterator<Item = &ServiceMessage> {
        let all = self.messages.get(&service).into_iter();
        all.flat_map(|all| all.iter().rev()).take(MESSAGES_KEPT)
    }

    fn take_message(&mut self, event: &Event, service: ServiceId, message: &Message) {
        let messages = self.messages.entry(service).or_default();
        let last = messages.iter().next_back().filter(|last| last.said_at == event.at);
        let position = last.map_or(0, |last| last.position + 1);
        let message = Box::new(message.clone());
        messages.push(ServiceMessage { seq: event.seq, said_at: event.at, position, message });
        messages.forget_before(messages.len().saturating_sub(MESSAGES_KEPT));
    }

    /// The older half of what there is goes, but never a part of an instant.
    fn forget_older_half(&mut self) {
        let kept = self.log.kept();
        let (oldest, middle) = (self.log[kept.start].at, kept.start + kept.len() / 2);
        let newer = self.log.iter_from(middle).map(|event| event.at).find(|&at| at > oldest);
        let before = newer.unwrap_or(oldest);
        self.log.forget_while(|event| event.at < before);
        self.placements.forget_while(|&(at, _)| at < before);
        self.stops.forget_while(|&(at, _)| at < before);
        self.failures.forget_while(|(at, _)| *at < before);
        let first = self.log.kept().start;
        let (news, calls, errors) = (&self.news, &self.calls, &self.api_errors);
        self.told.forget_while(|told| match *told {
            Told::Event(position) => position < first,
            Told::News(position) => news.get(position).is_none_or(|it| it.at < before),
            Told::Call(position) => calls.get(position).is_none_or(|it| it.at < before),
            Told::Error(position) => errors.get(position).is_none_or(|it| it.at < before),
        });
        self.shown.forget_while(|shown| match *shown {
            Shown::Engine(position) => position < first,
            Shown::World(position) => news.get(position).is_none_or(|it| it.at < before),
        });
        self.news.forget_while(|news| news.at < before);
        let left = self.log.iter().map(|event| weight(&event.kind)).sum();
        self.retention.forgets(first as u64, before, left);
    }

    fn take_stop(&mut self, at: Time, task: TaskId, view: View<'_>) {
        let stop = view.task(task).stop();
        if stop.is_some_and(|stop| stop.code == StopCode::ServiceSchedulerInitiated) {
            self.stops.push((at, task));
            self.trace_task(at, task, TraceAction::Stop(1), view);
        }
    }

    fn take_rollout(&mut self, at: Time, id: DeploymentId, state: RolloutState, view: View<'_>) {
        let action = match state {
            RolloutState::InProgress => return,
            RolloutState::Completed => TraceAction::Completed,
            RolloutState::Failed => TraceAction::Failed,
        };
        let deployment = view.deployment(id);
        self.add_trace(deployment.service, at, action, deployment.definition);
    }

    fn trace_task(&mut self, at: Time, task: TaskId, action: TraceAction, view: View<'_>) {
        let row = view.task(task);
        if let Some(owner) = row.owner {
            self.add_trace(owner.service, at, action, row.definition);
        }
    }

    fn add_trace(
        &mut self,
        service: ServiceId,
        at: Time,
        action: TraceAction,
        definition: TaskDefinitionId,
    ) {
        self.traces.entry(service).or_default().push(TraceEntry { at, action, definition });
    }
}

/// Whether `events` lists it. What happens to tasks and where they go has lists of its own.
fn is_shown(kind: &EventKind) -> bool {
    match kind {
        EventKind::TaskCreated(_)
        | EventKind::TaskPlaced(_)
        | EventKind::TaskStopDecided(_)
        | EventKind::TaskStatus(..)
        | EventKind::TaskHealth(..)
        | EventKind::TargetState(..)
        | EventKind::Reservation(..) => false,
        EventKind::DefinitionRegistered(_)
        | EventKind::InstanceRegistered(_)
        | EventKind::InstanceStatus(..)
        | EventKind::AgentConnection(..)
        | EventKind::PlacementFailed(_)
        | EventKind::ServiceCreated(_)
        | EventKind::ServiceStatus(..)
        | EventKind::DesiredCount(..)
        | EventKind::DeploymentCreated(_)
        | EventKind::Rollout(..)
        | EventKind::ServiceDeployment(..)
        | EventKind::AlarmState(..)
        | EventKind::Stage(..)
        | EventKind::Hook(..)
        | EventKind::Traffic(..)
        | EventKind::PrimaryTaskSet(_)
        | EventKind::CodeDeployment(..)
        | EventKind::LifecycleEvent(..)
        | EventKind::LifecycleHook(..)
        | EventKind::DesiredCapacity(..)
        | EventKind::ScalingBlocked(..)
        | EventKind::Message(..)
        | EventKind::Bus(_) => true,
    }
}
