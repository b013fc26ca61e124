//! The fields that are not kept.

use super::not_kept::{NotKept, Of, Only};

const fn row(of: Of, field: &'static str, reason: &'static str) -> NotKept {
    NotKept { of, field, reason, only: Only::Any }
}

const TAGS: &str = "no rule reads it";
const SECRET: &str = "only matters inside the container, and may hold secrets";
const INSIDE: &str = "only matters inside the machine";
const ADDRESS: &str = "network interfaces get ids in the run; subnet and private address are kept";
const STOPPING: &str = "that a task is stopping is kept, not why and since when";
const HISTORY: &str = "history: a run begins with none";
const MADE: &str = "ids of that kind are made by the run";
const DEFAULT_NAMESPACE: &str = "a cluster's default namespace is called as the cluster is";
const PROXY_LOG: &str = "what the proxy logs: no rule reads it";
const PROXY_TLS: &str = "encryption between proxies: no rule reads it";
const FOLLOWS: &str = "follows from the definition by the project's own rules";

/// By kind, then by the name of the field.
pub(super) const NOT_KEPT: &[NotKept] = &[
    row(Of::Cluster, "attachments", "what managed scaling and draining set up is implied"),
    row(Of::Cluster, "attachmentsStatus", "what managed scaling and draining set up is implied"),
    row(Of::Cluster, "configuration", "where sessions of ECS Exec are logged: no rule reads it"),
    row(Of::Cluster, "serviceConnectDefaults", DEFAULT_NAMESPACE),
    row(Of::Cluster, "tags", TAGS),
    row(Of::Instance, "agentUpdateStatus", "agents are not updated in a run"),
    row(Of::Instance, "attachments", "trunks and volumes of a machine have ids of their own"),
    row(Of::Instance, "healthStatus", "the health of the container runtime is not simulated"),
    row(Of::Instance, "registeredResources[GPU].stringSetValue", "GPUs are called by number"),
    row(Of::Instance, "remainingResources[GPU].stringSetValue", "GPUs are called by number"),
    row(Of::Instance, "statusReason", "no rule reads it"),
    row(Of::Instance, "tags", TAGS),
    row(Of::Instance, "version", "counts the changes of the run, which begins anew"),
    row(Of::Instance, "versionInfo.agentHash", INSIDE),
    row(Of::Instance, "versionInfo.dockerVersion", INSIDE),
    row(Of::Service, "createdBy", "no rule reads it"),
    row(Of::Service, "currentServiceDeployment", MADE),
    row(Of::Service, "currentServiceRevisions", MADE),
    row(Of::Service, "deployments[].fargateEphemeralStorage", "disks are not simulated"),
    row(Of::Service, "deployments[].serviceConnectConfiguration.accessLogConfiguration", PROXY_LOG),
    row(Of::Service, "deployments[].serviceConnectConfiguration.logConfiguration", PROXY_LOG),
    row(Of::Service, "deployments[].serviceConnectConfiguration.services[].tls", PROXY_TLS),
    row(Of::Service, "deployments[].serviceConnectResources", MADE),
    row(Of::Service, "deployments[].volumeConfigurations", "not built yet"),
    row(Of::Service, "deployments[].vpcLatticeConfigurations", "not built yet"),
    row(Of::Service, "events", HISTORY),
    row(Of::Service, "resourceManagementType", "everything is the customer's"),
    row(Of::Service, "roleArn", "the role for load balancers: no rule reads it"),
    row(Of::Service, "taskSets[].fargateEphemeralStorage", "disks are not simulated"),
    row(Of::Service, "taskSets[].platformFamily", FOLLOWS),
    row(Of::Service, "taskSets[].startedBy", "who asked for a task set: no rule reads it"),
    row(Of::Service, "taskSets[].tags", TAGS),
    row(Of::Task, "attachments[].details[macAddress]", ADDRESS),
    row(Of::Task, "attachments[].details[networkInterfaceId]", ADDRESS),
    row(Of::Task, "attachments[].details[privateDnsName]", ADDRESS),
    row(Of::Task, "attachments[].id", ADDRESS),
    row(Of::Task, "connectivity", "not known of tasks that are there when a run begins"),
    row(Of::Task, "connectivityAt", "not known of tasks that are there when a run begins"),
    row(Of::Task, "containers[].containerArn", MADE),
    row(Of::Task, "containers[].imageDigest", "images are known by their names"),
    row(Of::Task, "containers[].managedAgents", "agents inside containers are not simulated"),
    row(Of::Task, "containers[].networkBindings[].bindIP", INSIDE),
    NotKept {
        of: Of::Task,
        field: "containers[].networkBindings[].hostPort",
        reason: "dynamic host ports are given out anew; static ones are kept",
        only: Only::DynamicPort,
    },
    row(Of::Task, "containers[].networkInterfaces[].attachmentId", ADDRESS),
    row(Of::Task, "containers[].networkInterfaces[].ipv6Address", "addresses are IPv4"),
    row(Of::Task, "containers[].runtimeId", INSIDE),
    row(Of::Task, "enableExecuteCommand", "that of its service is kept"),
    row(Of::Task, "executionStoppedAt", STOPPING),
    row(Of::Task, "overrides.containerOverrides[].command", SECRET),
    row(Of::Task, "overrides.containerOverrides[].environment", SECRET),
    row(Of::Task, "overrides.containerOverrides[].environmentFiles", SECRET),
    row(Of::Task, "platformFamily", FOLLOWS),
    row(Of::Task, "pullStartedAt", "taken to be when the task began to run"),
    row(Of::Task, "pullStoppedAt", "taken to be when the task began to run"),
    row(Of::Task, "stopCode", STOPPING),
    row(Of::Task, "stoppedReason", STOPPING),
    row(Of::Task, "stoppingAt", STOPPING),
    row(Of::Task, "tags", TAGS),
    row(Of::Task, "version", "counts the changes of the run, which begins anew"),
    row(Of::Definition, "taskDefinition.compatibilities", FOLLOWS),
    row(Of::Definition, "taskDefinition.containerDefinitions[].command", SECRET),
    row(Of::Definition, "taskDefinition.containerDefinitions[].dockerLabels", SECRET),
    row(Of::Definition, "taskDefinition.containerDefinitions[].entryPoint", SECRET),
    row(Of::Definition, "taskDefinition.containerDefinitions[].environment", SECRET),
    row(
        Of::Definition,
        "taskDefinition.containerDefinitions[].logConfiguration.options",
        "options other than `awslogs-*` may hold secrets",
    ),
    row(Of::Definition, "taskDefinition.deregisteredAt", "no rule reads it"),
    row(Of::Definition, "taskDefinition.registeredBy", "no rule reads it"),
    row(Of::Definition, "taskDefinition.requiresAttributes", FOLLOWS),
    row(
        Of::Provider,
        "autoScalingGroupProvider.autoScalingGroupArn",
        "the group is known by its name",
    ),
    row(Of::Provider, "managedInstancesProvider", "Managed Instances are not built yet"),
    row(Of::Provider, "tags", TAGS),
    row(Of::Provider, "updateStatus", "updates are done at once"),
    row(Of::Provider, "updateStatusReason", "updates are done at once"),
];
