//! One placement: RunTask of one task on EC2, with the decision, the update of the state and the
//! record of the decision (task, events, the order to start).
//!
//! The cluster stays in the same fill: up to [`BATCH`] tasks are placed under the clock, then they
//! are stopped again, to the end, outside of it. Calls are made ready outside of it too. Each
//! sample begins with a copy of the same cluster, so that the list of stopped tasks stays short.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use stowplan_bench::calls::{self, binpack_memory, member_of, spread_zones};
use stowplan_bench::oracle::{self, Prefer, Question};
use stowplan_bench::workload::{self, ClusterShape, TaskSize, WEB_GROUP, Workload};
use stowplan_engine::api::input::{PlacementConstraint, PlacementStrategy};
use stowplan_engine::api::{Answer, Input, Report, TaskChange};
use stowplan_engine::expr::Expression;
use stowplan_engine::model::{InstanceId, TaskId, TaskStatus, Time};
use stowplan_engine::{Engine, Free};

const INSTANCES: [u32; 3] = [100, 1_000, 10_000];
const BATCH: u64 = 16;
const FAMILY: &str = "probe";
const SIZE: TaskSize = TaskSize { cpu: 256, memory: 512 };
const BACK_ON_M5: &str = "attribute:tier == back and attribute:ecs.instance-type =~ m5.*";

/// A way to place.
struct Case {
    name: &'static str,
    strategy: Vec<PlacementStrategy>,
    member_of: Option<&'static str>,
    prefer: &'static [Prefer],
}

fn cases() -> [Case; 4] {
    use Prefer::{EmptiestZone, LeastMemory};
    let case = |name, strategy, member_of, prefer| Case { name, strategy, member_of, prefer };
    [
        case("binpack", vec![binpack_memory()], None, &[LeastMemory]),
        case("spread", vec![spread_zones()], None, &[EmptiestZone]),
        case("chain", vec![spread_zones(), binpack_memory()], None, &[EmptiestZone, LeastMemory]),
        case("member_of", vec![binpack_memory()], Some(BACK_ON_M5), &[LeastMemory]),
    ]
}

fn placement(criterion: &mut Criterion) {
    for instances in INSTANCES {
        let mut prepared = ClusterShape::busy(instances).build();
        prepared.define(workload::task_definition(FAMILY, SIZE));
        for case in cases() {
            assert_outcome(&prepared, &case);
            let mut group = criterion.benchmark_group(format!("place/{}", case.name));
            group.throughput(Throughput::Elements(1));
            group.bench_function(
                BenchmarkId::from_parameter(stowplan_bench::grouped(instances)),
                |b| {
                    b.iter_custom(|placements| time(&prepared, &case, placements));
                },
            );
        }
    }
}

fn time(prepared: &Workload, case: &Case, placements: u64) -> Duration {
    let mut engine = prepared.engine.clone();
    let mut elapsed = Duration::ZERO;
    let mut left = placements;
    while left > 0 {
        let batch = left.min(BATCH);
        let calls: Vec<Input> = (0..batch).map(|_| case.call()).collect();
        let mut tasks = Vec::with_capacity(calls.len());
        let start = Instant::now();
        for call in calls {
            tasks.push(place(&mut engine, call));
        }
        elapsed += start.elapsed();
        stop(&mut engine, &tasks);
        left -= batch;
    }
    elapsed
}

impl Case {
    fn call(&self) -> Input {
        let constraints: Vec<PlacementConstraint> =
            self.member_of.map(member_of).into_iter().collect();
        calls::run_task(FAMILY, WEB_GROUP, &self.strategy, &constraints)
    }
}

/// Places one task and drains what the engine has to say.
fn place(engine: &mut Engine, call: Input) -> TaskId {
    let answer = engine.step(Time::ZERO, call).expect("the call is valid");
    while let Some(output) = engine.poll_output() {
        black_box(output);
    }
    match answer {
        Answer::Tasks(tasks, _) => *tasks.first().expect("the task fits somewhere"),
        other => unreachable!("RunTask answers with tasks, not with {other:?}"),
    }
}

/// Takes tasks back, the last one first.
fn stop(engine: &mut Engine, tasks: &[TaskId]) {
    for &task in tasks.iter().rev() {
        let call = calls::stop_task(engine.view().task_name(task));
        engine.step(Time::ZERO, call).expect("the task is there");
        let change = TaskChange::Status(TaskStatus::Stopped, None);
        let report = Input::Report(Report::Task(task, change));
        engine.step(Time::ZERO, report).expect("a report is never refused");
    }
    while engine.poll_output().is_some() {}
}

/// Every task of a batch stands where the plainest reading of the rules puts it, and stopping the
/// batch leaves every instance as it was.
fn assert_outcome(prepared: &Workload, case: &Case) {
    let mut engine = prepared.engine.clone();
    let before = free(&engine);
    let expression = case.member_of.map(|text| Expression::parse(text).expect("it is valid"));
    let question = Question {
        size: SIZE,
        group: WEB_GROUP,
        member_of: expression.as_ref(),
        prefer: case.prefer,
    };
    let mut tasks = Vec::new();
    for number in 0..BATCH {
        let expected = oracle::best(engine.view(), &question).expect("the task fits somewhere");
        let task = place(&mut engine, case.call());
        let chosen = engine.view().task(task).instance;
        assert_eq!(chosen, Some(expected), "place/{}: task {number}", case.name);
        tasks.push(task);
    }
    assert_ne!(free(&engine), before);
    stop(&mut engine, &tasks);
    assert_eq!(free(&engine), before, "place/{}: the fill stays the same", case.name);
}

fn free(engine: &Engine) -> Vec<(InstanceId, Free)> {
    let view = engine.view();
    view.instances().map(|(id, _)| (id, view.instance_free(id))).collect()
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1));
    targets = placement
}
