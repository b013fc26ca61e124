//! The subcommands.

pub(crate) mod import;
pub(crate) mod run;
