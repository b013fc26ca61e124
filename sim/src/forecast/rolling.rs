//! The arithmetic of a rolling deployment: closed forms where there are any (03 section 6.1), else
//! the pass in small numbers (03 sections 5.4, 6.2 and 6.6). No cluster, no tasks: only counts.

/// A rolling deployment of a sound revision over a sound one, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rolling {
    /// D.
    pub desired: u32,
    /// minH: what must stay healthy.
    pub floor: u32,
    /// maxT: what may occupy at most.
    pub ceiling: u32,
    /// `T_sh`: from the decision to start a task until it counts as healthy, ms.
    pub to_healthy: u64,
    /// `T_stop`: from the decision to stop a task until it is gone, ms.
    pub to_stop: u64,
    /// From one look of the scheduler to the next, ms.
    pub tick: u64,
    /// R: how many further tasks the cluster has room for; `None` when for all that are wanted.
    pub room: Option<u32>,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// W: how many passes start tasks.
    pub waves: u32,
    /// Most tasks that occupy at once.
    pub peak: u32,
    /// Fewest healthy ones.
    pub lowest: u32,
    /// How it ends.
    pub end: End,
}

/// How a rolling deployment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It completes after so many ms.
    Completed(u64),
    /// It never does: this limit stands in the way.
    Stuck(Limit),
}

/// What keeps a deployment from moving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// `minimumHealthyPercent` and `maximumPercent` leave nothing to stop and nothing to start.
    Percentages,
    /// There would be room under the ceiling, but none in the cluster, and nothing may stop.
    Room,
}

impl Rolling {
    /// s: how many tasks may be there beyond D.
    pub fn surge(&self) -> u32 {
        self.ceiling.saturating_sub(self.desired)
    }

    /// u: how many tasks may be missing from D.
    pub fn dip(&self) -> u32 {
        self.desired.saturating_sub(self.floor)
    }

    /// When the scheduler sees what happens after so long.
    fn seen(&self, after: u64) -> u64 {
        after.next_multiple_of(self.tick)
    }

    /// What comes of it.
    pub fn course(&self) -> Course {
        self.closed_form().unwrap_or_else(|| self.step_by_step())
    }

    /// The table of 03 section 6.1; `None` where it says "simulate the pass".
    fn closed_form(&self) -> Option<Course> {
        let (desired, surge, dip) = (self.desired, self.surge(), self.dip());
        if self.room.is_some_and(|room| room < surge.min(desired)) {
            return None;
        }
        let course = |waves, span, peak, lowest| {
            let end = End::Completed(u64::from(waves) * span);
            Some(Course { waves, peak, lowest, end })
        };
        let (to_healthy, to_stop) = (self.seen(self.to_healthy), self.seen(self.to_stop));
        let both = to_healthy + to_stop;
        match (surge, dip) {
            _ if desired == 0 => course(0, 0, 0, 0),
            (0, 0) => {
                let end = End::Stuck(Limit::Percentages);
                Some(Course { waves: 0, peak: desired, lowest: desired, end })
            }
            (_, 0) => course(desired.div_ceil(surge), both, self.most(), desired),
            (0, _) => course(desired.div_ceil(dip), both, desired, self.floor),
            _ if surge >= desired && dip == desired => {
                course(1, to_healthy.max(to_stop), 2 * desired, 0)
            }
            _ if surge == dip && to_healthy == to_stop => {
                let peak = desired + surge.min(desired);
                course(desired.div_ceil(surge), to_healthy, peak, self.floor)
            }
            _ => None,
        }
    }

    fn most(&self) -> u32 {
        self.ceiling.min(2 * self.desired)
    }

    /// Pass by pass.
    fn step_by_step(&self) -> Course {
        let mut tasks = Tasks { old: self.desired, free: self.room, ..Tasks::default() };
        let mut course = Course {
            waves: 0,
            peak: self.desired,
            lowest: self.desired,
            end: End::Stuck(Limit::Percentages),
        };
        let mut now = 0;
        loop {
            tasks.settle(now);
            let started = self.pass(&mut tasks, now);
            course.waves += u32::from(started > 0);
            course.peak = course.peak.max(tasks.occupying());
            course.lowest = course.lowest.min(tasks.healthy());
            if tasks.new == self.desired && tasks.occupying() == tasks.new {
                course.end = End::Completed(now);
                return course;
            }
            let Some(next) = tasks.next_change() else {
                let has_room = self.ceiling > tasks.occupying();
                let limit = if has_room { Limit::Room } else { Limit::Percentages };
                course.end = End::Stuck(limit);
                return course;
            };
            now = next;
        }
    }

