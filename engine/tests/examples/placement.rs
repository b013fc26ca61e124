//! Placement strategies and constraints (01 section 13.4).

use serde_json::{Value, json};
use stowplan_engine::api::{EngineConfig, TieBreak};
use stowplan_engine::model::{Attribute, InstanceStatus, Protocol, Span};

use crate::bed::{Bed, Behavior, both, constraints, limits, merge, strategy};
use crate::draining::given_task;

type Row = (&'static str, &'static str, u32, u32);

fn cluster(instances: &[Row]) -> Bed {
    fill(Bed::instant(), instances)
}

fn fill(mut bed: Bed, instances: &[Row]) -> Bed {
    for &(name, zone, cpu, memory) in instances {
        bed.instance(name, zone, cpu, memory);
    }
    bed
}

/// So many equal tasks in one RunTask.
fn check(instances: &[Row], tasks: i64, need: (u32, u32), items: &[&str], placed: &str) -> Bed {
    let mut bed = cluster(instances);
    bed.plain("web", need.0, need.1);
    assert_eq!(bed.run("web", tasks, strategy(items)), placed);
    bed
}

#[test]
fn plc_1_binpack_memory() {
    let instances = [("A", "a", 2048, 4000), ("B", "a", 2048, 6000), ("C", "b", 2048, 8000)];
    let placed = "A, A, B, B, B, B, C, C, C";
    let bed = check(&instances, 9, (256, 1500), &["binpack memory"], placed);
    let left = ["A", "B", "C"].map(|name| bed.left(name));
    assert_eq!(left, [(1536, 1000), (1024, 0), (1280, 3500)]);
}

#[test]
fn plc_2_binpack_cpu() {
    let instances = [("A", "a", 4096, 4000), ("B", "a", 2048, 16_000), ("C", "b", 2048, 8000)];
    let bed = check(&instances, 6, (512, 500), &["binpack cpu"], "B, B, B, B, C, C");
    assert_eq!((bed.left("B"), bed.left("C")), ((0, 14_000), (1024, 7000)));
}

#[test]
fn plc_3_spread_zone_then_binpack() {
    let instances = [
        ("A1", "a", 4096, 8000),
        ("A2", "a", 4096, 4000),
        ("B1", "b", 4096, 8000),
        ("B2", "b", 4096, 8000),
        ("C1", "c", 4096, 2000),
    ];
    let items = ["spread az", "binpack memory"];
    let bed = check(&instances, 8, (256, 1000), &items, "C1, A2, B1, C1, A2, B1, A2, B1");
    let left = ["A2", "B1", "C1"].map(|name| bed.left(name).1);
    assert_eq!(left, [1000, 5000, 0]);
}

const TWO_AND_ONE: [Row; 3] =
    [("A1", "a", 4096, 8000), ("A2", "a", 4096, 8000), ("B1", "b", 4096, 8000)];

#[test]
fn plc_4_spread_zone_then_instance() {
    let items = ["spread az", "spread instanceId"];
    check(&TWO_AND_ONE, 7, (256, 1000), &items, "A1, B1, A2, B1, A1, B1, A2");
}

#[test]
fn plc_5_a_full_zone_is_skipped() {
    let instances = [("A1", "a", 1024, 2000), ("B1", "b", 4096, 8000)];
    check(&instances, 5, (512, 500), &["spread az"], "A1, B1, A1, B1, B1");
}

#[test]
fn plc_6_the_second_strategy_breaks_ties_of_the_first() {
    let instances = [("A1", "a", 4096, 3000), ("B1", "b", 4096, 8000), ("C1", "c", 4096, 8000)];
    let items = ["binpack memory", "spread az"];
    check(&instances, 6, (256, 1000), &items, "A1, A1, A1, B1, B1, B1");
}

const THREE_AND_ONE: [Row; 4] = [
    ("A1", "a", 4096, 8000),
    ("A2", "a", 4096, 8000),
    ("A3", "a", 4096, 8000),
    ("B1", "b", 4096, 8000),
];

