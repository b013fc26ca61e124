//! Writes a tree as YAML that people like to read and every YAML reader understands alike.
//!
//! Small lists and maps stand on one line as in `- { id: a1, cpu: 4096 }`, larger ones in lines of
//! their own. A text is quoted wherever some version of YAML could take it for something else.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    convert::to_node,
    error::DocumentError,
    node::{Entry, Node, Value},
    plain,
};

/// Lines are kept within this width where a list or map can be broken.
const WIDTH: usize = 100;
/// YAML readers look for the colon of a key no further than 1,024 characters.
const LONGEST_KEY: usize = 1000;

/// A tree as YAML. Reading it again yields an equal tree.
#[must_use]
pub fn to_yaml(node: &Node) -> String {
    let mut out = String::new();
    match &node.value {
        Value::List(items) if !items.is_empty() => write_items(&mut out, items, 0),
        Value::Map(entries) if !entries.is_empty() => write_entries(&mut out, entries, 0),
        _ => {
            write_flow(&mut out, node);
            out.push('\n');
        }
    }
    out
}

/// Any value that can be serialized, as YAML.
///
/// # Errors
///
/// If the value cannot be written as a document.
pub fn value_to_yaml<T: Serialize + ?Sized>(value: &T) -> Result<String, DocumentError> {
    to_node(value).map(|node| to_yaml(&node))
}

/// The lines of a map. The first begins where `out` stands, which is at `indent`.
fn write_entries(out: &mut String, entries: &[Entry], indent: usize) {
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 {
            indent_line(out, indent);
        }
        let key = quoted(&entry.key.name);
        if key.len() > LONGEST_KEY {
            let _ = writeln!(out, "? {key}");
            indent_line(out, indent);
        } else {
            out.push_str(&key);
        }
        out.push(':');
        write_value(out, &entry.value, indent, indent + 2);
    }
}

/// What follows the colon of a key at `indent`, up to the end of its last line.
fn write_value(out: &mut String, node: &Node, indent: usize, inner: usize) {
    let column = out.len() - out.rfind('\n').map_or(0, |at| at + 1);
    if !is_table(node) && fits(node, WIDTH.saturating_sub(column + 1)) {
        out.push(' ');
        write_flow(out, node);
        out.push('\n');
        return;
    }
    out.push('\n');
    match &node.value {
        Value::List(items) => {
            indent_line(out, indent + 2);
            write_items(out, items, indent + 2);
        }
        Value::Map(entries) => {
            indent_line(out, inner);
            write_entries(out, entries, inner);
        }
        _ => unreachable!("a scalar always fits"),
    }
}

/// The lines of a list. The first begins where `out` stands, which is at `indent`.
fn write_items(out: &mut String, items: &[Node], indent: usize) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            indent_line(out, indent);
        }
        out.push_str("- ");
        match &item.value {
            _ if fits(item, WIDTH.saturating_sub(indent + 2)) => {
                write_flow(out, item);
                out.push('\n');
            }
            Value::List(items) => write_items(out, items, indent + 2),
            Value::Map(entries) => write_entries(out, entries, indent + 2),
            _ => unreachable!("a scalar always fits"),
        }
    }
}

fn indent_line(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Several maps in a list: they read best one to a line.
fn is_table(node: &Node) -> bool {
    node.items().iter().filter(|item| !item.entries().is_empty()).count() > 1
}

/// Whether a value can stand on one line of that width. A scalar has no other way.
fn fits(node: &Node, width: usize) -> bool {
    flow_width(node, width).is_some()
}

/// The width of a value on one line; `None` for what is wider than the limit and can be broken.
fn flow_width(node: &Node, limit: usize) -> Option<usize> {
    let mut width = 4;
    match &node.value {
        Value::List(items) => {
            for item in items {
                width += flow_width_inside(item, limit.checked_sub(width)?)? + 2;
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                let key = quoted(&entry.key.name).len() + 2;
                width += key;
                width += flow_width_inside(&entry.value, limit.checked_sub(width)?)? + 2;
            }
        }
        _ => return Some(0),
    }
    (width <= limit).then_some(width)
}

/// The same for a part of a line, where scalars count too.
fn flow_width_inside(node: &Node, limit: usize) -> Option<usize> {
    let width = match &node.value {
        Value::List(_) | Value::Map(_) => return flow_width(node, limit),
        Value::String(text) if text.len() > limit => return None,
        Value::String(text) => quoted(text).len(),
        Value::Number(number) => number.canonical().len(),
        Value::Null | Value::Bool(_) => 5,
    };
    (width <= limit).then_some(width)
}

/// A value on one line.
fn write_flow(out: &mut String, node: &Node) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.canonical()),
        Value::String(text) => out.push_str(&quoted(text)),
        Value::List(items) if items.is_empty() => out.push_str("[]"),
        Value::Map(entries) if entries.is_empty() => out.push_str("{}"),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "[" } else { ", " });
                write_flow(out, item);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                out.push_str(if index == 0 { "{ " } else { ", " });
                out.push_str(&quoted(&entry.key.name));
                out.push_str(": ");
                write_flow(out, &entry.value);
            }
            out.push_str(" }");
        }
    }
}

/// A text, in double quotes unless it is safe without.
fn quoted(text: &str) -> String {
    if is_safe_plain(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if is_printable(letter) => out.push(letter),
            _ if u32::from(letter) <= 0xff => {
                let _ = write!(out, "\\x{:02x}", u32::from(letter));
            }
            _ if u32::from(letter) <= 0xffff => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            _ => {
                let _ = write!(out, "\\U{:08x}", u32::from(letter));
            }
        }
    }
    out.push('"');
    out
}

/// Whether a text means itself without quotes, in every version of YAML and in every position.
fn is_safe_plain(text: &str) -> bool {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '/');
    let is_inner = |letter: char| is_word(letter) || matches!(letter, '.' | '-' | ' ' | '@' | '+');
    let Some(first) = text.chars().next() else { return false };
    is_word(first)
        && text.chars().all(is_inner)
        && text.ends_with(|last| is_word(last) || last == '.')
        && text.split(' ').all(|word| word.starts_with(is_word))
        && plain::is_text(text)
        && !is_special_in_old_yaml(text)
        // A digit first is safe only in words such as `90s`: dates and versions are not.
        && (!first.is_ascii_digit() || text.chars().all(|c| c.is_ascii_alphanumeric()))
}

fn is_special_in_old_yaml(text: &str) -> bool {
    let folded = text.to_ascii_lowercase();
    matches!(&*folded, "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null")
        || text.starts_with("0b")
        || text.starts_with("0x")
        || text.starts_with("0o")
        || text.contains('_') && text.chars().all(|c| c.is_ascii_digit() || c == '_')
}

fn is_printable(letter: char) -> bool {
    !matches!(
        u32::from(letter),
        0..0x20 | 0x7f..0xa0 | 0x2028 | 0x2029 | 0xfeff | 0xfdd0..0xfdf0
    ) && u32::from(letter) & 0xfffe != 0xfffe
}
