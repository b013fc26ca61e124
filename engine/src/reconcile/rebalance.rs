//! Availability Zone rebalancing (01 section 10, 03 section 17): one move at a time, a start in the
//! zone that has too few and, once that task is healthy, a stop in the zone that has too many.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::event::{EventKind, Message, RebalanceStep, ZoneCount};
use crate::control::Control;
use crate::deployment::throttle;
use crate::launch::{self, LaunchTarget, Launched, NoPlace};
use crate::model::{
    BackoffCause, DeploymentId, Launch, LaunchType, MessageKey, Move, ProviderId, Rebalancing,
    RolloutState, ServiceId, Stop, StopCode, StopReason, TaskId, Throttle, ZoneId,
};
use crate::placement::feasible;
use crate::reconcile::facts::{Fact, Kind};
use crate::reconcile::pass::Pass;
use crate::reconcile::{starts, told};

/// Ends rebalancing when something else comes first: a deployment, a changed desired count, the
/// feature switched off. The ordinary rules deal with the extra task.
pub(crate) fn end(control: &mut Control, service: ServiceId) {
    if control.store.service_mut(service).memory.rebalancing.take().is_some() {
        control.out.message(service, Message::Rebalance(RebalanceStep::Ended));
        control.out.service_action(service, "SERVICE_REBALANCING_STOPPED", None);
    }
}

/// The last step of a pass that did nothing else.
pub(super) fn check(pass: &mut Pass<'_>) {
    let Some(primary) = pass.primary() else { return };
    forget_lost_move(pass);
    let row = pass.control.store.service(pass.service);
    if !row.rebalancing || !is_calm(pass, primary) {
        return;
    }
    match row.memory.rebalancing.as_ref().and_then(|r| r.under_way) {
        Some(under_way) => finish_move(pass, primary, under_way),
        None => begin_move(pass, primary),
    }
}

/// A move whose new task is gone is over: the next one is decided anew.
fn forget_lost_move(pass: &mut Pass<'_>) {
    let memory = &pass.control.store.service(pass.service).memory;
    let Some(under_way) = memory.move_under_way() else { return };
    let lives = pass.facts.iter().any(|fact| fact.task == under_way.task && fact.is_active());
    let memory = &mut pass.control.store.service_mut(pass.service).memory;
    if let Some(rebalancing) = memory.rebalancing.as_mut().filter(|_| !lives) {
        rebalancing.under_way = None;
    }
}

/// No deployment in progress, and every task that is wanted is there.
fn is_calm(pass: &Pass<'_>, primary: DeploymentId) -> bool {
    let store = &pass.control.store;
    let service = store.service(pass.service);
    let extra = u32::from(service.memory.move_under_way().is_some());
    let present = pass.count(Kind::is_present);
    service.deployments.len() == 1
        && store.deployment(primary).rollout == RolloutState::Completed
        && present == service.desired + extra
        && pass.count(Kind::is_active) == present
}

/// Tasks that are balanced together, by zone: those there are and those there should be.
struct Zones {
    /// On Fargate with a strategy each provider's tasks are balanced by themselves.
    provider: Option<ProviderId>,
    desired: u32,
    counts: BTreeMap<ZoneId, u32>,
    targets: BTreeMap<ZoneId, u32>,
}

impl Zones {
    /// Everything that is balanced by itself, in the order of the strategy.
    fn all(pass: &Pass<'_>, primary: DeploymentId) -> Vec<Self> {
        let store = &pass.control.store;
        match &store.deployment(primary).launch {
            Launch::Strategy(items)
                if items.iter().all(|item| store.provider(item.provider).kind.is_fargate()) =>
            {
                let providers = items.iter().map(|item| Some(item.provider));
                providers.map(|provider| Self::of(pass, primary, provider)).collect()
            }
            Launch::Strategy(_) | Launch::Type(_) => vec![Self::of(pass, primary, None)],
        }
    }

