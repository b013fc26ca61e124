//! The scenario format: reading it, and working out what a run of it consists of.
//!
//! [`Scenario::read`] takes a document apart and refuses what the format does not know;
//! [`Scenario::plan`] puts the parts together: it resolves every name, takes the defaults from the
//! specification, and refuses what does not fit. What is left is a [`Plan`]: the inputs that set
//! an engine and a world up, and what is done to them when.
//!
//! ```
//! use stowplan_sim::document::Limits;
//! use stowplan_sim::scenario::Scenario;
//!
//! let text = br#"{ "version": 1, "name": "one task",
//!   "cluster": { "instances": [ { "id": "A", "cpu": 1024, "memory": 2000 } ] },
//!   "taskDefinitions": [ { "family": "t",
//!     "containerDefinitions": [ { "name": "c", "image": "i", "memory": 100 } ] } ],
//!   "tasks": [ { "taskDefinition": "t", "instance": "B" } ] }"#;
//! let scenario = Scenario::read(text, &Limits::default())?;
//! assert_eq!(
//!     scenario.plan().unwrap_err().to_string(),
//!     "tasks[0].instance: there is no instance `B` (line 5, column 51). There are: A"
//! );
//! # Ok::<(), stowplan_sim::document::DocumentError>(())
//! ```

mod actions;
mod alarms;
mod at;
mod behavior;
mod cluster;
mod deployment_groups;
mod expectation;
mod exported;
mod fields;
mod functions;
mod given;
mod instance;
mod names;
mod resolve;
mod scalar;
#[cfg(all(test, feature = "yaml"))]
mod schema;
#[cfg(all(test, feature = "yaml"))]
mod tests;
mod timeline;
mod tunables;
mod unbuilt;

use serde::Deserialize;
use stowplan_engine::model::Time;

pub use actions::{
    FailTask, InstanceAction, InstanceName, InterruptSpot, PushImage, SetAlarm, SetCapacity,
};
pub use at::{Origin, Source};
pub use expectation::{Expectation, Quantifier};
pub use resolve::{
    Action, AddedInstance, Plan, PlannedInstance, SetupStep, TimelineEntry, WorldAction,
};
pub use timeline::{MustFail, command, has_template, query};

use crate::document::{
    self, DocumentError, Duration, Limits, Node, Timestamp, merge_patch, to_yaml,
};
use crate::world::{Behaviors, Functions, Image, Registry, TargetGroup};
use at::At;
use cluster::GivenCluster;
use given::{GivenDefinition, GivenService, GivenTaskEntry};
use timeline::GivenEntry;
use tunables::Tunables;
use unbuilt::Part;

/// Whether services are created when the run begins, or were long ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// They are created at time 0.
    #[default]
    Empty,
    /// They were created long ago, and their tasks run.
    Steady,
}

/// A scenario, or one of the variants of one.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Which variant of it this is.
    pub variant: Option<String>,
    /// What it shows.
    pub description: Option<String>,
    /// Seed of every random choice.
    pub seed: u64,
    /// The instant of the world at which simulated time 0 is.
    pub start_time: Timestamp,
    /// What was before time 0.
    pub start: Start,
    /// When the run ends.
    pub until: Time,
    /// What must hold.
    pub expect: Vec<Expectation>,
    /// Names of its variants, in the document's order.
    pub variants: Vec<String>,
    document: Node,
    tunables: Tunables,
    clusters: Vec<GivenCluster>,
    definitions: Vec<GivenDefinition>,
    services: Vec<GivenService>,
    tasks: Vec<GivenTaskEntry>,
    target_groups: Vec<(TargetGroup, Origin)>,
    registries: Vec<(Registry, Origin)>,
    alarms: Vec<alarms::GivenAlarm>,
    deployment_groups: Vec<deployment_groups::GivenDeploymentGroup>,
    functions: Functions,
    behavior: Behaviors,
    images: Option<Vec<Image>>,
    timeline: Vec<GivenEntry>,
}

/// Each is read as a whole scenario.
const MOST_VARIANTS: usize = 100;

/// More tasks, or entries of the timeline, are never meant.
const MOST_TASKS: usize = 100_000;

