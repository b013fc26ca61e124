//! From a run and a call to the numbers of a deployment: what is measured, and where.

use std::borrow::Cow;
use std::collections::BTreeMap;

use stowplan_engine::View;
use stowplan_engine::api::Command;
use stowplan_engine::api::input::UpdateService;
use stowplan_engine::model::{
    ControllerType, DeploymentId, Digests, RolloutState, RolloutStrategy, SchedulingStrategy,
    ServiceId, ServiceStatus, SourceCleanup, Task, TaskId, Time,
};

use super::failing::Failing;
use super::grid::Grid;
use super::pace::{self, Pace, Until};
use super::rolling::{Begun, Course, Early, End, Limit, Probe, Rolling};
use super::{
    Extra, Forecast, Numbers, Risk, look_code_deploy_begun, look_daemon, look_failing,
    look_failing_begun, look_shift, look_shift_begun, look_task_sets,
};
use crate::run::Simulation;

/// A deployment that is about to begin.
pub(super) struct Start<'a> {
    pub(super) before: &'a Simulation,
    pub(super) now: Time,
    pub(super) call: &'a UpdateService,
    /// The run after the call.
    pub(super) after: &'a Simulation,
    pub(super) service: ServiceId,
    pub(super) primary: DeploymentId,
    /// One task of the new revision is started until its digests are known; the copies do without.
    pub(super) probes: bool,
}

pub(super) fn at_update(run: &Simulation, now: Time, call: &UpdateService) -> Vec<Forecast> {
    let probes = run.engine().config().digest_probe;
    let before = &*if probes { Cow::Owned(run.unprobed()) } else { Cow::Borrowed(run) };
    let Ok(after) = before.after_call(now, Command::UpdateService(Box::new(call.clone()))) else {
        return Vec::new();
    };
    let view = after.engine();
    // A deployment that fails at once is PRIMARY no more; its record stays.
    let started = view.services().filter_map(|(service, row)| {
        let target = view.record(*row.records.last()?).target;
        let mut known = before.engine().services().filter(|&(old, _)| old == service);
        let is_new = known.any(|(_, old)| old.records.len() < row.records.len());
        (is_new && row.controller == ControllerType::Ecs).then_some((service, target))
    });
    let start = |(service, primary)| {
        let start = Start { before, now, call, after: &after, service, primary, probes };
        match view.service(service) {
            row if row.settings.strategy.shifts_traffic() => look_shift::forecast(&start),
            row if row.scheduling == SchedulingStrategy::Daemon => look_daemon::forecast(&start),
            _ => rolling(&start),
        }
    };
    started.map(start).collect()
}

impl Start<'_> {
    pub(super) fn view(&self) -> View<'_> {
        self.after.engine()
    }

    /// How long the first new task is alone, ms; none: all of them start together.
    pub(super) fn probe(&self, pace: &Pace) -> Option<u64> {
        self.probes.then(|| pace.to_known.unwrap_or(0))
    }

    pub(super) fn grid(&self) -> Grid {
        grid(self.view(), self.now)
    }

    /// A copy in which the call is made with something changed.
    pub(super) fn with(&self, change: impl FnOnce(&mut UpdateService)) -> Option<Simulation> {
        let mut call = self.call.clone();
        change(&mut call);
        self.before.after_call(self.now, Command::UpdateService(Box::new(call))).ok()
    }

    /// How many more tasks of the new revision the cluster has room for, of those in a copy.
    pub(super) fn room_in(&self, copy: Option<&Simulation>) -> Option<u32> {
        let copy = copy?;
        pace::room(copy, copy.engine().primary(self.service)?)
    }

    /// What stopping an old task takes, shown by stopping one.
    pub(super) fn to_stop(&self) -> Option<u64> {
        let view = self.before.engine();
        let is_running = |id: &&TaskId| view.task(**id).is_running();
        let task = view.service(self.service).tasks.iter().find(is_running)?;
        pace::to_stop(self.before, self.now, *task)
    }

    pub(super) fn forecast(
        &self,
        numbers: Numbers,
        pace: Pace,
        course: Course,
        risks: Vec<Risk>,
    ) -> Forecast {
        let view = self.view();
        let row = view.service(self.service);
        let definition = view.definition(view.deployment(self.primary).definition);
        let taken = self.before.engine().counts(self.service, self.now).occupying();
        let tasks = course.peak.saturating_sub(taken);
        Forecast {
            service: row.name.to_string(),
            definition: definition.label(),
            at: self.now,
            under_way: false,
            desired: row.desired,
            numbers,
            pace,
            course,
            phases: Vec::new(),
            failing: None,
            extra: extra(tasks, &definition.demand),
            risks,
        }
    }
}

