//! What is full now is told apart from what could never hold the task (01 section 1.8).

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};
use stowplan_engine::catalogue::instance_type;
use stowplan_engine::explain::{Field, Note, PlacementReport, Question, Verdict, Waiting};
use stowplan_engine::model::{PortSet, Protocol, Registration};

use crate::bed::{Bed, both, limits, subnets};
use crate::folded;

/// Where the first task of a call would go.
fn asked(bed: &Bed, definition: &str, more: Value) -> PlacementReport {
    let call = both(json!({ "taskDefinition": definition }), more);
    let call = serde_json::from_value(call).expect("RunTask");
    let report = bed.engine.explain(&Question::RunTask(Box::new(call)));
    report.expect("a sound call").expect("a task is asked for")
}

/// The sentence of a placement, and that of each instance.
fn said(bed: &Bed, report: &PlacementReport) -> String {
    let view = bed.engine.view();
    let Field::Instances { candidates, .. } = &report.field else { panic!("no Fargate") };
    let mut text = folded(&view.placement_text(report));
    for candidate in candidates {
        let name = &view.instance(candidate.instance).name;
        text += &folded(&format!("{name} {}", view.verdict_text(report, &candidate.verdict)));
    }
    text
}

fn check(bed: &Bed, definition: &str, more: Value, expected: Expect) {
    expected.assert_eq(&said(bed, &asked(bed, definition, more)));
}

