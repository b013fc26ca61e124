//! A visitor of the page, and the words in which the checks speak of what is there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::native::Native;
use crate::browser::{Browser, Page, Theme, View};

/// What a page does at once takes no longer than this, even on a busy machine.
pub(super) const SOON: Duration = Duration::from_secs(20);
pub(super) const DESK: View = View::new(1440, 900, Theme::Light);
pub(super) const PHONE: View = View::new(390, 844, Theme::Dark);

/// Who comes by: with a browser, at an address, knowing what the command line says.
pub(super) struct Guest<'browser> {
    pub(super) browser: &'browser Browser,
    pub(super) address: String,
    /// The folder behind that address.
    pub(super) site: PathBuf,
    pub(super) native: Native,
}

impl Guest<'_> {
    /// Opens the page, waits for its first scenario, looks round, and hears no complaint.
    pub(super) fn visit(
        &self,
        path: &str,
        view: &View,
        look: impl FnOnce(&Page<'_>) -> Result<()>,
    ) -> Result<()> {
        let page = self.browser.open(&format!("{}{path}", self.address), view)?;
        page.wait_for(LOADED, SOON)?;
        look(&page)?;
        is_content(&page)
    }

    /// The same, with time held from the first moment on.
    pub(super) fn visit_held(
        &self,
        path: &str,
        view: &View,
        look: impl FnOnce(&Page<'_>) -> Result<()>,
    ) -> Result<()> {
        self.visit(path, view, |page| {
            hold(page)?;
            look(page)
        })
    }
}

pub(super) const LOADED: &str = "document.querySelector('[data-testid=app]')?.dataset.loaded \
                                 === 'true' && playground.until() > 0";
pub(super) const PLAYING: &str =
    "document.querySelector('[data-testid=play]').getAttribute('aria-label').startsWith('Pause')";

/// The console has no error and no warning.
pub(super) fn is_content(page: &Page<'_>) -> Result<()> {
    let problems = page.problems()?;
    ensure!(problems.is_empty(), "the console says:\n{}", problems.join("\n"));
    Ok(())
}

/// Pauses a page that plays.
pub(super) fn hold(page: &Page<'_>) -> Result<()> {
    page.wait_for(PLAYING, SOON)?;
    page.click_on("[data-testid=play]")?;
    page.wait_for(&format!("!({PLAYING})"), SOON)
}

/// Plays a page that is held.
pub(super) fn play(page: &Page<'_>) -> Result<()> {
    page.click_on("[data-testid=play]")?;
    page.wait_for(PLAYING, SOON)
}

/// Goes to the start of the run.
pub(super) fn to_the_start(page: &Page<'_>) -> Result<()> {
    page.click_on("[data-testid=to-start]")?;
    page.wait_for("playground.time() === 0", SOON)
}

/// Goes to the end of the run.
pub(super) fn to_the_end(page: &Page<'_>) -> Result<()> {
    page.click_on("[data-testid=to-end]")?;
    page.wait_for("playground.time() === playground.until()", Duration::from_secs(60))
}

/// Chooses from a list by the word that it shows.
pub(super) fn choose(page: &Page<'_>, list: &str, option: &str) -> Result<()> {
    let (list, option) = (json!(format!("[data-testid={list}]")), json!(option));
    let chosen = page.eval(&format!(
        "(() => {{ const list = document.querySelector({list}); \
         const at = [...list.options].findIndex((o) => o.textContent === {option}); \
         if (at < 0) return false; list.selectedIndex = at; \
         list.dispatchEvent(new Event('change', {{ bubbles: true }})); return true }})()"
    ))?;
    ensure!(chosen == json!(true), "the list {list} has no {option}");
    page.settle(Duration::from_millis(100))
}

pub(super) fn number(page: &Page<'_>, expression: &str) -> Result<f64> {
    let value = page.eval(expression)?;
    value.as_f64().with_context(|| format!("{expression} is {value}, no number"))
}

pub(super) fn text(page: &Page<'_>, expression: &str) -> Result<String> {
    let value = page.eval(expression)?;
    let text = value.as_str().with_context(|| format!("{expression} is {value}, no text"))?;
    Ok(text.to_owned())
}

/// The words of an element.
pub(super) fn words_of(page: &Page<'_>, selector: &str) -> Result<String> {
    let quoted = json!(selector);
    text(page, &format!("document.querySelector({quoted}).textContent"))
}

/// The ids of all tasks on the page.
pub(super) fn task_ids(page: &Page<'_>) -> Result<Vec<String>> {
    let ids = page.eval("playground.counts().ids")?;
    Ok(serde_json::from_value(ids)?)
}

/// A rectangle of the window.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
pub(super) struct Spot {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Spot {
    pub(super) fn middle(&self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }
}

/// Where the page says that a task or an instance stands.
pub(super) fn locate(page: &Page<'_>, id: &str) -> Result<Spot> {
    let spot = page.eval(&format!("playground.locate({})", json!(id)))?;
    serde_json::from_value(spot).with_context(|| format!("the picture does not show {id}"))
}

/// Where an element stands.
pub(super) fn spot_of(page: &Page<'_>, selector: &str) -> Result<Spot> {
    let quoted = json!(selector);
    let found = page.eval(&format!(
        "(() => {{ const {{ x, y, width, height }} = \
         document.querySelector({quoted}).getBoundingClientRect(); \
         return {{ x, y, width, height }} }})()"
    ))?;
    serde_json::from_value(found).with_context(|| format!("nothing matches {selector}"))
}

/// The facts of what is selected, by name.
pub(super) fn facts(page: &Page<'_>) -> Result<BTreeMap<String, String>> {
    let pairs: Value = page.eval(
        "Object.fromEntries([...document.querySelectorAll('[data-testid=facts] dt')]\
         .map((dt) => [dt.textContent, dt.nextElementSibling.textContent]))",
    )?;
    Ok(serde_json::from_value(pairs)?)
}
