//! Placements on Fargate: what decides them, and what would change them.

use expect_test::expect;
use proptest::prelude::*;
use serde_json::{Value, json};
use stowplan_engine::Engine;
use stowplan_engine::api::{Answer, Command, Input, Report};
use stowplan_engine::explain::{Change, Field, Outcome, PlacementReport, Question, Witnessed};
use stowplan_engine::model::{ClusterId, TaskId};

use crate::bed::{Bed, both, subnets};
use crate::folded;

const ZONES: [&str; 3] = ["a", "b", "c"];

/// A RunTask of one task.
#[derive(Clone, Debug)]
struct Ask {
    group: &'static str,
    zones: Vec<&'static str>,
    /// Base and weight of FARGATE and of FARGATE_SPOT; a launch type without.
    strategy: Option<[(u32, u32); 2]>,
}

impl Ask {
    fn call(&self) -> Value {
        let names: Vec<String> = self.zones.iter().map(|zone| format!("subnet-{zone}")).collect();
        let names: Vec<&str> = names.iter().map(|name| &**name).collect();
        let launch = match self.strategy {
            None => json!({ "launchType": "FARGATE" }),
            Some(items) => {
                let names = ["FARGATE", "FARGATE_SPOT"].into_iter().zip(items);
                let items = names.map(|(name, (base, weight))| {
                    json!({ "capacityProvider": name, "base": base, "weight": weight })
                });
                json!({ "capacityProviderStrategy": items.collect::<Vec<_>>() })
            }
        };
        let asked = json!({ "taskDefinition": "net", "group": self.group });
        both(both(asked, launch), subnets(&names))
    }
}

fn ask() -> impl Strategy<Value = Ask> {
    let zones = proptest::sample::subsequence(&ZONES[..], 1..=3).prop_shuffle();
    let items =
        (0..3_u32, 0..4_u32, 1..4_u32, any::<bool>()).prop_map(|(base, one, two, first)| {
            if first { [(base, one), (0, two)] } else { [(0, one), (base, two)] }
        });
    let group = proptest::sample::select(vec!["g1", "g2"]);
    (group, zones, proptest::option::of(items)).prop_map(|(group, zones, strategy)| Ask {
        group,
        zones,
        strategy,
    })
}

fn cluster() -> Bed {
    let mut bed = Bed::instant();
    bed.define_task(json!({ "family": "net", "networkMode": "awsvpc", "cpu": "256",
        "memory": "512", "requiresCompatibilities": ["FARGATE"],
        "containerDefinitions": [{ "name": "app", "image": "i" }] }));
    bed.must(
        "putClusterCapacityProviders",
        json!({ "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
                "defaultCapacityProviderStrategy": [] }),
    );
    bed
}

fn capacity(spot: bool, zone: Option<&str>, available: bool) -> Report {
    let zone = zone.map(|zone| format!("us-east-1{zone}").into());
    Report::FargateCapacity { cluster: ClusterId::new(0), spot, zone, available }
}

/// Provider and zone of the task of a call that is made on a copy.
fn try_on(engine: &Engine, ask: &Ask) -> Option<(String, String)> {
    let mut engine = engine.clone();
    let command = Command::read("runTask", ask.call()).expect("an operation");
    let command = Input::Command(command.expect("its input"));
    let answer = engine.step(engine.now(), command).expect("a sound call");
    let Answer::Tasks(tasks, _) = answer else { panic!("RunTask answers with tasks") };
    let view = engine.view();
    let task = view.task(*tasks.first()?);
    let provider = task.provider.map(|provider| view.provider(provider).name.to_string());
    Some((provider.unwrap_or_default(), view.zone_name(task.zone?).to_owned()))
}

/// The suggestion, carried out by calls and reports; none when no call can.
fn carried_out(bed: &Bed, ask: &Ask, change: &Change) -> Option<(Engine, Ask)> {
    let (mut engine, mut ask) = (bed.engine.clone(), ask.clone());
    let now = engine.now();
    let short = |engine: &Engine, zone| {
        engine.view().zone_name(zone).trim_start_matches("us-east-1").to_owned()
    };
    match *change {
        Change::CapacityIn(zone) => {
            let zone = short(&engine, zone);
            for spot in [false, true] {
                let report = capacity(spot, Some(&zone), true);
                engine.step(now, Input::Report(report)).expect("a report is never refused");
            }
        }
        Change::WithoutZone(zone) => {
            let zone = short(&engine, zone);
            ask.zones.retain(|other| *other != zone);
            if ask.zones.is_empty() {
                return None;
            }
        }
        Change::TasksIn(zone, tasks) => stop_down_to(&mut engine, &ask, zone, tasks)?,
        Change::Weight(at, weight) => ask.strategy.as_mut()?[at].1 = weight,
        Change::Base(at, base) => ask.strategy.as_mut()?[at].0 = base,
        _ => panic!("there are no instances here: {change:?}"),
    }
    Some((engine, ask))
}

