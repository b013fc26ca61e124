//! P7: which tasks come.

use std::sync::Arc;

use crate::api::event::{EventKind, Message};
use crate::capacity::split;
use crate::control::Control;
use crate::deployment::rolling::{self, StartCounts};
use crate::deployment::throttle;
use crate::explain::Split;
use crate::launch::{self, CAPACITY_UNAVAILABLE, LaunchTarget, Launched, NoPlace, TaskOrder};
use crate::model::{
    BackoffCause, DeploymentId, DeploymentStatus, Digests, Launch, LaunchType, MessageKey, Owner,
    PlacementStrategy, ProviderId, RolloutState, SchedulingStrategy, ServiceId, Span, TaskId,
};
use crate::placement::{AgentNeeds, default_service_strategy};
use crate::reconcile::facts::{Class, Fact, Kind};
use crate::reconcile::pass::{self, Pass};
use crate::reconcile::{apart, daemon, told};

/// What P7 did.
#[derive(Debug, Default)]
pub(super) struct Started {
    /// Tasks that were made.
    pub(super) tasks: u32,
    /// What found no place, by deployment: each deployment and provider once.
    pub(super) failures: Vec<(DeploymentId, NoPlace)>,
    /// Why tasks that were made wait in PROVISIONING, where no instance is there to be waited for.
    pub(super) empty: Vec<NoPlace>,
    /// Launches were held back by the quota of launches a minute.
    pub(super) rate_limited: bool,
}

/// Starts what is missing, as far as the ceiling allows.
pub(super) fn launch(pass: &mut Pass<'_>) -> Started {
    let mut started = Started::default();
    pass::notice_room(pass.control, pass.service);
    if pass.control.store.service(pass.service).scheduling == SchedulingStrategy::Daemon {
        daemon::launch(pass, &mut started);
        return started;
    }
    if apart::is_apart(pass.control, pass.service) {
        apart::launch(pass, &mut started);
        return started;
    }
    let Some(primary) = pass.primary() else { return started };
    let sources: Vec<DeploymentId> =
        pass.deployments().into_iter().filter(|&d| d != primary).collect();
    let row = pass.control.store.service(pass.service);
    let (desired, lower, upper) = (row.desired, row.lower_limit(), row.upper_limit());
    let is_source_settling = |kind: &Kind| kind.is_settling() && kind.deployment != primary;
    let counts = StartCounts {
        room: upper.saturating_sub(pass.occupying()),
        need_primary: need(pass, primary),
        need_sources: sources.iter().map(|&source| need(pass, source)).sum(),
        lower,
        healthy_or_settling_old: pass.count(Kind::is_healthy) + pass.count(is_source_settling),
        desired,
        good: pass.count(Kind::is_present),
        old_would_stop: pass.count(Kind::is_healthy) >= lower
            && pass.control.store.deployment(primary).rollout != RolloutState::Failed,
    };
    let starts = rolling::starts(&counts);
    launch_over(pass, &sources, starts.floor, &mut started);
    launch_of(pass, primary, starts.primary, &mut started);
    launch_over(pass, &sources, starts.sources, &mut started);
    started
}

/// What a deployment misses and may start now.
fn need(pass: &Pass<'_>, deployment: DeploymentId) -> u32 {
    let row = pass.control.store.deployment(deployment);
    if !row.is_maintained() || throttle::holds(&row.throttle, pass.control.now) {
        return 0;
    }
    let missing = row.desired.saturating_sub(pass.count_of(deployment, Kind::is_present));
    missing.min(at_once(pass, deployment))
}

/// Tasks of a deployment that may be started now, as far as the digests of its images go.
pub(super) fn at_once(pass: &Pass<'_>, deployment: DeploymentId) -> u32 {
    match pass.control.store.deployment(deployment).digests {
        Digests::Known => u32::MAX,
        Digests::Probing { .. } => {
            1_u32.saturating_sub(pass.count_of(deployment, Kind::is_present))
        }
    }
}

/// Divides a number of starts over older deployments, oldest first.
fn launch_over(pass: &mut Pass<'_>, sources: &[DeploymentId], count: u32, started: &mut Started) {
    let mut left = count;
    for &source in sources {
        let share = left.min(need(pass, source));
        launch_of(pass, source, share, started);
        left -= share;
    }
}

pub(super) fn launch_of(
    pass: &mut Pass<'_>,
    deployment: DeploymentId,
    count: u32,
    started: &mut Started,
) {
    if count == 0 {
        return;
    }
    let mut providers = ProviderCounts::of(pass, deployment);
    for _ in 0..count {
        pass.control.witness_split(|| providers.split());
        let Some(target) = providers.next() else { break };
        let refused_before = |(d, target_before): &(DeploymentId, LaunchTarget)| {
            *d == deployment && *target_before == target
        };
        if pass.no_place.iter().any(refused_before) {
            continue;
        }
        if launches_left(pass.control, pass.service) == 0 {
            started.rate_limited = true;
            break;
        }
        launch_one(pass, deployment, target, started);
    }
}

