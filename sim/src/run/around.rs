//! What is around the engine: the world.

use std::net::Ipv4Addr;

use stowplan_engine::View;
use stowplan_engine::model::{SubnetId, TaskId, Time};

use crate::view::{DiscoveredFacts, Facts, TargetFacts, TaskFacts, WorldFacts};
use crate::world::{DnsQuestion, Registered, TargetCounts, Unknown, World};

/// The world, as the read model asks it.
#[derive(Clone, Debug)]
pub(super) struct Around {
    pub(super) world: World,
}

impl Around {
    fn facts(&self) -> WorldFacts<'_> {
        WorldFacts { world: &self.world }
    }
}

impl Facts for Around {
    fn task(&self, task: TaskId) -> TaskFacts {
        self.facts().task(task)
    }

    fn network(&self, subnet: SubnetId) -> Option<Ipv4Addr> {
        self.facts().network(subnet)
    }

    fn dns(&self, question: &DnsQuestion<'_>, now: Time, view: View<'_>) -> Option<Vec<String>> {
        self.facts().dns(question, now, view)
    }

    fn dns_names(&self) -> Vec<String> {
        self.facts().dns_names()
    }

    fn discover(&self, namespace: &str, name: &str, now: Time) -> Result<DiscoveredFacts, Unknown> {
        self.facts().discover(namespace, name, now)
    }

    fn endpoints(&self, namespace: &str, name: &str, now: Time) -> Vec<Registered> {
        self.facts().endpoints(namespace, name, now)
    }

    fn target_groups(&self) -> Vec<Box<str>> {
        self.facts().target_groups()
    }

    fn target_counts(&self, group: &str) -> TargetCounts {
        self.facts().target_counts(group)
    }

    fn memory_used(&self, task: TaskId) -> u64 {
        self.facts().memory_used(task)
    }

    fn targets(&self, group: &str, now: Time) -> Vec<TargetFacts> {
        self.facts().targets(group, now)
    }
}
