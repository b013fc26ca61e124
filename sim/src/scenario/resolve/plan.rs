//! What a run consists of.

use stowplan_engine::Engine;
use stowplan_engine::api::{CommandError, EngineConfig, Input};
use stowplan_engine::model::{ClusterId, InstanceId, Registration, Time};

use crate::alarms::MetricAlarm;
use crate::document::{DocumentError, Raw};
use crate::scenario::{
    FailTask, InstanceAction, InstanceName, InterruptSpot, MustFail, PushImage, SetAlarm,
    SetCapacity, at::Source, expectation::Expectation,
};
use crate::world::{AgentConfig, SetBehavior, WorldConfig};

/// A run, ready to begin.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenario's name, with the variant's.
    pub title: String,
    /// Configuration of the engine.
    pub config: EngineConfig,
    /// Seed of engine and world.
    pub seed: u64,
    /// When the run ends.
    pub until: Time,
    /// What is there before the first instant, in order; see [`Self::engine`].
    pub setup: Vec<SetupStep>,
    /// Calls at time 0, before the timeline's: the services of an empty start. They must succeed.
    pub opening: Vec<SetupStep>,
    /// The machines behind the instances of the setup, each of them, in order of their ids.
    pub instances: Vec<PlannedInstance>,
    /// Configuration of the world.
    pub world: WorldConfig,
    /// Alarms on metrics, as listed.
    pub alarms: Vec<MetricAlarm>,
    /// What is done, in order of time and then as listed.
    pub timeline: Vec<TimelineEntry>,
    /// What must hold.
    pub expect: Vec<Expectation>,
}

impl Plan {
    /// An engine that is set up. What the setup said is drained: none of it happened in the run.
    ///
    /// # Errors
    ///
    /// What is given and the engine refuses, with its place in the document.
    pub fn engine(&self) -> Result<Engine, DocumentError> {
        let mut engine = Engine::new(self.config.clone(), self.seed)
            .map_err(|error| DocumentError::new(error.to_string()))?;
        for step in &self.setup {
            let answer = engine.step(Time::ZERO, step.input.clone());
            answer.map_err(|error| step.refused(&error))?;
            while engine.poll_output().is_some() {}
        }
        Ok(engine)
    }
}

/// One input of the setup, and what in the document it stands for.
#[derive(Clone, Debug)]
pub struct SetupStep {
    /// What the engine is given.
    pub input: Input,
    /// Where it stands.
    pub source: Source,
}

impl SetupStep {
    /// The error for a document whose given part the engine refuses.
    #[must_use]
    pub fn refused(&self, error: &CommandError) -> DocumentError {
        let remedy = "What is given must be valid; to see a refusal, make the call in `timeline`";
        self.source.error(error.to_string().trim_end_matches('.')).with_remedy(remedy)
    }
}

/// The machine behind an instance of the setup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedInstance {
    /// The instance.
    pub instance: InstanceId,
    /// What its agent is like.
    pub agent: AgentConfig,
}

/// One entry of the timeline.
#[derive(Clone, Debug)]
pub struct TimelineEntry {
    /// When.
    pub at: Time,
    /// `as`: under which name the answer is kept.
    pub keep_as: Option<String>,
    /// A refusal that is expected.
    pub must_fail: Option<MustFail>,
    /// Whether a refusal is as good as an answer.
    pub may_fail: bool,
    /// What is done.
    pub action: Action,
    /// Where the entry stands.
    pub source: Source,
}

/// What an entry of the timeline does. Texts in it may be or hold `${CEL}`.
#[derive(Clone, Debug)]
pub enum Action {
    /// A call of the ECS API: its name in `Command::ACTIONS`, and its input. Replace templates in
    /// the input, then read it with [`crate::scenario::command`].
    Api(&'static str, Raw),
    /// A call that only looks: its name, and its input.
    Query(&'static str, Raw),
    /// Something that happens to the world.
    World(WorldAction),
}

impl Action {
    /// The name as the document has it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Api(name, _) | Self::Query(name, _) => name,
            Self::World(action) => action.name(),
        }
    }
}

/// Something that happens to the world.
#[derive(Clone, Debug)]
pub enum WorldAction {
    /// Instances register.
    AddInstances {
        /// Where.
        cluster: ClusterId,
        /// Which.
        instances: Vec<AddedInstance>,
    },
    /// Something happens to one instance.
    Instance(InstanceAction, InstanceName),
    /// Spot wants capacity back.
    InterruptSpot(InterruptSpot),
    /// Fargate has room, or has none.
    SetCapacity(SetCapacity),
    /// The world answers otherwise from now on.
    SetBehavior(Box<SetBehavior>),
    /// A container ends.
    FailTask(FailTask),
    /// An image is pushed.
    PushImage(PushImage),
    /// An alarm changes its state.
    SetAlarm(SetAlarm),
}

impl WorldAction {
    fn name(&self) -> &'static str {
        match self {
            Self::AddInstances { .. } => "addInstances",
            Self::Instance(InstanceAction::Terminate, _) => "terminateInstance",
            Self::Instance(InstanceAction::Stop, _) => "stopInstance",
            Self::Instance(InstanceAction::DisconnectAgent, _) => "disconnectAgent",
            Self::Instance(InstanceAction::ReconnectAgent, _) => "reconnectAgent",
            Self::InterruptSpot(_) => "interruptSpot",
            Self::SetCapacity(_) => "setCapacity",
            Self::SetBehavior(_) => "setBehavior",
            Self::FailTask(_) => "failTask",
            Self::PushImage(_) => "pushImage",
            Self::SetAlarm(_) => "setAlarm",
        }
    }
}

/// An instance that registers in the course of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedInstance {
    /// What it registers.
    pub registration: Registration,
    /// What its agent is like.
    pub agent: AgentConfig,
}
