//! The arithmetic of a blue/green deployment by CodeDeploy (03 section 20), event by event.
//!
//! Without hooks the sum of 03 section 20.6 comes of it: `T_sh + T_shift + terminationWait +
//! T_stop`, each seen at a tick, and twice the desired count at most.

use stowplan_engine::model::{BlueGreenState, GreenStep, LifecycleEvent, Share};

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
    /// What of it is done, when it is under way: every instant counts from its creation then.
    pub begun: Option<Begun>,
}

/// A deployment that is under way. Instants are ms after its creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Now.
    pub now: u64,
    /// Where it stands.
    pub state: BlueGreenState,
    /// Since when.
    pub entered: u64,
    /// What the function that was asked there answers, counted from then.
    pub answer: Option<Answer>,
    /// When the tasks that are waited for have all come or gone, if they ever do.
    pub settled: Option<u64>,
    /// Production traffic of green.
    pub production: Share,
    /// Tasks that occupy now.
    pub occupying: u32,
    /// Of them those that are healthy.
    pub healthy: u32,
    /// Live ones of green.
    pub green: u32,
    /// Tasks of green that are still to start where it stands.
    pub coming: u32,
}

impl CodeDeploy {
    /// What comes of it, with the events on the way.
    pub fn course(&self) -> (Course, Vec<Phase>) {
        let mut walk =
            Walk { plan: self, now: 0, production: Share::NONE, installed: false, phases: vec![] };
        let end = match walk.forward() {
            Ok(()) => End::Completed(walk.now),
            Err(Halt::WentBack) => {
                End::RolledBack { given_up: 0, after: walk.now, limit: Limit::TurnedBack }
            }
            Err(Halt::For(limit, may_go_back)) => walk.back(limit, may_go_back),
        };
        let started = if walk.installed { self.started() } else { 0 };
        let leftovers = if walk.installed { self.leftovers } else { 0 };
        let course = Course {
            waves: u32::from(started > 0) + u32::from(started > 1 && self.probe.is_some()),
            peak: self.desired + self.leftovers.max(leftovers + started),
            lowest: self.desired,
            end,
        };
        let Some(begun) = &self.begun else { return (course, walk.phases) };
        let waves = if walk.installed { course.waves } else { u32::from(begun.coming > 0) };
        let ahead = if walk.installed { self.desired + leftovers + started } else { 0 };
        let peak = ahead.max(begun.occupying + begun.coming);
        // Only a revision that goes takes healthy tasks with it.
        let goes = walk.phases.iter().any(|phase| phase.stage == "CLEAN_UP");
        let lowest = if goes { self.desired.min(begun.healthy) } else { begun.healthy };
        let course = Course { waves, peak, lowest, end: end.from(begun.now) };
        (course, walk.phases.iter().filter_map(|phase| phase.from(begun.now)).collect())
    }

    /// The way back, until the termination wait is over; none when it is, or it is taken already.
    pub fn way_back(&self) -> Option<WayBack> {
        let is_past = |begun: &Begun| match begun.state {
            BlueGreenState::Created => false,
            BlueGreenState::Forward(step) => step == GreenStep::DeleteBlue,
            BlueGreenState::Back(_) | BlueGreenState::Over(_) => true,
        };
        if self.begun.as_ref().is_some_and(is_past) {
            return None;
        }
        let grid = Grid::aligned(self.grid.tick);
        let whole = if self.desired == 0 { 0 } else { grid.seen(self.to_stop) };
        Some(WayBack { traffic: 0, whole })
    }

    fn started(&self) -> u32 {
        self.desired.min(self.room.unwrap_or(u32::MAX))
    }

    /// The steps on the way to green, in their order.
    fn steps(&self) -> Vec<GreenStep> {
        let mut steps = vec![
            GreenStep::BeforeInstall,
            GreenStep::Install,
            GreenStep::AfterInstall,
            GreenStep::AllowTestTraffic,
            GreenStep::AfterAllowTestTraffic,
            GreenStep::ReadyWait,
            GreenStep::BeforeAllowTraffic,
        ];
        steps.extend((1..).zip(&self.steps).map(|(step, _)| GreenStep::AllowTraffic { step }));
        steps.push(GreenStep::AfterAllowTraffic);
        if self.termination.is_some() {
            steps.extend([GreenStep::TerminationWait, GreenStep::DeleteBlue]);
        }
        steps
    }
}

