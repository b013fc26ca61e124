//! What an entry of the timeline does, in the fewest words: they stand beside its flag.

use serde_json::Value;
use stowplan_sim::document::to_json;
use stowplan_sim::scenario::{Action, InstanceAction, TimelineEntry, WorldAction};

use crate::words::short_id;

/// `deploy web:2`, `drain i-5`; the action's own name where no word is shorter.
pub(super) fn words(entry: &TimelineEntry) -> String {
    match &entry.action {
        Action::Api(name, input) | Action::Query(name, input) => call(name, &to_json(&input.node)),
        Action::World(action) => happening(action).unwrap_or_else(|| entry.action.name().into()),
    }
}

fn call(name: &str, input: &Value) -> String {
    let text = |field: &str| input[field].as_str();
    let service = text("service").or_else(|| text("serviceName")).unwrap_or("a service");
    match name {
        "createService" => format!("create {service}"),
        "deleteService" => format!("delete {service}"),
        "updateService" => update(service, input),
        "createDeployment" => match text("taskDefinition") {
            Some(definition) => format!("CodeDeploy: {definition}"),
            None => "CodeDeploy deploys".to_owned(),
        },
        "stopDeployment" => format!("stop {}", text("deploymentId").unwrap_or("a deployment")),
        "runTask" => format!("run {}", text("taskDefinition").unwrap_or("a task")),
        "stopTask" => format!("stop {}", short_id(text("task").unwrap_or("a task"))),
        "updateContainerInstancesState" => {
            let verb = if text("status") == Some("DRAINING") { "drain" } else { "activate" };
            format!("{verb} {}", listed(&input["containerInstances"]))
        }
        _ => name.to_owned(),
    }
}

fn update(service: &str, input: &Value) -> String {
    if let Some(definition) = input["taskDefinition"].as_str() {
        return format!("deploy {definition}");
    }
    if let Some(count) = input["desiredCount"].as_u64() {
        return format!("{service} to {count}");
    }
    let limits = &input["deploymentConfiguration"];
    let percent = |field: &str, word: &str| Some(format!("{word} {}%", limits[field].as_u64()?));
    let limit =
        percent("minimumHealthyPercent", "min").or_else(|| percent("maximumPercent", "max"));
    match limit {
        Some(limit) => format!("{service} {limit}"),
        None if input["forceNewDeployment"] == true => format!("redeploy {service}"),
        None => format!("update {service}"),
    }
}

/// The first of a list, and how many more.
fn listed(names: &Value) -> String {
    let names: Vec<&str> =
        names.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match names.as_slice() {
        [] => "instances".to_owned(),
        [one] => (*one).to_owned(),
        [first, others @ ..] => format!("{first} and {} more", others.len()),
    }
}

fn happening(action: &WorldAction) -> Option<String> {
    Some(match action {
        WorldAction::Instance(InstanceAction::Terminate, name) => format!("end {}", name.instance),
        WorldAction::Instance(InstanceAction::Stop, name) => format!("stop {}", name.instance),
        WorldAction::Instance(InstanceAction::DisconnectAgent, name) => {
            format!("{} loses its agent", name.instance)
        }
        WorldAction::Instance(InstanceAction::ReconnectAgent, name) => {
            format!("{} has its agent back", name.instance)
        }
        WorldAction::InterruptSpot(notice) => {
            let task = notice.task.as_deref().map(short_id);
            format!("interrupt {}", notice.instance.as_deref().or(task)?)
        }
        WorldAction::SetAlarm(set) => format!("{} {}", set.alarm_name, set.state.as_str()),
        WorldAction::SetCapacity(set) => {
            let zone = set.availability_zone.as_deref();
            let zone = zone.map_or_else(String::new, |zone| format!(" in {zone}"));
            let has = if set.available { "has room" } else { "is full" };
            format!("{} {has}{zone}", set.capacity_provider)
        }
        WorldAction::AddInstances { instances, .. } => format!("add {} instances", instances.len()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_update_is_told_by_what_it_changes() {
        let told = |input: Value| call("updateService", &input);
        assert_eq!(told(json!({ "service": "web", "taskDefinition": "web:2" })), "deploy web:2");
        assert_eq!(told(json!({ "service": "web", "desiredCount": 6 })), "web to 6");
        let limits = json!({ "maximumPercent": 150 });
        let limits = told(json!({ "service": "web", "deploymentConfiguration": limits }));
        assert_eq!(limits, "web max 150%");
        assert_eq!(told(json!({ "service": "web", "forceNewDeployment": true })), "redeploy web");
    }

    #[test]
    fn instances_are_named_first() {
        let told = |names: Value, status: &str| {
            let input = json!({ "containerInstances": names, "status": status });
            call("updateContainerInstancesState", &input)
        };
        assert_eq!(told(json!(["i-5"]), "DRAINING"), "drain i-5");
        assert_eq!(told(json!(["i-5", "i-6", "i-7"]), "ACTIVE"), "activate i-5 and 2 more");
    }

    #[test]
    fn what_has_no_shorter_word_keeps_its_name() {
        assert_eq!(call("putAttributes", &json!({})), "putAttributes");
    }
}
