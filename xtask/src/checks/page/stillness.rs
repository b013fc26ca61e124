//! Reduced motion: changes appear in their place, nothing travels there.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::visit::{DESK, Guest, number, play, to_the_start};
use crate::browser::{Page, View};

/// Watches the sheet of motions: the most pixels in a frame that lie outside of every instance's
/// frame and every tile that is there, was there in the frame before, or was there just now.
const WATCH: &str = "(() => { window.strays = 0; window.drawn = 0; const seen = new Map(); \
    const sheet = document.querySelectorAll('[data-testid=picture] canvas')[1]; \
    const copy = new OffscreenCanvas(sheet.width, sheet.height); \
    const pen = copy.getContext('2d', { willReadFrequently: true }); \
    (function look() { \
    const box = sheet.getBoundingClientRect(); \
    for (const id of playground.counts().ids) { const at = playground.locate(id); \
    if (at) seen.set(`${at.x} ${at.y} ${at.width} ${at.height}`, at) } \
    pen.clearRect(0, 0, copy.width, copy.height); pen.drawImage(sheet, 0, 0); \
    const drawn = pen.getImageData(0, 0, copy.width, copy.height).data; \
    let any = 0; for (let i = 3; i < drawn.length; i += 4) any += drawn[i] > 0; \
    window.drawn = Math.max(window.drawn, any); \
    for (const { x, y, width, height } of seen.values()) \
    pen.clearRect(x - box.x - 4, y - box.y - 4, width + 8, height + 8); \
    const left = pen.getImageData(0, 0, copy.width, copy.height).data; \
    let count = 0; for (let i = 3; i < left.length; i += 4) count += left[i] > 0; \
    window.strays = Math.max(window.strays, count); \
    requestAnimationFrame(look) })() })()";

/// The stretch in which the deployment replaces tasks.
const WATCHED: &str = "playground.time() > 70000";

pub(super) fn nothing_travels(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("?preset=six-services", &DESK, |page| {
        let strays = watch(page)?;
        ensure!(strays > 0.0, "even with all motion nothing travels, so this sees nothing");
        Ok(())
    })?;
    let view = View { less_motion: true, ..DESK };
    guest.visit_held("?preset=six-services", &view, |page| {
        let strays = watch(page)?;
        let drawn = number(page, "window.drawn")?;
        ensure!(drawn > 0.0, "changes are not shown at all");
        ensure!(strays == 0.0, "{strays} pixels lie outside of every tile's place");
        Ok(())
    })
}

fn watch(page: &Page<'_>) -> Result<f64> {
    to_the_start(page)?;
    // What the jump to the start set in motion comes to rest first.
    page.settle(Duration::from_secs(1))?;
    page.eval(WATCH)?;
    play(page)?;
    page.wait_for(WATCHED, Duration::from_secs(30))?;
    number(page, "window.strays")
}
