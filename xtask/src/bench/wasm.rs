//! The same workload natively and in a real browser, compiled as the page's engine is.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{folder, suites};
use crate::browser::{Browser, Theme, View};
use crate::bundle;
use crate::prepare;
use crate::serve::Server;

const PROGRAM: &str = "rollout_once";
const PATIENCE: Duration = Duration::from_secs(300);
const WINDOW: View = View::new(800, 600, Theme::Light);

/// Runs both, one after the other.
pub(crate) fn run() -> Result<()> {
    let site = lay_out()?;
    let native = suites::told(PROGRAM, &[])?;
    let (browser, told) = in_browser(&site)?;
    println!("{told}");
    let (id, native) = runs(&native)?;
    let (_, wasm) = runs(&told)?;
    let ratio = wasm / native;
    let line = format!(
        "figure wasm/{id} native_ms={native:.0} wasm_ms={wasm:.0} ratio={ratio:.2} \
         browser={browser}\n"
    );
    print!("{line}");
    suites::keep("wasm", &line)
}

/// A folder with the module and a page that does nothing.
fn lay_out() -> Result<PathBuf> {
    let site = folder()?.join("wasm");
    fs::create_dir_all(&site)?;
    bundle::build_program("stowplan-bench", PROGRAM, &site)?;
    fs::write(site.join("index.html"), "<!doctype html><title>bench</title>")?;
    Ok(site)
}

/// What the module tells, and the browser's name.
fn in_browser(site: &std::path::Path) -> Result<(String, String)> {
    let program = prepare::browser()?;
    let server = Server::start(site, 0)?;
    let browser = Browser::start(&program)?;
    let page = browser.open(&server.url(), &WINDOW)?;
    // Not waited for: the module works for longer than a call may take.
    page.eval(&format!("void import('./{PROGRAM}.js').then((module) => module.default())"))?;
    page.wait_for("globalThis.stowplanBench !== undefined", PATIENCE)?;
    let told = page.eval("globalThis.stowplanBench")?;
    let told = told.as_str().context("the module told no line")?.to_owned();
    Ok((browser.version()?.replace(' ', "_"), told))
}

/// The id, and the median of the milliseconds.
fn runs(line: &str) -> Result<(String, f64)> {
    let mut words = line.split_whitespace();
    let id = words.next().context("an empty line")?.to_owned();
    let mut all = words.map(str::parse).collect::<Result<Vec<f64>, _>>()?;
    all.sort_by(f64::total_cmp);
    let median = all.get(all.len() / 2).context("no run was told")?;
    Ok((id, *median))
}

#[cfg(test)]
mod tests {
    use super::runs;

    #[test]
    fn the_median_of_the_runs_counts() {
        let (id, median) = runs("rollout/a/1x1 900 700 1500\n").expect("it is a line");
        assert_eq!((id.as_str(), median), ("rollout/a/1x1", 900.0));
        assert!(runs("rollout/a/1x1").is_err());
    }
}
