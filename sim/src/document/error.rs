//! What is wrong with a document: where, what, and what to do about it.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use super::{
    node::{Node, Place, Value},
    path::Trail,
    suggest,
};

/// Sets the parts of an error apart where serde lets it pass only as one text. Never part of a
/// message: whatever of the document gets into one has its control characters escaped.
const SEPARATOR: char = '\u{1f}';

/// Why a document is refused, with the place of the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    /// `services[1].capacityProviderStrategy[0].weight`; empty for the document itself.
    pub path: String,
    /// Counted from 1; 0 if what is wrong stands in no text.
    pub line: u32,
    /// In characters, counted from 1; 0 if what is wrong stands in no text.
    pub column: u32,
    /// What is wrong, in plain words.
    pub message: String,
    /// What to do about it, as a sentence without its full stop.
    pub remedy: Option<String>,
}

/// A text of the document, short enough for a message and on one line.
#[must_use]
pub fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    short = short.replace("\\'", "'").replace("\\\"", "\"");
    if text.chars().nth(LONGEST).is_some() {
        short.push_str("...");
    }
    short
}

impl DocumentError {
    /// An error whose place is yet to be filled in: by [`Self::at`], or by the decoder when a
    /// `Deserialize` passes it on through `serde::de::Error::custom`.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        let (path, message) = (String::new(), message.into());
        Self { path, line: 0, column: 0, message, remedy: None }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>, place: Place) -> Self {
        self.path = path.into();
        self.line = place.line;
        self.column = place.column;
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The line and the column.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::new(self.line, self.column)
    }

    /// Found a value of the wrong type; `expected` says of which it should be.
    pub(super) fn wrong_type(expected: &str, found: &Node) -> Self {
        let error = Self::new(format!("expected {expected}, found {}", described(found)));
        error.with_remedy(remedy_for(expected, found))
    }

    /// Fills in the place, unless one is known already: the innermost is the best.
    pub(super) fn located(self, trail: &Trail<'_>, place: Place) -> Self {
        if self.line == 0 && self.path.is_empty() {
            self.at(trail.to_string(), place)
        } else {
            self
        }
    }

    /// Reads what the alternate form of `Display` wrote.
    fn from_parts(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(SEPARATOR).collect();
        let [_, path, line, column, message, remedy] = parts[..] else { return None };
        Some(Self {
            path: path.to_owned(),
            line: line.parse().ok()?,
            column: column.parse().ok()?,
            message: message.to_owned(),
            remedy: (!remedy.is_empty()).then(|| remedy.to_owned()),
        })
    }
}

/// What stands at a node, in plain words.
pub(super) fn described(node: &Node) -> String {
    match &node.value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("the number {}", excerpt(number.literal())),
        Value::String(text) => format!("the text \"{}\"", excerpt(text)),
        Value::List(items) => format!("a list of {}", items.len()),
        Value::Map(entries) => match entries.first() {
            Some(entry) => format!("a map (`{}: ...`)", excerpt(&entry.key.name)),
            None => "an empty map".to_owned(),
        },
    }
}

pub(super) const TEXT: &str = "a text";
pub(super) const WHOLE_NUMBER: &str = "a whole number";
pub(super) const NUMBER: &str = "a number";
pub(super) const BOOLEAN: &str = "true or false";
pub(super) const LIST: &str = "a list";
pub(super) const MAP: &str = "a map";

fn remedy_for(expected: &str, found: &Node) -> String {
    let remedy = match (expected, &found.value) {
        (TEXT, Value::Number(number)) => {
            return format!("Write it in quotes: \"{}\"", excerpt(number.literal()));
        }
        (TEXT, Value::Bool(value)) => return format!("Write it in quotes: \"{value}\""),
        (NUMBER | WHOLE_NUMBER, Value::String(text)) if is_number(text) => "Leave out the quotes",
        (BOOLEAN, Value::String(_)) => "Write true or false, without quotes",
        (LIST, Value::Null) => "Write [] for an empty list, or leave the key out",
        (LIST, _) => "Put it in a list: [ ... ]",
        (MAP, Value::Null) => "Write {} for an empty map, or leave the key out",
        (_, Value::Null) => "Give it a value, or leave the key out",
        (MAP, _) => "Write `key: value`",
        (WHOLE_NUMBER, _) => "Write a number such as 3, without a fraction",
        _ => return format!("Write {expected}"),
    };
    remedy.to_owned()
}

fn is_number(text: &str) -> bool {
    super::number::Number::parse(text).is_some()
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, column, message, remedy } = self;
        if f.alternate() {
            let remedy = remedy.as_deref().unwrap_or_default();
            let s = SEPARATOR;
            return write!(f, "{s}{path}{s}{line}{s}{column}{s}{message}{s}{remedy}");
        }
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(message)?;
        if *line > 0 {
            write!(f, " (line {line}, column {column})")?;
        }
        remedy.as_ref().map_or(Ok(()), |remedy| write!(f, ". {remedy}"))
    }
}

impl std::error::Error for DocumentError {}

impl Error for DocumentError {
    /// The alternate form carries an error of ours through serde whole.
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = format!("{message:#}");
        Self::from_parts(&text).unwrap_or_else(|| Self::new(text))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let error = Self::new(format!("expected {expected}, found {}", in_words(found)));
        error.with_remedy(format!("Write {expected}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("{} is not valid here: expected {expected}", in_words(found)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("a list of {length} is not valid here: expected {expected}"))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        let error = Self::new(format!("`{}` is not one of the values here", excerpt(found)));
        error.with_remedy(suggest::remedy(found, expected))
    }

    fn unknown_field(found: &str, expected: &'static [&'static str]) -> Self {
        Self::new("unknown key").with_remedy(suggest::remedy(found, expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("`{field}` is missing")).with_remedy(format!("Add the key `{field}`"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("`{field}` is given twice")).with_remedy("Keep one of the two")
    }
}

fn in_words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Float(number) => format!("the number {number}"),
        Unexpected::Char(letter) => format!("the text \"{}\"", excerpt(&letter.to_string())),
        Unexpected::Str(text) => format!("the text \"{}\"", excerpt(text)),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => LIST.to_owned(),
        Unexpected::Map | Unexpected::StructVariant => MAP.to_owned(),
        other => other.to_string(),
    }
}
