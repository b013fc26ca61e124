//! The world.

pub mod document;
