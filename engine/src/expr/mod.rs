//! The cluster query language: conditions on container instances (01 section 5).
//!
//! ```
//! use stowplan_engine::expr::Expression;
//!
//! let text = "attribute:ecs.instance-type =~ t3.* and not(task:group == service:db)";
//! let expression = Expression::parse(text).expect("a valid expression");
//! assert!(expression.reads_task_groups());
//! assert!(expression.attribute_names().eq(["ecs.instance-type"]));
//!
//! let refused = Expression::parse("attribute:stack = prod").expect_err("one = is no operator");
//! assert_eq!(refused.position(), 17);
//! ```
//!
//! `lexer` reads the tokens, which depend on their place; `parser` builds the `syntax` tree;
//! `evaluate` asks a [`Subject`]. `pattern` holds regular expressions and `number` compares
//! versions and decimals.

mod error;
mod evaluate;
mod known;
mod lexer;
mod number;
mod parser;
mod pattern;
mod syntax;
#[cfg(test)]
mod tests;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

pub use error::ExpressionError;
pub(crate) use known::Known;

use syntax::{Node, Reads};

/// What an expression asks about: a container instance as placement sees it (01 section 5.2).
pub trait Subject {
    /// The value of an attribute, built-in ones such as `ecs.instance-type` among them: `None`
    /// when it is absent, `Some(None)` when it is present without value.
    fn attribute(&self, name: &str) -> Option<Option<&str>>;

    /// Whether the group of some live task, earlier ones of the same call included and the one
    /// being placed excluded, satisfies `predicate`.
    fn has_task_group(&self, predicate: &mut dyn FnMut(&str) -> bool) -> bool;

    /// Whether there is a live task at all.
    fn any_task_group(&self) -> bool;

    /// Whether the container agent is connected.
    fn agent_connected(&self) -> bool;

    /// `versionInfo.agentVersion`, when known.
    fn agent_version(&self) -> Option<&str>;

    /// The EC2 instance id; external instances have none.
    fn ec2_instance_id(&self) -> Option<&str>;

    /// When the instance registered, in milliseconds since 1970-01-01T00:00:00Z.
    fn registered_at_unix_ms(&self) -> Option<i64>;

    /// The number of live tasks, pending ones included (01 section 7.1).
    fn running_tasks_count(&self) -> u32;
}

/// A condition on container instances, parsed and ready to be asked. Cheap to clone; compared,
/// hashed and printed as the text it was made from.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expression(Arc<Parsed>);

struct Parsed {
    source: String,
    root: Node,
    reads: Reads,
}

impl Expression {
    /// The longest text accepted, in characters (01 section 5.1).
    pub const MAX_CHARACTERS: usize = 2000;

    /// Parentheses may be nested this deep; more are refused.
    pub const MAX_NESTING: usize = 100;

    /// Parses a text of at most 2000 characters. The API answers a refusal with
    /// `InvalidParameterException`.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let (root, reads) = parser::parse(text)?;
        Ok(Self(Arc::new(Parsed { source: text.to_owned(), root, reads })))
    }

    /// The text as it was given.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Whether the instance satisfies the condition (01 section 5.3).
    pub fn holds<S: Subject + ?Sized>(&self, subject: &S) -> bool {
        self.0.root.holds(subject)
    }

    /// Whether the answer can change with the groups of the live tasks.
    pub fn reads_task_groups(&self) -> bool {
        self.0.reads.task_groups
    }

    /// Whether the answer can change with the number of live tasks.
    pub fn reads_running_count(&self) -> bool {
        self.0.reads.running_count
    }

    /// Whether the answer can change with the container agent's connection.
    pub fn reads_agent_connected(&self) -> bool {
        self.0.reads.agent_connected
    }

    /// The names of the attributes asked about, each once, in byte order.
    pub fn attribute_names(&self) -> impl Iterator<Item = &str> {
        self.0.reads.attributes.iter().map(String::as_str)
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source()).finish()
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.source())
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl Eq for Expression {}

impl Hash for Expression {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source().hash(state);
    }
}

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Expression {
    type Error = ExpressionError;

    fn try_from(text: String) -> Result<Self, ExpressionError> {
        Self::parse(&text)
    }
}

impl From<Expression> for String {
    fn from(expression: Expression) -> Self {
        expression.source().to_owned()
    }
}
