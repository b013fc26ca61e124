//! Rolling deployments of a service, of 1,000 tasks on 200 instances and of 100,000 on 10,000, from
//! the call to the steady state, with every report of the tasks and every event of the engine; and
//! what it takes to put the engine aside in the middle of one and to go on from there.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stowplan_bench::driver::{Driver, Latencies};
use stowplan_bench::workload::{self, ClusterShape, TaskSize};
use stowplan_bench::{calls, grouped};
use stowplan_engine::api::{Answer, Setup};
use stowplan_engine::model::{RolloutState, ServiceId, Span, Time};
use stowplan_engine::{Engine, View};

const LATENCIES: Latencies = Latencies {
    running: Span::from_secs(15),
    healthy: Span::from_secs(30),
    stopped: Span::from_secs(30),
};

/// A service, and what a deployment of it must come to.
struct Case {
    instances: u32,
    tasks: u32,
    size: TaskSize,
    launches_per_minute: u32,
    minimum_healthy_percent: u32,
    maximum_percent: u32,
    outcome: Outcome,
}

/// What a deployment came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outcome {
    /// Most tasks live or stopping at the end of an instant.
    peak: u32,
    /// Fewest healthy tasks at the end of an instant.
    floor: u32,
    /// When the deployment was COMPLETED.
    completed: Time,
    /// Tasks that were started.
    started: usize,
}

/// The arithmetic of 03 section 5.4, with a pass every 10 s and 500 launches a minute.
///
/// 100/200: 500 start at 0 s (the quota), run at 15 s and are healthy at 45 s, so that at 50 s 500
/// old tasks stop; 500 more start at 60 s, 500 more stop at 110 s and are gone at 140 s.
///
/// 50/100: 500 old tasks stop at 0 s and are gone at 30 s; 500 start, healthy at 75 s; at 80 s the
/// other 500 stop, gone at 110 s; 500 start, healthy at 155 s, seen at 160 s.
///
/// 100/200 without that quota: all start at 0 s and are healthy at 45 s, so that at 50 s all old
/// tasks stop; they are gone at 80 s.
fn cases() -> [Case; 3] {
    let outcome = |peak, floor, completed, started| Outcome {
        peak,
        floor,
        completed: Time::from_secs(completed),
        started,
    };
    let small = |minimum_healthy_percent, maximum_percent, outcome| Case {
        instances: 200,
        tasks: 1_000,
        size: TaskSize { cpu: 256, memory: 512 },
        launches_per_minute: 500,
        minimum_healthy_percent,
        maximum_percent,
        outcome,
    };
    let large = Case {
        instances: 10_000,
        tasks: 100_000,
        size: TaskSize { cpu: 128, memory: 128 },
        launches_per_minute: u32::MAX,
        ..small(100, 200, outcome(200_000, 100_000, 80, 100_000))
    };
    [
        small(100, 200, outcome(2_000, 1_000, 140, 1_000)),
        small(50, 100, outcome(1_000, 500, 160, 1_000)),
        large,
    ]
}

impl Case {
    fn id(&self) -> String {
        let Self { minimum_healthy_percent: min, maximum_percent: max, .. } = self;
        format!("min{min}_max{max}/{}x{}", grouped(self.tasks), grouped(self.instances))
    }

    /// A steady service whose next revision is registered.
    fn prepare(&self) -> (Driver, ServiceId) {
        let launches_per_minute = self.launches_per_minute;
        let empty = ClusterShape::empty(self.instances);
        let mut workload = ClusterShape { launches_per_minute, ..empty }.build();
        for _ in 0..2 {
            workload.define(workload::checked_task_definition("web", self.size));
        }
        let (min, max) = (self.minimum_healthy_percent, self.maximum_percent);
        let input = Box::new(calls::service("web", "web:1", self.tasks, min, max));
        let created_at = Time::from_secs(-3600);
        let answer = workload.set_up(Setup::Service { input, deployments: Vec::new(), created_at });
        let Answer::GivenService(service, _) = answer else {
            unreachable!("a service answers with its id, not with {answer:?}")
        };
        workload.set_up(Setup::Fill { service, running_since: created_at });
        (Driver::new(workload.engine, LATENCIES), service)
    }
}

