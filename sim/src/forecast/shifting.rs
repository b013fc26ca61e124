//! The arithmetic of a deployment that shifts traffic: BLUE_GREEN, LINEAR, CANARY (03 sections
//! 21.1 to 21.5), stage by stage.
//!
//! Without hooks the sum of 03 section 21.4 comes of it: `T_sh + T_test + T_shift + bake + T_stop`,
//! each seen at a tick, and twice the desired count at most.

use stowplan_engine::model::{LifecycleStage, Share};

use super::failing::Failing;
use super::grid::Grid;
use super::hooks::{Desk, Functions, Hook, State, Visit};
use super::rolling::{Course, End, Limit};

/// Looks at one stage: a function that is asked again and again ends at the limit of its stage.
const MOST_LOOKS: u32 = 100_000;

/// A deployment that shifts traffic from a sound revision to a sound one, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shifting {
    /// D.
    pub desired: u32,
    /// `T_sh`: from the decision to start a task until it counts as healthy, ms.
    pub to_healthy: u64,
    /// One new task is alone until its images are there, so long after the decision to start it,
    /// ms (03 section 5.4); none: all of them start together.
    pub probe: Option<u64>,
    /// `T_stop`: from the decision to stop a task until it is gone, ms.
    pub to_stop: u64,
    /// When the scheduler looks.
    pub grid: Grid,
    /// R: how many further tasks the cluster has room for; `None` when for all that are wanted.
    pub room: Option<u32>,
    /// Tasks of unfinished revisions, which go first.
    pub leftovers: u32,
    /// Steps of production traffic: what the new revision has from then on, and how long the step
    /// lasts, ms.
    pub steps: Vec<(Share, u64)>,
    /// Test traffic shifts before.
    pub tests: bool,
    /// How long a change of weights takes to settle, ms.
    pub settles: u64,
    /// How long both revisions run when all traffic has shifted, ms.
    pub bake: u64,
    /// Lifecycle hooks, as configured.
    pub hooks: Vec<Hook>,
    /// What their functions answer.
    pub functions: Functions,
    /// The longest that things may take.
    pub limits: Limits,
    /// There is a complete revision to go back to.
    pub has_source: bool,
    /// What it goes by when its new tasks fail until a circuit breaker trips.
    pub failing: Option<Failing>,
    /// What of it is done, when it is under way: every instant counts from its creation then.
    pub begun: Option<Begun>,
}

/// A deployment that is under way. Instants are ms after its creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Now.
    pub now: u64,
    /// The stage it stands at; none: its first pass is still to come.
    pub stage: Option<At>,
    /// Tasks that occupy now.
    pub occupying: u32,
    /// Of them those that are healthy.
    pub healthy: u32,
    /// Tasks that the stage is still to start.
    pub coming: u32,
}

/// A stage that was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// Which.
    pub stage: LifecycleStage,
    /// Its step of production traffic, from 1; 1 where there are none.
    pub step: u32,
    /// Since when.
    pub entered: u64,
    /// Its hooks, by their positions.
    pub hooks: Vec<(usize, State)>,
    /// Since when its limit counts: since it was entered, or the last pause ended.
    pub since: u64,
    /// When its tasks have all come or gone, if it waits for tasks and they ever do.
    pub settled: Option<u64>,
    /// Tasks of the new revision.
    pub green: u32,
    /// Production traffic of the new revision.
    pub production: Share,
    /// When it turned back, if it did.
    pub turned_at: Option<u64>,
}

/// The longest that things may take, ms (03 section 21.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A stage, and a step of production traffic.
    pub stage: u64,
    /// The whole deployment.
    pub whole: u64,
    /// The answer of a function.
    pub function: u64,
}

/// A visit to a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// The stage, as `lifecycleStage` shows it, or the event of CodeDeploy.
    pub stage: &'static str,
    /// It is on the way back to the old revision.
    pub back: bool,
    /// When it is entered, ms after the call.
    pub from: u64,
    /// When it is left, ms after the call.
    pub to: u64,
    /// Production traffic of the new revision from its entering on.
    pub production: Share,
}

