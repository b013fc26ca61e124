//! Ten thousand small scenarios that differ in a setting and the seed, on one thread and on two.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use rayon::prelude::*;
use stowplan_bench::scenarios::preset;
use stowplan_sim::document::{Limits, parse};
use stowplan_sim::sweep::{Cell, Seeds, Setting, Sweep, Workplace};

const RUNS: u64 = 10_000;

fn rows(sweep: &Sweep, threads: usize) -> Vec<Vec<Cell>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads can be had").install(|| {
        let runs = (0..sweep.runs()).into_par_iter();
        let run = |workplace: &mut Workplace, number| sweep.run(number, workplace);
        let rows = runs.map_init(Workplace::default, run);
        rows.map(|row| row.expect("the settings fit")).collect()
    })
}

fn sweep(criterion: &mut Criterion) {
    let document = parse(preset("surge-needs-room").as_bytes(), &Limits::default());
    let setting = Setting::read("services[0].deploymentConfiguration.maximumPercent=150,200");
    let sweep = Sweep::new(
        document.expect("the preset is valid"),
        vec![setting.expect("it is a setting")],
        Seeds::new(1, RUNS / 2).expect("it is a range"),
        Vec::new(),
    );
    let sweep = sweep.expect("the setting fits the preset");
    assert_eq!(sweep.runs(), RUNS);
    let mut is_checked = false;
    let mut group = criterion.benchmark_group("sweep/threads");
    group.throughput(Throughput::Elements(RUNS)).sample_size(10);
    for threads in [1, 2] {
        let id = BenchmarkId::from_parameter(threads);
        group.bench_function(id, |b| {
            if !std::mem::replace(&mut is_checked, true) {
                assert!(rows(&sweep, 1) == rows(&sweep, 2), "rows do not depend on threads");
            }
            b.iter(|| rows(&sweep, threads));
        });
    }
}

criterion_group!(benches, sweep);
