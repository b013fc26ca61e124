//! What a service waits for, and the limit that binds.

use crate::api::event::FailedCheck;
use crate::control::Control;
use crate::deployment::throttle;
use crate::explain::{Field, Verdict, of_order};
use crate::model::{BackoffCause, InstanceId, RolloutState, ServiceId, ServiceStatus, Time};
use crate::reconcile::{self, Standing};

/// The two limits of a service, and how far it is from them (03 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tasks that are live or stopping.
    pub occupying: u32,
    /// At most: `maximumPercent`, rounded down.
    pub upper: u32,
    /// Healthy tasks.
    pub healthy: u32,
    /// At least: `minimumHealthyPercent`, rounded up.
    pub lower: u32,
}

/// What a service waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// It is being deleted: its tasks stop.
    Deletion {
        /// Tasks that are left.
        tasks: u32,
    },
    /// For a call: its roll-out failed and there is nothing to go back to.
    RolloutFailed,
    /// For the end of a back-off: starts kept failing (03 section 14.2).
    Backoff {
        /// When the next attempt is made.
        until: Time,
        /// Waves that failed in a row.
        waves: u32,
    },
    /// For a place.
    NoPlace {
        /// The nearest instance and its first gate; none when there is no instance.
        closest: Option<(InstanceId, FailedCheck)>,
        /// The next attempt, if nothing happens before that makes room.
        until: Option<Time>,
        /// How far the service is from its limits: they do not bind.
        limits: Limits,
    },
    /// For capacity of Fargate.
    NoFargate {
        /// The next attempt.
        until: Option<Time>,
    },
    /// Neither a start nor a stop is allowed (03 section 6.5).
    Stuck(Limits),
    /// For tasks that stop: they still occupy places.
    Stops {
        /// How many.
        tasks: u32,
        /// The limits.
        limits: Limits,
    },
    /// For an instance: tasks are in PROVISIONING (04 section 2.7).
    Capacity {
        /// How many.
        tasks: u32,
    },
    /// For tasks to become RUNNING.
    Running {
        /// How many.
        tasks: u32,
    },
    /// For tasks to become healthy.
    Health {
        /// How many.
        tasks: u32,
        /// The limits.
        limits: Limits,
    },
    /// For unhealthy tasks to be replaced.
    Unhealthy {
        /// How many.
        tasks: u32,
        /// The limits.
        limits: Limits,
    },
    /// For the end of scale-in protection.
    Protected {
        /// How many tasks are protected.
        tasks: u32,
    },
    /// For more healthy tasks, before old ones may stop.
    Floor {
        /// Old tasks that are left.
        old: u32,
        /// The limits.
        limits: Limits,
    },
    /// For the end of the bake time.
    Baking {
        /// When it ends.
        until: Time,
    },
    /// For its next pass.
    NextPass,
}

/// What a service waits for; `None` when it is steady, or gone. The state is given up to look.
pub(crate) fn waiting(control: &mut Control, service: ServiceId) -> Option<Waiting> {
    let row = control.store.service(service);
    match row.status {
        ServiceStatus::Inactive => return None,
        ServiceStatus::Draining => {
            let tasks = row.tasks.iter().filter(|&&task| control.store.task(task).is_occupying());
            return Some(Waiting::Deletion { tasks: count(tasks.count()) });
        }
        ServiceStatus::Active if row.memory.steady.is_some() => return None,
        ServiceStatus::Active => {}
    }
    let (lower, upper) = (row.lower_limit(), row.upper_limit());
    let standing = Standing::of(control, service)?;
    let Standing { occupying, healthy, .. } = standing;
    let limits = Limits { occupying, upper, healthy, lower };
    let primary = control.store.deployment(control.store.primary(service)?);
    if primary.rollout == RolloutState::Failed {
        return Some(Waiting::RolloutFailed);
    }
    Some(match standing.missing {
        0 => settling(control, service, standing, limits),
        _ => starting(control, service, standing, limits),
    })
}

/// A task is missing: what keeps it from being started.
fn starting(
    control: &mut Control,
    service: ServiceId,
    standing: Standing,
    limits: Limits,
) -> Waiting {
    let now = control.now;
    let primary = control.store.primary(service).expect("an ACTIVE service has one");
    let throttle = &control.store.deployment(primary).throttle;
    let held = throttle.next_attempt.filter(|_| throttle::holds(throttle, now));
    if let Some(backoff) = held.filter(|backoff| backoff.cause == BackoffCause::Start) {
        return Waiting::Backoff { until: backoff.until, waves: throttle.waves };
    }
    if limits.occupying >= limits.upper {
        return match standing {
            Standing { stopping: 1.., .. } => Waiting::Stops { tasks: standing.stopping, limits },
            Standing { pending: 1.., .. } => Waiting::Running { tasks: standing.pending },
            Standing { settling: 1.., .. } => Waiting::Health { tasks: standing.settling, limits },
            _ => Waiting::Stuck(limits),
        };
    }
    let until = held.map(|backoff| backoff.until);
    let Some(order) = reconcile::next_order(control, service) else { return Waiting::NextPass };
    match of_order(&control.store, &control.rng, &order).field {
        Field::Fargate(zones) if zones.iter().all(|zone| zone.chosen.is_none()) => {
            Waiting::NoFargate { until }
        }
        Field::Instances { candidates, closest, .. }
            if candidates.iter().all(|candidate| candidate.verdict != Verdict::Chosen) =>
        {
            let first = |candidate: &crate::explain::Candidate| match &candidate.verdict {
                Verdict::Refused(checks) if Some(candidate.instance) == closest => {
                    Some((candidate.instance, checks.first()?.clone()))
                }
                _ => None,
            };
            Waiting::NoPlace { closest: candidates.iter().find_map(first), until, limits }
        }
        Field::Fargate(_) | Field::Instances { .. } => Waiting::NextPass,
    }
}

/// Every task that is wanted is there: what keeps the service from being steady.
fn settling(control: &Control, service: ServiceId, standing: Standing, limits: Limits) -> Waiting {
    let store = &control.store;
    let row = store.service(service);
    let waits = row.tasks.iter().filter(|task| store.waiting.contains(task)).count();
    let primary = store.primary(service).map(|primary| store.deployment(primary));
    match standing {
        _ if waits > 0 => Waiting::Capacity { tasks: count(waits) },
        Standing { pending: 1.., .. } => Waiting::Running { tasks: standing.pending },
        Standing { settling: 1.., .. } => Waiting::Health { tasks: standing.settling, limits },
        Standing { unhealthy: 1.., .. } => Waiting::Unhealthy { tasks: standing.unhealthy, limits },
        Standing { old, old_protected: 1.., .. } if old == standing.old_protected => {
            Waiting::Protected { tasks: old }
        }
        Standing { old: 1.., .. } if limits.healthy <= limits.lower => {
            Waiting::Floor { old: standing.old, limits }
        }
        Standing { stopping: 1.., .. } => Waiting::Stops { tasks: standing.stopping, limits },
        _ => match primary.and_then(|primary| primary.baking_since) {
            Some(since) if control.now < since + store.bake_time(service) => {
                Waiting::Baking { until: since + store.bake_time(service) }
            }
            _ => Waiting::NextPass,
        },
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
