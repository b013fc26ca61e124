//! Which task goes, and protection (01 section 13.7).

use serde_json::{Value, json};
use stowplan_engine::api::Answer;
use stowplan_engine::model::{TaskId, Time};

use crate::bed::{Bed, both, limits, strategy};
use crate::draining::given_task;

/// A service of equal tasks of 500 MiB, T1, T2 ... on the named instances.
fn laid_out(instances: &[(&str, &str, u32, u32)], on: &[&str], more: Value) -> Bed {
    let mut bed = Bed::instant();
    for &(name, zone, memory, held) in instances {
        bed.instance_with(name, zone, 8192, memory, |it| it.held.memory = held);
    }
    bed.plain("web", 100, 500);
    let desired = u32::try_from(on.len()).expect("a handful");
    let service = bed.given_service("web", desired, both(limits(0, 200), more));
    for name in on {
        given_task(&mut bed, service, name);
    }
    bed
}

/// The tasks that go when the service is scaled in, in order: `T5, T6`.
fn scaled_in_by(bed: &mut Bed, count: u32) -> String {
    let left = bed.service_row("web").desired - count;
    bed.update("web", json!({ "desiredCount": left }));
    bed.run_until(0);
    let numbers = bed.told_to_stop("web").into_iter().map(|task| task.index() + 1);
    numbers.map(|number| format!("T{number}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn sci_1_zones_then_instances() {
    let instances =
        [("a1", "a", 8000, 0), ("a2", "a", 8000, 0), ("b1", "b", 8000, 0), ("c1", "c", 8000, 0)];
    let on = ["a1", "a2", "b1", "c1", "a1", "b1"];
    let mut bed = laid_out(&instances, &on, json!({}));
    assert_eq!(scaled_in_by(&mut bed, 3), "T5, T6, T2");
}

#[test]
fn sci_2_binpack_undone() {
    let instances = [("a1", "a", 8000, 6000), ("b1", "b", 4000, 0)];
    let on = ["a1", "a1", "b1", "b1"];
    let mut bed = laid_out(&instances, &on, strategy(&["binpack memory"]));
    assert_eq!(scaled_in_by(&mut bed, 2), "T4, T3");
}

#[test]
fn sci_3_spread_and_binpack_undone() {
    let instances = [("a1", "a", 8000, 0), ("a2", "a", 8000, 0), ("b1", "b", 8000, 0)];
    let on = ["a1", "a2", "a2", "b1", "b1"];
    let mut bed = laid_out(&instances, &on, strategy(&["spread az", "binpack memory"]));
    assert_eq!(scaled_in_by(&mut bed, 3), "T1, T5, T3");
}

const TWO: [(&str, &str, u32, u32); 2] = [("a1", "a", 8000, 0), ("b1", "b", 8000, 0)];

#[test]
fn sci_4_ties_go_to_the_newest() {
    let mut bed = laid_out(&TWO, &["a1", "b1", "a1", "b1"], json!({}));
    assert_eq!(scaled_in_by(&mut bed, 3), "T4, T3, T2");
}

#[test]
fn sci_5_random_is_the_newest_first() {
    let mut bed = laid_out(&TWO, &["a1", "b1", "a1", "b1"], strategy(&["random"]));
    assert_eq!(scaled_in_by(&mut bed, 2), "T4, T3");
}

#[test]
fn sci_6_pending_tasks_go_first() {
    let mut bed = laid_out(&TWO, &["a1", "a1", "a1"], json!({ "desiredCount": 4 }));
    let slow = crate::bed::Behavior { runs_after: 1000, ..crate::bed::Behavior::instant() };
    bed.behave("web:1", slow);
    bed.run_until(0);
    assert_eq!(bed.places_of("web"), "a1, a1, a1, b1");
    let pending = *bed.tasks_of("web").last().expect("four tasks");
    bed.at(5).update("web", json!({ "desiredCount": 3 }));
    bed.run_until(5);
    assert_eq!(bed.places_of("web"), "a1, a1, a1");
    assert!(!bed.tasks_of("web").contains(&pending));
    assert_eq!(bed.messages_with("web", "pending"), ["5 (service web) stopped 1 pending tasks."]);
}

fn protection(bed: &Bed, task: TaskId, more: Value) -> Value {
    let name = bed.engine.view().task_name(task);
    both(json!({ "tasks": [name], "protectionEnabled": true }), more)
}

#[test]
fn sci_7_protected_tasks_wait_for_their_expiry() {
    let mut bed = laid_out(&TWO, &["a1", "a1", "a1", "b1"], json!({}));
    let tasks = bed.tasks_of("web");
    for (task, minutes) in [(tasks[0], 60), (tasks[1], 10)] {
        let input = protection(&bed, task, json!({ "expiresInMinutes": minutes }));
        bed.must("updateTaskProtection", input);
    }
    assert_eq!(scaled_in_by(&mut bed, 3), "T3, T4");
    bed.run_until(590);
    assert_eq!(bed.tasks_of("web"), tasks[..2]);
    let set = "taskSet ecs-svc/0000000000000000001";
    let why = "was unable to scale in due to (reason 1 tasks under protection)";
    let said = bed.messages_with("web", "under protection");
    let said: Vec<&str> = said.iter().filter_map(|text| Some(text.split_once(' ')?.1)).collect();
    assert_eq!(
        said,
        [
            format!("(service web) was unable to reach steady state because ({set}) {why}"),
            format!("(service web, {set}) {why}"),
        ]
    );
    bed.run_until(600);
    assert_eq!(bed.tasks_of("web"), tasks[..1]);
    assert_eq!(bed.counts("web").active(), 1);
}

#[test]
fn sci_8_sci_9_how_long_protection_lasts() {
    let mut bed = laid_out(&TWO, &["a1"], json!({}));
    let task = bed.tasks_of("web")[0];
    for minutes in [0, 2881] {
        let input = protection(&bed, task, json!({ "expiresInMinutes": minutes }));
        let refusal = bed.refused("updateTaskProtection", input);
        assert!(refusal.starts_with("InvalidParameterException: "), "{refusal}");
    }
    for (given, minutes) in [
        (json!({ "expiresInMinutes": 1 }), 1),
        (json!({ "expiresInMinutes": 2880 }), 2880),
        (json!({}), 120),
    ] {
        let input = protection(&bed, task, given);
        let until = Some(Time::from_secs(60 * minutes));
        let answer = bed.must("updateTaskProtection", input);
        assert_eq!(answer, Answer::Protection(vec![(task, until)], Vec::new()));
    }
}

#[test]
fn sci_10_standalone_tasks_have_no_protection() {
    let mut bed = laid_out(&TWO, &["a1"], json!({}));
    bed.plain("job", 1, 1);
    let job = bed.run_one("job", json!({}));
    let name = bed.engine.view().task_name(job);
    let input = json!({ "tasks": [name, "unknown"] });
    let Answer::Protection(protected, failures) = bed.must("getTaskProtection", input) else {
        panic!("protection is expected");
    };
    assert!(protected.is_empty());
    assert_eq!(bed.failures(&failures), format!("{name}: TASK_NOT_VALID, unknown: MISSING"));
}
