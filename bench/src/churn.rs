//! Placements without end: RunTask of ten tasks after RunTask of ten tasks, of twenty sizes drawn
//! by lot, while as many tasks stop, drawn by lot too, so that the fill stays the same. The engine
//! and the [floor](crate::floor) take in the same tasks.

use std::hint::black_box;
use std::time::{Duration, Instant};

use stowplan_engine::api::input::{PlacementConstraint, PlacementStrategy};
use stowplan_engine::api::{Answer, Input, Report, TaskChange};
use stowplan_engine::model::{TaskId, TaskStatus, Time};
use stowplan_engine::rng::{Rng, Stream};
use stowplan_engine::{Engine, View};

use crate::calls::{self, binpack_memory, member_of, spread_zones};
use crate::floor::Floor;
use crate::workload::{self, TaskSize, WEB_GROUP, Workload};

/// RunTask calls before as many tasks stop.
pub const CALLS_IN_A_ROUND: usize = 64;
/// Tasks of a call.
pub const TASKS_IN_A_CALL: usize = 10;
/// Tasks that are placed, and that stop, in a round.
pub const TASKS_IN_A_ROUND: usize = CALLS_IN_A_ROUND * TASKS_IN_A_CALL;
/// Task sizes: small enough that every task finds a place.
const SIZES: usize = 20;

fn family(number: usize) -> String {
    format!("size-{number:02}")
}

fn size(number: usize) -> TaskSize {
    let cpu = [128, 192, 256, 320, 384][number % 5];
    TaskSize { cpu, memory: cpu * [1, 2, 3, 4][number % 4] }
}

/// Registers what is placed.
pub fn define(workload: &mut Workload) {
    for number in 0..SIZES {
        workload.define(workload::task_definition(&family(number), size(number)));
    }
}

/// A way to place.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is called in the ids of benches.
    pub name: &'static str,
    strategy: Vec<PlacementStrategy>,
    constraints: Vec<PlacementConstraint>,
}

impl Case {
    /// `binpack` by memory under so many constraints that hold everywhere.
    pub fn constrained(constraints: usize) -> Self {
        let one = |number| member_of(&format!("attribute:tier != nothing-{number}"));
        let constraints = (0..constraints).map(one).collect();
        Self { name: "constraints", strategy: vec![binpack_memory()], constraints }
    }
}

/// What is measured.
pub fn cases() -> [Case; 3] {
    let case = |name, strategy, constraints| Case { name, strategy, constraints };
    let back = member_of("attribute:tier == back");
    [
        case("binpack", vec![binpack_memory()], Vec::new()),
        case("chain", vec![spread_zones(), binpack_memory()], Vec::new()),
        case("member_of", vec![binpack_memory()], vec![back]),
    ]
}

/// Numbers of the sizes of a round's calls.
fn sizes_of_a_round(rng: &mut Rng) -> Vec<usize> {
    (0..CALLS_IN_A_ROUND).map(|_| rng.pick(SIZES)).collect()
}

fn lots() -> Rng {
    Rng::for_key(7, Stream::Placement, "bench/churn")
}

/// Rounds before the first that counts: two tasks an instance. A copy of a cluster has lists
/// without room to grow, which a cluster that has been at work for a while has not.
fn warm_up(view: View<'_>) -> usize {
    2 + 2 * view.instances().count() / TASKS_IN_A_ROUND
}

/// An engine under churn.
#[derive(Clone, Debug)]
pub struct Churn<'a> {
    engine: Engine,
    case: &'a Case,
    rng: Rng,
    live: Vec<TaskId>,
}

impl<'a> Churn<'a> {
    /// Begins with a copy of a cluster; what is worked out once is worked out here.
    ///
    /// # Panics
    ///
    /// When some task finds no place.
    pub fn new(prepared: &Workload, case: &'a Case) -> Self {
        let mut churn = Self::cold(prepared, case);
        for _ in 0..warm_up(prepared.engine.view()) {
            churn.round();
        }
        churn
    }

    fn cold(prepared: &Workload, case: &'a Case) -> Self {
        let engine = prepared.engine.clone();
        let live = live_tasks(engine.view()).collect();
        Self { engine, case, rng: lots(), live }
    }

    /// A round; what of it is under the clock: the calls, their decisions, the state, the record,
    /// and that placement takes in what the stops before have changed.
    pub fn round(&mut self) -> Duration {
        let calls = self.calls();
        let before = self.live.len();
        let start = Instant::now();
        self.place(calls);
        let elapsed = start.elapsed();
        let placed = self.live.len() - before;
        assert_eq!(placed, TASKS_IN_A_ROUND, "{}: every task fits", self.case.name);
        self.stop(placed);
        elapsed
    }

    /// The calls of the next round.
    pub fn calls(&mut self) -> Vec<Input> {
        let sizes = sizes_of_a_round(&mut self.rng);
        sizes.into_iter().map(|size| self.call(size)).collect()
    }

