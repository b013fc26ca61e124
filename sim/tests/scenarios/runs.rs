//! One file: what it expects, its digest, and its digest after many snapshots.

use stowplan_sim::run::{Replay, Simulation, Trial};
use stowplan_sim::scenario::{Plan, Scenario};

use crate::collection::File;
use crate::digests::Table;

/// Events between snapshots.
const STRIDE: usize = 10;
/// Instants that a run which was left behind goes on for: what it does must not be felt.
const ASIDE: usize = 3;

/// Runs a file and its variants.
pub(crate) fn check(file: &File, table: &Table) -> Result<(), String> {
    for run in file.scenarios()? {
        check_run(file, &run, table).map_err(|problem| {
            format!("{problem}\n\nSee it with: stowplan run scenarios/{}", file.name)
        })?;
    }
    Ok(())
}

fn check_run(file: &File, run: &Scenario, table: &Table) -> Result<(), String> {
    let plan = run.plan().map_err(|error| error.to_string())?;
    let digest = check_verdicts(run, &plan)?;
    table.check(&file.name, run, &digest)?;
    let begin = || Simulation::new(&plan).expect("it ran before");
    let snapshots = run_from_snapshots(begin());
    same(&digest, &snapshots, "with a snapshot at every tenth event")?;
    let mut replay = Replay::new(&plan).expect("it ran before");
    replay.seek(run.until);
    same(&digest, &replay, "when it can be rewound")?;
    let middle = stowplan_engine::model::Time(run.until.0 / 2);
    replay.seek(middle);
    replay.seek(run.until);
    same(&digest, &replay, "after a rewind to its middle")
}

/// Checks what the scenario expects; the digest.
fn check_verdicts(run: &Scenario, plan: &Plan) -> Result<String, String> {
    let mut trial = Trial::new(run, plan, false).map_err(|error| error.to_string())?;
    let outcome = trial.finish();
    let failed = outcome.verdicts.iter().filter(|verdict| !verdict.passed).map(|v| v.to_string());
    let problems = outcome.problems.iter().map(|problem| format!("FAILED  {problem}"));
    let wrong: Vec<String> = failed.chain(problems).collect();
    if wrong.is_empty() != outcome.passed() {
        return Err("the outcome and its parts disagree".to_owned());
    }
    if !wrong.is_empty() {
        return Err(format!("{}:\n{}", run.title(), wrong.join("\n")));
    }
    Ok(format!("{:016x}", outcome.digest))
}

/// Goes on from a snapshot at every tenth event, while what it was taken from goes its own way.
fn run_from_snapshots(mut simulation: Simulation) -> Simulation {
    let mut next = 0;
    while simulation.advance().is_some() {
        if simulation.record().log().len() < next {
            continue;
        }
        next = simulation.record().log().len() + STRIDE;
        let snapshot = simulation.clone();
        for _ in 0..ASIDE {
            simulation.advance();
        }
        simulation = snapshot;
    }
    simulation
}

/// A run that can be asked for its digest.
trait Digested {
    fn digest(&self) -> String;
}

impl Digested for Simulation {
    fn digest(&self) -> String {
        Self::digest(self).to_string()
    }
}

impl Digested for Replay {
    fn digest(&self) -> String {
        self.head().digest().to_string()
    }
}

fn same(digest: &str, run: &impl Digested, how: &str) -> Result<(), String> {
    let other = run.digest();
    (digest == other).then_some(()).ok_or_else(|| format!("digest {digest}, but {other} {how}"))
}
