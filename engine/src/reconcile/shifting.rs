//! What the stages of a deployment that shifts traffic do, and when they are done (03 section 21).
//! Which stage follows which is [`crate::deployment::shift`]'s; how much traffic a step gets is
//! [`crate::deployment::traffic`]'s.

use crate::api::event::EventKind;
use crate::control::Control;
use crate::deployment::shift::{self, Signal};
use crate::deployment::traffic;
use crate::model::{
    Back, DeploymentId, DeploymentStatus, Forward, Outcome, RolloutState, ServiceDeploymentId,
    ServiceId, Share, Shift, ShiftState, Slot, Span, Stop, Time, Traffic,
};
use crate::reconcile::facts::{Fact, Kind};
use crate::reconcile::pass::Pass;
use crate::reconcile::{hooks, monitors};
use crate::store::Store;
use crate::view::ShiftOutlook;

/// A Network Load Balancer takes so long to follow a change of weights (03 section 21.1).
const NETWORK_SETTLES: Span = Span::from_mins(10);
/// A stage, and a step of production traffic, takes no longer.
const STAGE_LIMIT: Span = Span::from_mins(24 * 60);
/// Nor does the whole deployment.
const DEPLOYMENT_LIMIT: Span = Span::from_mins(30 * 24 * 60);
/// More moves than any deployment has: 1000 steps of 0.1 percent are the most.
const MOST_MOVES: u32 = 5_000;

/// The state in which a deployment that shifts traffic begins.
pub(crate) fn begun(now: Time) -> Shift {
    let state = ShiftState::Forward(Forward::ReconcileService);
    let stage = shift::shown(state).expect("it is not over");
    Shift { state, stage, begun: false, entered_at: now, first_run: 0, runs: Vec::new() }
}

/// The deployment that is under way, if the service shifts traffic.
pub(crate) fn current(control: &Control, service: ServiceId) -> Option<ServiceDeploymentId> {
    let store = &control.store;
    let newest = *store.service(service).records.last()?;
    let shift = store.record(newest).shift.as_ref()?;
    match shift.state {
        ShiftState::Forward(_) | ShiftState::Back(_) => Some(newest),
        ShiftState::Over(_) => None,
    }
}

/// Goes on from stage to stage, as far as this pass gets.
pub(super) fn advance(pass: &mut Pass<'_>) {
    for _ in 0..MOST_MOVES {
        let Some(record) = current(pass.control, pass.service) else { return };
        if !shift_of(pass.control, record).begun {
            enter(pass, record, shift_of(pass.control, record).state);
        }
        hooks::look(pass.control, record);
        if let Some(problem) = hooks::failure(pass.control, record) {
            monitors::fail_stage(pass, record, &problem);
            continue;
        }
        if is_overdue(pass.control, record) {
            monitors::fail_stage(pass, record, &limit_text(pass.control, record));
            continue;
        }
        if !hooks::all_succeeded(pass.control, record) || !is_done(pass, record) {
            return;
        }
        go(pass, record, Signal::Passed);
    }
}

/// A signal for the deployment under way.
pub(super) fn go(pass: &mut Pass<'_>, record: ServiceDeploymentId, signal: Signal) {
    let steps = plan(pass.control, record).steps;
    let state = shift_of(pass.control, record).state;
    if let Some(to) = shift::next(state, signal, steps) {
        enter(pass, record, to);
    }
}

/// Leaves a deployment as it is: a newer one takes over, or nothing is to be done about it.
pub(crate) fn halt(control: &mut Control, record: ServiceDeploymentId) {
    let Some(shift) = control.store.record_mut(record).shift.as_mut() else { return };
    if let Some(to) = shift::next(shift.state, Signal::Halted, 1) {
        shift.state = to;
    }
}

