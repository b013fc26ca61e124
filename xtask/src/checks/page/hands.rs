//! Pointing, clicking, choosing: what a hand on a mouse does to the picture.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::native::files;
use super::visit::{
    DESK, Guest, SOON, facts, locate, number, task_ids, text, to_the_end, to_the_start, words_of,
};
use crate::browser::Page;

const PRESET: &str = "six-services";
/// Tiles that are clicked: enough to meet every service and zone.
const CLICKS: usize = 12;

/// At the end of a run the command line tells of the same tasks.
pub(super) fn tiles(guest: &Guest<'_>) -> Result<()> {
    let file = files("presets")?.into_iter().find(|file| file.ends_with("six-services.yaml"));
    let state = guest.native.run(&file.context("the first preset is gone")?)?.state;
    guest.visit_held(&format!("?preset={PRESET}"), &DESK, |page| {
        to_the_end(page)?;
        let ids = task_ids(page)?;
        ensure!(ids.len() > CLICKS, "only {} tasks are left at the end", ids.len());
        for id in ids.iter().step_by(ids.len() / CLICKS) {
            let told = told_task(&state, id)?;
            click_tile(page, id).and_then(|()| compare(page, id, told)).context(id.clone())?;
        }
        Ok(())
    })
}

fn told_task<'a>(state: &'a Value, id: &str) -> Result<&'a Value> {
    let tasks = state["tasks"].as_array().context("the command line tells no tasks")?;
    let named = |task: &&Value| task["taskArn"].as_str().is_some_and(|arn| arn.ends_with(id));
    tasks.iter().find(named).context("the command line does not know the task")
}

fn click_tile(page: &Page<'_>, id: &str) -> Result<()> {
    let spot = locate(page, id)?;
    let (x, y) = spot.middle();
    let at = text(page, &format!("playground.at({x}, {y})"))?;
    ensure!(at == id, "the picture says that {at} stands there");
    ensure!(is_painted(page, spot.x + spot.width - 4.0, spot.y + spot.height - 4.0)?, "no colour");
    page.click(x, y)?;
    let named = json!(id);
    page.wait_for(
        &format!("document.querySelector('[data-testid=facts] dd')?.textContent === {named}"),
        SOON,
    )
}

/// Whether the picture shows something else than its bare ground at a place of the window.
fn is_painted(page: &Page<'_>, x: f64, y: f64) -> Result<bool> {
    let painted = page.eval(&format!(
        "(() => {{ const canvas = document.querySelector('[data-testid=picture] canvas'); \
         const box = canvas.getBoundingClientRect(); const copy = new OffscreenCanvas(1, 1); \
         const pen = copy.getContext('2d', {{ willReadFrequently: true }}); \
         const scale = canvas.width / box.width; \
         pen.drawImage(canvas, ({x} - box.x) * scale, ({y} - box.y) * scale, 1, 1, 0, 0, 1, 1); \
         const [red, green, blue, solid] = pen.getImageData(0, 0, 1, 1).data; \
         return solid === 255 && Math.min(red, green, blue) < 240 }})()"
    ))?;
    Ok(painted == json!(true))
}

fn compare(page: &Page<'_>, id: &str, told: &Value) -> Result<()> {
    let shown = facts(page)?;
    let last = |field: &str| {
        let text = told[field].as_str().unwrap_or_default();
        text.rsplit('/').next().unwrap_or_default().to_owned()
    };
    let wanted = [
        ("task", id.to_owned()),
        ("definition", last("taskDefinitionArn")),
        ("lastStatus", last("lastStatus")),
        ("desiredStatus", last("desiredStatus")),
        ("instance", last("containerInstanceArn")),
        ("availabilityZone", last("availabilityZone")),
    ];
    for (name, value) in wanted {
        let here = shown.get(name).map_or("nothing", String::as_str);
        ensure!(here == value, "{name} is {here:?}, the command line says {value:?}");
    }
    Ok(())
}

pub(super) fn instances_and_zones(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held(&format!("?preset={PRESET}"), &DESK, |page| {
        to_the_start(page)?;
        let spot = locate(page, "i-7")?;
        // The last row of the instance is empty at the start: no tile is in the way.
        page.click(spot.x + spot.width / 2.0, spot.y + spot.height - 6.0)?;
        page.wait_for(&selected("i-7"), SOON)?;
        ensure!(words_of(page, ".insp .read")?.starts_with("ACTIVE, m5.xlarge"), "not its facts");
        page.click_on("[data-testid=zone-us-east-1b]")?;
        page.wait_for(&selected("us-east-1b"), SOON)?;
        page.press("Escape")?;
        page.wait_for("!document.querySelector('[data-testid=selected]')", SOON)
    })
}

fn selected(name: &str) -> String {
    let name = json!(name);
    format!("document.querySelector('[data-testid=selected]')?.textContent === {name}")
}

pub(super) fn table(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held(&format!("?preset={PRESET}"), &DESK, |page| {
        to_the_end(page)?;
        let wanted: BTreeSet<String> = task_ids(page)?.iter().map(|id| short(id)).collect();
        page.click_on("[data-testid=table]")?;
        page.wait_for("document.querySelector('[data-testid=twin]')", SOON)?;
        let mut listed = BTreeSet::new();
        let whole = number(page, "document.querySelector('[data-testid=twin]').scrollHeight")?;
        let mut top = 0.0;
        while top < whole {
            page.eval(&format!("document.querySelector('[data-testid=twin]').scrollTop = {top}"))?;
            page.settle(std::time::Duration::from_millis(120))?;
            let rows = page.eval(
                "[...document.querySelectorAll('[data-testid=twin] td:first-child button')]\
                 .map((row) => row.textContent)",
            )?;
            let rows: Vec<String> = serde_json::from_value(rows)?;
            listed.extend(rows.iter().filter_map(|row| Some(row.rsplit_once(' ')?.1.to_owned())));
            top += 300.0;
        }
        ensure!(listed == wanted, "the table lists {listed:?}, the picture {wanted:?}");
        page.eval("document.querySelector('[data-testid=twin]').scrollTop = 0")?;
        page.wait_for("document.querySelectorAll('[data-testid=twin] tbody button')[1]", SOON)?;
        page.click_on("[data-testid=twin] tbody tr:nth-child(2) button")?;
        page.wait_for(&selected("i-1"), SOON)
    })
}

/// What the page calls a task whose id was counted up.
fn short(id: &str) -> String {
    id[id.len() - 4..].to_owned()
}

pub(super) fn desired_count(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held(&format!("?preset={PRESET}"), &DESK, |page| {
        let desired = |count: u32| format!("playground.counts().services.web.desired === {count}");
        page.wait_for(&desired(8), SOON)?;
        let before = number(page, "playground.doc().timeline.length")?;
        page.click_on("[data-testid=more]")?;
        page.wait_for(&desired(9), SOON)?;
        page.click_on("[data-testid=fewer]")?;
        page.wait_for(&desired(8), SOON)?;
        let after = number(page, "playground.doc().timeline.length")?;
        ensure!(after - before == 2.0, "two edits made {} entries", after - before);
        Ok(())
    })
}
