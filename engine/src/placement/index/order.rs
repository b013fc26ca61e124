//! The instances that suit some questions and have room for their devices, in the order in which
//! a strategy prefers them.
//!
//! A strategy's terms are of two kinds. What an instance has by itself (CPU, memory, tasks of the
//! group) goes into its key. The tasks of a bucket of `spread` change for all its instances at
//! once, so instances that are in the same buckets stand in one *cell*; the best of each cell is
//! found by key, and the best of those by all terms in turn. That is what narrowing by one term
//! after the other comes to: only buckets with a feasible instance compete, and the order is total.

use std::collections::BTreeMap;

use crate::model::{BinpackField, InstanceId, PlacementStrategy, SpreadField};
use crate::placement::index::blocks::{Blocks, Size};
use crate::placement::index::buckets::Buckets;
use crate::placement::index::question::Question;
use crate::rng::Rng;
use crate::store::Store;
use crate::store::bitset::InstanceSet;

/// The API takes five strategies in a chain (01 section 4.4).
const MOST_TERMS: usize = 5;

/// What a strategy looks at, as far as an order keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Term {
    Cpu,
    Memory,
    /// Tasks of the group on the instance.
    Tasks,
    /// Tasks in the bucket, by position of the field.
    Bucket(usize),
}

/// An order.
#[derive(Debug)]
pub(super) struct Order {
    question: Question,
    terms: Vec<Term>,
    /// No more than one term is an instance's own.
    is_narrow: bool,
    /// Tasks of the group matter.
    counts_tasks: bool,
    buckets: Vec<Buckets>,
    entries: Vec<Entry>,
    cells: Vec<Cell>,
    /// Position of the cell of each combination of buckets.
    by_buckets: BTreeMap<Box<[usize]>, usize>,
    /// Changes of facts and of loads that it knows of.
    seen: Option<(u64, u64)>,
}

/// An instance as the order knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Entry {
    key: u128,
    cell: usize,
    /// It stands in its cell: a task without size could go there.
    stands: bool,
    /// Tasks of the group there.
    tasks: u32,
}

/// Instances that are in the same buckets.
#[derive(Debug)]
struct Cell {
    /// Position of the bucket of each field.
    buckets: Box<[usize]>,
    blocks: Blocks,
}

/// How good a place is: the value of each term; the least is best.
type Score = [u32; MOST_TERMS];

