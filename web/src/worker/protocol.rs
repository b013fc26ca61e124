//! What the page says to the engine and what the engine answers: the only boundary between them.
//!
//! Small things travel as plain objects. What grows with the cluster (the live part of instances,
//! and all tasks) travels as one transferred buffer, packed by [`super::pack`].

use serde::{Deserialize, Serialize};

/// A message from the page to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToEngine {
    /// Replace the scenario by this document (YAML or JSON) and stand at time 0.
    Load { text: String },
    /// Replace the scenario by what these files of `aws ecs describe-*` answers (or a scenario
    /// file) say; `anonymous`: under made-up names.
    Import { files: Vec<ImportFile>, anonymous: bool },
    /// Let time run.
    Play,
    /// Hold time.
    Pause,
    /// How fast time runs while it runs.
    Speed { speed: Speed },
    /// Go on, or back, by one of these.
    Step { by: StepBy, back: bool },
    /// Stand at this instant, in ms of simulated time.
    Seek { ms: u64 },
    /// Append a timeline entry (JSON, without `at`) at the current instant and run on from there.
    Edit { entry: String },
    /// Take the last edit back.
    Undo,
    /// Make the edit again that was taken back last.
    Redo,
    /// Say why this task stands where it stands.
    Why { key: u32 },
    /// Make the decision about this task once more with one of the changes of its [`Why`].
    Try { key: u32, change: u32 },
    /// Make that change part of the scenario, and stand at the decision.
    Apply { key: u32, change: u32 },
    /// Say what this timeline entry (JSON, without `at`) would bring about if it were made now. A
    /// newer question takes the place of one that is not answered yet.
    Foretell(Box<Ahead>),
    /// The last frame is on the screen: send the next when there is news.
    Shown,
}

/// A question about what is to come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ahead {
    /// The answer bears it, too.
    pub question: u32,
    pub entry: String,
    /// `maxSurge` and `maxUnavailable`, such as `25%`, where Kubernetes is to be compared.
    pub beside: Option<(String, String)>,
}

/// The answer to an [`Ahead`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Foretold {
    pub question: u32,
    /// When the entry would be made.
    pub at_ms: u64,
    /// Why the call would be refused; empty when it would not.
    pub refused: String,
    /// `None` when it starts no deployment.
    pub outlook: Option<Outlook>,
    /// What is left of deployments that are under way, in sentences: by their services.
    pub under_way: Vec<(String, String)>,
}

/// What a deployment will do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outlook {
    /// `ROLLING`, `BLUE_GREEN`, `LINEAR`, `CANARY` or `EXTERNAL`.
    pub strategy: String,
    pub desired: u32,
    pub floor: u32,
    pub ceiling: u32,
    pub waves: u32,
    pub peak: u32,
    /// MiB that its most tasks need beyond those that were there.
    pub extra_memory: u64,
    pub lowest: u32,
    /// `None` when it does not end, or nobody knows.
    pub duration_ms: Option<u64>,
    /// Until it is as it was, at the latest point; and of it, until the traffic is back.
    pub rollback_ms: Option<u64>,
    pub rollback_traffic_ms: Option<u64>,
    /// Why it does not get there; empty when it does.
    pub stuck: String,
    pub risks: Vec<String>,
    /// The whole in sentences.
    pub text: String,
    /// The rolling step of ECS and of Kubernetes.
    pub beside: Option<Beside>,
}

/// The same workload under both arithmetics.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// The amounts it holds for.
    pub amounts: (String, String),
    /// Why an amount cannot be read; all else is empty then.
    pub problem: String,
    pub floor: u32,
    pub ceiling: u32,
    pub waves: u32,
    pub peak: u32,
    pub lowest: u32,
    pub duration_ms: Option<u64>,
    pub ecs: Vec<Moment>,
    pub kubernetes: Vec<Moment>,
}

/// A moment of a rolling update at which something starts or stops.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// After the call.
    pub after_ms: u64,
    /// Tasks started and told to stop then.
    pub started: u32,
    pub stopped: u32,
    /// Old and new ones that are healthy behind it.
    pub old: u32,
    pub new: u32,
}

/// A file the user dropped, opened or pasted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportFile {
    pub name: String,
    pub text: String,
}

/// Simulated seconds a second of the clock on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Speed {
    Times(f64),
    /// As fast as it goes.
    Max,
}

