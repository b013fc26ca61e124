//! Expressions that were read before: calls repeat theirs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Expression, ExpressionError};

/// More expressions than these are not kept: they are forgotten, and read anew when asked for.
const MOST: usize = 1024;

/// Expressions by their text. Nothing in it is state.
#[derive(Debug, Default)]
pub(crate) struct Known(BTreeMap<Box<str>, Arc<Expression>>);

impl Known {
    /// As [`Expression::parse`]; what is no expression is not kept.
    pub(crate) fn parse(&mut self, text: &str) -> Result<Arc<Expression>, ExpressionError> {
        if let Some(known) = self.0.get(text) {
            return Ok(Arc::clone(known));
        }
        let read = Arc::new(Expression::parse(text)?);
        if self.0.len() == MOST {
            self.0.clear();
        }
        self.0.insert(text.into(), Arc::clone(&read));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_once_is_not_read_again_and_never_too_much_is_kept() {
        let mut known = Known::default();
        let first = known.parse("attribute:stack == prod").expect("valid");
        let again = known.parse("attribute:stack == prod").expect("valid");
        assert!(Arc::ptr_eq(&first, &again));
        assert!(known.parse("attribute:stack = prod").is_err());
        for number in 0..3 * MOST {
            known.parse(&format!("attribute:a == {number}")).expect("valid");
            assert!(known.0.len() <= MOST);
        }
    }
}
