//! The functions of the scenario format. A call `trace('web')` is evaluated as an index into a
//! variable that no one can write, so that a function sees the evaluation it is part of.

use std::fmt;

use cel::ExecutionError;
use cel::common::traits::Indexer;
use cel::common::types::{CelBool, CelDouble, CelString, Type};
use cel::common::value::{CowVal, Val};
use serde_json::json;
use stowplan_engine::expr::Expression;
use stowplan_engine::model::{InstanceStatus, Time, fargate};

use super::names::Scope;
use super::value::{elements, number, to_cel};
use crate::series::SeriesError;
use crate::view::{self, clients};

/// Declares the functions: name, hidden variable, and how many arguments they take.
macro_rules! functions {
    ($(
        $(#[$meta:meta])*
        $name:ident = $text:literal $variable:literal ($least:literal, $most:literal),
    )*) => {
        /// A function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Function {
            $($(#[$meta])* $name,)*
        }

        impl Function {
            /// Names that can be written in an expression.
            pub(crate) const NAMES: &'static [&'static str] = &[$($text),*];

            /// A function by the name that is written.
            pub(crate) fn of_name(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// A function by its variable.
            pub(crate) fn of_variable(name: &str) -> Option<Self> {
                match name {
                    $($variable => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The name that is written.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The variable that stands for it.
            pub(crate) const fn variable(self) -> &'static str {
                match self {
                    $(Self::$name => $variable,)*
                }
            }

            /// How many arguments it takes.
            pub(crate) const fn arity(self) -> (usize, usize) {
                match self {
                    $(Self::$name => ($least, $most),)*
                }
            }
        }
    };
}

functions! {
    /// The history of a service.
    Trace = "trace" "@trace" (1, 1),
    /// A number at an instant.
    ValueAt = "valueAt" "@valueAt" (2, 2),
    /// The largest value of a number.
    MaxOf = "maxOf" "@maxOf" (1, 3),
    /// The smallest value of a number.
    MinOf = "minOf" "@minOf" (1, 3),
    /// A number added up over time.
    IntegralOf = "integralOf" "@integralOf" (1, 3),
    /// Instances by a query expression.
    Matching = "matching" "@matching" (1, 1),
    /// Two numbers that differ by little.
    Near = "near" "@near" (3, 3),
    /// The largest of a list.
    Max = "max" "@max" (1, 1),
    /// The smallest of a list.
    Min = "min" "@min" (1, 1),
    /// What a client has as the answer of DNS.
    Dns = "dns" "@dns" (2, 3),
    /// What a task reaches by Service Connect.
    Endpoints = "endpoints" "@endpoints" (2, 2),
    /// What the waiter would say.
    ServicesStable = "servicesStable" "@servicesStable" (1, 1),
    /// The smallest Fargate size for a need.
    FargateFit = "fargateFit" "@fargateFit" (2, 2),
    /// CEL's own, over the regular expressions of the query language.
    Matches = "matches" "@matches" (2, 2),
    /// A value that is about to be copied, paid for; see [`super::budget`].
    Pay = "@pay" "@pay" (1, 1),
}

/// Functions of the scenario format that nothing stands behind yet.
pub(crate) const NOT_BUILT: &[&str] = &["iam", "breakEven", "headroom", "decision"];

impl Function {
    /// Whether what it yields changes only with the record of the run.
    pub(crate) fn reads_record_only(self) -> bool {
        match self {
            Self::Trace
            | Self::Near
            | Self::Max
            | Self::Min
            | Self::FargateFit
            | Self::Matches
            | Self::Pay => true,
            Self::ValueAt
            | Self::MaxOf
            | Self::MinOf
            | Self::IntegralOf
            | Self::Matching
            | Self::Dns
            | Self::Endpoints
            | Self::ServicesStable => false,
        }
    }

    /// Whether its first argument is the path of a number over time.
    pub(crate) fn reads_series(self) -> bool {
        matches!(self, Self::ValueAt | Self::MaxOf | Self::MinOf | Self::IntegralOf)
    }
}

static FUNCTION_TYPE: Type = Type::new_unspecified_type("function");

/// A function of one evaluation.
pub(crate) struct FunctionValue<'s> {
    scope: &'s Scope<'s>,
    function: Function,
}

impl<'s> FunctionValue<'s> {
    pub(crate) fn new(scope: &'s Scope<'s>, function: Function) -> Self {
        Self { scope, function }
    }
}

impl fmt::Debug for FunctionValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.function.as_str())
    }
}

