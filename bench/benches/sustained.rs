//! Placements without end: RunTask of ten tasks after RunTask of ten tasks, of twenty sizes drawn
//! by lot, in a cluster whose fill stays the same because as many tasks stop, drawn by lot too.
//! Under the clock: the calls, their decisions, the state, the record (tasks, events, orders), and
//! that placement takes in what the stops before have changed. Off the clock: the stops.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stowplan_bench::calls::{self, binpack_memory, member_of, spread_zones};
use stowplan_bench::workload::{self, ClusterShape, TaskSize, WEB_GROUP, Workload};
use stowplan_engine::Engine;
use stowplan_engine::api::input::{PlacementConstraint, PlacementStrategy};
use stowplan_engine::api::{Answer, Input, Report, TaskChange};
use stowplan_engine::model::{TaskId, TaskStatus, Time};
use stowplan_engine::rng::{Rng, Stream};

const INSTANCES: [u32; 2] = [1_000, 10_000];
const CALLS_IN_A_ROUND: usize = 64;
const TASKS_IN_A_CALL: usize = 10;
/// Task sizes: small enough that every task finds a place.
const SIZES: usize = 20;

fn family(number: usize) -> String {
    format!("size-{number:02}")
}

fn size(number: usize) -> TaskSize {
    let cpu = [128, 192, 256, 320, 384][number % 5];
    TaskSize { cpu, memory: cpu * [1, 2, 3, 4][number % 4] }
}

struct Case {
    name: &'static str,
    strategy: Vec<PlacementStrategy>,
    constraints: Vec<PlacementConstraint>,
}

fn cases() -> [Case; 3] {
    let case = |name, strategy, constraints| Case { name, strategy, constraints };
    let back = member_of("attribute:tier == back");
    [
        case("binpack", vec![binpack_memory()], Vec::new()),
        case("chain", vec![spread_zones(), binpack_memory()], Vec::new()),
        case("member_of", vec![binpack_memory()], vec![back]),
    ]
}

/// An engine under churn.
struct Churn<'a> {
    engine: Engine,
    case: &'a Case,
    rng: Rng,
    live: Vec<TaskId>,
}

impl Churn<'_> {
    fn calls(&mut self) -> Vec<Input> {
        let (strategy, constraints) = (&self.case.strategy, &self.case.constraints);
        let rng = &mut self.rng;
        let call = |_| {
            let family = family(rng.pick(SIZES));
            let count = TASKS_IN_A_CALL as i64;
            calls::run_tasks(count, &family, WEB_GROUP, strategy, constraints)
        };
        (0..CALLS_IN_A_ROUND).map(call).collect()
    }

    /// Places tasks under the clock; says how many found a place, and how long it took.
    fn place(&mut self) -> (usize, Duration) {
        let calls = self.calls();
        let before = self.live.len();
        let start = Instant::now();
        for call in calls {
            let answer = self.engine.step(Time::ZERO, call).expect("the call is valid");
            while let Some(output) = self.engine.poll_output() {
                black_box(output);
            }
            if let Answer::Tasks(tasks, _) = answer {
                self.live.extend(tasks);
            }
        }
        (self.live.len() - before, start.elapsed())
    }

    /// Stops as many tasks as were placed, off the clock.
    fn stop(&mut self, tasks: usize) {
        for _ in 0..tasks {
            let task = self.live.swap_remove(self.rng.pick(self.live.len()));
            let call = calls::stop_task(self.engine.view().task_name(task));
            self.engine.step(Time::ZERO, call).expect("the task is there");
            let change = TaskChange::Status(TaskStatus::Stopped, None);
            let report = Input::Report(Report::Task(task, change));
            self.engine.step(Time::ZERO, report).expect("a report is never refused");
        }
        while self.engine.poll_output().is_some() {}
    }
}

fn churn<'a>(prepared: &Workload, case: &'a Case) -> Churn<'a> {
    let engine = prepared.engine.clone();
    let live = engine.view().tasks().iter().filter(|task| task.is_live());
    let live = live.map(|task| task.id).collect();
    let rng = Rng::for_key(7, Stream::Placement, case.name);
    let mut churn = Churn { engine, case, rng, live };
    // What is worked out once is worked out now.
    for _ in 0..2 {
        let (placed, _) = churn.place();
        assert_eq!(placed, CALLS_IN_A_ROUND * TASKS_IN_A_CALL, "{}: every task fits", case.name);
        churn.stop(placed);
    }
    churn
}

fn time(prepared: &Workload, case: &Case, placements: u64) -> Duration {
    let mut churn = churn(prepared, case);
    let (mut placed, mut elapsed) = (0, Duration::ZERO);
    while placed < placements {
        let (tasks, took) = churn.place();
        churn.stop(tasks);
        placed += tasks as u64;
        elapsed += took;
    }
    // Whole rounds: what was measured is scaled to what was asked for.
    elapsed.mul_f64(placements as f64 / placed as f64)
}

fn sustained(criterion: &mut Criterion) {
    for instances in INSTANCES {
        let mut prepared = ClusterShape::busy(instances).build();
        for number in 0..SIZES {
            prepared.define(workload::task_definition(&family(number), size(number)));
        }
        for case in cases() {
            let mut group = criterion.benchmark_group(format!("sustained/{}", case.name));
            group.throughput(Throughput::Elements(1)).sample_size(20);
            let id = BenchmarkId::from_parameter(stowplan_bench::grouped(instances));
            group.bench_function(id, |b| b.iter_custom(|n| time(&prepared, &case, n)));
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1));
    targets = sustained
}
criterion_main!(benches);
