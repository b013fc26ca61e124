//! What is suggested is tried: the answer flips, and one unit less does not flip it.

use proptest::prelude::*;
use serde_json::{Value, json};
use stowplan_engine::Engine;
use stowplan_engine::api::{Answer, Command, EngineConfig, Input, Report, TieBreak};
use stowplan_engine::explain::{Change, Field, Outcome, Question};
use stowplan_engine::model::{Attribute, InstanceId, Span};

use crate::bed::{Bed, Behavior, both, registration};

const ZONES: [&str; 3] = ["a", "b", "c"];
const CONSTRAINTS: [&str; 3] =
    ["distinctInstance", "attribute:rack == r1", "not(task:group == g2)"];
const STRATEGIES: [&str; 5] = [
    "spread attribute:ecs.availability-zone",
    "spread instanceId",
    "spread attribute:rack",
    "binpack memory",
    "random",
];

/// A call of RunTask for one task.
#[derive(Clone, Debug)]
struct Ask {
    group: String,
    cpu: u32,
    memory: u32,
    constraints: Vec<&'static str>,
    strategy: Vec<&'static str>,
}

impl Ask {
    fn call(&self) -> Value {
        let constraint = |it: &&str| match *it {
            "distinctInstance" => json!({ "type": "distinctInstance" }),
            expression => json!({ "type": "memberOf", "expression": expression }),
        };
        let strategy = |it: &&str| match it.split_once(' ') {
            Some((kind, field)) => json!({ "type": kind, "field": field }),
            None => json!({ "type": it }),
        };
        json!({
            "group": self.group,
            "placementConstraints": self.constraints.iter().map(constraint).collect::<Vec<_>>(),
            "placementStrategy": self.strategy.iter().map(strategy).collect::<Vec<_>>(),
        })
    }
}

fn ask() -> impl Strategy<Value = Ask> {
    let chosen = proptest::sample::subsequence(&CONSTRAINTS[..], 0..=2);
    let preferred = proptest::sample::subsequence(&STRATEGIES[..], 0..=3);
    ("g[12]", 0..5_u32, 1..5_u32, chosen, preferred.prop_shuffle()).prop_map(
        |(group, cpu, memory, constraints, strategy)| Ask {
            group,
            cpu: cpu * 100,
            memory: memory * 100 + 7,
            constraints,
            strategy,
        },
    )
}

/// Size and zone of an instance, and whether it has a rack.
fn instance() -> impl Strategy<Value = (u32, u32, usize, Option<&'static str>)> {
    let rack = prop_oneof![Just(None), Just(Some("r1")), Just(Some("r2"))];
    (1..6_u32, 1..9_u32, 0..3_usize, rack)
        .prop_map(|(cpu, memory, zone, rack)| (cpu * 128, memory * 100, zone, rack))
}

/// Makes a call of one task on a copy of the engine; where the task went.
fn try_on(engine: &Engine, ask: &Ask) -> Option<InstanceId> {
    let mut engine = engine.clone();
    let now = engine.now();
    let container = json!({
        "name": "app", "image": "i", "cpu": ask.cpu, "memory": ask.memory,
    });
    let definition = json!({ "family": "tried", "containerDefinitions": [container] });
    let command = |action: &str, input: Value| {
        let read = Command::read(action, input).expect("an operation");
        Input::Command(read.expect("its input"))
    };
    engine.step(now, command("registerTaskDefinition", definition)).expect("a sound definition");
    let call = both(ask.call(), json!({ "taskDefinition": "tried" }));
    match engine.step(now, command("runTask", call)).expect("a sound call") {
        Answer::Tasks(tasks, _) => engine.view().task(*tasks.first()?).instance,
        other => panic!("RunTask answers with tasks, not {other:?}"),
    }
}

fn question(bed: &mut Bed, ask: &Ask) -> Question {
    let label = bed.plain("asked", ask.cpu, ask.memory);
    let call = both(ask.call(), json!({ "taskDefinition": label }));
    let call = serde_json::from_value(call).expect("RunTask");
    Question::RunTask(Box::new(call))
}

