//! Names within a document: each once, and none that stands for nothing.

use std::collections::BTreeSet;

use super::at::Origin;
use crate::document::{DocumentError, Node, excerpt, nearest};

/// Refuses the second use of a name.
pub(super) fn refuse_duplicates<'a>(
    names: impl IntoIterator<Item = (&'a str, Origin)>,
    what: &str,
) -> Result<(), (String, Origin)> {
    let mut seen = BTreeSet::new();
    for (name, origin) in names {
        if !seen.insert(name) {
            return Err((format!("the {what} `{}` is used twice", excerpt(name)), origin));
        }
    }
    Ok(())
}

/// As [`refuse_duplicates`], with the place in a document.
pub(super) fn check_unique<'a>(
    document: &Node,
    names: impl IntoIterator<Item = (&'a str, Origin)>,
    what: &str,
) -> Result<(), DocumentError> {
    refuse_duplicates(names, what).map_err(|(message, origin)| {
        origin.error(document, message).with_remedy("Give it another name")
    })
}

/// The error for a name that stands for nothing.
pub(super) fn nothing_called<'a>(
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> DocumentError {
    let known: Vec<&str> = known.into_iter().collect();
    let error = DocumentError::new(format!("there is no {what} `{}`", excerpt(name)));
    let remedy = match (nearest(name, known.iter().copied()), &known[..]) {
        (Some(near), _) => format!("Did you mean `{near}`?"),
        (None, []) => format!("Add a {what} first"),
        (None, _) if known.len() <= 12 => format!("There are: {}", known.join(", ")),
        (None, _) => format!("There are {}, such as `{}`", known.len(), known[0]),
    };
    error.with_remedy(remedy)
}

/// The last segment of an ARN, or the name itself.
pub(super) fn short(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The name in a target group's ARN, or the name itself:
/// `arn:…:targetgroup/<name>/<id>`.
pub(super) fn target_group_name(name: &str) -> &str {
    let mut parts = name.split(":targetgroup/");
    match (parts.next(), parts.next()) {
        (Some(_), Some(rest)) => rest.split('/').next().unwrap_or(rest),
        _ => name,
    }
}
