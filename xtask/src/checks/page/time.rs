//! The transport: time runs, stands, jumps, and shows the same whenever it comes by.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::visit::{
    DESK, Guest, SOON, choose, hold, number, play, spot_of, text, to_the_end, to_the_start,
};
use crate::browser::Page;

const TIME: &str = "playground.time()";

pub(super) fn play_and_pause(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("", &DESK, |page| {
        let held = number(page, TIME)?;
        page.settle(Duration::from_millis(400))?;
        ensure!(number(page, TIME)? == held, "time runs on though it is held");
        to_the_start(page)?;
        let first = text(page, "playground.digest()")?;
        play(page)?;
        page.wait_for("playground.time() > 6000", SOON)?;
        hold(page)?;
        ensure!(text(page, "playground.digest()")? != first, "nothing happened in six seconds");
        to_the_end(page)?;
        let last = text(page, "playground.digest()")?;
        to_the_start(page)?;
        ensure!(text(page, "playground.digest()")? == first, "the start is another than before");
        to_the_end(page)?;
        ensure!(text(page, "playground.digest()")? == last, "the end is another than before");
        // At the end there is nothing more to play: it begins anew.
        play(page)?;
        page.wait_for("playground.time() > 0 && playground.time() < playground.until()", SOON)
    })
}

pub(super) fn steps(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("?preset=six-services", &DESK, |page| {
        to_the_start(page)?;
        // The first thing that happens in this scenario is the deployment at 5 s.
        for (by, on, back) in
            [("decision", 5000.0, 0.0), ("event", 5000.0, 0.0), ("1 s", 1000.0, 0.0)]
        {
            choose(page, "step", by)?;
            step(page, "on", on).with_context(|| format!("one {by} on"))?;
            step(page, "back", back).with_context(|| format!("one {by} back"))?;
        }
        choose(page, "step", "event")?;
        step(page, "on", 5000.0)?;
        let second = next_instant(page)?;
        ensure!(second > 5000.0, "two steps stand at one instant");
        page.click_on("[data-testid=back]")?;
        page.wait_for("playground.time() === 5000", SOON)
    })
}

fn next_instant(page: &Page<'_>) -> Result<f64> {
    page.click_on("[data-testid=on]")?;
    page.wait_for("playground.time() !== 5000", SOON)?;
    number(page, TIME)
}

fn step(page: &Page<'_>, button: &str, to: f64) -> Result<()> {
    page.click_on(&format!("[data-testid={button}]"))?;
    page.wait_for(&format!("{TIME} === {to}"), Duration::from_secs(5))
}

pub(super) fn speeds(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("?preset=six-services", &DESK, |page| {
        for (label, times) in [("5×", 5.0), ("30×", 30.0), ("120×", 120.0)] {
            choose(page, "speed", label)?;
            to_the_start(page)?;
            play(page)?;
            let ratio = number(
                page,
                "new Promise((done) => setTimeout(() => { \
                 const from = [playground.time(), performance.now()]; \
                 setTimeout(() => done((playground.time() - from[0]) \
                 / (performance.now() - from[1])), 1500) }, 300))",
            )?;
            hold(page)?;
            // A busy machine makes time lag, never run ahead.
            let near = ratio > times * 0.5 && ratio < times * 1.15;
            ensure!(near, "time runs {ratio:.1} times as fast, not {times}");
        }
        Ok(())
    })
}

/// Records each frame while the run plays, then scrubs to and fro over the timeline.
pub(super) fn scrubbing(guest: &Guest<'_>) -> Result<()> {
    const WANTED: usize = 20;
    guest.visit_held("?preset=six-services", &DESK, |page| {
        choose(page, "speed", "120×")?;
        to_the_start(page)?;
        page.eval(RECORDER)?;
        play(page)?;
        page.wait_for("playground.finished()", Duration::from_secs(60))?;
        page.eval("window.recording = false")?;
        let ground = spot_of(page, "[data-testid=timeline]")?;
        let mut compared = 0;
        let mut random = 42_u64;
        for _ in 0..4 * WANTED {
            // An ordinary linear congruential generator: the places are the same in every run.
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let share = f64::from((random >> 40) as u32) / f64::from(1_u32 << 24);
            let x = ground.x + 300.0 + share * (ground.width - 330.0);
            page.click(x, ground.y + 40.0)?;
            page.settle(Duration::from_millis(80))?;
            compared += usize::from(as_recorded(page)?);
            if compared == WANTED {
                return Ok(());
            }
        }
        anyhow::bail!("only {compared} of the places could be compared")
    })
}

const RECORDER: &str = "window.recording = true; window.frames = new Map(); (function look() { \
    if (!window.recording) return; \
    window.frames.set(playground.time(), [playground.digest(), \
    JSON.stringify(playground.counts())]); \
    requestAnimationFrame(look) })()";

/// Whether the instant on the screen could be compared: nothing must have happened between the
/// two recorded frames around it.
fn as_recorded(page: &Page<'_>) -> Result<bool> {
    let seen = page.eval(
        "(() => { const now = playground.time(); \
         const times = [...window.frames.keys()].sort((a, b) => a - b); \
         const before = window.frames.get(times.filter((t) => t <= now).at(-1)); \
         const after = window.frames.get(times.find((t) => t >= now)); \
         return [before, after, [playground.digest(), JSON.stringify(playground.counts())], now] \
         })()",
    )?;
    let (before, after, now) = (&seen[0], &seen[1], &seen[2]);
    if *before == Value::Null || before != after {
        return Ok(false);
    }
    ensure!(now == before, "at {} ms: {now}, but while playing: {before}", seen[3]);
    Ok(true)
}
