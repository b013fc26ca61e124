//! StopServiceDeployment and ContinueServiceDeployment (03 section 10.5).

use crate::api::input::{ContinueServiceDeployment, StopServiceDeployment};
use crate::api::{Answer, CommandError, Exception};
use crate::command::settings::spelled;
use crate::control::Control;
use crate::model::{
    ControllerType, HookAction, HookStatus, ServiceDeploymentId, ServiceDeploymentStatus,
};
use crate::reconcile;
use crate::store::{Store, last_segment};

pub(super) fn stop(
    control: &mut Control,
    input: &StopServiceDeployment,
) -> Result<Answer, CommandError> {
    let record = named_record(control, &input.service_deployment_arn)?;
    let row = control.store.record(record);
    match input.stop_type.as_deref() {
        None | Some("ROLLBACK") => {}
        Some(other) => {
            return Err(CommandError::invalid(format!("The stop type {other} is not supported.")));
        }
    }
    let service = row.service;
    match row.status {
        ServiceDeploymentStatus::Pending | ServiceDeploymentStatus::InProgress => {
            control.set_record(record, ServiceDeploymentStatus::RollbackRequested);
        }
        ServiceDeploymentStatus::StopRequested
        | ServiceDeploymentStatus::RollbackRequested
        | ServiceDeploymentStatus::RollbackInProgress => {}
        ServiceDeploymentStatus::Successful
        | ServiceDeploymentStatus::Stopped
        | ServiceDeploymentStatus::RollbackSuccessful
        | ServiceDeploymentStatus::RollbackFailed => {
            return Err(CommandError::new(
                Exception::ConflictException,
                "The service deployment is already completed.",
            ));
        }
    }
    control.call_concerns(service);
    Ok(Answer::ServiceDeployment(record))
}

pub(super) fn go_on(
    control: &mut Control,
    input: &ContinueServiceDeployment,
) -> Result<Answer, CommandError> {
    let record = named_record(control, &input.service_deployment_arn)?;
    let action: HookAction = spelled("action", input.action.as_deref(), "CONTINUE")?;
    let row = control.store.record(record);
    let service = row.service;
    if row.status != ServiceDeploymentStatus::InProgress {
        return Err(CommandError::client("The service deployment is not in progress."));
    }
    let runs = row.shift.as_ref().map_or(&[][..], |shift| &shift.runs);
    let awaited = runs
        .iter()
        .position(|run| run.status == HookStatus::AwaitingAction && run.id() == input.hook_id);
    let run = awaited.and_then(|run| u32::try_from(run).ok()).ok_or_else(|| {
        CommandError::client(format!("The hook {} is not awaiting an action.", input.hook_id))
    })?;
    reconcile::hook_decided(control, record, run, action);
    control.call_concerns(service);
    Ok(Answer::ServiceDeployment(record))
}

fn named_record(control: &Control, arn: &str) -> Result<ServiceDeploymentId, CommandError> {
    let unsupported = || {
        CommandError::new(
            Exception::UnsupportedFeatureException,
            "The operation is supported only for services that use the ECS deployment controller.",
        )
    };
    if control.store.is_deployed_by_others(arn) {
        return Err(unsupported());
    }
    let record = control.store.find_record(arn).ok_or_else(|| {
        CommandError::new(
            Exception::ServiceDeploymentNotFoundException,
            "The specified service deployment was not found.",
        )
    })?;
    let service = control.store.record(record).service;
    if control.store.service(service).controller != ControllerType::Ecs {
        return Err(unsupported());
    }
    Ok(record)
}

impl Store {
    /// Whether an ARN of a service deployment, or a name, is of a service that another controller
    /// deploys: it has no service deployments.
    fn is_deployed_by_others(&self, name: &str) -> bool {
        let mut segments = name.rsplit('/');
        let last = segments.next().unwrap_or_default();
        let service = segments.next().unwrap_or(last);
        let mut named = self.services.iter().filter(|known| *known.name == *service).peekable();
        named.peek().is_some() && named.all(|known| known.controller != ControllerType::Ecs)
    }

    /// A service deployment by ARN, or the newest one of a service by its name.
    fn find_record(&self, name: &str) -> Option<ServiceDeploymentId> {
        let last = last_segment(name);
        let by_number = last.parse::<u32>().ok().and_then(|number| number.checked_sub(1));
        if let Some(index) = by_number.filter(|&index| (index as usize) < self.records.len())
            && last.len() == 22
        {
            return Some(ServiceDeploymentId::new(index));
        }
        let services = self.services.iter().rev();
        services.filter(|service| *service.name == *last).find_map(|s| s.records.last().copied())
    }
}
