//! Which services the scheduler has to look at, and when. It is kept up to date where something
//! happens, so that an instant costs nothing for services that nothing has happened to: a pass of
//! such a service does nothing (03 section 5.4).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ClusterId, ServiceId, Time};
use crate::store::kept::Kept;

/// What there is to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Agenda {
    /// Something changed since their last pass.
    dirty: BTreeSet<ServiceId>,
    /// Those of them that became so since somebody asked.
    newly_dirty: Kept<Vec<ServiceId>>,
    /// Placement failed in their last pass: room in the cluster would be news to them.
    hoping: BTreeSet<ServiceId>,
    /// When a clock-driven condition falls due, by instant and by service.
    wakes: BTreeSet<(Time, ServiceId)>,
    wake_of: BTreeMap<ServiceId, Time>,
    called: Called,
}

/// What calls of an instant concern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Called {
    /// They get a pass at once.
    pub(crate) services: BTreeSet<ServiceId>,
    /// Those of their services that need one get a pass at once.
    pub(crate) clusters: BTreeSet<ClusterId>,
}

impl Called {
    pub(crate) fn is_empty(&self) -> bool {
        self.services.is_empty() && self.clusters.is_empty()
    }
}

impl Agenda {
    /// Something changed that a service looks at.
    pub(crate) fn touch(&mut self, service: ServiceId) {
        if self.dirty.insert(service) {
            self.newly_dirty.push(service);
        }
    }

    /// A call concerns one service.
    pub(crate) fn call(&mut self, service: ServiceId) {
        self.touch(service);
        self.called.services.insert(service);
    }

    /// A call concerns something that services of a cluster look at.
    pub(crate) fn call_cluster(&mut self, cluster: ClusterId) {
        self.called.clusters.insert(cluster);
    }

    /// What calls of this instant concern.
    pub(crate) fn called(&self) -> &Called {
        &self.called
    }

    /// The same, and it is done with now.
    pub(crate) fn take_called(&mut self) -> Called {
        std::mem::take(&mut self.called)
    }

    /// A pass of a service begins: it sees all that changed.
    pub(crate) fn pass_begins(&mut self, service: ServiceId) {
        self.dirty.remove(&service);
    }

    /// A pass of a service ended.
    pub(crate) fn pass_ended(&mut self, service: ServiceId, wake: Option<Time>, is_hoping: bool) {
        if let Some(before) = self.wake_of.remove(&service) {
            self.wakes.remove(&(before, service));
        }
        if let Some(at) = wake {
            self.wake_of.insert(service, at);
            self.wakes.insert((at, service));
        }
        if is_hoping {
            self.hoping.insert(service);
        } else {
            self.hoping.remove(&service);
        }
    }

    /// A service is gone.
    pub(crate) fn forget(&mut self, service: ServiceId) {
        self.pass_begins(service);
        self.pass_ended(service, None, false);
    }

    /// Services with news.
    pub(crate) fn dirty(&self) -> impl Iterator<Item = ServiceId> + '_ {
        self.dirty.iter().copied()
    }

    /// Services with news since this was last asked.
    pub(crate) fn take_newly_dirty(&mut self) -> std::vec::IntoIter<ServiceId> {
        std::mem::take(&mut *self.newly_dirty).into_iter()
    }

    /// Services that room in the cluster would be news to.
    pub(crate) fn hoping(&self) -> impl Iterator<Item = ServiceId> + '_ {
        self.hoping.iter().copied()
    }

    /// Services whose clock-driven condition has fallen due.
    pub(crate) fn woken(&self, now: Time) -> impl Iterator<Item = ServiceId> + '_ {
        let due = self.wakes.iter().take_while(move |(at, _)| *at <= now);
        due.map(|&(_, service)| service)
    }

    /// When the next clock-driven condition falls due.
    pub(crate) fn next_wake(&self) -> Option<Time> {
        self.wakes.first().map(|&(at, _)| at)
    }
}
