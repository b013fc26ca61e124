//! Capacity providers: how a number of tasks is divided over them (04 section 2).

pub(crate) mod split;