/// Whether there is no way back any more.
pub(crate) fn is_cleaning_up(control: &Control, record: ServiceDeploymentId) -> bool {
    let shift = control.store.record(record).shift.as_ref();
    shift.is_some_and(|shift| shift.state == ShiftState::Forward(Forward::CleanUp))
}

/// Whether everything is wanted of a deployment when the desired count changes (21.7).
pub(crate) fn wants_all(control: &Control, deployment: DeploymentId) -> bool {
    let row = control.store.deployment(deployment);
    let Some(record) = current(control, row.service) else {
        return row.status == DeploymentStatus::Primary;
    };
    let is_target = control.store.record(record).target == deployment;
    match shift_of(control, record).state {
        ShiftState::Forward(Forward::ReconcileService | Forward::PreScaleUp) => {
            !is_target && Some(deployment) == kept_source(control, row.service)
        }
        ShiftState::Forward(Forward::CleanUp) => is_target,
        ShiftState::Forward(_) => {
            is_target || Some(deployment) == kept_source(control, row.service)
        }
        ShiftState::Back(_) | ShiftState::Over(_) => row.status == DeploymentStatus::Primary,
    }
}

/// The revision that traffic comes from: the newest one that was complete.
pub(crate) fn kept_source(control: &Control, service: ServiceId) -> Option<DeploymentId> {
    source_in(&control.store, service)
}

fn source_in(store: &Store, service: ServiceId) -> Option<DeploymentId> {
    store.service(service).deployments.iter().rev().copied().find(|&deployment| {
        let row = store.deployment(deployment);
        row.status == DeploymentStatus::Active
            && row.ever_completed
            && row.rollout != RolloutState::Failed
    })
}

/// What decides durations: a service without load balancers, or without a source, shifts nothing.
struct ShiftPlan {
    steps: u32,
    shifts: bool,
    network: bool,
    has_test_rule: bool,
}

fn plan(control: &Control, record: ServiceDeploymentId) -> ShiftPlan {
    plan_in(&control.store, record)
}

fn plan_in(store: &Store, record: ServiceDeploymentId) -> ShiftPlan {
    let row = store.record(record);
    let service = store.service(row.service);
    let balancers = &store.deployment(row.target).load_balancers;
    let has_source = row.rollback.is_some() || source_in(store, row.service).is_some();
    let shifts = !balancers.is_empty() && has_source;
    ShiftPlan {
        steps: if shifts { traffic::steps(service.settings.strategy) } else { 1 },
        shifts,
        network: service.load_balancers.iter().any(|balancer| store.is_network(balancer)),
        has_test_rule: service.has_test_rule(),
    }
}

/// What a deployment that shifts traffic goes by, for whoever looks ahead.
pub(crate) fn outlook(store: &Store, record: ServiceDeploymentId) -> ShiftOutlook {
    let (plan, row) = (plan_in(store, record), store.record(record));
    let strategy = store.service(row.service).settings.strategy;
    let step = |step| match plan.shifts {
        true => (traffic::weight(strategy, step), traffic::wait(strategy, step)),
        false => (Share::ALL, Span::ZERO),
    };
    ShiftOutlook {
        steps: (1..=plan.steps).map(step).collect(),
        tests: plan.has_test_rule,
        settles: if plan.network && plan.shifts { NETWORK_SETTLES } else { Span::ZERO },
        stage_limit: STAGE_LIMIT,
        whole_limit: DEPLOYMENT_LIMIT,
        function_limit: hooks::FUNCTION_LIMIT,
    }
}

fn shift_of(control: &Control, record: ServiceDeploymentId) -> &Shift {
    control.store.record(record).shift.as_ref().expect("only deployments that shift come here")
}

