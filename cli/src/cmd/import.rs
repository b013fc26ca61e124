//! `stowplan import`: what the AWS CLI prints about a cluster in, a scenario out.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use stowplan_sim::document::{Node, Timestamp, to_json, to_yaml};
use stowplan_sim::import::check::{self, Checked};
use stowplan_sim::import::{self, Options};

use crate::files;
use crate::progress::Progress;

/// More files are a folder given by mistake.
const MOST_FILES: usize = 10_000;
/// Folders inside each other; deeper ones are a folder given by mistake too.
const MOST_LEVELS: usize = 16;

/// Turn an export of a cluster into a scenario
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and folders with the JSON that `aws ecs describe-*` and `list-*` print; - is
    /// standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Where to write the scenario: YAML, or JSON if it ends in .json [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The instant of the export [default: the first full minute after its newest timestamp]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,

    /// Which cluster, where the files speak of several
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,

    /// Replace names, ids, accounts and addresses by made-up ones
    #[arg(long, alias = "anonymize")]
    anonymous: bool,

    /// Compare time 0 of the scenario with the export, field by field; exit code 1 if they differ
    #[arg(long)]
    check: bool,

    /// Say nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|error| error.to_string())
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let files = read_all(&args.paths)?;
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
    let options = Options { at: args.at, cluster: args.cluster.clone(), anonymize: args.anonymous };
    let progress = Progress::new(sizes(&files), "the files", !args.quiet);
    progress.say("reading");
    let imported = import::read_watched(&files, &options, &mut |bytes| progress.at(bytes as u64));
    progress.end();
    let imported = imported?;
    write(args.output.as_deref(), &imported.document)?;
    if !args.quiet {
        for note in &imported.notes {
            eprintln!("{note}");
        }
        eprintln!("Read: {}", imported.summary);
    }
    if !args.check {
        return Ok(ExitCode::SUCCESS);
    }
    let progress = Progress::new(sizes(&files), "the files", !args.quiet);
    progress.say("comparing");
    let checked = check::check_watched(&files, &options, &mut |bytes| progress.at(bytes as u64));
    progress.end();
    let checked = checked?;
    tell(&checked, args.quiet);
    Ok(if checked.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn sizes(files: &[(&str, &[u8])]) -> u64 {
    files.iter().map(|(_, bytes)| bytes.len() as u64).sum()
}

fn tell(checked: &Checked, quiet: bool) {
    for difference in &checked.differences {
        eprintln!("differs: {difference}");
    }
    if quiet {
        return;
    }
    for (row, count) in &checked.not_kept {
        eprintln!("not kept: {count} x {} {}: {}", row.of.as_str(), row.field, row.reason);
    }
    let Checked { things, equal, unsaid, differences, .. } = checked;
    eprintln!(
        "Checked: {things} things, {equal} values equal, {} differ, {unsaid} unsaid by the export",
        differences.len()
    );
}

/// The files behind the paths, by name, in a fixed order.
fn read_all(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            read_folder(path, 0, &mut files)?;
        } else {
            files.push((files::name(path), files::content(path)?));
        }
    }
    if files.is_empty() {
        bail!("there is no file ending in .json in what was given");
    }
    Ok(files)
}

/// Every `.json` file of a folder and the folders in it.
fn read_folder(folder: &Path, level: usize, files: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    if level > MOST_LEVELS {
        bail!("{}: more than {MOST_LEVELS} folders inside each other", folder.display());
    }
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.with_context(|| folder.display().to_string())?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read_folder(&path, level + 1, files)?;
        } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
            files.push((files::name(&path), files::content(&path)?));
        }
        if files.len() > MOST_FILES {
            bail!("{}: more than {MOST_FILES} files", folder.display());
        }
    }
    Ok(())
}

fn write(output: Option<&Path>, document: &Node) -> Result<()> {
    let is_json = output.and_then(Path::extension).is_some_and(|e| e.eq_ignore_ascii_case("json"));
    let text = match is_json {
        true => serde_json::to_string_pretty(&to_json(document))? + "\n",
        false => to_yaml(document),
    };
    match output {
        Some(path) => fs::write(path, text).with_context(|| path.display().to_string()),
        None => Ok(std::io::stdout().lock().write_all(text.as_bytes())?),
    }
}
