//! What is measured of a run.

use serde_json::Value;
use stowplan_engine::api::EventKind;
use stowplan_engine::model::{RolloutState, TaskStatus, Time};

use super::row::{Cell, Column, Kind};
use crate::document::{DocumentError, excerpt};
use crate::expect::{EvaluationError, Program};
use crate::run::{Outcome, Simulation};
use crate::view::seconds;

/// A measure of one's own: a name, and an expression that is looked at when the run ends.
#[derive(Clone, Debug)]
pub struct Measure {
    name: String,
    expression: String,
}

impl Measure {
    /// Reads `NAME=EXPRESSION`, an expression as in `expect` that yields a number or a truth.
    ///
    /// # Errors
    ///
    /// If it has no name, or the expression does not compile.
    pub fn read(text: &str) -> Result<Self, DocumentError> {
        let named = text.split_once('=').map(|(name, rest)| (name.trim(), rest.trim()));
        let Some((name, expression)) = named.filter(|(name, _)| !name.is_empty()) else {
            let message = format!("`{}` is no measure", excerpt(text));
            return Err(DocumentError::new(message)
                .with_remedy("Write it as peak=maxOf('services.web.occupyingCount')"));
        };
        Program::compile(expression)
            .map_err(|error| DocumentError::new(format!("the measure `{name}`: {error}")))?;
        Ok(Self { name: name.to_owned(), expression: expression.to_owned() })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn expression(&self) -> &str {
        &self.expression
    }

    /// The cell of what the expression yielded.
    pub(super) fn cell(
        &self,
        value: &Result<Value, EvaluationError>,
    ) -> Result<Cell, DocumentError> {
        let of = |what: String| DocumentError::new(format!("the measure `{}`: {what}", self.name));
        match value {
            Ok(Value::Null) => Ok(Cell::Number(None)),
            Ok(Value::Bool(value)) => Ok(Cell::Number(Some(f64::from(u8::from(*value))))),
            Ok(Value::Number(number)) => Ok(Cell::Number(number.as_f64())),
            Ok(other) => Err(of(format!("{} is no number", excerpt(&other.to_string())))),
            Err(error) => Err(of(error.to_string())),
        }
    }
}

/// The columns that every sweep has.
pub(super) fn standard() -> Vec<Column> {
    [
        ("passed", Kind::Flag),
        ("failedExpectations", Kind::Whole),
        ("failedCalls", Kind::Whole),
        ("placements", Kind::Whole),
        ("placementFailures", Kind::Whole),
        ("stops", Kind::Whole),
        ("peakTasks", Kind::Whole),
        ("tasksAtEnd", Kind::Whole),
        ("waitingAtEnd", Kind::Whole),
        ("instancesUsedAtEnd", Kind::Whole),
        ("deploymentsCompleted", Kind::Whole),
        ("deploymentsFailed", Kind::Whole),
        ("lastDeploymentEnded", Kind::Number),
        ("digest", Kind::Text),
    ]
    .map(|(name, kind)| Column::new(name, kind))
    .to_vec()
}

/// The cells of [`standard`].
pub(super) fn taken(run: &Simulation, counts: &Counts, outcome: &Outcome) -> Vec<Cell> {
    let engine = run.engine();
    let live = engine.tasks().iter().filter(|task| task.is_live()).count();
    let used = engine.instances().filter(|(_, instance)| !instance.tasks.is_empty()).count();
    let failed = outcome.verdicts.iter().filter(|verdict| !verdict.passed).count();
    vec![
        Cell::Flag(outcome.passed()),
        Cell::Whole(failed as u64),
        Cell::Whole(outcome.problems.len() as u64),
        Cell::Whole(counts.placed),
        Cell::Whole(counts.refused),
        Cell::Whole(counts.stops),
        Cell::Whole(counts.peak),
        Cell::Whole(live as u64),
        Cell::Whole(engine.waiting().count() as u64),
        Cell::Whole(used as u64),
        Cell::Whole(counts.completed),
        Cell::Whole(counts.failed),
        Cell::Number(counts.last_ended.map(seconds)),
        Cell::Text(format!("{:016x}", outcome.digest)),
    ]
}

/// What the log of a run adds up to.
#[derive(Default)]
pub(super) struct Counts {
    /// Events that are counted.
    seen: usize,
    /// Tasks that are there now, those that stop included.
    there: u64,
    placed: u64,
    refused: u64,
    stops: u64,
    /// The most tasks that were there at once, those that stop included.
    peak: u64,
    completed: u64,
    failed: u64,
    last_ended: Option<Time>,
}

impl Counts {
    /// Before the first instant: the log may begin with services that are created then.
    pub(super) fn begin(run: &Simulation) -> Self {
        let log = run.record().log();
        let is_birth = |kind: &EventKind| matches!(kind, EventKind::TaskCreated(_));
        let born = log.iter().filter(|event| is_birth(&event.kind)).count();
        let there = (run.engine().tasks().len() - born) as u64;
        let mut counts = Self { there, peak: there, ..Self::default() };
        counts.look(run);
        counts
    }

    /// Counts what is new.
    pub(super) fn look(&mut self, run: &Simulation) {
        let log = run.record().log();
        for event in log.iter_from(self.seen) {
            match &event.kind {
                EventKind::TaskCreated(_) => self.there += 1,
                EventKind::TaskStatus(_, TaskStatus::Stopped) => {
                    self.there = self.there.saturating_sub(1);
                }
                EventKind::TaskPlaced(_) => self.placed += 1,
                EventKind::TaskStopDecided(_) => self.stops += 1,
                EventKind::PlacementFailed(_) => self.refused += 1,
                EventKind::Rollout(_, state) => self.rollout(*state, event.at),
                _ => {}
            }
            self.peak = self.peak.max(self.there);
        }
        self.seen = log.len();
    }

    fn rollout(&mut self, state: RolloutState, at: Time) {
        match state {
            RolloutState::Completed => self.completed += 1,
            RolloutState::Failed => self.failed += 1,
            RolloutState::InProgress => return,
        }
        self.last_ended = Some(at);
    }
}
