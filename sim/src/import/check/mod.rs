//! Whether time 0 of an imported scenario equals the export: an engine is set up from the
//! scenario, asked the same questions, and its answers compared field by field.

mod compare;
mod not_kept;
mod table;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};
use stowplan_engine::View;
use stowplan_engine::model::Time;

use crate::document::{DocumentError, to_json};
use crate::import::at::At;
use crate::import::export::{self, Export, Things};
use crate::import::note::{ImportError, Notes};
use crate::import::{self, Imported, Options, Watch, files};
use crate::scenario::{Plan, Scenario};
use crate::view::describe::Query;
use crate::view::{Clock, Moment, Record, WorldFacts};
use crate::world::World;

pub use not_kept::{NotKept, Of, table};

/// What came of a check.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// Things whose answers were compared.
    pub things: usize,
    /// Values that are equal.
    pub equal: usize,
    /// Values that the scenario shows and on which the export is silent.
    pub unsaid: usize,
    /// What is not kept, and how often that was met.
    pub not_kept: Vec<(&'static NotKept, usize)>,
    /// What differs for no reason that is known.
    pub differences: Vec<Difference>,
}

/// A field whose value at time 0 is not that of the export.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What kind of thing it is of.
    pub of: Of,
    /// Its name or id.
    pub id: String,
    /// `containers[app].image`.
    pub path: String,
    /// What the export says; null for nothing.
    pub exported: Value,
    /// What the scenario says; null for nothing.
    pub imported: Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, id, path, exported, imported } = self;
        write!(f, "{} {id}: {path}: {exported} became {imported}", of.as_str())
    }
}

/// Why a check cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckError {
    /// The export cannot be read.
    Export(ImportError),
    /// The scenario cannot be run.
    Scenario(DocumentError),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Export(error) => error.fmt(f),
            Self::Scenario(error) => write!(f, "the scenario: {error}"),
        }
    }
}

impl std::error::Error for CheckError {}

impl From<ImportError> for CheckError {
    fn from(error: ImportError) -> Self {
        Self::Export(error)
    }
}

impl From<DocumentError> for CheckError {
    fn from(error: DocumentError) -> Self {
        Self::Scenario(error)
    }
}

/// Compares an export with time 0 of the scenario made of it, under the names of the export.
///
/// # Errors
///
/// If the export cannot be imported, or the scenario made of it does not run.
pub fn check(files: &[(&str, &[u8])], options: &Options) -> Result<Checked, CheckError> {
    check_watched(files, options, &mut |_| {})
}

/// As [`check`]; says after each file how many bytes of all were read.
///
/// # Errors
///
/// As [`check`].
pub fn check_watched(
    files: &[(&str, &[u8])],
    options: &Options,
    watch: &mut Watch<'_>,
) -> Result<Checked, CheckError> {
    let options = Options { anonymize: false, ..options.clone() };
    let imported = import::read(files, &options)?;
    let mut notes = Notes::default();
    let documents = files::read(files, &mut notes, watch)?;
    let parts = files::parts(&documents, &mut notes)?;
    let export = export::gather(parts, options.cluster.as_deref(), &mut notes)?;
    compare_all(&export, imported)
}

fn compare_all(export: &Export<'_>, imported: Imported) -> Result<Checked, CheckError> {
    let plan = Scenario::from_node(imported.document)?.plan()?;
    let engine = plan.engine()?;
    let world = world_of(&plan, engine.view());
    let facts = WorldFacts { world: &world };
    let record = Record::default();
    let moment = Moment {
        engine: engine.view(),
        world: &facts,
        record: &record,
        now: Time::ZERO,
        clock: Clock::Calendar,
    };
    let mut checked = Checked::default();
    let mut met: BTreeMap<usize, usize> = BTreeMap::new();
    for of in Of::ALL {
        for (id, exported, imported) in answers(of, export, &moment)? {
            checked.things += 1;
            let outcome = compare::compare(&exported, &imported);
            checked.equal += outcome.equal;
            for pair in outcome.pairs {
                match not_kept::position(of, &pair) {
                    None if pair.is_unsaid => checked.unsaid += 1,
                    Some(position) => *met.entry(position).or_default() += 1,
                    None => checked.differences.push(Difference {
                        of,
                        id: id.clone(),
                        path: pair.path,
                        exported: pair.exported,
                        imported: pair.imported,
                    }),
                }
            }
        }
    }
    let known = not_kept::all();
    checked.not_kept = met.into_iter().map(|(at, count)| (&known[at], count)).collect();
    Ok(checked)
}

