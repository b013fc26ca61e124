//! An export becomes a scenario whose time 0 equals it.

mod addresses;
mod again;
mod anonymous;
mod broken;
mod check;
mod discovery;
mod export;
mod fargate;
mod hostile;
mod parts;
mod sample;
mod task_sets;
