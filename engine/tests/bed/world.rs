//! A tiny world: it carries out the engine's orders at fixed delays and reports back.

use std::collections::{BTreeMap, VecDeque};

use stowplan_engine::api::{Effect, Report, TaskChange};
use stowplan_engine::model::{
    HealthStatus, HookAnswer, InstanceId, NetworkMode, Span, Stop, StopCode, StopReason,
    TargetFailure, TargetState, TaskId, TaskStatus, Time,
};
use stowplan_engine::{Engine, View};

/// How tasks of a revision behave; seconds.
#[derive(Clone, Debug)]
pub(crate) struct Behavior {
    /// Admitted by its host to RUNNING.
    pub(crate) runs_after: u64,
    /// It never reaches RUNNING: STOPPED at that time instead.
    pub(crate) never_starts: bool,
    /// RUNNING to HEALTHY.
    pub(crate) healthy_after: Option<u64>,
    /// RUNNING to UNHEALTHY.
    pub(crate) unhealthy_after: Option<u64>,
    /// RUNNING to the exit of its essential container.
    pub(crate) exits_after: Option<u64>,
    /// The order to stop to STOPPED.
    pub(crate) stops_after: u64,
    /// States of each target, from RUNNING.
    pub(crate) targets: Vec<(u64, TargetState)>,
    /// Deregistration delay of its targets.
    pub(crate) target_delay: u64,
}

impl Behavior {
    /// Profile P of 03 section 26.
    pub(crate) fn ok() -> Self {
        Self {
            runs_after: 30,
            never_starts: false,
            healthy_after: Some(10),
            unhealthy_after: None,
            exits_after: None,
            stops_after: 40,
            targets: Vec::new(),
            target_delay: 0,
        }
    }

    /// RUNNING, then UNHEALTHY 30 s later; it never exits.
    pub(crate) fn unhealthy() -> Self {
        Self { healthy_after: None, unhealthy_after: Some(30), ..Self::ok() }
    }

    /// STOPPED without RUNNING.
    pub(crate) fn nostart() -> Self {
        Self { never_starts: true, ..Self::ok() }
    }

    /// Its essential container exits 10 s after RUNNING; it never was healthy.
    pub(crate) fn crash() -> Self {
        Self { healthy_after: None, exits_after: Some(10), ..Self::ok() }
    }

    /// `latency: none` of 01 section 13.
    pub(crate) fn instant() -> Self {
        Self { runs_after: 0, healthy_after: Some(0), stops_after: 0, ..Self::ok() }
    }
}

/// What is due, and what stands where.
#[derive(Debug, Default)]
pub(crate) struct World {
    due: BTreeMap<(Time, u8, u32, u64), Report>,
    next: u64,
    hosts: BTreeMap<InstanceId, Host>,
    behaviors: BTreeMap<String, VecDeque<Behavior>>,
    given: BTreeMap<TaskId, Behavior>,
    usual: Option<Behavior>,
    pub(crate) functions: BTreeMap<String, VecDeque<(u64, HookAnswer)>>,
}

/// The host ledger of an instance (01 section 1.5).
#[derive(Debug, Default)]
struct Host {
    admitted: Vec<TaskId>,
    queue: VecDeque<TaskId>,
}

impl World {
    pub(crate) fn new(usual: Behavior) -> Self {
        Self { usual: Some(usual), ..Self::default() }
    }

    /// Tasks of a revision behave so, one behaviour a task; the last one goes on.
    pub(crate) fn behave(&mut self, revision: &str, behaviors: impl IntoIterator<Item = Behavior>) {
        self.behaviors.insert(revision.to_owned(), behaviors.into_iter().collect());
    }

    /// Tasks of time 0 stand on their hosts already.
    pub(crate) fn adopt(&mut self, view: View<'_>, task: TaskId) {
        if let Some(instance) = view.task(task).instance {
            self.hosts.entry(instance).or_default().admitted.push(task);
        }
    }

