//! The playground: a cluster you can see, poke, break and rewind, in a browser page.
//!
//! The page ([`app`]) and the engine ([`worker`]) are two modules that speak only
//! [`worker::protocol`]. What can be decided without a browser ([`state`], the steps of
//! [`canvas`] up to painting) compiles and is tested natively.

pub mod canvas;
pub mod capacity;
pub mod chart;
pub mod feed;
#[cfg(test)]
mod fixture;
pub mod gesture;
pub mod limits;
pub mod model;
pub mod presets;
pub mod small;
pub mod state;
pub mod words;
pub mod worker;

#[cfg(target_arch = "wasm32")]
pub mod app;
#[cfg(target_arch = "wasm32")]
pub mod components;
#[cfg(target_arch = "wasm32")]
pub mod deck;
#[cfg(target_arch = "wasm32")]
pub mod hooks;
#[cfg(target_arch = "wasm32")]
pub mod line;
#[cfg(target_arch = "wasm32")]
pub mod player;
