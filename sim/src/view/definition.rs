//! Task definitions as DescribeTaskDefinition shows them (01 section 2).

use serde_json::Value;
use stowplan_engine::model::{ClusterId, Compatibilities, TaskDefinition, TaskDefinitionId};

use super::Moment;
use super::shape::{Shape, api, object, shape, text, texts};

shape! {
    /// A revision of a task definition.
    DefinitionShape(
        moment, definition: TaskDefinitionId, row = moment.engine.definition(definition)
    ) {
        "taskDefinitionArn" => arn(moment, definition),
        "containerDefinitions" => api(&row.input.container_definitions),
        "family" => &*row.family,
        "taskRoleArn" => text(row.input.task_role_arn.as_deref()),
        "executionRoleArn" => text(row.input.execution_role_arn.as_deref()),
        "networkMode" => row.network_mode.as_str(),
        "revision" => row.revision,
        "volumes" => api(&row.input.volumes),
        "status" => row.status.as_str(),
        "requiresAttributes" => required(row),
        "placementConstraints" => api(&row.input.placement_constraints),
        "compatibilities" => compatibilities(row.compatibilities),
        "runtimePlatform" => api(&row.input.runtime_platform),
        "requiresCompatibilities" => texts(row.input.requires_compatibilities.iter().cloned()),
        "cpu" => text(row.cpu.map(|units| units.to_string())),
        "memory" => text(row.memory.map(|mib| mib.to_string())),
        "inferenceAccelerators" => api(&row.input.inference_accelerators),
        "pidMode" => text(row.input.pid_mode.as_deref()),
        "ipcMode" => text(row.input.ipc_mode.as_deref()),
        "proxyConfiguration" => api(&row.input.proxy_configuration),
        "registeredAt" => moment.time(row.registered_at),
        "deregisteredAt" => moment.time_or_null(row.deregistered_at),
        "registeredBy" => Value::Null,
        "ephemeralStorage" => api(&row.input.ephemeral_storage),
        "enableFaultInjection" => row.input.enable_fault_injection.unwrap_or_default(),
    }
}

/// The answer of the calls on one definition: itself and its tags.
pub(crate) fn answer(moment: &Moment<'_>, definition: TaskDefinitionId) -> Value {
    let tags = api(&moment.engine.definition(definition).input.tags);
    object([("taskDefinition", DefinitionShape::object(moment, definition)), ("tags", tags)])
}

/// A definition belongs to a region; ARNs show that of the first cluster.
pub(crate) fn arn(moment: &Moment<'_>, definition: TaskDefinitionId) -> String {
    moment.engine.definition_arn(definition, ClusterId::new(0))
}

fn required(row: &TaskDefinition) -> Value {
    row.requires_attributes.iter().map(|name| object([("name", (**name).into())])).collect()
}

fn compatibilities(valid: Compatibilities) -> Value {
    let all = [
        (valid.ec2, "EC2"),
        (valid.fargate, "FARGATE"),
        (valid.external, "EXTERNAL"),
        (valid.managed_instances, "MANAGED_INSTANCES"),
    ];
    texts(all.into_iter().filter(|(is_valid, _)| *is_valid).map(|(_, name)| name))
}
