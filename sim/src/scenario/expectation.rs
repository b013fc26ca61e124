//! The key `expect`: what must hold, and when.

use serde::Deserialize;
use stowplan_engine::model::Time;

use super::{
    at::{At, Source},
    unbuilt::Part,
};
use crate::document::{DocumentError, Duration};

/// One entry of `expect`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Its name in a report.
    pub label: Option<String>,
    /// The CEL expression.
    pub expression: String,
    /// When it must hold.
    pub quantifier: Quantifier,
    /// Where the expression stands.
    pub source: Source,
}

/// When an expression must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// At every instant in the span, both ends included.
    Always(Time, Time),
    /// At no instant in the span, both ends included.
    Never(Time, Time),
    /// At some instant up to then.
    Eventually(Time),
    /// Once everything at that time has settled.
    At(Time),
    /// When the run ends.
    Finally,
}

const FORMS: &[&str] = &["always", "never", "eventually", "holds", "finally"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectationKeys {
    label: Option<String>,
    always: Option<String>,
    never: Option<String>,
    eventually: Option<String>,
    holds: Option<String>,
    finally: Option<String>,
    at: Option<Duration>,
    from: Option<Duration>,
    to: Option<Duration>,
    by: Option<Duration>,
}

/// Reads the key; a time after `until` is an error.
pub(super) fn read(at: &At<'_>, until: Time) -> Result<Vec<Expectation>, DocumentError> {
    at.items()?.iter().map(|entry| entry_of(entry, until)).collect()
}

fn entry_of(at: &At<'_>, until: Time) -> Result<Expectation, DocumentError> {
    at.map_of(super::fields::fields_of::<ExpectationKeys>(), Part::Complete)?;
    let keys: ExpectationKeys = at.decode()?;
    let given: Vec<&str> = FORMS.iter().copied().filter(|form| at.get(form).is_some()).collect();
    let form = match given[..] {
        [form] => form,
        [] => {
            let error = at.error("nothing is said about when it must hold");
            return Err(error.with_remedy(format!("Add one of: {}", FORMS.join(", "))));
        }
        [one, two, ..] => {
            let error = at.error(format!("both `{one}` and `{two}` are given"));
            return Err(error.with_remedy("Write two entries"));
        }
    };
    let times = allowed_times(form);
    for name in ["at", "from", "to", "by"] {
        let Some(time) = at.get(name) else { continue };
        if !times.contains(&name) {
            let error = time.error(format!("`{form}` has no `{name}`"));
            return Err(error.with_remedy(remedy_for(form)));
        }
        if Time(millis(time.decode()?)) > until {
            let error = time.error(format!("this is after the end of the run, {until}"));
            return Err(error.with_remedy("Move it forward, or set `until` to a later time"));
        }
    }
    let time = |given: Option<Duration>, or: Time| given.map_or(or, |time| Time(millis(time)));
    let span = (time(keys.from, Time::ZERO), time(keys.to, until));
    if span.0 > span.1 {
        let error = at.required("from")?.error("`from` is after `to`");
        return Err(error.with_remedy("Swap the two"));
    }
    let quantifier = match form {
        "always" => Quantifier::Always(span.0, span.1),
        "never" => Quantifier::Never(span.0, span.1),
        "eventually" => Quantifier::Eventually(time(keys.by, until)),
        "holds" => {
            at.required("at")?;
            Quantifier::At(time(keys.at, until))
        }
        _ => Quantifier::Finally,
    };
    let expression = keys.always.or(keys.never).or(keys.eventually).or(keys.holds).or(keys.finally);
    Ok(Expectation {
        label: keys.label,
        expression: expression.unwrap_or_default(),
        quantifier,
        source: at.required(form)?.source(),
    })
}

fn allowed_times(form: &str) -> &'static [&'static str] {
    match form {
        "always" | "never" => &["from", "to"],
        "eventually" => &["by"],
        "holds" => &["at"],
        _ => &[],
    }
}

fn remedy_for(form: &str) -> &'static str {
    match form {
        "always" | "never" => "Write `from` and `to`",
        "eventually" => "Write `by`",
        "holds" => "Write `at`",
        _ => "Leave the time out, or write `at` and `holds`",
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.millis()).unwrap_or(i64::MAX)
}
