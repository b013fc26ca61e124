//! Broken scenarios, as people write them: each is refused with its place and what to do about it.
//!
//! `broken/` holds one file for each slip; `broken/errors.txt` what a person sees. Huge ones are
//! made here. The process stays below 256 MB throughout.

use std::path::Path;

use expect_test::expect_file;
use stowplan_sim::document::{DocumentError, Limits};
use stowplan_sim::scenario::Scenario;

/// Reads a scenario and sets it up, up to what is wrong with it.
fn refusal(name: &str, bytes: &[u8]) -> DocumentError {
    let scenario = Scenario::read(bytes, &Limits::default());
    let engine = scenario.and_then(|scenario| scenario.plan()).and_then(|plan| plan.engine());
    engine.map(|_| ()).expect_err(&format!("{name} must be refused"))
}

#[test]
fn each_broken_file_is_refused_with_its_place_and_a_remedy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let entries = std::fs::read_dir(&folder).expect("the folder is part of the project");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.retain(|path| path.extension().is_none_or(|extension| extension != "txt"));
    paths.sort();
    let mut seen = String::new();
    for path in paths {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let error = refusal(&name, &std::fs::read(&path).expect("it can be read"));
        assert!(error.line > 0, "{name}: {error}");
        assert!(error.remedy.is_some(), "{name}: {error}");
        seen.push_str(&format!("{name}\n  {error}\n"));
    }
    expect_file!["./broken/errors.txt"].assert_eq(&seen);
    check_peak("the files");
    refuse_what_is_huge();
}

/// Part of the one test: peaks of tests that run side by side would add up.
fn refuse_what_is_huge() {
    const HEAD: &str = "version: 1\nname: huge\n";
    let refused = |text: String, message: &str| {
        let what = text.chars().take(60).collect::<String>();
        let scenario = Scenario::read(text.as_bytes(), &Limits::default());
        let error = scenario.and_then(|scenario| scenario.plan()).expect_err(&what);
        assert!(error.message.contains(message), "{what}: {error}");
        check_peak(&what);
    };
    refused(format!("{HEAD}x: {}", "[".repeat(10_000)), "nested");
    refused(format!("{{\"version\": 1, \"name\": {}", "[".repeat(10_000)), "nested deeper");
    refused(format!("{HEAD}{}", bomb()), "more than 1000000 values");
    refused(format!("{HEAD}description: {}", "x".repeat(2 << 20)), "more than 1048576 bytes");
    refused(
        many("services", "{\"serviceName\":\"w\"}", 200_000),
        "200000 elements are over the maximum 20000",
    );
    refused(many("tasks", "{\"instance\":\"A\"}", 300_000), "over the maximum 100000");
    refused(
        many("timeline", "{\"stopTask\":{\"task\":\"x\"}}", 180_000),
        "over the maximum 100000",
    );
    refused(many("expect", "{\"finally\":\"x\",\"at\":1}", 240_000), "over the maximum 20000");
    refused(many("services", "{\"serviceName\":\"w\"}", 20_000), "`taskDefinition` is missing");
    refused(many("tasks", "{\"instance\":\"A\"}", 100_000), "`taskDefinition` is missing");
    refused(many("timeline", "{\"stopTask\":{\"task\":\"x\"},\"as\":\"a\"}", 100_000), "twice");
    refused(
        many("expect", "{\"finally\":\"x\"},{\"finally\":\"x\",\"at\":1}", 10_000),
        "has no `at`",
    );
    refused(" ".repeat(100 << 20), "over the maximum");
}

/// A scenario in JSON with a list of many equal elements.
fn many(key: &str, element: &str, count: usize) -> String {
    let elements = vec![element; count].join(",");
    format!("{{\"version\":1,\"name\":\"huge\",\"{key}\":[{elements}]}}")
}

/// Ten to the power of ten texts, were they written out.
fn bomb() -> String {
    let copies = |of: usize| vec![format!("*a{of}"); 10].join(", ");
    let lines = (1..=10).map(|n| format!("a{n}: &a{n} [ {} ]\n", copies(n - 1)));
    format!("a0: &a0 lol\n{}", lines.collect::<String>())
}

#[cfg(target_os = "linux")]
fn check_peak(reading: &str) {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("so has this");
    let kibibytes: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(kibibytes < 256 * 1000, "{kibibytes} KiB at the peak of reading {reading}");
}

#[cfg(not(target_os = "linux"))]
fn check_peak(_reading: &str) {}
