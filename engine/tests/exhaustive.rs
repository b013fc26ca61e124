//! Every small rolling update there is, by the engine itself: desired 0 to 8, each pair of limits
//! that percents in steps of 5 can give, each order in which tasks become healthy and go; with room
//! for all of them, for one more, and for none (03 sections 6.1, 6.5 and 6.6).
//!
//! The engine is copied at each fork: at the next tick any number of those that start are healthy,
//! and any number of those that stop are gone. Why that is every order: the scheduler tells tasks
//! of one revision apart by nothing but their state and their age (03 sections 5.4 and 16.1: all
//! are on one instance, none is protected or unhealthy), so that which of them move can only matter
//! by age. Up to four wanted tasks the oldest and the newest are tried, and nothing comes of it;
//! beyond that the oldest. A state that shows the same tasks in the order of their age is looked at
//! once: limits, room and throttles are the same there.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
mod bed;

use std::collections::{BTreeMap, BTreeSet};

use bed::{Bed, limits};
use stowplan_engine::Engine;
use stowplan_engine::api::event::Message;
use stowplan_engine::api::{EventKind, Input, Output, Report, TaskChange};
use stowplan_engine::model::{
    HealthStatus, ServiceId, Span, Stop, StopCode, StopReason, TaskId, TaskStatus, Time,
};

/// Every task takes so much of the one instance.
const MEMORY: u32 = 128;
const TICK: Span = Span::from_secs(10);
/// Up to this desired count the oldest and the newest of a class are tried, beyond it the oldest.
const BOTH_ENDS: u32 = 4;
/// How many updates there are: pairs of limits with none, one or all of the room.
const SMALL_SEEN: usize = 1_109;
const EIGHT_SEEN: usize = 459;
/// Ticks without any move after which nothing moves any more: back-offs are shorter.
const IDLE: u32 = 12;

/// A rolling update of a service that was steady.
#[derive(Clone, Copy, Debug)]
struct Update {
    desired: u32,
    minimum: u32,
    maximum: u32,
    /// Places beyond those that the old revision has.
    room: u32,
}

/// How a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stand {
    Pending,
    Healthy,
    Stopping,
}

/// Tasks in the order of their creation: whether each is of the new revision, and how it stands.
type Picture = Vec<(bool, Stand)>;

/// An engine on its way.
#[derive(Clone)]
struct Run {
    engine: Engine,
    now: Time,
    update: Update,
    /// It said that the percentages leave nothing to do.
    said_percentages: bool,
    /// It said that no instance has room.
    said_room: bool,
}

const WEB: ServiceId = ServiceId::new(0);

impl Run {
    /// Right after the call and its pass.
    fn begun(update: Update) -> Self {
        let Update { desired, minimum, maximum, room } = update;
        let mut bed = Bed::profile_p();
        bed.instance("only", "a", 1_000_000, (MEMORY * (desired + room)).max(1));
        bed.checked("web", 1, MEMORY);
        bed.service("web", desired, limits(minimum, maximum));
        bed.checked("web", 1, MEMORY);
        bed.deploy("web", "web:2");
        let (engine, now) = (bed.engine, Time::ZERO);
        let mut run = Self { engine, now, update, said_percentages: false, said_room: false };
        run.pass();
        run
    }

    fn bounds(&self) -> (u32, u32) {
        let row = self.engine.view().service(WEB);
        (row.lower_limit(), row.upper_limit())
    }

    /// What the scheduler does at this instant; limits hold, whatever it does.
    fn pass(&mut self) {
        let before = self.engine.view().counts(WEB, self.now);
        if self.engine.poll_timeout().is_some_and(|(at, _)| at <= self.now) {
            self.engine.step(self.now, Input::Wake).expect("a wake is never refused");
        }
        self.listen();
        let after = self.engine.view().counts(WEB, self.now);
        let (lower, upper) = self.bounds();
        let what = format!("{:?} at {:?}: {:?}", self.update, self.now, self.picture());
        assert!(after.occupying() <= upper.max(before.occupying()), "above the ceiling: {what}");
        assert!(after.healthy >= lower.min(before.healthy), "below the floor: {what}");
    }

