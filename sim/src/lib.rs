//! The world.

pub mod alarms;
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
#[cfg(all(feature = "expect", feature = "yaml"))]
pub mod sweep;
pub mod view;
pub mod world;