    /// Something that will be reported.
    pub(crate) fn will(&mut self, at: Time, report: Report) {
        let (kind, id) = match &report {
            Report::Task(task, _) => (1, task.number()),
            Report::AgentConnection(instance, _)
            | Report::TrunkChanged(instance, _)
            | Report::InstanceTerminated(instance, _)
            | Report::InstanceStopped(instance, _) => (0, instance.number()),
            Report::InstanceRegistered(..)
            | Report::FargateCapacity { .. }
            | Report::AlarmState(..)
            | Report::HookAnswer { .. }
            | Report::LifecycleEventAnswer { .. } => (0, u32::MAX),
        };
        self.next += 1;
        self.due.insert((at, kind, id, self.next), report);
    }

    pub(crate) fn next_due(&self) -> Option<Time> {
        self.due.first_key_value().map(|(key, _)| key.0)
    }

    pub(crate) fn take_due(&mut self, now: Time) -> Option<Report> {
        let entry = self.due.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }

    pub(crate) fn carry_out(&mut self, engine: &Engine, effect: Effect) {
        let now = engine.now();
        match effect {
            Effect::AskHook { record, run } => {
                let shift = engine.view().record(record).shift.as_ref();
                let arn = &shift.expect("it has hooks").runs[run as usize].arn;
                let (after, answer) = self.answer_of(arn);
                let at = now + Span::from_secs(after);
                self.will(at, Report::HookAnswer { record, run, answer });
            }
            Effect::AskLifecycleEvent(deployment, event) => {
                let function = engine.view().code_deployment(deployment).hook(event);
                let (after, answer) = self.answer_of(function.expect("it has a hook"));
                let at = now + Span::from_secs(after);
                self.will(at, Report::LifecycleEventAnswer { deployment, event, answer });
            }
            Effect::StartTask(task) => self.start(engine, task),
            Effect::StopTask(task) => self.stop(engine, task),
            Effect::DeregisterTargets(task) => {
                let after = self.behavior_of(engine.view(), task).target_delay;
                self.cancel(task);
                self.target(now, task, TargetState::Draining);
                self.target(now + Span::from_secs(after), task, TargetState::Unused);
            }
            // Scenarios show who is in Cloud Map.
            Effect::DeregisterInstance(_) => {}
            Effect::MakeTrunk(instance) => {
                self.will(now + Span::from_secs(15), Report::TrunkChanged(instance, true));
            }
            Effect::RemoveTrunk(instance) => {
                self.will(now + Span::from_secs(2), Report::TrunkChanged(instance, true));
            }
            // Scenarios show how groups grow and shrink; here there are none.
            Effect::LaunchInstance(..) | Effect::TerminateInstance(_) => {
                unreachable!("no test has an Auto Scaling group")
            }
        }
    }

    fn answer_of(&mut self, function: &str) -> (u64, HookAnswer) {
        match self.functions.get_mut(function) {
            Some(queue) if queue.len() > 1 => queue.pop_front().expect("more than one"),
            Some(queue) => queue.front().cloned().expect("one"),
            None => (0, HookAnswer::Succeeded),
        }
    }

    /// A task is off its host: whoever waits may come.
    pub(crate) fn left(&mut self, engine: &Engine, task: TaskId) {
        self.cancel(task);
        let mut hosts: Vec<InstanceId> = Vec::new();
        for (&instance, host) in &mut self.hosts {
            let before = host.admitted.len() + host.queue.len();
            host.admitted.retain(|&other| other != task);
            host.queue.retain(|&other| other != task);
            if host.admitted.len() + host.queue.len() < before {
                hosts.push(instance);
            }
        }
        for instance in hosts {
            self.admit(engine, instance);
        }
    }

    fn start(&mut self, engine: &Engine, task: TaskId) {
        match engine.view().task(task).instance {
            Some(instance) => {
                self.hosts.entry(instance).or_default().queue.push_back(task);
                self.admit(engine, instance);
            }
            None => self.run(engine, task),
        }
    }

    /// Only the head of the queue is looked at.
    fn admit(&mut self, engine: &Engine, instance: InstanceId) {
        while let Some(head) = self.next_admitted(engine.view(), instance) {
            self.run(engine, head);
        }
    }

