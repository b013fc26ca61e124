//! Placement constraints and strategies as calls and definitions give them (01 sections 3.1, 3.2
//! R10 to R13, 4.3, 4.4).

use crate::api::CommandError;
use crate::api::input::{self, RegisterTaskDefinition};
use crate::expr::Known;
use crate::model::{BinpackField, PlacementConstraint, PlacementStrategy, SpreadField};

/// Most constraints of a task, those of its definition and of the call together.
const MOST_CONSTRAINTS: usize = 10;

/// Most strategies of a call.
const MOST_STRATEGIES: usize = 5;

/// Most characters of an attribute's name.
const LONGEST_ATTRIBUTE: usize = 128;

/// The constraints of a task: those of its definition, then those of the call, in list order
/// (R11: at most 10 together; R12).
pub fn placement_constraints(
    definition: &[PlacementConstraint],
    call: &[input::PlacementConstraint],
) -> Result<Vec<PlacementConstraint>, CommandError> {
    placement_constraints_known(definition, call, &mut Known::default())
}

/// As [`placement_constraints`], where expressions may be known from calls before.
pub(crate) fn placement_constraints_known(
    definition: &[PlacementConstraint],
    call: &[input::PlacementConstraint],
    expressions: &mut Known,
) -> Result<Vec<PlacementConstraint>, CommandError> {
    if definition.len() + call.len() > MOST_CONSTRAINTS {
        return Err(CommandError::invalid("Too many placement constraints."));
    }
    let mut constraints = definition.to_vec();
    for (position, given) in call.iter().enumerate() {
        let constraint = constraint(given, expressions).map_err(|problem| {
            CommandError::invalid(format!("placementConstraints[{position}]: {problem}"))
        })?;
        constraints.push(constraint);
    }
    Ok(constraints)
}

/// The strategies of a call, in list order (R11: at most 5; R13).
pub fn placement_strategies(
    call: &[input::PlacementStrategy],
) -> Result<Vec<PlacementStrategy>, CommandError> {
    if call.len() > MOST_STRATEGIES {
        return Err(CommandError::invalid("Too many placement strategies."));
    }
    let strategies = call.iter().enumerate().map(|(position, given)| {
        strategy(given).map_err(|problem| {
            CommandError::invalid(format!("placementStrategy[{position}]: {problem}"))
        })
    });
    strategies.collect()
}

/// Refuses what Fargate does not place by (R10).
pub fn refuse_placement_on_fargate(
    constraints: &[input::PlacementConstraint],
    strategies: &[input::PlacementStrategy],
) -> Result<(), CommandError> {
    if !constraints.is_empty() {
        return Err(CommandError::invalid(
            "Placement constraints are not supported with FARGATE launch type.",
        ));
    }
    if !strategies.is_empty() {
        return Err(CommandError::invalid(
            "Placement strategies are not supported with FARGATE launch type.",
        ));
    }
    Ok(())
}

/// The constraints of a registration, or what is wrong with the first bad one (V27).
pub(super) fn constraints_of_definition(
    input: &RegisterTaskDefinition,
) -> Result<Vec<PlacementConstraint>, String> {
    let given = &input.placement_constraints;
    if given.len() > MOST_CONSTRAINTS {
        return Err(format!("At most {MOST_CONSTRAINTS} are allowed."));
    }
    let mut expressions = Known::default();
    let read = |(position, given): (usize, &input::PlacementConstraint)| {
        let constraint = match given.kind.as_str() {
            "distinctInstance" => Err("a task definition takes only memberOf".to_owned()),
            _ => constraint(given, &mut expressions),
        };
        constraint.map_err(|problem| format!("placementConstraints[{position}]: {problem}"))
    };
    given.iter().enumerate().map(read).collect()
}

fn constraint(
    given: &input::PlacementConstraint,
    expressions: &mut Known,
) -> Result<PlacementConstraint, String> {
    match (given.kind.as_str(), given.expression.as_deref()) {
        ("distinctInstance", None) => Ok(PlacementConstraint::DistinctInstance),
        ("distinctInstance", Some(_)) => Err("distinctInstance takes no expression".to_owned()),
        ("memberOf", None) => Err("memberOf needs an expression".to_owned()),
        ("memberOf", Some(text)) => match expressions.parse(text) {
            Ok(expression) => Ok(PlacementConstraint::MemberOf(expression)),
            Err(problem) => Err(problem.to_string()),
        },
        (kind, _) => Err(format!(
            "unknown constraint type '{kind}'; valid are distinctInstance and memberOf"
        )),
    }
}

fn strategy(given: &input::PlacementStrategy) -> Result<PlacementStrategy, String> {
    let field = given.field.as_deref();
    match given.kind.as_str() {
        // AWS says of `random` that the field is not used.
        "random" => Ok(PlacementStrategy::Random),
        "spread" => spread_field(field).map(PlacementStrategy::Spread),
        "binpack" => binpack_field(field).map(PlacementStrategy::Binpack),
        kind => Err(format!("unknown type '{kind}'; valid are random, spread and binpack")),
    }
}

fn spread_field(field: Option<&str>) -> Result<SpreadField, String> {
    let Some(field) = field.filter(|field| !field.is_empty()) else {
        return Err("spread needs a field: instanceId, host or attribute:<name>".to_owned());
    };
    if field == "instanceId" || field == "host" {
        return Ok(SpreadField::Instance);
    }
    match field.strip_prefix("attribute:") {
        Some(name) if is_attribute_name(name) => Ok(SpreadField::Attribute(name.into())),
        _ => Err(format!(
            "spread cannot use field '{field}'; valid are instanceId, host and attribute:<name>"
        )),
    }
}

/// 01 section 6.
fn is_attribute_name(name: &str) -> bool {
    (1..=LONGEST_ATTRIBUTE).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./\\".contains(&byte))
}

fn binpack_field(field: Option<&str>) -> Result<BinpackField, String> {
    let Some(field) = field.filter(|field| !field.is_empty()) else {
        return Err("binpack needs a field: cpu or memory".to_owned());
    };
    // Services show it in upper case, so that an export says CPU and MEMORY.
    if field.eq_ignore_ascii_case("cpu") {
        Ok(BinpackField::Cpu)
    } else if field.eq_ignore_ascii_case("memory") {
        Ok(BinpackField::Memory)
    } else {
        Err(format!("binpack cannot use field '{field}'; valid are cpu and memory"))
    }
}
