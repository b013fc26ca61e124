//! From text to a program: parsed once, its names and functions checked, its loops and copies made
//! to pay.

use std::sync::{Arc, OnceLock};

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, ListExpr, LiteralValue};
use cel::parser::Expression;
use cel::{Context, Env, Value as CelValue};
use serde_json::Value;

use super::budget::Budget;
use super::error::{EvaluationError, ExpressionError};
use super::function::{Function, NOT_BUILT};
use super::names::{Names, Patterns, STEP, Scope, Sight};
use super::reads::{self, Read, Volatility};
use super::{show, value};
use crate::view::Root;

/// Letters that an expression may have.
const LONGEST: usize = 4000;
/// Levels of an expression as it is written.
const DEEPEST_TEXT: usize = 60;
/// Levels of the parsed expression, macros expanded.
const DEEPEST: usize = 200;

/// Names of CEL's types, which are values too.
const TYPES: &[&str] =
    &["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];
/// CEL's own functions, operators aside.
const STANDARD: &[&str] = &[
    "bool",
    "bytes",
    "contains",
    "double",
    "dyn",
    "endsWith",
    "int",
    "size",
    "startsWith",
    "string",
    "type",
    "uint",
];
/// Names of the scenario format that nothing stands behind yet.
const NOT_BUILT_NAMES: &[Root] =
    &[Root::Cost, Root::Requests, Root::ScalableTargets, Root::ScalingActivities];
/// CEL's macros: what is left of one after parsing was written wrongly.
const MACROS: &[&str] = &["all", "exists", "exists_one", "existsOne", "filter", "has", "map"];

/// A compiled expression.
#[derive(Debug)]
pub struct Program {
    source: String,
    expression: Expression,
    reads: Vec<Read>,
    volatility: Volatility,
    reads_past: bool,
    paths: Option<Vec<String>>,
    patterns: Patterns,
}

impl Program {
    /// Compiles an expression.
    pub fn compile(source: &str) -> Result<Self, ExpressionError> {
        let mut expression = parse(source)?;
        check_depth(&expression)?;
        let reads = reads::of(&expression);
        let mut rewriter = Rewriter::default();
        rewriter.expression(&mut expression, false)?;
        Ok(Self {
            source: source.to_owned(),
            paths: reads::paths(&expression),
            volatility: rewriter.volatility,
            reads_past: rewriter.reads_past,
            expression,
            reads: reads.into_iter().filter_map(Read::compiled).collect(),
            patterns: Patterns::default(),
        })
    }

    /// The text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Paths of the numbers over time that it reads; `None` when they are not known beforehand.
    pub fn paths(&self) -> Option<&[String]> {
        self.paths.as_deref()
    }

    /// Whether it looks at what happened at any time before.
    pub(crate) fn reads_past(&self) -> bool {
        self.reads_past
    }

    /// Whether it yields the same as long as nothing is added to the record of the run.
    pub(crate) fn reads_record_only(&self) -> bool {
        self.volatility == Volatility::Record
    }

    /// Whether it holds; takes what that costs from what the run has left.
    pub(crate) fn holds(&self, sight: &Sight<'_>, left: &mut u64) -> Result<bool, EvaluationError> {
        let budget = Budget::within(*left);
        let given = budget.left();
        let held = self.evaluate_within(sight, &budget, |result| {
            let held = result.downcast_ref::<cel::common::types::CelBool>().map(|b| *b.inner());
            held.ok_or_else(|| {
                let kind = result.get_type().name();
                EvaluationError::new(format!("the expression yields {kind}, not true or false"))
            })
        });
        *left -= given - budget.left();
        held
    }

    /// What it yields.
    pub fn value(&self, sight: &Sight<'_>) -> Result<Value, EvaluationError> {
        self.evaluate(sight, |result| {
            value::to_json(result).ok_or_else(|| {
                let kind = result.get_type().name();
                EvaluationError::new(format!("the expression yields {kind}, which is no value"))
            })
        })
    }

    /// The names it reads with what they stand for, short.
    pub(crate) fn values(&self, sight: &Sight<'_>) -> Vec<(String, String)> {
        let of = |read: &Read| {
            let shown = read.program.evaluate(sight, |result| Ok(show::short(result)));
            let shown = shown.unwrap_or_else(|error| error.to_string());
            (read.text.clone(), shown)
        };
        self.reads.iter().map(of).collect()
    }

    pub(crate) fn evaluate<T>(
        &self,
        sight: &Sight<'_>,
        take: impl Fn(&dyn cel::common::value::Val) -> Result<T, EvaluationError>,
    ) -> Result<T, EvaluationError> {
        self.evaluate_within(sight, &Budget::default(), take)
    }

    pub(crate) fn evaluate_within<T>(
        &self,
        sight: &Sight<'_>,
        budget: &Budget,
        take: impl Fn(&dyn cel::common::value::Val) -> Result<T, EvaluationError>,
    ) -> Result<T, EvaluationError> {
        let scope =
            Scope { moment: sight.moment, series: sight.series, budget, patterns: &self.patterns };
        let names = Names::new(&scope);
        let mut context = Context::with_env(Arc::clone(environment()));
        context.set_variable_resolver(&names);
        let result = CelValue::resolve_val(&self.expression, &context)?;
        take(result.as_ref())
    }

    /// A program for a part of an expression that was checked as a whole.
    pub(crate) fn of_part(source: String, mut expression: Expression) -> Option<Self> {
        let mut rewriter = Rewriter::default();
        rewriter.expression(&mut expression, false).ok()?;
        Some(Self {
            source,
            expression,
            reads: Vec::new(),
            volatility: rewriter.volatility,
            reads_past: rewriter.reads_past,
            paths: None,
            patterns: Patterns::default(),
        })
    }
}

fn environment() -> &'static Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| Arc::new(Env::stdlib()))
}