/// The keys at the top of a scenario.
const KEYS: &[&str] = &[
    "version",
    "name",
    "description",
    "seed",
    "startTime",
    "account",
    "start",
    "until",
    "cluster",
    "clusters",
    "taskDefinitions",
    "services",
    "tasks",
    "targetGroups",
    "registries",
    "alarms",
    "deploymentGroups",
    "lambdas",
    "images",
    "behavior",
    "tunables",
    "timeline",
    "expect",
    "variants",
];

impl Scenario {
    /// Reads a scenario from its text, YAML or JSON.
    ///
    /// # Errors
    ///
    /// The first thing in it that the format does not allow or that is not built yet, with its
    /// place and what to do about it. The variants are read too.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, DocumentError> {
        Self::from_node(document::parse(bytes, limits)?)
    }

    /// Reads a scenario from a tree.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn from_node(document: Node) -> Result<Self, DocumentError> {
        let scenario = Self::of(document, None)?;
        for name in &scenario.variants {
            scenario.variant(name)?;
        }
        Ok(scenario)
    }

    /// A variant: the document with the variant's patch, as a scenario of its own.
    ///
    /// # Errors
    ///
    /// As [`Self::read`], and if there is no such variant.
    pub fn variant(&self, name: &str) -> Result<Self, DocumentError> {
        let patches = self.document.get("variants").unwrap_or(&self.document);
        let Some(patch) = patches.get(name).filter(|_| self.variants.iter().any(|v| v == name))
        else {
            let known = self.variants.iter().map(String::as_str);
            return Err(names::nothing_called("variant", name, known));
        };
        let mut document = self.document.clone();
        document.remove("variants");
        merge_patch(&mut document, patch);
        Self::of(document, Some(name.to_owned())).map_err(|mut error| {
            error.message = format!("{}, in the variant `{name}`", error.message);
            error
        })
    }

    /// `name`, or `name/variant`.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{}/{variant}", self.name),
            None => self.name.clone(),
        }
    }

    /// The tree that it was read from; that of a variant holds its patch.
    #[must_use]
    pub fn document(&self) -> &Node {
        &self.document
    }

    /// The scenario as YAML. Reading it again yields the same scenario.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        to_yaml(&self.document)
    }

    /// Works out what a run consists of.
    ///
    /// # Errors
    ///
    /// The first thing that does not fit together, with its place and what to do about it.
    pub fn plan(&self) -> Result<Plan, DocumentError> {
        resolve::plan(self)
    }

    fn of(document: Node, variant: Option<String>) -> Result<Self, DocumentError> {
        let at = At::root(&document);
        check_version(&at)?;
        at.map_of(KEYS, Part::TopLevel)?;
        let variants = variant_names(&at, variant.is_some())?;
        let until: Option<Duration> = at.optional("until")?;
        let until = until.map_or(3_600_000, Duration::millis);
        let until = Time(i64::try_from(until).unwrap_or(i64::MAX));
        let start_time: Option<Timestamp> = at.optional("startTime")?;
        let mut tunables = match at.get("tunables") {
            Some(given) => tunables::read(&given)?,
            None => Tunables::default(),
        };
        if let Some(start_time) = start_time {
            tunables.engine.start_unix_ms = start_time.unix_millis();
        }
        if let Some(account) = at.get("account") {
            tunables.engine.account = account_id(&account)?;
        }
        let list = |name: &str| at.list(name);
        let tasks = at.get("tasks").map(|tasks| tasks.items_up_to(MOST_TASKS)).transpose()?;
        let tasks = tasks.unwrap_or_default();
        Ok(Self {
            name: at.required("name")?.decode()?,
            variant,
            description: at.optional("description")?,
            seed: at.optional("seed")?.unwrap_or(0),
            start_time: Timestamp::from_unix_millis(tunables.engine.start_unix_ms),
            start: at.optional("start")?.unwrap_or_default(),
            until,
            variants,
            clusters: clusters(&at)?,
            definitions: each(&list("taskDefinitions")?, given::definition)?,
            services: each(&list("services")?, given::service)?,
            tasks: each(&tasks, given::task)?,
            target_groups: each(&list("targetGroups")?, target_group)?,
            registries: each(&list("registries")?, registry)?,
            alarms: each(&list("alarms")?, alarms::read)?,
            deployment_groups: each(&list("deploymentGroups")?, deployment_groups::read)?,
            functions: at.get("lambdas").map_or(Ok(Functions::new()), |f| functions::read(&f))?,
            behavior: at.get("behavior").map_or(Ok(Behaviors::new()), |b| behavior::read(&b))?,
            images: at.optional("images")?,
            timeline: at.get("timeline").map_or(Ok(Vec::new()), |t| timeline::read(&t, until))?,
            expect: at.get("expect").map_or(Ok(Vec::new()), |e| expectation::read(&e, until))?,
            tunables,
            document: Node::default(),
        }
        .with_document(document))
    }

    fn with_document(mut self, document: Node) -> Self {
        self.document = document;
        self
    }

    /// The instant of the run that an instant of the world is.
    fn time_of(&self, instant: Timestamp) -> Time {
        Time(instant.unix_millis().saturating_sub(self.start_time.unix_millis()))
    }
}

