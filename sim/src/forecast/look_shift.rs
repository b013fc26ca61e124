//! The numbers of a deployment that shifts traffic.

use stowplan_engine::model::{
    DeploymentId, HookAnswer, HookTarget, LifecycleHook, RolloutState, RolloutStrategy,
    ServiceDeploymentId, ServiceId, Share,
};
use stowplan_engine::{ShiftOutlook, View};

use super::grid::Grid;
use super::hooks::{Answer, Functions, Hook, Said, Waits};
use super::look::{Start, blind, count, waits};
use super::pace::{self, Pace, Until};
use super::shifting::{Limits, Shifting};
use super::{Forecast, Numbers, Risk, Shifts, look_failing};
use crate::world::{FunctionAnswer, World};

pub(super) fn forecast(start: &Start<'_>) -> Forecast {
    // Hooks do not change what a task takes, but may keep it from beginning.
    let unhooked = start.with(|call| {
        let configuration = call.deployment_configuration.get_or_insert_default();
        configuration.lifecycle_hooks = Some(Vec::new());
    });
    let copy = unhooked.as_ref().unwrap_or(start.after);
    let primary = copy.engine().primary(start.service).unwrap_or(start.primary);
    let mut pace = pace::measure(copy.clone(), primary, start.now, Until::Healthy);
    pace.to_stop = start.to_stop();
    let room = start.room_in(unhooked.as_ref());
    let view = start.view();
    let outlook = record(view, start).and_then(|record| view.shift_outlook(record));
    let mut shifting = numbers(start, &pace, room, outlook.as_ref());
    shifting.failing = look_failing::beside(start, &pace, room, (copy, primary));
    let (course, phases) = shifting.course();
    let mut risks: Vec<Risk> = blind(view, start.primary).into_iter().collect();
    risks.extend(waits(copy, start.service));
    if view.service(start.service).load_balancers.is_empty() {
        risks.push(Risk::NothingShifts);
    }
    let shifts = shifts(view.service(start.service).settings.strategy);
    let numbers = Numbers::Shifting(Box::new(shifting), shifts);
    let mut forecast = start.forecast(numbers, pace, course, risks);
    if let Numbers::Shifting(shifting, _) = &forecast.numbers {
        forecast.failing = shifting.failing.clone();
    }
    if forecast.pace.to_healthy.is_some() || forecast.failing.is_some() {
        forecast.phases = phases;
    }
    forecast
}

pub(super) fn shifts(strategy: RolloutStrategy) -> Shifts {
    match strategy {
        RolloutStrategy::Linear { .. } => Shifts::Linear,
        RolloutStrategy::Canary { .. } => Shifts::Canary,
        RolloutStrategy::BlueGreen | RolloutStrategy::Rolling => Shifts::BlueGreen,
    }
}

fn record(view: View<'_>, start: &Start<'_>) -> Option<ServiceDeploymentId> {
    let records = &view.service(start.service).records;
    records.iter().rev().copied().find(|&record| view.record(record).target == start.primary)
}

fn numbers(
    start: &Start<'_>,
    pace: &Pace,
    room: Option<u32>,
    outlook: Option<&ShiftOutlook>,
) -> Shifting {
    let before = start.before.engine();
    let source = source(before, start.service);
    let stray = |&&task: &&_| {
        let task = before.task(task);
        task.is_occupying() && task.owner.map(|owner| owner.deployment) != source
    };
    let leftovers = before.service(start.service).tasks.iter().filter(stray).count();
    let plan = plan(start.view(), start.before.world(), start.service, outlook, pace);
    Shifting {
        probe: start.probe(pace),
        grid: start.grid(),
        room,
        leftovers: count(leftovers),
        bake: source.map_or(0, |_| plan.bake),
        has_source: source.is_some(),
        ..plan
    }
}

/// What the service and its world say, whatever has begun.
pub(super) fn plan(
    view: View<'_>,
    world: &World,
    service: ServiceId,
    outlook: Option<&ShiftOutlook>,
    pace: &Pace,
) -> Shifting {
    let row = view.service(service);
    let (hooks, functions) = hooks(world, &row.settings.hooks);
    let month = 30 * 86_400_000;
    Shifting {
        desired: row.desired,
        to_healthy: pace.to_healthy.unwrap_or(0),
        probe: None,
        to_stop: pace.to_stop.unwrap_or(0),
        grid: Grid::aligned(1),
        room: None,
        leftovers: 0,
        steps: outlook.map_or_else(
            || vec![(Share::ALL, 0)],
            |outlook| outlook.steps.iter().map(|&(share, wait)| (share, wait.0)).collect(),
        ),
        tests: outlook.is_some_and(|outlook| outlook.tests),
        settles: outlook.map_or(0, |outlook| outlook.settles.0),
        bake: view.bake_time(service).0,
        hooks,
        functions,
        limits: Limits {
            stage: outlook.map_or(month, |outlook| outlook.stage_limit.0),
            whole: outlook.map_or(month, |outlook| outlook.whole_limit.0),
            function: outlook.map_or(month, |outlook| outlook.function_limit.0),
        },
        has_source: true,
        failing: None,
        begun: None,
    }
}

/// The revision that traffic comes from: the newest one that was complete.
pub(super) fn source(before: View<'_>, service: ServiceId) -> Option<DeploymentId> {
    before.service(service).deployments.iter().rev().copied().find(|&deployment| {
        let row = before.deployment(deployment);
        row.ever_completed && row.rollout != RolloutState::Failed
    })
}

/// Hooks with what their functions will answer. Two hooks may ask the same function.
fn hooks(world: &World, given: &[LifecycleHook]) -> (Vec<Hook>, Functions) {
    let mut names: Vec<&str> = Vec::new();
    let mut functions = Functions::new();
    let mut hooks = Vec::new();
    for hook in given {
        let (name, waits) = match hook.target {
            HookTarget::Pause => ("the pause", Waits::Pause(hook.timeout.0, hook.on_timeout)),
            HookTarget::Lambda => {
                let name = hook.arn.rsplit(':').next().unwrap_or(&hook.arn);
                let position = names.iter().position(|&other| other == name);
                let position = position.unwrap_or_else(|| {
                    names.push(name);
                    functions.push(answers(world, &hook.arn));
                    names.len() - 1
                });
                (name, Waits::Function(position))
            }
        };
        hooks.push(Hook { name: name.to_owned(), stages: hook.stages.to_vec(), waits });
    }
    (hooks, functions)
}

pub(super) fn answers(world: &World, arn: &str) -> Vec<Answer> {
    world.answers_of(arn).iter().map(answer_of).collect()
}

fn answer_of(given: &FunctionAnswer) -> Answer {
    Answer { after: given.after.map_or(0, |after| after.millis()), said: said(&given.said()) }
}

pub(super) fn said(answer: &HookAnswer) -> Said {
    match answer {
        HookAnswer::Succeeded => Said::Succeeded,
        HookAnswer::InProgress { again_after } => Said::InProgress(again_after.0),
        HookAnswer::Failed | HookAnswer::Unreadable => Said::Failed,
    }
}
