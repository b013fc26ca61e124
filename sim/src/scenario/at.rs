//! A part of a document that knows where it stands.

use serde::{Deserialize, de::IgnoredAny};

use super::unbuilt::{self, Part};
use crate::document::{Decoder, DocumentError, Entry, Node, Place, index_path, key_path, remedy};

/// Where in a document something stands, step by step from the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(Box<str>),
    Index(usize),
}

impl Origin {
    /// What stands at a key of this.
    #[must_use]
    pub fn key(&self, name: &str) -> Self {
        self.with(Step::Key(name.into()))
    }

    /// An element of this list.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = Vec::with_capacity(self.steps.len() + 1);
        steps.extend_from_slice(&self.steps);
        steps.push(step);
        Self { steps }
    }

    /// `services[1].taskDefinition`.
    #[must_use]
    pub fn path(&self) -> String {
        self.steps.iter().fold(String::new(), |path, step| match step {
            Step::Key(name) => key_path(&path, name),
            Step::Index(index) => index_path(&path, *index),
        })
    }

    /// The place in a document, or that of the innermost part that the document has.
    #[must_use]
    pub fn place(&self, document: &Node) -> Place {
        let mut node = document;
        for step in &self.steps {
            let next = match step {
                Step::Key(name) => node.get(name),
                Step::Index(index) => node.items().get(*index),
            };
            let Some(next) = next else { break };
            node = next;
        }
        node.place
    }

    /// An error about what stands here.
    #[must_use]
    pub fn error(&self, document: &Node, message: impl Into<String>) -> DocumentError {
        DocumentError::new(message).at(self.path(), self.place(document))
    }

    /// Path and place, for when the document is no longer at hand.
    #[must_use]
    pub fn source(&self, document: &Node) -> Source {
        Source { path: self.path(), place: self.place(document) }
    }
}

/// Path and place of a part of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// `timeline[3].stopTask`.
    pub path: String,
    /// Line and column.
    pub place: Place,
}

impl Source {
    /// An error about what stands here.
    #[must_use]
    pub fn error(&self, message: impl Into<String>) -> DocumentError {
        DocumentError::new(message).at(&*self.path, self.place)
    }
}

/// Longer lists are never meant; what their elements become would take too much memory.
const LONGEST: usize = 20_000;

/// A node of a document and its origin.
#[derive(Clone, Debug)]
pub(super) struct At<'n> {
    pub(super) node: &'n Node,
    pub(super) origin: Origin,
}

impl<'n> At<'n> {
    pub(super) fn root(node: &'n Node) -> Self {
        Self { node, origin: Origin::default() }
    }

    /// The entries of what must be a map of these keys. Those that are not built yet are refused
    /// by name.
    pub(super) fn map_of(&self, keys: &[&str], part: Part) -> Result<&'n [Entry], DocumentError> {
        let entries = self.map()?;
        for entry in entries {
            let name = &*entry.key.name;
            if keys.contains(&name) {
                continue;
            }
            let path = self.origin.key(name).path();
            let error = match unbuilt::find(part, name) {
                Some(name) => unbuilt::error(name),
                None => DocumentError::new("unknown key").with_remedy(remedy(name, keys)),
            };
            return Err(error.at(path, entry.key.place));
        }
        Ok(entries)
    }

    /// The entries of what must be a map.
    pub(super) fn map(&self) -> Result<&'n [Entry], DocumentError> {
        self.decode::<Anything>()?;
        Ok(self.node.entries())
    }

    /// What stands at a key.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let node = self.node.get(name)?;
        Some(Self { node, origin: self.origin.key(name) })
    }

    /// What must stand at a key.
    pub(super) fn required(&self, name: &str) -> Result<Self, DocumentError> {
        self.get(name).ok_or_else(|| {
            let error = self.error(format!("`{name}` is missing"));
            error.with_remedy(format!("Add the key `{name}`"))
        })
    }

    /// The elements of what must be a list, and no longer than any that is meant.
    pub(super) fn items(&self) -> Result<Vec<Self>, DocumentError> {
        self.items_up_to(LONGEST)
    }

    /// The elements of what must be a list of at most so many.
    pub(super) fn items_up_to(&self, most: usize) -> Result<Vec<Self>, DocumentError> {
        self.decode::<Vec<IgnoredAny>>()?;
        let length = self.node.items().len();
        if length > most {
            let error = self.error(format!("{length} elements are over the maximum {most}"));
            return Err(error.with_remedy("Give fewer, or write `count` where elements are alike"));
        }
        let items = self.node.items().iter().enumerate();
        Ok(items.map(|(index, node)| Self { node, origin: self.origin.index(index) }).collect())
    }

    /// The elements of the list at a key; none when there is no such key.
    pub(super) fn list(&self, name: &str) -> Result<Vec<Self>, DocumentError> {
        self.get(name).map_or_else(|| Ok(Vec::new()), |list| list.items())
    }

    /// Each entry of a map.
    pub(super) fn children(&self) -> impl Iterator<Item = (&'n str, Self)> {
        self.node.entries().iter().map(|entry| {
            let name = &*entry.key.name;
            (name, Self { node: &entry.value, origin: self.origin.key(name) })
        })
    }

    pub(super) fn decode<T: Deserialize<'n>>(&self) -> Result<T, DocumentError> {
        Decoder::new(self.node).at(self.origin.path()).decode()
    }

    /// The value of a key, if it has one.
    pub(super) fn optional<T: Deserialize<'n>>(
        &self,
        name: &str,
    ) -> Result<Option<T>, DocumentError> {
        self.get(name).map_or(Ok(None), |value| value.decode())
    }

    pub(super) fn error(&self, message: impl Into<String>) -> DocumentError {
        DocumentError::new(message).at(self.origin.path(), self.node.place)
    }

    pub(super) fn source(&self) -> Source {
        Source { path: self.origin.path(), place: self.node.place }
    }
}

/// A map of anything.
struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Anything;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, _: A) -> Result<Anything, A::Error> {
                Ok(Anything)
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}
