//! Whether the engine's bans really fire: clippy is shown code that breaks each of them.
//!
//! The probe is a crate of its own, with the engine's `clippy.toml` and with the lints that the
//! engine's `lib.rs` denies, so a ban that is taken away there is missed here.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::{Tally, report};
use crate::shell;

const PROBE: &str = include_str!("probe.rs");
/// A stand-in for the crate of that name, so that nothing has to be fetched.
const RAND: &str = include_str!("rand.rs");

/// What clippy must say about the probe.
const EXPECTED: [&str; 9] = [
    "use of a disallowed type `std::collections::HashMap`",
    "use of a disallowed type `std::collections::HashSet`",
    "use of a disallowed type `std::time::Instant`",
    "use of a disallowed type `std::time::SystemTime`",
    "use of a disallowed method `std::time::Instant::now`",
    "use of a disallowed method `std::time::SystemTime::now`",
    "use of a disallowed method `rand::random`",
    "iteration over unordered hash-based type",
    "floating-point arithmetic detected",
];

pub(super) fn run() -> Tally {
    report("the engine's bans on clocks, hash maps, floats and chance fire", fire())
}

fn fire() -> Result<()> {
    let folder = tempfile::tempdir()?;
    write_probe(folder.path())?;
    let output = shell::cargo()
        .args(["clippy", "--quiet", "--offline", "--target-dir"])
        .arg(folder.path().join("target"))
        .current_dir(folder.path())
        .output()
        .context("clippy cannot be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success(), "clippy accepted code that breaks every ban:\n{said}");
    for expected in EXPECTED {
        let wanted = format!("error: {expected}");
        ensure!(said.contains(&wanted), "no {wanted:?} among what clippy said:\n{said}");
    }
    Ok(())
}

fn write_probe(folder: &Path) -> Result<()> {
    let engine = shell::root().join("engine");
    let lib = fs::read_to_string(engine.join("src/lib.rs"))?;
    let denied = denied_lints(&lib).context("engine/src/lib.rs denies no lints")?;
    for source in ["src", "rand/src"] {
        fs::create_dir_all(folder.join(source))?;
    }
    fs::write(folder.join("src/lib.rs"), format!("{denied}\n{PROBE}"))?;
    fs::copy(engine.join("clippy.toml"), folder.join("clippy.toml"))?;
    let manifest = "[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                    [dependencies]\nrand = { path = \"rand\" }\n[workspace]\n";
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("rand/src/lib.rs"), RAND)?;
    let rand = "[package]\nname = \"rand\"\nversion = \"0.0.0\"\nedition = \"2024\"\n";
    fs::write(folder.join("rand/Cargo.toml"), rand)?;
    Ok(())
}

/// The `#![deny(...)]` of a crate.
fn denied_lints(lib: &str) -> Option<&str> {
    let start = lib.find("#![deny(")?;
    let length = lib.get(start..)?.find(")]")? + ")]".len();
    lib.get(start..start + length)
}
