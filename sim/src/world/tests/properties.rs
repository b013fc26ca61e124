//! What holds in every story.

use super::*;
use proptest::prelude::*;

fn container(name: &'static str) -> impl Strategy<Value = Value> {
    let exit = prop_oneof![
        Just(json!("never")),
        (0_u32..100, 0..3_i32).prop_map(|(at, code)| json!({ "after": at, "code": code })),
    ];
    let stop = prop_oneof![Just(json!("never")), (0_u32..40).prop_map(|at| json!(at))];
    let health = prop_oneof![Just(json!("pass")), Just(json!("fail")), Just(json!("hang"))];
    (exit, stop, health, 0_u32..10, 0_u32..10).prop_map(
        move |(exit, stop, health, pull, startup)| {
            json!({ name: {
                "exit": exit, "stop": stop, "health": health, "pull": pull, "startup": startup,
            } })
        },
    )
}

const CONDITIONS: [&str; 4] = ["START", "COMPLETE", "SUCCESS", "HEALTHY"];

/// Three containers: b may wait for a, c for b.
fn definition() -> impl Strategy<Value = Value> {
    let waits = prop::option::of(0..CONDITIONS.len());
    let flags = prop::collection::vec(any::<bool>(), 6);
    (waits.clone(), waits, flags, 2_u32..40).prop_map(|(b, c, flags, timeout)| {
        // By the rules of registration: who is waited for until its end is not essential, who is
        // waited for until it is healthy has a check.
        let one = |name: &str, on: &str, condition: Option<usize>, flags: &[bool], by: usize| {
            let ends = matches!(CONDITIONS[by], "COMPLETE" | "SUCCESS");
            let mut container = json!({
                "name": name, "stopTimeout": timeout, "startTimeout": 60,
                "essential": name == "c" || (flags[0] && !ends),
            });
            if flags[1] || CONDITIONS[by] == "HEALTHY" {
                let check = json!({ "command": ["CMD", "check"], "interval": 5, "timeout": 2 });
                container["healthCheck"] = check;
            }
            if let Some(condition) = condition {
                let depends = json!([{ "containerName": on, "condition": CONDITIONS[condition] }]);
                container["dependsOn"] = depends;
            }
            container
        };
        json!([
            one("a", "", None, &flags[0..2], b.unwrap_or(0)),
            one("b", "a", b, &flags[2..4], c.unwrap_or(0)),
            one("c", "b", c, &flags[4..6], 0),
        ])
    })
}

/// Container stages never go back without a restart policy, and no status does.
fn check_order(rig: &Rig) {
    for row in rig.view().tasks() {
        let Some(task) = rig.world.task(row.id) else { continue };
        for container in task.containers() {
            let times = [container.started_at(), container.signalled_at(), container.stopped_at()];
            let known: Vec<Time> = times.into_iter().flatten().collect();
            assert!(known.is_sorted(), "{times:?}");
            let runs = container.status().as_str() == "RUNNING";
            assert_eq!(runs, container.started_at().is_some() && container.stopped_at().is_none());
        }
    }
}

fn story(behavior: &[Value], containers: &Value, stop_at: i64, timeout: i64) -> Rig {
    let mut entry = json!({});
    for container in behavior {
        entry = merged(&entry, container);
    }
    let mut rig = Rig::new(json!({ "t": { "containers": entry } }));
    rig.watch = check_order;
    rig.instance("A", 300, 8000);
    rig.define("t", containers.clone());
    let first = rig.start("t");
    rig.until(stop_at);
    if rig.task(first).is_live() {
        rig.order_stop(first);
    }
    let second = rig.start("t");
    rig.until(stop_at + 3 * timeout);
    assert_eq!(rig.status(first), "STOPPED", "no chain takes longer than its timeouts");
    rig.until(1000);
    let statuses = rig.events.iter().filter_map(|event| match event.kind {
        EventKind::TaskStatus(task, status) if task == second => Some(status),
        _ => None,
    });
    assert!(statuses.collect::<Vec<_>>().is_sorted(), "no status goes back");
    rig
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_stop_ends_in_stopped_within_the_chain_of_timeouts(
        a in container("a"),
        b in container("b"),
        c in container("c"),
        containers in definition(),
        stop_at in 0_i64..120,
    ) {
        let timeout = containers[0]["stopTimeout"].as_i64().expect("a number");
        let rig = story(&[a.clone(), b.clone(), c.clone()], &containers, stop_at, timeout);
        let again = story(&[a, b, c], &containers, stop_at, timeout);
        prop_assert_eq!(rig.events, again.events, "the same story again");
    }
}
