//! Recursive descent by the grammar of 01 section 5.1: `not` binds tighter than `and`, `and`
//! tighter than `or`.

use super::Expression;
use super::error::ExpressionError;
use super::lexer::{Lexer, Place, Token};
use super::number::{is_decimal, is_version};
use super::pattern::Pattern;
use super::syntax::{Node, Order, Presence, Reads, Test, TextTest};
use crate::model::instant::parse_rfc3339_ms;

const MAX_ATTRIBUTE_NAME: usize = 128;

/// The tree of `text` and the subjects it asks.
pub(super) fn parse(text: &str) -> Result<(Node, Reads), ExpressionError> {
    if let Some((at, _)) = text.char_indices().nth(Expression::MAX_CHARACTERS) {
        let expected = format!("at most {} characters", Expression::MAX_CHARACTERS);
        return Err(ExpressionError::new(text, at, expected));
    }
    let mut parser = Parser { lexer: Lexer::new(text), nesting: 0, reads: Reads::default() };
    let root = parser.any()?;
    if parser.lexer.is_at_end() {
        Ok((root, parser.reads))
    } else {
        Err(parser.lexer.fault("`and`, `or` or the end"))
    }
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    nesting: usize,
    reads: Reads,
}

enum Subject<'t> {
    Attribute(&'t str),
    TaskGroup,
    AgentConnected,
    AgentVersion,
    Ec2InstanceId,
    RegisteredAt,
    RunningTasksCount,
}

#[derive(Clone, Copy)]
enum Operator {
    Exists,
    NotExists,
    OnValue(ValueOperator),
}

#[derive(Clone, Copy)]
enum ValueOperator {
    Ordered(Order),
    Matches,
    NotMatches,
    In,
    NotIn,
}

impl ValueOperator {
    fn is_for_text(self) -> bool {
        match self {
            Self::Ordered(order) => matches!(order, Order::Equal | Order::NotEqual),
            Self::Matches | Self::NotMatches | Self::In | Self::NotIn => true,
        }
    }
}

/// What may stand for a value: a test of its text, and its name in messages.
#[derive(Clone, Copy)]
struct Kind {
    admits: fn(&str) -> bool,
    name: &'static str,
}

const TEXT: Kind = Kind { admits: |_| true, name: "a value" };
const BOOLEAN: Kind =
    Kind { admits: |text| matches!(text, "true" | "false"), name: "true or false" };
const NUMBER: Kind = Kind { admits: is_decimal, name: "a number" };
const VERSION: Kind = Kind { admits: is_version, name: "a version such as 1.73.0" };
const TIME: Kind = Kind {
    admits: |text| parse_rfc3339_ms(text).is_some(),
    name: "a time such as 2026-03-01T10:00:00Z or 2026-03-01",
};
const INTEGER: Kind = Kind { admits: |text| integer(text).is_some(), name: "an integer" };

impl<'t> Parser<'t> {
    fn any(&mut self) -> Result<Node, ExpressionError> {
        let mut nodes = vec![self.all()?];
        while self.lexer.take_symbol("||") || self.lexer.take_keyword("or") {
            nodes.push(self.all()?);
        }
        Ok(single_or(nodes, Node::Any))
    }

    fn all(&mut self) -> Result<Node, ExpressionError> {
        let mut nodes = vec![self.unary()?];
        while self.lexer.take_symbol("&&") || self.lexer.take_keyword("and") {
            nodes.push(self.unary()?);
        }
        Ok(single_or(nodes, Node::All))
    }

    fn unary(&mut self) -> Result<Node, ExpressionError> {
        let mut negated = false;
        // A loop, since two thousand exclamation marks make a legal expression.
        while self.lexer.take_symbol("!") || self.lexer.take_keyword("not") {
            negated = !negated;
        }
        let node = self.primary()?;
        Ok(if negated { Node::Not(Box::new(node)) } else { node })
    }

    fn primary(&mut self) -> Result<Node, ExpressionError> {
        let start = self.lexer.position();
        if !self.lexer.take_symbol("(") {
            return self.comparison().map(Node::Test);
        }
        self.nesting += 1;
        if self.nesting > Expression::MAX_NESTING {
            let expected = format!("at most {} nested parentheses", Expression::MAX_NESTING);
            return Err(self.lexer.fault_at(start, expected));
        }
        let node = self.any()?;
        if !self.lexer.take_symbol(")") {
            return Err(self.lexer.fault("`and`, `or` or a closing )"));
        }
        self.nesting -= 1;
        Ok(node)
    }

