//! `stowplan run`: runs scenarios, tells their stories and says what held.

mod human;
mod json;

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use stowplan_engine::model::Time;
use stowplan_sim::document::{Duration, Limits};
use stowplan_sim::forecast::Forecast;
use stowplan_sim::forecast::kubernetes::{Amount, RollingUpdate};
use stowplan_sim::run::{Outcome, Trial};
use stowplan_sim::scenario::{Quantifier, Scenario};
use stowplan_sim::series::CSV_HEADER;
use stowplan_sim::view::EVENTS_KEPT;

use human::Human;
use json::Json;

use crate::files;
use crate::progress::Progress;

/// Runs scenarios, tells their stories and says whether what they expect holds
///
/// The story has three columns: the simulated time, who it is about, and what happened. Exits with
/// 0 when everything holds, with 1 when something does not, and with 2 when the input is bad.
/// Variants are run as scenarios of their own.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Scenario files, YAML or JSON; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print JSON lines instead: the scenario, its events, verdicts, final state and digest
    #[arg(long)]
    json: bool,
    /// Write every number over time to a CSV file
    #[arg(long, value_name = "FILE")]
    series: Option<PathBuf>,
    /// Print only what does not hold, and the sum
    #[arg(long, short, conflicts_with = "json")]
    quiet: bool,
    /// Do not forecast deployments before they begin; it takes copies of the run, which a large one
    /// feels
    #[arg(long)]
    no_forecast: bool,
    /// Beside each forecast, say what Kubernetes would do with the same workload under this
    /// `maxSurge` and `maxUnavailable`
    #[arg(
        long,
        value_names = ["SURGE", "UNAVAILABLE"],
        num_args = 2,
        conflicts_with_all = ["no_forecast", "quiet", "json"]
    )]
    beside_kubernetes: Option<Vec<Amount>>,
    /// Use this seed in place of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Keep at most so many events in memory: when there are more, the older half is let go, which
    /// is told at the end. A failed placement counts once more for each instance. Expectations
    /// that look at `events`, `placements`, `stops` or `placementFailures` keep everything
    #[arg(long, value_name = "N", default_value_t = EVENTS_KEPT)]
    keep_events: u64,
    /// End the run at this time in place of the scenario's, such as `90s` or `1h30m`; what is
    /// expected of later times is not checked
    #[arg(long, value_name = "TIME", value_parser = duration)]
    until: Option<Time>,
}

