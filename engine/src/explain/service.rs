//! What a service waits for, and the limit that binds.

use crate::api::event::FailedCheck;
use crate::control::Control;
use crate::deployment::throttle;
use crate::explain::{Beyond, Candidate, FargateVerdict, Field, Verdict, of_order};
use crate::model::{
    BackoffCause, BlueGreenState, BlueStep, CodeDeploymentId, ControllerType, DeploymentId,
    GreenStep, InstanceId, LifecycleStage, RolloutState, ServiceDeploymentId, ServiceId,
    ServiceStatus, Share, Time,
};
use crate::reconcile::code_deploy;
use crate::reconcile::shifting::{self, ShiftWait};
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
        /// What is needed there more of than it registered, if that is why the gate refuses.
        beyond: Option<Beyond>,
        /// No registered instance of the cluster could hold the task (01 section 1.8).
        never: bool,
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
    /// For a lifecycle hook of a deployment that shifts traffic (03 section 21.2).
    Hook {
        /// The deployment's record.
        record: ServiceDeploymentId,
        /// The hook's run.
        run: u32,
    },
    /// For traffic to shift, or to settle (03 section 21.3).
    Traffic {
        /// The stage.
        stage: LifecycleStage,
        /// Production traffic of the new revision.
        share: Share,
        /// When the stage goes on.
        until: Time,
    },
    /// For tasks of a revision that is to go.
    Leaving {
        /// How many.
        tasks: u32,
    },
    /// For what a deployment by CodeDeploy comes to next: a function, somebody, or the clock (03
    /// section 20.2).
    CodeDeploy {
        /// The deployment.
        deployment: CodeDeploymentId,
        /// When the clock moves it on, or ends it.
        until: Option<Time>,
    },
    /// For a task set: somebody else makes them (03 section 22).
    NoTaskSet,
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
        // Steady task sets are no end of a deployment by CodeDeploy.
        ServiceStatus::Active
            if row.memory.steady.is_some()
                && code_deploy::current(&control.store, service).is_none() =>
        {
            return None;
        }
        ServiceStatus::Active => {}
    }
    if row.controller != ControllerType::Ecs {
        return Some(sets(control, service));
    }
    let primary = control.store.primary(service)?;
    if control.store.deployment(primary).rollout == RolloutState::Failed {
        return Some(Waiting::RolloutFailed);
    }
    let shifting = shifting::current(control, service);
    let waits = shifting.and_then(|record| shift(control, service, record));
    Some(waits.unwrap_or_else(|| of_deployment(control, service, primary)))
}

/// What a deployment that shifts traffic waits for, but for tasks of the new revision.
fn shift(
    control: &mut Control,
    service: ServiceId,
    record: ServiceDeploymentId,
) -> Option<Waiting> {
    let row = control.store.record(record);
    let (target, stage) = (row.target, row.shift.as_ref()?.stage);
    match shifting::waits(control, record) {
        ShiftWait::Hook(run) => Some(Waiting::Hook { record, run }),
        ShiftWait::Starts => Some(of_deployment(control, service, target)),
        ShiftWait::Clock(until, _) if until <= control.now => Some(Waiting::NextPass),
        ShiftWait::Clock(until, _) if stage == LifecycleStage::BakeTime => {
            Some(Waiting::Baking { until })
        }
        ShiftWait::Clock(until, share) => Some(Waiting::Traffic { stage, share, until }),
        ShiftWait::Stops => {
            let tasks = reconcile::leaving(control, service);
            (tasks > 0).then_some(Waiting::Leaving { tasks })
        }
    }
}

/// Task sets are independent: the first that is not as it is to be is what is waited for.
fn sets(control: &mut Control, service: ServiceId) -> Waiting {
    let waits = code_deploy::current(&control.store, service)
        .and_then(|deployment| by_code_deploy(control, service, deployment));
    if let Some(waits) = waits {
        return waits;
    }
    let sets = control.store.service(service).deployments.clone();
    if sets.is_empty() {
        return Waiting::NoTaskSet;
    }
    let waits = sets.into_iter().map(|set| of_deployment(control, service, set));
    let waits: Vec<Waiting> = waits.collect();
    let found = waits.into_iter().find(|waiting| *waiting != Waiting::NextPass);
    found.unwrap_or(Waiting::NextPass)
}