/// Enters a stage: its work begins, its hooks are asked.
fn enter(pass: &mut Pass<'_>, record: ServiceDeploymentId, state: ShiftState) {
    let now = pass.control.now;
    let row = pass.control.store.record_mut(record);
    row.updated_at = now;
    let shift = row.shift.as_mut().expect("only deployments that shift come here");
    shift.state = state;
    shift.begun = true;
    shift.entered_at = now;
    shift.first_run = u32::try_from(shift.runs.len()).unwrap_or(u32::MAX);
    let Some(stage) = shift::shown(state) else { return };
    shift.stage = stage;
    pass.control.out.event(EventKind::Stage(record, stage));
    work(pass, record, state);
    hooks::begin(pass.control, record, stage);
    pass.control.touch(pass.service);
}

fn work(pass: &mut Pass<'_>, record: ServiceDeploymentId, state: ShiftState) {
    let row = pass.control.store.record(record);
    let (service, target) = (row.service, row.target);
    let slot = pass.control.store.deployment(target).slot;
    let plan = plan(pass.control, record);
    match state {
        ShiftState::Forward(stage) => match stage {
            Forward::ReconcileService => reconcile(pass, target),
            Forward::ScaleUp => {
                let desired = pass.control.store.service(service).desired;
                pass.control.store.deployment_mut(target).desired = desired;
            }
            Forward::TestTrafficShift if plan.has_test_rule => {
                set_test(pass.control, service, slot, Share::ALL);
            }
            Forward::ProductionTrafficShift { step } => {
                let strategy = pass.control.store.service(service).settings.strategy;
                let share = if plan.shifts { traffic::weight(strategy, step) } else { Share::ALL };
                set_production(pass.control, service, slot, share);
            }
            Forward::CleanUp => clean_up(pass, target),
            Forward::PreScaleUp
            | Forward::PostScaleUp
            | Forward::TestTrafficShift
            | Forward::PostTestTrafficShift
            | Forward::PreProductionTrafficShift { .. }
            | Forward::PostProductionTrafficShift
            | Forward::BakeTime => {}
        },
        ShiftState::Back(stage) => match stage {
            Back::ProductionTrafficShift => {
                set_production(pass.control, service, slot, Share::NONE);
                set_test(pass.control, service, slot, Share::NONE);
            }
            Back::TestTrafficShift => set_test(pass.control, service, slot, Share::NONE),
            Back::CleanUp => stop_all(pass, target),
        },
        ShiftState::Over(_) => {}
    }
}

/// Traffic and tasks of unfinished revisions go; the newest complete one stays.
fn reconcile(pass: &mut Pass<'_>, target: DeploymentId) {
    let kept = kept_source(pass.control, pass.service);
    let slot = pass.control.store.deployment(kept.unwrap_or(target)).slot;
    set_production(pass.control, pass.service, slot, Share::ALL);
    set_test(pass.control, pass.service, slot, Share::ALL);
    for deployment in pass.deployments() {
        if deployment != target && Some(deployment) != kept {
            stop_all(pass, deployment);
        }
    }
}

/// The new revision is the service's; P3 stops the old one.
fn clean_up(pass: &mut Pass<'_>, target: DeploymentId) {
    pass.control.store.deployment_mut(target).ever_completed = true;
    for deployment in pass.deployments() {
        if deployment != target {
            pass.control.store.deployment_mut(deployment).desired = 0;
        }
    }
}

fn stop_all(pass: &mut Pass<'_>, deployment: DeploymentId) {
    pass.control.store.deployment_mut(deployment).desired = 0;
    let primary = pass.primary().unwrap_or(deployment);
    for index in 0..pass.facts.len() {
        let fact = pass.facts[index];
        if fact.deployment == deployment && fact.is_active() {
            pass.stop(index, Stop::scaling(primary));
        }
    }
}

