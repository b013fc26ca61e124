//! The numbers of a deployment that shifts traffic.

use stowplan_engine::model::{
    DeploymentId, HookTarget, LifecycleHook, RolloutState, RolloutStrategy, ServiceDeploymentId,
    ServiceId, Share,
};
use stowplan_engine::{ShiftOutlook, View};

use super::hooks::{Answer, Functions, Hook, Said, Waits};
use super::look::{Start, blind, waits};
use super::pace::{self, Until};
use super::shifting::{Limits, Shifting};
use super::{Forecast, Numbers, Risk, Shifts};
use crate::world::World;

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
    let shifting = numbers(start, &pace, room, outlook.as_ref());
    let (course, phases) = shifting.course();
    let mut risks: Vec<Risk> = blind(view, start.primary).into_iter().collect();
    risks.extend(waits(copy, start.service));
    if view.service(start.service).load_balancers.is_empty() {
        risks.push(Risk::NothingShifts);
    }
    let shifts = match view.service(start.service).settings.strategy {
        RolloutStrategy::Linear { .. } => Shifts::Linear,
        RolloutStrategy::Canary { .. } => Shifts::Canary,
        RolloutStrategy::BlueGreen | RolloutStrategy::Rolling => Shifts::BlueGreen,
    };
    let numbers = Numbers::Shifting(Box::new(shifting), shifts);
    let mut forecast = start.forecast(numbers, pace, course, risks);
    if forecast.pace.to_healthy.is_some() {
        forecast.phases = phases;
    }
    forecast
}

fn record(view: View<'_>, start: &Start<'_>) -> Option<ServiceDeploymentId> {
    let records = &view.service(start.service).records;
    records.iter().rev().copied().find(|&record| view.record(record).target == start.primary)
}

fn numbers(
    start: &Start<'_>,
    pace: &pace::Pace,
    room: Option<u32>,
    outlook: Option<&ShiftOutlook>,
) -> Shifting {
    let view = start.view();
    let before = start.before.engine();
    let source = source(before, start.service);
    let stray = |&&task: &&_| {
        let task = before.task(task);
        task.is_occupying() && task.owner.map(|owner| owner.deployment) != source
    };
    let leftovers = before.service(start.service).tasks.iter().filter(stray).count();
    let settings = &view.service(start.service).settings;
    let (hooks, functions) = hooks(start.before.world(), &settings.hooks);
    let month = 30 * 86_400_000;
    Shifting {
        desired: start.desired(),
        to_healthy: pace.to_healthy.unwrap_or(0),
        probe: start.probe(pace),
        to_stop: pace.to_stop.unwrap_or(0),
        grid: start.grid(),
        room,
        leftovers: u32::try_from(leftovers).unwrap_or(u32::MAX),
        steps: outlook.map_or_else(
            || vec![(Share::ALL, 0)],
            |outlook| outlook.steps.iter().map(|&(share, wait)| (share, wait.0)).collect(),
        ),
        tests: outlook.is_some_and(|outlook| outlook.tests),
        settles: outlook.map_or(0, |outlook| outlook.settles.0),
        bake: source.map_or(0, |_| view.bake_time(start.service).0),
        hooks,
        functions,
        limits: Limits {
            stage: outlook.map_or(month, |outlook| outlook.stage_limit.0),
            whole: outlook.map_or(month, |outlook| outlook.whole_limit.0),
            function: outlook.map_or(month, |outlook| outlook.function_limit.0),
        },
        has_source: source.is_some(),
    }
}

/// The revision that traffic comes from: the newest one that was complete.
fn source(before: View<'_>, service: ServiceId) -> Option<DeploymentId> {
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

fn answer_of(given: &crate::world::FunctionAnswer) -> Answer {
    use stowplan_engine::model::HookAnswer;
    let said = match given.said() {
        HookAnswer::Succeeded => Said::Succeeded,
        HookAnswer::InProgress { again_after } => Said::InProgress(again_after.0),
        HookAnswer::Failed | HookAnswer::Unreadable => Said::Failed,
    };
    Answer { after: given.after.map_or(0, |after| after.millis()), said }
}