fn each<'n, T>(
    items: &[At<'n>],
    read: fn(&At<'n>) -> Result<T, DocumentError>,
) -> Result<Vec<T>, DocumentError> {
    items.iter().map(read).collect()
}

fn check_version(at: &At<'_>) -> Result<(), DocumentError> {
    at.map()?;
    let Some(version) = at.get("version") else {
        let error = at.error("`version` is missing");
        return Err(error.with_remedy("Begin with `version: 1`"));
    };
    if version.decode::<u64>()? != 1 {
        let error = version.error("this version of the format is not known here");
        return Err(error.with_remedy("Write `version: 1`, or use a newer Stowplan"));
    }
    Ok(())
}

/// The account in ARNs: twelve digits.
fn account_id(at: &At<'_>) -> Result<Box<str>, DocumentError> {
    let id: String = at.decode()?;
    if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(id.into());
    }
    let error = at.error(format!("`{}` is no account id", document::excerpt(&id)));
    Err(error.with_remedy("Write twelve digits in quotes: \"123456789012\""))
}

fn variant_names(at: &At<'_>, is_variant: bool) -> Result<Vec<String>, DocumentError> {
    let Some(variants) = at.get("variants") else { return Ok(Vec::new()) };
    if is_variant {
        let error = variants.error("a variant has no variants");
        return Err(error.with_remedy("Give each variant its own entry at the top"));
    }
    let patches = variants.map()?;
    if patches.len() > MOST_VARIANTS {
        let message = format!("{} variants are over the maximum {MOST_VARIANTS}", patches.len());
        return Err(variants.error(message).with_remedy("Put some into a file of their own"));
    }
    for (_, patch) in variants.children() {
        patch.map()?;
    }
    Ok(patches.iter().map(|patch| patch.key.name.clone()).collect())
}

fn clusters(at: &At<'_>) -> Result<Vec<GivenCluster>, DocumentError> {
    match (at.get("cluster"), at.get("clusters")) {
        (Some(_), Some(clusters)) => {
            let error = clusters.error("both `cluster` and `clusters` are given");
            Err(error.with_remedy("Put all of them under `clusters`"))
        }
        (Some(one), None) => Ok(vec![cluster::read(&one)?]),
        (None, Some(several)) => {
            let read = each(&several.items()?, cluster::read)?;
            if read.is_empty() {
                let error = several.error("there is no cluster");
                return Err(error.with_remedy("Give one, or leave the key out"));
            }
            Ok(read)
        }
        (None, None) => Ok(vec![GivenCluster::default()]),
    }
}

fn target_group(at: &At<'_>) -> Result<(TargetGroup, Origin), DocumentError> {
    use crate::document::Decoder;
    let group: TargetGroup =
        Decoder::new(at.node).at(at.origin.path()).either_case(true).decode()?;
    if let Some((setting, problem)) = group.problem() {
        let given = at.get(setting).unwrap_or_else(|| at.clone());
        let error = given.error(format!("`{setting}` {problem}"));
        return Err(error.with_remedy("Leave it out for the default"));
    }
    Ok((group, at.origin.clone()))
}

fn registry(at: &At<'_>) -> Result<(Registry, Origin), DocumentError> {
    use crate::document::Decoder;
    let registry: Registry =
        Decoder::new(at.node).at(at.origin.path()).either_case(true).decode()?;
    if let Some((index, problem)) = registry.problem() {
        let records = at.list("dnsRecords").unwrap_or_default();
        let error = records.get(index).unwrap_or(at).error(problem);
        return Err(error.with_remedy("Change it, or leave it out"));
    }
    Ok((registry, at.origin.clone()))
}
