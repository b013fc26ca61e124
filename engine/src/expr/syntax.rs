//! The tree an expression is parsed into.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::pattern::Pattern;

/// A condition. Chains of `and` and of `or` are flat, so only parentheses make a tree deep.
#[derive(Debug)]
pub(super) enum Node {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test(Test),
}

/// One comparison.
#[derive(Debug)]
pub(super) enum Test {
    Attribute {
        name: String,
        is: Presence,
    },
    TaskGroup(Presence),
    Ec2InstanceId(TextTest),
    /// Asks the words `true` and `false`.
    AgentConnected(TextTest),
    AgentVersion(Order, String),
    RegisteredAt(Order, i64),
    RunningTasksCount(Order, i64),
}

/// A question to a subject that may have no value.
#[derive(Debug)]
pub(super) enum Presence {
    Present,
    Absent,
    With(TextTest),
}

/// A question to one value.
#[derive(Debug)]
pub(super) enum TextTest {
    Equals(String),
    Differs(String),
    OneOf(Vec<String>),
    NoneOf(Vec<String>),
    Matches(Pattern),
    Mismatches(Pattern),
    /// The literal is a decimal number; a value that is none does not satisfy it.
    Number(Order, String),
}

/// How a value stands to a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    pub(super) fn admits(self, value_to_literal: Ordering) -> bool {
        match self {
            Self::Equal => value_to_literal.is_eq(),
            Self::NotEqual => value_to_literal.is_ne(),
            Self::Less => value_to_literal.is_lt(),
            Self::LessOrEqual => value_to_literal.is_le(),
            Self::Greater => value_to_literal.is_gt(),
            Self::GreaterOrEqual => value_to_literal.is_ge(),
        }
    }
}

/// The subjects an expression asks, so that its answers can be kept while none of them changes.
#[derive(Debug, Default)]
pub(super) struct Reads {
    pub(super) attributes: BTreeSet<String>,
    pub(super) task_groups: bool,
    pub(super) running_count: bool,
    pub(super) agent_connected: bool,
}