#[test]
fn run_27_the_explanation_tells_full_now_from_too_small_for_ever() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 4096, 4000);
    bed.instance("B", "b", 4096, 1000);
    bed.plain("job", 1, 2500);
    assert_eq!(bed.run("job", 2, json!({})), "A | A: RESOURCE:MEMORY, B: RESOURCE:MEMORY");
    let report = asked(&bed, "job", json!({}));
    assert!(!report.is_never(), "A could hold it if it were empty");
    check(
        &bed,
        "job",
        json!({}),
        expect![[r#"
            Nowhere: none of 2 instances fits; the nearest, A, is refused: short 1000
                MiB.
            A NO: short 1000 MiB
            B NEVER: needs 2500 MiB of 1000 registered
        "#]],
    );
}

/// A definition that needs of everything.
fn greedy(bed: &mut Bed, ports: &[u16]) {
    let ports: Vec<Value> =
        ports.iter().map(|port| json!({ "containerPort": port, "hostPort": port })).collect();
    bed.define(
        "greedy",
        2000,
        3000,
        json!({ "portMappings": ports,
            "resourceRequirements": [{ "type": "GPU", "value": "2" }] }),
    );
}

#[test]
fn every_resource_that_can_never_be_enough_is_named_with_both_amounts() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 2000);
    bed.instance_with("B", "b", 4096, 8000, |it| it.gpus = 1);
    greedy(&mut bed, &[22, 80]);
    check(
        &bed,
        "greedy",
        json!({}),
        expect![[r#"
            Nowhere: no registered instance could ever hold the task, not even an empty
                one; the nearest, B, can never take it: 1 port kept for the instance
                itself.
            A NEVER: needs 2000 CPU units of 1024 registered, needs 3000 MiB of 2000
                registered, 1 port kept for the instance itself, needs 2 GPUs of 0
                registered
            B NEVER: 1 port kept for the instance itself, needs 2 GPUs of 1 registered
        "#]],
    );
    let mut bed = Bed::instant();
    bed.instance_with("A", "a", 4096, 8000, |it| it.gpus = 8);
    greedy(&mut bed, &(1000..1096).collect::<Vec<u16>>());
    check(
        &bed,
        "greedy",
        json!({}),
        expect![[r#"
            Nowhere: no registered instance could ever hold the task, not even an empty
                one; the nearest, A, can never take it: needs 96 ports of at most 95.
            A NEVER: needs 96 ports of at most 95
        "#]],
    );
}

#[test]
fn an_instance_that_takes_no_task_now_counts_among_those_that_could() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 2000);
    bed.instance("B", "b", 1024, 8000);
    bed.plain("job", 1, 5000);
    bed.drain("B");
    let report = asked(&bed, "job", json!({}));
    assert!(!report.is_never(), "B could hold it if it were ACTIVE");
    bed.plain("job", 1, 9000);
    assert!(asked(&bed, "job", json!({})).is_never());
    bed.drain("A");
    check(
        &bed,
        "job",
        json!({}),
        expect![[r#"
            Nowhere: there is no ACTIVE instance, and no registered instance could ever
                hold the task, not even an empty one.
            A DRAINING
            B DRAINING
        "#]],
    );
    assert!(!asked(&Bed::with_job(), "job", json!({})).is_never(), "there is no instance at all");
}

impl Bed {
    /// A definition, and no instance.
    fn with_job() -> Self {
        let mut bed = Self::instant();
        bed.plain("job", 1, 1);
        bed
    }
}

#[test]
fn a_service_says_that_its_task_can_never_be_placed() {
    let mut bed = Bed::profile_p();
    bed.instance("A", "a", 4096, 1000);
    bed.plain("web", 1, 100);
    bed.service("web", 1, limits(100, 200));
    bed.plain("web", 1, 1200);
    bed.deploy("web", "web:2");
    bed.run_until(20);
    let service = bed.service_id("web");
    let waits = bed.engine.why_waiting(service).expect("it waits");
    assert!(matches!(waits, Waiting::NoPlace { never: true, beyond: Some(_), .. }), "{waits:?}");
    expect![[r#"
        web web:2 waits: no registered instance could ever hold the task, not even
            an empty one; the nearest, A, can never take it: needs 1200 MiB of 1000
            registered; starting one more would make 2 of at most 2, and stopping one
            would leave 0 of at least 1. The next attempt is at 00:00:30.000.
    "#]]
    .assert_eq(&folded(&bed.engine.view().waiting_text(service, &waits)));
}

/// An empty instance of a type with its table's limit of interfaces, and an awsvpc task.
fn with_interfaces(kind: &str, trunking: bool) -> (Bed, PlacementReport) {
    let mut bed = Bed::instant();
    let known = instance_type(kind).expect("a type of the catalogue");
    let (cpu, memory) = (known.registered_cpu(), known.registered_memory());
    bed.instance_with("A", "a", cpu, memory, |it| {
        it.instance_type = Some(kind.into());
        it.eni_limit = Some(known.task_enis(trunking));
    });
    bed.define_task(json!({ "family": "web", "networkMode": "awsvpc", "containerDefinitions":
        [{ "name": "app", "image": "i", "cpu": 1, "memory": 6 }] }));
    let report = asked(&bed, "web", subnets(&["subnet-a"]));
    (bed, report)
}

#[test]
fn the_disputed_limit_of_a_p5_48xlarge_is_flagged_wherever_it_is_looked_at() {
    for (trunking, limit) in [(false, 63), (true, 242)] {
        let (bed, report) = with_interfaces("p5.48xlarge", trunking);
        let Field::Instances { notes, .. } = &report.field else { panic!("no Fargate") };
        let instance = bed.instance_id("A");
        assert_eq!(*notes, [Note::DisputedInterfaces { instance, limit }]);
    }
    let (bed, report) = with_interfaces("p5.48xlarge", true);
    expect![[r#"
        Chosen: A in us-east-1a. Decided among 1 instance: 1 fit, 1 ranked first. A
            is a p5.48xlarge: the guide speaks of 1 awsvpc task on it, its newer
            table of limits of 242, which is what is counted.
        A CHOSEN
    "#]]
    .assert_eq(&said(&bed, &report));
    let (_, report) = with_interfaces("p4d.24xlarge", true);
    assert!(matches!(&report.field, Field::Instances { notes, .. } if notes.is_empty()));
    let (mut bed, _) = with_interfaces("p5.48xlarge", true);
    bed.plain("job", 1, 6);
    let report = asked(&bed, "job", json!({}));
    assert!(
        matches!(&report.field, Field::Instances { notes, .. } if notes.is_empty()),
        "a bridge task needs no interface"
    );
}

/// What an instance of a random cluster registers.
fn machine() -> impl Strategy<Value = (u32, u32, u32, Option<u32>, Vec<u16>)> {
    let reserved = prop::collection::vec(80_u16..84, 0..3);
    (1..4_u32, 1..4_u32, 0..3_u32, prop::option::of(0..3_u32), reserved)
}

/// cpu, memory, GPUs, awsvpc, ports.
type Size = (u32, u32, u32, bool, Vec<u16>);

fn size() -> impl Strategy<Value = Size> {
    (0..4_u32, 1..4_u32, 0..3_u32, any::<bool>(), prop::collection::vec(80_u16..84, 0..3))
}

fn defined(bed: &mut Bed, family: &str, (cpu, memory, gpus, awsvpc, ports): &Size) -> Value {
    let mapping = |port: &u16| match awsvpc {
        true => json!({ "containerPort": port }),
        false => json!({ "containerPort": port, "hostPort": port }),
    };
    let mut ports = ports.clone();
    ports.sort_unstable();
    ports.dedup();
    let mut container = json!({ "name": "app", "image": "i", "cpu": cpu * 100,
        "memory": memory * 100, "portMappings": ports.iter().map(mapping).collect::<Vec<_>>() });
    if *gpus > 0 {
        let needs = json!([{ "type": "GPU", "value": gpus.to_string() }]);
        container["resourceRequirements"] = needs;
    }
    let mode = if *awsvpc { "awsvpc" } else { "bridge" };
    bed.define_task(json!({ "family": family, "networkMode": mode,
        "containerDefinitions": [container] }));
    if *awsvpc { subnets(&["subnet-a"]) } else { json!({}) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// "Never" is what an empty instance says that registers the same, and nothing else is.
    #[test]
    fn never_is_what_an_empty_instance_refuses_too(
        machines in prop::collection::vec(machine(), 1..5),
        before in prop::collection::vec(size(), 0..8),
        wanted in size(),
    ) {
        let registers = |number: usize| {
            let (cpu, memory, gpus, eni_limit, reserved) = machines[number].clone();
            let change = move |it: &mut Registration| {
                it.gpus = gpus;
                it.eni_limit = eni_limit;
                it.reserved_ports = PortSet::new();
                for port in reserved {
                    it.reserved_ports.insert(Protocol::Tcp, port);
                }
            };
            (cpu * 100, memory * 100, change)
        };
        let mut bed = Bed::instant();
        for number in 0..machines.len() {
            let (cpu, memory, change) = registers(number);
            bed.instance_with(&format!("i-{number}"), "a", cpu, memory, change);
        }
        for earlier in &before {
            let more = defined(&mut bed, "before", earlier);
            bed.run("before", 1, more);
        }
        let more = defined(&mut bed, "wanted", &wanted);
        let report = asked(&bed, "wanted", more);
        let Field::Instances { candidates, .. } = &report.field else { panic!("no Fargate") };
        let mut fits_when_empty = Vec::new();
        for (number, candidate) in candidates.iter().enumerate() {
            let mut empty = Bed::instant();
            let (cpu, memory, change) = registers(number);
            empty.instance_with("empty", "a", cpu, memory, change);
            let more = defined(&mut empty, "wanted", &wanted);
            let fits = asked(&empty, "wanted", more).chosen().is_some();
            fits_when_empty.push(fits);
            if let Verdict::Refused(refusal) = &candidate.verdict {
                prop_assert_eq!(refusal.beyond.is_empty(), fits, "{:?}", refusal);
                for beyond in &refusal.beyond {
                    let about = refusal.checks.iter().filter(|check| beyond.is_about(check));
                    prop_assert_eq!(about.count(), 1, "it is why one check fails");
                }
            } else {
                prop_assert!(fits);
            }
        }
        prop_assert_eq!(report.is_never(), !fits_when_empty.contains(&true));
    }
}
