//! A list that grows at one end, in pieces that its copies share: a run is copied at every
//! checkpoint. At the other end it can forget; what is left keeps its position.

use std::collections::VecDeque;
use std::ops::{Index, Range};
use std::sync::Arc;

/// Elements of a piece.
const CHUNK: usize = 256;

/// A list that grows, and forgets what is oldest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunked<T> {
    /// All but the last are full; none is empty.
    chunks: VecDeque<Arc<Vec<T>>>,
    /// Elements of the chunks that are gone.
    gone: usize,
    /// Position of the first that is not forgotten: in the first chunk, or behind the last.
    first: usize,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Self { chunks: VecDeque::new(), gone: 0, first: 0 }
    }
}

impl<T: Clone> Chunked<T> {
    /// Adds an element.
    pub(super) fn push(&mut self, element: T) {
        match self.chunks.back_mut() {
            Some(last) if last.len() < CHUNK => Arc::make_mut(last).push(element),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK.min(16));
                chunk.push(element);
                self.chunks.push_back(Arc::new(chunk));
            }
        }
    }

    /// The last element, to be changed.
    pub(super) fn last_mut(&mut self) -> Option<&mut T> {
        Arc::make_mut(self.chunks.back_mut()?).last_mut()
    }
}

impl<T> Chunked<T> {
    /// How many elements there are, forgotten ones too.
    pub fn len(&self) -> usize {
        let last = self.chunks.back().map_or(0, |last| last.len());
        self.gone + self.chunks.len().saturating_sub(1) * CHUNK + last
    }

    /// Whether there never was one.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Positions of the elements that are not forgotten.
    pub fn kept(&self) -> Range<usize> {
        self.first..self.len()
    }

    /// An element that is not forgotten.
    pub fn get(&self, position: usize) -> Option<&T> {
        if position < self.first {
            return None;
        }
        let within = position - self.gone;
        self.chunks.get(within / CHUNK)?.get(within % CHUNK)
    }

    /// Every element that is not forgotten, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.kept().map(|position| &self[position])
    }

    /// Those from a position on, in order.
    pub fn iter_from(&self, position: usize) -> impl DoubleEndedIterator<Item = &T> {
        (self.first.max(position)..self.len()).map(|position| &self[position])
    }

    /// Forgets what lies before a position. Only whole pieces give their memory back.
    pub(super) fn forget_before(&mut self, position: usize) {
        self.first = self.first.max(position.min(self.len()));
        while self.first >= self.gone + CHUNK {
            self.chunks.pop_front();
            self.gone += CHUNK;
        }
    }

    /// Forgets from the front on as long as a test says so.
    pub(super) fn forget_while(&mut self, is_old: impl Fn(&T) -> bool) {
        let old = self.iter().take_while(|element| is_old(element)).count();
        self.forget_before(self.first + old);
    }
}

impl<T> Index<usize> for Chunked<T> {
    type Output = T;

    fn index(&self, position: usize) -> &T {
        self.get(position).expect("an element that is not forgotten")
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

    #[test]
    fn what_is_not_forgotten_keeps_its_position() {
        let mut list = Chunked::default();
        (0..1000_u32).for_each(|element| list.push(element));
        list.forget_while(|&element| element < 600);
        assert_eq!((list.len(), list.kept(), list.chunks.len()), (1000, 600..1000, 2));
        assert_eq!((list.get(599), list[600], list.get(1000)), (None, 600, None));
        assert!(list.iter().copied().eq(600..1000));
        assert!(list.iter_from(10).rev().copied().eq((600..1000).rev()));
        list.forget_before(2000);
        assert_eq!((list.kept(), list.iter().next()), (1000..1000, None));
        list.push(7);
        assert_eq!((list[1000], list.len()), (7, 1001));
    }

    #[test]
    fn whole_pieces_can_be_forgotten() {
        let mut list = Chunked::default();
        (0..512_u32).for_each(|element| list.push(element));
        list.forget_before(512);
        assert_eq!((list.len(), list.chunks.len()), (512, 0));
        list.push(9);
        assert_eq!((list.len(), list.iter().copied().collect::<Vec<_>>()), (513, vec![9]));
    }
}
