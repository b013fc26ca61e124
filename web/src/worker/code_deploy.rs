//! Deployments by CodeDeploy: where one stands, and what happened on the way (03 section 20.2).

use stowplan_engine::View;
use stowplan_engine::api::{Event, EventKind};
use stowplan_engine::model::{
    BlueGreenState, BlueStep, CodeDeployStatus as Status, CodeDeployment, CodeDeploymentId,
    GreenStep, HookStatus, ReadyOption, ServiceId, Span, Termination,
};

use super::protocol::{Happening, Milestone};
use super::stages::{OpenHook, Stage, ms};

/// Waits have the names that ContinueDeployment gives them; the rest are lifecycle events.
const READY_WAIT: &str = "READY_WAIT";
const TERMINATION_WAIT: &str = "TERMINATION_WAIT";
/// Blue, or what was green, is deleted: Amazon has no word for it.
const DELETION: &str = "deletion";

/// The group that deploys a service; empty when none does.
pub(super) fn group_of(view: View<'_>, service: ServiceId) -> &str {
    let row = view.service(service);
    let mut groups = view.deployment_groups();
    let own = groups.find(|group| group.cluster == row.cluster && group.service == row.name);
    own.map_or("", |group| &group.name)
}

/// Whether test traffic of the service goes by a listener of CodeDeploy's.
pub(super) fn has_test_listener(view: View<'_>, service: ServiceId) -> bool {
    let group = view.deployment_group(group_of(view, service));
    group.is_some_and(|group| group.has_test_listener)
}

/// Where the deployment of a service stands, if one is under way.
pub(super) fn stage(view: View<'_>, service: ServiceId) -> Option<Stage> {
    let is_it = |row: &&CodeDeployment| row.service == service && !row.state.is_over();
    let row = view.code_deployments().iter().rfind(is_it)?;
    let back = matches!(row.state, BlueGreenState::Back(_));
    let (blue, target) = (view.deployment(row.blue), row.revision.definition);
    let green = row.green.map(|green| view.deployment(green));
    // On the way back the deployment's own revision is the old one.
    let (target, source) = match (back, green) {
        (true, Some(green)) => (green.definition, blue.definition),
        _ => (target, blue.definition),
    };
    let slot = green.map_or_else(|| blue.slot.other(), |green| green.slot);
    let open = row.execution.as_ref().filter(|it| it.status == HookStatus::InProgress);
    Some(Stage {
        name: name(row).to_owned(),
        since_ms: ms(row.entered_at),
        until_ms: ends_after(view, row).map(|span| ms(row.entered_at + span)),
        back: back.then(|| reason(view, row)),
        target: target.index() as u16,
        source: Some(source.index() as u16),
        share: Some(view.service(service).traffic.production_of(slot).0),
        hooks: open
            .map(|it| OpenHook { name: it.function.to_string(), pause: None })
            .into_iter()
            .collect(),
    })
}

fn name(row: &CodeDeployment) -> &'static str {
    match row.state {
        BlueGreenState::Forward(GreenStep::ReadyWait) => READY_WAIT,
        BlueGreenState::Forward(GreenStep::TerminationWait) => TERMINATION_WAIT,
        BlueGreenState::Forward(GreenStep::DeleteBlue)
        | BlueGreenState::Back(BlueStep::DeleteGreen) => DELETION,
        BlueGreenState::Created
        | BlueGreenState::Forward(_)
        | BlueGreenState::Back(BlueStep::AllowTraffic)
        | BlueGreenState::Over(_) => row.event.map_or("Created", |event| event.as_str()),
    }
}

/// How long the clock lets the step last.
fn ends_after(view: View<'_>, row: &CodeDeployment) -> Option<Span> {
    let outlook = view.code_deploy_outlook(row);
    match row.state {
        BlueGreenState::Forward(GreenStep::AllowTraffic { step }) => {
            let step = outlook.steps.get(step.saturating_sub(1) as usize);
            step.map(|(_, lasts)| *lasts)
        }
        BlueGreenState::Forward(GreenStep::ReadyWait) => match outlook.ready {
            ReadyOption::Wait(wait) => Some(wait),
            ReadyOption::Continue => None,
        },
        BlueGreenState::Forward(GreenStep::TerminationWait) => match outlook.termination {
            Termination::After(wait) => Some(wait),
            Termination::Keep => None,
        },
        BlueGreenState::Created
        | BlueGreenState::Forward(_)
        | BlueGreenState::Back(_)
        | BlueGreenState::Over(_) => None,
    }
}

/// Why a deployment goes back: what the one before it says.
fn reason(view: View<'_>, row: &CodeDeployment) -> String {
    let failed = row.triggered_by.map(|id| view.code_deployment(id));
    let error = failed.and_then(|failed| failed.error.as_ref());
    error.map_or_else(String::new, |error| error.message.to_string())
}

/// What an event says of such a deployment.
pub(super) fn milestone(view: View<'_>, event: &Event) -> Option<Milestone> {
    let (deployment, what) = match &event.kind {
        EventKind::LifecycleEvent(id, step) => {
            let what = stage_of(view, *id, step.as_str());
            (*id, what)
        }
        EventKind::LifecycleHook(id, step, status) => {
            let name = view.code_deployment(*id).hook(*step).unwrap_or_default().to_owned();
            let (stage, status) = (step.as_str().to_owned(), status.as_str().to_owned());
            (*id, Happening::Hook { name, stage, status })
        }
        EventKind::CodeDeployment(id, status) => (*id, status_of(view, *id, *status)?),
        _ => return None,
    };
    let service = view.code_deployment(deployment).service.index() as u16;
    Some(Milestone { service, at_ms: ms(event.at), what })
}

fn stage_of(view: View<'_>, id: CodeDeploymentId, name: &str) -> Happening {
    let row = view.code_deployment(id);
    let back = row.triggered_by.is_some();
    Happening::Stage { name: name.to_owned(), back, share: None }
}

fn status_of(view: View<'_>, id: CodeDeploymentId, status: Status) -> Option<Happening> {
    match status {
        Status::Ready => Some(stage_of(view, id, READY_WAIT)),
        Status::Baking => Some(stage_of(view, id, TERMINATION_WAIT)),
        Status::Succeeded | Status::Failed | Status::Stopped => {
            Some(Happening::Over(status.as_str().to_owned()))
        }
        Status::InProgress if name(view.code_deployment(id)) == DELETION => {
            Some(stage_of(view, id, DELETION))
        }
        Status::InProgress | Status::Created | Status::Queued => None,
    }
}
