//! Blue/green deployments by CodeDeploy: groups, deployments, and where one stands (03 section
//! 20).

use std::sync::Arc;

use crate::api::input::CreateDeploymentGroup;
use crate::model::{
    ClusterId, CodeDeployStatus, CodeDeploymentId, DeploymentId, HookStatus, Launch,
    LifecycleEvent, Reach, RolloutStrategy, ServiceId, Span, TaskDefinitionId, Time,
};

/// A deployment group: one service, its pair of target groups, and how it is deployed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeploymentGroup {
    /// Its name.
    pub name: Box<str>,
    /// Its application.
    pub application: Box<str>,
    /// The cluster of its service.
    pub cluster: ClusterId,
    /// Name of its service, which may be created later.
    pub service: Box<str>,
    /// Names of its two target groups: their roles swap at every deployment.
    pub pair: [Box<str>; 2],
    /// It has a test listener.
    pub has_test_listener: bool,
    /// How traffic shifts.
    pub config: DeploymentConfig,
    /// What happens once green is ready.
    pub ready: ReadyOption,
    /// What becomes of blue.
    pub termination: Termination,
    /// When a new deployment goes back.
    pub rollback: RollbackEvents,
    /// Alarms that stop a deployment.
    pub alarms: Box<[Box<str>]>,
    /// As it was created, for display.
    pub input: Arc<CreateDeploymentGroup>,
}

/// A deployment configuration (03 section 20.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeploymentConfig {
    /// `CodeDeployDefault.ECSAllAtOnce` and the like.
    pub name: Box<str>,
    /// All at once, linear or canary; never rolling.
    pub routing: RolloutStrategy,
}

/// `deploymentReadyOption` (03 section 20.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadyOption {
    /// Traffic shifts at once.
    Continue,
    /// It waits for ContinueDeployment so long; then the deployment is stopped.
    Wait(Span),
}

/// `terminateBlueInstancesOnDeploymentSuccess` (03 section 20.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Termination {
    /// Blue is deleted after a wait.
    After(Span),
    /// Blue stays until the next deployment.
    Keep,
}

/// `autoRollbackConfiguration` (03 section 20.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RollbackEvents {
    /// `DEPLOYMENT_FAILURE`
    pub on_failure: bool,
    /// `DEPLOYMENT_STOP_ON_ALARM`
    pub on_alarm: bool,
    /// `DEPLOYMENT_STOP_ON_REQUEST`
    pub on_request: bool,
}

/// A deployment of CodeDeploy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CodeDeployment {
    /// Its group.
    pub group: Box<str>,
    /// The service.
    pub service: ServiceId,
    /// `user` or `codeDeployRollback`.
    pub creator: Creator,
    /// For people.
    pub description: Option<Box<str>>,
    /// How traffic shifts.
    pub config: DeploymentConfig,
    /// What green is made of.
    pub revision: Revision,
    /// Functions by the event that they are asked at.
    pub hooks: Box<[(LifecycleEvent, Box<str>)]>,
    /// The PRIMARY task set when it was created.
    pub blue: DeploymentId,
    /// The replacement, once it is made.
    pub green: Option<DeploymentId>,
    /// When a new deployment goes back.
    pub rollback: RollbackEvents,
    /// Alarms that stop it.
    pub alarms: Box<[Box<str>]>,
    /// Where it stands.
    pub state: BlueGreenState,
    /// Since when it stands there.
    pub entered_at: Time,
    /// The event that it came to last.
    pub event: Option<LifecycleEvent>,
    /// The function that was asked at the event.
    pub execution: Option<Execution>,
    /// Somebody asked for something since the last pass.
    pub request: Option<Request>,
    /// The desired count changed then, and the sets are not steady again.
    pub scaled_at: Option<Time>,
    /// Why it failed or was stopped.
    pub error: Option<ErrorInformation>,
    /// The deployment that goes back from it.
    pub rolled_back_by: Option<CodeDeploymentId>,
    /// The deployment that it goes back from.
    pub triggered_by: Option<CodeDeploymentId>,
    /// When it was created.
    pub created_at: Time,
    /// Its first pass.
    pub started_at: Option<Time>,
    /// When it was over.
    pub completed_at: Option<Time>,
}

