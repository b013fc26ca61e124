//! The arithmetic of a rolling deployment of a daemon service (03 section 9): one task an instance,
//! the new one where and when the old one is gone.

use super::grid::Grid;
use super::rolling::{Course, End, Limit, Probe};

/// A rolling deployment of a daemon service, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// minH: what must stay healthy.
    pub floor: u32,
    /// The eligible instances, lowest id first: their number is the desired count.
    pub slots: Vec<Slot>,
    /// `T_sh`: from the decision to start a task until it counts as healthy, ms.
    pub to_healthy: u64,
    /// One new task is alone until its images are there, so long after the decision to start it,
    /// ms (03 section 5.4); none: nobody waits for them.
    pub probe: Option<u64>,
    /// `T_stop`: from the decision to stop a task until it is gone, ms.
    pub to_stop: u64,
    /// When the scheduler looks.
    pub grid: Grid,
    /// How long the new revision is watched when all else is done, ms.
    pub bake: u64,
    /// What of it is done, when it is under way.
    pub begun: Option<Begun>,
}

/// A deployment that is under way, beyond what stands on the instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Begun {
    /// For how long it bakes, ms; none: it does not.
    pub baking_for: Option<u64>,
    /// What is known of the new revision's images.
    pub digests: Probe,
}

/// An instance, as the daemon has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// What stands there.
    pub stand: Stand,
    /// It has room for the new one when the old one is gone.
    pub fits: bool,
}

/// What stands on an instance. Instants are ms after the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// Nothing.
    Free,
    /// A healthy task of the old revision.
    Old,
    /// A task that will be gone then.
    Stopping(u64),
    /// A new one that will be healthy then.
    Starting(u64),
    /// A healthy new one.
    New,
}

