//! The arithmetic of a rolling deployment of a daemon service (03 section 9): one task an instance,
//! the new one where and when the old one is gone.

use super::grid::Grid;
use super::rolling::{Course, End, Limit};

/// A rolling deployment of a daemon service, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// minH: what must stay healthy.
    pub floor: u32,
    /// The eligible instances, lowest id first: their number is the desired count.
    pub slots: Vec<Slot>,
    /// `T_sh`: from the decision to start a task until it counts as healthy, ms.
    pub to_healthy: u64,
    /// `T_stop`: from the decision to stop a task until it is gone, ms.
    pub to_stop: u64,
    /// When the scheduler looks.
    pub grid: Grid,
    /// How long the new revision is watched when all else is done, ms.
    pub bake: u64,
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
        if !fresh || self.grid.offset > 0 || dip == 0 {
            return None;
        }
        let waves = desired.div_ceil(dip);
        let span = self.grid.seen(self.to_stop) + self.grid.seen(self.to_healthy);
        let end = End::Completed(self.baked(u64::from(waves) * span));
        Some(Course { waves, peak: desired, lowest: self.floor, end })
    }

    fn baked(&self, since: u64) -> u64 {
        if self.bake == 0 { since } else { self.grid.seen(since + self.bake) }
    }

    fn step_by_step(&self) -> Course {
        let mut slots = self.slots.clone();
        let mut course =
            Course { waves: 0, peak: 0, lowest: u32::MAX, end: End::Stuck(Limit::Percentages) };
        let mut now = 0;
        loop {
            let started = self.pass(&mut slots, now);
            let count = |is: fn(&Stand) -> bool| {
                let found = slots.iter().filter(|slot| is(&slot.stand)).count();
                u32::try_from(found).unwrap_or(u32::MAX)
            };
            course.waves += u32::from(started);
            course.peak = course.peak.max(count(|stand| *stand != Stand::Free));
            course.lowest = course.lowest.min(count(|it| matches!(it, Stand::Old | Stand::New)));
            if slots.iter().all(|slot| slot.stand == Stand::New) {
                course.end = End::Completed(self.baked(now));
                return course;
            }
            let next = slots.iter().filter_map(|slot| match slot.stand {
                Stand::Stopping(at) | Stand::Starting(at) => Some(at),
                Stand::Free | Stand::Old | Stand::New => None,
            });
            let Some(next) = next.min() else {
                let waits = slots.iter().any(|slot| slot.stand == Stand::Free);
                let limit = if waits { Limit::Room } else { Limit::Percentages };
                course.end = End::Stuck(limit);
                return course;
            };
            now = self.grid.seen(next).max(now);
        }
    }

    /// One pass: what is due, P4 and P7. Whether it started anything.
    fn pass(&self, slots: &mut [Slot], now: u64) -> bool {
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
        let mut started = false;
        for slot in slots.iter_mut().filter(|slot| slot.stand == Stand::Free && slot.fits) {
            slot.stand = Stand::Starting(now + self.to_healthy);
            started = true;
        }
        started
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn daemon(instances: usize, floor: u32) -> Daemon {
        let slots = vec![Slot { stand: Stand::Old, fits: true }; instances];
        let (to_healthy, to_stop, grid) = (40_000, 40_000, Grid::aligned(10_000));
        Daemon { floor, slots, to_healthy, to_stop, grid, bake: 0 }
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
