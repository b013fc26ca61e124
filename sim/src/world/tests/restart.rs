//! Restart in place: 01 section 11.6.

use super::*;

fn running(exit: Value, ignored: &[i32]) -> (Rig, TaskId) {
    let mut rig = Rig::new(json!({ "t": { "exit": exit } }));
    rig.instance("A", 4096, 8000);
    let policy = json!({ "enabled": true, "ignoredExitCodes": ignored });
    rig.define("t", json!([{ "name": "app", "restartPolicy": policy }]));
    let task = rig.start("t");
    (rig, task)
}

#[test]
fn lif_19_an_exit_before_the_period_is_final() {
    let (mut rig, task) = running(json!({ "after": "100s", "code": 1 }), &[]);
    rig.until(1000);
    assert_eq!(rig.statuses(task), "0 PENDING, 0 RUNNING, 100 STOPPED");
    assert_eq!(
        rig.stopped_because(task),
        "EssentialContainerExited: Essential container in task exited"
    );
}

#[test]
fn lif_20_the_second_exit_comes_too_soon() {
    let exits = json!([{ "after": "300s", "code": 1 }, { "after": "200s", "code": 1 }]);
    let (mut rig, task) = running(exits, &[]);
    rig.until(400);
    assert_eq!(rig.status(task), "RUNNING");
    assert_eq!(rig.container(task, "app").restart_count(), 1);
    rig.until(1000);
    assert_eq!(rig.statuses(task), "0 PENDING, 0 RUNNING, 500 STOPPED");
    assert_eq!(rig.container(task, "app").restart_count(), 1);
}

#[test]
fn lif_21_codes_that_are_ignored() {
    let exits = || json!([{ "after": "400s", "code": 137 }]);
    let (mut rig, task) = running(exits(), &[0]);
    rig.until(1000);
    assert_eq!((rig.status(task), rig.container(task, "app").restart_count()), ("RUNNING", 1));
    let (mut rig, task) = running(exits(), &[137]);
    rig.until(1000);
    assert_eq!((rig.status(task), rig.container(task, "app").restart_count()), ("STOPPED", 0));
}

#[test]
fn lif_22_a_container_that_is_stopped_is_not_restarted() {
    let (mut rig, task) = running(json!("never"), &[]);
    rig.arrive_at(500);
    rig.order_stop(task);
    rig.until(1000);
    assert_eq!(rig.statuses(task), "0 PENDING, 0 RUNNING, 500 STOPPING, 500 STOPPED");
    assert_eq!(rig.container(task, "app").restart_count(), 0);
}

#[test]
fn a_restarted_container_is_judged_anew() {
    let mut rig = Rig::new(json!({ "t": { "exit": [{ "after": "100s", "code": 1 }] } }));
    rig.instance("A", 4096, 8000);
    let policy = json!({ "enabled": true, "restartAttemptPeriod": 60 });
    let check = json!({ "command": ["CMD", "check"], "interval": 30 });
    rig.define("t", json!([{ "name": "app", "restartPolicy": policy, "healthCheck": check }]));
    let task = rig.start("t");
    rig.until(200);
    assert_eq!(rig.healths(task), "30 HEALTHY, 100 UNKNOWN, 130 HEALTHY");
}
