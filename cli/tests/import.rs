//! `stowplan import` from the outside: files in, a file and an exit code out.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/cluster-export");

fn import(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stowplan"));
    command.current_dir(folder).arg("import").args(args).output().expect("the command starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_folder_becomes_a_scenario_that_equals_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = import(folder.path(), &[SAMPLE, "-o", "prod.yaml", "--check"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let said = said(&output);
    assert!(said.contains("Read: 1 cluster, 12 instances, 6 services, 60 tasks"), "{said}");
    assert!(said.contains("Checked: 89 things, ") && said.contains(" 0 differ"), "{said}");
    let text = fs::read_to_string(folder.path().join("prod.yaml")).expect("it is written");
    assert!(text.starts_with("version: 1\nname: web-prod\n"), "{}", &text[..200]);
}

#[test]
fn the_ending_of_the_file_says_how_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = import(folder.path(), &[SAMPLE, "-o", "prod.json", "--quiet"]);
    assert_eq!((output.status.code(), &*said(&output)), (Some(0), ""));
    let text = fs::read(folder.path().join("prod.json")).expect("it is written");
    let json: serde_json::Value = serde_json::from_slice(&text).expect("it is JSON");
    assert_eq!(json["startTime"], "2026-09-14T10:00:00Z");
    let printed = import(folder.path(), &[SAMPLE, "--quiet"]);
    assert!(printed.stdout.starts_with(b"version: 1\n"), "without -o it is printed");
}

#[test]
fn bad_input_is_told_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("tasks.json"), "{ \"tasks\": [").expect("a file");
    for (args, expected) in [
        (["tasks.json", "-o", "out.yaml"], "error: tasks.json: tasks: "),
        (["absent.json", "-o", "out.yaml"], "error: absent.json: "),
        (["tasks.json", "-o", "no/such/folder.yaml"], "error: tasks.json: "),
    ] {
        let output = import(folder.path(), &args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(said(&output).starts_with(expected), "{args:?}: {}", said(&output));
        assert!(!folder.path().join("out.yaml").exists());
    }
    let output = import(folder.path(), &[SAMPLE, "--at", "yesterday"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("`yesterday` is no instant"), "{}", said(&output));
}

#[test]
fn a_check_that_fails_has_an_exit_code_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = Path::new(SAMPLE).join("describe-clusters.json");
    let text = fs::read_to_string(file).expect("the sample is part of the repository");
    let wrong = text.replace("\"runningTasksCount\": 58", "\"runningTasksCount\": 59");
    fs::write(folder.path().join("clusters.json"), wrong).expect("a file");
    let mut args = vec!["clusters.json", "-o", "out.yaml", "--check", "--quiet"];
    let parts: Vec<String> = fs::read_dir(SAMPLE)
        .expect("the sample is part of the repository")
        .map(|entry| entry.expect("a readable folder").path().display().to_string())
        .filter(|path| !path.ends_with("describe-clusters.json") && !path.ends_with(".md"))
        .collect();
    args.extend(parts.iter().map(String::as_str));
    let output = import(folder.path(), &args);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(said(&output), "differs: cluster web-prod: runningTasksCount: 59 became 58\n");
}
