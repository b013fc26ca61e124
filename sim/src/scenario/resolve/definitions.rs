//! Task definitions and their revisions.

use stowplan_engine::api::{Input, Setup};
use stowplan_engine::definition;
use stowplan_engine::model::{DefinitionStatus, TaskDefinition, TaskDefinitionId, Time};

use super::{LONG_AGO, Resolved, SetupStep};
use crate::document::DocumentError;
use crate::scenario::{
    at::Origin,
    given::DefinitionForm,
    names::{nothing_called, short},
};

/// A revision.
pub(super) struct DefinitionPlan {
    pub(super) read: TaskDefinition,
    registered_at: Time,
    origin: Origin,
}

pub(super) fn resolve(resolved: &mut Resolved<'_>) -> Result<(), DocumentError> {
    let scenario = resolved.scenario;
    let config = &scenario.tunables.engine;
    for given in &scenario.definitions {
        let origin = given.origin.clone();
        let (read, registered_at) = match &given.form {
            DefinitionForm::Input(input) => {
                let of_family = |plan: &&DefinitionPlan| *plan.read.family == *input.family;
                let revisions = resolved.definitions.iter().filter(of_family);
                let revision = revisions.map(|plan| plan.read.revision).max().unwrap_or(0) + 1;
                (definition::define(*input.clone(), revision, LONG_AGO, config), LONG_AGO)
            }
            DefinitionForm::Exported(exported) => {
                let at = exported.registered_at.map_or(LONG_AGO, |at| scenario.time_of(at));
                (definition::adopt(exported.input.clone(), exported.revision, at, config), at)
            }
        };
        let mut read = read.map_err(|refusal| {
            let text = refusal.to_string();
            let error = resolved.error(&origin, text.trim_end_matches('.'));
            error.with_remedy("What is given must be valid; see 01 section 2.5")
        })?;
        if let DefinitionForm::Exported(exported) = &given.form {
            read.status = exported.status;
        }
        let taken = |plan: &DefinitionPlan| plan.read.label() == read.label();
        if resolved.definitions.iter().any(taken) {
            let message = format!("the task definition `{}` is given twice", read.label());
            return Err(resolved.error(&origin, message).with_remedy("Keep one of the two"));
        }
        resolved.definitions.push(DefinitionPlan { read, registered_at, origin });
    }
    Ok(())
}

pub(super) fn steps<'r>(resolved: &'r Resolved<'_>) -> impl Iterator<Item = SetupStep> + 'r {
    resolved.definitions.iter().map(|plan| {
        let setup = Setup::TaskDefinition {
            input: Box::new((*plan.read.input).clone()),
            revision: Some(plan.read.revision),
            status: plan.read.status,
            registered_at: plan.registered_at,
        };
        resolved.step(Input::Setup(setup), &plan.origin)
    })
}

/// The revision that a name stands for: the newest ACTIVE one of a bare family.
pub(super) fn find(resolved: &Resolved<'_>, name: &str) -> Option<TaskDefinitionId> {
    let name = short(name);
    let mut definitions = resolved.definitions.iter().enumerate();
    let found = match name.split_once(':') {
        Some(_) => definitions.find(|(_, p)| p.read.label() == name),
        None => definitions
            .filter(|(_, p)| *p.read.family == *name && p.read.status == DefinitionStatus::Active)
            .max_by_key(|(_, p)| p.read.revision),
    };
    found.map(|(index, _)| TaskDefinitionId::from_index(index))
}

/// As [`find`]; what stands for nothing is an error.
pub(super) fn named(
    resolved: &Resolved<'_>,
    name: &str,
    origin: &Origin,
) -> Result<TaskDefinitionId, DocumentError> {
    find(resolved, name).ok_or_else(|| {
        let labels: Vec<String> = resolved.definitions.iter().map(|p| p.read.label()).collect();
        let families = resolved.definitions.iter().map(|p| &*p.read.family);
        let name = short(name);
        let known: Vec<&str> = match name.contains(':') {
            true => labels.iter().map(String::as_str).collect(),
            false => families.collect::<std::collections::BTreeSet<_>>().into_iter().collect(),
        };
        resolved.at(origin, nothing_called("task definition", name, known))
    })
}
