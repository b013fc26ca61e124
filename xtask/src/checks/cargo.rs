//! Checks that cargo itself runs.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::{Tally, bans, report};
use crate::prepare::{self, WASM_TARGET};
use crate::{conformance, shell};

pub(crate) fn formatting() -> Result<Tally> {
    let outcome = shell::run(shell::cargo().args(["fmt", "--all", "--check"]));
    Ok(report("every crate is formatted", outcome))
}

pub(crate) fn lints() -> Result<Tally> {
    prepare::wasm_target()?;
    let mut workspace = clippy(&["--workspace", "--all-targets"]);
    let mut tally = report("clippy has nothing to say", shell::run(&mut workspace));
    // Half of the page is compiled for the browser alone.
    let mut page = clippy(&["--package", "stowplan-web", "--target", WASM_TARGET]);
    tally.add(report("nor has it of the page in wasm", shell::run(&mut page)));
    tally.add(bans::run());
    Ok(tally)
}

fn clippy(what: &[&str]) -> Command {
    let mut command = shell::cargo();
    command.args(["clippy", "--quiet"]).args(what).args(["--", "-D", "warnings"]);
    command
}

/// The variable from which proptest takes its seed.
const SEED: &str = "PROPTEST_RNG_SEED";

/// What properties draw from unless told otherwise: two runs of one commit say the same.
const USUAL_SEED: &str = "20160";

pub(crate) fn tests() -> Result<Tally> {
    let mut command = shell::cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    let seed = std::env::var(SEED).unwrap_or_else(|_| USUAL_SEED.to_owned());
    println!(
        "    properties draw from the seed {seed}; again, alone: {SEED}={seed} cargo test NAME"
    );
    command.env(SEED, seed);
    let (tally, passed) = counted(&mut command)?;
    // A test that failed shows nothing, so a page made now would be too modest.
    if tally.failed == 0 {
        conformance::write_page(&passed)?;
    }
    Ok(tally)
}

/// An optimised build must come to the digests of the same table, `scenarios/digests.tsv`.
pub(crate) fn release_scenarios() -> Result<Tally> {
    let mut command = shell::cargo();
    command.args(["test", "--release", "--package", "stowplan-sim", "--test", "scenarios"]);
    command.env_remove("UPDATE_EXPECT");
    Ok(counted(&mut command)?.0)
}

/// The engine and the simulated world must need nothing that a browser lacks.
pub(crate) fn wasm_libraries() -> Result<Tally> {
    prepare::wasm_target()?;
    let mut command = shell::cargo();
    command.args(["check", "--target", WASM_TARGET, "--package", "stowplan-engine"]);
    command.args(["--package", "stowplan-sim", "--quiet"]);
    Ok(report("engine and sim compile for wasm32", shell::run(&mut command)))
}

/// Runs tests, passing their words on; tells their closing lines' sum and which of them passed.
fn counted(command: &mut Command) -> Result<(Tally, Vec<String>)> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cargo cannot be started")?;
    let words = child.stdout.take().expect("the output was asked for");
    let mut tally = Tally::default();
    let mut passed = Vec::new();
    for line in BufReader::new(words).lines() {
        let line = line.context("cargo's output is not text")?;
        println!("{line}");
        if let Some(part) = closing_line(&line) {
            tally.add(part);
        }
        passed.extend(passed_test(&line).map(str::to_owned));
    }
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        println!("cargo ended with {status} although no test failed: did everything compile?");
        tally.failed = 1;
    }
    Ok((tally, passed))
}

/// Reads `test placement::tests::plc_1_binpack_memory ... ok`; some harnesses pad the names.
fn passed_test(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... ok").map(str::trim_end)
}

/// Reads `test result: ok. 3 passed; 0 failed; 0 ignored; ...`.
fn closing_line(line: &str) -> Option<Tally> {
    let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let count = |what: &str| {
        let part = counts.split("; ").find_map(|part| part.strip_suffix(what))?;
        part.trim().parse().ok()
    };
    Some(Tally { passed: count("passed")?, failed: count("failed")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closing_line_of_cargo_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; \
                    0 filtered out; finished in 0.01s";
        assert_eq!(closing_line(line), Some(Tally { passed: 12, failed: 3 }));
    }

    #[test]
    fn a_passed_test_is_named_without_its_padding() {
        assert_eq!(passed_test("test cin_14_daemons   ... ok"), Some("cin_14_daemons"));
        assert_eq!(passed_test("test cin_14_daemons ... FAILED"), None);
    }

    #[test]
    fn any_other_line_is_not() {
        assert_eq!(closing_line("test a_closing_line ... ok"), None);
        assert_eq!(closing_line("test result: unknown"), None);
    }
}
