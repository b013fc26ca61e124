//! Changing the run: acting on what is selected, and taking it back.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::visit::{
    DESK, Guest, SOON, choose, facts, hold, locate, number, play, task_ids, text, to_the_end,
    to_the_start,
};
use crate::browser::Page;

const PATH: &str = "?preset=six-services";

/// Selects an instance by a click on its frame.
fn select_instance(page: &Page<'_>, id: &str) -> Result<()> {
    let spot = locate(page, id)?;
    // The frame's lower edge, where no tile is.
    page.click(spot.x + spot.width - 4.0, spot.y + spot.height - 2.0)?;
    let name = json!(id);
    page.wait_for(
        &format!("document.querySelector('[data-testid=selected]')?.textContent === {name}"),
        SOON,
    )
}

fn is_gone(id: &str) -> String {
    format!("playground.locate({}) === null", json!(id))
}

/// By the button and by the key: the same document, the same end.
pub(super) fn terminate(guest: &Guest<'_>) -> Result<()> {
    let mut ends = Vec::new();
    for by_key in [false, true] {
        guest.visit_held(PATH, &DESK, |page| {
            choose(page, "speed", "120×")?;
            to_the_start(page)?;
            select_instance(page, "i-6")?;
            if by_key {
                page.press("Delete")?;
            } else {
                page.click_on("[data-testid=terminate]")?;
            }
            page.wait_for("playground.doc().timeline.at(-1).terminateInstance", SOON)?;
            play(page)?;
            page.wait_for(&is_gone("i-6"), SOON)?;
            hold(page)?;
            to_the_end(page)?;
            let instances = number(page, "playground.counts().instances")?;
            ensure!(instances < 11.0, "{instances} instances are left of 11");
            let running = number(page, "playground.counts().services.web.running")?;
            ensure!(running == 8.0, "web has {running} running, not its 8 again");
            ends.push(text(page, "playground.digest()")?);
            Ok(())
        })?;
    }
    ensure!(ends[0] == ends[1], "by the button {}, by the key {}", ends[0], ends[1]);
    Ok(())
}

pub(super) fn drain_and_interrupt(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held(PATH, &DESK, |page| {
        to_the_start(page)?;
        select_instance(page, "i-9")?;
        page.press("d")?;
        let word = "document.querySelector('.insp .read').textContent.startsWith";
        page.wait_for(&format!("{word}('DRAINING')"), SOON)?;
        page.click_on("[data-testid=activate]")?;
        page.wait_for(&format!("{word}('ACTIVE')"), SOON)?;
        select_instance(page, "spot-2")?;
        page.click_on("[data-testid=interrupt]")?;
        page.wait_for("!document.querySelector('[data-testid=interrupt]')", SOON)?;
        choose(page, "speed", "120×")?;
        play(page)?;
        // Two minutes after the notice it is gone, and not before.
        page.wait_for(&is_gone("spot-2"), SOON)?;
        let at = number(page, "playground.time()")?;
        ensure!(at >= 120_000.0, "the instance is gone at {at} ms");
        Ok(())
    })
}

pub(super) fn stop_a_task(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held(PATH, &DESK, |page| {
        to_the_start(page)?;
        let id = task_ids(page)?.into_iter().next().context("no task at the start")?;
        let (x, y) = locate(page, &id)?.middle();
        page.click(x, y)?;
        page.wait_for("document.querySelector('[data-testid=facts]')", SOON)?;
        page.click_on("[data-testid=stop]")?;
        page.wait_for("playground.doc().timeline.at(-1).stopTask", SOON)?;
        page.wait_for(
            "[...document.querySelectorAll('[data-testid=facts] dd')]\
             .some((dd) => dd.textContent === 'STOPPED')",
            SOON,
        )?;
        let shown = facts(page)?;
        ensure!(shown["desiredStatus"] == "STOPPED", "{shown:?}");
        to_the_end(page)?;
        ensure!(!task_ids(page)?.contains(&id), "the task is still there at the end");
        Ok(())
    })
}

/// Twenty edits of several kinds, all taken back, all made again.
pub(super) fn undo(guest: &Guest<'_>) -> Result<()> {
    const EDITS: usize = 20;
    guest.visit_held(PATH, &DESK, |page| {
        to_the_start(page)?;
        // Letters are keys while no button has the focus.
        select_instance(page, "i-7")?;
        let document = "JSON.stringify(playground.doc())";
        let start = text(page, document)?;
        for step in 0..EDITS {
            match step % 4 {
                0 => page.press("]")?,
                1 => page.press("[")?,
                2 => page.click_on("[data-testid=more]")?,
                _ => {
                    select_instance(page, "i-7")?;
                    page.press("d")?;
                }
            }
            let entries = 5 + step + 1;
            page.wait_for(&format!("playground.doc().timeline.length === {entries}"), SOON)?;
            // The keys act on what the page shows, so it shows the edit first.
            page.settle(std::time::Duration::from_millis(150))?;
        }
        let changed = text(page, document)?;
        to_the_end(page)?;
        let end = text(page, "playground.digest()")?;
        for left in (0..EDITS).rev() {
            page.click_on("[data-testid=undo]")?;
            page.wait_for(&format!("playground.doc().timeline.length === {}", 5 + left), SOON)?;
        }
        ensure!(text(page, document)? == start, "the document is not the first one again");
        page.wait_for("document.querySelector('[data-testid=undo]').disabled", SOON)?;
        for made in 1..=EDITS {
            page.click_on("[data-testid=redo]")?;
            page.wait_for(&format!("playground.doc().timeline.length === {}", 5 + made), SOON)?;
        }
        ensure!(text(page, document)? == changed, "the edits are not all made again");
        to_the_end(page)?;
        let again = text(page, "playground.digest()")?;
        ensure!(again == end, "{again} at the end, and {end} before");
        Ok(())
    })
}
