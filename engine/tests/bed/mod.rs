//! A test bed in the domain's words, over the public API alone: an engine, a tiny world that
//! carries out its orders, and a clock that jumps from one instant to the next in the order of
//! work of 00 section 3.

mod look;
mod world;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stowplan_engine::Engine;
use stowplan_engine::api::setup::GivenSubnet;
use stowplan_engine::api::{
    Answer, Command, CommandError, EngineConfig, Event, Input, Output, Report, Setup, TaskChange,
};
use stowplan_engine::model::{
    Alarm, AlarmState, Capabilities, ClusterId, DefinitionStatus, HealthStatus, Held, HookAnswer,
    InstanceId, InstanceStatus, Market, PortSet, Registration, ServiceId, ServiceStatus, Span,
    Stop, StopCode, StopReason, TaskId, TaskStatus, Time,
};

pub(crate) use world::Behavior;
use world::World;

/// No instant does more than this; an instant that does not settle is a failure, not a hang.
const MOST_WORK: u32 = 200_000;

/// Passes of one instant.
const MOST_PASSES: u32 = 100;

/// `schedulerTickSeconds`.
const TICK: Span = Span::from_secs(10);

/// An engine in its world.
pub(crate) struct Bed {
    pub(crate) engine: Engine,
    world: World,
    cluster: ClusterId,
    now: Time,
    /// Calls of this instant may still come.
    open: bool,
    log: Vec<Event>,
    /// Largest occupying count and lowest healthy count of each service, at settled instants.
    extremes: BTreeMap<ServiceId, (u32, u32)>,
    /// Looks at every scheduler step: the engine before it, after it, and what it did.
    pub(crate) on_wake: Option<fn(&Engine, &Engine, &[Output])>,
    /// Looks at every step, whatever goes in: the engine before it and after it.
    pub(crate) on_step: Option<fn(&Engine, &Engine)>,
    /// Asks for a pass of every service at every tick, although nothing seems to be due.
    pub(crate) eager: bool,
    /// Everything that went in.
    pub(crate) inputs: Vec<(Time, Input)>,
    /// Everything that came out, in order.
    pub(crate) outputs: Vec<Output>,
}

impl Bed {
    /// Profile P of 03 section 26: RUNNING 30 s after the decision, HEALTHY 10 s later, gone 40 s
    /// after the order; launches are not limited.
    pub(crate) fn profile_p() -> Self {
        let config = EngineConfig { launches_per_minute: 1_000_000, ..EngineConfig::default() };
        Self::with(config, 0, Behavior::ok())
    }

    /// `latency: none` and no deregistration lag: the examples of 01 and 02.
    pub(crate) fn instant() -> Self {
        Self::seeded(0)
    }

