//! The instances that suit some questions and have room for their devices, in the order in which
//! a strategy prefers them.
//!
//! A strategy's terms are of two kinds. What an instance has by itself (CPU, memory, tasks of the
//! group) goes into its key. The tasks of a bucket of `spread` change for all its instances at
//! once, so instances that are in the same buckets stand in one *cell*; the best of each cell is
//! found by key, and the best of those by all terms in turn. That is what narrowing by one term
//! after the other comes to: only buckets with a feasible instance compete, and the order is total.

use std::collections::BTreeMap;

use arrayvec::ArrayVec;

use crate::memory;
use crate::model::{BinpackField, InstanceId, PlacementStrategy, SpreadField};
use crate::placement::index::blocks::{Key, Size, Spot, Terms};
use crate::placement::index::buckets::Buckets;
use crate::placement::index::cell::Cell;
use crate::placement::index::question::Question;
use crate::rng::Rng;
use crate::store::Store;
use crate::store::bitset::InstanceSet;

/// The API takes five strategies in a chain (01 section 4.4).
const MOST_TERMS: usize = 5;

/// What a strategy looks at, as far as an order keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Term {
    Own(Own),
    /// Tasks in the bucket, by position of the field.
    Bucket(usize),
}

/// What an instance has by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    Cpu,
    Memory,
    /// Tasks of the group on the instance.
    Tasks,
}

/// An order.
#[derive(Debug)]
pub(super) struct Order {
    question: Question,
    terms: Vec<Term>,
    /// Those of the terms that are in the keys.
    own: ArrayVec<Own, { Key::MOST }>,
    keys: Terms,
    /// Tasks of the group matter.
    counts_tasks: bool,
    /// Not every host stands in the order, whatever it carries.
    minds_load: bool,
    buckets: Vec<Buckets>,
    entries: Vec<Entry>,
    cells: Vec<Cell>,
    /// Position of the cell of each combination of buckets.
    by_buckets: BTreeMap<Box<[usize]>, u32>,
    /// Changes of facts and of loads that it knows of.
    seen: Option<(u64, u64)>,
}

/// An instance as the order knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    size: Size,
    /// Tasks of the group there.
    tasks: u32,
    place: Place,
}

/// The cell an instance belongs to, and whether it stands there: a task without size could go
/// there. Both in one number, so that four instances share a line of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place(u32);

impl Place {
    fn new(cell: u32, stands: bool) -> Self {
        Self(cell << 1 | u32::from(stands))
    }

    fn cell(self) -> u32 {
        self.0 >> 1
    }

    fn stands(self) -> bool {
        self.0 & 1 == 1
    }
}

/// What became of an instance of a rank.
#[derive(Clone, Copy)]
struct Move {
    rank: u32,
    before: Entry,
    now: Entry,
    /// Where it stands and where it belongs, as far as that was looked for.
    from: Spot,
    to: Spot,
}

/// So many changed instances are looked at together.
const TOGETHER: usize = 16;

/// The first position of the least value, the value, and whether it is there once.
fn least(values: impl Iterator<Item = u32>) -> Option<(usize, u32, bool)> {
    values.enumerate().fold(None, |found, (position, value)| match found {
        Some((_, least, _)) if least < value => found,
        Some((first, least, _)) if least == value => Some((first, least, false)),
        _ => Some((position, value, true)),
    })
}

fn terms_of(own: &[Own]) -> Terms {
    match own {
        [] => Terms::Nothing,
        [Own::Cpu] => Terms::Cpu,
        [Own::Memory] => Terms::Memory,
        [Own::Tasks] => Terms::Tasks,
        _ => Terms::Several,
    }
}

/// How good a place is: the value of each term; the least is best.
type Score = [u32; MOST_TERMS];

/// What an order follows from.
#[derive(Clone, Copy)]
struct Rows<'a> {
    store: &'a Store,
    hosts: &'a InstanceSet,
    /// Place of each instance in the order of names.
    ranks: &'a [u32],
}

impl<'a> Rows<'a> {
    fn new(store: &'a Store, hosts: &'a InstanceSet) -> Self {
        Self { store, hosts, ranks: store.instances.ranks() }
    }

    fn size(self, instance: InstanceId) -> Size {
        let (index, instances) = (instance.index(), &self.store.instances);
        Size { cpu: instances.cpu_free()[index], memory: instances.memory_free()[index] }
    }
}