/// Launches one task of a deployment on a target and notes what became of it.
pub(super) fn launch_one(
    pass: &mut Pass<'_>,
    deployment: DeploymentId,
    target: LaunchTarget,
    started: &mut Started,
) {
    let order = service_order(pass.control, pass.service, deployment, target);
    match launch::launch(pass.control, &order) {
        Launched::Task(task) => note_started(pass, deployment, task, started),
        Launched::Waiting(task, no_place) => {
            if matches!(no_place, NoPlace::NoInstances(_)) && !started.empty.contains(&no_place) {
                started.empty.push(no_place);
            }
            note_started(pass, deployment, task, started);
        }
        Launched::Nowhere(no_place) => {
            pass.no_place.push((deployment, target));
            started.failures.push((deployment, no_place));
        }
    }
}

pub(super) fn note_started(
    pass: &mut Pass<'_>,
    deployment: DeploymentId,
    task: TaskId,
    started: &mut Started,
) {
    started.tasks += 1;
    let replaces = unreplaced(pass, deployment) > 0;
    let row = pass.control.store.deployment_mut(deployment);
    row.owed_replacements = row.owed_replacements.saturating_sub(u32::from(replaces));
    let is_primary = row.status == DeploymentStatus::Primary;
    let told = pass.told.started.entry((is_primary, deployment)).or_default();
    told.0.push(task);
    told.1 += u32::from(replaces);
    let placed = pass.control.store.task(task);
    let (instance, zone) = (placed.instance, placed.zone);
    let kind = Kind { deployment, class: Class::Pending, draining: false, protected: false };
    pass.facts.push(Fact { task, instance, kind });
    count_launch(pass.control, pass.service);
    if instance.is_some() || zone.is_some() {
        pass::place_found(pass.control, pass.service);
    }
}

/// Unhealthy tasks of a deployment for which no replacement was started yet.
fn unreplaced(pass: &Pass<'_>, deployment: DeploymentId) -> u32 {
    let row = pass.control.store.deployment(deployment);
    let active = pass.count_of(deployment, Kind::is_active);
    // As long as a place is vacant, what starts is a missing task and replaces none.
    let unreplaced = active.checked_sub(row.desired).map_or(0, |replaced| {
        pass.count_of(deployment, Kind::is_unhealthy).saturating_sub(replaced)
    });
    row.owed_replacements + unreplaced
}

/// The order for one task of a service.
pub(crate) fn service_order(
    control: &Control,
    service: ServiceId,
    deployment: DeploymentId,
    target: LaunchTarget,
) -> TaskOrder {
    let store = &control.store;
    let row = store.service(service);
    let definition_id = store.deployment(deployment).definition;
    let definition = store.definition(definition_id);
    let own = definition.constraints.iter().chain(row.constraints.iter());
    let strategy: Arc<[PlacementStrategy]> = if row.strategy.is_empty() {
        default_service_strategy().into()
    } else {
        row.strategy.clone()
    };
    let network = store.deployment(deployment).reach.network.as_ref();
    let names = network.and_then(|n| n.awsvpc_configuration.as_ref());
    let subnets = names.into_iter().flat_map(|n| n.subnets.iter());
    TaskOrder {
        cluster: row.cluster,
        definition: definition_id,
        group: row.group,
        owner: Some(Owner { service, deployment }),
        target,
        demand: definition.demand.clone(),
        subnets: subnets.filter_map(|name| store.find_subnet(row.cluster, name)).collect(),
        zone: None,
        agent: AgentNeeds {
            execute_command: row.input.enable_execute_command == Some(true),
            service_connect: store.deployment(deployment).reach.connect.is_some(),
            external: target == LaunchTarget::Type(LaunchType::External),
        },
        constraints: own.cloned().collect(),
        strategy,
        extra: None,
    }
}

/// Chooses the target of each next task of a deployment; counts go on whether a pick finds a place
/// or not, so that a provider without capacity keeps its share vacant (04 section 2.4).
pub(crate) struct ProviderCounts {
    launch: Launch,
    counts: Vec<u32>,
}

impl ProviderCounts {
    pub(super) fn of(pass: &Pass<'_>, deployment: DeploymentId) -> Self {
        let launch = pass.control.store.deployment(deployment).launch.clone();
        let mut picks = Self::empty(launch);
        for fact in pass.facts.iter() {
            if fact.deployment == deployment && fact.is_active() {
                picks.note(pass.control.store.task(fact.task).provider);
            }
        }
        picks
    }

    /// From zero counts.
    pub(crate) fn empty(launch: Launch) -> Self {
        let items = match &launch {
            Launch::Type(_) => 0,
            Launch::Strategy(items) => items.len(),
        };
        Self { launch, counts: vec![0; items] }
    }

    fn note(&mut self, provider: Option<ProviderId>) {
        if let Launch::Strategy(items) = &self.launch
            && let Some(index) = items.iter().position(|item| Some(item.provider) == provider)
        {
            self.counts[index] += 1;
        }
    }

