//! From files to the parts of an export: documents read, their kinds recognised.

use crate::document::{DocumentError, Limits, Node, Value, parse_json};

use super::Watch;
use super::at::At;
use super::kind::{self, Kind};
use super::note::{Concern, ImportError, Notes};

/// One JSON document of a file.
pub(super) struct Document<'f> {
    pub(super) file: &'f str,
    pub(super) lines_before: u32,
    pub(super) tree: Node,
}

/// Reads every document of every file. A file may hold several, one after the other, as a shell
/// loop or a paste of several answers makes them.
pub(super) fn read<'f>(
    files: &[(&'f str, &'f [u8])],
    notes: &mut Notes,
    watch: &mut Watch<'_>,
) -> Result<Vec<Document<'f>>, ImportError> {
    let mut limits = Limits::default();
    check_size(files, &limits)?;
    let mut documents = Vec::new();
    let mut done = 0;
    for &(file, bytes) in files {
        done += bytes.len();
        watch(done);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            notes.of_file(Concern::Missing, file, "the file is empty");
            continue;
        }
        for (lines_before, text) in split(bytes) {
            let tree = parse_json(text, &limits)
                .map_err(|error| ImportError::new(file, advised(error, lines_before, text)))?;
            // The limit is one for all files: what they hold is in memory together.
            limits.max_nodes = limits.max_nodes.saturating_sub(values_in(&tree));
            documents.push(Document { file, lines_before, tree });
        }
    }
    Ok(documents)
}

fn check_size(files: &[(&str, &[u8])], limits: &Limits) -> Result<(), ImportError> {
    let most = limits.max_bytes;
    let remedy = "Import one cluster at a time";
    if let Some((file, bytes)) = files.iter().find(|(_, bytes)| bytes.len() > most) {
        let message = format!("{} bytes are over the maximum {most}", bytes.len());
        return Err(ImportError::new(file, DocumentError::new(message).with_remedy(remedy)));
    }
    let total = files.iter().fold(0_usize, |sum, (_, bytes)| sum.saturating_add(bytes.len()));
    if total > most {
        let message = format!("the files have {total} bytes, which is over the maximum {most}");
        return Err(ImportError::of_all(message, remedy));
    }
    Ok(())
}

/// Values in a tree, as the limit counts them.
fn values_in(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => items.iter().map(values_in).sum::<usize>() + 1,
        Value::Map(entries) => entries.iter().map(|e| values_in(&e.value)).sum::<usize>() + 1,
        _ => 1,
    }
}
/// Nobody writes an export by hand: what is wrong with its text went wrong on the way.
fn advised(mut error: DocumentError, lines_before: u32, text: &[u8]) -> DocumentError {
    if error.line > 0 {
        error.line += lines_before;
    }
    if let Some(rest) = error.message.strip_prefix("more than ")
        && rest.ends_with("values, aliases included")
    {
        let most = Limits::default().max_nodes;
        error.message = format!("more than {most} values, those of earlier files included");
        error.remedy = Some("Import one cluster at a time".to_owned());
    } else if std::str::from_utf8(text).is_ok() {
        let remedy = "Export it again with --output json, and do not cut it off";
        error.remedy = Some(remedy.to_owned());
    }
    error
}

