//! Why: the same pipeline, gates and arithmetic as the decisions themselves, with what each of them
//! saw. Data first; [`crate::View`] makes the sentences.
//!
//! [`crate::Engine::explain`] asks where a task would go now. A placement or a scale-in choice of
//! the past is explained as it is made again: [`crate::Engine::watch`] a task before the step that
//! makes or stops it, and take what was seen from [`crate::Engine::take_witnessed`]. A suggested
//! change is tried, without making it, by [`crate::Engine::try_change`] and
//! [`crate::Engine::watch_with`].

mod changes;
mod fargate;
mod never;
mod pipeline;
mod scale_in;
mod sentence;
mod sentence_fargate;
mod sentence_shift;
mod service;
mod split;
mod stop;
mod tried;

use std::sync::Arc;

use crate::api::input::RunTask;
use crate::model::{
    ClusterId, Demand, InstanceId, InstanceStatus, PlacementConstraint, PlacementStrategy,
    ProviderId, ServiceId, TaskDefinitionId, TaskId, ZoneId,
};

pub use fargate::{FargateField, FargateVerdict, FargateZone, Platform};
pub use never::{Beyond, Refusal};
pub use service::{Limits, Waiting};
pub use split::{Split, SplitItem};
pub use stop::StopWhy;
pub use tried::Tried;

pub(crate) use pipeline::of_order;
pub(crate) use scale_in::of_choice;
pub(crate) use service::waiting;
pub(crate) use stop::of_task;
pub(crate) use tried::of_change;

/// A placement to explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The next task of a service's PRIMARY deployment.
    NextTask(ServiceId),
    /// The first task of a call that nobody makes.
    RunTask(Box<RunTask>),
    /// A task that waits for an instance.
    Waiting(TaskId),
}

/// A placement, stage by stage (01 section 4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacementReport {
    /// Where it was looked for.
    pub cluster: ClusterId,
    /// The task's group; a task that nobody asks for may be the first of it.
    pub group: Box<str>,
    /// What it runs.
    pub definition: TaskDefinitionId,
    /// The provider that was chosen first (04 section 2.4).
    pub provider: Option<ProviderId>,
    /// How it was chosen, if there was a strategy to choose by and it is known.
    pub split: Option<Split>,
    /// What it reserves.
    pub demand: Arc<Demand>,
    /// The definition's constraints, then the call's or the service's.
    pub constraints: Arc<[PlacementConstraint]>,
    /// Strategies in force.
    pub strategy: Arc<[PlacementStrategy]>,
    /// Service Connect adds a proxy to the task, which its size has to hold (02 section 6).
    pub has_proxy: bool,
    /// On instances, or on Fargate.
    pub field: Field,
}

/// What there was to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// Container instances.
    Instances {
        /// Every instance of the cluster that is registered, by id.
        candidates: Vec<Candidate>,
        /// How many are left behind each stage: candidates, checks, then each strategy.
        left: Vec<u32>,
        /// How the last ones were told apart.
        tie: Tie,
        /// The instance nearest to taking the task when none does (01 section 4.7).
        closest: Option<InstanceId>,
        /// No registered instance of the cluster could hold the task, not even an empty one (01
        /// section 1.8).
        never: bool,
        /// What a reader has to know of them.
        notes: Vec<Note>,
        /// The smallest single changes with another answer.
        changes: Vec<Suggestion>,
    },
    /// Zones of the subnets (01 section 4.5).
    Fargate(FargateField),
}

/// One instance, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub instance: InstanceId,
    /// What became of it.
    pub verdict: Verdict,
    /// What each strategy that looked at it saw, in their order: tasks of its bucket, or what is
    /// left of a resource. The least wins.
    pub ranks: Vec<u32>,
}

/// What became of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The task goes there.
    Chosen,
    /// It is no candidate: not ACTIVE.
    NotActive(InstanceStatus),
    /// It is no candidate: of another capacity provider.
    OtherProvider,
    /// It is no candidate: in another zone than rebalancing asks for.
    OtherZone,
    /// It cannot take the task: not now, or never.
    Refused(Refusal),
    /// This strategy, by its position, prefers others.
    Outranked(usize),
    /// All strategies find it as good as the chosen one.
    LostTie,
}

/// Something about an instance that the sources disagree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The guide says that its type holds one awsvpc task, and its own table of limits, which is
    /// newer and is followed, says more (02 section 3.3).
    DisputedInterfaces {
        /// Which.
        instance: InstanceId,
        /// Task network interfaces that it is taken to hold.
        limit: u32,
    },
}

