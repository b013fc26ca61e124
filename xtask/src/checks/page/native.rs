//! What the command line says of a scenario: the truth that the page is held against.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::shell;

/// The command line, built.
pub(super) struct Native {
    program: PathBuf,
}

/// A scenario run to its end.
pub(super) struct Told {
    pub(super) digest: String,
    /// The read model at the end.
    pub(super) state: Value,
}

impl Native {
    pub(super) fn build() -> Result<Self> {
        shell::run(shell::cargo().args(["build", "--quiet", "--package", "stowplan"]))?;
        let name = format!("stowplan{}", std::env::consts::EXE_SUFFIX);
        Ok(Self { program: shell::target_dir().join("debug").join(name) })
    }

    /// Runs a scenario file, the first of its variants when it has any.
    pub(super) fn run(&self, file: &Path) -> Result<Told> {
        let mut command = shell::program(&self.program);
        let output = command.args(["run", "--json"]).arg(file).output()?;
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        // 1 says that an expectation does not hold, which is another check's business.
        let ran = matches!(output.status.code(), Some(0 | 1));
        ensure!(ran, "{} does not run: {complaint}", file.display());
        let (mut digest, mut state) = (None, None);
        for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let mut line: Value = serde_json::from_slice(line)?;
            match line["type"].as_str() {
                Some("state") => state = Some(line["state"].take()),
                Some("end") => {
                    digest = line["digest"].as_str().map(str::to_owned);
                    break;
                }
                _ => {}
            }
        }
        let digest = digest.with_context(|| format!("{} told no digest", file.display()))?;
        let state = state.with_context(|| format!("{} told no end", file.display()))?;
        Ok(Told { digest, state })
    }
}

impl Native {
    /// What `stowplan explain` says of how a task was placed.
    pub(super) fn explain(&self, file: &Path, task: &str) -> Result<Value> {
        let mut command = shell::program(&self.program);
        command.arg("explain").arg(file).args(["--task", task, "--json"]);
        Ok(serde_json::from_str(&shell::run_quietly(&mut command)?)?)
    }

    /// What `stowplan explain` says of what a task waits for at an instant, ms.
    pub(super) fn waits(&self, file: &Path, task: &str, at_ms: f64) -> Result<Option<String>> {
        let mut command = shell::program(&self.program);
        command.arg("explain").arg(file).args(["--task", task, "--json"]);
        command.args(["--at", &format!("{at_ms}ms")]);
        let told: Value = serde_json::from_str(&shell::run_quietly(&mut command)?)?;
        Ok(told["waits"].as_str().map(str::to_owned))
    }
}

/// Every scenario file of a folder of `scenarios/`, by name.
pub(super) fn files(folder: &str) -> Result<Vec<PathBuf>> {
    let folder = shell::root().join("scenarios").join(folder);
    let listed = fs::read_dir(&folder).with_context(|| format!("no {}", folder.display()))?;
    let mut files: Vec<PathBuf> =
        listed.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "yaml"));
    files.sort_unstable();
    ensure!(!files.is_empty(), "{} holds no scenario", folder.display());
    Ok(files)
}

/// The name of a file without its ending.
pub(super) fn stem(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
