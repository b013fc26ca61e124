//! The rollout of a service revision. It knows counts and signals, never the store.
//!
//! ```text
//!             every task healthy, old ones gone           superseded by a newer deployment
//!  InProgress ---------------------------> Completed   Primary ----------------> Active
//!      |                                                                            | last task
//!      | breaker | alarm | user asks                                              v gone
//!      v                                                                         Inactive
//!    Failed --- a completed sibling? ---> that one, same id, is Primary and InProgress again
//! ```
//!
//! Deployments that shift traffic go through the stages of [`shift`] besides; those of CodeDeploy
//! through the steps of [`blue_green`] instead.

pub(crate) mod blue_green;
pub(crate) mod breaker;
#[cfg(test)]
mod exhaustive;
pub(crate) mod rolling;
pub(crate) mod rollout;
pub(crate) mod shift;
pub(crate) mod throttle;
pub(crate) mod traffic;
