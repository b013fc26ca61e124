//! What the names of an expression stand for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, OnceLock};

use cel::common::types::CelBool;
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use regex::Regex;

use super::budget::Budget;
use super::function::{Function, FunctionValue};
use super::value::{Made, What, node};
use crate::series::Series;
use crate::view::{Moment, Root, RootKind};

/// The variable that every step of a loop reads: true as long as the evaluation may go on, then
/// unknown.
pub(crate) const STEP: &str = "@step";

/// What an expression looks at: a settled instant, and numbers over time.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// The instant.
    pub moment: Moment<'a>,
    /// Numbers up to it.
    pub series: &'a Series,
}

/// One evaluation.
pub(crate) struct Scope<'s> {
    pub(crate) moment: Moment<'s>,
    pub(crate) series: &'s Series,
    pub(crate) budget: &'s Budget,
    pub(crate) patterns: &'s Patterns,
}

/// Regular expressions by their text, so that each is compiled once.
#[derive(Debug, Default)]
pub(crate) struct Patterns(Mutex<BTreeMap<String, Regex>>);

/// Patterns kept; beyond that they are compiled again.
const PATTERNS_KEPT: usize = 64;

/// Bytes that a compiled pattern may take.
const PATTERN_SIZE: usize = 1 << 20;

impl Patterns {
    /// Whether a pattern is found in a text.
    pub(crate) fn is_match(&self, pattern: &str, text: &str) -> Result<bool, String> {
        let mut known = self.0.lock().expect("no evaluation panics while it holds the patterns");
        if let Some(regex) = known.get(pattern) {
            return Ok(regex.is_match(text));
        }
        let regex = regex::RegexBuilder::new(pattern).size_limit(PATTERN_SIZE).build();
        let regex = regex.map_err(|error| error.to_string())?;
        let found = regex.is_match(text);
        if known.len() < PATTERNS_KEPT {
            known.insert(pattern.to_owned(), regex);
        }
        Ok(found)
    }
}

/// Resolves the names of one evaluation; lists are made once.
pub(crate) struct Names<'s> {
    scope: &'s Scope<'s>,
    lists: Vec<OnceLock<Box<dyn Val + 's>>>,
}

impl<'s> Names<'s> {
    pub(crate) fn new(scope: &'s Scope<'s>) -> Self {
        Self { scope, lists: Root::ALL.iter().map(|_| OnceLock::new()).collect() }
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the scope at {}", self.moment.now)
    }
}

impl VariableResolver for Names<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        if variable == STEP {
            return self.scope.budget.pay(1).ok().map(|()| CowVal::owned(CelBool::from(true)));
        }
        if let Some(function) = Function::of_variable(variable) {
            return Some(CowVal::owned(FunctionValue::new(self.scope, function)));
        }
        let root = Root::parse(variable)?;
        match root.kind() {
            RootKind::Map => Some(CowVal::owned(Made::new(self.scope, What::Root(root)))),
            RootKind::Single | RootKind::List => {
                let slot = &self.lists[root as usize];
                if slot.get().is_none() {
                    let made = node(self.scope, self.scope.moment.root(root)).ok()?;
                    // Another thread cannot have filled it: one evaluation is one thread.
                    let _ = slot.set(made);
                }
                slot.get().map(|value| CowVal::Borrowed(value.as_ref()))
            }
        }
    }
}
