//! One file per subcommand.

pub(crate) mod bench;
pub(crate) mod package;
pub(crate) mod play;
pub(crate) mod screenshot;
pub(crate) mod test;