    /// The same with a seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        let config = EngineConfig { deregistration_lag: Span::ZERO, ..EngineConfig::default() };
        Self::with(config, seed, Behavior::instant())
    }

    pub(crate) fn with(config: EngineConfig, seed: u64, usual: Behavior) -> Self {
        let subnets = [("subnet-a", "a", 4091), ("subnet-b", "b", 4091), ("subnet-c", "c", 4091)];
        Self::in_network(config, seed, usual, &subnets)
    }

    /// The same with other subnets: name, zone, addresses.
    pub(crate) fn in_network(
        config: EngineConfig,
        seed: u64,
        usual: Behavior,
        subnets: &[(&str, &str, u32)],
    ) -> Self {
        let engine = Engine::new(config, seed).expect("a sound configuration");
        let mut bed = Self {
            engine,
            world: World::new(usual),
            cluster: ClusterId::new(0),
            now: Time::ZERO,
            open: true,
            log: Vec::new(),
            extremes: BTreeMap::new(),
            on_wake: None,
            on_step: None,
            eager: false,
            inputs: Vec::new(),
            outputs: Vec::new(),
        };
        let zones = ["a", "b", "c"].map(|zone| format!("us-east-1{zone}").into());
        let subnet = |&(name, zone, addresses): &(&str, &str, u32)| GivenSubnet {
            name: name.into(),
            zone: format!("us-east-1{zone}").into(),
            vpc: "vpc-1".into(),
            addresses,
            interfaces: 0,
        };
        let subnets = subnets.iter().map(subnet).collect();
        bed.setup(Setup::Cluster {
            name: "default".into(),
            region: "us-east-1".into(),
            zones: zones.into(),
            subnets,
            settings: Vec::new(),
        });
        bed
    }

    // Time 0.

    pub(crate) fn setup(&mut self, setup: Setup) -> Answer {
        self.step(Input::Setup(setup)).expect("what is given is sound")
    }

    /// An instance of time 0: connected, default reserved ports, all capabilities.
    pub(crate) fn instance(&mut self, name: &str, zone: &str, cpu: u32, memory: u32) -> InstanceId {
        self.instance_with(name, zone, cpu, memory, |_| {})
    }

    /// What follows is about another cluster.
    pub(crate) fn in_cluster(&mut self, name: &str) -> &mut Self {
        let found = self.engine.view().find_cluster(Some(name));
        self.cluster = found.unwrap_or_else(|| panic!("{name} is a cluster"));
        self
    }

    pub(crate) fn instance_with(
        &mut self,
        name: &str,
        zone: &str,
        cpu: u32,
        memory: u32,
        change: impl FnOnce(&mut Registration),
    ) -> InstanceId {
        let mut registration = registration(name, zone, cpu, memory);
        change(&mut registration);
        let registration = Box::new(registration);
        let cluster = self.cluster;
        match self.setup(Setup::Instance { cluster, registration }) {
            Answer::Instances(instances, _) => instances[0],
            other => panic!("an instance answers with its id, not {other:?}"),
        }
    }

    /// Registers the next revision of a family: one container, with a health check.
    pub(crate) fn checked(&mut self, family: &str, cpu: u32, memory: u32) -> String {
        self.define(family, cpu, memory, json!({ "healthCheck": { "command": ["CMD", "ok"] } }))
    }

    /// The same without a health check.
    pub(crate) fn plain(&mut self, family: &str, cpu: u32, memory: u32) -> String {
        self.define(family, cpu, memory, json!({}))
    }

    /// The same with other fields of the container.
    pub(crate) fn define(&mut self, family: &str, cpu: u32, memory: u32, more: Value) -> String {
        let mut container = json!({
            "name": "app", "image": "app:1", "essential": true, "cpu": cpu, "memory": memory,
        });
        merge(&mut container, more);
        self.define_task(json!({ "family": family, "containerDefinitions": [container] }))
    }

    /// Registers a task definition as given at time 0 and answers with its label.
    pub(crate) fn define_task(&mut self, input: Value) -> String {
        let input = serde_json::from_value(input).expect("RegisterTaskDefinition");
        let answer = self.setup(Setup::TaskDefinition {
            input,
            revision: None,
            status: DefinitionStatus::Active,
            registered_at: Time::ZERO,
        });
        match answer {
            Answer::TaskDefinition(id) => self.engine.view().definition(id).label(),
            other => panic!("a definition answers with its id, not {other:?}"),
        }
    }

    /// A service that has been steady for long, on the newest revision of its name.
    pub(crate) fn service(&mut self, name: &str, desired: u32, more: Value) -> ServiceId {
        let service = self.given_service(name, desired, more);
        let running_since = Time::from_secs(-86_400);
        match self.setup(Setup::Fill { service, running_since }) {
            Answer::Tasks(tasks, _) => {
                for task in tasks {
                    self.world.adopt(self.engine.view(), task);
                }
            }
            other => panic!("filling a service answers with its tasks, not {other:?}"),
        }
        service
    }

    /// A service of time 0 without tasks.
    pub(crate) fn given_service(&mut self, name: &str, desired: u32, more: Value) -> ServiceId {
        let input = service_input(name, desired, more);
        let input = serde_json::from_value(input).expect("CreateService");
        let created_at = Time::from_secs(-86_400);
        let given = Setup::Service { input, deployments: Vec::new(), created_at };
        match self.setup(given) {
            Answer::GivenService(service, _) => service,
            other => panic!("a service answers with its id, not {other:?}"),
        }
    }

    /// Adopts a task that was given at time 0 by hand.
    pub(crate) fn adopt(&mut self, task: TaskId) {
        self.world.adopt(self.engine.view(), task);
    }

    pub(crate) fn behave(&mut self, revision: &str, behavior: Behavior) {
        self.world.behave(revision, [behavior]);
    }

    pub(crate) fn behave_in_turn(&mut self, revision: &str, behaviors: Vec<Behavior>) {
        self.world.behave(revision, behaviors);
    }

    // Time.

    /// Goes to an instant: the world's reports of it are in, its calls may come.
    pub(crate) fn at(&mut self, seconds: i64) -> &mut Self {
        self.at_time(Time::from_secs(seconds))
    }

    pub(crate) fn at_time(&mut self, at: Time) -> &mut Self {
        if self.open && self.now == at {
            return self;
        }
        self.settle();
        assert!(at > self.now, "an instant that has settled is over");
        while let Some(next) = self.next_instant().filter(|&next| next < at) {
            self.begin(next);
            self.settle();
        }
        self.begin(at);
        self
    }

    /// The instant it is, in seconds.
    pub(crate) fn now(&self) -> i64 {
        self.now.0 / 1000
    }

    /// Goes to an instant and lets it settle.
    pub(crate) fn run_until(&mut self, seconds: i64) -> &mut Self {
        self.at(seconds);
        self.settle();
        self
    }

    /// The scheduler's part of the instant, and what follows from it without delay.
    pub(crate) fn settle(&mut self) {
        if !self.open {
            return;
        }
        if self.eager && self.now.is_multiple_of(TICK) {
            self.ask_for_passes();
        }
        // A hook that answers without delay asks for another pass of the same instant.
        for _ in 0..MOST_PASSES {
            if self.engine.poll_timeout().is_none_or(|(at, _)| at > self.now) {
                break;
            }
            let before = self.on_wake.map(|look| (look, self.engine.clone(), self.outputs.len()));
            self.step(Input::Wake).expect("a wake is never refused");
            if let Some((look, before, done)) = before {
                look(&before, &self.engine, &self.outputs[done..]);
            }
            self.deliver();
        }
        self.deliver();
        self.open = false;
        let services: Vec<ServiceId> = self.engine.view().services().map(|(id, _)| id).collect();
        for service in services {
            let counts = self.engine.view().counts(service, self.now);
            let now = (counts.occupying(), counts.healthy);
            let (peak, low) = self.extremes.entry(service).or_insert(now);
            *peak = (*peak).max(counts.occupying());
            *low = (*low).min(counts.healthy);
        }
    }

    fn next_instant(&self) -> Option<Time> {
        let wake = self.engine.poll_timeout().map(|(at, _)| at);
        let tick = self.eager.then(|| self.now.next_multiple(TICK));
        let next = wake.into_iter().chain(self.world.next_due()).chain(tick).min();
        if let Some(next) = next {
            assert!(next > self.now, "the instant {} has not settled: {wake:?}", self.now);
        }
        next
    }

    fn ask_for_passes(&mut self) {
        let view = self.engine.view();
        let active = view.services().filter(|(_, row)| row.status == ServiceStatus::Active);
        let names: Vec<String> = active.map(|(_, row)| row.name.to_string()).collect();
        for name in names {
            self.must("updateService", json!({ "service": name }));
        }
    }

    fn begin(&mut self, at: Time) {
        self.now = at;
        self.open = true;
        self.deliver();
    }

    fn deliver(&mut self) {
        for _ in 0..MOST_WORK {
            let Some(report) = self.world.take_due(self.now) else { return };
            self.report(report);
        }
        panic!("the instant {} does not settle", self.now);
    }

    // What happens.

    /// A call of the ECS API in Amazon's shape.
    pub(crate) fn call(&mut self, action: &str, input: Value) -> Result<Answer, CommandError> {
        assert!(self.open, "calls come before the instant settles");
        let command = Command::read(action, input)
            .unwrap_or_else(|| panic!("{action} is an operation"))
            .unwrap_or_else(|error| panic!("{action}: {error}"));
        self.step(Input::Command(command))
    }

    /// A call that is accepted.
    pub(crate) fn must(&mut self, action: &str, input: Value) -> Answer {
        self.call(action, input).unwrap_or_else(|error| panic!("{action} is refused: {error}"))
    }

    /// A call that is refused: `Exception: message`. It changes nothing.
    pub(crate) fn refused(&mut self, action: &str, input: Value) -> String {
        // Looking moves nothing but the engine's clock, which is part of its state.
        self.must("getTaskProtection", json!({ "tasks": [] }));
        let before = self.engine.state_hash();
        let error = match self.call(action, input) {
            Ok(answer) => panic!("{action} is accepted: {answer:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(self.engine.state_hash(), before, "a refused call changes nothing: {error}");
        error
    }

    /// UpdateService.
    pub(crate) fn update(&mut self, service: &str, change: Value) {
        let mut input = json!({ "service": service });
        merge(&mut input, change);
        self.must("updateService", input);
    }

    /// Deploys a revision.
    pub(crate) fn deploy(&mut self, service: &str, revision: &str) {
        self.update(service, json!({ "taskDefinition": revision }));
    }

    /// CreateService, on the newest revision of its name.
    pub(crate) fn create(&mut self, name: &str, desired: u32, more: Value) -> ServiceId {
        match self.must("createService", service_input(name, desired, more)) {
            Answer::Service(service) => service,
            other => panic!("CreateService answers with the service, not {other:?}"),
        }
    }

    /// Something the world tells now.
    pub(crate) fn report(&mut self, report: Report) {
        let gone = match &report {
            Report::Task(task, TaskChange::Status(TaskStatus::Stopped, _)) => vec![*task],
            Report::InstanceTerminated(instance, _) | Report::InstanceStopped(instance, _) => {
                self.engine.view().instance(*instance).tasks.clone()
            }
            _ => Vec::new(),
        };
        self.step(Input::Report(report)).expect("a report is never refused");
        for task in gone {
            self.world.left(&self.engine, task);
        }
    }

    /// A task fails its container health checks from now on.
    pub(crate) fn fall_ill(&mut self, task: TaskId) {
        self.report(Report::Task(task, TaskChange::Health(HealthStatus::Unhealthy)));
    }

    /// The essential container of a task exits.
    pub(crate) fn exit(&mut self, task: TaskId) {
        let reason = StopReason::EssentialExited;
        let stop = Stop { code: StopCode::EssentialContainerExited, reason };
        let change = TaskChange::Status(TaskStatus::Stopped, Some(stop));
        self.report(Report::Task(task, change));
    }

    /// EC2 ends an instance.
    pub(crate) fn terminate(&mut self, instance: InstanceId) {
        let reason = StopReason::HostTerminated(instance);
        let stop = Stop { code: StopCode::TerminationNotice, reason };
        self.report(Report::InstanceTerminated(instance, stop));
    }

    /// A target group of a Network Load Balancer.
    pub(crate) fn network_group(&mut self, name: &str) {
        self.setup(Setup::NetworkGroup(name.into()));
    }

    /// What a function answers, call by call; the last answer goes on.
    pub(crate) fn function(&mut self, name: &str, answers: &[(u64, HookAnswer)]) {
        self.world.functions.insert(name.to_owned(), answers.iter().cloned().collect());
    }

    /// An alarm of time 0: its period and how many are looked at.
    pub(crate) fn alarm(&mut self, name: &str, period: u64, periods: u32, state: AlarmState) {
        let alarm = Alarm {
            name: name.into(),
            period: Span::from_secs(period),
            evaluation_periods: periods,
            state,
            changed_at: Time::ZERO,
        };
        self.setup(Setup::Alarm(alarm));
    }

    /// An alarm changes its state.
    pub(crate) fn set_alarm(&mut self, name: &str, state: AlarmState) {
        self.report(Report::AlarmState(name.into(), state));
    }

    /// An instance joins.
    pub(crate) fn join(&mut self, name: &str, zone: &str, cpu: u32, memory: u32) {
        self.join_with(registration(name, zone, cpu, memory));
    }

    /// An instance joins with all it says.
    pub(crate) fn join_with(&mut self, registration: Registration) {
        self.report(Report::InstanceRegistered(self.cluster, Box::new(registration)));
    }

    /// Sets an instance DRAINING.
    pub(crate) fn drain(&mut self, instance: &str) {
        let input = json!({ "containerInstances": [instance], "status": "DRAINING" });
        self.must("updateContainerInstancesState", input);
    }

    pub(crate) fn step(&mut self, input: Input) -> Result<Answer, CommandError> {
        self.inputs.push((self.now, input.clone()));
        let before = self.on_step.map(|look| (look, self.engine.clone()));
        let answer = self.engine.step(self.now, input);
        if let Some((look, before)) = before {
            look(&before, &self.engine);
        }
        while let Some(output) = self.engine.poll_output() {
            self.outputs.push(output.clone());
            match output {
                Output::Event(event) => self.log.push(event),
                Output::Effect(effect) => self.world.carry_out(&self.engine, effect),
            }
        }
        answer
    }
}

/// What a plain Linux instance registers.
pub(crate) fn registration(name: &str, zone: &str, cpu: u32, memory: u32) -> Registration {
    Registration {
        name: name.into(),
        ec2_instance_id: Some(format!("i-{name}").into()),
        instance_type: None,
        zone: format!("us-east-1{zone}").into(),
        vpc: "vpc-1".into(),
        status: InstanceStatus::Active,
        agent_connected: true,
        agent_version: Some("1.100.0".into()),
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
    }
}

/// `deploymentConfiguration` with its two percents.
pub(crate) fn limits(minimum: u32, maximum: u32) -> Value {
    json!({ "deploymentConfiguration":
        { "minimumHealthyPercent": minimum, "maximumPercent": maximum } })
}

/// `placementStrategy` out of `spread az`, `binpack memory`, `random` and the like.
pub(crate) fn strategy(items: &[&str]) -> Value {
    let item = |text: &&str| match text.split_once(' ') {
        Some((kind, "az")) => json!({ "type": kind, "field": "attribute:ecs.availability-zone" }),
        Some((kind, field)) => json!({ "type": kind, "field": field }),
        None => json!({ "type": text }),
    };
    json!({ "placementStrategy": items.iter().map(item).collect::<Vec<_>>() })
}

/// `placementConstraints` out of `distinctInstance` and expressions.
pub(crate) fn constraints(items: &[&str]) -> Value {
    let item = |text: &&str| match *text {
        "distinctInstance" => json!({ "type": "distinctInstance" }),
        expression => json!({ "type": "memberOf", "expression": expression }),
    };
    json!({ "placementConstraints": items.iter().map(item).collect::<Vec<_>>() })
}

/// `networkConfiguration` with subnets.
pub(crate) fn subnets(names: &[&str]) -> Value {
    json!({ "networkConfiguration": { "awsvpcConfiguration": { "subnets": names } } })
}

fn service_input(name: &str, desired: u32, more: Value) -> Value {
    let mut input = json!({ "serviceName": name, "taskDefinition": name, "desiredCount": desired });
    if more["schedulingStrategy"] == "DAEMON" {
        input.as_object_mut().expect("an object").remove("desiredCount");
    }
    merge(&mut input, more);
    input
}

/// Adds fields to an object, objects within it alike.
pub(crate) fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(fields), Value::Object(more)) => {
            for (key, value) in more {
                merge(fields.entry(key).or_insert(Value::Null), value);
            }
        }
        (slot, value) => *slot = value,
    }
}

/// One value out of two objects.
pub(crate) fn both(one: Value, other: Value) -> Value {
    let mut all = one;
    merge(&mut all, other);
    all
}
