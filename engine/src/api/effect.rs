//! What the driver must carry out.

use crate::model::{
    CodeDeploymentId, InstanceId, LifecycleEvent, ScalingGroupId, ServiceDeploymentId, TaskId,
};

/// An order of the control plane. Who carries it out reads what it needs from the view and answers
/// with reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Launch the task where the view says it is placed.
    StartTask(TaskId),
    /// Signal the task's containers, in order, and take it to STOPPED.
    StopTask(TaskId),
    /// Take the task's targets out of their groups; `unused` is reported after the delay.
    DeregisterTargets(TaskId),
    /// Take the task out of its Cloud Map services at once: before its containers are signalled
    /// (02 section 5.2).
    DeregisterInstance(TaskId),
    /// Ask the function behind a run of a lifecycle hook; its answer is reported.
    AskHook {
        /// The service deployment.
        record: ServiceDeploymentId,
        /// Position of the run among those of the service deployment.
        run: u32,
    },
    /// Ask the function behind a lifecycle event of a deployment of CodeDeploy; its answer is
    /// reported.
    AskLifecycleEvent(CodeDeploymentId, LifecycleEvent),
    /// Launch the instance of this number of an Auto Scaling group; it registers when it is ready.
    LaunchInstance(ScalingGroupId, u32),
    /// Make the trunk interface of an instance that is REGISTERING (02 section 3.4).
    MakeTrunk(InstanceId),
    /// Remove the trunk interface of an instance that is DEREGISTERING.
    RemoveTrunk(InstanceId),
    /// End an instance that its Auto Scaling group lets go.
    TerminateInstance(InstanceId),
}
