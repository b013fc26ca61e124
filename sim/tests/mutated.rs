//! The project's scenarios, damaged at random: each is read and run, or refused with its place. No
//! panic, no endless work; a call that is refused leaves the control plane as it was.

use std::path::Path;
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::sample::Index;
use stowplan_engine::Engine;
use stowplan_engine::api::Input;
use stowplan_engine::model::Time;
use stowplan_sim::document::{DocumentError, Limits, Node, Value, parse};
use stowplan_sim::run::Trial;
use stowplan_sim::scenario::{Action, Scenario, TimelineEntry, command, has_template};

/// Instants of a damaged run that are looked at.
const INSTANTS: usize = 40;

fn texts() -> &'static [String] {
    static TEXTS: OnceLock<Vec<String>> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/spec");
        let entries = folder.read_dir().expect("the folder is part of the project");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
        paths.sort();
        let read = |path: &std::path::PathBuf| std::fs::read_to_string(path).expect("it is text");
        paths.iter().map(read).collect()
    })
}

/// One slip of the hand, or of the disk.
#[derive(Clone, Debug)]
enum Damage {
    RemoveLine(Index),
    RepeatLine(Index),
    SwapLines(Index, Index),
    Byte(Index, u8),
    Truncate(Index),
    /// A scalar, by what stands between two separators.
    Scalar(Index, &'static str),
}

const SCALARS: &[&str] = &[
    "0",
    "-1",
    "1",
    "4294967296",
    "1e300",
    "0.5",
    "null",
    "true",
    "\"\"",
    "web",
    "web:1",
    "[]",
    "{}",
    "90s",
    "-5m",
    "100000d",
    "ENABLED",
    "a",
    "FARGATE",
    "arn:aws:ecs:x",
    "'${tasks[0]}'",
    "*a",
    "&a",
    "\u{0}",
    "9223372036854775807",
];

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        at().prop_map(Damage::RemoveLine),
        at().prop_map(Damage::RepeatLine),
        (at(), at()).prop_map(|(a, b)| Damage::SwapLines(a, b)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        at().prop_map(Damage::Truncate),
        (at(), prop::sample::select(SCALARS)).prop_map(|(at, text)| Damage::Scalar(at, text)),
        (at(), prop::sample::select(SCALARS)).prop_map(|(at, text)| Damage::Scalar(at, text)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    if bytes.is_empty() {
        return;
    }
    let lines = |bytes: &[u8]| {
        bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    match damage {
        Damage::RemoveLine(at) => {
            let mut lines = lines(bytes);
            lines.remove(at.index(lines.len()));
            *bytes = lines.concat();
        }
        Damage::RepeatLine(at) => {
            let mut lines = lines(bytes);
            let at = at.index(lines.len());
            lines.insert(at, lines[at].clone());
            *bytes = lines.concat();
        }
        Damage::SwapLines(a, b) => {
            let mut lines = lines(bytes);
            let count = lines.len();
            lines.swap(a.index(count), b.index(count));
            *bytes = lines.concat();
        }
        Damage::Byte(at, byte) => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Damage::Truncate(at) => bytes.truncate(at.index(bytes.len())),
        Damage::Scalar(at, text) => replace_scalar(bytes, *at, text),
    }
}

fn replace_scalar(bytes: &mut Vec<u8>, at: Index, text: &str) {
    let values: Vec<usize> = (0..bytes.len() - 1).filter(|&i| &bytes[i..i + 2] == b": ").collect();
    if values.is_empty() {
        return;
    }
    let from = values[at.index(values.len())] + 2;
    let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b'\n');
    let length = bytes[from..].iter().position(ends).unwrap_or(bytes.len() - from);
    bytes.splice(from..from + length, text.bytes());
}

/// Reads, sets up and begins a scenario with everything that a run of it would.
fn begin(bytes: &[u8]) -> Result<Trial, DocumentError> {
    let scenario = Scenario::read(bytes, &Limits::default())?;
    Trial::new(&scenario, &scenario.plan()?, false)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_scenario_runs_or_is_refused_at_its_place(
        text in prop::sample::select(texts()),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let mut bytes = text.into_bytes();
        damages.iter().for_each(|damage| apply(&mut bytes, damage));
        match begin(&bytes) {
            Ok(mut trial) => {
                for _ in 0..INSTANTS {
                    trial.advance();
                }
            }
            Err(error) => {
                prop_assert!(error.line > 0 && error.column > 0, "{error}");
                prop_assert!(!error.message.is_empty());
                // What is no YAML, or no expression, is said by their parsers.
                let is_tree = parse(&bytes, &Limits::default()).is_ok();
                if is_tree && Scenario::read(&bytes, &Limits::default()).is_err() {
                    let tells_the_range = error.message.contains("imum");
                    prop_assert!(error.remedy.is_some() || tells_the_range, "{error}");
                }
            }
        }
    }
}

/// A value that some field of a call may get instead of its own.
fn stranger() -> impl Strategy<Value = Node> {
    prop_oneof![
        Just(Node::from(Value::Null)),
        any::<i32>().prop_map(|number| Node::from(Value::Number(i64::from(number).into()))),
        prop::sample::select(SCALARS).prop_map(Node::from),
        Just(Node::from(Value::List(Vec::new()))),
    ]
}

/// Puts a value in the place of one of a tree's leaves.
fn graft(node: &mut Node, at: Index, value: Node) {
    let mut leaves = 0;
    count_leaves(node, &mut leaves);
    if leaves > 0 {
        let mut left = at.index(leaves);
        replace_leaf(node, &mut left, &value);
    }
}

fn count_leaves(node: &Node, leaves: &mut usize) {
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|it| count_leaves(&it.value, leaves)),
        Value::List(items) => items.iter().for_each(|item| count_leaves(item, leaves)),
        _ => *leaves += 1,
    }
}

