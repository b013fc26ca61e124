//! The simulated data plane: what container agents, Fargate, network interfaces, Docker and load
//! balancers do, and what they tell the control plane.
//!
//! [`World`] is driven as the engine is: it has no clock. In step 1 of an instant (00 section 3)
//! call [`World::due`], give every report to the engine, hand every effect of the engine to
//! [`World::effect`], and go on until nothing is reported any more. [`World::next_due`] says when
//! the next instant is.

mod adopt;
mod agent;
mod behavior;
mod behavior_values;
mod cloud_map;
mod container;
mod discovery;
mod faults;
mod functions;
mod images;
mod latency;
mod network;
mod plan;
mod probe;
mod registration;
mod registry;
mod route;
mod run;
mod start;
mod step;
mod stop;
mod targets;
mod task;
#[cfg(test)]
mod tests;
mod waits;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::net::Ipv4Addr;
use std::sync::Arc;

use stowplan_engine::View;
use stowplan_engine::api::{Effect, Report};
use stowplan_engine::model::{
    InstanceId, ScalingGroupId, Span, SubnetId, TargetState, TaskId, TaskStatus, Time, ZoneId,
};

pub use agent::AgentConfig;
pub use behavior::{Behavior, Behaviors, ContainerBehavior, Latency, SetBehavior, Timed};
pub use behavior_values::{
    AwsCall, Delay, DurationRange, Exit, Exits, HealthRule, HealthRules, MemoryUsed, ProbeResult,
    Share, StartFails, StartFailure,
};
pub use cloud_map::{DnsQuestion, Unknown};
pub use container::{ContainerStatus, WorldContainer};
pub use faults::AgentCall;
pub use functions::{FunctionAnswer, Functions};
pub use images::{Image, PullRates};
pub use registry::{DnsRecord, InstanceHealth, RecordType, Registered, Registry, RoutingPolicy};
pub use route::{ENDPOINTS, Routes};
pub use targets::{
    FailingProbe, LoadBalancerKind, TargetCounts, TargetGroup, TargetType, WorldTarget,
};
pub use task::WorldTask;
pub use waits::{TaskWait, sentence as task_wait_text};

pub(crate) use cloud_map::registry_name;
pub(crate) use network::{address_at, position_of};

use agent::Host;
use cloud_map::CloudMap;
use container::NEVER;
use faults::InstanceEvent;
use functions::Switchboard;
use images::Images;
use latency::DETACH;
use network::Addresses;
use plan::Plans;
use step::{Step, Surroundings};
use targets::{GroupRow, TargetGroups};

/// What a scenario says of the world.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldConfig {
    /// How it answers.
    pub behavior: Behaviors,
    /// Target groups; those that only services name have the defaults.
    pub target_groups: Vec<TargetGroup>,
    /// Cloud Map services.
    pub registries: Vec<Registry>,
    /// What functions answer; one that is not named succeeds at once.
    pub functions: Functions,
    /// Exactly these images exist; all of them when absent.
    pub images: Option<Vec<Image>>,
    /// How fast they arrive.
    pub pull_rates: PullRates,
    /// `imageReplicationSeconds`: from a push to the other regions.
    pub image_replication: Span,
    /// `trunkReadySeconds`: how long the trunk interface of an instance takes.
    pub trunk_ready: Span,
    /// What the agents of instances are like that an Auto Scaling group launches, by its name.
    pub group_agents: BTreeMap<Box<str>, AgentConfig>,
    /// `ignoreContainersWithoutHealthCheck` (01 section 11.5).
    pub ignore_containers_without_health_check: bool,
    /// `initialHealthyNeedsThreshold` (02 section 7.3).
    pub initial_healthy_needs_threshold: bool,
    /// Network addresses of the subnets, by id; without one no address is shown.
    pub networks: Vec<Ipv4Addr>,
    /// Routes of the subnets, by id; without them everything is reached.
    pub routes: Vec<Routes>,
    /// Private addresses that tasks have at time 0; all others are given out by the subnets.
    pub given_addresses: BTreeMap<TaskId, Ipv4Addr>,
}

