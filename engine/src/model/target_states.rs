//! The states of a task's targets.

use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};

use crate::model::TargetState;

/// The state of each of a task's targets, in the order of its load balancers: all in the row.
#[derive(Clone, Copy, Debug)]
pub struct TargetStates {
    states: [TargetState; Self::MOST as usize],
    len: u8,
}

impl TargetStates {
    /// A task has no more targets: the quota of ECS (03 section 2.2), which no account can raise.
    pub const MOST: u8 = 5;

    /// So many targets that are not registered.
    pub(crate) fn unused(count: usize) -> Self {
        let len = u8::try_from(count).ok().filter(|&len| len <= Self::MOST);
        let len = len.expect("calls are checked: up to five load balancers");
        Self { states: [TargetState::Unused; Self::MOST as usize], len }
    }
}

impl Deref for TargetStates {
    type Target = [TargetState];

    fn deref(&self) -> &[TargetState] {
        &self.states[..usize::from(self.len)]
    }
}

impl DerefMut for TargetStates {
    fn deref_mut(&mut self) -> &mut [TargetState] {
        &mut self.states[..usize::from(self.len)]
    }
}

impl PartialEq for TargetStates {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for TargetStates {}

impl Hash for TargetStates {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}
