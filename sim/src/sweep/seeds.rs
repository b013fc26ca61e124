//! Which seeds a sweep takes.

use crate::document::{DocumentError, excerpt};

/// A range of seeds, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    first: u64,
    last: u64,
}

impl Seeds {
    /// The seeds from one to another, both included; none if they are the wrong way round.
    #[must_use]
    pub fn new(first: u64, last: u64) -> Option<Self> {
        // As many seeds as there are numbers could not be counted.
        (first <= last && last - first < u64::MAX).then_some(Self { first, last })
    }

    /// Reads `1..1000`, or a single seed.
    ///
    /// # Errors
    ///
    /// If it is neither.
    pub fn read(text: &str) -> Result<Self, DocumentError> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let last = last.strip_prefix('=').unwrap_or(last);
        let ends = first.trim().parse().ok().zip(last.trim().parse().ok());
        ends.and_then(|(first, last)| Self::new(first, last)).ok_or_else(|| {
            DocumentError::new(format!("`{}` is no range of seeds", excerpt(text)))
                .with_remedy("Write the first and the last one, such as 1..1000")
        })
    }

    /// How many there are: at least one.
    #[expect(clippy::len_without_is_empty, reason = "a range of seeds is never empty")]
    #[must_use]
    pub fn len(self) -> u64 {
        self.last - self.first + 1
    }

    /// One of them, by its position.
    #[must_use]
    pub fn get(self, position: u64) -> u64 {
        self.first + position
    }
}
