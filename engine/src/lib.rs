//! The control plane.

pub mod api;
pub mod expr;
pub mod model;
pub mod rng;