    fn call(&self, size: usize) -> Input {
        let Case { strategy, constraints, .. } = self.case;
        calls::run_tasks(TASKS_IN_A_CALL as i64, &family(size), WEB_GROUP, strategy, constraints)
    }

    /// Makes calls, and drains what the engine has to say.
    pub fn place(&mut self, calls: Vec<Input>) {
        for call in calls {
            let answer = self.engine.step(Time::ZERO, call).expect("the call is valid");
            while let Some(output) = self.engine.poll_output() {
                black_box(output);
            }
            if let Answer::Tasks(tasks, _) = answer {
                self.live.extend(tasks);
            }
        }
    }

    /// Stops so many tasks, drawn by lot; says which.
    pub fn stop(&mut self, tasks: usize) -> Vec<TaskId> {
        let mut stopped = Vec::with_capacity(tasks);
        for _ in 0..tasks {
            let task = self.live.swap_remove(self.rng.pick(self.live.len()));
            let call = calls::stop_task(self.engine.view().task_name(task));
            self.engine.step(Time::ZERO, call).expect("the task is there");
            let change = TaskChange::Status(TaskStatus::Stopped, None);
            let report = Input::Report(Report::Task(task, change));
            self.engine.step(Time::ZERO, report).expect("a report is never refused");
            stopped.push(task);
        }
        while self.engine.poll_output().is_some() {}
        stopped
    }
}

fn live_tasks(view: View<'_>) -> impl Iterator<Item = TaskId> {
    view.tasks().iter().filter(|task| task.is_live()).map(|task| task.id)
}

/// A task on the floor: its host, and what it takes there.
type Stand = (u32, TaskSize);

fn stand(view: View<'_>, task: TaskId) -> Stand {
    let row = view.task(task);
    let host = row.instance.expect("the task is placed").index() as u32;
    (host, TaskSize { cpu: row.demand.cpu, memory: row.demand.memory })
}

/// The floor over the instances of a cluster.
pub fn floor_over(view: View<'_>) -> Floor {
    let mut largest = TaskSize { cpu: 0, memory: 0 };
    let mut hosts = Vec::new();
    for (id, row) in view.instances() {
        let free = view.instance_free(id);
        hosts.push(TaskSize { cpu: free.cpu, memory: free.memory });
        largest.cpu = largest.cpu.max(row.registered_cpu);
        largest.memory = largest.memory.max(row.registered_memory);
    }
    Floor::new(&hosts, largest)
}

/// The floor under the same churn.
#[derive(Clone, Debug)]
pub struct FloorChurn {
    floor: Floor,
    rng: Rng,
    live: Vec<Stand>,
}

impl FloorChurn {
    /// Begins where [`Churn::new`] does.
    pub fn new(prepared: &Workload) -> Self {
        let view = prepared.engine.view();
        let live = live_tasks(view).map(|task| stand(view, task)).collect();
        let mut churn = Self { floor: floor_over(view), rng: lots(), live };
        for _ in 0..warm_up(view) {
            churn.round();
        }
        churn
    }

    /// A round; under the clock: finding and taking of as many places as in the engine's round,
    /// and giving back as many. Which tasks stop is drawn off the clock.
    pub fn round(&mut self) -> Duration {
        let sizes = sizes_of_a_round(&mut self.rng);
        let start = Instant::now();
        for number in sizes {
            place_on(&mut self.floor, &mut self.live, number);
        }
        let placing = start.elapsed();
        let stopped: Vec<Stand> = (0..TASKS_IN_A_ROUND)
            .map(|_| self.live.swap_remove(self.rng.pick(self.live.len())))
            .collect();
        let start = Instant::now();
        for (host, task) in stopped {
            self.floor.give(host, task);
        }
        placing + start.elapsed()
    }

    /// Task after task: one leaves, drawn by lot, and one of a size drawn by lot comes. Under the
    /// clock: to look up what leaves, to give it back, to find a place and to take it.
    pub fn steps(&mut self) -> Duration {
        let lots: Vec<(usize, usize)> = (0..TASKS_IN_A_ROUND)
            .map(|_| (self.rng.pick(self.live.len()), self.rng.pick(SIZES)))
            .collect();
        let start = Instant::now();
        for (leaver, number) in lots {
            let (host, task) = self.live.swap_remove(leaver);
            self.floor.give(host, task);
            self.place(size(number));
        }
        start.elapsed()
    }

    fn place(&mut self, task: TaskSize) {
        let host = self.floor.find(task).expect("every task fits");
        self.floor.take(host, task);
        self.live.push((host, task));
    }
}

fn place_on(floor: &mut Floor, live: &mut Vec<Stand>, number: usize) {
    let task = size(number);
    for _ in 0..TASKS_IN_A_CALL {
        let host = floor.find(task).expect("every task fits");
        floor.take(host, task);
        live.push((host, task));
    }
}