/// What it takes to be back on the old revision when all production traffic has shifted and the
/// old one is not yet being stopped (03 section 21.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WayBack {
    /// Until nobody meets the new revision any more, ms; a tick at most comes before.
    pub traffic: u64,
    /// Until the new revision is gone, ms.
    pub whole: u64,
}

impl Phase {
    /// What of it lies ahead at an instant, counted from there.
    pub(super) fn from(&self, now: u64) -> Option<Self> {
        let from = self.from.saturating_sub(now);
        (self.to >= now).then_some(Self { from, to: self.to - now, ..*self })
    }
}

impl Shifting {
    /// What comes of it, with the stages on the way.
    pub fn course(&self) -> (Course, Vec<Phase>) {
        let mut walk = Walk::new(self);
        let end = walk.forward();
        let started =
            if walk.scaled_up { self.desired.min(self.room.unwrap_or(u32::MAX)) } else { 0 };
        let course = Course {
            waves: u32::from(started > 0) + u32::from(started > 1 && self.probe.is_some()),
            peak: self.desired + started.max(self.leftovers),
            lowest: self.desired,
            end,
        };
        let course = match walk.failed {
            Some(failed) => Course { end, ..failed },
            None => course,
        };
        let Some(begun) = &self.begun else { return (course, walk.phases) };
        let ahead =
            |walk: Walk<'_>| walk.phases.iter().filter_map(|it| it.from(begun.now)).collect();
        if walk.failed.is_some() {
            let peak = course.peak.max(begun.occupying);
            let lowest = course.lowest.min(begun.healthy);
            return (Course { peak, lowest, end: end.from(begun.now), ..course }, ahead(walk));
        }
        let waves = if walk.scaled_up { course.waves } else { u32::from(begun.coming > 0) };
        let together = if walk.scaled_up { self.desired + started } else { 0 };
        let peak = together.max(begun.occupying + begun.coming);
        // Only a revision that goes takes healthy tasks with it.
        let goes = walk.phases.iter().any(|phase| phase.stage == "CLEAN_UP");
        let lowest = if goes { self.desired.min(begun.healthy) } else { begun.healthy };
        let course = Course { waves, peak, lowest, end: end.from(begun.now) };
        (course, ahead(walk))
    }

    /// The way back from the point where it takes longest; none when a hook stands in its way.
    pub fn way_back(&self) -> Option<WayBack> {
        let stage = self.begun.as_ref().and_then(|begun| begun.stage.as_ref());
        if stage.is_some_and(|at| at.turned_at.is_some() || at.stage == LifecycleStage::CleanUp) {
            return None;
        }
        let sound = Self { grid: Grid::aligned(self.grid.tick), begun: None, ..self.clone() };
        let mut walk = Walk::new(&sound);
        walk.scaled_up = true;
        match walk.back(LifecycleStage::BakeTime, Limit::Stage(LifecycleStage::BakeTime)) {
            End::RolledBack { after, .. } => Some(WayBack { traffic: self.settles, whole: after }),
            _ => None,
        }
    }

    /// How long the first new task is alone in a stage that is entered then, ms.
    fn alone(&self, stage: LifecycleStage, entered: u64) -> u64 {
        let all = stage == LifecycleStage::ScaleUp && self.desired > 1;
        let probe = self.probe.filter(|_| all);
        probe.map_or(0, |probe| self.grid.seen(entered + probe) - entered)
    }

