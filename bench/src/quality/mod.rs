//! Packings: tasks that come one after the other to as many equal hosts as they need.

pub mod bound;

use stowplan_engine::api::Answer;
use stowplan_engine::api::input::PlacementStrategy;
use stowplan_engine::model::Time;
use stowplan_engine::rng::{Rng, Stream};

use crate::calls;
use crate::workload::{self, ClusterShape, TaskSize};

/// Kinds of hosts, and what they have for tasks.
pub const HOSTS: [(&str, TaskSize); 2] = [
    ("2xlarge", TaskSize { cpu: 8192, memory: 31_744 }),
    ("xlarge", TaskSize { cpu: 4096, memory: 15_872 }),
];
/// What tasks are drawn from.
pub const MIXES: [Mix; 2] = [Mix::Services, Mix::Fargate];

const SERVICE_CPU: [u32; 9] = [128, 256, 256, 512, 512, 1024, 1024, 2048, 4096];
const SERVICE_FACTORS: [(u32, u64); 4] = [(1, 25), (2, 35), (4, 25), (8, 15)];
const FARGATE: [(u32, u64); 5] = [(256, 30), (512, 30), (1024, 20), (2048, 13), (4096, 7)];

/// How sizes of tasks are distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mix {
    /// Twenty task definitions, of which the n-th has one n-th as many tasks as the first.
    Services,
    /// The sizes that Fargate has.
    Fargate,
}

impl Mix {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Fargate => "fargate",
        }
    }
}

/// Tasks in the order in which they come, 200 to 500 of them; none is larger than a host.
pub fn draw(mix: Mix, host: TaskSize, seed: u64) -> Vec<TaskSize> {
    let mut rng = Rng::for_key(seed, Stream::Placement, mix.name());
    let count = 200 + 100 * ((seed - 1) % 4);
    let definitions: Vec<TaskSize> = (0..20).map(|_| service_size(&mut rng)).collect();
    let ranks: Vec<u64> = (1..=20).map(|rank| 1_000_000 / rank).collect();
    let one = |_| match mix {
        Mix::Services => definitions[workload::weighted(&mut rng, &ranks)],
        Mix::Fargate => fargate_size(&mut rng),
    };
    let clip = |task: TaskSize| TaskSize {
        cpu: task.cpu.min(host.cpu),
        memory: task.memory.min(host.memory),
    };
    (0..count).map(one).map(clip).collect()
}

fn service_size(rng: &mut Rng) -> TaskSize {
    let cpu = SERVICE_CPU[rng.pick(SERVICE_CPU.len())];
    let likely = SERVICE_FACTORS.map(|(_, likely)| likely);
    let factor = SERVICE_FACTORS[workload::weighted(rng, &likely)].0;
    TaskSize { cpu, memory: (cpu * factor).clamp(256, 24_576) }
}

fn fargate_size(rng: &mut Rng) -> TaskSize {
    let cpu = FARGATE[workload::weighted(rng, &FARGATE.map(|(_, likely)| likely))].0;
    let memory = match cpu {
        256 => [512, 1024, 2048][rng.pick(3)],
        512 => 1024 * rng.uniform(1, 4) as u32,
        1024 => 1024 * rng.uniform(2, 8) as u32,
        2048 => 1024 * rng.uniform(4, 16) as u32,
        _ => 1024 * rng.uniform(8, 30) as u32,
    };
    TaskSize { cpu, memory }
}

/// What came of placing tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Hosts with a task.
    pub used: u32,
    /// Tasks without a place.
    pub unplaced: u32,
}

/// RunTask of each, `binpack` by memory, on as many hosts as there are tasks: so an empty one is
/// taken only when no other has room.
///
/// # Panics
///
/// When a call is refused.
pub fn placed_by_engine(host: TaskSize, tasks: &[TaskSize]) -> Placed {
    let mut workload = ClusterShape::empty(0).build();
    for number in 0..tasks.len() {
        let name = format!("{number:032x}");
        workload.register(workload::instance(&name, "us-east-1a", host, Vec::new()));
    }
    let strategy: [PlacementStrategy; 1] = [calls::binpack_memory()];
    let mut unplaced = 0;
    for &task in tasks {
        let family = format!("t-{}-{}", task.cpu, task.memory);
        if workload.engine.view().find_definition(&family).is_none() {
            workload.define(workload::task_definition(&family, task));
        }
        let call = calls::run_task(&family, "all", &strategy, &[]);
        let answer = workload.engine.step(Time::ZERO, call).expect("the call is valid");
        unplaced += u32::from(!matches!(answer, Answer::Tasks(placed, _) if !placed.is_empty()));
    }
    let used = workload.engine.view().instances().filter(|(_, row)| !row.tasks.is_empty());
    Placed { used: used.count() as u32, unplaced }
}
