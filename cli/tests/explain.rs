//! `stowplan explain` from the outside.

use std::process::{Command, Output, Stdio};

use expect_test::{Expect, expect};
use serde_json::Value;

/// Two instances in two zones, one of them too small for a third task, and a service that packs.
const PACKED: &str = r#"
version: 1
name: packed
cluster:
  instances:
    - { id: big, cpu: 4096, memory: 4000, availabilityZone: us-east-1b }
    - { id: old, cpu: 4096, memory: 4000, attributes: { rack: r1 } }
    - { id: small, cpu: 1024, memory: 1200, availabilityZone: us-east-1a }
taskDefinitions:
  - { family: web, containerDefinitions: [ { name: app, image: "web:1", cpu: 256, memory: 500 } ] }
timeline:
  - at: 0s
    createService:
      serviceName: web
      taskDefinition: web
      desiredCount: 3
      placementStrategy: [ { type: binpack, field: memory } ]
      placementConstraints: [ { type: memberOf, expression: "attribute:rack !exists" } ]
  - { at: 5m, updateService: { service: web, desiredCount: 2 } }
until: 10m
"#;

fn explain(arguments: &[&str]) -> Output {
    let desk = tempfile::tempdir().expect("a folder can be made");
    let file = desk.path().join("packed.yaml");
    std::fs::write(&file, PACKED).expect("a file can be written");
    Command::new(env!("CARGO_BIN_EXE_stowplan"))
        .arg("explain")
        .arg(&file)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the command starts")
}