#[test]
fn plc_7_plc_8_the_order_of_strategies_matters() {
    let items = ["spread instanceId", "spread az"];
    check(&THREE_AND_ONE, 6, (256, 1000), &items, "A1, B1, A2, A3, B1, A1");
    let items = ["spread az", "spread instanceId"];
    check(&THREE_AND_ONE, 6, (256, 1000), &items, "A1, B1, A2, B1, A3, B1");
}

#[test]
fn plc_9_equal_instances_fill_one_by_one() {
    let instances = [("A", "a", 2048, 4000), ("B", "a", 2048, 4000)];
    check(&instances, 3, (256, 1000), &["binpack memory"], "A, A, A");
}

#[test]
fn plc_10_binpack_cpu_then_memory() {
    let instances = [("A", "a", 2048, 8000), ("B", "a", 2048, 4000), ("C", "a", 4096, 2000)];
    let items = ["binpack cpu", "binpack memory"];
    check(&instances, 5, (512, 500), &items, "B, B, B, B, A");
}

#[test]
fn plc_11_tasks_of_other_services_do_not_count() {
    let instances = [("a1", "a", 4096, 8000), ("b1", "b", 4096, 8000), ("c1", "c", 4096, 8000)];
    let mut bed = cluster(&instances);
    bed.plain("web", 128, 128);
    bed.plain("api", 128, 128);
    let web = bed.given_service("web", 3, strategy(&["spread az"]));
    let api = bed.given_service("api", 3, strategy(&["spread az"]));
    for instance in ["a1", "a1", "b1"] {
        given_task(&mut bed, web, instance);
        given_task(&mut bed, api, "c1");
    }
    bed.update("web", json!({ "desiredCount": 7 }));
    bed.run_until(0);
    assert_eq!(bed.places_of("web"), "a1, a1, b1, c1, b1, c1, a1");
}

fn attribute(name: &str, value: &str) -> Attribute {
    Attribute { name: name.into(), value: Some(value.into()) }
}

#[test]
fn plc_12_instances_without_the_attribute_are_one_bucket() {
    let mut bed = Bed::instant();
    let rack = |value: &'static str| {
        move |it: &mut stowplan_engine::model::Registration| {
            it.attributes.push(attribute("rack", value));
        }
    };
    bed.instance_with("i1", "a", 4096, 8000, rack("r1"));
    bed.instance_with("i2", "a", 4096, 8000, rack("r2"));
    bed.instance("i3", "a", 4096, 8000);
    bed.plain("web", 1, 1);
    assert_eq!(bed.run("web", 6, strategy(&["spread attribute:rack"])), "i1, i2, i3, i1, i2, i3");
}

#[test]
fn plc_13_spread_over_instance_types() {
    let mut bed = Bed::instant();
    for (name, kind) in [("c1", "c5.large"), ("m1", "m5.large"), ("m2", "m5.large")] {
        bed.instance_with(name, "a", 4096, 8000, |it| it.instance_type = Some(kind.into()));
    }
    bed.plain("web", 1, 1);
    let items = ["spread attribute:ecs.instance-type", "spread instanceId"];
    assert_eq!(bed.run("web", 6, strategy(&items)), "c1, m1, m2, c1, m1, c1");
}

#[test]
fn plc_14_tasks_on_a_draining_instance_count() {
    let instances = [("a1", "a", 4096, 8000), ("a2", "a", 4096, 8000), ("b1", "b", 4096, 8000)];
    let mut bed = cluster(&instances);
    bed.plain("web", 1, 1);
    let on_a1 = json!({ "taskDefinition": "web", "containerInstances": ["a1", "a1"] });
    bed.must("startTask", on_a1);
    bed.drain("a1");
    assert_eq!(bed.run("web", 3, strategy(&["spread az"])), "b1, b1, a2");
}

#[test]
fn plc_15_nine_instances_in_three_zones() {
    let mut bed = Bed::instant();
    for number in 0..9 {
        let zone = ["a", "b", "c"][number % 3];
        bed.instance(&format!("i{number}"), zone, 2048, 8192);
    }
    bed.plain("web", 1024, 1024);
    bed.create("web", 19, strategy(&["spread az", "binpack cpu"]));
    bed.run_until(0);
    assert_eq!(
        bed.places_of("web"),
        "i0, i1, i2, i0, i1, i2, i3, i4, i5, i3, i4, i5, i6, i7, i8, i6, i7, i8"
    );
    let reasons: Vec<(String, &str)> = bed.last_rejection();
    let all: Vec<_> = (0..9).map(|number| (format!("i{number}"), "RESOURCE:CPU")).collect();
    assert_eq!(reasons, all);
}

