//! `cargo xtask screenshot`: a picture of the page, for people to look at.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use crate::browser::{Browser, Page, Theme, View};
use crate::serve::{Gate, Server};
use crate::{bundle, prepare};

const PATIENCE: Duration = Duration::from_secs(60);

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
    /// The simulated time to stand at, in tens of seconds, after the run was once seen to its end
    #[arg(long, value_name = "SECONDS", value_parser = tens)]
    time: Option<u32>,
    /// The id of a task or an instance to select
    #[arg(long, value_name = "ID")]
    select: Option<String>,
    /// A key to press then, such as `w`
    #[arg(long, value_name = "KEY")]
    press: Option<String>,
    /// JavaScript to run, once the page is ready, before the picture is taken
    #[arg(long)]
    at: Option<String>,
    /// A file to hold back, such as `worker_bg.wasm`: the page as it is while it waits for it
    #[arg(long, value_name = "FILE")]
    hold: Option<String>,
    /// Take the page as it was last built
    #[arg(long)]
    built: bool,
    /// Milliseconds to let the page settle before the picture is taken
    #[arg(long, default_value_t = 300)]
    settle: u64,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let program = prepare::browser()?;
    let site = if args.built { bundle::site_dir() } else { bundle::build_site()? };
    let gate = args.hold.as_deref().map(Gate::before);
    let server = match &gate {
        Some(gate) => Server::start_behind(gate, &site)?,
        None => Server::start(&site, 0)?,
    };
    let browser = Browser::start(&program)?;
    let (width, height) = args.size;
    let url = format!("{}{}", server.url(), args.path);
    let page = browser.open(&url, &View::new(width, height, args.theme))?;
    if let Some(expression) = &args.wait {
        page.wait_for(expression, PATIENCE)?;
    }
    if let Some(seconds) = args.time {
        stand_at(&page, seconds)?;
    }
    if let Some(id) = &args.select {
        select(&page, id)?;
    }
    if let Some(key) = &args.press {
        page.press(key)?;
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

/// Goes to the end and back with the scrubber's own keys: ten seconds each.
fn stand_at(page: &Page<'_>, seconds: u32) -> Result<()> {
    page.wait_for("playground.counts().instances > 0", PATIENCE)?;
    page.click_on("[data-testid=play]")?;
    page.click_on("[data-testid=to-end]")?;
    page.wait_for("playground.time() === playground.until()", PATIENCE)?;
    page.click_on("[data-testid=to-start]")?;
    page.wait_for("playground.time() === 0", PATIENCE)?;
    for next in (10..=seconds).step_by(10) {
        page.eval(
            "document.querySelector('[data-testid=scrubber]').dispatchEvent(new KeyboardEvent(\
             'keydown', { key: 'ArrowRight', ctrlKey: true, bubbles: true }))",
        )?;
        page.wait_for(&format!("playground.time() === {next}000"), PATIENCE)?;
    }
    page.eval("document.activeElement.blur()")?;
    Ok(())
}

fn select(page: &Page<'_>, id: &str) -> Result<()> {
    let id = serde_json::json!(id);
    page.wait_for(&format!("playground.locate({id})"), PATIENCE)?;
    let middle = page.eval(&format!(
        "(() => {{ const at = playground.locate({id}); \
         return [at.x + at.width / 2, at.y + at.height / 2] }})()"
    ))?;
    let (x, y) = (middle[0].as_f64(), middle[1].as_f64());
    page.click(x.unwrap_or_default(), y.unwrap_or_default())?;
    // The pointer goes away, so that the picture shows the key and not what it points at.
    page.wait_for("document.querySelector('[data-testid=selected]')", PATIENCE)?;
    page.point_at(1.0, 1.0)
}

fn tens(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(seconds) if seconds % 10 == 0 => Ok(seconds),
        _ => Err(format!("{text:?} is no number of tens of seconds, such as 160")),
    }
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