    fn of(pass: &Pass<'_>, primary: DeploymentId, provider: Option<ProviderId>) -> Self {
        let store = &pass.control.store;
        let service = store.service(pass.service);
        let belongs = |task: TaskId| provider.is_none() || store.task(task).provider == provider;
        let mut counts: BTreeMap<ZoneId, u32> =
            usable_zones(pass, primary).into_iter().map(|zone| (zone, 0)).collect();
        for fact in pass.facts.iter().filter(|fact| fact.is_active() && belongs(fact.task)) {
            if let Some(count) = store.task(fact.task).zone.and_then(|z| counts.get_mut(&z)) {
                *count += 1;
            }
        }
        let moving = service.memory.move_under_way().is_some_and(|moved| belongs(moved.task));
        let desired = match provider {
            None => service.desired,
            Some(_) => {
                let is_its = |fact: &&Fact| fact.is_present() && belongs(fact.task);
                let present = pass.facts.iter().filter(is_its).count();
                let present = u32::try_from(present).unwrap_or(u32::MAX);
                present.saturating_sub(u32::from(moving))
            }
        };
        let zones = u32::try_from(counts.len()).unwrap_or(u32::MAX).max(1);
        let (base, extra) = (desired / zones, desired % zones);
        let mut fullest: Vec<(ZoneId, u32)> = counts.iter().map(|(&z, &c)| (z, c)).collect();
        fullest.sort_by_key(|&(zone, count)| (std::cmp::Reverse(count), store.zone_name(zone)));
        let target = |(index, (zone, _)): (usize, (ZoneId, u32))| {
            (zone, base + u32::from((index as u64) < u64::from(extra)))
        };
        let targets = fullest.into_iter().enumerate().map(target).collect();
        Self { provider, desired, counts, targets }
    }

    fn is_balanced(&self) -> bool {
        let (Some(least), Some(most)) = (self.counts.values().min(), self.counts.values().max())
        else {
            return true;
        };
        let covered = *least >= 1 || (self.desired as usize) < self.counts.len();
        most - least <= 1 && covered
    }

    /// The zone that should get a task: the fewest among those below target, ties by name.
    fn poorest(&self, name: impl Fn(ZoneId) -> String) -> Option<ZoneId> {
        let below = self.counts.iter().filter(|(zone, count)| **count < self.targets[*zone]);
        below.min_by_key(|&(&zone, &count)| (count, name(zone))).map(|(&zone, _)| zone)
    }

    /// Zones above target, the fullest first, ties by name.
    fn rich(&self, name: impl Fn(ZoneId) -> String) -> Vec<ZoneId> {
        let above = self.counts.iter().filter(|(zone, count)| **count > self.targets[*zone]);
        let mut zones: Vec<(ZoneId, u32)> = above.map(|(&zone, &count)| (zone, count)).collect();
        zones.sort_by_key(|&(zone, count)| (std::cmp::Reverse(count), name(zone)));
        zones.into_iter().map(|(zone, _)| zone).collect()
    }
}

/// Zones with an instance that would suit the task, room or not; on Fargate those of the subnets.
/// With a strategy an instance of any of its providers will do.
fn usable_zones(pass: &Pass<'_>, primary: DeploymentId) -> BTreeSet<ZoneId> {
    let store = &pass.control.store;
    let (next, on_fargate) = target(pass, primary);
    if on_fargate {
        let order = starts::service_order(pass.control, pass.service, primary, next);
        return order.subnets.iter().map(|&subnet| store.subnet(subnet).zone).collect();
    }
    match &store.deployment(primary).launch {
        Launch::Type(_) => zones_with_instances(pass, primary, next),
        Launch::Strategy(items) => {
            let targets = items.iter().map(|item| LaunchTarget::Provider(item.provider));
            targets.flat_map(|target| zones_with_instances(pass, primary, target)).collect()
        }
    }
}

/// Zones with an ACTIVE instance that would suit the task, or has one.
fn zones_with_instances(
    pass: &Pass<'_>,
    primary: DeploymentId,
    target: LaunchTarget,
) -> BTreeSet<ZoneId> {
    let store = &pass.control.store;
    let order = starts::service_order(pass.control, pass.service, primary, target);
    let provider = order.provider();
    let request = launch::request(&order, provider);
    let suits = |instance: &crate::model::InstanceId| {
        feasible::host_failures(store, &request, *instance).next().is_none()
            && feasible::constraint_failures(store, &request, *instance).next().is_none()
    };
    let occupied = pass.facts.iter().filter(|f| f.is_active()).filter_map(|fact| fact.instance);
    let active = match provider {
        Some(provider) => store.active_of(order.cluster, provider),
        None => store.active(order.cluster).clone(),
    };
    let zone = |instance| store.instances.get(instance).zone;
    active.iter().filter(suits).chain(occupied.filter(|i| active.contains(*i))).map(zone).collect()
}

