//! The floor: exact best fit by memory over hosts that have CPU and memory and nothing else. It
//! knows no clusters, calls, constraints, strategies, records or reports, and breaks ties as it
//! pleases: what a decision must cost at the least on this machine, to hold the engine against.
//!
//! Amounts are whole steps of [`STEP`]. Values of free memory are the leaves of a segment tree
//! that holds the most free CPU in each leaf; each leaf has a set of bits for the values of free
//! CPU in it; each cell of a leaf and a value of CPU has a list of hosts.

use crate::workload::TaskSize;

/// Sizes of tasks, and CPU of hosts, are multiples of this many CPU units and MiB.
pub const STEP: u32 = 64;

const NONE: u32 = u32::MAX;
const BITS: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Host {
    next: u32,
    previous: u32,
    leaf: u32,
    cpu: u32,
}

/// Hosts, ordered by what they have free.
#[derive(Clone, Debug)]
pub struct Floor {
    hosts: Vec<Host>,
    /// What memory is beyond whole steps, each value once: hosts of the same number of steps are
    /// told apart by it, so that the order of leaves is that of memory to the MiB.
    beyond: Vec<u32>,
    /// Number of leaves: a power of two.
    leaves: usize,
    /// Most free CPU below each node, in steps and one more; 0 is no host. The root is 1.
    most_cpu: Vec<u16>,
    /// Words of a leaf's set of bits.
    words: usize,
    cpu_present: Vec<u64>,
    /// Cells of a leaf.
    cells: usize,
    first: Vec<u32>,
}

impl Floor {
    /// An index over hosts with so much free, of which none will ever have more than `largest`.
    ///
    /// # Panics
    ///
    /// When some host's free CPU is no whole number of steps.
    pub fn new(free: &[TaskSize], largest: TaskSize) -> Self {
        let mut beyond: Vec<u32> = free.iter().map(|host| host.memory % STEP).collect();
        beyond.sort_unstable();
        beyond.dedup();
        let steps = (largest.memory / STEP + 1) as usize;
        let leaves = (steps * beyond.len()).next_power_of_two();
        let cells = (largest.cpu / STEP + 1) as usize;
        let words = cells.div_ceil(BITS);
        let mut floor = Self {
            hosts: Vec::with_capacity(free.len()),
            beyond,
            leaves,
            most_cpu: vec![0; 2 * leaves],
            words,
            cpu_present: vec![0; words * leaves],
            cells,
            first: vec![NONE; cells * leaves],
        };
        for (number, host) in free.iter().enumerate() {
            assert_eq!(host.cpu % STEP, 0, "free CPU is a whole number of steps");
            let kind = floor.beyond.partition_point(|&it| it < host.memory % STEP);
            let leaf = (host.memory / STEP) as usize * floor.beyond.len() + kind;
            let (leaf, cpu) = (leaf as u32, host.cpu / STEP);
            floor.hosts.push(Host { next: NONE, previous: NONE, leaf, cpu });
            floor.link(number as u32);
        }
        floor
    }

    /// A host with the least free memory of those that have room for a task.
    pub fn find(&self, task: TaskSize) -> Option<u32> {
        let cpu = task.cpu / STEP;
        let leaf = self.first_leaf((task.memory / STEP) as usize * self.beyond.len(), cpu + 1)?;
        let cell = self.first_cell(leaf, cpu as usize);
        Some(self.first[leaf * self.cells + cell])
    }

    /// Takes room on a host.
    pub fn take(&mut self, host: u32, task: TaskSize) {
        self.unlink(host);
        let leaves = task.memory / STEP * self.beyond.len() as u32;
        let row = &mut self.hosts[host as usize];
        row.leaf -= leaves;
        row.cpu -= task.cpu / STEP;
        self.link(host);
    }

    /// Gives room back to a host.
    pub fn give(&mut self, host: u32, task: TaskSize) {
        self.unlink(host);
        let leaves = task.memory / STEP * self.beyond.len() as u32;
        let row = &mut self.hosts[host as usize];
        row.leaf += leaves;
        row.cpu += task.cpu / STEP;
        self.link(host);
    }

    /// What a host has free.
    pub fn free(&self, host: u32) -> TaskSize {
        let row = self.hosts[host as usize];
        let kinds = self.beyond.len() as u32;
        let memory = row.leaf / kinds * STEP + self.beyond[(row.leaf % kinds) as usize];
        TaskSize { cpu: row.cpu * STEP, memory }
    }

    /// The same as [`Self::find`] in the plainest way: every host is looked at.
    pub fn find_by_scan(&self, task: TaskSize) -> Option<u32> {
        let hosts = 0..self.hosts.len() as u32;
        let fits = hosts.filter(|&host| {
            let free = self.free(host);
            free.cpu >= task.cpu && free.memory >= task.memory
        });
        fits.min_by_key(|&host| self.free(host).memory)
    }

    /// The first leaf from one on whose hosts have `most` among their free CPU.
    fn first_leaf(&self, from: usize, most: u32) -> Option<usize> {
        if from >= self.leaves {
            return None;
        }
        let fits = |node: usize| u32::from(self.most_cpu[node]) >= most;
        let mut node = from + self.leaves;
        while !fits(node) {
            while node & 1 == 1 {
                node >>= 1;
            }
            if node == 0 {
                return None;
            }
            node += 1;
        }
        while node < self.leaves {
            node *= 2;
            node += usize::from(!fits(node));
        }
        Some(node - self.leaves)
    }

