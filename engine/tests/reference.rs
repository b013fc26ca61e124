//! The slow twin of placement: rows, loops and a sort, straight from 01 section 4. It must agree
//! with the engine on any cluster.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
mod bed;

use std::collections::BTreeMap;

use bed::{Bed, both, constraints, strategy};
use proptest::prelude::*;
use serde_json::json;
use stowplan_engine::model::Attribute;
use stowplan_engine::rng::{Rng, Stream};

/// An instance as the twin sees it.
#[derive(Clone, Debug)]
struct Row {
    name: String,
    zone: &'static str,
    rack: Option<&'static str>,
    cpu: u32,
    memory: u32,
    connected: bool,
    draining: bool,
    ports: Vec<u16>,
    /// Live tasks by group.
    groups: BTreeMap<String, u32>,
}

/// One RunTask of a random run.
#[derive(Clone, Debug)]
struct Ask {
    group: &'static str,
    cpu: u32,
    memory: u32,
    port: Option<u16>,
    count: i64,
    strategy: Vec<&'static str>,
    constraints: Vec<&'static str>,
}

/// The reported reason, or nothing when the instance takes the task.
fn refusal(row: &Row, ask: &Ask) -> Option<&'static str> {
    let mine = row.groups.get(ask.group).copied().unwrap_or(0);
    let running: u32 = row.groups.values().sum();
    if !row.connected {
        return Some("AGENT");
    }
    if ask.cpu > row.cpu {
        return Some("RESOURCE:CPU");
    }
    if ask.memory > row.memory {
        return Some("RESOURCE:MEMORY");
    }
    if ask.port.is_some_and(|port| row.ports.contains(&port)) {
        return Some("RESOURCE:PORTS");
    }
    if ask.constraints.contains(&"distinctInstance") && mine > 0 {
        return Some("DistinctInstance placement constraint unsatisfied.");
    }
    let holds = |expression: &str| match expression {
        "distinctInstance" => true,
        "attribute:rack == r1" => row.rack == Some("r1"),
        "attribute:rack exists" => row.rack.is_some(),
        "runningTasksCount < 3" => running < 3,
        "not(task:group == g2)" => !row.groups.contains_key("g2"),
        "attribute:ecs.availability-zone != us-east-1b" => row.zone != "b",
        other => panic!("the twin does not know {other}"),
    };
    let all = ask.constraints.iter().all(|it| holds(it));
    (!all).then_some("MemberOf placement constraint unsatisfied.")
}

/// How many live tasks of the group count for an instance's bucket.
fn bucket(rows: &[Row], row: &Row, ask: &Ask, field: &str) -> u64 {
    let same = |other: &&Row| match field {
        "instanceId" => other.name == row.name,
        "az" => other.zone == row.zone,
        "attribute:rack" => other.rack == row.rack,
        other => panic!("the twin does not know {other}"),
    };
    let counts = rows.iter().filter(same).map(|row| row.groups.get(ask.group).copied());
    counts.map(|count| u64::from(count.unwrap_or(0))).sum()
}

/// Places one task, or says why nobody takes it.
fn place(rows: &mut [Row], ask: &Ask, rng: &mut Rng) -> Result<String, Vec<String>> {
    let mut candidates: Vec<usize> =
        (0..rows.len()).filter(|&index| !rows[index].draining).collect();
    candidates.sort_by_key(|&index| rows[index].name.clone());
    let mut left: Vec<usize> =
        candidates.iter().copied().filter(|&index| refusal(&rows[index], ask).is_none()).collect();
    if left.is_empty() {
        let reason = |&index: &usize| {
            let why = refusal(&rows[index], ask).expect("nobody takes it");
            format!("{}: {why}", rows[index].name)
        };
        return Err(candidates.iter().map(reason).collect());
    }
    let default = ["random"];
    let strategies = if ask.strategy.is_empty() { &default[..] } else { &ask.strategy[..] };
    for item in strategies {
        let score = |index: usize| match item.split_once(' ') {
            Some(("spread", field)) => bucket(rows, &rows[index], ask, field),
            Some(("binpack", "cpu")) => u64::from(rows[index].cpu),
            Some(("binpack", "memory")) => u64::from(rows[index].memory),
            _ => 0,
        };
        if *item == "random" {
            left = vec![left[rng.pick(left.len())]];
            break;
        }
        let least = left.iter().map(|&index| score(index)).min().expect("somebody is left");
        left.retain(|&index| score(index) == least);
    }
    let row = &mut rows[left[0]];
    row.cpu -= ask.cpu;
    row.memory -= ask.memory;
    row.ports.extend(ask.port);
    *row.groups.entry(ask.group.to_owned()).or_default() += 1;
    Ok(row.name.clone())
}

