//! The worked examples of the specification that concern the control plane, by their ids.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
#[path = "../bed/mod.rs"]
mod bed;

mod limited;
mod mid_deployment;
mod rolling;
