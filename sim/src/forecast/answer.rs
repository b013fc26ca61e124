//! A forecast as it goes over a wire: what `stowplan run --json` prints and a page shows.

use serde::{Deserialize, Serialize};
use stowplan_engine::model::LifecycleEvent;

use super::rolling::{End, HookProblem, Limit};
use super::{Forecast, Risk};

/// A forecast, every number by name. Durations are seconds after `at`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForecastAnswer {
    /// When the call is made, s.
    pub at: f64,
    /// The service.
    pub service: String,
    /// What it is to run, `family:revision`.
    pub task_definition: String,
    /// `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`; by their controllers `CODE_DEPLOY`, and
    /// `EXTERNAL` for task sets.
    pub strategy: String,
    /// It had begun before.
    pub under_way: bool,
    /// Tasks that are wanted in the end.
    pub desired_count: u32,
    /// What must stay healthy.
    pub floor: u32,
    /// What may occupy at most.
    pub ceiling: u32,
    /// How many further tasks the cluster has room for; `null` when for all that are wanted.
    pub room: Option<u32>,
    /// Passes that start tasks.
    pub waves: u32,
    /// Most tasks at once.
    pub peak: u32,
    /// Tasks at the peak beyond those that were there.
    pub extra_tasks: u32,
    /// CPU units of those.
    pub extra_cpu: u64,
    /// MiB of those.
    pub extra_memory: u64,
    /// Fewest healthy tasks.
    pub lowest_healthy: u32,
    /// `completed`, `stuck`, `rolledBack`, `failed`, or `unknown` when no new task gets healthy.
    pub end: String,
    /// Until it is completed; `null` when it is not, or nobody knows.
    pub duration: Option<f64>,
    /// Until it is as it was, when it is rolled back by itself.
    pub rolled_back: Option<f64>,
    /// The way back from the point where it takes longest; `null` when there is none.
    pub rollback: Option<f64>,
    /// Of it, until no user meets the new revision any more.
    pub rollback_traffic: Option<f64>,
    /// From the decision to start a task until it is healthy.
    pub time_to_healthy: Option<f64>,
    /// From the decision to stop a task until it is gone.
    pub time_to_stop: Option<f64>,
    /// What keeps it from getting there: `percentages`, `room`, `failures`, `hook`, `stage`,
    /// `wait`, or `turnedBack` when it is on its way back already.
    pub stuck_on: Option<String>,
    /// The stage at which that happens.
    pub stuck_at: Option<String>,
    /// Its stages, when it shifts traffic.
    pub phases: Vec<PhaseAnswer>,
    /// What to know beforehand, a sentence each.
    pub risks: Vec<String>,
    /// All of it in sentences.
    pub text: String,
}

/// A visit to a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhaseAnswer {
    /// As `lifecycleStage` shows it.
    pub stage: String,
    /// On the way back to the old revision.
    pub back: bool,
    /// When it is entered.
    pub from: f64,
    /// When it is left.
    pub to: f64,
    /// Production traffic of the new revision, percent.
    pub production_weight: f64,
}

impl Forecast {
    /// The forecast as it goes over a wire.
    #[must_use]
    pub fn answer(&self) -> ForecastAnswer {
        let (floor, ceiling) = self.limits();
        let back = self.way_back();
        let limit = self.stuck_on();
        ForecastAnswer {
            at: self.at.0 as f64 / 1000.0,
            service: self.service.clone(),
            task_definition: self.definition.clone(),
            strategy: self.strategy().to_owned(),
            under_way: self.under_way,
            desired_count: self.desired,
            floor,
            ceiling,
            room: self.room(),
            waves: self.course.waves,
            peak: self.course.peak,
            extra_tasks: self.extra.tasks,
            extra_cpu: self.extra.cpu,
            extra_memory: self.extra.memory,
            lowest_healthy: self.course.lowest,
            end: self.end_name().to_owned(),
            duration: self.duration().map(seconds),
            rolled_back: match self.course.end {
                End::RolledBack { after, .. } => Some(seconds(after)),
                _ => None,
            },
            rollback: back.map(|back| seconds(back.whole)),
            rollback_traffic: back.map(|back| seconds(back.traffic)),
            time_to_healthy: self.pace.to_healthy.map(seconds),
            time_to_stop: self.pace.to_stop.map(seconds),
            stuck_on: limit.map(|limit| limit.name().to_owned()),
            stuck_at: limit.and_then(Limit::stage),
            phases: self.phase_answers(),
            risks: self.risks.iter().map(Risk::to_string).collect(),
            text: self.to_string(),
        }
    }

    fn end_name(&self) -> &'static str {
        match self.course.end {
            End::Completed(_) if self.duration().is_none() => "unknown",
            End::Completed(_) => "completed",
            End::Stuck(_) => "stuck",
            End::RolledBack { .. } => "rolledBack",
            End::Failed { .. } => "failed",
        }
    }

    fn phase_answers(&self) -> Vec<PhaseAnswer> {
        let phases = self.phases.iter().map(|phase| PhaseAnswer {
            stage: phase.stage.to_owned(),
            back: phase.back,
            from: seconds(phase.from),
            to: seconds(phase.to),
            production_weight: f64::from(phase.production.0) / 1000.0,
        });
        phases.collect()
    }
}

impl Limit {
    /// `percentages`, `room`, `failures`, `hook`, `stage`, `wait` or `turnedBack`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Percentages => "percentages",
            Self::Room => "room",
            Self::Hook(..) => "hook",
            Self::Stage(_) => "stage",
            Self::Event(LifecycleEvent::Install, _) => "stage",
            Self::Event(..) => "hook",
            Self::ReadyWait => "wait",
            Self::Failures(_) => "failures",
            Self::TurnedBack => "turnedBack",
        }
    }

    fn stage(self) -> Option<String> {
        match self {
            Self::Hook(
                _,
                stage,
                HookProblem::Fails | HookProblem::NoAnswer | HookProblem::TimesOut,
            )
            | Self::Stage(stage) => Some(stage.to_string()),
            Self::Event(event, _) => Some(event.to_string()),
            Self::ReadyWait => Some("READY_WAIT".to_owned()),
            Self::Percentages | Self::Room | Self::Failures(_) | Self::TurnedBack => None,
        }
    }
}

fn seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}
