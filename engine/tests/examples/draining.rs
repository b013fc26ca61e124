//! DRAINING instances, daemons, scale-in and protection (03 sections 26.7 and 26.8).

use serde_json::{Value, json};
use stowplan_engine::api::{Answer, GivenTask, Setup};
use stowplan_engine::model::{
    ClusterId, DesiredStatus, LaunchType, ServiceId, TaskId, TaskStatus, Time,
};

use crate::bed::{Bed, Behavior, limits};
use crate::rolling::steady;

/// Two tasks on i1, two on i2, and i1 is set to DRAINING at time 0.
fn half_on_a_draining_instance(minimum: u32, maximum: u32) -> Bed {
    let mut bed = Bed::profile_p();
    bed.instance("i1", "a", 4096, 4096);
    bed.instance("i2", "b", 4096, 4096);
    bed.checked("web", 128, 128);
    bed.service("web", 4, limits(minimum, maximum));
    bed.drain("i1");
    bed.run_until(1000);
    bed
}

#[test]
fn w81_replacements_start_before_drained_tasks_stop() {
    let bed = half_on_a_draining_instance(100, 200);
    assert_eq!(bed.trace("web"), "0 start 2 web:1; 40 stop 2 web:1");
    assert_eq!(bed.peak_and_low("web").0, 6);
    assert_eq!(bed.places_of("web"), "i2, i2, i2, i2");
}

#[test]
fn w82_drained_tasks_stop_before_replacements_start() {
    let bed = half_on_a_draining_instance(50, 100);
    assert_eq!(bed.trace("web"), "0 stop 2 web:1; 40 start 2 web:1");
}

#[test]
fn w83_an_instance_that_never_empties() {
    let bed = half_on_a_draining_instance(100, 100);
    assert_eq!(bed.trace("web"), "");
    assert_eq!(bed.places_of("web"), "i1, i2, i1, i2");
    assert!(bed.messages_with("web", "unable").is_empty());
}

#[test]
fn w84_everything_on_a_draining_instance() {
    let mut bed = Bed::profile_p();
    bed.instance("i1", "a", 4096, 4096);
    bed.checked("web", 128, 128);
    bed.service("web", 4, limits(50, 200));
    bed.instance("i2", "b", 4096, 4096);
    bed.drain("i1");
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 stop 2 web:1; 0 start 4 web:1; 40 stop 2 web:1");
    assert_eq!(bed.places_of("web"), "i2, i2, i2, i2");
}

/// A daemon service on so many instances, and the next revision deployed at time 0.
fn daemon(instances: u32, configuration: Value) -> Bed {
    let mut bed = Bed::profile_p();
    for number in 1..=instances {
        bed.instance(&format!("i{number}"), "a", 1024, 1024);
    }
    bed.checked("web", 128, 128);
    bed.service("web", 0, both_daemon(configuration));
    bed.checked("web", 128, 128);
    bed
}

fn both_daemon(configuration: Value) -> Value {
    json!({ "schedulingStrategy": "DAEMON", "deploymentConfiguration": configuration })
}

#[test]
fn w85_daemons_give_way_two_by_two() {
    let mut bed = daemon(5, json!({ "minimumHealthyPercent": 50 }));
    bed.deploy("web", "web:2");
    bed.run_until(60);
    assert_eq!(bed.places_of("web"), "i3, i4, i5, i1, i2", "on the instances just freed");
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 stop 2 web:1; 40 start 2 web:2; 80 stop 2 web:1; 120 start 2 web:2; 160 stop 1 web:1; \
         200 start 1 web:2; 240 completed web:2"
    );
    assert_eq!(bed.places_of("web"), "i1, i2, i3, i4, i5");
}

#[test]
fn w86_daemons_all_at_once() {
    let mut bed = daemon(3, json!({}));
    bed.deploy("web", "web:2");
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 stop 3 web:1; 40 start 3 web:2; 80 completed web:2");
}

