//! Deployments that shift traffic: where they stand, what happened on the way, who has how much.

use stowplan_engine::View;
use stowplan_engine::api::{Event, EventKind};
use stowplan_engine::model::{
    ControllerType, Deployment, HookRun, HookStatus, HookTarget, LifecycleStage, RolloutStrategy,
    Service, ServiceDeployment, ServiceDeploymentId, ServiceDeploymentStatus as Status, ServiceId,
    ShiftState, Slot, Time,
};
use stowplan_sim::run::Simulation;

use super::code_deploy;
use super::protocol::{Happening, Milestone, Rollout};

/// Where a deployment that shifts traffic stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stage {
    /// `lifecycleStage`.
    pub name: String,
    pub since_ms: u64,
    /// When the clock ends it; `None` when something else does.
    pub until_ms: Option<u64>,
    /// On the way back to the old revision, for this reason.
    pub back: Option<String>,
    /// The new revision and the one it replaces.
    pub target: u16,
    pub source: Option<u16>,
    /// What the new revision has of production traffic, in thousandths of a percent; `None` where
    /// no load balancer shifts any.
    pub share: Option<u32>,
    pub hooks: Vec<OpenHook>,
}

/// A hook that a stage waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenHook {
    pub name: String,
    /// When it times out and what happens then, if it is a pause.
    pub pause: Option<(u64, String)>,
}

/// How new revisions of a service take over.
pub(super) fn rollout(view: View<'_>, service: ServiceId) -> Rollout {
    let row = view.service(service);
    match (row.controller, row.settings.strategy) {
        (ControllerType::External, _) => Rollout::External,
        (ControllerType::CodeDeploy, _) => Rollout::CodeDeploy,
        (_, RolloutStrategy::Rolling) => Rollout::Rolling,
        (_, RolloutStrategy::BlueGreen) => Rollout::BlueGreen,
        (_, RolloutStrategy::Linear { .. }) => Rollout::Linear,
        (_, RolloutStrategy::Canary { .. }) => Rollout::Canary,
    }
}

/// Where the newest deployment of a service stands, if it is under way and shifts traffic.
pub(super) fn stage(head: &Simulation, service: ServiceId) -> Option<Stage> {
    let view = head.engine();
    let row = view.service(service);
    if row.controller == ControllerType::CodeDeploy {
        return code_deploy::stage(view, service);
    }
    let newest = *row.records.last()?;
    let record = view.record(newest);
    let shift = record.shift.as_ref()?;
    let back = match shift.state {
        ShiftState::Forward(_) => None,
        ShiftState::Back(_) => {
            let reason = record.rollback.as_ref().map(|back| back.reason.to_string());
            Some(reason.unwrap_or_default())
        }
        ShiftState::Over(_) => return None,
    };
    let target = view.deployment(record.target);
    let other = |id: &&_| **id != record.target;
    let source = row.deployments.iter().rev().find(other).map(|id| view.deployment(*id));
    let shifts = !target.load_balancers.is_empty();
    let open = shift.runs.iter().filter(|run| run.is_open());
    Some(Stage {
        name: shift.stage.as_str().to_owned(),
        since_ms: ms(shift.entered_at),
        until_ms: head.stage_ends_at(newest).map(ms),
        back,
        target: target.definition.index() as u16,
        source: source.map(|source| source.definition.index() as u16),
        share: shifts.then(|| row.traffic.production_of(target.slot).0),
        hooks: open.map(open_hook).collect(),
    })
}

fn open_hook(run: &HookRun) -> OpenHook {
    let pause = match run.target {
        HookTarget::Pause => Some((ms(run.expires_at), run.on_timeout.as_str().to_owned())),
        HookTarget::Lambda => None,
    };
    OpenHook { name: hook_name(run), pause }
}

/// The function's own name, or the id of the pause.
fn hook_name(run: &HookRun) -> String {
    match run.target {
        HookTarget::Lambda => run.arn.rsplit(':').next().unwrap_or_default().to_owned(),
        HookTarget::Pause => run.id(),
    }
}

