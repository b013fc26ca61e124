//! Without a mouse.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::visit::{DESK, Guest, PLAYING, SOON, number, words_of};

/// More stops than this and the focus goes in circles.
const STOPS_MOST: usize = 120;

const HERE: &str = "(() => { const at = document.activeElement; \
    if (!at || at === document.body) return null; const style = getComputedStyle(at); \
    window.reached ??= new Set(); const seen = window.reached.has(at); window.reached.add(at); \
    const ring = at.closest('label, .btn, button, a, select, input, [tabindex]') \
    && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; \
    return { name: at.getAttribute('aria-label') || at.textContent.trim() || at.tagName, \
    ring: !!ring, seen } })()";

const MISSED: &str = "[...document.querySelectorAll('button, select, input, textarea, a[href]')]\
    .filter((at) => at.checkVisibility({ visibilityProperty: true, opacityProperty: true }) \
    && !at.disabled && at.tabIndex >= 0 && !window.reached.has(at))\
    .map((at) => at.getAttribute('aria-label') || at.textContent || at.outerHTML.slice(0, 80))";

pub(super) fn every_control(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("?preset=six-services", &DESK, |page| {
        let mut stops = 0;
        let mut round = false;
        for _ in 0..STOPS_MOST {
            page.press("Tab")?;
            let here = page.eval(HERE)?;
            // Behind the last control the browser's own frame has the focus for once.
            if here == Value::Null {
                continue;
            }
            if here["seen"] == json!(true) {
                round = true;
                break;
            }
            ensure!(here["ring"] == json!(true), "the focus on {} is not seen", here["name"]);
            stops += 1;
        }
        ensure!(round, "the focus does not come round within {STOPS_MOST} stops");
        let missed = page.eval(MISSED)?;
        ensure!(missed == json!([]), "Tab does not reach {missed}");
        ensure!(stops > 15, "only {stops} stops");
        Ok(())
    })
}

pub(super) fn the_picture(guest: &Guest<'_>) -> Result<()> {
    guest.visit("?preset=six-services", &DESK, |page| {
        page.wait_for(PLAYING, SOON)?;
        page.press("Space")?;
        page.wait_for(
            "document.querySelector('[data-testid=play]').textContent.includes('Play')",
            SOON,
        )?;
        page.press("Home")?;
        page.wait_for("playground.time() === 0", SOON)?;
        let walk = [
            ("ArrowRight", "i-1"),
            ("ArrowDown", "i-2"),
            ("ArrowRight", "i-5"),
            ("ArrowUp", "i-4"),
            ("ArrowLeft", "i-1"),
        ];
        for (key, wanted) in walk {
            page.press(key)?;
            page.wait_for(&selected(wanted), SOON)?;
        }
        page.press("Enter")?;
        page.wait_for("document.querySelector('[data-testid=facts]')", SOON)?;
        let name = page.eval("document.activeElement.getAttribute('aria-label')")?;
        let full = name.as_str().unwrap_or_default();
        ensure!(full.contains("on i-1 in us-east-1a"), "the focused tile is called {full:?}");
        page.press("Escape")?;
        page.wait_for(&selected("i-1"), SOON)?;
        page.press("t")?;
        page.wait_for("document.querySelector('[data-testid=twin]')", SOON)?;
        page.press("t")?;
        page.wait_for("document.querySelector('[data-testid=picture]')", SOON)?;
        page.press("]")?;
        page.wait_for("playground.counts().services.web.desired === 9", SOON)?;
        page.press("End")?;
        page.wait_for("playground.time() === playground.until()", SOON)?;
        let said = words_of(page, "[data-testid=live]")?;
        ensure!(!said.is_empty(), "those who do not see are told nothing");
        ensure!(number(page, "playground.counts().services.web.running")? == 9.0, "no ninth task");
        Ok(())
    })
}

fn selected(name: &str) -> String {
    let name = json!(name);
    format!("document.querySelector('[data-testid=selected]')?.textContent === {name}")
}