/// How instances were told apart that are equal by every strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// There was no choice left.
    None,
    /// By the lowest id (01 section 4.6).
    LowestId,
    /// Drawn.
    Drawn,
}

/// A change to the question alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another task size, MiB. One MiB nearer to what it is changes nothing.
    Memory(u32),
    /// Another task size, CPU units. One unit nearer to what it is changes nothing.
    Cpu(u32),
    /// Without one of the constraints, by its position.
    WithoutConstraint(usize),
    /// Without one of the strategies, by its position.
    WithoutStrategy(usize),
    /// One more instance like this one, empty.
    OneMoreLike(InstanceId),
    /// Fargate has capacity in this zone.
    CapacityIn(ZoneId),
    /// Without the subnets of this zone.
    WithoutZone(ZoneId),
    /// Another number of tasks of the group in this zone of Fargate. One task nearer to what it is
    /// changes nothing.
    TasksIn(ZoneId, u32),
    /// Another weight of an item of the capacity provider strategy, by its position. One nearer to
    /// what it is changes nothing.
    Weight(usize, u32),
    /// Another base of an item of the capacity provider strategy, by its position. One nearer to
    /// what it is changes nothing.
    Base(usize, u32),
}

/// A change, and the answer then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What is changed.
    pub change: Change,
    /// Where the task goes then.
    pub then: Outcome,
    /// The capacity provider that it goes by then, if by any.
    pub provider: Option<ProviderId>,
}

/// Where a task goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nowhere.
    Nowhere,
    /// To an instance.
    On(InstanceId),
    /// To the instance that there is one more of.
    OnTheNewOne,
    /// To a zone of Fargate.
    In(ZoneId),
}

/// Which task leaves, among those that could (01 section 9.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleInReport {
    /// The service.
    pub service: ServiceId,
    /// Strategies that are undone.
    pub strategy: Arc<[PlacementStrategy]>,
    /// Every task that could leave, in order of creation.
    pub candidates: Vec<Leaving>,
    /// The one that leaves.
    pub chosen: TaskId,
}

/// A task that could leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// Which.
    pub task: TaskId,
    /// The strategy, by its position, that would rather let another go; `None` for the chosen one
    /// and for those that only lost the tie, which falls to the newest.
    pub kept_by: Option<usize>,
}

/// What a watched step saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witnessed {
    /// The task was placed.
    Placement(Box<PlacementReport>),
    /// The task was chosen to leave.
    ScaleIn(Box<ScaleInReport>),
    /// Where the task would have been placed with the change that was to be tried.
    Tried(Box<Tried>),
}

/// Looks on while one task is placed or chosen. No part of the state.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    pub(crate) task: Option<TaskId>,
    /// What is to be tried on its placement.
    pub(crate) change: Option<Change>,
    /// How the capacity provider of the placement that comes next was chosen.
    pub(crate) split: Option<Split>,
    pub(crate) seen: Option<Witnessed>,
}

impl PlacementReport {
    /// Where the task goes.
    pub fn chosen(&self) -> Option<InstanceId> {
        match &self.field {
            Field::Instances { candidates, .. } => {
                let chosen = candidates.iter().find(|c| c.verdict == Verdict::Chosen);
                chosen.map(|candidate| candidate.instance)
            }
            Field::Fargate(_) => None,
        }
    }

    /// Whether no registered instance of the cluster could hold the task, not even an empty one
    /// (01 section 1.8).
    pub fn is_never(&self) -> bool {
        matches!(self.field, Field::Instances { never: true, .. })
    }

    /// The smallest single changes with another answer.
    pub fn changes(&self) -> &[Suggestion] {
        match &self.field {
            Field::Instances { changes, .. } => changes,
            Field::Fargate(field) => &field.changes,
        }
    }

    /// Where the task goes, on instances or on Fargate.
    pub fn outcome(&self) -> Outcome {
        match &self.field {
            Field::Instances { .. } => self.chosen().map_or(Outcome::Nowhere, Outcome::On),
            Field::Fargate(field) => {
                let chosen = field.iter().find(|zone| zone.verdict == FargateVerdict::Chosen);
                chosen.map_or(Outcome::Nowhere, |zone| Outcome::In(zone.zone))
            }
        }
    }
}
