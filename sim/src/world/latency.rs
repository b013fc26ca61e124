//! How long the phases of a task take when the scenario does not say: 05 section 2.3.

use stowplan_engine::model::Span;

use super::behavior::Unless;

/// microVM and network interface on Fargate.
pub(super) const FARGATE_PROVISION: Unless = Unless(Span::from_secs(15));
/// Network interface on a container instance.
pub(super) const INTERFACE_PROVISION: Unless = Unless(Span::from_secs(6));
/// What takes no time by default.
pub(super) const NOTHING: Unless = Unless(Span::ZERO);
/// Secrets and registry login.
pub(super) const PREPARE: Unless = Unless(Span::from_secs(1));
/// Start of one container.
pub(super) const STARTUP: Unless = Unless(Span::from_secs(1));
/// Registration in several target groups, or for service discovery.
pub(super) const REGISTER: Unless = Unless(Span::from_secs(2));
/// SIGTERM to exit.
pub(super) const STOP: Unless = Unless(Span::from_secs(1));
/// Detachment of the network interface.
pub(super) const DETACH: Unless = Unless(Span::from_secs(2));

/// How long an attachment may take before the task is given up (02 section 3.2).
pub(super) const ATTACH_TIMEOUT: Span = Span::from_secs(300);
/// From the notice to the end of Spot capacity (04 section 3).
pub(super) const SPOT_NOTICE: Span = Span::from_secs(120);
/// How often the agent asks whether there is a notice (04 section 3.2).
pub(super) const SPOT_POLL: Span = Span::from_secs(1);
/// From the stop signal to SIGKILL, unless the container or the agent says otherwise
/// (01 section 11.4).
pub(super) const STOP_TIMEOUT: Span = Span::from_secs(30);
