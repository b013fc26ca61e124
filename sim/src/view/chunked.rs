//! A list that only grows, in pieces that its copies share: a run is copied at every checkpoint.

use std::ops::Index;
use std::sync::Arc;

/// Elements of a piece.
const CHUNK: usize = 256;

/// A list that only grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunked<T> {
    /// All but the last are full; none is empty.
    chunks: Vec<Arc<Vec<T>>>,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T: Clone> Chunked<T> {
    /// Adds an element.
    pub(super) fn push(&mut self, element: T) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => Arc::make_mut(last).push(element),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK.min(16));
                chunk.push(element);
                self.chunks.push(Arc::new(chunk));
            }
        }
    }

    /// The last element, to be changed.
    pub(super) fn last_mut(&mut self) -> Option<&mut T> {
        Arc::make_mut(self.chunks.last_mut()?).last_mut()
    }
}

impl<T> Chunked<T> {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// An element.
    pub fn get(&self, position: usize) -> Option<&T> {
        self.chunks.get(position / CHUNK)?.get(position % CHUNK)
    }

    /// Every element, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// Every element from a position on, in order.
    pub fn iter_from(&self, position: usize) -> impl Iterator<Item = &T> {
        let chunks = self.chunks.iter().skip(position / CHUNK);
        chunks.flat_map(|chunk| chunk.iter()).skip(position % CHUNK)
    }
}

impl<T> Index<usize> for Chunked<T> {
    type Output = T;

    fn index(&self, position: usize) -> &T {
        &self.chunks[position / CHUNK][position % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_shares_what_was_there_and_goes_its_own_way() {
        let mut list = Chunked::default();
        (0..1000_u32).for_each(|element| list.push(element));
        let mut copy = list.clone();
        copy.push(7);
        *copy.last_mut().expect("it has elements") += 1;
        assert_eq!((list.len(), copy.len()), (1000, 1001));
        assert_eq!((list.get(1000), copy[1000]), (None, 8));
        assert!(list.iter().copied().eq(0..1000));
        assert!(list.iter_from(600).copied().eq(600..1000));
        assert!(list.iter().rev().copied().take(3).eq([999, 998, 997]));
        assert!(Arc::ptr_eq(&list.chunks[0], &copy.chunks[0]));
    }
}