/// The world at time 0, before anything happens in it.
fn world_of(plan: &Plan, view: View<'_>) -> World {
    let mut world = World::new(plan.world.clone(), plan.seed);
    for planned in &plan.instances {
        world.add_instance(planned.instance, planned.agent.clone(), view);
    }
    for task in view.tasks() {
        world.adopt_task(Time::ZERO, task.id, view);
    }
    world
}

/// What the export says of each thing of a kind, and what the engine answers.
fn answers(
    of: Of,
    export: &Export<'_>,
    moment: &Moment<'_>,
) -> Result<Vec<(String, Value, Value)>, CheckError> {
    let mut answers = Vec::new();
    for (id, exported) in exported(of, export)? {
        let (action, input, list) = question(of, &id);
        let query = Query::read(action, input);
        let query = query.expect("the read model answers these calls").expect("as it documents");
        let mut answer = query.answer(moment).unwrap_or_default();
        let mut imported = match list {
            Some(list) => answer
                .get_mut(list)
                .and_then(|found| found.get_mut(0))
                .map(Value::take)
                .unwrap_or_default(),
            None => answer,
        };
        not_kept::leave_out_own(of, &mut imported);
        answers.push((id, exported, imported));
    }
    Ok(answers)
}

/// The call that describes a thing, and the list of its answer.
fn question(of: Of, id: &str) -> (&'static str, Value, Option<&'static str>) {
    match of {
        Of::Cluster => ("describeClusters", json!({ "clusters": [id] }), Some("clusters")),
        Of::Instance => {
            let input = json!({ "containerInstances": [id] });
            ("describeContainerInstances", input, Some("containerInstances"))
        }
        Of::Service => ("describeServices", json!({ "services": [id] }), Some("services")),
        Of::Task => ("describeTasks", json!({ "tasks": [id] }), Some("tasks")),
        Of::Definition => ("describeTaskDefinition", json!({ "taskDefinition": id }), None),
        Of::Provider => {
            let input = json!({ "capacityProviders": [id] });
            ("describeCapacityProviders", input, Some("capacityProviders"))
        }
    }
}

/// The things of a kind that are there at time 0.
fn exported(of: Of, export: &Export<'_>) -> Result<Vec<(String, Value)>, ImportError> {
    let all = |things: &Things<'_>| -> Vec<(String, Value)> {
        things.iter().map(|(id, at)| (id.to_owned(), to_json(at.node()))).collect()
    };
    let up = |things: &Things<'_>, key: &str, statuses: &[&str]| {
        let mut there = Vec::new();
        for (id, at) in things.iter() {
            if at.text(key)?.is_none_or(|status| statuses.contains(&status)) {
                there.push((id.to_owned(), to_json(at.node())));
            }
        }
        Ok(there)
    };
    Ok(match of {
        Of::Cluster => {
            let one =
                |at: &At<'_>| Ok((at.required("clusterName")?.to_owned(), to_json(at.node())));
            export.cluster.iter().map(one).collect::<Result<_, ImportError>>()?
        }
        Of::Instance => up(&export.instances, "status", &["ACTIVE", "DRAINING"])?,
        Of::Service => up(&export.services, "status", &["ACTIVE"])?,
        Of::Task => {
            let mut tasks = all(&export.tasks);
            tasks.retain(|(_, task)| task["lastStatus"] != "STOPPED");
            tasks
        }
        Of::Definition => {
            let whole = |value: Value| match value.get("taskDefinition") {
                Some(_) => value,
                None => json!({ "taskDefinition": value }),
            };
            all(&export.definitions).into_iter().map(|(id, value)| (id, whole(value))).collect()
        }
        Of::Provider => all(&export.providers),
    })
}
