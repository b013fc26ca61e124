//! The nouns of Amazon ECS as values; each file holds one noun and its own invariants.

pub mod fargate;
pub mod host_ports;
pub mod instant;
pub mod ports;
pub mod units;