/// What RunTask answers by the twin.
fn run_slowly(rows: &mut [Row], ask: &Ask, rng: &mut Rng) -> String {
    let mut placed = Vec::new();
    for _ in 0..ask.count {
        match place(rows, ask, rng) {
            Ok(name) => placed.push(name),
            Err(reasons) => {
                let answer = format!("{} | {}", placed.join(", "), reasons.join(", "));
                return answer.trim_start().to_owned();
            }
        }
    }
    placed.join(", ")
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        prop::sample::select(vec!["a", "b", "c"]),
        prop::sample::select(vec![None, Some("r1"), Some("r2")]),
        prop::sample::select(vec![256_u32, 512, 1024, 1500]),
        prop::sample::select(vec![500_u32, 1000, 2000]),
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.1),
    );
    prop::collection::vec(row, 1..12).prop_map(|rows| {
        let made = rows.into_iter().enumerate();
        let row = |(index, (zone, rack, cpu, memory, connected, draining))| Row {
            // Byte order and order of registration differ: i-10 comes before i-2.
            name: format!("i-{}", 13 - index),
            zone,
            rack,
            cpu,
            memory,
            connected,
            draining,
            ports: vec![22, 2375, 2376, 51_678, 51_679],
            groups: BTreeMap::new(),
        };
        made.map(row).collect()
    })
}

fn asks() -> impl Strategy<Value = Vec<Ask>> {
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
    ];
    let ask = (
        prop::sample::select(vec!["g1", "g2", "g3"]),
        prop::sample::select(vec![0_u32, 100, 256, 600]),
        prop::sample::select(vec![1_u32, 100, 250, 700]),
        prop::option::weighted(0.2, prop::sample::select(vec![80_u16, 443, 22])),
        1_i64..=10,
        prop::collection::vec(prop::sample::select(strategies), 0..4),
        prop::sample::subsequence(expressions, 0..3),
    );
    let ask = ask.prop_map(|(group, cpu, memory, port, count, strategy, constraints)| Ask {
        group,
        cpu,
        memory,
        port,
        count,
        strategy,
        constraints,
    });
    prop::collection::vec(ask, 1..6)
}

fn config() -> ProptestConfig {
    let cases = if cfg!(debug_assertions) { 200 } else { 2000 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_slow_twin_agrees_on_any_cluster(rows in rows(), asks in asks(), seed in 0_u64..1000) {
        let mut rows = rows;
        let mut rng = Rng::for_stream(seed, Stream::Placement);
        let mut bed = Bed::seeded(seed);
        for row in &rows {
            bed.instance_with(&row.name, row.zone, row.cpu, row.memory, |it| {
                it.agent_connected = row.connected;
                if let Some(rack) = row.rack {
                    let attribute =
                        Attribute { name: "rack".into(), value: Some(rack.into()) };
                    it.attributes.push(attribute);
                }
            });
        }
        for row in rows.iter().filter(|row| row.draining) {
            bed.drain(&row.name);
        }
        prop_assume!(rows.iter().any(|row| !row.draining));
        for (number, ask) in asks.iter().enumerate() {
            let ports = ask.port.map(|port| json!({ "containerPort": port, "hostPort": port }));
            let family = format!("f{number}");
            bed.define(&family, ask.cpu, ask.memory,
                json!({ "portMappings": ports.into_iter().collect::<Vec<_>>() }));
            let more = both(strategy(&ask.strategy), constraints(&ask.constraints));
            let fast = bed.run(&family, ask.count, both(more, json!({ "group": ask.group })));
            let slow = run_slowly(&mut rows, ask, &mut rng);
            prop_assert_eq!(fast, slow, "RunTask {} of {:?}", number, ask);
        }
    }
}
