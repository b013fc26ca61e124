//! What leaves the engine, in one total order.

use std::collections::VecDeque;

use crate::api::event::{BusEvent, Message};
use crate::api::{Effect, Event, EventKind, Output};
use crate::model::{DeploymentId, ServiceId, Time};

/// Effects and events not drained yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Outbox {
    queue: VecDeque<Output>,
    next_seq: u64,
    now: Time,
}

impl Outbox {
    /// Everything that follows happens at this instant.
    pub(crate) fn set_now(&mut self, now: Time) {
        self.now = now;
        if self.queue.is_empty() {
            // What comes next is written where the first was, and not all over a queue that was
            // long once.
            self.queue.clear();
        }
    }

    /// An order to the driver.
    pub(crate) fn effect(&mut self, effect: Effect) {
        self.queue.push_back(Output::Effect(effect));
    }

    /// News.
    pub(crate) fn event(&mut self, kind: EventKind) {
        let event = Event { seq: self.next_seq, at: self.now, kind };
        self.next_seq += 1;
        self.queue.push_back(Output::Event(event));
    }

    /// A service event message.
    pub(crate) fn message(&mut self, service: ServiceId, message: Message) {
        self.event(EventKind::Message(service, Box::new(message)));
    }

    /// An EventBridge event `ECS Service Action`.
    pub(crate) fn service_action(
        &mut self,
        service: ServiceId,
        name: &'static str,
        reason: Option<Box<str>>,
    ) {
        self.event(EventKind::Bus(Box::new(BusEvent {
            name,
            service,
            deployment: None,
            hook: None,
            reason,
        })));
    }

    /// An EventBridge event `ECS Deployment State Change`.
    pub(crate) fn deployment_change(
        &mut self,
        service: ServiceId,
        name: &'static str,
        deployment: DeploymentId,
        reason: String,
    ) {
        self.event(EventKind::Bus(Box::new(BusEvent {
            name,
            service,
            deployment: Some(deployment),
            hook: None,
            reason: Some(reason.into()),
        })));
    }

    /// Throws away what was not drained: it made up a state that was there before the run.
    pub(crate) fn forget(&mut self) {
        self.queue = VecDeque::new();
        self.next_seq = 0;
    }

    /// The next output.
    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }
}