const THREE: [Row; 3] =
    [("A", "a", 4096, 16_000), ("B", "b", 4096, 16_000), ("C", "c", 4096, 16_000)];

const DISTINCT: &str = "DistinctInstance placement constraint unsatisfied.";
const MEMBER_OF: &str = "MemberOf placement constraint unsatisfied.";

fn on_all(names: &[&str], reason: &str) -> String {
    let each: Vec<String> = names.iter().map(|name| format!("{name}: {reason}")).collect();
    each.join(", ")
}

#[test]
fn plc_16_distinct_instances() {
    let mut bed = cluster(&THREE);
    bed.plain("web", 1, 1);
    let more = both(strategy(&["spread instanceId"]), constraints(&["distinctInstance"]));
    let failures = on_all(&["A", "B", "C"], DISTINCT);
    assert_eq!(bed.run("web", 5, more), format!("A, B, C | {failures}"));
}

#[test]
fn plc_17_plc_18_who_stands_in_the_way_of_a_distinct_instance() {
    let mut bed = cluster(&[("A", "a", 4096, 8000)]);
    bed.plain("web", 1, 1);
    bed.plain("db", 1, 1);
    bed.behave("web:1", Behavior { stops_after: 30, ..Behavior::instant() });
    bed.run("db", 1, json!({}));
    let alone = || constraints(&["distinctInstance"]);
    let task = bed.run_one("web", alone());
    assert_eq!(bed.run("web", 1, alone()), format!("| A: {DISTINCT}"));
    bed.at(10);
    let name = bed.engine.view().task_name(task);
    bed.must("stopTask", json!({ "task": name }));
    bed.at(20);
    assert_eq!(bed.engine.view().task(task).last_status.as_str(), "STOPPING");
    assert_eq!(bed.run("web", 1, alone()), "A");
}

#[test]
fn plc_19_affinity_cannot_seed_itself() {
    let mut bed = cluster(&THREE[..2]);
    bed.plain("web", 1, 1);
    let more = constraints(&["task:group == family:web"]);
    assert_eq!(bed.run("web", 2, more), format!("| {}", on_all(&["A", "B"], MEMBER_OF)));
}

#[test]
fn plc_20_affinity_to_another_family() {
    let mut bed = cluster(&THREE);
    bed.plain("web", 1, 1);
    bed.plain("cache", 1, 1);
    bed.must("startTask", json!({ "taskDefinition": "cache", "containerInstances": ["A"] }));
    assert_eq!(bed.run("web", 3, constraints(&["task:group == family:cache"])), "A, A, A");
}

#[test]
fn plc_21_anti_affinity_sees_earlier_tasks_of_the_call() {
    let mut bed = cluster(&THREE);
    bed.plain("web", 1, 1);
    let more = both(strategy(&["binpack memory"]), constraints(&["not(task:group == family:web)"]));
    let failures = on_all(&["A", "B", "C"], MEMBER_OF);
    assert_eq!(bed.run("web", 4, more), format!("A, B, C | {failures}"));
}

#[test]
fn plc_22_a_limit_of_tasks_an_instance() {
    let mut bed = cluster(&THREE[..2]);
    bed.plain("web", 512, 1000);
    let more = both(strategy(&["binpack memory"]), constraints(&["runningTasksCount < 2"]));
    let failures = on_all(&["A", "B"], MEMBER_OF);
    assert_eq!(bed.run("web", 6, more), format!("A, A, B, B | {failures}"));
}

#[test]
fn plc_23_an_exact_fit() {
    let bed = check(&[("A", "a", 512, 1024)], 1, (512, 1024), &["spread az"], "A");
    assert_eq!(bed.left("A"), (0, 0));
}