impl Default for WorldConfig {
    fn default() -> Self {
        Self {
            behavior: Behaviors::new(),
            target_groups: Vec::new(),
            registries: Vec::new(),
            functions: Functions::new(),
            images: None,
            pull_rates: PullRates::default(),
            image_replication: Span::from_secs(300),
            trunk_ready: Span::from_secs(15),
            group_agents: BTreeMap::new(),
            ignore_containers_without_health_check: false,
            initial_healthy_needs_threshold: false,
            networks: Vec::new(),
            routes: Vec::new(),
            given_addresses: BTreeMap::new(),
        }
    }
}

/// The simulated data plane.
#[derive(Clone, Debug)]
pub struct World {
    /// By id. Shared between a world and its clones until one of them changes a task.
    tasks: Vec<Option<Arc<WorldTask>>>,
    around: Surroundings,
    /// When tasks want to be looked at; one that is not the task's own `wakes_at` is out of date.
    wakes: BinaryHeap<Reverse<(Time, TaskId)>>,
    instance_events: BTreeSet<(Time, InstanceId, InstanceEvent)>,
    /// When instances that Auto Scaling groups launched are ready.
    launches: BTreeSet<(Time, ScalingGroupId, u32)>,
    trunk_ready: Span,
    agent_calls: Vec<AgentCall>,
    functions: Switchboard,
}

impl World {
    /// A world without instances and tasks.
    pub fn new(config: WorldConfig, seed: u64) -> Self {
        let needs_threshold = config.initial_healthy_needs_threshold;
        let replication = config.image_replication;
        let around = Surroundings {
            seed,
            ignore_unchecked: config.ignore_containers_without_health_check,
            new_targets_need_threshold: needs_threshold,
            plans: Plans::new(config.behavior),
            images: Images::new(config.images.as_deref(), config.pull_rates, replication),
            groups: TargetGroups::new(config.target_groups, needs_threshold),
            cloud_map: CloudMap::new(config.registries, seed),
            addresses: Addresses::new(config.networks, config.given_addresses),
            routes: config.routes.into(),
            hosts: Vec::new(),
            group_agents: config.group_agents,
            reports: Vec::new(),
            failing: Vec::new(),
            admitted: Vec::new(),
        };
        Self {
            tasks: Vec::new(),
            around,
            wakes: BinaryHeap::new(),
            instance_events: BTreeSet::new(),
            launches: BTreeSet::new(),
            trunk_ready: config.trunk_ready,
            agent_calls: Vec::new(),
            functions: Switchboard::new(config.functions),
        }
    }

    /// Says what the agent of an instance is like; before any task is there. An instance of which
    /// nothing is said has the defaults.
    pub fn add_instance(&mut self, instance: InstanceId, config: AgentConfig, view: View<'_>) {
        let host = Host::new(instance, config, view);
        *self.around.host(instance, view) = host;
    }

    /// Takes over a task that exists when the run begins. Call it for each, in order, when all are
    /// set up; one that waits for capacity, or is over, is none of the world's.
    pub fn adopt_task(&mut self, now: Time, task: TaskId, view: View<'_>) {
        let row = view.task(task);
        let unplaced = row.instance.is_none() && row.zone.is_none();
        if unplaced || row.last_status == TaskStatus::Stopped {
            return;
        }
        self.insert_task(task, view);
        self.change_task(now, task, view, |row, step| row.adopt(step));
        self.wake(task, now);
        self.prepare_admitted(now, view);
    }

