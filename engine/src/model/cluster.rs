//! Clusters, their subnets and their capacity providers.

use crate::api::input::{CreateCapacityProvider, Setting};
use crate::model::{ProviderId, ProviderStatus, StrategyItem, SubnetId, ZoneId};

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cluster {
    /// Its name.
    pub name: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// Zones of the region that it may use, in the order given.
    pub zones: Vec<ZoneId>,
    /// Subnets, in the order given.
    pub subnets: Vec<SubnetId>,
    /// Associated capacity providers, in the order given.
    pub providers: Vec<ProviderId>,
    /// Default strategy; empty is "no default".
    pub default_strategy: Vec<StrategyItem>,
    /// Settings, for display.
    pub settings: Vec<Setting>,
}

/// A subnet and its addresses (02 section 3.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subnet {
    /// Its id.
    pub name: Box<str>,
    /// Its zone.
    pub zone: ZoneId,
    /// Its VPC.
    pub vpc: Box<str>,
    /// Addresses that network interfaces can have: 2^(32-prefix) - 5.
    pub addresses: u32,
    /// Interfaces in it, instances' own included.
    pub interfaces: u32,
}

impl Subnet {
    /// Addresses that are free.
    pub fn free(&self) -> u32 {
        self.addresses.saturating_sub(self.interfaces)
    }
}

/// A capacity provider (04 section 1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CapacityProvider {
    /// Its name.
    pub name: Box<str>,
    /// What is behind it.
    pub kind: ProviderKind,
    /// Whether it may be used.
    pub status: ProviderStatus,
    /// As created; none for the predefined ones.
    pub input: Option<CreateCapacityProvider>,
}

/// What is behind a capacity provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// Fargate.
    Fargate,
    /// Fargate Spot: on it nothing is promised.
    FargateSpot,
    /// One Auto Scaling group.
    AutoScalingGroup {
        /// Its name.
        group: Box<str>,
        /// With managed scaling a task that fits nowhere waits in PROVISIONING.
        managed_scaling: bool,
    },
}

impl ProviderKind {
    /// Whether tasks get a microVM of their own.
    pub fn is_fargate(&self) -> bool {
        matches!(self, Self::Fargate | Self::FargateSpot)
    }
}
