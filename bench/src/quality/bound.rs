//! A lower bound on the hosts that tasks need: the pattern programme of Gilmore and Gomory.
//!
//! Each size of task gets a price such that no set of tasks that fits on a host is worth more than
//! 1; what all tasks are worth then bounds the hosts from below. The best prices are found by
//! adding, again and again, the dearest set that fits (a knapsack of two dimensions) as a
//! constraint. Prices of any round, divided by what the dearest set is worth, give a valid bound,
//! so the search may end early.

use std::collections::BTreeMap;

use microlp::{ComparisonOp, OptimizationDirection, Problem, Solution, SolveOutcome, Variable};

use crate::workload::TaskSize;

/// Sizes are whole multiples of this many CPU units and MiB.
const GRID: TaskSize = TaskSize { cpu: 128, memory: 256 };
const ROUNDS: usize = 2_000;
/// What a set may be worth more than 1 and still count as 1.
const SLACK: f64 = 1e-6;

/// Hosts that are needed at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// By the sums of CPU and of memory alone.
    pub sum: u32,
    /// By patterns, and never below the other.
    pub patterns: u32,
}

/// The bounds for tasks on equal hosts.
///
/// # Panics
///
/// When some size is no multiple of the grid, or larger than a host.
pub fn of(host: TaskSize, tasks: &[TaskSize]) -> Bound {
    let total = |of: fn(&TaskSize) -> u32| tasks.iter().map(of).map(u64::from).sum::<u64>();
    let cpu = total(|it| it.cpu).div_ceil(u64::from(host.cpu));
    let memory = total(|it| it.memory).div_ceil(u64::from(host.memory));
    let sum = cpu.max(memory) as u32;
    let mut demand: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    for task in tasks {
        let fits = task.cpu <= host.cpu && task.memory <= host.memory;
        let whole = task.cpu.is_multiple_of(GRID.cpu) && task.memory.is_multiple_of(GRID.memory);
        assert!(fits && whole, "{task:?} is a multiple of the grid and fits on {host:?}");
        *demand.entry((task.cpu / GRID.cpu, task.memory / GRID.memory)).or_default() += 1;
    }
    let kinds: Vec<Kind> = demand
        .into_iter()
        .map(|((cpu, memory), count)| Kind { cpu: cpu as usize, memory: memory as usize, count })
        .collect();
    let space = ((host.cpu / GRID.cpu) as usize, (host.memory / GRID.memory) as usize);
    let worth = worth_of_all(&kinds, space);
    Bound { sum, patterns: sum.max((worth - SLACK).ceil() as u32) }
}

/// Tasks of one size, in steps of the grid.
#[derive(Clone, Copy, Debug)]
struct Kind {
    cpu: usize,
    memory: usize,
    count: u32,
}

/// What all tasks are worth at the best prices that were found.
fn worth_of_all(kinds: &[Kind], space: (usize, usize)) -> f64 {
    if kinds.is_empty() {
        return 0.0;
    }
    let mut problem = Problem::new(OptimizationDirection::Maximize);
    let prices: Vec<Variable> =
        kinds.iter().map(|kind| problem.add_var(f64::from(kind.count), (0.0, 1.0))).collect();
    for (price, kind) in prices.iter().zip(kinds) {
        let alone = (space.0 / kind.cpu).min(space.1 / kind.memory);
        problem.add_constraint([(*price, alone as f64)], ComparisonOp::Le, 1.0);
    }
    let mut solution = solved(problem.solve()).expect("prices of 0 are always possible");
    let mut best: f64 = 0.0;
    for _ in 0..ROUNDS {
        let now: Vec<f64> = prices.iter().map(|&price| solution[price].max(0.0)).collect();
        let (dearest, set) = dearest_set(kinds, &now, space);
        let worth: f64 = kinds.iter().zip(&now).map(|(k, price)| f64::from(k.count) * price).sum();
        best = best.max(worth / dearest.max(1.0));
        if dearest <= 1.0 + SLACK {
            break;
        }
        let terms: Vec<(Variable, f64)> = prices
            .iter()
            .zip(&set)
            .filter(|&(_, &count)| count > 0)
            .map(|(&price, &count)| (price, f64::from(count)))
            .collect();
        match solved(solution.add_constraint(&terms, ComparisonOp::Le, 1.0)) {
            Some(next) => solution = next,
            None => break,
        }
    }
    best
}

/// A solution; none when the solver gave up, which no limit makes it do.
fn solved(outcome: Result<SolveOutcome, microlp::Error>) -> Option<Solution> {
    match outcome {
        Ok(SolveOutcome::Solution(solution)) => Some(solution),
        Ok(SolveOutcome::Interrupted(_)) | Err(_) => None,
    }
}

/// The set of tasks that fits on a host and is worth the most, as a number of each kind.
fn dearest_set(kinds: &[Kind], prices: &[f64], (cpu, memory): (usize, usize)) -> (f64, Vec<u32>) {
    let at = |c: usize, m: usize| c * (memory + 1) + m;
    let mut worth = vec![0.0_f64; (cpu + 1) * (memory + 1)];
    let mut last = vec![None; worth.len()];
    for (number, kind) in kinds.iter().enumerate() {
        for c in kind.cpu..=cpu {
            for m in kind.memory..=memory {
                let with = worth[at(c - kind.cpu, m - kind.memory)] + prices[number];
                if with > worth[at(c, m)] + 1e-12 {
                    worth[at(c, m)] = with;
                    last[at(c, m)] = Some(number);
                }
            }
        }
    }
    let mut set = vec![0; kinds.len()];
    let (mut c, mut m) = (cpu, memory);
    while let Some(number) = last[at(c, m)] {
        set[number] += 1;
        c -= kinds[number].cpu;
        m -= kinds[number].memory;
    }
    (worth[at(cpu, memory)], set)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: TaskSize = TaskSize { cpu: 1024, memory: 4096 };

    fn tasks(count: usize, cpu: u32, memory: u32) -> Vec<TaskSize> {
        vec![TaskSize { cpu, memory }; count]
    }

    #[test]
    fn three_fifths_of_a_host_need_a_host_each() {
        let bound = of(HOST, &tasks(10, 640, 512));
        assert_eq!(bound, Bound { sum: 7, patterns: 10 });
    }

    #[test]
    fn halves_fit_by_twos() {
        assert_eq!(of(HOST, &tasks(9, 512, 2048)), Bound { sum: 5, patterns: 5 });
    }

    /// One needs all memory but little CPU, the other the other way round: two fit together.
    #[test]
    fn a_set_is_a_knapsack_of_two_dimensions() {
        let mut mixed = tasks(4, 128, 3840);
        mixed.extend(tasks(4, 896, 256));
        assert_eq!(of(HOST, &mixed).patterns, 4);
        mixed.extend(tasks(4, 896, 512));
        assert_eq!(of(HOST, &mixed).patterns, 8);
    }

    #[test]
    fn no_tasks_need_no_host() {
        assert_eq!(of(HOST, &[]), Bound { sum: 0, patterns: 0 });
    }
}
