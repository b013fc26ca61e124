//! Sentences of Fargate and of capacity provider strategies.

use crate::explain::sentence::{counted, tasks_text};
use crate::explain::{
    FargateField, FargateVerdict, FargateZone, PlacementReport, Split, SplitItem,
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
            let zones = zones_text(field);
            return format!("Nowhere: {kind} has no capacity in {zones}.{by}");
        };
        let most = zone.subnets.iter().find(|(subnet, _)| Some(*subnet) == zone.chosen);
        let subnet = most.map(|&(subnet, free)| {
            format!(
                " Its subnet {} has the most free addresses ({free}).",
                self.subnet(subnet).name
            )
        });
        format!(
            "Chosen: {} on {kind}, with {} the emptiest of {}.{}{by}",
            self.zone_name(zone.zone),
            tasks_text(zone.tasks),
            zones_text(field),
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
}

fn zones_text(field: &FargateField) -> String {
    counted(u32::try_from(field.len()).expect("a call names 16 subnets at most"), "zone")
}