impl Order {
    /// The order for a question, if its strategy has one: it is empty until it is asked for.
    pub(super) fn new(question: Question) -> Option<Self> {
        let (mut terms, mut buckets) = (Vec::new(), Vec::<Buckets>::new());
        for strategy in &question.strategy {
            let term = match strategy {
                PlacementStrategy::Binpack(BinpackField::Cpu) => Term::Cpu,
                PlacementStrategy::Binpack(BinpackField::Memory) => Term::Memory,
                PlacementStrategy::Spread(SpreadField::Instance) => Term::Tasks,
                PlacementStrategy::Spread(field) => {
                    let known = buckets.iter().position(|buckets| buckets.are_of(field));
                    Term::Bucket(known.unwrap_or_else(|| {
                        buckets.push(Buckets::new(field.clone()));
                        buckets.len() - 1
                    }))
                }
                PlacementStrategy::Random => break,
            };
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
        let own = terms.iter().filter(|term| !matches!(term, Term::Bucket(_))).count();
        (terms.len() <= MOST_TERMS).then(|| Self {
            question,
            is_narrow: own <= 1,
            counts_tasks: !buckets.is_empty() || terms.contains(&Term::Tasks),
            terms,
            buckets,
            entries: Vec::new(),
            cells: Vec::new(),
            by_buckets: BTreeMap::new(),
            seen: None,
        })
    }

    /// Whether it is the order of another question with the same hosts too.
    pub(super) fn answers(&self, other: &Question) -> bool {
        let counts_group = self.counts_tasks || self.question.is_distinct();
        self.question.asks_same_of_loads(other)
            && self.question.prefers_same(other)
            && (!counts_group || self.question.group == other.group)
    }

    /// Instances it has something about: what it weighs.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Forgets all; it can be asked again.
    pub(super) fn forget(&mut self) {
        (self.entries, self.cells, self.seen) = (Vec::new(), Vec::new(), None);
        self.by_buckets.clear();
    }

    /// Takes in what changed.
    pub(super) fn catch_up(&mut self, store: &Store, hosts: &InstanceSet) {
        let (facts, loads) = (store.instances.facts(), store.instances.loads());
        let known = self.entries.len();
        // Cells of values that no instance has any more are not taken out one by one.
        let is_lean = self.cells.len() <= 2 * known + 16;
        let seen = self.seen.filter(|_| is_lean && known == store.instances.len());
        let changed = seen.and_then(|seen| Some((facts.since(seen.0)?, loads.since(seen.1)?)));
        match changed {
            Some((facts, loads)) if facts.len() + loads.len() <= known => {
                for &instance in facts {
                    self.move_cell(store, instance);
                    self.mend(store, hosts, instance);
                }
                for &instance in loads {
                    self.mend(store, hosts, instance);
                }
            }
            _ => self.build(store, hosts),
        }
        self.seen = Some((facts.count(), loads.count()));
    }

    fn build(&mut self, store: &Store, hosts: &InstanceSet) {
        self.cells.clear();
        self.by_buckets.clear();
        self.buckets.iter_mut().for_each(Buckets::clear);
        self.entries = vec![Entry::default(); store.instances.len()];
        for index in 0..self.entries.len() {
            let instance = InstanceId::from_index(index);
            let (cell, tasks) = (self.cell_of(store, instance), self.tasks(store, instance));
            let key = self.key(store, instance, tasks);
            let stands = self.may_stand(store, hosts, instance);
            self.entries[index] = Entry { key, cell, stands, tasks };
            self.count(cell, 0, tasks);
        }
        let mut items: Vec<Vec<(u128, Size)>> = vec![Vec::new(); self.cells.len()];
        for (index, entry) in self.entries.iter().enumerate().filter(|(_, entry)| entry.stands) {
            items[entry.cell].push((entry.key, size(store, InstanceId::from_index(index))));
        }
        for (cell, mut items) in self.cells.iter_mut().zip(items) {
            items.sort_unstable_by_key(|&(key, _)| key);
            cell.blocks = Blocks::from_ascending(self.is_narrow, &items);
        }
    }

    /// The instance may be in other buckets now.
    fn move_cell(&mut self, store: &Store, instance: InstanceId) {
        let before = self.entries[instance.index()];
        let cell = self.cell_of(store, instance);
        if cell == before.cell {
            return;
        }
        if before.stands {
            self.cells[before.cell].blocks.remove(before.key);
        }
        self.count(before.cell, before.tasks, 0);
        self.count(cell, 0, before.tasks);
        self.entries[instance.index()] = Entry { cell, stands: false, ..before };
    }

    /// Puts an instance where it belongs in its cell.
    fn mend(&mut self, store: &Store, hosts: &InstanceSet, instance: InstanceId) {
        let before = self.entries[instance.index()];
        let tasks = self.tasks(store, instance);
        let key = self.key(store, instance, tasks);
        let stands = self.may_stand(store, hosts, instance);
        let size = size(store, instance);
        self.count(before.cell, before.tasks, tasks);
        let blocks = &mut self.cells[before.cell].blocks;
        match (before.stands, stands) {
            (true, true) if before.key == key => blocks.resize(key, size),
            (true, true) => {
                blocks.remove(before.key);
                blocks.insert(key, size);
            }
            (true, false) => blocks.remove(before.key),
            (false, true) => blocks.insert(key, size),
            (false, false) => {}
        }
        self.entries[instance.index()] = Entry { key, stands, tasks, ..before };
    }

    fn may_stand(&self, store: &Store, hosts: &InstanceSet, instance: InstanceId) -> bool {
        hosts.contains(instance) && self.question.takes(store, instance)
    }

    fn tasks(&self, store: &Store, instance: InstanceId) -> u32 {
        if !self.counts_tasks {
            return 0;
        }
        store.instances.get(instance).tasks_of(self.question.group)
    }

    /// What the instance has by itself, in the order of the terms, then its rank.
    fn key(&self, store: &Store, instance: InstanceId, tasks: u32) -> u128 {
        let size = size(store, instance);
        let own = self.terms.iter().filter_map(|term| match term {
            Term::Cpu => Some(size.cpu),
            Term::Memory => Some(size.memory),
            Term::Tasks => Some(tasks),
            Term::Bucket(_) => None,
        });
        let rank = u128::from(store.instances.rank(instance));
        // At most three terms of 32 bits each, and the rank in the lowest.
        own.zip([96, 64, 32]).fold(rank, |key, (value, shift)| key | u128::from(value) << shift)
    }

    fn cell_of(&mut self, store: &Store, instance: InstanceId) -> usize {
        let buckets: Box<[usize]> =
            self.buckets.iter_mut().map(|buckets| buckets.bucket(store, instance)).collect();
        if let Some(&known) = self.by_buckets.get(&buckets) {
            return known;
        }
        self.by_buckets.insert(buckets.clone(), self.cells.len());
        self.cells.push(Cell { buckets, blocks: Blocks::from_ascending(self.is_narrow, &[]) });
        self.cells.len() - 1
    }

    /// Tasks of the group on some instance of a cell: so many before, so many now.
    fn count(&mut self, cell: usize, before: u32, now: u32) {
        let cell = &self.cells[cell];
        for (buckets, &bucket) in self.buckets.iter_mut().zip(&cell.buckets) {
            buckets.count(bucket, before, now);
        }
    }

    /// The place for a task of a size. The order has caught up. Instances that tie are drawn from
    /// by lot if the strategy says so.
    pub(super) fn best(
        &self,
        store: &Store,
        need: Size,
        by_lot: bool,
        rng: &mut Rng,
    ) -> Option<InstanceId> {
        if by_lot && self.terms.is_empty() {
            return self.any(store, need, rng);
        }
        let from = self.lowest_key(need);
        let found = self.cells.iter().filter_map(|cell| {
            let key = cell.blocks.first_fit(from, need)?;
            Some((self.score(cell, key), rank(key)))
        });
        let (score, lowest) = found.min()?;
        if by_lot {
            return Some(self.drawn(store, need, score, rng));
        }
        Some(store.instances.at_rank(lowest))
    }

    /// Any one that fits, all in one cell.
    fn any(&self, store: &Store, need: Size, rng: &mut Rng) -> Option<InstanceId> {
        let blocks = &self.cells.first()?.blocks;
        let fits = blocks.count_fits(need);
        if fits == 0 {
            return None;
        }
        let key = blocks.nth_fit(rng.pick(fits), need).expect("a position below the number");
        Some(store.instances.at_rank(rank(key)))
    }

    /// One by lot of those that have the best score.
    fn drawn(&self, store: &Store, need: Size, score: Score, rng: &mut Rng) -> InstanceId {
        let mut keys: Vec<u128> = Vec::new();
        for cell in &self.cells {
            let Some(key) = cell.blocks.first_fit(self.lowest_key(need), need) else { continue };
            if self.score(cell, key) == score {
                let last = key | u128::from(u32::MAX);
                cell.blocks.fits(key, last, need, &mut keys);
            }
        }
        keys.sort_unstable_by_key(|&key| rank(key));
        store.instances.at_rank(rank(keys[rng.pick(keys.len())]))
    }

    /// Below it nothing fits: the first term may be what the task needs of it.
    fn lowest_key(&self, need: Size) -> u128 {
        let first = self.terms.iter().find(|term| !matches!(term, Term::Bucket(_)));
        match first {
            Some(Term::Cpu) => u128::from(need.cpu) << 96,
            Some(Term::Memory) => u128::from(need.memory) << 96,
            Some(Term::Tasks | Term::Bucket(_)) | None => 0,
        }
    }

    fn score(&self, cell: &Cell, key: u128) -> Score {
        let mut own = [96, 64, 32].into_iter().map(|shift| (key >> shift) as u32);
        let mut score = [0; MOST_TERMS];
        for (value, term) in score.iter_mut().zip(&self.terms) {
            *value = match term {
                Term::Bucket(field) => self.buckets[*field].tasks(cell.buckets[*field]),
                Term::Cpu | Term::Memory | Term::Tasks => own.next().unwrap_or(0),
            };
        }
        score
    }

    /// Panics when it claims to be up to date and is not what the rows say.
    pub(super) fn check(&self, store: &Store, hosts: &InstanceSet) {
        let now = (store.instances.facts().count(), store.instances.loads().count());
        if self.seen != Some(now) || self.entries.len() != store.instances.len() {
            return;
        }
        let mut again = Self::new(self.question.clone()).expect("it had an order before");
        again.build(store, hosts);
        for (index, (kept, found)) in self.entries.iter().zip(&again.entries).enumerate() {
            let name = &store.instances.get(InstanceId::from_index(index)).name;
            let without_cell = |entry: &Entry| Entry { cell: 0, ..*entry };
            assert_eq!(without_cell(kept), without_cell(found), "{name} in an order");
            let (mine, theirs) = (&self.cells[kept.cell], &again.cells[found.cell]);
            let tasks = |order: &Self, cell: &Cell| -> Vec<u32> {
                let pairs = order.buckets.iter().zip(&cell.buckets);
                pairs.map(|(buckets, &bucket)| buckets.tasks(bucket)).collect()
            };
            assert_eq!(tasks(self, mine), tasks(&again, theirs), "tasks in the buckets of {name}");
        }
        let items = |order: &Self| {
            let mut items: Vec<(u128, u32, u32)> = Vec::new();
            for cell in &order.cells {
                items.extend(cell.blocks.checked().iter().map(|&(k, s)| (k, s.cpu, s.memory)));
            }
            items.sort_unstable();
            items
        };
        assert_eq!(items(self), items(&again), "what stands in an order");
    }
}

fn rank(key: u128) -> u32 {
    key as u32
}

fn size(store: &Store, instance: InstanceId) -> Size {
    let index = instance.index();
    Size { cpu: store.instances.cpu_free()[index], memory: store.instances.memory_free()[index] }
}
