//! The quantifiers: which instants an expression is looked at, and what is made of it.

use stowplan_engine::model::Time;

use super::budget::MOST_IN_A_RUN;
use super::compile::Program;
use super::error::{EvaluationError, ExpressionError};
use super::names::Sight;
use super::verdict::Verdict;
use crate::series::Wanted;
use crate::story::Line;
use crate::view::{Seconds, Told};

/// Lines of the story that are shown with a failure.
const EVENTS_SHOWN: usize = 5;

/// When an expression must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// At every instant of a span, both ends included.
    Always {
        /// Its beginning.
        from: Time,
        /// Its end.
        to: Time,
    },
    /// At no instant of a span, both ends included.
    Never {
        /// Its beginning.
        from: Time,
        /// Its end.
        to: Time,
    },
    /// At some instant up to this one.
    Eventually {
        /// The last instant.
        by: Time,
    },
    /// Once everything at this instant has settled.
    At(Time),
    /// When the run ends.
    Finally,
}

/// An expectation as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it must hold.
    pub form: Form,
    /// What must hold.
    pub expression: String,
    /// What people call it.
    pub label: Option<String>,
}

/// All expectations of a run.
#[derive(Debug)]
pub struct Expectations {
    checks: Vec<Check>,
}

#[derive(Debug)]
struct Check {
    entry: Entry,
    program: Program,
    state: State,
    /// The record's changes at the last look, and what came of it.
    last: Option<(u64, bool)>,
    /// Steps that it may still take in this run.
    left: u64,
}

/// How far an expectation is.
#[derive(Debug)]
enum State {
    Open,
    Passed,
    Failed(Box<Failure>),
}

#[derive(Debug)]
struct Failure {
    at: Time,
    error: Option<EvaluationError>,
    values: Vec<(String, String)>,
    events: Vec<String>,
}

/// Numbers over time that expressions ask for.
pub fn wanted_by<'p>(programs: impl IntoIterator<Item = &'p Program>) -> Wanted {
    let mut all: Vec<String> = Vec::new();
    for program in programs {
        match program.paths() {
            Some(paths) => all.extend_from_slice(paths),
            None => return Wanted::Everything,
        }
    }
    if all.is_empty() { Wanted::Nothing } else { Wanted::Paths(all) }
}

impl Expectations {
    /// Compiles all entries; on failure says for each bad one, by its position, what is wrong.
    pub fn compile(entries: Vec<Entry>) -> Result<Self, Vec<(usize, ExpressionError)>> {
        let (mut checks, mut errors) = (Vec::new(), Vec::new());
        for (position, entry) in entries.into_iter().enumerate() {
            match Program::compile(&entry.expression) {
                Ok(program) => {
                    let (state, left) = (State::Open, MOST_IN_A_RUN);
                    checks.push(Check { entry, program, state, last: None, left });
                }
                Err(error) => errors.push((position, error)),
            }
        }
        if errors.is_empty() { Ok(Self { checks }) } else { Err(errors) }
    }

    /// Instants that must be looked at even when nothing is due then.
    pub fn instants(&self) -> Vec<Time> {
        let mut instants: Vec<Time> = Vec::new();
        for check in &self.checks {
            match check.entry.form {
                Form::Always { from, to } | Form::Never { from, to } => instants.extend([from, to]),
                Form::Eventually { by } => instants.push(by),
                Form::At(at) => instants.push(at),
                Form::Finally => {}
            }
        }
        instants.sort_unstable();
        instants.dedup();
        instants
    }

    /// Numbers over time that the expressions ask for.
    pub fn wanted(&self) -> Wanted {
        wanted_by(self.checks.iter().map(|check| &check.program))
    }

    /// Whether some expectation looks at what happened at any time before.
    pub fn read_past(&self) -> bool {
        self.checks.iter().any(|check| check.program.reads_past())
    }

    /// Whether some expectation still depends on what comes.
    pub fn are_open(&self) -> bool {
        self.checks.iter().any(|check| matches!(check.state, State::Open))
    }

    /// Looks at a settled instant.
    pub fn look(&mut self, sight: &Sight<'_>) {
        for check in &mut self.checks {
            if matches!(check.state, State::Open) {
                check.look(sight);
            }
        }
    }

    /// Looks at the end of the run: the instant `until`, or an earlier one after which nothing can
    /// happen any more.
    pub fn finish(&mut self, sight: &Sight<'_>) {
        for check in &mut self.checks {
            if matches!(check.state, State::Open) {
                check.finish(sight);
            }
        }
    }

    /// What became of each; an open one counts as failed.
    pub fn verdicts(&self) -> Vec<Verdict> {
        let verdict = |(position, check): (usize, &Check)| check.verdict(position);
        self.checks.iter().enumerate().map(verdict).collect()
    }
}

