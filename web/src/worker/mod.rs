//! The engine behind the page: it runs in a worker of its own and speaks [`protocol`].

mod deed;
mod foretell;
mod journal;
pub mod pacer;
pub mod pack;
pub mod protocol;
pub mod reactor;
pub mod sentence;
mod shortage;
pub mod stages;
mod survey;
mod why;

#[cfg(target_arch = "wasm32")]
pub mod link;
