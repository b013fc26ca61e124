//! A bound on the work of one evaluation.

use std::sync::atomic::{AtomicU64, Ordering};

use cel::ExecutionError;
use cel::common::types::{CelList, CelMap, CelString};
use cel::common::value::Val;

use super::value::Object;

/// Values that one evaluation may touch: a fraction of a second, and enough to compare a thousand
/// tasks with each other.
const MOST: u64 = 1_000_000;

/// Values that one expectation may touch in a whole run: some minutes.
pub(crate) const MOST_IN_A_RUN: u64 = 500_000_000;

/// What is said when it is used up.
pub(crate) const TOO_MUCH: &str = "the expression takes too many steps; make it look at less";

/// Letters of a string that weigh as much as one value.
const LETTERS: usize = 32;

/// What is left of it.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicU64,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(MOST)
    }
}

impl Budget {
    /// A budget of so many values.
    pub(crate) fn of(values: u64) -> Self {
        Self { left: AtomicU64::new(values) }
    }

    /// The smaller of what one evaluation may cost and of what the run has left.
    pub(crate) fn within(left: u64) -> Self {
        Self::of(left.min(MOST))
    }

    /// What is left of it.
    pub(crate) fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// Pays for so many values.
    pub(crate) fn pay(&self, values: u64) -> Result<(), ExecutionError> {
        // One evaluation runs on one thread; the atomic is there because values must be Sync.
        let left = self.left();
        self.left.store(left.saturating_sub(values), Ordering::Relaxed);
        if values > left {
            return Err(ExecutionError::function_error("limit", TOO_MUCH));
        }
        Ok(())
    }

    /// Pays for a copy of a value.
    pub(crate) fn pay_for(&self, value: &dyn Val) -> Result<(), ExecutionError> {
        let most = self.left().saturating_add(1);
        self.pay(weight(value, most))
    }
}

/// How many values there are in a value; counting stops at `most`.
pub(crate) fn weight(value: &dyn Val, most: u64) -> u64 {
    let mut total: u64 = 1;
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        total += (text.inner().len() / LETTERS) as u64;
    } else if let Some(list) = value.downcast_ref::<CelList<'_>>() {
        for item in list.inner() {
            if total >= most {
                break;
            }
            total += weight(item.as_ref(), most - total);
        }
    } else if let Some(map) = value.downcast_ref::<CelMap<'_>>() {
        for item in map.inner().values() {
            if total >= most {
                break;
            }
            total += 1 + weight(item.as_ref(), most - total);
        }
    } else if let Some(object) = value.downcast_ref::<Object>() {
        total += object.weight();
    }
    total
}
