//! Every small rolling update there is: desired 0 to 8, all percent pairs in steps of 5, and every
//! order in which tasks become healthy and go. The arithmetic alone: counts in, counts out. That it
//! is every order follows from what the arithmetic sees: it has no names for tasks, so that any
//! number of those on their way may have arrived by the next pass, and that is all there is to an
//! order. `tests/exhaustive.rs` has the engine itself do the same, with limited room, too.

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::rolling::{RollingCounts, StartCounts, rolling_stops, starts};
use crate::model::{HealthBounds, Percent};

/// How many tasks of each kind there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Counts {
    /// Healthy tasks of the old revision.
    old: u32,
    /// Tasks of the old revision that are told to stop.
    leaving: u32,
    /// Tasks of the new revision that are not healthy yet.
    starting: u32,
    /// Healthy tasks of the new revision.
    new: u32,
}

impl Counts {
    fn occupying(self) -> u32 {
        self.old + self.leaving + self.starting + self.new
    }

    fn healthy(self) -> u32 {
        self.old + self.new
    }

    fn is_done(self, desired: u32) -> bool {
        self == Self { old: 0, leaving: 0, starting: 0, new: desired }
    }
}

/// P4 and P7 of one pass.
fn pass(counts: Counts, desired: u32, lower: u32, upper: u32) -> Counts {
    let rolling = RollingCounts { healthy: counts.healthy(), lower, outgoing_healthy: counts.old };
    let stops = rolling_stops(&rolling).unwrap_or(0);
    let mut after = counts;
    after.old -= stops;
    after.leaving += stops;
    let made = starts(&StartCounts {
        room: upper.saturating_sub(after.occupying()),
        need_primary: desired.saturating_sub(after.starting + after.new),
        need_sources: 0,
        lower,
        healthy_or_settling_old: after.healthy(),
        desired,
        good: after.old + after.starting + after.new,
        old_would_stop: after.healthy() >= lower,
    });
    after.starting += made.primary;
    after
}

/// Everything that can be true by the time of the next pass: any of those that start are healthy,
/// any of those that leave are gone. When nothing is on its way nothing changes.
fn later(counts: Counts) -> Vec<Counts> {
    let mut all = Vec::new();
    for settled in 0..=counts.starting {
        for gone in 0..=counts.leaving {
            let moved = settled + gone > 0 || counts.starting + counts.leaving == 0;
            if moved {
                all.push(Counts {
                    leaving: counts.leaving - gone,
                    starting: counts.starting - settled,
                    new: counts.new + settled,
                    ..counts
                });
            }
        }
    }
    all
}

/// The floor and the ceiling of each percent pair, each pair of limits once.
fn limits(desired: u32) -> BTreeSet<(u32, u32)> {
    let mut limits = BTreeSet::new();
    for minimum in (0..=100).step_by(5) {
        for maximum in (100..=300).step_by(5) {
            let bounds =
                HealthBounds { minimum_healthy: Percent(minimum), maximum: Percent(maximum) };
            limits.insert((bounds.lower(desired), bounds.upper(desired)));
        }
    }
    limits
}

/// Looks at every state that an update can come to, and answers with the longest way to its end;
/// none when it never begins.
fn explore(desired: u32, lower: u32, upper: u32) -> Option<u32> {
    let begin = Counts { old: desired, leaving: 0, starting: 0, new: 0 };
    let first = pass(begin, desired, lower, upper);
    if first == begin && desired > 0 {
        return None;
    }
    let mut longest: BTreeMap<Counts, u32> = BTreeMap::new();
    Some(steps_from(begin, (desired, lower, upper), &mut longest))
}

/// The longest way from a state before its pass, every state on it checked.
fn steps_from(before: Counts, limits: (u32, u32, u32), longest: &mut BTreeMap<Counts, u32>) -> u32 {
    let (desired, lower, upper) = limits;
    if before.is_done(desired) {
        return 0;
    }
    if let Some(&known) = longest.get(&before) {
        return known;
    }
    let after = pass(before, desired, lower, upper);
    let what = format!("desired {desired}, {lower} to {upper}: {before:?} to {after:?}");
    assert!(after.occupying() <= upper.max(before.occupying()), "above the ceiling: {what}");
    if after.healthy() < before.healthy() {
        assert!(after.healthy() >= lower, "below the floor: {what}");
    }
    assert!(after.starting + after.new <= desired, "more than wanted: {what}");
    let idle = before.starting + before.leaving == 0 && after == before;
    assert!(!idle, "stuck on the way: {what}");
    let ways = later(after).into_iter().map(|next| steps_from(next, limits, longest));
    let steps = 1 + ways.max().unwrap_or(0);
    longest.insert(before, steps);
    steps
}

#[test]
fn every_small_rolling_update_ends_or_never_begins() {
    for desired in 0..=8 {
        for (lower, upper) in limits(desired) {
            let stuck = desired > 0 && upper == desired && lower == desired;
            match explore(desired, lower, upper) {
                None => assert!(stuck, "desired {desired}, {lower} to {upper} never begins"),
                Some(steps) => {
                    assert!(!stuck, "desired {desired}, {lower} to {upper} should be stuck");
                    // Each task takes at most a pass to start, one to settle, one to leave.
                    assert!(steps <= 4 * desired, "desired {desired}, {lower} to {upper}: {steps}");
                }
            }
        }
    }
}

/// When an update is stuck, a change of the limit that binds is enough (03 section 6.5).
#[test]
fn the_limit_that_binds_is_the_one_that_is_named() {
    for desired in 1..=8 {
        assert_eq!(explore(desired, desired, desired), None);
        assert!(explore(desired, desired - 1, desired).is_some(), "a lower floor frees it");
        assert!(explore(desired, desired, desired + 1).is_some(), "a higher ceiling frees it");
    }
}
