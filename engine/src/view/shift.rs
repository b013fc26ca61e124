//! Looking ahead at a deployment that shifts traffic.

use crate::model::{ServiceDeploymentId, ServiceId, Share, Span};
use crate::reconcile::shifting;
use crate::view::View;

/// What a deployment that shifts traffic goes by (03 sections 21.1 to 21.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShiftOutlook {
    /// Steps of production traffic: what the new revision has from then on, and how long the step
    /// lasts.
    pub steps: Vec<(Share, Span)>,
    /// Test traffic shifts before.
    pub tests: bool,
    /// How long a change of weights takes to settle: 10 min for a Network Load Balancer.
    pub settles: Span,
    /// A stage, and a step of production traffic, takes no longer.
    pub stage_limit: Span,
    /// Nor does the whole deployment.
    pub whole_limit: Span,
    /// A hook's function has so long to answer.
    pub function_limit: Span,
}

impl View<'_> {
    /// What the deployment behind a record goes by, when its service shifts traffic.
    pub fn shift_outlook(self, record: ServiceDeploymentId) -> Option<ShiftOutlook> {
        let shift = self.store.record(record).shift.as_ref();
        shift.map(|_| shifting::outlook(self.store, record))
    }

    /// How long a rollout that is otherwise done is watched before it completes (03 section 12).
    pub fn bake_time(self, service: ServiceId) -> Span {
        self.store.bake_time(service)
    }
}
