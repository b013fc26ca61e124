//! What managed scaling makes of a data point (04 sections 4.3 to 4.5). Counts only.

use crate::api::input::AutoScalingGroupProvider;
use crate::model::{ManagedScalingState, Reservation, Span, Time};

/// Data points below the target until AlarmLow goes off.
const LOW_POINTS: u32 = 15;

/// The settings of a provider, defaults filled in (04 section 1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScalingRules {
    /// `targetCapacity`, percent.
    pub(crate) target: u32,
    pub(crate) least_step: u32,
    pub(crate) most_step: u32,
    pub(crate) warmup: Span,
    /// `managedTerminationProtection`.
    pub(crate) protects: bool,
    /// `managedDraining`.
    pub(crate) drains: bool,
}

impl ScalingRules {
    pub(crate) fn of(provider: &AutoScalingGroupProvider) -> Self {
        let scaling = provider.managed_scaling.clone().unwrap_or_default();
        let number = |given: Option<i64>, default: u32| {
            given.and_then(|given| u32::try_from(given).ok()).unwrap_or(default)
        };
        let is = |text: &Option<String>, word: &str| text.as_deref() == Some(word);
        Self {
            target: number(scaling.target_capacity, 100),
            least_step: number(scaling.minimum_scaling_step_size, 1),
            most_step: number(scaling.maximum_scaling_step_size, 10_000),
            warmup: Span::from_secs(number(scaling.instance_warmup_period, 300).into()),
            protects: is(&provider.managed_termination_protection, "ENABLED"),
            drains: !is(&provider.managed_draining, "DISABLED"),
        }
    }

    /// How many instances a data point asks for, above the target or below it.
    fn wanted(&self, point: &Reservation) -> u32 {
        let wanted = (100 * u64::from(point.needed)).div_ceil(u64::from(self.target));
        u32::try_from(wanted).unwrap_or(u32::MAX)
    }

    /// The size to scale out to, before the group's maximum: always two instances first.
    pub(crate) fn scale_out(&self, point: &Reservation) -> u32 {
        if point.instances == 0 { 2 } else { self.wanted(point) }
    }

    /// How many instances go in this minute: at least one, and less than half.
    pub(crate) fn scale_in(&self, point: &Reservation, desired: u32, min: u32) -> u32 {
        let need = desired.saturating_sub(self.wanted(point).max(min));
        need.min((desired.saturating_sub(1) / 2).max(1))
    }
}

impl ManagedScalingState {
    /// Takes in a data point: one at the target or above ends a low streak.
    pub(crate) fn take(&mut self, point: Reservation, target: u32) {
        self.newest = Some(point);
        let is_low = point.cmp_percent(target).is_lt();
        self.low = if is_low { self.low.saturating_add(1) } else { 0 };
    }

    /// Whether AlarmLow is on, and no scale-out is too fresh.
    pub(crate) fn may_scale_in(&self, now: Time) -> bool {
        self.low >= LOW_POINTS && self.blocked_until.is_none_or(|until| now >= until)
    }
}
