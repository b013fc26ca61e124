//! The slow twin of placement: rows, loops and a sort, straight from 01 section 4. It must agree
//! with the engine on any cluster, whatever happens to its instances between the calls.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
mod bed;
mod twin;

use bed::{Bed, Behavior, both, constraints, registration, strategy, subnets};
use proptest::prelude::*;
use serde_json::{Value, json};
use stowplan_engine::api::{Answer, EngineConfig, Report, TieBreak};
use stowplan_engine::model::{Attribute, Capabilities, Registration, Span, TaskId, TaskStatus};
use stowplan_engine::rng::{Rng, Stream};
use twin::{Ask, Ports, Row, Twin};

/// What happens next; instances and tasks are meant by position, as far as there are as many.
#[derive(Clone, Debug)]
enum Step {
    Run {
        ask: usize,
        group: &'static str,
        count: i64,
    },
    Stop(usize),
    Rack(usize, Option<&'static str>),
    Drain(usize),
    Activate(usize),
    Agent(usize, bool),
    Join(Row),
    /// It is deregistered by force.
    Leave(usize),
    Start {
        ask: usize,
        group: &'static str,
        on: usize,
    },
}

fn row() -> impl Strategy<Value = Row> {
    let size = (
        prop::sample::select(vec![256_u32, 512, 1024, 1500]),
        prop::sample::select(vec![500_u32, 1000, 2000]),
        prop::sample::select(vec![0_u32, 0, 0, 2]),
        prop::sample::select(vec![None, None, Some(1_u32), Some(3)]),
    );
    let place = (
        prop::sample::select(vec!["a", "b", "c"]),
        prop::sample::select(vec![None, Some("r1"), Some("r2")]),
        prop::bool::weighted(0.9),
    );
    let often = || prop::bool::weighted(0.85);
    let nature = (
        prop::sample::select(vec!["x86_64", "x86_64", "arm64"]),
        often(),
        often(),
        prop::sample::select(vec![None, Some("asg-A"), Some("asg-B")]),
    );
    (size, place, nature).prop_map(
        |((cpu, memory, gpus, enis), (zone, rack, connected), nature)| {
            let (architecture, attaches, home, group) = nature;
            Row {
                name: String::new(),
                zone,
                rack,
                cpu,
                memory,
                gpus,
                enis,
                connected,
                draining: false,
                architecture,
                attaches,
                home,
                group,
                tasks: Vec::new(),
                leaving: Vec::new(),
            }
        },
    )
}

/// Mostly a few instances, which find most mistakes; now and then very many.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop_oneof![
        940 => prop::collection::vec(row(), 1..12),
        55 => prop::collection::vec(row(), 12..80),
        5 => prop::collection::vec(row(), 80..=500),
    ]
    .prop_map(|mut rows| {
        let most = rows.len();
        for (index, row) in rows.iter_mut().enumerate() {
            // Byte order and order of registration differ: i-10 comes before i-2.
            row.name = format!("i-{}", most - index);
        }
        rows
    })
}

fn ask() -> impl Strategy<Value = Ask> {
    let strategies = vec![
        "spread az",
        "spread instanceId",
        "spread attribute:rack",
        "binpack cpu",
        "binpack memory",
        "random",
    ];
    let expressions = vec![
        "distinctInstance",
        "attribute:rack == r1",
        "attribute:rack exists",
        "runningTasksCount < 3",
        "not(task:group == g2)",
        "attribute:ecs.availability-zone != us-east-1b",
        "agentConnected == true",
        "attribute:rack in [r1, r3]",
        "attribute:rack != r1",
        "attribute:rack !exists or runningTasksCount > 1",
        "attribute:ecs.availability-zone =~ us-east-1[ab] and not task:group == g1",
    ];
    let zones = prop::sample::subsequence(vec!["a", "b", "c"], 1..=3);
    (
        prop::sample::select(vec![0_u32, 100, 256, 600]),
        prop::sample::select(vec![1_u32, 100, 250, 700]),
        ports(),
        prop::option::weighted(0.2, zones),
        prop::sample::select(vec![0_u32, 0, 0, 0, 1, 2]),
        prop::collection::vec(prop::sample::select(strategies), 0..4),
        prop::sample::subsequence(expressions, 0..3),
        nature(),
    )
        .prop_map(|(cpu, memory, ports, subnets, gpus, strategy, constraints, nature)| {
            let (architecture, overridden, in_definition, group) = nature;
            // An awsvpc task has its ports to itself.
            let none = Ports { count: 0, host_mode: false, ..ports };
            Ask {
                cpu,
                memory,
                ports: if subnets.is_none() { ports } else { none },
                subnets,
                gpus,
                strategy,
                constraints,
                architecture,
                overridden,
                in_definition,
                group,
            }
        })
}

