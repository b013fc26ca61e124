//! Which instance a task belongs on (01 section 4), in the plainest way: every instance is looked
//! at through the public view, nothing is kept from one task to the next.

use std::collections::BTreeMap;

use stowplan_engine::View;
use stowplan_engine::expr::Expression;
use stowplan_engine::model::{InstanceId, InstanceStatus, ZoneId};

use crate::workload::TaskSize;

/// What to prefer, in the order in which the strategies of a chain narrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefer {
    /// The least memory left.
    LeastMemory,
    /// The zone with the fewest live tasks of the group.
    EmptiestZone,
}

/// The question.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What the task reserves; it needs neither ports nor GPUs nor an interface of its own.
    pub size: TaskSize,
    /// Its group.
    pub group: &'a str,
    /// Where it may go.
    pub member_of: Option<&'a Expression>,
    /// The strategies.
    pub prefer: &'a [Prefer],
}

/// The instance that the question's task belongs on; ties fall to the lowest id.
pub fn best(view: View<'_>, question: &Question<'_>) -> Option<InstanceId> {
    let in_zone = tasks_by_zone(view, question.group);
    let feasible = view.instances().filter(|&(id, row)| {
        let free = view.instance_free(id);
        row.status == InstanceStatus::Active
            && row.agent_connected
            && free.cpu >= question.size.cpu
            && free.memory >= question.size.memory
            && question.member_of.is_none_or(|expression| view.holds(expression, id))
    });
    let best = feasible.min_by_key(|&(id, row)| {
        let score = |prefer: &Prefer| match prefer {
            Prefer::LeastMemory => view.instance_free(id).memory,
            Prefer::EmptiestZone => in_zone.get(&row.zone).copied().unwrap_or(0),
        };
        (question.prefer.iter().map(score).collect::<Vec<_>>(), &row.name)
    });
    best.map(|(id, _)| id)
}

fn tasks_by_zone(view: View<'_>, group: &str) -> BTreeMap<ZoneId, u32> {
    let mut counts = BTreeMap::new();
    let live = view.tasks().iter().filter(|task| task.is_live());
    for task in live.filter(|task| view.group_name(task.group) == group) {
        if let Some(zone) = task.zone {
            *counts.entry(zone).or_default() += 1;
        }
    }
    counts
}