impl Val for FunctionValue<'_> {
    fn get_type(&self) -> &Type {
        &FUNCTION_TYPE
    }

    fn cel_type() -> &'static Type {
        &FUNCTION_TYPE
    }

    fn as_indexer<'b, 'w>(&'b self) -> Option<&'b (dyn Indexer + 'w)>
    where
        Self: 'w,
    {
        Some(self)
    }

    fn clone_as_boxed<'w>(&self) -> Box<dyn Val + 'w>
    where
        Self: 'w,
    {
        Box::new(Self::new(self.scope, self.function))
    }
}

impl Indexer for FunctionValue<'_> {
    fn get<'b, 'w>(&'b self, arguments: &dyn Val) -> Result<CowVal<'b, 'w>, ExecutionError>
    where
        Self: 'w,
    {
        if self.function == Function::Pay {
            self.scope.budget.pay_for(arguments)?;
            return Ok(CowVal::owned(CelBool::from(true)));
        }
        let arguments = elements(arguments).unwrap_or_default();
        let result = call(self.scope, self.function, arguments);
        result
            .map(CowVal::Owned)
            .map_err(|message| ExecutionError::function_error(self.function.as_str(), message))
    }

    fn steal<'w>(self: Box<Self>, arguments: &dyn Val) -> Result<Box<dyn Val + 'w>, ExecutionError>
    where
        Self: 'w,
    {
        self.get(arguments).map(CowVal::into_owned)
    }
}

type Arguments<'a, 'v> = &'a [Box<dyn Val + 'v>];

fn call(
    scope: &Scope<'_>,
    function: Function,
    arguments: Arguments<'_, '_>,
) -> Result<Box<dyn Val>, String> {
    Ok(match function {
        Function::Trace => trace(scope, text(arguments, 0)?)?,
        Function::ValueAt => {
            let at = instant(numeric(arguments, 1)?)?;
            double(scope.series.value_at(text(arguments, 0)?, at))?
        }
        Function::MaxOf => {
            over(scope, arguments, |series, path, from, to| series.max(path, from, to))?
        }
        Function::MinOf => {
            over(scope, arguments, |series, path, from, to| series.min(path, from, to))?
        }
        Function::IntegralOf => {
            over(scope, arguments, |series, path, from, to| series.integral(path, from, to))?
        }
        Function::Matching => matching(scope, text(arguments, 0)?)?,
        Function::Dns => {
            let asked_at = arguments.get(2).map(|_| instant(numeric(arguments, 2)?)).transpose()?;
            let (name, kind) = (text(arguments, 0)?, text(arguments, 1)?);
            to_cel(clients::dns(&scope.moment, name, kind, asked_at)?.into())
        }
        Function::Endpoints => {
            let (task, name) = (text(arguments, 0)?, text(arguments, 1)?);
            to_cel(clients::endpoints(&scope.moment, task, name)?.into())
        }
        Function::Near => {
            let [a, b, tolerance] =
                [numeric(arguments, 0)?, numeric(arguments, 1)?, numeric(arguments, 2)?];
            Box::new(CelBool::from((a - b).abs() <= tolerance))
        }
        Function::Max => extreme(arguments, |candidate, best| candidate > best)?,
        Function::Min => extreme(arguments, |candidate, best| candidate < best)?,
        Function::ServicesStable => {
            let service = find_service(scope, text(arguments, 0)?)?;
            Box::new(CelBool::from(view::services_stable(&scope.moment, service)))
        }
        Function::FargateFit => fargate_fit(scope, numeric(arguments, 0)?, numeric(arguments, 1)?)?,
        Function::Matches => {
            let found = scope.patterns.is_match(text(arguments, 1)?, text(arguments, 0)?)?;
            Box::new(CelBool::from(found))
        }
        Function::Pay => unreachable!("paying takes no list"),
    })
}

fn text<'a>(arguments: Arguments<'a, '_>, position: usize) -> Result<&'a str, String> {
    let argument = &arguments[position];
    let text = argument.downcast_ref::<CelString<'_>>().map(CelString::inner);
    text.ok_or_else(|| {
        format!("argument {} is {}, not a string", position + 1, argument.get_type().name())
    })
}

