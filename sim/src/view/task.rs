//! Tasks as DescribeTasks shows them (01 sections 3 and 11).

use serde_json::Value;
use stowplan_engine::model::{
    Container, ContainerPort, LaunchType, NetworkMode, Owner, TaskDefinition, TaskId, TaskStatus,
};

use super::shape::{api, none, object, shape, text, texts};
use super::{ContainerFacts, Moment, TaskFacts};
use crate::world::{ContainerStatus, address_at};

shape! {
    /// A task.
    TaskShape(moment, task: TaskId, row = moment.engine.task(task)) {
        "attachments" => attachments(moment, task),
        "attributes" => attributes(moment.engine.definition(row.definition)),
        "availabilityZone" => text(row.zone.map(|zone| moment.engine.zone_name(zone))),
        "capacityProviderName" => provider(moment, task),
        "clusterArn" => moment.engine.cluster_arn(row.cluster),
        "connectivity" => connectivity(&moment.world.task(task)),
        "connectivityAt" => moment.time_or_null(moment.world.task(task).connectivity_at),
        "containerInstanceArn" => text(row.instance.map(|i| moment.engine.instance_arn(i))),
        "containers" => containers(moment, task),
        "cpu" => size(moment, task, Size::Cpu),
        "createdAt" => moment.time(row.created_at),
        "desiredStatus" => row.desired_status.as_str(),
        "enableExecuteCommand" => row.extra.as_ref().is_some_and(|extra| extra.execute_command)
            || owner_service(moment, task, |s| s.enable_execute_command) == Value::Bool(true),
        "executionStoppedAt" => moment.time_or_null(moment.world.task(task).execution_stopped_at),
        "ephemeralStorage" => {
            api(&moment.engine.definition(row.definition).input.ephemeral_storage)
        },
        "group" => moment.engine.group_name(row.group),
        "healthStatus" => row.container_health.as_str(),
        "inferenceAccelerators" => none(),
        "lastStatus" => row.last_status.as_str(),
        "launchType" => row.launch_type.as_str(),
        "memory" => size(moment, task, Size::Memory),
        "overrides" => overrides(moment, task),
        "platformVersion" => text((row.launch_type == LaunchType::Fargate).then_some("1.4.0")),
        "platformFamily" => platform_family(moment, task),
        "pullStartedAt" => moment.time_or_null(moment.world.task(task).pull_started_at),
        "pullStoppedAt" => moment.time_or_null(moment.world.task(task).pull_stopped_at),
        "startedAt" => moment.time_or_null(row.started_at()),
        "startedBy" => started_by(moment, task),
        "stopCode" => text(row.stop().map(|stop| stop.code.as_str())),
        "stoppedAt" => moment.time_or_null(row.stopped_at()),
        "stoppedReason" => text(row.stop().map(|s| moment.engine.stopped_reason(s))),
        "stoppingAt" => moment.time_or_null(row.stopping_at()),
        "tags" => none(),
        "taskArn" => moment.engine.task_arn(task),
        "taskDefinitionArn" => moment.engine.definition_arn(row.definition, row.cluster),
        "version" => row.version,
        "id" => moment.engine.task_name(task),
        "instance" => text(row.instance.map(|i| &moment.engine.instance(i).name)),
        "service" => text(row.owner.map(|o| &moment.engine.service(o.service).name)),
        "revision" => moment.engine.definition(row.definition).revision,
        "capacityProvider" => provider(moment, task),
        "subnet" => text(row.subnet.map(|subnet| &moment.engine.subnet(subnet).name)),
        "privateIp" => text(address(moment, task)),
        "injected" => object([]),
        "stale" => false,
        "container" => containers_by_name(moment, task),
    }
}

/// Key of a task's zone, and of its provider, in the counts of its service.
pub(crate) fn zone_of(moment: &Moment<'_>, task: TaskId) -> Option<String> {
    moment.engine.task(task).zone.map(|zone| moment.engine.zone_name(zone).to_owned())
}

/// Name of a task's capacity provider.
pub(crate) fn provider_of(moment: &Moment<'_>, task: TaskId) -> Option<String> {
    let provider = moment.engine.task(task).provider?;
    Some(moment.engine.provider(provider).name.to_string())
}

fn provider(moment: &Moment<'_>, task: TaskId) -> Value {
    text(provider_of(moment, task))
}

fn connectivity(facts: &TaskFacts) -> Value {
    text(facts.connectivity_at.map(|_| "CONNECTED"))
}

fn attributes(definition: &TaskDefinition) -> Value {
    let architecture = definition.cpu_architecture.as_deref().unwrap_or("x86_64");
    let attribute =
        object([("name", "ecs.cpu-architecture".into()), ("value", architecture.into())]);
    Value::Array(vec![attribute])
}

