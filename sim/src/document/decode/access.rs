//! The parts of lists, maps and enums, each given its own place in the path.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
    value::{BorrowedStrDeserializer, StrDeserializer},
};

use super::NodeDeserializer;
use crate::document::{
    error::DocumentError,
    node::{Entry, Key, Node},
    number::Number,
    path::Trail,
};

/// The elements of a list.
pub(super) struct ListParts<'n, 't> {
    items: &'n [Node],
    index: usize,
    parent: NodeDeserializer<'n, 't>,
}

impl<'n, 't> ListParts<'n, 't> {
    pub(super) fn new(items: &'n [Node], parent: NodeDeserializer<'n, 't>) -> Self {
        Self { items, index: 0, parent }
    }

    pub(super) fn is_done(&self) -> bool {
        self.index == self.items.len()
    }
}

impl<'n> SeqAccess<'n> for &mut ListParts<'n, '_> {
    type Error = DocumentError;

    fn next_element_seed<S: DeserializeSeed<'n>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DocumentError> {
        let Some(node) = self.items.get(self.index) else { return Ok(None) };
        let trail = Trail::Index(self.parent.trail, self.index);
        self.index += 1;
        let child = NodeDeserializer { node, trail: &trail, ..self.parent };
        seed.deserialize(child).map(Some).map_err(|error| error.located(&trail, node.place))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.index)
    }
}

/// The entries of a map.
pub(super) struct MapParts<'n, 't> {
    entries: std::slice::Iter<'n, Entry>,
    /// The entry whose value comes next.
    current: Option<&'n Entry>,
    parent: NodeDeserializer<'n, 't>,
    /// The keys of a struct; empty for a map of any keys.
    fields: &'static [&'static str],
}

impl<'n, 't> MapParts<'n, 't> {
    pub(super) fn new(
        entries: &'n [Entry],
        parent: NodeDeserializer<'n, 't>,
        fields: &'static [&'static str],
    ) -> Self {
        Self { entries: entries.iter(), current: None, parent, fields }
    }
}

impl<'n> MapAccess<'n> for MapParts<'n, '_> {
    type Error = DocumentError;

    fn next_key_seed<S: DeserializeSeed<'n>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DocumentError> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.current = Some(entry);
        let name = known_name(&entry.key.name, self.fields, self.parent.either_case);
        let trail = Trail::Key(self.parent.trail, &entry.key.name);
        let key = match name {
            Some(name) => seed.deserialize(StrDeserializer::<DocumentError>::new(name)),
            None => seed.deserialize(KeyDeserializer { key: &entry.key }),
        };
        key.map(Some).map_err(|error| error.located(&trail, entry.key.place))
    }

    fn next_value_seed<S: DeserializeSeed<'n>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, DocumentError> {
        let entry = self.current.take().expect("serde asks for a value after its key");
        let trail = Trail::Key(self.parent.trail, &entry.key.name);
        let child = NodeDeserializer { node: &entry.value, trail: &trail, ..self.parent };
        seed.deserialize(child).map_err(|error| error.located(&trail, entry.value.place))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// The name that `key` stands for when it is written in another case.
fn known_name(
    key: &str,
    names: &'static [&'static str],
    either_case: bool,
) -> Option<&'static str> {
    if !either_case || !key.starts_with(|first: char| first.is_ascii_uppercase()) {
        return None;
    }
    if names.contains(&key) {
        return None;
    }
    let run = key.bytes().take_while(u8::is_ascii_uppercase).count();
    // `AlarmName`, `OKActions`, `ARN`: one letter, all but the last, or all of the first capitals.
    [1, run - 1, run].into_iter().find_map(|length| {
        let (head, tail) = key.split_at(length);
        let folded = head.to_ascii_lowercase() + tail;
        names.iter().copied().find(|name| *name == folded)
    })
}

/// A key on its own: a text, or whatever a text can stand for.
struct KeyDeserializer<'n> {
    key: &'n Key,
}

macro_rules! number_keys {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
            let number = Number::parse(&self.key.name).and_then(|number| number.as_integer());
            match number.map(|number| (u64::try_from(number), i64::try_from(number))) {
                Some((Ok(number), _)) => visitor.visit_u64(number),
                Some((_, Ok(number))) => visitor.visit_i64(number),
                _ => Err(DocumentError::new("the key must be a whole number")),
            }
        }
    )*};
}

impl<'n> Deserializer<'n> for KeyDeserializer<'n> {
    type Error = DocumentError;

    number_keys! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        visitor.visit_borrowed_str(&self.key.name)
    }

    fn deserialize_option<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'n>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'n>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        visitor.visit_enum(BorrowedStrDeserializer::<DocumentError>::new(&self.key.name))
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'n>>
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// `{ variant: content }`.
pub(super) struct EnumParts<'n, 't> {
    entry: &'n Entry,
    parent: NodeDeserializer<'n, 't>,
    variants: &'static [&'static str],
}

impl<'n, 't> EnumParts<'n, 't> {
    pub(super) fn new(
        entry: &'n Entry,
        parent: NodeDeserializer<'n, 't>,
        variants: &'static [&'static str],
    ) -> Self {
        Self { entry, parent, variants }
    }

    fn inside<T>(
        self,
        read: impl FnOnce(NodeDeserializer<'n, '_>) -> Result<T, DocumentError>,
    ) -> Result<T, DocumentError> {
        let trail = Trail::Key(self.parent.trail, &self.entry.key.name);
        let node = &self.entry.value;
        read(NodeDeserializer { node, trail: &trail, ..self.parent })
            .map_err(|error| error.located(&trail, node.place))
    }
}

impl<'n> EnumAccess<'n> for EnumParts<'n, '_> {
    type Error = DocumentError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'n>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self), DocumentError> {
        let key = &self.entry.key;
        let name = known_name(&key.name, self.variants, self.parent.either_case);
        let name = name.unwrap_or(&key.name);
        let trail = Trail::Key(self.parent.trail, &key.name);
        let variant = seed
            .deserialize(BorrowedStrDeserializer::<DocumentError>::new(name))
            .map_err(|error| error.located(&trail, key.place))?;
        Ok((variant, self))
    }
}

impl<'n> VariantAccess<'n> for EnumParts<'n, '_> {
    type Error = DocumentError;

    fn unit_variant(self) -> Result<(), DocumentError> {
        self.inside(|content| serde::Deserialize::deserialize(content))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'n>>(
        self,
        seed: S,
    ) -> Result<S::Value, DocumentError> {
        self.inside(|content| seed.deserialize(content))
    }

    fn tuple_variant<V: Visitor<'n>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        self.inside(|content| content.deserialize_tuple(length, visitor))
    }

    fn struct_variant<V: Visitor<'n>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        self.inside(|content| content.deserialize_struct("", fields, visitor))
    }
}