    fn next_admitted(&mut self, view: View<'_>, instance: InstanceId) -> Option<TaskId> {
        let host = self.hosts.entry(instance).or_default();
        let head = *host.queue.front()?;
        let row = view.instance(instance);
        let need = &view.task(head).demand;
        let (mut cpu, mut memory) = (need.cpu, need.memory);
        let mut conflict = false;
        for &task in &host.admitted {
            let used = &view.task(task).demand;
            cpu += used.cpu;
            memory += used.memory;
            conflict |= used.ports.conflicts_with(&need.ports);
        }
        if cpu > row.registered_cpu || memory > row.registered_memory || conflict {
            return None;
        }
        host.queue.pop_front();
        host.admitted.push(head);
        Some(head)
    }

    fn run(&mut self, engine: &Engine, task: TaskId) {
        let behavior = self.behavior_of(engine.view(), task);
        let at = engine.now() + Span::from_secs(behavior.runs_after);
        if behavior.never_starts {
            let reason = StopReason::Text("Task failed to start".into());
            let stop = Stop { code: StopCode::TaskFailedToStart, reason };
            return self.status(at, task, TaskStatus::Stopped, Some(stop));
        }
        let definition = engine.view().definition(engine.view().task(task).definition);
        if definition.network_mode == NetworkMode::Awsvpc {
            self.status(at, task, TaskStatus::Pending, None);
        }
        self.status(at, task, TaskStatus::Running, None);
        if definition.has_essential_health_check() {
            self.health(at, task, behavior.healthy_after, HealthStatus::Healthy);
            self.health(at, task, behavior.unhealthy_after, HealthStatus::Unhealthy);
        }
        if let Some(after) = behavior.exits_after {
            let reason = StopReason::EssentialExited;
            let stop = Stop { code: StopCode::EssentialContainerExited, reason };
            let at = at + Span::from_secs(after);
            self.status(at, task, TaskStatus::Stopped, Some(stop));
        }
        if !engine.view().task(task).targets.is_empty() {
            self.target(at, task, TargetState::Initial);
            for (after, state) in behavior.targets {
                self.target(at + Span::from_secs(after), task, state);
            }
        }
    }

    fn stop(&mut self, engine: &Engine, task: TaskId) {
        let now = engine.now();
        self.cancel(task);
        if engine.view().task(task).started_at().is_none() {
            return self.status(now, task, TaskStatus::Stopped, None);
        }
        let after = self.behavior_of(engine.view(), task).stops_after;
        self.status(now, task, TaskStatus::Stopping, None);
        self.status(now + Span::from_secs(after), task, TaskStatus::Stopped, None);
    }

    fn behavior_of(&mut self, view: View<'_>, task: TaskId) -> Behavior {
        if let Some(known) = self.given.get(&task) {
            return known.clone();
        }
        let revision = view.definition(view.task(task).definition).label();
        let behavior = match self.behaviors.get_mut(&revision) {
            Some(queue) if queue.len() > 1 => queue.pop_front(),
            Some(queue) => queue.front().cloned(),
            None => None,
        };
        let behavior = behavior.or_else(|| self.usual.clone()).expect("a usual behaviour");
        self.given.insert(task, behavior.clone());
        behavior
    }

    fn status(&mut self, at: Time, task: TaskId, status: TaskStatus, stop: Option<Stop>) {
        self.will(at, Report::Task(task, TaskChange::Status(status, stop)));
    }

    fn health(&mut self, from: Time, task: TaskId, after: Option<u64>, health: HealthStatus) {
        if let Some(after) = after {
            self.will(
                from + Span::from_secs(after),
                Report::Task(task, TaskChange::Health(health)),
            );
        }
    }

    fn target(&mut self, at: Time, task: TaskId, state: TargetState) {
        let failure = (state == TargetState::Unhealthy).then(|| TargetFailure {
            reason: "Health checks failed with these codes: [500]".into(),
            port: 80,
        });
        self.will(at, Report::Task(task, TaskChange::Target { group: 0, state, failure }));
    }

    fn cancel(&mut self, task: TaskId) {
        self.due.retain(|_, report| !matches!(report, Report::Task(other, _) if *other == task));
    }
}
