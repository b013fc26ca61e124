//! What the cluster query language sees of a container instance (01 section 5.2).

use crate::expr::Subject;
use crate::model::InstanceId;
use crate::store::Store;

/// A container instance as a subject of expressions.
pub(crate) struct InstanceSubject<'a> {
    store: &'a Store,
    instance: InstanceId,
}

impl<'a> InstanceSubject<'a> {
    pub(crate) fn new(store: &'a Store, instance: InstanceId) -> Self {
        Self { store, instance }
    }
}

impl Subject for InstanceSubject<'_> {
    fn attribute(&self, name: &str) -> Option<Option<&str>> {
        self.store.instances.get(self.instance).attribute(name)
    }

    fn has_task_group(&self, satisfies: &mut dyn FnMut(&str) -> bool) -> bool {
        let row = self.store.instances.get(self.instance);
        let live = row.tasks.iter().map(|&t| self.store.task(t)).filter(|t| t.is_live());
        live.into_iter().any(|task| satisfies(self.store.group_name(task.group)))
    }

    fn any_task_group(&self) -> bool {
        self.running_tasks_count() > 0
    }

    fn agent_connected(&self) -> bool {
        self.store.instances.get(self.instance).agent_connected
    }

    fn agent_version(&self) -> Option<&str> {
        self.store.instances.get(self.instance).agent_version.as_deref()
    }

    fn ec2_instance_id(&self) -> Option<&str> {
        self.store.instances.get(self.instance).ec2_instance_id.as_deref()
    }

    fn registered_at_unix_ms(&self) -> Option<i64> {
        let registered = self.store.instances.get(self.instance).registered_at;
        Some(self.store.config.start_unix_ms.saturating_add(registered.0))
    }

    fn running_tasks_count(&self) -> u32 {
        let row = self.store.instances.get(self.instance);
        let live = row.tasks.iter().filter(|&&t| self.store.task(t).is_live()).count();
        u32::try_from(live).unwrap_or(u32::MAX)
    }
}