/// Follows the engine on the floor for some rounds: for each task the best fit of the floor, the
/// one of a scan over all hosts and the instance that the engine chose have the same memory.
///
/// # Panics
///
/// When they have not.
pub fn assert_floor(prepared: &Workload, rounds: usize) {
    let [binpack, ..] = cases();
    let mut churn = Churn::cold(prepared, &binpack);
    let mut floor = floor_over(churn.engine.view());
    for _ in 0..rounds {
        let before = churn.live.len();
        let calls = churn.calls();
        churn.place(calls);
        for &task in &churn.live[before..] {
            let (host, size) = stand(churn.engine.view(), task);
            let memory = |host: Option<u32>| host.map(|host| floor.free(host).memory);
            let chosen = memory(Some(host));
            assert_eq!(memory(floor.find(size)), chosen, "the floor and the engine disagree");
            assert_eq!(memory(floor.find_by_scan(size)), chosen, "the scan disagrees");
            floor.take(host, size);
        }
        for task in churn.stop(churn.live.len() - before) {
            let (host, size) = stand(churn.engine.view(), task);
            floor.give(host, size);
        }
    }
}

/// Calls that put so many tasks on a cluster, ten at a time.
#[derive(Clone, Debug)]
pub struct Fill<'a> {
    engine: Engine,
    case: &'a Case,
    sizes: Vec<usize>,
}

/// Sizes of the calls that put so many tasks on a cluster.
fn sizes_of_a_fill(tasks: u32) -> Vec<usize> {
    let mut rng = lots();
    (0..tasks as usize / TASKS_IN_A_CALL).map(|_| rng.pick(SIZES)).collect()
}

impl<'a> Fill<'a> {
    /// An empty cluster that is to get so many tasks.
    pub fn new(empty: Workload, case: &'a Case, tasks: u32) -> Self {
        Self { engine: empty.engine, case, sizes: sizes_of_a_fill(tasks) }
    }

    /// Puts the tasks there, and tells after each call how many are there. Calls are made under
    /// the clock.
    ///
    /// # Panics
    ///
    /// When some task finds no place.
    pub fn run(&mut self, mut told: impl FnMut(usize)) {
        let Case { strategy, constraints, .. } = self.case;
        let count = TASKS_IN_A_CALL as i64;
        for (number, &size) in self.sizes.iter().enumerate() {
            let call = calls::run_tasks(count, &family(size), WEB_GROUP, strategy, constraints);
            let answer = self.engine.step(Time::ZERO, call).expect("the call is valid");
            while let Some(output) = self.engine.poll_output() {
                black_box(output);
            }
            let placed =
                matches!(answer, Answer::Tasks(tasks, _) if tasks.len() == TASKS_IN_A_CALL);
            assert!(placed, "every task fits");
            told((number + 1) * TASKS_IN_A_CALL);
        }
    }

    /// The engine, filled.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// The floor, filled with the same tasks.
#[derive(Clone, Debug)]
pub struct FloorFill {
    floor: Floor,
    sizes: Vec<usize>,
    live: Vec<Stand>,
}

impl FloorFill {
    /// An empty cluster that is to get so many tasks.
    pub fn new(prepared: &Workload, tasks: u32) -> Self {
        let floor = floor_over(prepared.engine.view());
        let live = Vec::with_capacity(tasks as usize);
        Self { floor, sizes: sizes_of_a_fill(tasks), live }
    }

    /// Puts the tasks there.
    pub fn run(&mut self) {
        for &number in &self.sizes {
            place_on(&mut self.floor, &mut self.live, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::ClusterShape;

    #[test]
    fn the_floor_places_with_the_memory_that_the_engine_places_with() {
        let mut prepared = ClusterShape::busy(150).build();
        define(&mut prepared);
        assert_floor(&prepared, 2);
    }

    #[test]
    fn as_many_tasks_come_as_leave() {
        let mut prepared = ClusterShape::busy(150).build();
        define(&mut prepared);
        let instances = prepared.engine.view().instances().count() as u32;
        let emptied = |churn: &FloorChurn| -> Vec<TaskSize> {
            let mut floor = churn.floor.clone();
            churn.live.iter().for_each(|&(host, task)| floor.give(host, task));
            (0..instances).map(|host| floor.free(host)).collect()
        };
        let mut churn = FloorChurn::new(&prepared);
        let (tasks, room) = (churn.live.len(), emptied(&churn));
        churn.steps();
        churn.round();
        assert_eq!((churn.live.len(), emptied(&churn)), (tasks, room));
    }

    #[test]
    fn both_fills_leave_equally_many_tasks() {
        let mut prepared = ClusterShape::empty(20).build();
        define(&mut prepared);
        let [case, ..] = cases();
        let mut ours = Fill::new(prepared.clone(), &case, 200);
        ours.run(|_| {});
        assert_eq!(live_tasks(ours.engine().view()).count(), 200);
        let mut floor = FloorFill::new(&prepared, 200);
        floor.run();
        assert_eq!(floor.live.len(), 200);
    }
}
