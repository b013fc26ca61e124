//! Everything that crosses the engine's boundary, as plain data.

pub mod answer;
pub mod command;
pub mod config;
pub mod effect;
pub mod error;
pub mod event;
pub mod input;
pub mod json;
pub mod report;
pub mod setup;
pub mod text;

pub use answer::{Answer, Failure};
pub use command::Command;
pub use config::{ConfigError, EngineConfig, Quotas, TieBreak, UnhealthyPolicy};
pub use effect::Effect;
pub use error::{CommandError, Exception};
pub use event::{BusEvent, Event, EventKind, Message, PlacementFailure, Rejection};
pub use json::Json;
pub use report::{Report, TaskChange};
pub use setup::{GivenDeployment, GivenTask, GivenTaskSet, Setup};

/// What goes in at the one door.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// What is there at time 0, before the first instant.
    Setup(Setup),
    /// What the world tells: step 1 of an instant (00 section 3).
    Report(Report),
    /// What somebody asks: step 2 of an instant.
    Command(Command),
    /// The instant's inputs are all in: the scheduler runs, step 3 of an instant.
    Wake,
}

/// What comes out: orders to the driver and news, in one total order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// What the driver must carry out.
    Effect(Effect),
    /// What happened.
    Event(Event),
}
