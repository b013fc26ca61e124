//! The numbers of a deployment that shifts traffic and is under way: where it stands, and what its
//! tasks and hooks are about to do.

use stowplan_engine::api::input::{DeploymentConfiguration, UpdateService};
use stowplan_engine::api::{Command, Report};
use stowplan_engine::model::{
    DeploymentId, Forward, HookAction, HookRun, HookStatus, HookTarget, LifecycleStage,
    ServiceDeploymentId, ServiceId, Shift, ShiftState, TaskId, Time,
};
use stowplan_engine::{HealthClass, View};

use super::failing::Failing;
use super::grid::Grid;
use super::hooks::{Answer, Said, State};
use super::look::{self, blind, count};
use super::look_shift::{plan, said, shifts, source};
use super::pace::{self, Pace, Until};
use super::rolling::HookProblem;
use super::shifting::{At, Begun, Shifting};
use super::{Forecast, Numbers, Risk, look_failing_begun};
use crate::run::Simulation;

/// The deployment of a service that shifts traffic and is under way.
pub(super) fn current(view: View<'_>, service: ServiceId) -> Option<ServiceDeploymentId> {
    let record = *view.service(service).records.last()?;
    let shift = view.record(record).shift.as_ref()?;
    (!matches!(shift.state, ShiftState::Over(_))).then_some(record)
}

pub(super) fn running(
    simulation: &Simulation,
    now: Time,
    service: ServiceId,
    record: ServiceDeploymentId,
) -> Forecast {
    let way = Way::new(simulation, now, service, record);
    let view = way.view();
    let (pace, room, failing) = way.measure();
    let outlook = view.shift_outlook(record);
    let plan = plan(view, simulation.world(), service, outlook.as_ref(), &pace);
    let source = source(view, service);
    let turned = view.record(record).rollback.is_some();
    let tick = view.config().tick.0.max(1);
    let shifting = Shifting {
        probe: view.config().digest_probe.then(|| pace.to_known.unwrap_or(0)),
        grid: Grid { tick, offset: u64::try_from(way.created.0).unwrap_or(0) % tick },
        room,
        bake: source.map_or(0, |_| plan.bake),
        has_source: source.is_some() || turned,
        begun: Some(way.begun(&pace, room)),
        failing: failing.clone(),
        ..plan
    };
    let (course, phases) = shifting.course();
    let mut risks: Vec<Risk> = blind(view, way.target).into_iter().collect();
    if view.service(service).load_balancers.is_empty() {
        risks.push(Risk::NothingShifts);
    }
    let numbers =
        Numbers::Shifting(Box::new(shifting), shifts(view.service(service).settings.strategy));
    let at = (service, way.target);
    let told = look::of_running(simulation, now, at, numbers, pace, course, risks);
    Forecast { phases, failing, ..told }
}

/// A deployment on its way.
struct Way<'a> {
    simulation: &'a Simulation,
    now: Time,
    service: ServiceId,
    record: ServiceDeploymentId,
    created: Time,
    target: DeploymentId,
    shift: &'a Shift,
}

impl<'a> Way<'a> {
    fn new(
        simulation: &'a Simulation,
        now: Time,
        service: ServiceId,
        record: ServiceDeploymentId,
    ) -> Self {
        let row = simulation.engine().record(record);
        let shift = row.shift.as_ref().expect("only deployments that shift come here");
        let (created, target) = (row.created_at, row.target);
        Self { simulation, now, service, record, created, target, shift }
    }

