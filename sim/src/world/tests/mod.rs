//! Stories of tasks: the real engine above, the simulated world below.

mod adoption;
mod behavior;
mod discovery;
mod faults;
mod health;
mod ledger;
mod lifecycle;
mod network;
mod properties;
mod restart;
mod stopping;
mod targets;

use serde_json::{Value, json};
use stowplan_engine::api::setup::{GivenSubnet, GivenTask};
use stowplan_engine::api::{
    Answer, Command, EngineConfig, Event, EventKind, Input, Output, Report, Setup, TieBreak,
};
use stowplan_engine::model::{
    Capabilities, ClusterId, DefinitionStatus, DesiredStatus, HealthStatus, Held, InstanceId,
    InstanceStatus, LaunchType, Market, PortSet, Registration, Span, Task, TaskId, TaskStatus,
    Time,
};
use stowplan_engine::{Engine, View};

use super::{AgentCall, AgentConfig, SetBehavior, TargetGroup, World, WorldConfig, WorldTask};
use crate::document;

const CLUSTER: ClusterId = ClusterId::new(0);
const LONG_AGO: Time = Time::from_secs(-86_400);

/// An engine and a world, driven as 00 section 3 says.
struct Rig {
    engine: Engine,
    world: World,
    now: Time,
    events: Vec<Event>,
    /// Looked at after every instant.
    watch: fn(&Self),
}

/// A value of the scenario format.
fn read<T: for<'de> serde::Deserialize<'de>>(value: Value) -> T {
    let tree = document::from_json(&value);
    document::decode(&tree).unwrap_or_else(|error| panic!("{error}"))
}

impl Rig {
    /// One cluster; what 01 section 13 says of its examples: no latency, no lag.
    fn new(behavior: Value) -> Self {
        let mut entries = json!({ "default": { "latency": "none" } });
        for (key, entry) in behavior.as_object().expect("a map") {
            entries[key] = match key.as_str() {
                "default" => merged(&entries["default"], entry),
                _ => entry.clone(),
            };
        }
        Self::with(WorldConfig { behavior: read(entries), ..WorldConfig::default() })
    }

    fn with(config: WorldConfig) -> Self {
        Self::with_ties(config, TieBreak::LowestId)
    }

    fn with_ties(config: WorldConfig, tie_break: TieBreak) -> Self {
        let deregistration_lag = Span::ZERO;
        let engine_config =
            EngineConfig { deregistration_lag, tie_break, ..EngineConfig::default() };
        let engine = Engine::new(engine_config, 0).expect("a valid configuration");
        let (world, now) = (World::new(config, 0), Time::ZERO);
        let mut rig = Self { engine, world, now, events: Vec::new(), watch: |_| {} };
        rig.set_up(Setup::Cluster {
            name: "default".into(),
            region: "us-east-1".into(),
            zones: ["us-east-1a", "us-east-1b"].map(Into::into).to_vec(),
            subnets: vec![subnet("subnet-a", 4091, 0), subnet("tiny", 11, 9)],
            settings: Vec::new(),
        });
        rig
    }

