//! A forecast in sentences.

use std::fmt;

use super::rolling::{End, Limit, Rolling};
use super::{Forecast, Risk};

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, definition, rolling, course, .. } = self;
        let Rolling { desired, floor, ceiling, .. } = rolling;
        write!(f, "{service} to {definition}: {desired} tasks, never fewer than {floor} healthy ")?;
        write!(f, "and never more than {ceiling} at once. ")?;
        match course.end {
            End::Stuck(limit) => write!(f, "It will not move: {}", self.remedy(limit))?,
            End::Completed(_) => self.write_course(f)?,
        }
        self.risks.iter().try_for_each(|risk| write!(f, " {risk}"))
    }
}

impl Forecast {
    fn write_course(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let course = &self.course;
        let waves = if course.waves == 1 { "wave" } else { "waves" };
        match (self.duration(), &self.pace.first_failure) {
            (Some(duration), _) => {
                write!(f, "Done after {} in {} {waves}", seconds(duration), course.waves)?;
            }
            (None, Some(reason)) => {
                write!(f, "No end in sight: the first new task stops before it is healthy ")?;
                write!(f, "({reason}); only the circuit breaker or you end it")?;
            }
            (None, None) => {
                write!(f, "No end in sight: no new task is healthy within two hours")?;
            }
        }
        write!(f, "; at most {} tasks, at least {} healthy.", course.peak, course.lowest)?;
        if let (Some(healthy), Some(stop)) = (self.pace.to_healthy, self.pace.to_stop) {
            let (healthy, stop) = (seconds(healthy), seconds(stop));
            write!(f, " A new task is healthy after {healthy}, an old one gone after {stop}.")?;
        }
        if let Some(back) = self.rollback(self.rolling.desired).filter(|&back| back > 0) {
            write!(f, " Back again: at once until the first old task stops, at the end ")?;
            write!(f, "{}.", seconds(back))?;
        }
        Ok(())
    }

    /// What stands in the way, and what would help.
    fn remedy(&self, limit: Limit) -> String {
        let Rolling { desired, floor, ceiling, .. } = self.rolling;
        let desired_wide = u64::from(desired.max(1));
        // The smallest maximum that rounds down to one more, the largest minimum that rounds up to
        // one less (03 section 3.2).
        let maximum = (100 * (desired_wide + 1)).div_ceil(desired_wide);
        let minimum = 100 * (desired_wide - 1) / desired_wide;
        match limit {
            Limit::Percentages => format!(
                "minimumHealthyPercent rounds up to {floor} of {desired} and maximumPercent down \
                 to {ceiling}, so nothing may stop and nothing may start. Raise maximumPercent to \
                 {maximum} or lower minimumHealthyPercent to {minimum}."
            ),
            Limit::Room => format!(
                "no instance has room for another task, and minimumHealthyPercent lets none of \
                 the {desired} stop. Add room for one task or lower minimumHealthyPercent to \
                 {minimum}."
            ),
        }
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutageCertain => f.write_str("Outage: all tasks may be gone at once."),
            Self::ReducedCapacity(1) => f.write_str("One task may be missing on the way."),
            Self::ReducedCapacity(tasks) => write!(f, "{tasks} tasks may be missing on the way."),
            Self::Blind => f.write_str(
                "Nothing checks the new tasks: one that lives through its first seconds counts \
                 as healthy.",
            ),
            Self::SurgeCut(tasks) => {
                write!(f, "The cluster has room for {tasks} fewer new tasks than may be there.")
            }
        }
    }
}

/// Milliseconds as `90 s`.
fn seconds(millis: u64) -> String {
    match millis % 1000 {
        0 => format!("{} s", millis / 1000),
        rest => format!("{}.{rest:03} s", millis / 1000),
    }
}