    fn view(&self) -> View<'a> {
        self.simulation.engine()
    }

    /// ms after its creation.
    fn since(&self, at: Time) -> u64 {
        u64::try_from(at.0 - self.created.0).unwrap_or(0)
    }

    fn is_before_scale_up(&self) -> bool {
        use Forward::{PreScaleUp, ReconcileService};
        matches!(self.shift.state, ShiftState::Forward(ReconcileService | PreScaleUp))
    }

    /// How long a task takes, and what there is room for, as far as any is still to start; and what
    /// comes of it when they all fail.
    fn measure(&self) -> (Pace, Option<u32>, Option<Failing>) {
        let (mut pace, room, failing) = if self.is_before_scale_up() {
            self.measure_anew().unwrap_or_default()
        } else if self.shift.state == ShiftState::Forward(Forward::ScaleUp) {
            let (pace, room) = look::measure_on(self.simulation, self.now, self.target);
            (pace, room, self.failing())
        } else {
            (Pace::default(), None, None)
        };
        let view = self.view();
        let mut running = view.service(self.service).tasks.iter().copied();
        let old = running.find(|&id| view.task(id).is_running());
        pace.to_stop = old.and_then(|task| pace::to_stop(self.simulation, self.now, task));
        (pace, room, failing)
    }

    /// How the circuit breaker ends it, if the tasks that have begun fail.
    fn failing(&self) -> Option<Failing> {
        let has_breaker = self.view().service(self.service).settings.breaker.enable;
        let way = has_breaker
            .then(|| look::on_its_way(self.simulation, self.now, self.service, self.target))?;
        look_failing_begun::beside(self.simulation, self.now, self.target, &way)
    }

    /// Hooks may keep the new revision from beginning: a copy in which it is deployed once more,
    /// without any, shows it.
    fn measure_anew(&self) -> Option<(Pace, Option<u32>, Option<Failing>)> {
        let row = self.view().service(self.service);
        let call = UpdateService {
            cluster: Some(self.view().cluster(row.cluster).name.to_string()),
            service: row.name.to_string(),
            force_new_deployment: Some(true),
            deployment_configuration: Some(DeploymentConfiguration {
                lifecycle_hooks: Some(Vec::new()),
                ..DeploymentConfiguration::default()
            }),
            ..UpdateService::default()
        };
        let call = Command::UpdateService(Box::new(call));
        let copy = self.simulation.unprobed().after_call(self.now, call).ok()?;
        let primary = copy.engine().primary(self.service)?;
        let room = pace::room(&copy, primary);
        let pace = pace::measure(copy.clone(), primary, self.now, Until::Healthy);
        let failing = look_failing_begun::ahead(
            self.simulation,
            self.now,
            self.service,
            (&pace, room),
            (&copy, primary),
        );
        Some((pace, room, failing))
    }

    fn begun(&self, pace: &Pace, room: Option<u32>) -> Begun {
        let counts = self.view().counts(self.service, self.now);
        let (settled, coming) = self.tasks(pace, room);
        Begun {
            now: self.since(self.now),
            stage: self.shift.begun.then(|| self.at(settled)),
            occupying: counts.occupying(),
            healthy: counts.healthy,
            coming,
        }
    }

    fn at(&self, settled: Option<u64>) -> At {
        let (row, shift) = (self.view().record(self.record), self.shift);
        let entered = self.since(shift.entered_at);
        let runs = shift.runs.iter().enumerate().skip(shift.first_run as usize);
        let pauses = runs.clone().filter(|(_, run)| run.target == HookTarget::Pause);
        let paused_until = pauses.filter_map(|(_, run)| run.finished_at).max();
        let step = match shift.state {
            ShiftState::Forward(
                Forward::PreProductionTrafficShift { step }
                | Forward::ProductionTrafficShift { step },
            ) => step,
            ShiftState::Forward(_) | ShiftState::Back(_) | ShiftState::Over(_) => 1,
        };
        let slot = self.view().deployment(self.target).slot;
        let is_green = |&&id: &&TaskId| {
            let task = self.view().task(id);
            task.is_live() && task.owner.is_some_and(|owner| owner.deployment == self.target)
        };
        let service = self.view().service(self.service);
        At {
            stage: shift.stage,
            step,
            entered,
            hooks: runs.map(|(index, run)| (run.hook as usize, self.state(index, run))).collect(),
            since: paused_until.map_or(entered, |at| self.since(at)).max(entered),
            settled,
            green: count(service.tasks.iter().filter(is_green).count()),
            production: service.traffic.production_of(slot),
            turned_at: row.rollback.as_ref().map(|back| self.since(back.started_at)),
        }
    }

    fn state(&self, index: usize, run: &HookRun) -> State {
        match run.status {
            HookStatus::Succeeded => State::Succeeded,
            HookStatus::Failed => State::Failed(HookProblem::Fails),
            HookStatus::TimedOut => match run.on_timeout {
                HookAction::Continue => State::Succeeded,
                HookAction::Rollback => State::Failed(HookProblem::TimesOut),
            },
            HookStatus::AwaitingAction => State::Paused { until: self.since(run.expires_at) },
            HookStatus::InProgress => match run.ask_again_at {
                Some(at) => State::AskAgain { at: self.since(at) },
                None => {
                    let at = self.since(run.asked_at);
                    State::Asked { at, answer: self.answer(index, at) }
                }
            },
        }
    }

    /// What a function that was asked then will answer.
    fn answer(&self, index: usize, asked: u64) -> Answer {
        let mut answers = self.simulation.world().answers_on_their_way();
        let own = answers.find_map(|(at, report)| match report {
            Report::HookAnswer { record, run, answer }
                if *record == self.record && *run as usize == index =>
            {
                Some((at, answer))
            }
            _ => None,
        });
        match own {
            Some((at, answer)) => Answer { after: self.since(at) - asked, said: said(answer) },
            // Who was asked before the run began answers nobody.
            None => Answer { after: u64::MAX / 4, said: Said::Succeeded },
        }
    }

    /// When the tasks that the stage waits for have come or gone, and how many it still starts.
    fn tasks(&self, pace: &Pace, room: Option<u32>) -> (Option<u64>, u32) {
        let starts = self.shift.state == ShiftState::Forward(Forward::ScaleUp);
        let waits = starts
            || matches!(self.shift.stage, LifecycleStage::CleanUp)
            || self.shift.state == ShiftState::Forward(Forward::ReconcileService);
        if !waits {
            return (None, 0);
        }
        let view = self.view();
        let tasks = view.service(self.service).tasks.iter().map(|&id| view.task(id));
        let own = tasks.filter(|task| {
            let is_green = task.owner.is_some_and(|owner| owner.deployment == self.target);
            let is_well = view.health_class(task.id, self.now) == HealthClass::Healthy;
            match starts {
                true => is_green && task.is_live() && !is_well,
                false => !task.is_live() && task.is_occupying(),
            }
        });
        let moving: Vec<TaskId> = own.map(|task| task.id).collect();
        let dues = pace::dues(self.simulation.undisturbed(), &moving, self.now);
        let last = dues.values().copied().max().unwrap_or(0);
        let known = (dues.len() == moving.len()).then_some(last);
        let (settled, coming) = match starts {
            true => look::all_there(self.simulation, self.now, self.target, pace, room, known),
            false => (known, 0),
        };
        (settled.map(|settled| self.since(self.now) + settled), coming)
    }
}
