//! Expectations: CEL expressions over the read model, each with one quantifier (scenario format,
//! "Expect").
//!
//! An expression is compiled once, at load: syntax, names and functions are checked then. Work and
//! depth are bounded, so that an expression from anywhere may be run.

mod budget;
mod check;
mod compile;
mod error;
mod function;
mod interpolate;
mod names;
mod reads;
mod show;
mod value;
mod verdict;

pub use check::{Entry, Expectations, Form, wanted_by};
pub use compile::Program;
pub use error::{EvaluationError, ExpressionError};
pub use interpolate::{Interpolation, InterpolationError};
pub use names::Sight;
pub use verdict::Verdict;

#[cfg(test)]
mod tests;
