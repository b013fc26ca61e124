//! What is wanted against what is: step 3 of an instant (00 section 3). Daemon services first, then
//! tasks that wait for an instance, then replica services, each by one pass.
//!
//! A pass proposes by pure functions ([`crate::deployment::rolling`], [`crate::placement`]) and
//! applies each phase before it looks at the next, because what one phase frees is what the next
//! may use (03 section 5.4).

mod apart;
pub(crate) mod code_deploy;
mod completion;
mod daemon;
mod facts;
mod hooks;
mod leavers;
mod monitors;
mod pass;
pub(crate) mod rebalance;
mod scaling;
pub(crate) mod shifting;
mod standing;
mod starts;
mod steady;
mod stops;
mod told;
mod turns;
mod waiting;

use crate::api::Effect;
use crate::api::event::Message;
use crate::control::Control;
use crate::model::{DeploymentId, SchedulingStrategy, ServiceId, TaskId, TaskStatus, Time};
use crate::reconcile::turns::Turns;
use crate::timers::TimerReason;
use crate::view::View;

pub(crate) use code_deploy::{
    answered as lifecycle_event_answered, current as code_deployment_of, note_scaled,
};
pub(crate) use daemon::{
    count_silently as count_daemons, fill as fill_daemon, instances as daemon_instances,
};
pub(crate) use hooks::{answered as hook_answered, decided as hook_decided};
pub(crate) use standing::{Standing, leaving, next_order};
pub(crate) use starts::{ProviderCounts, service_order};
pub(crate) use stops::stop_pending;
pub(crate) use waiting::somebody_came;

/// The scheduler's part of an instant.
pub(crate) fn wake(control: &mut Control) {
    fire_timers(control);
    let tick = control.now.is_multiple_of(control.store.config.tick);
    let turns = Turns { tick, called: control.agenda.take_called() };
    turns.take(control, SchedulingStrategy::Daemon);
    if tick || !turns.called.is_empty() {
        waiting::place_all(control);
    }
    turns.take(control, SchedulingStrategy::Replica);
    fire_timers(control);
    scaling::run(control);
    control.last_wake = Some(control.now);
}

/// When the next pass of some service is due.
pub(crate) fn next_pass(control: &Control) -> Option<Time> {
    if !control.agenda.called().is_empty() {
        return Some(control.now);
    }
    let tick = control.store.config.tick;
    let now = control.now;
    let now_is_open = control.last_wake != Some(now) && now.is_multiple_of(tick);
    let next_tick = || if now_is_open { now } else { now.next_multiple(tick) };
    let waiting = waiting::may_place(control).then(next_tick);
    let passes = turns::next(control, next_tick);
    passes.into_iter().chain(waiting).chain(scaling::next(control)).min()
}

fn fire_timers(control: &mut Control) {
    let mut leaving: Vec<TaskId> = Vec::new();
    while let Some(reason) = control.timers.pop_due(control.now) {
        match reason {
            TimerReason::Deregister(task) => leaving.push(task),
            TimerReason::GiveUpWaiting(task) => waiting::give_up(control, task),
            TimerReason::FinishDraining(instance) => {
                crate::groups::finish_draining(control, instance);
            }
            TimerReason::Tick => unreachable!("ticks are computed, not set"),
        }
    }
    leaving.retain(|&task| control.store.task(task).last_status == TaskStatus::Deactivating);
    for &task in &leaving {
        control.out.effect(Effect::DeregisterTargets(task));
    }
    tell_deregistration(control, &leaving);
}

/// E7 for each target group and E8 for each deployment, one lag after the stop decision
/// (03 section 15.3).
fn tell_deregistration(control: &mut Control, leaving: &[TaskId]) {
    let mut counts: std::collections::BTreeMap<(ServiceId, DeploymentId), u32> =
        std::collections::BTreeMap::new();
    for &task in leaving {
        if let Some(owner) = control.store.task(task).owner {
            *counts.entry((owner.service, owner.deployment)).or_default() += 1;
        }
    }
    for ((service, deployment), count) in counts {
        let groups = View::new(&control.store).balancers(deployment);
        for group in groups {
            control.out.message(service, Message::Deregistered(count, group));
        }
        control.out.message(service, Message::Draining(count, deployment));
    }
}
