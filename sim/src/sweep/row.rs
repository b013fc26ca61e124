//! Rows and columns of a sweep's result.

use std::collections::BTreeSet;
use std::fmt;

use crate::document::DocumentError;

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text, always there.
    Text,
    /// A whole number, always there.
    Whole,
    /// A number; not there where there is nothing to measure.
    Number,
    /// True or false, always there.
    Flag,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What its cells hold.
    pub kind: Kind,
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Of [`Kind::Text`].
    Text(String),
    /// Of [`Kind::Whole`].
    Whole(u64),
    /// Of [`Kind::Number`].
    Number(Option<f64>),
    /// Of [`Kind::Flag`].
    Flag(bool),
}

impl Column {
    pub(super) fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind }
    }
}

impl Kind {
    /// The cell that a text stands for, as [`Cell`]'s `Display` writes it.
    #[must_use]
    pub fn read(self, text: &str) -> Option<Cell> {
        Some(match self {
            Self::Text => Cell::Text(text.to_owned()),
            Self::Whole => Cell::Whole(text.parse().ok()?),
            Self::Number if text.is_empty() => Cell::Number(None),
            Self::Number => {
                Cell::Number(Some(text.parse().ok().filter(|it: &f64| it.is_finite())?))
            }
            Self::Flag => Cell::Flag(text.parse().ok()?),
        })
    }
}

impl Cell {
    /// The number in it, if it holds one; true is 1 and false is 0.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Text(_) => None,
            Self::Whole(value) => Some(*value as f64),
            Self::Number(value) => *value,
            Self::Flag(value) => Some(f64::from(u8::from(*value))),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Whole(value) => value.fmt(f),
            // The shortest digits that are read as the same number.
            Self::Number(value) => value.map_or(Ok(()), |value| value.fmt(f)),
            Self::Flag(value) => value.fmt(f),
        }
    }
}

/// Refuses two columns of one name.
pub(super) fn check_unique(columns: &[Column]) -> Result<(), DocumentError> {
    let mut seen = BTreeSet::new();
    match columns.iter().find(|column| !seen.insert(column.name.as_str())) {
        None => Ok(()),
        Some(column) => {
            let message = format!("there would be two columns called `{}`", column.name);
            Err(DocumentError::new(message).with_remedy("Set each path once; rename the measure"))
        }
    }
}
