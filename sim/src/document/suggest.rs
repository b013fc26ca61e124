//! The name that was probably meant.

/// More valid names than this are not listed in a remedy.
const LISTED: usize = 60;
/// Names longer than this are not compared: no valid one is.
const COMPARED: usize = 64;

/// What to do about a name that is none of the valid ones.
#[must_use]
pub fn remedy(found: &str, valid: &[&str]) -> String {
    if let Some(name) = nearest(found, valid.iter().copied()) {
        return format!("Did you mean `{name}`?");
    }
    match valid {
        [] => "Nothing is allowed here".to_owned(),
        [only] => format!("Only `{only}` is allowed here"),
        _ if valid.len() > LISTED => format!("Allowed here: {}, ...", valid[..LISTED].join(", ")),
        _ => format!("Allowed here: {}", valid.join(", ")),
    }
}

/// The valid name that is nearest to one that is not, if it is near enough to be a slip.
///
/// A slip is another case, or a third of the letters wrong, missing, doubled or swapped.
#[must_use]
pub fn nearest<'a>(found: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if found.len() > COMPARED {
        return None;
    }
    let folded = found.to_ascii_lowercase();
    valid
        .into_iter()
        .filter(|name| name.len() <= COMPARED)
        .map(|name| (strsim::damerau_levenshtein(&folded, &name.to_ascii_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.chars().count() / 3).min(4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_word() {
        let valid = ["desiredCount", "taskDefinition", "at"];
        assert_eq!(nearest("desiredCuont", valid), Some("desiredCount"));
        assert_eq!(nearest("TaskDefinition", valid), Some("taskDefinition"));
        assert_eq!(nearest("AT", valid), Some("at"));
        assert_eq!(nearest("as", valid), None);
        assert_eq!(nearest("replicas", valid), None);
    }

    #[test]
    fn without_a_near_one_the_valid_names_are_listed() {
        assert_eq!(remedy("x", &["one", "two"]), "Allowed here: one, two");
        assert_eq!(remedy("stedy", &["empty", "steady"]), "Did you mean `steady`?");
    }
}
