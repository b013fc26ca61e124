//! The arithmetic of a deployment whose new tasks all fail alike: until the circuit breaker trips,
//! and back again (03 sections 5.4, 7, 10.6, 11, 14 and 19.2). No cluster, no tasks: only counts,
//! pass by pass. A daemon is a service whose ceiling is its desired count: as many slots are free
//! as tasks are missing (03 section 9). Beside the old revision, the new one has floor and ceiling
//! for itself (03 section 21.1).

use super::batch::{Batch, count};
use super::grid::Grid;
use super::rolling::{Course, End, Limit};

/// Ticks that are looked at: eleven days of them, ten seconds apart.
const MOST_TICKS: u32 = 100_000;

/// How the new tasks fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fails {
    /// They stop before they run.
    ToStart,
    /// They run, and exit before they are healthy.
    ByExit,
    /// They run on and turn unhealthy.
    InHealth,
}

/// A deployment of a revision that fails over a sound one, under a circuit breaker, in numbers.
/// Durations are ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// D.
    pub desired: u32,
    /// minH: what must stay healthy.
    pub floor: u32,
    /// maxT: what may occupy at most.
    pub ceiling: u32,
    /// When the scheduler looks.
    pub grid: Grid,
    /// How the new tasks fail.
    pub fails: Fails,
    /// From the decision to start a new task until it runs; those that never run do not.
    pub to_running: u64,
    /// From the decision to start a new task until its images are there; one task is alone until
    /// then. None: all of them start together.
    pub probe: Option<u64>,
    /// From the decision to start a new task until it fails.
    pub to_failure: u64,
    /// From the decision to stop a new task that runs until it is gone.
    pub to_stop_new: u64,
    /// `T_stop` of the old revision.
    pub to_stop: u64,
    /// `T_sh` of the old revision.
    pub to_healthy: u64,
    /// At how many failures the breaker trips.
    pub threshold: u32,
    /// It goes back then: rollback is on, and there is a complete revision.
    pub rolls_back: bool,
    /// How long starts wait after the n-th wave of failed ones.
    pub backoff: Vec<u64>,
    /// The old revision stands beside the new one, and nothing of it goes.
    pub beside: bool,
    /// What of it is done, when it is under way.
    pub begun: Option<Begun>,
}

/// What stands already, in a deployment that is under way. Instants are ms from now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Begun {
    /// Healthy tasks of the old revision, but for those beside the new one.
    pub old: u32,
    /// When each old task that stops will be gone.
    pub leaving: Vec<u64>,
    /// New tasks that have not failed yet.
    pub coming: Vec<Coming>,
    /// Unhealthy new tasks.
    pub sick: u32,
    /// When each new task that stops will be gone.
    pub sick_leaving: Vec<u64>,
    /// What the breaker has counted.
    pub failures: u32,
    /// Failures that it has not seen yet.
    pub unseen: u32,
    /// Waves of failed starts.
    pub waves: u32,
    /// Until when starts wait after those.
    pub held_until: u64,
    /// The new revision's images are known.
    pub known: bool,
}

/// New tasks that have not failed yet. Instants are ms after the call, or from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coming {
    /// When they run, if they ever do.
    pub runs: u64,
    /// When their images are there.
    pub known: u64,
    /// When they fail.
    pub fails: u64,
    /// How many.
    pub tasks: u32,
}

impl Failing {
    /// What comes of it; `None` when the breaker does not trip within days.
    pub fn course(&self) -> Option<Course> {
        let beside = if self.beside { self.desired } else { 0 };
        let (mut tasks, mut now) = match &self.begun {
            Some(begun) => (Tasks::from(begun), self.grid.seen(0)),
            None => (Tasks { old: self.desired - beside, ..Tasks::default() }, 0),
        };
        let mut course = Course {
            waves: 0,
            peak: beside + tasks.occupying(),
            lowest: beside + tasks.old,
            end: End::Stuck(Limit::Failures(self.threshold)),
        };
        let mut tripped = None;
        for _ in 0..MOST_TICKS {
            let started = match tripped {
                None => self.forward(&mut tasks, now),
                Some(_) => self.back(&mut tasks, now),
            };
            let trips = tripped.is_none() && tasks.failures >= self.threshold;
            let started = if trips { self.trip(&mut tasks, now) } else { started };
            course.waves += u32::from(started > 0);
            course.peak = course.peak.max(beside + tasks.occupying());
            course.lowest = course.lowest.min(beside + tasks.old);
            if trips {
                tripped = Some(now);
            }
            let limit = Limit::Failures(self.threshold);
            match tripped {
                Some(after) if !self.rolls_back => {
                    course.end = End::Failed { after, limit };
                    return Some(course);
                }
                Some(given_up) if tasks.old + beside == self.desired && tasks.new_are_gone() => {
                    course.end = End::RolledBack { given_up, after: now, limit };
                    return Some(course);
                }
                _ => {}
            }
            now = self.grid.seen(now + 1);
        }
        None
    }

