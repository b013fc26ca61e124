//! What one task reserves on a container instance (01 section 1.2).

use crate::model::PortSet;

/// The five numbers that placement checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Demand {
    /// CPU units.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// Whole GPUs.
    pub gpu: u32,
    /// Static host ports.
    pub ports: PortSet,
    /// One task network interface (awsvpc on a container instance).
    pub eni: bool,
}
