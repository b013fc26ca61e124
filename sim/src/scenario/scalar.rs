//! Small values of the format that can be written in several ways.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error};

use crate::document::{DocumentError, Offset, Raw, Timestamp, Value};

/// One text, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OneOrMany(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        let texts = match raw.node.value {
            Value::List(_) => raw.decode(),
            _ => raw.decode().map(|text| vec![text]),
        };
        let texts: Vec<String> = texts.map_err(D::Error::custom)?;
        if texts.is_empty() {
            let error = raw.error("the list is empty").with_remedy("Name at least one");
            return Err(D::Error::custom(error));
        }
        Ok(Self(texts))
    }
}

/// Attributes: `{stack: prod, ssd: null}`, or Amazon's list of names and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes(pub(super) Vec<(String, Option<String>)>);

/// An attribute as the API tells it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NameAndValue {
    pub(super) name: String,
    pub(super) value: Option<String>,
    #[serde(rename = "targetType")]
    _target_type: Option<String>,
    #[serde(rename = "targetId")]
    _target_id: Option<String>,
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        let read = || -> Result<Vec<_>, DocumentError> {
            if matches!(raw.node.value, Value::List(_)) {
                let list: Vec<NameAndValue> = raw.decode()?;
                return Ok(list.into_iter().map(|entry| (entry.name, entry.value)).collect());
            }
            let map: BTreeMap<String, Option<String>> = raw.decode()?;
            Ok(map.into_iter().collect())
        };
        let mut attributes = read().map_err(D::Error::custom)?;
        attributes.sort();
        if let Some(pair) = attributes.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let error = raw.error(format!("the attribute `{}` is given twice", pair[0].0));
            return Err(D::Error::custom(error.with_remedy("Keep one of the two")));
        }
        Ok(Self(attributes))
    }
}

/// A setting: a text, a number, true or false; kept as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting(pub(super) String);

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        text_of(&raw).map(Self).ok_or_else(|| {
            let error = raw.error("expected a text, a number, true or false");
            D::Error::custom(error.with_remedy("Write it as `NAME: value`"))
        })
    }
}

fn text_of(raw: &Raw) -> Option<String> {
    match &raw.node.value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        // `ECS_RESERVED_PORTS: [22, 80]`, as the agent's own file has it.
        Value::List(_) => {
            let items: Option<Vec<String>> = raw.items().map(|item| text_of(&item)).collect();
            Some(format!("[{}]", items?.join(",")))
        }
        Value::Null | Value::Map(_) => None,
    }
}

/// Settings: `{awsvpcTrunking: enabled}`, or Amazon's list of names and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings(pub(super) Vec<(String, String)>);

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Entry {
            name: String,
            value: Setting,
        }
        let raw = Raw::deserialize(deserializer)?;
        let read = || -> Result<Vec<_>, DocumentError> {
            if matches!(raw.node.value, Value::List(_)) {
                let list: Vec<Entry> = raw.decode()?;
                return Ok(list.into_iter().map(|entry| (entry.name, entry.value.0)).collect());
            }
            let map: BTreeMap<String, Setting> = raw.decode()?;
            Ok(map.into_iter().map(|(name, value)| (name, value.0)).collect())
        };
        read().map(Self).map_err(D::Error::custom)
    }
}

/// An instant: a time of the run (`-24h`, `90s`, a number of seconds) or of the world
/// (`2026-01-31T12:00:00Z`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Run(Offset),
    World(Timestamp),
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        let is_date = raw.node.as_str().is_some_and(|text| text.contains('T'));
        // A number this large can only count from 1970, as older tools write instants.
        let is_epoch = matches!(&raw.node.value, Value::Number(n) if n.as_f64() > 600_000_000.0);
        let when = if is_date || is_epoch {
            raw.decode().map(Self::World)
        } else {
            raw.decode().map(Self::Run)
        };
        when.map_err(D::Error::custom)
    }
}
