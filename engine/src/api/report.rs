//! What the world tells the control plane.

use crate::model::{
    AlarmState, ClusterId, CodeDeploymentId, HealthStatus, HookAnswer, InstanceId, LifecycleEvent,
    Registration, ServiceDeploymentId, Stop, TargetFailure, TargetState, TaskId, TaskStatus,
};

/// A fact about the world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Report {
    /// Something about a task.
    Task(TaskId, TaskChange),
    /// An instance registered; answers with its id.
    InstanceRegistered(ClusterId, Box<Registration>),
    /// Making or removing its trunk interface is over; whether it was done.
    TrunkChanged(InstanceId, bool),
    /// Its agent connected or disconnected.
    AgentConnection(InstanceId, bool),
    /// EC2 ended it. Registered with the agent connected, it is deregistered; its tasks stop with
    /// the given cause.
    InstanceTerminated(InstanceId, Stop),
    /// EC2 stopped it: it stays registered, its tasks stop with the given cause.
    InstanceStopped(InstanceId, Stop),
    /// A CloudWatch alarm changed its state.
    AlarmState(Box<str>, AlarmState),
    /// The function behind a run of a lifecycle hook answered.
    HookAnswer {
        /// The service deployment.
        record: ServiceDeploymentId,
        /// Position of the run among those of the service deployment.
        run: u32,
        /// What it said.
        answer: HookAnswer,
    },
    /// The function behind a lifecycle event of a deployment of CodeDeploy answered.
    LifecycleEventAnswer {
        /// The deployment.
        deployment: CodeDeploymentId,
        /// The event.
        event: LifecycleEvent,
        /// What it said.
        answer: HookAnswer,
    },
    /// Whether Fargate, or Fargate Spot, has capacity in a cluster's zone (all zones when absent).
    FargateCapacity {
        /// The cluster.
        cluster: ClusterId,
        /// Spot or not.
        spot: bool,
        /// Full name of a zone.
        zone: Option<Box<str>>,
        /// Whether tasks can be launched.
        available: bool,
    },
}

/// A fact about a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TaskChange {
    /// It reached a status. Towards the end the cause goes along; the first one stays.
    Status(TaskStatus, Option<Stop>),
    /// The aggregate health of its essential containers changed.
    Health(HealthStatus),
    /// The state of its target in the n-th load balancer of its service changed.
    Target {
        /// Position of the load balancer.
        group: usize,
        /// The state.
        state: TargetState,
        /// Why, when it is unhealthy.
        failure: Option<TargetFailure>,
    },
}