fn numeric(arguments: Arguments<'_, '_>, position: usize) -> Result<f64, String> {
    let argument = arguments[position].as_ref();
    number(argument).ok_or_else(|| {
        format!("argument {} is {}, not a number", position + 1, argument.get_type().name())
    })
}

/// An instant in whole milliseconds.
fn instant(seconds: f64) -> Result<Time, String> {
    let ms = seconds * 1000.0;
    // Up to 2^53 ms a double is exact; no run is longer than that.
    if ms.is_finite() && ms.abs() <= 9_007_199_254_740_992.0 {
        Ok(Time(ms.round() as i64))
    } else {
        Err(format!("{seconds} is no time"))
    }
}

fn double(value: Result<f64, SeriesError>) -> Result<Box<dyn Val>, String> {
    value.map(|value| Box::new(CelDouble::from(value)) as Box<dyn Val>).map_err(|e| e.to_string())
}

/// A span of numbers over time; by default the run so far.
fn over(
    scope: &Scope<'_>,
    arguments: Arguments<'_, '_>,
    ask: impl Fn(&crate::series::Series, &str, Time, Time) -> Result<f64, SeriesError>,
) -> Result<Box<dyn Val>, String> {
    let from = if arguments.len() > 1 { instant(numeric(arguments, 1)?)? } else { Time::ZERO };
    let to = if arguments.len() > 2 { instant(numeric(arguments, 2)?)? } else { scope.moment.now };
    double(ask(scope.series, text(arguments, 0)?, from, to))
}

fn find_service(scope: &Scope<'_>, key: &str) -> Result<stowplan_engine::model::ServiceId, String> {
    scope.moment.service(key).ok_or_else(|| format!("there is no service '{key}'"))
}

fn trace(scope: &Scope<'_>, key: &str) -> Result<Box<dyn Val>, String> {
    let service = find_service(scope, key)?;
    let texts = scope.moment.record.trace(service, scope.moment.engine);
    scope.budget.pay(texts.len() as u64).map_err(|error| error.to_string())?;
    Ok(to_cel(texts.into()))
}

/// Ids of the instances for which a query expression holds, sorted; INACTIVE ones are none.
fn matching(scope: &Scope<'_>, filter: &str) -> Result<Box<dyn Val>, String> {
    let filter = Expression::parse(filter).map_err(|error| error.to_string())?;
    let moment = &scope.moment;
    let looked_at = moment.engine.instances().count();
    scope.budget.pay(looked_at as u64).map_err(|error| error.to_string())?;
    let holds = moment.engine.instances().filter(|(id, row)| {
        row.status != InstanceStatus::Inactive && moment.engine.holds(&filter, *id)
    });
    let mut keys: Vec<String> = holds.map(|(_, row)| moment.key(row.cluster, &row.name)).collect();
    keys.sort_unstable();
    Ok(to_cel(keys.into()))
}

/// The element of a list that no other one beats, as it stands there.
fn extreme(
    arguments: Arguments<'_, '_>,
    beats: impl Fn(f64, f64) -> bool,
) -> Result<Box<dyn Val>, String> {
    let list = elements(arguments[0].as_ref()).ok_or("argument 1 is not a list")?;
    let mut best: Option<(f64, &dyn Val)> = None;
    for element in list {
        let value = number(element.as_ref()).ok_or_else(|| {
            format!("the list holds {}, not only numbers", element.get_type().name())
        })?;
        if best.is_none_or(|(known, _)| beats(value, known)) {
            best = Some((value, element.as_ref()));
        }
    }
    let (_, element) = best.ok_or("the list is empty")?;
    super::value::to_json(element).map(to_cel).ok_or_else(|| "this is no number".to_owned())
}

/// The smallest size by CPU, then memory, that holds a need (01 section 2.4).
fn fargate_fit(scope: &Scope<'_>, cpu: f64, memory: f64) -> Result<Box<dyn Val>, String> {
    let sizes = fargate::sizes(scope.moment.engine.config().fargate_32_vcpu);
    let mut fitting = sizes
        .filter(|size| f64::from(size.cpu_units) >= cpu && f64::from(size.memory_mib) >= memory);
    let size = fitting.next().ok_or("no Fargate size is that large")?;
    Ok(to_cel(json!({ "cpu": size.cpu_units, "memory": size.memory_mib })))
}
