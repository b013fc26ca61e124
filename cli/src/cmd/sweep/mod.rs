//! `stowplan sweep`: one scenario run many times, and what comes of it as a table.

mod merge;
mod part;
mod quantiles;
mod table;

use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use rayon::prelude::*;
use stowplan_sim::document::{DocumentError, Limits};
use stowplan_sim::scenario::Scenario;
use stowplan_sim::sweep::{Cell, Measure, Seeds, Setting, Shard, Sweep, Workplace};

use crate::files;
use crate::progress::Progress;
use part::Part;
use quantiles::Quantiles;
use table::Table;

/// Rows that are made before they are written.
const BLOCK: u64 = 4096;
/// Rows of one process, and of which quantiles are taken: their numbers are kept until the end.
const MOST_ROWS: u64 = 2_000_000;

/// Run a scenario with each combination of settings and each seed, on all cores
///
/// Yields one row for each run, and prints quantiles of what was measured. Runs are numbered: the
/// first setting changes slowest, the seed fastest. The same sweep always yields the same rows.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The scenario, YAML or JSON; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Sweep this variant of the scenario
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,

    /// A place in the scenario and the values it takes: services[web].desiredCount=2,4,8
    #[arg(long = "set", value_name = "PATH=V1,V2", value_parser = Setting::read)]
    settings: Vec<Setting>,

    /// The first and the last seed [default: the scenario's own]
    #[arg(long, value_name = "A..B", value_parser = Seeds::read)]
    seeds: Option<Seeds>,

    /// A column of your own: an expression as in `expect`, looked at when a run ends
    #[arg(long = "measure", value_name = "NAME=EXPRESSION", value_parser = Measure::read)]
    measures: Vec<Measure>,

    /// Where to write the rows: Parquet if it ends in .parquet, else CSV [default: CSV on standard
    /// output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Run only this part, counted from 1, such as 2/8; `auto` asks the variables of an AWS Batch
    /// or Slurm array job, `auto/8` those of a Kubernetes Indexed Job with 8 completions
    #[arg(long, value_name = "I/N", value_parser = Part::read, conflicts_with = "merge")]
    shard: Option<Part>,

    /// Run nothing: put these tables of all parts of this sweep together
    #[arg(long, value_name = "PART", num_args = 1..)]
    merge: Vec<PathBuf>,

    /// How many runs at once [default: one for each core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,

    /// Print no quantiles and no progress
    #[arg(short, long)]
    quiet: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let sweep = sweep(args)?;
    let part = args.shard.as_ref().map_or(Ok(Shard::WHOLE), Part::find)?;
    let runs = part.of(sweep.runs());
    if args.merge.is_empty() && runs.end - runs.start > MOST_ROWS {
        bail!(
            "{} runs are more than the {MOST_ROWS} of one process. Run them in parts, with --shard",
            runs.end - runs.start
        );
    }
    let mut quantiles = Quantiles::new(&sweep);
    let table = Table::create(args.output.as_deref(), &sweep.columns())?;
    match args.merge.as_slice() {
        [] => run_all(&sweep, runs, args, table, &mut quantiles)?,
        parts => merge::all(&sweep, parts, table, &mut quantiles)?,
    }
    if !args.quiet {
        // Standard output belongs to the rows where they go there.
        match args.output {
            Some(_) => print!("{quantiles}"),
            None => eprint!("{quantiles}"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn sweep(args: &Args) -> Result<Sweep> {
    let name = files::name(&args.file);
    let bad = |error: DocumentError| anyhow!("{name}: {error}");
    let mut scenario =
        Scenario::read(&files::content(&args.file)?, &Limits::default()).map_err(bad)?;
    if let Some(name) = &args.variant {
        scenario = scenario.variant(name).map_err(bad)?;
    }
    let own = Seeds::new(scenario.seed, scenario.seed).expect("one seed is a range");
    let seeds = args.seeds.unwrap_or(own);
    let document = scenario.document().clone();
    Sweep::new(document, args.settings.clone(), seeds, args.measures.clone()).map_err(bad)
}

/// Makes the rows block by block, each on all cores, and writes them in order.
fn run_all(
    sweep: &Sweep,
    runs: Range<u64>,
    args: &Args,
    mut table: Table,
    quantiles: &mut Quantiles<'_>,
) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.threads.unwrap_or(0))
        .build()
        .context("the threads cannot be started")?;
    let (first, many) = (runs.start, runs.end - runs.start);
    let progress = Progress::new(many, &format!("{many} runs"), !args.quiet);
    let mut next = first;
    while next < runs.end {
        let end = runs.end.min(next + BLOCK);
        let rows: Vec<Result<Vec<Cell>, DocumentError>> = pool.install(|| {
            let block = (next..end).into_par_iter();
            let made = block.map_init(Workplace::default, |workplace, number| {
                let row = sweep.run(number, workplace);
                progress.advance();
                row
            });
            made.collect()
        });
        for row in rows {
            let row = row.map_err(|error| anyhow!("{}: {error}", files::name(&args.file)))?;
            quantiles.take(&row);
            table.write(row)?;
        }
        next = end;
    }
    progress.end();
    table.finish()
}