/// On what the task is launched that is to come into a zone: the next provider of the strategy
/// that has an instance there.
fn target_in(pass: &Pass<'_>, primary: DeploymentId, zone: ZoneId) -> LaunchTarget {
    let here = |provider| {
        let target = LaunchTarget::Provider(provider);
        zones_with_instances(pass, primary, target).contains(&zone)
    };
    let (next, on_fargate) = target(pass, primary);
    let among = || starts::ProviderCounts::of(pass, primary).next_among(here);
    if on_fargate { next } else { among().unwrap_or(next) }
}

/// What the next task of the service is launched on.
fn target(pass: &Pass<'_>, primary: DeploymentId) -> (LaunchTarget, bool) {
    let store = &pass.control.store;
    let target = match &store.deployment(primary).launch {
        Launch::Type(launch_type) => LaunchTarget::Type(*launch_type),
        Launch::Strategy(_) => starts::ProviderCounts::of(pass, primary)
            .next()
            .unwrap_or(LaunchTarget::Type(LaunchType::Ec2)),
    };
    let on_fargate = match target {
        LaunchTarget::Type(launch_type) => launch_type == LaunchType::Fargate,
        LaunchTarget::Provider(provider) => store.provider(provider).kind.is_fargate(),
    };
    (target, on_fargate)
}

fn begin_move(pass: &mut Pass<'_>, primary: DeploymentId) {
    let zones = Zones::all(pass, primary);
    let service = pass.control.store.service(pass.service);
    let (desired, upper) = (service.desired, service.upper_limit());
    let began = service.memory.rebalancing.is_some();
    let Some(skewed) = zones.iter().find(|zones| !zones.is_balanced()) else {
        if began {
            pass.control.store.service_mut(pass.service).memory.rebalancing = None;
            tell_counts(pass, &zones, true);
            pass.control.out.service_action(pass.service, "SERVICE_REBALANCING_COMPLETED", None);
        }
        return;
    };
    if upper <= desired {
        return;
    }
    if !began {
        pass.control.store.service_mut(pass.service).memory.rebalancing =
            Some(Rebalancing::default());
        tell_counts(pass, &zones, false);
        pass.control.out.service_action(pass.service, "SERVICE_REBALANCING_STARTED", None);
    }
    if pass.occupying() >= upper || is_held(pass, primary) {
        return;
    }
    let name = |zone| pass.control.store.zone_name(zone).to_owned();
    if let Some(zone) = skewed.poorest(name) {
        start_in(pass, primary, skewed.provider, zone);
    }
}

/// A move waits after one that found no room, and as long as starts wait.
fn is_held(pass: &Pass<'_>, primary: DeploymentId) -> bool {
    let Control { store, now, .. } = &*pass.control;
    let moves = store.service(pass.service).memory.rebalancing.as_ref();
    moves.is_some_and(|rebalancing| throttle::holds(&rebalancing.throttle, *now))
        || throttle::holds(&store.deployment(primary).throttle, *now)
}

fn start_in(
    pass: &mut Pass<'_>,
    primary: DeploymentId,
    provider: Option<ProviderId>,
    zone: ZoneId,
) {
    let own = provider.map(LaunchTarget::Provider);
    let target = own.unwrap_or_else(|| target_in(pass, primary, zone));
    let mut order = starts::service_order(pass.control, pass.service, primary, target);
    order.zone = Some(zone);
    match launch::launch(pass.control, &order) {
        Launched::Task(task) => {
            let memory = &mut pass.control.store.service_mut(pass.service).memory;
            if let Some(rebalancing) = &mut memory.rebalancing {
                *rebalancing = Rebalancing {
                    under_way: Some(Move { task, to: zone }),
                    throttle: Throttle::default(),
                };
            }
            memory.acted = true;
            say(pass, RebalanceStep::Started { task, zone });
            pass.control.out.service_action(pass.service, "TASKS_STARTED", None);
        }
        Launched::Waiting(_, no_place) | Launched::Nowhere(no_place) => {
            let mut reason = None;
            if let NoPlace::Refused(failure)
            | NoPlace::NoInstances(failure)
            | NoPlace::NoCapacity(failure) = &no_place
            {
                reason = Some(failure.reason.clone());
                pass.control.out.event(EventKind::PlacementFailed(failure.clone()));
            }
            let key = MessageKey::Unplaceable(pass.control.store.zone_name(zone).into());
            let message = Message::Rebalance(RebalanceStep::NoPlace { zone });
            if told::say_once(pass.control, pass.service, key, message) {
                let name = "SERVICE_TASK_PLACEMENT_FAILURE";
                pass.control.out.service_action(pass.service, name, reason);
            }
            let (now, delays) = (pass.control.now, pass.control.store.config.start_backoff.clone());
            let memory = &mut pass.control.store.service_mut(pass.service).memory;
            if let Some(rebalancing) = &mut memory.rebalancing {
                let throttle = &mut rebalancing.throttle;
                throttle::arm(throttle, BackoffCause::Placement, &delays, now);
            }
        }
    }
}