impl Speed {
    /// The speeds on offer, slowest first.
    pub const OFFERED: [Self; 7] = [
        Self::Times(0.25),
        Self::Times(1.0),
        Self::Times(5.0),
        Self::Times(30.0),
        Self::Times(120.0),
        Self::Times(600.0),
        Self::Max,
    ];

    /// The word on the control.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::Times(times) if times < 1.0 => "0.25\u{d7}".to_owned(),
            Self::Times(times) => format!("{}\u{d7}", times as u32),
            Self::Max => "as fast as it goes".to_owned(),
        }
    }

    /// The word where there is little room.
    #[must_use]
    pub fn short_label(self) -> String {
        match self {
            Self::Times(_) => self.label(),
            Self::Max => "max".to_owned(),
        }
    }

    /// From this speed on, single motions are too many to follow and are left out.
    #[must_use]
    pub fn is_a_blur(self) -> bool {
        match self {
            Self::Times(times) => times >= 120.0,
            Self::Max => true,
        }
    }

    /// The neighbour in [`Self::OFFERED`], or the same at either end.
    #[must_use]
    pub fn neighbour(self, faster: bool) -> Self {
        let here = Self::OFFERED.iter().position(|s| *s == self).unwrap_or(3);
        let next = if faster { here + 1 } else { here.saturating_sub(1) };
        Self::OFFERED[next.min(Self::OFFERED.len() - 1)]
    }
}

/// What one step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepBy {
    /// To the next instant at which a task is placed, refused a place, or told to stop.
    Decision,
    /// To the next instant at which the log gains a line.
    Event,
    Second,
}

impl StepBy {
    pub const OFFERED: [Self; 3] = [Self::Decision, Self::Event, Self::Second];

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Event => "event",
            Self::Second => "1 s",
        }
    }
}

/// A message from the engine to the page. A variant with named fields weighs more in the page's
/// module than one without.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromEngine {
    /// So many bytes of the engine are here, of so many where that is known.
    Arriving { got: u64, whole: Option<u64> },
    /// The engine is up and takes orders.
    Ready,
    /// A scenario was taken; a [`Frame`] follows.
    Loaded(Box<Summary>),
    /// What there is at an instant. Its buffer follows beside it.
    Frame(Box<Frame>),
    /// The scenario after an edit, as JSON; how many edits can be taken back, and made again.
    Document(String, u32, u32),
    /// How a task came to stand where it stands, and what it waits for: of the task asked about
    /// last it is said again when it is no longer so.
    Why(Box<Why>),
    /// The scenario computes `${...}`, for which the full module is needed; nothing changed.
    Beyond,
    /// The decision as it would have been with that change.
    Tried(u32, Box<Why>),
    /// What an entry would bring about.
    Foretold(Box<Foretold>),
    /// Something was refused; nothing changed.
    Problem(String),
}

/// What a scenario is, as far as it does not change while it runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub name: String,
    pub description: String,
    pub until_ms: u64,
    /// Full names, in the order of the columns.
    pub zones: Vec<String>,
    /// The document as JSON.
    pub document: String,
    /// What the reader should know of an import: what was not kept, and why.
    pub notes: Vec<ImportNote>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportNote {
    /// `assumed`, `missing`, `left out`, `contradiction`.
    pub concern: String,
    pub text: String,
    /// The file, the place in it, and its line; empty for what concerns them all.
    pub place: String,
}

/// How a task came to stand where it stands: the decision, and every candidate with its reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The task.
    pub key: u32,
    /// When it was decided; `None`: not in this run, or not yet.
    pub at_ms: Option<u64>,
    pub sentence: String,
    /// How equals were told apart, and what else is to know; may be empty.
    pub remarks: String,
    pub stages: Vec<WhyStage>,
    /// What each strategy looked at, in their order.
    pub columns: Vec<String>,
    /// Those that came furthest first.
    pub rows: Vec<WhyRow>,
    /// The smallest single changes with another answer.
    pub changes: Vec<String>,
    /// What it waits for at this instant; empty when it runs, or is over.
    pub waits: String,
    /// Why it was told to stop; empty while nobody did.
    pub stopped: String,
    /// For a trial: what of the scenario would be edited to apply it, or why nothing can be.
    pub edit: String,
    /// It can be applied.
    pub applies: bool,
}

