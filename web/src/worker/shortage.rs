//! What fits nowhere, and why, in plain words.

use std::collections::BTreeMap;

use stowplan_engine::View;
use stowplan_engine::api::event::{FailedCheck, PlacementFailure, Rejection};
use stowplan_engine::api::{Event, EventKind};
use stowplan_engine::model::{ServiceId, Time};

use super::protocol::{Service, Waiting};
use crate::words::{count, thousands};

/// Events looked at, newest first, for the last word on a service's placement.
const LOOK_BACK: usize = 20_000;

/// The wanted tasks of each service that the last try found no place for.
pub(super) fn waiting<'e>(
    view: View<'_>,
    newest_first: impl Iterator<Item = &'e Event>,
    services: &[Service],
) -> Vec<Waiting> {
    let short = |index: usize| services.get(index).is_some_and(|s| missing(s) > 0);
    if !(0..services.len()).any(short) {
        return Vec::new();
    }
    let mut found: BTreeMap<ServiceId, (Time, &PlacementFailure)> = BTreeMap::new();
    let mut placed_since: Vec<ServiceId> = Vec::new();
    for event in newest_first.take(LOOK_BACK) {
        match &event.kind {
            EventKind::TaskPlaced(task) => {
                placed_since.extend(view.task(*task).owner.map(|owner| owner.service));
            }
            EventKind::PlacementFailed(failure) => {
                let Some(service) = failure.service.filter(|s| !placed_since.contains(s)) else {
                    continue;
                };
                let newest = found.get(&service).map_or(&**failure, |(_, newest)| *newest);
                found.insert(service, (event.at, newest));
            }
            _ => {}
        }
    }
    let entry = |(id, (since, failure)): (ServiceId, (Time, &PlacementFailure))| {
        let service = services.get(id.index()).filter(|s| missing(s) > 0)?;
        let (reason, nearest) = words(view, failure);
        Some(Waiting {
            service: Some(id.index() as u16),
            name: service.name.clone(),
            definition: failure.definition.index() as u16,
            count: missing(service),
            since_ms: u64::try_from(since.0).unwrap_or(0),
            reason,
            nearest,
        })
    };
    found.into_iter().filter_map(entry).collect()
}

/// Tasks that the primary deployment lacks and that the ceiling would allow.
fn missing(service: &Service) -> u32 {
    let Some(primary) = service.deployments.first() else { return 0 };
    let lacking = primary.desired.saturating_sub(primary.running + primary.pending);
    let room = service.ceiling.saturating_sub(service.running + service.pending);
    lacking.min(room)
}

/// The reason as a sentence, and what comes nearest.
fn words(view: View<'_>, failure: &PlacementFailure) -> (String, String) {
    let firsts: Vec<(&Rejection, &FailedCheck)> =
        failure.rejected.iter().filter_map(|r| Some((r, r.checks.first()?))).collect();
    if firsts.is_empty() {
        return (format!("{}.", failure.reason.trim_end_matches('.')), String::new());
    }
    let tally = tally(failure);
    let need = &view.definition(failure.definition).demand;
    let reason = match (tally.len(), firsts[0].1) {
        (1, FailedCheck::Memory { need, .. }) => {
            format!("no instance has {} MiB left in one place.", thousands(u64::from(*need)))
        }
        (1, FailedCheck::Cpu { need, .. }) => {
            format!("no instance has {} cpu units left.", thousands(u64::from(*need)))
        }
        (1, FailedCheck::Ports { .. }) => "its host port is taken on every instance.".to_owned(),
        (1, FailedCheck::Eni { .. }) => {
            "no instance has a network interface left for a task.".to_owned()
        }
        (1, other) => format!("every instance fails by {}.", lack(other)),
        _ => format!("{}.", told(failure)),
    };
    let nearest = firsts.iter().filter_map(|(rejection, check)| match check {
        FailedCheck::Memory { need, have } if rejection.checks.len() == 1 => {
            Some((need - have, rejection.instance))
        }
        _ => None,
    });
    let nearest = nearest.min().map_or_else(String::new, |(short, instance)| {
        format!(
            "{} comes nearest, {} MiB short of the {} a task needs.",
            view.instance(instance).name,
            thousands(u64::from(short)),
            thousands(u64::from(need.memory))
        )
    });
    (reason, nearest)
}

/// How many instances were refused for what, as `8 instances refused for cpu, 2 for memory`.
fn told(failure: &PlacementFailure) -> String {
    let tally = tally(failure);
    if tally.is_empty() {
        return failure.reason.trim_end_matches('.').to_owned();
    }
    let each = tally.iter().enumerate().map(|(index, (what, times))| match index {
        0 => format!("{} refused for {what}", count(*times, "instance")),
        _ => format!("{times} for {what}"),
    });
    each.collect::<Vec<_>>().join(", ")
}

/// The same in the fewest words, as `cpu on 8, memory on 2`.
pub(super) fn brief(failure: &PlacementFailure) -> String {
    let tally = tally(failure);
    if tally.is_empty() {
        return failure.reason.trim_end_matches('.').to_owned();
    }
    let each = tally.iter().map(|(what, times)| format!("{what} on {times}"));
    each.collect::<Vec<_>>().join(", ")
}

/// How many instances failed each check first.
fn tally(failure: &PlacementFailure) -> BTreeMap<&'static str, u64> {
    let mut tally = BTreeMap::new();
    for check in failure.rejected.iter().filter_map(|rejection| rejection.checks.first()) {
        *tally.entry(lack(check)).or_default() += 1;
    }
    tally
}

/// What an instance lacks, in the fewest words.
fn lack(check: &FailedCheck) -> &'static str {
    match check {
        FailedCheck::Agent => "a lost agent",
        FailedCheck::Attribute(_) => "a missing attribute",
        FailedCheck::Location => "a zone without a subnet",
        FailedCheck::Cpu { .. } => "cpu",
        FailedCheck::Memory { .. } => "memory",
        FailedCheck::Ports { .. } => "a taken port",
        FailedCheck::Gpu { .. } => "GPUs",
        FailedCheck::Eni { .. } => "network interfaces",
        FailedCheck::DistinctInstance => "distinctInstance",
        FailedCheck::MemberOf(_) => "memberOf",
    }
}
