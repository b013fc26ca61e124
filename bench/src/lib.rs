//! Workloads for the benches.
