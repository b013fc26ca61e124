//! The control plane.

pub mod model;
pub mod rng;