    /// P0, P3 to P5 and, unless that is one failure too many, P7. How many tasks it started.
    fn forward(&self, tasks: &mut Tasks, now: u64) -> u32 {
        self.take_in(tasks, now);
        let given_up = tasks.sick.saturating_sub(self.desired);
        self.stop_sick(tasks, given_up, now);
        tasks.failures += given_up;
        let slack = tasks.old.saturating_sub(self.floor).min(tasks.old);
        tasks.old -= slack;
        tasks.leaving.push(Batch { at: now + self.to_stop, tasks: slack });
        let full = tasks.occupying() >= self.ceiling;
        let alone = count(&tasks.sick_leaving) == 0 && tasks.coming.is_empty();
        let may_dip = (tasks.old + tasks.sick).saturating_sub(1) >= self.floor;
        if full && alone && tasks.sick > 0 && (may_dip || self.ceiling <= self.floor) {
            self.stop_sick(tasks, 1, now);
            tasks.failures += 1;
        }
        if tasks.failures >= self.threshold || tasks.held_until.is_some_and(|until| now < until) {
            return 0;
        }
        let missing = self.desired.saturating_sub(tasks.coming_in_all());
        let room = self.ceiling.saturating_sub(tasks.occupying());
        let probing = self.probe.is_some() && !tasks.known;
        let at_once = if probing { 1_u32.saturating_sub(tasks.coming_in_all()) } else { u32::MAX };
        let started = missing.min(room).min(at_once);
        if started > 0 {
            tasks.coming.push(Coming {
                runs: now + self.to_running,
                known: now + self.probe.unwrap_or(0),
                fails: now + self.to_failure,
                tasks: started,
            });
        }
        started
    }

    /// P6 and what of P2 and P7 follows in the same pass: what is pending or sick goes, and what is
    /// missing of the old revision comes.
    fn trip(&self, tasks: &mut Tasks, now: u64) -> u32 {
        self.give_up(tasks, now, self.beside);
        if self.rolls_back { self.restart(tasks, now) } else { 0 }
    }

    /// A pass on the way back: the failed revision is what leaves.
    fn back(&self, tasks: &mut Tasks, now: u64) -> u32 {
        self.take_in(tasks, now);
        self.give_up(tasks, now, tasks.old >= self.floor);
        self.restart(tasks, now)
    }

    /// What happened by now.
    fn take_in(&self, tasks: &mut Tasks, now: u64) {
        tasks.leaving.retain(|batch| batch.at > now);
        tasks.sick_leaving.retain(|batch| batch.at > now);
        tasks.known |= self.fails != Fails::ToStart
            && self.probe.is_some()
            && tasks.coming.iter().any(|coming| coming.known <= now);
        let is_due = |coming: &Coming| coming.fails <= now;
        let failed = tasks.coming.iter().filter(|it| is_due(it)).map(|it| it.tasks).sum::<u32>();
        let unseen = std::mem::take(&mut tasks.unseen);
        tasks.failures += unseen;
        tasks.coming.retain(|coming| !is_due(coming));
        match self.fails {
            Fails::InHealth => tasks.sick += failed,
            Fails::ByExit => tasks.failures += failed,
            Fails::ToStart => tasks.failures += failed,
        }
        if self.fails == Fails::ToStart && failed + unseen > 0 {
            let last = self.backoff.len().saturating_sub(1);
            let wait = self.backoff.get(tasks.waves.min(last)).copied().unwrap_or(0);
            tasks.waves += 1;
            tasks.held_until = Some(now + wait);
        }
        let is_back = |batch: &&Batch| batch.at <= now;
        tasks.old += tasks.returning.iter().filter(is_back).map(|batch| batch.tasks).sum::<u32>();
        tasks.returning.retain(|batch| batch.at > now);
    }

    /// Tasks of the failed revision that go: pending and sick ones, and settling ones that run if
    /// those may go, too.
    fn give_up(&self, tasks: &mut Tasks, now: u64, settling: bool) {
        self.stop_sick(tasks, tasks.sick, now);
        let runs = |coming: &Coming| self.fails != Fails::ToStart && coming.runs <= now;
        for coming in tasks.coming.iter().filter(|coming| settling && runs(coming)) {
            // Who exits by itself does not wait for the end of its stop.
            let exits = match self.fails {
                Fails::ByExit => coming.fails,
                Fails::ToStart | Fails::InHealth => u64::MAX,
            };
            let at = exits.min(now + self.to_stop_new);
            tasks.sick_leaving.push(Batch { at, tasks: coming.tasks });
        }
        tasks.coming.retain(|coming| !settling && runs(coming));
    }

    fn restart(&self, tasks: &mut Tasks, now: u64) -> u32 {
        if self.beside {
            return 0;
        }
        let missing = self.desired.saturating_sub(tasks.old + count(&tasks.returning));
        let started = missing.min(self.ceiling.saturating_sub(tasks.occupying()));
        tasks.returning.push(Batch { at: now + self.to_healthy, tasks: started });
        tasks.returning.retain(|batch| batch.tasks > 0);
        started
    }

    fn stop_sick(&self, tasks: &mut Tasks, stopped: u32, now: u64) {
        tasks.sick -= stopped;
        tasks.sick_leaving.push(Batch { at: now + self.to_stop_new, tasks: stopped });
        tasks.sick_leaving.retain(|batch| batch.tasks > 0);
    }
}

