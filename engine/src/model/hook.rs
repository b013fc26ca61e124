//! Lifecycle hooks of deployments and their runs (03 section 21.2).

use crate::model::{HookAction, HookStatus, HookTarget, LifecycleStage, Span, Time};

/// A hook, as a service is configured.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LifecycleHook {
    /// A function, or a pause.
    pub target: HookTarget,
    /// The function; empty for a pause.
    pub arn: Box<str>,
    /// Stages at which it runs.
    pub stages: Box<[LifecycleStage]>,
    /// How long a pause lasts at most, and what happens then.
    pub timeout: Span,
    /// What happens when a pause times out.
    pub on_timeout: HookAction,
}

/// One run of a hook at one stage.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HookRun {
    /// Position of the hook in the configuration of that time.
    pub hook: u32,
    /// Number of the pause, from 1, over all pauses of the run; 0 for a function.
    pub number: u32,
    /// A function, or a pause.
    pub target: HookTarget,
    /// The function; empty for a pause.
    pub arn: Box<str>,
    /// The stage.
    pub stage: LifecycleStage,
    /// How it stands.
    pub status: HookStatus,
    /// When it was begun.
    pub started_at: Time,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// When it times out.
    pub expires_at: Time,
    /// What happens then.
    pub on_timeout: HookAction,
    /// A function that said IN_PROGRESS is asked again then.
    pub ask_again_at: Option<Time>,
    /// When the function was last asked.
    pub asked_at: Time,
    /// Why it failed, beyond its status.
    pub problem: Option<Box<str>>,
}

impl HookRun {
    /// `hookId` of a pause (00 section 5).
    pub fn id(&self) -> String {
        format!("ecs-pause-{}", self.number)
    }

    /// Whether it is not over.
    pub fn is_open(&self) -> bool {
        match self.status {
            HookStatus::AwaitingAction | HookStatus::InProgress => true,
            HookStatus::Succeeded | HookStatus::Failed | HookStatus::TimedOut => false,
        }
    }
}

/// What a hook's function answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HookAnswer {
    /// `SUCCEEDED`
    Succeeded,
    /// `FAILED`
    Failed,
    /// `IN_PROGRESS`: it is to be asked again after a delay.
    InProgress {
        /// `callBackDelay`; 30 s when the function gives none.
        again_after: Span,
    },
    /// Anything else.
    Unreadable,
}
