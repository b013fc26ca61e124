//! Enumerations of the ECS API. [`Display`](std::fmt::Display) and [`FromStr`](std::str::FromStr)
//! speak Amazon's spelling.

use std::fmt;
use std::str::FromStr;

/// An enumeration by its spelling in the API.
macro_rules! spelled {
    ($(
        $(#[$meta:meta])*
        $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)* }
    )*) => {
        $(
            $(#[$meta])*
            #[derive(
                Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
                serde::Serialize, serde::Deserialize,
            )]
            pub enum $name {
                $($(#[$variant_meta])* #[serde(rename = $text)] $variant,)*
            }

            impl $name {
                /// Every value, in order.
                pub const ALL: &'static [Self] = &[$(Self::$variant),*];

                /// The spelling of the API.
                pub const fn as_str(self) -> &'static str {
                    match self {
                        $(Self::$variant => $text,)*
                    }
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(self.as_str())
                }
            }

            impl FromStr for $name {
                type Err = UnknownSpelling;

                fn from_str(text: &str) -> Result<Self, UnknownSpelling> {
                    match text {
                        $($text => Ok(Self::$variant),)*
                        _ => Err(UnknownSpelling),
                    }
                }
            }
        )*
    };
}

/// A text that is no value of the enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownSpelling;