/// Whether the work of the stage is done.
fn is_done(pass: &Pass<'_>, record: ServiceDeploymentId) -> bool {
    let row = pass.control.store.record(record);
    let (target, plan) = (row.target, plan(pass.control, record));
    let lingers = |fact: &Fact| fact.is_active() || fact.is_stopping();
    match shift_of(pass.control, record).state {
        ShiftState::Forward(stage) => match stage {
            Forward::ReconcileService => {
                let kept = kept_source(pass.control, pass.service);
                !pass.facts.iter().any(|fact| {
                    lingers(fact) && fact.deployment != target && Some(fact.deployment) != kept
                })
            }
            Forward::ScaleUp => {
                let desired = pass.control.store.service(pass.service).desired;
                pass.count_of(target, Kind::is_active) == desired
                    && pass.count_of(target, Kind::is_healthy) == desired
            }
            Forward::TestTrafficShift
            | Forward::ProductionTrafficShift { .. }
            | Forward::BakeTime => work_ends_at(pass.control, record) <= pass.control.now,
            // P8 says when the old revision is gone.
            Forward::CleanUp => false,
            Forward::PreScaleUp
            | Forward::PostScaleUp
            | Forward::PostTestTrafficShift
            | Forward::PreProductionTrafficShift { .. }
            | Forward::PostProductionTrafficShift => true,
        },
        ShiftState::Back(stage) => match stage {
            Back::ProductionTrafficShift | Back::TestTrafficShift => {
                !plan.network || work_ends_at(pass.control, record) <= pass.control.now
            }
            Back::CleanUp => false,
        },
        ShiftState::Over(_) => false,
    }
}

/// When the clock ends the work of the stage; at once when it does not.
fn work_ends_at(control: &Control, record: ServiceDeploymentId) -> Time {
    let (row, plan) = (control.store.record(record), plan(control, record));
    let shift = shift_of(control, record);
    let settles = if plan.network && plan.shifts { NETWORK_SETTLES } else { Span::ZERO };
    let strategy = control.store.service(row.service).settings.strategy;
    let waits = match shift.state {
        ShiftState::Forward(Forward::TestTrafficShift) if plan.has_test_rule => settles,
        ShiftState::Forward(Forward::ProductionTrafficShift { step }) if plan.shifts => {
            Span(settles.0 + traffic::wait(strategy, step).0)
        }
        ShiftState::Forward(Forward::BakeTime) if kept_source(control, row.service).is_some() => {
            control.store.bake_time(row.service)
        }
        // All weights went back when the way back began.
        ShiftState::Back(Back::ProductionTrafficShift | Back::TestTrafficShift) => {
            let since = row.rollback.as_ref().map_or(shift.entered_at, |back| back.started_at);
            return since + settles;
        }
        ShiftState::Forward(_) | ShiftState::Back(_) | ShiftState::Over(_) => Span::ZERO,
    };
    shift.entered_at + waits
}

/// When the clock ends the stage a deployment stands in; `None` when something else does.
pub(crate) fn stage_ends_at(control: &Control, record: ServiceDeploymentId) -> Option<Time> {
    let shift = control.store.record(record).shift.as_ref()?;
    let ends_at = work_ends_at(control, record);
    (ends_at > shift.entered_at).then_some(ends_at)
}

/// When the stage has taken too long; a pause has its own limit (03 section 21.2).
fn limit_at(control: &Control, record: ServiceDeploymentId) -> Option<Time> {
    let row = control.store.record(record);
    let shift = shift_of(control, record);
    match shift.state {
        ShiftState::Forward(Forward::CleanUp) | ShiftState::Back(_) | ShiftState::Over(_) => None,
        ShiftState::Forward(_) if hooks::pauses(control, record) => {
            Some(row.created_at + DEPLOYMENT_LIMIT)
        }
        ShiftState::Forward(Forward::ProductionTrafficShift { .. } | Forward::BakeTime) => {
            let work = work_ends_at(control, record);
            Some(work.max(shift.entered_at + STAGE_LIMIT).min(row.created_at + DEPLOYMENT_LIMIT))
        }
        ShiftState::Forward(_) => {
            // What a pause takes is not the stage's.
            let since = hooks::paused_until(control, record).max(Some(shift.entered_at));
            let since = since.unwrap_or(shift.entered_at);
            Some((since + STAGE_LIMIT).min(row.created_at + DEPLOYMENT_LIMIT))
        }
    }
}