/// Whether it is done.
fn replace_leaf(node: &mut Node, left: &mut usize, value: &Node) -> bool {
    match &mut node.value {
        Value::Map(entries) => {
            entries.iter_mut().any(|it| replace_leaf(&mut it.value, left, value))
        }
        Value::List(items) => items.iter_mut().any(|item| replace_leaf(item, left, value)),
        _ if *left == 0 => {
            *node = value.clone();
            true
        }
        _ => {
            *left -= 1;
            false
        }
    }
}

/// Engines at time 0, each with the calls of its timeline.
fn engines() -> &'static [(Engine, Vec<TimelineEntry>)] {
    static ENGINES: OnceLock<Vec<(Engine, Vec<TimelineEntry>)>> = OnceLock::new();
    ENGINES.get_or_init(|| {
        let engine = |text: &String| {
            let plan = Scenario::read(text.as_bytes(), &Limits::default())?.plan()?;
            Ok((plan.engine()?, plan.timeline))
        };
        let sound = |result: Result<_, DocumentError>| result.expect("the scenarios are sound");
        let mut all: Vec<_> = texts().iter().map(engine).map(sound).collect();
        all.retain(|(_, timeline): &(Engine, Vec<TimelineEntry>)| !timeline.is_empty());
        all
    })
}

proptest! {
    #[test]
    fn a_damaged_call_that_is_refused_changes_nothing(
        which in any::<Index>(), entry in any::<Index>(),
        grafts in prop::collection::vec((any::<Index>(), stranger()), 0..3),
    ) {
        let (engine, timeline) = &engines()[which.index(engines().len())];
        let Action::Api(name, input) = &timeline[entry.index(timeline.len())].action else {
            return Ok(());
        };
        let mut input = input.clone();
        grafts.into_iter().for_each(|(at, value)| graft(&mut input.node, at, value));
        if has_template(&input.node) {
            return Ok(());
        }
        let Ok(command) = command(name, &input) else { return Ok(()) };
        let mut engine = engine.clone();
        engine.step(Time::ZERO, Input::Wake).expect("a wake-up is never refused");
        while engine.poll_output().is_some() {}
        let before = (engine.state_hash(), engine.clone());
        if engine.step(Time::ZERO, Input::Command(command)).is_err() {
            prop_assert_eq!(engine.state_hash(), before.0);
            prop_assert!(engine == before.1);
        }
    }
}
