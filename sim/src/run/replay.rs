//! Time travel: a run with checkpoints, so that any instant already done can be seen again and the
//! past can be changed.

use stowplan_engine::model::Time;

use super::Simulation;
use crate::document::DocumentError;
use crate::scenario::{Plan, TimelineEntry};

/// Checkpoints kept at most; when there are more, every second one goes.
const MOST_CHECKPOINTS: usize = 64;
/// Instants between checkpoints to begin with.
const FIRST_STRIDE: usize = 64;

/// A run that can be rewound.
#[derive(Clone, Debug)]
pub struct Replay {
    head: Simulation,
    /// In order of time; the first is before instant 0.
    checkpoints: Vec<Simulation>,
    since_checkpoint: usize,
    stride: usize,
    /// The last instant that was ever done on this line of the past.
    known: Option<Time>,
}

impl Replay {
    /// A run at its beginning.
    pub fn new(plan: &Plan) -> Result<Self, DocumentError> {
        let head = Simulation::new(plan)?;
        Ok(Self {
            checkpoints: vec![head.clone()],
            head,
            since_checkpoint: 0,
            stride: FIRST_STRIDE,
            known: None,
        })
    }

    /// The run as it stands.
    pub fn head(&self) -> &Simulation {
        &self.head
    }

    /// How far the run has been computed.
    pub fn known(&self) -> Option<Time> {
        self.known
    }

    /// Does the next instant.
    pub fn advance(&mut self) -> Option<Time> {
        let now = self.head.advance()?;
        if self.known.is_none_or(|known| now > known) {
            self.known = Some(now);
            self.since_checkpoint += 1;
            if self.since_checkpoint >= self.stride {
                self.keep_checkpoint();
            }
        }
        Some(now)
    }

    fn keep_checkpoint(&mut self) {
        self.since_checkpoint = 0;
        self.checkpoints.push(self.head.clone());
        if self.checkpoints.len() > MOST_CHECKPOINTS {
            let mut index = 0;
            self.checkpoints.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.stride *= 2;
        }
    }

    /// Stands behind the last instant that is not later than `time`: back from a checkpoint, or
    /// on, as it needs.
    pub fn seek(&mut self, time: Time) {
        if self.head.now().is_some_and(|now| now > time) {
            let fits = |checkpoint: &Simulation| checkpoint.now().is_none_or(|now| now <= time);
            let nearest = self.checkpoints.iter().rposition(fits).unwrap_or(0);
            self.head = self.checkpoints[nearest].clone();
        }
        while self.head.next_instant().is_some_and(|next| next <= time) {
            self.advance();
        }
    }

    /// The run as it stood before an instant that is done.
    pub(super) fn before(&self, at: Time) -> Simulation {
        let fits = |checkpoint: &&Simulation| checkpoint.now().is_none_or(|now| now < at);
        let nearest = self.checkpoints.iter().rfind(fits).unwrap_or(&self.checkpoints[0]);
        let mut past = nearest.clone();
        while past.next_instant().is_some_and(|next| next < at) {
            past.advance();
        }
        past
    }

    /// Changes the run from here on: what was computed beyond is given up.
    pub fn edit(&mut self, entry: TimelineEntry) {
        self.head.add_entry(entry);
        let now = self.head.now();
        self.checkpoints.retain(|checkpoint| checkpoint.now() <= now);
        let timeline = self.head.timeline.clone();
        for checkpoint in &mut self.checkpoints {
            checkpoint.timeline = timeline.clone();
        }
        self.known = now;
        self.since_checkpoint = 0;
    }
}