    fn listen(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            let Output::Event(event) = output else { continue };
            let EventKind::Message(_, message) = event.kind else { continue };
            self.said_percentages |= matches!(*message, Message::Stuck);
            self.said_room |= matches!(*message, Message::NoPlace(..));
        }
    }

    fn tasks(&self) -> Vec<(TaskId, bool, Stand)> {
        let view = self.engine.view();
        let primary = view.primary(WEB).expect("it has one");
        let mut tasks: Vec<TaskId> = view.service(WEB).tasks.clone();
        tasks.sort_unstable();
        let stand = |id: TaskId| {
            let task = view.task(id);
            let is_new = task.owner.is_some_and(|owner| owner.deployment == primary);
            let stand = match (task.is_live(), task.is_running()) {
                (false, _) if !task.is_occupying() => return None,
                (false, _) => Stand::Stopping,
                (true, false) => Stand::Pending,
                (true, true) => Stand::Healthy,
            };
            Some((id, is_new, stand))
        };
        tasks.into_iter().filter_map(stand).collect()
    }

    fn picture(&self) -> Picture {
        self.tasks().into_iter().map(|(_, is_new, stand)| (is_new, stand)).collect()
    }

    fn is_done(&self) -> bool {
        let picture = self.picture();
        let wanted = self.update.desired as usize;
        picture.len() == wanted && picture.iter().all(|task| *task == (true, Stand::Healthy))
    }

    /// A tick later these are healthy and those are gone.
    fn after(&self, healthy: &[TaskId], gone: &[TaskId]) -> Self {
        let mut next = self.clone();
        next.now = self.now + TICK;
        let mut tell = |task, change| {
            let report = Input::Report(Report::Task(task, change));
            next.engine.step(next.now, report).expect("a report is never refused");
        };
        for &task in healthy {
            tell(task, TaskChange::Status(TaskStatus::Running, None));
            tell(task, TaskChange::Health(HealthStatus::Healthy));
        }
        for &task in gone {
            let stop = Stop { code: StopCode::UserInitiated, reason: StopReason::EssentialExited };
            tell(task, TaskChange::Status(TaskStatus::Stopped, Some(stop)));
        }
        next.pass();
        next
    }

    /// Everything that may be true at the next tick.
    fn ways(&self) -> Vec<Self> {
        let tasks = self.tasks();
        let of = |stand| {
            let own = tasks.iter().filter(move |task| task.2 == stand);
            own.map(|task| task.0).collect::<Vec<TaskId>>()
        };
        let (pending, stopping) = (of(Stand::Pending), of(Stand::Stopping));
        // Who was placed where somebody still stops waits until that one is gone.
        let places = (self.update.desired + self.update.room) as usize;
        let free = places.saturating_sub(tasks.len() - pending.len());
        let mut ways = Vec::new();
        let either_end = self.update.desired <= BOTH_ENDS;
        for healthy in choices(&pending[..pending.len().min(free)], either_end) {
            for gone in choices(&stopping, either_end) {
                if healthy.len() + gone.len() > 0 {
                    ways.push(self.after(&healthy, &gone));
                }
            }
        }
        ways
    }

    /// Nothing is on its way; does anything begin, in time?
    fn idles(&self) -> Self {
        let mut next = self.clone();
        for _ in 0..IDLE {
            next = next.after(&[], &[]);
            if next.picture() != self.picture() {
                break;
            }
        }
        next
    }
}

