//! What `aws ecs describe-*` prints about a cluster, as a scenario.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group};
use stowplan_bench::scenarios::sample_export;
use stowplan_sim::import::{self, Options};

fn import(criterion: &mut Criterion) {
    let files = sample_export();
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_slice())).collect();
    let read = || import::read(&files, &Options::default()).expect("the sample is an export");
    let summary = read().summary;
    assert!(summary.instances > 0 && summary.tasks > 0, "{summary}");
    println!("import/sample: {summary}");
    let mut group = criterion.benchmark_group("import");
    group.throughput(Throughput::Bytes(files.iter().map(|(_, text)| text.len() as u64).sum()));
    group.bench_function("sample", |b| b.iter(|| black_box(read())));
}

criterion_group!(benches, import);
