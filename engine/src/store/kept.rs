//! What is worked out from the rows and kept while it holds.

use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};

/// Something that can be worked out again at any time. It is no part of the state: whatever it
/// holds makes no difference to equality and digest, and a copy of the state starts without it.
#[derive(Debug, Default)]
pub(crate) struct Kept<T>(T);

impl<T: Default> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T> PartialEq for Kept<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Kept<T> {}

impl<T> Hash for Kept<T> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl<T> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Kept<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
