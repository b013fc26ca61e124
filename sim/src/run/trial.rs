//! A run that is looked at: expectations checked and numbers kept at every settled instant.

use serde_json::Value;
use stowplan_engine::model::Time;

use super::{CallProblem, Simulation};
use crate::document::DocumentError;
use crate::expect::{
    Entry, EvaluationError, Expectations, Form, Program, Sight, Verdict, wanted_by,
};
use crate::forecast::Forecast;
use crate::scenario::{Expectation, Plan, Quantifier, Scenario};
use crate::series::{Series, Wanted};

/// A run under watch.
#[derive(Debug)]
pub struct Trial {
    simulation: Simulation,
    expectations: Expectations,
    series: Series,
    /// Instants that are looked at even when nothing happens then, in order.
    watched: Vec<Time>,
    /// The next of them.
    next_watched: usize,
    /// What was said of deployments before they began.
    forecasts: Option<Vec<Forecast>>,
    /// What is measured when the run ends, and what came of it.
    measures: Vec<Program>,
    measured: Vec<Result<Value, EvaluationError>>,
}

/// What became of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// One for each expectation.
    pub verdicts: Vec<Verdict>,
    /// Calls that did not end as the scenario says they must.
    pub problems: Vec<CallProblem>,
    /// The digest of the log.
    pub digest: u64,
}

impl Outcome {
    /// Whether everything held.
    pub fn passed(&self) -> bool {
        self.problems.is_empty() && self.verdicts.iter().all(|verdict| verdict.passed)
    }
}

impl Trial {
    /// A run of a scenario at its beginning. With `everything`, all numbers are kept and not only
    /// those that expectations ask for.
    ///
    /// # Errors
    ///
    /// An expression that does not compile, with its place.
    pub fn new(scenario: &Scenario, plan: &Plan, everything: bool) -> Result<Self, DocumentError> {
        let entries = scenario.expect.iter().map(entry).collect();
        let expectations = Expectations::compile(entries).map_err(|errors| {
            let (position, error) = &errors[0];
            let source = &scenario.expect[*position].source;
            source.error(error.to_string())
        })?;
        let wanted = if everything { Wanted::Everything } else { expectations.wanted() };
        let watched = expectations.instants();
        let mut simulation = Simulation::new(plan)?;
        if expectations.read_past() {
            simulation.keep_events(u64::MAX);
        }
        Ok(Self {
            simulation,
            expectations,
            series: Series::new(wanted),
            watched,
            next_watched: 0,
            forecasts: None,
            measures: Vec::new(),
            measured: Vec::new(),
        })
    }

    /// Says of each deployment that is under way what is left of it, and from now on of each what
    /// it will do before the timeline begins it.
    #[must_use]
    pub fn with_forecasts(mut self) -> Self {
        self.forecasts = Some(Forecast::under_way(&self.simulation, Time::ZERO));
        self
    }

    /// Keeps at most so many events, unless expectations or measures look at the past: then all
    /// are kept.
    #[must_use]
    pub fn keeping_events(mut self, events: u64) -> Self {
        let measured = self.measures.iter().any(Program::reads_past);
        if !(measured || self.expectations.read_past()) {
            self.simulation.keep_events(events);
        }
        self
    }

    /// Evaluates these expressions, too, when the run ends.
    ///
    /// # Errors
    ///
    /// An expression that does not compile.
    pub fn with_measures(mut self, expressions: &[&str]) -> Result<Self, DocumentError> {
        let compile = |text: &&str| {
            Program::compile(text).map_err(|error| DocumentError::new(error.to_string()))
        };
        self.measures = expressions.iter().map(compile).collect::<Result<_, _>>()?;
        self.series.want(wanted_by(&self.measures));
        if self.measures.iter().any(Program::reads_past) {
            self.simulation.keep_events(u64::MAX);
        }
        Ok(self)
    }

    /// What the measures yielded; nothing before [`Self::finish`].
    pub fn measured(&self) -> &[Result<Value, EvaluationError>] {
        &self.measured
    }

    /// What was said of deployments so far: of those that the timeline begins, before it does.
    pub fn forecasts(&self) -> &[Forecast] {
        self.forecasts.as_deref().unwrap_or_default()
    }

    /// The run itself.
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// The numbers kept so far.
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// Does the next instant, or looks at one in which nothing happens. None at the end.
    pub fn advance(&mut self) -> Option<Time> {
        let due = self.simulation.next_instant();
        let watched = self.watched.get(self.next_watched).copied();
        let now = match (due, watched) {
            (Some(due), Some(watched)) if watched < due => watched,
            (Some(due), _) => {
                if let Some(forecasts) = &mut self.forecasts {
                    let entries = self.simulation.entries_due(due);
                    let said = entries
                        .iter()
                        .flat_map(|entry| Forecast::of_entry(&self.simulation, due, entry));
                    forecasts.extend(said);
                }
                self.simulation.advance();
                due
            }
            (None, Some(watched)) => watched,
            (None, None) => return None,
        };
        while self.watched.get(self.next_watched).is_some_and(|&watched| watched <= now) {
            self.next_watched += 1;
        }
        let moment = self.simulation.moment(now);
        self.series.look(&moment);
        self.expectations.look(&Sight { moment, series: &self.series });
        Some(now)
    }

    /// Does the rest of the run and says what became of it.
    pub fn finish(&mut self) -> Outcome {
        while self.advance().is_some() {}
        let moment = self.simulation.moment(self.simulation.until());
        self.series.look(&moment);
        let sight = Sight { moment, series: &self.series };
        self.expectations.finish(&sight);
        self.measured = self.measures.iter().map(|measure| measure.value(&sight)).collect();
        Outcome {
            verdicts: self.expectations.verdicts(),
            problems: self.simulation.problems().to_vec(),
            digest: self.simulation.digest().value(),
        }
    }
}

fn entry(expectation: &Expectation) -> Entry {
    let form = match expectation.quantifier {
        Quantifier::Always(from, to) => Form::Always { from, to },
        Quantifier::Never(from, to) => Form::Never { from, to },
        Quantifier::Eventually(by) => Form::Eventually { by },
        Quantifier::At(at) => Form::At(at),
        Quantifier::Finally => Form::Finally,
    };
    Entry { form, expression: expectation.expression.clone(), label: expectation.label.clone() }
}
