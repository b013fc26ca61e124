//! Explanations as JSON: names in place of ids, amounts as numbers, sentences beside the data.

use serde_json::{Value, json};
use stowplan_engine::View;
use stowplan_engine::api::event::FailedCheck;
use stowplan_engine::explain::{
    Beyond, Candidate, Change, FargateVerdict, FargateZone, Field, Outcome, PlacementReport,
    ScaleInReport, Split, SplitItem, Suggestion, Tie, Tried, Verdict,
};
use stowplan_engine::model::{PlacementConstraint, SubnetId};

/// A placement, stage by stage.
pub fn placement(view: View<'_>, report: &PlacementReport) -> Value {
    let constraint = |it: &PlacementConstraint| match it {
        PlacementConstraint::DistinctInstance => "distinctInstance".to_owned(),
        PlacementConstraint::MemberOf(expression) => format!("memberOf {}", expression.source()),
    };
    let mut object = json!({
        "sentence": view.placement_text(report),
        "cluster": view.cluster(report.cluster).name,
        "group": report.group,
        "taskDefinition": view.definition(report.definition).label(),
        "capacityProvider": report.provider.map(|provider| &view.provider(provider).name),
        "split": report.split.as_ref().map(|it| split(view, it)),
        "cpu": report.demand.cpu,
        "memory": report.demand.memory,
        "constraints": report.constraints.iter().map(constraint).collect::<Vec<_>>(),
        "strategy": report.strategy.iter().map(|s| view.strategy_text(s)).collect::<Vec<_>>(),
    });
    object["changes"] = report.changes().iter().map(|it| suggestion(view, report, it)).collect();
    match &report.field {
        Field::Fargate(field) => {
            object["zones"] = field.iter().map(|it| zone(view, it)).collect();
            object["platform"] = json!({
                "spot": field.platform.spot,
                "operatingSystemFamily": field.platform.os_family,
                "cpuArchitecture": field.platform.cpu_architecture,
                "sentence": view.platform_text(field),
            });
        }
        Field::Instances { candidates, left, tie, closest, never, notes, .. } => {
            object["left"] = json!(left);
            object["tie"] = match tie {
                Tie::None => Value::Null,
                Tie::LowestId => "lowestId".into(),
                Tie::Drawn => "drawn".into(),
            };
            let chosen = report.chosen().map(|instance| &view.instance(instance).name);
            object["instance"] = json!(chosen);
            object["closest"] = json!(closest.map(|instance| &view.instance(instance).name));
            object["never"] = json!(never);
            object["notes"] = notes.iter().map(|note| view.note_text(*note)).collect();
            object["candidates"] =
                candidates.iter().map(|it| candidate(view, report, it)).collect();
        }
    }
    object
}

/// The items of a strategy with the terms that decide which of them gives the task.
fn split(view: View<'_>, split: &Split) -> Value {
    let item = |item: &SplitItem| {
        json!({
            "capacityProvider": view.provider(item.provider).name,
            "base": item.base,
            "weight": item.weight,
            "tasks": item.tasks,
            "behind": item.behind,
        })
    };
    json!({
        "items": split.items.iter().map(item).collect::<Vec<_>>(),
        "byBase": split.by_base,
        "sentence": view.provider_text(split),
    })
}

fn zone(view: View<'_>, it: &FargateZone) -> Value {
    let verdict = match it.verdict {
        FargateVerdict::Chosen => "chosen",
        FargateVerdict::OtherZone => "otherZone",
        FargateVerdict::NoCapacity => "noCapacity",
        FargateVerdict::MoreTasks(_) => "moreTasks",
        FargateVerdict::LaterName => "laterName",
    };
    let subnet = |&(subnet, free): &(SubnetId, u32)| {
        let name = &view.subnet(subnet).name;
        json!({ "subnet": name, "freeAddresses": free })
    };
    json!({
        "zone": view.zone_name(it.zone),
        "capacity": it.capacity,
        "tasks": it.tasks,
        "subnet": it.chosen.map(|subnet| &view.subnet(subnet).name),
        "subnets": it.subnets.iter().map(subnet).collect::<Vec<_>>(),
        "verdict": verdict,
        "sentence": view.zone_text(it),
    })
}

