//! What can never be: a task that needs more than an instance registered does not fit there when
//! the instance is empty either. The API has one reason for this and for "full now" (01 section
//! 1.8).

use crate::api::event::FailedCheck;
use crate::explain::{Candidate, Note, Verdict};
use crate::model::{ContainerInstance, Demand};
use crate::placement::feasible::MAX_PORTS;
use crate::store::Store;

/// Something that a task needs more of than an instance registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// CPU units.
    Cpu {
        /// Needed.
        need: u32,
        /// Registered.
        registered: u32,
    },
    /// MiB.
    Memory {
        /// Needed.
        need: u32,
        /// Registered.
        registered: u32,
    },
    /// Host ports that the instance keeps for itself (01 section 1.4).
    ReservedPorts {
        /// How many of those that are needed.
        ports: u32,
    },
    /// More host ports than an instance can have reserved, its own included (01 section 1.6).
    TooManyPorts {
        /// Needed.
        need: u32,
        /// At most, beside those that the instance keeps for itself.
        most: u32,
    },
    /// GPUs.
    Gpu {
        /// Needed.
        need: u32,
        /// Registered.
        registered: u32,
    },
    /// A task network interface where there is none (02 section 3.3).
    Eni,
}

impl Beyond {
    /// Whether this is why a check can never be passed.
    pub const fn is_about(self, check: &FailedCheck) -> bool {
        matches!(
            (self, check),
            (Self::Cpu { .. }, FailedCheck::Cpu { .. })
                | (Self::Memory { .. }, FailedCheck::Memory { .. })
                | (
                    Self::ReservedPorts { .. } | Self::TooManyPorts { .. },
                    FailedCheck::Ports { .. }
                )
                | (Self::Gpu { .. }, FailedCheck::Gpu { .. })
                | (Self::Eni, FailedCheck::Eni { .. })
        )
    }
}

/// An instance's refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Every check it fails, the gate that refused it first.
    pub checks: Box<[FailedCheck]>,
    /// What the task needs more of than the instance registered; empty when it is full now, or
    /// refuses the task for something else than its size.
    pub beyond: Box<[Beyond]>,
}

/// All that a task needs more of than an instance registered, in the order of the checks.
pub(crate) fn beyond(row: &ContainerInstance, demand: &Demand) -> Box<[Beyond]> {
    let (cpu, memory, gpus) = (row.registered_cpu, row.registered_memory, row.gpus);
    let cpu = (demand.cpu > cpu).then_some(Beyond::Cpu { need: demand.cpu, registered: cpu });
    let memory = (demand.memory > memory)
        .then_some(Beyond::Memory { need: demand.memory, registered: memory });
    let kept = row.reserved_ports.conflicts(&demand.ports).count();
    let reserved = (kept > 0).then_some(Beyond::ReservedPorts { ports: count(kept) });
    let most = MAX_PORTS.saturating_sub(row.reserved_ports.len());
    let many = (reserved.is_none() && !demand.ports.is_empty() && demand.ports.len() > most)
        .then_some(Beyond::TooManyPorts { need: count(demand.ports.len()), most: count(most) });
    let gpu = (demand.gpu > gpus).then_some(Beyond::Gpu { need: demand.gpu, registered: gpus });
    let eni = (demand.eni && row.eni_limit == Some(0)).then_some(Beyond::Eni);
    [cpu, memory, reserved, many, gpu, eni].into_iter().flatten().collect()
}

/// Whether there is an instance, and none of them could hold the task, whatever their state.
pub(super) fn nowhere_ever(store: &Store, candidates: &[Candidate], demand: &Demand) -> bool {
    let never = |candidate: &Candidate| match &candidate.verdict {
        Verdict::Refused(refusal) => !refusal.beyond.is_empty(),
        Verdict::NotActive(_) | Verdict::OtherProvider | Verdict::OtherZone => {
            !beyond(store.instances.get(candidate.instance), demand).is_empty()
        }
        Verdict::Chosen | Verdict::Outranked(_) | Verdict::LostTie => false,
    };
    !candidates.is_empty() && candidates.iter().all(never)
}

/// The type of which the guide says something else than its own table of limits.
const DISPUTED: &str = "p5.48xlarge";

/// What a reader has to know of the instances that were looked at.
pub(super) fn notes(store: &Store, candidates: &[Candidate], demand: &Demand) -> Vec<Note> {
    let instances = candidates.iter().map(|candidate| candidate.instance);
    let disputed = |instance| {
        let row = store.instances.get(instance);
        let by_table = row.instance_type.as_deref() == Some(DISPUTED);
        let limit = row.eni_limit.filter(|_| demand.eni && by_table)?;
        Some(Note::DisputedInterfaces { instance, limit })
    };
    instances.filter_map(disputed).collect()
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
