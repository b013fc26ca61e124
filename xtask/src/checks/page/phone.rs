//! A small touch screen.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::native::{files, stem};
use super::visit::{Guest, SOON, hold, locate, task_ids, to_the_end, words_of};
use crate::browser::{Page, Theme, View};

const PHONE: View = View::new(360, 740, Theme::Light);

/// Elements in view whose words or edges stick out of the window at either side.
const CUT_OFF: &str = "[...document.querySelectorAll('body *')].filter((at) => { \
    if (!at.checkVisibility({ visibilityProperty: true }) || at.closest('.sr')) return false; \
    if (at.closest('svg') && at.tagName !== 'svg') return false; \
    const box = at.getBoundingClientRect(); \
    return box.width > 0 && (box.right > innerWidth + 0.5 || box.left < -0.5) })\
    .map((at) => at.className || at.tagName).slice(0, 8)";

/// Controls too small for a finger.
const TOO_SMALL: &str = "[...document.querySelectorAll('button, select, a[href], input')]\
    .filter((at) => { if (!at.checkVisibility({ visibilityProperty: true })) return false; \
    if (at.closest('.sr') || at.classList.contains('sr')) return false; \
    const box = at.getBoundingClientRect(); return box.width < 23.5 || box.height < 23.5 })\
    .map((at) => at.getAttribute('aria-label') || at.textContent).slice(0, 8)";

const SHEETS: [(&str, &str); 4] =
    [("pic", ".pic"), ("svc", ".svc"), ("insp", ".insp"), ("log", ".log")];

pub(super) fn fits(guest: &Guest<'_>) -> Result<()> {
    for file in files("presets")? {
        let path = format!("?preset={}", stem(&file));
        guest
            .visit(&path, &PHONE, |page| {
                hold(page)?;
                to_the_end(page)?;
                in_the_window(page)
            })
            .with_context(|| stem(&file))?;
    }
    Ok(())
}

fn in_the_window(page: &Page<'_>) -> Result<()> {
    for (tab, region) in SHEETS {
        page.click_on(&format!("[data-testid=tab-{tab}]"))?;
        page.wait_for(
            &format!(
                "document.querySelector({}).checkVisibility({{ visibilityProperty: true }})",
                json!(region)
            ),
            SOON,
        )?;
        let wide = page.eval("document.documentElement.scrollWidth > innerWidth")?;
        ensure!(wide == json!(false), "{tab}: the page scrolls sideways");
        let cut = page.eval(CUT_OFF)?;
        ensure!(cut == json!([]), "{tab}: {cut} stick out of the window");
        let small = page.eval(TOO_SMALL)?;
        ensure!(small == json!([]), "{tab}: {small} are too small for a finger");
    }
    Ok(())
}

pub(super) fn touch(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("?preset=six-services", &PHONE, |page| {
        let id = task_ids(page)?.into_iter().next().context("there is no task")?;
        let (x, y) = locate(page, &id)?.middle();
        page.tap(x, y)?;
        page.wait_for("document.querySelector('[data-testid=peek]')", SOON)?;
        let peek = words_of(page, "[data-testid=peek]")?;
        ensure!(peek.contains(&id[id.len() - 4..]), "{peek:?} does not name the task {id}");
        page.click_on("[data-testid=peek] button")?;
        page.wait_for(
            "document.querySelector('[data-testid=facts]')\
             .checkVisibility({ visibilityProperty: true })",
            SOON,
        )?;
        let cut = page.eval(CUT_OFF)?;
        ensure!(cut == json!([]), "{cut} stick out of the window");
        page.click_on("[data-testid=tab-pic]")?;
        page.click_on("[data-testid=play]")?;
        hold(page)
    })
}
