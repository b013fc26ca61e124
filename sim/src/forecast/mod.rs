//! What a deployment will do, said before it is done: how many tasks at most, how few healthy ones
//! at least, how long, and what could stop it for ever (03 sections 6, 9, 21, 22 and 23).
//!
//! The numbers follow from formulas, one file a strategy: [`rolling`], [`daemon`], [`shifting`]
//! with [`hooks`], [`code_deploy`], [`task_sets`]. What they need of the world, how long one task
//! takes and how many more fit, is measured on copies of the run ([`pace`]). A forecast assumes
//! that the new revision is sound, that its tasks take equal time, and that nothing else happens.
//!
//! A page that has not made a call yet asks [`Forecast::of_call`] with the UpdateService it would
//! make; [`Forecast::under_way`] tells of deployments that have begun. [`Forecast::answer`] is what
//! goes over a wire: every number by name, and the whole in sentences.

mod answer;
mod batch;
pub mod code_deploy;
pub mod daemon;
pub mod failing;
pub mod grid;
pub mod hooks;
pub mod kubernetes;
mod look;
mod look_code_deploy;
mod look_code_deploy_begun;
mod look_daemon;
mod look_failing;
mod look_failing_begun;
mod look_shift;
mod look_shift_begun;
mod look_task_sets;
mod moment;
pub mod pace;
pub mod rolling;
pub mod shifting;
pub mod task_sets;
mod text;

use stowplan_engine::api::Command;
use stowplan_engine::api::input::UpdateService;
use stowplan_engine::model::Time;

use crate::run::Simulation;
use crate::scenario::TimelineEntry;
use code_deploy::CodeDeploy;
use daemon::{Daemon, Stand};
use failing::Failing;
use pace::Pace;
use rolling::{Begun, Course, End, Limit, Rolling};
use shifting::{Phase, Shifting, WayBack};
use task_sets::TaskSets;

pub use answer::{ForecastAnswer, PhaseAnswer};
pub use moment::Moment;

/// What one deployment will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The service.
    pub service: String,
    /// What it is to run, `family:revision`.
    pub definition: String,
    /// When the call is made, or when an ongoing deployment is looked at.
    pub at: Time,
    /// Whether it has begun before.
    pub under_way: bool,
    /// Tasks that are wanted in the end.
    pub desired: u32,
    /// The numbers it goes by. Its durations are 0 where [`Pace`] does not know them.
    pub numbers: Numbers,
    /// What one task takes.
    pub pace: Pace,
    /// What comes of it; [`Self::duration`] says how long it takes, if that is known.
    pub course: Course,
    /// Its stages, when it shifts traffic; as far as the durations are known.
    pub phases: Vec<Phase>,
    /// What it goes by when its new tasks fail until a circuit breaker trips.
    pub failing: Option<Failing>,
    /// What its most tasks need beyond those that were there.
    pub extra: Extra,
    /// What users should know beforehand (03 section 23).
    pub risks: Vec<Risk>,
}

/// The numbers of a deployment, by the way in which it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Task by task.
    Rolling(Rolling, Option<Begun>),
    /// Task by task, one an instance.
    Daemon(Daemon),
    /// Beside the old revision, then traffic shifts.
    Shifting(Box<Shifting>, Shifts),
    /// The same by CodeDeploy.
    CodeDeploy(Box<CodeDeploy>),
    /// Somebody else decides how much runs.
    TaskSets(TaskSets),
}

/// In which way traffic shifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shifts {
    /// At once.
    BlueGreen,
    /// In equal steps.
    Linear,
    /// A little, then all.
    Canary,
}

/// Capacity that is needed on the way, beyond what was taken before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// Tasks.
    pub tasks: u32,
    /// CPU units of them.
    pub cpu: u64,
    /// MiB of them.
    pub memory: u64,
}

/// What users should know beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// `minimumHealthyPercent` is 0: all tasks may be gone at once.
    OutageCertain,
    /// So many tasks may be missing.
    ReducedCapacity(u32),
    /// Neither a health check nor a target group: a crash after the warm-up is promoted.
    Blind,
    /// So many fewer tasks than the surge may have get a place.
    SurgeCut(u32),
    /// So many tasks wait for instances that managed scaling launches: those take longer.
    WaitsForInstances(u32),
    /// There is no load balancer whose traffic could shift.
    NothingShifts,
}

impl Forecast {
    /// What an entry of the timeline would bring about if it were done now. Empty unless it starts
    /// a deployment.
    pub fn of_entry(before: &Simulation, now: Time, entry: &TimelineEntry) -> Vec<Self> {
        match before.command_of(now, entry) {
            Some(command) => Self::of_command(before, now, &command),
            None => Vec::new(),
        }
    }

    /// What a call would bring about if it were made now; the run stays as it is. Empty when the
    /// call would be refused, or starts no deployment.
    pub fn of_command(before: &Simulation, now: Time, command: &Command) -> Vec<Self> {
        match command {
            Command::UpdateService(call) => Self::of_call(before, now, call),
            Command::CreateDeployment(call) => look_code_deploy::at_create(before, now, call),
            Command::CreateTaskSet(_) | Command::UpdateTaskSet(_) | Command::DeleteTaskSet(_) => {
                look_task_sets::at_call(before, now, command)
            }
            _ => Vec::new(),
        }
    }

