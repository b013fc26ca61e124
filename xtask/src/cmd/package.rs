//! `cargo xtask package`: the npm-shaped package in `pkg/`.

use std::process::ExitCode;

use anyhow::Result;

use crate::bundle;

/// Builds the npm-shaped package in `pkg/`
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args) -> Result<ExitCode> {
    bundle::build_package()?;
    println!("The package is in {}", bundle::package_dir().display());
    Ok(ExitCode::SUCCESS)
}
