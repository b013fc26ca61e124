//! The page in a real Chromium, used as a visitor would.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{Tally, driver, report};
use crate::browser::{Browser, Page, Theme, View};
use crate::serve::Server;
use crate::{bundle, prepare};

/// The windows in which every visit is made.
const WINDOWS: [(u32, u32, Theme); 2] = [(1440, 900, Theme::Light), (390, 844, Theme::Dark)];

pub(crate) fn run() -> Result<Tally> {
    let program = prepare::browser()?;
    let server = Server::start(&bundle::build_site()?, 0)?;
    let browser = Browser::start(&program)?;
    println!("    {} at {}", browser.version()?, server.url());
    let mut tally = driver::run(&browser)?;
    for (width, height, theme) in WINDOWS {
        let page = browser.open(&server.url(), &View { width, height, theme })?;
        let name = format!("the page starts at {width}x{height}, {theme:?}, without complaint");
        tally.add(report(&name, starts(&page)));
    }
    Ok(tally)
}

fn starts(page: &Page<'_>) -> Result<()> {
    page.wait_for("document.querySelector('main')", Duration::from_secs(20))?;
    let problems = page.problems()?;
    ensure!(problems.is_empty(), "the console says:\n{}", problems.join("\n"));
    Ok(())
}