/// Why a deployment does not go on to green.
enum Halt {
    /// For this limit; and whether there is something to go back from.
    For(Limit, bool),
    /// It was made to go back to blue, and is there.
    WentBack,
}

/// A deployment on its way.
struct Walk<'a> {
    plan: &'a CodeDeploy,
    now: u64,
    production: Share,
    installed: bool,
    phases: Vec<Phase>,
}

impl<'a> Walk<'a> {
    fn forward(&mut self) -> Result<(), Halt> {
        let steps = self.plan.steps();
        let mut left = &steps[..];
        if let Some(begun) = &self.plan.begun {
            self.now = self.plan.grid.seen(begun.now);
            self.production = begun.production;
            match begun.state {
                BlueGreenState::Created => {}
                BlueGreenState::Forward(at) => {
                    let position = steps.iter().position(|&step| step == at).unwrap_or(0);
                    self.step(at, Some(begun))?;
                    left = &steps[position + 1..];
                }
                BlueGreenState::Back(_) | BlueGreenState::Over(_) => {
                    self.settle(begun, "CLEAN_UP", true);
                    return Err(Halt::WentBack);
                }
            }
        }
        left.iter().try_for_each(|&step| self.step(step, None))
    }

    /// Stays at a step that is entered now, or was before.
    fn step(&mut self, step: GreenStep, begun: Option<&'a Begun>) -> Result<(), Halt> {
        use LifecycleEvent as Event;
        let halt = |limit| Halt::For(limit, true);
        match step {
            GreenStep::BeforeInstall => {
                self.hook(Event::BeforeInstall, begun).map_err(|limit| Halt::For(limit, false))
            }
            GreenStep::Install => self.install(begun).map_err(halt),
            GreenStep::AfterInstall => self.hook(Event::AfterInstall, begun).map_err(halt),
            GreenStep::AllowTestTraffic => self.hook(Event::AllowTestTraffic, begun).map_err(halt),
            GreenStep::AfterAllowTestTraffic => {
                self.hook(Event::AfterAllowTestTraffic, begun).map_err(halt)
            }
            GreenStep::ReadyWait => {
                let Some(wait) = self.plan.ready else { return Ok(()) };
                self.wait("READY_WAIT", wait, begun);
                // What is stopped for this does not go back.
                Err(Halt::For(Limit::ReadyWait, false))
            }
            GreenStep::BeforeAllowTraffic => {
                self.hook(Event::BeforeAllowTraffic, begun).map_err(halt)
            }
            GreenStep::AllowTraffic { step } => {
                let (share, wait) = self.plan.steps[step as usize - 1];
                self.production = share;
                self.wait(Event::AllowTraffic.as_str(), wait, begun);
                Ok(())
            }
            GreenStep::AfterAllowTraffic => {
                self.hook(Event::AfterAllowTraffic, begun).map_err(halt)
            }
            GreenStep::TerminationWait => {
                self.wait("TERMINATION_WAIT", self.plan.termination.unwrap_or(0), begun);
                Ok(())
            }
            GreenStep::DeleteBlue => {
                let stops = if self.plan.desired == 0 { 0 } else { self.plan.to_stop };
                match begun {
                    Some(begun) => self.settle(begun, "CLEAN_UP", false),
                    None => self.wait("CLEAN_UP", stops, None),
                }
                Ok(())
            }
        }
    }

