//! All suites in one program: it is built, and optimised as a whole, once.

mod first;
mod growth;
mod import;
mod placement;
mod replay;
mod rollout;
mod simulation;
mod sustained;
mod sweep;

use criterion::criterion_main;

criterion_main!(
    first::benches,
    growth::benches,
    import::benches,
    placement::benches,
    replay::benches,
    rollout::benches,
    simulation::benches,
    sustained::benches,
    sweep::benches,
);
