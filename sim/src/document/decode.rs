//! Reads any `serde` type from a tree, keeping track of where it is.

mod access;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, Visitor, value::BorrowedStrDeserializer},
    forward_to_deserialize_any,
};

use super::{
    capture::{self, Raw},
    error::{BOOLEAN, DocumentError, LIST, MAP, NUMBER, TEXT, WHOLE_NUMBER},
    node::{Node, Value},
    number::Number,
    path::Trail,
};
use access::{EnumParts, ListParts, MapParts};

/// Reads a value from the root of a document.
///
/// # Errors
///
/// The first thing in the tree that the type does not allow, with its place.
pub fn decode<'n, T: Deserialize<'n>>(node: &'n Node) -> Result<T, DocumentError> {
    Decoder::new(node).decode()
}

/// Reads a value from a part of a document.
#[derive(Clone, Debug)]
pub struct Decoder<'n> {
    node: &'n Node,
    path: String,
    either_case: bool,
}

impl<'n> Decoder<'n> {
    /// A decoder of a whole document.
    #[must_use]
    pub fn new(node: &'n Node) -> Self {
        Self { node, path: String::new(), either_case: false }
    }

    /// Where in its document the node stands.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Accepts `PascalCase` for the `lowerCamelCase` keys of structs.
    #[must_use]
    pub fn either_case(mut self, accepted: bool) -> Self {
        self.either_case = accepted;
        self
    }

    /// Reads the value.
    ///
    /// # Errors
    ///
    /// The first thing in the tree that the type does not allow, with its place.
    pub fn decode<T: Deserialize<'n>>(self) -> Result<T, DocumentError> {
        self.decode_with(std::marker::PhantomData)
    }

    /// Reads a value whose type is known only when the program runs.
    ///
    /// # Errors
    ///
    /// As [`Self::decode`].
    pub fn decode_with<S: DeserializeSeed<'n>>(self, seed: S) -> Result<S::Value, DocumentError> {
        let trail = Trail::Base(&self.path);
        let deserializer =
            NodeDeserializer { node: self.node, trail: &trail, either_case: self.either_case };
        seed.deserialize(deserializer).map_err(|error| error.located(&trail, self.node.place))
    }
}

/// A position in a tree. Errors leave it without a place; whoever made it fills that in.
#[derive(Clone, Copy)]
pub(super) struct NodeDeserializer<'n, 't> {
    node: &'n Node,
    trail: &'t Trail<'t>,
    either_case: bool,
}

impl<'n> NodeDeserializer<'n, '_> {
    fn wrong_type<T>(self, expected: &str) -> Result<T, DocumentError> {
        Err(DocumentError::wrong_type(expected, self.node))
    }

    fn list<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        let Value::List(items) = &self.node.value else { return self.wrong_type(LIST) };
        let mut parts = ListParts::new(items, self);
        let value = visitor.visit_seq(&mut parts)?;
        if parts.is_done() {
            return Ok(value);
        }
        Err(DocumentError::invalid_length(items.len(), &"fewer elements"))
    }

    fn map<V: Visitor<'n>>(
        self,
        visitor: V,
        fields: &'static [&'static str],
    ) -> Result<V::Value, DocumentError> {
        let Value::Map(entries) = &self.node.value else { return self.wrong_type(MAP) };
        visitor.visit_map(MapParts::new(entries, self, fields))
    }

    /// The whole number here, if it is within the bounds.
    fn integer(self, minimum: i128, maximum: i128) -> Result<i128, DocumentError> {
        let Value::Number(number) = &self.node.value else { return self.wrong_type(WHOLE_NUMBER) };
        if !number.is_integer() {
            return self.wrong_type(WHOLE_NUMBER);
        }
        let is_negative = number.literal().starts_with('-');
        match number.as_integer() {
            Some(value) if value < minimum => Err(under(number, minimum)),
            Some(value) if value <= maximum => Ok(value),
            None if is_negative => Err(under(number, minimum)),
            _ => Err(over(number, maximum)),
        }
    }
}

