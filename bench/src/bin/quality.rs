//! How well `binpack` packs: instances used against a proved lower bound, tasks without a place;
//! and how many of a replayed trace found one.

use std::collections::BTreeSet;

use stowplan_bench::figures;
use stowplan_bench::openb::replay::Replay;
use stowplan_bench::openb::{Pods, Trace, twin};
use stowplan_bench::quality::{HOSTS, MIXES, bound, draw, placed_by_engine};

/// Seeds of each mix on each kind of host.
const SEEDS: u64 = 20;

fn main() {
    packings();
    for (name, pods) in [("default", Pods::Default), ("models", Pods::WithModels)] {
        trace(name, pods);
    }
}

fn packings() {
    for (host_name, host) in HOSTS {
        for mix in MIXES {
            let (mut used, mut unplaced, mut sums, mut patterns) = (0, 0, 0, 0);
            let (mut gaps, mut worst, mut exact) = (0.0, 0.0_f64, 0);
            for seed in 1..=SEEDS {
                let tasks = draw(mix, host, seed);
                let outcome = placed_by_engine(host, &tasks);
                let lower = bound::of(host, &tasks);
                let gap = 100.0 * (f64::from(outcome.used) / f64::from(lower.patterns) - 1.0);
                used += outcome.used;
                unplaced += outcome.unplaced;
                sums += lower.sum;
                patterns += lower.patterns;
                gaps += gap;
                worst = worst.max(gap);
                exact += u32::from(outcome.used == lower.patterns);
            }
            figures::print(
                format!("quality/{}/{host_name}", mix.name()),
                &[
                    ("used", &used),
                    ("unplaced", &unplaced),
                    ("sum_bound", &sums),
                    ("pattern_bound", &patterns),
                    ("mean_gap_percent", &format!("{:.2}", gaps / SEEDS as f64)),
                    ("worst_gap_percent", &format!("{worst:.2}")),
                    ("at_bound", &exact),
                    ("cases", &SEEDS),
                ],
            );
        }
    }
}

/// The public trace, or its look-alike, replayed; where each pod goes is what the twin says.
fn trace(name: &str, pods: Pods) {
    let trace = Trace::load(pods);
    let mut replay = Replay::new(&trace);
    replay.run();
    let allocation = replay.allocation();
    assert!(allocation == twin::allocation(&trace), "the engine and the twin disagree");
    let placed: Vec<_> = allocation.iter().flatten().collect();
    let used: BTreeSet<_> = placed.iter().collect();
    figures::print(
        format!("trace/{name}"),
        &[
            ("source", &trace.source.replace(' ', "+")),
            ("pods", &allocation.len()),
            ("placed", &placed.len()),
            ("unplaced", &(allocation.len() - placed.len())),
            ("used", &used.len()),
        ],
    );
}
