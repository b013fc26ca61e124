//! The arithmetic of a rolling deployment: closed forms where there are any (03 section 6.1), else
//! the pass in small numbers (03 sections 5.4, 6.2 and 6.6). No cluster, no tasks: only counts.

use stowplan_engine::model::{LifecycleEvent, LifecycleStage};

use super::batch::{Batch, count};
use super::grid::Grid;
use super::moment::{self, Moment};

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
    /// When the scheduler looks.
    pub grid: Grid,
    /// R: how many further tasks the cluster has room for; `None` when for all that are wanted.
    pub room: Option<u32>,
    /// How long the new revision is watched when all else is done, ms (03 section 12).
    pub bake: u64,
    /// Early success criteria, if they are on.
    pub early: Option<Early>,
    /// One new task is alone until its images are there, so long after the decision to start it,
    /// ms (03 section 5.4); none: all of them start together.
    pub probe: Option<u64>,
}

/// Early success criteria (03 section 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Early {
    /// So many healthy new tasks are success.
    pub required: u32,
    /// Success does not wait for the old revision to be gone.
    pub deferred: bool,
}

/// What stands already, in a deployment that is under way. Instants are ms from now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Begun {
    /// Healthy tasks of older revisions.
    pub old: u32,
    /// Healthy tasks of the new one.
    pub new: u32,
    /// When each new task that is not healthy will be.
    pub starting: Vec<u64>,
    /// When each task of an older revision that stops will be gone.
    pub stopping: Vec<u64>,
    /// When each task of the new one that stops will be gone: nobody waits for those.
    pub leaving: Vec<u64>,
    /// For how long it bakes; none: it does not.
    pub baking_for: Option<u64>,
    /// What is known of the new revision's images.
    pub digests: Probe,
}

/// What is known of the images of a revision (03 section 5.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Probe {
    /// Everything, or nobody waits for it.
    #[default]
    Known,
    /// The first task has them so long from now, ms.
    KnownIn(u64),
    /// No task has begun to fetch them.
    Unasked,
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
    /// It is given up after so many ms for this limit, and the old revision is all there is again
    /// after so many more.
    RolledBack {
        /// When it is given up.
        given_up: u64,
        /// When it is as it was.
        after: u64,
        /// What stood in the way.
        limit: Limit,
    },
    /// It is given up, and cannot go back: this limit stands in the way of that, or nothing is
    /// there to go back to.
    Failed {
        /// When it is given up for good.
        after: u64,
        /// What stood in the way.
        limit: Limit,
    },
}

/// What keeps a deployment from moving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// `minimumHealthyPercent` and `maximumPercent` leave nothing to stop and nothing to start.
    Percentages,
    /// There would be room under the ceiling, but none in the cluster, and nothing may stop.
    Room,
    /// A lifecycle hook, by its position, at a stage.
    Hook(usize, LifecycleStage, HookProblem),
    /// A stage takes longer than it may.
    Stage(LifecycleStage),
    /// The function of an event of CodeDeploy, or the event itself.
    Event(LifecycleEvent, HookProblem),
    /// Nobody calls ContinueDeployment.
    ReadyWait,
    /// The new tasks fail: the circuit breaker trips at so many failures.
    Failures(u32),
    /// Nothing does any more: it is on its way back already.
    TurnedBack,
}

/// What is wrong with a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookProblem {
    /// Its function says FAILED, or nothing that can be read.
    Fails,
    /// Its function does not answer in time.
    NoAnswer,
    /// Nobody ends the pause.
    TimesOut,
}

impl End {
    /// The same, counted from a later instant.
    pub(super) fn from(self, now: u64) -> Self {
        let left = |at: u64| at.saturating_sub(now);
        match self {
            Self::Completed(after) => Self::Completed(left(after)),
            Self::Stuck(limit) => Self::Stuck(limit),
            Self::RolledBack { given_up, after, limit } => {
                Self::RolledBack { given_up: left(given_up), after: left(after), limit }
            }
            Self::Failed { after, limit } => Self::Failed { after: left(after), limit },
        }
    }
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

    fn seen(&self, after: u64) -> u64 {
        self.grid.seen(after)
    }

    /// What comes of it.
    pub fn course(&self) -> Course {
        self.closed_form().unwrap_or_else(|| self.step_by_step(self.begin(), 0))
    }