/// One port, two, or so many that a second task of the kind is beyond the hundred.
fn ports() -> impl Strategy<Value = Ports> {
    let first = prop::sample::select(vec![80_u16, 443, 22, 1000, 2000]);
    let count = prop::sample::select(vec![0_u16, 0, 0, 0, 0, 0, 1, 1, 1, 2, 60]);
    (first, count, prop::bool::weighted(0.2), prop::bool::weighted(0.2))
        .prop_map(|(first, count, udp, host_mode)| Ports { first, count, udp, host_mode })
}

type Nature = (Option<&'static str>, Option<u32>, bool, Option<&'static str>);

/// Architecture, overridden memory, expressions in the definition, group of the provider.
fn nature() -> impl Strategy<Value = Nature> {
    (
        prop::option::weighted(0.15, prop::sample::select(vec!["x86_64", "arm64"])),
        prop::option::weighted(0.15, prop::sample::select(vec![150_u32, 900])),
        any::<bool>(),
        prop::option::weighted(0.25, prop::sample::select(vec!["asg-A", "asg-B"])),
    )
}

fn step() -> impl Strategy<Value = Step> {
    let any = 0_usize..500;
    let racks = prop::sample::select(vec![None, Some("r1"), Some("r2"), Some("r3")]);
    let groups = prop::sample::select(vec!["g1", "g2", "g3"]);
    prop_oneof![
        8 => (0_usize..4, groups.clone(), 1_i64..=10)
            .prop_map(|(ask, group, count)| Step::Run { ask, group, count }),
        4 => any.clone().prop_map(Step::Stop),
        1 => (any.clone(), racks).prop_map(|(index, rack)| Step::Rack(index, rack)),
        1 => any.clone().prop_map(Step::Drain),
        1 => any.clone().prop_map(Step::Activate),
        1 => (any.clone(), prop::bool::ANY).prop_map(|(index, on)| Step::Agent(index, on)),
        1 => row().prop_map(Step::Join),
        1 => any.clone().prop_map(Step::Leave),
        2 => (0_usize..4, groups, any).prop_map(|(ask, group, on)| Step::Start { ask, group, on }),
    ]
}

/// The engine and its twin, side by side.
struct Pair {
    bed: Bed,
    twin: Twin,
    asks: Vec<Ask>,
    /// Live tasks: as the engine knows them, with the twin's number.
    tasks: Vec<(TaskId, usize)>,
    /// The same of those that stop.
    stopping: Vec<(TaskId, usize)>,
    /// How many instances joined: ids are not used twice.
    joined: usize,
}