fn candidate(view: View<'_>, report: &PlacementReport, candidate: &Candidate) -> Value {
    let row = view.instance(candidate.instance);
    let verdict = match &candidate.verdict {
        Verdict::Chosen => "chosen",
        Verdict::NotActive(_) => "notActive",
        Verdict::OtherProvider => "otherCapacityProvider",
        Verdict::OtherZone => "otherZone",
        Verdict::Refused(_) => "refused",
        Verdict::Outranked(_) => "outranked",
        Verdict::LostTie => "lostTie",
    };
    let refusal = match &candidate.verdict {
        Verdict::Refused(refusal) => Some(refusal),
        _ => None,
    };
    let checks = refusal.map_or_else(Vec::new, |refusal| {
        let beyond = |check| refusal.beyond.iter().copied().find(|it| it.is_about(check));
        refusal.checks.iter().map(|check| failed(view, check, beyond(check))).collect()
    });
    let outranked_by = match candidate.verdict {
        Verdict::Outranked(position) => Some(view.strategy_text(&report.strategy[position])),
        _ => None,
    };
    json!({
        "instance": row.name,
        "zone": view.zone_name(row.zone),
        "status": row.status.to_string(),
        "verdict": verdict,
        "sentence": view.verdict_text(report, &candidate.verdict),
        "checks": checks,
        "never": refusal.is_some_and(|refusal| !refusal.beyond.is_empty()),
        "ranks": candidate.ranks,
        "outrankedBy": outranked_by,
    })
}

/// A gate that refused, with what was needed and what there was.
///
/// `registered` is there when it can never be enough.
fn failed(view: View<'_>, check: &FailedCheck, beyond: Option<Beyond>) -> Value {
    let (need, have) = match check {
        FailedCheck::Cpu { need, have }
        | FailedCheck::Memory { need, have }
        | FailedCheck::Gpu { need, have } => (Some(*need), Some(*have)),
        FailedCheck::Ports { need, conflicts } => (Some(*need), Some(need - conflicts)),
        FailedCheck::Eni { .. } => (Some(1), Some(0)),
        FailedCheck::Agent
        | FailedCheck::Attribute(_)
        | FailedCheck::Location
        | FailedCheck::DistinctInstance
        | FailedCheck::MemberOf(_) => (None, None),
    };
    let registered = beyond.map(|beyond| match beyond {
        Beyond::Cpu { registered, .. }
        | Beyond::Memory { registered, .. }
        | Beyond::Gpu { registered, .. } => registered,
        Beyond::ReservedPorts { ports } => need.unwrap_or(ports) - ports,
        Beyond::TooManyPorts { most, .. } => most,
        Beyond::Eni => 0,
    });
    json!({
        "reason": check.reason(),
        "sentence": beyond.map_or_else(|| view.check_text(check), |it| view.beyond_text(it)),
        "need": need,
        "have": have,
        "registered": registered,
    })
}

fn suggestion(view: View<'_>, report: &PlacementReport, suggestion: &Suggestion) -> Value {
    let (change, to) = match suggestion.change {
        Change::Memory(to) => ("memory", json!(to)),
        Change::Cpu(to) => ("cpu", json!(to)),
        Change::WithoutConstraint(position) => ("withoutConstraint", json!(position)),
        Change::WithoutStrategy(position) => ("withoutStrategy", json!(position)),
        Change::OneMoreLike(model) => ("oneMoreInstanceLike", json!(view.instance(model).name)),
        Change::CapacityIn(zone) => ("capacityIn", json!(view.zone_name(zone))),
        Change::WithoutZone(zone) => ("withoutZone", json!(view.zone_name(zone))),
        Change::TasksIn(zone, to) => {
            ("tasksIn", json!({ "zone": view.zone_name(zone), "tasks": to }))
        }
        Change::Weight(at, to) => ("weight", json!({ "position": at, "weight": to })),
        Change::Base(at, to) => ("base", json!({ "position": at, "base": to })),
    };
    let then = match suggestion.then {
        Outcome::Nowhere => Value::Null,
        Outcome::On(instance) => json!(view.instance(instance).name),
        Outcome::OnTheNewOne => "the new instance".into(),
        Outcome::In(_) => Value::Null,
    };
    let zone = match suggestion.then {
        Outcome::In(zone) => json!(view.zone_name(zone)),
        _ => Value::Null,
    };
    json!({
        "change": change,
        "to": to,
        "instance": then,
        "zone": zone,
        "capacityProvider": suggestion.provider.map(|provider| &view.provider(provider).name),
        "sentence": view.suggestion_text(report, suggestion),
    })
}

/// A change to the question of `report` that was tried, with the whole answer then.
pub fn tried(view: View<'_>, report: &PlacementReport, change: &Change, tried: &Tried) -> Value {
    json!({
        "sentence": view.tried_text(report, change, tried),
        "change": view.change_text(report, change),
        "placement": placement(tried.view(), &tried.report),
    })
}

/// A choice of the task that leaves.
pub fn scale_in(view: View<'_>, report: &ScaleInReport) -> Value {
    let candidate = |leaving: &stowplan_engine::explain::Leaving| {
        let kept_by = leaving.kept_by.map(|at| view.strategy_text(&report.strategy[at]));
        json!({ "task": view.task_name(leaving.task), "keptBy": kept_by })
    };
    json!({
        "sentence": view.scale_in_text(report),
        "service": view.service(report.service).name,
        "task": view.task_name(report.chosen),
        "candidates": report.candidates.iter().map(candidate).collect::<Vec<_>>(),
    })
}
