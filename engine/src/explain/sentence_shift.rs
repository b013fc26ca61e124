//! Sentences of deployments that shift traffic, by ECS and by CodeDeploy.

use crate::explain::Waiting;
use crate::explain::sentence::tasks_text;
use crate::model::{
    BlueGreenState, CodeDeploymentId, GreenStep, HookAction, HookStatus, HookTarget,
    ServiceDeploymentId, Share, Time,
};
use crate::view::View;

impl View<'_> {
    /// What is waited for where revisions stand beside each other.
    pub(super) fn shifting_text(self, head: &str, waiting: &Waiting) -> String {
        match waiting {
            Waiting::Baking { until } => format!("{head} until {until}: it bakes."),
            Waiting::Hook { record, run } => self.hook_text(head, *record, *run),
            Waiting::Traffic { stage, share, until } => format!(
                "{head} at {stage} until {until}: the new revision has {} % of production traffic.",
                percent(*share)
            ),
            Waiting::Leaving { tasks } => {
                format!("{head} for {} of another revision to be gone.", tasks_text(*tasks))
            }
            Waiting::CodeDeploy { deployment, until } => {
                self.code_deploy_text(head, *deployment, *until)
            }
            Waiting::NoTaskSet => format!("{head} for a task set: somebody else makes them."),
            _ => format!("{head} for its next pass."),
        }
    }

    /// The hook that a deployment waits for, and what happens when it does not come.
    fn hook_text(self, head: &str, record: ServiceDeploymentId, run: u32) -> String {
        let shift = self.record(record).shift.as_ref();
        let Some(run) = shift.and_then(|shift| shift.runs.get(run as usize)) else {
            return format!("{head} for a lifecycle hook.");
        };
        let (stage, expires) = (run.stage, run.expires_at);
        match (run.target, run.status, run.ask_again_at) {
            (HookTarget::Pause, ..) => {
                let then = match run.on_timeout {
                    HookAction::Continue => "it goes on",
                    HookAction::Rollback => "it rolls back",
                };
                format!(
                    "{head} at {stage} for ContinueServiceDeployment to end the pause {}; {then} \
                     by itself at {expires}.",
                    run.id()
                )
            }
            (HookTarget::Lambda, HookStatus::InProgress, Some(again)) => {
                format!("{head} at {stage} for {}, which is asked again at {again}.", run.arn)
            }
            (HookTarget::Lambda, ..) => format!(
                "{head} at {stage} for {} to answer; without an answer it rolls back at {expires}.",
                run.arn
            ),
        }
    }

    /// What a deployment by CodeDeploy waits for, and what happens when it does not come.
    fn code_deploy_text(
        self,
        head: &str,
        deployment: CodeDeploymentId,
        until: Option<Time>,
    ) -> String {
        let row = self.code_deployment(deployment);
        let event = row.event.map(|event| event.to_string()).unwrap_or_default();
        let by = |then: &str| until.map_or_else(String::new, |at| format!("; {then} at {at}"));
        match (row.state, &row.execution) {
            (BlueGreenState::Forward(GreenStep::ReadyWait), _) => {
                format!("{head} for ContinueDeployment{}.", by("without it it is stopped"))
            }
            (BlueGreenState::Forward(GreenStep::AllowTraffic { .. }), _) => {
                let slot = self.deployment(row.blue).slot.other();
                let share = self.service(row.service).traffic.production_of(slot);
                let (share, more) = (percent(share), by("there will be more"));
                format!("{head} at {event}: green has {share} % of production traffic{more}.")
            }
            (BlueGreenState::Forward(GreenStep::TerminationWait), _) => {
                format!("{head} with both task sets running{}.", by("blue is deleted"))
            }
            (_, Some(execution)) => {
                let late = by("without an answer it fails");
                format!("{head} at {event} for {} to answer{late}.", execution.function)
            }
            _ => format!("{head} for its next pass."),
        }
    }
}

/// A share as percent, with as many decimals as it has.
fn percent(share: Share) -> String {
    let (whole, rest) = (share.0 / 1000, share.0 % 1000);
    if rest == 0 {
        return whole.to_string();
    }
    format!("{whole}.{rest:03}").trim_end_matches('0').to_owned()
}
