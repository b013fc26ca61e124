//! The scenarios that the page offers.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

use crate::shell;

/// Copies the scenarios to the page's folder and lists them in `index.json`.
pub(super) fn lay_out(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut names = Vec::new();
    for name in scenario_names()? {
        let file = shell::root().join("scenarios").join(&name);
        let text = fs::read_to_string(&file)
            .with_context(|| format!("{} cannot be read as text", file.display()))?;
        fs::write(folder.join(&name), for_page(&text))?;
        names.push(name);
    }
    let list = serde_json::to_string_pretty(&json!({ "scenarios": names }))? + "\n";
    fs::write(folder.join("index.json"), list)?;
    Ok(())
}

/// The scenario as the page reads it. The page's engine reads YAML itself, so nothing changes;
/// a conversion to JSON would stand here.
fn for_page(text: &str) -> String {
    text.to_owned()
}

fn scenario_names() -> Result<Vec<String>> {
    let folder = shell::root().join("scenarios");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".yaml") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
