//! Which capacity provider of a strategy gives the next task, with the terms that decide it
//! (04 section 2.4), and the smallest changes of base and weight with another choice.

use crate::capacity::split::choose_next;
use crate::explain::Change;
use crate::model::{ProviderId, StrategyItem};

/// `weight` may be 0 to 1000 (04 section 2.1).
const MOST_WEIGHT: u32 = 1000;

/// A strategy as the next task found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The items, in their order.
    pub items: Vec<SplitItem>,
    /// The one that gives the task.
    pub chosen: usize,
    /// A base was not filled yet, so weights did not count.
    pub by_base: bool,
}

/// An item of a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitItem {
    /// The provider.
    pub provider: ProviderId,
    /// Tasks that go here first.
    pub base: u32,
    /// Share of the rest.
    pub weight: u32,
    /// Tasks that it has, before this one.
    pub tasks: u32,
    /// How far it is behind its share, times the sum of the weights: the most wins, the first of
    /// those that tie; `None` without a weight.
    pub behind: Option<i64>,
}

impl Split {
    /// The choice for the next task, given how many each item has.
    pub(crate) fn of(items: &[StrategyItem], counts: &[u32]) -> Option<Self> {
        let chosen = choose_next(items, counts)?;
        let base = items.iter().position(|item| item.base > 0);
        let beyond = |index: usize| {
            let reserved = if Some(index) == base { items[index].base } else { 0 };
            i64::from(counts[index]) - i64::from(reserved)
        };
        let total: i64 = (0..items.len()).map(beyond).sum();
        let weights: i64 = items.iter().map(|item| i64::from(item.weight)).sum();
        let explain = |(index, item): (usize, &StrategyItem)| SplitItem {
            provider: item.provider,
            base: item.base,
            weight: item.weight,
            tasks: counts[index],
            behind: (item.weight > 0)
                .then(|| i64::from(item.weight) * (total + 1) - beyond(index) * weights),
        };
        Some(Self {
            items: items.iter().enumerate().map(explain).collect(),
            chosen,
            by_base: base.is_some_and(|base| counts[base] < items[base].base),
        })
    }

    /// The provider that gives the task.
    pub fn provider(&self) -> ProviderId {
        self.items[self.chosen].provider
    }

    /// The same question with another base or weight; `None` when there is no such item.
    pub(crate) fn with(&self, change: &Change) -> Option<Self> {
        let mut items = self.items.clone();
        match *change {
            Change::Weight(at, weight) => items.get_mut(at)?.weight = weight,
            Change::Base(at, base) => items.get_mut(at)?.base = base,
            _ => return None,
        }
        let given = |item: &SplitItem| StrategyItem {
            provider: item.provider,
            base: item.base,
            weight: item.weight,
        };
        let counts: Vec<u32> = items.iter().map(|item| item.tasks).collect();
        Self::of(&items.iter().map(given).collect::<Vec<_>>(), &counts)
    }

    /// The smallest change of a weight, and of a base, with another choice.
    pub(crate) fn changes(&self) -> Vec<Change> {
        self.weight().into_iter().chain(self.base()).collect()
    }

    /// The least that some weight must grow.
    fn weight(&self) -> Option<Change> {
        let others = (0..self.items.len()).filter(|&at| at != self.chosen);
        let grown = others.filter_map(|at| {
            let weight = self.items[at].weight;
            let to = (weight + 1..=MOST_WEIGHT).find(|&to| self.flips(&Change::Weight(at, to)))?;
            Some((to - weight, at, to))
        });
        grown.min().map(|(_, at, to)| Change::Weight(at, to))
    }

    /// The base that binds shrinks; one that does not grows. Only one item may have one.
    fn base(&self) -> Option<Change> {
        let with_base = self.items.iter().position(|item| item.base > 0);
        let other = (0..self.items.len()).find(|&at| at != self.chosen);
        let at = with_base.or(other)?;
        let SplitItem { base, tasks, .. } = self.items[at];
        let smaller = (0..base).rev().find(|&to| self.flips(&Change::Base(at, to)));
        let larger = || (base + 1..=tasks + 1).find(|&to| self.flips(&Change::Base(at, to)));
        smaller.or_else(larger).map(|to| Change::Base(at, to))
    }

    fn flips(&self, change: &Change) -> bool {
        self.with(change).is_some_and(|with| with.chosen != self.chosen)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn items(base_and_weight: &[(u32, u32)]) -> Vec<StrategyItem> {
        let item = |(number, &(base, weight)): (u32, &(u32, u32))| StrategyItem {
            provider: ProviderId::new(number),
            base,
            weight,
        };
        (0..).zip(base_and_weight).map(item).collect()
    }

    #[test]
    fn the_terms_are_those_of_the_choice() {
        // FARGATE 1 with base 1, FARGATE_SPOT 4; one and three tasks so far.
        let split = Split::of(&items(&[(1, 1), (0, 4)]), &[1, 3]).expect("a weight");
        assert_eq!((split.chosen, split.by_base), (0, false));
        let behind: Vec<Option<i64>> = split.items.iter().map(|item| item.behind).collect();
        assert_eq!(behind, [Some(4), Some(1)]);
        let first = Split::of(&items(&[(1, 1), (0, 4)]), &[0, 0]).expect("a weight");
        assert_eq!((first.chosen, first.by_base), (0, true));
        assert_eq!(first.changes(), [Change::Base(0, 0)]);
    }

    proptest! {
        /// Each suggested change has another choice, and one unit less has not.
        #[test]
        fn every_change_of_the_split_flips_the_choice_and_one_unit_less_does_not(
            weights in proptest::collection::vec((0_u32..30, 0_u32..12), 1..5),
            base in 0_u32..6,
            with_base in 0_usize..5,
        ) {
            let mut shape: Vec<(u32, u32)> =
                weights.iter().map(|&(weight, _)| (0, weight)).collect();
            if let Some(item) = shape.get_mut(with_base) {
                item.0 = base;
            }
            let counts: Vec<u32> = weights.iter().map(|&(_, tasks)| tasks).collect();
            if let Some(split) = Split::of(&items(&shape), &counts) {
                for change in split.changes() {
                    let less = match change {
                        Change::Weight(at, to) => Change::Weight(at, to - 1),
                        Change::Base(at, to) if to < shape[at].0 => {
                            Change::Base(at, to + 1)
                        }
                        Change::Base(at, to) => Change::Base(at, to - 1),
                        other => panic!("no change of a split: {other:?}"),
                    };
                    prop_assert!(split.flips(&change), "{:?} flips", change);
                    prop_assert!(!split.flips(&less), "{:?} is minimal", change);
                }
            }
        }
    }
}
