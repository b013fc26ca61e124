//! Many tasks go, one after the other: the choice of [`scale_in`](crate::placement::scale_in)
//! without looking at every candidate each time.
//!
//! Candidates in the same buckets of the strategy stand in one heap, by what their instances have
//! by themselves. A stop changes the counts of its buckets, and the keys of the candidates beside
//! it. Where keys can only get less, one that is out of date is put right when it comes up; where
//! they can grow, the candidates beside a stop are put into their heap once more, and what is out
//! of date is thrown away when it comes up.

use std::collections::{BTreeMap, BinaryHeap};

use crate::api::TieBreak;
use crate::model::{
    BinpackField, InstanceId, PlacementStrategy, ServiceId, SpreadField, TaskId, Time,
};
use crate::placement::scale_in::{self, ZoneBucket, left_after_stop, zone_bucket};
use crate::placement::{default_service_strategy, spread};
use crate::rng::Rng;
use crate::store::Store;

/// The API takes five strategies in a chain (01 section 4.4).
const MOST_TERMS: usize = 5;

/// Tasks of a service that may go.
#[derive(Debug)]
pub(crate) struct Leaving {
    service: ServiceId,
    terms: Vec<Term>,
    /// Ascending.
    candidates: Vec<(TaskId, usize)>,
    heaps: Vec<Heap>,
    by_place: BTreeMap<(usize, Places), usize>,
}

/// What a term of the strategy counts.
#[derive(Debug)]
enum Term {
    /// Live tasks of the group on the instance.
    Tasks,
    Left(BinpackField),
    Zone(Counts<ZoneBucket>),
    Attribute(Box<str>, Counts<Option<Option<Box<str>>>>),
}

/// Live tasks by bucket. Position 0 is for tasks that are in none.
#[derive(Debug)]
struct Counts<B> {
    positions: BTreeMap<B, usize>,
    tasks: Vec<u32>,
}

/// Positions of the buckets of a task, one for each term.
type Places = [usize; MOST_TERMS];
/// The value of each term; the most goes first. Absent values come last.
type Score = [u64; MOST_TERMS];
/// What orders the candidates in one heap: the newest of those that tie goes first.
type Key = (Score, Time, TaskId);

#[derive(Debug)]
struct Heap {
    kind: usize,
    places: Places,
    keys: BinaryHeap<Key>,
}

impl Leaving {
    /// Candidates of a service, ascending, each of some kind; kinds are chosen from apart.
    pub(crate) fn new(store: &Store, service: ServiceId, candidates: Vec<(TaskId, usize)>) -> Self {
        let row = store.service(service);
        let default = default_service_strategy();
        let strategies = if row.strategy.is_empty() { &default[..] } else { &row.strategy[..] };
        let term = |strategy: &PlacementStrategy| match strategy {
            PlacementStrategy::Spread(SpreadField::Instance) => Some(Term::Tasks),
            PlacementStrategy::Spread(field) if field.is_zone() => {
                Some(Term::Zone(Counts::new(scale_in::tasks_by_zone(store, service))))
            }
            PlacementStrategy::Spread(SpreadField::Attribute(name)) => {
                let counts = spread::by_value(store, row.group, name).into_iter();
                let counts = counts.map(|(value, tasks)| (owned(value), tasks));
                Some(Term::Attribute(name.clone(), Counts::new(counts)))
            }
            PlacementStrategy::Binpack(field) => Some(Term::Left(*field)),
            PlacementStrategy::Random => None,
        };
        let terms: Vec<Term> = strategies.iter().filter_map(term).take(MOST_TERMS).collect();
        let (heaps, by_place) = (Vec::new(), BTreeMap::new());
        let mut leaving = Self { service, terms, candidates, heaps, by_place };
        let mut keys: Vec<Vec<Key>> = Vec::new();
        for position in 0..leaving.candidates.len() {
            let (task, kind) = leaving.candidates[position];
            let heap = leaving.heap_of(store, task, kind);
            keys.resize_with(leaving.heaps.len(), Vec::new);
            keys[heap].push(leaving.key(store, task));
        }
        for (heap, keys) in leaving.heaps.iter_mut().zip(keys) {
            heap.keys = keys.into();
        }
        leaving
    }

