//! Asking a container instance (01 section 5.3).
//!
//! A binary operator holds when some value satisfies it, so it never holds of a subject without
//! value, `!=` included; `not` is the plain complement.

use super::Subject;
use super::number::{compare_decimals, compare_versions};
use super::syntax::{Node, Presence, Test, TextTest};

impl Node {
    pub(super) fn holds<S: Subject + ?Sized>(&self, subject: &S) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(subject)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(subject)),
            Self::Not(node) => !node.holds(subject),
            Self::Test(test) => test.holds(subject),
        }
    }
}

impl Test {
    fn holds<S: Subject + ?Sized>(&self, subject: &S) -> bool {
        match self {
            Self::Attribute { name, is } => {
                let value = subject.attribute(name).map(Option::unwrap_or_default);
                match is {
                    Presence::Present => value.is_some(),
                    Presence::Absent => value.is_none(),
                    Presence::With(test) => value.is_some_and(|value| test.holds(value)),
                }
            }
            Self::TaskGroup(Presence::Present) => subject.any_task_group(),
            Self::TaskGroup(Presence::Absent) => !subject.any_task_group(),
            Self::TaskGroup(Presence::With(test)) => {
                subject.has_task_group(&mut |group| test.holds(group))
            }
            Self::Ec2InstanceId(test) => subject.ec2_instance_id().is_some_and(|id| test.holds(id)),
            Self::AgentConnected(test) => {
                test.holds(if subject.agent_connected() { "true" } else { "false" })
            }
            Self::AgentVersion(order, literal) => subject
                .agent_version()
                .and_then(|version| compare_versions(version, literal))
                .is_some_and(|ordering| order.admits(ordering)),
            Self::RegisteredAt(order, literal) => {
                subject.registered_at_unix_ms().is_some_and(|at| order.admits(at.cmp(literal)))
            }
            Self::RunningTasksCount(order, literal) => {
                order.admits(i64::from(subject.running_tasks_count()).cmp(literal))
            }
        }
    }
}

impl TextTest {
    fn holds(&self, value: &str) -> bool {
        match self {
            Self::Equals(literal) => value == literal,
            Self::Differs(literal) => value != literal,
            Self::OneOf(literals) => literals.iter().any(|literal| value == literal),
            Self::NoneOf(literals) => literals.iter().all(|literal| value != literal),
            Self::Matches(pattern) => pattern.matches(value),
            Self::Mismatches(pattern) => !pattern.matches(value),
            Self::Number(order, literal) => {
                compare_decimals(value, literal).is_some_and(|ordering| order.admits(ordering))
            }
        }
    }
}