/// The suggestion, carried out by a call.
fn carried_out(bed: &Bed, ask: &Ask, change: &Change) -> (Engine, Ask) {
    let mut engine = bed.engine.clone();
    let mut ask = ask.clone();
    match *change {
        Change::Memory(memory) => ask.memory = memory,
        Change::Cpu(cpu) => ask.cpu = cpu,
        Change::WithoutConstraint(position) => {
            ask.constraints.remove(position);
        }
        Change::WithoutStrategy(position) => {
            // Without any, RunTask draws: what it does in force when nothing was given, too.
            if !ask.strategy.is_empty() {
                ask.strategy.remove(position);
            }
        }
        Change::OneMoreLike(model) => {
            let row = engine.view().instance(model);
            let zone = row.zone;
            let zone = engine.view().zone_name(zone).trim_start_matches("us-east-1").to_owned();
            let name = format!("{}+", row.name);
            let mut more = registration(&name, &zone, row.registered_cpu, row.registered_memory);
            more.attributes = row.attributes.clone();
            let (now, cluster) = (engine.now(), row.cluster);
            let report = Report::InstanceRegistered(cluster, Box::new(more));
            engine.step(now, Input::Report(report)).expect("a report is never refused");
        }
        _ => panic!("there is no Fargate here, and no capacity provider"),
    }
    (engine, ask)
}

/// One unit nearer to what the size is.
fn one_less(ask: &Ask, change: &Change) -> Option<Ask> {
    let nearer = |to: u32, from: u32| if to < from { to + 1 } else { to - 1 };
    match *change {
        Change::Memory(to) => Some(Ask { memory: nearer(to, ask.memory), ..ask.clone() }),
        Change::Cpu(to) => Some(Ask { cpu: nearer(to, ask.cpu), ..ask.clone() }),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn every_suggestion_flips_the_answer_and_one_unit_less_does_not(
        instances in proptest::collection::vec(instance(), 0..8),
        before in proptest::collection::vec(ask(), 0..8),
        asked in ask(),
        seeded in any::<bool>(),
        seed in 0..9_u64,
    ) {
        let tie_break = if seeded { TieBreak::Seeded } else { TieBreak::LowestId };
        let config = EngineConfig {
            tie_break,
            deregistration_lag: Span::ZERO,
            ..EngineConfig::default()
        };
        let mut bed = Bed::with(config, seed, Behavior::instant());
        bed.instance("zz", "c", 1, 1);
        for (index, (cpu, memory, zone, rack)) in instances.into_iter().enumerate() {
            bed.instance_with(&format!("i-{index}"), ZONES[zone], cpu, memory, |given| {
                given.attributes.extend(rack.map(|rack| Attribute {
                    name: "rack".into(),
                    value: Some(rack.into()),
                }));
            });
        }
        for earlier in &before {
            let label = bed.plain("before", earlier.cpu, earlier.memory);
            bed.must("runTask", both(earlier.call(), json!({ "taskDefinition": label })));
        }
        let question = question(&mut bed, &asked);
        let report = bed.engine.explain(&question).expect("a sound call").expect("a task");
        let answer = try_on(&bed.engine, &asked);
        prop_assert_eq!(report.chosen(), answer, "what is explained is what happens");
        let Field::Instances { candidates, changes, .. } = &report.field else {
            panic!("there is no Fargate here");
        };
        prop_assert_eq!(candidates.len(), bed.engine.view().instances().count());
        for suggestion in changes {
            let (engine, changed) = carried_out(&bed, &asked, &suggestion.change);
            let then = try_on(&engine, &changed);
            prop_assert_ne!(then, answer, "{:?} flips the answer", suggestion);
            match suggestion.then {
                Outcome::Nowhere => prop_assert_eq!(then, None),
                Outcome::On(instance) => prop_assert_eq!(then, Some(instance)),
                Outcome::OnTheNewOne => {
                    let instance = then.expect("it is placed").index();
                    prop_assert_eq!(instance, bed.engine.view().instances().count());
                }
                Outcome::In(_) => panic!("there is no Fargate here"),
            }
            let tried = bed.engine.try_change(&question, &suggestion.change);
            let tried = tried.expect("a sound call").expect("it can be changed");
            prop_assert_eq!(tried.outcome(), suggestion.then, "what is tried is what happens");
            prop_assert_eq!(tried.report.chosen(), then);
            if let Some(less) = one_less(&asked, &suggestion.change) {
                prop_assert_eq!(try_on(&bed.engine, &less), answer, "{:?} is minimal", suggestion);
            }
        }
    }
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 2000);
    let label = bed.plain("asked", 64, 64);
    let call = serde_json::from_value(json!({ "taskDefinition": label })).expect("RunTask");
    let question = Question::RunTask(Box::new(call));
    for change in [
        Change::WithoutConstraint(0),
        Change::WithoutStrategy(7),
        Change::OneMoreLike(InstanceId::new(9)),
    ] {
        let tried = bed.engine.try_change(&question, &change).expect("a sound call");
        assert_eq!(tried, None, "{change:?}");
    }
}
