//! The digest of a run: 64 bits over the whole log, the same on every platform, in every build
//! profile and at any thread count.
//!
//! An event only names what it is about, so what it tells of that is folded in beside it: a task
//! that is placed elsewhere is another run.

use std::fmt;
use std::hash::{Hash, Hasher};

use stowplan_engine::View;
use stowplan_engine::api::{Event, EventKind};
use stowplan_engine::hash::StableHasher;
use stowplan_engine::model::{InstanceId, TaskId};

use crate::view::record::{ApiError, Call, WorldEvent};

/// Kinds of entries: each is folded in before what it introduces.
#[derive(Hash)]
enum Entry {
    Event,
    World,
    Answered,
    Refused,
}

/// A digest under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    hasher: StableHasher,
}

impl Digest {
    /// Folds in what there is at time 0.
    pub fn take_given(&mut self, view: View<'_>) {
        for (instance, _) in view.instances() {
            self.take_instance(view, instance);
        }
        for task in view.tasks() {
            self.take_task(view, task.id);
            self.take_place(view, task.id);
        }
    }

    /// Folds in an event of the control plane, with what it tells of its subject.
    pub fn take(&mut self, event: &Event, view: View<'_>) {
        (Entry::Event, event).hash(&mut self.hasher);
        match &event.kind {
            EventKind::DefinitionRegistered(definition) => {
                self.take_fact(&view.definition(*definition).label());
            }
            EventKind::InstanceRegistered(instance) => self.take_instance(view, *instance),
            EventKind::TaskCreated(task) => self.take_task(view, *task),
            EventKind::TaskPlaced(task) => self.take_place(view, *task),
            EventKind::TaskStopDecided(task) => self.take_fact(&view.task(*task).stop()),
            EventKind::ServiceCreated(service) => self.take_fact(&view.service(*service).name),
            EventKind::DeploymentCreated(deployment) => {
                let row = view.deployment(*deployment);
                self.take_fact(&(row.service, view.definition(row.definition).label()));
            }
            EventKind::Rollout(deployment, _) => {
                self.take_fact(&view.deployment(*deployment).reason);
            }
            EventKind::Traffic(_, traffic) => self.take_fact(traffic),
            EventKind::Hook(record, run, _) => {
                let shift = view.record(*record).shift.as_ref();
                let run = shift.and_then(|shift| shift.runs.get(*run as usize));
                self.take_fact(&run.map(|run| (&run.arn, run.stage, &run.problem)));
            }
            EventKind::ServiceDeployment(record, _) => {
                self.take_fact(&view.record(*record).status_reason);
            }
            EventKind::CodeDeployment(deployment, _) => {
                let row = view.code_deployment(*deployment);
                let label = view.definition(row.revision.definition).label();
                self.take_fact(&(row.service, label, row.creator, &row.error));
            }
            // These say it all themselves.
            EventKind::InstanceStatus(..)
            | EventKind::AgentConnection(..)
            | EventKind::TaskStatus(..)
            | EventKind::TaskHealth(..)
            | EventKind::TargetState(..)
            | EventKind::PlacementFailed(_)
            | EventKind::ServiceStatus(..)
            | EventKind::AlarmState(..)
            | EventKind::Stage(..)
            | EventKind::PrimaryTaskSet(_)
            | EventKind::LifecycleEvent(..)
            | EventKind::LifecycleHook(..)
            | EventKind::Reservation(..)
            | EventKind::DesiredCapacity(..)
            | EventKind::ScalingBlocked(..)
            | EventKind::DesiredCount(..)
            | EventKind::Message(..)
            | EventKind::Bus(_) => {}
        }
    }

    fn take_instance(&mut self, view: View<'_>, instance: InstanceId) {
        let row = view.instance(instance);
        let size = (row.registered_cpu, row.registered_memory, row.gpus, row.eni_limit);
        self.take_fact(&(&row.name, row.cluster, view.zone_name(row.zone), size));
    }

    fn take_task(&mut self, view: View<'_>, task: TaskId) {
        let row = view.task(task);
        let definition = view.definition(row.definition).label();
        self.take_fact(&(definition, view.group_name(row.group), row.owner));
    }

    fn take_place(&mut self, view: View<'_>, task: TaskId) {
        let row = view.task(task);
        let instance = row.instance.map(|instance| &view.instance(instance).name);
        let provider = row.provider.map(|provider| &view.provider(provider).name);
        self.take_fact(&(instance, row.zone.map(|zone| view.zone_name(zone)), provider));
    }

    /// Folds in news of the world.
    pub fn take_world(&mut self, event: &WorldEvent) {
        (Entry::World, event).hash(&mut self.hasher);
    }

    /// Folds in a call. An answer shows what the log tells anyway; a refusal is a fact of its own.
    pub fn take_call(&mut self, call: &Call) {
        match &call.error {
            None => (Entry::Answered, call.at, &call.action).hash(&mut self.hasher),
            Some(error) => self.take_error(error),
        }
    }

    /// Folds in a refusal.
    pub fn take_error(&mut self, error: &ApiError) {
        (Entry::Refused, error).hash(&mut self.hasher);
    }

    /// Folds in any other fact of the world that people can see.
    pub fn take_fact(&mut self, fact: &impl Hash) {
        fact.hash(&mut self.hasher);
    }

    /// The digest so far.
    pub fn value(&self) -> u64 {
        self.hasher.finish()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.value())
    }
}

#[cfg(test)]
mod tests {
    use stowplan_engine::api::EngineConfig;
    use stowplan_engine::model::{ServiceId, Time};

    use super::*;

    fn event(seq: u64, count: u32) -> Event {
        let kind = EventKind::DesiredCount(ServiceId::new(0), count);
        Event { seq, at: Time::from_secs(60), kind }
    }

    #[test]
    fn a_digest_depends_on_what_happened_and_in_which_order() {
        let of = |events: &[Event]| {
            let engine = stowplan_engine::Engine::new(EngineConfig::default(), 0);
            let engine = engine.expect("the defaults are valid");
            let mut digest = Digest::default();
            events.iter().for_each(|event| digest.take(event, engine.view()));
            digest.value()
        };
        assert_eq!(of(&[event(0, 4), event(1, 5)]), of(&[event(0, 4), event(1, 5)]));
        assert_ne!(of(&[event(0, 4), event(1, 5)]), of(&[event(1, 5), event(0, 4)]));
        assert_ne!(of(&[event(0, 4)]), of(&[event(0, 5)]));
    }

    #[test]
    fn a_refusal_counts_and_the_digest_prints_as_sixteen_digits() {
        let empty = Digest::default();
        let mut refused = empty.clone();
        refused.take_error(&ApiError {
            at: Time::ZERO,
            action: "runTask".into(),
            exception: "ClusterNotFoundException".into(),
            message: "Cluster not found.".into(),
            tasks: Vec::new(),
        });
        assert_ne!(empty.value(), refused.value());
        assert_eq!(refused.to_string().len(), 16);
    }
}
