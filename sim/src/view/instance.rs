//! Container instances as DescribeContainerInstances shows them (01 section 7).

use serde_json::Value;
use stowplan_engine::model::{
    Attribute, Capabilities, ContainerInstance, InstanceId, InstanceStatus, PortSet, Protocol,
    ProviderKind,
};

use super::Moment;
use super::shape::{none, object, shape, text, texts};

/// Why an instance is REGISTRATION_FAILED (02 section 3.4).
const NO_TRUNK: &str = "The trunk network interface could not be created.";

shape! {
    /// A container instance.
    InstanceShape(moment, instance: InstanceId, row = moment.engine.instance(instance)) {
        "containerInstanceArn" => moment.engine.instance_arn(instance),
        "ec2InstanceId" => text(row.ec2_instance_id.as_deref()),
        "capacityProviderName" => capacity_provider(moment, row),
        "version" => row.version,
        "versionInfo" => object([
            ("agentVersion", text(row.agent_version.as_deref())),
            ("agentHash", Value::Null),
            ("dockerVersion", Value::Null),
        ]),
        "remainingResources" => resources(&remaining(moment, instance), &row.used_ports()),
        "registeredResources" => resources(&registered(row), &row.reserved_ports),
        "status" => row.status.as_str(),
        "statusReason" => text(
            (row.status == InstanceStatus::RegistrationFailed).then_some(NO_TRUNK),
        ),
        "agentConnected" => row.agent_connected,
        "runningTasksCount" => task_counts(moment, row).0,
        "pendingTasksCount" => task_counts(moment, row).1,
        "agentUpdateStatus" => Value::Null,
        "attributes" => attributes(row).map(one_attribute).collect::<Value>(),
        "registeredAt" => moment.time(row.registered_at),
        "attachments" => none(),
        "tags" => none(),
        "healthStatus" => Value::Null,
        "remaining" => amounts(&remaining(moment, instance)),
        "registered" => amounts(&registered(row)),
        "usedPorts" => object([
            ("tcp", row.used_ports().ports(Protocol::Tcp).to_vec().into()),
            ("udp", row.used_ports().ports(Protocol::Udp).to_vec().into()),
        ]),
        "tasks" => live_tasks(moment, row),
        "availabilityZone" => moment.engine.zone_name(row.zone),
        "id" => &*row.name,
        "launchedAt" => moment.time(row.registered_at),
    }
}

/// The four amounts of an instance; without a limit of interfaces `eni` is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) cpu: u32,
    pub(crate) memory: u32,
    pub(crate) gpu: u32,
    pub(crate) eni: Option<u32>,
}

/// What is left for tasks: the scheduler ledger.
pub(crate) fn remaining(moment: &Moment<'_>, instance: InstanceId) -> Amounts {
    let free = moment.engine.instance_free(instance);
    Amounts { cpu: free.cpu, memory: free.memory, gpu: free.gpu, eni: free.eni }
}

/// What it registered.
pub(crate) fn registered(row: &ContainerInstance) -> Amounts {
    Amounts {
        cpu: row.registered_cpu,
        memory: row.registered_memory,
        gpu: row.gpus,
        eni: row.eni_limit,
    }
}

/// Live tasks placed on it.
pub(crate) fn live_tasks(moment: &Moment<'_>, row: &ContainerInstance) -> usize {
    row.tasks.iter().filter(|&&task| moment.engine.task(task).is_live()).count()
}

/// `runningTasksCount` and `pendingTasksCount`.
pub(crate) fn task_counts(moment: &Moment<'_>, row: &ContainerInstance) -> (usize, usize) {
    let here = || row.tasks.iter().map(|&task| moment.engine.task(task));
    (here().filter(|t| t.is_running()).count(), here().filter(|t| t.is_pending()).count())
}

/// Every attribute, the agent's implied capabilities aside: those are every name that a current
/// agent knows, and no list of them ends.
pub(crate) fn attributes(row: &ContainerInstance) -> impl Iterator<Item = &Attribute> {
    debug_assert!(matches!(
        row.capabilities,
        Capabilities::CurrentAgent { .. } | Capabilities::Listed
    ));
    row.attributes.iter()
}

fn one_attribute(attribute: &Attribute) -> Value {
    match &attribute.value {
        Some(value) => object([
            ("name", attribute.name.to_string().into()),
            ("value", value.to_string().into()),
        ]),
        None => object([("name", attribute.name.to_string().into())]),
    }
}

/// The provider whose Auto Scaling group an instance belongs to, among those of its cluster.
fn capacity_provider(moment: &Moment<'_>, row: &ContainerInstance) -> Value {
    let of_group = |&&provider: &&stowplan_engine::model::ProviderId| match &moment
        .engine
        .provider(provider)
        .kind
    {
        ProviderKind::AutoScalingGroup { group, .. } => {
            row.auto_scaling_group.as_ref() == Some(group)
        }
        ProviderKind::Fargate | ProviderKind::FargateSpot => false,
    };
    let associated = &moment.engine.cluster(row.cluster).providers;
    text(associated.iter().find(of_group).map(|&p| &moment.engine.provider(p).name))
}

fn amounts(amounts: &Amounts) -> Value {
    object([
        ("cpu", amounts.cpu.into()),
        ("memory", amounts.memory.into()),
        ("gpu", amounts.gpu.into()),
        ("eni", amounts.eni.into()),
    ])
}

/// `remainingResources` lists the ports in use, as the API does.
fn resources(amounts: &Amounts, ports: &PortSet) -> Value {
    let port_names = |protocol| texts(ports.ports(protocol).iter().map(u16::to_string));
    let mut list = vec![
        integer("CPU", amounts.cpu),
        integer("MEMORY", amounts.memory),
        string_set("PORTS", port_names(Protocol::Tcp)),
        string_set("PORTS_UDP", port_names(Protocol::Udp)),
    ];
    if amounts.gpu > 0 {
        let gpus = texts((0..amounts.gpu).map(|position| format!("GPU-{position}")));
        list.push(string_set("GPU", gpus));
    }
    Value::Array(list)
}

fn integer(name: &str, amount: u32) -> Value {
    resource(name, "INTEGER", amount, none())
}

fn string_set(name: &str, values: Value) -> Value {
    resource(name, "STRINGSET", 0, values)
}

fn resource(name: &str, kind: &str, amount: u32, values: Value) -> Value {
    object([
        ("name", name.into()),
        ("type", kind.into()),
        ("doubleValue", 0.0.into()),
        ("longValue", 0.into()),
        ("integerValue", amount.into()),
        ("stringSetValue", values),
    ])
}
