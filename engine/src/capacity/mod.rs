//! Capacity providers: how a number of tasks is divided over them (04 section 2), and how many
//! instances those tasks need (04 section 4).

pub(crate) mod reservation;
pub(crate) mod rules;
pub(crate) mod split;
#[cfg(test)]
mod tests;
pub(crate) mod victims;
