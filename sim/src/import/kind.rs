//! What an answer of the AWS CLI is about, told by its content.

use crate::document::{Node, Value};

use super::arn::Arn;

/// Something of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Cluster,
    Instance,
    Service,
    TaskSet,
    Task,
    Definition,
    Provider,
    Group,
    Attribute,
    Protection,
    /// A name or ARN in an answer of `list-clusters` and so on.
    ListedCluster,
    ListedInstance,
    ListedService,
    ListedTask,
    ListedDefinition,
    /// Of AWS, but nothing that a scenario is made of.
    Other,
}

/// The keys under which the AWS CLI prints its answers.
const WRAPPERS: &[(&str, Kind)] = &[
    ("clusters", Kind::Cluster),
    ("containerInstances", Kind::Instance),
    ("services", Kind::Service),
    ("tasks", Kind::Task),
    ("taskDefinition", Kind::Definition),
    ("capacityProviders", Kind::Provider),
    ("AutoScalingGroups", Kind::Group),
    ("attributes", Kind::Attribute),
    ("protectedTasks", Kind::Protection),
    ("clusterArns", Kind::ListedCluster),
    ("containerInstanceArns", Kind::ListedInstance),
    ("serviceArns", Kind::ListedService),
    ("taskArns", Kind::ListedTask),
    ("taskDefinitionArns", Kind::ListedDefinition),
    ("taskSets", Kind::TaskSet),
    ("serviceDeployments", Kind::Other),
    ("serviceRevisions", Kind::Other),
    ("settings", Kind::Other),
    ("families", Kind::Other),
    ("tags", Kind::Other),
    ("TargetGroups", Kind::Other),
    ("LoadBalancers", Kind::Other),
    ("Reservations", Kind::Other),
    ("ScalableTargets", Kind::Other),
    ("ScalingPolicies", Kind::Other),
];

/// The key of an answer that holds what it is about.
pub(super) fn wrapper(answer: &Node) -> Option<(&'static str, Kind)> {
    // An element printed alone, by `--query`, may have a key of the same name.
    if element(answer).is_some() {
        return None;
    }
    WRAPPERS.iter().copied().find(|(key, _)| answer.get(key).is_some())
}

/// What an element of an answer is, when it stands alone.
pub(super) fn element(node: &Node) -> Option<Kind> {
    let has = |key: &str| node.get(key).is_some();
    match &node.value {
        Value::Map(_) => {
            let kinds = [
                (has("taskArn") && has("protectionEnabled"), Kind::Protection),
                (has("taskArn") && has("lastStatus"), Kind::Task),
                (has("taskSetArn") && has("taskDefinition"), Kind::TaskSet),
                (has("serviceArn") && has("serviceName"), Kind::Service),
                (has("containerInstanceArn") && has("registeredResources"), Kind::Instance),
                (has("taskDefinitionArn") && has("containerDefinitions"), Kind::Definition),
                (has("capacityProviderArn"), Kind::Provider),
                (has("clusterArn") && has("clusterName"), Kind::Cluster),
                (has("AutoScalingGroupName") && has("MinSize"), Kind::Group),
                (has("name") && has("targetId"), Kind::Attribute),
            ];
            kinds.into_iter().find(|(is_it, _)| *is_it).map(|(_, kind)| kind)
        }
        Value::String(text) => match Arn::parse(text)?.kind {
            "cluster" => Some(Kind::ListedCluster),
            "container-instance" => Some(Kind::ListedInstance),
            "service" => Some(Kind::ListedService),
            "task" => Some(Kind::ListedTask),
            "task-definition" => Some(Kind::ListedDefinition),
            _ => Some(Kind::Other),
        },
        _ => None,
    }
}

/// Whether this is a scenario rather than an export.
pub(super) fn is_scenario(node: &Node) -> bool {
    node.get("version").is_some() && node.get("name").is_some() && element(node).is_none()
}
