//! The split of a capacity provider strategy (04 sections 2.4 and 2.6): base first, then
//! greatest deficit, which is exact at every multiple of the weight sum and never moves a task.

use std::sync::Arc;

use crate::model::StrategyItem;

/// The item that gets the next task, given the tasks each has. `None` when no item can get any.
pub(crate) fn choose_next(items: &[StrategyItem], counts: &[u32]) -> Option<usize> {
    let base = items.iter().position(|item| item.base > 0);
    if let Some(base) = base
        && counts[base] < items[base].base
    {
        return Some(base);
    }
    let weights: i128 = items.iter().map(|item| i128::from(item.weight)).sum();
    let beyond_base = |index: usize| {
        let reserved = if Some(index) == base { items[index].base } else { 0 };
        i128::from(counts[index]) - i128::from(reserved)
    };
    let total: i128 = (0..items.len()).map(beyond_base).sum();
    let deficit =
        |index: usize| i128::from(items[index].weight) * (total + 1) - beyond_base(index) * weights;
    (0..items.len())
        .filter(|&index| items[index].weight > 0)
        .max_by_key(|&index| (deficit(index), std::cmp::Reverse(index)))
}

/// How a number of tasks is divided, from zero counts, when the number changes little by little.
#[derive(Clone, Debug)]
pub(crate) struct Goal {
    items: Arc<[StrategyItem]>,
    counts: Vec<u32>,
    /// The item of each task, in the order in which they are given out.
    given: Vec<usize>,
}

impl Goal {
    /// Of no tasks.
    pub(crate) fn new(items: Arc<[StrategyItem]>) -> Self {
        let counts = vec![0; items.len()];
        Self { items, counts, given: Vec::new() }
    }

    /// What each item gets of so many tasks.
    pub(crate) fn of(&mut self, tasks: u32) -> &[u32] {
        let tasks = tasks as usize;
        while self.given.len() > tasks
            && let Some(index) = self.given.pop()
        {
            self.counts[index] -= 1;
        }
        while self.given.len() < tasks
            && let Some(index) = choose_next(&self.items, &self.counts)
        {
            self.counts[index] += 1;
            self.given.push(index);
        }
        &self.counts
    }
}

/// How a number of tasks is divided, from zero counts.
#[cfg(test)]
fn split(items: &[StrategyItem], tasks: u32) -> Vec<u32> {
    let mut counts = vec![0; items.len()];
    for _ in 0..tasks {
        match choose_next(items, &counts) {
            Some(index) => counts[index] += 1,
            None => break,
        }
    }
    counts
}

