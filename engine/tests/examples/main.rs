//! The worked examples of the specification that concern the control plane, by their ids.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
#[path = "../bed/mod.rs"]
mod bed;

mod breaker;
mod draining;
mod limited;
mod messages;
mod mid_deployment;
mod refusals;
mod rolling;
mod unhealthy;
