//! Workloads for the benches, and what they are checked against.
//!
//! [`workload`] makes clusters from a seed, [`churn`], [`deployment`], [`beside`] and [`quality`]
//! what is done to them, [`calls`] spells the API calls that the benches make, [`oracle`] says in
//! the plainest way which instance a task belongs on, [`openb`] replays a public trace, [`driver`]
//! stands in for the agents of a cluster, [`scenarios`] are the project's own, [`figures`] is what
//! programs read, and [`floor`] is what none of this can be faster than.

pub mod beside;
pub mod calls;
pub mod churn;
pub mod deployment;
pub mod driver;
pub mod figures;
pub mod floor;
pub mod openb;
pub mod oracle;
pub mod quality;
pub mod scenarios;
pub mod workload;

/// `10000` as `10_000`: how sizes stand in the ids of benches.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let head = (!head.is_empty()).then(|| head.to_owned());
    head.into_iter().chain(groups).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_read_as_rust_writes_them() {
        let shown = [0, 100, 1_000, 10_000, 1_300_000].map(super::grouped);
        assert_eq!(shown, ["0", "100", "1_000", "10_000", "1_300_000"]);
    }
}
