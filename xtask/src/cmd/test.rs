//! `cargo xtask test`: every check of the project, in stages.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::checks::{self, Tally};
use crate::shell;

/// Runs every check: formatting, lints, tests, wasm and the page in a real browser
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run this stage alone (may be repeated)
    #[arg(long, value_enum, conflicts_with = "skip")]
    only: Vec<Stage>,
    /// Leave this stage out (may be repeated)
    #[arg(long, value_enum)]
    skip: Vec<Stage>,
}

/// A stage, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Stage {
    /// rustfmt on every crate
    Fmt,
    /// short files and lines, links that lead somewhere
    Tidy,
    /// clippy on every crate, warnings refused
    Clippy,
    /// unit, property, transcript and scenario tests
    Native,
    /// every scenario once more, optimised: the same digests
    Release,
    /// the engine and the simulated world compile for the browser
    Wasm,
    /// the page's modules: what they import and what they weigh
    Bundle,
    /// the page in a real Chromium
    Browser,
}

type Work = fn() -> Result<Tally>;

const STAGES: [(Stage, &str, Work); 8] = [
    (Stage::Fmt, "fmt: rustfmt on every crate", checks::cargo::formatting),
    (Stage::Tidy, "tidy: short files and lines, links that lead somewhere", checks::tidy::run),
    (Stage::Clippy, "clippy: lints on every crate, warnings refused", checks::cargo::lints),
    (Stage::Native, "native: unit, property and scenario tests", checks::cargo::tests),
    (Stage::Release, "release: every scenario, optimised", checks::cargo::release_scenarios),
    (Stage::Wasm, "wasm: the libraries compile for the browser", checks::cargo::wasm_libraries),
    (Stage::Bundle, "bundle: what the modules import and weigh", checks::bundle::run),
    (Stage::Browser, "browser: the page in a real Chromium", checks::page::run),
];

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let chosen: Vec<_> = STAGES.iter().filter(|(stage, _, _)| args.takes(*stage)).collect();
    let mut total = Tally::default();
    let mut lines = Vec::new();
    for (index, (stage, title, work)) in chosen.iter().enumerate() {
        println!("\n=== {}/{} {title}", index + 1, chosen.len());
        let started = Instant::now();
        let tally = work().unwrap_or_else(|error| {
            println!("FAILED: {error:#}");
            Tally::of(false)
        });
        lines.push(summary(*stage, tally, started.elapsed()));
        println!("{}", lines.last().expect("a line was just added"));
        total.add(tally);
    }
    println!("\n=== summary");
    for line in lines {
        println!("{line}");
    }
    println!("\n{} passed, {} failed", total.passed, total.failed);
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Args {
    fn takes(&self, stage: Stage) -> bool {
        (self.only.is_empty() || self.only.contains(&stage)) && !self.skip.contains(&stage)
    }
}

fn summary(stage: Stage, tally: Tally, span: Duration) -> String {
    let verdict = if tally.failed == 0 { "ok" } else { "FAILED" };
    let name = format!("{stage:?}").to_lowercase();
    let time = shell::seconds(span);
    format!("    {name:8} {verdict:6} {:5} ok {:4} failed {time:>9}", tally.passed, tally.failed)
}
