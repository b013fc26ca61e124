//! `cargo xtask bench`: the criterion suites.

use std::process::ExitCode;

use anyhow::Result;

use crate::shell;

/// Runs the criterion suites of `bench/`
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What criterion understands: part of a bench's id, `--save-baseline NAME`, `--baseline NAME`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    criterion: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut command = shell::cargo();
    command.args(["bench", "--package", "stowplan-bench", "--"]).args(&args.criterion);
    shell::run(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
