//! Placement strategies and constraints, and capacity-provider strategies, once they are checked.

use std::fmt;
use std::sync::Arc;

use crate::expr::Expression;
use crate::model::{LaunchType, Percent, ProviderId};

/// One entry of a placement strategy (01 section 4.4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PlacementStrategy {
    /// The bucket with the fewest tasks.
    Spread(SpreadField),
    /// The least of a resource left.
    Binpack(BinpackField),
    /// One by the generator.
    Random,
}

/// What to spread over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SpreadField {
    /// `instanceId` or `host`.
    Instance,
    /// The values of an attribute.
    Attribute(Box<str>),
}

/// What to pack by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinpackField {
    /// CPU units.
    Cpu,
    /// MiB.
    Memory,
}

/// The attribute that names the zone.
pub const AVAILABILITY_ZONE: &str = "ecs.availability-zone";

impl SpreadField {
    /// `attribute:ecs.availability-zone`.
    pub fn zone() -> Self {
        Self::Attribute(AVAILABILITY_ZONE.into())
    }

    /// Whether this spreads over zones.
    pub fn is_zone(&self) -> bool {
        matches!(self, Self::Attribute(name) if &**name == AVAILABILITY_ZONE)
    }
}

impl fmt::Display for PlacementStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spread(SpreadField::Instance) => f.write_str("spread(instanceId)"),
            Self::Spread(SpreadField::Attribute(name)) => write!(f, "spread(attribute:{name})"),
            Self::Binpack(BinpackField::Cpu) => f.write_str("binpack(cpu)"),
            Self::Binpack(BinpackField::Memory) => f.write_str("binpack(memory)"),
            Self::Random => f.write_str("random"),
        }
    }
}

/// A placement constraint (01 section 4.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PlacementConstraint {
    /// No live task of the same group on the instance.
    DistinctInstance,
    /// An expression of the cluster query language holds.
    MemberOf(Arc<Expression>),
}

/// One item of a capacity provider strategy (04 section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StrategyItem {
    /// The provider.
    pub provider: ProviderId,
    /// Tasks that go here first.
    pub base: u32,
    /// Share of the rest.
    pub weight: u32,
}

/// Where tasks are launched: a launch type, or a capacity provider strategy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Launch {
    /// A launch type: invisible to capacity providers.
    Type(LaunchType),
    /// Split over providers.
    Strategy(Arc<[StrategyItem]>),
}

/// The floor and the ceiling of a service, in percent of its desired count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HealthBounds {
    /// `minimumHealthyPercent`, rounded up.
    pub minimum_healthy: Percent,
    /// `maximumPercent`, rounded down.
    pub maximum: Percent,
}

impl HealthBounds {
    /// minH: what must stay healthy.
    pub fn lower(self, desired: u32) -> u32 {
        self.minimum_healthy.of_ceil(desired)
    }

    /// maxT: what may occupy at most.
    pub fn upper(self, desired: u32) -> u32 {
        self.maximum.of_floor(desired)
    }
}
