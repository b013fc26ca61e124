//! How full the cluster is, by where its capacity comes from.

use crate::model::Board;
use crate::words::percent;
use crate::worker::protocol::TaskStatus;

/// One source of capacity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    /// Instances, or tasks where there are none.
    pub count: u64,
    /// Reserved share of its memory in percent; `None` for what has no memory of its own.
    pub reserved: Option<u64>,
}

/// The sources in order of first use: groups by name, else On-demand and Spot; Fargate last.
#[must_use]
pub fn sources(board: &Board) -> Vec<Source> {
    let mut totals: Vec<(String, u64, u64, u64)> = Vec::new();
    for (_, host, state) in board.live_hosts() {
        let name = match (host.group.as_str(), host.spot) {
            ("", true) => "Spot",
            ("", false) => "On-demand",
            (group, _) => group,
        };
        if !totals.iter().any(|total| total.0 == name) {
            totals.push((name.to_owned(), 0, 0, 0));
        }
        let Some(total) = totals.iter_mut().find(|total| total.0 == name) else { continue };
        total.1 += 1;
        total.2 += u64::from(host.memory.saturating_sub(state.memory_left));
        total.3 += u64::from(host.memory);
    }
    let mut sources: Vec<Source> = totals
        .into_iter()
        .map(|(name, count, used, whole)| Source {
            name,
            count,
            reserved: Some(percent(used, whole)),
        })
        .collect();
    for (name, spot) in [("Fargate", false), ("Fargate Spot", true)] {
        let here = board.frame.tasks.iter().filter(|task| {
            task.fargate && task.spot == spot && task.last_status != TaskStatus::Stopped
        });
        let count = here.count() as u64;
        if count > 0 {
            sources.push(Source { name: name.to_owned(), count, reserved: None });
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn reserved_memory_is_a_share_of_all_instances_of_a_source() {
        let sources = sources(&fixture::many(2, 4));
        assert_eq!(sources.len(), 1);
        assert_eq!((sources[0].name.as_str(), sources[0].count), ("On-demand", 2));
        assert_eq!(sources[0].reserved, Some(25));
    }

    #[test]
    fn fargate_counts_tasks_and_has_no_memory() {
        let sources = sources(&fixture::on_fargate(5));
        let fargate = Source { name: "Fargate".to_owned(), count: 5, reserved: None };
        assert_eq!(sources, [fargate]);
    }
}
