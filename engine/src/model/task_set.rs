//! Task sets: deployments whose size somebody else decides (03 section 22).

use crate::model::{Share, Time};

/// What a task set has beside what every deployment has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TaskSet {
    /// `externalId`.
    pub external_id: Option<Box<str>>,
    /// Share of the service's desired count, rounded up.
    pub scale: Share,
    /// Fargate platform version.
    pub platform_version: Option<Box<str>>,
    /// Everything that is wanted runs and is healthy, and when that last changed; none before the
    /// first pass.
    pub stability: Option<(bool, Time)>,
}
