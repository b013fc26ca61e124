//! What one task reserves on a container instance (01 section 1.2), with the overrides of RunTask
//! and StartTask.

use std::sync::Arc;

use crate::api::CommandError;
use crate::api::input::{ContainerOverride, TaskOverride};
use crate::api::text::TextOrNumber;
use crate::model::units::{task_cpu_units, task_memory_mib};
use crate::model::{Container, Demand, NetworkMode, PortSet, TaskDefinition};

use super::draft::{Draft, given, is_windows};
use super::gpu;
use super::json_length::json_length;

/// Most characters of overrides as JSON (01 section 3.1).
const LONGEST_OVERRIDES: usize = 8192;

/// What a container adds to the sums.
#[derive(Clone, Copy)]
struct Share {
    cpu: u32,
    memory: Option<u32>,
    memory_reservation: Option<u32>,
    gpu: u32,
}

/// The demand of a definition as it stands.
pub(super) fn of(draft: &Draft<'_>, containers: &[Container]) -> Demand {
    let shares: Vec<Share> = containers.iter().map(share).collect();
    Demand {
        ports: static_ports(draft.network_mode, containers),
        eni: draft.network_mode == NetworkMode::Awsvpc,
        ..sums(draft.enforced_cpu(), draft.enforced_memory(), &shares)
    }
}

/// What one task of `definition` reserves on a container instance when it is run with `overrides`:
/// they replace values before the sum is taken (01 section 1.2). Refused: a container that is not
/// in the definition (R14), a size that cannot be read (01 section 1.1), more than 8192 characters.
pub fn demand_with(
    definition: &TaskDefinition,
    overrides: &TaskOverride,
) -> Result<Arc<Demand>, CommandError> {
    if json_length(overrides).characters > LONGEST_OVERRIDES {
        return Err(CommandError::invalid("Overrides must not exceed 8192 characters."));
    }
    let (cpu, memory) = task_size_with(definition, overrides)?;
    let mut shares: Vec<Share> = definition.containers.iter().map(share).collect();
    for change in &overrides.container_overrides {
        let name = change.name.as_deref().unwrap_or_default();
        let position = definition.containers.iter().position(|c| *c.name == *name);
        let Some(position) = position else {
            return Err(CommandError::invalid(format!(
                "Override for container named {name} is not a container in the TaskDefinition."
            )));
        };
        replace(&mut shares[position], name, change)?;
    }
    let windows = definition.os_family.as_deref().is_some_and(is_windows);
    let demand = Demand {
        ports: definition.demand.ports.clone(),
        eni: definition.demand.eni,
        ..sums(cpu.filter(|_| !windows), memory.filter(|_| !windows), &shares)
    };
    // Tasks that reserve the same share one value.
    if demand == *definition.demand {
        return Ok(Arc::clone(&definition.demand));
    }
    Ok(Arc::new(demand))
}

/// Task-level CPU units and MiB of a task of `definition` run with `overrides`: on Fargate the
/// size of the task.
pub fn task_size_with(
    definition: &TaskDefinition,
    overrides: &TaskOverride,
) -> Result<(Option<u32>, Option<u32>), CommandError> {
    let cpu = read(overrides.cpu.as_ref(), task_cpu_units)?.or(definition.cpu);
    let memory = read(overrides.memory.as_ref(), task_memory_mib)?.or(definition.memory);
    Ok((cpu, memory))
}

fn read<E: ToString>(
    text: Option<&TextOrNumber>,
    parse: fn(&str) -> Result<u32, E>,
) -> Result<Option<u32>, CommandError> {
    text.map(|text| parse(&text.0))
        .transpose()
        .map_err(|invalid| CommandError::client(invalid.to_string()))
}

fn share(container: &Container) -> Share {
    Share {
        cpu: container.cpu,
        memory: container.memory,
        memory_reservation: container.memory_reservation,
        gpu: container.gpu,
    }
}

fn replace(share: &mut Share, name: &str, change: &ContainerOverride) -> Result<(), CommandError> {
    let invalid = |problem: &str| {
        CommandError::invalid(format!("Override for container named {name} is invalid: {problem}"))
    };
    let amount = |value: Option<i64>, setting: &str| match value {
        Some(value) if !(0..=i64::from(i32::MAX)).contains(&value) => {
            Err(invalid(&format!("'{setting}' must be between 0 and 2147483647.")))
        }
        _ => Ok(value),
    };
    if let Some(cpu) = amount(change.cpu, "cpu")? {
        share.cpu = given(Some(cpu)).unwrap_or(0);
    }
    if let Some(memory) = amount(change.memory, "memory")? {
        share.memory = given(Some(memory));
    }
    if let Some(reservation) = amount(change.memory_reservation, "memoryReservation")? {
        share.memory_reservation = given(Some(reservation));
    }
    if !change.resource_requirements.is_empty() {
        share.gpu = gpu::sum(&change.resource_requirements)
            .map_err(|problem| invalid(&problem.to_string()))?;
    }
    Ok(())
}

/// CPU, memory and GPUs: the task level where it is given, else the sum over the containers.
fn sums(task_cpu: Option<u32>, task_memory: Option<u32>, shares: &[Share]) -> Demand {
    let total =
        |amount: fn(&Share) -> u32| shares.iter().map(amount).fold(0_u32, u32::saturating_add);
    let reserved = |share: &Share| share.memory_reservation.or(share.memory).unwrap_or(0);
    Demand {
        cpu: task_cpu.unwrap_or_else(|| total(|share| share.cpu)),
        memory: task_memory.unwrap_or_else(|| total(reserved)),
        gpu: total(|share| share.gpu),
        ports: PortSet::new(),
        eni: false,
    }
}

/// Host ports that only one task of an instance can have; with an own network interface there are
/// none.
fn static_ports(mode: NetworkMode, containers: &[Container]) -> PortSet {
    if matches!(mode, NetworkMode::Awsvpc | NetworkMode::None) {
        return PortSet::new();
    }
    let ports = containers.iter().flat_map(|container| &container.ports);
    ports.filter_map(|port| Some((port.protocol, port.host_port?))).collect()
}