fn parse(source: &str) -> Result<Expression, ExpressionError> {
    if source.chars().count() > LONGEST {
        let message = format!("the expression is longer than {LONGEST} characters");
        return Err(ExpressionError::new(message));
    }
    check_nesting(source)?;
    environment().parser().parse(source).map_err(|errors| {
        let Some(first) = errors.errors.first() else {
            return ExpressionError::new("this is no CEL expression");
        };
        let message = first.msg.strip_prefix("Syntax error: ").unwrap_or(&first.msg).to_owned();
        let part = |number: isize| u32::try_from(number).ok().filter(|n| *n > 0);
        let position = part(first.pos.0).zip(part(first.pos.1));
        ExpressionError { message, position }
    })
}

/// Parser and evaluation recurse with every bracket and with every operator of a chain, so depth is
/// estimated before they see the text.
fn check_nesting(source: &str) -> Result<(), ExpressionError> {
    let mut open = vec![Level::default()];
    let (mut quote, mut escaped, mut before) = (None, false, ' ');
    for letter in source.chars() {
        let level = open.last_mut().expect("the outermost level is never closed");
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(mark), _) if letter == mark => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(' | '[' | '{') => open.push(Level::default()),
            (None, ')' | ']' | '}') => {
                let depth = level.depth() + 1;
                if open.len() > 1 {
                    open.pop();
                }
                let outer = open.last_mut().expect("the outermost level is never closed");
                outer.inner = outer.inner.max(depth);
                outer.chain += 1;
            }
            (None, '&' | '|') if letter == before => level.next(),
            (None, ',') => level.next(),
            (None, '+' | '-' | '*' | '/' | '%' | '<' | '>' | '=' | '!' | '?' | '.') => {
                level.chain += 1;
            }
            (None, _) => {}
        }
        before = letter;
        let depth = open.len() + open.last().map_or(0, Level::depth);
        if depth > DEEPEST_TEXT {
            let message = "the expression nests too deeply; split it into several entries";
            return Err(ExpressionError::new(message));
        }
    }
    Ok(())
}

/// What is open between two brackets.
#[derive(Default)]
struct Level {
    /// Operators in a row: each is one level deeper than the one before.
    chain: usize,
    /// Deepest brackets that are closed, in this row.
    inner: usize,
    /// The deepest row so far.
    deepest: usize,
}

impl Level {
    fn depth(&self) -> usize {
        self.deepest.max(self.chain + self.inner)
    }

    /// Another operand of `&&` and `||`, or another element: those stand side by side.
    fn next(&mut self) {
        self.deepest = self.depth();
        (self.chain, self.inner) = (0, 0);
    }
}

/// Evaluation recurses with every level.
fn check_depth(expression: &Expression) -> Result<(), ExpressionError> {
    let mut open = vec![(expression, 1)];
    while let Some((next, depth)) = open.pop() {
        if depth > DEEPEST {
            let message = format!("the expression nests more than {DEEPEST} levels");
            return Err(ExpressionError::new(message));
        }
        reads::children(next, &mut |child| open.push((child, depth + 1)));
    }
    Ok(())
}

/// Checks names and functions, and rewrites calls, loops and copies.
#[derive(Default)]
struct Rewriter {
    locals: Vec<String>,
    volatility: Volatility,
    reads_past: bool,
}

impl Rewriter {
    /// `copied`: the value of the expression ends up inside another one.
    fn expression(&mut self, node: &mut Expression, copied: bool) -> Result<(), ExpressionError> {
        if let Some(name) = chain_root(node).map(str::to_owned) {
            let is_local = self.locals.contains(&name);
            self.chain(node, is_local)?;
            if is_local && copied {
                pay_for_copy(node, name);
            }
            return Ok(());
        }
        match &mut node.expr {
            Expr::Unspecified => Err(ExpressionError::new("the expression is empty")),
            Expr::Struct(message) => {
                let text = format!("there is no type '{}' to make", message.type_name);
                Err(ExpressionError::new(text))
            }
            Expr::Literal(_) | Expr::Ident(_) => Ok(()),
            Expr::Select(select) => self.expression(&mut select.operand, false),
            Expr::List(list) => {
                list.elements.iter_mut().try_for_each(|element| self.expression(element, true))
            }
            Expr::Map(map) => {
                for entry in &mut map.entries {
                    if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                        self.expression(&mut entry.key, true)?;
                        self.expression(&mut entry.value, true)?;
                    }
                }
                Ok(())
            }
            Expr::Comprehension(_) => self.comprehension(node),
            Expr::Call(_) => self.call(node),
        }
    }

    /// Fields and elements of a name: the name, then what stands in the brackets.
    fn chain(&mut self, node: &mut Expression, is_local: bool) -> Result<(), ExpressionError> {
        match &mut node.expr {
            Expr::Select(select) => self.chain(&mut select.operand, is_local),
            Expr::Call(call) => {
                let [operand, index] = call.args.as_mut_slice() else {
                    unreachable!("a chain goes on by one index at a time")
                };
                self.chain(operand, is_local)?;
                self.expression(index, false)
            }
            Expr::Ident(name) if !is_local => self.name(name),
            _ => Ok(()),
        }
    }

    fn name(&mut self, name: &str) -> Result<(), ExpressionError> {
        if name.starts_with('@') || TYPES.contains(&name) {
            return Ok(());
        }
        match Root::parse(name) {
            Some(root) if NOT_BUILT_NAMES.contains(&root) => {
                Err(ExpressionError::new(format!("the name '{name}' is not built yet")))
            }
            Some(root) => {
                self.volatility = self.volatility.max(Volatility::of(root));
                self.reads_past |= matches!(
                    root,
                    Root::Events | Root::Placements | Root::Stops | Root::PlacementFailures
                );
                Ok(())
            }
            None => {
                let known = Root::ALL.iter().map(|root| root.as_str());
                let locals = self.locals.iter().map(String::as_str);
                Err(unknown("name", name, known.chain(locals)))
            }
        }
    }

    fn call(&mut self, node: &mut Expression) -> Result<(), ExpressionError> {
        let id = node.id;
        let Expr::Call(call) = &mut node.expr else { unreachable!("it was a call") };
        if call.func_name.starts_with(|c: char| c.is_alphabetic()) {
            return self.function(node);
        }
        if matches!(call.func_name.as_str(), "_==_" | "_!=_") {
            put_literal_last(&mut call.args);
        }
        let copies = matches!(call.func_name.as_str(), "_+_" | "_?_:_");
        for (position, argument) in call.args.iter_mut().enumerate() {
            let is_condition = call.func_name == "_?_:_" && position == 0;
            self.expression(argument, copies && !is_condition)?;
        }
        node.id = id;
        Ok(())
    }

    /// A call by name: one of ours becomes an index into its variable.
    fn function(&mut self, node: &mut Expression) -> Result<(), ExpressionError> {
        let Expr::Call(call) = &mut node.expr else { unreachable!("it was a call") };
        let name = call.func_name.clone();
        check_function(&name)?;
        for argument in call.target.as_deref_mut().into_iter().chain(&mut call.args) {
            self.expression(argument, true)?;
        }
        let Some(function) = Function::of_name(&name) else { return Ok(()) };
        if !function.reads_record_only() {
            self.volatility = Volatility::Clock;
        }
        let mut arguments: Vec<Expression> = Vec::with_capacity(call.args.len() + 1);
        arguments.extend(call.target.take().map(|target| *target));
        arguments.append(&mut call.args);
        let (least, most) = function.arity();
        if !(least..=most).contains(&arguments.len()) {
            let wanted =
                if least == most { least.to_string() } else { format!("{least} to {most}") };
            let text = format!("'{name}' takes {wanted} arguments, not {}", arguments.len());
            return Err(ExpressionError::new(text));
        }
        let list = Expr::List(ListExpr::new(arguments));
        let variable = ident(node.id, function.variable());
        node.expr = index(variable, Expression { id: node.id, expr: list });
        Ok(())
    }

    fn comprehension(&mut self, node: &mut Expression) -> Result<(), ExpressionError> {
        let Expr::Comprehension(loop_) = &mut node.expr else { unreachable!("it was a loop") };
        self.expression(&mut loop_.iter_range, false)?;
        self.expression(&mut loop_.accu_init, false)?;
        let before = self.locals.len();
        self.locals.push(loop_.iter_var.clone());
        self.locals.extend(loop_.iter_var2.clone());
        let parts = [&mut loop_.loop_cond, &mut loop_.loop_step];
        let checked = parts.into_iter().try_for_each(|part| self.expression(part, false));
        self.locals.truncate(before);
        checked?;
        self.expression(&mut loop_.result, false)?;
        pay_for_steps(loop_);
        Ok(())
    }
}

