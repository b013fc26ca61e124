//! The arithmetic of a deployment that shifts traffic: BLUE_GREEN, LINEAR, CANARY (03 sections
//! 21.1 to 21.5), stage by stage.
//!
//! Without hooks the sum of 03 section 21.4 comes of it: `T_sh + T_test + T_shift + bake + T_stop`,
//! each seen at a tick, and twice the desired count at most.

use stowplan_engine::model::{LifecycleStage, Share};

use super::grid::Grid;
use super::hooks::{Desk, Functions, Hook, Visit};
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
        (course, walk.phases)
    }

    /// The way back from the point where it takes longest; none when a hook stands in its way.
    pub fn way_back(&self) -> Option<WayBack> {
        let sound = Self { grid: Grid::aligned(self.grid.tick), ..self.clone() };
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

    /// Stages with their work, ms, and the weight they give; `None` for work that never ends.
    fn stages(&self) -> Vec<(LifecycleStage, Option<u64>, Option<Share>)> {
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

/// A deployment on its way.
struct Walk<'a> {
    plan: &'a Shifting,
    desk: Desk<'a>,
    now: u64,
    production: Share,
    scaled_up: bool,
    tested: bool,
    shifted: bool,
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
            phases: Vec::new(),
        }
    }

    fn forward(&mut self) -> End {
        for (stage, work, share) in self.plan.stages() {
            self.scaled_up |= stage == LifecycleStage::ScaleUp;
            self.tested |= stage == LifecycleStage::TestTrafficShift;
            self.shifted |= share.is_some();
            self.production = share.unwrap_or(self.production);
            let alone = self.plan.alone(stage, self.now);
            if let Err(limit) = self.visit(stage, work.map(|work| work + alone), false) {
                return self.back(stage, limit);
            }
        }
        let entered = self.now;
        self.now = self.gone(self.plan.desired);
        self.note(LifecycleStage::CleanUp, entered, self.now, false);
        End::Completed(self.now)
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
        let started = self.plan.desired.min(self.plan.room.unwrap_or(u32::MAX));
        self.now = self.gone(if self.scaled_up { started } else { 0 });
        self.note(LifecycleStage::CleanUp, entered, self.now, true);
        End::RolledBack { given_up, after: self.now, limit }
    }

    /// When tasks that are told to stop now are gone.
    fn gone(&self, tasks: u32) -> u64 {
        if tasks == 0 { self.now } else { self.plan.grid.seen(self.now + self.plan.to_stop) }
    }

    /// Stays at a stage until its work is done and every hook lets it go on.
    fn visit(&mut self, stage: LifecycleStage, work: Option<u64>, back: bool) -> Result<(), Limit> {
        let plan = self.plan;
        let (entered, grid) = (self.now, plan.grid);
        let limit = plan.limits.function;
        let mut hooks = Visit::begin(&plan.hooks, stage, entered, grid, limit, &mut self.desk);
        let done_at = work.map(|work| entered + work);
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