spelled! {
    /// Status of a task, `lastStatus` (01 section 11.1). The order is total: a task may skip
    /// forward, never back.
    TaskStatus {
        /// Work before launch, or waiting for capacity.
        Provisioning = "PROVISIONING",
        /// The agent has it.
        Pending = "PENDING",
        /// Registrations after launch.
        Activating = "ACTIVATING",
        /// Every container runs, or is done.
        Running = "RUNNING",
        /// Target deregistration and its delay.
        Deactivating = "DEACTIVATING",
        /// Containers are being stopped.
        Stopping = "STOPPING",
        /// Network interface is being detached.
        Deprovisioning = "DEPROVISIONING",
        /// The end.
        Stopped = "STOPPED",
    }

    /// What the control plane wants of a task.
    DesiredStatus {
        /// To run.
        Running = "RUNNING",
        /// To stop.
        Stopped = "STOPPED",
    }

    /// Health of a container or a task (01 section 11.5).
    HealthStatus {
        /// Every check passes.
        Healthy = "HEALTHY",
        /// Not judged, or no check.
        Unknown = "UNKNOWN",
        /// A check fails.
        Unhealthy = "UNHEALTHY",
    }

    /// Status of a container instance (01 section 7.1).
    InstanceStatus {
        /// The trunk interface is being made.
        Registering = "REGISTERING",
        /// It could not be made.
        RegistrationFailed = "REGISTRATION_FAILED",
        /// Takes tasks.
        Active = "ACTIVE",
        /// Takes none, gives its own away.
        Draining = "DRAINING",
        /// The trunk interface is being removed.
        Deregistering = "DEREGISTERING",
        /// Deregistered.
        Inactive = "INACTIVE",
    }

    /// Status of a task definition revision (01 section 2.1).
    DefinitionStatus {
        /// May be used.
        Active = "ACTIVE",
        /// Serves only who has it already.
        Inactive = "INACTIVE",
        /// Goes when nobody refers to it.
        DeleteInProgress = "DELETE_IN_PROGRESS",
    }

    /// Network mode of a task definition (02 section 1).
    NetworkMode {
        /// Docker bridge; the default on Linux.
        Bridge = "bridge",
        /// The instance's own network.
        Host = "host",
        /// An own network interface.
        Awsvpc = "awsvpc",
        /// No network.
        None = "none",
        /// NAT on Windows.
        Default = "default",
    }

    /// What a task runs on.
    LaunchType {
        /// Container instances.
        Ec2 = "EC2",
        /// A microVM of its own.
        Fargate = "FARGATE",
        /// ECS Anywhere.
        External = "EXTERNAL",
        /// Instances run by ECS; output only.
        ManagedInstances = "MANAGED_INSTANCES",
    }

    /// How a service decides how many tasks to run.
    SchedulingStrategy {
        /// A desired count.
        Replica = "REPLICA",
        /// One on every eligible instance.
        Daemon = "DAEMON",
    }

    /// Who deploys a service.
    ControllerType {
        /// The service scheduler.
        Ecs = "ECS",
        /// CodeDeploy blue/green.
        CodeDeploy = "CODE_DEPLOY",
        /// Task sets by the caller.
        External = "EXTERNAL",
    }

    /// How the ECS controller deploys.
    DeploymentStrategy {
        /// Rolling update.
        Rolling = "ROLLING",
        /// Native blue/green.
        BlueGreen = "BLUE_GREEN",
        /// Native linear.
        Linear = "LINEAR",
        /// Native canary.
        Canary = "CANARY",
    }

    /// State of a CloudWatch alarm.
    AlarmState {
        /// Within its threshold.
        Ok = "OK",
        /// Beyond it.
        Alarm = "ALARM",
        /// Not known; no failure.
        InsufficientData = "INSUFFICIENT_DATA",
    }

    /// What happens to the old revision after an early success (03 section 13).
    SourceCleanup {
        /// It goes before the deployment is complete.
        Blocking = "BLOCKING",
        /// It goes afterwards.
        Deferred = "DEFERRED",
    }

    /// Stage of a deployment that shifts traffic (03 section 21.1).
    LifecycleStage {
        /// Back to one source revision.
        ReconcileService = "RECONCILE_SERVICE",
        /// Nothing of the new revision runs yet.
        PreScaleUp = "PRE_SCALE_UP",
        /// The new revision is started in full.
        ScaleUp = "SCALE_UP",
        /// It runs.
        PostScaleUp = "POST_SCALE_UP",
        /// Test traffic goes to it.
        TestTrafficShift = "TEST_TRAFFIC_SHIFT",
        /// Test traffic has gone to it.
        PostTestTrafficShift = "POST_TEST_TRAFFIC_SHIFT",
        /// Before each step of production traffic.
        PreProductionTrafficShift = "PRE_PRODUCTION_TRAFFIC_SHIFT",
        /// Production traffic goes to it.
        ProductionTrafficShift = "PRODUCTION_TRAFFIC_SHIFT",
        /// All of it has gone.
        PostProductionTrafficShift = "POST_PRODUCTION_TRAFFIC_SHIFT",
        /// Both revisions run, the new one is watched.
        BakeTime = "BAKE_TIME",
        /// The old revision is stopped.
        CleanUp = "CLEAN_UP",
    }

    /// What a lifecycle hook is.
    HookTarget {
        /// A function that is asked.
        Lambda = "AWS_LAMBDA",
        /// Somebody must say how it goes on.
        Pause = "PAUSE",
    }

    /// How the run of a lifecycle hook stands.
    HookStatus {
        /// A pause waits.
        AwaitingAction = "AWAITING_ACTION",
        /// A function works on it.
        InProgress = "IN_PROGRESS",
        /// It may go on.
        Succeeded = "SUCCEEDED",
        /// It must not.
        Failed = "FAILED",
        /// Nobody said anything in time.
        TimedOut = "TIMED_OUT",
    }

    /// What follows a pause.
    HookAction {
        /// The next stage.
        Continue = "CONTINUE",
        /// The way back.
        Rollback = "ROLLBACK",
    }

    /// Status of a service (03 section 1.3).
    ServiceStatus {
        /// In service.
        Active = "ACTIVE",
        /// Deleted, tasks still stop.
        Draining = "DRAINING",
        /// Gone.
        Inactive = "INACTIVE",
    }

    /// A deployment's place among its siblings.
    DeploymentStatus {
        /// The one that is wanted.
        Primary = "PRIMARY",
        /// Older, still listed.
        Active = "ACTIVE",
        /// A task set that is being deleted.
        Draining = "DRAINING",
        /// No longer listed.
        Inactive = "INACTIVE",
    }

    /// How far a deployment has come.
    RolloutState {
        /// Under way.
        InProgress = "IN_PROGRESS",
        /// Done.
        Completed = "COMPLETED",
        /// Given up.
        Failed = "FAILED",
    }

    /// Status of a service deployment record (03 section 10.3).
    ServiceDeploymentStatus {
        /// Not begun.
        Pending = "PENDING",
        /// Under way.
        InProgress = "IN_PROGRESS",
        /// Done.
        Successful = "SUCCESSFUL",
        /// Superseded, or failed without rollback.
        StopRequested = "STOP_REQUESTED",
        /// Ended so.
        Stopped = "STOPPED",
        /// Asked for by the user.
        RollbackRequested = "ROLLBACK_REQUESTED",
        /// Going back.
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        /// Gone back.
        RollbackSuccessful = "ROLLBACK_SUCCESSFUL",
        /// Could not go back.
        RollbackFailed = "ROLLBACK_FAILED",
    }

    /// Status of a deployment of CodeDeploy (03 section 20.4).
    CodeDeployStatus {
        /// Not begun.
        Created = "Created",
        /// Waits for another one; here a group has one at a time.
        Queued = "Queued",
        /// Under way.
        InProgress = "InProgress",
        /// Green has all traffic, and blue still runs.
        Baking = "Baking",
        /// Done.
        Succeeded = "Succeeded",
        /// Given up.
        Failed = "Failed",
        /// Ended by somebody, or by an alarm.
        Stopped = "Stopped",
        /// Green is ready: ContinueDeployment is waited for.
        Ready = "Ready",
    }

    /// A lifecycle event of a deployment of CodeDeploy, in order (03 section 20.2).
    LifecycleEvent {
        /// Before green is made.
        BeforeInstall = "BeforeInstall",
        /// Green starts.
        Install = "Install",
        /// Green runs.
        AfterInstall = "AfterInstall",
        /// Test traffic turns to green.
        AllowTestTraffic = "AllowTestTraffic",
        /// Green has test traffic.
        AfterAllowTestTraffic = "AfterAllowTestTraffic",
        /// Before production traffic shifts.
        BeforeAllowTraffic = "BeforeAllowTraffic",
        /// Production traffic shifts.
        AllowTraffic = "AllowTraffic",
        /// It has shifted.
        AfterAllowTraffic = "AfterAllowTraffic",
    }

    /// Why a task stopped, by kind (01 section 11.7).
    StopCode {
        /// It never ran.
        TaskFailedToStart = "TaskFailedToStart",
        /// An essential container exited.
        EssentialContainerExited = "EssentialContainerExited",
        /// StopTask, or forced deregistration.
        UserInitiated = "UserInitiated",
        /// The service scheduler.
        ServiceSchedulerInitiated = "ServiceSchedulerInitiated",
        /// Spot capacity was taken back.
        SpotInterruption = "SpotInterruption",
        /// The instance was terminated.
        TerminationNotice = "TerminationNotice",
        /// The infrastructure failed.
        InfrastructureHealth = "InfrastructureHealth",
    }

    /// Status of a capacity provider (04 section 1.2).
    ProviderStatus {
        /// May be used.
        Active = "ACTIVE",
        /// Deleted.
        Inactive = "INACTIVE",
    }

    /// State of a load balancer target (02 section 7.3).
    TargetState {
        /// Registered, not judged.
        Initial = "initial",
        /// Passes its checks.
        Healthy = "healthy",
        /// Fails them.
        Unhealthy = "unhealthy",
        /// Not used by the load balancer.
        Unused = "unused",
        /// Deregistered, connections may finish.
        Draining = "draining",
    }
}

impl TaskStatus {
    /// Gone in the sense of 03 section 4.1: the host's resources are free.
    pub fn is_gone(self) -> bool {
        self >= Self::Deprovisioning
    }
}

impl ServiceDeploymentStatus {
    /// Whether the service is still being deployed, or taken back.
    pub fn is_open(self) -> bool {
        match self {
            Self::Pending
            | Self::InProgress
            | Self::StopRequested
            | Self::RollbackRequested
            | Self::RollbackInProgress => true,
            Self::Successful | Self::Stopped | Self::RollbackSuccessful | Self::RollbackFailed => {
                false
            }
        }
    }
}
