//! What tasks were made from, once for those that are ordered alike.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{DeploymentId, GroupId, TaskDefinitionId, TaskSpec};

/// More are not remembered: it starts anew.
const MOST: usize = 4096;

/// The last spec of each definition, group and deployment. Who asks for another with the same
/// three gets a new one, which takes the place of the old.
#[derive(Debug, Default)]
pub(crate) struct Specs {
    last: Option<Arc<TaskSpec>>,
    known: BTreeMap<Subject, Arc<TaskSpec>>,
}

type Subject = (TaskDefinitionId, GroupId, Option<DeploymentId>);

impl Specs {
    /// The spec, shared if it is known.
    pub(crate) fn shared(&mut self, spec: TaskSpec) -> Arc<TaskSpec> {
        if let Some(last) = self.last.as_ref().filter(|last| alike(last, &spec)) {
            return last.clone();
        }
        if self.known.len() == MOST {
            self.known.clear();
        }
        let deployment = spec.owner.map(|owner| owner.deployment);
        let subject = (spec.definition, spec.group, deployment);
        let known = self.known.get(&subject).filter(|known| alike(known, &spec));
        let shared = known.cloned().unwrap_or_else(|| Arc::new(spec));
        self.known.insert(subject, shared.clone());
        self.last = Some(shared.clone());
        shared
    }
}

/// Equality, by what is quickly compared first.
fn alike(one: &TaskSpec, other: &TaskSpec) -> bool {
    (one.definition, one.group, one.owner) == (other.definition, other.group, other.owner)
        && one == other
}
