//! One hot path at a time, to be run under callgrind, which counts the instructions within
//! [`hot_path`] alone: `valgrind --tool=callgrind --toggle-collect='*hot_path*' counts binpack`.
//! Prints what the number is to be divided by.

use std::hint::black_box;
use std::process::ExitCode;

use stowplan_bench::churn::{self, Churn, FloorChurn, TASKS_IN_A_ROUND};
use stowplan_bench::deployment;
use stowplan_bench::workload::{ClusterShape, Workload};

const INSTANCES: u32 = 1_000;
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let units = match &*name {
        "floor" => floor(),
        "rollout" => rollout(),
        _ => match churn::cases().into_iter().find(|case| case.name == name) {
            Some(case) => placements(&case),
            None => {
                eprintln!("usage: counts floor | binpack | chain | member_of | rollout");
                return ExitCode::FAILURE;
            }
        },
    };
    println!("units {units}");
    ExitCode::SUCCESS
}

/// What is counted happens in here.
#[inline(never)]
fn hot_path(work: &mut dyn FnMut()) {
    work();
}

fn prepared() -> Workload {
    let mut prepared = ClusterShape::busy(INSTANCES).build();
    churn::define(&mut prepared);
    prepared
}

/// The allocator puts in order now what was given back before: else the first large allocation in
/// the hot path would pay for it.
fn settle() {
    drop(black_box(Vec::<u8>::with_capacity(1 << 16)));
}

/// Placements; calls are made, and as many tasks stop, without being counted.
fn placements(case: &churn::Case) -> usize {
    let mut churn = Churn::new(&prepared(), case);
    for _ in 0..ROUNDS {
        let mut calls = churn.calls();
        settle();
        hot_path(&mut || churn.place(std::mem::take(&mut calls)));
        churn.stop(TASKS_IN_A_ROUND);
    }
    ROUNDS * TASKS_IN_A_ROUND
}

/// Placements and as many tasks that go, on the floor, their lots included.
fn floor() -> usize {
    let mut churn = FloorChurn::new(&prepared());
    for _ in 0..ROUNDS {
        settle();
        hot_path(&mut || {
            churn.round();
        });
    }
    ROUNDS * TASKS_IN_A_ROUND
}

/// Tasks of a deployment, from the call to the steady state.
fn rollout() -> usize {
    let [case, ..] = deployment::cases();
    let (mut driver, service) = case.prepare();
    settle();
    hot_path(&mut || deployment::deploy(&mut driver, service));
    case.tasks as usize
}
