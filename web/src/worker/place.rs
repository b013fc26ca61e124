//! Places in a document by their path, as errors name them: `timeline[3].updateService`.

use serde_json::Value;

/// The keys and positions of a path.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split(['.', '[', ']']).filter(|step| !step.is_empty())
}

/// What stands at a path.
pub(super) fn find<'d>(document: &'d Value, path: &str) -> Option<&'d Value> {
    steps(path).try_fold(document, |node, step| match node {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

/// The same, to be changed; the error says that it is not there.
pub(super) fn found<'d>(document: &'d mut Value, path: &str) -> Result<&'d mut Value, String> {
    let node = steps(path).try_fold(document, |node, step| match node {
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        other => other.get_mut(step),
    });
    node.ok_or_else(|| format!("The document has no {path}."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_leads_through_keys_and_positions() {
        let mut document = json!({ "timeline": [ {}, { "stopTask": { "task": "T1" } } ] });
        let path = "timeline[1].stopTask.task";
        assert_eq!(find(&document, path), Some(&json!("T1")));
        *found(&mut document, path).expect("it is there") = json!("T2");
        assert_eq!(find(&document, path), Some(&json!("T2")));
        let nowhere = found(&mut document, "timeline[2].stopTask").unwrap_err();
        assert_eq!(nowhere, "The document has no timeline[2].stopTask.");
    }
}
