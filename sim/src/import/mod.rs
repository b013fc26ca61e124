//! A real cluster as a scenario: the JSON of `aws ecs describe-*` and `list-*` in, a document out
//! whose time 0 equals the export.
//!
//! Text in, values out; who reads the files is the caller's business. Files may come in any number
//! of parts and under any names: what an answer is about is told by its content.
//!
//! ```
//! use stowplan_sim::import::{self, Options};
//!
//! let task_definition = br#"{ "taskDefinition": {
//!     "taskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:7",
//!     "family": "web", "revision": 7, "status": "ACTIVE",
//!     "containerDefinitions": [{ "name": "app", "image": "web", "memory": 512 }] } }"#;
//! let imported = import::read(&[("web-7.json", &task_definition[..])], &Options::default())?;
//! assert_eq!(imported.summary.task_definitions, 1);
//! assert!(imported.document.get("taskDefinitions").is_some());
//! # Ok::<(), import::ImportError>(())
//! ```
//!
//! | file | what it is about |
//! |---|---|
//! | `files`, `kind`, `at` | documents, what they are about, values that know their place |
//! | `export` | the parts of one cluster, each thing once |
//! | `cluster`, `groups`, `instances`, `subnets` | where things run |
//! | `definitions`, `services`, `task_sets`, `tasks` | what runs |
//! | `shapes` | which fields the calls of the API take |
//! | `totals` | whether the counts add up |
//! | `names` | names kept or made up |
//! | `clock` | the instant of the export |
//! | `note` | notes and errors |

mod arn;
mod at;
pub mod check;
mod clock;
mod cluster;
mod definitions;
mod discovery;
mod export;
mod fields;
mod files;
mod groups;
mod instances;
mod kind;
mod names;
mod note;
mod services;
mod shapes;
mod subnets;
mod task_sets;
mod tasks;
mod totals;

use std::fmt;

use crate::document::{Node, Timestamp};
use crate::scenario::Scenario;

use definitions::Definitions;
use export::Export;
use fields::{Fields, list, text};
use names::{ACCOUNT, Class, Names};
use note::Notes;

pub use note::{Concern, ImportError, Note};

/// What may be said about an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The instant of the export; the first full minute after its newest timestamp when absent.
    pub at: Option<Timestamp>,
    /// Name or ARN of the cluster, where the files speak of several.
    pub cluster: Option<String>,
    /// Replaces names, ids and accounts by made-up ones. The same export always yields the same.
    pub anonymize: bool,
}

/// An export as a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The scenario.
    pub document: Node,
    /// What a person should know, the worst first.
    pub notes: Vec<Note>,
    /// What was read.
    pub summary: Summary,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Always 1 so far.
    pub clusters: usize,
    /// Container instances.
    pub instances: usize,
    /// Services.
    pub services: usize,
    /// Tasks that are there at time 0.
    pub tasks: usize,
    /// Task definitions.
    pub task_definitions: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.clusters, "cluster"),
            (self.instances, "instance"),
            (self.services, "service"),
            (self.tasks, "task"),
            (self.task_definitions, "task definition"),
        ];
        for (index, (count, what)) in counts.into_iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let plural = if count == 1 { "" } else { "s" };
            write!(f, "{separator}{count} {what}{plural}")?;
        }
        Ok(())
    }
}

/// Hears how many bytes of all files were read.
pub type Watch<'w> = dyn FnMut(usize) + 'w;

/// Reads an export: files by name and content.
///
/// # Errors
///
/// If a file cannot be read, nothing of a cluster is in them, or they contradict themselves in
/// what cannot be left open: each with file, path, line and remedy.
pub fn read(files: &[(&str, &[u8])], options: &Options) -> Result<Imported, ImportError> {
    read_watched(files, options, &mut |_| {})
}

