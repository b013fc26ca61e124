//! The build as a program.

fn main() {}
