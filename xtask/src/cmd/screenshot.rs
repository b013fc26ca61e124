//! `cargo xtask screenshot`: a picture of the page, for people to look at.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use crate::browser::{Browser, Theme, View};
use crate::serve::Server;
use crate::{bundle, prepare};

/// Takes a picture of the page in headless Chromium
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The window, in CSS pixels
    #[arg(long, default_value = "1440x900", value_parser = parse_size)]
    size: (u32, u32),
    #[arg(long, value_enum, default_value = "light")]
    theme: Theme,
    /// The PNG file to write
    #[arg(long)]
    out: PathBuf,
    /// What follows the page's address, such as `?preset=two-bills` or `#...`
    #[arg(long, default_value = "")]
    path: String,
    /// A JavaScript expression that must come true first
    #[arg(long)]
    wait: Option<String>,
    /// JavaScript to run, once the page is ready, before the picture is taken
    #[arg(long)]
    at: Option<String>,
    /// Milliseconds to let the page settle before the picture is taken
    #[arg(long, default_value_t = 300)]
    settle: u64,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let program = prepare::browser()?;
    let site = bundle::build_site()?;
    let server = Server::start(&site, 0)?;
    let browser = Browser::start(&program)?;
    let (width, height) = args.size;
    let url = format!("{}{}", server.url(), args.path);
    let page = browser.open(&url, &View::new(width, height, args.theme))?;
    if let Some(expression) = &args.wait {
        page.wait_for(expression, Duration::from_secs(60))?;
    }
    if let Some(script) = &args.at {
        println!("{}", page.eval(script)?);
    }
    page.settle(Duration::from_millis(args.settle))?;
    page.screenshot(&args.out)?;
    for problem in page.problems()? {
        eprintln!("{problem}");
    }
    println!("{} ({width}x{height})", args.out.display());
    Ok(ExitCode::SUCCESS)
}

fn parse_size(text: &str) -> Result<(u32, u32), String> {
    let sides = text
        .split_once('x')
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    match sides {
        Some((width @ 1..=16_384, height @ 1..=16_384)) => Ok((width, height)),
        _ => Err(format!("{text:?} is no size; write it as 1440x900")),
    }
}
