//! Sentences of Fargate, of capacity provider strategies, and of deployments that shift traffic.

use crate::explain::sentence::tasks_text;
use crate::explain::{
    FargateField, FargateVerdict, FargateZone, PlacementReport, Split, SplitItem,
};
use crate::model::{
    BlueGreenState, CodeDeploymentId, GreenStep, HookAction, HookStatus, HookTarget,
    ServiceDeploymentId, Share, Time,
};
use crate::view::View;

impl View<'_> {
    /// Where a task goes on Fargate, by which zone and subnet.
    pub(super) fn fargate_text(self, report: &PlacementReport, field: &FargateField) -> String {
        let kind = if field.platform.spot { "Fargate Spot" } else { "Fargate" };
        let chosen = field.iter().find(|zone| zone.verdict == FargateVerdict::Chosen);
        let by = report.split.as_ref().map(|split| format!(" {}", self.provider_text(split)));
        let by = by.unwrap_or_default();
        let Some(zone) = chosen else {
            return format!("Nowhere: {kind} has no capacity in {} zones.{by}", field.len());
        };
        let most = zone.subnets.iter().find(|(subnet, _)| Some(*subnet) == zone.chosen);
        let subnet = most.map(|&(subnet, free)| {
            format!(
                " Its subnet {} has the most free addresses ({free}).",
                self.subnet(subnet).name
            )
        });
        format!(
            "Chosen: {} on {kind}, with {} the emptiest of {} zones.{}{by}",
            self.zone_name(zone.zone),
            tasks_text(zone.tasks),
            field.len(),
            subnet.unwrap_or_default(),
        )
    }

    /// What Fargate was asked for, and that it offers it.
    pub fn platform_text(self, field: &FargateField) -> String {
        let it = &field.platform;
        format!(
            "{} CPU units with {} MiB are a size that Fargate offers; {} on {}.",
            it.cpu, it.memory, it.os_family, it.cpu_architecture
        )
    }

    /// What became of a zone of Fargate.
    pub fn zone_text(self, zone: &FargateZone) -> String {
        match zone.verdict {
            FargateVerdict::Chosen => "CHOSEN".to_owned(),
            FargateVerdict::OtherZone => "rebalancing asks for another zone".to_owned(),
            FargateVerdict::NoCapacity => "NO: no capacity".to_owned(),
            FargateVerdict::MoreTasks(1) => "1 task more".to_owned(),
            FargateVerdict::MoreTasks(more) => format!("{more} tasks more"),
            FargateVerdict::LaterName => "as good, later name".to_owned(),
        }
    }

    /// Which capacity provider gives the task, and why.
    pub fn provider_text(self, split: &Split) -> String {
        let name = |item: &SplitItem| self.provider(item.provider).name.to_string();
        let chosen = &split.items[split.chosen];
        if split.by_base {
            let (tasks, base) = (chosen.tasks, chosen.base);
            let tasks = tasks_text(tasks);
            return format!("{} has {tasks} of its base of {base}.", name(chosen));
        }
        let term = |item: &SplitItem| match item.behind {
            Some(behind) => format!("{} {behind}", name(item)),
            None => format!("{} no weight", name(item)),
        };
        let terms: Vec<String> = split.items.iter().map(term).collect();
        format!("{} is furthest behind its share ({}).", name(chosen), terms.join(", "))
    }

    /// The hook that a deployment waits for, and what happens when it does not come.
    pub(super) fn hook_text(self, head: &str, record: ServiceDeploymentId, run: u32) -> String {
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
    pub(super) fn code_deploy_text(
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
pub(super) fn percent(share: Share) -> String {
    let (whole, rest) = (share.0 / 1000, share.0 % 1000);
    if rest == 0 {
        return whole.to_string();
    }
    format!("{whole}.{rest:03}").trim_end_matches('0').to_owned()
}