/// What a task set is made of: a task definition, and where it runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Revision {
    /// What it runs.
    pub definition: TaskDefinitionId,
    /// Where its tasks are launched.
    pub launch: Launch,
    /// Its network and how others find it.
    pub reach: Reach,
    /// Fargate platform version.
    pub platform_version: Option<Box<str>>,
    /// The container behind the load balancer, and its port.
    pub container: (Box<str>, i64),
}

/// Who made a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Creator {
    /// `user`
    User,
    /// `codeDeployRollback`
    Rollback,
}

impl Creator {
    /// The API's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Rollback => "codeDeployRollback",
        }
    }
}

/// The function behind an event was asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Execution {
    /// The function.
    pub function: Box<str>,
    /// What came of it.
    pub status: HookStatus,
}

/// What somebody asks of a deployment under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// StopDeployment.
    Stop {
        /// A new deployment goes back.
        rolls_back: bool,
    },
    /// ContinueDeployment.
    Continue,
}

/// `errorInformation`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ErrorInformation {
    /// `HOOK_EXECUTION_FAILURE` and the like.
    pub code: &'static str,
    /// What happened.
    pub message: Box<str>,
}

/// Where a deployment of CodeDeploy stands (03 section 20.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlueGreenState {
    /// Before its first pass.
    Created,
    /// On the way to green.
    Forward(GreenStep),
    /// On the way back to blue: the deployment was made for that.
    Back(BlueStep),
    /// Over.
    Over(BlueGreenEnd),
}

/// A step on the way to green.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GreenStep {
    /// Its hook runs; nothing is there to go back from.
    BeforeInstall,
    /// The green task set starts.
    Install,
    /// Its hook runs.
    AfterInstall,
    /// The test listener, if there is one, turns to green.
    AllowTestTraffic,
    /// Its hook runs.
    AfterAllowTestTraffic,
    /// READY_WAIT: ContinueDeployment is waited for.
    ReadyWait,
    /// Its hook runs.
    BeforeAllowTraffic,
    /// A step of production traffic, from 1.
    AllowTraffic {
        /// Which step.
        step: u32,
    },
    /// Its hook runs.
    AfterAllowTraffic,
    /// TERMINATION_WAIT: both sets run.
    TerminationWait,
    /// The blue task set stops.
    DeleteBlue,
}

/// A step on the way back to blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlueStep {
    /// Production and test traffic go back.
    AllowTraffic,
    /// The green task set stops.
    DeleteGreen,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlueGreenEnd {
    /// It did what it was made for.
    Succeeded,
    /// Something spoke against it.
    Failed,
    /// Somebody or an alarm stopped it.
    Stopped,
}

impl BlueGreenState {
    /// Whether nothing happens any more.
    pub fn is_over(self) -> bool {
        match self {
            Self::Created | Self::Forward(_) | Self::Back(_) => false,
            Self::Over(_) => true,
        }
    }

    /// `status` of the deployment.
    pub fn status(self) -> CodeDeployStatus {
        match self {
            Self::Created => CodeDeployStatus::Created,
            Self::Forward(step) => match step {
                GreenStep::ReadyWait => CodeDeployStatus::Ready,
                GreenStep::TerminationWait => CodeDeployStatus::Baking,
                GreenStep::BeforeInstall
                | GreenStep::Install
                | GreenStep::AfterInstall
                | GreenStep::AllowTestTraffic
                | GreenStep::AfterAllowTestTraffic
                | GreenStep::BeforeAllowTraffic
                | GreenStep::AllowTraffic { .. }
                | GreenStep::AfterAllowTraffic
                | GreenStep::DeleteBlue => CodeDeployStatus::InProgress,
            },
            Self::Back(BlueStep::AllowTraffic | BlueStep::DeleteGreen) => {
                CodeDeployStatus::InProgress
            }
            Self::Over(BlueGreenEnd::Succeeded) => CodeDeployStatus::Succeeded,
            Self::Over(BlueGreenEnd::Failed) => CodeDeployStatus::Failed,
            Self::Over(BlueGreenEnd::Stopped) => CodeDeployStatus::Stopped,
        }
    }
}

impl CodeDeployment {
    /// The function that is asked at an event.
    pub fn hook(&self, event: LifecycleEvent) -> Option<&str> {
        self.hooks.iter().find(|(of, _)| *of == event).map(|(_, function)| &**function)
    }
}
