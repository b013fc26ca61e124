//! RegisterTaskDefinition, DeregisterTaskDefinition, DeleteTaskDefinitions (01 section 2.1).

use crate::api::answer::FailureSubject;
use crate::api::event::EventKind;
use crate::api::input::{DeleteTaskDefinitions, DeregisterTaskDefinition, RegisterTaskDefinition};
use crate::api::{Answer, CommandError, Failure};
use crate::control::Control;
use crate::definition;
use crate::model::{DefinitionStatus, TaskDefinition, TaskDefinitionId};
use crate::store::Store;

const MOST_DELETED: usize = 10;

pub(super) fn register(
    control: &mut Control,
    input: RegisterTaskDefinition,
) -> Result<Answer, CommandError> {
    let last = control.store.families.get(&*input.family).map_or(0, |family| family.last);
    let config = &control.store.config;
    if last >= config.quotas.revisions_per_family {
        return Err(CommandError::client("Too many revisions of the family."));
    }
    let row = definition::define(input, last + 1, control.now, config)?;
    let id = control.store.add_definition(row);
    control.out.event(EventKind::DefinitionRegistered(id));
    Ok(Answer::TaskDefinition(id))
}

pub(super) fn deregister(
    control: &mut Control,
    input: &DeregisterTaskDefinition,
) -> Result<Answer, CommandError> {
    let id = control
        .store
        .find_definition(&input.task_definition)
        .filter(|_| input.task_definition.contains(':'))
        .ok_or_else(|| CommandError::client("The specified task definition does not exist."))?;
    let now = control.now;
    let row = &mut control.store.definitions[id.index()];
    if row.status == DefinitionStatus::Active {
        row.status = DefinitionStatus::Inactive;
        row.deregistered_at = Some(now);
    }
    Ok(Answer::TaskDefinition(id))
}

pub(super) fn delete(
    control: &mut Control,
    input: &DeleteTaskDefinitions,
) -> Result<Answer, CommandError> {
    if !(1..=MOST_DELETED).contains(&input.task_definitions.len()) {
        return Err(CommandError::invalid("Between 1 and 10 task definitions can be deleted."));
    }
    let (mut deleted, mut failures) = (Vec::new(), Vec::new());
    for name in &input.task_definitions {
        match deletable(&control.store, name) {
            Ok(id) => {
                control.store.delete_definition(id);
                deleted.push(id);
            }
            Err(reason) => failures.push(Failure {
                subject: FailureSubject::Named(name.as_str().into()),
                reason: reason.into(),
                detail: None,
            }),
        }
    }
    Ok(Answer::TaskDefinitions(deleted, failures))
}

fn deletable(store: &Store, name: &str) -> Result<TaskDefinitionId, &'static str> {
    let id = store.find_definition(name).filter(|_| name.contains(':')).ok_or(
        "The specified task definition does not exist. Specify a valid account, family, revision \
         and try again.",
    )?;
    match store.definition(id).status {
        DefinitionStatus::Active => {
            Err("The specified task definition is still in ACTIVE status. Please deregister the \
             target and try again.")
        }
        DefinitionStatus::Inactive | DefinitionStatus::DeleteInProgress => Ok(id),
    }
}

impl Store {
    /// Adds a revision to its family.
    pub(crate) fn add_definition(&mut self, row: TaskDefinition) -> TaskDefinitionId {
        let id = TaskDefinitionId::from_index(self.definitions.len());
        let family = self.families.entry(row.family.clone()).or_default();
        family.last = family.last.max(row.revision);
        family.revisions.insert(row.revision, id);
        self.definitions.push(row);
        id
    }

    /// Deletes an INACTIVE revision; it goes at once when nobody refers to it.
    fn delete_definition(&mut self, id: TaskDefinitionId) {
        self.definitions[id.index()].status = DefinitionStatus::DeleteInProgress;
        self.forget_deleted(id);
    }

    /// Lets a revision that was deleted go once neither a task nor a deployment refers to it
    /// (01 section 2.1).
    pub(crate) fn forget_deleted(&mut self, id: TaskDefinitionId) {
        if self.definition(id).status != DefinitionStatus::DeleteInProgress {
            return;
        }
        let used_by_task =
            self.tasks.iter().any(|task| task.definition == id && task.is_occupying());
        let used_by_service = self
            .services
            .iter()
            .flat_map(|service| &service.deployments)
            .any(|&deployment| self.deployment(deployment).definition == id);
        if used_by_task || used_by_service {
            return;
        }
        let (family, revision) = {
            let row = self.definition(id);
            (row.family.clone(), row.revision)
        };
        if let Some(family) = self.families.get_mut(&family) {
            family.revisions.remove(&revision);
        }
    }
}
