//! Placements without end in a cluster whose fill stays the same, and placements into an empty
//! cluster until it is half full; each by the engine and by the floor.

use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group};
use stowplan_bench::churn::{
    self, Case, Churn, Fill, FloorChurn, FloorFill, TASKS_IN_A_ROUND, assert_floor,
};
use stowplan_bench::grouped;
use stowplan_bench::workload::{ClusterShape, Workload};

const INSTANCES: [u32; 3] = [1_000, 10_000, 100_000];
/// As many as make 1,300,000 on 100,000 instances.
const TASKS_AN_INSTANCE: u32 = 13;

fn sustained(criterion: &mut Criterion) {
    for instances in INSTANCES {
        let mut prepared = None;
        for name in ["floor", "floor_steps", "binpack", "chain", "member_of"] {
            let mut group = criterion.benchmark_group(format!("sustained/{name}"));
            group.throughput(Throughput::Elements(1)).sample_size(samples(instances));
            let case = churn::cases().into_iter().find(|case| case.name == name);
            group.bench_function(BenchmarkId::from_parameter(grouped(instances)), |b| {
                let prepared = prepared.get_or_insert_with(|| busy(instances));
                b.iter_custom(|n| match name {
                    "floor" => time_floor(prepared, FloorChurn::round, n),
                    "floor_steps" => time_floor(prepared, FloorChurn::steps, n),
                    _ => time(prepared, case.as_ref().expect("a case"), n),
                });
            });
        }
    }
}

/// Fewer where a sample begins with a large copy.
fn samples(instances: u32) -> usize {
    if instances < 100_000 { 20 } else { 10 }
}

fn busy(instances: u32) -> Workload {
    let mut prepared = ClusterShape::busy(instances).build();
    churn::define(&mut prepared);
    assert_floor(&prepared, 2);
    prepared
}

fn time(prepared: &Workload, case: &Case, placements: u64) -> Duration {
    let mut churn = Churn::new(prepared, case);
    whole_rounds(placements, || churn.round())
}

fn time_floor(
    prepared: &Workload,
    round: impl Fn(&mut FloorChurn) -> Duration,
    placements: u64,
) -> Duration {
    let mut churn = FloorChurn::new(prepared);
    whole_rounds(placements, || round(&mut churn))
}

/// What was measured is scaled to what was asked for.
fn whole_rounds(placements: u64, round: impl FnMut() -> Duration) -> Duration {
    let rounds = placements.div_ceil(TASKS_IN_A_ROUND as u64);
    let elapsed: Duration = std::iter::repeat_with(round).take(rounds as usize).sum();
    elapsed.mul_f64(placements as f64 / (rounds * TASKS_IN_A_ROUND as u64) as f64)
}

fn fill(criterion: &mut Criterion) {
    let [binpack, ..] = churn::cases();
    for instances in INSTANCES {
        let tasks = instances * TASKS_AN_INSTANCE;
        let mut prepared = None;
        for name in ["floor", "binpack"] {
            let mut group = criterion.benchmark_group(format!("fill/{name}"));
            group.throughput(Throughput::Elements(tasks.into())).sample_size(10);
            let id = BenchmarkId::from_parameter(grouped(instances));
            group.bench_function(id, |b| {
                let prepared = prepared.get_or_insert_with(|| empty(instances));
                if name == "floor" {
                    let new = || FloorFill::new(prepared, tasks);
                    b.iter_batched_ref(new, FloorFill::run, BatchSize::PerIteration);
                } else {
                    let new = || Fill::new(prepared.clone(), &binpack, tasks);
                    b.iter_batched_ref(new, |it| it.run(|_| {}), BatchSize::PerIteration);
                }
            });
        }
    }
}

fn empty(instances: u32) -> Workload {
    let mut prepared = ClusterShape::empty(instances).build();
    churn::define(&mut prepared);
    prepared
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1));
    targets = sustained, fill
}
