//! The tree that a document's text is turned into: values, each with its place.

use super::number::Number;

/// A line and a column of the text, both counted from 1; columns count characters.
///
/// Line 0 means that the value comes from no text, for example from a patch built by a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

impl Place {
    /// The place of what comes from no text.
    pub const NOWHERE: Self = Self { line: 0, column: 0 };

    /// A place, both numbers counted from 1.
    #[must_use]
    pub fn new(line: u32, column: u32) -> Self {
        Self { line, column }
    }
}

/// One value of a document and where it stands.
///
/// Two nodes are equal when they say the same, wherever they stand.
#[derive(Clone, Debug, Default)]
pub struct Node {
    pub value: Value,
    pub place: Place,
}

/// What a node says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    List(Vec<Node>),
    /// Entries in the document's order; no name twice.
    Map(Vec<Entry>),
}

/// One `key: value` pair of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: Key,
    pub value: Node,
}

/// The name of an entry and where it stands.
#[derive(Clone, Debug, Default)]
pub struct Key {
    pub name: String,
    pub place: Place,
}

impl Node {
    /// A value that stands at a place of the text.
    #[must_use]
    pub fn new(value: Value, place: Place) -> Self {
        Self { value, place }
    }

    /// Replaces the value of a key, or adds the key at the end; what is no map becomes one.
    pub fn set(&mut self, name: &str, value: Self) {
        *self.entry(name) = value;
    }

    /// The value of a key, to be changed; a key that is not there is added with nothing in it, and
    /// what is no map becomes one.
    pub fn entry(&mut self, name: &str) -> &mut Self {
        if !matches!(self.value, Value::Map(_)) {
            self.value = Value::Map(Vec::new());
        }
        let Value::Map(entries) = &mut self.value else { unreachable!("made a map just above") };
        let known = entries.iter().position(|entry| entry.key.name == name);
        let position = known.unwrap_or_else(|| {
            entries.push(Entry { key: Key::from(name), value: Self::default() });
            entries.len() - 1
        });
        &mut entries[position].value
    }

    /// Takes a key out of a map.
    pub fn remove(&mut self, name: &str) -> Option<Self> {
        let Value::Map(entries) = &mut self.value else { return None };
        let index = entries.iter().position(|entry| entry.key.name == name)?;
        Some(entries.remove(index).value)
    }

    /// The value of a key, if this is a map that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key.name == name).map(|entry| &entry.value)
    }

    /// The entries of a map; none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The elements of a list; none for anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = &self.value { Some(text) } else { None }
    }

    /// A whole number.
    #[must_use]
    pub fn as_integer(&self) -> Option<i128> {
        if let Value::Number(number) = &self.value { number.as_integer() } else { None }
    }

    /// True or false.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self.value { Some(value) } else { None }
    }

    /// Whether there is nothing here.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        Self { value, place: Place::NOWHERE }
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::from(Value::String(text.to_owned()))
    }
}

impl From<i64> for Node {
    fn from(number: i64) -> Self {
        Self::from(Value::Number(Number::from(number)))
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Node {}

impl From<&str> for Key {
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), place: Place::NOWHERE }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Key {}
