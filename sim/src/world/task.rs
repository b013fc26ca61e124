//! One task in the simulated world: its phases, and what its containers' stages come to
//! (01 sections 11.1 and 11.2).

use std::sync::Arc;

use stowplan_engine::View;
use stowplan_engine::api::TaskChange;
use stowplan_engine::model::{
    HealthStatus, InstanceId, NetworkMode, Stop, Task, TaskDefinition, TaskDefinitionId, TaskId,
    TaskStatus, Time,
};

use super::container::{NEVER, Stage, WorldContainer, health_of};
use super::plan::Plan;
use super::step::Step;
use super::targets::WorldTarget;

/// How far a task has come. It never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// It was ordered just now.
    New,
    /// microVM and network interface are being made.
    Provisioning,
    /// It waits for its host to have room.
    Queued,
    /// Secrets and registry login.
    Preparing,
    /// Its containers are being started.
    Starting,
    /// It is being registered.
    Activating,
    /// Every container runs, or is done.
    Running,
    /// Its containers are being stopped.
    Stopping,
    /// Its network interface is being detached.
    Deprovisioning,
    /// It is over.
    Stopped,
}

/// The network interface of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Interface {
    /// None of its own.
    #[default]
    None,
    /// It holds a place on the machine.
    Held,
    /// It will never be attached.
    Hopeless,
}

/// What the control plane wants of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Orders {
    pub(super) stop: bool,
    pub(super) deregister: bool,
}

/// A task in the simulated world.
#[derive(Clone, Debug)]
pub struct WorldTask {
    pub(super) id: TaskId,
    pub(super) definition: TaskDefinitionId,
    /// The container instance; none on Fargate.
    pub(super) host: Option<InstanceId>,
    pub(super) phase: Phase,
    /// When the phase ends by itself.
    pub(super) due: Time,
    pub(super) plan: Arc<Plan>,
    /// How often the behaviour had been changed when the task was made.
    pub(super) born_in_change: u32,
    /// It was there when the run began.
    pub(super) adopted_at: Option<Time>,
    /// It was given as unhealthy, and goes on so.
    pub(super) given_unhealthy: bool,
    pub(super) orders: Orders,
    /// Its host counts it.
    pub(super) admitted: bool,
    pub(super) interface: Interface,
    pub(super) address: Option<u32>,
    /// It never reaches RUNNING, by the scenario.
    pub(super) start_fails: bool,
    pub(super) fails_at: Time,
    /// Its capacity is taken away then.
    pub(super) killed_at: Time,
    pub(super) cause: Option<Stop>,
    pub(super) reported_health: HealthStatus,
    pub(super) containers: Box<[WorldContainer]>,
    pub(super) targets: Box<[WorldTarget]>,
    pub(super) connectivity_at: Option<Time>,
    pub(super) pull_started_at: Option<Time>,
    pub(super) pull_stopped_at: Option<Time>,
    pub(super) execution_stopped_at: Option<Time>,
    /// When the world's schedule looks at it next.
    pub(super) wakes_at: Time,
}

impl WorldTask {
    /// A task that was ordered just now.
    pub(super) fn new(
        row: &Task,
        definition: &TaskDefinition,
        plan: Arc<Plan>,
        change: u32,
    ) -> Self {
        let containers = definition.containers.iter().map(|_| WorldContainer::default()).collect();
        Self {
            id: row.id,
            definition: row.definition,
            host: row.instance,
            phase: Phase::New,
            due: NEVER,
            plan,
            born_in_change: change,
            adopted_at: None,
            given_unhealthy: false,
            orders: Orders::default(),
            admitted: false,
            interface: Interface::None,
            address: None,
            start_fails: false,
            fails_at: NEVER,
            killed_at: NEVER,
            cause: None,
            reported_health: HealthStatus::Unknown,
            containers,
            targets: Box::default(),
            connectivity_at: None,
            pull_started_at: None,
            pull_stopped_at: None,
            execution_stopped_at: None,
            wakes_at: NEVER,
        }
    }

    /// Its containers, in the order of the definition.
    pub fn containers(&self) -> &[WorldContainer] {
        &self.containers
    }

    /// Its targets, in the order of its service's load balancers.
    pub fn targets(&self) -> &[WorldTarget] {
        &self.targets
    }

    /// `connectivityAt`: its network interface was attached.
    pub fn connectivity_at(&self) -> Option<Time> {
        self.connectivity_at
    }

    /// `pullStartedAt`.
    pub fn pull_started_at(&self) -> Option<Time> {
        self.pull_started_at
    }

    /// `pullStoppedAt`.
    pub fn pull_stopped_at(&self) -> Option<Time> {
        self.pull_stopped_at
    }

    /// `executionStoppedAt`: the first essential container stopped.
    pub fn execution_stopped_at(&self) -> Option<Time> {
        self.execution_stopped_at
    }

    /// The position of its private address among those of its subnet that interfaces can have,
    /// from 0; none without an interface of its own.
    pub fn address(&self) -> Option<u32> {
        self.address
    }

    /// Whether it waits for its host to have room: it was placed where somebody leaves.
    pub fn waits_for_host(&self) -> bool {
        self.phase == Phase::Queued
    }

