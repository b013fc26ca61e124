//! Large scans: a task with a question that was not asked before, so that every instance is looked
//! at, and one that no instance takes, so that each says why; on one thread and on two.

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group};
use rayon::{ThreadPool, ThreadPoolBuilder};
use stowplan_bench::calls::{self, binpack_memory, member_of};
use stowplan_bench::grouped;
use stowplan_bench::workload::{self, ClusterShape, TaskSize, WEB_GROUP, Workload};
use stowplan_engine::api::{Answer, Input};
use stowplan_engine::model::Time;

/// About the threshold, and far above it.
const INSTANCES: [u32; 4] = [2_000, 5_000, 20_000, 100_000];
const THREADS: [usize; 2] = [1, 2];
const FITS: &str = "fits";
const FITS_NOWHERE: &str = "fits-nowhere";
const WHERE: &str = "attribute:tier == back and attribute:ecs.instance-type =~ m5.*";

fn prepared(instances: u32) -> Workload {
    let mut prepared = ClusterShape::busy(instances).build();
    prepared.define(workload::task_definition(FITS, TaskSize { cpu: 128, memory: 256 }));
    prepared
        .define(workload::task_definition(FITS_NOWHERE, TaskSize { cpu: 16_384, memory: 120_000 }));
    prepared
}

fn call(family: &str) -> Input {
    calls::run_task(family, WEB_GROUP, &[binpack_memory()], &[member_of(WHERE)])
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started")
}

/// A copy of the cluster has nothing worked out.
fn answer(prepared: &Workload, family: &str) -> Answer {
    let mut engine = prepared.engine.clone();
    engine.step(Time::ZERO, call(family)).expect("the call is valid")
}

fn first(criterion: &mut Criterion) {
    for instances in INSTANCES {
        let mut prepared_once = None;
        for family in [FITS, FITS_NOWHERE] {
            for threads in THREADS {
                let mut group = criterion.benchmark_group(format!("first/{family}/{threads}"));
                group.sample_size(20);
                let id = BenchmarkId::from_parameter(grouped(instances));
                group.bench_function(id, |b| {
                    let prepared = prepared_once.get_or_insert_with(|| prepared(instances));
                    let [one, several] = [1, threads]
                        .map(|threads| pool(threads).install(|| answer(prepared, family)));
                    assert_eq!(one, several, "the same answer on any number of threads");
                    let pool = pool(threads);
                    b.iter_batched_ref(
                        || (prepared.engine.clone(), Some(call(family))),
                        |(engine, call)| {
                            let call = call.take().expect("each is made once");
                            pool.install(|| engine.step(Time::ZERO, call))
                        },
                        BatchSize::PerIteration,
                    );
                });
            }
        }
    }
}

criterion_group!(benches, first);
