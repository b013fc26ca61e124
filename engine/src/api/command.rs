//! What an operator asks: the calls of the ECS API, and of CodeDeploy's, that change something.

use super::input;

/// Declares the commands: one variant an API operation.
macro_rules! commands {
    ($($(#[$meta:meta])* $name:ident = $action:literal,)*) => {
        /// A call of the API. One that is refused changes nothing.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum Command {
            $($(#[$meta])* $name(Box<input::$name>),)*
        }

        impl Command {
            /// Names of all operations as the scenario format spells them.
            pub const ACTIONS: &'static [&'static str] = &[$($action),*];

            /// The operation's name, lowerCamelCase.
            pub const fn action(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $action,)*
                }
            }

            /// Reads the input of a named operation; `None` when there is no such operation.
            pub fn read<'de, D: serde::Deserializer<'de>>(
                action: &str,
                input: D,
            ) -> Option<Result<Self, D::Error>> {
                match action {
                    $($action => Some(
                        serde::Deserialize::deserialize(input).map(|i| Self::$name(Box::new(i))),
                    ),)*
                    _ => None,
                }
            }
        }
    };
}

commands! {
    /// RegisterTaskDefinition.
    RegisterTaskDefinition = "registerTaskDefinition",
    /// DeregisterTaskDefinition.
    DeregisterTaskDefinition = "deregisterTaskDefinition",
    /// DeleteTaskDefinitions.
    DeleteTaskDefinitions = "deleteTaskDefinitions",
    /// RunTask.
    RunTask = "runTask",
    /// StartTask.
    StartTask = "startTask",
    /// StopTask.
    StopTask = "stopTask",
    /// CreateService.
    CreateService = "createService",
    /// UpdateService.
    UpdateService = "updateService",
    /// DeleteService.
    DeleteService = "deleteService",
    /// StopServiceDeployment.
    StopServiceDeployment = "stopServiceDeployment",
    /// ContinueServiceDeployment.
    ContinueServiceDeployment = "continueServiceDeployment",
    /// CreateTaskSet.
    CreateTaskSet = "createTaskSet",
    /// UpdateTaskSet.
    UpdateTaskSet = "updateTaskSet",
    /// DeleteTaskSet.
    DeleteTaskSet = "deleteTaskSet",
    /// UpdateServicePrimaryTaskSet.
    UpdateServicePrimaryTaskSet = "updateServicePrimaryTaskSet",
    /// CodeDeploy's CreateDeploymentConfig.
    CreateDeploymentConfig = "createDeploymentConfig",
    /// CodeDeploy's CreateDeployment.
    CreateDeployment = "createDeployment",
    /// CodeDeploy's StopDeployment.
    StopDeployment = "stopDeployment",
    /// CodeDeploy's ContinueDeployment.
    ContinueDeployment = "continueDeployment",
    /// UpdateTaskProtection.
    UpdateTaskProtection = "updateTaskProtection",
    /// GetTaskProtection.
    GetTaskProtection = "getTaskProtection",
    /// UpdateContainerInstancesState.
    UpdateContainerInstancesState = "updateContainerInstancesState",
    /// DeregisterContainerInstance.
    DeregisterContainerInstance = "deregisterContainerInstance",
    /// PutAttributes.
    PutAttributes = "putAttributes",
    /// DeleteAttributes.
    DeleteAttributes = "deleteAttributes",
    /// CreateCapacityProvider.
    CreateCapacityProvider = "createCapacityProvider",
    /// UpdateCapacityProvider.
    UpdateCapacityProvider = "updateCapacityProvider",
    /// DeleteCapacityProvider.
    DeleteCapacityProvider = "deleteCapacityProvider",
    /// PutClusterCapacityProviders.
    PutClusterCapacityProviders = "putClusterCapacityProviders",
    /// UpdateClusterSettings.
    UpdateClusterSettings = "updateClusterSettings",
    /// PutAccountSetting.
    PutAccountSetting = "putAccountSetting",
}
