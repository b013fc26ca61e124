//! What the figures were taken on.

use std::fs;
use std::thread;

use anyhow::Result;

use crate::shell;

/// Processor, cores, memory, compiler.
pub(super) fn describe() -> Result<String> {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiler = shell::run_quietly(shell::program(rustc).arg("--version"))?;
    let compiler = compiler.split(" (").next().unwrap_or_default().trim();
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let processor = value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".into());
    Ok(format!("{processor}, {cores} cores, {system}, {compiler}"))
}

/// The commit, and whether files differ from it.
pub(super) fn commit() -> Result<String> {
    let git = |arguments: &[&str]| shell::run_quietly(shell::program("git").args(arguments));
    let commit = git(&["rev-parse", "--short=10", "HEAD"])?;
    let differs = git(&["status", "--porcelain", "--untracked-files=no", "--", "*.rs", "*.toml"])?;
    let differs = if differs.trim().is_empty() { "" } else { ", with changes" };
    Ok(format!("{}{differs}", commit.trim()))
}

/// Programs that ran or waited to run, on average over the last minute; `?` where nobody tells.
pub(super) fn load() -> String {
    let told = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    told.split_whitespace().next().unwrap_or("?").to_owned()
}

/// The first value of a name in a file of lines `name : value`.
fn value(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
