//! A run that keeps little of its past goes as one that keeps all, and says what it let go.

use serde_json::Value;
use stowplan_engine::api::Event;
use stowplan_engine::model::Time;
use stowplan_sim::document::Limits;
use stowplan_sim::run::{Simulation, Trial};
use stowplan_sim::scenario::Scenario;
use stowplan_sim::view::{Forgotten, Root};

/// Tasks that end come again for an hour, and one service does not find room for all of its own.
const BUSY: &str = "
version: 1
name: busy
cluster: { instances: [ { id: A, cpu: 1024, memory: 1000 }, { id: B, cpu: 1024, memory: 1000 } ] }
taskDefinitions:
  - { family: brief, containerDefinitions: [ { name: app, image: i, memory: 64 } ] }
  - { family: big, containerDefinitions: [ { name: app, image: i, memory: 900 } ] }
behavior: { brief: { exit: { after: 20s, code: 0 } } }
timeline:
  - { at: 0s, createService: { serviceName: big, taskDefinition: big, desiredCount: 2 } }
  - { at: 0s, createService: { serviceName: brief, taskDefinition: brief, desiredCount: 3 } }
until: 1h
";

fn scenario(more: &str) -> Scenario {
    let text = format!("{BUSY}{more}");
    Scenario::read(text.as_bytes(), &Limits::default()).expect("a sound scenario")
}

fn ran(keep: u64) -> Simulation {
    let plan = scenario("").plan().expect("its parts fit together");
    let mut simulation = Simulation::new(&plan).expect("time 0 can be set up");
    simulation.keep_events(keep);
    simulation.run();
    simulation
}

fn services(run: &Simulation) -> Value {
    let mut state = run.moment(run.until()).state();
    state["services"].take()
}

#[test]
fn a_run_that_keeps_little_goes_as_one_that_keeps_all() {
    let (whole, little) = (ran(u64::MAX), ran(100));
    assert_eq!(little.digest().value(), whole.digest().value());
    assert_eq!(little.state_hash(), whole.state_hash());
    assert_eq!(services(&little), services(&whole), "messages of services are kept apart");
    assert_eq!(whole.record().forgotten(), None);
    let Forgotten { events, before } = little.record().forgotten().expect("it forgot");
    let (all, left) = (whole.record().log(), little.record().log());
    assert_eq!(all.len(), left.len(), "events keep their positions");
    assert_eq!(left.kept().start as u64, events);
    assert!(left.iter().count() < 200, "{} are left", left.iter().count());
    let newer: Vec<&Event> = all.iter().filter(|event| event.at >= before).collect();
    assert!(left.iter().eq(newer), "instants are kept whole, or not at all");
}

#[test]
fn what_was_let_go_is_told_though_all_is_kept_from_now_on() {
    let plan = scenario("").plan().expect("its parts fit together");
    let mut simulation = Simulation::new(&plan).expect("time 0 can be set up");
    simulation.keep_events(100);
    simulation.run_to(Time::from_secs(1800));
    let told = simulation.record().forgotten();
    assert!(told.is_some());
    simulation.keep_events(u64::MAX);
    simulation.run();
    assert_eq!(simulation.record().forgotten(), told);
}

#[test]
fn what_is_left_of_the_story_is_its_end() {
    let (whole, little) = (ran(u64::MAX), ran(100));
    let Forgotten { before, .. } = little.record().forgotten().expect("it forgot");
    assert!(before > Time::from_secs(3000), "the end of the hour is there, from {before:?} on");
    for root in [Root::Events, Root::Placements, Root::PlacementFailures] {
        let list = |run: &Simulation| {
            let moment = run.moment(run.until());
            moment.root(root).into_value(&moment)
        };
        let (all, left) = (list(&whole), list(&little));
        let (all, left) = (all.as_array().expect("a list"), left.as_array().expect("a list"));
        assert!(all.len() > left.len(), "{root:?}: {} of {}", left.len(), all.len());
        assert!(all.ends_with(left), "{root:?}: what is left is the end");
    }
    assert_eq!(little.record().told().len(), whole.record().told().len());
}

#[test]
fn what_expectations_look_at_is_kept() {
    let kept = |expect: &str| {
        let scenario = scenario(expect);
        let plan = scenario.plan().expect("its parts fit together");
        let mut trial = Trial::new(&scenario, &plan, false).expect("a run").keeping_events(100);
        let outcome = trial.finish();
        assert!(outcome.passed(), "{:?}", outcome.verdicts);
        trial.simulation().record().forgotten().is_none()
    };
    assert!(!kept(""));
    assert!(!kept("expect: [ { finally: \"services['big'].runningCount == 2\" } ]\n"));
    assert!(kept("expect: [ { finally: \"placements.size() > 100\" } ]\n"));
}
