//! An export becomes a scenario whose time 0 equals it.

mod anonymous;
mod broken;
mod export;
mod parts;
mod sample;
