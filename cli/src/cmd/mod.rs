//! The subcommands.

pub(crate) mod explain;
pub(crate) mod import;
pub(crate) mod run;
pub(crate) mod sweep;
