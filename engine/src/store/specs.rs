//! What tasks were made from, once for those that are ordered alike.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{
    ClusterId, Demand, DeploymentId, GroupId, LaunchType, Owner, ProviderId, TaskDefinitionId,
    TaskExtra, TaskSpec,
};

/// More are not remembered: it starts anew.
const MOST: usize = 4096;

/// The last spec of each definition, group and deployment. Who asks for another with the same
/// three gets a new one, which takes the place of the old.
#[derive(Debug, Default)]
pub(crate) struct Specs {
    last: Option<Arc<TaskSpec>>,
    known: BTreeMap<Subject, Arc<TaskSpec>>,
}

/// What a task is to be made from: a [`TaskSpec`] that is not made unless it is new.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) cluster: ClusterId,
    pub(crate) definition: TaskDefinitionId,
    pub(crate) group: GroupId,
    pub(crate) owner: Option<Owner>,
    pub(crate) provider: Option<ProviderId>,
    pub(crate) launch_type: LaunchType,
    pub(crate) demand: &'a Arc<Demand>,
    pub(crate) extra: &'a Option<Arc<TaskExtra>>,
}

type Subject = (TaskDefinitionId, GroupId, Option<DeploymentId>);

impl Specs {
    /// The spec of a task that is wanted, shared if it is known.
    pub(crate) fn shared(&mut self, wanted: &Wanted<'_>) -> Arc<TaskSpec> {
        if let Some(last) = self.last.as_ref().filter(|last| wanted.is(last)) {
            return last.clone();
        }
        if self.known.len() == MOST {
            self.known.clear();
        }
        let deployment = wanted.owner.map(|owner| owner.deployment);
        let subject = (wanted.definition, wanted.group, deployment);
        let known = self.known.get(&subject).filter(|known| wanted.is(known));
        let shared = known.cloned().unwrap_or_else(|| Arc::new(wanted.spec()));
        self.known.insert(subject, shared.clone());
        self.last = Some(shared.clone());
        shared
    }
}

impl Wanted<'_> {
    /// Whether a spec says the same. What is quickly compared comes first.
    fn is(&self, spec: &TaskSpec) -> bool {
        (self.definition, self.group, self.owner) == (spec.definition, spec.group, spec.owner)
            && (self.cluster, self.provider) == (spec.cluster, spec.provider)
            && self.launch_type == spec.launch_type
            && *self.demand == spec.demand
            && *self.extra == spec.extra
    }

    fn spec(&self) -> TaskSpec {
        TaskSpec {
            cluster: self.cluster,
            definition: self.definition,
            group: self.group,
            owner: self.owner,
            provider: self.provider,
            launch_type: self.launch_type,
            demand: self.demand.clone(),
            extra: self.extra.clone(),
        }
    }
}
