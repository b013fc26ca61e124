//! The table of tasks: in chunks, so that it grows without moving and a copy of the state shares
//! what neither changes.

use std::hash::{Hash, Hasher};
use std::iter::FusedIterator;
use std::ops::Index;
use std::sync::Arc;

use arrayvec::ArrayVec;

use crate::model::{Task, TaskId};

/// 16 KiB of tasks: what a first change after a copy costs.
const IN_A_CHUNK: usize = 256;

type Chunk = ArrayVec<Task, IN_A_CHUNK>;

/// All tasks of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TaskTable {
    chunks: Vec<Arc<Chunk>>,
}

impl TaskTable {
    pub(crate) fn len(&self) -> usize {
        match self.chunks.last() {
            Some(last) => (self.chunks.len() - 1) * IN_A_CHUNK + last.len(),
            None => 0,
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Task> {
        self.chunks.get(index / IN_A_CHUNK)?.get(index % IN_A_CHUNK)
    }

    pub(crate) fn get_mut(&mut self, task: TaskId) -> &mut Task {
        let chunk = &mut self.chunks[task.index() / IN_A_CHUNK];
        &mut Arc::make_mut(chunk)[task.index() % IN_A_CHUNK]
    }

    pub(crate) fn push(&mut self, task: Task) {
        match self.chunks.last_mut() {
            Some(last) if !last.is_full() => Arc::make_mut(last).push(task),
            _ => {
                let mut chunk = Arc::new(Chunk::new());
                Arc::make_mut(&mut chunk).push(task);
                self.chunks.push(chunk);
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Task> {
        self.rows().into_iter()
    }

    pub(crate) fn rows(&self) -> Tasks<'_> {
        Tasks { table: self }
    }
}

impl Index<TaskId> for TaskTable {
    type Output = Task;

    fn index(&self, task: TaskId) -> &Task {
        &self.chunks[task.index() / IN_A_CHUNK][task.index() % IN_A_CHUNK]
    }
}

impl Hash for TaskTable {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        self.iter().for_each(|task| task.hash(state));
    }
}

/// All tasks of a run in order of creation, to look at.
#[derive(Clone, Copy, Debug)]
pub struct Tasks<'a> {
    table: &'a TaskTable,
}

impl<'a> Tasks<'a> {
    /// How many there are.
    pub fn len(self) -> usize {
        self.table.len()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.table.chunks.is_empty()
    }

    /// The one before which so many were created.
    pub fn get(self, index: usize) -> Option<&'a Task> {
        self.table.get(index)
    }

    /// One after the other.
    pub fn iter(self) -> TaskIter<'a> {
        self.since(0)
    }

    /// Those that were created after so many others.
    pub fn since(self, before: usize) -> TaskIter<'a> {
        TaskIter { table: self.table, next: before, end: self.len() }
    }
}

impl<'a> IntoIterator for Tasks<'a> {
    type Item = &'a Task;
    type IntoIter = TaskIter<'a>;

    fn into_iter(self) -> TaskIter<'a> {
        self.iter()
    }
}

/// Tasks, one after the other.
#[derive(Clone, Debug)]
pub struct TaskIter<'a> {
    table: &'a TaskTable,
    next: usize,
    end: usize,
}

impl<'a> Iterator for TaskIter<'a> {
    type Item = &'a Task;

    fn next(&mut self) -> Option<&'a Task> {
        let task = self.table.get(self.next).filter(|_| self.next < self.end)?;
        self.next += 1;
        Some(task)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end.saturating_sub(self.next);
        (left, Some(left))
    }
}

impl DoubleEndedIterator for TaskIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        self.end -= 1;
        self.table.get(self.end)
    }
}

impl ExactSizeIterator for TaskIter<'_> {}

impl FusedIterator for TaskIter<'_> {}
