//! The engine behind the page: it runs in a worker of its own and speaks [`protocol`].

mod amend;
mod code_deploy;
mod deed;
mod foretell;
mod journal;
pub mod pacer;
pub mod pack;
mod place;
pub mod protocol;
pub mod reactor;
mod resize;
pub mod sentence;
mod shortage;
pub mod stages;
mod survey;
mod why;

#[cfg(target_arch = "wasm32")]
pub mod link;
