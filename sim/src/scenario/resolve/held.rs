//! What is neither free nor a given task's at time 0: something nameless holds it to the end.

use std::sync::Arc;

use stowplan_engine::definition;
use stowplan_engine::model::{DesiredStatus, Held, PortSet};

use super::{Resolved, machine::Machine};
use crate::document::DocumentError;
use crate::scenario::at::Origin;

/// What given tasks reserve on one instance.
#[derive(Clone, Debug, Default)]
struct Reserved {
    cpu: u64,
    memory: u64,
    gpu: u64,
    eni: u64,
    ports: PortSet,
}

pub(super) fn settle(resolved: &mut Resolved<'_>) -> Result<(), DocumentError> {
    let reserved = by_instance(resolved)?;
    for (index, reserved) in reserved.into_iter().enumerate() {
        let instance = &resolved.instances[index];
        let (held, eni_limit) = held_on(resolved, &instance.machine, &reserved, &instance.origin)?;
        let registration = &mut resolved.instances[index].machine.registration;
        registration.held = held;
        registration.eni_limit = eni_limit;
    }
    Ok(())
}

fn by_instance(resolved: &Resolved<'_>) -> Result<Vec<Reserved>, DocumentError> {
    let mut all = vec![Reserved::default(); resolved.instances.len()];
    for task in &resolved.tasks {
        let Some(instance) = task.given.instance else { continue };
        let definition = &resolved.definitions[task.given.definition.index()].read;
        let demand = match &task.given.overrides {
            Some(overrides) => {
                definition::demand_with(definition, overrides).map_err(|refusal| {
                    let error = resolved.error(&task.origin.key("overrides"), refusal.to_string());
                    error.with_remedy("What is given must be valid; see 01 section 3.2")
                })?
            }
            None => Arc::clone(&definition.demand),
        };
        let sum = &mut all[instance.index()];
        // An interface is held until the task is gone, all else until it is told to stop
        // (01 section 1.5).
        sum.eni += u64::from(demand.eni);
        if task.given.desired_status == DesiredStatus::Running {
            sum.cpu += u64::from(demand.cpu);
            sum.memory += u64::from(demand.memory);
            sum.gpu += u64::from(demand.gpu);
            sum.ports.insert_all(&demand.ports);
        }
    }
    Ok(all)
}

/// The same for a machine that comes later, with no task on it.
pub(super) fn settle_new(
    resolved: &Resolved<'_>,
    machine: &mut Machine,
    origin: &Origin,
) -> Result<(), DocumentError> {
    let (held, eni_limit) = held_on(resolved, machine, &Reserved::default(), origin)?;
    machine.registration.held = held;
    machine.registration.eni_limit = eni_limit;
    Ok(())
}

fn held_on(
    resolved: &Resolved<'_>,
    machine: &Machine,
    reserved: &Reserved,
    origin: &Origin,
) -> Result<(Held, Option<u32>), DocumentError> {
    let (row, left) = (&machine.registration, machine.remaining);
    let unexplained = |what: &str, total: u32, used: u64, left: Option<u32>| {
        check_amount(resolved, origin, what, total, used, left)
    };
    let eni_limit = match (row.eni_limit, left.eni) {
        (None, Some(left)) => Some(left + u32::try_from(reserved.eni).unwrap_or(u32::MAX)),
        (limit, _) => limit,
    };
    let eni = match eni_limit {
        Some(limit) => unexplained("eni", limit, reserved.eni, left.eni)?,
        None => 0,
    };
    let mut ports = machine.used_ports.clone().unwrap_or_default();
    ports.remove_all(&row.reserved_ports);
    ports.remove_all(&reserved.ports);
    let held = Held {
        cpu: unexplained("cpu", row.cpu, reserved.cpu, left.cpu)?,
        memory: unexplained("memory", row.memory, reserved.memory, left.memory)?,
        gpu: unexplained("gpu", row.gpus, reserved.gpu, left.gpu)?,
        eni,
        ports,
    };
    Ok((held, eni_limit))
}

/// What is left, subtracted from what is there and not taken by tasks.
fn check_amount(
    resolved: &Resolved<'_>,
    origin: &Origin,
    what: &str,
    total: u32,
    used: u64,
    left: Option<u32>,
) -> Result<u32, DocumentError> {
    let free = u64::from(total).checked_sub(used).ok_or_else(|| {
        let message = format!("the given tasks reserve {used} of {total} ({what})");
        let error = resolved.error(origin, message);
        error.with_remedy("Move tasks to other instances, or make this one larger")
    })?;
    let Some(left) = left else { return Ok(0) };
    let held = free.checked_sub(left.into()).ok_or_else(|| {
        let message =
            format!("{left} cannot be left of {total} ({what}): the given tasks reserve {used}");
        let of = ["remaining", "remainingResources"].map(|key| origin.key(key));
        let place =
            of.iter().find(|of| of.place(resolved.document()) != origin.place(resolved.document()));
        let error = resolved.error(place.unwrap_or(origin), message);
        error.with_remedy(format!("At most {free} can be left"))
    })?;
    Ok(u32::try_from(held).unwrap_or(u32::MAX))
}