    fn comparison(&mut self) -> Result<Test, ExpressionError> {
        use Operator::{Exists, NotExists, OnValue};
        use ValueOperator::Ordered;

        let subject = self.subject()?;
        let operator_at = self.lexer.position();
        Ok(match (subject, self.operator()?) {
            (Subject::Attribute(name), operator) => {
                let is = match operator {
                    Exists => Presence::Present,
                    NotExists => Presence::Absent,
                    OnValue(operator) => Presence::With(self.text_test(operator, TEXT)?),
                };
                self.reads.attributes.insert(name.to_owned());
                Test::Attribute { name: name.to_owned(), is }
            }
            (Subject::TaskGroup, Exists) => Test::TaskGroup(Presence::Present),
            (Subject::TaskGroup, NotExists) => Test::TaskGroup(Presence::Absent),
            (Subject::TaskGroup, OnValue(operator)) if operator.is_for_text() => {
                Test::TaskGroup(Presence::With(self.text_test(operator, TEXT)?))
            }
            (Subject::Ec2InstanceId, OnValue(operator)) if operator.is_for_text() => {
                Test::Ec2InstanceId(self.text_test(operator, TEXT)?)
            }
            (Subject::AgentConnected, OnValue(operator)) if operator.is_for_text() => {
                Test::AgentConnected(self.text_test(operator, BOOLEAN)?)
            }
            (Subject::AgentVersion, OnValue(Ordered(order))) => {
                Test::AgentVersion(order, self.literal(VERSION)?)
            }
            (Subject::RegisteredAt, OnValue(Ordered(order))) => {
                let instant = parse_rfc3339_ms(&self.literal(TIME)?);
                Test::RegisteredAt(order, instant.expect("a literal of kind TIME is a time"))
            }
            (Subject::RunningTasksCount, OnValue(Ordered(order))) => {
                let count = integer(&self.literal(INTEGER)?);
                Test::RunningTasksCount(order, count.expect("INTEGER admits integers only"))
            }
            (subject, _) => return Err(self.lexer.fault_at(operator_at, subject.operators())),
        })
    }