    /// The stages on the way to the new revision but for the last.
    fn stages(&self) -> Vec<Stage> {
        use LifecycleStage as Stage;
        let scales_up = self.room.is_none_or(|room| room >= self.desired);
        let to_healthy = if self.desired == 0 { 0 } else { self.to_healthy };
        let reconcile = if self.leftovers == 0 { 0 } else { self.to_stop };
        let test = if self.tests { self.settles } else { 0 };
        let mut stages = vec![
            (Stage::ReconcileService, Some(reconcile), None),
            (Stage::PreScaleUp, Some(0), None),
            (Stage::ScaleUp, scales_up.then_some(to_healthy), None),
            (Stage::PostScaleUp, Some(0), None),
            (Stage::TestTrafficShift, Some(test), None),
            (Stage::PostTestTrafficShift, Some(0), None),
        ];
        for &(share, wait) in &self.steps {
            stages.push((Stage::PreProductionTrafficShift, Some(0), None));
            stages.push((Stage::ProductionTrafficShift, Some(self.settles + wait), Some(share)));
        }
        stages.push((Stage::PostProductionTrafficShift, Some(0), None));
        stages.push((Stage::BakeTime, Some(self.bake), None));
        stages
    }
}

/// A stage with its work, ms, and the weight it gives; `None` for work that never ends.
type Stage = (LifecycleStage, Option<u64>, Option<Share>);

/// A deployment on its way.
struct Walk<'a> {
    plan: &'a Shifting,
    desk: Desk<'a>,
    now: u64,
    production: Share,
    scaled_up: bool,
    tested: bool,
    shifted: bool,
    /// What came of new tasks that all fail.
    failed: Option<Course>,
    phases: Vec<Phase>,
}

impl<'a> Walk<'a> {
    fn new(plan: &'a Shifting) -> Self {
        Self {
            plan,
            desk: Desk::new(&plan.functions),
            now: 0,
            production: Share::NONE,
            scaled_up: false,
            tested: false,
            shifted: false,
            failed: None,
            phases: Vec::new(),
        }
    }

    fn forward(&mut self) -> End {
        let plan = self.plan;
        let stages = plan.stages();
        let mut left = &stages[..];
        if let Some(begun) = &plan.begun {
            self.now = plan.grid.seen(begun.now);
            if let Some(at) = &begun.stage {
                match self.resume(at, &stages) {
                    Ok(done) => left = &stages[done..],
                    Err(end) => return end,
                }
            }
        }
        for &(stage, work, share) in left {
            self.scaled_up |= stage == LifecycleStage::ScaleUp;
            self.tested |= stage == LifecycleStage::TestTrafficShift;
            self.shifted |= share.is_some();
            self.production = share.unwrap_or(self.production);
            if stage == LifecycleStage::ScaleUp
                && let Some(end) = self.trip()
            {
                return end;
            }
            let alone = plan.alone(stage, self.now);
            if let Err(limit) = self.visit(stage, work.map(|work| work + alone), false) {
                return self.back(stage, limit);
            }
        }
        let entered = self.now;
        self.now = self.gone(plan.desired);
        self.note(LifecycleStage::CleanUp, entered, self.now, false);
        End::Completed(self.now)
    }

    /// The new tasks fail until the circuit breaker trips, unless the stage has its limit before.
    fn trip(&mut self) -> Option<End> {
        let (plan, entered) = (self.plan, self.now);
        let offset = (plan.grid.offset + entered) % plan.grid.tick;
        let failing = plan.failing.as_ref()?;
        let here = Failing { grid: Grid { offset, ..plan.grid }, ..failing.clone() };
        self.give_up(here.course()?, entered, entered)
    }

    /// The same of new tasks that have begun to start.
    fn trip_begun(&mut self, entered: u64) -> Option<End> {
        let (plan, begun) = (self.plan, self.plan.begun.as_ref()?);
        let failing = plan.failing.as_ref().filter(|failing| failing.begun.is_some())?;
        self.give_up(failing.course()?, begun.now, entered)
    }

    /// Ends in SCALE_UP; the instants of the course count from `start`.
    fn give_up(&mut self, course: Course, start: u64, entered: u64) -> Option<End> {
        let (given_up, end) = match course.end {
            End::RolledBack { given_up, after, limit } => {
                let (given_up, after) = (start + given_up, start + after);
                (given_up, End::RolledBack { given_up, after, limit })
            }
            End::Failed { after, limit } => {
                (start + after, End::Failed { after: start + after, limit })
            }
            End::Completed(_) | End::Stuck(_) => return None,
        };
        self.failed = Some(course);
        self.note(LifecycleStage::ScaleUp, entered, given_up, false);
        if let End::RolledBack { after, .. } = end {
            self.note(LifecycleStage::CleanUp, given_up, after, true);
        }
        Some(end)
    }

