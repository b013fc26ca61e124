//! Text that people also write as a number.

use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A string of the API that a scenario may give as a plain number: `cpu: 256` for `cpu: "256"`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TextOrNumber(pub String);

impl Serialize for TextOrNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TextOrNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = TextOrNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a number")
            }

            fn visit_str<E>(self, value: &str) -> Result<TextOrNumber, E> {
                Ok(TextOrNumber(value.to_owned()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<TextOrNumber, E> {
                Ok(TextOrNumber(value.to_string()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<TextOrNumber, E> {
                Ok(TextOrNumber(value.to_string()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<TextOrNumber, E> {
                Ok(TextOrNumber(value.to_string()))
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}
