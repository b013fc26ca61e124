//! The EC2 instance types that container instances can be (02 sections 3.5 and 3.6): size, GPUs,
//! network interfaces, and how many awsvpc tasks they take.
//!
//! ```
//! let c5_large = stowplan_engine::catalogue::instance_type("c5.large").expect("in the catalogue");
//! assert_eq!((c5_large.vcpus, c5_large.memory_mib), (2, 4096));
//! assert_eq!(c5_large.task_enis_without_trunking(), 2);
//! assert_eq!(c5_large.task_enis_with_trunking, Some(10));
//! ```
//!
//! `families` holds the large families, which share one table of sizes; `single` the types that
//! follow no table.

mod families;
mod single;
#[cfg(test)]
mod tests;

use std::fmt;

/// Names longer than this are not compared with the catalogue's.
const LONGEST_COMPARED_NAME: usize = 64;

/// An EC2 instance type. Printed as its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstanceType {
    /// What comes before the dot: `m5`.
    pub family: &'static str,
    /// What comes after the dot: `large`.
    pub size: &'static str,
    /// Virtual CPUs.
    pub vcpus: u32,
    /// MiB as AWS advertises them; what registers is less.
    pub memory_mib: u32,
    /// Whole GPUs.
    pub gpus: u32,
    /// Network interfaces at most, the primary one included.
    pub max_enis: u32,
    /// awsvpc tasks at most with ENI trunking; `None` when the type does not support it.
    pub task_enis_with_trunking: Option<u32>,
}

impl InstanceType {
    /// awsvpc tasks at most without ENI trunking: the primary interface takes one (02 section
    /// 3.3).
    pub const fn task_enis_without_trunking(&self) -> u32 {
        self.max_enis - 1
    }

    /// awsvpc tasks at most on an instance that registered with or without trunking. A type that
    /// does not support trunking registers without it (02 section 3.4).
    pub fn task_enis(&self, trunking: bool) -> u32 {
        let without = self.task_enis_without_trunking();
        if trunking { self.task_enis_with_trunking.unwrap_or(without) } else { without }
    }

    /// CPU units an instance of this type registers (01 section 1.4).
    pub const fn registered_cpu(&self) -> u32 {
        self.vcpus * 1024
    }

    /// MiB an instance of this type registers unless something else is said: 95 % of the
    /// advertised memory, rounded down (01 section 1.4).
    pub fn registered_memory(&self) -> u32 {
        let percent = u64::from(self.memory_mib) * 95 / 100;
        u32::try_from(percent).expect("less than the memory it is a part of")
    }

    /// The processor, as the attribute `ecs.cpu-architecture` tells it.
    pub fn architecture(&self) -> Architecture {
        // Graviton families carry a g after the generation, as in m6gd and t4g; before it a g
        // means graphics, as in g5. The first Graviton family has none.
        let after_generation = self.family.trim_start_matches(|c: char| !c.is_ascii_digit());
        if self.family == "a1" || after_generation.contains('g') {
            Architecture::Arm64
        } else {
            Architecture::X86_64
        }
    }
}

impl fmt::Display for InstanceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.family, self.size)
    }
}

/// A processor architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Architecture {
    /// Intel and AMD.
    X86_64,
    /// Graviton.
    Arm64,
}

impl Architecture {
    /// The value of the attribute `ecs.cpu-architecture` (01 section 6).
    pub const fn attribute_value(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// The value of `runtimePlatform.cpuArchitecture` (01 section 2.2).
    pub const fn platform_value(self) -> &'static str {
        match self {
            Self::X86_64 => "X86_64",
            Self::Arm64 => "ARM64",
        }
    }
}

/// The type of this name, such as `m5.large`; `None` when the catalogue has none.
pub fn instance_type(name: &str) -> Option<InstanceType> {
    let (family, size) = name.split_once('.')?;
    families::find(family, size).or_else(|| single::find(family, size))
}

/// Every type of the catalogue, each once, in a fixed order.
pub fn all() -> impl Iterator<Item = InstanceType> {
    single::all().chain(families::all())
}

/// The known type whose name needs the fewest changes to become `name`, for error messages;
/// among several the one that comes first in byte order. `None` for a name nobody would mean.
pub fn nearest(name: &str) -> Option<InstanceType> {
    if name.is_empty() || name.len() > LONGEST_COMPARED_NAME {
        return None;
    }
    let wanted = name.to_ascii_lowercase();
    all().min_by_key(|known| {
        let known = known.to_string();
        (strsim::osa_distance(&wanted, &known), known)
    })
}
