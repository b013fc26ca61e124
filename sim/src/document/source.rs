//! From bytes to a tree: size, encoding, and which of the two notations it is.

use super::{
    error::DocumentError,
    json,
    node::{Node, Place},
};

/// How large a document may be. Reading one within the defaults takes less than 256 MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the text, and of all texts in the tree with aliases resolved, in bytes.
    pub max_bytes: usize,
    /// Size of one text in the document, in bytes.
    pub max_text_bytes: usize,
    /// Values in the tree, aliases resolved.
    pub max_nodes: usize,
    /// Lists and maps inside each other. Small enough for every stack the tree is walked on.
    pub max_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 64 << 20, max_text_bytes: 1 << 20, max_nodes: 1_000_000, max_depth: 128 }
    }
}

/// Reads a document: JSON if its first character is `{` or `[`, else YAML.
///
/// # Errors
///
/// If the text is neither, holds no or several documents, is not UTF-8, or is over a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Node, DocumentError> {
    let text = text_of(bytes, limits)?;
    if text.trim_start().starts_with(['{', '[']) {
        return json::read(text, limits);
    }
    #[cfg(feature = "yaml")]
    return super::yaml::read(text, limits);
    #[cfg(not(feature = "yaml"))]
    Err(DocumentError::new("this is no JSON")
        .with_remedy("Begin the document with { (YAML cannot be read here)")
        .at("", Place::new(1, 1)))
}

/// Reads a document as JSON, whatever it begins with.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_json(bytes: &[u8], limits: &Limits) -> Result<Node, DocumentError> {
    json::read(text_of(bytes, limits)?, limits)
}

/// Reads a document as YAML, whatever it begins with.
///
/// # Errors
///
/// As [`parse`].
#[cfg(feature = "yaml")]
pub fn parse_yaml(bytes: &[u8], limits: &Limits) -> Result<Node, DocumentError> {
    super::yaml::read(text_of(bytes, limits)?, limits)
}

/// The error for a document that says nothing.
pub(super) fn empty() -> DocumentError {
    let error = DocumentError::new("the document is empty");
    error.with_remedy("Begin with `version: 1` and a `name`").at("", Place::new(1, 1))
}

fn text_of<'b>(bytes: &'b [u8], limits: &Limits) -> Result<&'b str, DocumentError> {
    if bytes.len() > limits.max_bytes {
        let (size, limit) = (bytes.len(), limits.max_bytes);
        let error = DocumentError::new(format!("{size} bytes are over the maximum {limit}"));
        return Err(error.with_remedy("Split the document or leave parts out"));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let error = DocumentError::new("the text is UTF-16");
        return Err(error.with_remedy("Save the file as UTF-8").at("", Place::new(1, 1)));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().is_empty() {
        return Err(empty());
    }
    Ok(text)
}

fn not_utf8(bytes: &[u8], offset: usize) -> DocumentError {
    let valid = std::str::from_utf8(&bytes[..offset]).unwrap_or_default();
    let line_breaks = valid.replace("\r\n", "\n").replace('\r', "\n");
    let line = line_breaks.matches('\n').count() + 1;
    let column = line_breaks.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    let place = Place::new(saturated(line), saturated(column));
    let message = format!("byte {offset} (0x{:02x}) is not UTF-8", bytes[offset]);
    DocumentError::new(message).with_remedy("Save the file as UTF-8").at("", place)
}

pub(super) fn saturated(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
