//! Which capacity provider gets the next task (04 section 2.4), word for word.

use std::collections::BTreeMap;

use super::Launch;

/// One item of a strategy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) provider: &'static str,
    pub(crate) base: u32,
    pub(crate) weight: u32,
}

/// Tasks by provider.
pub(crate) type Counts = BTreeMap<Option<&'static str>, u32>;

/// What the next task is launched on, given the tasks that each provider has.
pub(crate) fn next(launch: &Launch, counts: &Counts) -> Option<&'static str> {
    match launch {
        Launch::Ec2 => None,
        Launch::Fargate => Some("FARGATE"),
        Launch::Split(items) => among(items, counts),
    }
}

/// The same among some items only; none of them when none can get a task.
pub(crate) fn among(items: &[Item], counts: &Counts) -> Option<&'static str> {
    let of = |item: &Item| counts.get(&Some(item.provider)).copied().unwrap_or(0);
    if let Some(item) = items.iter().find(|item| item.base > 0)
        && of(item) < item.base
    {
        return Some(item.provider);
    }
    let weights: i64 = items.iter().map(|item| i64::from(item.weight)).sum();
    let beyond = |item: &Item| i64::from(of(item)) - i64::from(item.base);
    let total: i64 = items.iter().map(beyond).sum();
    let deficit = |item: &Item| i64::from(item.weight) * (total + 1) - beyond(item) * weights;
    let mut best: Option<&Item> = None;
    for item in items.iter().filter(|item| item.weight > 0) {
        if best.is_none_or(|best| deficit(item) > deficit(best)) {
            best = Some(item);
        }
    }
    best.map(|item| item.provider)
}
