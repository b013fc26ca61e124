//! Measuring, and making a report of what was measured.
//!
//! Each suite leaves what it found under `target/`: criterion its estimates, the others a file of
//! lines `figure ID NAME=VALUE ...`. The report is made from those alone.

mod chart;
pub(crate) mod counts;
mod found;
mod limits;
mod machine;
pub(crate) mod report;
pub(crate) mod suites;
pub(crate) mod wasm;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::shell;

/// Shorter than criterion's own: with sixty benches the whole takes a quarter of an hour.
const PACE: [&str; 5] = ["--measurement-time", "2", "--warm-up-time", "0.5", "--noplot"];

/// Where suites leave what they found.
fn folder() -> Result<PathBuf> {
    let folder = shell::target_dir().join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(folder)
}

/// Every suite, and the report.
pub(crate) fn everything() -> Result<()> {
    // Estimates from before this are another run's.
    fs::write(found::beginning()?, "")?;
    counts::run()?;
    suites::quality()?;
    suites::memory()?;
    wasm::run()?;
    suites::criterion(&PACE.map(str::to_owned))?;
    report::write()
}
