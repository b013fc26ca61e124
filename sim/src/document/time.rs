//! Scalars of time: how long, when in the run, and when in the world. All whole milliseconds.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{
    capture::Raw,
    error::{DocumentError, described, excerpt},
    node::Value,
    number::Decimal,
};

const REMEDY: &str = "Write 500ms, 90s, 5m or 1h30m, or a number of seconds";
/// A hundred years: far beyond any run, and far from the bounds of the types that hold times.
const LONGEST_MS: i64 = 100 * 366 * 24 * 3_600_000;

/// How long something takes: `"500ms"`, `"90s"`, `"5m"`, `"1h30m"`, or a number of seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    millis: u64,
}

impl Duration {
    /// That many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self { millis }
    }

    /// That many seconds.
    #[must_use]
    pub const fn from_secs(seconds: u32) -> Self {
        Self { millis: seconds as u64 * 1000 }
    }

    /// Reads the text form.
    ///
    /// # Errors
    ///
    /// If there is no number or no unit, if it is negative, no whole number of milliseconds, or
    /// over a hundred years.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        Self::of_signed(signed_millis(text)?, text)
    }

    /// In milliseconds.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.millis
    }

    fn of_signed(millis: i64, shown: &str) -> Result<Self, DocumentError> {
        let millis = u64::try_from(millis).map_err(|_| {
            let message = format!("`{}` is negative", excerpt(shown));
            DocumentError::new(message).with_remedy("A duration is 0 or more")
        })?;
        Ok(Self { millis })
    }
}

/// A time of the run, counted from simulated time 0; negative before it.
///
/// Written as a [`Duration`], with a minus sign for the past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset {
    millis: i64,
}

impl Offset {
    /// That many milliseconds after time 0.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self { millis }
    }

    /// Reads the text form.
    ///
    /// # Errors
    ///
    /// As [`Duration::parse`], but for the sign.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        signed_millis(text).map(Self::from_millis)
    }

    /// In milliseconds.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.millis
    }
}

/// An instant of the world: RFC 3339, or a number of seconds since 1970 as older tools write it.
/// What is finer than a millisecond is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    unix_millis: i64,
}

impl Timestamp {
    /// That many milliseconds after the beginning of 1970, UTC.
    #[must_use]
    pub const fn from_unix_millis(unix_millis: i64) -> Self {
        Self { unix_millis }
    }

    /// Reads the text form.
    ///
    /// # Errors
    ///
    /// If it is no RFC 3339 instant.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| {
            let message = format!("`{}` is no instant", excerpt(text));
            DocumentError::new(message).with_remedy("Write it as 2026-01-31T12:00:00Z")
        })?;
        let unix_millis = instant.as_nanosecond().div_euclid(1_000_000);
        Ok(Self { unix_millis: i64::try_from(unix_millis).expect("an instant of jiff's range") })
    }

    /// In milliseconds since the beginning of 1970, UTC.
    #[must_use]
    pub const fn unix_millis(self) -> i64 {
        self.unix_millis
    }
}

/// The milliseconds that a text such as `-1h30m` stands for.
fn signed_millis(text: &str) -> Result<i64, DocumentError> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let refuse = |message: String| Err(DocumentError::new(message).with_remedy(REMEDY));
    if unsigned.is_empty() {
        return refuse(format!("`{}` is no duration", excerpt(text)));
    }
    let (mut rest, mut total, mut finest) = (unsigned, 0_i64, i64::MAX);
    while !rest.is_empty() {
        let is_digit = |letter: char| letter.is_ascii_digit() || letter == '.';
        let (number, tail) = rest.split_at(rest.find(|c| !is_digit(c)).unwrap_or(rest.len()));
        let (unit, tail) = tail.split_at(tail.find(is_digit).unwrap_or(tail.len()));
        let Some(number) = Decimal::parse(number) else {
            return refuse(format!("`{}` is no duration", excerpt(text)));
        };
        let Some(unit_millis) = millis_of_unit(unit) else {
            return refuse(match unit {
                "" => format!("`{}` has no unit", excerpt(text)),
                _ => format!("`{}` is no unit of time", excerpt(unit)),
            });
        };
        if unit_millis >= finest {
            return refuse(format!("the units of `{}` are out of order", excerpt(text)));
        }
        finest = unit_millis;
        total = total.saturating_add(whole_millis(number, unit_millis, text)?);
        rest = tail;
    }
    check_length(total, text)?;
    Ok(if text.starts_with('-') { -total } else { total })
}

