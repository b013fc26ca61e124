//! The values that the keys of [`super::behavior`] can have.

use serde::{Deserialize, Deserializer, de::Error};
use stowplan_engine::model::Span;

use crate::document::{Decimal, DocumentError, Duration, Raw, Value};

/// A duration: fixed, or any between two bounds, drawn for each task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DurationRange {
    /// The shortest.
    pub min: Span,
    /// The longest.
    pub max: Span,
}

impl DurationRange {
    /// Always the same.
    pub const fn fixed(span: Span) -> Self {
        Self { min: span, max: span }
    }
}

impl<'de> Deserialize<'de> for DurationRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Bounds {
            min: Duration,
            max: Duration,
        }
        let raw = Raw::deserialize(deserializer)?;
        if !matches!(raw.node.value, Value::Map(_)) {
            let duration: Duration = decode(&raw)?;
            return Ok(Self::fixed(Span(duration.millis())));
        }
        let Bounds { min, max } = decode(&raw)?;
        if min > max {
            let error = raw.error(format!("`min` {min} is over `max` {max}"));
            return Err(D::Error::custom(error.with_remedy("Swap the two")));
        }
        Ok(Self { min: Span(min.millis()), max: Span(max.millis()) })
    }
}

/// A duration, or `never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// After so long.
    After(DurationRange),
    /// Not at all.
    Never,
}

impl<'de> Deserialize<'de> for Delay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        if is_never(&raw) { Ok(Self::Never) } else { decode(&raw).map(Self::After) }
    }
}

/// A probability or a share, in billionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    /// All of it, always.
    pub const ALL: Self = Self(1_000_000_000);

    /// In billionths.
    pub const fn billionths(self) -> u32 {
        self.0
    }
}

impl Default for Share {
    fn default() -> Self {
        Self::ALL
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let decimal = Decimal::deserialize(deserializer)?;
        let billionths = decimal.scaled_down(9).and_then(|scaled| u32::try_from(scaled).ok());
        billionths.filter(|&billionths| billionths <= Self::ALL.0).map(Self).ok_or_else(|| {
            let error = DocumentError::new(format!("{} is not from 0 to 1", decimal.to_f64()));
            D::Error::custom(error.with_remedy("Write a quarter as 0.25"))
        })
    }
}

/// Whether a task never reaches RUNNING.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartFails {
    /// It starts.
    No,
    /// It does not.
    Yes(StartFailure),
}

/// How a start fails.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct StartFailure {
    /// From admission by the host (on Fargate: creation); when it would be RUNNING when absent.
    pub after: Option<DurationRange>,
    /// What the container, or on Fargate the task, says of it.
    pub reason: Option<Box<str>>,
    /// How likely it is.
    pub probability: Share,
}

impl<'de> Deserialize<'de> for StartFails {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        match &raw.node.value {
            Value::Bool(false) => Ok(Self::No),
            Value::Bool(true) => Ok(Self::Yes(StartFailure::default())),
            _ => decode(&raw).map(Self::Yes),
        }
    }
}

/// When a container ends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exits {
    /// Not at all.
    Never,
    /// So after each start.
    Always(Exit),
    /// So after the n-th start; not at all after the last one.
    Nth(Vec<Exit>),
}

/// One end of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exit {
    /// From the container's start.
    pub after: DurationRange,
    /// The code; 0 when absent.
    #[serde(default)]
    pub code: i32,
    /// How likely it is.
    #[serde(default)]
    pub probability: Share,
}

impl Exits {
    /// What happens after the n-th start, counted from 0.
    pub(super) fn of_start(&self, start: u32) -> Option<Exit> {
        match self {
            Self::Never => None,
            Self::Always(exit) => Some(*exit),
            Self::Nth(exits) => exits.get(usize::try_from(start).ok()?).copied(),
        }
    }
}

impl<'de> Deserialize<'de> for Exits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        if is_never(&raw) {
            return Ok(Self::Never);
        }
        if !matches!(raw.node.value, Value::List(_)) {
            return exit(&raw).map(Self::Always);
        }
        raw.items().map(|item| exit(&item)).collect::<Result<_, _>>().map(Self::Nth)
    }
}

/// A duration alone means code 0.
fn exit<E: Error>(raw: &Raw) -> Result<Exit, E> {
    let is_map = matches!(raw.node.value, Value::Map(_));
    if is_map && raw.node.get("min").is_none() && raw.node.get("max").is_none() {
        return decode(raw);
    }
    Ok(Exit { after: decode(raw)?, code: 0, probability: Share::ALL })
}

/// What a probe meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeResult {
    /// It passes at once.
    Pass,
    /// It fails at once.
    Fail,
    /// It never answers.
    Hang,
    /// An HTTP status code, at once.
    Code(u16),
}

impl<'de> Deserialize<'de> for ProbeResult {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        let code = raw.node.as_integer().and_then(|code| u16::try_from(code).ok());
        let result = match (raw.node.as_str(), code) {
            (Some("pass"), _) => Some(Self::Pass),
            (Some("fail"), _) => Some(Self::Fail),
            (Some("hang"), _) => Some(Self::Hang),
            (None, Some(code @ 100..=599)) => Some(Self::Code(code)),
            _ => None,
        };
        result.ok_or_else(|| {
            let error = raw.error("no result of a probe");
            D::Error::custom(error.with_remedy("Write pass, fail, hang or an HTTP status code"))
        })
    }
}

/// What probes meet in the course of time; before the first change they pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthRules(pub Vec<HealthRule>);

/// From some instant on probes meet this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthRule {
    /// From the container's start.
    #[serde(default)]
    pub after: DurationRange,
    /// What they meet.
    pub result: ProbeResult,
    /// How likely the change is.
    #[serde(default)]
    pub probability: Share,
}

impl HealthRules {
    /// Always the same.
    pub fn always(result: ProbeResult) -> Self {
        let after = DurationRange::default();
        Self(vec![HealthRule { after, result, probability: Share::ALL }])
    }
}

impl<'de> Deserialize<'de> for HealthRules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        match &raw.node.value {
            Value::List(_) => decode(&raw).map(Self),
            Value::Map(_) => Ok(Self(vec![decode(&raw)?])),
            _ => decode(&raw).map(Self::always),
        }
    }
}

/// Memory that a container uses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemoryUsed {
    /// MiB without load.
    pub base: u32,
    /// MiB for each request a second.
    pub per_request: f64,
}

impl<'de> Deserialize<'de> for MemoryUsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Parts {
            base: u32,
            #[serde(default)]
            per_request: Decimal,
        }
        let raw = Raw::deserialize(deserializer)?;
        if !matches!(raw.node.value, Value::Map(_)) {
            return Ok(Self { base: decode(&raw)?, per_request: 0.0 });
        }
        let Parts { base, per_request } = decode(&raw)?;
        Ok(Self { base, per_request: per_request.to_f64() })
    }
}

/// A call to AWS that an application makes again and again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsCall {
    /// `s3:GetObject`.
    pub action: Box<str>,
    /// An ARN.
    pub resource: Box<str>,
    /// How often.
    pub every: Duration,
}

fn is_never(raw: &Raw) -> bool {
    raw.node.as_str() == Some("never")
}

fn decode<T: for<'n> Deserialize<'n>, E: Error>(raw: &Raw) -> Result<T, E> {
    raw.decode().map_err(E::custom)
}
