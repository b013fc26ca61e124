//! `stowplan run` from the outside: what it prints, writes and exits with.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A rolling update of four tasks, with room for twice as many.
const ROLLING: &str = r#"
version: 1
name: rolling
description: Four tasks are replaced by four.
start: steady
cluster:
  instances: [ { id: i, count: 2, cpu: 4096, memory: 8000 } ]
taskDefinitions:
  - { family: web, containerDefinitions: [ { name: app, image: "web:1", cpu: 256, memory: 500 } ] }
  - { family: web, containerDefinitions: [ { name: app, image: "web:2", cpu: 256, memory: 500 } ] }
services:
  - { serviceName: web, taskDefinition: "web:1", desiredCount: 4, launchType: EC2 }
timeline:
  - { at: 60s, as: update, updateService: { service: web, taskDefinition: "web:2" } }
until: 10m
expect:
  - always: "services['web'].healthyCount >= 4"
  - label: the new revision completes
    eventually: "services['web'].primary.rolloutState == 'COMPLETED' && now > 60.0"
    by: 5m
"#;

/// Somewhere to write scenarios to.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder can be made"))
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path
    }
}

fn stowplan(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stowplan"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the command starts")
}

fn run(text: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let desk = Desk::new();
    let file = desk.file("scenario.yaml", text);
    let mut all = vec!["run", file.to_str().expect("a plain path")];
    all.extend(arguments);
    let output = stowplan(&all);
    let words = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints text");
    (output.status.code(), words(output.stdout), words(output.stderr))
}

#[test]
fn a_story_ends_with_what_held_and_the_digest() {
    let (code, out, err) = run(ROLLING, &[]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("rolling (seed 0, until 600 s)\nFour tasks are replaced by four.\n\n"));
    let told = "00:01:00.000  service web                             (service web) has started 4 \
                tasks: (task 00000000000000000000000000000005)";
    assert!(out.lines().any(|line| line.starts_with(told)), "{out}");
    assert!(out.contains("\npassed  always from 0 to 600 s: services['web'].healthyCount >= 4\n"));
    assert!(out.contains("\npassed  eventually by 300 s: the new revision completes\n"));
    let last: Vec<&str> = out.lines().rev().take(2).collect();
    assert_eq!(last[1], "2 expectations: all hold");
    assert!(last[0].starts_with("digest ") && last[0].len() == 7 + 16, "{}", last[0]);
    assert_eq!(run(ROLLING, &[]).1, out, "a run tells the same every time");
}

#[test]
fn what_does_not_hold_is_exit_code_1_with_time_values_and_events() {
    let (code, out, _) = run(&ROLLING.replace(">= 4", ">= 5"), &["--quiet"]);
    assert_eq!(code, Some(1));
    assert!(out.starts_with("FAILED  always from 0 to 600 s: services['web'].healthyCount >= 5\n"));
    assert!(out.contains("\n        at 0 s\n"), "{out}");
    assert!(out.contains("\n        services['web'].healthyCount = 4\n"), "{out}");
    assert!(!out.contains("the new revision completes"), "{out}");
    assert!(out.ends_with("1 scenario: 0 passed, 1 failed\n"), "{out}");
}

#[test]
fn a_call_that_ends_otherwise_than_it_must_fails_the_run() {
    let wrong = ROLLING.replace("\"web:2\" } }", "\"web:9\" } }").replace("by: 5m", "by: 10s");
    let (code, out, _) = run(&wrong.replace("&& now > 60.0", ""), &[]);
    assert_eq!(code, Some(1));
    assert!(out.contains("\nFAILED  timeline[0]"), "{out}");
    assert!(out.contains("TaskDefinition not found."), "{out}");
    assert!(out.contains("2 expectations: all hold; 1 call ended otherwise than it must"), "{out}");
}

#[test]
fn bad_input_is_exit_code_2_and_says_where() {
    let (code, out, err) = run(&ROLLING.replace("desiredCount", "desiredCout"), &[]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("scenario.yaml: services[0].desiredCout"), "{err}");
    assert!(err.contains("line 12"), "{err}");
    let (code, _, err) = run(&ROLLING.replace("healthyCount >= 4", "healthyCount >="), &[]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("expect[0].always"), "{err}");
    let (code, _, err) = run(&ROLLING.replace("services['web'].h", "sevices['web'].h"), &[]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("did you mean 'services'?"), "{err}");
    let missing = stowplan(&["run", "no-such-file.yaml"]);
    assert_eq!(missing.status.code(), Some(2));
    assert_eq!(stowplan(&["run"]).status.code(), Some(2));
}

#[test]
fn json_lines_hold_events_verdicts_state_and_digest() {
    let (code, out, _) = run(ROLLING, &["--json"]);
    assert_eq!(code, Some(0));
    let lines: Vec<Value> =
        out.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect();
    assert_eq!((&lines[0]["type"], &lines[0]["name"]), (&"scenario".into(), &"rolling".into()));
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
    let completed = |event: &&&Value| event["text"] == "SERVICE_STEADY_STATE";
    assert!(of("event").iter().any(|event| completed(&event)));
    assert_eq!(of("event")[0]["time"], "2026-01-01T00:01:00Z");
    assert_eq!(of("verdict").len(), 2);
    let state = &of("state")[0]["state"];
    assert_eq!(state["services"]["web"]["runningCount"], 4);
    assert_eq!(state["services"]["web"]["createdAt"], "2025-12-31T00:00:00Z");
    let end = lines.last().expect("there are lines");
    assert_eq!((&end["type"], &end["passed"]), (&"end".into(), &true.into()));
    assert!(run(ROLLING, &[]).1.contains(end["digest"].as_str().expect("a text")));
}

