//! The table of tasks: in chunks, so that it grows without moving and a copy of the state shares
//! what neither changes.

use std::hash::{Hash, Hasher};
use std::iter::FusedIterator;
use std::ops::Index;
use std::sync::Arc;

use crate::model::{Task, TaskId};

/// 16 KiB of tasks: what a first change after a copy costs.
const IN_A_CHUNK: usize = 256;

/// All tasks of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TaskTable {
    /// Chunks that are full.
    full: Vec<Arc<[Task]>>,
    /// The newest tasks. They change most, so nobody shares them, and their place is used again and
    /// again.
    newest: Vec<Task>,
}

impl TaskTable {
    pub(crate) fn len(&self) -> usize {
        self.full.len() * IN_A_CHUNK + self.newest.len()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Task> {
        let (chunk, within) = (index / IN_A_CHUNK, index % IN_A_CHUNK);
        match self.full.get(chunk) {
            Some(full) => Some(&full[within]),
            None => self.newest.get(within).filter(|_| chunk == self.full.len()),
        }
    }

    pub(crate) fn get_mut(&mut self, task: TaskId) -> &mut Task {
        let (chunk, within) = (task.index() / IN_A_CHUNK, task.index() % IN_A_CHUNK);
        match self.full.get_mut(chunk) {
            Some(full) => &mut Arc::make_mut(full)[within],
            None => &mut self.newest[within],
        }
    }

    pub(crate) fn push(&mut self, task: Task) {
        if self.newest.len() == IN_A_CHUNK {
            self.full.push(self.newest.drain(..).collect());
        }
        self.newest.push(task);
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
        self.get(task.index()).expect("an id is that of a task")
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
        self.table.len() == 0
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
