//! Elements of `describe-*` answers, as `aws ecs` prints them.
//!
//! What Amazon documents and time 0 does not need is listed beside each, so that a slip in a name
//! is still told.

use serde::Deserialize;
use stowplan_engine::api::input::{
    CreateCapacityProvider, CreateService, CreateTaskSet, RegisterTaskDefinition, TaskOverride,
};
use stowplan_engine::model::{
    DefinitionStatus, DeploymentStatus, DesiredStatus, HealthStatus, InstanceStatus, LaunchType,
    RolloutState, TaskStatus,
};

use super::{at::At, fields::fields_of, scalar::Attributes, unbuilt::Part};
use crate::document::{Decoder, DocumentError, Node, Timestamp, Value};

/// An element of describe-container-instances.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExportedInstance {
    pub(super) container_instance_arn: String,
    pub(super) ec2_instance_id: Option<String>,
    pub(super) capacity_provider_name: Option<String>,
    #[serde(default)]
    pub(super) version_info: Option<VersionInfo>,
    pub(super) remaining_resources: Vec<Resource>,
    pub(super) registered_resources: Vec<Resource>,
    pub(super) status: Option<InstanceStatus>,
    pub(super) agent_connected: Option<bool>,
    #[serde(default)]
    pub(super) attributes: Attributes,
    pub(super) registered_at: Option<Timestamp>,
}

const INSTANCE_UNREAD: &[&str] = &[
    "version",
    "statusReason",
    "runningTasksCount",
    "pendingTasksCount",
    "agentUpdateStatus",
    "attachments",
    "tags",
    "healthStatus",
    "gpuDevices",
];

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VersionInfo {
    pub(super) agent_version: Option<String>,
}

/// An amount, or a set of ports or GPU ids.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resource {
    pub(super) name: String,
    #[serde(default)]
    pub(super) integer_value: i64,
    #[serde(default)]
    pub(super) string_set_value: Vec<String>,
}

pub(super) fn instance(at: &At<'_>) -> Result<ExportedInstance, DocumentError> {
    at.map_of(&[fields_of::<ExportedInstance>(), INSTANCE_UNREAD].concat(), Part::Complete)?;
    at.decode()
}

/// An element of describe-tasks.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExportedTask {
    pub(super) task_arn: String,
    pub(super) task_definition_arn: String,
    pub(super) cluster_arn: Option<String>,
    pub(super) container_instance_arn: Option<String>,
    pub(super) availability_zone: Option<String>,
    pub(super) capacity_provider_name: Option<String>,
    pub(super) launch_type: Option<LaunchType>,
    pub(super) last_status: TaskStatus,
    pub(super) desired_status: DesiredStatus,
    pub(super) health_status: Option<HealthStatus>,
    pub(super) group: Option<String>,
    pub(super) started_by: Option<String>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) started_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) attachments: Vec<Attachment>,
    pub(super) overrides: Option<TaskOverride>,
}

const TASK_UNREAD: &[&str] = &[
    "attributes",
    "connectivity",
    "connectivityAt",
    "containers",
    "cpu",
    "memory",
    "enableExecuteCommand",
    "executionStoppedAt",
    "inferenceAccelerators",
    "platformVersion",
    "platformFamily",
    "pullStartedAt",
    "pullStoppedAt",
    "stopCode",
    "stoppedAt",
    "stoppedReason",
    "stoppingAt",
    "tags",
    "version",
    "ephemeralStorage",
    "fargateEphemeralStorage",
];

/// What hangs on a task: its network interface, for one.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Attachment {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Clone, Debug, Deserialize)]
struct Detail {
    name: String,
    value: Option<String>,
}

impl ExportedTask {
    /// The subnet of its network interface.
    pub(super) fn subnet(&self) -> Option<&str> {
        self.interface_detail("subnetId")
    }

    /// The private address of its network interface.
    pub(super) fn private_ip(&self) -> Option<&str> {
        self.interface_detail("privateIPv4Address")
    }

    fn interface_detail(&self, name: &str) -> Option<&str> {
        let interface = |attachment: &&Attachment| {
            matches!(&*attachment.kind, "ElasticNetworkInterface" | "eni")
        };
        let details = self.attachments.iter().filter(interface).flat_map(|a| &a.details);
        let mut values = details.filter(|detail| detail.name == name);
        values.find_map(|detail| detail.value.as_deref())
    }
}

pub(super) fn task(at: &At<'_>) -> Result<ExportedTask, DocumentError> {
    at.map_of(&[fields_of::<ExportedTask>(), TASK_UNREAD].concat(), Part::Complete)?;
    at.decode()
}

/// A deployment in an element of describe-services.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExportedDeployment {
    pub(super) id: Option<String>,
    pub(super) status: DeploymentStatus,
    pub(super) task_definition: String,
    #[serde(default)]
    pub(super) desired_count: u32,
    #[serde(default)]
    pub(super) failed_tasks: u32,
    pub(super) created_at: Option<Timestamp>,
    pub(super) updated_at: Option<Timestamp>,
    pub(super) rollout_state: Option<RolloutState>,
}

/// A task set in an element of describe-services, or of describe-task-sets.
#[derive(Clone, Debug)]
pub(super) struct ExportedTaskSet {
    pub(super) facts: TaskSetFacts,
    pub(super) input: CreateTaskSet,
}