    /// Whether a candidate of a kind is left.
    pub(crate) fn has(&mut self, store: &Store, kind: usize) -> bool {
        (0..self.heaps.len()).any(|position| {
            self.heaps[position].kind == kind && self.top(store, position).is_some()
        })
    }

    /// The next task of a kind to go. It is to be stopped and [told](Self::stopped) before the
    /// next one is asked for.
    pub(crate) fn next(&mut self, store: &Store, kind: usize, rng: &mut Rng) -> Option<TaskId> {
        let before = cfg!(debug_assertions).then(|| rng.clone());
        let chosen = self.choose(store, kind, rng);
        if let (Some(mut before), Some(chosen)) = (before, chosen) {
            let left = self.left(store, kind);
            let slowly = scale_in::pick(store, self.service, &left, &mut before, |_| ());
            assert_eq!((chosen, &*rng), (slowly, &before), "the choice made the plain way");
        }
        chosen
    }

    /// Candidates of a kind that are left.
    pub(crate) fn left(&self, store: &Store, kind: usize) -> Vec<TaskId> {
        let is_left = |&&(task, of): &&(TaskId, usize)| of == kind && store.task(task).is_live();
        self.candidates.iter().filter(is_left).map(|&(task, _)| task).collect()
    }

    fn choose(&mut self, store: &Store, kind: usize, rng: &mut Rng) -> Option<TaskId> {
        let mut best: Option<(Score, Time, TaskId)> = None;
        for position in 0..self.heaps.len() {
            if self.heaps[position].kind == kind
                && let Some((own, created, task)) = self.top(store, position)
            {
                let score = self.whole(&self.heaps[position], own);
                best = best.max(Some((score, created, task)));
            }
        }
        let (score, _, newest) = best?;
        match store.config.tie_break {
            TieBreak::LowestId => Some(newest),
            TieBreak::Seeded => {
                let tied = self.tied(store, kind, score);
                Some(tied[rng.pick(tied.len())])
            }
        }
    }

    /// All that have a score, the newest first.
    fn tied(&mut self, store: &Store, kind: usize, score: Score) -> Vec<TaskId> {
        let mut tied: Vec<(Time, TaskId)> = Vec::new();
        for position in 0..self.heaps.len() {
            if self.heaps[position].kind != kind {
                continue;
            }
            let mut taken = Vec::new();
            while let Some(key) = self.top(store, position) {
                if self.whole(&self.heaps[position], key.0) != score {
                    break;
                }
                self.heaps[position].keys.pop();
                tied.push((key.1, key.2));
                taken.push(key);
            }
            self.heaps[position].keys.extend(taken);
        }
        tied.sort_unstable_by(|a, b| b.cmp(a));
        tied.dedup();
        tied.into_iter().map(|(_, task)| task).collect()
    }

    /// A candidate was stopped: its buckets and the candidates beside it take note.
    pub(crate) fn stopped(&mut self, store: &Store, task: TaskId) {
        for term in &mut self.terms {
            match term {
                Term::Zone(counts) => counts.count_down(&zone_bucket(store, task)),
                Term::Attribute(name, counts) => {
                    counts.count_down(&value(store, task, name));
                }
                Term::Tasks | Term::Left(_) => {}
            }
        }
        let Some(instance) = store.task(task).instance else { return };
        if !self.keys_grow() {
            return;
        }
        for &beside in &store.instances.get(instance).tasks {
            let known = self.candidates.binary_search_by_key(&beside, |&(task, _)| task);
            if let Ok(position) = known
                && store.task(beside).is_live()
            {
                let heap = self.heap_of(store, beside, self.candidates[position].1);
                let key = self.key(store, beside);
                self.heaps[heap].keys.push(key);
            }
        }
    }

