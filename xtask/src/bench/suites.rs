//! The suites that are programs of `bench/`.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use super::{folder, machine};
use crate::shell;

const PACKAGE: &str = "stowplan-bench";

/// Lets the allocator of Linux ask for large pages: a large cluster lies on so many small ones that
/// a placement waits for their addresses an eighth of its time.
pub(super) const LARGE_PAGES: (&str, &str) = ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");

/// The criterion suites.
pub(crate) fn criterion(arguments: &[String]) -> Result<()> {
    let before = machine::load();
    let mut command = shell::cargo();
    command.args(["bench", "--package", PACKAGE, "--"]).args(arguments);
    command.env(LARGE_PAGES.0, LARGE_PAGES.1);
    shell::run(&mut command)?;
    keep("load", &format!("figure load before={before} after={}\n", machine::load()))
}

/// Bytes of the largest workloads, each in a process of its own.
pub(crate) fn memory() -> Result<()> {
    let mut found = String::new();
    for workload in ["fill", "rollout", "grow"] {
        found += &told("memory", &[workload])?;
    }
    keep("memory", &found)
}

/// How well tasks are packed.
pub(crate) fn quality() -> Result<()> {
    let found = told("quality", &[])?;
    keep("quality", &found)
}

/// Runs a program of `bench/`, optimised, and shows and returns what it prints.
pub(super) fn told(name: &str, arguments: &[&str]) -> Result<String> {
    let mut command = built(name)?;
    let printed = shell::run_quietly(command.args(arguments))?;
    print!("{printed}");
    Ok(printed)
}

/// A program of `bench/`, optimised.
pub(super) fn built(name: &str) -> Result<Command> {
    let mut cargo = shell::cargo();
    cargo.args(["build", "--release", "--quiet", "--package", PACKAGE, "--bin", name]);
    shell::run(&mut cargo)?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(shell::program(shell::target_dir().join("release").join(file)))
}

/// Leaves figures for the report.
pub(super) fn keep(suite: &str, found: &str) -> Result<()> {
    let file = folder()?.join(suite).with_extension("txt");
    fs::write(&file, found).with_context(|| format!("{} cannot be written", file.display()))
}
