//! How a service stands, as its next pass would see it: for explanations.

use crate::control::Control;
use crate::launch::TaskOrder;
use crate::model::{PlacementConstraint, SchedulingStrategy, ServiceId};
use crate::reconcile::facts::{self, Kind};
use crate::reconcile::pass::Pass;
use crate::reconcile::starts::{self, ProviderCounts};
use crate::reconcile::told::Told;

/// Counts of a service for its next pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// What is wanted of the PRIMARY deployment and not there.
    pub(crate) missing: u32,
    pub(crate) occupying: u32,
    pub(crate) healthy: u32,
    pub(crate) pending: u32,
    pub(crate) settling: u32,
    pub(crate) unhealthy: u32,
    pub(crate) stopping: u32,
    /// Live tasks of older deployments.
    pub(crate) old: u32,
    /// Of them protected.
    pub(crate) old_protected: u32,
}

impl Standing {
    pub(crate) fn of(control: &mut Control, service: ServiceId) -> Option<Self> {
        let pass = look(control, service);
        let primary = pass.primary()?;
        let row = pass.control.store.deployment(primary);
        let is_old = |fact: &Kind| fact.is_active() && fact.deployment != primary;
        Some(Self {
            missing: row.desired.saturating_sub(pass.count_of(primary, Kind::is_present)),
            occupying: pass.occupying(),
            healthy: pass.count(Kind::is_healthy),
            pending: pass.count(|fact| fact.is_active() && !fact.is_running()),
            settling: pass.count(|fact| fact.is_settling() && fact.is_running()),
            unhealthy: pass.count(Kind::is_unhealthy),
            stopping: pass.count(Kind::is_stopping),
            old: pass.count(is_old),
            old_protected: pass.count(|fact| is_old(fact) && fact.protected),
        })
    }
}

/// What the next task of a service asks of placement. A daemon asks for an instance without one.
pub(crate) fn next_order(control: &mut Control, service: ServiceId) -> Option<TaskOrder> {
    let pass = look(control, service);
    let primary = pass.primary()?;
    let target = ProviderCounts::of(&pass, primary).next()?;
    let mut order = starts::service_order(pass.control, service, primary, target);
    if pass.control.store.service(service).scheduling == SchedulingStrategy::Daemon {
        let own = order.constraints.iter().cloned();
        order.constraints = own.chain([PlacementConstraint::DistinctInstance]).collect();
        order.strategy = [].into();
    }
    Some(order)
}

fn look(control: &mut Control, service: ServiceId) -> Pass<'_> {
    let facts = facts::of(control, service);
    Pass { control, service, facts, told: Told::default(), no_place: Vec::new() }
}
