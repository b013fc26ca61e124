//! Every index recomputed from the rows and compared. A difference is a bug of ours.

use std::collections::BTreeMap;

use crate::model::{GroupId, InstanceId};
use crate::store::Store;

/// Panics with a sentence when a table disagrees with another.
pub(crate) fn check(store: &Store) {
    check_order(store);
    for (id, row) in store.instances.iter() {
        let mut cpu = u64::from(row.held().cpu);
        let mut memory = u64::from(row.held().memory);
        let (mut gpus, mut enis) = (0, 0);
        let mut counted: BTreeMap<GroupId, u32> = BTreeMap::new();
        let mut ports = row.reserved_ports.clone();
        ports.insert_all(&row.held().ports);
        for &task in &row.tasks {
            let task = store.task(task);
            assert_eq!(task.instance, Some(id), "an instance lists the tasks that name it");
            enis += u32::from(task.demand.eni);
            if task.is_live() {
                cpu += u64::from(task.demand.cpu);
                memory += u64::from(task.demand.memory);
                gpus |= store.gpus_of(task.id);
                ports.insert_all(&task.demand.ports);
                *counted.entry(task.group).or_default() += 1;
            }
        }
        let free = store.instances.free(id);
        let name = &row.name;
        let left = |registered: u32, used: u64| u64::from(registered).saturating_sub(used);
        assert_eq!(u64::from(free.cpu), left(row.registered_cpu, cpu), "free CPU of {name}");
        assert_eq!(
            u64::from(free.memory),
            left(row.registered_memory, memory),
            "free memory of {name}"
        );
        assert_eq!(row.enis_used, enis, "interface slots of {name}");
        assert_eq!(row.gpus_used(), gpus, "GPUs of {name}");
        assert_eq!(*row.used_ports(), ports, "ports of {name}");
        let counted: Vec<(GroupId, u32)> = counted.into_iter().collect();
        assert_eq!(row.tenants(), counted, "live tasks of the groups on {name}");
    }
}

fn check_order(store: &Store) {
    let mut by_rank: Vec<InstanceId> = store.instances.iter().map(|(id, _)| id).collect();
    by_rank.sort_unstable_by_key(|&id| store.instances.rank(id));
    let key = |id: InstanceId| {
        let row = store.instances.get(id);
        (&row.name, row.cluster)
    };
    let sorted = by_rank.is_sorted_by(|&a, &b| key(a) <= key(b));
    assert!(sorted, "ranks follow the byte order of names");
}