    /// The first cell of a leaf from one on that has a host.
    fn first_cell(&self, leaf: usize, from: usize) -> usize {
        let words = &self.cpu_present[leaf * self.words..][..self.words];
        let mut word = from / BITS;
        let mut bits = words[word] & (u64::MAX << (from % BITS));
        while bits == 0 {
            word += 1;
            bits = words[word];
        }
        word * BITS + bits.trailing_zeros() as usize
    }

    fn link(&mut self, host: u32) {
        let Host { leaf, cpu, .. } = self.hosts[host as usize];
        let (leaf, cpu) = (leaf as usize, cpu as usize);
        let first = &mut self.first[leaf * self.cells + cpu];
        let next = std::mem::replace(first, host);
        let row = &mut self.hosts[host as usize];
        (row.next, row.previous) = (next, NONE);
        if next != NONE {
            self.hosts[next as usize].previous = host;
            return;
        }
        self.cpu_present[leaf * self.words + cpu / BITS] |= 1 << (cpu % BITS);
        let most = cpu as u16 + 1;
        let mut node = leaf + self.leaves;
        while node > 0 && self.most_cpu[node] < most {
            self.most_cpu[node] = most;
            node >>= 1;
        }
    }

    fn unlink(&mut self, host: u32) {
        let Host { next, previous, leaf, cpu } = self.hosts[host as usize];
        let (leaf, cpu) = (leaf as usize, cpu as usize);
        if next != NONE {
            self.hosts[next as usize].previous = previous;
        }
        if previous != NONE {
            self.hosts[previous as usize].next = next;
            return;
        }
        self.first[leaf * self.cells + cpu] = next;
        if next != NONE {
            return;
        }
        self.cpu_present[leaf * self.words + cpu / BITS] &= !(1 << (cpu % BITS));
        let node = leaf + self.leaves;
        if self.most_cpu[node] == cpu as u16 + 1 {
            self.most_cpu[node] = self.most_in(leaf);
            self.lower(node >> 1);
        }
    }

    fn most_in(&self, leaf: usize) -> u16 {
        let words = &self.cpu_present[leaf * self.words..][..self.words];
        let last = words.iter().rposition(|&bits| bits != 0);
        last.map_or(0, |word| ((word + 1) * BITS) as u16 - words[word].leading_zeros() as u16)
    }

    /// Brings nodes up to date whose children have less than before.
    fn lower(&mut self, mut node: usize) {
        while node > 0 {
            let most = self.most_cpu[2 * node].max(self.most_cpu[2 * node + 1]);
            if self.most_cpu[node] == most {
                return;
            }
            self.most_cpu[node] = most;
            node >>= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use stowplan_engine::rng::{Rng, Stream};

    use super::*;

    /// Hosts of several sizes, tasks that come and go: each choice has the memory of the scan's.
    #[test]
    fn every_choice_is_a_best_fit() {
        let largest = TaskSize { cpu: 8192, memory: 31_000 };
        let mut rng = Rng::for_key(1, Stream::Placement, "floor");
        let hosts: Vec<TaskSize> = (0..60)
            .map(|number| TaskSize { cpu: 4096, memory: [7_000, 15_011, 31_000][number % 3] })
            .collect();
        let mut floor = Floor::new(&hosts, largest);
        let (mut live, mut nowhere) = (Vec::new(), 0);
        for _ in 0..20_000 {
            let cpu = STEP * rng.uniform(1, 20) as u32;
            let task = TaskSize { cpu, memory: STEP * rng.uniform(1, 80) as u32 };
            let found = floor.find(task);
            let memory = |host: Option<u32>| host.map(|host| floor.free(host).memory);
            assert_eq!(memory(found), memory(floor.find_by_scan(task)));
            match found {
                Some(host) => {
                    let free = floor.free(host);
                    assert!(free.cpu >= task.cpu && free.memory >= task.memory);
                    floor.take(host, task);
                    live.push((host, task));
                }
                None => nowhere += 1,
            }
            if rng.pick(100) < 45 && !live.is_empty() {
                let (host, task) = live.swap_remove(rng.pick(live.len()));
                floor.give(host, task);
            }
        }
        assert!(nowhere > 100 && live.len() > 100, "{nowhere} found no place, {}", live.len());
        for (host, task) in live {
            floor.give(host, task);
        }
        let left: Vec<TaskSize> = (0..60).map(|host| floor.free(host)).collect();
        assert_eq!(left, hosts);
    }

    #[test]
    fn a_task_that_fits_nowhere_is_told_so() {
        let host = TaskSize { cpu: 1024, memory: 2000 };
        let floor = Floor::new(&[host], host);
        assert_eq!(floor.find(TaskSize { cpu: 1024, memory: 1984 }), Some(0));
        assert_eq!(floor.find(TaskSize { cpu: 1088, memory: 64 }), None);
        assert_eq!(floor.find(TaskSize { cpu: 64, memory: 2048 }), None);
        assert_eq!(floor.find(TaskSize { cpu: 64, memory: 200_000 }), None);
    }
}
