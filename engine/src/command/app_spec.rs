//! What a deployment of CodeDeploy is to run: an AppSpec, or what stands for it (03 section 20.2).

use crate::api::input::{
    AwsVpcConfiguration, CapacityProviderStrategyItem, CreateDeployment, NetworkConfiguration,
};
use crate::api::{CommandError, Exception, Json};
use crate::deployment::blue_green;
use crate::model::LifecycleEvent;

/// What is asked of the new task set; what is absent is as blue has it.
#[derive(Debug, Default)]
pub(super) struct AppSpec {
    pub(super) task_definition: String,
    pub(super) container_name: Option<String>,
    pub(super) container_port: Option<i64>,
    pub(super) platform_version: Option<String>,
    pub(super) network: Option<NetworkConfiguration>,
    pub(super) strategy: Option<Vec<CapacityProviderStrategyItem>>,
    pub(super) hooks: Vec<(LifecycleEvent, Box<str>)>,
}

/// Reads what a call gives.
pub(super) fn read(input: &CreateDeployment) -> Result<AppSpec, CommandError> {
    match (&input.app_spec, &input.task_definition) {
        (Some(_), None) if input.hooks.is_some() => {
            refused("The hooks of an AppSpec are given in the AppSpec.")
        }
        (Some(document), None) => of_document(document),
        (None, Some(definition)) => Ok(AppSpec {
            task_definition: definition.clone(),
            hooks: hooks(input.hooks.as_ref())?,
            ..AppSpec::default()
        }),
        (Some(_), Some(_)) => refused("Either appSpec or taskDefinition is given, not both."),
        (None, None) => Err(CommandError::new(
            Exception::RevisionRequiredException,
            "A revision is required: give an appSpec, or a taskDefinition.",
        )),
    }
}

pub(super) fn refused<T>(text: impl Into<String>) -> Result<T, CommandError> {
    Err(CommandError::new(Exception::InvalidRevisionException, text.into()))
}

fn of_document(document: &Json) -> Result<AppSpec, CommandError> {
    let Some(Json::List(resources)) = member(document, "Resources") else {
        return refused("The AppSpec has no Resources.");
    };
    let [resource] = &resources[..] else {
        return refused("The AppSpec has exactly one resource.");
    };
    // Its logical name stands above what it is.
    let Json::Object(named) = resource else {
        return refused("The resource of the AppSpec has no name.");
    };
    let [(_, service)] = &named[..] else {
        return refused("The resource of the AppSpec has one name.");
    };
    if text(service, "Type").as_deref() != Some("AWS::ECS::Service") {
        return refused("The resource of the AppSpec must be of Type AWS::ECS::Service.");
    }
    let Some(properties) = member(service, "Properties") else {
        return refused("The resource of the AppSpec has no Properties.");
    };
    let Some(task_definition) = text(properties, "TaskDefinition") else {
        return refused("The AppSpec names no TaskDefinition.");
    };
    let balancer = member(properties, "LoadBalancerInfo");
    let (name, port) = match balancer {
        Some(balancer) => (text(balancer, "ContainerName"), number(balancer, "ContainerPort")),
        None => (None, None),
    };
    let (Some(name), Some(port)) = (name, port) else {
        return refused("The AppSpec needs LoadBalancerInfo with ContainerName and ContainerPort.");
    };
    Ok(AppSpec {
        task_definition,
        container_name: Some(name),
        container_port: Some(port),
        platform_version: text(properties, "PlatformVersion"),
        network: member(properties, "NetworkConfiguration").map(network),
        strategy: member(properties, "CapacityProviderStrategy").map(strategy).transpose()?,
        hooks: hooks(member(document, "Hooks"))?,
    })
}

fn network(given: &Json) -> NetworkConfiguration {
    let awsvpc = member(given, "AwsvpcConfiguration");
    let texts = |of: &Json, name: &str| match member(of, name) {
        Some(Json::List(items)) => {
            items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    NetworkConfiguration {
        awsvpc_configuration: awsvpc.map(|awsvpc| AwsVpcConfiguration {
            subnets: texts(awsvpc, "Subnets"),
            security_groups: texts(awsvpc, "SecurityGroups"),
            assign_public_ip: text(awsvpc, "AssignPublicIp"),
        }),
    }
}

fn strategy(given: &Json) -> Result<Vec<CapacityProviderStrategyItem>, CommandError> {
    let Json::List(items) = given else {
        return refused("CapacityProviderStrategy is a list.");
    };
    let item = |item: &Json| CapacityProviderStrategyItem {
        capacity_provider: text(item, "CapacityProvider").unwrap_or_default(),
        weight: number(item, "Weight"),
        base: number(item, "Base"),
    };
    Ok(items.iter().map(item).collect())
}

/// Functions by event: a list of maps with one entry each, as AppSpecs have it, or one map.
fn hooks(given: Option<&Json>) -> Result<Vec<(LifecycleEvent, Box<str>)>, CommandError> {
    let maps = match given {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::List(items)) => items.iter().collect(),
        Some(one) => vec![one],
    };
    let mut hooks: Vec<(LifecycleEvent, Box<str>)> = Vec::new();
    for map in maps {
        let Json::Object(entries) = map else {
            return refused("A hook is an event and a function.");
        };
        for (name, function) in entries {
            let event: Option<LifecycleEvent> = name.parse().ok();
            let Some(event) = event.filter(|event| blue_green::is_scriptable(*event)) else {
                return refused(format!("No hook can be given for {name}."));
            };
            let Some(function) = function.as_str().filter(|function| !function.is_empty()) else {
                return refused(format!("The hook for {name} names no function."));
            };
            if hooks.iter().any(|(known, _)| *known == event) {
                return refused(format!("Two hooks are given for {name}."));
            }
            hooks.push((event, function.into()));
        }
    }
    Ok(hooks)
}

/// A member by its name, which AppSpecs in JSON begin with a small letter.
fn member<'j>(of: &'j Json, name: &str) -> Option<&'j Json> {
    let mut small = name.to_owned();
    small[..1].make_ascii_lowercase();
    let found = of.field(name).or_else(|| of.field(&small));
    found.filter(|value| **value != Json::Null)
}

fn text(of: &Json, name: &str) -> Option<String> {
    member(of, name).and_then(Json::as_str).map(str::to_owned)
}

fn number(of: &Json, name: &str) -> Option<i64> {
    member(of, name)?.as_number()?.parse().ok()
}
