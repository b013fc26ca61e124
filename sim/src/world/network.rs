//! Addresses of subnets (02 section 3.1): every task interface has one.

use std::collections::{BTreeMap, BTreeSet};

use stowplan_engine::View;
use stowplan_engine::model::{SubnetId, TaskStatus};

/// Addresses of all subnets that hold a task.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses {
    subnets: BTreeMap<SubnetId, Subnet>,
}

#[derive(Clone, Debug)]
struct Subnet {
    /// Positions from here on were never given out.
    next: u32,
    freed: BTreeSet<u32>,
}

impl Addresses {
    /// Takes a free address: its position among those that interfaces can have. None is left when
    /// it is absent.
    pub(super) fn take(&mut self, subnet: SubnetId, view: View<'_>) -> Option<u32> {
        let row = view.subnet(subnet);
        let entry = self.subnets.entry(subnet).or_insert_with(|| Subnet {
            next: row.interfaces.saturating_sub(task_interfaces(subnet, view)),
            freed: BTreeSet::new(),
        });
        if entry.next < row.addresses {
            entry.next += 1;
            return Some(entry.next - 1);
        }
        entry.freed.pop_first()
    }

    /// An interface is gone.
    pub(super) fn free(&mut self, subnet: SubnetId, address: u32) {
        if let Some(entry) = self.subnets.get_mut(&subnet) {
            entry.freed.insert(address);
        }
    }
}

/// Interfaces of tasks, as the control plane counts them.
fn task_interfaces(subnet: SubnetId, view: View<'_>) -> u32 {
    let holds = |task: &&stowplan_engine::model::Task| {
        task.subnet == Some(subnet) && task.last_status != TaskStatus::Stopped
    };
    u32::try_from(view.tasks().iter().filter(holds).count()).unwrap_or(u32::MAX)
}
