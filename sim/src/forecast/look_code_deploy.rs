//! The numbers of a blue/green deployment by CodeDeploy.

use std::borrow::Cow;

use stowplan_engine::View;
use stowplan_engine::api::input::CreateDeployment;
use stowplan_engine::api::{Command, Json};
use stowplan_engine::model::{CodeDeployment, Creator, ReadyOption, TaskId, Termination, Time};

use super::code_deploy::CodeDeploy;
use super::grid::Grid;
use super::hooks::Answer;
use super::look::{blind, count, extra, grid, waits};
use super::look_shift::answers;
use super::pace::{self, Pace, Until};
use super::{Forecast, Numbers, Risk};
use crate::run::Simulation;

/// What a CreateDeployment would bring about.
pub(super) fn at_create(run: &Simulation, now: Time, call: &CreateDeployment) -> Vec<Forecast> {
    let probes = run.engine().config().digest_probe;
    let before = &*if probes { Cow::Owned(run.unprobed()) } else { Cow::Borrowed(run) };
    let made = |call: CreateDeployment| {
        let copy = before.after_call(now, Command::CreateDeployment(Box::new(call))).ok()?;
        let first = before.engine().code_deployments().len();
        let row = copy.engine().code_deployments().get(first)?.clone();
        Some((copy, row))
    };
    // Hooks do not change what a task takes, but may keep it from beginning.
    let mut unhooked = call.clone();
    unhooked.hooks = None;
    if let Some(Json::Object(fields)) = &mut unhooked.app_spec {
        fields.retain(|(name, _)| &**name != "Hooks");
    }
    let Some((after, row)) = made(call.clone()) else { return Vec::new() };
    let (copy, measured) = made(unhooked).unwrap_or_else(|| (after.clone(), row.clone()));
    vec![forecast(before, now, &row, &copy, &measured, probes)]
}

fn forecast(
    before: &Simulation,
    now: Time,
    row: &CodeDeployment,
    copy: &Simulation,
    measured: &CodeDeployment,
    probes: bool,
) -> Forecast {
    let (was, view) = (before.engine(), copy.engine());
    let service = was.service(row.service);
    let mut pace = match measured.green {
        Some(green) => pace::measure(copy.clone(), green, now, Until::Healthy),
        None => Pace::default(),
    };
    let is_running = |id: &&TaskId| was.task(**id).is_running();
    let running = service.tasks.iter().find(is_running);
    pace.to_stop = running.and_then(|&task| pace::to_stop(before, now, task));
    let numbers = numbers(before, now, row, copy, measured, &pace);
    let probe = probes.then(|| pace.to_known.unwrap_or(0));
    let numbers = CodeDeploy { probe, ..numbers };
    let (course, phases) = numbers.course();
    let definition = view.definition(row.revision.definition);
    let taken = was.counts(row.service, now).occupying();
    let mut risks: Vec<Risk> = measured.green.and_then(|it| blind(view, it)).into_iter().collect();
    risks.extend(waits(copy, row.service));
    Forecast {
        service: service.name.to_string(),
        definition: definition.label(),
        at: now,
        under_way: false,
        desired: numbers.desired,
        phases: if pace.to_healthy.is_some() { phases } else { Vec::new() },
        failing: None,
        numbers: Numbers::CodeDeploy(Box::new(numbers)),
        pace,
        extra: extra(course.peak.saturating_sub(taken), &definition.demand),
        course,
        risks,
    }
}

fn numbers(
    before: &Simulation,
    now: Time,
    row: &CodeDeployment,
    copy: &Simulation,
    measured: &CodeDeployment,
    pace: &Pace,
) -> CodeDeploy {
    let was = before.engine();
    let service = was.service(row.service);
    let stray = |&&task: &&TaskId| {
        let task = was.task(task);
        task.is_occupying() && task.owner.is_some_and(|owner| owner.deployment != row.blue)
    };
    let leftovers = service.tasks.iter().filter(stray).count();
    CodeDeploy {
        grid: grid(was, now),
        room: measured.green.and_then(|green| pace::room(copy, green)),
        leftovers: count(leftovers),
        ..plan(before, copy.engine(), row, pace)
    }
}

/// What the deployment, its group and the world say, whatever has begun.
pub(super) fn plan(
    run: &Simulation,
    view: View<'_>,
    row: &CodeDeployment,
    pace: &Pace,
) -> CodeDeploy {
    let answer = |function: &str| {
        answers(run.world(), function).first().copied().unwrap_or(Answer::SUCCEEDS)
    };
    let outlook = view.code_deploy_outlook(row);
    CodeDeploy {
        desired: run.engine().service(row.service).desired,
        to_healthy: pace.to_healthy.unwrap_or(0),
        probe: None,
        to_stop: pace.to_stop.unwrap_or(0),
        grid: Grid::aligned(1),
        room: None,
        leftovers: 0,
        steps: outlook.steps.iter().map(|&(share, wait)| (share, wait.0)).collect(),
        hooks: row.hooks.iter().map(|(event, function)| (*event, answer(function))).collect(),
        ready: match outlook.ready {
            ReadyOption::Continue => None,
            ReadyOption::Wait(wait) => Some(wait.0),
        },
        termination: match outlook.termination {
            Termination::After(wait) => Some(wait.0),
            Termination::Keep => None,
        },
        install_limit: outlook.install_limit.0,
        hook_limit: outlook.hook_limit.0,
        rolls_back: row.rollback.on_failure && row.creator == Creator::User,
        begun: None,
    }
}
