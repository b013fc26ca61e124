//! Target groups, with what their targets are up to (02 section 7).

use serde_json::Value;
use stowplan_engine::model::ServiceId;

use super::Moment;
use super::facts::TargetFacts;
use super::shape::{object, text};

/// Names of all target groups: those of the scenario, then those that only services name.
pub(crate) fn names(moment: &Moment<'_>) -> Vec<String> {
    let mut names: Vec<String> =
        moment.world.target_groups().into_iter().map(String::from).collect();
    for (service, row) in moment.engine.services() {
        for position in 0..row.load_balancers.len() {
            let name = name_at(moment, service, position);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// A target group by name; `None` when there is none.
pub(crate) fn by_name(moment: &Moment<'_>, name: &str) -> Option<Value> {
    names(moment).iter().any(|known| known == name).then(|| whole(moment, name))
}

/// Numbers of targets by state.
pub(crate) fn state_counts(moment: &Moment<'_>, name: &str) -> [(&'static str, u32); 5] {
    let counts = moment.world.target_counts(name);
    [
        ("healthy", counts.healthy),
        ("unhealthy", counts.unhealthy),
        ("initial", counts.initial),
        ("draining", counts.draining),
        ("unused", counts.unused),
    ]
}

fn whole(moment: &Moment<'_>, name: &str) -> Value {
    let mut fields: serde_json::Map<String, Value> = state_counts(moment, name)
        .into_iter()
        .map(|(state, count)| (state.to_owned(), count.into()))
        .collect();
    // Without blue/green a group that a service is attached to takes all of its traffic.
    let attached = moment.engine.services().any(|(service, row)| {
        (0..row.load_balancers.len()).any(|position| name_at(moment, service, position) == name)
    });
    fields.insert("weight".to_owned(), if attached { 100 } else { 0 }.into());
    fields.insert("testWeight".to_owned(), 0.into());
    let targets = moment.world.targets(name, moment.now);
    let one = |target: &TargetFacts| one_target(moment, target);
    fields.insert("targets".to_owned(), targets.iter().map(one).collect());
    Value::Object(fields)
}

fn one_target(moment: &Moment<'_>, target: &TargetFacts) -> Value {
    object([
        ("task", moment.engine.task_name(target.task).into()),
        ("state", target.state.as_str().into()),
        ("reason", text(target.reason.as_deref())),
        ("port", target.port.into()),
        ("share", target.share.into()),
    ])
}

fn name_at(moment: &Moment<'_>, service: ServiceId, position: usize) -> String {
    let arn = moment.engine.service(service).load_balancers[position].target_group_arn.as_deref();
    group_name(arn.unwrap_or_default()).to_owned()
}

/// The name in a target group's ARN, `…:targetgroup/NAME/0123`; a name is itself.
pub(crate) fn group_name(arn: &str) -> &str {
    let rest = arn.split_once(":targetgroup/").map_or(arn, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}
