//! The machines of tasks and of container instances: every state by every signal, as tables
//! (01 sections 7 and 11.1). A state that stays as it is is not listed.
//!
//! The tables of rollouts, of stages and of the steps of CodeDeploy are written beside their pure
//! transitions; here every transition that they list is reached by an engine that runs.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
#[path = "../bed/mod.rs"]
mod bed;

mod code_deploy;
mod leaving;
mod listing;
mod rollout;
mod shift;

use std::fmt::Write as _;

use bed::Bed;
use expect_test::expect_file;
use serde_json::json;
use stowplan_engine::api::setup::GivenTask;
use stowplan_engine::api::{Answer, Report, Setup, TaskChange};
use stowplan_engine::model::{
    Attribute, ClusterId, DesiredStatus, InstanceId, InstanceStatus, LaunchType, Stop, StopCode,
    StopReason, TaskDefinitionId, TaskId, TaskStatus, Time,
};

/// What happens to a task.
const TASK_SIGNALS: &[(&str, fn(&mut Bed, TaskId))] = &[
    ("agent: PENDING", |bed, task| tell(bed, task, TaskStatus::Pending)),
    ("agent: ACTIVATING", |bed, task| tell(bed, task, TaskStatus::Activating)),
    ("agent: RUNNING", |bed, task| tell(bed, task, TaskStatus::Running)),
    ("agent: STOPPING", |bed, task| tell(bed, task, TaskStatus::Stopping)),
    ("agent: DEPROVISIONING", |bed, task| tell(bed, task, TaskStatus::Deprovisioning)),
    ("agent: STOPPED", |bed, task| tell(bed, task, TaskStatus::Stopped)),
    ("agent lost", |bed, _| bed.report(Report::AgentConnection(A, false))),
    ("StopTask", |bed, task| {
        let name = bed.engine.view().task_name(task);
        let _ = bed.call("stopTask", json!({ "task": name }));
    }),
    ("instance drained", |bed, _| drain(bed, "DRAINING")),
    ("instance deregistered by force", |bed, _| deregister(bed, true)),
    ("instance stopped", |bed, _| {
        bed.report(Report::InstanceStopped(A, lost(StopReason::HostStopped(A))));
    }),
    ("instance terminated", |bed, _| bed.terminate(A)),
];

/// What happens to an instance.
const INSTANCE_SIGNALS: &[(&str, fn(&mut Bed))] = &[
    ("trunk made or removed", |bed| bed.report(Report::TrunkChanged(A, true))),
    ("no trunk", |bed| bed.report(Report::TrunkChanged(A, false))),
    ("set DRAINING", |bed| drain(bed, "DRAINING")),
    ("set ACTIVE", |bed| drain(bed, "ACTIVE")),
    ("deregister", |bed| deregister(bed, false)),
    ("deregister by force", |bed| deregister(bed, true)),
    ("agent lost", |bed| bed.report(Report::AgentConnection(A, false))),
    ("stopped", |bed| bed.report(Report::InstanceStopped(A, lost(StopReason::HostStopped(A))))),
    ("terminated", |bed| bed.terminate(A)),
    ("terminated without agent", |bed| {
        bed.report(Report::AgentConnection(A, false));
        bed.terminate(A);
    }),
];

const A: InstanceId = InstanceId::new(0);

fn lost(reason: StopReason) -> Stop {
    Stop { code: StopCode::TerminationNotice, reason }
}

fn tell(bed: &mut Bed, task: TaskId, status: TaskStatus) {
    bed.report(Report::Task(task, TaskChange::Status(status, None)));
}

fn drain(bed: &mut Bed, status: &str) {
    let input = json!({ "containerInstances": ["A"], "status": status });
    let _ = bed.call("updateContainerInstancesState", input);
}

fn deregister(bed: &mut Bed, force: bool) {
    let input = json!({ "containerInstance": "A", "force": force });
    let _ = bed.call("deregisterContainerInstance", input);
}

/// An instance in a state with a standalone task in a state.
fn with_task(last_status: TaskStatus, desired_status: DesiredStatus) -> (Bed, TaskId) {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 1024);
    bed.plain("job", 64, 64);
    let ran = last_status >= TaskStatus::Running;
    let given = GivenTask {
        cluster: ClusterId::new(0),
        name: None,
        definition: TaskDefinitionId::new(0),
        service: None,
        group: None,
        started_by: None,
        instance: Some(A),
        zone: None,
        subnet: None,
        provider: None,
        launch_type: LaunchType::Ec2,
        last_status,
        desired_status,
        health: None,
        created_at: Time(-1000),
        started_at: ran.then_some(Time(-500)),
        protected_until: None,
        overrides: None,
    };
    match bed.setup(Setup::Task(Box::new(given))) {
        Answer::Task(task) => (bed, task),
        other => panic!("a task answers with its id, not {other:?}"),
    }
}

fn state(bed: &Bed, task: TaskId) -> String {
    let row = bed.engine.view().task(task);
    format!("{}/{}", row.last_status, row.desired_status)
}

#[test]
fn the_task_machine() {
    let mut table = String::new();
    for &last_status in TaskStatus::ALL {
        for desired_status in [DesiredStatus::Running, DesiredStatus::Stopped] {
            let beyond = last_status > TaskStatus::Running;
            if beyond && desired_status == DesiredStatus::Running {
                continue;
            }
            let (bed, task) = with_task(last_status, desired_status);
            let _ = writeln!(table, "{}", state(&bed, task));
            for (signal, happen) in TASK_SIGNALS {
                let (mut bed, task) = with_task(last_status, desired_status);
                let before = state(&bed, task);
                happen(&mut bed, task);
                let after = state(&bed, task);
                assert!(bed.engine.view().task(task).last_status >= last_status, "never back");
                if after != before {
                    let _ = writeln!(table, "    {signal:<32}{after}");
                }
            }
        }
    }
    expect_file!["task.txt"].assert_eq(&table);
}

/// An instance in a state, with or without a task or a trunk; `None` where there is no such thing.
fn instance_in(status: InstanceStatus, load: &str) -> Option<Bed> {
    let mut bed = Bed::instant();
    let busy = load == "with a task";
    let at_first = if busy { InstanceStatus::Active } else { status };
    bed.instance_with("A", "a", 1024, 1024, |given| {
        given.status = at_first;
        if load == "with a trunk" {
            let name = "ecs.awsvpc-trunk-id".into();
            given.attributes.push(Attribute { name, value: Some("eni-1".into()) });
        }
    });
    if !busy {
        return Some(bed);
    }
    bed.plain("job", 64, 64);
    bed.run_one("job", json!({}));
    match status {
        InstanceStatus::Active => {}
        InstanceStatus::Draining => drain(&mut bed, "DRAINING"),
        // No task is placed there, and none is left there.
        InstanceStatus::Registering
        | InstanceStatus::RegistrationFailed
        | InstanceStatus::Deregistering
        | InstanceStatus::Inactive => return None,
    }
    Some(bed)
}

#[test]
fn the_container_instance_machine() {
    let mut table = String::new();
    for &status in InstanceStatus::ALL {
        let _ = writeln!(table, "{status}");
        for (signal, happen) in INSTANCE_SIGNALS {
            for load in ["empty", "with a task", "with a trunk"] {
                let Some(mut bed) = instance_in(status, load) else { continue };
                happen(&mut bed);
                let after = bed.engine.view().instance(A).status;
                if after != status {
                    let _ = writeln!(table, "    {signal:<26}{load:<14}{after}");
                }
            }
        }
    }
    expect_file!["container-instance.txt"].assert_eq(&table);
}
