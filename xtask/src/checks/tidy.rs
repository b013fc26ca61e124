//! Rules about the texts themselves: short files and lines, links that lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{Tally, report};
use crate::shell;

const LONGEST_FILE: usize = 700;
const LONGEST_LINE: usize = 100;

pub(crate) fn run() -> Result<Tally> {
    let files = tracked_files()?;
    let mut tally = Tally::default();
    let short = |_: &Path, text: &str| long_places(text);
    tally.add(report("Rust files and lines are short", each(&files, "rs", short)));
    tally.add(report("links in Markdown lead to files", each(&files, "md", dead_links)));
    Ok(tally)
}

/// The files that the project holds, and those about to be added to it.
fn tracked_files() -> Result<Vec<PathBuf>> {
    let listing = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let names = shell::run_quietly(shell::program("git").args(listing))?;
    Ok(names.lines().map(|name| shell::root().join(name)).filter(|it| it.is_file()).collect())
}

/// Applies a rule to each file of a kind and gathers all that it finds wrong.
fn each(files: &[PathBuf], ending: &str, rule: impl Fn(&Path, &str) -> Vec<String>) -> Result<()> {
    let mut wrong = Vec::new();
    for file in files.iter().filter(|it| it.extension().is_some_and(|it| it == ending)) {
        let text = fs::read_to_string(file)
            .with_context(|| format!("{} cannot be read as text", file.display()))?;
        let name = file.strip_prefix(shell::root()).unwrap_or(file).display();
        wrong.extend(rule(file, &text).into_iter().map(|it| format!("{name}{it}")));
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n            "));
    Ok(())
}

fn long_places(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let count = text.lines().count();
    if count > LONGEST_FILE {
        found.push(format!(": {count} lines, more than {LONGEST_FILE}"));
    }
    for (index, line) in text.lines().enumerate() {
        let columns = line.chars().count();
        if columns > LONGEST_LINE {
            found.push(format!(":{}: {columns} columns, more than {LONGEST_LINE}", index + 1));
        }
    }
    found
}

fn dead_links(file: &Path, text: &str) -> Vec<String> {
    let folder = file.parent().expect("a file lies in a folder");
    let is_dead = |target: &&str| {
        let path = target.split('#').next().unwrap_or_default();
        !path.is_empty() && !target.contains("://") && !folder.join(path).exists()
    };
    link_targets(text).filter(is_dead).map(|it| format!(": no file at the link {it}")).collect()
}

/// The `target` of every `[text](target)`.
fn link_targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_named_with_its_number() {
        let text = format!("short\n{}\n", "x".repeat(101));
        assert_eq!(long_places(&text), [":2: 101 columns, more than 100"]);
        assert_eq!(long_places(&"é".repeat(100)), Vec::<String>::new());
    }

    #[test]
    fn a_long_file_is_named_with_its_length() {
        assert_eq!(long_places(&"\n".repeat(701)), [": 701 lines, more than 700"]);
        assert_eq!(long_places(&"\n".repeat(700)), Vec::<String>::new());
    }

    #[test]
    fn links_to_files_are_followed_and_others_are_not() {
        let text = "[a](Cargo.toml) [b](https://example.org/x) [c](#here) [d](missing.md#part)";
        let found = dead_links(&shell::root().join("README.md"), text);
        assert_eq!(found, [": no file at the link missing.md#part"]);
    }
}
