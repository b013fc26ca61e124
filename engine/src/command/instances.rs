//! UpdateContainerInstancesState, DeregisterContainerInstance (01 sections 7.1 to 7.3).

use crate::api::answer::FailureSubject;
use crate::api::event::EventKind;
use crate::api::input::{DeregisterContainerInstance, UpdateContainerInstancesState};
use crate::api::{Answer, CommandError, Effect, Failure};
use crate::control::Control;
use crate::model::{InstanceId, InstanceStatus, Stop, StopCode, StopReason, TRUNK_ID};
use crate::store::last_segment;

const MOST_IN_A_CALL: usize = 10;

pub(super) fn update_state(
    control: &mut Control,
    input: &UpdateContainerInstancesState,
) -> Result<Answer, CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    if !(1..=MOST_IN_A_CALL).contains(&input.container_instances.len()) {
        return Err(CommandError::invalid("Between 1 and 10 container instances can be given."));
    }
    let wanted = match input.status.as_str() {
        "ACTIVE" => InstanceStatus::Active,
        "DRAINING" => InstanceStatus::Draining,
        other => {
            return Err(CommandError::invalid(format!(
                "Container instance status can be ACTIVE or DRAINING, not {other}."
            )));
        }
    };
    let (mut changed, mut failures) = (Vec::new(), Vec::new());
    for name in &input.container_instances {
        let Some(instance) = control.store.find_instance(cluster, name) else {
            let subject = FailureSubject::Named(last_segment(name).into());
            failures.push(Failure { subject, reason: "MISSING".into(), detail: None });
            continue;
        };
        match control.store.instances.get(instance).status {
            InstanceStatus::Active | InstanceStatus::Draining => {
                set_status(control, instance, wanted);
                changed.push(instance);
            }
            InstanceStatus::Registering
            | InstanceStatus::RegistrationFailed
            | InstanceStatus::Deregistering
            | InstanceStatus::Inactive => failures.push(Failure {
                subject: FailureSubject::Instance(instance),
                reason: "INACTIVE".into(),
                detail: None,
            }),
        }
    }
    control.call_concerns_cluster(cluster);
    Ok(Answer::Instances(changed, failures))
}

fn set_status(control: &mut Control, instance: InstanceId, status: InstanceStatus) {
    if control.store.instances.get(instance).status == status {
        return;
    }
    control.store.set_instance_status(instance, status);
    control.out.event(EventKind::InstanceStatus(instance, status));
    let cluster = control.store.instances.get(instance).cluster;
    if status == InstanceStatus::Active {
        control.room_changed(cluster);
    }
}

pub(super) fn deregister(
    control: &mut Control,
    input: &DeregisterContainerInstance,
) -> Result<Answer, CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    let instance = control
        .store
        .find_instance(cluster, &input.container_instance)
        .ok_or_else(|| CommandError::client("The referenced container instance was not found."))?;
    let row = control.store.instances.get(instance);
    let live = row.tasks.iter().any(|&task| control.store.task(task).is_live());
    if live && input.force != Some(true) {
        return Err(CommandError::invalid("Found running tasks on the instance."));
    }
    let stop = Stop { code: StopCode::UserInitiated, reason: StopReason::Deregistered };
    control.lose_tasks(instance, &stop);
    let row = control.store.instances.get(instance);
    let has_trunk = row.attributes.iter().any(|attribute| &*attribute.name == TRUNK_ID);
    let was_up = matches!(row.status, InstanceStatus::Active | InstanceStatus::Draining);
    if has_trunk && was_up {
        set_status(control, instance, InstanceStatus::Deregistering);
        control.out.effect(Effect::RemoveTrunk(instance));
    } else {
        set_status(control, instance, InstanceStatus::Inactive);
    }
    control.call_concerns_cluster(cluster);
    Ok(Answer::Instances(vec![instance], Vec::new()))
}
