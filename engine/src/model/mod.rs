//! The nouns of ECS as values. Each file holds one noun and its own invariants; nothing here knows
//! the store.

pub mod fargate;
pub mod host_ports;
pub mod instant;
pub mod ports;
pub mod units;

mod alarm;
mod cluster;
mod code_deploy;
mod container_instance;
mod demand;
mod deployment;
mod hook;
mod id;
mod percent;
mod reach;
mod scaling_group;
mod service;
mod settings;
mod share;
mod shift;
mod status;
mod stop;
mod strategy;
mod target_states;
mod task;
mod task_definition;
mod task_set;
mod time;

pub use alarm::*;
pub use cluster::*;
pub use code_deploy::*;
pub use container_instance::*;
pub use demand::*;
pub(crate) use deployment::NewDeployment;
pub use deployment::*;
pub use hook::*;
pub use id::*;
pub use percent::*;
pub use ports::{PortSet, Protocol};
pub use reach::*;
pub use scaling_group::*;
pub use service::*;
pub use settings::*;
pub use share::*;
pub use shift::*;
pub use status::*;
pub use stop::*;
pub use strategy::*;
pub use target_states::*;
pub use task::*;
pub use task_definition::*;
pub use task_set::*;
pub use time::*;
