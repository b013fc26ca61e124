//! Values in a few words, for a failed expectation.

use std::fmt::Write as _;

use cel::common::types::{CelDouble, CelInt, CelNull, CelString, CelUInt};
use cel::common::value::Val;

use super::value::{elements, is_map};

/// Letters that a value may take.
const LONGEST: usize = 160;

/// A value in a few words: long lists and objects by their size.
pub(crate) fn short(value: &dyn Val) -> String {
    let mut text = String::new();
    write_value(value, 0, &mut text);
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn write_value(value: &dyn Val, depth: usize, out: &mut String) {
    if out.len() > LONGEST * 4 {
        return;
    }
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        let _ = write!(out, "'{}'", text.inner());
    } else if value.downcast_ref::<CelNull>().is_some() {
        out.push_str("null");
    } else if let Some(number) = value.downcast_ref::<CelInt>() {
        let _ = write!(out, "{}", number.inner());
    } else if let Some(number) = value.downcast_ref::<CelUInt>() {
        let _ = write!(out, "{}", number.inner());
    } else if let Some(number) = value.downcast_ref::<CelDouble>() {
        let _ = write!(out, "{}", number.inner());
    } else if let Some(truth) = value.downcast_ref::<cel::common::types::CelBool>() {
        let _ = write!(out, "{}", truth.inner());
    } else if let Some(list) = elements(value) {
        write_list(list, depth, out);
    } else if is_map(value) {
        write_map(value, depth, out);
    } else {
        out.push_str(value.get_type().name());
    }
}

fn write_list(list: &[Box<dyn Val + '_>], depth: usize, out: &mut String) {
    if list.iter().any(|item| is_map(item.as_ref())) || depth > 2 {
        let plural = if list.len() == 1 { "" } else { "s" };
        let _ = write!(out, "{} element{plural}", list.len());
        return;
    }
    out.push('[');
    for (position, item) in list.iter().enumerate() {
        if position > 0 {
            out.push_str(", ");
        }
        write_value(item.as_ref(), depth + 1, out);
    }
    out.push(']');
}

fn write_map(value: &dyn Val, depth: usize, out: &mut String) {
    let (Some(keys), Some(indexer), Some(size)) =
        (value.as_iterable(), value.as_indexer(), value.as_sizer())
    else {
        return;
    };
    let size = *size.size().inner();
    if size > 6 || depth > 2 {
        let _ = write!(out, "an object of {size} fields");
        return;
    }
    out.push('{');
    let mut keys = keys.iter();
    let mut first = true;
    while let Some(key) = keys.next() {
        if !first {
            out.push_str(", ");
        }
        first = false;
        write_value(key, depth + 1, out);
        out.push_str(": ");
        if let Ok(field) = indexer.get(key) {
            write_value(field.as_ref(), depth + 1, out);
        }
    }
    out.push('}');
}