/// The documents of a file, each with the number of lines before it: a document begins where
/// everything before it is closed. What is no JSON stays whole, for the reader to refuse.
fn split(bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let (mut parts, mut start, mut lines, mut lines_at_start) = (Vec::new(), 0, 0_u32, 0);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (index, &byte) in bytes.iter().enumerate() {
        lines += u32::from(byte == b'\n');
        if in_string {
            (in_string, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                let before = &bytes[start..index];
                // Only what stands apart begins a document: `}{` and `}\n{`, but not `},{`.
                if depth == 0 && before.last().is_some() && ends_closed(before) {
                    parts.push((lines_at_start, before));
                    (start, lines_at_start) = (index, lines);
                }
                depth += 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    parts.push((lines_at_start, &bytes[start..]));
    parts
}

/// Whether a piece of text ends with a closed list or map, blanks aside.
fn ends_closed(text: &[u8]) -> bool {
    text.trim_ascii_end().ends_with(b"}") || text.trim_ascii_end().ends_with(b"]")
}

/// The parts of all documents, with their kinds.
pub(super) fn parts<'d>(
    documents: &'d [Document<'_>],
    notes: &mut Notes,
) -> Result<Vec<(Kind, At<'d>)>, ImportError> {
    let mut parts = Vec::new();
    for document in documents {
        let root = At::root(document.file, document.lines_before, &document.tree);
        if kind::is_scenario(&document.tree) {
            return Err(root
                .error("this is a scenario, not an export")
                .remedy("Run it with `stowplan run`, or leave it out"));
        }
        take_answer(&root, &mut parts, notes, true)?;
    }
    if parts.iter().all(|(kind, _)| *kind == Kind::Other) {
        let places: Vec<&str> = documents.iter().map(|document| document.file).collect();
        let message = match &places[..] {
            [] => "there is nothing to import".to_owned(),
            [one] => format!("{one} holds nothing of an ECS cluster"),
            many => format!("none of the {} documents holds anything of a cluster", many.len()),
        };
        let remedy = "Give the JSON that `aws ecs describe-container-instances`, \
             `describe-services`, `describe-tasks` and `describe-task-definition` print";
        return Err(ImportError::of_all(message, remedy));
    }
    Ok(parts)
}

fn take_answer<'d>(
    answer: &At<'d>,
    parts: &mut Vec<(Kind, At<'d>)>,
    notes: &mut Notes,
    may_be_list: bool,
) -> Result<(), ImportError> {
    if let Some(kind) = kind::element(answer.node()) {
        parts.push((kind, answer.clone()));
        return Ok(());
    }
    if let Some((key, kind)) = kind::wrapper(answer.node()) {
        return take_wrapped(answer, key, kind, parts, notes);
    }
    if may_be_list && matches!(answer.node().value, Value::List(_)) {
        for item in answer.items()? {
            take_answer(&item, parts, notes, false)?;
        }
        return Ok(());
    }
    let message = "not recognised as an answer of `aws ecs` or `aws autoscaling`";
    notes.at(Concern::LeftOut, answer, message);
    Ok(())
}

fn take_wrapped<'d>(
    answer: &At<'d>,
    key: &str,
    kind: Kind,
    parts: &mut Vec<(Kind, At<'d>)>,
    notes: &mut Notes,
) -> Result<(), ImportError> {
    for failure in answer.list("failures")? {
        let what = failure.text("arn")?.unwrap_or("something").to_owned();
        let reason = failure.text("reason")?.unwrap_or("no reason given");
        let message = format!("the call could not describe {what}: {reason}");
        notes.at(Concern::Missing, &failure, message);
    }
    if answer.get("nextToken").is_some() || answer.get("NextToken").is_some() {
        let message = "the answer goes on: the AWS CLI was told to stop before its end";
        notes.at(Concern::Missing, answer, message);
    }
    if kind == Kind::Definition {
        // Its tags stand beside it.
        parts.push((kind, answer.clone()));
        return Ok(());
    }
    if kind == Kind::Other {
        notes.at(
            Concern::LeftOut,
            answer,
            format!("`{key}`: nothing of a scenario follows from it"),
        );
        return Ok(());
    }
    for item in answer.list(key)? {
        parts.push((kind, item));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(bytes: &[u8]) -> Vec<(u32, &str)> {
        let text = |bytes| std::str::from_utf8(bytes).expect("as given");
        split(bytes).into_iter().map(|(lines, bytes)| (lines, text(bytes))).collect()
    }

    #[test]
    fn answers_one_after_the_other_are_taken_apart() {
        assert_eq!(
            texts(b"{\"a\":[1]}\n{\"b\":\"}{\"}"),
            [(0, "{\"a\":[1]}\n"), (1, "{\"b\":\"}{\"}")]
        );
        assert_eq!(texts(b"[1][\"\\\"[\"]"), [(0, "[1]"), (0, "[\"\\\"[\"]")]);
    }

    #[test]
    fn what_is_cut_off_or_no_json_stays_whole() {
        for text in ["{\"a\":", "", "none {of} it", "{\"a\":1},{\"b\":2}", "]]}{"] {
            let whole = texts(text.as_bytes());
            assert!(whole.len() == 1 || text == "]]}{", "{text}: {whole:?}");
        }
    }
}
