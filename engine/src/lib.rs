//! The control plane.

#![warn(missing_docs)]
#![deny(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::iter_over_hash_type
)]

pub mod api;
pub mod catalogue;
pub mod definition;
pub mod expr;
pub mod model;
pub mod rng;