    /// What an UpdateService would bring about if it were made now; see [`Self::of_command`].
    pub fn of_call(before: &Simulation, now: Time, call: &UpdateService) -> Vec<Self> {
        look::at_update(before, now, call)
    }

    /// What is left of the deployments that are under way now, as in an imported cluster.
    pub fn under_way(simulation: &Simulation, now: Time) -> Vec<Self> {
        look::at_running(simulation, now)
    }

    /// `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`; by their controllers `CODE_DEPLOY`, and
    /// `EXTERNAL` for task sets.
    #[must_use]
    pub fn strategy(&self) -> &'static str {
        match &self.numbers {
            Numbers::Rolling(..) | Numbers::Daemon(_) => "ROLLING",
            Numbers::Shifting(_, Shifts::BlueGreen) => "BLUE_GREEN",
            Numbers::Shifting(_, Shifts::Linear) => "LINEAR",
            Numbers::Shifting(_, Shifts::Canary) => "CANARY",
            Numbers::CodeDeploy(_) => "CODE_DEPLOY",
            Numbers::TaskSets(_) => "EXTERNAL",
        }
    }

    /// What must stay healthy, and what may occupy at most.
    #[must_use]
    pub fn limits(&self) -> (u32, u32) {
        match &self.numbers {
            Numbers::Rolling(rolling, _) => (rolling.floor, rolling.ceiling),
            Numbers::Daemon(daemon) => (daemon.floor, daemon.desired()),
            Numbers::Shifting(shifting, _) => (shifting.desired, 2 * shifting.desired),
            Numbers::CodeDeploy(plan) => (plan.desired, 2 * plan.desired),
            Numbers::TaskSets(_) => (self.course.lowest, self.course.peak),
        }
    }

    /// How many further tasks the cluster has room for; `None` when for all that are wanted.
    #[must_use]
    pub fn room(&self) -> Option<u32> {
        match &self.numbers {
            Numbers::Rolling(rolling, _) => rolling.room,
            Numbers::Shifting(shifting, _) => shifting.room,
            Numbers::CodeDeploy(plan) => plan.room,
            Numbers::TaskSets(sets) => sets.room,
            Numbers::Daemon(_) => None,
        }
    }

    /// Whether the durations that it depends on are known.
    fn is_known(&self) -> bool {
        if matches!(self.stuck_on(), Some(Limit::Failures(_))) {
            return true;
        }
        let stops = match &self.numbers {
            Numbers::TaskSets(_) => true,
            Numbers::Rolling(_, Some(begun)) => begun.old > 0,
            Numbers::Daemon(daemon) if daemon.begun.is_some() => {
                daemon.slots.iter().any(|slot| slot.stand == Stand::Old)
            }
            _ => self.desired > 0,
        };
        (self.pace.to_healthy.is_some() || self.course.waves == 0)
            && (self.pace.to_stop.is_some() || !stops)
    }

    /// How long it takes, ms; `None` when it does not get there, or nobody knows.
    #[must_use]
    pub fn duration(&self) -> Option<u64> {
        match self.course.end {
            End::Completed(0) => Some(0),
            End::Completed(after) if self.is_known() => Some(after),
            _ => None,
        }
    }

    /// What keeps it from getting there, if anything does.
    #[must_use]
    pub fn stuck_on(&self) -> Option<Limit> {
        match self.course.end {
            End::Completed(_) => None,
            End::Stuck(limit) | End::RolledBack { limit, .. } | End::Failed { limit, .. } => {
                Some(limit)
            }
        }
    }

    /// What it takes to be back on the old revision from the point where that takes longest, while
    /// the deployment is under way (03 section 23). For a rolling one that is its end: traffic is
    /// back when the tasks are.
    #[must_use]
    pub fn way_back(&self) -> Option<WayBack> {
        match &self.numbers {
            Numbers::Rolling(..) => {
                let whole = self.rollback(self.desired)?;
                Some(WayBack { traffic: whole, whole })
            }
            Numbers::Daemon(_) => {
                let whole = self.duration()?;
                Some(WayBack { traffic: whole, whole })
            }
            Numbers::Shifting(shifting, _) if self.is_known() => shifting.way_back(),
            Numbers::CodeDeploy(plan) if self.is_known() => plan.way_back(),
            Numbers::Shifting(..) | Numbers::CodeDeploy(_) | Numbers::TaskSets(_) => None,
        }
    }

    /// How long it takes to be back on the old revision once `stopped` of its tasks were stopped,
    /// ms (03 section 23); `None` when nobody knows, or it is no rolling deployment.
    #[must_use]
    pub fn rollback(&self, stopped: u32) -> Option<u64> {
        let Numbers::Rolling(rolling, _) = &self.numbers else { return None };
        if stopped == 0 {
            return Some(0);
        }
        self.duration()?;
        let back = Rolling {
            desired: stopped,
            floor: stopped.saturating_sub(rolling.dip()),
            ceiling: stopped.saturating_add(rolling.surge()),
            bake: 0,
            early: None,
            ..*rolling
        };
        match back.course().end {
            End::Completed(after) => Some(after),
            _ => None,
        }
    }
}