    /// Carries out an order of the engine. What follows is reported by [`Self::due`].
    pub fn effect(&mut self, now: Time, effect: Effect, view: View<'_>) {
        let task = match effect {
            Effect::StartTask(task) | Effect::StopTask(task) | Effect::DeregisterTargets(task) => {
                task
            }
            Effect::DeregisterInstance(task) => {
                return self.around.cloud_map.deregister(task, now);
            }
            Effect::AskHook { record, run } => {
                let shift = view.record(record).shift.as_ref();
                let arn = shift.and_then(|shift| shift.runs.get(run as usize)).map(|run| &*run.arn);
                let report = |answer| Report::HookAnswer { record, run, answer };
                return self.functions.ask(now, arn.unwrap_or_default(), report);
            }
            Effect::AskLifecycleEvent(deployment, event) => {
                let function = view.code_deployment(deployment).hook(event).unwrap_or_default();
                let report = |answer| Report::LifecycleEventAnswer { deployment, event, answer };
                return self.functions.ask(now, function, report);
            }
            Effect::LaunchInstance(group, number) => {
                let launching = view.scaling_group(group).launching(number);
                let ready_at = launching.map(|launching| launching.ready_at);
                self.launches.extend(ready_at.map(|at| (at, group, number)));
                return;
            }
            Effect::MakeTrunk(instance) => {
                let at = now + self.trunk_ready;
                self.instance_events.insert((at, instance, InstanceEvent::TrunkChange));
                return;
            }
            Effect::RemoveTrunk(instance) => {
                let at = now + DETACH.0;
                self.instance_events.insert((at, instance, InstanceEvent::TrunkChange));
                return;
            }
            Effect::TerminateInstance(instance) => {
                return self.terminate_instance(now, instance, view);
            }
        };
        if let Some(instance) = view.task(task).instance
            && !matches!(effect, Effect::DeregisterTargets(_))
        {
            let host = self.around.host(instance, view);
            if host.lost {
                return;
            }
            if !host.connected {
                return host.mailbox.push(effect);
            }
        }
        if self.task(task).is_none() {
            self.insert_task(task, view);
            self.change_task(now, task, view, |row, step| row.make_targets(step));
        }
        self.change_task(now, task, view, |row, _| match effect {
            Effect::StopTask(_) => row.orders.stop = true,
            Effect::DeregisterTargets(_) => row.orders.deregister = true,
            Effect::StartTask(_)
            | Effect::DeregisterInstance(_)
            | Effect::AskHook { .. }
            | Effect::AskLifecycleEvent(..)
            | Effect::LaunchInstance(..)
            | Effect::MakeTrunk(_)
            | Effect::RemoveTrunk(_)
            | Effect::TerminateInstance(_) => {}
        });
        self.wake(task, now);
    }

    /// Does what is due: instances by id, then tasks by id, each with what follows without delay.
    /// Answers with what the engine is to be told, in order. Call it again until it says nothing.
    pub fn due(&mut self, now: Time, view: View<'_>, out: &mut Vec<Report>) {
        self.advance_instances(now, view);
        self.advance_launches(now, view);
        self.around.cloud_map.settle(now);
        while let Some(task) = self.pop_due(now) {
            self.change_task(now, task, view, |row, step| row.run(step));
            self.schedule(now, task);
            self.prepare_admitted(now, view);
        }
        while let Some(answer) = self.functions.take_due(now) {
            self.around.reports.push(answer);
        }
        self.drop_stale();
        out.append(&mut self.around.reports);
    }

    /// Probes that failed since the last look, but not often enough for a verdict.
    pub fn take_failing(&mut self) -> Vec<FailingProbe> {
        std::mem::take(&mut self.around.failing)
    }

    /// When something is due next.
    pub fn next_due(&self) -> Option<Time> {
        let task = self.wakes.peek().map(|Reverse((at, _))| *at);
        let instance = self.instance_events.first().map(|(at, _, _)| *at);
        let launch = self.launches.first().map(|(at, _, _)| *at);
        let (function, health) = (self.functions.next_due(), self.around.cloud_map.next_due());
        [task, instance, launch, function, health].into_iter().flatten().min()
    }

    /// Whether the engine has to be told something, or something was ordered just now.
    pub fn is_quiet(&self, now: Time) -> bool {
        self.around.reports.is_empty() && self.next_due().is_none_or(|at| at > now)
    }

    /// A task, once the world knows it.
    pub fn task(&self, task: TaskId) -> Option<&WorldTask> {
        self.tasks.get(task.index())?.as_deref()
    }

    /// What a function behind hooks answers from now on; later calls get the last. Nothing: it
    /// succeeds at once.
    pub fn answers_of(&self, arn: &str) -> &[FunctionAnswer] {
        self.functions.answers_of(arn)
    }