/// The elastic network interface of an awsvpc task.
fn attachments(moment: &Moment<'_>, task: TaskId) -> Value {
    let row = moment.engine.task(task);
    let Some(subnet) = row.subnet else { return none() };
    let status = match row.last_status {
        TaskStatus::Provisioning => "ATTACHING",
        TaskStatus::Pending
        | TaskStatus::Activating
        | TaskStatus::Running
        | TaskStatus::Deactivating
        | TaskStatus::Stopping => "ATTACHED",
        TaskStatus::Deprovisioning => "DETACHING",
        TaskStatus::Stopped => "DELETED",
    };
    let interface = format!("eni-{:017x}", u64::from(task.number()) + 1);
    let mut details = vec![
        detail("subnetId", &moment.engine.subnet(subnet).name),
        detail("networkInterfaceId", &interface),
        detail("macAddress", &mac_address(task)),
    ];
    if let Some(address) = address(moment, task) {
        details.push(detail("privateDnsName", &private_name(moment, task, &address)));
        details.push(detail("privateIPv4Address", &address));
    }
    Value::Array(vec![object([
        ("id", format!("eni-attach-{:017x}", u64::from(task.number()) + 1).into()),
        ("type", "ElasticNetworkInterface".into()),
        ("status", status.into()),
        ("details", Value::Array(details)),
    ])])
}