impl Daemon {
    /// D.
    pub fn desired(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    /// What comes of it. `W = ceil(D/u)` waves of `T_stop + T_sh` when every instance has room.
    pub fn course(&self) -> Course {
        self.closed_form().unwrap_or_else(|| self.step_by_step())
    }

    fn closed_form(&self) -> Option<Course> {
        let desired = self.desired();
        let fresh = self.slots.iter().all(|slot| slot.stand == Stand::Old && slot.fits);
        let dip = desired.saturating_sub(self.floor);
        if !fresh
            || self.begun.is_some()
            || self.probe.is_some()
            || self.grid.offset > 0
            || dip == 0
        {
            return None;
        }
        let waves = desired.div_ceil(dip);
        let span = self.grid.seen(self.to_stop) + self.grid.seen(self.to_healthy);
        let end = End::Completed(self.baked(u64::from(waves) * span));
        Some(Course { waves, peak: desired, lowest: self.floor, end })
    }

    /// The end of a bake that begins then, unless it has begun already.
    fn baked(&self, since: u64) -> u64 {
        let since_when = self.begun.and_then(|begun| begun.baking_for);
        match (self.bake, since_when) {
            (0, _) => since,
            (bake, None) => self.grid.seen(since + bake),
            (bake, Some(passed)) => self.grid.seen(bake.saturating_sub(passed)).max(since),
        }
    }

    fn step_by_step(&self) -> Course {
        let mut slots = self.slots.clone();
        let (peak, lowest) = extremes(&slots);
        let mut course = Course { waves: 0, peak, lowest, end: End::Stuck(Limit::Percentages) };
        let (mut now, mut digests) = match self.begun {
            None if self.probe.is_some() => (0, Probe::Unasked),
            None => (0, Probe::Known),
            Some(begun) => (self.grid.seen(0), begun.digests),
        };
        loop {
            digests.look(now);
            let started = self.pass(&mut slots, now, &mut digests);
            let (there, healthy) = extremes(&slots);
            course.waves += u32::from(started);
            course.peak = course.peak.max(there);
            course.lowest = course.lowest.min(healthy);
            if slots.iter().all(|slot| slot.stand == Stand::New) {
                course.end = End::Completed(self.baked(now));
                return course;
            }
            let next = slots.iter().filter_map(|slot| match slot.stand {
                Stand::Stopping(at) | Stand::Starting(at) => Some(at),
                Stand::Free | Stand::Old | Stand::New => None,
            });
            let changes = next.map(|next| self.grid.seen(next)).chain(digests.known_at(self.grid));
            let Some(next) = changes.min() else {
                let waits = slots.iter().any(|slot| slot.stand == Stand::Free);
                let limit = if waits { Limit::Room } else { Limit::Percentages };
                course.end = End::Stuck(limit);
                return course;
            };
            now = next.max(now);
        }
    }

    /// One pass: what is due, P4 and P7. Whether it started anything.
    fn pass(&self, slots: &mut [Slot], now: u64, digests: &mut Probe) -> bool {
        for slot in slots.iter_mut() {
            slot.stand = match slot.stand {
                Stand::Stopping(at) if at <= now => Stand::Free,
                Stand::Starting(at) if at <= now => Stand::New,
                other => other,
            };
        }
        let is_healthy = |slot: &&Slot| matches!(slot.stand, Stand::Old | Stand::New);
        let healthy = slots.iter().filter(is_healthy).count();
        let slack = healthy.saturating_sub(self.floor as usize);
        for slot in slots.iter_mut().filter(|slot| slot.stand == Stand::Old).take(slack) {
            slot.stand = Stand::Stopping(now + self.to_stop);
        }
        let is_new = |slot: &&Slot| matches!(slot.stand, Stand::Starting(_) | Stand::New);
        let alone = *digests != Probe::Known;
        let at_once = match alone {
            true => 1_usize.saturating_sub(slots.iter().filter(is_new).count()),
            false => usize::MAX,
        };
        let free = slots.iter_mut().filter(|slot| slot.stand == Stand::Free && slot.fits);
        let mut started = false;
        for slot in free.take(at_once) {
            slot.stand = Stand::Starting(now + self.to_healthy);
            started = true;
        }
        if started && *digests == Probe::Unasked {
            *digests = Probe::KnownIn(now + self.probe.unwrap_or(0));
        }
        started
    }
}

/// How many tasks are there, and how many of them are healthy.
fn extremes(slots: &[Slot]) -> (u32, u32) {
    let count = |is: fn(&Stand) -> bool| {
        let found = slots.iter().filter(|slot| is(&slot.stand)).count();
        u32::try_from(found).unwrap_or(u32::MAX)
    };
    (count(|it| *it != Stand::Free), count(|it| matches!(it, Stand::Old | Stand::New)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn daemon(instances: usize, floor: u32) -> Daemon {
        let slots = vec![Slot { stand: Stand::Old, fits: true }; instances];
        let (to_healthy, to_stop, grid) = (40_000, 40_000, Grid::aligned(10_000));
        let (bake, probe, begun) = (0, None, None);
        Daemon { floor, slots, to_healthy, probe, to_stop, grid, bake, begun }
    }

    #[test]
    fn a_single_daemon_with_half_of_it_to_stay_is_stuck() {
        assert_eq!(daemon(1, 1).course().end, End::Stuck(Limit::Percentages));
    }

    #[test]
    fn without_a_floor_all_are_replaced_at_once() {
        let Course { waves, peak, lowest, end } = daemon(5, 0).course();
        assert_eq!((waves, peak, lowest, end), (1, 5, 0, End::Completed(80_000)));
    }

    #[test]
    fn an_instance_that_the_new_one_does_not_fit_holds_the_rest() {
        let mut daemon = daemon(3, 2);
        daemon.slots[1].fits = false;
        let Course { lowest, end, .. } = daemon.course();
        assert_eq!((lowest, end), (2, End::Stuck(Limit::Room)));
    }

    proptest! {
        #[test]
        fn the_closed_form_agrees_with_the_passes(
            instances in 1..12_usize,
            dip in 1..12_u32,
            to_healthy in 1..120_000_u64,
            to_stop in 1..120_000_u64,
        ) {
            let floor = u32::try_from(instances).expect("few").saturating_sub(dip);
            let daemon = Daemon { to_healthy, to_stop, ..daemon(instances, floor) };
            prop_assert_eq!(daemon.closed_form(), Some(daemon.step_by_step()));
        }
    }
}
