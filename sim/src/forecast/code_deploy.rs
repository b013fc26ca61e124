//! The arithmetic of a blue/green deployment by CodeDeploy (03 section 20), event by event.
//!
//! Without hooks the sum of 03 section 20.6 comes of it: `T_sh + T_shift + terminationWait +
//! T_stop`, each seen at a tick, and twice the desired count at most.

use stowplan_engine::model::{LifecycleEvent, Share};

use super::grid::Grid;
use super::hooks::{Answer, Said};
use super::rolling::{Course, End, HookProblem, Limit};
use super::shifting::{Phase, WayBack};

/// A blue/green deployment by CodeDeploy of a sound revision over a sound one, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeDeploy {
    /// D.
    pub desired: u32,
    /// `T_sh`: from the decision to start a task until it counts as healthy, ms.
    pub to_healthy: u64,
    /// One green task is alone until its images are there, so long after the decision to start it,
    /// ms (03 section 5.4); none: all of them start together.
    pub probe: Option<u64>,
    /// `T_stop`: from the decision to stop a task until it is gone, ms.
    pub to_stop: u64,
    /// When the scheduler looks.
    pub grid: Grid,
    /// R: how many further tasks the cluster has room for; `None` when for all that are wanted.
    pub room: Option<u32>,
    /// Tasks of sets that an earlier deployment left: they go first.
    pub leftovers: u32,
    /// Steps of production traffic: what green has from then on, and how long the step lasts, ms.
    pub steps: Vec<(Share, u64)>,
    /// What the functions answer that are asked at events.
    pub hooks: Vec<(LifecycleEvent, Answer)>,
    /// How long ContinueDeployment is waited for, ms; none: traffic shifts at once.
    pub ready: Option<u64>,
    /// How long both sets run at the end, ms; none: blue stays.
    pub termination: Option<u64>,
    /// How long green may take to be ready, ms.
    pub install_limit: u64,
    /// How long a function may take, ms.
    pub hook_limit: u64,
    /// A deployment that fails goes back.
    pub rolls_back: bool,
}

impl CodeDeploy {
    /// What comes of it, with the events on the way.
    pub fn course(&self) -> (Course, Vec<Phase>) {
        let mut walk =
            Walk { plan: self, now: 0, production: Share::NONE, installed: false, phases: vec![] };
        let end = match walk.forward() {
            Ok(()) => End::Completed(walk.now),
            Err((limit, may_go_back)) => walk.back(limit, may_go_back),
        };
        let started = if walk.installed { self.started() } else { 0 };
        let leftovers = if walk.installed { self.leftovers } else { 0 };
        let course = Course {
            waves: u32::from(started > 0) + u32::from(started > 1 && self.probe.is_some()),
            peak: self.desired + self.leftovers.max(leftovers + started),
            lowest: self.desired,
            end,
        };
        (course, walk.phases)
    }

    /// The way back, until the termination wait is over.
    pub fn way_back(&self) -> WayBack {
        let grid = Grid::aligned(self.grid.tick);
        let whole = if self.desired == 0 { 0 } else { grid.seen(self.to_stop) };
        WayBack { traffic: 0, whole }
    }

    fn started(&self) -> u32 {
        self.desired.min(self.room.unwrap_or(u32::MAX))
    }
}

/// A deployment on its way.
struct Walk<'a> {
    plan: &'a CodeDeploy,
    now: u64,
    production: Share,
    installed: bool,
    phases: Vec<Phase>,
}