    /// How the next target will be chosen.
    pub(crate) fn split(&self) -> Option<Split> {
        match &self.launch {
            Launch::Type(_) => None,
            Launch::Strategy(items) => Split::of(items, &self.counts),
        }
    }

    /// The next target among some providers, as if the others were not there. Nothing is counted.
    pub(super) fn next_among(&self, may: impl Fn(ProviderId) -> bool) -> Option<LaunchTarget> {
        let Launch::Strategy(items) = &self.launch else { return None };
        let left = items.iter().zip(&self.counts).filter(|(item, _)| may(item.provider));
        let (items, counts): (Vec<_>, Vec<_>) = left.map(|(item, &count)| (*item, count)).unzip();
        let index = split::choose_next(&items, &counts)?;
        Some(LaunchTarget::Provider(items[index].provider))
    }

    /// The next target, counted.
    pub(crate) fn next(&mut self) -> Option<LaunchTarget> {
        match &self.launch {
            Launch::Type(launch_type) => Some(LaunchTarget::Type(*launch_type)),
            Launch::Strategy(items) => {
                let index = split::choose_next(items, &self.counts)?;
                self.counts[index] += 1;
                Some(LaunchTarget::Provider(items[index].provider))
            }
        }
    }
}

/// Launches that the quota leaves in the last rolling minute.
fn launches_left(control: &mut Control, service: ServiceId) -> u32 {
    let (now, quota) = (control.now, control.store.config.launches_per_minute);
    let launches = &mut control.store.service_mut(service).memory.launches;
    while launches.front().is_some_and(|&(at, _)| at + Span::from_secs(60) <= now) {
        launches.pop_front();
    }
    quota.saturating_sub(launches.iter().map(|&(_, count)| count).sum())
}

fn count_launch(control: &mut Control, service: ServiceId) {
    let now = control.now;
    let launches = &mut control.store.service_mut(service).memory.launches;
    match launches.back_mut() {
        Some((at, count)) if *at == now => *count += 1,
        _ => launches.push_back((now, 1)),
    }
}

/// Tells of what found no place, and lets the deployment wait when nothing else is moving
/// (03 sections 11.2 and 14.3).
pub(super) fn tell_failures(pass: &mut Pass<'_>, started: &Started) {
    for no_place in &started.empty {
        tell_no_place(pass, no_place);
    }
    let mut failed: Vec<DeploymentId> = Vec::new();
    for (deployment, no_place) in &started.failures {
        if let NoPlace::Refused(failure)
        | NoPlace::NoInstances(failure)
        | NoPlace::NoCapacity(failure) = no_place
        {
            pass.control.out.event(EventKind::PlacementFailed(failure.clone()));
        }
        tell_no_place(pass, no_place);
        if !failed.contains(deployment) {
            failed.push(*deployment);
        }
    }
    let moving = |fact: &Fact| fact.is_settling() || fact.is_stopping();
    let nothing_moves = started.tasks == 0 && !pass.facts.iter().any(moving);
    let now = pass.control.now;
    let delays = pass.control.store.config.start_backoff.clone();
    for deployment in failed.iter().copied().filter(|_| nothing_moves) {
        let row = pass.control.store.deployment_mut(deployment);
        row.failures += 1;
        throttle::arm(&mut row.throttle, BackoffCause::Placement, &delays, now);
    }
    // The next pass tries again, weighs the failures, or leaves the room to another deployment.
    if !failed.is_empty() || started.rate_limited {
        pass.control.touch(pass.service);
    }
}

/// E15 and E20, and what the event bus is told.
fn tell_no_place(pass: &mut Pass<'_>, no_place: &NoPlace) {
    let (message, failure) = match no_place {
        NoPlace::Refused(failure) => {
            let closest = failure.closest.expect("a refusal has a closest instance");
            (Message::NoPlace(closest, failure.reason.clone()), failure)
        }
        NoPlace::NoInstances(failure) => match failure.provider {
            Some(provider) => (Message::NoInstancesInProvider(provider), failure),
            None => (Message::NoInstances, failure),
        },
        NoPlace::NoCapacity(failure) => (Message::NoCapacity(CAPACITY_UNAVAILABLE.into()), failure),
        NoPlace::ProvisioningLimit => {
            let key = MessageKey::ProvisioningLimit;
            told::say_once(pass.control, pass.service, key, Message::ProvisioningLimit);
            return;
        }
    };
    let text = crate::view::View::new(&pass.control.store).message(pass.service, &message);
    let key = MessageKey::Unplaceable(text.into());
    if told::say_once(pass.control, pass.service, key, message) {
        let name = "SERVICE_TASK_PLACEMENT_FAILURE";
        pass.control.out.service_action(pass.service, name, Some(failure.reason.clone()));
    }
}

/// E16: tasks of the service keep failing to start.
pub(super) fn tell_impaired(control: &mut Control, service: ServiceId) {
    if told::say_once(control, service, MessageKey::StartsFail, Message::CannotStart) {
        control.out.service_action(service, "SERVICE_TASK_START_IMPAIRED", None);
    }
}
