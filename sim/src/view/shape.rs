//! Objects of the API as tables: one line a field, each made only when it is read.

use serde_json::{Map, Value};
use stowplan_engine::model::Time;

use super::Moment;

/// An object of the read model: its fields, in the order of the API.
pub(crate) trait Shape {
    /// Which object.
    type Id: Copy;
    /// The fields it always has.
    const FIELDS: &'static [&'static str];

    /// One field; `None` when there is none of that name.
    fn field(moment: &Moment<'_>, id: Self::Id, name: &str) -> Option<Value>;

    /// The whole object.
    fn object(moment: &Moment<'_>, id: Self::Id) -> Value {
        let field = |name: &&str| {
            let value = Self::field(moment, id, name).expect("every listed field has a line");
            ((*name).to_owned(), value)
        };
        Value::Object(Self::FIELDS.iter().map(field).collect())
    }
}

/// Declares a shape: `Name(moment, id: Id, row = lookup) { "field" => value, }`.
macro_rules! shape {
    (
        $(#[$meta:meta])*
        $name:ident($moment:ident, $id:ident: $id_type:ty, $row:ident = $lookup:expr) {
            $($field:literal => $value:expr,)*
        }
    ) => {
        $(#[$meta])*
        pub(crate) struct $name;

        impl $crate::view::shape::Shape for $name {
            type Id = $id_type;
            const FIELDS: &'static [&'static str] = &[$($field),*];

            fn field(
                $moment: &$crate::view::Moment<'_>,
                $id: $id_type,
                name: &str,
            ) -> Option<serde_json::Value> {
                let $row = $lookup;
                match name {
                    $($field => Some(serde_json::Value::from($value)),)*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use shape;

/// A string, or null.
pub(crate) fn text<T: AsRef<str>>(value: Option<T>) -> Value {
    value.map_or(Value::Null, |text| Value::String(text.as_ref().to_owned()))
}

/// An empty list: a documented field that has no value.
pub(crate) fn none() -> Value {
    Value::Array(Vec::new())
}

/// A list of strings.
pub(crate) fn texts<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Value {
    items.into_iter().map(|item| Value::String(item.into())).collect()
}

/// A value of the boundary in its API spelling.
pub(crate) fn api(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("inputs of the API have string keys")
}

/// Counts by name.
pub(crate) fn counts(pairs: impl IntoIterator<Item = (String, u32)>) -> Value {
    let mut sorted = std::collections::BTreeMap::new();
    for (name, count) in pairs {
        *sorted.entry(name).or_insert(0_u32) += count;
    }
    Value::Object(sorted.into_iter().map(|(name, count)| (name, count.into())).collect())
}

/// An object of fixed fields.
pub(crate) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}

/// The fields of an object; none of anything else.
pub(crate) fn into_fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Seconds since time 0.
pub(crate) fn seconds(time: Time) -> f64 {
    // Simulated times stay far below 2^53 ms, so the quotient is the nearest double.
    time.0 as f64 / 1000.0
}
