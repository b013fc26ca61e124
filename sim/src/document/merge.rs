//! JSON merge patches (RFC 7396) on trees with places.

use std::collections::BTreeMap;

use super::node::{Entry, Node, Value};

/// Applies a patch: maps are merged key by key, `null` removes a key, all else replaces what was
/// there, lists too. What comes from the patch keeps its place in the patch.
pub fn merge_patch(target: &mut Node, patch: &Node) {
    let Value::Map(changes) = &patch.value else {
        *target = patch.clone();
        return;
    };
    if !matches!(target.value, Value::Map(_)) {
        *target = Node::new(Value::Map(Vec::new()), patch.place);
    }
    let Value::Map(entries) = &mut target.value else { unreachable!("made a map just above") };
    let positions: BTreeMap<String, usize> =
        entries.iter().enumerate().map(|(index, entry)| (entry.key.name.clone(), index)).collect();
    let mut removed = vec![false; entries.len()];
    for change in changes {
        match (positions.get(&change.key.name), change.value.is_null()) {
            (Some(&index), true) => removed[index] = true,
            (Some(&index), false) => merge_patch(&mut entries[index].value, &change.value),
            (None, true) => {}
            (None, false) => entries.push(added(change)),
        }
    }
    let mut removed = removed.into_iter();
    entries.retain(|_| !removed.next().unwrap_or(false));
}

/// A new entry of a patch, without the `null`s in it, which have nothing to remove.
fn added(change: &Entry) -> Entry {
    let mut value = Node::default();
    merge_patch(&mut value, &change.value);
    value.place = change.value.place;
    Entry { key: change.key.clone(), value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{from_json, to_json};

    /// The table of RFC 7396, appendix A.
    #[test]
    fn the_examples_of_the_rfc_hold() {
        for (target, patch, result) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, r"{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
            (r#"{"a":"foo"}"#, "null", "null"),
            (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            let read = |text: &str| serde_json::from_str(text).expect("the table is JSON");
            let mut node = from_json(&read(target));
            merge_patch(&mut node, &from_json(&read(patch)));
            assert_eq!(to_json(&node), read(result), "{target} with {patch}");
        }
    }
}
