//! Asks types what they are read from: a deserializer that answers every question with an example
//! and takes down the question.

use std::{any::type_name, cell::RefCell, collections::BTreeMap};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
        Visitor,
        value::{Error, StrDeserializer},
    },
};
use serde_json::{Value, json};

use super::scalars;

/// Schemas of structs by name, as they are met.
#[derive(Debug, Default)]
pub(super) struct Registry {
    structs: RefCell<BTreeMap<&'static str, Value>>,
}

impl Registry {
    /// The schema of a type; structs in it go to the definitions.
    pub(super) fn schema_of<'de, T: Deserialize<'de>>(&self) -> Value {
        self.schema_by(type_name::<T>(), |trace| T::deserialize(trace).map(drop))
    }

    /// The schema of what a function reads.
    pub(super) fn schema_by(
        &self,
        name: &'static str,
        read: impl FnOnce(Trace<'_>) -> Result<(), Error>,
    ) -> Value {
        let mut slot = Value::Null;
        let trace = Trace { registry: self, slot: &mut slot, name };
        read(trace).unwrap_or_else(|error| panic!("{name} takes no example: {error}"));
        slot
    }

    /// Takes a definition out, to change it.
    pub(super) fn take(&self, name: &str) -> Value {
        let taken = self.structs.borrow_mut().remove(name);
        taken.unwrap_or_else(|| panic!("no struct is called {name}"))
    }

    pub(super) fn put(&self, name: &'static str, schema: Value) -> Value {
        self.structs.borrow_mut().insert(name, schema);
        reference(name)
    }

    pub(super) fn into_definitions(self) -> Value {
        let structs = self.structs.into_inner().into_iter();
        structs
            .map(|(name, schema)| (name.to_owned(), schema))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

/// `{ "$ref": ... }`.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// One question.
pub(super) struct Trace<'s> {
    registry: &'s Registry,
    slot: &'s mut Value,
    /// The type that is read, as the compiler calls it.
    name: &'static str,
}

impl Trace<'_> {
    fn note(&mut self, schema: Value) {
        *self.slot = schema;
    }
}

/// Numbers of each size.
macro_rules! integers {
    ($($method:ident => $visit:ident: $type:ty,)*) => {$(
        fn $method<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
            let (minimum, maximum) = (<$type>::MIN, <$type>::MAX);
            self.note(json!({ "type": "integer", "minimum": minimum, "maximum": maximum }));
            visitor.$visit(1)
        }
    )*};
}

impl<'de> Deserializer<'de> for Trace<'_> {
    type Error = Error;

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

    /// A type that takes several forms.
    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let is_text_or_number = type_name::<V::Value>().ends_with("TextOrNumber");
        self.note(match is_text_or_number {
            true => json!({ "type": ["string", "number"] }),
            false => json!({}),
        });
        visitor.visit_str("1")
    }

    fn deserialize_bool<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.note(json!({ "type": "boolean" }));
        visitor.visit_bool(true)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.note(json!({ "type": "number" }));
        visitor.visit_f64(1.0)
    }

    fn deserialize_str<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.note(json!({ "type": "string" }));
        visitor.visit_str("x")
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    /// The types of the document layer ask so for a part of a tree.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let name = innermost(self.name);
        let (schema, example) = scalars::known(self.registry, name)
            .unwrap_or_else(|| panic!("{name} reads a tree: add it to the table of scalars"));
        self.note(schema);
        let shown = format!("{name} refuses {example}");
        visitor.visit_newtype_struct(example).map_err(|error: serde_json::Error| {
            serde::de::Error::custom(format!("{shown}: {error}"))
        })
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let mut items = Value::Null;
        let one = One { registry: self.registry, slot: &mut items, is_done: false };
        let value = visitor.visit_seq(one)?;
        self.note(json!({ "type": "array", "items": items }));
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let mut values = Value::Null;
        let one = One { registry: self.registry, slot: &mut values, is_done: false };
        let value = visitor.visit_map(one)?;
        self.note(json!({ "type": "object", "additionalProperties": values }));
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut properties = serde_json::Map::new();
        let of = Fields { registry: self.registry, properties: &mut properties, fields };
        let value = visitor.visit_map(of)?;
        let schema =
            json!({ "type": "object", "properties": properties, "additionalProperties": false });
        let schema = self.registry.put(name, schema);
        self.note(schema);
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.note(json!({ "enum": variants }));
        visitor.visit_enum(Unit(variants[0]))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.note(json!({}));
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

/// `Option<Timed<Duration>>` is about a `Duration`.
fn innermost(name: &'static str) -> &'static str {
    let inner = name.rsplit('<').next().unwrap_or(name);
    let inner = inner.split('>').next().unwrap_or(inner);
    inner.rsplit("::").next().unwrap_or(inner)
}

/// A list of one, or a map of one.
struct One<'s> {
    registry: &'s Registry,
    slot: &'s mut Value,
    is_done: bool,
}

impl<'s> One<'s> {
    fn value<'de, S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let name = type_name::<S::Value>();
        seed.deserialize(Trace { registry: self.registry, slot: self.slot, name })
    }
}

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        if std::mem::replace(&mut self.is_done, true) {
            return Ok(None);
        }
        self.value(seed).map(Some)
    }
}

impl<'de> MapAccess<'de> for One<'_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        if std::mem::replace(&mut self.is_done, true) {
            return Ok(None);
        }
        seed.deserialize(StrDeserializer::new("x")).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.value(seed)
    }
}

/// Every field of a struct.
struct Fields<'s> {
    registry: &'s Registry,
    properties: &'s mut serde_json::Map<String, Value>,
    fields: &'static [&'static str],
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let Some(name) = self.fields.first() else { return Ok(None) };
        seed.deserialize((*name).into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let (field, rest) = self.fields.split_first().expect("a value follows its key");
        self.fields = rest;
        let mut schema = Value::Null;
        let name = type_name::<S::Value>();
        let value = seed.deserialize(Trace { registry: self.registry, slot: &mut schema, name })?;
        self.properties.insert((*field).to_owned(), schema);
        Ok(value)
    }
}

/// A variant without content.
struct Unit(&'static str);

impl<'de> EnumAccess<'de> for Unit {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let name = StrDeserializer::<Error>::new(self.0);
        seed.deserialize(name).map(|variant| (variant, self))
    }
}

impl<'de> VariantAccess<'de> for Unit {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _: S) -> Result<S::Value, Error> {
        Err(serde::de::Error::custom("only variants without content are traced"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(serde::de::Error::custom("only variants without content are traced"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        Err(serde::de::Error::custom("only variants without content are traced"))
    }
}
