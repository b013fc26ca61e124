//! Parts of a tree that are kept as they are, to be decoded later.

use std::{cell::RefCell, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};

use super::{
    decode::Decoder,
    error::DocumentError,
    node::{Entry, Key, Node, Place, Value},
    number::Number,
    path::{index_path, key_path},
};

/// The names by which the types below are known to the decoder.
pub(super) const RAW: &str = "$document::Raw";
pub(super) const EITHER_CASE: &str = "$document::EitherCase";

/// A part of a document with its path, to be decoded once it is known what it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    pub node: Node,
    /// Where in its document the node stands.
    pub path: String,
    either_case: bool,
}

impl Raw {
    pub(super) fn new(node: Node, path: String, either_case: bool) -> Self {
        Self { node, path, either_case }
    }

    /// Reads the value.
    ///
    /// # Errors
    ///
    /// The first thing in it that the type does not allow, with its place in the whole document.
    pub fn decode<'n, T: Deserialize<'n>>(&'n self) -> Result<T, DocumentError> {
        Decoder::new(&self.node).at(&*self.path).either_case(self.either_case).decode()
    }

    /// Reads a value whose type is known only when the program runs.
    ///
    /// # Errors
    ///
    /// As [`Self::decode`].
    pub fn decode_with<'n, S: DeserializeSeed<'n>>(
        &'n self,
        seed: S,
    ) -> Result<S::Value, DocumentError> {
        Decoder::new(&self.node).at(&*self.path).either_case(self.either_case).decode_with(seed)
    }

    /// An error about this part.
    #[must_use]
    pub fn error(&self, message: impl Into<String>) -> DocumentError {
        DocumentError::new(message).at(&*self.path, self.node.place)
    }

    /// The entries of a map, each with its own path; none for anything else.
    pub fn entries(&self) -> impl Iterator<Item = (&Key, Self)> {
        self.node.entries().iter().map(|entry| {
            let path = key_path(&self.path, &entry.key.name);
            (&entry.key, Self::new(entry.value.clone(), path, self.either_case))
        })
    }

    /// The elements of a list, each with its own path; none for anything else.
    pub fn items(&self) -> impl Iterator<Item = Self> {
        self.node.items().iter().enumerate().map(|(index, node)| {
            Self::new(node.clone(), index_path(&self.path, index), self.either_case)
        })
    }
}

thread_local! {
    /// What the decoder hands to the `Raw` that asked for it, in the same call: serde has no way
    /// to pass a value of a type that it does not know.
    static HANDED_OVER: RefCell<Option<Raw>> = const { RefCell::new(None) };
}

/// Passes a part of a tree through serde to [`Raw`] or [`Node`].
pub(super) fn hand_over<T>(raw: Raw, visit: impl FnOnce() -> T) -> T {
    HANDED_OVER.set(Some(raw));
    visit()
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(RAW, RawVisitor)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Raw::deserialize(deserializer).map(|raw| raw.node)
    }
}

/// Takes what the decoder hands over, or builds a tree without places from any other source.
struct RawVisitor;

impl RawVisitor {
    fn of(value: Value) -> Raw {
        Raw { node: Node::from(value), ..Raw::default() }
    }
}

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(HANDED_OVER.take().unwrap_or_default())
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Raw, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Raw, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Self::of(Value::Bool(value)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Raw, E> {
        Ok(Self::of(Value::Number(number.into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Raw, E> {
        Ok(Self::of(Value::Number(number.into())))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Raw, E> {
        let literal = Number::parse(&format!("{number:?}"));
        let number = literal.ok_or_else(|| E::custom("the number is not finite"))?;
        Ok(Self::of(Value::Number(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Self::of(Value::String(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = parts.next_element()? {
            items.push(item);
        }
        Ok(Self::of(Value::List(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some((name, value)) = parts.next_entry::<String, Node>()? {
            entries.push(Entry { key: Key { name, place: Place::NOWHERE }, value });
        }
        Ok(Self::of(Value::Map(entries)))
    }
}

/// A value whose keys may be written in `PascalCase`: the documents of Application Auto Scaling,
/// Elastic Load Balancing, CloudWatch, CodeDeploy and IAM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EitherCase<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for EitherCase<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        either_case(deserializer).map(Self)
    }
}

/// [`EitherCase`] as an attribute: `#[serde(deserialize_with = "document::either_case")]`.
///
/// # Errors
///
/// Those of the type that is read.
pub fn either_case<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Inner<T>(std::marker::PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Inner<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<T, D::Error> {
            T::deserialize(inner)
        }
    }

    deserializer.deserialize_newtype_struct(EITHER_CASE, Inner(std::marker::PhantomData))
}