/// The new task is healthy: one leaves the zone that has too many.
fn finish_move(pass: &mut Pass<'_>, primary: DeploymentId, under_way: Move) {
    let is_ready = |fact: &Fact| fact.task == under_way.task && fact.is_healthy();
    if !pass.facts.iter().any(is_ready) {
        return;
    }
    let store = &pass.control.store;
    let moved = store.task(under_way.task).provider;
    let all = Zones::all(pass, primary);
    let pool = all.into_iter().find(|zones| zones.provider.is_none() || zones.provider == moved);
    let zones = pool.expect("a move began in one of the pools");
    let name = |zone| store.zone_name(zone).to_owned();
    let in_zone = |zone: ZoneId| -> Vec<TaskId> {
        let stands = |fact: &&Fact| {
            let task = store.task(fact.task);
            let belongs = zones.provider.is_none() || task.provider == zones.provider;
            fact.is_active() && !fact.protected && belongs && task.zone == Some(zone)
        };
        pass.facts.iter().filter(stands).map(|fact| fact.task).collect()
    };
    let rich = zones.rich(name);
    let chosen =
        rich.iter().map(|&zone| (zone, in_zone(zone))).find(|(_, tasks)| !tasks.is_empty());
    let Some((zone, candidates)) = chosen else {
        let step = RebalanceStep::Protected { deployment: primary };
        let key = MessageKey::RebalancingProtected;
        if told::say_once(pass.control, pass.service, key, Message::Rebalance(step)) {
            let name = "TASKSET_SCALE_IN_FAILURE_BY_TASK_PROTECTION";
            pass.control.out.service_action(pass.service, name, None);
        }
        return;
    };
    let task = pass.control.pick_leaving(pass.service, &candidates);
    let reason = StopReason::Rebalancing(primary);
    told::resolved(pass.control, pass.service, |key| *key == MessageKey::RebalancingProtected);
    pass.control.stop_task(task, Stop { code: StopCode::ServiceSchedulerInitiated, reason });
    let memory = &mut pass.control.store.service_mut(pass.service).memory;
    if let Some(rebalancing) = &mut memory.rebalancing {
        rebalancing.under_way = None;
    }
    memory.acted = true;
    say(pass, RebalanceStep::Stopped { task, zone });
    pass.control.out.service_action(pass.service, "TASKS_STOPPED", None);
    // The next move is decided in a later pass.
    pass.control.touch(pass.service);
}

fn say(pass: &mut Pass<'_>, step: RebalanceStep) {
    pass.control.out.message(pass.service, Message::Rebalance(step));
}

/// E21: tasks by zone, most first, then by name, whatever runs them.
fn tell_counts(pass: &mut Pass<'_>, zones: &[Zones], balanced: bool) {
    let store = &pass.control.store;
    let mut sums: BTreeMap<ZoneId, u32> = BTreeMap::new();
    for (&zone, &tasks) in zones.iter().flat_map(|zones| &zones.counts) {
        *sums.entry(zone).or_default() += tasks;
    }
    let mut counts: Vec<ZoneCount> =
        sums.into_iter().map(|(zone, tasks)| ZoneCount { zone, tasks }).collect();
    counts.sort_by_key(|count| (std::cmp::Reverse(count.tasks), store.zone_name(count.zone)));
    let counts = counts.into();
    say(pass, RebalanceStep::Counted { counts, balanced });
}
