//! Task definitions, services and tasks, as a scenario gives them.

use serde::Deserialize;
use stowplan_engine::api::input::{CreateService, RegisterTaskDefinition, TaskOverride};
use stowplan_engine::model::{DesiredStatus, HealthStatus, LaunchType, TaskStatus};

use super::{
    at::{At, Origin},
    exported::{self, ExportedDefinition, ExportedService, ExportedTask},
    fields::fields_of,
    scalar::When,
};
use crate::document::DocumentError;

/// One element of `taskDefinitions`.
#[derive(Clone, Debug)]
pub(super) struct GivenDefinition {
    pub(super) form: DefinitionForm,
    pub(super) origin: Origin,
}

#[derive(Clone, Debug)]
pub(super) enum DefinitionForm {
    Input(Box<RegisterTaskDefinition>),
    Exported(Box<ExportedDefinition>),
}

/// One element of `services`.
#[derive(Clone, Debug)]
pub(super) struct GivenService {
    pub(super) form: ServiceForm,
    pub(super) origin: Origin,
}

#[derive(Clone, Debug)]
pub(super) enum ServiceForm {
    Input(Box<CreateService>),
    Exported(Box<ExportedService>),
}

impl GivenService {
    pub(super) fn input(&self) -> &CreateService {
        match &self.form {
            ServiceForm::Input(input) => input,
            ServiceForm::Exported(exported) => &exported.input,
        }
    }
}

/// One element of `tasks`.
#[derive(Clone, Debug)]
pub(super) struct GivenTaskEntry {
    pub(super) form: TaskForm,
    pub(super) origin: Origin,
}

#[derive(Clone, Debug)]
pub(super) enum TaskForm {
    Short(Box<TaskKeys>),
    Exported(Box<ExportedTask>),
}

/// A given task in the format's own form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct TaskKeys {
    pub(super) id: Option<String>,
    pub(super) count: Option<u32>,
    pub(super) cluster: Option<String>,
    pub(super) task_definition: Option<String>,
    pub(super) service: Option<String>,
    pub(super) group: Option<String>,
    pub(super) instance: Option<String>,
    pub(super) capacity_provider: Option<String>,
    pub(super) launch_type: Option<LaunchType>,
    pub(super) availability_zone: Option<String>,
    pub(super) last_status: Option<TaskStatus>,
    pub(super) desired_status: Option<DesiredStatus>,
    pub(super) health_status: Option<HealthStatus>,
    pub(super) created_at: Option<When>,
    pub(super) started_at: Option<When>,
    /// The id of its deployment, or who started a standalone one.
    pub(super) started_by: Option<String>,
    pub(super) subnet: Option<String>,
    /// The address of its network interface in that subnet.
    pub(super) private_ip: Option<String>,
    pub(super) overrides: Option<TaskOverride>,
    pub(super) protected_until: Option<When>,
}

pub(super) fn definition(at: &At<'_>) -> Result<GivenDefinition, DocumentError> {
    at.map()?;
    // The answer of the call has the definition under a key, its tags beside it.
    let inner = at.get("taskDefinition").filter(|_| at.get("family").is_none());
    let at = inner.as_ref().unwrap_or(at);
    at.map()?;
    let is_answer = ["taskDefinitionArn", "revision"].iter().any(|key| at.get(key).is_some());
    let form = if is_answer {
        DefinitionForm::Exported(Box::new(exported::definition(at)?))
    } else {
        at.decode::<RegisterTaskDefinition>()?;
        at.required("family")?;
        DefinitionForm::Input(Box::new(at.decode()?))
    };
    Ok(GivenDefinition { form, origin: at.origin.clone() })
}

pub(super) fn service(at: &At<'_>) -> Result<GivenService, DocumentError> {
    at.map()?;
    super::unbuilt::refuse_members(at, super::unbuilt::Part::Service)?;
    let is_answer =
        ["serviceArn", "deployments", "taskSets"].iter().any(|key| at.get(key).is_some());
    let form = if is_answer {
        ServiceForm::Exported(Box::new(exported::service(at)?))
    } else {
        let input: CreateService = at.decode()?;
        ServiceForm::Input(Box::new(input))
    };
    at.required("serviceName")?;
    Ok(GivenService { form, origin: at.origin.clone() })
}

pub(super) fn task(at: &At<'_>) -> Result<GivenTaskEntry, DocumentError> {
    at.map()?;
    let form = if at.get("taskArn").is_some() {
        TaskForm::Exported(Box::new(exported::task(at)?))
    } else {
        at.map_of(fields_of::<TaskKeys>(), super::unbuilt::Part::Complete)?;
        TaskForm::Short(Box::new(at.decode()?))
    };
    Ok(GivenTaskEntry { form, origin: at.origin.clone() })
}
