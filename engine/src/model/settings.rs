//! How a service is deployed: what a deployment configuration comes to (03 section 2).

use std::sync::Arc;

use crate::model::{
    AlarmConfig, BreakerConfig, HealthBounds, LifecycleHook, Percent, Share, SourceCleanup, Span,
};

/// A deployment configuration, checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeploymentSettings {
    /// Floor and ceiling.
    pub bounds: HealthBounds,
    /// Circuit breaker.
    pub breaker: BreakerConfig,
    /// Alarms that are watched; none when they are off.
    pub alarms: Option<AlarmConfig>,
    /// `bakeTimeInMinutes`, if it is given.
    pub bake: Option<Span>,
    /// Early success criteria, if they are on.
    pub early_success: Option<EarlySuccess>,
    /// How a new revision takes over.
    pub strategy: RolloutStrategy,
    /// Lifecycle hooks.
    pub hooks: Arc<[LifecycleHook]>,
}

/// Early success criteria (03 section 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EarlySuccess {
    /// Healthy tasks of the new revision that are success, in percent of the desired count.
    pub healthy: Percent,
    /// What happens to the old revision.
    pub cleanup: SourceCleanup,
}

impl EarlySuccess {
    /// How many healthy tasks of the new revision are success: at least 1, unless none is wanted.
    pub fn required(&self, desired: u32) -> u32 {
        self.healthy.of_ceil(desired).max(desired.min(1))
    }
}

/// How a new revision takes over from the old one (03 sections 6 and 21).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RolloutStrategy {
    /// Task by task.
    #[default]
    Rolling,
    /// Beside the old one, then all traffic at once.
    BlueGreen,
    /// Beside the old one, then traffic in equal steps.
    Linear {
        /// Traffic of a step.
        step: Share,
        /// Wait after each step but the last.
        bake: Span,
    },
    /// Beside the old one, then a little traffic, then all.
    Canary {
        /// Traffic of the first step.
        first: Share,
        /// Wait after it.
        bake: Span,
    },
}

impl RolloutStrategy {
    /// Whether the new revision is started beside the old one and traffic is shifted.
    pub fn shifts_traffic(self) -> bool {
        match self {
            Self::Rolling => false,
            Self::BlueGreen | Self::Linear { .. } | Self::Canary { .. } => true,
        }
    }
}
