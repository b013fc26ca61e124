//! Sweeps as people run them: in one go, in parts, on batch systems.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SCENARIO: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../scenarios/spec/03-W37-surge-limited-by-the-cluster.yaml"
);
const SETTINGS: [&str; 6] = [
    "--set",
    "services[web].deploymentConfiguration.minimumHealthyPercent=50,100",
    "--seeds",
    "1..11",
    "--measure",
    "peak=maxOf('services.web.occupyingCount')",
];
/// Two settings times eleven seeds.
const RUNS: usize = 22;

fn sweep(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stowplan"));
    command.current_dir(folder).args(["sweep", SCENARIO]).args(SETTINGS).args(args);
    for name in ["AWS_BATCH_JOB_ARRAY_INDEX", "SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).output().expect("the command runs")
}

fn done(folder: &Path, args: &[&str]) {
    let output = sweep(folder, args, &[]);
    assert!(output.status.success(), "{args:?}: {}", said(&output));
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Runs the sweep in eight parts; their names.
fn parts(folder: &Path, ending: &str) -> Vec<String> {
    let name = |part: u32| format!("part-{part}.{ending}");
    for part in 1..=8 {
        done(folder, &["-q", "--shard", &format!("{part}/8"), "-o", &name(part)]);
    }
    (1..=8).map(name).collect()
}

fn merge(folder: &Path, parts: &[String], output: &str) -> Output {
    let mut args = vec!["-q", "-o", output, "--merge"];
    args.extend(parts.iter().map(String::as_str));
    sweep(folder, &args, &[])
}

#[test]
fn eight_parts_put_together_are_the_whole_byte_for_byte() {
    for ending in ["csv", "parquet"] {
        let folder = tempfile::tempdir().expect("a folder");
        let whole = format!("whole.{ending}");
        done(folder.path(), &["-q", "-o", &whole]);
        let mut parts = parts(folder.path(), ending);
        parts.reverse();
        let merged = format!("merged.{ending}");
        let output = merge(folder.path(), &parts, &merged);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(bytes(folder.path(), &merged), bytes(folder.path(), &whole), "{ending}");
    }
}

#[test]
fn a_killed_part_is_missed_and_can_be_run_again_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let parts = parts(folder, "csv");
    let lost = bytes(folder, "part-3.csv");
    // As a process leaves it that is killed while it writes.
    fs::remove_file(folder.join("part-3.csv")).expect("it is there");
    fs::write(folder.join("part-3.csv.partial"), &lost[..lost.len() / 2]).expect("written");
    let rest: Vec<String> = parts.iter().filter(|it| !it.contains('3')).cloned().collect();
    let output = merge(folder, &rest, "merged.csv");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("runs 5 to 7 are missing"), "{}", said(&output));
    assert!(!folder.join("merged.csv").exists(), "half a table has the name of a whole one");
    done(folder, &["-q", "--shard", "3/8", "-o", "part-3.csv"]);
    assert_eq!(bytes(folder, "part-3.csv"), lost);
    assert!(merge(folder, &parts, "merged.csv").status.success());
}

#[test]
fn what_does_not_belong_together_is_not_put_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut parts = parts(folder, "csv");
    parts.push(parts[0].clone());
    let output = merge(folder, &parts, "merged.csv");
    assert!(said(&output).contains("is there twice"), "{}", said(&output));
    let other = ["-q", "--seeds", "2..12", "-o", "other.csv"];
    let refused = sweep(folder, &other, &[]);
    assert!(said(&refused).contains("cannot be used multiple times"), "{}", said(&refused));
    let text = String::from_utf8(bytes(folder, "part-1.csv")).expect("it is text");
    fs::write(folder.join("other.csv"), text.replace("0,50,1,", "0,50,9,")).expect("written");
    let output = merge(folder, &["other.csv".to_owned()], "merged.csv");
    assert!(said(&output).contains("run 0 is of another sweep"), "{}", said(&output));
    fs::write(folder.join("other.csv"), "run,seed\n0,1\n").expect("written");
    let output = merge(folder, &["other.csv".to_owned()], "merged.csv");
    assert!(said(&output).contains("its columns are not those"), "{}", said(&output));
}

#[test]
fn rows_do_not_depend_on_how_many_threads_make_them() {
    let folder = tempfile::tempdir().expect("a folder");
    for threads in ["1", "2", "5"] {
        done(folder.path(), &["-q", "--threads", threads, "-o", &format!("{threads}.csv")]);
    }
    let one = bytes(folder.path(), "1.csv");
    assert_eq!(one.iter().filter(|&&byte| byte == b'\n').count(), RUNS + 1);
    assert_eq!(bytes(folder.path(), "2.csv"), one);
    assert_eq!(bytes(folder.path(), "5.csv"), one);
}

#[test]
fn batch_systems_say_which_part_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    done(folder, &["-q", "--shard", "3/8", "-o", "said.csv"]);
    let systems: [(&str, &[(&str, &str)]); 3] = [
        ("auto", &[("AWS_BATCH_JOB_ARRAY_INDEX", "2"), ("AWS_BATCH_JOB_ARRAY_SIZE", "8")]),
        (
            "auto",
            &[
                ("SLURM_ARRAY_TASK_ID", "14"),
                ("SLURM_ARRAY_TASK_MIN", "10"),
                ("SLURM_ARRAY_TASK_STEP", "2"),
                ("SLURM_ARRAY_TASK_COUNT", "8"),
            ],
        ),
        ("auto/8", &[("JOB_COMPLETION_INDEX", "2")]),
    ];
    for (shard, variables) in systems {
        let output = sweep(folder, &["-q", "--shard", shard, "-o", "found.csv"], variables);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(bytes(folder, "found.csv"), bytes(folder, "said.csv"), "{variables:?}");
    }
    let refusals: [(&str, &[(&str, &str)], &str); 5] = [
        ("auto", &[], "no batch system says which part"),
        ("auto", &[("JOB_COMPLETION_INDEX", "2")], "Write --shard auto/8"),
        ("auto/8", &[("JOB_COMPLETION_INDEX", "8")], "is none of 8 parts"),
        ("auto/8", &[("JOB_COMPLETION_INDEX", "two")], "is no number"),
        ("auto/8", &[("JOB_COMPLETION_INDEX", "1"), ("SLURM_ARRAY_TASK_ID", "1")], "both"),
    ];
    for (shard, variables, expected) in refusals {
        let output = sweep(folder, &["-q", "--shard", shard], variables);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(expected), "{expected}: {}", said(&output));
    }
}

#[test]
fn quantiles_are_printed_for_what_differs_and_the_rest_is_said_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = sweep(folder.path(), &["-o", "rows.csv"], &[]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.lines().next().is_some_and(|head| head.contains("median")), "{told}");
    assert!(told.contains("The same in every run: failedCalls 0, "), "{told}");
    // What the scenario expects is meant for 50 percent.
    assert!(told.ends_with(&format!("{RUNS} runs, {} passed\n", RUNS / 2)), "{told}");
}

#[test]
fn a_bad_setting_is_told_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["--set", "services[web].wishes=1", "-o", "rows.csv"];
    let output = sweep(folder.path(), &args, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("services[web].wishes"), "{}", said(&output));
    let left: Vec<PathBuf> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(left, Vec::<PathBuf>::new());
}