/// A stage of a decision, and how many candidates it left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyStage {
    pub name: String,
    pub left: u32,
}

/// A candidate of a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyRow {
    pub name: String,
    pub zone: String,
    /// What each strategy saw of it: the least wins. `None`: it did not come so far.
    pub ranks: Vec<Option<u32>>,
    pub verdict: String,
    pub chosen: bool,
    /// It could not have been chosen at all.
    pub refused: bool,
}

/// One instant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub now_ms: u64,
    /// How far the run has been computed.
    pub known_ms: u64,
    pub until_ms: u64,
    pub playing: bool,
    /// Nothing more can happen.
    pub finished: bool,
    /// The digest of the log so far, sixteen hex digits.
    pub digest: String,
    /// True when this frame does not follow from the one before: log and series start anew.
    pub fresh: bool,
    /// All instances ever, present when one was added: an instance keeps its index.
    pub hosts: Option<Vec<Host>>,
    /// All task definitions as `family:revision`, present when one was added.
    pub definitions: Option<Vec<Definition>>,
    /// Ids of tasks that were not in any frame before: `(key, id)`.
    pub names: Vec<(u32, String)>,
    pub services: Vec<Service>,
    pub waiting: Vec<Waiting>,
    /// Lines of the log since the frame before.
    pub log: Vec<LogLine>,
    /// Points of the services' counts since the frame before.
    pub series: Vec<SeriesPoint>,
    /// Stages, hooks and ends of deployments since the frame before.
    pub milestones: Vec<Milestone>,
    #[serde(skip)]
    pub host_states: Vec<HostState>,
    #[serde(skip)]
    pub tasks: Vec<Task>,
}

/// The part of an instance that stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    pub id: String,
    /// The EC2 type; empty when only cpu and memory were given.
    pub instance_type: String,
    /// Index into [`Summary::zones`].
    pub zone: u16,
    pub spot: bool,
    /// Its capacity provider or Auto Scaling group; empty when it has none.
    pub group: String,
    pub cpu: u32,
    pub memory: u32,
    /// Task network interfaces it can hold; `None`: endless.
    pub eni_limit: Option<u32>,
}

/// The part of an instance that changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HostState {
    pub status: HostStatus,
    pub agent_connected: bool,
    pub cpu_left: u32,
    pub memory_left: u32,
    pub eni_used: u32,
    /// When a noticed Spot instance goes, in ms.
    pub gone_at_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum HostStatus {
    #[default]
    Active,
    Draining,
    Registering,
    Deregistering,
    /// No longer registered.
    Gone,
}

impl HostStatus {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
            Self::Registering => "REGISTERING",
            Self::Deregistering => "DEREGISTERING",
            Self::Gone => "INACTIVE",
        }
    }
}

/// A task definition: `web:2` and what one task of it reserves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    pub family: String,
    pub revision: u32,
    pub cpu: u32,
    pub memory: u32,
}

/// One task that is not yet STOPPED.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// Never used twice in a run; grows in order of creation.
    pub key: u32,
    /// Index into [`Frame::services`]; `None`: a standalone task.
    pub service: Option<u16>,
    /// Index into the hosts; `None`: on Fargate, or waiting.
    pub host: Option<u32>,
    /// Index into the zones, where it is known.
    pub zone: Option<u16>,
    /// Index into the definitions.
    pub definition: u16,
    pub last_status: TaskStatus,
    pub desired_status: DesiredStatus,
    pub health: Health,
    pub protected: bool,
    pub fargate: bool,
    pub spot: bool,
    pub cpu: u32,
    pub memory: u32,
    /// Simulated ms; tasks given at time 0 are older than 0.
    pub created_ms: i64,
    pub started_ms: Option<i64>,
}

/// `lastStatus`, in order of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum TaskStatus {
    Provisioning,
    Pending,
    Activating,
    Running,
    Deactivating,
    Stopping,
    Deprovisioning,
    Stopped,
}