pub(super) fn grid(view: View<'_>, now: Time) -> Grid {
    let tick = view.config().tick.0.max(1);
    let offset = u64::try_from(now.0).unwrap_or(0) % tick;
    Grid { tick, offset }
}

pub(super) fn extra(tasks: u32, demand: &stowplan_engine::model::Demand) -> Extra {
    let times = |amount: u32| u64::from(tasks) * u64::from(amount);
    Extra { tasks, cpu: times(demand.cpu), memory: times(demand.memory) }
}

fn rolling(start: &Start<'_>) -> Forecast {
    let copy = start.after.clone();
    let mut pace = pace::measure(copy, start.primary, start.now, Until::Both);
    if pace.to_stop.is_none() {
        pace.to_stop = start.to_stop();
    }
    // With room for every new task beside every old one, who finds a place shows how much room
    // there is.
    let wide_open = start.with(|call| {
        let configuration = call.deployment_configuration.get_or_insert_default();
        configuration.minimum_healthy_percent = Some(100);
        configuration.maximum_percent = Some(200);
    });
    let room = start.room_in(wide_open.as_ref());
    let rolling = rolling_of(start.view(), start.service, &pace, start.grid(), room);
    let rolling = Rolling { probe: start.probe(&pace), ..rolling };
    let mut risks = rolling_risks(start.view(), start.primary, &rolling);
    risks.extend(waits(wide_open.as_ref().unwrap_or(start.after), start.service));
    let failing = look_failing::failing(start, &pace, &rolling);
    let course = failing.as_ref().and_then(Failing::course);
    let course = course.or_else(|| look_failing::without_room(start, &rolling));
    let course = course.unwrap_or_else(|| rolling.course());
    let forecast = start.forecast(Numbers::Rolling(rolling, None), pace, course, risks);
    Forecast { failing, ..forecast }
}

fn rolling_of(
    view: View<'_>,
    service: ServiceId,
    pace: &Pace,
    grid: Grid,
    room: Option<u32>,
) -> Rolling {
    let row = view.service(service);
    let early = row.settings.early_success.map(|early| Early {
        required: early.required(row.desired),
        deferred: early.cleanup == SourceCleanup::Deferred,
    });
    Rolling {
        desired: row.desired,
        floor: row.lower_limit(),
        ceiling: row.upper_limit(),
        to_healthy: pace.to_healthy.unwrap_or(0),
        to_stop: pace.to_stop.unwrap_or(0),
        grid,
        room,
        bake: view.bake_time(service).0,
        early,
        probe: None,
    }
}

/// Tasks that wait for instances which managed scaling launches.
pub(super) fn waits(copy: &Simulation, service: ServiceId) -> Option<Risk> {
    let view = copy.engine();
    let own = |task: &TaskId| view.task(*task).owner.is_some_and(|owner| owner.service == service);
    let waiting = u32::try_from(view.waiting().filter(own).count()).unwrap_or(u32::MAX);
    (waiting > 0).then_some(Risk::WaitsForInstances(waiting))
}

fn rolling_risks(view: View<'_>, primary: DeploymentId, rolling: &Rolling) -> Vec<Risk> {
    let mut risks = Vec::new();
    if rolling.desired > 0 && rolling.floor == 0 {
        risks.push(Risk::OutageCertain);
    } else if rolling.dip() > 0 {
        risks.push(Risk::ReducedCapacity(rolling.dip()));
    }
    risks.extend(blind(view, primary));
    let surge = rolling.surge().min(rolling.desired);
    if let Some(cut) = rolling.room.and_then(|room| surge.checked_sub(room)).filter(|&cut| cut > 0)
    {
        risks.push(Risk::SurgeCut(cut));
    }
    risks
}

pub(super) fn blind(view: View<'_>, primary: DeploymentId) -> Option<Risk> {
    let deployment = view.deployment(primary);
    let checked = view.definition(deployment.definition).has_essential_health_check();
    let balanced = !view.service(deployment.service).load_balancers.is_empty();
    (!checked && !balanced).then_some(Risk::Blind)
}

pub(super) fn at_running(simulation: &Simulation, now: Time) -> Vec<Forecast> {
    let view = simulation.engine();
    let active = view.services().filter(|(_, row)| row.status == ServiceStatus::Active);
    active.filter_map(|(service, _)| at_running_of(simulation, now, service)).collect()
}

