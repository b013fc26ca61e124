//! Looking ahead at a deployment that shifts traffic.

use crate::deployment::{breaker, traffic};
use crate::model::{
    CodeDeployment, ReadyOption, ServiceDeploymentId, ServiceId, Share, Span, Termination,
};
use crate::reconcile::{code_deploy, shifting};
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

/// What a deployment by CodeDeploy goes by (03 sections 20.2 to 20.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeDeployOutlook {
    /// Steps of production traffic: what green has from then on, and how long the step lasts.
    pub steps: Vec<(Share, Span)>,
    /// What happens once green is ready.
    pub ready: ReadyOption,
    /// What becomes of blue.
    pub termination: Termination,
    /// Green must be steady within this time.
    pub install_limit: Span,
    /// A function must have answered within this time.
    pub hook_limit: Span,
}

impl View<'_> {
    /// What a deployment by CodeDeploy goes by.
    pub fn code_deploy_outlook(self, row: &CodeDeployment) -> CodeDeployOutlook {
        let routing = row.config.routing;
        let group = self.store.deployment_groups.get(&row.group);
        let step = |step| (traffic::weight(routing, step), traffic::wait(routing, step));
        CodeDeployOutlook {
            steps: (1..=traffic::steps(routing)).map(step).collect(),
            ready: group.map_or(ReadyOption::Continue, |group| group.ready),
            termination: group.map_or(Termination::Keep, |group| group.termination),
            install_limit: code_deploy::INSTALL_LIMIT,
            hook_limit: code_deploy::HOOK_LIMIT,
        }
    }

    /// What the deployment behind a record goes by, when its service shifts traffic.
    pub fn shift_outlook(self, record: ServiceDeploymentId) -> Option<ShiftOutlook> {
        let shift = self.store.record(record).shift.as_ref();
        shift.map(|_| shifting::outlook(self.store, record))
    }

    /// At how many failures the circuit breaker of a service trips now (03 section 11.1).
    pub fn breaker_threshold(self, service: ServiceId) -> u32 {
        let row = self.store.service(service);
        breaker::threshold(row.settings.breaker.threshold, row.desired)
    }

    /// How long a rollout that is otherwise done is watched before it completes (03 section 12).
    pub fn bake_time(self, service: ServiceId) -> Span {
        self.store.bake_time(service)
    }
}
