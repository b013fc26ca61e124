//! A part of a sweep.

use std::fmt;
use std::ops::Range;

use crate::document::{DocumentError, excerpt};

/// One of several parts, counted from 1: `2/8`. Parts share no run and together are the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// The whole as one part.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    /// A part, counted from 1; none if there is no such part.
    #[must_use]
    pub fn new(index: u64, count: u64) -> Option<Self> {
        (1..=count).contains(&index).then_some(Self { index, count })
    }

    /// Reads `2/8`.
    ///
    /// # Errors
    ///
    /// If it is no such part.
    pub fn read(text: &str) -> Result<Self, DocumentError> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(i, n)| i.parse().ok().zip(n.parse().ok()));
        numbers.and_then(|(index, count)| Self::new(index, count)).ok_or_else(|| {
            DocumentError::new(format!("`{}` is no part of a sweep", excerpt(text)))
                .with_remedy("Write which part of how many, counted from 1, such as 2/8")
        })
    }

    /// Which of so many runs are in it. Parts differ by one run at most.
    #[must_use]
    pub fn of(self, runs: u64) -> Range<u64> {
        let edge = |index: u64| {
            let edge = u128::from(runs) * u128::from(index) / u128::from(self.count);
            u64::try_from(edge).expect("an edge is no more than the runs there are")
        };
        edge(self.index - 1)..edge(self.index)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}
