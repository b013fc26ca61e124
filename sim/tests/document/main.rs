//! Documents as their users meet them: read, refused, decoded, written.

mod decoding;
mod properties;
mod reading;
mod refusing;

use stowplan_sim::document::{DocumentError, Limits, Node, parse};

/// Reads what must be a sound document.
fn read(text: &str) -> Node {
    parse(text.as_bytes(), &Limits::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Reads what must be refused.
fn refusal(text: impl AsRef<[u8]>) -> DocumentError {
    let text = text.as_ref();
    parse(text, &Limits::default())
        .expect_err(&format!("must be refused: {}", String::from_utf8_lossy(text)))
}
