//! Refusals, by Amazon's exceptions (03 section 25).

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
    /// A bad value or combination.
    InvalidParameterException,
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