    /// P4 and P7 of one pass. How many tasks it started.
    fn pass(&self, tasks: &mut Tasks, now: u64) -> u32 {
        let stops = tasks.healthy().saturating_sub(self.floor).min(tasks.old);
        tasks.old -= stops;
        if stops > 0 {
            let gone_at = now + self.to_stop;
            tasks.stopping.push(Batch { at: self.seen(gone_at), tasks: stops });
            // Its room can be had at once; who is placed there waits until it is gone.
            if tasks.free.is_some() {
                tasks.vacating.push(Batch { at: gone_at, tasks: stops });
            }
        }
        let room = self.ceiling.saturating_sub(tasks.occupying());
        let wanted = room.min(self.desired - tasks.new - count(&tasks.settling));
        tasks.start(wanted, now, |from| self.seen(from + self.to_healthy))
    }
}

/// Tasks to which something happens at an instant.
#[derive(Clone, Copy, Debug)]
struct Batch {
    at: u64,
    tasks: u32,
}

fn count(batches: &[Batch]) -> u32 {
    batches.iter().map(|batch| batch.tasks).sum()
}

/// The tasks of the service.
#[derive(Clone, Debug, Default)]
struct Tasks {
    /// Healthy ones of the old revision.
    old: u32,
    /// Healthy ones of the new revision.
    new: u32,
    /// New ones, until they are healthy.
    settling: Vec<Batch>,
    /// Old ones, until they are gone.
    stopping: Vec<Batch>,
    /// Places that nobody has; `None` without end.
    free: Option<u32>,
    /// Places whose task stops, until it is gone.
    vacating: Vec<Batch>,
}

impl Tasks {
    fn healthy(&self) -> u32 {
        self.old + self.new
    }

    fn occupying(&self) -> u32 {
        self.healthy() + count(&self.settling) + count(&self.stopping)
    }

    /// What is due by now has happened.
    fn settle(&mut self, now: u64) {
        let due = |batches: &mut Vec<Batch>| {
            let (over, left) = batches.drain(..).partition::<Vec<_>, _>(|batch| batch.at <= now);
            *batches = left;
            count(&over)
        };
        self.new += due(&mut self.settling);
        due(&mut self.stopping);
        let vacated = due(&mut self.vacating);
        self.free = self.free.map(|free| free + vacated);
    }

    /// Starts as many as there is room for: first where nobody is, then where somebody leaves.
    /// `healthy_at` says when a task is healthy whose host has room from an instant on.
    fn start(&mut self, wanted: u32, now: u64, healthy_at: impl Fn(u64) -> u64) -> u32 {
        let at_once = self.free.map_or(wanted, |free| free.min(wanted));
        self.free = self.free.map(|free| free - at_once);
        let mut left = wanted - at_once;
        let mut started = vec![Batch { at: healthy_at(now), tasks: at_once }];
        for place in &mut self.vacating {
            let taken = place.tasks.min(left);
            place.tasks -= taken;
            left -= taken;
            started.push(Batch { at: healthy_at(place.at.max(now)), tasks: taken });
        }
        self.vacating.retain(|place| place.tasks > 0);
        started.retain(|batch| batch.tasks > 0);
        self.settling.append(&mut started);
        wanted - left
    }

