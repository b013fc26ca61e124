//! The arithmetic of task sets under an external controller (03 section 22): each goes from one
//! number of tasks to another, beside the others.

use super::grid::Grid;
use super::rolling::{Course, End, Limit};

/// The task sets of a service whose numbers change, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskSets {
    /// Of each set `ceil(D * scale)`, before and after.
    pub sets: Vec<(u32, u32)>,
    /// `T_sh`: from the decision to start a task until it counts as healthy, ms.
    pub to_healthy: u64,
    /// One new task is alone until its images are there, so long after the decision to start it,
    /// ms (03 section 5.4); none: all of them start together.
    pub probe: Option<u64>,
    /// When the scheduler looks.
    pub grid: Grid,
    /// `T_stop`: from the decision to stop a task until it is gone, ms.
    pub to_stop: u64,
    /// R: how many further tasks the cluster has room for; `None` when for all that are wanted.
    pub room: Option<u32>,
}

impl TaskSets {
    /// Tasks of all sets, after.
    pub fn desired(&self) -> u32 {
        self.sets.iter().map(|&(_, after)| after).sum()
    }

    /// Tasks that are to come.
    pub fn coming(&self) -> u32 {
        self.sets.iter().map(|&(before, after)| after.saturating_sub(before)).sum()
    }

    /// What comes of it, until everything runs that is to and nothing else:
    /// `peak = Σ ceil(D * scale_i)` over what was and what will be.
    pub fn course(&self) -> Course {
        let before: u32 = self.sets.iter().map(|&(before, _)| before).sum();
        let lowest: u32 = self.sets.iter().map(|&(before, after)| before.min(after)).sum();
        let (coming, leaving) = (self.coming(), before - lowest);
        let free = self.room.unwrap_or(u32::MAX);
        // Who stops makes room at once; who is placed there waits until it is gone.
        let started = coming.min(free.saturating_add(leaving));
        let alone = self.probe.filter(|_| started > 1).map_or(0, |probe| self.grid.seen(probe));
        let last = match started {
            0 => 0,
            _ if started > free => self.to_stop + alone + self.to_healthy,
            _ => alone + self.to_healthy,
        };
        let down = if leaving > 0 { self.to_stop } else { 0 };
        let end = match started < coming {
            true => End::Stuck(Limit::Room),
            false => End::Completed(last.max(down)),
        };
        let waves = u32::from(started > 0) + u32::from(alone > 0);
        Course { waves, peak: before + started, lowest, end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(sets: &[(u32, u32)], room: Option<u32>) -> Course {
        let sets = sets.to_vec();
        let (probe, grid) = (None, Grid::aligned(10_000));
        TaskSets { sets, to_healthy: 35_000, probe, grid, to_stop: 41_000, room }.course()
    }

    #[test]
    fn w114_two_halves_of_five_are_six() {
        let Course { peak, lowest, end, .. } = sets(&[(0, 3), (0, 3)], None);
        assert_eq!((peak, lowest, end), (6, 0, End::Completed(35_000)));
    }

    #[test]
    fn a_set_gives_way_to_another() {
        let Course { peak, lowest, end, .. } = sets(&[(5, 0), (0, 5)], None);
        assert_eq!((peak, lowest, end), (10, 0, End::Completed(41_000)));
        let Course { peak, end, .. } = sets(&[(5, 5), (0, 5)], Some(2));
        assert_eq!((peak, end), (7, End::Stuck(Limit::Room)));
        let Course { peak, end, .. } = sets(&[(5, 0), (0, 5)], Some(0));
        assert_eq!((peak, end), (10, End::Completed(76_000)));
    }

    #[test]
    fn w116_scaled_to_nothing() {
        let Course { peak, lowest, end, .. } = sets(&[(3, 0)], None);
        assert_eq!((peak, lowest, end), (3, 0, End::Completed(41_000)));
    }
}
