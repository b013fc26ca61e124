//! The world.

pub mod document;
pub mod world;
