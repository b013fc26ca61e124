//! What a call answers.

use crate::model::{
    ClusterId, CodeDeploymentId, DeploymentId, InstanceId, ProviderId, ServiceDeploymentId,
    ServiceId, TaskDefinitionId, TaskId, Time,
};

/// The answer to an accepted input: ids of what it made or touched. The API-shaped answer is made
/// from the view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Nothing to say.
    #[default]
    None,
    /// A cluster.
    Cluster(ClusterId),
    /// A task definition.
    TaskDefinition(TaskDefinitionId),
    /// Task definitions accepted for deletion, and those that were not.
    TaskDefinitions(Vec<TaskDefinitionId>, Vec<Failure>),
    /// Tasks that were started, and failures.
    Tasks(Vec<TaskId>, Vec<Failure>),
    /// One task.
    Task(TaskId),
    /// A service.
    Service(ServiceId),
    /// A service of time 0 with its deployments, oldest first.
    GivenService(ServiceId, Vec<DeploymentId>),
    /// Container instances that changed, and failures.
    Instances(Vec<InstanceId>, Vec<Failure>),
    /// A capacity provider.
    Provider(ProviderId),
    /// A task set.
    TaskSet(DeploymentId),
    /// A service deployment.
    ServiceDeployment(ServiceDeploymentId),
    /// A deployment of CodeDeploy.
    CodeDeployment(CodeDeploymentId),
    /// Protected tasks with their expiry, and failures.
    Protection(Vec<(TaskId, Option<Time>)>, Vec<Failure>),
}

/// A `failures[]` entry: partial success is success (01 section 3.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Failure {
    /// What it is about, as an id or as it was asked for.
    pub subject: FailureSubject,
    /// `reason` (01 section 3.4).
    pub reason: Box<str>,
    /// `detail`.
    pub detail: Option<Box<str>>,
}

/// What a failure is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FailureSubject {
    /// A container instance.
    Instance(InstanceId),
    /// A task.
    Task(TaskId),
    /// Something by the name that was asked for.
    Named(Box<str>),
    /// Nothing in particular.
    Nothing,
}
