//! What is said of waiting services, of stops and of placements.

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use stowplan_engine::explain::{Field, Question};

use crate::bed::{Bed, Behavior, both, limits};
use crate::folded;

/// What a service waits for.
fn waits(bed: &Bed) -> String {
    let service = bed.service_id("web");
    match bed.engine.why_waiting(service) {
        Some(waiting) => bed.engine.view().waiting_text(service, &waiting),
        None => "steady".to_owned(),
    }
}

/// What it waits for at some instants, each settled.
fn check(mut bed: Bed, at: &[i64], expected: Expect) -> Bed {
    let mut text = String::new();
    for &at in at {
        bed.run_until(at);
        text += &folded(&format!("{at} {}", waits(&bed)));
    }
    expected.assert_eq(&text);
    bed
}

/// A service that is steady on one instance, then gets a new revision.
fn deployed(desired: u32, room: u32, more: Value, behavior: Behavior) -> Bed {
    let mut bed = Bed::profile_p();
    bed.instance("A", "a", 4096, room);
    bed.checked("web", 128, 128);
    bed.service("web", desired, more);
    bed.checked("web", 128, 128);
    bed.behave("web:2", behavior);
    bed.deploy("web", "web:2");
    bed
}

#[test]
fn a_roll_out_says_what_it_waits_for_until_it_is_steady() {
    let bed = deployed(2, 4096, limits(100, 200), Behavior::ok());
    check(
        bed,
        &[0, 30, 40, 90],
        expect![[r#"
        0 web web:2 waits for 2 tasks to become RUNNING.
        30 web web:2 waits for 2 tasks to become healthy: stopping one would leave 1
            of at least 2.
        40 web web:2 waits for 2 tasks to stop: 4 of at most 4 places are occupied.
        90 steady
    "#]],
    );
}

#[test]
fn surge_needs_room() {
    let bed = deployed(4, 600, limits(100, 200), Behavior::ok());
    check(
        bed,
        &[0, 20],
        expect![[r#"
        0 web web:2 waits: no instance takes one more; the nearest, A, is refused:
            short 40 MiB; starting one more would make 5 of at most 8, and stopping
            one would leave 3 of at least 4. The next attempt is at 00:00:30.000.
        20 web web:2 waits: no instance takes one more; the nearest, A, is refused:
            short 40 MiB; starting one more would make 5 of at most 8, and stopping
            one would leave 3 of at least 4. The next attempt is at 00:00:30.000.
    "#]],
    );
}

#[test]
fn both_limits_bind() {
    let bed = deployed(1, 4096, limits(50, 150), Behavior::ok());
    check(
        bed,
        &[0, 20],
        expect![[r#"
        0 web web:2 waits: starting one more would make 2 of at most 1; stopping one
            would leave 0 of at least 1.
        20 web web:2 waits: starting one more would make 2 of at most 1; stopping
            one would leave 0 of at least 1.
    "#]],
    );
}

#[test]
fn starts_that_fail_are_throttled() {
    let bed = deployed(1, 4096, limits(100, 200), Behavior::nostart());
    check(
        bed,
        &[0, 50, 130],
        expect![[r#"
            0 web web:2 waits for 1 task to become RUNNING.
            50 web web:2 waits until 00:01:00.000: 1 wave of starts failed in a row.
            130 web web:2 waits for 1 task to become RUNNING.
        "#]],
    );
}

#[test]
fn protected_tasks_hold_the_roll_out() {
    let mut bed = deployed(1, 4096, limits(100, 200), Behavior::ok());
    let old = bed.tasks_of("web")[0];
    let name = bed.engine.view().task_name(old);
    bed.must(
        "updateTaskProtection",
        json!({ "tasks": [name], "protectionEnabled": true, "expiresInMinutes": 60 }),
    );
    check(
        bed,
        &[60],
        expect![[r#"
        60 web web:2 waits for 1 task under protection from scale-in.
    "#]],
    );
}

#[test]
fn protected_tasks_hold_a_scale_in() {
    let mut bed = Bed::profile_p();
    bed.instance("A", "a", 4096, 4096);
    bed.checked("web", 128, 128);
    bed.service("web", 3, limits(100, 200));
    bed.at(1);
    let name = bed.engine.view().task_name(bed.tasks_of("web")[0]);
    bed.must("updateTaskProtection", json!({ "tasks": [name], "protectionEnabled": true }));
    bed.update("web", json!({ "desiredCount": 0 }));
    check(
        bed,
        &[100],
        expect![[r#"
        100 web web:1 waits for 1 task under protection from scale-in.
    "#]],
    );
}

#[test]
fn a_failed_roll_out_waits_for_a_call() {
    let breaker = json!({ "enable": true, "rollback": false });
    let breaker = json!({ "deploymentConfiguration": { "deploymentCircuitBreaker": breaker } });
    let more = both(limits(100, 200), breaker);
    let bed = deployed(1, 4096, more, Behavior::nostart());
    check(
        bed,
        &[1000],
        expect![[r#"
        1000 web web:2 waits for a call: its roll-out failed, and no deployment is
            there to go back to.
    "#]],
    );
}

#[test]
fn stops_say_why() {
    let mut bed = deployed(2, 4096, limits(100, 200), Behavior::ok());
    bed.run_until(100);
    let new = bed.tasks_of("web");
    bed.at(101).fall_ill(new[0]);
    bed.exit(new[1]);
    bed.run_until(300);
    bed.at(301).update("web", json!({ "desiredCount": 1 }));
    bed.run_until(400);
    let last = bed.tasks_of("web")[0];
    let name = bed.engine.view().task_name(last);
    bed.at(401).must("stopTask", json!({ "task": name, "reason": "enough" }));
    bed.run_until(600);
    let view = bed.engine.view();
    let mut text = String::new();
    for task in view.tasks() {
        let why = view.why_stopped(task.id);
        let said = why.map(|why| view.stop_text(task.id, &why));
        text += &folded(&said.unwrap_or_else(|| "lives".to_owned()));
    }
    expect![[r#"
        task 00000000000000000000000000000001 was told to stop at 00:00:40.000:
            web:2 replaces its revision, and the service keeps 1 task healthy.
        task 00000000000000000000000000000002 was told to stop at 00:00:40.000:
            web:2 replaces its revision, and the service keeps 1 task healthy.
        task 00000000000000000000000000000003 was told to stop at 00:02:30.000: 3
            container health checks failed in a row.
        task 00000000000000000000000000000004 was told to stop at 00:01:41.000: its
            essential container exited.
        task 00000000000000000000000000000005 was told to stop at 00:06:41.000:
            StopTask was called (enough).
        task 00000000000000000000000000000006 was told to stop at 00:05:01.000: its
            deployment wants 1 task and had more.
        lives
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_placement_is_said_with_its_gates_and_ranks() {
    let mut bed = Bed::instant();
    bed.instance("i-1", "a", 1024, 2000);
    bed.instance("i-4", "c", 1024, 300);
    bed.instance("i-7", "b", 1024, 1716);
    bed.instance("i-8", "b", 1024, 8000);
    bed.instance("i-9", "c", 64, 64);
    bed.must(
        "updateContainerInstancesState",
        json!({
            "containerInstances": ["i-9"], "status": "DRAINING",
        }),
    );
    bed.plain("web", 128, 512);
    let zone = json!({ "type": "spread", "field": "attribute:ecs.availability-zone" });
    let pack = json!({ "type": "binpack", "field": "memory" });
    let more = both(json!({ "placementStrategy": [zone, pack] }), limits(100, 200));
    bed.create("web", 1, more);
    bed.run_until(20);
    let question = Question::NextTask(bed.service_id("web"));
    let report = bed.engine.explain(&question).expect("no call").expect("a task is next");
    let view = bed.engine.view();
    let Field::Instances { candidates, changes, .. } = &report.field else { panic!("no Fargate") };
    let mut text = format!("{}\n", view.placement_text(&report));
    for candidate in candidates {
        let verdict = view.verdict_text(&report, &candidate.verdict);
        let name = &view.instance(candidate.instance).name;
        text += &format!("{name} {:?} {verdict}\n", candidate.ranks);
    }
    for suggestion in changes {
        text += &format!("* {}\n", view.suggestion_text(&report, suggestion));
    }
    expect![[r#"
        Chosen: i-1 in us-east-1a. Decided among 4 instances: 3 fit, 1 ranked first.
        i-1 [0, 2000] CHOSEN
        i-4 [] NEVER: needs 512 MiB of 300 registered
        i-7 [1] fuller zone
        i-8 [1] fuller zone
        i-9 [] DRAINING
        * task memory 512 -> 300: i-4
        * task memory 512 -> 2001: i-8
        * task cpu 128 -> 1025: it fits nowhere
        * without spread(attribute:ecs.availability-zone): i-7
    "#]]
    .assert_eq(&text);
}
