//! The task's way through life, and what its service makes of its health. Pure: no store, no clock.

pub(crate) mod health;

pub use health::HealthClass;
