//! The world.

#[cfg(test)]
mod bed;
pub mod digest;
pub mod document;
#[cfg(feature = "expect")]
pub mod expect;
pub mod forecast;
pub mod import;
pub mod run;
pub mod scenario;
pub mod series;
pub mod story;
pub mod view;
pub mod world;
