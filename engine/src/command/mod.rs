//! The calls: each is checked whole, then applied at once. A refused call changes nothing.

mod app_spec;
mod attachments;
mod attributes;
mod balancers;
mod capacity;
pub(crate) mod code_deploy;
mod definitions;
pub(crate) mod deployment_groups;
mod deployments;
mod instances;
mod migration;
mod protection;
mod rebalancing;
mod rollout;
pub(crate) mod service;
mod settings;
pub(crate) mod task_sets;
mod tasks;
mod update;

use crate::api::{Answer, Command, CommandError, Exception};
use crate::control::Control;
use crate::model::{ClusterId, ServiceId, TaskDefinitionId};
use crate::store::Store;

pub(crate) use capacity::has_trunking;
pub(crate) use tasks::first_order;

pub(crate) fn apply(control: &mut Control, command: Command) -> Result<Answer, CommandError> {
    match command {
        Command::RegisterTaskDefinition(input) => definitions::register(control, *input),
        Command::DeregisterTaskDefinition(input) => definitions::deregister(control, &input),
        Command::DeleteTaskDefinitions(input) => definitions::delete(control, &input),
        Command::RunTask(input) => tasks::run(control, *input),
        Command::StartTask(input) => tasks::start(control, *input),
        Command::StopTask(input) => tasks::stop(control, &input),
        Command::CreateService(input) => service::create(control, *input),
        Command::UpdateService(input) => update::update(control, *input),
        Command::DeleteService(input) => service::delete(control, &input),
        Command::StopServiceDeployment(input) => rollout::stop(control, &input),
        Command::ContinueServiceDeployment(input) => rollout::go_on(control, &input),
        Command::CreateTaskSet(input) => task_sets::create(control, *input),
        Command::UpdateTaskSet(input) => task_sets::update(control, &input),
        Command::DeleteTaskSet(input) => task_sets::delete(control, &input),
        Command::UpdateServicePrimaryTaskSet(input) => task_sets::set_primary(control, &input),
        Command::CreateDeploymentConfig(input) => deployment_groups::create_config(control, &input),
        Command::CreateDeployment(input) => code_deploy::create(control, *input),
        Command::StopDeployment(input) => code_deploy::stop(control, &input),
        Command::ContinueDeployment(input) => code_deploy::go_on(control, &input),
        Command::UpdateTaskProtection(input) => protection::update(control, &input),
        Command::GetTaskProtection(input) => protection::get(control, &input),
        Command::UpdateContainerInstancesState(input) => instances::update_state(control, &input),
        Command::DeregisterContainerInstance(input) => instances::deregister(control, &input),
        Command::PutAttributes(input) => attributes::put(control, &input),
        Command::DeleteAttributes(input) => attributes::delete(control, &input),
        Command::CreateCapacityProvider(input) => capacity::create(control, *input),
        Command::UpdateCapacityProvider(input) => capacity::update(control, *input),
        Command::DeleteCapacityProvider(input) => capacity::delete(control, &input),
        Command::PutClusterCapacityProviders(input) => capacity::associate(control, &input),
        Command::UpdateClusterSettings(input) => capacity::settings(control, *input),
        Command::PutAccountSetting(input) => capacity::account_setting(control, &input),
    }
}

impl Store {
    /// The cluster that a call names.
    pub(crate) fn named_cluster(&self, name: Option<&str>) -> Result<ClusterId, CommandError> {
        self.find_cluster(name).ok_or_else(|| {
            CommandError::new(Exception::ClusterNotFoundException, "Cluster not found.")
        })
    }

    /// The service that a call names.
    pub(crate) fn named_service(
        &self,
        cluster: ClusterId,
        name: &str,
    ) -> Result<ServiceId, CommandError> {
        self.find_service(cluster, name).ok_or_else(|| {
            CommandError::new(Exception::ServiceNotFoundException, "Service not found.")
        })
    }

    /// The task definition that a call wants to use anew (01 section 2.1).
    pub(crate) fn usable_definition(&self, name: &str) -> Result<TaskDefinitionId, CommandError> {
        let id = self
            .find_definition(name)
            .ok_or_else(|| CommandError::client("TaskDefinition not found."))?;
        match self.definition(id).status {
            crate::model::DefinitionStatus::Active => Ok(id),
            crate::model::DefinitionStatus::Inactive
            | crate::model::DefinitionStatus::DeleteInProgress => {
                Err(CommandError::client("TaskDefinition is inactive"))
            }
        }
    }
}