#[test]
fn plc_24_constraints_that_exclude_each_other_register() {
    let mut bed = cluster(&THREE[..1]);
    let mut definition = json!({ "family": "web", "containerDefinitions": [
        { "name": "app", "image": "i", "cpu": 1, "memory": 1 }
    ]});
    merge(&mut definition, constraints(&["attribute:stack == prod", "attribute:stack == test"]));
    bed.must("registerTaskDefinition", definition);
    assert_eq!(bed.run("web", 1, json!({})), format!("| A: {MEMBER_OF}"));
}

#[test]
fn plc_25_what_a_service_does_without_a_strategy() {
    let mut bed = cluster(&TWO_AND_ONE);
    bed.plain("web", 1, 1);
    bed.create("web", 3, json!({}));
    bed.run_until(0);
    assert_eq!(bed.places_of("web"), "A1, B1, A2");
}

#[test]
fn plc_26_what_run_task_does_without_a_strategy() {
    let mut bed = fill(Bed::seeded(42), &THREE);
    bed.plain("web", 1, 1);
    assert_eq!(bed.run("web", 8, json!({})), "C, A, A, B, A, C, A, C");
}

#[test]
fn plc_27_random_among_those_with_room() {
    let instances = [
        ("A", "a", 4096, 300),
        ("B", "a", 4096, 8000),
        ("C", "a", 4096, 8000),
        ("D", "a", 4096, 8000),
    ];
    let mut bed = fill(Bed::seeded(7), &instances);
    bed.plain("web", 1, 100);
    assert_eq!(bed.run("web", 8, strategy(&["random"])), "B, A, D, C, B, A, B, B");
}

#[test]
fn plc_28_random_among_five() {
    let names = ["A", "B", "C", "D", "E"];
    let mut bed = fill(Bed::seeded(1), &names.map(|name| (name, "a", 4096, 8000)));
    bed.plain("web", 1, 1);
    assert_eq!(bed.run("web", 6, strategy(&["random"])), "C, D, E, C, C, D");
}

#[test]
fn plc_29_random_among_two() {
    let mut bed = fill(Bed::seeded(42), &["i-1", "i-2"].map(|name| (name, "a", 4096, 8000)));
    bed.plain("web", 1, 1);
    assert_eq!(
        bed.run("web", 10, strategy(&["random"])),
        "i-2, i-1, i-1, i-1, i-1, i-2, i-1, i-2, i-1, i-2"
    );
}

#[test]
fn plc_30_a_single_candidate_draws_nothing() {
    let instances = [("A", "a", 4096, 8000), ("B", "a", 4096, 100)];
    let mut bed = fill(Bed::seeded(42), &instances);
    bed.plain("large", 1, 1000);
    bed.plain("small", 1, 1);
    assert_eq!(bed.run("large", 1, strategy(&["random"])), "A");
    assert_eq!(bed.run("small", 1, strategy(&["random"])), "B", "the first draw of seed 42");
}

const FOUR: [Row; 4] = [
    ("a1", "a", 4096, 8000),
    ("a2", "a", 4096, 8000),
    ("b1", "b", 4096, 8000),
    ("b2", "b", 4096, 8000),
];

#[test]
fn plc_31_seeded_ties() {
    let config = EngineConfig {
        tie_break: TieBreak::Seeded,
        deregistration_lag: Span::ZERO,
        ..EngineConfig::default()
    };
    let mut bed = fill(Bed::with(config, 42, Behavior::instant()), &FOUR);
    bed.plain("web", 1, 1);
    assert_eq!(bed.run("web", 6, strategy(&["spread az"])), "b1, a1, a2, b1, a1, b2");
}

#[test]
fn plc_32_random_after_spread() {
    let mut bed = fill(Bed::seeded(7), &FOUR);
    bed.plain("web", 1, 1);
    assert_eq!(bed.run("web", 6, strategy(&["spread az", "random"])), "a2, b1, b2, a2, a2, b1");
}

#[test]
fn plc_33_plc_34_strategies_that_are_refused() {
    let mut bed = cluster(&THREE);
    bed.plain("web", 1, 1);
    for items in [["binpack disk"], ["spread"], ["pack"]] {
        let input = both(json!({ "taskDefinition": "web" }), strategy(&items));
        let refusal = bed.refused("runTask", input);
        assert!(refusal.starts_with("InvalidParameterException: "), "{refusal}");
    }
    let daemon = json!({ "serviceName": "web", "taskDefinition": "web",
        "schedulingStrategy": "DAEMON" });
    assert_eq!(
        bed.refused("createService", both(daemon, strategy(&["spread az"]))),
        "InvalidParameterException: The daemon scheduling strategy does not support placement \
         strategies. Remove the placement strategy and try again"
    );
}

