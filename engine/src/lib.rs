//! A control plane that behaves as Amazon ECS does: placement, services and their deployments,
//! capacity providers. It does no IO, reads no clock and draws no random number that a seed did not
//! give, so the same inputs always yield the same outputs, on every platform.
//!
//! # The contract
//!
//! There is one door. [`Engine::step`] takes an instant and an [`Input`](api::Input); afterwards
//! [`Engine::poll_output`] is drained. Nothing else changes the state: [`Engine::view`] only looks.
//!
//! An instant is a millisecond at which something is due. What happens in it goes in, in this
//! order (00 section 3):
//!
//! 1. [`Input::Report`](api::Input::Report): what the world has to tell, each as it comes.
//! 2. [`Input::Command`](api::Input::Command): calls, each checked whole and applied at once.
//! 3. [`Input::Wake`](api::Input::Wake), once, when [`Engine::poll_timeout`] names this instant:
//!    the scheduler's pass. What it sees is the sum of steps 1 and 2.
//! 4. Reports that follow without delay; what they call for waits for the next pass.
//!
//! ```
//! use stowplan_engine::Engine;
//! use stowplan_engine::api::{Command, EngineConfig, Input, Output, Setup, input};
//! use stowplan_engine::model::Time;
//!
//! let mut engine = Engine::new(EngineConfig::default(), 42)?;
//! // What is there: one cluster.
//! let cluster = Setup::Cluster {
//!     name: "default".into(),
//!     region: "us-east-1".into(),
//!     zones: vec!["us-east-1a".into()],
//!     subnets: vec![],
//!     settings: vec![],
//! };
//! engine.step(Time::ZERO, Input::Setup(cluster))?;
//! // A call that asks for the impossible is refused, and changes nothing.
//! let before = engine.state_hash();
//! let call = input::RunTask { task_definition: "web".to_owned(), ..Default::default() };
//! let refusal = engine.step(Time::ZERO, Input::Command(Command::RunTask(Box::new(call))));
//! assert_eq!(refusal.unwrap_err().to_string(), "ClientException: TaskDefinition not found.");
//! assert_eq!(engine.state_hash(), before);
//! // Drain, then sleep until the engine asks to be woken.
//! while let Some(output) = engine.poll_output() {
//!     match output {
//!         Output::Effect(order) => println!("to carry out: {order:?}"),
//!         Output::Event(news) => println!("{}: {:?}", news.at, news.kind),
//!     }
//! }
//! assert_eq!(engine.poll_timeout(), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Time
//!
//! Whole milliseconds from the start of the run ([`model::Time`]); an argument, never a clock.
//! What was before the run is negative. `now` may not go backwards: that is the caller's bug, and
//! asserted.
//!
//! # Randomness
//!
//! [`rng`] holds SplitMix64 in streams by purpose. Everything that ECS leaves to chance falls to
//! the lowest id unless the configuration asks for a draw.
//!
//! # Three kinds of "no"
//!
//! A bad request is an `Err` with Amazon's exception and message ([`api::CommandError`]). A task
//! that fits nowhere is an event with every instance's reasons
//! ([`api::EventKind::PlacementFailed`]). A broken invariant is a bug of ours, and panics with a
//! sentence.

#![warn(missing_docs)]
#![deny(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::iter_over_hash_type
)]

mod agenda;
pub mod api;
mod capacity;
pub mod catalogue;
mod command;
mod control;
pub mod definition;
mod deployment;
mod engine;
pub mod explain;
pub mod expr;
mod groups;
pub mod hash;
mod launch;
mod lifecycle;
mod many;
mod memory;
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
pub use store::task_table::{TaskIter, Tasks};
pub use timers::TimerReason;
pub use view::{CodeDeployOutlook, ServiceCounts, ShiftOutlook, View};
