//! Scenarios that need what is not built yet: each is refused by the name of what is missing.
//!
//! What a person sees stands in `scenarios/later/refusals.txt`. Whoever builds the missing part
//! moves the file to `scenarios/spec`.

use std::path::PathBuf;

use stowplan_sim::document::{DocumentError, Limits};
use stowplan_sim::run::Trial;
use stowplan_sim::scenario::Scenario;

use crate::collection::{File, files_in, root};

pub(crate) fn files() -> Vec<File> {
    files_in("later")
}

/// It is refused, and by name.
pub(crate) fn check(file: &File) -> Result<(), String> {
    let error = refusal(file)?;
    if !error.message.contains("is not built yet") || error.line == 0 {
        return Err(format!("{} is refused, but not by name: {error}", file.name));
    }
    Ok(())
}

pub(crate) fn check_list() -> Result<(), String> {
    let mut seen = String::new();
    for file in files() {
        seen.push_str(&format!("{}\n  {}\n", file.name, refusal(&file)?));
    }
    let path = list();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &seen).map_err(|error| error.to_string())?;
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    (known == seen).then_some(()).ok_or_else(|| {
        let line = |(known, seen): (&str, &str)| format!("listed: {known}\nis:     {seen}");
        let differs = known.lines().zip(seen.lines()).find(|(known, seen)| known != seen);
        let differs = differs.map_or_else(|| "the number of files differs".to_owned(), line);
        format!("{} is stale; UPDATE_EXPECT=1 writes it anew\n{differs}", path.display())
    })
}

fn list() -> PathBuf {
    root().join("later/refusals.txt")
}

fn refusal(file: &File) -> Result<DocumentError, String> {
    let begin = || {
        let scenario = Scenario::read(&file.bytes(), &Limits::default())?;
        Trial::new(&scenario, &scenario.plan()?, false).map(|_| ())
    };
    match begin() {
        Err(error) => Ok(error),
        Ok(()) => Err(format!("{} is not refused any more: it belongs into spec/", file.name)),
    }
}