/// How many runs there were and how many of them failed.
#[derive(Clone, Copy, Default)]
struct Tally {
    runs: u32,
    failed: u32,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let scenarios = read_all(args)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut csv = args.series.as_deref().map(create_csv).transpose()?;
    let mut tally = Tally::default();
    for (file, mut scenario) in scenarios {
        let skipped = cut_short(&mut scenario, args);
        let outcome = run_one(&scenario, skipped, args, &mut out, csv.as_mut());
        let outcome = outcome.with_context(|| file.clone())?;
        tally.runs += 1;
        tally.failed += u32::from(!outcome.passed());
        out.flush()?;
    }
    if let Some(mut csv) = csv {
        csv.flush().context("the series cannot be written")?;
    }
    if !args.json && (tally.runs > 1 || args.quiet) {
        human::write_tally(&mut out, tally)?;
    }
    out.flush()?;
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads every file before anything is run, each scenario followed by its variants.
fn read_all(args: &Args) -> Result<Vec<(String, Scenario)>> {
    let mut all = Vec::new();
    for file in &args.files {
        let name = files::name(file);
        let bad = |error: stowplan_sim::document::DocumentError| anyhow!("{name}: {error}");
        let scenario = Scenario::read(&files::content(file)?, &Limits::default()).map_err(bad)?;
        let variants: Result<Vec<Scenario>, _> =
            scenario.variants.iter().map(|variant| scenario.variant(variant)).collect();
        let variants = variants.map_err(bad)?;
        all.push((name.clone(), scenario));
        all.extend(variants.into_iter().map(|variant| (name.clone(), variant)));
    }
    Ok(all)
}

fn create_csv(path: &Path) -> Result<BufWriter<File>> {
    let file = File::create(path);
    let file = file.with_context(|| format!("{} cannot be written", path.display()))?;
    let mut csv = BufWriter::new(file);
    writeln!(csv, "{CSV_HEADER}")?;
    Ok(csv)
}

/// Applies `--seed` and `--until`. How many expectations look beyond the new end, and go.
fn cut_short(scenario: &mut Scenario, args: &Args) -> usize {
    scenario.seed = args.seed.unwrap_or(scenario.seed);
    let Some(until) = args.until else { return 0 };
    let before = scenario.expect.len();
    if until < scenario.until {
        scenario.expect.retain_mut(|expectation| match &mut expectation.quantifier {
            Quantifier::Always(from, to) | Quantifier::Never(from, to) => {
                *to = until.min(*to);
                *from <= until
            }
            Quantifier::Eventually(by) => *by <= until,
            Quantifier::At(at) => *at <= until,
            Quantifier::Finally => false,
        });
    }
    scenario.until = until;
    before - scenario.expect.len()
}

fn run_one(
    scenario: &Scenario,
    skipped: usize,
    args: &Args,
    out: &mut impl Write,
    csv: Option<&mut BufWriter<File>>,
) -> Result<Outcome> {
    let bad = |error: stowplan_sim::document::DocumentError| anyhow!("{error}");
    let plan = scenario.plan().map_err(bad)?;
    let trial = Trial::new(scenario, &plan, csv.is_some()).map_err(bad)?;
    let mut trial = trial.keeping_events(args.keep_events);
    if !(args.no_forecast || args.quiet) {
        trial = trial.with_forecasts();
    }
    let mut teller: Box<dyn Teller> = match (args.json, args.quiet) {
        (true, _) => Box::new(Json),
        (false, quiet) => Box::new(Human { quiet }),
    };
    teller.begin(out, scenario)?;
    // The story itself is watched where it is printed.
    let wanted = args.quiet || !std::io::stdout().is_terminal();
    let progress = Progress::new(position(scenario.until), "simulated time", wanted);
    progress.say(&scenario.title());
    let mut told = 0;
    let mut foreseen = 0;
    while let Some(now) = trial.advance() {
        for forecast in &trial.forecasts()[foreseen..] {
            teller.foretell(out, forecast)?;
            if let Some([surge, unavailable]) = args.beside_kubernetes.as_deref() {
                let deployment = RollingUpdate::beside(forecast, *surge, *unavailable);
                writeln!(out, "Kubernetes: {deployment}")?;
            }
        }
        foreseen = trial.forecasts().len();
        told = teller.tell(out, &trial, told)?;
        progress.at(position(now));
    }
    let outcome = trial.finish();
    progress.end();
    teller.end(out, &trial, &outcome, skipped)?;
    if let Some(csv) = csv {
        trial.series().write_csv(&scenario.title(), csv)?;
    }
    Ok(outcome)
}

/// Where an instant stands on the bar.
fn position(time: Time) -> u64 {
    u64::try_from(time.0).unwrap_or(0)
}

/// Tells of a run as it goes.
trait Teller {
    /// Says what is run.
    fn begin(&mut self, out: &mut dyn Write, scenario: &Scenario) -> Result<()>;

    /// Says what a deployment will do.
    fn foretell(&mut self, out: &mut dyn Write, forecast: &Forecast) -> Result<()>;

    /// Tells what came about since `told` entries of the story were told; how many are told now.
    fn tell(&mut self, out: &mut dyn Write, trial: &Trial, told: usize) -> Result<usize>;

    /// Says what became of it.
    fn end(
        &mut self,
        out: &mut dyn Write,
        trial: &Trial,
        outcome: &Outcome,
        skipped: usize,
    ) -> Result<()>;
}

pub(crate) fn duration(text: &str) -> Result<Time, String> {
    // A bare number is seconds, as in a scenario.
    let seconds = text.parse::<u32>().map(|seconds| format!("{seconds}s"));
    let given = Duration::parse(seconds.as_deref().unwrap_or(text));
    let millis = given.map_err(|error| error.to_string())?.millis();
    i64::try_from(millis).map(Time).map_err(|_| "this is too long".to_owned())
}