    /// What is left of the stage that it stands at: how many stages are done then, or how it ends.
    fn resume(&mut self, at: &At, stages: &[Stage]) -> Result<usize, End> {
        use LifecycleStage as Is;
        self.production = at.production;
        if let Some(turned_at) = at.turned_at {
            return Err(self.resume_back(at, turned_at));
        }
        if at.stage == Is::CleanUp {
            self.now = self.settled(at);
            self.note(Is::CleanUp, at.entered, self.now, false);
            return Err(End::Completed(self.now));
        }
        if at.stage == Is::ScaleUp
            && let Some(end) = self.trip_begun(at.entered)
        {
            return Err(end);
        }
        let mut visits = stages.iter().enumerate().filter(|(_, stage)| stage.0 == at.stage);
        let step = at.step.saturating_sub(1) as usize;
        let position = visits.nth(step).map_or(stages.len(), |(position, _)| position);
        let done = &stages[..stages.len().min(position + 1)];
        self.tested = done.iter().any(|stage| stage.0 == Is::TestTrafficShift);
        self.shifted = done.iter().any(|stage| stage.2.is_some());
        let work = done.last().and_then(|stage| stage.1);
        let done_at = match at.stage {
            Is::ReconcileService | Is::ScaleUp => at.settled,
            _ => work.map(|work| at.entered + work),
        };
        let hooks = self.hooks_at(at);
        match self.stay(at.stage, at.entered, done_at, hooks, false) {
            Ok(()) => Ok(done.len()),
            Err(limit) => Err(self.back(at.stage, limit)),
        }
    }

    /// When the scheduler sees that the tasks of a stage have come or gone.
    fn settled(&self, at: &At) -> u64 {
        at.settled.map_or(self.now, |settled| self.plan.grid.seen(settled)).max(self.now)
    }

    fn hooks_at(&self, at: &At) -> Visit {
        let plan = self.plan;
        Visit::resume(&plan.hooks, &at.hooks, at.since, plan.grid, plan.limits.function)
    }

    /// It turned back before.
    fn resume_back(&mut self, at: &At, turned_at: u64) -> End {
        use LifecycleStage as Is;
        let settled = turned_at + self.plan.settles;
        let mut given_up = Limit::TurnedBack;
        if at.stage != Is::CleanUp {
            let hooks = self.hooks_at(at);
            let left = match at.stage {
                Is::ProductionTrafficShift => &[Is::TestTrafficShift][..],
                _ => &[],
            };
            let mut stayed = self.stay(at.stage, at.entered, Some(settled), hooks, true);
            for &stage in left {
                let work = settled.saturating_sub(self.now);
                stayed = stayed.and_then(|()| self.visit(stage, Some(work), true));
            }
            if let Err(limit) = stayed {
                given_up = limit;
            }
        }
        if given_up != Limit::TurnedBack {
            return End::Failed { after: self.now, limit: given_up };
        }
        let entered = if at.stage == Is::CleanUp { at.entered } else { self.now };
        self.now = match at.stage {
            Is::CleanUp => self.settled(at),
            _ => self.gone(at.green),
        };
        self.note(Is::CleanUp, entered, self.now, true);
        End::RolledBack { given_up: turned_at, after: self.now, limit: Limit::TurnedBack }
    }