/// None, some of the oldest or, where either end is tried, of the newest, or all.
fn choices(tasks: &[TaskId], either_end: bool) -> BTreeSet<Vec<TaskId>> {
    let oldest = (0..=tasks.len()).map(|count| tasks[..count].to_vec());
    let newest = (0..=tasks.len()).map(|count| tasks[count..].to_vec());
    oldest.chain(newest.filter(|_| either_end)).collect()
}

/// What comes of an update, whatever the order.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// Always done, after so many ticks at most.
    Done(u32),
    /// Nothing ever moves: what the engine said of it.
    Stuck { percentages: bool, room: bool },
}

fn explore(update: Update) -> End {
    let begin = Run::begun(update);
    let moves = begin.picture().iter().any(|task| task.1 != Stand::Healthy);
    if !moves && !begin.is_done() {
        let stuck = begin.idles();
        assert_eq!(stuck.picture(), begin.picture(), "{update:?}");
        return End::Stuck { percentages: stuck.said_percentages, room: stuck.said_room };
    }
    End::Done(longest(&begin, &mut BTreeMap::new()))
}

/// The longest way to the end.
fn longest(run: &Run, known: &mut BTreeMap<Picture, u32>) -> u32 {
    if run.is_done() {
        return 0;
    }
    let picture = run.picture();
    if let Some(&steps) = known.get(&picture) {
        return steps;
    }
    let ways = run.ways();
    let steps = if ways.is_empty() {
        let later = run.idles();
        assert_ne!(later.picture(), picture, "stuck on the way: {:?}", run.update);
        longest(&later, known)
    } else {
        ways.iter().map(|next| longest(next, known)).max().unwrap_or(0)
    };
    known.insert(picture, steps + 1);
    steps + 1
}

/// One pair of percents for each pair of limits.
fn pairs(desired: u32) -> BTreeMap<(u32, u32), (u32, u32)> {
    let mut pairs = BTreeMap::new();
    for minimum in (0..=100).step_by(5) {
        for maximum in (100..=300).step_by(5) {
            let limits = ((desired * minimum).div_ceil(100), desired * maximum / 100);
            pairs.entry(limits).or_insert((minimum, maximum));
        }
    }
    pairs
}

/// Answers with how many updates it looked at.
fn explore_all(desired: u32) -> usize {
    let mut seen = 0;
    for ((lower, upper), (minimum, maximum)) in pairs(desired) {
        // Nothing ever needs more room than for each task once more.
        for room in BTreeSet::from([0, 1, desired]) {
            check(Update { desired, minimum, maximum, room }, (lower, upper));
            seen += 1;
        }
    }
    seen
}

fn check(update: Update, (lower, upper): (u32, u32)) {
    let Update { desired, room, .. } = update;
    let end = explore(update);
    if desired == 0 || lower < desired || upper > desired && room > 0 {
        let End::Done(ticks) = end else { panic!("{update:?}: {end:?}") };
        // Each task takes at most a tick to start, one to settle, one to be told, one to leave.
        return assert!(ticks <= 4 * desired + 1, "{update:?} takes {ticks} ticks");
    }
    // What the engine names is what binds: more of it is enough, more of the other is not.
    let percentages = upper == desired;
    assert_eq!(end, End::Stuck { percentages, room: !percentages }, "{update:?}");
    let with_room = explore(Update { room: room + 1, ..update });
    assert_eq!(matches!(with_room, End::Done(_)), !percentages, "{update:?}");
    let raised = explore(Update { maximum: 100 + 100_u32.div_ceil(desired), ..update });
    assert_eq!(matches!(raised, End::Done(_)), room > 0, "{update:?}");
}

#[test]
fn every_small_update_keeps_its_limits_and_ends_or_names_what_binds() {
    let seen: usize = (0..=7).map(explore_all).sum();
    assert_eq!(seen, SMALL_SEEN);
}

#[test]
fn every_update_of_eight_tasks_keeps_its_limits_and_ends_or_names_what_binds() {
    assert_eq!(explore_all(8), EIGHT_SEEN);
}
