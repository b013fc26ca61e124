//! How a service stands, as its next pass would see it: for explanations.

use crate::control::Control;
use crate::explain::Split;
use crate::launch::TaskOrder;
use crate::model::{DeploymentId, PlacementConstraint, SchedulingStrategy, ServiceId};
use crate::reconcile::apart;
use crate::reconcile::facts::{self, Kind};
use crate::reconcile::pass::Pass;
use crate::reconcile::starts::{self, ProviderCounts};
use crate::reconcile::told::Told;

/// Counts of a service for its next pass; of one deployment alone where revisions stand beside each
/// other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// What is wanted of the deployment and not there.
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
    /// Tasks of the deployment beyond what is wanted of it that protection keeps (03 section 16.2).
    pub(crate) surplus_protected: u32,
    /// What must stay healthy.
    pub(crate) lower: u32,
    /// What may occupy at most.
    pub(crate) upper: u32,
}

impl Standing {
    pub(crate) fn of(control: &mut Control, service: ServiceId, deployment: DeploymentId) -> Self {
        let is_apart = apart::is_apart(control, service);
        let pass = look(control, service);
        let row = pass.control.store.service(service);
        let desired = pass.control.store.deployment(deployment).desired;
        let counts = |fact: &Kind| !is_apart || fact.deployment == deployment;
        let count = |is: fn(&Kind) -> bool| pass.count(|fact| counts(fact) && is(fact));
        let is_old = |fact: &Kind| !is_apart && fact.is_active() && fact.deployment != deployment;
        let (occupying, lower, upper) = if is_apart {
            let bounds = row.settings.bounds;
            (pass.occupying_of(deployment), bounds.lower(desired), bounds.upper(desired))
        } else {
            (pass.occupying(), row.lower_limit(), row.upper_limit())
        };
        let present = pass.count_of(deployment, Kind::is_present);
        let free = pass.count_of(deployment, |fact| fact.is_present() && !fact.protected);
        Self {
            missing: desired.saturating_sub(present),
            surplus_protected: present.saturating_sub(desired).saturating_sub(free),
            occupying,
            healthy: count(Kind::is_healthy),
            pending: count(|fact| fact.is_active() && !fact.is_running()),
            settling: count(|fact| fact.is_settling() && fact.is_running()),
            unhealthy: count(Kind::is_unhealthy),
            stopping: count(Kind::is_stopping),
            old: pass.count(is_old),
            old_protected: pass.count(|fact| is_old(fact) && fact.protected),
            lower,
            upper,
        }
    }
}

/// Live and stopping tasks of every deployment that nothing is wanted of.
pub(crate) fn leaving(control: &mut Control, service: ServiceId) -> u32 {
    let pass = look(control, service);
    let unwanted = |fact: &Kind| pass.control.store.deployment(fact.deployment).desired == 0;
    pass.count(|fact| fact.is_stopping() || (fact.is_active() && unwanted(fact)))
}

/// What the next task of a deployment asks of placement, and how its provider is chosen. A daemon
/// asks for an instance without one.
pub(crate) fn next_order(
    control: &mut Control,
    service: ServiceId,
    deployment: DeploymentId,
) -> Option<(TaskOrder, Option<Split>)> {
    let pass = look(control, service);
    let mut providers = ProviderCounts::of(&pass, deployment);
    let split = providers.split();
    let target = providers.next()?;
    let mut order = starts::service_order(pass.control, service, deployment, target);
    if pass.control.store.service(service).scheduling == SchedulingStrategy::Daemon {
        let own = order.constraints.iter().cloned();
        order.constraints = own.chain([PlacementConstraint::DistinctInstance]).collect();
        order.strategy = [].into();
    }
    Some((order, split))
}

fn look(control: &mut Control, service: ServiceId) -> Pass<'_> {
    let facts = facts::of(control, service);
    Pass { control, service, facts, told: Told::default(), no_place: Vec::new() }
}