impl Order {
    /// The order for a question, if its strategy has one: it is empty until it is asked for.
    pub(super) fn new(question: Question) -> Option<Self> {
        let (mut terms, mut buckets) = (Vec::new(), Vec::<Buckets>::new());
        for strategy in question.strategy.iter() {
            let term = match strategy {
                PlacementStrategy::Binpack(BinpackField::Cpu) => Term::Own(Own::Cpu),
                PlacementStrategy::Binpack(BinpackField::Memory) => Term::Own(Own::Memory),
                PlacementStrategy::Spread(SpreadField::Instance) => Term::Own(Own::Tasks),
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
        let own: ArrayVec<Own, { Key::MOST }> = terms
            .iter()
            .filter_map(|term| match term {
                Term::Own(own) => Some(*own),
                Term::Bucket(_) => None,
            })
            .collect();
        (terms.len() <= MOST_TERMS).then(|| Self {
            minds_load: question.minds_load(),
            question,
            counts_tasks: !buckets.is_empty() || own.contains(&Own::Tasks),
            keys: terms_of(&own),
            own,
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

    /// Takes in what changed; says whether it had to begin anew.
    pub(super) fn catch_up(&mut self, store: &Store, hosts: &InstanceSet) -> bool {
        let (facts, loads) = (store.instances.facts(), store.instances.loads());
        let rows = Rows::new(store, hosts);
        let known = self.entries.len();
        // Cells of values that no instance has any more are not taken out one by one.
        let is_lean = self.cells.len() <= 2 * known + 16;
        let seen = self.seen.filter(|_| is_lean && known == store.instances.len());
        let changed = seen.and_then(|seen| Some((facts.since(seen.0)?, loads.since(seen.1)?)));
        self.seen = Some((facts.count(), loads.count()));
        match changed {
            Some((facts, loads)) if facts.len() + loads.len() <= known => {
                for instance in facts {
                    self.move_cell(rows, *instance);
                    self.mend(rows, std::slice::from_ref(instance));
                }
                self.mend(rows, loads);
                false
            }
            _ => {
                self.build(rows);
                true
            }
        }
    }

    fn build(&mut self, rows: Rows<'_>) {
        self.cells.clear();
        self.by_buckets.clear();
        self.buckets.iter_mut().for_each(Buckets::clear);
        self.entries = Vec::with_capacity(rows.store.instances.len());
        let mut items: Vec<Vec<(Key, Size)>> = Vec::new();
        for index in 0..rows.store.instances.len() {
            let instance = InstanceId::from_index(index);
            let cell = self.cell_of(rows.store, instance);
            items.resize_with(self.cells.len(), Vec::new);
            let entry = self.entry(rows, instance, cell);
            self.count(cell, 0, entry.tasks);
            if entry.place.stands() {
                items[cell as usize].push((self.key(rows.ranks[index], &entry), entry.size));
            }
            self.entries.push(entry);
        }
        let terms = self.keys;
        for (cell, mut items) in self.cells.iter_mut().zip(items) {
            items.sort_unstable_by_key(|&(key, _)| key);
            cell.fill(terms, &items);
        }
    }

    /// The instance may be in other buckets now.
    fn move_cell(&mut self, rows: Rows<'_>, instance: InstanceId) {
        let before = self.entries[instance.index()];
        let (from, to) = (before.place.cell(), self.cell_of(rows.store, instance));
        if from == to {
            return;
        }
        if before.place.stands() {
            let key = self.key(rows.ranks[instance.index()], &before);
            self.cells[from as usize].remove(key, Spot::default());
        }
        self.count(from, before.tasks, 0);
        self.count(to, 0, before.tasks);
        self.entries[instance.index()] = Entry { place: Place::new(to, false), ..before };
    }

    /// Puts instances where they belong in their cells. First it is seen what is to be done for
    /// several of them, then where they stand: both lie far apart, and are so waited for together.
    fn mend(&mut self, rows: Rows<'_>, changed: &[InstanceId]) {
        if let [instance] = changed {
            if let Some(mut step) = self.take_in(rows, *instance) {
                self.ask_for(&mut step);
                self.carry_out(&step);
            }
            return;
        }
        for several in changed.chunks(TOGETHER) {
            let mut moves: ArrayVec<Move, TOGETHER> = ArrayVec::new();
            moves.extend(several.iter().filter_map(|&instance| self.take_in(rows, instance)));
            for step in &mut moves {
                self.ask_for(step);
            }
            for step in &moves {
                self.carry_out(step);
            }
        }
    }

    /// Takes in what an instance is now; says what became of it, if anything did.
    fn take_in(&mut self, rows: Rows<'_>, instance: InstanceId) -> Option<Move> {
        let before = self.entries[instance.index()];
        let now = self.entry(rows, instance, before.place.cell());
        if now == before {
            return None;
        }
        self.entries[instance.index()] = now;
        Some(Move {
            rank: rows.ranks[instance.index()],
            before,
            now,
            from: Spot::default(),
            to: Spot::default(),
        })
    }

    /// Finds where an instance stands and where it is to stand, and asks for what is there.
    fn ask_for(&self, step: &mut Move) {
        let cell = &self.cells[step.before.place.cell() as usize];
        if step.before.place.stands() {
            step.from = cell.ask_for(self.key(step.rank, &step.before));
        }
        if step.now.place.stands() {
            step.to = cell.ask_for_room(self.key(step.rank, &step.now));
        }
    }

    fn carry_out(&mut self, &Move { rank, before, now, from, to }: &Move) {
        let cell = before.place.cell();
        if now.tasks != before.tasks {
            self.count(cell, before.tasks, now.tasks);
        }
        let keys = (self.key(rank, &before), self.key(rank, &now));
        let cell = &mut self.cells[cell as usize];
        match (before.place.stands(), now.place.stands()) {
            (true, true) if keys.0 == keys.1 => cell.resize(keys.1, now.size, to),
            (true, true) => {
                cell.remove(keys.0, from);
                cell.insert(keys.1, now.size, to);
            }
            (true, false) => cell.remove(keys.0, from),
            (false, true) => cell.insert(keys.1, now.size, to),
            (false, false) => {}
        }
    }

    fn entry(&self, rows: Rows<'_>, instance: InstanceId, cell: u32) -> Entry {
        let stands = rows.hosts.contains(instance)
            && (!self.minds_load || self.question.takes(rows.store, instance));
        let tasks = if self.counts_tasks {
            rows.store.instances.get(instance).tasks_of(self.question.group)
        } else {
            0
        };
        Entry { size: rows.size(instance), tasks, place: Place::new(cell, stands) }
    }

    /// What the instance has by itself, in the order of the terms, then its rank.
    fn key(&self, rank: u32, entry: &Entry) -> Key {
        let value = |own: &Own| match own {
            Own::Cpu => entry.size.cpu,
            Own::Memory => entry.size.memory,
            Own::Tasks => entry.tasks,
        };
        let own = match self.keys {
            Terms::Nothing => [0; Key::MOST],
            Terms::Cpu => [entry.size.cpu, 0, 0],
            Terms::Memory => [entry.size.memory, 0, 0],
            Terms::Tasks => [entry.tasks, 0, 0],
            Terms::Several => std::array::from_fn(|at| self.own.get(at).map_or(0, value)),
        };
        Key { own, rank }
    }

    fn cell_of(&mut self, store: &Store, instance: InstanceId) -> u32 {
        let buckets: Box<[usize]> =
            self.buckets.iter_mut().map(|buckets| buckets.bucket(store, instance)).collect();
        if let Some(&known) = self.by_buckets.get(&buckets) {
            return known;
        }
        let cell = u32::try_from(self.cells.len()).expect("no more cells than instances");
        self.by_buckets.insert(buckets.clone(), cell);
        self.cells.push(Cell::new(buckets, self.keys));
        cell
    }

    /// Tasks of the group on some instance of a cell: so many before, so many now.
    fn count(&mut self, cell: u32, before: u32, now: u32) {
        let cell = &self.cells[cell as usize];
        for (buckets, &bucket) in self.buckets.iter_mut().zip(&cell.buckets) {
            buckets.count(bucket, before, now);
        }
    }

    /// The place for a task of a size. The order has caught up. Instances that tie are drawn from
    /// by lot if the strategy says so.
    pub(super) fn best(
        &mut self,
        store: &Store,
        need: Size,
        by_lot: bool,
        rng: &mut Rng,
    ) -> Option<InstanceId> {
        if by_lot && self.terms.is_empty() {
            return self.any(store, need, rng);
        }
        let (cell, key) = self.first(need)?;
        if by_lot {
            return Some(self.drawn(store, need, self.score(cell, key), rng));
        }
        let instance = store.instances.at_rank(key.rank);
        store.instances.ask_for(instance);
        memory::ask_for(&self.entries[instance.index()]);
        Some(instance)
    }

    /// The best place, and its cell: of those with the best score the one with the lowest rank.
    fn first(&mut self, need: Size) -> Option<(usize, Key)> {
        let from = self.lowest_key(need);
        if let [only] = &mut *self.cells {
            return only.first_fit(from, need).map(|key| (0, key));
        }
        // A cell whose first term is worse than that of the best place is not looked into.
        let (start, mut lead, is_alone) = self.leader()?;
        let mut best = self.cells[start].first_fit(from, need).map(|key| (start, key));
        if is_alone && best.is_some() {
            return best;
        }
        for cell in (0..self.cells.len()).filter(|&cell| cell != start) {
            let other = self.lead(cell);
            if best.is_some() && other > lead {
                continue;
            }
            let Some(key) = self.cells[cell].first_fit(from, need) else { continue };
            if best.is_none_or(|best| other < lead || self.is_better((cell, key), best)) {
                (best, lead) = (Some((cell, key)), other);
            }
        }
        best
    }

    /// Whether a place is better than another of the same lead.
    fn is_better(&self, one: (usize, Key), other: (usize, Key)) -> bool {
        if self.lone_buckets().is_some() {
            return one.1 < other.1;
        }
        let value = |(cell, key): (usize, Key)| (self.score(cell, key), key.rank);
        value(one) < value(other)
    }

    /// The first cell with the least first term, that term, and whether no other cell has it.
    fn leader(&self) -> Option<(usize, u32, bool)> {
        match self.lone_buckets() {
            Some(buckets) => least(buckets.all().iter().copied()),
            None => least((0..self.cells.len()).map(|cell| self.lead(cell))),
        }
    }

    /// The first term of every instance of a cell, or what it is at the least.
    fn lead(&self, cell: usize) -> u32 {
        if let Some(buckets) = self.lone_buckets() {
            return buckets.tasks(cell);
        }
        match self.terms.first() {
            Some(Term::Bucket(field)) => {
                self.buckets[*field].tasks(self.cells[cell].buckets[*field])
            }
            Some(Term::Own(_)) | None => 0,
        }
    }

    /// The buckets, if they are of one field, and that comes first: then each cell is a bucket, at
    /// the same position.
    fn lone_buckets(&self) -> Option<&Buckets> {
        match (&*self.terms, &*self.buckets) {
            ([Term::Bucket(_), ..], [buckets]) => Some(buckets),
            _ => None,
        }
    }

    /// Any one that fits, all in one cell.
    fn any(&self, store: &Store, need: Size, rng: &mut Rng) -> Option<InstanceId> {
        let blocks = self.cells.first()?.blocks();
        let fits = blocks.count_fits(need);
        if fits == 0 {
            return None;
        }
        let key = blocks.nth_fit(rng.pick(fits), need).expect("a position below the number");
        Some(store.instances.at_rank(key.rank))
    }

    /// One by lot of those that have the best score.
    fn drawn(&self, store: &Store, need: Size, score: Score, rng: &mut Rng) -> InstanceId {
        let mut keys: Vec<Key> = Vec::new();
        for (at, cell) in self.cells.iter().enumerate() {
            let Some(key) = self.first_of(cell, need) else { continue };
            if self.score(at, key) == score {
                cell.blocks().fits(key, key.last_of_its_terms(), need, &mut keys);
            }
        }
        keys.sort_unstable_by_key(|key| key.rank);
        store.instances.at_rank(keys[rng.pick(keys.len())].rank)
    }

    fn first_of(&self, cell: &Cell, need: Size) -> Option<Key> {
        cell.blocks().first_fit(self.lowest_key(need), Spot::default(), need).map(|(key, _)| key)
    }

    /// Below it nothing fits: the first term may be what the task needs of it.
    fn lowest_key(&self, need: Size) -> Key {
        Key::least(match self.own.first() {
            Some(Own::Cpu) => need.cpu,
            Some(Own::Memory) => need.memory,
            Some(Own::Tasks) | None => 0,
        })
    }

    fn score(&self, cell: usize, key: Key) -> Score {
        let cell = &self.cells[cell];
        let mut own = key.own.into_iter();
        let mut score = [0; MOST_TERMS];
        for (value, term) in score.iter_mut().zip(&self.terms) {
            *value = match term {
                Term::Bucket(field) => self.buckets[*field].tasks(cell.buckets[*field]),
                Term::Own(_) => own.next().unwrap_or(0),
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
        again.build(Rows::new(store, hosts));
        for (index, (kept, found)) in self.entries.iter().zip(&again.entries).enumerate() {
            let name = &store.instances.get(InstanceId::from_index(index)).name;
            let without_cell = |entry: &Entry| {
                let place = Place::new(0, entry.place.stands());
                Entry { place, ..*entry }
            };
            assert_eq!(without_cell(kept), without_cell(found), "{name} in an order");
            let tasks = |order: &Self, entry: &Entry| -> Vec<u32> {
                let cell = &order.cells[entry.place.cell() as usize];
                let pairs = order.buckets.iter().zip(&cell.buckets);
                pairs.map(|(buckets, &bucket)| buckets.tasks(bucket)).collect()
            };
            assert_eq!(tasks(self, kept), tasks(&again, found), "tasks in the buckets of {name}");
        }
        let items = |order: &Self| {
            let mut items: Vec<(Key, u32, u32)> = Vec::new();
            for cell in &order.cells {
                items.extend(cell.blocks().checked().iter().map(|&(k, s)| (k, s.cpu, s.memory)));
            }
            items.sort_unstable();
            items
        };
        assert_eq!(items(self), items(&again), "what stands in an order");
    }
}
