//! Documents: text in, a tree with places out, and from it values of Rust types.
//!
//! A scenario, an export or a patch comes in as YAML or JSON. [`parse`] makes a [`Node`] of it, in
//! which every value knows its line and column; [`decode`] reads any `serde` type from that tree.
//! Whatever is wrong is a [`DocumentError`] that says where, what, and what to do about it:
//!
//! ```
//! use serde::Deserialize;
//! use stowplan_sim::document::{self, Limits};
//!
//! #[derive(Debug, Deserialize)]
//! #[serde(rename_all = "camelCase", deny_unknown_fields)]
//! struct Service {
//!     service_name: String,
//!     desired_count: u32,
//! }
//!
//! let text = br#"{ "serviceName": "web",
//!   "desiredCont": 3 }"#;
//! let tree = document::parse(text, &Limits::default())?;
//! let error = document::decode::<Service>(&tree).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "desiredCont: unknown key (line 2, column 3). Did you mean `desiredCount`?"
//! );
//! # Ok::<(), document::DocumentError>(())
//! ```
//!
//! Nothing a text holds can make reading it panic, hang or take unbounded memory: see [`Limits`].

mod builder;
mod capture;
mod convert;
mod decode;
mod emit;
mod error;
mod json;
mod merge;
mod node;
mod number;
mod path;
mod plain;
mod source;
mod suggest;
mod time;
#[cfg(feature = "yaml")]
mod yaml;

pub use capture::{EitherCase, Raw, either_case};
pub use convert::{from_json, to_json, to_node};
pub use decode::{Decoder, decode};
pub use emit::{to_yaml, value_to_yaml};
pub use error::{DocumentError, excerpt};
pub use merge::merge_patch;
pub use node::{Entry, Key, Node, Place, Value};
pub use number::{Decimal, Number};
pub use path::{index_path, key_path};
#[cfg(feature = "yaml")]
pub use source::parse_yaml;
pub use source::{Limits, parse, parse_json};
pub use suggest::{nearest, remedy};
pub use time::{Duration, Offset, Timestamp};
