//! The first moments of a visit.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use super::visit::{DESK, Guest, LOADED, SOON, is_content, number, text, words_of};
use crate::browser::{Page, Theme, View};
use crate::serve::{Gate, Server};

/// How long a visitor waits for something to happen, ms from the start of the navigation.
const PATIENCE: f64 = 3000.0;
/// A machine that does other work besides gets another try.
const TRIES: usize = 3;

pub(super) fn moves_within_three_seconds(guest: &Guest<'_>) -> Result<()> {
    let mut best = f64::INFINITY;
    for _ in 0..TRIES {
        guest.visit("", &DESK, |page| {
            let reached = "document.querySelector('[data-testid=log]').textContent\
                           .includes(' RUNNING on ') && (window.seenAt ??= performance.now())";
            page.wait_for(reached, Duration::from_secs(10))?;
            best = best.min(number(page, "window.seenAt")?);
            let running = number(page, "playground.counts().running")?;
            ensure!(running > 0.0, "the log speaks of a task, the picture has none");
            Ok(())
        })?;
        if best <= PATIENCE {
            return Ok(());
        }
    }
    ensure!(best <= PATIENCE, "the first task was seen RUNNING after {best:.0} ms");
    Ok(())
}

pub(super) fn starts_dark_on_a_phone(guest: &Guest<'_>) -> Result<()> {
    guest.visit("", &View::new(390, 844, Theme::Dark), |page| {
        let ground = text(page, "getComputedStyle(document.body).backgroundColor")?;
        ensure!(ground == "rgb(13, 15, 18)", "the ground of a dark page is {ground}");
        Ok(())
    })
}

pub(super) fn address_names_a_preset(guest: &Guest<'_>) -> Result<()> {
    guest.visit("?preset=surge-needs-room", &DESK, |page| {
        page.wait_for(LOADED, SOON)?;
        let name = text(page, "playground.doc().name")?;
        ensure!(name == "Surge needs room", "the address asked for another than {name:?}");
        page.wait_for("document.title.startsWith('Surge needs room')", SOON)
    })
}

/// The engine is held back: nothing may be said of a scenario that nobody has read.
pub(super) fn says_what_it_waits_for(guest: &Guest<'_>) -> Result<()> {
    for view in [DESK, View::new(390, 844, Theme::Dark)] {
        let gate = Gate::before("worker_bg.wasm");
        let server = Server::start_behind(&gate, &guest.site)?;
        let address = format!("{}?preset=fifty-means-a-hundred", server.url());
        let page = guest.browser.open(&address, &view)?;
        page.wait_for("document.querySelector('[data-testid=loading]')", SOON)?;
        waits(&page)?;
        page.eval(LIES)?;
        gate.open();
        page.wait_for(LOADED, SOON)?;
        page.wait_for("!document.querySelector('[data-testid=loading]')", SOON)?;
        page.wait_for("document.querySelector('[data-testid^=service-]')", SOON)?;
        let lies = page.eval("window.lies")?;
        ensure!(lies == json!([]), "before the first picture the page says {lies}");
        is_content(&page)?;
    }
    Ok(())
}

/// Notes whenever the list of services says that there is none, or a picture stands there empty.
const LIES: &str = "(() => { window.lies = []; new MutationObserver(() => { \
    const list = document.querySelector('[data-testid=services]')?.textContent ?? ''; \
    if (list.includes('no service')) window.lies.push(list); \
    if (document.querySelector('[data-testid=picture]') && playground.counts().instances === 0) \
    window.lies.push('an empty picture') }).observe(document.body, \
    { childList: true, subtree: true, characterData: true }) })()";

fn waits(page: &Page<'_>) -> Result<()> {
    let said = words_of(page, "[data-testid=loading] [role=status]")?;
    ensure!(said.contains("on its way"), "the page waits and says {said:?}");
    let listed = words_of(page, "[data-testid=services]")?;
    ensure!(!listed.contains("no service"), "nobody has read it, but the list says {listed:?}");
    let picked = page.eval(
        "[...document.querySelectorAll('[data-testid^=preset]')]\
         .map((list) => list.selectedOptions[0].textContent)",
    )?;
    let wanted = "Fifty means a hundred";
    ensure!(picked == json!([wanted, wanted]), "{picked} is picked, not what was asked for");
    let busy = page.eval("document.querySelector('main').getAttribute('aria-busy')")?;
    ensure!(busy == json!("true"), "those who do not see are not told that it loads");
    Ok(())
}
