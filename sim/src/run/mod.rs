//! One run of a scenario: the engine and the world, instant by instant, in the order of 00
//! section 3.

mod around;
mod calls;
mod instant;
mod prepare;
mod replay;
#[cfg(feature = "expect")]
mod trial;
mod what_if;
mod why;

use std::sync::Arc;

use stowplan_engine::model::Time;
use stowplan_engine::{Engine, View};

use crate::alarms::{Watch, next_look};
use crate::digest::Digest;
use crate::document::DocumentError;
use crate::scenario::{Plan, TimelineEntry};
use crate::view::{Clock, Moment, Record};
use crate::world::World;

use around::Around;

pub use calls::CallProblem;
pub use replay::Replay;
#[cfg(feature = "expect")]
pub use trial::{Outcome, Trial};

/// A run under way. A clone is a snapshot: it goes on exactly as the original would.
#[derive(Clone, Debug)]
pub struct Simulation {
    engine: Engine,
    around: Around,
    record: Record,
    digest: Digest,
    timeline: Arc<Vec<TimelineEntry>>,
    /// The next entry of the timeline.
    next: usize,
    /// The last instant that was done; none before the first.
    now: Option<Time>,
    until: Time,
    /// Entries that did not end as the scenario says they must.
    problems: Vec<CallProblem>,
    /// Alarms on metrics.
    watches: Vec<Watch>,
}

impl Simulation {
    /// Sets up time 0. Instant 0 itself is the first that [`Self::advance`] does.
    pub fn new(plan: &Plan) -> Result<Self, DocumentError> {
        prepare::simulation(plan)
    }

    /// The next instant at which something happens; none when nothing can happen any more before
    /// the end.
    pub fn next_instant(&self) -> Option<Time> {
        let next = match self.now {
            None => Time::ZERO,
            Some(_) => {
                let entry = self.timeline.get(self.next).map(|entry| entry.at);
                let engine = self.engine.poll_timeout().map(|(at, _)| at);
                let look = self.now.filter(|_| !self.watches.is_empty()).map(next_look);
                let world = self.around.world.next_due();
                entry.into_iter().chain(engine).chain(world).chain(look).min()?
            }
        };
        (next <= self.until).then_some(next)
    }

    /// Does the next instant, whole, and says which it was.
    pub fn advance(&mut self) -> Option<Time> {
        let now = self.next_instant()?;
        self.do_instant(now);
        self.now = Some(now);
        Some(now)
    }

    /// Does every instant up to one.
    pub fn run_to(&mut self, until: Time) {
        while self.next_instant().is_some_and(|next| next <= until) {
            self.advance();
        }
    }

    /// Does every instant there is.
    pub fn run(&mut self) {
        self.run_to(self.until);
    }

    /// Adds an entry to the timeline, behind those of its instant. An instant that is done cannot
    /// be added to: the entry goes to the next millisecond then.
    pub fn add_entry(&mut self, mut entry: TimelineEntry) {
        if let Some(now) = self.now
            && entry.at <= now
        {
            entry.at = Time(now.0 + 1);
        }
        let timeline = Arc::make_mut(&mut self.timeline);
        let behind = timeline.partition_point(|known| known.at <= entry.at);
        timeline.insert(behind, entry);
    }

    /// The last instant that was done.
    pub fn now(&self) -> Option<Time> {
        self.now
    }

    /// When the run ends.
    pub fn until(&self) -> Time {
        self.until
    }

    /// The control plane, to look at.
    pub fn engine(&self) -> View<'_> {
        self.engine.view()
    }

    /// The world, to look at.
    pub fn world(&self) -> &World {
        &self.around.world
    }

    /// What happened so far.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// From now on at most so many events are kept ([`crate::view::EVENTS_KEPT`] unless said
    /// otherwise); [`Record::forgotten`] says what was let go.
    pub fn keep_events(&mut self, events: u64) {
        self.record.keep(events);
    }

    /// The digest of the log so far.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// A digest of the control plane's state.
    pub fn state_hash(&self) -> u64 {
        self.engine.state_hash()
    }

    /// Entries that did not end as the scenario says they must.
    pub fn problems(&self) -> &[CallProblem] {
        &self.problems
    }

    /// The timeline, edits included.
    pub fn timeline(&self) -> &[TimelineEntry] {
        &self.timeline
    }

    /// The present moment, to look at: instant `now`, settled.
    pub fn moment(&self, now: Time) -> Moment<'_> {
        Moment {
            engine: self.engine.view(),
            world: &self.around,
            record: &self.record,
            now,
            clock: Clock::Seconds,
        }
    }
}