/// What an event says of such a deployment.
pub(super) fn milestone(view: View<'_>, event: &Event) -> Option<Milestone> {
    let (record, what) = match &event.kind {
        EventKind::Stage(record, stage) => {
            let back = turned_back(view.record(*record), event.at);
            let share = share_of_step(view, *record, *stage).filter(|_| !back);
            (record, Happening::Stage { name: stage.as_str().to_owned(), back, share })
        }
        EventKind::Hook(record, run, status) => (record, hook(view, *record, *run, *status)?),
        EventKind::ServiceDeployment(record, status) => {
            let shifts = view.record(*record).shift.is_some();
            (record, over(*status).filter(|_| shifts)?)
        }
        _ => return code_deploy::milestone(view, event),
    };
    let service = view.record(*record).service.index() as u16;
    Some(Milestone { service, at_ms: ms(event.at), what })
}

/// What a step of production traffic gives.
fn share_of_step(
    view: View<'_>,
    record: ServiceDeploymentId,
    stage: LifecycleStage,
) -> Option<u32> {
    let row = view.record(record);
    let target = view.deployment(row.target);
    let shifts =
        stage == LifecycleStage::ProductionTrafficShift && !target.load_balancers.is_empty();
    shifts.then(|| view.service(row.service).traffic.production_of(target.slot).0)
}

fn turned_back(record: &ServiceDeployment, at: Time) -> bool {
    record.rollback.as_ref().is_some_and(|back| back.started_at <= at)
}

fn hook(
    view: View<'_>,
    record: ServiceDeploymentId,
    run: u32,
    status: HookStatus,
) -> Option<Happening> {
    let run = view.record(record).shift.as_ref()?.runs.get(run as usize)?;
    let (name, stage) = (hook_name(run), run.stage.as_str().to_owned());
    Some(Happening::Hook { name, stage, status: status.as_str().to_owned() })
}

fn over(status: Status) -> Option<Happening> {
    match status {
        Status::Successful
        | Status::Stopped
        | Status::RollbackSuccessful
        | Status::RollbackFailed => Some(Happening::Over(status.as_str().to_owned())),
        Status::Pending
        | Status::InProgress
        | Status::StopRequested
        | Status::RollbackRequested
        | Status::RollbackInProgress => None,
    }
}

/// What each definition has of production traffic, or of the desired count where task sets are
/// scaled, in thousandths of a percent.
pub(super) fn shares(view: View<'_>, service: ServiceId) -> Vec<(u16, u32)> {
    let row = view.service(service);
    match row.controller {
        ControllerType::External => {
            divided(view, row, |deployment| deployment.set.as_ref().map_or(0, |set| set.scale.0))
        }
        ControllerType::Ecs if !row.settings.strategy.shifts_traffic() => Vec::new(),
        ControllerType::Ecs | ControllerType::CodeDeploy => {
            by_group(view, row, |slot| row.traffic.production_of(slot).0)
        }
    }
}

/// What each definition has of test traffic; empty where no listener has any.
pub(super) fn tests(view: View<'_>, service: ServiceId) -> Vec<(u16, u32)> {
    let row = view.service(service);
    let has_any = match row.controller {
        ControllerType::External => false,
        ControllerType::Ecs => row.settings.strategy.shifts_traffic() && row.has_test_rule(),
        ControllerType::CodeDeploy => code_deploy::has_test_listener(view, service),
    };
    if !has_any {
        return Vec::new();
    }
    by_group(view, row, |slot| row.traffic.test_of(slot).0)
}

/// By what the target groups of the definitions have.
fn by_group(view: View<'_>, row: &Service, of: impl Fn(Slot) -> u32) -> Vec<(u16, u32)> {
    let mut taken = Vec::new();
    divided(view, row, |deployment| {
        // Of two revisions with the same target group the older one has given it up.
        let idle = deployment.load_balancers.is_empty() || taken.contains(&deployment.slot);
        taken.push(deployment.slot);
        if idle { 0 } else { of(deployment.slot) }
    })
}

/// Whoever has something, oldest definition first; the newest deployment is asked first.
fn divided(
    view: View<'_>,
    row: &Service,
    mut share: impl FnMut(&Deployment) -> u32,
) -> Vec<(u16, u32)> {
    let mut shares: Vec<(u16, u32)> = Vec::new();
    for id in row.deployments.iter().rev() {
        let deployment = view.deployment(*id);
        let (definition, share) = (deployment.definition.index() as u16, share(deployment));
        match shares.iter_mut().find(|(known, _)| *known == definition) {
            Some((_, sum)) => *sum += share,
            None => shares.push((definition, share)),
        }
    }
    shares.retain(|(_, share)| *share > 0);
    shares.sort_unstable();
    shares
}

pub(super) fn ms(time: Time) -> u64 {
    u64::try_from(time.0).unwrap_or(0)
}
