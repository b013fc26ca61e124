//! Rows on the task as a whole and on what its containers add up to: V1 to V11, V27 to V29.

use std::collections::BTreeSet;

use crate::api::input::ContainerDefinition;
use crate::model::units::{task_cpu_units, task_memory_mib};

use super::draft::{Draft, given, is_essential};
use super::json_length::json_length;
use super::placement::constraints_of_definition;
use super::rows::{Verdict, refuse};

/// Most characters of a family or a container name.
const LONGEST_NAME: usize = 255;

/// CPU units a task may ask for on container instances: 0.125 to 192 vCPU.
const EC2_CPU_UNITS: std::ops::RangeInclusive<u32> = 128..=196_608;

/// Most bytes of a definition as JSON.
const LARGEST_DOCUMENT: usize = 64 * 1024;

/// V1
pub(super) fn family_is_spelled_well(draft: &Draft<'_>) -> Verdict {
    if is_name(&draft.input.family) {
        Ok(())
    } else {
        refuse("Family contains invalid characters.")
    }
}

/// 1 to 255 letters, digits, `-` and `_`.
pub(super) fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// V2
pub(super) fn some_container(draft: &Draft<'_>) -> Verdict {
    if draft.containers().is_empty() {
        return refuse("Container list cannot be empty.");
    }
    Ok(())
}

/// V3
pub(super) fn not_too_many_containers(draft: &Draft<'_>) -> Verdict {
    let most = draft.config.quotas.containers_per_task_definition;
    if draft.containers().len() > most as usize {
        return refuse("Too many containers.");
    }
    Ok(())
}

/// V4
pub(super) fn names_are_unique(draft: &Draft<'_>) -> Verdict {
    let mut seen = BTreeSet::new();
    if draft.containers().iter().all(|container| seen.insert(container.name.as_str())) {
        return Ok(());
    }
    refuse("Container names must be unique.")
}

/// V5
pub(super) fn some_essential_container(draft: &Draft<'_>) -> Verdict {
    if draft.containers().iter().any(is_essential) {
        return Ok(());
    }
    refuse("Task definition doesn't have any essential container.")
}

/// V6. Fargate alone has a table of sizes instead of the range (F3).
pub(super) fn cpu_is_a_size(draft: &Draft<'_>) -> Verdict {
    let Some(text) = &draft.input.cpu else { return Ok(()) };
    let fargate_alone = draft.input.requires_compatibilities == ["FARGATE"];
    match task_cpu_units(&text.0) {
        Ok(units) if fargate_alone || EC2_CPU_UNITS.contains(&units) => Ok(()),
        _ => refuse("Invalid 'cpu' setting for task."),
    }
}

/// V7
pub(super) fn memory_is_a_size(draft: &Draft<'_>) -> Verdict {
    let Some(text) = &draft.input.memory else { return Ok(()) };
    task_memory_mib(&text.0).map_or_else(|invalid| refuse(invalid.to_string()), |_| Ok(()))
}

/// V8
pub(super) fn memory_is_known(draft: &Draft<'_>) -> Verdict {
    if draft.memory.is_some() {
        return Ok(());
    }
    match draft.containers().iter().find(|container| reserved_memory(container).is_none()) {
        None => Ok(()),
        Some(container) => refuse(format!(
            "Invalid setting for container '{}'. At least one of 'memory' or 'memoryReservation' \
             must be specified.",
            container.name
        )),
    }
}

/// V9
pub(super) fn reservation_within_limit(draft: &Draft<'_>) -> Verdict {
    let reserves_more = |container: &&ContainerDefinition| match given(container.memory) {
        Some(limit) => given(container.memory_reservation).is_some_and(|soft| soft > limit),
        None => false,
    };
    match draft.containers().iter().find(reserves_more) {
        None => Ok(()),
        Some(container) => refuse(format!(
            "Invalid setting for container '{}'. 'memory' must be greater than or equal to \
             'memoryReservation'.",
            container.name
        )),
    }
}

/// V10
pub(super) fn containers_within_task_cpu(draft: &Draft<'_>) -> Verdict {
    let Some(task) = draft.enforced_cpu() else { return Ok(()) };
    let units = draft.containers().iter().map(|container| given(container.cpu));
    let sum: u64 = units.map(|cpu| u64::from(cpu.unwrap_or(0))).sum();
    if sum <= u64::from(task) {
        return Ok(());
    }
    refuse(format!(
        "The total CPU of the containers ({sum}) is greater than the task CPU ({task})."
    ))
}

/// V11. Several hard limits may be larger than the task's together; what is reserved may not.
pub(super) fn containers_within_task_memory(draft: &Draft<'_>) -> Verdict {
    let Some(task) = draft.enforced_memory() else { return Ok(()) };
    let sum = |memory: fn(&ContainerDefinition) -> Option<u32>| -> u64 {
        draft.containers().iter().map(|c| u64::from(memory(c).unwrap_or(0))).sum()
    };
    let reserved = sum(reserved_memory);
    let too_large = |c: &ContainerDefinition| given(c.memory).is_some_and(|limit| limit > task);
    let total = if reserved > u64::from(task) {
        reserved
    } else if draft.containers().iter().any(too_large) {
        sum(|container| given(container.memory).or_else(|| given(container.memory_reservation)))
    } else {
        return Ok(());
    };
    refuse(format!(
        "The total memory of the containers ({total}) is greater than the task memory ({task})."
    ))
}

/// MiB a container reserves: its soft limit, else its hard one.
fn reserved_memory(container: &ContainerDefinition) -> Option<u32> {
    given(container.memory_reservation).or_else(|| given(container.memory))
}

/// V27
pub(super) fn constraints_are_expressions(draft: &Draft<'_>) -> Verdict {
    match constraints_of_definition(draft.input) {
        Ok(_) => Ok(()),
        Err(problem) => refuse(format!("Invalid placement constraint. {problem}")),
    }
}

/// V28
pub(super) fn document_is_small_enough(draft: &Draft<'_>) -> Verdict {
    if json_length(draft.input).bytes > LARGEST_DOCUMENT {
        return refuse("Task definition size exceeds 64 KiB.");
    }
    Ok(())
}

/// V29
pub(super) fn secrets_have_a_role(draft: &Draft<'_>) -> Verdict {
    let has_role = draft.input.execution_role_arn.is_some();
    if has_role || draft.containers().iter().all(|container| container.secrets.is_empty()) {
        return Ok(());
    }
    refuse(
        "When you are specifying container secrets, you must also specify a value for \
         'executionRoleArn'.",
    )
}
