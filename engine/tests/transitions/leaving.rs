//! DEACTIVATING has a table of its own: a task of a service behind two target groups on its way
//! out. What ends it is that every target is unused (01 section 11.1).

use std::fmt::Write as _;

use expect_test::expect_file;
use serde_json::json;
use stowplan_engine::api::{Effect, Input, Output, Report, TaskChange};
use stowplan_engine::model::{TargetState, TaskId};

use crate::bed::{Bed, both};
use crate::{TASK_SIGNALS, state};

/// What more happens to such a task.
const TARGET_SIGNALS: &[(&str, fn(&mut Bed, TaskId))] = &[
    ("one target unhealthy", |bed, task| target(bed, task, 0, TargetState::Unhealthy)),
    ("one target unused", |bed, task| target(bed, task, 0, TargetState::Unused)),
    ("the other target unused", |bed, task| target(bed, task, 1, TargetState::Unused)),
    ("the scheduler's lag is over", |bed, _| {
        let over = bed.engine.now() + bed.engine.view().config().deregistration_lag;
        bed.engine.step(over, Input::Wake).expect("a wake is never refused");
        bed.outputs.extend(std::iter::from_fn(|| bed.engine.poll_output()));
    }),
];

/// Where the task stands; each stage goes on from the one before.
const STAGES: &[(&str, fn(&mut Bed, TaskId))] = &[
    ("targets healthy", |_, _| {}),
    ("told to stop", |bed, task| {
        let name = bed.engine.view().task_name(task);
        bed.must("stopTask", json!({ "task": name }));
    }),
    ("targets draining", |bed, task| {
        (0..2).for_each(|group| target(bed, task, group, TargetState::Draining));
    }),
    ("one target unused", |bed, task| target(bed, task, 0, TargetState::Unused)),
];

fn target(bed: &mut Bed, task: TaskId, group: usize, state: TargetState) {
    bed.report(Report::Task(task, TaskChange::Target { group, state, failure: None }));
}

fn on_its_way_out(stages: usize) -> (Bed, TaskId) {
    let mut bed = Bed::profile_p();
    bed.instance("A", "a", 1024, 1024);
    let port = json!({ "containerPort": 80, "hostPort": 0 });
    let container = json!({ "name": "app", "image": "i", "memory": 64, "portMappings": [port] });
    bed.define_task(json!({ "family": "web", "containerDefinitions": [container] }));
    let group =
        |name: &str| json!({ "targetGroupArn": name, "containerName": "app", "containerPort": 80 });
    let balancers = json!({ "loadBalancers": [group("blue"), group("green")] });
    bed.create("web", 1, both(json!({ "taskDefinition": "web" }), balancers));
    bed.run_until(100).at(101);
    let task = bed.tasks_of("web")[0];
    (0..2).for_each(|group| target(&mut bed, task, group, TargetState::Healthy));
    STAGES.iter().take(stages).for_each(|(_, happen)| happen(&mut bed, task));
    (bed, task)
}

/// What the engine ordered since.
fn orders(bed: &Bed, since: usize, task: TaskId) -> String {
    let order = |output: &Output| match output {
        Output::Effect(Effect::StopTask(it)) if *it == task => Some("StopTask"),
        Output::Effect(Effect::DeregisterTargets(it)) if *it == task => Some("DeregisterTargets"),
        Output::Effect(_) | Output::Event(_) => None,
    };
    bed.outputs[since..].iter().filter_map(order).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_machine_of_a_task_with_targets() {
    let mut table = String::new();
    for (stages, (stage, _)) in (1..).zip(STAGES) {
        let (bed, task) = on_its_way_out(stages);
        let _ = writeln!(table, "{}, {stage}", state(&bed, task));
        for (signal, happen) in TASK_SIGNALS.iter().chain(TARGET_SIGNALS) {
            let (mut bed, task) = on_its_way_out(stages);
            let (before, since) = (state(&bed, task), bed.outputs.len());
            happen(&mut bed, task);
            let (after, orders) = (state(&bed, task), orders(&bed, since, task));
            if after != before || !orders.is_empty() {
                let line = format!("    {signal:<32}{after:<23}{orders}");
                let _ = writeln!(table, "{}", line.trim_end());
            }
        }
    }
    expect_file!["task-with-targets.txt"].assert_eq(&table);
}