    /// Green starts, what was left goes.
    fn install(&mut self, begun: Option<&Begun>) -> Result<(), Limit> {
        let plan = self.plan;
        let entered = begun.map_or(self.now, |begun| begun.entered);
        let limit = plan.grid.seen(entered + plan.install_limit).max(self.now);
        let ready = match begun {
            Some(begun) => begun.settled.map(|settled| plan.grid.seen(settled).max(self.now)),
            None => self.begin_install(),
        };
        let in_time = ready.is_some_and(|ready| ready <= limit);
        self.now = ready.filter(|_| in_time).unwrap_or(limit);
        self.note(LifecycleEvent::Install.as_str(), entered);
        match (in_time, ready) {
            (true, _) => Ok(()),
            (false, None) => Err(Limit::Room),
            (false, Some(_)) => Err(Limit::Event(LifecycleEvent::Install, HookProblem::TimesOut)),
        }
    }

    /// When green is whole and what was left is gone; never without room.
    fn begin_install(&mut self) -> Option<u64> {
        self.installed = true;
        let plan = self.plan;
        let probe = plan.probe.filter(|_| plan.desired > 1);
        let alone = probe.map_or(0, |probe| plan.grid.seen(self.now + probe) - self.now);
        let up = if plan.desired == 0 { 0 } else { alone + plan.to_healthy };
        let down = if plan.leftovers == 0 { 0 } else { plan.to_stop };
        (plan.started() == plan.desired).then(|| self.seen(self.now, up.max(down)))
    }

    /// The function of an event is asked once.
    fn hook(&mut self, event: LifecycleEvent, begun: Option<&Begun>) -> Result<(), Limit> {
        let entered = begun.map_or(self.now, |begun| begun.entered);
        let asked = self.plan.hooks.iter().find(|(of, _)| *of == event).map(|&(_, answer)| answer);
        let Some(answer) = begun.map_or(asked, |begun| begun.answer) else {
            self.note(event.as_str(), entered);
            return Ok(());
        };
        let limit = self.seen(entered, self.plan.hook_limit);
        let answered = self.seen(entered, answer.after);
        let (at, problem) = match answer.said {
            Said::InProgress(_) => (limit, Some(HookProblem::NoAnswer)),
            _ if answered > limit => (limit, Some(HookProblem::NoAnswer)),
            Said::Succeeded => (answered, None),
            Said::Failed => (answered, Some(HookProblem::Fails)),
        };
        self.now = at;
        self.note(event.as_str(), entered);
        problem.map_or(Ok(()), |problem| Err(Limit::Event(event, problem)))
    }

    fn wait(&mut self, name: &'static str, wait: u64, begun: Option<&Begun>) {
        let entered = begun.map_or(self.now, |begun| begun.entered);
        self.now = self.seen(entered, wait);
        self.note(name, entered);
    }

    /// Tasks that were told to stop before are waited for.
    fn settle(&mut self, begun: &Begun, name: &'static str, back: bool) {
        let gone = begun.settled.map_or(self.now, |settled| self.plan.grid.seen(settled));
        self.now = gone.max(self.now);
        self.note(name, begun.entered);
        if let Some(last) = self.phases.last_mut() {
            last.back = back;
        }
    }

    /// A deployment of its own turns traffic back and deletes green.
    fn back(&mut self, limit: Limit, may_go_back: bool) -> End {
        let given_up = self.now;
        if !(may_go_back && self.plan.rolls_back) {
            return End::Failed { after: given_up, limit };
        }
        self.production = Share::NONE;
        let green = match &self.plan.begun {
            Some(begun) if !self.installed => begun.green + begun.coming,
            _ => self.plan.started(),
        };
        self.wait("CLEAN_UP", if green == 0 { 0 } else { self.plan.to_stop }, None);
        if let Some(last) = self.phases.last_mut() {
            last.back = true;
        }
        End::RolledBack { given_up, after: self.now, limit }
    }

    /// When the scheduler sees what happens so long after an instant.
    fn seen(&self, from: u64, wait: u64) -> u64 {
        if wait == 0 { self.now } else { self.plan.grid.seen(from + wait).max(self.now) }
    }

    fn note(&mut self, stage: &'static str, from: u64) {
        let Self { now: to, production, .. } = *self;
        self.phases.push(Phase { stage, back: false, from, to, production });
    }
}