    fn set_up(&mut self, setup: Setup) -> Answer {
        let answer = self.engine.step(self.now, Input::Setup(setup));
        self.drain();
        answer.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// An instance in zone a.
    fn instance(&mut self, name: &str, cpu: u32, memory: u32) -> InstanceId {
        self.instance_with(name, cpu, memory, AgentConfig::default(), |_| {})
    }

    fn instance_with(
        &mut self,
        name: &str,
        cpu: u32,
        memory: u32,
        agent: AgentConfig,
        change: impl FnOnce(&mut Registration),
    ) -> InstanceId {
        let mut registration = Registration {
            name: name.into(),
            ec2_instance_id: Some(format!("i-{name}").into()),
            instance_type: None,
            zone: "us-east-1a".into(),
            vpc: "vpc".into(),
            status: InstanceStatus::Active,
            agent_connected: true,
            agent_version: None,
            registered_at: None,
            attributes: Vec::new(),
            capabilities: Capabilities::CurrentAgent { without: Vec::new() },
            auto_scaling_group: None,
            market: Market::OnDemand,
            cpu,
            memory,
            gpus: 0,
            eni_limit: None,
            trunk_enis: None,
            reserved_ports: PortSet::reserved_on_linux(),
            held: Held::default(),
        };
        change(&mut registration);
        let registration = Box::new(registration);
        let answer = self.set_up(Setup::Instance { cluster: CLUSTER, registration });
        let Answer::Instances(instances, _) = answer else { panic!("an instance: {answer:?}") };
        self.world.add_instance(instances[0], agent, self.engine.view());
        instances[0]
    }

    /// A task definition; cpu and memory of its containers are 64 unless given.
    fn define(&mut self, family: &str, containers: Value) {
        self.define_with(family, containers, json!({}));
    }

    fn define_with(&mut self, family: &str, containers: Value, more: Value) {
        let containers: Vec<Value> = containers
            .as_array()
            .expect("a list")
            .iter()
            .map(|own| merged(&json!({ "image": "i", "cpu": 64, "memory": 64 }), own))
            .collect();
        let input = merged(&json!({ "family": family, "containerDefinitions": containers }), &more);
        self.set_up(Setup::TaskDefinition {
            input: Box::new(serde_json::from_value(input).expect("a definition")),
            revision: None,
            status: DefinitionStatus::Active,
            registered_at: Time::ZERO,
        });
    }

    fn call(&mut self, action: &str, input: Value) -> Answer {
        let command = Command::read(action, input).expect("an operation").expect("its input");
        let answer = self.engine.step(self.now, Input::Command(command));
        self.drain();
        answer.unwrap_or_else(|error| panic!("{action}: {error:?}"))
    }

    /// Starts one task, now.
    fn start(&mut self, family: &str) -> TaskId {
        self.start_with(json!({ "taskDefinition": family }))[0]
    }

    fn start_with(&mut self, input: Value) -> Vec<TaskId> {
        let answer = self.call("runTask", input);
        let Answer::Tasks(tasks, failures) = answer else { panic!("tasks: {answer:?}") };
        assert_eq!(failures, [], "every task is placed");
        tasks
    }

    fn start_awsvpc(&mut self, family: &str, subnet: &str, count: u32) -> Vec<TaskId> {
        self.start_with(json!({
            "taskDefinition": family,
            "count": count,
            "networkConfiguration": { "awsvpcConfiguration": { "subnets": [subnet] } },
        }))
    }

    fn order_stop(&mut self, task: TaskId) {
        let name = self.engine.view().task_name(task);
        self.call("stopTask", json!({ "task": name }));
    }

    /// A service whose tasks run since yesterday, in the order of their instances.
    fn steady_service(&mut self, input: Value, instances: &[InstanceId]) -> Vec<TaskId> {
        let places: Vec<_> = instances.iter().map(|&instance| (instance, LONG_AGO)).collect();
        self.service_since(input, &places)
    }

    /// A service whose tasks run, each since its own instant.
    fn service_since(&mut self, input: Value, places: &[(InstanceId, Time)]) -> Vec<TaskId> {
        let input = merged(&json!({ "desiredCount": places.len() }), &input);
        let input = Box::new(serde_json::from_value(input).expect("a service"));
        let answer =
            self.set_up(Setup::Service { input, deployments: Vec::new(), created_at: LONG_AGO });
        let Answer::GivenService(service, _) = answer else { panic!("a service: {answer:?}") };
        let primary = self.view().primary(service).expect("a deployment");
        let definition = self.view().deployment(primary).definition;
        let given = |&(instance, since): &(InstanceId, Time)| GivenTask {
            service: Some((service, None)),
            started_at: Some(since),
            ..given_task(definition, instance)
        };
        places.iter().map(given).map(|given| self.add_task(given)).collect()
    }

    /// A standalone task that runs since yesterday.
    fn steady_task(&mut self, family: &str, instance: InstanceId) -> TaskId {
        let definition = self.view().find_definition(family).expect("a definition");
        self.add_task(given_task(definition, instance))
    }

    fn add_task(&mut self, given: GivenTask) -> TaskId {
        let answer = self.set_up(Setup::Task(Box::new(given)));
        let Answer::Task(task) = answer else { panic!("a task: {answer:?}") };
        self.world.adopt_task(self.now, task, self.engine.view());
        task
    }

    /// Changes how something behaves, now.
    fn behave(&mut self, of: &str, behavior: Value) {
        let set: SetBehavior = read(merged(&json!({ "of": of }), &behavior));
        self.world.set_behavior(self.now, set, self.engine.view());
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Effect(effect) => {
                    self.world.effect(self.now, effect, self.engine.view());
                }
                Output::Event(event) => self.events.push(event),
            }
        }
    }

    fn settle(&mut self) {
        let mut reports: Vec<Report> = Vec::new();
        while !self.world.is_quiet(self.now) {
            self.world.due(self.now, self.engine.view(), &mut reports);
            for report in reports.drain(..) {
                let answer = self.engine.step(self.now, Input::Report(report));
                answer.expect("a report is never refused");
                self.drain();
            }
        }
    }

    /// Finishes the present instant: what agents call, the scheduler, what follows in the world.
    fn finish_instant(&mut self) {
        self.settle();
        for AgentCall::Drain(instance) in self.world.take_agent_calls() {
            let name = self.view().instance(instance).name.clone();
            let input = json!({ "containerInstances": [name], "status": "DRAINING" });
            self.call("updateContainerInstancesState", input);
        }
        self.engine.step(self.now, Input::Wake).expect("a wake is never refused");
        self.drain();
        self.settle();
        (self.watch)(self);
    }

    /// Lets time pass up to an instant, in seconds, and does that instant's work.
    fn until(&mut self, seconds: i64) {
        let end = Time::from_secs(seconds);
        self.finish_instant();
        loop {
            let timeout = self.engine.poll_timeout().map(|(at, _)| at);
            let next = self.world.next_due().into_iter().chain(timeout).min();
            match next.filter(|&at| at <= end) {
                Some(at) => self.now = at.max(self.now),
                None => break,
            }
            self.finish_instant();
        }
        self.now = end;
        self.finish_instant();
    }

    /// Does the reports and expirations of an instant, so that a call can follow them.
    fn arrive_at(&mut self, seconds: i64) {
        let before = Time::from_secs(seconds).0 - 1;
        if self.now.0 < before {
            self.until_ms(before);
        }
        self.now = Time::from_secs(seconds);
        self.settle();
    }

    fn until_ms(&mut self, ms: i64) {
        let end = Time(ms);
        self.finish_instant();
        while let Some(at) = self
            .world
            .next_due()
            .into_iter()
            .chain(self.engine.poll_timeout().map(|(at, _)| at))
            .min()
            .filter(|&at| at <= end)
        {
            self.now = at.max(self.now);
            self.finish_instant();
        }
        self.now = end;
    }

    fn view(&self) -> View<'_> {
        self.engine.view()
    }

    fn task(&self, task: TaskId) -> &Task {
        self.engine.view().task(task)
    }

    fn in_world(&self, task: TaskId) -> &WorldTask {
        self.world.task(task).expect("the world knows it")
    }

    fn container(&self, task: TaskId, name: &str) -> &super::WorldContainer {
        let specs = &self.view().definition(self.task(task).definition).containers;
        let index = specs.iter().position(|spec| *spec.name == *name).expect("a container");
        &self.in_world(task).containers()[index]
    }

    fn status(&self, task: TaskId) -> &'static str {
        self.task(task).last_status.as_str()
    }

    /// `stopCode: stoppedReason`
    fn stopped_because(&self, task: TaskId) -> String {
        let row = self.task(task);
        let stop = row.stop().expect("it was stopped");
        format!("{}: {}", stop.code, self.view().stopped_reason(stop))
    }

    /// Every status that a task had, with the second at which it got it.
    fn statuses(&self, task: TaskId) -> String {
        let seen = self.events.iter().filter_map(|event| match event.kind {
            EventKind::TaskStatus(of, status) if of == task => Some((event.at, status.as_str())),
            _ => None,
        });
        told(seen)
    }

    /// Every health that a task had.
    fn healths(&self, task: TaskId) -> String {
        let seen = self.events.iter().filter_map(|event| match event.kind {
            EventKind::TaskHealth(of, health) if of == task => Some((event.at, health.as_str())),
            _ => None,
        });
        told(seen)
    }

    /// Every state that a task's target in its first group had.
    fn target_states(&self, task: TaskId) -> String {
        self.target_states_in(task, 0)
    }

    fn target_states_in(&self, task: TaskId, index: usize) -> String {
        let seen = self.events.iter().filter_map(|event| match event.kind {
            EventKind::TargetState(of, group, state) if of == task && group == index => {
                Some((event.at, state.as_str()))
            }
            _ => None,
        });
        told(seen)
    }
}

