//! Bringing a cluster of one's own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::visit::{DESK, Guest, SOON, number, spot_of, task_ids, text, to_the_end, words_of};
use crate::browser::Page;
use crate::shell;

fn export() -> PathBuf {
    shell::root().join("samples/cluster-export")
}

/// The recorded answers that hold what there is.
fn answers() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in [export(), export().join("describe-task-definition")] {
        for entry in fs::read_dir(folder)? {
            let file = entry?.path();
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let describes = name.starts_with("describe-") || file.parent() != Some(&export());
            if describes && name.ends_with(".json") {
                files.push(file);
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn read(name: &str) -> Result<Value> {
    let file = export().join(name);
    let text = fs::read(&file).with_context(|| format!("{} is missing", file.display()))?;
    Ok(serde_json::from_slice(&text)?)
}

pub(super) fn dropped(guest: &Guest<'_>) -> Result<()> {
    let tasks = read("describe-tasks.json")?;
    let tasks = tasks["tasks"].as_array().context("the export has no tasks")?;
    let wanted: BTreeSet<String> = tasks
        .iter()
        .filter(|task| task["lastStatus"] != "STOPPED")
        .filter_map(|task| Some(task["taskArn"].as_str()?.rsplit('/').next()?.to_owned()))
        .collect();
    let instances = read("describe-container-instances.json")?;
    let instances = instances["containerInstances"].as_array().map_or(0, Vec::len);
    guest.visit_held("", &DESK, |page| {
        let requests = "performance.getEntriesByType('resource').length";
        let before = number(page, requests)?;
        page.eval("window.before = JSON.stringify(playground.doc())")?;
        let middle = spot_of(page, "[data-testid=picture]")?.middle();
        page.drop_files(&answers()?, middle.0, middle.1)?;
        page.wait_for(
            "document.querySelector('[data-testid=problem]') \
             || JSON.stringify(playground.doc()) !== window.before",
            SOON,
        )?;
        let refusal = page.eval("document.querySelector('[data-testid=problem]')?.textContent")?;
        ensure!(refusal == Value::Null, "{refusal}");
        page.wait_for("playground.counts().instances > 0", SOON)?;
        let shown: BTreeSet<String> = task_ids(page)?.into_iter().collect();
        ensure!(shown == wanted, "shown {shown:?}, brought {wanted:?}");
        let there = number(page, "playground.counts().instances")?;
        ensure!(there == instances as f64, "{there} instances of {instances}");
        ensure!(number(page, requests)? == before, "the page asked the network for something");
        to_the_end(page)
    })
}

/// An account of somebody's own: the one in the samples is Amazon's example, which is kept.
const ACCOUNT: &str = "998877665544";

/// The recorded answers as they would be in that account.
fn answers_of_ones_own(folder: &Path) -> Result<Vec<PathBuf>> {
    let copy = |file: PathBuf| {
        let own = folder.join(file.file_name().context("an answer without a name")?);
        fs::write(&own, fs::read_to_string(&file)?.replace("123456789012", ACCOUNT))?;
        Ok(own)
    };
    answers()?.into_iter().map(copy).collect()
}

/// Every name of one's own that the answers hold: what must be gone under made-up names.
fn own_names() -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::from([ACCOUNT.to_owned()]);
    let services = read("describe-services.json")?;
    for service in services["services"].as_array().context("the export has no services")? {
        names.extend(service["serviceName"].as_str().map(|name| format!("\"{name}\"")));
    }
    ensure!(names.len() > 2, "the export speaks of too little: {names:?}");
    Ok(names)
}

/// Chosen once, it holds for what is dropped as well.
pub(super) fn made_up(guest: &Guest<'_>) -> Result<()> {
    let tasks = read("describe-tasks.json")?;
    let tasks = tasks["tasks"].as_array().context("the export has no tasks")?;
    let live = tasks.iter().filter(|task| task["lastStatus"] != "STOPPED").count();
    let folder = tempfile::tempdir()?;
    let brought = answers_of_ones_own(folder.path())?;
    guest.visit_held("", &DESK, |page| {
        page.eval("window.before = JSON.stringify(playground.doc())")?;
        page.click_on("[data-testid=view-import]")?;
        page.wait_for("document.querySelector('[data-testid=anonymous]')", SOON)?;
        page.eval("document.querySelector('[data-testid=anonymous]').focus()")?;
        page.press("Space")?;
        page.wait_for("document.querySelector('[data-testid=anonymous]').checked", SOON)?;
        page.click_on("[data-testid=view-playground]")?;
        page.wait_for("!document.querySelector('[data-testid=import]')", SOON)?;
        let (x, y) = spot_of(page, "[data-testid=picture]")?.middle();
        page.drop_files(&brought, x, y)?;
        page.wait_for(
            "document.querySelector('[data-testid=problem]') \
             || JSON.stringify(playground.doc()) !== window.before",
            SOON,
        )?;
        let refusal = page.eval("document.querySelector('[data-testid=problem]')?.textContent")?;
        ensure!(refusal == Value::Null, "{refusal}");
        let shown = task_ids(page)?.len();
        ensure!(shown == live, "{shown} tasks of {live}");
        let seen = text(page, "JSON.stringify(playground.doc()) + document.body.textContent")?;
        for name in own_names()? {
            ensure!(!seen.contains(&name), "{name} is still there");
        }
        to_the_end(page)?;
        page.click_on("[data-testid=view-import]")?;
        page.click_on("[data-testid=paste]")?;
        page.type_text("version: 1\ncluster: {}\n")?;
        page.click_on("[data-testid=import-open]")?;
        page.wait_for("document.querySelector('[data-testid=problem]')", SOON)?;
        let words = words_of(page, "[data-testid=problem]")?;
        ensure!(words.contains("made-up names"), "a scenario keeps its names, silently: {words}");
        Ok(())
    })
}

pub(super) fn refused(guest: &Guest<'_>) -> Result<()> {
    guest.visit_held("", &DESK, |page| {
        let before = page.eval("[playground.digest(), playground.counts()]")?;
        for (text, telling) in [
            ("version: 1\nclutser: {}\n", "clutser"),
            ("{ \"version\": 1, ", "line 1"),
            ("{ \"tasks\": 7 }", "tasks"),
        ] {
            let words = refusal(page, text)?;
            ensure!(words.contains(telling), "{text:?} is refused with {words:?}");
            let after = page.eval("[playground.digest(), playground.counts()]")?;
            ensure!(after == before, "{text:?} was refused and changed the run");
        }
        Ok(())
    })
}

fn refusal(page: &Page<'_>, text: &str) -> Result<String> {
    page.click_on("[data-testid=view-import]")?;
    page.wait_for("document.querySelector('[data-testid=paste]')", SOON)?;
    let idle = page.eval("document.querySelector('[data-testid=import-open]').disabled")?;
    ensure!(idle == json!(true), "nothing can be opened before something is brought");
    page.click_on("[data-testid=paste]")?;
    page.type_text(text)?;
    page.click_on("[data-testid=import-open]")?;
    page.wait_for("document.querySelector('[data-testid=problem]')", SOON)?;
    let words = words_of(page, "[data-testid=problem]")?;
    page.click_on("[data-testid=problem] button")?;
    page.wait_for("!document.querySelector('[data-testid=problem]')", SOON)?;
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_export_has_every_kind_of_answer() {
        let files = answers().expect("the samples are there");
        let ends = |name: &str| files.iter().any(|file| file.ends_with(name));
        assert!(ends("describe-services.json") && ends("api-core-42.json"));
        assert!(!ends("list-tasks.json"));
    }
}