/// Runs a deployment to its end.
fn deploy(driver: &mut Driver, service: ServiceId) {
    driver.call(Time::ZERO, calls::deploy("web", "web:2"));
    driver.run_while(|view, _| !is_over(view, service));
}

/// COMPLETED, and no task is left that stops.
fn is_over(view: View<'_>, service: ServiceId) -> bool {
    let row = view.service(service);
    is_completed(view, service) && row.tasks.len() == row.desired as usize
}

fn is_completed(view: View<'_>, service: ServiceId) -> bool {
    view.primary(service).is_some_and(|it| view.deployment(it).rollout == RolloutState::Completed)
}

/// The same with an eye on every instant.
fn observe(driver: &mut Driver, service: ServiceId) -> Outcome {
    let before = driver.engine.view().tasks().len();
    let mut outcome = Outcome { peak: 0, floor: u32::MAX, completed: Time::ZERO, started: 0 };
    let mut look = |view: View<'_>, now: Time| {
        let counts = view.counts(service, now);
        outcome.peak = outcome.peak.max(counts.occupying());
        outcome.floor = outcome.floor.min(counts.healthy);
        if outcome.completed == Time::ZERO && is_completed(view, service) {
            outcome.completed = now;
        }
        outcome.started = view.tasks().len() - before;
        !is_over(view, service)
    };
    driver.call(Time::ZERO, calls::deploy("web", "web:2"));
    look(driver.engine.view(), Time::ZERO);
    driver.run_while(look);
    outcome
}

fn assert_outcome(driver: &Driver, service: ServiceId, case: &Case) {
    let mut driver = driver.clone();
    assert_eq!(observe(&mut driver, service), case.outcome, "rollout/{}", case.id());
    let view = driver.engine.view();
    let definition = view.find_definition("web:2").expect("it is registered");
    let counts = view.counts(service, driver.engine.now());
    assert_eq!((counts.running, counts.healthy, counts.stopping), (case.tasks, case.tasks, 0));
    let mut tasks = view.service(service).tasks.iter();
    assert!(tasks.all(|&task| view.task(task).definition == definition));
    let per_instance = || view.instances().map(|(_, row)| row.tasks.len());
    println!(
        "rollout/{}: {} outputs; tasks an instance: {} to {}",
        case.id(),
        driver.outputs,
        per_instance().min().unwrap_or(0),
        per_instance().max().unwrap_or(0),
    );
}

fn rollout(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rollout");
    group.sample_size(10);
    for case in cases() {
        let (prepared, service) = case.prepare();
        assert_outcome(&prepared, service, &case);
        group.throughput(Throughput::Elements(case.tasks.into()));
        group.bench_function(BenchmarkId::from_parameter(case.id()), |b| {
            b.iter_batched_ref(
                || prepared.clone(),
                |driver| deploy(driver, service),
                BatchSize::PerIteration,
            );
        });
    }
}

/// An engine in the middle of a deployment: as many tasks as the ceiling allows.
fn halfway() -> Engine {
    let [case, ..] = cases();
    let (mut driver, service) = case.prepare();
    driver.call(Time::ZERO, calls::deploy("web", "web:2"));
    driver.run_while(|view, now| view.counts(service, now).occupying() < case.outcome.peak);
    driver.engine
}

fn snapshot(criterion: &mut Criterion) {
    let engine = halfway();
    let instances = engine.view().instances().count();
    let restored = Engine::restore(engine.snapshot());
    assert_eq!(restored, engine, "a restored engine is the engine");
    assert_eq!(restored.state_hash(), engine.state_hash());
    let tasks = engine.view().tasks().len();
    let size = format!("{}x{instances}", grouped(u32::try_from(tasks).expect("few tasks")));
    let mut group = criterion.benchmark_group("snapshot");
    group.bench_function(BenchmarkId::new("take", &size), |b| b.iter(|| engine.snapshot()));
    group.bench_function(BenchmarkId::new("take_and_restore", &size), |b| {
        b.iter(|| Engine::restore(black_box(engine.snapshot())));
    });
    group.bench_function(BenchmarkId::new("state_hash", &size), |b| b.iter(|| engine.state_hash()));
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1));
    targets = rollout, snapshot
}
criterion_main!(benches);
