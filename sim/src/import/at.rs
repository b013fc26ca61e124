//! A value of the export that knows where it stands: file, path, line.

use std::str::FromStr;

use crate::document::{
    Decoder, DocumentError, Node, Place, Raw, Timestamp, Value, excerpt, index_path, key_path,
};

use super::note::ImportError;

/// A value of the export.
#[derive(Clone, Debug)]
pub(super) struct At<'a> {
    file: &'a str,
    /// Lines of the file before the document that holds the value.
    lines_before: u32,
    path: String,
    node: &'a Node,
}

impl<'a> At<'a> {
    pub(super) fn root(file: &'a str, lines_before: u32, node: &'a Node) -> Self {
        Self { file, lines_before, path: String::new(), node }
    }

    pub(super) fn file(&self) -> &'a str {
        self.file
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn node(&self) -> &'a Node {
        self.node
    }

    pub(super) fn place(&self) -> Place {
        self.shifted(self.node.place)
    }

    /// The value of a key; `null` counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let node = self.node.get(name).filter(|node| !node.is_null())?;
        Some(self.child(node, key_path(&self.path, name)))
    }

    /// The entries of a map, each by its name.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> {
        self.node.entries().iter().map(|entry| {
            let name = &*entry.key.name;
            (name, self.child(&entry.value, key_path(&self.path, name)))
        })
    }

    /// The elements of a list that may be absent.
    pub(super) fn list(&self, name: &str) -> Result<Vec<Self>, ImportError> {
        self.get(name).map_or_else(|| Ok(Vec::new()), |list| list.items())
    }

    /// The elements of this list.
    pub(super) fn items(&self) -> Result<Vec<Self>, ImportError> {
        let Value::List(items) = &self.node.value else { return Err(self.wrong("a list")) };
        let one = |(index, node)| self.child(node, index_path(&self.path, index));
        Ok(items.iter().enumerate().map(one).collect())
    }

    /// A text that may be absent.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, ImportError> {
        self.get(name).map(|value| value.as_text()).transpose()
    }

    /// A text that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&'a str, ImportError> {
        self.text(name)?.ok_or_else(|| self.lacks(name))
    }

    /// A word of the API that may be absent.
    pub(super) fn word<T: FromStr>(&self, name: &str) -> Result<Option<&'a str>, ImportError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let word = value.as_text()?;
        if T::from_str(word).is_ok() {
            return Ok(Some(word));
        }
        let message = format!("`{}` is not one of the values here", excerpt(word));
        Err(value.error(message).remedy("Export it again, or use a newer Stowplan"))
    }

    /// A whole number that may be absent.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, ImportError> {
        self.get(name).map(|value| value.as_integer()).transpose()
    }

    /// A count that may be absent: 0 to 4,294,967,295.
    pub(super) fn count(&self, name: &str) -> Result<Option<u32>, ImportError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_integer()?;
        u32::try_from(number).map(Some).map_err(|_| value.wrong("a whole number from 0"))
    }

    /// Yes or no; no when absent.
    pub(super) fn flag(&self, name: &str) -> Result<bool, ImportError> {
        let Some(value) = self.get(name) else { return Ok(false) };
        value.node.as_bool().ok_or_else(|| value.wrong("true or false"))
    }

    /// An instant that may be absent: ISO 8601, or seconds since 1970 as version 1 of the AWS CLI
    /// prints it.
    pub(super) fn instant(&self, name: &str) -> Result<Option<Timestamp>, ImportError> {
        self.get(name).map(|value| value.as_instant()).transpose()
    }

    pub(super) fn as_text(&self) -> Result<&'a str, ImportError> {
        self.node.as_str().ok_or_else(|| self.wrong("a text"))
    }

    pub(super) fn as_integer(&self) -> Result<i64, ImportError> {
        let number = self.node.as_integer().and_then(|number| i64::try_from(number).ok());
        number.ok_or_else(|| self.wrong("a whole number"))
    }

    pub(super) fn as_instant(&self) -> Result<Timestamp, ImportError> {
        let mut as_iso = self.node.clone();
        // Version 1 of the AWS CLI can be told to print ISO 8601 too, without the colon that
        // RFC 3339 wants in the offset.
        if let Value::String(text) = &self.node.value {
            as_iso.value = Value::String(with_colon_in_offset(text));
        }
        let decoded = Decoder::new(&as_iso).at(&*self.path).decode::<Raw>();
        decoded.and_then(|raw| raw.decode::<Timestamp>()).map_err(|error| self.locate(error))
    }

    /// An error about this value.
    pub(super) fn error(&self, message: impl Into<String>) -> ImportError {
        ImportError::new(self.file, DocumentError::new(message).at(&*self.path, self.place()))
    }

    /// An error of the document's decoder, in this file.
    pub(super) fn locate(&self, mut error: DocumentError) -> ImportError {
        if error.line > 0 {
            error.line += self.lines_before;
        }
        ImportError::new(self.file, error)
    }

    fn lacks(&self, name: &str) -> ImportError {
        self.error(format!("`{name}` is missing"))
            .remedy("Export it again, whole: every answer of the AWS CLI carries it")
    }

    fn wrong(&self, expected: &str) -> ImportError {
        let found = match &self.node.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Number(number) => format!("the number {}", excerpt(number.literal())),
            Value::String(text) => format!("the text \"{}\"", excerpt(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        };
        self.error(format!("expected {expected}, found {found}"))
            .remedy("Export it again: the AWS CLI does not print this")
    }

    fn child(&self, node: &'a Node, path: String) -> Self {
        Self { file: self.file, lines_before: self.lines_before, path, node }
    }

    fn shifted(&self, place: Place) -> Place {
        if place.line == 0 {
            place
        } else {
            Place::new(place.line + self.lines_before, place.column)
        }
    }
}

/// `2026-09-14T10:00:00.000000+0000` with `+00:00` at its end; any other text as it is.
fn with_colon_in_offset(text: &str) -> String {
    let Some(at) = text.len().checked_sub(5).filter(|&at| text.is_char_boundary(at)) else {
        return text.to_owned();
    };
    let (head, offset) = text.split_at(at);
    let is_offset = offset.starts_with(['+', '-'])
        && offset[1..].bytes().all(|byte| byte.is_ascii_digit())
        && head.contains('T');
    if is_offset { format!("{head}{}:{}", &offset[..3], &offset[3..]) } else { text.to_owned() }
}
