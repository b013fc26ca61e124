//! Whole runs: a scenario from its text to its digest, the world included.

use std::hint::black_box;

use criterion::{Criterion, criterion_group};
use stowplan_bench::scenarios::{PRESETS, preset};
use stowplan_sim::run::{Replay, Simulation};
use stowplan_sim::scenario::{Plan, Scenario};

fn planned(text: &str) -> Plan {
    let scenario =
        Scenario::read(text.as_bytes(), &Default::default()).expect("the preset is valid");
    scenario.plan().expect("the preset has a plan")
}

fn done(plan: &Plan) -> Simulation {
    let mut run = Simulation::new(plan).expect("the plan begins");
    run.run();
    run
}

/// Reading, resolving and running.
fn whole(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("simulation/whole");
    for name in PRESETS {
        let text = preset(name);
        let wanted = done(&planned(&text)).digest().value();
        let again = done(&planned(&text));
        assert_eq!(again.digest().value(), wanted, "{name}: the same scenario, the same digest");
        println!("simulation/whole/{name}: {} events", again.record().log().len());
        group.bench_function(name, |b| b.iter(|| black_box(done(&planned(&text)))));
    }
}

/// Back to the middle of a run that is done, as a person who drags the time does.
fn rewound(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("simulation/rewind");
    for name in PRESETS {
        let plan = planned(&preset(name));
        let mut replay = Replay::new(&plan).expect("the plan begins");
        while replay.advance().is_some() {}
        let end = replay.head().digest().value();
        let middle = stowplan_engine::model::Time(plan.until.0 / 2);
        replay.seek(middle);
        while replay.advance().is_some() {}
        assert_eq!(replay.head().digest().value(), end, "{name}: as before");
        group.bench_function(name, |b| {
            b.iter_batched(
                || replay.clone(),
                |mut replay| {
                    replay.seek(middle);
                    replay
                },
                criterion::BatchSize::SmallInput,
            );
        });
    }
}

criterion_group!(benches, whole, rewound);