impl TaskStatus {
    pub const ALL: [Self; 8] = [
        Self::Provisioning,
        Self::Pending,
        Self::Activating,
        Self::Running,
        Self::Deactivating,
        Self::Stopping,
        Self::Deprovisioning,
        Self::Stopped,
    ];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Activating => "ACTIVATING",
            Self::Running => "RUNNING",
            Self::Deactivating => "DEACTIVATING",
            Self::Stopping => "STOPPING",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Stopped => "STOPPED",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum DesiredStatus {
    Pending,
    Running,
    Stopped,
}

impl DesiredStatus {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Stopped => "STOPPED",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Health {
    /// No check to ask.
    None,
    Unknown,
    Healthy,
    Unhealthy,
}

impl Health {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "no health check",
            Self::Unknown => "UNKNOWN",
            Self::Healthy => "HEALTHY",
            Self::Unhealthy => "UNHEALTHY",
        }
    }
}

/// A service at an instant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    pub name: String,
    pub desired: u32,
    pub running: u32,
    pub pending: u32,
    pub healthy: u32,
    /// The fewest that may be healthy, and the most that may be there, while it deploys.
    pub floor: u32,
    pub ceiling: u32,
    pub minimum_percent: u32,
    pub maximum_percent: u32,
    /// `spread attribute:ecs.availability-zone`, as the API writes them.
    pub strategy: Vec<Rule>,
    pub constraints: Vec<Rule>,
    pub deployments: Vec<Deployment>,
    pub rollout: Rollout,
    /// CodeDeploy's group that deploys it; empty when none does.
    pub deployment_group: String,
    /// `lifecycleStage` of its deployment under way; `None` unless it shifts traffic.
    pub stage: Option<String>,
    /// What it does or what it waits for, in one sentence.
    pub sentence: String,
}

/// How a new revision takes over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rollout {
    #[default]
    Rolling,
    BlueGreen,
    Linear,
    Canary,
    /// Somebody else decides, by the scale of task sets.
    External,
    /// CodeDeploy does, blue beside green.
    CodeDeploy,
}

impl Rollout {
    /// The strategies of the ECS controller.
    pub const OFFERED: [Self; 4] = [Self::Rolling, Self::BlueGreen, Self::Linear, Self::Canary];

    /// The word of the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Rolling => "ROLLING",
            Self::BlueGreen => "BLUE_GREEN",
            Self::Linear => "LINEAR",
            Self::Canary => "CANARY",
            Self::External => "EXTERNAL",
            Self::CodeDeploy => "CODE_DEPLOY",
        }
    }
}

/// Something that happened to a deployment that shifts traffic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    pub service: u16,
    pub at_ms: u64,
    pub what: Happening,
}

/// See [`Milestone`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happening {
    /// It entered a stage, on its way forward or back; `share`: what it has of the traffic then,
    /// if the stage gives it some, in thousandths of a percent.
    Stage { name: String, back: bool, share: Option<u32> },
    /// A hook of a stage stands so.
    Hook { name: String, stage: String, status: String },
    /// It ended with this status.
    Over(String),
}

/// A placement strategy (`spread`, field) or constraint (`memberOf`, expression).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub kind: String,
    pub field: String,
}

/// A deployment as DescribeServices shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    pub id: String,
    pub status: String,
    pub rollout_state: String,
    pub rollout_reason: String,
    pub definition: u16,
    pub desired: u32,
    pub running: u32,
    pub pending: u32,
    pub failed: u32,
    pub created_ms: i64,
}

/// Wanted tasks of one service that no instance can take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub service: Option<u16>,
    /// The service's name or the task's group.
    pub name: String,
    pub definition: u16,
    pub count: u32,
    pub since_ms: u64,
    /// `no instance has 3,840 MiB left in one place.`
    pub reason: String,
    /// `i-8 comes nearest, 480 MiB short.`; may be empty.
    pub nearest: String,
}

/// One line of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub at_ms: u64,
    pub service: Option<u16>,
    pub message: String,
    pub tone: Tone,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    #[default]
    Plain,
    /// Could not place, failed, refused.
    Bad,
    /// Something the timeline or the user did.
    Edit,
}

/// A service's counts from an instant on, until its next point.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesPoint {
    pub service: u16,
    pub at_ms: u64,
    /// Running tasks by definition, oldest definition first: `(definition, running)`.
    pub running: Vec<(u16, u32)>,
    pub floor: u32,
    pub ceiling: u32,
    /// What each definition has of production traffic, or of the desired count where task sets
    /// are scaled, in thousandths of a percent; empty where neither is.
    pub shares: Vec<(u16, u32)>,
    /// What each definition has of test traffic; empty where no listener has any.
    pub tests: Vec<(u16, u32)>,
}
