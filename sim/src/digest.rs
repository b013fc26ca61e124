//! The digest of a run: 64 bits over the whole log, the same on every platform, in every build
//! profile and at any thread count.

use std::fmt;
use std::hash::{Hash, Hasher};

use stowplan_engine::api::Event;
use stowplan_engine::hash::StableHasher;

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
    /// Folds in an event of the control plane.
    pub fn take(&mut self, event: &Event) {
        (Entry::Event, event).hash(&mut self.hasher);
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
    use stowplan_engine::api::EventKind;
    use stowplan_engine::model::{ServiceId, Time};

    use super::*;

    fn event(seq: u64, count: u32) -> Event {
        let kind = EventKind::DesiredCount(ServiceId(0), count);
        Event { seq, at: Time::from_secs(60), kind }
    }

    #[test]
    fn a_digest_depends_on_what_happened_and_in_which_order() {
        let of = |events: &[Event]| {
            let mut digest = Digest::default();
            events.iter().for_each(|event| digest.take(event));
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
        });
        assert_ne!(empty.value(), refused.value());
        assert_eq!(refused.to_string().len(), 16);
    }
}
