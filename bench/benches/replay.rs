//! A public trace of a GPU cluster, from the first pod to the last: every RunTask, StopTask and
//! report of an agent.

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group};
use stowplan_bench::openb::replay::Replay;
use stowplan_bench::openb::{Pods, Trace, twin};

fn replay(criterion: &mut Criterion) {
    for (name, pods) in [("default", Pods::Default), ("models", Pods::WithModels)] {
        let trace = Trace::load(pods);
        let wanted = twin::allocation(&trace);
        let prepared = Replay::new(&trace);
        let mut once = prepared.clone();
        once.run();
        assert!(once.allocation() == wanted, "the engine and the twin place pods elsewhere");
        let placed = wanted.iter().flatten().count();
        let (source, all) = (&trace.source, wanted.len());
        println!("replay/{name}: {source}, {placed} of {all} pods placed, as by the twin");
        let mut group = criterion.benchmark_group("replay/openb");
        group.throughput(Throughput::Elements(all as u64)).sample_size(10);
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                let mut elapsed = Duration::ZERO;
                for _ in 0..times {
                    let mut replay = prepared.clone();
                    let start = Instant::now();
                    replay.run();
                    elapsed += start.elapsed();
                }
                elapsed
            });
        });
    }
}

criterion_group!(benches, replay);