#[test]
fn the_series_of_every_run_go_to_one_file() {
    let desk = Desk::new();
    let (first, second) = (desk.file("a.yaml", ROLLING), desk.file("b.yaml", ROLLING));
    let csv = desk.0.path().join("out.csv");
    let paths = [&first, &second, &csv].map(|path| path.to_str().expect("a plain path"));
    let output = stowplan(&["run", "--quiet", paths[0], paths[1], "--series", paths[2]]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"2 scenarios: everything holds\n");
    let text = std::fs::read_to_string(&csv).expect("the file is there");
    assert_eq!(text.lines().next(), Some("scenario,seconds,path,value"));
    let row = "rolling,60,services.web.occupyingCount,8";
    assert_eq!(text.lines().filter(|line| *line == row).count(), 2);
}

#[test]
fn variants_are_run_as_scenarios_of_their_own() {
    let variants = "variants:\n  many: { services: [ { serviceName: web, taskDefinition: \
                    \"web:1\", desiredCount: 6, launchType: EC2 } ] }\n";
    let (code, out, _) = run(&format!("{ROLLING}{variants}"), &[]);
    assert_eq!(code, Some(0));
    assert!(out.contains("\nrolling/many (seed 0, until 600 s)\n"), "{out}");
    assert!(out.contains("(service web) has started 6 tasks:"), "{out}");
    assert!(out.ends_with("2 scenarios: everything holds\n"), "{out}");
}

#[test]
fn seed_and_end_can_be_set_from_outside() {
    let (code, out, _) = run(ROLLING, &["--seed", "7", "--until", "90s"]);
    assert_eq!(code, Some(0));
    assert!(out.starts_with("rolling (seed 7, until 90 s)"), "{out}");
    let sum = "1 expectation: it holds; 1 not checked: the run ends too early";
    assert!(out.contains(sum), "{out}");
    assert_eq!(run(ROLLING, &["--until", "soon"]).0, Some(2));
}

#[test]
fn a_run_that_lets_events_go_has_told_them_all_and_says_so() {
    let (_, whole, _) = run(ROLLING, &[]);
    let (code, little, _) = run(ROLLING, &["--keep-events", "20"]);
    assert_eq!(code, Some(0));
    let (told, said) = little.trim_end().rsplit_once('\n').expect("lines");
    assert_eq!(told, whole.trim_end(), "the story and the digest are the same");
    assert!(said.ends_with(" s, were let go to save memory (--keep-events)"), "{said}");
    let json = run(ROLLING, &["--keep-events", "20", "--json"]).1;
    let end: Value = serde_json::from_str(json.lines().last().expect("an end")).expect("JSON");
    assert!(end["forgotten"]["events"].as_u64().is_some_and(|events| events >= 20), "{end}");
}

#[test]
fn a_scenario_can_come_through_a_pipe() {
    use std::io::Write as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_stowplan"))
        .args(["run", "--quiet", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut input = child.stdin.take().expect("it was asked for");
    input.write_all(ROLLING.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.stdout, b"1 scenario: everything holds\n");
}

#[test]
fn a_deployment_is_forecast_before_it_begins() {
    let (code, out, _) = run(ROLLING, &["--beside-kubernetes", "25%", "0"]);
    assert_eq!(code, Some(0));
    let forecast = out.lines().position(|line| line.starts_with("forecast: web to web:2: 4 tasks"));
    let begins = out.lines().position(|line| line.contains("deployment ecs-svc/"));
    assert!(forecast.is_some() && forecast < begins, "{out}");
    assert!(out.contains("Kubernetes: 4 replicas, maxSurge 25%, maxUnavailable 0: never"), "{out}");
    let (_, quiet, _) = run(ROLLING, &["--no-forecast"]);
    assert!(!quiet.contains("forecast:"));
}

#[test]
fn a_forecast_for_machines_has_its_numbers() {
    let (_, out, _) = run(ROLLING, &["--json"]);
    let lines = out.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let forecasts: Vec<Value> = lines.filter(|line: &Value| line["type"] == "forecast").collect();
    let [forecast] = &forecasts[..] else { panic!("one is forecast: {forecasts:?}") };
    assert_eq!(forecast["at"], 60.0);
    assert_eq!((&forecast["peak"], &forecast["lowestHealthy"]), (&8.into(), &4.into()));
    let ended = out.lines().find(|line| line.contains("is COMPLETED")).expect("it completes");
    let ended: Value = serde_json::from_str(ended).expect("JSON");
    let took = ended["seconds"].as_f64().expect("seconds") - 60.0;
    assert_eq!(forecast["duration"], took);
}
