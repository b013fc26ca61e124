//! Builds the maps of the scenario.

use crate::document::{Entry, Key, Node, Value};

/// The entries of a map, in the order in which a person would look for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    entries: Vec<Entry>,
}

impl Fields {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A value; nothing, an empty list and an empty map are left out.
    #[must_use]
    pub(super) fn with(mut self, key: &str, value: impl Into<Node>) -> Self {
        self.put(key, value);
        self
    }

    /// A value that may be absent.
    #[must_use]
    pub(super) fn maybe(self, key: &str, value: Option<impl Into<Node>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    pub(super) fn put(&mut self, key: &str, value: impl Into<Node>) {
        let value = value.into();
        if !is_empty(&value) {
            self.entries.push(Entry { key: Key::from(key), value });
        }
    }

    /// An entry that stays even if it says nothing: an attribute without a value.
    pub(super) fn put_always(&mut self, key: &str, value: Node) {
        self.entries.push(Entry { key: Key::from(key), value });
    }

    pub(super) fn build(self) -> Node {
        Node::from(Value::Map(self.entries))
    }
}

impl From<Fields> for Node {
    fn from(fields: Fields) -> Self {
        fields.build()
    }
}

/// Whether a value says nothing.
pub(super) fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

pub(super) fn text(text: impl Into<String>) -> Node {
    Node::from(Value::String(text.into()))
}

pub(super) fn flag(value: bool) -> Node {
    Node::from(Value::Bool(value))
}

pub(super) fn list(items: impl IntoIterator<Item = Node>) -> Node {
    Node::from(Value::List(items.into_iter().collect()))
}
