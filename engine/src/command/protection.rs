//! UpdateTaskProtection, GetTaskProtection (01 section 3.6, 03 section 16.2).

use crate::api::answer::FailureSubject;
use crate::api::input::{GetTaskProtection, UpdateTaskProtection};
use crate::api::{Answer, CommandError, Failure};
use crate::command::tasks;
use crate::control::Control;
use crate::model::{ClusterId, Span, TaskId, Time};
use crate::store::{Store, last_segment};

const DEFAULT_MINUTES: i64 = 120;

pub(super) fn update(
    control: &mut Control,
    input: &UpdateTaskProtection,
) -> Result<Answer, CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    if !(1..=10).contains(&input.tasks.len()) {
        return Err(CommandError::invalid("Between 1 and 10 tasks can be given."));
    }
    let minutes = input.expires_in_minutes.unwrap_or(DEFAULT_MINUTES);
    let minutes = u64::try_from(minutes)
        .ok()
        .filter(|minutes| (1..=2880).contains(minutes))
        .ok_or_else(|| CommandError::invalid("expiresInMinutes must be between 1 and 2880."))?;
    let until = input.protection_enabled.then(|| control.now + Span::from_mins(minutes));
    let (mut protected, mut failures) = (Vec::new(), Vec::new());
    for name in &input.tasks {
        match protectable(control, cluster, name) {
            Ok(task) => {
                control.store.task_mut(task).fate_mut().protected_until = until;
                if let Some(owner) = control.store.task(task).owner {
                    control.touch(owner.service);
                }
                protected.push((task, until));
            }
            Err(failure) => failures.push(failure),
        }
    }
    control.call_concerns_tasks(cluster);
    Ok(Answer::Protection(protected, failures))
}

pub(super) fn get(control: &Control, input: &GetTaskProtection) -> Result<Answer, CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    if input.tasks.len() > 100 {
        return Err(CommandError::invalid("At most 100 tasks can be given."));
    }
    let (mut protected, mut failures) = (Vec::new(), Vec::new());
    for name in &input.tasks {
        match protectable(control, cluster, name) {
            Ok(task) => protected.push((task, in_force(&control.store, task, control.now))),
            Err(failure) => failures.push(failure),
        }
    }
    Ok(Answer::Protection(protected, failures))
}

fn in_force(store: &Store, task: TaskId, now: Time) -> Option<Time> {
    store.task(task).protected_until().filter(|&until| now < until)
}

/// A live task of a service; the failure otherwise.
fn protectable(control: &Control, cluster: ClusterId, name: &str) -> Result<TaskId, Failure> {
    let failure = |subject, reason: &str| Failure { subject, reason: reason.into(), detail: None };
    let Some(task) = tasks::known(control, cluster, name) else {
        return Err(failure(FailureSubject::Named(last_segment(name).into()), "MISSING"));
    };
    let row = control.store.task(task);
    if row.owner.is_none() || !row.is_live() {
        return Err(failure(FailureSubject::Task(task), "TASK_NOT_VALID"));
    }
    Ok(task)
}
