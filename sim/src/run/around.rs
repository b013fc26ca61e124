//! What is around the engine: the world.

use std::net::Ipv4Addr;

use stowplan_engine::model::{SubnetId, TaskId, Time};

use crate::view::{Facts, TargetFacts, TaskFacts, WorldFacts};
use crate::world::{TargetCounts, World};

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

    fn target_groups(&self) -> Vec<Box<str>> {
        self.facts().target_groups()
    }

    fn target_counts(&self, group: &str) -> TargetCounts {
        self.facts().target_counts(group)
    }

    fn targets(&self, group: &str, now: Time) -> Vec<TargetFacts> {
        self.facts().targets(group, now)
    }
}