    /// The first key of a heap that is still true.
    fn top(&mut self, store: &Store, position: usize) -> Option<Key> {
        while let Some(&key) = self.heaps[position].keys.peek() {
            let is_live = store.task(key.2).is_live();
            let current = is_live.then(|| self.key(store, key.2));
            if current == Some(key) {
                return current;
            }
            let lessens = !self.keys_grow();
            let keys = &mut self.heaps[position].keys;
            keys.pop();
            keys.extend(current.filter(|_| lessens));
        }
        None
    }

    /// Whether a stop can raise the keys beside it: an instance has more left then.
    fn keys_grow(&self) -> bool {
        self.terms.iter().any(|term| matches!(term, Term::Left(_)))
    }

    fn heap_of(&mut self, store: &Store, task: TaskId, kind: usize) -> usize {
        let mut places = [0; MOST_TERMS];
        for (place, term) in places.iter_mut().zip(&self.terms) {
            *place = match term {
                Term::Zone(counts) => counts.position(&zone_bucket(store, task)),
                Term::Attribute(name, counts) => counts.position(&value(store, task, name)),
                Term::Tasks | Term::Left(_) => 0,
            };
        }
        let next = self.heaps.len();
        let known = *self.by_place.entry((kind, places)).or_insert(next);
        if known == next {
            self.heaps.push(Heap { kind, places, keys: BinaryHeap::new() });
        }
        known
    }

    /// What the task and its instance have by themselves.
    fn key(&self, store: &Store, task: TaskId) -> Key {
        let row = store.task(task);
        let group = store.service(self.service).group;
        let on = |instance: InstanceId| spread::tasks_on(store, group, instance);
        let mut score = [0; MOST_TERMS];
        for (value, term) in score.iter_mut().zip(&self.terms) {
            *value = match term {
                Term::Tasks => some(row.instance.and_then(on)),
                Term::Left(field) => some(Some(left_after_stop(store, task, *field))),
                Term::Zone(_) | Term::Attribute(..) => 0,
            };
        }
        (score, row.created_at, task)
    }

    /// The score with the tasks of the buckets.
    fn whole(&self, heap: &Heap, own: Score) -> Score {
        let mut score = own;
        for ((value, term), &place) in score.iter_mut().zip(&self.terms).zip(&heap.places) {
            match term {
                Term::Zone(counts) => *value = counts.at(place),
                Term::Attribute(_, counts) => *value = counts.at(place),
                Term::Tasks | Term::Left(_) => {}
            }
        }
        score
    }
}

impl<B: Ord> Counts<B> {
    fn new(counts: impl IntoIterator<Item = (B, u32)>) -> Self {
        let mut made = Self { positions: BTreeMap::new(), tasks: vec![0] };
        for (bucket, tasks) in counts {
            made.positions.insert(bucket, made.tasks.len());
            made.tasks.push(tasks);
        }
        made
    }

    fn position(&self, bucket: &Option<B>) -> usize {
        bucket.as_ref().and_then(|bucket| self.positions.get(bucket)).copied().unwrap_or(0)
    }

    fn count_down(&mut self, bucket: &Option<B>) {
        let position = self.position(bucket);
        self.tasks[position] = self.tasks[position].saturating_sub(1);
    }

    fn at(&self, position: usize) -> u64 {
        some((position > 0).then(|| self.tasks[position]))
    }
}

/// A number that keeps the order of optional values: none is below all.
fn some(value: Option<u32>) -> u64 {
    value.map_or(0, |value| u64::from(value) + 1)
}

fn value(store: &Store, task: TaskId, name: &str) -> Option<Option<Option<Box<str>>>> {
    let instance = store.task(task).instance?;
    Some(owned(store.instances.get(instance).attribute(name)))
}

fn owned(value: Option<Option<&str>>) -> Option<Option<Box<str>>> {
    value.map(|value| value.map(Into::into))
}
