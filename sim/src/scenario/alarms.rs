//! The key `alarms`: CloudWatch alarms that deployments watch.

use serde::Deserialize;
use stowplan_engine::api::Setup;
use stowplan_engine::model::{Alarm, AlarmState, Span, Time};

use super::{
    at::{At, Origin},
    fields::fields_of,
    unbuilt::Part,
};
use crate::document::{Decoder, DocumentError};

/// PutMetricAlarm, as far as it is built, and the state of time 0.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
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
    Ok((alarm, at.origin.clone()))
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