/// What CreateTaskSet does not take.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskSetFacts {
    pub(super) id: Option<String>,
    pub(super) status: DeploymentStatus,
    pub(super) task_definition: String,
    pub(super) stability_status: Option<String>,
    pub(super) stability_status_at: Option<Timestamp>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) updated_at: Option<Timestamp>,
}

const TASK_SET_UNREAD: &[&str] = &[
    "id",
    "taskSetArn",
    "serviceArn",
    "clusterArn",
    "startedBy",
    "status",
    "computedDesiredCount",
    "pendingCount",
    "runningCount",
    "createdAt",
    "updatedAt",
    "platformFamily",
    "stabilityStatus",
    "stabilityStatusAt",
    "fargateEphemeralStorage",
];

fn task_set(at: &At<'_>, service: &str) -> Result<ExportedTaskSet, DocumentError> {
    let keys = [fields_of::<CreateTaskSet>(), TASK_SET_UNREAD].concat();
    at.map_of(&keys, Part::Complete)?;
    let mut node = at.node.clone();
    for key in TASK_SET_UNREAD {
        node.remove(key);
    }
    node.set("service", Node::new(Value::String(service.into()), at.node.place));
    Ok(ExportedTaskSet { facts: at.decode()?, input: read_part(&node, at)? })
}

/// An element of describe-services.
#[derive(Clone, Debug)]
pub(super) struct ExportedService {
    pub(super) input: CreateService,
    pub(super) deployments: Vec<ExportedDeployment>,
    /// Of a service under another controller than ECS.
    pub(super) task_sets: Vec<ExportedTaskSet>,
    pub(super) created_at: Option<Timestamp>,
    /// It says itself that it has no tasks: then none are made up.
    pub(super) has_no_tasks: bool,
}

const SERVICE_UNREAD: &[&str] = &[
    "serviceArn",
    "clusterArn",
    "status",
    "runningCount",
    "pendingCount",
    "deployments",
    "taskSets",
    "roleArn",
    "events",
    "createdAt",
    "createdBy",
    "platformFamily",
    "currentServiceDeployment",
    "currentServiceRevisions",
    "resourceManagementType",
];

pub(super) fn service(at: &At<'_>) -> Result<ExportedService, DocumentError> {
    let keys = [fields_of::<CreateService>(), SERVICE_UNREAD].concat();
    at.map_of(&keys, Part::Complete)?;
    if let Some(status) = at.get("status")
        && status.node.as_str() != Some("ACTIVE")
    {
        let error = status.error("a service of time 0 is ACTIVE");
        return Err(error.with_remedy("Leave the service out"));
    }
    let deployments = at.list("deployments")?;
    let name = at.optional::<String>("serviceName")?.unwrap_or_default();
    let task_sets = at.list("taskSets")?;
    let mut input: CreateService = without(at, SERVICE_UNREAD)?;
    if let Some(cluster) = at.optional::<String>("clusterArn")? {
        input.cluster.get_or_insert(cluster);
    }
    // The answer tells how many a daemon has; CreateService may not.
    if input.scheduling_strategy.as_deref() == Some("DAEMON") {
        input.desired_count = None;
    }
    Ok(ExportedService {
        input,
        deployments: deployments.iter().map(At::decode).collect::<Result<_, _>>()?,
        task_sets: task_sets.iter().map(|at| task_set(at, &name)).collect::<Result<_, _>>()?,
        created_at: at.optional("createdAt")?,
        has_no_tasks: at.optional::<u32>("runningCount")? == Some(0)
            && at.optional::<u32>("pendingCount")? == Some(0),
    })
}

/// A describe-task-definition answer.
#[derive(Clone, Debug)]
pub(super) struct ExportedDefinition {
    pub(super) input: RegisterTaskDefinition,
    pub(super) revision: u32,
    pub(super) status: DefinitionStatus,
    pub(super) registered_at: Option<Timestamp>,
}

const DEFINITION_UNREAD: &[&str] = &[
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
];

pub(super) fn definition(at: &At<'_>) -> Result<ExportedDefinition, DocumentError> {
    let keys = [fields_of::<RegisterTaskDefinition>(), DEFINITION_UNREAD].concat();
    at.map_of(&keys, Part::Complete)?;
    Ok(ExportedDefinition {
        input: without(at, DEFINITION_UNREAD)?,
        revision: at.required("revision")?.decode()?,
        status: at.optional("status")?.unwrap_or(DefinitionStatus::Active),
        registered_at: at.optional("registeredAt")?,
    })
}

const PROVIDER_UNREAD: &[&str] =
    &["capacityProviderArn", "status", "updateStatus", "updateStatusReason", "type"];

/// A CreateCapacityProvider input, or an element of describe-capacity-providers.
pub(super) fn provider(at: &At<'_>) -> Result<CreateCapacityProvider, DocumentError> {
    let keys = [fields_of::<CreateCapacityProvider>(), PROVIDER_UNREAD].concat();
    at.map_of(&keys, Part::Complete)?;
    at.required("name")?;
    without(at, PROVIDER_UNREAD)
}

/// Reads what is left of a map without some keys.
fn without<T: for<'n> Deserialize<'n>>(at: &At<'_>, keys: &[&str]) -> Result<T, DocumentError> {
    let mut node = at.node.clone();
    for key in keys {
        node.remove(key);
    }
    read_part(&node, at)
}

fn read_part<T: for<'n> Deserialize<'n>>(node: &Node, at: &At<'_>) -> Result<T, DocumentError> {
    Decoder::new(node).at(at.origin.path()).decode()
}