impl Walk<'_> {
    /// What ends it before it is done, and whether there is something to go back from.
    fn forward(&mut self) -> Result<(), (Limit, bool)> {
        use LifecycleEvent as Event;
        self.hook(Event::BeforeInstall).map_err(|limit| (limit, false))?;
        self.install().map_err(|limit| (limit, true))?;
        for event in [Event::AfterInstall, Event::AllowTestTraffic, Event::AfterAllowTestTraffic] {
            self.hook(event).map_err(|limit| (limit, true))?;
        }
        if let Some(wait) = self.plan.ready {
            self.wait("READY_WAIT", wait);
            // What is stopped for this does not go back.
            return Err((Limit::ReadyWait, false));
        }
        self.hook(Event::BeforeAllowTraffic).map_err(|limit| (limit, true))?;
        for &(share, wait) in &self.plan.steps {
            self.production = share;
            self.wait(Event::AllowTraffic.as_str(), wait);
        }
        self.hook(Event::AfterAllowTraffic).map_err(|limit| (limit, true))?;
        if let Some(wait) = self.plan.termination {
            self.wait("TERMINATION_WAIT", wait);
            let stops = if self.plan.desired == 0 { 0 } else { self.plan.to_stop };
            self.wait("CLEAN_UP", stops);
        }
        Ok(())
    }

    /// Green starts, what was left goes.
    fn install(&mut self) -> Result<(), Limit> {
        self.installed = true;
        let plan = self.plan;
        let short = plan.started() < plan.desired;
        let probe = plan.probe.filter(|_| plan.desired > 1);
        let alone = probe.map_or(0, |probe| plan.grid.seen(self.now + probe) - self.now);
        let up = if plan.desired == 0 { 0 } else { alone + plan.to_healthy };
        let down = if plan.leftovers == 0 { 0 } else { plan.to_stop };
        let (ready, limit) = (self.seen(up.max(down)), self.seen(plan.install_limit));
        let in_time = !short && ready <= limit;
        let from = std::mem::replace(&mut self.now, if in_time { ready } else { limit });
        self.note(LifecycleEvent::Install.as_str(), from);
        match (in_time, short) {
            (true, _) => Ok(()),
            (false, true) => Err(Limit::Room),
            (false, false) => Err(Limit::Event(LifecycleEvent::Install, HookProblem::TimesOut)),
        }
    }

    /// The function of an event is asked once.
    fn hook(&mut self, event: LifecycleEvent) -> Result<(), Limit> {
        let Some(&(_, answer)) = self.plan.hooks.iter().find(|(of, _)| *of == event) else {
            self.note(event.as_str(), self.now);
            return Ok(());
        };
        let (answered, limit) = (self.seen(answer.after), self.seen(self.plan.hook_limit));
        let (at, problem) = match answer.said {
            Said::InProgress(_) => (limit, Some(HookProblem::NoAnswer)),
            _ if answered > limit => (limit, Some(HookProblem::NoAnswer)),
            Said::Succeeded => (answered, None),
            Said::Failed => (answered, Some(HookProblem::Fails)),
        };
        let from = std::mem::replace(&mut self.now, at);
        self.note(event.as_str(), from);
        problem.map_or(Ok(()), |problem| Err(Limit::Event(event, problem)))
    }

    fn wait(&mut self, name: &'static str, wait: u64) {
        let at = self.seen(wait);
        let from = std::mem::replace(&mut self.now, at);
        self.note(name, from);
    }

    /// A deployment of its own turns traffic back and deletes green.
    fn back(&mut self, limit: Limit, may_go_back: bool) -> End {
        let given_up = self.now;
        if !(may_go_back && self.plan.rolls_back) {
            return End::Failed { after: given_up, limit };
        }
        self.production = Share::NONE;
        let stops = if self.plan.started() == 0 { 0 } else { self.plan.to_stop };
        self.wait("CLEAN_UP", stops);
        if let Some(last) = self.phases.last_mut() {
            last.back = true;
        }
        End::RolledBack { given_up, after: self.now, limit }
    }

    /// When the scheduler sees what happens so long from now.
    fn seen(&self, wait: u64) -> u64 {
        if wait == 0 { self.now } else { self.plan.grid.seen(self.now + wait) }
    }

    fn note(&mut self, stage: &'static str, from: u64) {
        let Self { now: to, production, .. } = *self;
        self.phases.push(Phase { stage, back: false, from, to, production });
    }
}