/// What a deployment by CodeDeploy waits for, but for its task sets.
fn by_code_deploy(
    control: &mut Control,
    service: ServiceId,
    deployment: CodeDeploymentId,
) -> Option<Waiting> {
    let until = code_deploy::wakes(control, service).into_iter().min();
    let until = until.filter(|&until| until > control.now);
    match control.store.code_deployment(deployment).state {
        BlueGreenState::Created | BlueGreenState::Back(BlueStep::AllowTraffic) => {
            Some(Waiting::NextPass)
        }
        BlueGreenState::Forward(GreenStep::Install) | BlueGreenState::Over(_) => None,
        BlueGreenState::Forward(GreenStep::DeleteBlue)
        | BlueGreenState::Back(BlueStep::DeleteGreen) => {
            let tasks = reconcile::leaving(control, service);
            (tasks > 0).then_some(Waiting::Leaving { tasks })
        }
        BlueGreenState::Forward(_) => Some(Waiting::CodeDeploy { deployment, until }),
    }
}

fn of_deployment(control: &mut Control, service: ServiceId, deployment: DeploymentId) -> Waiting {
    let standing = Standing::of(control, service, deployment);
    let limits = Limits::of(standing);
    match standing.missing {
        0 => settling(control, service, deployment, standing, limits),
        _ => starting(control, service, deployment, standing, limits),
    }
}

impl Limits {
    fn of(standing: Standing) -> Self {
        let Standing { occupying, upper, healthy, lower, .. } = standing;
        Self { occupying, upper, healthy, lower }
    }
}

/// A task is missing: what keeps it from being started.
fn starting(
    control: &mut Control,
    service: ServiceId,
    deployment: DeploymentId,
    standing: Standing,
    limits: Limits,
) -> Waiting {
    let now = control.now;
    let throttle = &control.store.deployment(deployment).throttle;
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
    let Some((order, _)) = reconcile::next_order(control, service, deployment) else {
        return Waiting::NextPass;
    };
    match of_order(&control.store, &control.rng, &order, None).field {
        Field::Fargate(field) if field.iter().all(|it| it.verdict != FargateVerdict::Chosen) => {
            Waiting::NoFargate { until }
        }
        Field::Instances { candidates, closest, never, .. }
            if candidates.iter().all(|candidate| candidate.verdict != Verdict::Chosen) =>
        {
            let (closest, beyond) = nearest(&candidates, closest).unzip();
            Waiting::NoPlace { closest, beyond: beyond.flatten(), never, until, limits }
        }
        Field::Fargate(_) | Field::Instances { .. } => Waiting::NextPass,
    }
}

/// The nearest instance, its first gate, and what it has too little of for ever.
pub(super) fn nearest(
    candidates: &[Candidate],
    closest: Option<InstanceId>,
) -> Option<((InstanceId, FailedCheck), Option<Beyond>)> {
    let row = candidates.iter().find(|candidate| Some(candidate.instance) == closest)?;
    let Verdict::Refused(refusal) = &row.verdict else { return None };
    let check = refusal.checks.first()?;
    let beyond = refusal.beyond.iter().copied().find(|it| it.is_about(check));
    Some(((row.instance, check.clone()), beyond))
}

/// Every task that is wanted is there: what keeps the service from being steady.
fn settling(
    control: &Control,
    service: ServiceId,
    deployment: DeploymentId,
    standing: Standing,
    limits: Limits,
) -> Waiting {
    let store = &control.store;
    let row = store.service(service);
    let waits = row.tasks.iter().filter(|task| store.waiting.contains(task)).count();
    match standing {
        _ if waits > 0 => Waiting::Capacity { tasks: count(waits) },
        Standing { pending: 1.., .. } => Waiting::Running { tasks: standing.pending },
        Standing { settling: 1.., .. } => Waiting::Health { tasks: standing.settling, limits },
        Standing { unhealthy: 1.., .. } => Waiting::Unhealthy { tasks: standing.unhealthy, limits },
        Standing { old, old_protected: 1.., .. } if old == standing.old_protected => {
            Waiting::Protected { tasks: old }
        }
        Standing { surplus_protected: 1.., .. } => {
            Waiting::Protected { tasks: standing.surplus_protected }
        }
        Standing { old: 1.., .. } if limits.healthy <= limits.lower => {
            Waiting::Floor { old: standing.old, limits }
        }
        Standing { stopping: 1.., .. } => Waiting::Stops { tasks: standing.stopping, limits },
        _ => match store.deployment(deployment).baking_since {
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
