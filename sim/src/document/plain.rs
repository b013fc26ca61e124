//! What an unquoted scalar of YAML means: the core schema of YAML 1.2.

use super::{error::DocumentError, node::Value, number::Number};

/// The value of an unquoted scalar.
///
/// `yes`, `no`, `on` and `off` are texts, `010` is ten, `0o10` is eight.
#[cfg_attr(not(feature = "yaml"), allow(dead_code, reason = "only the YAML reader resolves"))]
pub(super) fn resolve(text: &str) -> Result<Value, DocumentError> {
    if is_null(text) {
        return Ok(Value::Null);
    }
    if let Some(value) = boolean(text) {
        return Ok(Value::Bool(value));
    }
    if is_unbounded(text) {
        let error = DocumentError::new(format!("`{text}` is no number of this format"));
        return Err(error.with_remedy("Write a finite number, or the text in quotes"));
    }
    if let Some(number) = Number::parse(text) {
        return Ok(Value::Number(number));
    }
    if Number::is_shaped(text) {
        let error = DocumentError::new("the number is too large");
        return Err(error.with_remedy("Write it in quotes if it is meant as a text"));
    }
    Ok(Value::String(text.to_owned()))
}

/// Whether a text, written without quotes, is read as a text.
pub(super) fn is_text(text: &str) -> bool {
    !(is_null(text) || boolean(text).is_some() || is_unbounded(text) || Number::is_shaped(text))
}

pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn is_unbounded(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_older_versions_are_texts() {
        for text in ["yes", "no", "on", "off", "y", "12:30", "1_000", "2026-01-01", "0b11"] {
            assert_eq!(resolve(text), Ok(Value::String(text.to_owned())));
        }
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        for text in [".inf", "-.INF", ".nan"] {
            assert!(resolve(text).is_err(), "{text}");
        }
        let huge = "9".repeat(400);
        assert_eq!(resolve(&huge).expect_err("refused").message, "the number is too large");
    }
}