    /// Answers of functions that are on their way, in the order in which they come.
    pub fn answers_on_their_way(&self) -> impl Iterator<Item = (Time, &Report)> {
        self.functions.on_their_way()
    }

    /// Network address of a subnet.
    pub fn network(&self, subnet: SubnetId) -> Option<Ipv4Addr> {
        self.around.addresses.network(subnet)
    }

    /// The private address that a task had when the run began, if that is known.
    pub fn given_address(&self, task: TaskId) -> Option<Ipv4Addr> {
        self.around.addresses.given(task)
    }

    /// Everything that the scenario says of a task's behaviour.
    pub fn behavior_of(&self, task: TaskId) -> Option<&Behavior> {
        self.task(task).map(|row| &row.plan.behavior)
    }

    /// A target group by name or ARN.
    pub fn target_group(&self, reference: &str) -> Option<TargetGroupView<'_>> {
        self.around.groups.find(reference).map(|row| TargetGroupView { world: self, row })
    }

    /// All target groups, by name.
    pub fn target_groups(&self) -> impl Iterator<Item = TargetGroupView<'_>> {
        self.around.groups.iter().map(|row| TargetGroupView { world: self, row })
    }

    /// What a client has as the answer of DNS at an instant; none when nothing has that name.
    pub fn dns(
        &self,
        question: &DnsQuestion<'_>,
        now: Time,
        view: View<'_>,
    ) -> Option<Vec<String>> {
        self.around.cloud_map.answer(question, now, view.config().tie_break)
    }

    /// Names that DNS knows, in order: `<service>.<namespace>`.
    pub fn dns_names(&self) -> Vec<String> {
        self.around.cloud_map.dns_names()
    }

    /// The instances of a Cloud Map service at an instant with their health, by id; and how often
    /// they changed.
    pub fn discover(
        &self,
        namespace: &str,
        name: &str,
        now: Time,
    ) -> Result<(u64, Vec<(&Registered, InstanceHealth)>), Unknown> {
        self.around.cloud_map.discover(namespace, name, now)
    }

    /// Healthy instances behind a discovery name of Service Connect at an instant, by id.
    pub fn endpoints(&self, namespace: &str, name: &str, now: Time) -> Vec<&Registered> {
        self.around.cloud_map.endpoints(namespace, name, now)
    }

    /// What the agent of an instance is like, once the world knows it.
    pub fn agent_config(&self, instance: InstanceId) -> Option<&AgentConfig> {
        self.around.known_host(instance).map(|host| &host.config)
    }

    fn insert_task(&mut self, task: TaskId, view: View<'_>) {
        let index = task.index();
        if index >= self.tasks.len() {
            self.tasks.resize(index + 1, None);
        }
        let row = view.task(task);
        let plan = self.around.plans.plan_of(task, view, &mut self.around.images);
        let change = self.around.plans.changes;
        let task = WorldTask::new(row, view.definition(row.definition), plan, change);
        self.tasks[index] = Some(Arc::new(task));
    }

    fn change_task(
        &mut self,
        now: Time,
        task: TaskId,
        view: View<'_>,
        change: impl FnOnce(&mut WorldTask, &mut Step<'_>),
    ) {
        let Some(slot) = self.tasks.get_mut(task.index()) else { return };
        let Some(row) = slot else { return };
        let mut step = Step { now, view, task, around: &mut self.around };
        change(Arc::make_mut(row), &mut step);
    }

    /// Tasks that agents admitted go on.
    fn prepare_admitted(&mut self, now: Time, view: View<'_>) {
        for task in std::mem::take(&mut self.around.admitted) {
            self.change_task(now, task, view, |row, step| row.prepare(step));
            self.wake(task, now);
        }
    }

    /// Looks at a task at an instant, if not before.
    fn wake(&mut self, task: TaskId, at: Time) {
        let Some(Some(row)) = self.tasks.get_mut(task.index()) else { return };
        if at < row.wakes_at {
            Arc::make_mut(row).wakes_at = at;
            self.wakes.push(Reverse((at, task)));
        }
    }

    fn schedule(&mut self, now: Time, task: TaskId) {
        let Some(Some(row)) = self.tasks.get_mut(task.index()) else { return };
        let at = row.next_due();
        debug_assert!(at > now, "a task does everything that is due");
        if row.wakes_at != at {
            Arc::make_mut(row).wakes_at = at;
        }
        if at != NEVER {
            self.wakes.push(Reverse((at, task)));
        }
    }

    fn pop_due(&mut self, now: Time) -> Option<TaskId> {
        while let Some(&Reverse((at, task))) = self.wakes.peek() {
            if at > now {
                return None;
            }
            self.wakes.pop();
            if self.is_current(at, task) {
                return Some(task);
            }
        }
        None
    }

    /// So that [`Self::next_due`] names an instant at which something happens.
    fn drop_stale(&mut self) {
        while let Some(&Reverse((at, task))) = self.wakes.peek()
            && !self.is_current(at, task)
        {
            self.wakes.pop();
        }
    }

    fn is_current(&self, at: Time, task: TaskId) -> bool {
        self.task(task).is_some_and(|row| row.wakes_at == at)
    }
}