fn over(number: &Number, maximum: i128) -> DocumentError {
    let shown = super::excerpt(&number.canonical());
    let error = DocumentError::new(format!("{shown} is over the maximum {maximum}"));
    error.with_remedy(format!("Write {maximum} or less"))
}

fn under(number: &Number, minimum: i128) -> DocumentError {
    let shown = super::excerpt(&number.canonical());
    let error = DocumentError::new(format!("{shown} is under the minimum {minimum}"));
    error.with_remedy(format!("Write {minimum} or more"))
}

/// Whole numbers of each size: `deserialize_u8` and so on.
macro_rules! integers {
    ($($method:ident => $visit:ident: $type:ty,)*) => {$(
        fn $method<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
            let value = self.integer(<$type>::MIN.into(), <$type>::MAX.into())?;
            visitor.$visit(<$type>::try_from(value).expect("within the bounds just checked"))
        }
    )*};
}

impl<'n> Deserializer<'n> for NodeDeserializer<'n, '_> {
    type Error = DocumentError;

    integers! {
        deserialize_i8 => visit_i8: i8,
        deserialize_i16 => visit_i16: i16,
        deserialize_i32 => visit_i32: i32,
        deserialize_i64 => visit_i64: i64,
        deserialize_u8 => visit_u8: u8,
        deserialize_u16 => visit_u16: u16,
        deserialize_u32 => visit_u32: u32,
        deserialize_u64 => visit_u64: u64,
    }

    fn deserialize_i128<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        visitor.visit_i128(self.integer(i128::MIN, i128::MAX)?)
    }

    fn deserialize_any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) if number.is_integer() => {
                let value = self.integer(i64::MIN.into(), u64::MAX.into())?;
                match u64::try_from(value) {
                    Ok(value) => visitor.visit_u64(value),
                    Err(_) => visitor
                        .visit_i64(i64::try_from(value).expect("checked: above i64's minimum")),
                }
            }
            Value::Number(number) => visitor.visit_f64(number.as_f64()),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::List(_) => self.list(visitor),
            Value::Map(_) => self.map(visitor, &[]),
        }
    }

    fn deserialize_bool<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        let Value::Bool(value) = self.node.value else { return self.wrong_type(BOOLEAN) };
        visitor.visit_bool(value)
    }

    fn deserialize_f32<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        let Value::Number(number) = &self.node.value else { return self.wrong_type(NUMBER) };
        visitor.visit_f64(number.as_f64())
    }

    fn deserialize_char<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        let Value::String(text) = &self.node.value else { return self.wrong_type(TEXT) };
        visitor.visit_borrowed_str(text)
    }

    fn deserialize_string<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        if self.node.is_null() { visitor.visit_unit() } else { self.wrong_type("nothing") }
    }

    fn deserialize_unit_struct<V: Visitor<'n>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'n>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        match name {
            capture::RAW => capture::hand_over(
                Raw::new(self.node.clone(), self.trail.to_string(), self.either_case),
                || visitor.visit_unit(),
            ),
            capture::EITHER_CASE => {
                visitor.visit_newtype_struct(Self { either_case: true, ..self })
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        self.list(visitor)
    }

    fn deserialize_tuple<V: Visitor<'n>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        self.list(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'n>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        self.list(visitor)
    }

    fn deserialize_map<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        self.map(visitor, &[])
    }

    fn deserialize_struct<V: Visitor<'n>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        self.map(visitor, fields)
    }

    fn deserialize_enum<V: Visitor<'n>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        match &self.node.value {
            Value::String(text) => {
                let variant = BorrowedStrDeserializer::<DocumentError>::new(text);
                visitor.visit_enum(variant)
            }
            Value::Map(entries) => match &entries[..] {
                [entry] => visitor.visit_enum(EnumParts::new(entry, self, variants)),
                _ => {
                    let error = DocumentError::wrong_type("a map of one key", self.node);
                    Err(error.with_remedy(format!("Keep one of: {}", variants.join(", "))))
                }
            },
            _ => self.wrong_type(TEXT),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'n>>(
        self,
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { <V: Visitor<'n>> u128 bytes byte_buf identifier }
}
