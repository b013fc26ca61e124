//! The worked examples of the specification that concern the control plane, by their ids.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
#[path = "../bed/mod.rs"]
mod bed;

mod attachments;
mod breaker;
mod capacity;
mod code_deploy;
mod code_deploy_calls;
mod draining;
mod instances;
mod limited;
mod messages;
mod mid_deployment;
mod migration;
mod monitors;
mod network;
mod placement;
mod rebalancing;
mod refusals;
mod resources;
mod rolling;
mod run_task;
mod scale_in;
mod spot;
mod task_sets;
mod told;
mod traffic;
mod unhealthy;
mod walkthrough;
