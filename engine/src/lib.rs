//! The control plane.

#![warn(missing_docs)]
#![deny(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::iter_over_hash_type
)]

pub mod api;
mod capacity;
pub mod catalogue;
mod command;
mod control;
pub mod definition;
mod deployment;
mod engine;
pub mod expr;
pub mod hash;
mod launch;
mod lifecycle;
pub mod model;
mod outbox;
mod placement;
mod reconcile;
mod reports;
pub mod rng;
mod setup;
mod store;
mod subject;
mod timers;
mod view;

pub use engine::{Engine, Snapshot};
pub use lifecycle::HealthClass;
pub use store::instances::Free;
pub use timers::TimerReason;
pub use view::{ServiceCounts, View};
