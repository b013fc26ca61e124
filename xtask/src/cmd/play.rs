//! `cargo xtask play`: the playground, built and served.

use std::process::ExitCode;

use anyhow::Result;

use crate::bundle;
use crate::serve::Server;

/// Builds the playground, serves it on this machine and opens it
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The loopback port to serve on; 0 takes any free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Do not open a browser
    #[arg(long)]
    no_open: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let site = bundle::build_site()?;
    let server = Server::start(&site, args.port)?;
    println!("The playground is at {}  (Ctrl-C ends it)", server.url());
    if !args.no_open && opener::open_browser(server.url()).is_err() {
        eprintln!("no browser could be opened from here; open the address by hand");
    }
    server.wait()?;
    Ok(ExitCode::SUCCESS)
}
