//! Why here, why not there: the page against what the command line explains.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::native::files;
use super::visit::{DESK, Guest, SOON, locate, task_ids, to_the_end, to_the_start, words_of};
use crate::browser::Page;

const PATH: &str = "?preset=six-services";

/// The rows of the table, by instance: its verdict, and whether it is marked as the chosen one.
const ROWS: &str = "[...document.querySelectorAll('[data-testid=why-rows] tbody tr')]\
    .map((row) => [row.cells[0].textContent, row.cells[row.cells.length - 1].textContent, \
    row.classList.contains('chosen')])";

const STAGES: &str =
    "[...document.querySelectorAll('.funnel b')].map((b) => Number(b.textContent))";

pub(super) fn why_here(guest: &Guest<'_>) -> Result<()> {
    let file = files("presets")?.into_iter().find(|file| file.ends_with("six-services.yaml"));
    let file = file.context("the first preset is gone")?;
    guest.visit_held(PATH, &DESK, |page| {
        to_the_end(page)?;
        let mut asked = 0;
        for id in task_ids(page)?.iter().rev().take(8) {
            let told = guest.native.explain(&file, id)?;
            ask(page, id)?;
            compare(page, &told["placement"]).with_context(|| id.clone())?;
            asked += usize::from(told["placement"] != Value::Null);
        }
        ensure!(asked >= 4, "only {asked} of the newest tasks were placed in the run");
        Ok(())
    })
}

/// Clicks a task, presses `w`, and waits for the answer.
fn ask(page: &Page<'_>, id: &str) -> Result<()> {
    page.press("Escape")?;
    let (x, y) = locate(page, id)?.middle();
    page.click(x, y)?;
    let short = json!(id[id.len() - 4..]);
    page.wait_for(
        &format!("document.querySelector('[data-testid=selected]')?.textContent.endsWith({short})"),
        SOON,
    )?;
    page.press("w")?;
    page.wait_for("document.querySelector('[data-testid=why]')", SOON)
}

fn compare(page: &Page<'_>, told: &Value) -> Result<()> {
    let rows = page.eval(ROWS)?;
    let rows = rows.as_array().context("the table is no list")?;
    if *told == Value::Null {
        ensure!(rows.is_empty(), "nothing was decided, but {rows:?}");
        return Ok(());
    }
    let sentence = words_of(page, "[data-testid=why] .read")?;
    ensure!(told["sentence"] == json!(sentence), "{sentence:?} here, {} there", told["sentence"]);
    let stages = page.eval(STAGES)?;
    ensure!(stages == told["left"], "{stages} here, {} there", told["left"]);
    let candidates = told["candidates"].as_array().context("no candidates are told")?;
    ensure!(rows.len() == candidates.len(), "{} of {} rows", rows.len(), candidates.len());
    for candidate in candidates {
        let row = rows.iter().find(|row| row[0] == candidate["instance"]);
        let row = row.with_context(|| format!("no row for {}", candidate["instance"]))?;
        ensure!(row[1] == candidate["sentence"], "{row} here, {candidate} there");
    }
    let chosen: Vec<&Value> = rows.iter().filter(|row| row[2] == true).collect();
    ensure!(chosen.len() == 1 && chosen[0][1] == "CHOSEN", "chosen are {chosen:?}");
    ensure!(rows.iter().all(|row| row[1] != ""), "a row has no reason: {rows:?}");
    Ok(())
}

/// A task that stood there from the start has no decision; a later one is asked at once.
pub(super) fn follows(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held(PATH, &DESK, |page| {
        to_the_start(page)?;
        let first = task_ids(page)?.into_iter().next().context("no task at the start")?;
        ask(page, &first)?;
        let said = words_of(page, "[data-testid=why]")?;
        ensure!(said.contains("there before the run"), "{said}");
        to_the_end(page)?;
        let last = task_ids(page)?.pop().context("no task at the end")?;
        let (x, y) = locate(page, &last)?.middle();
        page.click(x, y)?;
        page.wait_for("document.querySelector('[data-testid=why-rows] .chosen')", SOON)?;
        let said = words_of(page, "[data-testid=why]")?;
        ensure!(said.starts_with("Chosen: "), "{said}");
        page.click_on("[data-testid=tab-facts]")?;
        page.wait_for("document.querySelector('[data-testid=facts]')", SOON)
    })
}
