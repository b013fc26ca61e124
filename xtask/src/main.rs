//! The build as a program: `cargo xtask play`, `cargo xtask test`, `cargo xtask screenshot`.
//!
//! Everything the project needs beyond Rust and the system's package manager is a crate that this
//! program uses, so no tool has to be installed by hand.

mod bench;
mod browser;
mod bundle;
mod checks;
mod cmd;
mod conformance;
mod prepare;
mod serve;
mod shell;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, serves and tests Stowplan.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Play(cmd::play::Args),
    Test(cmd::test::Args),
    Screenshot(cmd::screenshot::Args),
    Package(cmd::package::Args),
    Bench(cmd::bench::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Play(args) => cmd::play::run(&args),
        Command::Test(args) => cmd::test::run(&args),
        Command::Screenshot(args) => cmd::screenshot::run(&args),
        Command::Package(args) => cmd::package::run(&args),
        Command::Bench(args) => cmd::bench::run(&args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