#[test]
fn w87_a_single_daemon_that_may_not_stop() {
    let mut bed = daemon(1, json!({ "minimumHealthyPercent": 50 }));
    bed.deploy("web", "web:2");
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "");
    let row = bed.service_row("web");
    assert_eq!((row.lower_limit(), row.upper_limit()), (1, 1));
    assert_eq!(bed.messages_with("web", "was unable to stop or start").len(), 1);
}

#[test]
fn w88_an_instance_that_joins_gets_its_daemon() {
    let mut bed = daemon(2, json!({}));
    bed.at(35).join("i3", "a", 1024, 1024);
    bed.run_until(100);
    assert_eq!(bed.trace("web"), "40 start 1 web:1");
    assert_eq!(bed.places_of("web"), "i1, i2, i3");
    assert_eq!(bed.service_row("web").desired, 3);
    assert_eq!(bed.bus("web")[0], "40 SERVICE_DESIRED_COUNT_UPDATED");
}

/// The new revision never starts, and a circuit breaker without rollback gives it up.
fn given_up_daemon() -> Bed {
    let breaker = json!({
        "enable": true, "rollback": false,
        "thresholdConfiguration": { "type": "COUNT", "value": 1 },
    });
    let mut bed = daemon(2, json!({ "deploymentCircuitBreaker": breaker }));
    bed.behave("web:2", Behavior::nostart());
    bed.deploy("web", "web:2");
    bed
}

#[test]
fn instances_of_a_given_up_daemon_get_the_old_revision_for_good() {
    let mut bed = given_up_daemon();
    bed.at(200).join("i3", "a", 1024, 1024);
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 stop 2 web:1; 40 start 2 web:2; 70 failed web:2; 70 start 2 web:1; 200 start 1 web:1"
    );
    assert_eq!(bed.places_of("web"), "i1, i2, i3");
}

#[test]
fn an_older_daemons_slot_is_lost_with_its_instance() {
    let mut bed = daemon(4, json!({ "minimumHealthyPercent": 50 }));
    bed.deploy("web", "web:2");
    bed.at(10);
    let old = bed.service_row("web").deployments[0];
    let wanted = |bed: &Bed| bed.engine.view().deployment(old).desired;
    assert_eq!(wanted(&bed), 2);
    let last = bed.instance_id("i4");
    bed.at(15).terminate(last);
    assert_eq!(wanted(&bed), 1);
}

#[test]
fn w89_the_daemon_leaves_a_draining_instance_last() {
    let mut bed = Bed::profile_p();
    bed.instance("i1", "a", 1024, 1024);
    bed.checked("web", 128, 128);
    bed.service("web", 1, limits(100, 200));
    bed.instance("i2", "b", 1024, 1024);
    bed.checked("log", 128, 128);
    bed.service("log", 0, json!({ "schedulingStrategy": "DAEMON" }));
    assert_eq!(bed.places_of("log"), "i1, i2");
    bed.drain("i1");
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 start 1 web:1; 40 stop 1 web:1");
    assert_eq!(bed.trace("log"), "80 stop 1 log:1");
    assert_eq!(bed.places_of("log"), "i2");
}

/// A task of a service that has been RUNNING for long on an instance.
pub(crate) fn given_task(bed: &mut Bed, service: ServiceId, instance: &str) -> TaskId {
    let view = bed.engine.view();
    let primary = view.primary(service).expect("a service of time 0 has a deployment");
    let definition = view.deployment(primary).definition;
    let ordinal = i64::try_from(view.tasks().len()).expect("a handful");
    let started = Time(-86_400_000);
    let given = GivenTask {
        cluster: ClusterId::new(0),
        name: None,
        definition,
        service: Some((service, None)),
        group: None,
        started_by: None,
        instance: Some(bed.instance_id(instance)),
        zone: None,
        subnet: None,
        provider: None,
        launch_type: LaunchType::Ec2,
        last_status: TaskStatus::Running,
        desired_status: DesiredStatus::Running,
        health: None,
        created_at: Time(started.0 + ordinal),
        started_at: Some(started),
        protected_until: None,
        overrides: None,
    };
    match bed.setup(Setup::Task(Box::new(given))) {
        Answer::Task(task) => {
            bed.adopt(task);
            task
        }
        other => panic!("a task answers with its id, not {other:?}"),
    }
}

