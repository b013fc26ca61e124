//! `cargo xtask play`: the playground, built and served.

use std::process::ExitCode;

use anyhow::Result;

use crate::bundle;
use crate::serve::Server;

/// Builds the playground, serves it on this machine and opens it
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The loopback port to serve on (usually 8080, or any free one when that is taken)
    #[arg(long)]
    port: Option<u16>,
    /// Do not open a browser
    #[arg(long)]
    no_open: bool,
}

const USUAL_PORT: u16 = 8080;

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let site = bundle::build_site()?;
    let server = match args.port {
        Some(port) => Server::start(&site, port)?,
        None => Server::start(&site, USUAL_PORT).or_else(|_| Server::start(&site, 0))?,
    };
    println!("The playground is at {}  (Ctrl-C ends it)", server.url());
    if !args.no_open && opener::open_browser(server.url()).is_err() {
        eprintln!("no browser could be opened from here; open the address by hand");
    }
    server.wait()?;
    Ok(ExitCode::SUCCESS)
}
