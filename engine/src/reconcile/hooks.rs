//! Lifecycle hooks: asked, answered, timed out (03 section 21.2).

use crate::api::Effect;
use crate::api::event::{BusEvent, EventKind};
use crate::control::Control;
use crate::model::{
    HookAction, HookAnswer, HookRun, HookStatus, HookTarget, LifecycleHook, LifecycleStage,
    ServiceDeploymentId, Span, Time,
};

/// A function must answer within its platform's limit.
pub(super) const FUNCTION_LIMIT: Span = Span::from_mins(15);

/// Begins every hook of a stage; they run side by side.
pub(super) fn begin(control: &mut Control, record: ServiceDeploymentId, stage: LifecycleStage) {
    let service = control.store.record(record).service;
    let hooks = control.store.service(service).settings.hooks.clone();
    for (position, hook) in hooks.iter().enumerate() {
        if hook.stages.contains(&stage) {
            begin_one(control, record, position, hook, stage);
        }
    }
}

fn begin_one(
    control: &mut Control,
    record: ServiceDeploymentId,
    position: usize,
    hook: &LifecycleHook,
    stage: LifecycleStage,
) {
    let now = control.now;
    let (number, status, expires_at) = match hook.target {
        HookTarget::Lambda => (0, HookStatus::InProgress, now + FUNCTION_LIMIT),
        HookTarget::Pause => {
            control.store.pauses += 1;
            (control.store.pauses, HookStatus::AwaitingAction, now + hook.timeout)
        }
    };
    let runs = &mut runs_mut(control, record);
    let run = u32::try_from(runs.len()).unwrap_or(u32::MAX);
    runs.push(HookRun {
        hook: u32::try_from(position).unwrap_or(u32::MAX),
        number,
        target: hook.target,
        arn: hook.arn.clone(),
        stage,
        status,
        started_at: now,
        finished_at: None,
        expires_at,
        on_timeout: hook.on_timeout,
        ask_again_at: None,
        asked_at: now,
        problem: None,
    });
    control.out.event(EventKind::Hook(record, run, status));
    match hook.target {
        HookTarget::Lambda => control.out.effect(Effect::AskHook { record, run }),
        HookTarget::Pause => tell(control, record, run, "HOOK_AWAITING_ACTION"),
    }
}

/// Time passes: pauses expire, functions are asked again or give no answer.
pub(super) fn look(control: &mut Control, record: ServiceDeploymentId) {
    let now = control.now;
    for index in open_runs(control, record) {
        let run = &mut runs_mut(control, record)[index as usize];
        if run.ask_again_at.is_some_and(|at| at <= now) {
            run.ask_again_at = None;
            run.asked_at = now;
            run.expires_at = now + FUNCTION_LIMIT;
            control.out.effect(Effect::AskHook { record, run: index });
        } else if run.expires_at <= now {
            match run.target {
                HookTarget::Lambda => {
                    run.problem = Some("it did not answer in time".into());
                    end(control, record, index, HookStatus::Failed);
                }
                HookTarget::Pause => end(control, record, index, HookStatus::TimedOut),
            }
        }
    }
}

/// A function answered.
pub(crate) fn answered(
    control: &mut Control,
    record: ServiceDeploymentId,
    run: u32,
    answer: &HookAnswer,
) {
    let now = control.now;
    let Some(row) = runs_mut(control, record).get_mut(run as usize) else { return };
    if !row.is_open() || row.target != HookTarget::Lambda {
        return;
    }
    let asked_now = row.asked_at == now;
    match answer {
        HookAnswer::Succeeded => end(control, record, run, HookStatus::Succeeded),
        HookAnswer::Failed => end(control, record, run, HookStatus::Failed),
        HookAnswer::InProgress { again_after } => {
            row.ask_again_at = Some(now + *again_after);
            row.expires_at = now + *again_after + FUNCTION_LIMIT;
        }
        HookAnswer::Unreadable => {
            row.problem = Some("HookStatus must not be null".into());
            end(control, record, run, HookStatus::Failed);
        }
    }
    let service = control.store.record(record).service;
    // An answer without delay belongs to the pass that asked; a later one waits for the next.
    if asked_now {
        control.call_concerns(service);
    } else {
        control.touch(service);
    }
}

