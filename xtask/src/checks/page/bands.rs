//! The timeline's bands: production and test traffic of CodeDeploy, three revisions at once.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::deploying::{chart_words, hears, stand_at};
use super::visit::{DESK, Guest, PHONE, choose, text, to_the_end, words_of};
use crate::browser::Page;

/// The timeline in words, as a screen reader has it.
fn reading(page: &Page<'_>) -> Result<String> {
    text(page, "document.querySelector('[data-testid=timeline] svg').getAttribute('aria-label')")
}

/// Fills of the shapes of a part of the timeline.
fn fills(page: &Page<'_>, part: &str) -> Result<Vec<String>> {
    let selector = json!(format!("[data-testid={part}] :is(path, rect)"));
    let fills = page.eval(&format!(
        "[...document.querySelectorAll({selector})].map((at) => at.getAttribute('fill'))\
         .filter((fill) => fill?.includes('svc') || fill?.includes('tl-age'))"
    ))?;
    Ok(serde_json::from_value(fills)?)
}

pub(super) fn code_deploy(guest: &Guest<'_>) -> Result<()> {
    for view in [DESK, PHONE] {
        guest.visit_held("?preset=by-codedeploy", &view, |page| {
            stand_at(page, 240)?;
            hears(page, "web r2 has 10% of the traffic; more follows in ")?;
            let shares = chart_words(page, "shares")?;
            ensure!(shares.iter().any(|word| word.contains("r2 10%")), "shares say {shares:?}");
            let tests = chart_words(page, "tests")?;
            ensure!(tests.iter().any(|word| word == "r2 100%"), "test traffic says {tests:?}");
            ensure!(tests.iter().any(|word| word == "test"), "the band has no name: {tests:?}");
            let stages = chart_words(page, "stages")?.join(" ");
            ensure!(stages.contains("Allow"), "the step has no word: {stages}");
            let hooks = page.eval(
                "[...document.querySelectorAll('[data-testid=stages] title')]\
                 .map((at) => at.textContent).filter((it) => it.startsWith('hook smoke-test'))",
            )?;
            let ended = hooks.as_array().is_some_and(|all| {
                all.iter().any(|it| it.as_str().is_some_and(|it| it.contains("SUCCEEDED")))
            });
            ensure!(ended, "the hook has no mark: {hooks}");
            let read = reading(page)?;
            let heard = "traffic: r1 90%, r2 10%. test traffic: r2 100%. Stage AllowTraffic.";
            ensure!(read.contains(heard), "those who listen hear {read:?}");
            let listed = words_of(page, "[data-testid=stage-list] [aria-current=step]")?;
            ensure!(listed.contains("AllowTraffic"), "the list is at {listed:?}");
            stand_at(page, 910)?;
            hears(page, "web goes back to r2: The deployment was stopped")?;
            ensure!(reading(page)?.contains("traffic: r2 100%"), "it has not gone back");
            Ok(())
        })?;
    }
    guest.visit_held("?preset=by-codedeploy", &DESK, |page| {
        to_the_end(page)?;
        choose(page, "deploy-revision", "r3")?;
        page.wait_for("document.querySelector('[data-testid=foretold] dl')", super::visit::SOON)?;
        page.click_on("[data-testid=deploy]")?;
        page.wait_for(
            "playground.doc().timeline.at(-1).createDeployment?.taskDefinition === 'web:3'",
            super::visit::SOON,
        )
    })
}

/// Each has its row, its pattern and its word, and is named to those who listen.
pub(super) fn three_revisions(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("?preset=changed-my-mind", &DESK, |page| {
        stand_at(page, 180)?;
        let words = chart_words(page, "revisions")?;
        for name in ["web r3", "web r2", "web r1"] {
            ensure!(words.iter().any(|word| word == name), "{name} has no row: {words:?}");
        }
        let mut fills = fills(page, "revisions")?;
        ensure!(fills.len() == 3, "three rows are filled with {fills:?}");
        fills.sort_unstable();
        fills.dedup();
        ensure!(fills.len() == 3, "two revisions look alike: {fills:?}");
        let read = reading(page)?;
        for revision in ["r3 runs from 00:02:", "r2 runs from 00:0", "r1 runs from 00:00:00"] {
            ensure!(read.contains(revision), "{revision} is not read out: {read:?}");
        }
        let fits = page.eval(
            "(() => { const tl = document.querySelector('[data-testid=timeline]'); \
             const box = tl.getBoundingClientRect(); \
             return [...tl.querySelectorAll('text')].every((at) => { \
               const { top, bottom } = at.getBoundingClientRect(); \
               return top >= box.top - 1 && bottom <= box.bottom + 1 }) })()",
        )?;
        ensure!(fits == json!(true), "words stand outside of the timeline");
        to_the_end(page).context("it does not end")
    })
}