/// The tasks of the service.
#[derive(Clone, Debug, Default)]
struct Tasks {
    /// Healthy ones of the old revision.
    old: u32,
    /// Old ones that stop.
    leaving: Vec<Batch>,
    /// Old ones that were started again, until they are healthy.
    returning: Vec<Batch>,
    coming: Vec<Coming>,
    /// Unhealthy new ones.
    sick: u32,
    /// New ones that stop.
    sick_leaving: Vec<Batch>,
    failures: u32,
    /// Failures that happened before, and no pass has seen.
    unseen: u32,
    /// Waves of failed starts.
    waves: usize,
    held_until: Option<u64>,
    /// One ran: its images' digests are known.
    known: bool,
}

impl Tasks {
    fn from(begun: &Begun) -> Self {
        let batches = |at: &[u64]| at.iter().map(|&at| Batch { at, tasks: 1 }).collect();
        Self {
            old: begun.old,
            leaving: batches(&begun.leaving),
            returning: Vec::new(),
            coming: begun.coming.clone(),
            sick: begun.sick,
            sick_leaving: batches(&begun.sick_leaving),
            failures: begun.failures,
            unseen: begun.unseen,
            waves: begun.waves as usize,
            held_until: Some(begun.held_until),
            known: begun.known,
        }
    }

    fn coming_in_all(&self) -> u32 {
        self.coming.iter().map(|coming| coming.tasks).sum()
    }

    fn new_are_gone(&self) -> bool {
        self.coming.is_empty() && self.sick == 0 && self.sick_leaving.is_empty()
    }

    fn occupying(&self) -> u32 {
        let stopping = count(&self.leaving) + count(&self.sick_leaving);
        self.old + self.sick + self.coming_in_all() + count(&self.returning) + stopping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Profile P of 03 section 26: RUNNING after 30 s, gone 40 s after the order.
    fn profile_p(desired: u32, floor: u32, ceiling: u32, fails: Fails, threshold: u32) -> Failing {
        let to_failure = match fails {
            Fails::ToStart => 30_000,
            Fails::ByExit => 40_000,
            Fails::InHealth => 60_000,
        };
        Failing {
            desired,
            floor,
            ceiling,
            grid: Grid::aligned(10_000),
            fails,
            to_running: 30_000,
            to_failure,
            to_stop_new: 40_000,
            to_stop: 40_000,
            to_healthy: 40_000,
            threshold,
            rolls_back: true,
            backoff: [30, 30, 300, 900, 1620].map(|seconds| seconds * 1000).to_vec(),
            probe: None,
            beside: false,
            begun: None,
        }
    }

    #[test]
    fn w63_to_w71_are_forecast_as_they_run() {
        for (example, failing, (given_up, done, peak, lowest)) in [
            ("W63", profile_p(1, 1, 2, Fails::InHealth, 3), (260, 300, 2, 1)),
            ("W64", profile_p(4, 4, 8, Fails::InHealth, 3), (260, 300, 8, 4)),
            ("W65", profile_p(4, 4, 12, Fails::InHealth, 3), (120, 160, 12, 4)),
            ("W66", profile_p(4, 2, 8, Fails::InHealth, 3), (220, 300, 8, 2)),
            ("W67", profile_p(4, 4, 8, Fails::ToStart, 3), (30, 30, 8, 4)),
            ("W68", profile_p(10, 10, 20, Fails::ToStart, 5), (30, 30, 20, 10)),
            ("W69", profile_p(1, 1, 2, Fails::ToStart, 3), (150, 150, 2, 1)),
            ("W70", profile_p(2, 2, 4, Fails::ByExit, 3), (80, 80, 4, 2)),
        ] {
            let course = failing.course().expect("the breaker trips");
            let limit = Limit::Failures(failing.threshold);
            let end = End::RolledBack { given_up: given_up * 1000, after: done * 1000, limit };
            assert_eq!((course.end, course.peak, course.lowest), (end, peak, lowest), "{example}");
        }
        let stays = Failing { rolls_back: false, ..profile_p(2, 2, 4, Fails::ByExit, 3) };
        let end = stays.course().expect("the breaker trips").end;
        assert_eq!(end, End::Failed { after: 80_000, limit: Limit::Failures(3) }, "W71");
    }

    #[test]
    fn beside_the_old_revision_twice_as_many_fail_before_any_is_given_up() {
        let green = Failing { beside: true, ..profile_p(4, 4, 8, Fails::InHealth, 3) };
        let Course { peak, lowest, end, .. } = green.course().expect("the breaker trips");
        let limit = Limit::Failures(3);
        let end_then = End::RolledBack { given_up: 120_000, after: 160_000, limit };
        assert_eq!((peak, lowest, end), (12, 4, end_then));
    }

    #[test]
    fn a_threshold_that_is_never_reached_has_no_course() {
        let patient = profile_p(1, 1, 2, Fails::ToStart, 5000);
        assert_eq!(patient.course(), None);
    }
}
