//! One scenario run many times: the product of settings and seeds, each run by its number.
//!
//! Runs are numbered from 0: the first setting changes slowest, the seed fastest. A run depends on
//! its number alone, so that parts of a sweep can be run anywhere, in any order, and anew.
//!
//! ```
//! use stowplan_sim::document::{Limits, parse};
//! use stowplan_sim::sweep::{Seeds, Setting, Sweep, Workplace};
//!
//! let text = br#"{ "version": 1, "name": "empty", "until": "1m" }"#;
//! let document = parse(text, &Limits::default())?;
//! let settings = vec![Setting::read("until=1m,2m")?];
//! let sweep = Sweep::new(document, settings, Seeds::read("1..3")?, Vec::new())?;
//! assert_eq!(sweep.runs(), 6);
//! let row = sweep.run(4, &mut Workplace::default())?;
//! assert_eq!(row[0].to_string(), "4");
//! assert_eq!(row[1].to_string(), "2m");
//! assert_eq!(row[2].to_string(), "2");
//! # Ok::<(), stowplan_sim::document::DocumentError>(())
//! ```

mod measure;
mod row;
mod seeds;
mod setting;
mod shard;
#[cfg(test)]
mod tests;

use crate::document::{DocumentError, Node};
use crate::run::Trial;
use crate::scenario::Scenario;

use measure::Counts;
pub use measure::Measure;
pub use row::{Cell, Column, Kind};
pub use seeds::Seeds;
pub use setting::Setting;
pub use shard::Shard;

/// More runs than this are a mistake in a range.
const MOST_RUNS: u64 = 1_000_000_000;

/// A scenario with settings to vary, seeds, and what is measured.
#[derive(Debug)]
pub struct Sweep {
    document: Node,
    settings: Vec<Setting>,
    seeds: Seeds,
    measures: Vec<Measure>,
    runs: u64,
}

/// What one worker keeps between runs: the scenario of the settings it ran last.
#[derive(Debug, Default)]
pub struct Workplace(Option<(u64, Scenario)>);

impl Sweep {
    /// A sweep over a scenario's document. Each value of each setting is tried on the document as
    /// it stands, so that most mistakes show before the first run.
    ///
    /// # Errors
    ///
    /// If the document is no scenario, a setting does not fit it, a column would have two meanings,
    /// or there are too many runs.
    pub fn new(
        document: Node,
        settings: Vec<Setting>,
        seeds: Seeds,
        measures: Vec<Measure>,
    ) -> Result<Self, DocumentError> {
        plannable(document.clone())?;
        let mut runs = seeds.len();
        for setting in &settings {
            runs = runs.saturating_mul(setting.values().len() as u64);
            for value in setting.values() {
                setting.of(setting.applied(&document, value).and_then(plannable))?;
            }
        }
        if runs > MOST_RUNS {
            let message = format!("{runs} runs are more than the maximum {MOST_RUNS}");
            return Err(DocumentError::new(message).with_remedy("Take fewer values or seeds"));
        }
        let sweep = Self { document, settings, seeds, measures, runs };
        row::check_unique(&sweep.columns())?;
        Ok(sweep)
    }

    /// How many runs there are.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// What the cells of a row are.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        let mut columns = vec![Column::new("run", Kind::Whole)];
        columns.extend(self.settings.iter().map(|it| Column::new(it.path(), Kind::Text)));
        columns.push(Column::new("seed", Kind::Whole));
        columns.extend(measure::standard());
        columns.extend(self.measures.iter().map(|it| Column::new(it.name(), Kind::Number)));
        columns
    }

    /// Position of the first column that a run yields; those before it say which run it is.
    #[must_use]
    pub fn first_result(&self) -> usize {
        self.settings.len() + 2
    }

    /// The cells that say which run a number stands for.
    #[must_use]
    pub fn identity(&self, number: u64) -> Vec<Cell> {
        let (combination, seed) = self.place_of(number);
        let chosen = self.chosen(combination);
        let shown = self.settings.iter().zip(chosen).map(|(setting, at)| setting.shown(at));
        let mut cells = vec![Cell::Whole(number)];
        cells.extend(shown.map(|text| Cell::Text(text.to_owned())));
        cells.push(Cell::Whole(seed));
        cells
    }

    /// Does a run and makes its row.
    ///
    /// # Errors
    ///
    /// If the settings together make no scenario, or a measure cannot be taken.
    ///
    /// # Panics
    ///
    /// If there is no run of this number.
    pub fn run(&self, number: u64, workplace: &mut Workplace) -> Result<Vec<Cell>, DocumentError> {
        assert!(number < self.runs, "there are {} runs", self.runs);
        let (combination, seed) = self.place_of(number);
        let scenario = match workplace.0.take() {
            Some((known, scenario)) if known == combination => scenario,
            _ => self.scenario(combination)?,
        };
        let (_, scenario) = workplace.0.insert((combination, scenario));
        scenario.seed = seed;
        let mut row = self.identity(number);
        let plan = scenario.plan()?;
        let measures = self.measures.iter().map(Measure::expression).collect::<Vec<_>>();
        let mut trial = Trial::new(scenario, &plan, false)?.with_measures(&measures)?;
        let mut counts = Counts::begin(trial.simulation());
        while trial.advance().is_some() {
            counts.look(trial.simulation());
        }
        let outcome = trial.finish();
        row.extend(measure::taken(trial.simulation(), &counts, &outcome));
        for (measure, value) in self.measures.iter().zip(trial.measured()) {
            row.push(measure.cell(value).map_err(|error| self.of_run(number, error))?);
        }
        Ok(row)
    }

    fn scenario(&self, combination: u64) -> Result<Scenario, DocumentError> {
        let mut document = self.document.clone();
        for (setting, at) in self.settings.iter().zip(self.chosen(combination)) {
            document = setting.of(setting.applied(&document, &setting.values()[at]))?;
        }
        Scenario::from_node(document)
    }

    fn of_run(&self, number: u64, error: DocumentError) -> DocumentError {
        let of = self.identity(number);
        let names = self.columns();
        let of = of.iter().zip(&names).map(|(cell, column)| format!("{} {cell}", column.name));
        let of = of.collect::<Vec<_>>().join(", ");
        DocumentError { message: format!("{} ({of})", error.message), ..error }
    }

    /// Number of the combination of settings, and the seed.
    fn place_of(&self, number: u64) -> (u64, u64) {
        (number / self.seeds.len(), self.seeds.get(number % self.seeds.len()))
    }

    /// Position of the value of each setting.
    fn chosen(&self, combination: u64) -> Vec<usize> {
        let mut rest = combination;
        let mut chosen: Vec<usize> = Vec::with_capacity(self.settings.len());
        for setting in self.settings.iter().rev() {
            let many = setting.values().len() as u64;
            chosen.push((rest % many) as usize);
            rest /= many;
        }
        chosen.reverse();
        chosen
    }
}

fn plannable(document: Node) -> Result<(), DocumentError> {
    Scenario::from_node(document)?.plan().map(drop)
}
