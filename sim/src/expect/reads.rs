//! What an expression reads: the names at its roots with their fields, as far as they are known
//! before it runs.

use std::fmt::Write as _;

use cel::common::ast::{EntryExpr, Expr, LiteralValue};
use cel::parser::Expression;

use super::compile::{Program, chain_root};
use super::function::Function;
use crate::view::Root;

/// At most so many names are shown with a failure.
const MOST: usize = 8;

/// A part of an expression whose value is worth showing.
#[derive(Debug)]
pub(crate) struct Read<P = Box<Program>> {
    pub(crate) text: String,
    pub(crate) program: P,
}

impl Read<Expression> {
    pub(crate) fn compiled(self) -> Option<Read> {
        let program = Box::new(Program::of_part(self.text.clone(), self.program)?);
        Some(Read { text: self.text, program })
    }
}

/// The names that an expression reads, each once, in the order written.
pub(crate) fn of(expression: &Expression) -> Vec<Read<Expression>> {
    let mut found: Vec<Read<Expression>> = Vec::new();
    collect(expression, &mut found);
    found.truncate(MOST);
    found
}

fn collect(node: &Expression, found: &mut Vec<Read<Expression>>) {
    let part = match &node.expr {
        Expr::Call(call) if call.target.is_none() && is_shown(&call.func_name) => {
            let literals: Option<Vec<String>> = call.args.iter().map(literal).collect();
            literals.map(|arguments| {
                (format!("{}({})", call.func_name, arguments.join(", ")), node.clone())
            })
        }
        _ if chain_root(node).is_some_and(|name| Root::parse(name).is_some()) => known_part(node),
        _ => None,
    };
    if let Some((text, program)) = part
        && !found.iter().any(|read| read.text == text)
    {
        found.push(Read { text, program });
    }
    children(node, &mut |child| {
        // The inner links of a chain are part of it.
        let is_link = chain_root(node).is_some() && chain_root(child) == chain_root(node);
        if is_link {
            children_of_link(child, found);
        } else {
            collect(child, found);
        }
    });
}

/// What stands in the brackets of the inner links.
fn children_of_link(node: &Expression, found: &mut Vec<Read<Expression>>) {
    children(node, &mut |child| {
        if chain_root(child).is_some() && chain_root(child) == chain_root(node) {
            children_of_link(child, found);
        } else {
            collect(child, found);
        }
    });
}

fn is_shown(function: &str) -> bool {
    Function::of_name(function).is_some_and(|f| !matches!(f, Function::Matches | Function::Pay))
}

/// The longest beginning of a chain whose keys are written down.
fn known_part(node: &Expression) -> Option<(String, Expression)> {
    match text_of(node) {
        Some(text) => Some((text, node.clone())),
        None => match &node.expr {
            Expr::Select(select) => known_part(&select.operand),
            Expr::Call(call) => known_part(call.args.first()?),
            _ => None,
        },
    }
}

/// A chain as it would be written.
fn text_of(node: &Expression) -> Option<String> {
    match &node.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => {
            let mut text = text_of(&select.operand)?;
            let _ = write!(text, ".{}", select.field);
            Some(text)
        }
        Expr::Call(call) if call.func_name == "_[_]" => {
            let mut text = text_of(call.args.first()?)?;
            let _ = write!(text, "[{}]", literal(call.args.get(1)?)?);
            Some(text)
        }
        _ => None,
    }
}

fn literal(node: &Expression) -> Option<String> {
    let Expr::Literal(value) = &node.expr else { return None };
    match value {
        LiteralValue::String(text) => Some(format!("'{}'", text.inner())),
        LiteralValue::Int(number) => Some(number.inner().to_string()),
        LiteralValue::UInt(number) => Some(number.inner().to_string()),
        LiteralValue::Double(number) => Some(number.inner().to_string()),
        LiteralValue::Boolean(value) => Some(value.inner().to_string()),
        LiteralValue::Bytes(_) | LiteralValue::Null => None,
    }
}

/// Paths of numbers over time in a rewritten expression; `None` when one is not written down.
pub(crate) fn paths(expression: &Expression) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![expression];
    while let Some(node) = open.pop() {
        if let Some(arguments) = series_call(node) {
            let Some(Expr::Literal(LiteralValue::String(path))) = arguments.map(|a| &a.expr) else {
                return None;
            };
            found.push(path.inner().to_owned());
        }
        children(node, &mut |child| open.push(child));
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

/// The first argument of a call about numbers over time.
fn series_call(node: &Expression) -> Option<Option<&Expression>> {
    let Expr::Call(call) = &node.expr else { return None };
    let [operand, arguments] = call.args.as_slice() else { return None };
    let (Expr::Ident(name), Expr::List(list)) = (&operand.expr, &arguments.expr) else {
        return None;
    };
    Function::of_variable(name)?.reads_series().then(|| list.elements.first())
}

/// The expressions directly inside another.
pub(crate) fn children<'e>(node: &'e Expression, visit: &mut dyn FnMut(&'e Expression)) {
    match &node.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        Expr::Select(select) => visit(&select.operand),
        Expr::Call(call) => {
            call.target.as_deref().into_iter().chain(&call.args).for_each(visit);
        }
        Expr::List(list) => list.elements.iter().for_each(visit),
        Expr::Map(map) => map.entries.iter().for_each(|entry| entry_children(&entry.expr, visit)),
        Expr::Struct(message) => {
            message.entries.iter().for_each(|entry| entry_children(&entry.expr, visit));
        }
        Expr::Comprehension(loop_) => {
            let parts = [
                &loop_.iter_range,
                &loop_.accu_init,
                &loop_.loop_cond,
                &loop_.loop_step,
                &loop_.result,
            ];
            parts.into_iter().for_each(visit);
        }
    }
}

fn entry_children<'e>(entry: &'e EntryExpr, visit: &mut dyn FnMut(&'e Expression)) {
    match entry {
        EntryExpr::StructField(field) => visit(&field.value),
        EntryExpr::MapEntry(entry) => {
            visit(&entry.key);
            visit(&entry.value);
        }
    }
}

/// How what an expression reads can change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Volatility {
    /// Only when something is added to the record of the run.
    #[default]
    Record,
    /// Also by the clock alone, or by the world.
    Clock,
}

impl Volatility {
    /// That of a root.
    pub(crate) fn of(root: Root) -> Self {
        match root {
            Root::Calls
            | Root::Placements
            | Root::Stops
            | Root::PlacementFailures
            | Root::Events
            | Root::ApiErrors
            | Root::TaskDefinitions
            | Root::CodeDeployments
            | Root::ScalingActivities => Self::Record,
            Root::Now
            | Root::Services
            | Root::ServiceDeployments
            | Root::Tasks
            | Root::Instances
            | Root::CapacityProviders
            | Root::Alarms
            | Root::ScalableTargets
            | Root::TargetGroups
            | Root::Requests
            | Root::Cost => Self::Clock,
        }
    }
}
