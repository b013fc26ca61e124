//! What more constraints cost a placement, and what more services beside it cost a service.

use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group};
use stowplan_bench::churn::{self, Case, Churn, TASKS_IN_A_ROUND};
use stowplan_bench::driver::Driver;
use stowplan_bench::workload::ClusterShape;
use stowplan_bench::{beside, calls, grouped};
use stowplan_engine::model::Time;

const INSTANCES: u32 = 10_000;
const CONSTRAINTS: [usize; 5] = [0, 1, 2, 5, 10];

/// Placements under so many constraints of kind memberOf that hold on every instance.
fn constraints(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("growth/constraints");
    group.throughput(Throughput::Elements(1)).sample_size(10);
    let mut prepared = None;
    for number in CONSTRAINTS {
        let case = Case::constrained(number);
        group.bench_function(BenchmarkId::from_parameter(number), |b| {
            let prepared = prepared.get_or_insert_with(|| {
                let mut prepared = ClusterShape::busy(INSTANCES).build();
                churn::define(&mut prepared);
                prepared
            });
            b.iter_custom(|placements| {
                let mut churn = Churn::new(prepared, &case);
                let rounds = placements.div_ceil(TASKS_IN_A_ROUND as u64);
                let elapsed: Duration = (0..rounds).map(|_| churn.round()).sum();
                elapsed.mul_f64(placements as f64 / (rounds * TASKS_IN_A_ROUND as u64) as f64)
            });
        });
    }
}

/// One more task for a service, and the pass that starts it, beside so many services.
fn services(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("growth/services");
    group.sample_size(10);
    for number in beside::SERVICES {
        let mut prepared = None;
        group.bench_function(BenchmarkId::from_parameter(grouped(number)), |b| {
            let prepared = prepared.get_or_insert_with(|| beside::steady(number, 1));
            // What is worked out once for all is worked out for another service.
            let warm = || {
                let mut driver = prepared.clone();
                driver.call(Time::ZERO, calls::scale(&beside::name(0), 2));
                driver
            };
            let call = calls::scale(&beside::name(number / 2), 2);
            let measured = |driver: &mut Driver| driver.call(Time::from_secs(10), call.clone());
            b.iter_batched_ref(warm, measured, BatchSize::PerIteration);
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1));
    targets = constraints, services
}
