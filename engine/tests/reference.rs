//! The slow twin of placement: rows, loops and a sort, straight from 01 section 4. It must agree
//! with the engine on any cluster, whatever happens to its instances between the calls: on what
//! RunTask and StartTask answer, on where tasks of services go and why they go nowhere, and on who
//! waits for an instance of a provider with managed scaling. When a service asks for a task is the
//! scheduler's business, and read from the events.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
mod bed;
mod twin;

use std::cell::RefCell;
use std::collections::BTreeMap;

use bed::{Bed, Behavior, both, constraints, registration, strategy, subnets};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use stowplan_engine::api::event::PlacementFailure;
use stowplan_engine::api::{Answer, EngineConfig, EventKind, Output, Report, TieBreak};
use stowplan_engine::model::{
    Attribute, BackoffCause, Capabilities, Held, PortSet, Protocol, Registration, Span, TaskId,
    TaskStatus, Time,
};
use stowplan_engine::rng::{Rng, Stream};
use twin::cases::{Step, case};
use twin::{Ask, Holding, Row, Twin};

/// From one step to the next, seconds: each is an instant in which every service is looked at.
const TICK: i64 = 10;
/// Longer than a step: an interface is held over the next one.
const STOPS_AFTER: u64 = 13;
/// So long nothing happens at the end, seconds.
const QUIET: i64 = 120;

/// The engine and its twin, side by side.
struct Pair {
    bed: Bed,
    twin: Twin,
    asks: Vec<Ask>,
    by_lot: bool,
    /// The twin's numbers of the tasks that have a place.
    numbers: BTreeMap<TaskId, usize>,
    /// Tasks that wait for an instance: what they ask, and for which group.
    awaited: BTreeMap<TaskId, (Ask, String)>,
    /// What the tasks of each service ask; its name is its position.
    services: Vec<Ask>,
    /// How many outputs of the engine the twin has heard of.
    heard: usize,
    /// How many instances joined: ids are not used twice.
    joined: usize,
    met: Met,
}

impl Pair {
    fn new(rows: Vec<Row>, asks: Vec<Ask>, tie_break: TieBreak, seed: u64) -> Self {
        let config =
            EngineConfig { deregistration_lag: Span::ZERO, tie_break, ..EngineConfig::default() };
        let behavior = Behavior { stops_after: STOPS_AFTER, ..Behavior::instant() };
        let mut bed = Bed::with(config, seed, behavior);
        for (group, managed) in [("A", "ENABLED"), ("B", "DISABLED")] {
            let provider = json!({ "autoScalingGroupArn": format!("asg-{group}"),
                "managedScaling": { "status": managed } });
            let input = json!({ "name": group, "autoScalingGroupProvider": provider });
            bed.must("createCapacityProvider", input);
        }
        let both_groups = json!({ "capacityProviders": ["A", "B"],
            "defaultCapacityProviderStrategy": [] });
        bed.must("putClusterCapacityProviders", both_groups);
        for row in &rows {
            bed.instance_with(&row.name, row.zone, row.cpu, row.memory, |it| equip(it, row));
        }
        for (number, ask) in asks.iter().enumerate() {
            bed.define_task(definition(number, ask));
        }
        let by_lot = tie_break == TieBreak::Seeded;
        let twin = Twin::new(rows, by_lot, Rng::for_stream(seed, Stream::Placement));
        Self {
            bed,
            twin,
            asks,
            by_lot,
            numbers: BTreeMap::new(),
            awaited: BTreeMap::new(),
            services: Vec::new(),
            heard: 0,
            joined: 0,
            met: Met::default(),
        }
    }

    fn add_to(&self, met: &mut Met) {
        let held = |row: &&Row| row.held.cpu + row.held.memory > 0;
        let beside: usize = self.twin.rows.iter().filter(held).map(|row| row.tasks.len()).sum();
        met.calls += self.met.calls;
        met.served += self.met.served;
        met.refused += self.met.refused;
        met.awaited += self.met.awaited;
        met.waiting += u32::try_from(self.awaited.len()).expect("a handful");
        met.beside += u32::try_from(beside).expect("a handful");
    }