fn is_overdue(control: &Control, record: ServiceDeploymentId) -> bool {
    limit_at(control, record).is_some_and(|at| at < control.now)
}

fn limit_text(control: &Control, record: ServiceDeploymentId) -> String {
    let stage = shift_of(control, record).stage;
    format!("Service deployment rolled back because {stage} took longer than its limit.")
}

/// What a deployment that shifts traffic waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShiftWait {
    /// For a hook, by its run.
    Hook(u32),
    /// For tasks that are to go.
    Stops,
    /// For tasks of the new revision.
    Starts,
    /// For the clock, with this share of production traffic for the new revision.
    Clock(Time, Share),
}

/// What the deployment under way waits for.
pub(crate) fn waits(control: &Control, record: ServiceDeploymentId) -> ShiftWait {
    if let Some(run) = hooks::first_open(control, record) {
        return ShiftWait::Hook(run);
    }
    let row = control.store.record(record);
    let slot = control.store.deployment(row.target).slot;
    let share = control.store.service(row.service).traffic.production_of(slot);
    match shift_of(control, record).state {
        ShiftState::Forward(Forward::ReconcileService | Forward::CleanUp)
        | ShiftState::Back(Back::CleanUp) => ShiftWait::Stops,
        ShiftState::Forward(
            Forward::TestTrafficShift | Forward::ProductionTrafficShift { .. } | Forward::BakeTime,
        )
        | ShiftState::Back(Back::ProductionTrafficShift | Back::TestTrafficShift) => {
            ShiftWait::Clock(work_ends_at(control, record), share)
        }
        ShiftState::Forward(_) | ShiftState::Over(_) => ShiftWait::Starts,
    }
}

/// When the clock alone moves a deployment on.
pub(super) fn wakes(control: &Control, service: ServiceId) -> Vec<Time> {
    let Some(record) = current(control, service) else { return Vec::new() };
    let limit = limit_at(control, record).map(|at| Time(at.0 + 1));
    let mut wakes = hooks::wakes(control, record);
    wakes.push(work_ends_at(control, record));
    wakes.extend(limit);
    wakes
}

pub(super) fn set_production(control: &mut Control, service: ServiceId, slot: Slot, share: Share) {
    let alternate = Traffic::alternate(slot, share);
    let row = control.store.service_mut(service);
    if row.traffic.production != alternate {
        row.traffic.production = alternate;
        let traffic = row.traffic;
        control.out.event(EventKind::Traffic(service, traffic));
    }
}

pub(super) fn set_test(control: &mut Control, service: ServiceId, slot: Slot, share: Share) {
    let alternate = Traffic::alternate(slot, share);
    let row = control.store.service_mut(service);
    if row.traffic.test != alternate {
        row.traffic.test = alternate;
        let traffic = row.traffic;
        control.out.event(EventKind::Traffic(service, traffic));
    }
}

/// P8 found that the revision which is to go is gone.
pub(super) fn finish(control: &mut Control, record: ServiceDeploymentId) {
    if let Some(shift) = control.store.record_mut(record).shift.as_mut()
        && let Some(to) = shift::next(shift.state, Signal::Passed, 1)
    {
        shift.state = to;
    }
}

/// Whether only the revision that is to go keeps the deployment from its end.
pub(super) fn is_at_the_end(control: &Control, record: ServiceDeploymentId) -> bool {
    match shift_of(control, record).state {
        ShiftState::Forward(Forward::CleanUp) | ShiftState::Back(Back::CleanUp) => true,
        ShiftState::Forward(_) | ShiftState::Back(_) => false,
        ShiftState::Over(Outcome::Succeeded | Outcome::RolledBack) => true,
        ShiftState::Over(Outcome::RollbackFailed | Outcome::Halted) => false,
    }
}
