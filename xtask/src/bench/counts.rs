//! Instructions of the hot paths, counted by callgrind: they hardly vary on a busy machine. They
//! stand in a file of the project, so that a change of them is a line of a commit.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{folder, suites};
use crate::shell;

/// The hot paths, and what their instructions are counted by.
const PATHS: [(&str, &str); 5] = [
    ("floor", "placement and stop"),
    ("binpack", "placement"),
    ("chain", "placement"),
    ("member_of", "placement"),
    ("rollout", "task of a deployment"),
];

/// Where the counts stand.
pub(super) fn file() -> PathBuf {
    shell::root().join("bench/counts.tsv")
}

/// Counts all, and writes them down.
pub(crate) fn run() -> Result<()> {
    let valgrind = shell::find_on_path(&["valgrind"]).context(
        "valgrind is not on the PATH: install it (Debian: `apt-get install valgrind`) to count \
         instructions",
    )?;
    let program = suites::built("counts")?;
    let mut found = String::from("path\tunit\tinstructions\n");
    for (path, unit) in PATHS {
        let mut command = shell::program(&valgrind);
        let out = folder()?.join(format!("callgrind.{path}"));
        let log = folder()?.join(format!("callgrind.{path}.log"));
        command.args(["--tool=callgrind", "--toggle-collect=*hot_path*"]);
        command.arg(format!("--callgrind-out-file={}", out.display()));
        command.arg(format!("--log-file={}", log.display()));
        command.arg(program.get_program()).arg(path);
        let doing = format!("counting the instructions of {path}");
        let printed = shell::step(&doing, || shell::run_quietly(&mut command))?;
        let units = number(&printed, "units ")?;
        let each = number(&fs::read_to_string(&log)?, "Collected : ")? / units;
        println!("{path}: {each} instructions a {unit}");
        writeln!(found, "{path}\t{unit}\t{each}")?;
    }
    fs::write(file(), found).context("bench/counts.tsv cannot be written")
}

/// The number after a text.
fn number(printed: &str, after: &str) -> Result<u64> {
    let rest = printed.split_once(after).map(|(_, rest)| rest);
    let digits = rest.and_then(|rest| rest.split_whitespace().next());
    digits
        .and_then(|digits| digits.parse().ok())
        .with_context(|| format!("no number after {after:?} in:\n{printed}"))
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_count_is_the_number_after_its_name() {
        let log = "==7== Events    : Ir\n==7== Collected : 9035\n==7== \n";
        assert_eq!(number(log, "Collected : ").expect("it is there"), 9035);
        assert!(number(log, "units ").is_err());
    }
}