#[test]
fn w90_zones_that_tie_stay_in_together() {
    let mut bed = Bed::profile_p();
    for (name, zone) in [("i1", "a"), ("i2", "a"), ("i3", "b"), ("i4", "c")] {
        bed.instance(name, zone, 4096, 4096);
    }
    bed.checked("web", 128, 128);
    let service = bed.given_service("web", 6, limits(100, 200));
    let on = ["i1", "i2", "i3", "i1", "i3", "i4"];
    let tasks: Vec<TaskId> = on.iter().map(|name| given_task(&mut bed, service, name)).collect();
    bed.update("web", json!({ "desiredCount": 4 }));
    bed.run_until(10);
    let text = |index: usize| Bed::task_text(tasks[index].number() + 1);
    assert_eq!(
        bed.messages("web")[0],
        format!("0 (service web) has stopped 2 running tasks: {} {}.", text(3), text(4))
    );
}

fn protect(bed: &mut Bed, tasks: &[TaskId], minutes: u32) {
    let names: Vec<String> = tasks.iter().map(|&task| bed.engine.view().task_name(task)).collect();
    let input = json!({
        "tasks": names, "protectionEnabled": true, "expiresInMinutes": minutes,
    });
    bed.must("updateTaskProtection", input);
}

#[test]
fn w91_protection_holds_up_a_scale_in() {
    let mut bed = steady(3, 100, 200);
    let tasks = bed.tasks_of("web");
    protect(&mut bed, &tasks[..1], 10);
    protect(&mut bed, &tasks[1..2], 20);
    bed.update("web", json!({ "desiredCount": 1 }));
    bed.run_until(590);
    assert_eq!(bed.trace("web"), "0 stop 1 web:1");
    assert_eq!(bed.counts("web").running, 2);
    let blocked = "0 (service web) was unable to reach steady state because (taskSet \
                   ecs-svc/0000000000000000001) was unable to scale in due to (reason 1 tasks \
                   under protection)";
    assert_eq!(bed.messages_with("web", "protection")[0], blocked);
    assert!(bed.messages_with("web", "has reached a steady state").is_empty());
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 stop 1 web:1; 600 stop 1 web:1");
    assert_eq!(bed.tasks_of("web"), [tasks[1]]);
    assert_eq!(bed.messages_with("web", "has reached a steady state").len(), 1);
}

#[test]
fn w92_protection_holds_up_a_rolling_update() {
    let mut bed = steady(4, 100, 150);
    let tasks = bed.tasks_of("web");
    protect(&mut bed, &tasks, 10);
    bed.deploy("web", "web:2");
    bed.run_until(599);
    assert_eq!(bed.trace("web"), "0 start 2 web:2");
    assert_eq!(bed.deployments("web")[1], "PRIMARY IN_PROGRESS web:2 4");
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 2 web:2; 600 stop 2 web:1; 640 start 2 web:2; 680 stop 2 web:1; \
         720 completed web:2"
    );
}

#[test]
fn w93_protection_of_too_many_tasks_or_for_a_wrong_time() {
    let mut bed = steady(1, 100, 200);
    let name = bed.engine.view().task_name(bed.tasks_of("web")[0]);
    let protect = |tasks: usize, minutes: i64| {
        json!({
            "tasks": vec![name.clone(); tasks],
            "protectionEnabled": true,
            "expiresInMinutes": minutes,
        })
    };
    for (tasks, minutes) in [(11, 60), (1, 0), (1, 2881)] {
        let refusal = bed.refused("updateTaskProtection", protect(tasks, minutes));
        assert!(refusal.starts_with("InvalidParameterException: "), "{refusal}");
    }
    bed.must("updateTaskProtection", protect(1, 2880));
}