impl Pair {
    fn new(rows: Vec<Row>, asks: Vec<Ask>, tie_break: TieBreak, seed: u64) -> Self {
        let config =
            EngineConfig { deregistration_lag: Span::ZERO, tie_break, ..EngineConfig::default() };
        let mut bed = Bed::with(config, seed, Behavior { stops_after: 3, ..Behavior::instant() });
        for group in ["A", "B"] {
            let arn = json!({ "autoScalingGroupArn": format!("asg-{group}") });
            let input = json!({ "name": group, "autoScalingGroupProvider": arn });
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
        Self { bed, twin, asks, tasks: Vec::new(), stopping: Vec::new(), joined: 0 }
    }

    /// How long a task takes to stop is the world's business.
    fn see_who_is_gone(&mut self) {
        let view = self.bed.engine.view();
        let is_gone = |task: TaskId| view.task(task).last_status == TaskStatus::Stopped;
        let gone = self.stopping.extract_if(.., |(task, _)| is_gone(*task));
        gone.for_each(|(_, number)| self.twin.gone(number));
    }

    fn name(&self, index: usize) -> String {
        self.twin.rows[index % self.twin.rows.len()].name.clone()
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Run { ask, group, count } => self.run(ask, group, count)?,
            Step::Stop(index) if !self.tasks.is_empty() => {
                let (task, number) = self.tasks.remove(index % self.tasks.len());
                let name = self.bed.engine.view().task_name(task);
                self.bed.must("stopTask", json!({ "task": name }));
                self.twin.stop(number);
                self.stopping.push((task, number));
            }
            Step::Stop(_) => {}
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
        }
        Ok(())
    }

    /// The first instance stays ACTIVE: without any, RunTask is refused as a whole.
    fn set_draining(&mut self, index: usize, draining: bool) {
        if index.is_multiple_of(self.twin.rows.len()) || self.twin.row(index).draining == draining {
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
        let gone = self.twin.leave(index);
        self.tasks.retain(|(_, number)| !gone.contains(number));
    }

    /// What a call says of the network and the group, and of another size.
    fn particulars(ask: &Ask, group: &str) -> Value {
        let network = ask.subnets.as_ref().map(|zones| {
            let names: Vec<String> = zones.iter().map(|zone| format!("subnet-{zone}")).collect();
            subnets(&names.iter().map(String::as_str).collect::<Vec<_>>())
        });
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
            self.tasks.extend(tasks.into_iter().zip(placed));
        }
        Ok(())
    }

    fn run(&mut self, number: usize, group: &str, count: i64) -> Result<(), TestCaseError> {
        let number = number % self.asks.len();
        let ask = &self.asks[number];
        let in_call = |it: &&&str| !ask.in_definition || **it == "distinctInstance";
        let own: Vec<&str> = ask.constraints.iter().filter(in_call).copied().collect();
        let more = both(strategy(&ask.strategy), constraints(&own));
        let provider = ask.group.map(|group| {
            let provider = group.trim_start_matches("asg-");
            json!({ "capacityProviderStrategy": [{ "capacityProvider": provider, "weight": 1 }] })
        });
        let more = both(more, provider.unwrap_or(json!({})));
        let more = both(more, Self::particulars(ask, group));
        let answer = self.bed.run_task(&format!("f{number}"), count, more);
        let (placed, slow) = self.twin.run(ask, group, count);
        prop_assert_eq!(self.bed.answer(&answer), slow, "{:?}", ask);
        if let Answer::Tasks(tasks, _) = answer {
            self.tasks.extend(tasks.into_iter().zip(placed));
        }
        Ok(())
    }
}

fn equip(registration: &mut Registration, row: &Row) {
    registration.agent_connected = row.connected;
    registration.gpus = row.gpus;
    registration.eni_limit = row.enis;
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

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_slow_twin_agrees_on_any_cluster(
        rows in rows(),
        asks in prop::collection::vec(ask(), 1..4),
        steps in prop::collection::vec(step(), 1..12),
        lot in prop::bool::weighted(0.3),
        seed in 0_u64..1000,
    ) {
        let tie_break = if lot { TieBreak::Seeded } else { TieBreak::LowestId };
        let mut pair = Pair::new(rows, asks, tie_break, seed);
        for (number, step) in (1..).zip(steps) {
            pair.bed.at(number);
            pair.see_who_is_gone();
            pair.take(step)?;
            pair.bed.settle();
        }
    }
}
