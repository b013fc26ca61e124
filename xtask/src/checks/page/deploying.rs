//! Watching deployments: who runs, who has the traffic, which stage, and why nothing happens.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::visit::{DESK, Guest, PHONE, SOON, choose, to_the_end, to_the_start, words_of};
use crate::browser::Page;

/// Stands at a whole number of tens of seconds by the scrubber's keys.
pub(super) fn stand_at(page: &Page<'_>, seconds: u32) -> Result<()> {
    to_the_end(page)?;
    to_the_start(page)?;
    for next in (10..=seconds).step_by(10) {
        page.eval(
            "document.querySelector('[data-testid=scrubber]').dispatchEvent(new KeyboardEvent(\
             'keydown', { key: 'ArrowRight', ctrlKey: true, bubbles: true }))",
        )?;
        page.wait_for(&format!("playground.time() === {next}000"), SOON)?;
    }
    Ok(())
}

/// Waits until the sentence of the service holds some words.
pub(super) fn hears(page: &Page<'_>, words: &str) -> Result<()> {
    let said = "document.querySelector('[data-testid=sentence]').textContent";
    page.wait_for(&format!("{said}.includes({})", json!(words)), SOON)
        .with_context(|| format!("it says {:?}", words_of(page, "[data-testid=sentence]")))
}

/// The words of a part of the timeline.
pub(super) fn chart_words(page: &Page<'_>, part: &str) -> Result<Vec<String>> {
    let selector = json!(format!("[data-testid={part}] text"));
    let words = page.eval(&format!(
        "[...document.querySelectorAll({selector})].map((at) => at.textContent.trim())"
    ))?;
    Ok(serde_json::from_value(words)?)
}

pub(super) fn canary(guest: &Guest<'_>) -> Result<()> {
    for view in [DESK, PHONE] {
        guest.visit_held("?preset=ten-percent-first", &view, |page| {
            stand_at(page, 160)?;
            hears(page, "has 10% of the traffic; more follows in 1 m 40 s")?;
            let shares = chart_words(page, "shares")?;
            ensure!(shares.iter().any(|word| word.contains("r2 10%")), "shares say {shares:?}");
            let stages = chart_words(page, "stages")?;
            let shows = |word: &str| stages.iter().any(|known| known.contains(word));
            ensure!(shows("BAKE"), "the bake time has no word: {stages:?}");
            let hooks = page.eval(
                "[...document.querySelectorAll('[data-testid=stages] title')]\
                 .map((at) => at.textContent).filter((it) => it.startsWith('hook smoke-test'))",
            )?;
            let ended = hooks.as_array().is_some_and(|all| {
                all.iter().any(|it| it.as_str().is_some_and(|it| it.contains("SUCCEEDED")))
            });
            ensure!(ended, "the hook has no mark: {hooks}");
            if page.eval("document.querySelector('[data-testid=deploy-panel]') !== null")? == true {
                let left = "document.querySelector('[data-testid=under-way]')?.textContent";
                page.wait_for(&format!("{left}?.includes('on its way to')"), SOON)
                    .context("what is left of the deployment is not said beside the button")?;
            }
            let read = page.eval(
                "document.querySelector('[data-testid=timeline] svg').getAttribute('aria-label')",
            )?;
            let read = read.as_str().context("the chart has no name")?;
            ensure!(read.contains("traffic: r1 90%, r2 10%"), "those who listen hear {read:?}");
            let listed = words_of(page, "[data-testid=stage-list] [aria-current=step]")?;
            ensure!(listed.contains("PRODUCTION_TRAFFIC_SHIFT"), "the list is at {listed:?}");
            Ok(())
        })?;
    }
    Ok(())
}

/// Each step of the strategy is a step of the band, up to the whole.
pub(super) fn linear(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("?preset=step-by-step", &DESK, |page| {
        stand_at(page, 60)?;
        hears(page, "waits at POST_TEST_TRAFFIC_SHIFT for somebody")?;
        to_the_end(page)?;
        let shares = chart_words(page, "shares")?;
        let mut from = 0;
        for step in ["r1 100%", "r2 25%", "r2 50%", "r2 75%", "r2 100%"] {
            let found = shares[from..].iter().position(|word| word.contains(step));
            from += found.with_context(|| format!("no {step} in its turn: {shares:?}"))?;
        }
        Ok(())
    })
}

/// On the way back the traffic is the old revision's again, and the sentence says why.
pub(super) fn blue_green(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("?preset=bake-or-burn-blue-green", &DESK, |page| {
        stand_at(page, 60)?;
        hears(page, "has all the traffic and bakes for another")?;
        stand_at(page, 300)?;
        hears(page, "goes back to r1: ")?;
        hears(page, "larm")?;
        let shares = chart_words(page, "shares")?;
        let last = shares.last().map(String::as_str).unwrap_or_default();
        ensure!(last.contains("r1 100%"), "the old revision has not everything: {shares:?}");
        Ok(())
    })
}

/// Where a percentage is no whole number of tasks, the limit says how it was rounded.
pub(super) fn rounding(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("?preset=fifty-means-a-hundred", &DESK, |page| {
        to_the_start(page)?;
        let words = page.eval(
            "[...document.querySelectorAll('[data-testid=timeline] text')]\
             .map((at) => at.textContent)",
        )?;
        let words: Vec<String> = serde_json::from_value(words)?;
        let told = |limit: &str, way: &str| {
            words.iter().any(|word| word.contains(limit) && word.contains(way))
        };
        ensure!(told("floor 1", "50% of 1 is 0.5, rounded up"), "the floor says {words:?}");
        let titles: Value = page.eval(
            "[...document.querySelectorAll('[data-testid=timeline] path title')]\
             .map((at) => at.textContent)",
        )?;
        let titles = titles.to_string();
        ensure!(titles.contains("1 x 150% = 1.5, rounded down: 1."), "the lines say {titles}");
        Ok(())
    })
}

