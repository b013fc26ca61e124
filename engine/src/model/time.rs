//! Simulated time: whole milliseconds from the start of the run (00 section 2).

use std::fmt;
use std::ops::{Add, Sub};

/// An instant, in milliseconds since time 0. What happened before time 0 is negative.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Time(pub i64);

/// A length of time, in milliseconds.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Span(pub u64);

/// An instant that may not have come, in the room of one that has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp(i64);

impl Stamp {
    /// It has not come.
    pub(crate) const NEVER: Self = Self(i64::MIN);

    pub(crate) fn get(self) -> Option<Time> {
        (self != Self::NEVER).then_some(Time(self.0))
    }
}

impl From<Option<Time>> for Stamp {
    fn from(at: Option<Time>) -> Self {
        at.map_or(Self::NEVER, |at| Self(at.0))
    }
}

impl Time {
    /// The start of the run.
    pub const ZERO: Self = Self(0);

    /// An instant by whole seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds * 1000)
    }

    /// The first multiple of `period` that is later than this instant.
    pub fn next_multiple(self, period: Span) -> Self {
        let period = i64::try_from(period.0.max(1)).unwrap_or(i64::MAX);
        Self((self.0.div_euclid(period) + 1).saturating_mul(period))
    }

    /// Whether this instant is a multiple of `period`.
    pub fn is_multiple_of(self, period: Span) -> bool {
        self.0.rem_euclid(i64::try_from(period.0.max(1)).unwrap_or(i64::MAX)) == 0
    }

    /// The time since an earlier instant; zero when that is not earlier.
    pub fn since(self, earlier: Self) -> Span {
        Span(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Span {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// A length in whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * 1000)
    }

    /// A length in whole minutes.
    pub const fn from_mins(minutes: u64) -> Self {
        Self(minutes * 60_000)
    }

    /// Whole seconds, rounded down.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }
}

impl Add<Span> for Time {
    type Output = Self;

    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.0).unwrap_or(i64::MAX)))
    }
}

impl Sub<Span> for Time {
    type Output = Self;

    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.0).unwrap_or(i64::MAX)))
    }
}

impl Add for Span {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Time {
    /// `hh:mm:ss.mmm`, with a sign before time 0.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, ms) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let (seconds, ms) = (ms / 1000, ms % 1000);
        write!(
            f,
            "{sign}{:02}:{:02}:{:02}.{ms:03}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_tick_is_strictly_later() {
        let tick = Span::from_secs(10);
        assert_eq!(Time::from_secs(0).next_multiple(tick), Time::from_secs(10));
        assert_eq!(Time(9_999).next_multiple(tick), Time::from_secs(10));
        assert_eq!(Time(-1).next_multiple(tick), Time::ZERO);
        assert!(Time::from_secs(-20).is_multiple_of(tick));
    }

    #[test]
    fn an_instant_prints_as_a_clock() {
        assert_eq!(Time(3_723_004).to_string(), "01:02:03.004");
        assert_eq!(Time::from_secs(-86_400).to_string(), "-24:00:00.000");
    }
}
