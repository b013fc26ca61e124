//! The read model: a moment of the run in the shapes of the ECS API (scenario format, "Expect").
//!
//! Nothing is built until it is asked for: a root by name, an entry by key, a field by name. Every
//! documented field is always there, `null` or `[]` when it has no value.

pub mod answer;
pub mod describe;
pub mod explain;
pub mod record;
mod retention;

mod chunked;
#[cfg(feature = "expect")]
pub(crate) mod clients;
mod code_deployment;
mod definition;
mod deployment;
mod discovery;
mod facts;
mod instance;
mod list;
mod log;
mod provider;
mod root;
pub(crate) mod sample;
mod service;
pub(crate) mod shape;
mod target_group;
mod task;
mod task_set;
mod trace;
mod waiter;

use serde_json::Value;
use stowplan_engine::View;
use stowplan_engine::model::instant::format_rfc3339_ms;
use stowplan_engine::model::{ClusterId, ServiceId, TaskId, Time};

pub use chunked::Chunked;
pub use facts::{ContainerFacts, DiscoveredFacts, Facts, TargetFacts, TaskFacts, WorldFacts};
pub use record::{ApiError, Call, Record, Told};
pub use retention::{EVENTS_KEPT, Forgotten};
pub use root::{Entity, Node, Root};
pub use trace::TraceEntry;
pub use waiter::services_stable;

#[cfg(feature = "expect")]
pub(crate) use root::RootKind;
pub(crate) use shape::seconds;
#[cfg(feature = "expect")]
pub(crate) use trace::Seconds;

/// Name of the n-th target group of a task's service.
pub(crate) fn target_group_name(view: View<'_>, task: TaskId, group: usize) -> String {
    let owner = view.task(task).owner;
    let balancers = owner.map(|owner| &view.deployment(owner.deployment).load_balancers);
    let arn = balancers.and_then(|list| list.get(group)?.target_group_arn.as_deref());
    target_group::group_name(arn.unwrap_or_default()).to_owned()
}

/// A moment of the run, to be looked at.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// The control plane.
    pub engine: View<'a>,
    /// What only the world knows.
    pub world: &'a dyn Facts,
    /// What happened so far.
    pub record: &'a Record,
    /// When.
    pub now: Time,
    /// How instants are written.
    pub clock: Clock,
}

/// How instants are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// Seconds since time 0, as doubles: what expectations read.
    #[default]
    Seconds,
    /// RFC 3339: the final state and what people read.
    Calendar,
}

impl Moment<'_> {
    /// The same moment with instants written another way.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// An instant.
    pub(crate) fn time(&self, time: Time) -> Value {
        match self.clock {
            Clock::Seconds => seconds(time).into(),
            Clock::Calendar => {
                let unix_ms = self.engine.config().start_unix_ms.saturating_add(time.0);
                format_rfc3339_ms(unix_ms).into()
            }
        }
    }

    /// An instant, or null.
    pub(crate) fn time_or_null(&self, time: Option<Time>) -> Value {
        time.map_or(Value::Null, |time| self.time(time))
    }

    /// A service by its key: its name, and with several clusters `cluster/name`.
    pub fn find_service(&self, key: &str) -> Option<ServiceId> {
        let (cluster, name) = self.parse_key(key)?;
        self.engine.find_service(cluster, name)
    }

    /// Key of something by its name: with several clusters it is `cluster/name`.
    pub(crate) fn key(&self, cluster: ClusterId, name: &str) -> String {
        if self.has_one_cluster() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.engine.cluster(cluster).name)
        }
    }

    /// The clusters that a key may mean, and the name within.
    pub(crate) fn parse_key<'k>(&self, key: &'k str) -> Option<(ClusterId, &'k str)> {
        match key.split_once('/') {
            Some((cluster, name)) => Some((self.engine.find_cluster(Some(cluster))?, name)),
            None if self.has_one_cluster() => Some((self.engine.find_cluster(None)?, key)),
            None => None,
        }
    }

    fn has_one_cluster(&self) -> bool {
        self.engine.clusters().take(2).count() == 1
    }
}

#[cfg(test)]
mod tests;