fn at_running_of(simulation: &Simulation, now: Time, service: ServiceId) -> Option<Forecast> {
    let view = simulation.engine();
    let row = view.service(service);
    match row.controller {
        ControllerType::Ecs => {}
        ControllerType::CodeDeploy => {
            let deployment = look_code_deploy_begun::current(view, service)?;
            return Some(look_code_deploy_begun::running(simulation, now, deployment));
        }
        ControllerType::External => return look_task_sets::running(simulation, now, service),
    }
    if row.settings.strategy.shifts_traffic() {
        let record = look_shift_begun::current(view, service)?;
        return Some(look_shift_begun::running(simulation, now, service, record));
    }
    let primary = view.primary(service)?;
    let deployment = view.deployment(primary);
    // Who was complete before is on the way back.
    let rolls = row.settings.strategy == RolloutStrategy::Rolling
        && (deployment.ever_completed || row.deployments.len() > 1)
        && deployment.rollout == RolloutState::InProgress;
    rolls.then(|| match row.scheduling {
        SchedulingStrategy::Replica => running(simulation, now, service, primary),
        SchedulingStrategy::Daemon => look_daemon::running(simulation, now, service, primary),
    })
}

/// A deployment that is under way, measured.
pub(super) struct OnItsWay {
    /// A copy in which nothing else happens.
    pub(super) copy: Simulation,
    pub(super) pace: Pace,
    pub(super) digests: Probe,
}

pub(super) fn on_its_way(
    simulation: &Simulation,
    now: Time,
    service: ServiceId,
    primary: DeploymentId,
) -> OnItsWay {
    let begun = |mut copy: Simulation| {
        if copy.now().is_none() {
            copy.advance();
        }
        copy
    };
    let copy = begun(simulation.undisturbed());
    let view = simulation.engine();
    let unprobed = view.config().digest_probe.then(|| begun(simulation.unprobed().undisturbed()));
    let measured = unprobed.unwrap_or_else(|| copy.clone());
    let mut pace = pace::measure(measured, primary, now, Until::Both);
    let is_running = |id: &&TaskId| view.task(**id).is_running();
    if pace.to_stop.is_none()
        && let Some(&task) = view.service(service).tasks.iter().find(is_running)
    {
        pace.to_stop = pace::to_stop(simulation, now, task);
    }
    let digests = match view.deployment(primary).digests {
        Digests::Known => Probe::Known,
        Digests::Probing { .. } => {
            pace::known_in(copy.clone(), primary, now).map_or(Probe::Unasked, Probe::KnownIn)
        }
    };
    OnItsWay { copy, pace, digests }
}

/// How long a task takes of a revision that has begun beside another, and what there is room for.
pub(super) fn measure_on(
    simulation: &Simulation,
    now: Time,
    deployment: DeploymentId,
) -> (Pace, Option<u32>) {
    let copy = simulation.unprobed().undisturbed();
    let pace = pace::measure(copy.clone(), deployment, now, Until::Healthy);
    let wanted = |it: &Simulation| it.engine().deployment(deployment).desired;
    let mut at_next_tick = copy.clone();
    at_next_tick.run_to(now + simulation.engine().config().tick);
    // It may be given up before: then all that has a place by now has one.
    let is_wanted = wanted(&at_next_tick) >= wanted(&copy);
    let looked_at = if is_wanted { at_next_tick } else { copy };
    (pace, pace::room(&looked_at, deployment))
}

/// When all tasks of a revision that has begun beside another are healthy, ms from now, and how
/// many are still to start. `first`: when those are that are there. `None`: never.
pub(super) fn all_there(
    simulation: &Simulation,
    now: Time,
    deployment: DeploymentId,
    pace: &Pace,
    room: Option<u32>,
    first: Option<u64>,
) -> (Option<u64>, u32) {
    let view = simulation.engine();
    let row = view.deployment(deployment);
    let live = view.deployment_counts(deployment, now).active();
    let missing = row.desired.saturating_sub(live);
    if missing == 0 {
        return (first, 0);
    }
    // What was learnt since the last pass the next one goes by.
    let known_in = match row.digests {
        Digests::Known => Some(0),
        Digests::Probing { .. } => pace::known_in(simulation.undisturbed(), deployment, now),
    };
    let Some(known_in) = known_in else { return (None, 0) };
    let coming = missing.min(room.map_or(missing, |room| room.saturating_sub(live)));
    let last = pace.to_healthy.map(|to_healthy| grid(view, now).seen(known_in) + to_healthy);
    let all = last.filter(|_| coming == missing).zip(first);
    (all.map(|(last, first)| last.max(first)), coming)
}

