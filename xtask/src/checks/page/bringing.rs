//! Bringing a cluster of one's own.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::visit::{DESK, Guest, SOON, number, spot_of, task_ids, to_the_end, words_of};
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
        let shown: BTreeSet<String> = task_ids(page)?.into_iter().collect();
        ensure!(shown == wanted, "shown {shown:?}, brought {wanted:?}");
        let there = number(page, "playground.counts().instances")?;
        ensure!(there == instances as f64, "{there} instances of {instances}");
        ensure!(number(page, requests)? == before, "the page asked the network for something");
        to_the_end(page)
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