    /// What the engine did since, in its order, done by the twin too.
    fn listen(&mut self) -> Result<(), TestCaseError> {
        let events: Vec<(Time, EventKind)> = self.bed.outputs[self.heard..]
            .iter()
            .filter_map(|output| match output {
                Output::Event(event) => Some((event.at, event.kind.clone())),
                Output::Effect(_) => None,
            })
            .collect();
        self.heard = self.bed.outputs.len();
        let mut freed_at = None;
        for (position, (at, kind)) in events.iter().enumerate() {
            match kind {
                EventKind::TaskCreated(task) => {
                    let next = events.get(position + 1).map(|(_, kind)| kind);
                    if !matches!(next, Some(EventKind::TaskPlaced(placed)) if placed == task) {
                        self.begin_to_wait(*task)?;
                    }
                }
                EventKind::TaskPlaced(task) => self.follow(*task)?,
                // Told at the end of a pass, which may have stopped somebody in between.
                EventKind::PlacementFailed(failure) if freed_at != Some(*at) => {
                    self.fail_too(failure)?;
                }
                EventKind::TaskStopDecided(task) => {
                    freed_at = Some(*at);
                    self.awaited.remove(task);
                    if let Some(&number) = self.numbers.get(task) {
                        self.twin.stop(number);
                    }
                }
                // How long a task takes to stop is the world's business.
                EventKind::TaskStatus(task, TaskStatus::Stopped) => {
                    if let Some(&number) = self.numbers.get(task) {
                        self.twin.gone(number);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The service of a task, by position.
    fn service_of(&self, task: TaskId) -> Option<usize> {
        let owner = self.bed.engine.view().task(task).owner?;
        Some(owner.service.index())
    }

    fn begin_to_wait(&mut self, task: TaskId) -> Result<(), TestCaseError> {
        let Some(service) = self.service_of(task) else { return Ok(()) };
        let (ask, group) = (self.services[service].clone(), format!("service:s{service}"));
        prop_assert!(self.twin.has_no_place(&ask, &group), "{:?} waits: {:?}", task, ask);
        self.awaited.insert(task, (ask, group));
        Ok(())
    }

    /// A task got its place: of a service, or one that waited. Of those the oldest goes first.
    fn follow(&mut self, task: TaskId) -> Result<(), TestCaseError> {
        if self.numbers.contains_key(&task) {
            return Ok(());
        }
        let (ask, group) = match (self.awaited.remove(&task), self.service_of(task)) {
            (Some(awaited), _) => {
                for (older, (ask, group)) in self.awaited.range(..task) {
                    let none = self.twin.has_no_place(ask, group);
                    prop_assert!(none, "{:?} goes before {:?}: {:?}", task, older, ask);
                }
                self.met.awaited += 1;
                awaited
            }
            (None, Some(service)) => {
                self.met.served += 1;
                (self.services[service].clone(), format!("service:s{service}"))
            }
            (None, None) => return Err(TestCaseError::fail(format!("who is {task:?}?"))),
        };
        let place = self.bed.places(&[task]);
        match self.twin.place(&ask, &group) {
            Ok((number, name)) => {
                prop_assert_eq!(place, name, "{:?} of {}", ask, group);
                self.numbers.insert(task, number);
            }
            Err(reasons) => prop_assert!(false, "{place}, not {reasons:?}: {ask:?} of {group}"),
        }
        Ok(())
    }

    /// A task of a service has no place, for the same reasons.
    fn fail_too(&mut self, failure: &PlacementFailure) -> Result<(), TestCaseError> {
        let Some(service) = failure.service.map(|service| service.index()) else { return Ok(()) };
        let view = self.bed.engine.view();
        let told = failure.rejected.iter();
        let told: Vec<String> = told
            .map(|it| format!("{}: {}", view.instance(it.instance).name, it.reason()))
            .collect();
        let (ask, group) = (self.services[service].clone(), format!("service:s{service}"));
        self.met.refused += 1;
        match self.twin.place(&ask, &group) {
            Ok((_, name)) => prop_assert!(false, "{name} takes it, not {told:?}: {ask:?}"),
            Err(_) if told.is_empty() => {
                let is_named = failure.reason.contains("NO ACTIVE INSTANCES");
                prop_assert!(is_named && self.twin.has_no_place(&ask, &group), "{:?}", failure);
            }
            Err(reasons) => prop_assert_eq!(told, reasons, "{:?} of {}", ask, group),
        }
        Ok(())
    }

    /// When nothing happens any more, nobody waits who has a place.
    fn come_to_rest(&mut self) -> Result<(), TestCaseError> {
        let end = self.bed.now() + QUIET;
        self.bed.run_until(end);
        self.listen()?;
        for (ask, group) in self.awaited.values() {
            prop_assert!(self.twin.has_no_place(ask, group), "{:?} of {} waits", ask, group);
        }
        let view = self.bed.engine.view();
        for (position, ask) in self.services.iter().enumerate() {
            let name = format!("s{position}");
            let wanted = self.bed.service_row(&name).desired as usize;
            let backoff = view.deployment(self.bed.primary(&name)).throttle.next_attempt;
            // That somebody came whom it wants beside it does not end a back-off.
            let beside = |it: &&str| it.contains("runningTasksCount") || it.contains("task:group");
            let may_change = ask.constraints.iter().any(beside);
            let is_held = backoff.is_some_and(|it| may_change || it.cause == BackoffCause::Start);
            if self.bed.tasks_of(&name).len() < wanted && !is_held {
                let none = self.twin.has_no_place(ask, &format!("service:{name}"));
                prop_assert!(none, "{} is short of tasks: {:?}", name, ask);
            }
        }
        Ok(())
    }

    fn name(&self, index: usize) -> String {
        self.twin.rows[index % self.twin.rows.len()].name.clone()
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Run { ask, group, count } => self.run(ask, group, count)?,
            Step::Stop(index) => {
                let view = self.bed.engine.view();
                let live = view.tasks().iter().filter(|task| task.is_live());
                let live: Vec<String> = live.map(|task| view.task_name(task.id)).collect();
                if let Some(name) = live.get(index % live.len().max(1)) {
                    self.bed.must("stopTask", json!({ "task": name }));
                }
            }
            Step::Rack(index, rack) => {
                let attribute = json!({ "name": "rack", "targetId": self.name(index) });
                let value = rack.map_or(json!({}), |rack| json!({ "value": rack }));
                let call = if rack.is_some() { "putAttributes" } else { "deleteAttributes" };
                self.bed.must(call, json!({ "attributes": [both(attribute, value)] }));
                self.twin.row(index).rack = rack;
            }
            Step::Drain(index) => self.set_draining(index, true),
            Step::Activate(index) => self.set_draining(index, false),
            Step::Agent(index, connected) => {
                let instance = self.bed.instance_id(&self.name(index));
                self.bed.report(Report::AgentConnection(instance, connected));
                self.twin.row(index).connected = connected;
            }
            Step::Join(row) => {
                self.joined += 1;
                let name = format!("i-1{}", self.joined + 1000);
                let mut joining = registration(&name, row.zone, row.cpu, row.memory);
                equip(&mut joining, &row);
                self.bed.join_with(joining);
                self.twin.rows.push(Row { name, ..row });
            }
            Step::Leave(index) => self.leave(index % self.twin.rows.len()),
            Step::Start { ask, group, on } => self.start(ask, group, on)?,
            Step::Serve { ask, desired } => self.serve(ask, desired),
            Step::Scale(which, desired) => self.scale(which, desired),
        }
        Ok(())
    }

    /// The first instance stays ACTIVE: without any, RunTask is refused as a whole.
    fn set_draining(&mut self, index: usize, draining: bool) {
        if index.is_multiple_of(self.twin.rows.len()) || self.twin.row(index).draining == draining {
            return;
        }
        // Who of a service leaves is drawn, too: that is no business of the twin.
        if self.by_lot && !self.services.is_empty() {
            return;
        }
        let status = if draining { "DRAINING" } else { "ACTIVE" };
        let instances = [self.name(index)];
        let change = json!({ "containerInstances": instances, "status": status });
        self.bed.must("updateContainerInstancesState", change);
        self.twin.row(index).draining = draining;
    }

    /// The first instance stays.
    fn leave(&mut self, index: usize) {
        if index == 0 {
            return;
        }
        let input = json!({ "containerInstance": self.name(index), "force": true });
        self.bed.must("deregisterContainerInstance", input);
        self.twin.leave(index);
    }

    /// What a call says of the network and the group, and of another size.
    fn particulars(ask: &Ask, group: &str) -> Value {
        let network = ask.subnets.as_deref().map(network);
        let size = ask.overridden.map(|memory| {
            let container = json!({ "name": "app", "memory": memory });
            json!({ "overrides": { "containerOverrides": [container] } })
        });
        let more = both(network.unwrap_or(json!({})), size.unwrap_or(json!({})));
        both(more, json!({ "group": group }))
    }

    fn start(&mut self, number: usize, group: &str, on: usize) -> Result<(), TestCaseError> {
        let number = number % self.asks.len();
        let ask = &self.asks[number];
        let on = on % self.twin.rows.len();
        let named = json!({ "taskDefinition": format!("f{number}"),
            "containerInstances": [self.name(on)] });
        let answer = self.bed.must("startTask", both(named, Self::particulars(ask, group)));
        let (placed, slow) = self.twin.start(ask, group, on);
        prop_assert_eq!(self.bed.answer(&answer), slow, "{:?}", ask);
        if let Answer::Tasks(tasks, _) = answer {
            self.numbers.extend(tasks.into_iter().zip(placed));
        }
        Ok(())
    }

    fn serve(&mut self, number: usize, desired: u32) {
        if self.services.len() == 3 {
            return;
        }
        let number = number % self.asks.len();
        let ask = Ask { of_service: true, overridden: None, ..self.asks[number].clone() };
        let service = json!({ "serviceName": format!("s{}", self.services.len()),
            "taskDefinition": format!("f{number}"), "desiredCount": desired,
            "availabilityZoneRebalancing": "DISABLED" });
        let network = ask.subnets.as_deref().map(network);
        let more = both(network.unwrap_or(json!({})), Self::wishes(&ask));
        self.services.push(ask);
        self.bed.must("createService", both(service, more));
    }

    fn scale(&mut self, which: usize, desired: u32) {
        let name = format!("s{which}");
        let is_smaller = || desired < self.bed.service_row(&name).desired;
        if which >= self.services.len() || (self.by_lot && is_smaller()) {
            return;
        }
        self.bed.must("updateService", json!({ "service": name, "desiredCount": desired }));
    }

    fn run(&mut self, number: usize, group: &str, count: i64) -> Result<(), TestCaseError> {
        let number = number % self.asks.len();
        let ask = &self.asks[number];
        let more = both(Self::wishes(ask), Self::particulars(ask, group));
        let answer = self.bed.run_task(&format!("f{number}"), count, more);
        self.met.calls += 1;
        let (made, slow) = self.twin.run(ask, group, count);
        prop_assert_eq!(self.bed.answer(&answer), slow, "{:?}", ask);
        let Answer::Tasks(tasks, _) = answer else { unreachable!("RunTask answers with tasks") };
        for (task, number) in tasks.into_iter().zip(made) {
            match number {
                Some(number) => drop(self.numbers.insert(task, number)),
                None => drop(self.awaited.insert(task, (ask.clone(), group.to_owned()))),
            }
        }
        Ok(())
    }

    /// Strategies, constraints and the provider.
    fn wishes(ask: &Ask) -> Value {
        let in_call = |it: &&&str| !ask.in_definition || **it == "distinctInstance";
        let own: Vec<&str> = ask.constraints.iter().filter(in_call).copied().collect();
        let more = both(strategy(&ask.strategy), constraints(&own));
        let provider = ask.group.map(|group| {
            let provider = group.trim_start_matches("asg-");
            json!({ "capacityProviderStrategy": [{ "capacityProvider": provider, "weight": 1 }] })
        });
        both(more, provider.unwrap_or(json!({})))
    }
}

/// Subnets in these zones.
fn network(zones: &[&str]) -> Value {
    let names: Vec<String> = zones.iter().map(|zone| format!("subnet-{zone}")).collect();
    subnets(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

fn equip(registration: &mut Registration, row: &Row) {
    registration.agent_connected = row.connected;
    registration.gpus = row.gpus;
    registration.eni_limit = row.enis;
    let mut ports = PortSet::new();
    if let Some(port) = row.held.port {
        ports.insert(Protocol::Tcp, port);
    }
    let Holding { cpu, memory, gpus, enis, .. } = row.held;
    registration.held = Held { cpu, memory, gpu: gpus, eni: enis, ports };
    registration.auto_scaling_group = row.group.map(Into::into);
    if !row.home {
        registration.vpc = "vpc-2".into();
    }
    if !row.attaches {
        let without = vec!["ecs.capability.task-eni".into()];
        registration.capabilities = Capabilities::CurrentAgent { without };
    }
    // What it does not say is x86_64.
    if row.architecture != "x86_64" {
        let name = "ecs.cpu-architecture".into();
        registration.attributes.push(Attribute { name, value: Some(row.architecture.into()) });
    }
    if let Some(rack) = row.rack {
        let attribute = Attribute { name: "rack".into(), value: Some(rack.into()) };
        registration.attributes.push(attribute);
    }
}

fn definition(number: usize, ask: &Ask) -> Value {
    let mapping = |(port, udp): (u16, bool)| {
        let protocol = if udp { "udp" } else { "tcp" };
        let host_port = if ask.ports.host_mode { 0 } else { port };
        json!({ "containerPort": port, "hostPort": host_port, "protocol": protocol })
    };
    let ports: Vec<Value> = ask.ports.iter().map(mapping).collect();
    let gpus: Vec<Value> = (ask.gpus > 0)
        .then(|| json!({ "type": "GPU", "value": ask.gpus.to_string() }))
        .into_iter()
        .collect();
    let container = json!({
        "name": "app", "image": "app:1", "cpu": ask.cpu, "memory": ask.memory,
        "portMappings": ports, "resourceRequirements": gpus,
    });
    let mode = match (&ask.subnets, ask.ports.host_mode) {
        (Some(_), _) => "awsvpc",
        (None, true) => "host",
        (None, false) => "bridge",
    };
    let own = |it: &&&str| ask.in_definition && **it != "distinctInstance";
    let own = ask.constraints.iter().filter(own);
    let own = own.map(|it| json!({ "type": "memberOf", "expression": it }));
    let definition = json!({ "family": format!("f{number}"), "networkMode": mode,
        "placementConstraints": own.collect::<Vec<_>>(), "containerDefinitions": [container] });
    let platform = ask.architecture.map(|architecture| {
        json!({ "runtimePlatform": { "cpuArchitecture": architecture.to_ascii_uppercase() } })
    });
    both(definition, platform.unwrap_or(json!({})))
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() }
}

/// What the twin and the engine agreed on, over all cases.
#[derive(Debug, Default)]
struct Met {
    calls: u32,
    served: u32,
    /// Tasks of services that had no place.
    refused: u32,
    /// Tasks that waited for an instance and got one.
    awaited: u32,
    /// Tasks that were waiting at the end.
    waiting: u32,
    /// Placements beside something held.
    beside: u32,
}

#[test]
fn the_slow_twin_agrees_on_any_cluster() {
    let met = RefCell::new(Met::default());
    let mut runner = TestRunner::new(config());
    let agreed = runner.run(&case(), |(rows, asks, steps, lot, seed)| {
        let tie_break = if lot { TieBreak::Seeded } else { TieBreak::LowestId };
        let mut pair = Pair::new(rows, asks, tie_break, seed);
        for (number, step) in (1..).zip(steps) {
            pair.bed.at(number * TICK);
            pair.listen()?;
            pair.take(step)?;
            pair.listen()?;
            pair.bed.settle();
            pair.listen()?;
        }
        pair.come_to_rest()?;
        pair.add_to(&mut met.borrow_mut());
        Ok(())
    });
    if let Err(failure) = agreed {
        panic!("{failure}");
    }
    // Each feature is in the mix, and often.
    let met = met.into_inner();
    let counts = [met.calls, met.served, met.refused, met.awaited, met.waiting, met.beside];
    assert!(counts.iter().all(|&count| count >= 200), "{met:?}");
    println!("agreed on {met:?}");
}