fn no_place(clause: &str) -> String {
    format!(
        "0 (service web) was unable to place a task because no container instance met all of its \
         requirements. The closest matching (container-instance {clause}. For more information, \
         see the Troubleshooting section of the Amazon ECS Developer Guide."
    )
}

#[test]
fn plc_35_the_event_names_the_closest_instance_once() {
    let mut bed = cluster(&[("A", "a", 100, 8000)]);
    bed.plain("web", 256, 1);
    bed.create("web", 1, json!({}));
    bed.run_until(21_590);
    let said = bed.messages("web");
    assert_eq!(said, [no_place("A) has insufficient CPU units available")]);
    assert_eq!(bed.bus("web")[1..], ["0 SERVICE_TASK_PLACEMENT_FAILURE"]);
    bed.run_until(25_000);
    assert_eq!(bed.messages("web").len(), 2, "again after 6 hours");
}

fn closest(bed: &mut Bed, more: Value) -> Vec<String> {
    bed.create("web", 1, both(limits(100, 200), more));
    bed.run_until(0);
    bed.messages("web")
}

#[test]
fn plc_36_the_closest_by_shortfall() {
    let mut bed = Bed::instant();
    let held = |memory: u32| {
        move |it: &mut stowplan_engine::model::Registration| {
            it.held.memory = memory;
            it.attributes.push(attribute("role", "web"));
        }
    };
    bed.instance_with("A", "a", 4096, 4000, held(3000));
    bed.instance_with("B", "a", 4096, 4000, held(2300));
    bed.instance_with("C", "a", 4096, 4000, |it| {
        it.agent_connected = false;
        it.attributes.push(attribute("role", "web"));
    });
    bed.instance("D", "a", 4096, 4000);
    bed.plain("web", 1, 2000);
    let said = closest(&mut bed, constraints(&["attribute:role == web"]));
    assert_eq!(said, [no_place("B) has insufficient memory available")]);
}

#[test]
fn plc_37_the_closest_by_ports() {
    let mut bed = Bed::instant();
    let taken = |ports: &'static [u16]| {
        move |it: &mut stowplan_engine::model::Registration| {
            for &port in ports {
                it.held.ports.insert(Protocol::Tcp, port);
            }
            it.attributes.push(attribute("role", "web"));
        }
    };
    bed.instance_with("A", "a", 4096, 4000, taken(&[80, 443]));
    bed.instance_with("B", "a", 4096, 4000, taken(&[443]));
    bed.instance("D", "a", 4096, 4000);
    let fixed = |port: u16| json!({ "containerPort": port, "hostPort": port });
    bed.define("web", 1, 1, json!({ "portMappings": [fixed(80), fixed(443)] }));
    let said = closest(&mut bed, constraints(&["attribute:role == web"]));
    assert_eq!(said, [no_place("B) is already using a port required by your task")]);
}

#[test]
fn plc_38_the_closest_by_number_of_checks() {
    let mut bed = cluster(&[("A", "a", 10, 10)]);
    bed.instance_with("B", "a", 4096, 4000, |it| it.agent_connected = false);
    bed.plain("web", 100, 100);
    let said = closest(&mut bed, json!({}));
    assert_eq!(said, [no_place("B) encountered error \"AGENT\"")]);
}

#[test]
fn without_an_active_instance_the_event_says_so() {
    let mut bed = Bed::instant();
    bed.instance_with("A", "a", 4096, 4000, |it| it.status = InstanceStatus::Draining);
    bed.plain("web", 100, 100);
    let said = closest(&mut bed, json!({}));
    assert_eq!(
        said,
        ["0 (service web) was unable to place a task because no container instance met all of \
             its requirements. Reason: No Container Instances were found in your cluster. For more \
          information, see the Troubleshooting section of the Amazon ECS Developer Guide."]
    );
}