/// The name at the root of `a.b['c'][0]`.
pub(crate) fn chain_root(node: &Expression) -> Option<&str> {
    let mut node = node;
    loop {
        match &node.expr {
            Expr::Ident(name) => return Some(name),
            Expr::Select(select) if !select.test => node = &select.operand,
            Expr::Call(call) if matches!(call.func_name.as_str(), "_[_]" | "_[?_]" | "_?._") => {
                node = call.args.first()?;
            }
            _ => return None,
        }
    }
}

fn ident(id: u64, name: &str) -> Expression {
    Expression { id, expr: Expr::Ident(name.to_owned()) }
}

fn index(operand: Expression, index: Expression) -> Expr {
    let args = vec![operand, index];
    Expr::Call(CallExpr { func_name: "_[_]".to_owned(), target: None, args })
}

/// `condition ? node : null`, in place. The condition is true, or it fails.
fn on_condition(node: &mut Expression, condition: Expression) {
    let id = node.id;
    let null = Expression { id, expr: Expr::Literal(LiteralValue::Null) };
    let value = std::mem::take(node);
    let args = vec![condition, value, null];
    let call = CallExpr { func_name: "_?_:_".to_owned(), target: None, args };
    *node = Expression { id, expr: Expr::Call(call) };
}

/// The value is paid for before it is copied.
fn pay_for_copy(node: &mut Expression, name: String) {
    let id = node.id;
    let paid = index(ident(id, Function::Pay.variable()), ident(id, &name));
    on_condition(node, Expression { id, expr: paid });
}