/// The item that gives the next task: the one furthest over its share of what will be left; the
/// last of those that tie. Only items that have a candidate are asked.
pub(crate) fn choose_removal(
    goal: &[u32],
    counts: &[u32],
    has_candidate: impl Fn(usize) -> bool,
) -> Option<usize> {
    (0..counts.len())
        .filter(|&index| has_candidate(index))
        .max_by_key(|&index| (i64::from(counts[index]) - i64::from(goal[index]), index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProviderId;

    fn items(base_and_weight: &[(u32, u32)]) -> Vec<StrategyItem> {
        let item = |(index, &(base, weight)): (usize, &(u32, u32))| StrategyItem {
            provider: ProviderId::new(u32::try_from(index).expect("a handful")),
            base,
            weight,
        };
        base_and_weight.iter().enumerate().map(item).collect()
    }

    fn order(base_and_weight: &[(u32, u32)], tasks: u32) -> String {
        let items = items(base_and_weight);
        let mut counts = vec![0; items.len()];
        let mut order = String::new();
        for _ in 0..tasks {
            let index = choose_next(&items, &counts).expect("some weight");
            counts[index] += 1;
            order.push(char::from(b'A' + u8::try_from(index).expect("a handful")));
        }
        order
    }

    #[test]
    fn a_goal_follows_the_number_of_tasks_up_and_down() {
        for shape in [&[(0, 1), (0, 4)][..], &[(2, 1), (0, 3), (0, 2)], &[(3, 0), (0, 0)]] {
            let items = items(shape);
            let mut goal = Goal::new(items.clone().into());
            for tasks in [0, 7, 6, 5, 12, 0, 3] {
                assert_eq!(goal.of(tasks), split(&items, tasks), "{tasks} tasks by {shape:?}");
            }
        }
    }

    fn shares(base_and_weight: &[(u32, u32)], tasks: u32) -> Vec<u32> {
        split(&items(base_and_weight), tasks)
    }

    #[test]
    fn the_sequences_of_section_2_4() {
        assert_eq!(order(&[(0, 1), (0, 4)], 10), "BBABBBBABB");
        assert_eq!(order(&[(0, 1), (0, 1)], 4), "ABAB");
        assert_eq!(order(&[(0, 2), (0, 1)], 3), "ABA");
        assert_eq!(order(&[(0, 3), (0, 1)], 4), "AABA");
        assert_eq!(order(&[(0, 3), (0, 2), (0, 1)], 6), "ABACBA");
        assert_eq!(order(&[(0, 1), (0, 2), (0, 4)], 7), "CBCACBC");
    }

    #[test]
    fn cp_1_to_cp_4_one_to_four() {
        assert_eq!(order(&[(0, 1), (0, 4)], 5), "BBABB");
        assert_eq!(shares(&[(0, 1), (0, 4)], 5), [1, 4]);
        assert_eq!(shares(&[(0, 1), (0, 4)], 10), [2, 8]);
        assert_eq!(shares(&[(0, 1), (0, 4)], 1), [0, 1]);
        assert_eq!(shares(&[(0, 1), (0, 4)], 3), [1, 2]);
    }

    #[test]
    fn cp_5_to_cp_9_base_first() {
        assert_eq!(order(&[(2, 1), (0, 1)], 10), "AAABABABAB");
        assert_eq!(shares(&[(2, 1), (0, 1)], 10), [6, 4]);
        assert_eq!(shares(&[(2, 1), (0, 1)], 2), [2, 0]);
        assert_eq!(shares(&[(2, 1), (0, 1)], 3), [3, 0]);
        assert_eq!(shares(&[(2, 1), (0, 3)], 10), [4, 6]);
        assert_eq!(shares(&[(3, 1), (0, 3)], 7), [4, 3]);
        assert_eq!(shares(&[(1, 1), (0, 4)], 20), [5, 15]);
    }

    #[test]
    fn cp_10_three_providers() {
        assert_eq!(order(&[(0, 3), (0, 2), (0, 1)], 10), "ABACBAABAC");
        assert_eq!(shares(&[(0, 3), (0, 2), (0, 1)], 10), [5, 3, 2]);
    }

    #[test]
    fn cp_11_to_cp_15_extremes() {
        assert_eq!(shares(&[(0, 1000), (0, 1)], 500), [500, 0]);
        assert_eq!(shares(&[(0, 1000), (0, 1)], 501), [500, 1]);
        assert_eq!(shares(&[(0, 1000), (0, 1)], 1001), [1000, 1]);
        assert_eq!(shares(&[(0, 4), (0, 1)], 10), [8, 2], "CP-12: listed as B, A");
        assert_eq!(order(&[(0, 1), (0, 1)], 1), "A", "CP-13: the tie goes by list order");
        assert_eq!(shares(&[(1, 0), (0, 1)], 4), [1, 3], "CP-14: base on weight 0");
        assert_eq!(shares(&[(5, 1), (0, 1)], 3), [3, 0], "CP-15");
    }

    #[test]
    fn cp_24_a_large_base_takes_everything() {
        assert_eq!(shares(&[(100_000, 1), (0, 1)], 3), [3, 0]);
    }

    #[test]
    fn cp_25_scale_in_restores_the_ratio() {
        let goal = shares(&[(2, 1), (0, 1)], 5);
        let mut counts = vec![6, 4];
        let mut removed = String::new();
        for _ in 0..5 {
            let index = choose_removal(&goal, &counts, |_| true).expect("tasks are left");
            counts[index] -= 1;
            removed.push(if index == 0 { 'A' } else { 'B' });
        }
        assert_eq!((removed.as_str(), counts), ("BBABA", vec![4, 1]));
    }

    #[test]
    fn cp_26_losses_are_made_up_where_they_fell() {
        let items = items(&[(0, 1), (0, 4)]);
        let mut counts = vec![2, 3];
        for _ in 0..5 {
            let index = choose_next(&items, &counts).expect("some weight");
            assert_eq!(index, 1);
            counts[index] += 1;
        }
    }

    #[test]
    fn cp_29_a_service_growing_one_by_one() {
        assert_eq!(order(&[(1, 1), (0, 4)], 6), "ABBABB");
    }

    proptest::proptest! {
        /// Adding one task never moves another: every split contains the one before it.
        #[test]
        fn a_split_is_house_monotone(
            weights in proptest::collection::vec((0_u32..4, 0_u32..20), 1..5),
            tasks in 0_u32..60,
        ) {
            let mut pairs = weights;
            pairs[0].1 += 1;
            for pair in pairs.iter_mut().skip(1) {
                pair.0 = 0;
            }
            let (less, more) = (shares(&pairs, tasks), shares(&pairs, tasks + 1));
            let grown: u32 = more.iter().zip(&less).map(|(m, l)| m - l).sum();
            proptest::prop_assert_eq!(grown, 1);
        }

        /// Beyond the base the split is exact at every multiple of the weight sum.
        #[test]
        fn a_split_is_exact_at_multiples(
            weights in proptest::collection::vec(0_u32..9, 1..5),
            times in 1_u32..6,
        ) {
            let sum: u32 = weights.iter().sum();
            proptest::prop_assume!(sum > 0);
            let pairs: Vec<(u32, u32)> = weights.iter().map(|&w| (0, w)).collect();
            let exact: Vec<u32> = weights.iter().map(|w| w * times).collect();
            proptest::prop_assert_eq!(shares(&pairs, sum * times), exact);
        }
    }
}