    fn next_change(&self) -> Option<u64> {
        self.settling.iter().chain(&self.stopping).map(|batch| batch.at).min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Profile P of 03 section 26: healthy after 40 s, gone after 40 s.
    fn profile_p(desired: u32, floor: u32, ceiling: u32) -> Rolling {
        let (to_healthy, to_stop) = (40_000, 40_000);
        Rolling { desired, floor, ceiling, to_healthy, to_stop, tick: 10_000, room: None }
    }

    /// Done (s), peak, lowest; by the example's number.
    fn assert_course(example: &str, rolling: Rolling, wanted: (Option<u64>, u32, u32)) {
        let Course { peak, lowest, end, .. } = rolling.course();
        let done = match end {
            End::Completed(after) => Some(after / 1000),
            End::Stuck(_) => None,
        };
        assert_eq!((done, peak, lowest), wanted, "{example}");
    }

    #[test]
    fn w13_to_w32_are_forecast_as_they_run() {
        for (example, desired, floor, ceiling, wanted) in [
            ("W13", 4, 4, 8, (Some(80), 8, 4)),
            ("W14", 4, 2, 4, (Some(160), 4, 2)),
            ("W15", 4, 4, 5, (Some(320), 5, 4)),
            ("W16", 3, 3, 3, (None, 3, 3)),
            ("W19", 1, 1, 2, (Some(80), 2, 1)),
            ("W20", 1, 0, 1, (Some(80), 1, 0)),
            ("W21", 6, 3, 12, (Some(80), 12, 3)),
            ("W22", 10, 9, 11, (Some(400), 11, 9)),
            ("W23", 5, 3, 7, (Some(120), 7, 3)),
            ("W24", 10, 10, 13, (Some(320), 13, 10)),
            ("W25", 7, 5, 9, (Some(160), 9, 5)),
            ("W26", 3, 2, 3, (Some(240), 3, 2)),
            ("W27", 5, 0, 5, (Some(80), 5, 0)),
            ("W28", 5, 0, 10, (Some(40), 10, 0)),
            ("W29", 4, 4, 12, (Some(80), 8, 4)),
            ("W32", 5, 3, 5, (Some(240), 5, 3)),
        ] {
            assert_course(example, profile_p(desired, floor, ceiling), wanted);
        }
    }

    #[test]
    fn w36_to_w42_are_forecast_as_they_run_in_a_cluster_that_is_nearly_full() {
        let with_room = |floor, room| Rolling { room: Some(room), ..profile_p(6, floor, 12) };
        assert_course("W36", with_room(6, 2), (Some(240), 10, 6));
        assert_course("W37", with_room(3, 2), (Some(120), 11, 3));
        assert_course("W38", with_room(3, 4), (Some(80), 12, 3));
        let full =
            |desired, floor| Rolling { room: Some(0), ..profile_p(desired, floor, 2 * desired) };
        assert_course("W41", full(4, 3), (Some(320), 5, 3));
        assert_course("W42", full(2, 0), (Some(80), 4, 0));
    }

    #[test]
    fn without_room_and_without_a_dip_the_room_is_the_limit() {
        let full = Rolling { room: Some(0), ..profile_p(4, 4, 8) };
        assert_eq!(full.course().end, End::Stuck(Limit::Room));
        let tight = Rolling { room: Some(0), ..profile_p(4, 4, 4) };
        assert_eq!(tight.course().end, End::Stuck(Limit::Percentages));
    }

    proptest! {
        /// The closed forms say what the passes do.
        #[test]
        fn closed_forms_agree_with_the_passes(
            desired in 0..14_u32,
            dip in 0..14_u32,
            surge in 0..30_u32,
            to_healthy in 1..120_000_u64,
            to_stop in 1..120_000_u64,
        ) {
            let rolling = Rolling {
                desired,
                floor: desired.saturating_sub(dip),
                ceiling: desired + surge,
                to_healthy,
                to_stop,
                tick: 10_000,
                room: None,
            };
            if let Some(course) = rolling.closed_form() {
                prop_assert_eq!(course, rolling.step_by_step());
            }
        }

        /// Floor and ceiling hold, and only a limit that binds is named.
        #[test]
        fn limits_hold_and_the_named_one_binds(
            desired in 1..20_u32,
            dip in 0..20_u32,
            surge in 0..30_u32,
            room in 0..30_u32,
        ) {
            let floor = desired.saturating_sub(dip);
            let ceiling = desired + surge;
            let rolling = Rolling { room: Some(room), ..profile_p(desired, floor, ceiling) };
            let course = rolling.course();
            prop_assert!(course.peak <= rolling.ceiling && course.lowest >= floor);
            let moves = match course.end {
                End::Completed(_) => true,
                End::Stuck(Limit::Room) => room == 0 && surge > 0,
                End::Stuck(Limit::Percentages) => surge == 0 && floor == desired,
            };
            prop_assert!(moves, "{:?}", course);
        }
    }
}
