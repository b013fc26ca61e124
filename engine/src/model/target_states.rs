//! The states of a task's targets.

use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};

use crate::model::TargetState;

/// A service has so many load balancers at most (03 section 4.4).
const MOST: usize = 5;

/// The state of each of a task's targets, in the order of its load balancers: all in the row.
#[derive(Clone, Copy, Debug)]
pub struct TargetStates {
    states: [TargetState; MOST],
    len: u8,
}

impl TargetStates {
    /// So many targets that are not registered.
    pub(crate) fn unused(count: usize) -> Self {
        let len = u8::try_from(count).expect("calls are checked: up to five load balancers");
        assert!(count <= MOST, "calls are checked: up to five load balancers");
        Self { states: [TargetState::Unused; MOST], len }
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