    /// Only what was shifted goes back.
    fn back(&mut self, from: LifecycleStage, limit: Limit) -> End {
        let given_up = self.now;
        if !self.plan.has_source {
            return End::Failed { after: given_up, limit };
        }
        let settled = given_up + self.plan.settles;
        self.production = Share::NONE;
        let mut stages = Vec::new();
        if self.shifted || from == LifecycleStage::BakeTime {
            stages.push(LifecycleStage::ProductionTrafficShift);
        }
        if self.tested || !stages.is_empty() {
            stages.push(LifecycleStage::TestTrafficShift);
        }
        for stage in stages {
            if let Err(limit) = self.visit(stage, Some(settled.saturating_sub(self.now)), true) {
                return End::Failed { after: self.now, limit };
            }
        }
        let entered = self.now;
        self.now = self.gone(self.green());
        self.note(LifecycleStage::CleanUp, entered, self.now, true);
        End::RolledBack { given_up, after: self.now, limit }
    }

    /// Tasks of the new revision when it turns back.
    fn green(&self) -> u32 {
        match &self.plan.begun {
            _ if self.scaled_up => self.plan.desired.min(self.plan.room.unwrap_or(u32::MAX)),
            Some(begun) => begun.coming + begun.stage.as_ref().map_or(0, |at| at.green),
            None => 0,
        }
    }

    /// When tasks that are told to stop now are gone.
    fn gone(&self, tasks: u32) -> u64 {
        if tasks == 0 { self.now } else { self.plan.grid.seen(self.now + self.plan.to_stop) }
    }

    /// Enters a stage, and stays there for as long as it takes.
    fn visit(&mut self, stage: LifecycleStage, work: Option<u64>, back: bool) -> Result<(), Limit> {
        let plan = self.plan;
        let (entered, limit) = (self.now, plan.limits.function);
        let hooks = Visit::begin(&plan.hooks, stage, entered, plan.grid, limit, &mut self.desk);
        self.stay(stage, entered, work.map(|work| entered + work), hooks, back)
    }

    /// Stays at a stage until its work is done and every hook lets it go on.
    fn stay(
        &mut self,
        stage: LifecycleStage,
        entered: u64,
        done_at: Option<u64>,
        mut hooks: Visit,
        back: bool,
    ) -> Result<(), Limit> {
        let (plan, grid) = (self.plan, self.plan.grid);
        for _ in 0..MOST_LOOKS {
            hooks.look(self.now, &mut self.desk);
            let problem = hooks
                .problem()
                .map(|(hook, problem)| Limit::Hook(hook, stage, problem))
                .or_else(|| self.overdue(stage, entered, done_at, &hooks, back));
            if let Some(problem) = problem {
                self.note(stage, entered, self.now, back);
                return Err(problem);
            }
            if hooks.is_over() && done_at.is_some_and(|at| at <= self.now) {
                self.note(stage, entered, self.now, back);
                return Ok(());
            }
            let work = done_at.filter(|&at| at > self.now).map(|at| grid.seen(at));
            let limits = [hooks.since() + plan.limits.stage + 1, plan.limits.whole + 1];
            let limits = limits.into_iter().map(|at| grid.seen(at)).filter(|&at| at > self.now);
            let next = hooks.next(self.now).into_iter().chain(work).chain(limits).min();
            self.now = next.expect("the limits of a stage lie ahead until they are passed");
        }
        Err(Limit::Stage(stage))
    }

    /// What has taken too long (03 section 21.2); a pause has no limit of its stage.
    fn overdue(
        &self,
        stage: LifecycleStage,
        entered: u64,
        done_at: Option<u64>,
        hooks: &Visit,
        back: bool,
    ) -> Option<Limit> {
        let Limits { stage: most, whole, .. } = self.plan.limits;
        let waits =
            matches!(stage, LifecycleStage::ProductionTrafficShift | LifecycleStage::BakeTime);
        let at = match done_at {
            _ if back => return None,
            _ if hooks.pauses() => whole,
            Some(done_at) if waits => done_at.max(entered + most).min(whole),
            _ => whole.min(hooks.since() + most),
        };
        let limit = match done_at {
            None => Limit::Room,
            Some(_) => Limit::Stage(stage),
        };
        (at < self.now).then_some(limit)
    }

    fn note(&mut self, stage: LifecycleStage, from: u64, to: u64, back: bool) {
        let (stage, production) = (stage.as_str(), self.production);
        self.phases.push(Phase { stage, back, from, to, production });
    }
}
