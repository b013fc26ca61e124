//! P8: steady, or stuck, and when to look again (03 sections 6.5 and 15.1).

use crate::api::event::Message;
use crate::control::Control;
use crate::deployment::throttle;
use crate::model::{
    ControllerType, DeploymentId, MessageKey, RolloutState, ServiceId, Steady, Time,
};
use crate::reconcile::facts::{self, Fact, Kind};
use crate::reconcile::pass::{self, Pass};
use crate::reconcile::starts::Started;
use crate::reconcile::{apart, code_deploy, shifting, told};

/// Says that the service is steady, or that it is stuck.
pub(super) fn check(pass: &mut Pass<'_>, stopped_nothing: bool, started: &Started) {
    let acted = !stopped_nothing || started.tasks > 0;
    pass.control.store.service_mut(pass.service).memory.acted |= acted;
    if pass.control.store.service(pass.service).controller != ControllerType::Ecs {
        return check_sets(pass);
    }
    let Some(primary) = pass.primary() else { return };
    if is_steady(pass, primary) {
        say_steady(pass);
    } else {
        pass.control.store.service_mut(pass.service).memory.steady = None;
    }
    if !acted && started.failures.is_empty() && !apart::is_apart(pass.control, pass.service) {
        say_stuck(pass, primary);
    }
}

/// `stabilityStatus` of each task set, and E1 when all of them are steady (03 section 22).
fn check_sets(pass: &mut Pass<'_>) {
    let now = pass.control.now;
    let mut all = true;
    for set in pass.deployments() {
        let steady = set_is_steady(pass, set);
        all &= steady;
        let Some(row) = pass.control.store.deployment_mut(set).set.as_mut() else { continue };
        let before = row.stability.map(|(was, _)| was);
        if before != Some(steady) {
            row.stability = Some((steady, now));
            if steady {
                pass.control.out.service_action(pass.service, "TASKSET_STEADY_STATE", None);
            }
        }
    }
    let some = !pass.control.store.service(pass.service).deployments.is_empty();
    if all && some {
        say_steady(pass);
    } else {
        pass.control.store.service_mut(pass.service).memory.steady = None;
    }
}

pub(super) fn set_is_steady(pass: &Pass<'_>, set: DeploymentId) -> bool {
    let store = &pass.control.store;
    let row = store.deployment(set);
    let running = pass.count_of(set, Kind::is_running);
    let has_signal = store.definition(row.definition).has_essential_health_check()
        || !row.load_balancers.is_empty();
    row.is_maintained()
        && running == row.desired
        && pass.count_of(set, Kind::is_active) == running
        && (!has_signal || pass.count_of(set, Kind::is_healthy) == running)
        && pass.count_of(set, |kind| kind.is_active() && kind.draining) == 0
}

fn is_steady(pass: &Pass<'_>, primary: DeploymentId) -> bool {
    let store = &pass.control.store;
    let service = store.service(pass.service);
    let others_gone = service
        .deployments
        .iter()
        .all(|&deployment| deployment == primary || !store.deployment(deployment).is_maintained());
    let running = pass.count(Kind::is_running);
    let has_signal = {
        let definition = store.definition(store.deployment(primary).definition);
        definition.has_essential_health_check()
            || !store.deployment(primary).load_balancers.is_empty()
    };
    others_gone
        && running == service.desired
        && pass.count(Kind::is_active) == running
        && (!has_signal || pass.count(Kind::is_healthy) == running)
        && store.deployment(primary).rollout == RolloutState::Completed
        && !pass.facts.iter().any(|fact| fact.is_active() && fact.draining)
}

/// E1: on entering, after anything was started or stopped, and every 6 hours.
fn say_steady(pass: &mut Pass<'_>) {
    let (now, window) = (pass.control.now, pass.control.store.config.event_dedupe);
    let service = pass.service;
    let memory = &mut pass.control.store.service_mut(service).memory;
    let acted = std::mem::take(&mut memory.acted);
    let since = match memory.steady {
        Some(steady) if !acted && now < steady.said + window => return,
        Some(steady) => steady.since,
        None => now,
    };
    memory.steady = Some(Steady { since, said: now });
    pass.control.out.message(service, Message::SteadyState);
    pass.control.out.service_action(service, "SERVICE_STEADY_STATE", None);
}

/// E17: nothing may start and nothing may stop.
fn say_stuck(pass: &mut Pass<'_>, primary: DeploymentId) {
    let store = &pass.control.store;
    let (service, row) = (store.service(pass.service), store.deployment(primary));
    let moving = |fact: &Fact| fact.is_settling() || fact.is_stopping();
    let missing = row.desired > pass.count_of(primary, Kind::is_present)
        && row.is_maintained()
        && !throttle::holds(&row.throttle, pass.control.now);
    let stuck = row.rollout == RolloutState::InProgress
        && missing
        && !pass.facts.iter().any(moving)
        && pass.occupying() >= service.upper_limit()
        && pass.count(Kind::is_healthy) <= service.lower_limit();
    if stuck {
        told::say_once(pass.control, pass.service, MessageKey::Stuck(primary), Message::Stuck);
    }
}

/// When the clock alone asks for the next pass.
pub(super) fn alarm_clock(control: &Control, service: ServiceId) -> Option<Time> {
    let store = &control.store;
    let (row, now, bake) = (store.service(service), control.now, store.bake_time(service));
    let window = store.config.event_dedupe;
    let backoffs = pass::throttles(store, service)
        .filter_map(|throttle| throttle.next_attempt.map(|backoff| backoff.until));
    let bakes = row.deployments.iter().filter_map(|&deployment| {
        let deployment = store.deployment(deployment);
        let baking = deployment.rollout == RolloutState::InProgress;
        deployment.baking_since.filter(|_| baking).map(|since| since + bake)
    });
    let again = row.memory.steady.map(|steady| steady.said + window);
    let stuck = row.memory.said.iter().filter_map(|(key, at)| match key {
        MessageKey::Stuck(_) | MessageKey::StartsFail => Some(*at + window),
        _ => None,
    });
    facts::changes_at(control, service)
        .into_iter()
        .chain(backoffs)
        .chain(bakes)
        .chain(shifting::wakes(control, service))
        .chain(code_deploy::wakes(control, service))
        .chain(again)
        .chain(stuck)
        .filter(|&at| at > now)
        .min()
}