/// As [`read`]; says after each file how many bytes of all were read.
///
/// # Errors
///
/// As [`read`].
pub fn read_watched(
    files: &[(&str, &[u8])],
    options: &Options,
    watch: &mut Watch<'_>,
) -> Result<Imported, ImportError> {
    let mut notes = Notes::default();
    let documents = files::read(files, &mut notes, watch)?;
    let parts = files::parts(&documents, &mut notes)?;
    let start = start_of(&parts, options)?;
    let export = export::gather(parts, options.cluster.as_deref(), &mut notes)?;
    let names = if options.anonymize {
        let names = Names::noted();
        write(&export, start, &names, &mut Notes::default())?;
        names.made_up()
    } else {
        Names::Kept
    };
    let (document, summary) = write(&export, start, &names, &mut notes)?;
    if options.anonymize {
        let message = "names and values of custom attributes are kept, because placement rules \
                       refer to them: look through them before you share the scenario";
        notes.of_all(Concern::Assumed, message);
    }
    if let Err(error) = Scenario::from_node(document.clone()).and_then(|read| read.plan()) {
        let message = format!("the scenario does not run as it stands: {error}");
        notes.of_all(Concern::Contradiction, message);
    }
    Ok(Imported { document, notes: notes.finish(), summary })
}

/// The instant of the export; nothing in it may be later.
fn start_of(
    parts: &[(kind::Kind, at::At<'_>)],
    options: &Options,
) -> Result<Option<Timestamp>, ImportError> {
    let newest = clock::newest(parts)?;
    match (options.at, newest) {
        (Some(given), Some((newest, at))) if newest > given => Err(at
            .error(format!("{newest} is later than {given}, the instant to import at"))
            .remedy(format!(
                "Import at {} or later, or leave the instant out",
                clock::full_minute(newest)
            ))),
        (Some(given), _) => Ok(Some(given)),
        (None, newest) => Ok(newest.map(|(newest, _)| clock::full_minute(newest))),
    }
}

fn write(
    export: &Export<'_>,
    start: Option<Timestamp>,
    names: &Names,
    notes: &mut Notes,
) -> Result<(Node, Summary), ImportError> {
    let home = cluster::home(export, notes)?;
    cluster::check_home(export, &home, notes);
    let definitions = Definitions::read(export, names, notes)?;
    let services = services::read(export, &definitions, notes)?;
    let tasks = tasks::read(export, &definitions, &services, notes)?;
    let instances = instances::read(export, notes)?;
    totals::check(export, &instances, &services, &tasks, notes)?;
    if export.tasks.is_empty() {
        notes.of_all(Concern::Missing, "tasks: what runs where is only in describe-tasks");
    }
    let cluster = cluster::write(export, &home, &instances, &tasks, (names, &mut *notes))?;
    let mut service_nodes = Vec::new();
    for service in &services {
        let has_tasks = tasks.iter().any(|task| task.is_of(service));
        let has_no_tasks = !has_tasks && (!export.tasks.is_empty() || service.says_no_tasks()?);
        service_nodes.push(service.write(has_no_tasks, names, notes)?);
    }
    let mut task_nodes = Vec::new();
    for task in &tasks {
        let (_, definition) = definitions.named(&task.at, "taskDefinitionArn")?;
        let protections = &export.protections;
        task_nodes.push(task.write(&services, &instances, definition, protections, names)?);
    }
    let summary = Summary {
        clusters: 1,
        instances: instances.len(),
        services: services.len(),
        tasks: tasks.len(),
        task_definitions: definitions.len(),
    };
    let document = header(&home, start, names, &summary)
        .with("cluster", cluster)
        .with("taskDefinitions", definitions.node())
        .with("targetGroups", services::target_groups(&services, names, notes)?)
        .with("registries", discovery::registries(&services, names, notes)?)
        .with("services", list(service_nodes))
        .with("tasks", list(task_nodes));
    Ok((document.build(), summary))
}

fn header(
    home: &cluster::Home,
    start: Option<Timestamp>,
    names: &Names,
    summary: &Summary,
) -> Fields {
    let name = names.of(Class::Cluster, &home.name);
    let at = start.map(|start| format!(" at {start}")).unwrap_or_default();
    let mut fields = Fields::new()
        .with("version", 1)
        .with("name", text(&name))
        .with("description", text(format!("The cluster {name}{at}: {summary}.")))
        .maybe("startTime", start.map(|start| text(start.to_string())));
    let account = home.account.as_deref().filter(|_| !names.are_made_up()).unwrap_or(ACCOUNT);
    if account != ACCOUNT {
        fields.put("account", text(account));
    }
    fields.with("start", "steady")
}
