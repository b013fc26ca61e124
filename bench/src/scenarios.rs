//! The project's own scenarios and its sample of a cluster.

use std::fs;
use std::path::{Path, PathBuf};

/// Presets that are run whole: a small one, one with a rollout that is stuck, and the largest.
pub const PRESETS: [&str; 3] = ["surge-needs-room", "the-breakers-odd-size", "six-services"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of a preset of the playground.
///
/// # Panics
///
/// If there is none of that name.
pub fn preset(name: &str) -> String {
    let file = root().join("scenarios/presets").join(name).with_extension("yaml");
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The files of the sample export, by name.
///
/// # Panics
///
/// If they cannot be read.
pub fn sample_export() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    add(&root().join("samples/cluster-export"), &mut files);
    files.sort();
    files
}

fn add(folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("the sample is in the project") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            add(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "json") {
            let content = fs::read(&path).expect("the file can be read");
            files.push((path.display().to_string(), content));
        }
    }
}