    fn subject(&mut self) -> Result<Subject<'t>, ExpressionError> {
        let at = self.lexer.position();
        if self.lexer.take_symbol("attribute:") {
            return self.attribute_name().map(Subject::Attribute);
        }
        let word = self.lexer.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '_'));
        let subject = match word.text {
            "task:group" => Subject::TaskGroup,
            "agentConnected" => Subject::AgentConnected,
            "agentVersion" => Subject::AgentVersion,
            "ec2InstanceId" => Subject::Ec2InstanceId,
            "registeredAt" => Subject::RegisteredAt,
            "runningTasksCount" => Subject::RunningTasksCount,
            _ => {
                let expected = "a subject (attribute:<name>, task:group, agentConnected, \
                    agentVersion, ec2InstanceId, registeredAt or runningTasksCount)";
                return Err(self.lexer.fault_at(at, expected));
            }
        };
        self.reads.task_groups |= matches!(subject, Subject::TaskGroup);
        self.reads.agent_connected |= matches!(subject, Subject::AgentConnected);
        self.reads.running_count |= matches!(subject, Subject::RunningTasksCount);
        Ok(subject)
    }

    fn attribute_name(&mut self) -> Result<&'t str, ExpressionError> {
        let is_of_name =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '\\');
        let Token { at, text: name } = self.lexer.take_while(is_of_name);
        if (1..=MAX_ATTRIBUTE_NAME).contains(&name.len()) {
            Ok(name)
        } else {
            let expected = format!("an attribute name of 1 to {MAX_ATTRIBUTE_NAME} characters");
            Err(self.lexer.fault_at(at, expected))
        }
    }

    fn operator(&mut self) -> Result<Operator, ExpressionError> {
        // Longer symbols come before those they begin with.
        for (symbol, operator) in [
            ("==", ordered(Order::Equal)),
            ("!=", ordered(Order::NotEqual)),
            ("=~", Operator::OnValue(ValueOperator::Matches)),
            ("!~", Operator::OnValue(ValueOperator::NotMatches)),
            (">=", ordered(Order::GreaterOrEqual)),
            ("<=", ordered(Order::LessOrEqual)),
            (">", ordered(Order::Greater)),
            ("<", ordered(Order::Less)),
        ] {
            if self.lexer.take_symbol(symbol) {
                return Ok(operator);
            }
        }
        for (word, operator) in [
            ("equals", ordered(Order::Equal)),
            ("not_equals", ordered(Order::NotEqual)),
            ("greater_than", ordered(Order::Greater)),
            ("greater_than_equal", ordered(Order::GreaterOrEqual)),
            ("less_than", ordered(Order::Less)),
            ("less_than_equal", ordered(Order::LessOrEqual)),
            ("matches", Operator::OnValue(ValueOperator::Matches)),
            ("not_matches", Operator::OnValue(ValueOperator::NotMatches)),
            ("in", Operator::OnValue(ValueOperator::In)),
            ("!in", Operator::OnValue(ValueOperator::NotIn)),
            ("not_in", Operator::OnValue(ValueOperator::NotIn)),
            ("exists", Operator::Exists),
            ("!exists", Operator::NotExists),
            ("not_exists", Operator::NotExists),
        ] {
            if self.lexer.take_keyword(word) {
                return Ok(operator);
            }
        }
        Err(self.lexer.fault("an operator (such as ==, !=, <, >=, =~, in or exists)"))
    }

    fn text_test(
        &mut self,
        operator: ValueOperator,
        kind: Kind,
    ) -> Result<TextTest, ExpressionError> {
        Ok(match operator {
            ValueOperator::Ordered(Order::Equal) => TextTest::Equals(self.literal(kind)?),
            ValueOperator::Ordered(Order::NotEqual) => TextTest::Differs(self.literal(kind)?),
            ValueOperator::Ordered(order) => TextTest::Number(order, self.literal(NUMBER)?),
            ValueOperator::Matches => TextTest::Matches(self.pattern()?),
            ValueOperator::NotMatches => TextTest::Mismatches(self.pattern()?),
            ValueOperator::In => TextTest::OneOf(self.list(kind)?),
            ValueOperator::NotIn => TextTest::NoneOf(self.list(kind)?),
        })
    }

    fn literal(&mut self, kind: Kind) -> Result<String, ExpressionError> {
        self.literal_in(Place::Elsewhere, kind)
    }

    fn literal_in(&mut self, place: Place, kind: Kind) -> Result<String, ExpressionError> {
        let Token { at, text } = self.lexer.take_literal(place)?;
        if (kind.admits)(text) {
            Ok(text.to_owned())
        } else {
            Err(self.lexer.fault_at(at, kind.name))
        }
    }

    fn list(&mut self, kind: Kind) -> Result<Vec<String>, ExpressionError> {
        if !self.lexer.take_symbol("[") {
            return Err(self.lexer.fault("a list such as [a, b]"));
        }
        let mut literals = vec![self.literal_in(Place::List, kind)?];
        while self.lexer.take_symbol(",") {
            literals.push(self.literal_in(Place::List, kind)?);
        }
        if self.lexer.take_symbol("]") {
            Ok(literals)
        } else {
            Err(self.lexer.fault("a comma or a closing ]"))
        }
    }

    fn pattern(&mut self) -> Result<Pattern, ExpressionError> {
        let Token { at, text } = self.lexer.take_regex()?;
        Pattern::compile(text).map_err(|fault| self.lexer.fault_at(at + fault.at, fault.expected))
    }
}

impl Subject<'_> {
    /// The operators it takes, for messages.
    fn operators(&self) -> &'static str {
        match self {
            Self::Attribute(_) => "an operator",
            Self::TaskGroup => "==, !=, in, !in, =~, !~, exists or !exists after task:group",
            Self::AgentConnected => "== or != after agentConnected",
            Self::Ec2InstanceId => "==, !=, in, !in, =~ or !~ after ec2InstanceId",
            Self::AgentVersion | Self::RegisteredAt | Self::RunningTasksCount => {
                "==, !=, <, <=, > or >= after this subject"
            }
        }
    }
}

fn ordered(order: Order) -> Operator {
    Operator::OnValue(ValueOperator::Ordered(order))
}

fn integer(text: &str) -> Option<i64> {
    // `parse` alone would also take a leading plus sign.
    text.parse().ok().filter(|_| !text.starts_with('+'))
}

fn single_or(mut nodes: Vec<Node>, several: impl FnOnce(Vec<Node>) -> Node) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        last => {
            nodes.extend(last);
            several(nodes)
        }
    }
}
