//! What can be wrong with an expression.

use std::fmt;

use cel::ExecutionError;

use super::budget::TOO_MUCH;
use super::names::STEP;
use super::value::NEAREST;

/// An expression that cannot be used, found at load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// What is wrong, and what to do about it.
    pub message: String,
    /// Line and column within the expression, from 1, where known.
    pub position: Option<(u32, u32)>,
}

impl ExpressionError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), position: None }
    }
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some((1, column)) => write!(f, "at character {column}: {}", self.message),
            Some((line, column)) => {
                write!(f, "at line {line}, character {column}: {}", self.message)
            }
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for ExpressionError {}

/// An expression that came to nothing, found while it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationError {
    /// What went wrong.
    pub message: String,
}

impl EvaluationError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EvaluationError {}

/// Says what CEL found in words of the expression's author.
impl From<ExecutionError> for EvaluationError {
    fn from(error: ExecutionError) -> Self {
        Self::new(match &error {
            ExecutionError::NoSuchKey(key) => match key.split_once(NEAREST) {
                Some((key, nearest)) => {
                    format!("there is no '{key}'; did you mean '{nearest}'?")
                }
                None => format!("there is no '{key}'"),
            },
            ExecutionError::IndexOutOfBounds(index) => {
                format!("the list has no element {}", plain(index))
            }
            ExecutionError::FunctionError { function, message } if function == "limit" => {
                message.clone()
            }
            ExecutionError::FunctionError { function, message } => format!("{function}: {message}"),
            ExecutionError::UndeclaredReference(name) if **name == STEP => TOO_MUCH.to_owned(),
            ExecutionError::NoSuchOverload(overload) => {
                format!(
                    "'{}' does not take ({})",
                    operator(overload.function()),
                    overload.argument_types().join(", ")
                )
            }
            ExecutionError::UnsupportedBinaryOperator(name, left, right) => {
                let symbol = match *name {
                    "add" => "+",
                    "sub" => "-",
                    "mul" => "*",
                    "div" => "/",
                    "rem" => "%",
                    other => other,
                };
                format!("'{symbol}' does not take ({}, {})", left.type_of(), right.type_of())
            }
            ExecutionError::ValuesNotComparable(left, right) => {
                format!("{} and {} cannot be compared", left.type_of(), right.type_of())
            }
            ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
                "division by zero".to_owned()
            }
            ExecutionError::Overflow(..) => "the number is too large".to_owned(),
            ExecutionError::UnexpectedType { got, want } => {
                format!("this is {got} where {want} is wanted")
            }
            other => other.to_string(),
        })
    }
}

fn plain(value: &cel::Value) -> String {
    match value {
        cel::Value::Int(index) => index.to_string(),
        cel::Value::UInt(index) => index.to_string(),
        cel::Value::Float(index) => index.to_string(),
        other => format!("{other:?}"),
    }
}

/// `_+_` is `+`.
fn operator(name: &str) -> &str {
    match name {
        "_[_]" => "[ ]",
        "_._" => ".",
        "@in" => "in",
        _ => name.strip_prefix('_').and_then(|rest| rest.strip_suffix('_')).unwrap_or(name),
    }
}
