//! The `stowplan` command: one file for each subcommand in `cmd/`. Files are read and things are
//! printed here and nowhere else.

mod cmd;
mod files;
mod progress;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Plans where containers go, exactly as Amazon ECS does
#[derive(Parser)]
#[command(name = "stowplan", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Explain(cmd::explain::Args),
    Import(cmd::import::Args),
    Run(cmd::run::Args),
    Sweep(cmd::sweep::Args),
}

/// What is asked for could not be done: bad input, or a file that cannot be read or written.
const EXIT_BAD_INPUT: u8 = 2;

fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    let done = match command {
        Command::Explain(args) => cmd::explain::run(&args),
        Command::Import(args) => cmd::import::run(&args),
        Command::Run(args) => cmd::run::run(&args),
        Command::Sweep(args) => cmd::sweep::run(&args),
    };
    done.unwrap_or_else(|error| {
        // Whoever reads our output may stop whenever they like.
        if is_closed_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        eprintln!("error: {error:#}");
        ExitCode::from(EXIT_BAD_INPUT)
    })
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let broken = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(broken))
}
