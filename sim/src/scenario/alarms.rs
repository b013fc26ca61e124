//! The key `alarms`: CloudWatch alarms, on a metric or moved by `setAlarm` alone.

use serde::Deserialize;
use stowplan_engine::api::Setup;
use stowplan_engine::model::{Alarm, AlarmState, Span, Time};

use super::{
    at::{At, Origin},
    fields::fields_of,
    unbuilt::Part,
};
use crate::alarms::{Comparison, MissingData, Statistic};
use crate::document::{Decoder, DocumentError};

/// PutMetricAlarm, as far as it is built, and the state of time 0.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AlarmKeys {
    pub(super) alarm_name: String,
    #[serde(default)]
    pub(super) alarm_description: Option<String>,
    #[serde(default)]
    pub(super) period: Option<u32>,
    #[serde(default)]
    pub(super) evaluation_periods: Option<u32>,
    #[serde(default)]
    pub(super) state: Option<AlarmState>,
    #[serde(default)]
    pub(super) metric_name: Option<String>,
    #[serde(default)]
    pub(super) namespace: Option<String>,
    #[serde(default)]
    pub(super) dimensions: Vec<Dimension>,
    /// In place of the dimensions that name a service.
    #[serde(default)]
    pub(super) service: Option<String>,
    #[serde(default)]
    pub(super) statistic: Option<Statistic>,
    #[serde(default)]
    pub(super) unit: Option<String>,
    #[serde(default)]
    pub(super) threshold: Option<f64>,
    #[serde(default)]
    pub(super) comparison_operator: Option<Comparison>,
    #[serde(default)]
    pub(super) datapoints_to_alarm: Option<u32>,
    #[serde(default)]
    pub(super) treat_missing_data: Option<MissingData>,
}

/// What a metric is of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Dimension {
    pub(super) name: String,
    pub(super) value: String,
}

/// An alarm, and where it stands.
pub(super) type GivenAlarm = (AlarmKeys, Origin);

pub(super) fn read(at: &At<'_>) -> Result<GivenAlarm, DocumentError> {
    let known = fields_of::<AlarmKeys>();
    let keys: Vec<String> = known.iter().flat_map(|key| [(*key).into(), pascal(key)]).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    at.map_of(&keys, Part::Alarm)?;
    let alarm: AlarmKeys = Decoder::new(at.node).at(at.origin.path()).either_case(true).decode()?;
    for (key, value, most) in
        [("period", alarm.period, 86_400), ("evaluationPeriods", alarm.evaluation_periods, 1_440)]
    {
        if value.is_some_and(|value| !(1..=most).contains(&value)) {
            let given = at.get(key).unwrap_or_else(|| at.clone());
            let error = given.error(format!("`{key}` must be from 1 to {most}"));
            return Err(error.with_remedy("Leave it out for the default"));
        }
    }
    if alarm.metric_name.is_none() {
        refuse_metric_keys(at)?;
    }
    Ok((alarm, at.origin.clone()))
}

/// Without a metric only `setAlarm` moves an alarm: nothing is compared.
fn refuse_metric_keys(at: &At<'_>) -> Result<(), DocumentError> {
    let keys = [
        "namespace",
        "dimensions",
        "service",
        "statistic",
        "unit",
        "threshold",
        "comparisonOperator",
        "datapointsToAlarm",
        "treatMissingData",
    ];
    let given = |key: &str| at.get(key).or_else(|| at.get(&pascal(key)));
    let Some((key, given)) = keys.into_iter().find_map(|key| Some((key, given(key)?))) else {
        return Ok(());
    };
    let error = given.error(format!("`{key}` goes with `metricName`"));
    Err(error.with_remedy("Add the key `metricName`, or leave this one out"))
}

fn pascal(key: &str) -> String {
    let mut key = key.to_owned();
    key[..1].make_ascii_uppercase();
    key
}

impl AlarmKeys {
    /// One that nobody said anything about has never been looked at.
    pub(super) fn setup(&self) -> Setup {
        Setup::Alarm(Alarm {
            name: self.alarm_name.as_str().into(),
            period: Span::from_secs(self.period.unwrap_or(60).into()),
            evaluation_periods: self.evaluation_periods.unwrap_or(1),
            state: self.state.unwrap_or(AlarmState::InsufficientData),
            changed_at: Time::ZERO,
        })
    }
}