/// `0 PENDING, 6 RUNNING`: seconds, with milliseconds where there are any.
fn told(seen: impl Iterator<Item = (Time, &'static str)>) -> String {
    let tell = |(at, what): (Time, &str)| match at.0 % 1000 {
        0 => format!("{} {what}", at.0 / 1000),
        ms => format!("{}.{ms:03} {what}", at.0 / 1000),
    };
    seen.map(tell).collect::<Vec<_>>().join(", ")
}

fn merged(base: &Value, over: &Value) -> Value {
    let mut all = base.clone();
    for (key, value) in over.as_object().expect("a map") {
        all[key] = value.clone();
    }
    all
}

fn subnet(name: &str, addresses: u32, interfaces: u32) -> GivenSubnet {
    let (zone, vpc) = ("us-east-1a".into(), "vpc".into());
    GivenSubnet { name: name.into(), zone, vpc, addresses, interfaces }
}

fn given_task(
    definition: stowplan_engine::model::TaskDefinitionId,
    instance: InstanceId,
) -> GivenTask {
    GivenTask {
        cluster: CLUSTER,
        name: None,
        definition,
        service: None,
        group: None,
        started_by: None,
        instance: Some(instance),
        zone: None,
        subnet: None,
        provider: None,
        launch_type: LaunchType::Ec2,
        last_status: TaskStatus::Running,
        desired_status: DesiredStatus::Running,
        health: None,
        created_at: LONG_AGO,
        started_at: Some(LONG_AGO),
        protected_until: None,
        overrides: None,
    }
}

fn seconds(at: Option<Time>) -> Option<i64> {
    at.map(|at| at.0 / 1000)
}
