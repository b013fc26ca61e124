//! The browser driver itself, on a small page of its own: what it says it did, a page must notice.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{Tally, report};
use crate::browser::{Browser, Page, Theme, View};
use crate::serve::Server;

const PAGE: &str = include_str!("driver.html");
const SOON: Duration = Duration::from_secs(10);

pub(crate) fn run(browser: &Browser) -> Result<Tally> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("index.html"), PAGE)?;
    let server = Server::start(folder.path(), 0)?;
    let view = View::new(800, 600, Theme::Dark);
    let page = browser.open(&server.url(), &view)?;
    let mut tally = Tally::default();
    tally.add(report("driver: window and theme are as asked", window(&page)));
    tally.add(report("driver: clicks, keys, text and drags arrive", hands(&page)));
    tally.add(report("driver: a picture has the window's size", picture(&page)));
    tally.add(report("driver: complaints of page and worker are heard", complaints(&page)));
    Ok(tally)
}

fn window(page: &Page<'_>) -> Result<()> {
    let size = page.eval("[innerWidth, innerHeight]")?;
    ensure!(size == json!([800, 600]), "the window is {size}");
    let dark = page.eval("matchMedia('(prefers-color-scheme: dark)').matches")?;
    ensure!(dark == json!(true), "the page was not told to be dark");
    Ok(())
}

fn hands(page: &Page<'_>) -> Result<()> {
    page.click(80.0, 75.0)?;
    page.click_on("#button")?;
    page.press("ArrowLeft")?;
    page.press("w")?;
    page.click_on("#field")?;
    page.type_text("binpack")?;
    page.press("Space")?;
    page.drag((320.0, 80.0), (500.0, 300.0))?;
    let seen = page.eval("seen")?;
    ensure!(seen["clicks"] == json!(2), "{seen}");
    ensure!(seen["keys"] == json!(["ArrowLeft", "w", " "]), "{seen}");
    ensure!(seen["dropped"] == json!([500, 300]), "{seen}");
    ensure!(seen["moves"].as_u64().is_some_and(|moves| moves >= 2), "{seen}");
    let typed = page.eval("document.querySelector('#field').value")?;
    ensure!(typed == json!("binpack "), "the field holds {typed}");
    ensure!(page.click_on("#nowhere").is_err(), "a click on nothing must be an error");
    ensure!(page.press("Hyper").is_err(), "a key that no keyboard has must be an error");
    Ok(())
}

fn picture(page: &Page<'_>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("page.png");
    page.screenshot(&file)?;
    let bytes = fs::read(file)?;
    ensure!(bytes.starts_with(b"\x89PNG"), "the picture is no PNG");
    let side = |at: usize| {
        bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes)
    };
    let width = side(16).context("the picture has no header")?;
    let height = side(20).context("the picture has no header")?;
    ensure!((width, height) == (800, 600), "the picture is {width}x{height}");
    Ok(())
}

fn complaints(page: &Page<'_>) -> Result<()> {
    let before = page.problems()?;
    ensure!(before.is_empty(), "nothing has gone wrong yet, but: {before:?}");
    page.eval("console.log('all is well')")?;
    page.eval("setTimeout(() => { throw new Error('from a timer') })")?;
    page.eval("console.warn('from the page', 7)")?;
    page.eval("fetch('missing.json')")?;
    page.eval("failInWorker()")?;
    for expected in ["from a timer", "from the page 7", "404", "from the worker"] {
        let heard = || -> Result<bool> {
            Ok(page.problems()?.iter().any(|problem| problem.contains(expected)))
        };
        let deadline = std::time::Instant::now() + SOON;
        while !heard()? && std::time::Instant::now() < deadline {
            page.settle(Duration::from_millis(50))?;
        }
        ensure!(heard()?, "{expected:?} was not heard; heard: {:?}", page.problems()?);
    }
    ensure!(page.eval("nobody.knows").is_err(), "an expression that throws must be an error");
    let never = page.wait_for("1 === 2", Duration::from_millis(200));
    ensure!(never.is_err(), "what never comes true must be an error");
    Ok(())
}