/// Somebody says how it goes on after a pause.
pub(crate) fn decided(
    control: &mut Control,
    record: ServiceDeploymentId,
    run: u32,
    action: HookAction,
) {
    let status = match action {
        HookAction::Continue => HookStatus::Succeeded,
        HookAction::Rollback => HookStatus::Failed,
    };
    end(control, record, run, status);
}

fn end(control: &mut Control, record: ServiceDeploymentId, run: u32, status: HookStatus) {
    let now = control.now;
    let row = &mut runs_mut(control, record)[run as usize];
    row.status = status;
    row.finished_at = Some(now);
    control.out.event(EventKind::Hook(record, run, status));
    let name = match status {
        HookStatus::Succeeded => "HOOK_SUCCEEDED",
        HookStatus::Failed => "HOOK_FAILED",
        HookStatus::TimedOut => "HOOK_TIMED_OUT",
        HookStatus::AwaitingAction | HookStatus::InProgress => return,
    };
    tell(control, record, run, name);
}

fn tell(control: &mut Control, record: ServiceDeploymentId, run: u32, name: &'static str) {
    let service = control.store.record(record).service;
    let hook = Some((record, run));
    let event = BusEvent { name, service, deployment: None, hook, reason: None };
    control.out.event(EventKind::Bus(Box::new(event)));
}

/// Why a hook of this visit to the stage speaks against going on.
pub(super) fn failure(control: &Control, record: ServiceDeploymentId) -> Option<String> {
    let run = visit(control, record).find(|run| match run.status {
        HookStatus::Failed => true,
        HookStatus::TimedOut => run.on_timeout == HookAction::Rollback,
        HookStatus::AwaitingAction | HookStatus::InProgress | HookStatus::Succeeded => false,
    })?;
    let head =
        format!("Service deployment rolled back because {} lifecycle hook(s) failed.", run.stage);
    Some(match (run.target, run.problem.as_deref()) {
        (HookTarget::Lambda, None) => {
            format!("{head} Lifecycle hook target {} returned FAILED status.", run.arn)
        }
        (HookTarget::Lambda, Some(problem)) => {
            format!("{head} ECS was unable to parse the response from {} due to {problem}", run.arn)
        }
        (HookTarget::Pause, _) => {
            format!("{head} Lifecycle hook {} {}.", run.id(), run.status)
        }
    })
}

/// Whether every hook of this visit to the stage lets it go on.
pub(super) fn all_succeeded(control: &Control, record: ServiceDeploymentId) -> bool {
    visit(control, record).all(|run| !run.is_open())
}

/// Whether somebody is waited for.
pub(super) fn pauses(control: &Control, record: ServiceDeploymentId) -> bool {
    visit(control, record).any(|run| run.status == HookStatus::AwaitingAction)
}

/// When the last pause of this visit to the stage ended.
pub(super) fn paused_until(control: &Control, record: ServiceDeploymentId) -> Option<Time> {
    let pauses = visit(control, record).filter(|run| run.target == HookTarget::Pause);
    pauses.filter_map(|run| run.finished_at).max()
}

/// The first hook of this visit to the stage that somebody is still waited for.
pub(super) fn first_open(control: &Control, record: ServiceDeploymentId) -> Option<u32> {
    open_runs(control, record).into_iter().next()
}

/// When the clock alone changes something about the hooks of the stage.
pub(super) fn wakes(control: &Control, record: ServiceDeploymentId) -> Vec<Time> {
    let open = visit(control, record).filter(|run| run.is_open());
    open.map(|run| run.ask_again_at.unwrap_or(run.expires_at)).collect()
}

/// Runs of this visit to the stage.
fn visit(control: &Control, record: ServiceDeploymentId) -> impl Iterator<Item = &HookRun> {
    let shift = control.store.record(record).shift.as_ref();
    shift.into_iter().flat_map(|shift| shift.runs.iter().skip(shift.first_run as usize))
}

fn open_runs(control: &Control, record: ServiceDeploymentId) -> Vec<u32> {
    let Some(shift) = control.store.record(record).shift.as_ref() else { return Vec::new() };
    let positions = shift.first_run..u32::try_from(shift.runs.len()).unwrap_or(u32::MAX);
    positions.filter(|&index| shift.runs[index as usize].is_open()).collect()
}

fn runs_mut(control: &mut Control, record: ServiceDeploymentId) -> &mut Vec<HookRun> {
    let shift = control.store.record_mut(record).shift.as_mut();
    &mut shift.expect("only deployments that shift traffic have hooks").runs
}