/// Every step of a loop is paid for. `all` and `exists` go on after a failing step, but not after
/// a failing condition; `map` and `filter` are run fast only with a constant condition, and stop
/// at a failing step.
fn pay_for_steps(loop_: &mut ComprehensionExpr) {
    let step = |node: &mut Expression| {
        let paid = ident(node.id, STEP);
        on_condition(node, paid);
    };
    if !matches!(loop_.loop_cond.expr, Expr::Literal(_)) {
        step(&mut loop_.loop_cond);
        return;
    }
    if let Expr::Call(call) = &mut loop_.loop_step.expr {
        match (call.func_name.as_str(), call.args.as_mut_slice()) {
            ("_?_:_", [condition, ..]) => return step(condition),
            ("_+_", [_, Expression { expr: Expr::List(list), .. }]) => {
                return list.elements.iter_mut().for_each(step);
            }
            _ => {}
        }
    }
    step(&mut loop_.loop_step);
}

/// Equality asks its left side, and only objects of the read model know how to compare themselves
/// with what was written down.
fn put_literal_last(arguments: &mut [Expression]) {
    let is_literal = |node: &Expression| matches!(node.expr, Expr::List(_) | Expr::Map(_));
    if let [left, right] = arguments
        && is_literal(left)
        && !is_literal(right)
    {
        std::mem::swap(left, right);
    }
}

fn check_function(name: &str) -> Result<(), ExpressionError> {
    if STANDARD.contains(&name) || Function::of_name(name).is_some() {
        return Ok(());
    }
    if NOT_BUILT.contains(&name) {
        let text = format!("the function '{name}' is not built yet");
        return Err(ExpressionError::new(text));
    }
    if MACROS.contains(&name) {
        let text = format!("'{name}' is written list.{name}(x, expression)");
        return Err(ExpressionError::new(text));
    }
    let ours = Function::NAMES.iter().filter(|known| !known.starts_with('@'));
    Err(unknown("function", name, STANDARD.iter().chain(MACROS).chain(ours).copied()))
}

fn unknown<'k>(what: &str, name: &str, known: impl Iterator<Item = &'k str>) -> ExpressionError {
    let nearest = known
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min();
    ExpressionError::new(match nearest {
        Some((_, nearest)) => format!("there is no {what} '{name}'; did you mean '{nearest}'?"),
        None => format!("there is no {what} '{name}'"),
    })
}