fn millis_of_unit(unit: &str) -> Option<i64> {
    match unit {
        "ms" => Some(1),
        "s" => Some(1000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    }
}

/// `number` times `unit_millis`, exactly.
fn whole_millis(number: Decimal, unit_millis: i64, shown: &str) -> Result<i64, DocumentError> {
    const DIGITS: u32 = 12;
    let scaled = number.scaled(DIGITS).and_then(|scaled| scaled.checked_mul(unit_millis.into()));
    let one = 10_i128.pow(DIGITS);
    match scaled {
        Some(scaled) if scaled % one == 0 => {
            Ok(i64::try_from(scaled / one).unwrap_or(if scaled < 0 { i64::MIN } else { i64::MAX }))
        }
        None if number.scaled(0).is_some() => Ok(i64::MAX),
        _ => {
            let message = format!("`{}` is no whole number of milliseconds", excerpt(shown));
            Err(DocumentError::new(message).with_remedy("Simulated time is whole milliseconds"))
        }
    }
}

fn check_length(millis: i64, shown: &str) -> Result<(), DocumentError> {
    if millis.unsigned_abs() <= LONGEST_MS.unsigned_abs() {
        return Ok(());
    }
    let hours = LONGEST_MS / 3_600_000;
    Err(DocumentError::new(format!("`{}` is over the maximum {hours}h", excerpt(shown))))
}

/// The milliseconds that a value of a document stands for.
fn millis_of(raw: &Raw) -> Result<i64, DocumentError> {
    match &raw.node.value {
        Value::String(text) => signed_millis(text),
        Value::Number(number) => {
            let shown = number.canonical();
            let decimal = Decimal::parse(&shown).ok_or_else(|| {
                let message = format!("{} has too many digits", excerpt(&shown));
                DocumentError::new(message).with_remedy(REMEDY)
            })?;
            let millis = whole_millis(decimal, 1000, &shown)?;
            check_length(millis, &shown)?;
            Ok(millis)
        }
        _ => {
            let message = format!("expected a duration, found {}", described(&raw.node));
            Err(DocumentError::new(message).with_remedy(REMEDY))
        }
    }
}

fn timestamp_of(raw: &Raw) -> Result<Timestamp, DocumentError> {
    let remedy = "Write it as 2026-01-31T12:00:00Z";
    match &raw.node.value {
        Value::String(text) => Timestamp::parse(text),
        Value::Number(number) => {
            let millis = Decimal::parse(&number.canonical())
                .and_then(|seconds| seconds.scaled_down(3))
                .and_then(|millis| i64::try_from(millis).ok())
                .filter(|millis| jiff::Timestamp::from_millisecond(*millis).is_ok());
            millis.map(Timestamp::from_unix_millis).ok_or_else(|| {
                let message = format!("{} is no instant", excerpt(number.literal()));
                DocumentError::new(message).with_remedy(remedy)
            })
        }
        _ => {
            let message = format!("expected an instant, found {}", described(&raw.node));
            Err(DocumentError::new(message).with_remedy(remedy))
        }
    }
}

/// `1h30m`, `500ms`, `0s`: the largest units that say it exactly.
fn write_millis(f: &mut fmt::Formatter<'_>, millis: u64) -> fmt::Result {
    if millis == 0 {
        return f.write_str("0s");
    }
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    let (seconds, rest) = (millis / 1000 % 60, millis % 1000);
    for (amount, unit) in [(hours, "h"), (minutes, "m"), (seconds, "s"), (rest, "ms")] {
        if amount > 0 {
            write!(f, "{amount}{unit}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_millis(f, self.millis)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.millis < 0 { "-" } else { "" })?;
        write_millis(f, self.millis.unsigned_abs())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.unix_millis) {
            Ok(instant) => instant.fmt(f),
            Err(_) => write!(f, "{} ms after 1970", self.unix_millis),
        }
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        let shown = match &raw.node.value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let millis = millis_of(&raw).map_err(D::Error::custom)?;
        Self::of_signed(millis, &shown).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Offset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        millis_of(&raw).map(Self::from_millis).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        timestamp_of(&raw).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        let Value::Number(number) = &raw.node.value else {
            let error = DocumentError::wrong_type(super::error::NUMBER, &raw.node);
            return Err(D::Error::custom(error));
        };
        Self::parse(&number.canonical()).ok_or_else(|| {
            let message = format!("{} has too many digits", excerpt(number.literal()));
            D::Error::custom(DocumentError::new(message).with_remedy("Use at most 36 digits"))
        })
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Offset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        Duration::parse(text).expect_err(text).message
    }

    #[test]
    fn durations_are_whole_milliseconds_to_the_last_digit() {
        let millis = |text: &str| Duration::parse(text).expect(text).millis();
        assert_eq!(millis("500ms"), 500);
        assert_eq!(millis("90s"), 90_000);
        assert_eq!(millis("1h30m"), 5_400_000);
        assert_eq!(millis("0.29s"), 290);
        assert_eq!(millis("1m0.001s"), 60_001);
        assert_eq!(Duration::from_millis(5_400_500).to_string(), "1h30m500ms");
        assert_eq!(Offset::parse("-24h").expect("an offset").millis(), -86_400_000);
    }

    #[test]
    fn what_is_no_duration_says_why() {
        assert_eq!(message("5x"), "`x` is no unit of time");
        assert_eq!(message("90"), "`90` has no unit");
        assert_eq!(message("-5s"), "`-5s` is negative");
        assert_eq!(message("0.5ms"), "`0.5ms` is no whole number of milliseconds");
        assert_eq!(message("5m1h"), "the units of `5m1h` are out of order");
        assert_eq!(message("1s1s"), "the units of `1s1s` are out of order");
        assert_eq!(message("9999999h"), "`9999999h` is over the maximum 878400h");
        assert_eq!(message(&format!("{}s", "9".repeat(30))).split(' ').nth(1), Some("is"));
        for text in ["", "-", "s", "soon", "1 h", "1.2.3s", "five minutes"] {
            assert!(Duration::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn instants_are_those_of_rfc_3339() {
        let millis = |text: &str| Timestamp::parse(text).map(Timestamp::unix_millis);
        assert_eq!(millis("1970-01-01T00:00:01Z"), Ok(1000));
        assert_eq!(millis("1970-01-01T01:00:00.123999+01:00"), Ok(123));
        assert_eq!(millis("1969-12-31T23:59:59.9995Z"), Ok(-1));
        assert!(millis("2026-02-30T00:00:00Z").is_err());
        assert!(millis("tomorrow").is_err());
        let text = "2026-01-01T00:00:00Z";
        assert_eq!(Timestamp::parse(text).expect("an instant").to_string(), text);
    }
}