    /// Whether its containers still run or may yet run.
    pub fn is_alive(&self) -> bool {
        self.phase < Phase::Deprovisioning
    }

    /// Does everything that is due, and what follows from it without delay.
    pub(super) fn run(&mut self, step: &mut Step<'_>) {
        if self.phase == Phase::New {
            self.begin(step);
        }
        self.obey(step);
        // Ends: phases and stages only move forward, and a restart needs a run of a minute.
        loop {
            let mut moved = self.advance_phase(step);
            moved |= self.advance_containers(step);
            moved |= self.advance_health(step);
            moved |= self.start_waiting(step);
            moved |= self.settle(step);
            if !moved {
                break;
            }
        }
        self.advance_targets(step);
        self.report_health(step);
    }

    /// When something is due next.
    pub(super) fn next_due(&self) -> Time {
        let own = self.due.min(self.fails_at).min(self.killed_at);
        let containers = self.containers.iter().map(|c| c.due.min(c.health_due));
        let targets = self.targets.iter().map(|target| target.due);
        containers.chain(targets).fold(own, Time::min)
    }

    pub(super) fn is_over(&self) -> bool {
        self.phase >= Phase::Stopping
    }

    pub(super) fn spec<'v>(&self, view: View<'v>) -> &'v TaskDefinition {
        view.definition(self.definition)
    }

    pub(super) fn mode(&self, step: &Step<'_>) -> NetworkMode {
        self.spec(step.view).network_mode
    }

    /// Reports a status, with the cause once there is one.
    pub(super) fn tell_status(&self, step: &mut Step<'_>, status: TaskStatus) {
        step.tell_by_agent(self.host, TaskChange::Status(status, self.cause.clone()));
    }

    fn obey(&mut self, step: &mut Step<'_>) {
        let orders = std::mem::take(&mut self.orders);
        if orders.deregister && !self.deregister_targets(step) {
            // Nothing of it is registered: there is no delay to wait for.
            self.begin_stop(step, None);
        }
        if orders.stop {
            self.begin_stop(step, None);
        }
    }

    fn advance_phase(&mut self, step: &mut Step<'_>) -> bool {
        if self.killed_at <= step.now {
            self.killed_at = NEVER;
            self.kill_all(step);
            return true;
        }
        if self.fails_at <= step.now {
            self.fails_at = NEVER;
            self.fail_as_planned(step, None);
            return true;
        }
        if self.due > step.now {
            return false;
        }
        self.due = NEVER;
        match self.phase {
            Phase::Provisioning => self.end_provisioning(step),
            Phase::Preparing => self.end_preparing(step),
            Phase::Activating => self.become_running(step),
            Phase::Deprovisioning => self.finish(step),
            Phase::New
            | Phase::Queued
            | Phase::Starting
            | Phase::Running
            | Phase::Stopping
            | Phase::Stopped => return false,
        }
        true
    }

    fn advance_containers(&mut self, step: &mut Step<'_>) -> bool {
        let mut moved = false;
        for index in 0..self.containers.len() {
            if self.containers[index].due > step.now {
                continue;
            }
            match self.containers[index].stage {
                Stage::Pulling => self.image_is_there(step, index),
                Stage::Starting => self.container_runs(step, index),
                Stage::Running => self.container_ends(step, index),
                Stage::Waiting | Stage::Pulled | Stage::Stopped => continue,
            }
            moved = true;
        }
        moved
    }

    /// Looks at what the containers' stages come to.
    fn settle(&mut self, step: &mut Step<'_>) -> bool {
        match self.phase {
            Phase::Starting => {
                let specs = &self.spec(step.view).containers;
                let mut pairs = self.containers.iter().zip(specs);
                let up = pairs.all(|(container, spec)| container.is_up(spec.essential));
                if up {
                    self.activate(step);
                }
                up
            }
            Phase::Stopping => {
                if self.containers.iter().all(|c| c.stage == Stage::Stopped) {
                    self.containers_are_gone(step);
                    return true;
                }
                self.signal_ready(step)
            }
            Phase::New
            | Phase::Provisioning
            | Phase::Queued
            | Phase::Preparing
            | Phase::Activating
            | Phase::Running
            | Phase::Deprovisioning
            | Phase::Stopped => false,
        }
    }

    /// Task health is that of the essential containers (01 section 11.5). While the agent cannot
    /// report, every health keeps its last value.
    fn report_health(&mut self, step: &mut Step<'_>) {
        if let Some(instance) = self.host
            && !step.host(instance).connected
        {
            return;
        }
        for container in &mut self.containers {
            if container.prober.is_some() {
                container.health = health_of(container.verdict());
            }
        }
        let health = self.aggregate_health(step);
        if health != self.reported_health {
            self.reported_health = health;
            step.tell(TaskChange::Health(health));
            self.tell_cloud_map(step);
        }
    }

    fn aggregate_health(&self, step: &Step<'_>) -> HealthStatus {
        let specs = &self.spec(step.view).containers;
        let judged = self.containers.iter().zip(specs).filter(|(_, spec)| {
            spec.essential && (spec.health_check.is_some() || !step.around.ignore_unchecked)
        });
        // From best to worst: HEALTHY, UNKNOWN, UNHEALTHY.
        judged.map(|(container, _)| container.health).max().unwrap_or(HealthStatus::Unknown)
    }
}
