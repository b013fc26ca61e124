//! Refusals, by Amazon's exceptions (03 section 25; CodeDeploy's by its API).

use std::borrow::Cow;
use std::fmt;

use crate::model::TaskId;

/// Declares the exceptions.
macro_rules! exceptions {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        /// The name of an exception.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Exception {
            $($(#[$meta])* $name,)*
        }

        impl Exception {
            /// All names, as the API spells them.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// The name as the API spells it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

exceptions! {
    /// The caller may not.
    AccessDeniedException,
    /// CodeDeploy: more than 10 alarms.
    AlarmsLimitExceededException,
    /// CodeDeploy: no such application.
    ApplicationDoesNotExistException,
    /// More than 10 custom attributes.
    AttributeLimitExceededException,
    /// Wrong state, or a bad task definition.
    ClientException,
    /// A managed instances provider still belongs to it.
    ClusterContainsCapacityProviderException,
    /// No such cluster.
    ClusterNotFoundException,
    /// The token was used with other parameters, or the state forbids it.
    ConflictException,
    /// A bad value in a call of Cloud Map.
    InvalidInput,
    /// CodeDeploy: the name of a configuration is taken.
    DeploymentConfigAlreadyExistsException,
    /// CodeDeploy: no such configuration.
    DeploymentConfigDoesNotExistException,
    /// CodeDeploy: no such deployment.
    DeploymentDoesNotExistException,
    /// CodeDeploy: nothing can be asked of it any more.
    DeploymentAlreadyCompletedException,
    /// CodeDeploy: no such group.
    DeploymentGroupDoesNotExistException,
    /// CodeDeploy: the name of a group is taken.
    DeploymentGroupAlreadyExistsException,
    /// CodeDeploy: it is not waiting.
    DeploymentIsNotInReadyStateException,
    /// CodeDeploy: the group's deployment is under way.
    DeploymentLimitExceededException,
    /// CodeDeploy: a bad event of a rollback.
    InvalidAutoRollbackConfigException,
    /// CodeDeploy: a bad wait or action.
    InvalidBlueGreenDeploymentConfigurationException,
    /// CodeDeploy: a platform other than ECS.
    InvalidComputePlatformException,
    /// CodeDeploy: the load balancer does not allow the configuration.
    InvalidDeploymentConfigNameException,
    /// CodeDeploy: services of ECS are deployed blue/green.
    InvalidDeploymentStyleException,
    /// CodeDeploy: neither READY_WAIT nor TERMINATION_WAIT.
    InvalidDeploymentWaitTypeException,
    /// CodeDeploy: the service cannot be deployed.
    InvalidECSServiceException,
    /// CodeDeploy: not one pair with a production listener.
    InvalidLoadBalancerInfoException,
    /// A bad value or combination.
    InvalidParameterException,
    /// CodeDeploy: the AppSpec, or what stands for it, cannot be carried out.
    InvalidRevisionException,
    /// CodeDeploy: not the service's target groups.
    InvalidTargetGroupPairException,
    /// CodeDeploy: a percentage or an interval out of range.
    InvalidTrafficRoutingConfigurationException,
    /// A quota.
    LimitExceededException,
    /// Cloud Map has no such namespace.
    NamespaceNotFound,
    /// Fargate platform and definition do not go together.
    PlatformTaskDefinitionIncompatibilityException,
    /// No such Fargate platform version.
    PlatformUnknownException,
    /// The thing is in use.
    ResourceInUseException,
    /// No such thing.
    ResourceNotFoundException,
    /// CodeDeploy: nothing says what to deploy.
    RevisionRequiredException,
    /// No such service deployment.
    ServiceDeploymentNotFoundException,
    /// The service was deleted.
    ServiceNotActiveException,
    /// Cloud Map has no such service.
    ServiceNotFound,
    /// No such service.
    ServiceNotFoundException,
    /// The attribute's target does not exist.
    TargetNotFoundException,
    /// No such task set.
    TaskSetNotFoundException,
    /// Not with this controller.
    UnsupportedFeatureException,
    /// An earlier change is still being applied.
    UpdateInProgressException,
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refusal. The state is as it was before the call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommandError {
    /// Which exception.
    pub exception: Exception,
    /// Its message.
    pub message: Cow<'static, str>,
    /// `resourceIds` of a ConflictException.
    pub tasks: Vec<TaskId>,
}

impl CommandError {
    /// A refusal with its message.
    pub fn new(exception: Exception, message: impl Into<Cow<'static, str>>) -> Self {
        Self { exception, message: message.into(), tasks: Vec::new() }
    }

    /// InvalidParameterException.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Exception::InvalidParameterException, message)
    }

    /// ClientException.
    pub fn client(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Exception::ClientException, message)
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.exception, self.message)
    }
}

impl std::error::Error for CommandError {}
