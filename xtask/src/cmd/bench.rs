//! `cargo xtask bench`: what the engine costs, measured, and the report of it.

use std::process::ExitCode;

use anyhow::Result;

use crate::bench;

/// Measures speed, memory, instructions and packing, and writes `bench/REPORT.md`
///
/// Without arguments everything is measured. The suites `memory`, `quality`, `counts` and `wasm`
/// can be named to run alone; `report` writes the report from what was measured last. Anything else
/// goes to criterion: part of a bench's id, `--save-baseline NAME`, `--baseline NAME`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The name of a suite, or what criterion understands
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    what: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    match args.what.as_slice() {
        [] => bench::everything()?,
        [name] if name == "memory" => bench::suites::memory()?,
        [name] if name == "quality" => bench::suites::quality()?,
        [name] if name == "counts" => bench::counts::run()?,
        [name] if name == "wasm" => bench::wasm::run()?,
        [name] if name == "report" => bench::report::write()?,
        criterion => bench::suites::criterion(criterion)?,
    }
    Ok(ExitCode::SUCCESS)
}