/// Before the button is pressed the page says what would come of it; then it comes.
pub(super) fn forecast(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("?preset=six-services", &DESK, |page| {
        to_the_start(page)?;
        page.wait_for("document.querySelector('[data-testid=foretold] dl')", SOON)?;
        let told = figures(page)?;
        let figure = |name: &str| told.get(name).and_then(|it| it.split(' ').next());
        ensure!(figure("most tasks") == Some("12"), "{told:?}");
        ensure!(figure("fewest healthy") == Some("8"), "{told:?}");
        ensure!(told.contains_key("done in") && told.contains_key("back again in"), "{told:?}");
        let before = page.eval("JSON.stringify(playground.doc())")?;
        page.settle(std::time::Duration::from_millis(300))?;
        let after = page.eval("JSON.stringify(playground.doc())")?;
        ensure!(before == after, "a forecast changes the document");
        page.click_on("[data-testid=deploy]")?;
        page.wait_for("playground.doc().timeline.at(-1).updateService", SOON)?;
        let made = page.eval("playground.doc().timeline.at(-1).updateService")?;
        ensure!(made["taskDefinition"] == "web:2", "{made} is deployed");
        to_the_end(page)?;
        // What the deployment made of the run is drawn a frame after the run has got there.
        page.wait_for(&format!("{MOST_RUNNING} === 12"), SOON)
            .context("12 tasks at most were foretold, and others are drawn")?;
        page.click_on("[data-testid=undo]")?;
        page.wait_for("!playground.doc().timeline.at(-1).updateService?.taskDefinition", SOON)
    })
}

/// The most tasks that the timeline's name tells.
const MOST_RUNNING: &str = "Number(document.querySelector('[data-testid=timeline] svg')\
    .getAttribute('aria-label').match(/and (\\d+) tasks ran/)[1])";

/// The figures of the forecast by name.
fn figures(page: &Page<'_>) -> Result<BTreeMap<String, String>> {
    let pairs = page.eval(
        "Object.fromEntries([...document.querySelectorAll('[data-testid=foretold] dt')]\
         .map((dt) => [dt.textContent, dt.nextElementSibling.textContent]))",
    )?;
    Ok(serde_json::from_value(pairs)?)
}

/// A deployment that can never move says so, and what would help; one that the API refuses says
/// that, and its button cannot be pressed.
pub(super) fn deadlock(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("?preset=fifty-means-a-hundred", &PHONE, |page| {
        to_the_start(page)?;
        page.click_on("[data-testid=tab-svc]")?;
        page.wait_for("document.querySelector('[data-testid=foretold-stuck]')", SOON)?;
        let said = words_of(page, "[data-testid=foretold-stuck]")?;
        ensure!(said.contains("maximumPercent") && said.contains("200"), "no remedy: {said}");
        choose(page, "deploy-kind", "CANARY")?;
        page.wait_for(
            "document.querySelector('[data-testid=foretold]')?.textContent.includes('refused') \
             || document.querySelector('[data-testid=foretold] dl')",
            SOON,
        )?;
        let said = words_of(page, "[data-testid=foretold]")?;
        let held = page.eval("document.querySelector('[data-testid=deploy]').disabled")?;
        let refused = said.contains("refused");
        ensure!(json!(refused) == held, "the button is disabled: {held}, and it says {said}");
        let wide = page.eval("document.documentElement.scrollWidth > innerWidth")?;
        ensure!(wide == json!(false), "the page scrolls sideways");
        Ok(())
    })
}

/// Where ECS is stuck for ever Kubernetes moves; amounts can be typed.
pub(super) fn beside_kubernetes(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("?preset=fifty-means-a-hundred", &DESK, |page| {
        to_the_start(page)?;
        page.eval("document.querySelector('[data-testid=beside]').focus()")?;
        page.press("Enter")?;
        let row = |name: &str| {
            let name = json!(name);
            format!(
                "(() => {{ const row = [...document.querySelectorAll(\
                 '[data-testid=beside-table] tbody tr')]\
                 .find((row) => row.cells[0].textContent === {name}); \
                 return row && [row.cells[1].textContent, row.cells[2].textContent] }})()"
            )
        };
        page.wait_for(&row("at most"), SOON)?;
        let told = page.eval(&row("at most"))?;
        ensure!(told == json!(["1", "2"]), "one task of one: {told}");
        let told = page.eval(&row("done in"))?;
        ensure!(told[0] == "no end" && told[1] != "unknown", "{told}");
        let steps = |side: &str| {
            format!("document.querySelectorAll('[data-testid=steps-{side}] tbody tr').length")
        };
        ensure!(page.eval(&steps("ecs"))? == json!(1), "ECS moves, which it cannot");
        let moves = page.eval(&steps("kubernetes"))?;
        ensure!(moves.as_u64() >= Some(2), "Kubernetes has {moves} moments");
        page.click_on("[data-testid=maxSurge]")?;
        page.press("End")?;
        for _ in 0..3 {
            page.press("Backspace")?;
        }
        page.type_text("3")?;
        page.wait_for(&format!("{}?.[1] === '4'", row("at most")), SOON)?;
        page.type_text(" pods")?;
        page.wait_for(
            "document.querySelector('.beside .bad')?.textContent.includes('3 pods')",
            SOON,
        )
    })
}
