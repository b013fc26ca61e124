//! A run for machines: one JSON object a line, told apart by `type`.

use std::io::Write;

use anyhow::Result;
use serde_json::{Value, json};
use stowplan_engine::model::Time;
use stowplan_sim::expect::Verdict;
use stowplan_sim::forecast::Forecast;
use stowplan_sim::run::{CallProblem, Outcome, Trial};
use stowplan_sim::scenario::Scenario;
use stowplan_sim::story;

use super::Teller;

/// Tells machines.
pub(super) struct Json;

impl Teller for Json {
    fn begin(&mut self, out: &mut dyn Write, scenario: &Scenario) -> Result<()> {
        line(
            out,
            &json!({
                "type": "scenario",
                "name": scenario.name,
                "variant": scenario.variant,
                "seed": scenario.seed,
                "until": seconds(scenario.until),
            }),
        )
    }

    fn foretell(&mut self, out: &mut dyn Write, forecast: &Forecast) -> Result<()> {
        let mut object = json!({ "type": "forecast" });
        merge(&mut object, serde_json::to_value(forecast.answer())?);
        line(out, &object)
    }

    fn tell(&mut self, out: &mut dyn Write, trial: &Trial, told: usize) -> Result<usize> {
        let simulation = trial.simulation();
        let moment = simulation.moment(simulation.now().unwrap_or_default());
        for entry in simulation.record().told().iter_from(told) {
            let mut event = json!({ "type": "event" });
            merge(&mut event, story::entry(&moment, *entry));
            line(out, &event)?;
        }
        Ok(simulation.record().told().len())
    }

    fn end(
        &mut self,
        out: &mut dyn Write,
        trial: &Trial,
        outcome: &Outcome,
        skipped: usize,
    ) -> Result<()> {
        for problem in &outcome.problems {
            line(out, &call_problem(problem))?;
        }
        for found in &outcome.verdicts {
            line(out, &verdict(found))?;
        }
        let simulation = trial.simulation();
        let state = simulation.moment(simulation.until()).state();
        line(out, &json!({ "type": "state", "state": state }))?;
        let forgotten = simulation.record().forgotten().map(
            |forgotten| json!({ "events": forgotten.events, "before": seconds(forgotten.before) }),
        );
        line(
            out,
            &json!({
                "type": "end",
                "passed": outcome.passed(),
                "notChecked": skipped,
                "forgotten": forgotten,
                "digest": format!("{:016x}", outcome.digest),
            }),
        )
    }
}

fn call_problem(problem: &CallProblem) -> Value {
    json!({
        "type": "call",
        "passed": false,
        "at": seconds(problem.at),
        "path": problem.path,
        "action": problem.action,
        "problem": problem.problem,
    })
}

fn verdict(verdict: &Verdict) -> Value {
    let values = verdict.values.iter().map(|(name, value)| (name.clone(), value.clone().into()));
    json!({
        "type": "verdict",
        "position": verdict.position,
        "label": verdict.label,
        "form": verdict.form,
        "expression": verdict.expression,
        "passed": verdict.passed,
        "at": verdict.at.map(seconds),
        "error": verdict.error,
        "values": values.collect::<serde_json::Map<String, Value>>(),
        "events": verdict.events,
    })
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

fn line(out: &mut dyn Write, value: &Value) -> Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)?;
    Ok(())
}

fn seconds(time: Time) -> f64 {
    time.0 as f64 / 1000.0
}
