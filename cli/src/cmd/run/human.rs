//! A run for people: its story, what held, and the digest.

use std::io::Write;

use anyhow::Result;
use stowplan_engine::model::Time;
use stowplan_sim::forecast::Forecast;
use stowplan_sim::run::{Outcome, Trial};
use stowplan_sim::scenario::Scenario;
use stowplan_sim::story::Line;
use stowplan_sim::view::Forgotten;

use super::{Tally, Teller};

/// Tells people.
pub(super) struct Human {
    /// Only what does not hold.
    pub(super) quiet: bool,
}

impl Teller for Human {
    fn begin(&mut self, out: &mut dyn Write, scenario: &Scenario) -> Result<()> {
        if !self.quiet {
            let (seed, until) = (scenario.seed, seconds(scenario.until));
            writeln!(out, "{} (seed {seed}, until {until} s)", scenario.title())?;
            if let Some(description) = &scenario.description {
                writeln!(out, "{}", description.trim_end())?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn foretell(&mut self, out: &mut dyn Write, forecast: &Forecast) -> Result<()> {
        if !self.quiet {
            writeln!(out, "forecast: {forecast}")?;
        }
        Ok(())
    }

    fn tell(&mut self, out: &mut dyn Write, trial: &Trial, told: usize) -> Result<usize> {
        let (view, record) = (trial.simulation().engine(), trial.simulation().record());
        if !self.quiet {
            for entry in record.told().iter_from(told) {
                writeln!(out, "{}", Line::of(view, record, *entry))?;
            }
        }
        Ok(record.told().len())
    }

    fn end(
        &mut self,
        out: &mut dyn Write,
        trial: &Trial,
        outcome: &Outcome,
        skipped: usize,
    ) -> Result<()> {
        if self.quiet && outcome.passed() {
            return Ok(());
        }
        self.end_loudly(out, outcome, skipped)?;
        match trial.simulation().record().forgotten() {
            Some(Forgotten { events, before }) if !self.quiet => writeln!(
                out,
                "{events} events, all before {} s, were let go to save memory (--keep-events)",
                seconds(before)
            )?,
            _ => {}
        }
        Ok(())
    }
}

impl Human {
    fn end_loudly(&self, out: &mut dyn Write, outcome: &Outcome, skipped: usize) -> Result<()> {
        if !self.quiet {
            writeln!(out)?;
        }
        for problem in &outcome.problems {
            writeln!(out, "FAILED  {problem}")?;
        }
        for verdict in &outcome.verdicts {
            if !(self.quiet && verdict.passed) {
                writeln!(out, "{verdict}")?;
            }
        }
        if !self.quiet {
            writeln!(out, "{}", summary(outcome, skipped))?;
            writeln!(out, "digest {:016x}", outcome.digest)?;
        }
        Ok(())
    }
}

/// `3 expectations: 2 hold, 1 does not`
fn summary(outcome: &Outcome, skipped: usize) -> String {
    let all = outcome.verdicts.len();
    let failed = outcome.verdicts.iter().filter(|verdict| !verdict.passed).count();
    let mut text = match all {
        0 => "nothing is expected".to_owned(),
        1 => "1 expectation: ".to_owned(),
        _ => format!("{all} expectations: "),
    };
    match (all, failed) {
        (0, _) => {}
        (_, 0) => text.push_str(if all == 1 { "it holds" } else { "all hold" }),
        (_, 1) => text.push_str(&format!("{} hold, 1 does not", all - 1)),
        _ => text.push_str(&format!("{} hold, {failed} do not", all - failed)),
    }
    match outcome.problems.len() {
        0 => {}
        1 => text.push_str("; 1 call ended otherwise than it must"),
        problems => text.push_str(&format!("; {problems} calls ended otherwise than they must")),
    }
    if skipped > 0 {
        text.push_str(&format!("; {skipped} not checked: the run ends too early"));
    }
    text
}

/// The last line over several runs.
pub(super) fn write_tally(out: &mut dyn Write, tally: Tally) -> Result<()> {
    let Tally { runs, failed } = tally;
    let plural = if runs == 1 { "" } else { "s" };
    match failed {
        0 => writeln!(out, "{runs} scenario{plural}: everything holds")?,
        _ => writeln!(out, "{runs} scenario{plural}: {} passed, {failed} failed", runs - failed)?,
    }
    Ok(())
}

fn seconds(time: Time) -> String {
    (time.0 as f64 / 1000.0).to_string()
}