/// A locally administered address, one for each task.
fn mac_address(task: TaskId) -> String {
    let [.., a, b, c, d] = u64::from(task.number()).to_be_bytes();
    format!("0a:00:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
}

/// The name that the address has in its VPC.
fn private_name(moment: &Moment<'_>, task: TaskId, address: &str) -> String {
    let host = address.replace('.', "-");
    match &*moment.engine.cluster(moment.engine.task(task).cluster).region {
        "us-east-1" => format!("ip-{host}.ec2.internal"),
        region => format!("ip-{host}.{region}.compute.internal"),
    }
}

/// The private address of a task's own network interface.
fn address(moment: &Moment<'_>, task: TaskId) -> Option<String> {
    let facts = moment.world.task(task);
    if let Some(given) = facts.given_address {
        return Some(given.to_string());
    }
    let network = moment.world.network(moment.engine.task(task).subnet?)?;
    address_at(network, facts.address?).map(|address| address.to_string())
}

fn detail(name: &str, value: &str) -> Value {
    object([("name", name.into()), ("value", value.into())])
}

enum Size {
    Cpu,
    Memory,
}

/// `cpu` and `memory` of a task: those of the call, else of the definition, else the sum over its
/// containers.
fn size(moment: &Moment<'_>, task: TaskId, which: Size) -> Value {
    let row = moment.engine.task(task);
    let definition = moment.engine.definition(row.definition);
    let given = match which {
        Size::Cpu => definition.cpu,
        Size::Memory => definition.memory,
    };
    let reserved = match which {
        Size::Cpu => row.demand.cpu,
        Size::Memory => row.demand.memory,
    };
    // On Fargate nothing is reserved on an instance, so the definition is all there is.
    let amount = if row.launch_type == LaunchType::Fargate { given } else { Some(reserved) };
    text(amount.map(|amount| amount.to_string()))
}

fn owner_service<T: Into<Value> + Default>(
    moment: &Moment<'_>,
    task: TaskId,
    read: impl Fn(&stowplan_engine::api::input::CreateService) -> Option<T>,
) -> Value {
    let owner = moment.engine.task(task).owner;
    owner.and_then(|o| read(&moment.engine.service(o.service).input)).unwrap_or_default().into()
}

fn overrides(moment: &Moment<'_>, task: TaskId) -> Value {
    let row = moment.engine.task(task);
    match row.extra.as_ref().and_then(|extra| extra.overrides.as_ref()) {
        Some(given) => {
            let mut fields = super::shape::into_fields(api(given));
            fields.entry("containerOverrides").or_insert_with(none);
            fields.entry("inferenceAcceleratorOverrides").or_insert_with(none);
            Value::Object(fields)
        }
        None => {
            let definition = moment.engine.definition(row.definition);
            let by_name = |c: &Container| object([("name", c.name.to_string().into())]);
            object([
                ("containerOverrides", definition.containers.iter().map(by_name).collect()),
                ("inferenceAcceleratorOverrides", none()),
            ])
        }
    }
}

fn platform_family(moment: &Moment<'_>, task: TaskId) -> Value {
    let row = moment.engine.task(task);
    let definition = moment.engine.definition(row.definition);
    let family = definition.os_family.as_deref().unwrap_or("Linux");
    text((row.launch_type == LaunchType::Fargate).then_some(family))
}

fn started_by(moment: &Moment<'_>, task: TaskId) -> Value {
    let row = moment.engine.task(task);
    match row.owner {
        Some(Owner { deployment, .. }) => moment.engine.deployment_name(deployment).into(),
        None => text(row.extra.as_ref().and_then(|extra| extra.started_by.as_deref())),
    }
}

fn containers(moment: &Moment<'_>, task: TaskId) -> Value {
    each_container(moment, task).map(|(_, container)| container).collect()
}

fn containers_by_name(moment: &Moment<'_>, task: TaskId) -> Value {
    Value::Object(each_container(moment, task).collect())
}

fn each_container(moment: &Moment<'_>, task: TaskId) -> impl Iterator<Item = (String, Value)> {
    let row = moment.engine.task(task);
    let definition = moment.engine.definition(row.definition);
    let facts = moment.world.task(task);
    definition.containers.iter().enumerate().map(move |(position, container)| {
        let assumed = || ContainerFacts::assumed(assumed_status(moment, task));
        let known = facts.containers.get(position).cloned().unwrap_or_else(assumed);
        let value = one_container(moment, task, (position, container), &known);
        (container.name.to_string(), value)
    })
}

/// What a container's status is taken for where no world says it.
fn assumed_status(moment: &Moment<'_>, task: TaskId) -> ContainerStatus {
    let row = moment.engine.task(task);
    match row.last_status {
        TaskStatus::Provisioning | TaskStatus::Pending | TaskStatus::Activating => {
            ContainerStatus::Pending
        }
        TaskStatus::Running | TaskStatus::Deactivating | TaskStatus::Stopping => {
            ContainerStatus::Running
        }
        TaskStatus::Deprovisioning | TaskStatus::Stopped => ContainerStatus::Stopped,
    }
}

fn one_container(
    moment: &Moment<'_>,
    task: TaskId,
    (position, container): (usize, &Container),
    known: &ContainerFacts,
) -> Value {
    let engine = &moment.engine;
    let arn = engine.task_arn(task).replacen(":task/", ":container/", 1);
    object([
        ("containerArn", format!("{arn}/{:032x}", position + 1).into()),
        ("taskArn", engine.task_arn(task).into()),
        ("name", container.name.to_string().into()),
        ("image", container.image.to_string().into()),
        ("imageDigest", Value::Null),
        ("runtimeId", Value::Null),
        ("lastStatus", known.last_status.as_str().into()),
        ("exitCode", known.exit_code.into()),
        ("reason", text(known.reason.as_deref())),
        ("networkBindings", network_bindings(moment, task, container, known)),
        ("networkInterfaces", network_interfaces(moment, task)),
        ("healthStatus", known.health.as_str().into()),
        ("managedAgents", none()),
        ("cpu", container.cpu.to_string().into()),
        ("memory", text(container.memory.map(|mib| mib.to_string()))),
        ("memoryReservation", text(container.memory_reservation.map(|mib| mib.to_string()))),
        ("gpuIds", gpu_ids(moment, task, position)),
        ("startedAt", moment.time_or_null(known.started_at)),
        ("signalledAt", moment.time_or_null(known.signalled_at)),
        ("stoppedAt", moment.time_or_null(known.stopped_at)),
        ("restartCount", known.restart_count.into()),
    ])
}

/// Host ports of a container, a range in one. In awsvpc mode they are its own; tasks of an export
/// list none there.
fn network_bindings(
    moment: &Moment<'_>,
    task: TaskId,
    container: &Container,
    known: &ContainerFacts,
) -> Value {
    let definition = moment.engine.definition(moment.engine.task(task).definition);
    let is_exported = moment.world.task(task).given_address.is_some();
    if definition.network_mode == NetworkMode::Awsvpc && is_exported {
        return none();
    }
    let one = |(port, &host_port): (&ContainerPort, &u16)| {
        let (address, protocol) = ("0.0.0.0".into(), port.protocol.as_str().into());
        if port.count <= 1 {
            return object([
                ("bindIP", address),
                ("containerPort", port.container_port.into()),
                ("hostPort", host_port.into()),
                ("protocol", protocol),
            ]);
        }
        let range = |first: u16| format!("{first}-{}", first.saturating_add(port.count - 1));
        object([
            ("bindIP", address),
            ("containerPortRange", range(port.container_port).into()),
            ("hostPortRange", range(host_port).into()),
            ("protocol", protocol),
        ])
    };
    container.ports.iter().zip(&known.host_ports).map(one).collect()
}

fn network_interfaces(moment: &Moment<'_>, task: TaskId) -> Value {
    match address(moment, task) {
        None => none(),
        Some(address) => Value::Array(vec![object([
            ("attachmentId", format!("eni-attach-{:017x}", u64::from(task.number()) + 1).into()),
            ("privateIpv4Address", address.into()),
        ])]),
    }
}

/// The GPUs of a task go to its containers in order (01 section 1.7).
fn gpu_ids(moment: &Moment<'_>, task: TaskId, position: usize) -> Value {
    let row = moment.engine.task(task);
    let containers = &moment.engine.definition(row.definition).containers;
    let before: u32 = containers[..position].iter().map(|c| c.gpu).sum();
    let held = moment.engine.gpus_of(task);
    let mine = (0..u64::BITS).filter(|bit| held >> bit & 1 == 1);
    let mine = mine.skip(before as usize).take(containers[position].gpu as usize);
    texts(mine.map(|bit| format!("GPU-{bit}")))
}

/// Whether DescribeTasks still shows a task (01 section 3.6).
pub(crate) fn is_described(moment: &Moment<'_>, task: TaskId) -> bool {
    let retention = moment.engine.config().stopped_task_retention;
    match moment.engine.task(task).stopped_at() {
        Some(stopped) => moment.now < stopped + retention,
        None => true,
    }
}
