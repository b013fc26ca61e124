//! What memory a workload takes: bytes asked of the allocator, and what Linux says was resident.
//!
//! ```text
//! memory fill      1,300,000 tasks placed on 100,000 instances
//! memory rollout   100,000 tasks rolled over on 10,000 instances; targets on, all events kept
//! memory grow      instances, tasks and services by powers of ten
//! ```

use std::process::ExitCode;
use std::time::Instant;

use peak_alloc::PeakAlloc;
use stowplan_bench::churn::{self, Fill};
use stowplan_bench::figures::{self, megabytes, most_resident};
use stowplan_bench::workload::ClusterShape;
use stowplan_bench::{beside, deployment, grouped};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("fill") => fill(100_000, 1_300_000),
        Some("rollout") => rollout(),
        Some("grow") => grow(),
        _ => {
            eprintln!("usage: memory fill | rollout | grow");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn held() -> u64 {
    HEAP.current_usage() as u64
}

fn peak() -> u64 {
    HEAP.peak_usage() as u64
}

fn resident() -> String {
    most_resident().map_or_else(|| "unknown".into(), megabytes)
}

/// Places tasks, and tells at some numbers of them what they have cost so far.
fn fill(instances: u32, tasks: u32) {
    let [binpack, ..] = churn::cases();
    let mut prepared = ClusterShape::empty(instances).build();
    churn::define(&mut prepared);
    let mut fill = Fill::new(prepared, &binpack, tasks);
    let empty = held();
    HEAP.reset_peak_usage();
    let (mut since, mut last) = (Instant::now(), 0);
    fill.run(|placed| {
        if [1_000, 10_000, 100_000, 500_000, 1_000_000, tasks as usize].contains(&placed) {
            let each = since.elapsed().as_nanos() as usize / (placed - last);
            let id = format!("fill/{}/{}", grouped(instances), grouped(placed as u32));
            figures::print(
                id,
                &[
                    ("instances", &instances),
                    ("tasks", &placed),
                    ("heap_mb", &megabytes(held())),
                    ("peak_heap_mb", &megabytes(peak())),
                    ("heap_empty_mb", &megabytes(empty)),
                    ("resident_mb", &resident()),
                    ("ns_a_task", &each),
                ],
            );
            (since, last) = (Instant::now(), placed);
        }
    });
}

/// A deployment with nothing left out.
fn rollout() {
    let [.., case] = deployment::cases();
    let (mut driver, service) = case.prepare();
    driver.events = Some(Vec::new());
    let steady = held();
    HEAP.reset_peak_usage();
    let start = Instant::now();
    deployment::deploy(&mut driver, service);
    let took = start.elapsed();
    let events = driver.events.as_ref().map_or(0, Vec::len);
    figures::print(
        format!("rollout_memory/{case}"),
        &[
            ("instances", &case.instances),
            ("tasks", &case.tasks),
            ("events", &events),
            ("heap_before_mb", &megabytes(steady)),
            ("heap_mb", &megabytes(held())),
            ("peak_heap_mb", &megabytes(peak())),
            ("resident_mb", &resident()),
            ("ms", &took.as_millis()),
        ],
    );
}

/// What one more of each thing takes.
fn grow() {
    for instances in [1_000, 10_000, 100_000] {
        let before = held();
        let prepared = ClusterShape::empty(instances).build();
        tell_growth("instances", instances, held() - before);
        drop(prepared);
    }
    let without = {
        let before = held();
        let none = beside::steady(0, 0);
        let bytes = held() - before;
        drop(none);
        bytes
    };
    for services in beside::SERVICES {
        let before = held();
        let with = beside::steady(services, 0);
        tell_growth("services", services, (held() - before).saturating_sub(without));
        drop(with);
    }
}

fn tell_growth(what: &str, count: u32, bytes: u64) {
    figures::print(
        format!("memory/{what}/{}", grouped(count)),
        &[
            (what, &count),
            ("heap_mb", &megabytes(bytes)),
            ("bytes_each", &(bytes / u64::from(count))),
        ],
    );
}
