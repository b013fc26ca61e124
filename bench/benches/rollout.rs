//! Rolling deployments of a service, of 1,000 tasks on 200 instances and of 100,000 on 10,000; and
//! what it takes to put the engine aside in the middle of one and to go on from there.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group};
use stowplan_bench::deployment::{Case, cases, deploy};
use stowplan_bench::driver::Driver;
use stowplan_bench::{calls, grouped};
use stowplan_engine::Engine;
use stowplan_engine::model::{ServiceId, Time};

fn assert_outcome(driver: &Driver, service: ServiceId, case: &Case) {
    let mut driver = driver.clone();
    case.assert_outcome(&mut driver, service);
    let view = driver.engine.view();
    let per_instance = || view.instances().map(|(_, row)| row.tasks.len());
    println!(
        "rollout/{case}: {} outputs; tasks an instance: {} to {}",
        driver.outputs,
        per_instance().min().unwrap_or(0),
        per_instance().max().unwrap_or(0),
    );
}

fn checked(case: &Case) -> (Driver, ServiceId) {
    let (prepared, service) = case.prepare();
    assert_outcome(&prepared, service, case);
    (prepared, service)
}

fn rollout(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rollout");
    group.sample_size(10);
    for case in cases() {
        let mut prepared = None;
        group.throughput(Throughput::Elements(case.tasks.into()));
        group.bench_function(BenchmarkId::from_parameter(case), |b| {
            let (prepared, service) = prepared.get_or_insert_with(|| checked(&case));
            let service = *service;
            b.iter_batched_ref(
                || prepared.clone(),
                |driver| deploy(driver, service),
                BatchSize::PerIteration,
            );
        });
    }
}

/// An engine in the middle of a deployment: as many tasks as the ceiling allows.
fn halfway() -> Engine {
    let [case, ..] = cases();
    let (mut driver, service) = case.prepare();
    driver.call(Time::ZERO, calls::deploy("web", "web:2"));
    driver.run_while(|view, now| view.counts(service, now).occupying() < case.outcome.peak);
    driver.engine
}

fn snapshot(criterion: &mut Criterion) {
    let engine = halfway();
    let instances = engine.view().instances().count();
    let restored = Engine::restore(engine.snapshot());
    assert_eq!(restored, engine, "a restored engine is the engine");
    assert_eq!(restored.state_hash(), engine.state_hash());
    let tasks = engine.view().tasks().len();
    let size = format!("{}x{instances}", grouped(u32::try_from(tasks).expect("few tasks")));
    let mut group = criterion.benchmark_group("snapshot");
    group.bench_function(BenchmarkId::new("take", &size), |b| b.iter(|| engine.snapshot()));
    group.bench_function(BenchmarkId::new("take_and_restore", &size), |b| {
        b.iter(|| Engine::restore(black_box(engine.snapshot())));
    });
    group.bench_function(BenchmarkId::new("state_hash", &size), |b| b.iter(|| engine.state_hash()));
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1));
    targets = rollout, snapshot
}
