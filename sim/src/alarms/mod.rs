//! CloudWatch alarms on metrics of the simulation: data points at the end of each minute, judged
//! at the end of each period (00 section 3, steps 4 and 5; 03 section 12).
//!
//! ```text
//!  INSUFFICIENT_DATA   no period is over yet, or none of those looked at has a data point
//!  ALARM               enough of them are beyond the threshold
//!  OK                  otherwise
//! ```

mod judge;
mod metric;

use std::collections::VecDeque;

use stowplan_engine::model::{AlarmState, Span, Time};

pub use judge::{Comparison, MissingData, Rule, Statistic};
pub use metric::{Metric, Subject, SubjectKind};

use crate::view::Moment;

/// Metrics have a data point each minute.
pub const RESOLUTION: Span = Span::from_secs(60);

/// An alarm on a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricAlarm {
    /// Its name.
    pub name: Box<str>,
    /// What it watches.
    pub metric: Metric,
    /// Of what.
    pub subject: Subject,
    /// Length of a period: whole minutes.
    pub period: Span,
    /// What it says to the data points.
    pub rule: Rule,
}

/// An alarm, and the data points that it has seen.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    alarm: MetricAlarm,
    /// Data points of the period under way.
    minutes: Vec<f64>,
    /// Values of the periods that are over, the newest last.
    periods: VecDeque<Option<f64>>,
}

impl Watch {
    pub(crate) fn new(alarm: MetricAlarm) -> Self {
        Self { alarm, minutes: Vec::new(), periods: VecDeque::new() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.alarm.name
    }

    /// A minute is over. Answers with the state that the alarm has from now on; none when nothing
    /// is to be said.
    pub(crate) fn look(&mut self, moment: &Moment<'_>) -> Option<AlarmState> {
        self.minutes.extend(self.alarm.metric.of(&self.alarm.subject, moment));
        if !moment.now.is_multiple_of(self.alarm.period) {
            return None;
        }
        let rule = &self.alarm.rule;
        self.periods.push_back(rule.statistic.of(&self.minutes));
        self.minutes.clear();
        if self.periods.len() > rule.evaluation_periods as usize {
            self.periods.pop_front();
        }
        rule.judge(self.periods.make_contiguous())
    }
}

/// When the next minute is over.
pub(crate) fn next_look(now: Time) -> Time {
    now.next_multiple(RESOLUTION)
}
