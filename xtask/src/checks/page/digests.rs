//! The same scenario, the same digest: the engine in the page against the command line.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use super::native::{files, stem};
use super::visit::{DESK, Guest, LOADED, SOON, choose, is_content, text, to_the_end};
use crate::browser::Page;
use crate::checks::{Tally, report};

const RUN_LIMIT: Duration = Duration::from_secs(120);

/// Each preset, chosen in the picker and played to its end as fast as it goes.
pub(super) fn presets(guest: &Guest<'_>) -> Result<Tally> {
    let page = guest.browser.open(&guest.address, &DESK)?;
    page.wait_for(LOADED, SOON)?;
    let mut tally = Tally::default();
    let files = files("presets")?;
    let offered = page.eval("document.querySelector('[data-testid=preset]').options.length")?;
    let complete = offered.as_u64() == Some(files.len() as u64);
    tally.add(report(
        "the picker offers every preset",
        complete.then_some(()).with_context(|| format!("{offered} of {}", files.len())),
    ));
    choose(&page, "speed", "as fast as it goes")?;
    for file in &files {
        let outcome = preset(guest, &page, file);
        tally.add(report(&format!("2: digest of {} as natively", stem(file)), outcome));
    }
    tally.add(report("no complaint over all presets", is_content(&page)));
    Ok(tally)
}

fn preset(guest: &Guest<'_>, page: &Page<'_>, file: &Path) -> Result<()> {
    let wanted = guest.native.run(file)?;
    let name = title(file)?;
    choose(page, "preset", &name)?;
    page.wait_for(&format!("playground.doc().name === {}", json!(name)), SOON)?;
    // A run in which nothing more can happen stands still before its last instant.
    page.wait_for("playground.finished()", RUN_LIMIT)?;
    same(page, &wanted.digest)
}

/// Every other scenario, pasted as a visitor would and run to its end at one go.
pub(super) fn pasted(guest: &Guest<'_>) -> Result<Tally> {
    let page = guest.browser.open(&guest.address, &DESK)?;
    page.wait_for(LOADED, SOON)?;
    let mut tally = Tally::default();
    for file in files("spec")? {
        let outcome = paste(guest, &page, &file);
        tally.add(report(&format!("digest of {} as natively", stem(&file)), outcome));
    }
    tally.add(report("no complaint over all scenarios", is_content(&page)));
    Ok(tally)
}

fn paste(guest: &Guest<'_>, page: &Page<'_>, file: &Path) -> Result<()> {
    let wanted = guest.native.run(file)?;
    let content = fs::read_to_string(file)?;
    page.eval("window.before = JSON.stringify(playground.doc())")?;
    page.click_on("[data-testid=view-import]")?;
    page.wait_for("document.querySelector('[data-testid=paste]')", SOON)?;
    page.click_on("[data-testid=paste]")?;
    page.type_text(&content)?;
    page.click_on("[data-testid=import-open]")?;
    page.wait_for(
        "document.querySelector('[data-testid=problem]') \
         || JSON.stringify(playground.doc()) !== window.before",
        SOON,
    )?;
    let refusal = page.eval("document.querySelector('[data-testid=problem]')?.textContent")?;
    if let Some(words) = refusal.as_str() {
        bail!("the page refuses what the command line runs: {words}");
    }
    to_the_end(page)?;
    same(page, &wanted.digest)
}

fn same(page: &Page<'_>, wanted: &str) -> Result<()> {
    let digest = text(page, "playground.digest()")?;
    ensure!(digest == wanted, "{digest} on the page, {wanted} on the command line");
    Ok(())
}

/// The `name` of a scenario file, under which the picker offers it.
fn title(file: &Path) -> Result<String> {
    let content = fs::read_to_string(file)?;
    let name = content.lines().find_map(|line| line.strip_prefix("name:"));
    let name = name.with_context(|| format!("{} has no name", file.display()))?;
    Ok(name.trim().trim_matches('"').to_owned())
}
