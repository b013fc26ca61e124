//! `docs/conformance.md`: which worked examples of the specification the tests show.
//!
//! The page is made from the names of the tests that passed, so it cannot claim what no test
//! shows. `docs/otherwise.tsv` holds the examples that were decided otherwise, and why.

mod catalogue;
mod names;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, ensure};

use crate::shell;
use catalogue::{CHAPTERS, Chapter, Example};

const HEAD: &str = "\
# Conformance

The specification has numbered worked examples. Each is shown by the tests named beside it, was
decided otherwise for the reason given, or is not shown yet. `cargo xtask test` makes this page from
the tests that pass.
";

/// Rewrites the page from the paths of the tests that passed.
pub(crate) fn write_page(passed: &[String]) -> Result<()> {
    let mut shown: BTreeMap<Example, Vec<&str>> = BTreeMap::new();
    for test in passed {
        let name = test.rsplit("::").next().unwrap_or(test);
        for example in names::examples_in(test) {
            let tests = shown.entry(example).or_default();
            if !tests.contains(&name) {
                tests.push(name);
            }
        }
    }
    let file = shell::root().join("docs/conformance.md");
    let text = page(&shown, &decided_otherwise()?);
    if fs::read_to_string(&file).ok().as_deref() != Some(text.as_str()) {
        fs::create_dir_all(file.parent().expect("the page lies in a folder"))?;
        fs::write(&file, text).with_context(|| format!("{} is read-only", file.display()))?;
        println!("docs/conformance.md was brought up to date: commit it with the change");
    }
    Ok(())
}

/// Reads `01-PLC-3<tab>why`, one example a line; `#` begins a remark.
fn decided_otherwise() -> Result<BTreeMap<String, String>> {
    let file = shell::root().join("docs/otherwise.tsv");
    let Ok(text) = fs::read_to_string(&file) else { return Ok(BTreeMap::new()) };
    let known: Vec<String> =
        CHAPTERS.iter().flat_map(Chapter::examples).map(|it| it.to_string()).collect();
    let mut reasons = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        let place = format!("docs/otherwise.tsv:{}", index + 1);
        let (example, why) = line.split_once('\t').with_context(|| format!("{place}: no tab"))?;
        ensure!(known.iter().any(|it| it == example), "{place}: no example {example}");
        reasons.insert(example.to_owned(), why.trim().to_owned());
    }
    Ok(reasons)
}

fn page(shown: &BTreeMap<Example, Vec<&str>>, otherwise: &BTreeMap<String, String>) -> String {
    let mut summary = String::from("\n| chapter | examples | done | decided otherwise |\n");
    summary.push_str("|---|---:|---:|---:|\n");
    let mut chapters = String::new();
    for chapter in &CHAPTERS {
        let mut counts = (0, 0, 0);
        let title = format!("{} {} ({})", chapter.document, chapter.title, chapter.prefix);
        let _ = write!(
            chapters,
            "\n## {title}\n\n| example | state | tests, or why |\n|---|---|---|\n"
        );
        for example in chapter.examples() {
            let id = example.to_string();
            let (state, words) = match (shown.get(&example), otherwise.get(&id)) {
                (_, Some(why)) => ("decided otherwise", why.clone()),
                (Some(tests), None) => ("done", quoted(tests)),
                (None, None) => ("not yet", String::new()),
            };
            counts.0 += 1;
            counts.1 += u32::from(state == "done");
            counts.2 += u32::from(state == "decided otherwise");
            let _ = writeln!(chapters, "| {id} | {state} | {words} |");
        }
        let _ = writeln!(summary, "| {title} | {} | {} | {} |", counts.0, counts.1, counts.2);
    }
    format!("{HEAD}{summary}{chapters}")
}

fn quoted(tests: &[&str]) -> String {
    let mut names = tests.to_vec();
    names.sort_unstable();
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
