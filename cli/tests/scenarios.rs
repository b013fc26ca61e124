//! The command line runs every scenario of the project, and comes to the digests of the table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

/// Rows of `scenarios/digests.tsv`: file, variant, seed, digest.
fn table() -> Vec<[String; 4]> {
    let text = std::fs::read_to_string(root().join("digests.tsv")).expect("the table is there");
    let cells = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<String>>();
    let row = |line| cells(line).try_into().expect("four cells a row");
    text.lines().skip(1).map(row).collect()
}

#[test]
fn every_scenario_holds_and_has_its_digest() {
    let table = table();
    let mut files: Vec<&str> = table.iter().map(|[file, ..]| file.as_str()).collect();
    files.dedup();
    assert!(files.len() > 80, "only {} files", files.len());
    let output = Command::new(env!("CARGO_BIN_EXE_stowplan"))
        .args(["run", "--json"])
        .args(&files)
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .expect("the command starts");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0), "run it with `stowplan run --quiet`");
    let lines = String::from_utf8(output.stdout).expect("it prints text");
    let ends: Vec<Value> = lines
        .lines()
        .filter(|line| line.contains("\"type\":\"end\""))
        .map(|line| serde_json::from_str(line).expect("every line is JSON"))
        .collect();
    assert_eq!(ends.len(), table.len());
    for (end, [file, variant, _, digest]) in ends.iter().zip(&table) {
        assert_eq!(end["digest"], *digest, "{file} {variant}");
    }
}

/// A `variant` column of `-` is the file itself: it comes before its variants.
#[test]
fn the_table_lists_a_scenario_before_its_variants() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for [file, variant, seed, digest] in table() {
        let position = seen.entry(file.clone()).or_default();
        assert_eq!(*position == 0, variant == "-", "{file} {variant}");
        *position += 1;
        assert!(seed.parse::<u64>().is_ok() && digest.len() == 16, "{file} {variant}");
    }
}
