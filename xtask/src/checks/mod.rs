//! What `cargo xtask test` checks; each check says what held and what did not.

mod bans;
pub(crate) mod bundle;
pub(crate) mod cargo;
mod driver;
pub(crate) mod page;
pub(crate) mod tidy;

use anyhow::Result;

/// How many checks held and how many did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    pub(crate) fn of(held: bool) -> Self {
        Self { passed: u64::from(held), failed: u64::from(!held) }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Says what a check is called and whether it held.
fn report(name: &str, outcome: Result<()>) -> Tally {
    match &outcome {
        Ok(()) => println!("    ok      {name}"),
        Err(error) => println!("    FAILED  {name}\n            {error:#}"),
    }
    Tally::of(outcome.is_ok())
}