impl Check {
    fn look(&mut self, sight: &Sight<'_>) {
        let now = sight.moment.now;
        match self.entry.form {
            Form::Always { from, to } | Form::Never { from, to } => {
                if (from..=to).contains(&now) {
                    self.hold_on(sight);
                }
                if now >= to && matches!(self.state, State::Open) {
                    self.state = State::Passed;
                }
            }
            Form::Eventually { by } => {
                if now <= by && self.evaluate(sight) == Ok(true) {
                    self.state = State::Passed;
                } else if now >= by {
                    let error = self.evaluate(sight).err();
                    self.fail(sight, error);
                }
            }
            Form::At(at) => {
                if now == at {
                    self.decide(sight);
                }
            }
            Form::Finally => {}
        }
    }

    /// Where the run ended early, nothing changes any more: what is asked of a later instant is
    /// asked of the last one.
    fn finish(&mut self, sight: &Sight<'_>) {
        match self.entry.form {
            Form::Always { from, .. } | Form::Never { from, .. } => {
                if from > sight.moment.now {
                    self.hold_on(&at(sight, from));
                }
                if matches!(self.state, State::Open) {
                    self.state = State::Passed;
                }
            }
            Form::Eventually { .. } => match self.evaluate(sight) {
                Ok(true) => self.state = State::Passed,
                Ok(false) => self.fail(sight, None),
                Err(error) => self.fail(sight, Some(error)),
            },
            Form::At(instant) => self.decide(&at(sight, instant.max(sight.moment.now))),
            Form::Finally => self.decide(sight),
        }
    }

    /// Fails when `always` does not hold, or `never` does.
    fn hold_on(&mut self, sight: &Sight<'_>) {
        let wanted = matches!(self.entry.form, Form::Always { .. });
        match self.evaluate(sight) {
            Ok(held) if held == wanted => {}
            Ok(_) => self.fail(sight, None),
            Err(error) => self.fail(sight, Some(error)),
        }
    }

    fn decide(&mut self, sight: &Sight<'_>) {
        match self.evaluate(sight) {
            Ok(true) => self.state = State::Passed,
            Ok(false) => self.fail(sight, None),
            Err(error) => self.fail(sight, Some(error)),
        }
    }

    /// What the record alone decides is not asked again before the record changes.
    fn evaluate(&mut self, sight: &Sight<'_>) -> Result<bool, EvaluationError> {
        let changes = sight.moment.record.changes();
        if self.program.reads_record_only()
            && let Some((seen, held)) = self.last
            && seen == changes
        {
            return Ok(held);
        }
        let held = self.program.holds(sight, &mut self.left)?;
        self.last = Some((changes, held));
        Ok(held)
    }

    fn fail(&mut self, sight: &Sight<'_>, error: Option<EvaluationError>) {
        let record = sight.moment.record;
        let recent = record.told().iter_from(record.told().len().saturating_sub(EVENTS_SHOWN));
        let line = |told: &Told| Line::of(sight.moment.engine, record, *told).to_string();
        self.state = State::Failed(Box::new(Failure {
            at: sight.moment.now,
            error,
            values: self.program.values(sight),
            events: recent.map(line).collect(),
        }));
    }

    fn verdict(&self, position: usize) -> Verdict {
        let mut verdict = Verdict {
            position,
            label: self.entry.label.clone(),
            form: form(self.entry.form),
            expression: self.entry.expression.clone(),
            passed: false,
            at: None,
            error: None,
            values: Vec::new(),
            events: Vec::new(),
        };
        match &self.state {
            State::Passed => verdict.passed = true,
            State::Open => verdict.error = Some("the run has not come that far".to_owned()),
            State::Failed(failure) => {
                verdict.at = Some(failure.at);
                verdict.error = failure.error.as_ref().map(ToString::to_string);
                verdict.values.clone_from(&failure.values);
                verdict.events.clone_from(&failure.events);
            }
        }
        verdict
    }
}

fn at<'a>(sight: &Sight<'a>, now: Time) -> Sight<'a> {
    let mut later = *sight;
    later.moment.now = now;
    later
}

fn form(form: Form) -> String {
    let span = |word: &str, from: Time, to: Time| {
        format!("{word} from {} to {} s", Seconds(from), Seconds(to))
    };
    match form {
        Form::Always { from, to } => span("always", from, to),
        Form::Never { from, to } => span("never", from, to),
        Form::Eventually { by } => format!("eventually by {} s", Seconds(by)),
        Form::At(at) => format!("at {} s", Seconds(at)),
        Form::Finally => "finally".to_owned(),
    }
}