/// What is said of a deployment that is under way.
pub(super) fn of_running(
    simulation: &Simulation,
    now: Time,
    (service, primary): (ServiceId, DeploymentId),
    numbers: Numbers,
    pace: Pace,
    course: Course,
    risks: Vec<Risk>,
) -> Forecast {
    let view = simulation.engine();
    let row = view.service(service);
    let definition = view.definition(view.deployment(primary).definition);
    let tasks = course.peak.saturating_sub(view.counts(service, now).occupying());
    Forecast {
        service: row.name.to_string(),
        definition: definition.label(),
        at: now,
        under_way: true,
        desired: row.desired,
        risks,
        numbers,
        pace,
        course,
        phases: Vec::new(),
        failing: None,
        extra: extra(tasks, &definition.demand),
    }
}

fn running(
    simulation: &Simulation,
    now: Time,
    service: ServiceId,
    primary: DeploymentId,
) -> Forecast {
    let way = on_its_way(simulation, now, service, primary);
    let view = simulation.engine();
    let begun = begun(&way, view, service, primary, now);
    let row = view.service(service);
    let missing = row.desired.saturating_sub(begun.new + count(begun.starting.len()));
    let rolling = rolling_of(view, service, &way.pace, grid(view, now), None);
    let probe = (way.digests != Probe::Known).then(|| way.pace.to_known.unwrap_or(0));
    // The way back has no bake and no early success.
    let rolling = match view.deployment(primary).ever_completed {
        true => Rolling { probe, bake: 0, early: None, ..rolling },
        false => Rolling { probe, ..rolling },
    };
    let limits = (rolling.floor, rolling.ceiling);
    let failing = look_failing_begun::failing(simulation, now, primary, &way, limits);
    let course = failing.as_ref().and_then(Failing::course);
    let course = course.unwrap_or_else(|| rolling.course_from(&begun));
    let risks = rolling_risks(view, primary, &rolling);
    let numbers = Numbers::Rolling(rolling, Some(begun));
    let told = of_running(simulation, now, (service, primary), numbers, way.pace, course, risks);
    let definition = view.definition(view.deployment(primary).definition);
    let extra = extra(told.extra.tasks.min(missing), &definition.demand);
    turned_back(view, primary, Forecast { failing, extra, ..told })
}

/// What is on its way back ends there.
pub(super) fn turned_back(view: View<'_>, primary: DeploymentId, told: Forecast) -> Forecast {
    let Some(after) = told.duration() else { return told };
    if !view.deployment(primary).ever_completed {
        return told;
    }
    let end = End::RolledBack { given_up: 0, after, limit: Limit::TurnedBack };
    Forecast { course: Course { end, ..told.course }, ..told }
}

/// What stands already, and when what moves will be there.
fn begun(
    way: &OnItsWay,
    view: View<'_>,
    service: ServiceId,
    primary: DeploymentId,
    now: Time,
) -> Begun {
    let tasks: Vec<&Task> = view.service(service).tasks.iter().map(|&id| view.task(id)).collect();
    let is_new = |task: &Task| task.owner.is_some_and(|owner| owner.deployment == primary);
    let is_healthy = |task: &Task| {
        task.is_live() && view.health_class(task.id, now) == stowplan_engine::HealthClass::Healthy
    };
    // What settles of a revision that was given up goes with the next pass.
    let back = view.deployment(primary).ever_completed;
    let moves = |task: &Task| match task.is_live() {
        true => (is_new(task) || back) && !is_healthy(task),
        false => task.is_occupying(),
    };
    let moving: Vec<TaskId> = tasks.iter().filter(|it| moves(it)).map(|task| task.id).collect();
    let dues: BTreeMap<TaskId, u64> = pace::dues(way.copy.clone(), &moving, now);
    let due = |live: bool, new: bool| {
        let is_such = |&&id: &&TaskId| {
            let task = view.task(id);
            task.is_live() == live && is_new(task) == new
        };
        let own = moving.iter().filter(is_such);
        own.filter_map(|id| dues.get(id)).copied().collect::<Vec<u64>>()
    };
    let healthy = |new: bool| {
        let own = tasks.iter().filter(|task| is_healthy(task) && is_new(task) == new);
        count(own.count())
    };
    let deployment = view.deployment(primary);
    let baking_since = deployment.baking_since.filter(|_| !deployment.ever_completed);
    Begun {
        old: healthy(false),
        new: healthy(true),
        starting: due(true, true),
        stopping: [due(false, false), due(true, false)].concat(),
        leaving: due(false, true),
        baking_for: baking_since.map(|since| u64::try_from(now.0 - since.0).unwrap_or(0)),
        digests: way.digests,
    }
}

pub(super) fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
