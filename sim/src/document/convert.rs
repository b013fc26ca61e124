//! Between trees and the values of `serde` and `serde_json`. Order is kept.

use serde::{
    Serialize, Serializer,
    ser::{Error as _, SerializeMap, SerializeSeq},
};

use super::{
    error::DocumentError,
    node::{Entry, Key, Node, Value},
    number::Number,
};

/// The tree of a JSON value; it has no places.
#[must_use]
pub fn from_json(json: &serde_json::Value) -> Node {
    Node::from(match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Number(
            Number::parse(&number.to_string()).expect("a JSON number is a number in range"),
        ),
        serde_json::Value::String(text) => Value::String(text.clone()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(from_json).collect()),
        serde_json::Value::Object(members) => Value::Map(
            members
                .iter()
                .map(|(name, value)| Entry { key: Key::from(&**name), value: from_json(value) })
                .collect(),
        ),
    })
}

/// The JSON value of a tree. Whole numbers beyond 64 bits and fractions become doubles.
#[must_use]
pub fn to_json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => match integer_64(number) {
            Some(Integer::Positive(number)) => number.into(),
            Some(Integer::Negative(number)) => number.into(),
            None => number.as_f64().into(),
        },
        Value::String(text) => text.clone().into(),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.name.clone(), to_json(&entry.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

/// The tree of any value that can be serialized; it has no places.
///
/// # Errors
///
/// If the value cannot be written as JSON, as a map whose keys are no texts.
pub fn to_node<T: Serialize + ?Sized>(value: &T) -> Result<Node, DocumentError> {
    match serde_json::to_value(value) {
        Ok(json) => Ok(from_json(&json)),
        Err(error) => Err(DocumentError::new(error.to_string())),
    }
}

enum Integer {
    Positive(u64),
    Negative(i64),
}

fn integer_64(number: &Number) -> Option<Integer> {
    let integer = number.as_integer()?;
    let positive = u64::try_from(integer).ok().map(Integer::Positive);
    positive.or_else(|| i64::try_from(integer).ok().map(Integer::Negative))
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) => match integer_64(number) {
                Some(Integer::Positive(number)) => serializer.serialize_u64(number),
                Some(Integer::Negative(number)) => serializer.serialize_i64(number),
                None if number.as_f64().is_finite() => serializer.serialize_f64(number.as_f64()),
                None => Err(S::Error::custom("the number is not finite")),
            },
            Value::String(text) => serializer.serialize_str(text),
            Value::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for entry in entries {
                    map.serialize_entry(&entry.key.name, &entry.value)?;
                }
                map.end()
            }
        }
    }
}