    /// What comes of it when a part of it is done.
    pub fn course_from(&self, begun: &Begun) -> Course {
        let bake = self.bake - begun.baking_for.unwrap_or(0).min(self.bake);
        let seen = |at: &[u64]| at.iter().map(|&at| self.seen(at)).collect();
        let (starting, stopping) = (seen(&begun.starting), seen(&begun.stopping));
        let begun = Begun { starting, stopping, leaving: seen(&begun.leaving), ..begun.clone() };
        let first = self.seen(0);
        Self { bake, ..*self }.step_by_step(Tasks::from(&begun, self.room), first)
    }

    /// What happens when, from the beginning; until nothing can move when it gets stuck.
    pub fn moments(&self) -> Vec<Moment> {
        let mut moments = Vec::new();
        self.walk(self.begin(), 0, &mut |next| moment::add(&mut moments, next));
        moments
    }

    fn begin(&self) -> Tasks {
        let digests = if self.probe.is_some() { Probe::Unasked } else { Probe::Known };
        Tasks { old: self.desired, free: self.room, digests, ..Tasks::default() }
    }

    /// The table of 03 section 6.1; `None` where it says "simulate the pass".
    fn closed_form(&self) -> Option<Course> {
        let (desired, surge, dip) = (self.desired, self.surge(), self.dip());
        let cut = self.room.is_some_and(|room| room < surge.min(desired));
        if cut || self.early.is_some() || self.probe.is_some() || self.grid.offset > 0 {
            return None;
        }
        let course = |waves, span, peak, lowest| {
            let end = End::Completed(self.baked(u64::from(waves) * span));
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

    /// The end of a bake that begins then.
    fn baked(&self, since: u64) -> u64 {
        if self.bake == 0 { since } else { self.seen(since + self.bake) }
    }

    /// Pass by pass.
    fn step_by_step(&self, tasks: Tasks, first: u64) -> Course {
        self.walk(tasks, first, &mut |_| {})
    }

    fn walk(&self, mut tasks: Tasks, first: u64, see: &mut dyn FnMut(Moment)) -> Course {
        let mut course = Course {
            waves: 0,
            peak: tasks.occupying(),
            lowest: tasks.healthy(),
            end: End::Stuck(Limit::Percentages),
        };
        let (mut now, mut done) = (first, None);
        loop {
            tasks.settle(now);
            let before = tasks.old;
            let started = self.pass(&mut tasks, now);
            let Tasks { old, new, .. } = tasks;
            see(Moment { after: now, started, stopped: before - old, old, new });
            course.waves += u32::from(started > 0);
            course.peak = course.peak.max(tasks.occupying());
            course.lowest = course.lowest.min(tasks.healthy());
            if done.is_none() && self.is_done(&mut tasks, now) {
                done = Some(now);
            }
            let is_all = tasks.new == self.desired && tasks.occupying() == tasks.new;
            if let Some(done) = done.filter(|_| is_all) {
                course.end = End::Completed(done);
                return course;
            }
            let bakes = tasks.baking_since.map(|since| self.baked(since)).filter(|&at| at > now);
            let changes = tasks.next_change().into_iter().chain(bakes);
            let Some(next) = changes.chain(tasks.digests.known_at(self.grid)).min() else {
                let has_room = self.ceiling > tasks.occupying();
                let limit = if has_room { Limit::Room } else { Limit::Percentages };
                course.end = done.map_or(End::Stuck(limit), End::Completed);
                return course;
            };
            now = next;
        }
    }

    /// The completion predicate (03 sections 10.2 and 13).
    fn is_done(&self, tasks: &mut Tasks, now: u64) -> bool {
        let old_is_gone = tasks.old == 0 && tasks.stopping.is_empty();
        let settled = match self.early {
            None => tasks.new == self.desired && old_is_gone && tasks.settling.is_empty(),
            Some(early) => tasks.new >= early.required,
        };
        if !settled {
            return false;
        }
        let since = *tasks.baking_since.get_or_insert(now);
        let waits = self.early.is_some_and(|early| !early.deferred) && !old_is_gone;
        !waits && now >= self.baked(since)
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
        tasks.digests.look(now);
        let there = tasks.new + count(&tasks.settling);
        let at_once = match tasks.digests {
            Probe::Known => u32::MAX,
            Probe::Unasked | Probe::KnownIn(_) => 1_u32.saturating_sub(there),
        };
        let wanted = room.min(self.desired - there).min(at_once);
        let mut first = None;
        let started = tasks.start(wanted, now, |from| {
            first.get_or_insert(from);
            self.seen(from + self.to_healthy)
        });
        if let (Probe::Unasked, Some(from), 1..) = (tasks.digests, first, started) {
            tasks.digests = Probe::KnownIn(from + self.probe.unwrap_or(0));
        }
        started
    }
}

impl Probe {
    pub(super) fn look(&mut self, now: u64) {
        if matches!(*self, Self::KnownIn(at) if at <= now) {
            *self = Self::Known;
        }
    }

    pub(super) fn known_at(self, grid: Grid) -> Option<u64> {
        match self {
            Self::KnownIn(at) => Some(grid.seen(at)),
            Self::Known | Self::Unasked => None,
        }
    }
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
    /// New ones, until they are gone.
    leaving: Vec<Batch>,
    /// Places that nobody has; `None` without end.
    free: Option<u32>,
    /// Places whose task stops, until it is gone.
    vacating: Vec<Batch>,
    /// When the bake time began.
    baking_since: Option<u64>,
    digests: Probe,
}

impl Tasks {
    fn from(begun: &Begun, free: Option<u32>) -> Self {
        let batches = |at: &[u64]| at.iter().map(|&at| Batch { at, tasks: 1 }).collect::<Vec<_>>();
        Self {
            old: begun.old,
            new: begun.new,
            settling: batches(&begun.starting),
            stopping: batches(&begun.stopping),
            leaving: batches(&begun.leaving),
            free,
            vacating: free.map_or_else(Vec::new, |_| batches(&begun.stopping)),
            baking_since: begun.baking_for.map(|_| 0),
            digests: begun.digests,
        }
    }

    fn healthy(&self) -> u32 {
        self.old + self.new
    }

    fn occupying(&self) -> u32 {
        self.healthy() + count(&self.settling) + count(&self.stopping) + count(&self.leaving)
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
        due(&mut self.leaving);
        let vacated = due(&mut self.vacating);
        self.free = self.free.map(|free| free + vacated);
    }

    /// Starts as many as there is room for: first where nobody is, then where somebody leaves.
    /// `healthy_at` says when a task is healthy whose host has room from an instant on.
    fn start(&mut self, wanted: u32, now: u64, mut healthy_at: impl FnMut(u64) -> u64) -> u32 {
        let at_once = self.free.map_or(wanted, |free| free.min(wanted));
        self.free = self.free.map(|free| free - at_once);
        let mut left = wanted - at_once;
        if at_once > 0 {
            self.settling.push(Batch { at: healthy_at(now), tasks: at_once });
        }
        for place in &mut self.vacating {
            let taken = place.tasks.min(left);
            if taken > 0 {
                place.tasks -= taken;
                left -= taken;
                self.settling.push(Batch { at: healthy_at(place.at.max(now)), tasks: taken });
            }
        }
        self.vacating.retain(|place| place.tasks > 0);
        wanted - left
    }

    fn next_change(&self) -> Option<u64> {
        let changes = self.settling.iter().chain(&self.stopping).chain(&self.leaving);
        changes.map(|batch| batch.at).min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Profile P of 03 section 26: healthy after 40 s, gone after 40 s.
    fn profile_p(desired: u32, floor: u32, ceiling: u32) -> Rolling {
        let (to_healthy, to_stop) = (40_000, 40_000);
        let grid = Grid::aligned(10_000);
        let (room, bake, early, probe) = (None, 0, None, None);
        Rolling { desired, floor, ceiling, to_healthy, to_stop, grid, room, bake, early, probe }
    }

    /// Done (s), peak, lowest; by the example's number.
    fn assert_course(example: &str, rolling: Rolling, wanted: (Option<u64>, u32, u32)) {
        let Course { peak, lowest, end, .. } = rolling.course();
        let done = match end {
            End::Completed(after) => Some(after / 1000),
            _ => None,
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

    #[test]
    fn a_rolling_update_is_told_moment_by_moment() {
        let told = |moment: &Moment| {
            let Moment { after, started, stopped, old, new } = *moment;
            (after / 1000, started, stopped, old, new)
        };
        let moments: Vec<_> = profile_p(4, 4, 8).moments().iter().map(told).collect();
        assert_eq!(moments, [(0, 4, 0, 4, 0), (40, 0, 4, 0, 4)]);
        let stuck: Vec<_> = profile_p(3, 3, 3).moments().iter().map(told).collect();
        assert_eq!(stuck, [(0, 0, 0, 3, 0)]);
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
            bake in 0..90_000_u64,
        ) {
            let floor = desired.saturating_sub(dip);
            let rolling =
                Rolling { to_healthy, to_stop, bake, ..profile_p(desired, floor, desired + surge) };
            if let Some(course) = rolling.closed_form() {
                prop_assert_eq!(course, rolling.step_by_step(rolling.begin(), 0));
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
                _ => false,
            };
            prop_assert!(moves, "{:?}", course);
        }
    }
}