/// Stops tasks of the group in a zone until so many are left, each on the provider asked for.
fn stop_down_to(
    engine: &mut Engine,
    ask: &Ask,
    zone: stowplan_engine::model::ZoneId,
    tasks: u32,
) -> Option<()> {
    let wanted = try_on(engine, ask)?.0;
    let view = engine.view();
    let spot = |task: &stowplan_engine::model::Task| {
        task.provider.is_some_and(|it| &*view.provider(it).name == "FARGATE_SPOT")
    };
    let own = view.tasks().iter().filter(|task| {
        task.is_live()
            && task.zone == Some(zone)
            && view.group_name(task.group) == ask.group
            && spot(task) == (wanted == "FARGATE_SPOT")
    });
    let names: Vec<String> = own.map(|task| view.task_name(task.id)).collect();
    for name in names.iter().skip(tasks as usize) {
        let command = Command::read("stopTask", json!({ "task": name })).expect("an operation");
        let command = Input::Command(command.expect("its input"));
        engine.step(engine.now(), command).expect("the task is there");
    }
    Some(())
}

fn nearer(to: u32, from: u32) -> u32 {
    if to < from { to + 1 } else { to - 1 }
}

/// One unit nearer to what it is.
fn one_less(report: &PlacementReport, change: &Change) -> Option<Change> {
    let Field::Fargate(field) = &report.field else { panic!("on Fargate") };
    let item = |at: usize| report.split.as_ref().map(|split| split.items[at]);
    Some(match *change {
        Change::TasksIn(zone, to) => {
            let from = field.iter().find(|it| it.zone == zone)?.tasks;
            Change::TasksIn(zone, nearer(to, from))
        }
        Change::Weight(at, to) => Change::Weight(at, nearer(to, item(at)?.weight)),
        Change::Base(at, to) => Change::Base(at, nearer(to, item(at)?.base)),
        _ => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn every_suggestion_on_fargate_flips_the_answer_and_one_unit_less_does_not(
        before in proptest::collection::vec(ask(), 0..12),
        gone in proptest::collection::vec((any::<bool>(), 0..3_usize), 0..3),
        asked in ask(),
    ) {
        let mut bed = cluster();
        for earlier in &before {
            bed.must("runTask", earlier.call());
        }
        for (spot, zone) in gone {
            bed.report(capacity(spot, Some(ZONES[zone]), false));
        }
        let call = serde_json::from_value(asked.call()).expect("RunTask");
        let question = Question::RunTask(Box::new(call));
        let report = bed.engine.explain(&question).expect("a sound call").expect("a task");
        let answer = try_on(&bed.engine, &asked);
        let view = bed.engine.view();
        let explained = match report.outcome() {
            Outcome::In(zone) => Some(view.zone_name(zone).to_owned()),
            other => { prop_assert_eq!(other, Outcome::Nowhere); None }
        };
        prop_assert_eq!(explained, answer.as_ref().map(|it| it.1.clone()));
        for suggestion in report.changes() {
            let tried = bed.engine.try_change(&question, &suggestion.change);
            let tried = tried.expect("a sound call").expect("it can be changed");
            prop_assert_eq!(tried.outcome(), suggestion.then, "what is tried is what is said");
            let Some((engine, ask)) = carried_out(&bed, &asked, &suggestion.change) else {
                prop_assert_eq!(suggestion.then, Outcome::Nowhere);
                continue;
            };
            let then = try_on(&engine, &ask);
            let provider = suggestion.provider.map(|it| view.provider(it).name.to_string());
            prop_assert_eq!(then.as_ref().map(|it| it.1.as_str()), match suggestion.then {
                Outcome::In(zone) => Some(view.zone_name(zone)),
                _ => None,
            }, "{:?} of {:?}", suggestion, asked);
            if let Some((by, _)) = &then {
                prop_assert_eq!(by.clone(), provider.clone().unwrap_or_default());
            }
            let by_other = suggestion.provider != report.provider;
            prop_assert!(by_other || then != answer, "{:?} flips the answer", suggestion);
            if let Some(less) = one_less(&report, &suggestion.change)
                && let Some((engine, ask)) = carried_out(&bed, &asked, &less)
            {
                let then = try_on(&engine, &ask);
                prop_assert_eq!(then, answer.clone(), "{:?} is minimal", suggestion);
            }
        }
    }
}

#[test]
fn a_placement_on_fargate_is_said_with_what_decided_it() {
    let mut bed = cluster();
    let on = |zones: &[&'static str]| Ask {
        group: "g1",
        zones: zones.to_vec(),
        strategy: Some([(1, 1), (0, 3)]),
    };
    for _ in 0..2 {
        bed.must("runTask", on(&["a"]).call());
    }
    bed.must("runTask", on(&["b"]).call());
    bed.report(capacity(false, Some("c"), false));
    bed.engine.watch(TaskId::new(3));
    bed.must("runTask", on(&["a", "b", "c"]).call());
    let Some(Witnessed::Placement(report)) = bed.engine.take_witnessed() else { panic!("seen") };
    let view = bed.engine.view();
    let Field::Fargate(field) = &report.field else { panic!("on Fargate") };
    let mut text = folded(&view.placement_text(&report)) + &folded(&view.platform_text(field));
    for zone in field.iter() {
        text += &format!("{} {} {}\n", view.zone_name(zone.zone), zone.tasks, view.zone_text(zone));
    }
    for change in report.changes() {
        text += &format!("* {}\n", view.suggestion_text(&report, change));
    }
    expect![[r#"
        Chosen: us-east-1b on Fargate, with 1 task the emptiest of 3 zones. Its
            subnet subnet-b has the most free addresses (4090). FARGATE has 0 tasks
            of its base of 1.
        256 CPU units with 512 MiB are a size that Fargate offers; LINUX on X86_64.
        us-east-1a 2 1 task more
        us-east-1b 1 CHOSEN
        us-east-1c 0 NO: no capacity
        * capacity in us-east-1c: us-east-1c
        * without the subnets in us-east-1b: us-east-1a
        * tasks in us-east-1a 2 -> 1: us-east-1a
        * base of FARGATE 1 -> 0: us-east-1a by FARGATE_SPOT
    "#]]
    .assert_eq(&text);
}

#[test]
fn capacity_that_is_gone_everywhere_would_help_in_one_zone() {
    let mut bed = cluster();
    bed.report(capacity(false, None, false));
    let ask = Ask { group: "g1", zones: vec!["b", "c"], strategy: None };
    let question = serde_json::from_value(ask.call()).expect("RunTask");
    let question = Question::RunTask(Box::new(question));
    let report = bed.engine.explain(&question).expect("a sound call").expect("a task");
    let view = bed.engine.view();
    assert_eq!(view.placement_text(&report), "Nowhere: Fargate has no capacity in 2 zones.");
    let [suggestion] = report.changes() else { panic!("one change helps") };
    assert_eq!(view.suggestion_text(&report, suggestion), "capacity in us-east-1b: us-east-1b");
    let tried = bed.engine.try_change(&question, &suggestion.change);
    let tried = tried.expect("a sound call").expect("it can be changed");
    assert_eq!(
        view.tried_text(&report, &suggestion.change, &tried),
        "With capacity in us-east-1b: Chosen: us-east-1b on Fargate, with 0 tasks the emptiest of \
         2 zones. Its subnet subnet-b has the most free addresses (4091)."
    );
}

#[test]
fn the_terms_of_the_split_are_those_of_the_moment() {
    let mut bed = cluster();
    let ask = Ask { group: "g1", zones: vec!["a"], strategy: Some([(1, 1), (0, 4)]) };
    bed.engine.watch(TaskId::new(3));
    bed.must("runTask", both(ask.call(), json!({ "count": 5 })));
    let Some(Witnessed::Placement(report)) = bed.engine.take_witnessed() else { panic!("seen") };
    let split = report.split.as_ref().expect("there is a strategy");
    let tasks: Vec<u32> = split.items.iter().map(|item| item.tasks).collect();
    assert_eq!((tasks, split.by_base), (vec![1, 2], false));
    assert_eq!(Some(split.provider()), report.provider);
    assert_eq!(
        bed.engine.view().provider_text(split),
        "FARGATE is furthest behind its share (FARGATE 3, FARGATE_SPOT 2)."
    );
}
