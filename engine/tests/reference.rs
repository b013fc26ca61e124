//! The slow twin of placement: rows, loops and a sort, straight from 01 section 4. It must agree
//! with the engine on any cluster, whatever happens to its instances between the calls.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
mod bed;
mod twin;

use bed::{Bed, Behavior, both, constraints, registration, strategy, subnets};
use proptest::prelude::*;
use serde_json::{Value, json};
use stowplan_engine::api::{Answer, EngineConfig, Report, TieBreak};
use stowplan_engine::model::{Attribute, Registration, Span, TaskId};
use stowplan_engine::rng::{Rng, Stream};
use twin::{Ask, Row, Twin};

/// What happens next; instances and tasks are meant by position, as far as there are as many.
#[derive(Clone, Debug)]
enum Step {
    Run { ask: usize, group: &'static str, count: i64 },
    Stop(usize),
    Rack(usize, Option<&'static str>),
    Drain(usize),
    Activate(usize),
    Agent(usize, bool),
    Join(Row),
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
    (size, place).prop_map(|((cpu, memory, gpus, enis), (zone, rack, connected))| Row {
        name: String::new(),
        zone,
        rack,
        cpu,
        memory,
        gpus,
        enis,
        connected,
        draining: false,
        tasks: Vec::new(),
    })
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
    ];
    let zones = prop::sample::subsequence(vec!["a", "b", "c"], 1..=3);
    (
        prop::sample::select(vec![0_u32, 100, 256, 600]),
        prop::sample::select(vec![1_u32, 100, 250, 700]),
        prop::option::weighted(0.2, prop::sample::select(vec![80_u16, 443, 22])),
        prop::option::weighted(0.2, zones),
        prop::sample::select(vec![0_u32, 0, 0, 0, 1, 2]),
        prop::collection::vec(prop::sample::select(strategies), 0..4),
        prop::sample::subsequence(expressions, 0..3),
    )
        .prop_map(|(cpu, memory, port, subnets, gpus, strategy, constraints)| Ask {
            cpu,
            memory,
            port: port.filter(|_| subnets.is_none()),
            subnets,
            gpus,
            strategy,
            constraints,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let any = 0_usize..500;
    let racks = prop::sample::select(vec![None, Some("r1"), Some("r2"), Some("r3")]);
    let groups = prop::sample::select(vec!["g1", "g2", "g3"]);
    prop_oneof![
        8 => (0_usize..4, groups, 1_i64..=10)
            .prop_map(|(ask, group, count)| Step::Run { ask, group, count }),
        4 => any.clone().prop_map(Step::Stop),
        1 => (any.clone(), racks).prop_map(|(index, rack)| Step::Rack(index, rack)),
        1 => any.clone().prop_map(Step::Drain),
        1 => any.clone().prop_map(Step::Activate),
        1 => (any, prop::bool::ANY).prop_map(|(index, on)| Step::Agent(index, on)),
        1 => row().prop_map(Step::Join),
    ]
}

/// The engine and its twin, side by side.
struct Pair {
    bed: Bed,
    twin: Twin,
    asks: Vec<Ask>,
    /// Live tasks: as the engine knows them, with the twin's number.
    tasks: Vec<(TaskId, usize)>,
}

impl Pair {
    fn new(rows: Vec<Row>, asks: Vec<Ask>, tie_break: TieBreak, seed: u64) -> Self {
        let config =
            EngineConfig { deregistration_lag: Span::ZERO, tie_break, ..EngineConfig::default() };
        let mut bed = Bed::with(config, seed, Behavior::instant());
        for row in &rows {
            bed.instance_with(&row.name, row.zone, row.cpu, row.memory, |it| equip(it, row));
        }
        for (number, ask) in asks.iter().enumerate() {
            bed.define_task(definition(number, ask));
        }
        let by_lot = tie_break == TieBreak::Seeded;
        let twin = Twin::new(rows, by_lot, Rng::for_stream(seed, Stream::Placement));
        Self { bed, twin, asks, tasks: Vec::new() }
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
                let name = format!("i-1{}", self.twin.rows.len());
                let mut joining = registration(&name, row.zone, row.cpu, row.memory);
                equip(&mut joining, &row);
                self.bed.join_with(joining);
                self.twin.rows.push(Row { name, ..row });
            }
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

    fn run(&mut self, number: usize, group: &str, count: i64) -> Result<(), TestCaseError> {
        let number = number % self.asks.len();
        let ask = &self.asks[number];
        let more = both(strategy(&ask.strategy), constraints(&ask.constraints));
        let network = ask.subnets.as_ref().map(|zones| {
            let names: Vec<String> = zones.iter().map(|zone| format!("subnet-{zone}")).collect();
            subnets(&names.iter().map(String::as_str).collect::<Vec<_>>())
        });
        let more = both(more, both(network.unwrap_or(json!({})), json!({ "group": group })));
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
    if let Some(rack) = row.rack {
        let attribute = Attribute { name: "rack".into(), value: Some(rack.into()) };
        registration.attributes.push(attribute);
    }
}

fn definition(number: usize, ask: &Ask) -> Value {
    let ports: Vec<Value> =
        ask.port.iter().map(|port| json!({ "containerPort": port, "hostPort": port })).collect();
    let gpus: Vec<Value> = (ask.gpus > 0)
        .then(|| json!({ "type": "GPU", "value": ask.gpus.to_string() }))
        .into_iter()
        .collect();
    let container = json!({
        "name": "app", "image": "app:1", "cpu": ask.cpu, "memory": ask.memory,
        "portMappings": ports, "resourceRequirements": gpus,
    });
    let mode = if ask.subnets.is_some() { "awsvpc" } else { "bridge" };
    json!({ "family": format!("f{number}"), "networkMode": mode,
        "containerDefinitions": [container] })
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
            pair.take(step)?;
            pair.bed.settle();
        }
    }
}
