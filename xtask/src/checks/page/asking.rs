//! Why here, why not there: the page against what the command line explains.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::native::files;
use super::visit::{
    DESK, Guest, SOON, choose, locate, number, task_ids, to_the_end, to_the_start, words_of,
};
use crate::browser::Page;

const PATH: &str = "?preset=six-services";

/// The rows of the table, by instance: its verdict, and whether it is marked as the chosen one.
const ROWS: &str = "[...document.querySelectorAll('[data-testid=why-rows] tbody tr')]\
    .map((row) => [row.cells[0].textContent, row.cells[row.cells.length - 1].textContent, \
    row.classList.contains('chosen')])";

const STAGES: &str =
    "[...document.querySelectorAll('.funnel b')].map((b) => Number(b.textContent))";

fn six_services() -> Result<PathBuf> {
    let file = files("presets")?.into_iter().find(|file| file.ends_with("six-services.yaml"));
    file.context("the first preset is gone")
}

pub(super) fn why_here(guest: &Guest<'_>) -> Result<()> {
    let file = six_services()?;
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

/// A click is answered by then, however busy the machine.
const A_MOMENT: Duration = Duration::from_secs(3);

/// Clicks a task, presses `w`, and waits for the answer.
fn ask(page: &Page<'_>, id: &str) -> Result<()> {
    page.press("Escape")?;
    let short = json!(id[id.len() - 4..]);
    let chosen =
        format!("document.querySelector('[data-testid=selected]')?.textContent.endsWith({short})");
    stand_still(page, id)?;
    let (x, y) = locate(page, id)?.middle();
    page.click(x, y)?;
    if page.wait_for(&chosen, A_MOMENT).is_err() {
        // The picture was laid out anew just then: who missed a task clicks it again.
        stand_still(page, id)?;
        let (x, y) = locate(page, id)?.middle();
        page.click(x, y)?;
        page.wait_for(&chosen, SOON)?;
    }
    page.press("w")?;
    page.wait_for("document.querySelector('[data-testid=why]')", SOON)
}

/// What changes the selection may give the picture other room: it is laid out anew with a frame.
fn stand_still(page: &Page<'_>, id: &str) -> Result<()> {
    let here = format!("JSON.stringify(playground.locate({}))", json!(id));
    let frame = "await new Promise((seen) => requestAnimationFrame(seen))";
    let stands = format!(
        "(async () => {{ const before = {here}; {frame}; {frame}; return before === {here}; }})()"
    );
    page.wait_for(&stands, SOON)
}

fn compare(page: &Page<'_>, told: &Value) -> Result<()> {
    page.eval("document.querySelector('[data-testid=all-rows][aria-expanded=false]')?.click()")?;
    page.wait_for("!document.querySelector('[data-testid=all-rows][aria-expanded=false]')", SOON)?;
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

/// A task that is asked about once says what it waits for at each second, forwards and back, until
/// it runs.
pub(super) fn waits(guest: &Guest<'_>) -> Result<()> {
    let file = six_services()?;
    guest.visit_held(PATH, &DESK, |page| {
        to_the_start(page)?;
        choose(page, "step", "event")?;
        page.click_on("[data-testid=on]")?;
        page.wait_for("playground.time() > 0", SOON)?;
        let newest = task_ids(page)?.pop().context("no task at the first event")?;
        ask(page, &newest)?;
        choose(page, "step", "1 s")?;
        let mut told = vec![waits_as(guest, page, &file, &newest)?.context("it waits at first")?];
        for _ in 0..60 {
            let before = number(page, "playground.time()")?;
            page.click_on("[data-testid=on]")?;
            page.wait_for(&format!("playground.time() > {before}"), SOON)?;
            let Some(text) = waits_as(guest, page, &file, &newest)? else { break };
            told.push(text);
        }
        told.dedup();
        ensure!(told.len() >= 2, "the wait never changes: {told:?}");
        let gone = page.eval("!document.querySelector('[data-testid=waits]')")?;
        ensure!(gone == json!(true), "after a minute it still waits: {told:?}");
        page.click_on("[data-testid=back]")?;
        page.wait_for("document.querySelector('[data-testid=waits]')", SOON)?;
        waits_as(guest, page, &file, &newest)?;
        Ok(())
    })
}

/// What the panel says that the task waits for, once it is what the command line says of this
/// instant.
fn waits_as(guest: &Guest<'_>, page: &Page<'_>, file: &Path, task: &str) -> Result<Option<String>> {
    let told = guest.native.waits(file, task, number(page, "playground.time()")?)?;
    let text = told.map(|text| text.replacen(&format!("task {task} is "), "It is ", 1));
    let shown = "document.querySelector('[data-testid=waits]')?.textContent ?? null";
    page.wait_for(&format!("({shown}) === {}", json!(text)), SOON)
        .with_context(|| format!("the command line says {text:?}"))?;
    Ok(text)
}

/// Each suggestion names an answer: tried, it is the answer, and nothing of the run changes. The
/// buttons are pressed by key.
pub(super) fn try_it(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held(PATH, &DESK, |page| {
        to_the_end(page)?;
        let before = page.eval("[playground.digest(), JSON.stringify(playground.doc())]")?;
        let mut tried = 0;
        for id in task_ids(page)?.iter().rev().take(8) {
            ask(page, id)?;
            let decided = words_of(page, "[data-testid=why] .read")?;
            let changes = page.eval(
                "[...document.querySelectorAll('[data-testid=changes] li > span')]\
                 .map((at) => at.textContent)",
            )?;
            let changes: Vec<String> = serde_json::from_value(changes)?;
            for (index, change) in changes.iter().enumerate() {
                try_one(page, index, change).with_context(|| format!("{id}: {change}"))?;
                tried += 1;
            }
            if !changes.is_empty() {
                page.click_on("[data-testid=untry]")?;
                page.wait_for("!document.querySelector('[data-testid=untry]')", SOON)?;
            }
            let again = words_of(page, "[data-testid=why] .read")?;
            ensure!(again == decided, "{id}: {decided:?} was decided, {again:?} is told");
        }
        ensure!(tried >= 4, "only {tried} changes were suggested");
        let after = page.eval("[playground.digest(), JSON.stringify(playground.doc())]")?;
        ensure!(after == before, "the run is another one: {after}, not {before}");
        Ok(())
    })
}

fn try_one(page: &Page<'_>, index: usize, change: &str) -> Result<()> {
    let (what, then) = change.rsplit_once(": ").context("it names no answer")?;
    page.eval(&format!("document.querySelectorAll('[data-testid=try]')[{index}].focus()"))?;
    page.press("Enter")?;
    let sentence = json!(format!("With {what}: "));
    page.wait_for(
        &format!("document.querySelector('.tried .read')?.textContent.startsWith({sentence})"),
        SOON,
    )?;
    let chosen = page.eval(
        "document.querySelector('[data-testid=why-rows] .chosen')?.cells[0].textContent ?? null",
    )?;
    let told = match then {
        "it fits nowhere" => chosen == Value::Null,
        "the new instance" => chosen.as_str().is_some_and(|name| name.ends_with('+')),
        instance => chosen == json!(instance),
    };
    ensure!(told, "it should be {then:?} and is {chosen}");
    let pressed = "document.querySelectorAll('[data-testid=try]')";
    let pressed = page.eval(&format!("{pressed}[{index}].getAttribute('aria-pressed')"))?;
    ensure!(pressed == json!("true"), "the button does not show that it is tried");
    Ok(())
}

/// What a trial would change is said before, made by key, true then, and taken back by a button: a
/// rule of the service as a call at the decision, a size in the task definition.
pub(super) fn apply(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held(PATH, &DESK, |page| {
        to_the_end(page)?;
        let ids = task_ids(page)?;
        for (wanted, place) in [
            ("without ", "timeline.at(-1).updateService.placementStrategy"),
            ("task memory ", "taskDefinitions.length"),
        ] {
            let mut applied = false;
            for id in ids.iter().rev().take(8) {
                ask(page, id)?;
                if apply_one(page, wanted, place).with_context(|| format!("{id}, {wanted}"))? {
                    applied = true;
                    break;
                }
            }
            ensure!(applied, "nothing was offered that changes {wanted:?}");
            to_the_end(page)?;
        }
        Ok(())
    })
}

/// Applies the first suggestion of a kind that can be; false when none of the task's can.
fn apply_one(page: &Page<'_>, wanted: &str, place: &str) -> Result<bool> {
    let found = page.eval(&format!(
        "[...document.querySelectorAll('[data-testid=changes] li > span')]\
         .findIndex((at) => at.textContent.startsWith({}))",
        json!(wanted)
    ))?;
    let Some(index) = found.as_u64() else { return Ok(false) };
    let change = page.eval(&format!(
        "document.querySelectorAll('[data-testid=changes] li > span')[{index}].textContent"
    ))?;
    try_one(page, index as usize, change.as_str().context("no text")?)?;
    let before = page.eval("JSON.stringify(playground.doc())")?;
    let chosen = "document.querySelector('[data-testid=why-rows] .chosen')?.cells[0].textContent";
    let tried = page.eval(&format!("{chosen} ?? null"))?;
    let edit = words_of(page, "[data-testid=edit]")?;
    if page.eval("!document.querySelector('[data-testid=apply]')")? == json!(true) {
        ensure!(edit.contains("No run can begin with"), "no reason is given: {edit}");
        return Ok(false);
    }
    page.eval("document.querySelector('[data-testid=apply]').focus()")?;
    page.press("Enter")?;
    page.wait_for("document.querySelector('[data-testid=applied]')", SOON)?;
    page.wait_for(&format!("JSON.stringify(playground.doc()) !== {before}"), SOON)?;
    // The reader stands at the decision then; before that the panel may still move.
    page.wait_for("playground.time() < playground.until()", SOON)?;
    ensure!(words_of(page, "[data-testid=applied]")?.contains(&edit), "it says another edit");
    page.wait_for(&format!("playground.doc().{place} !== undefined"), SOON)?;
    let text = page.eval("JSON.stringify(playground.doc())")?;
    if let Some(size) = edit.split_once("memory ").map(|(_, rest)| rest.split(' ').next()) {
        let size = size.unwrap_or_default();
        let said = text.as_str().is_some_and(|text| text.contains(&format!("\"memory\":{size}")));
        ensure!(said, "the scenario does not say memory {size}");
    } else {
        // Made at the decision, it flips that decision.
        page.wait_for(&format!("{chosen} === {tried} && !document.querySelector('.tried')"), SOON)?;
    }
    page.click_on("[data-testid=unapply]")?;
    page.wait_for(&format!("JSON.stringify(playground.doc()) === {before}"), SOON)?;
    page.wait_for("!document.querySelector('[data-testid=applied]')", SOON)?;
    Ok(true)
}
