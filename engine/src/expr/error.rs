use std::error::Error;
use std::fmt;

/// Why a text is no expression of the cluster query language. The API answers
/// `InvalidParameterException` (01 section 5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    position: usize,
    expected: String,
    found: String,
}

impl ExpressionError {
    /// How much of the offending text a message quotes.
    const QUOTED_CHARACTERS: usize = 20;

    /// A refusal of what stands in `text` at the byte `at`.
    pub(super) fn new(text: &str, at: usize, expected: impl Into<String>) -> Self {
        let (before, rest) = text.split_at(at);
        let found = match rest.split_whitespace().next() {
            None => "the end".to_owned(),
            Some(word) => {
                format!("`{}`", word.chars().take(Self::QUOTED_CHARACTERS).collect::<String>())
            }
        };
        Self { position: before.chars().count() + 1, expected: expected.into(), found }
    }

    /// The offending character, counted from 1; one past the last when the text ends too early.
    pub fn position(&self) -> usize {
        self.position
    }

    /// What should have stood there.
    pub fn expected(&self) -> &str {
        &self.expected
    }
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, expected, found } = self;
        write!(f, "Invalid expression: expected {expected} at position {position}, found {found}.")
    }
}

impl Error for ExpressionError {}
