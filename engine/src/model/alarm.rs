//! CloudWatch alarms, as far as deployments watch them (03 section 12).

use crate::model::{AlarmState, Span, Time};

/// An alarm. Who moves its state is the world's business.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Alarm {
    /// Its name.
    pub name: Box<str>,
    /// Length of a period.
    pub period: Span,
    /// Periods that are looked at, from 1.
    pub evaluation_periods: u32,
    /// Its state.
    pub state: AlarmState,
    /// When it got that state.
    pub changed_at: Time,
}

impl Alarm {
    /// How long a change takes to show: period times evaluation periods.
    pub fn reach(&self) -> Span {
        Span(self.period.0.saturating_mul(u64::from(self.evaluation_periods)))
    }
}

/// Alarms that a deployment is watched by (03 section 12).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AlarmConfig {
    /// Their names.
    pub names: Box<[Box<str>]>,
    /// Rolls back when one fires.
    pub rollback: bool,
}