fn check(arguments: &[&str], expected: Expect) {
    let output = explain(arguments);
    let text = String::from_utf8(output.stdout).expect("it prints text");
    let broken = text.replace("00:05:00.000: ", "00:05:00.000:\n").replace("could: ", "could:\n");
    let broken = broken.replace("the task, not", "the task,\nnot").replace("one; the", "one;\nthe");
    let broken = broken.replace(" and waits ", "\nand waits ");
    let lines: Vec<&str> = broken.lines().map(str::trim_end).collect();
    expected.assert_eq(&(lines.join("\n") + "\n"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_next_task_as_a_table() {
    check(
        &["--service", "web", "--at", "1m"],
        expect![[r#"
        web is steady.

        The next task of web
        Chosen: big in us-east-1b. Decided among 3 instances: 1 fit, 1 ranked first.
        candidates 3 -> checks 1 -> binpack(memory) 1
         instance  zone        binpack(memory)  verdict
         big       us-east-1b  3500             CHOSEN
         old       us-east-1a                   NO: not attribute:rack !exists
         small     us-east-1a                   NO: short 300 MiB
        What would change it?
        * task memory 500 -> 200: small
        * task memory 500 -> 3501: it fits nowhere
        * task cpu 256 -> 3841: it fits nowhere
    "#]],
    );
}

#[test]
fn a_task_of_the_past() {
    check(
        &["--task", "00000000000000000000000000000003"],
        expect![[r#"
            Placement of task 00000000000000000000000000000003 at 00:00:00.000
            Chosen: big in us-east-1b. Decided among 3 instances: 1 fit, 1 ranked first.
            candidates 3 -> checks 1 -> binpack(memory) 1
             instance  zone        binpack(memory)  verdict
             big       us-east-1b  4000             CHOSEN
             old       us-east-1a                   NO: not attribute:rack !exists
             small     us-east-1a                   NO: short 300 MiB
            What would change it?
            * task memory 500 -> 200: small
            * task memory 500 -> 4001: it fits nowhere
            * task cpu 256 -> 4097: it fits nowhere
            task 00000000000000000000000000000003 was told to stop at 00:05:00.000:
            its deployment wants 2 tasks and had more.
            task 00000000000000000000000000000003 leaves, of 3 that could:
            binpack(memory) undone keeps 2.
        "#]],
    );
}

#[test]
fn everything_as_json() {
    let output = explain(&["--service", "web", "--at", "60", "--json"]);
    let value: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert_eq!(value["waits"], Value::Null);
    let next = &value["nextTask"];
    assert_eq!(next["instance"], "big");
    assert_eq!(next["left"], serde_json::json!([3, 1, 1]));
    let small = &next["candidates"][2];
    assert_eq!((&small["instance"], &small["verdict"]), (&"small".into(), &"refused".into()));
    let check = &small["checks"][0];
    assert_eq!((&check["need"], &check["have"]), (&500.into(), &200.into()));
    assert_eq!(next["changes"][0]["to"], 200);
}

#[test]
fn a_task_that_no_instance_could_ever_hold() {
    let call = r#"{ "taskDefinition": "web", "overrides": { "containerOverrides":
        [ { "name": "app", "memory": 5000 } ] } }"#;
    check(
        &["--run-task", call, "--at", "1m"],
        expect![[r#"
            The first task of a RunTask of web
            Nowhere: no registered instance could ever hold the task,
            not even an empty one;
            the nearest, old, can never take it: needs 5000 MiB of 4000 registered.
            candidates 3 -> checks 0
             instance  zone        random  verdict
             big       us-east-1b          NEVER: needs 5000 MiB of 4000 registered
             old       us-east-1a          NEVER: needs 5000 MiB of 4000 registered
             small     us-east-1a          NEVER: needs 5000 MiB of 1200 registered
            What would change it?
            * task memory 5000 -> 4000: old
        "#]],
    );
    let output = explain(&["--run-task", call, "--at", "1m", "--json"]);
    let value: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert_eq!(value["never"], true);
    let check = &value["candidates"][0]["checks"][0];
    assert_eq!((&check["need"], &check["registered"]), (&5000.into(), &4000.into()));
    let now = explain(&["--service", "web", "--at", "1m", "--json"]);
    let value: Value = serde_json::from_slice(&now.stdout).expect("it prints JSON");
    let small = &value["nextTask"]["candidates"][2];
    assert_eq!((&small["never"], &small["checks"][0]["registered"]), (&false.into(), &Value::Null));
}

#[test]
fn a_task_that_waits_says_for_what() {
    check(
        &["--task", "00000000000000000000000000000001", "--at", "1s"],
        expect![[r#"
            Placement of task 00000000000000000000000000000001 at 00:00:00.000
            Chosen: small in us-east-1a. Decided among 3 instances: 2 fit, 1 ranked first.
            candidates 3 -> checks 2 -> binpack(memory) 1
             instance  zone        binpack(memory)  verdict
             big       us-east-1b  4000             emptier
             old       us-east-1a                   NO: not attribute:rack !exists
             small     us-east-1a  1200             CHOSEN
            What would change it?
            * task memory 500 -> 1201: big
            * task cpu 256 -> 1025: big
            * without binpack(memory): big
            task 00000000000000000000000000000001 is PENDING
            and waits for the image of app, which is there at 00:00:02.200.
        "#]],
    );
    let output = explain(&["--task", "00000000000000000000000000000001", "--at", "1s", "--json"]);
    let value: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let waits = value["waits"].as_str().expect("it waits");
    assert!(waits.contains("is PENDING and waits for"), "{waits}");
}

#[test]
fn what_is_not_there_is_bad_input() {
    for arguments in [["--service", "nobody"], ["--task", "nobody"]] {
        let output = explain(&arguments);
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8(output.stderr).expect("it prints text");
        assert!(text.contains("there is no"), "{text}");
    }
}

#[test]
fn a_call_that_nobody_makes_is_explained() {
    check(
        &["--run-task", r#"{ "taskDefinition": "web" }"#, "--at", "1m"],
        expect![[r#"
        The first task of a RunTask of web
        Chosen: old in us-east-1a. Decided among 3 instances: 2 fit, 2 ranked first.
        candidates 3 -> checks 2 -> drawn
         instance  zone        random  verdict
         big       us-east-1b          as good, not drawn
         old       us-east-1a          CHOSEN
         small     us-east-1a          NO: short 300 MiB
        What would change it?
        * task memory 500 -> 200: small
        * task memory 500 -> 4001: it fits nowhere
        * task cpu 256 -> 4097: it fits nowhere
        * one more instance like old: the new instance
    "#]],
    );
    let refused = explain(&["--run-task", r#"{ "taskDefinition": "api" }"#]);
    assert_eq!(refused.status.code(), Some(2));
    let text = String::from_utf8(refused.stderr).expect("it prints text");
    assert!(
        text.contains("RunTask is refused: ClientException: TaskDefinition not found."),
        "{text}"
    );
}
