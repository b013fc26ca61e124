//! Remembering what a generated file was made from.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::shell;

fn stamp_file(name: &str) -> PathBuf {
    shell::target_dir().join("xtask").join(format!("{name}.stamp"))
}

/// A mark of a file's content and of what is done with it.
pub(super) fn of_file(file: &Path, recipe: &str) -> Result<String> {
    let content = fs::read(file).with_context(|| format!("{} is not there", file.display()))?;
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    Ok(format!("{:016x} {} {recipe}", hasher.finish(), content.len()))
}

/// Whether every output exists and was made from what `stamp` marks.
pub(super) fn is_current(name: &str, stamp: &str, outputs: &[PathBuf]) -> bool {
    outputs.iter().all(|it| it.is_file())
        && fs::read_to_string(stamp_file(name)).is_ok_and(|written| written == stamp)
}

/// Remembers what the outputs were made from.
pub(super) fn write(name: &str, stamp: &str) -> Result<()> {
    let file = stamp_file(name);
    let folder = file.parent().expect("a stamp lies in a folder");
    fs::create_dir_all(folder)?;
    fs::write(&file, stamp).with_context(|| format!("{} cannot be written", file.display()))
}