/// A target group, to look at.
#[derive(Clone, Copy)]
pub struct TargetGroupView<'w> {
    world: &'w World,
    row: &'w GroupRow,
}

/// A target, to look at.
#[derive(Clone, Copy)]
pub struct TargetView<'w> {
    /// Its task.
    pub task: TaskId,
    /// Its state.
    pub state: TargetState,
    /// The target itself.
    pub target: &'w WorldTarget,
    /// Its share of the group's requests, from 0 to 1.
    pub share: f64,
}

impl<'w> TargetGroupView<'w> {
    /// As the scenario gives it.
    pub fn config(&self) -> &'w TargetGroup {
        &self.row.config
    }

    /// Its targets by state.
    pub fn counts(&self) -> TargetCounts {
        self.row.counts
    }

    /// Its targets, by task, with their shares at an instant (02 sections 7.6 and 7.7).
    pub fn targets(&self, now: Time) -> Vec<TargetView<'w>> {
        let shares = self.shares(now);
        let members = self.row.members.iter();
        let found = members.filter_map(|&(task, index)| {
            let target = self.world.task(task)?.targets.get(index)?;
            Some((task, target, target.state?))
        });
        found
            .zip(shares)
            .map(|((task, target, state), share)| TargetView { task, state, target, share })
            .collect()
    }

    fn shares(&self, now: Time) -> Vec<f64> {
        let of = |&(task, index): &(TaskId, usize)| {
            self.world.task(task).and_then(|row| row.targets.get(index))
        };
        let targets: Vec<Option<&WorldTarget>> = self.row.members.iter().map(of).collect();
        // With no healthy target requests go to all that are not on their way out.
        let fail_open = self.row.counts.healthy == 0;
        let weight = |(key, target): (&(TaskId, usize), &Option<&WorldTarget>)| match target
            .and_then(|target| target.state)
        {
            Some(TargetState::Initial | TargetState::Unhealthy) if fail_open => 1.0,
            _ => self.row.weight(*key, now),
        };
        let weights: Vec<f64> = self.row.members.iter().zip(&targets).map(weight).collect();
        if self.row.config.kind == LoadBalancerKind::Application {
            let all: f64 = weights.iter().sum();
            return weights.iter().map(|own| if all > 0.0 { own / all } else { 0.0 }).collect();
        }
        // Without cross-zone balancing zones share equally, then the targets inside a zone.
        let zone_of = |target: &Option<&WorldTarget>| target.and_then(|target| target.zone);
        let mut zones: BTreeMap<Option<ZoneId>, f64> = BTreeMap::new();
        for (target, own) in targets.iter().zip(&weights).filter(|(_, own)| **own > 0.0) {
            *zones.entry(zone_of(target)).or_default() += own;
        }
        let share = |(target, own): (&Option<&WorldTarget>, &f64)| {
            let all = zones.get(&zone_of(target)).copied().unwrap_or_default();
            if all > 0.0 { own / all / zones.len() as f64 } else { 0.0 }
        };
        targets.iter().zip(&weights).map(share).collect()
    }
}
