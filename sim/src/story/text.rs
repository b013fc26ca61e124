//! What happened, in words.

use stowplan_engine::View;
use stowplan_engine::api::EventKind;
use stowplan_engine::api::event::PlacementFailure;
use stowplan_engine::model::{
    CodeDeployStatus, CodeDeploymentId, DeploymentGroup, DeploymentId, HookStatus, HookTarget,
    InstanceId, Reservation, Service, ServiceDeploymentId, ServiceId, Share, Slot, TaskId,
    TaskStatus, Traffic,
};

use crate::view::target_group_name;

/// What happened.
pub(crate) fn text(view: View<'_>, kind: &EventKind) -> String {
    match kind {
        EventKind::DefinitionRegistered(_) => "registered".to_owned(),
        EventKind::InstanceRegistered(instance) => registered(view, *instance),
        EventKind::InstanceStatus(_, status) => format!("is {status}"),
        EventKind::AgentConnection(_, true) => "its agent is connected".to_owned(),
        EventKind::AgentConnection(_, false) => "its agent is disconnected".to_owned(),
        EventKind::TaskCreated(task) => created(view, *task),
        EventKind::TaskPlaced(task) => placed(view, *task),
        EventKind::TaskStopDecided(task) => format!("told to stop: {}", stop(view, *task)),
        EventKind::TaskStatus(task, TaskStatus::Stopped) => {
            format!("is STOPPED: {}", stop(view, *task))
        }
        EventKind::TaskStatus(_, status) => format!("is {status}"),
        EventKind::TaskHealth(_, health) => format!("is {health}"),
        EventKind::TargetState(task, group, state) => {
            format!("target in {} is {state}", target_group_name(view, *task, *group))
        }
        EventKind::PlacementFailed(failure) => not_placed(view, failure),
        EventKind::ServiceCreated(service) => {
            format!("created, {} wanted", tasks(view.service(*service).desired))
        }
        EventKind::ServiceStatus(_, status) => format!("is {status}"),
        EventKind::DesiredCount(_, count) => format!("desired count is {count}"),
        EventKind::DeploymentCreated(deployment) => {
            let label = view.definition(view.deployment(*deployment).definition).label();
            format!("deployment {} of {label} created", view.deployment_name(*deployment))
        }
        EventKind::Rollout(deployment, state) => {
            format!("deployment {} is {state}", view.deployment_name(*deployment))
        }
        EventKind::ServiceDeployment(record, status) => {
            let label = view.definition(view.deployment(view.record(*record).target).definition);
            format!("service deployment of {} is {status}", label.label())
        }
        EventKind::AlarmState(change) => format!("is {}", change.state),
        EventKind::Stage(_, stage) => format!("stage {stage}"),
        EventKind::Hook(record, run, status) => hook(view, *record, *run, *status),
        EventKind::Traffic(service, shares) => traffic(view, *service, *shares),
        EventKind::PrimaryTaskSet(set) => {
            format!("task set {} is PRIMARY", view.deployment_name(*set))
        }
        EventKind::CodeDeployment(deployment, status) => {
            code_deployment(view, *deployment, *status)
        }
        EventKind::LifecycleEvent(deployment, event) => {
            format!("CodeDeploy {}: {event}", view.code_deployment_name(*deployment))
        }
        EventKind::LifecycleHook(deployment, event, status) => {
            let function = view.code_deployment(*deployment).hook(*event).unwrap_or_default();
            let name = view.code_deployment_name(*deployment);
            format!("CodeDeploy {name}: {event}: {function} {status}")
        }
        EventKind::Reservation(_, point) => reservation(point),
        EventKind::DesiredCapacity(_, count) => format!("desired capacity is {count}"),
        EventKind::ScalingBlocked(_, block) => block.as_str().to_owned(),
        EventKind::Message(service, message) => view.message(*service, message),
        EventKind::Bus(bus) => match &bus.reason {
            Some(reason) => format!("{}: {reason}", bus.name),
            None => bus.name.to_owned(),
        },
    }
}

/// `CapacityProviderReservation is 66.67% (2 needed, 3 there)`.
fn reservation(point: &Reservation) -> String {
    let hundredths = point.hundredths();
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let (needed, instances) = (point.needed, point.instances);
    format!(
        "CapacityProviderReservation is {whole}.{rest:02}% ({needed} needed, {instances} there)"
    )
}

fn hook(view: View<'_>, record: ServiceDeploymentId, run: u32, status: HookStatus) -> String {
    let shift = view.record(record).shift.as_ref();
    let Some(run) = shift.and_then(|shift| shift.runs.get(run as usize)) else {
        return format!("hook is {status}");
    };
    let name = match run.target {
        HookTarget::Lambda => run.arn.to_string(),
        HookTarget::Pause => run.id(),
    };
    format!("hook {name} at {} is {status}", run.stage)
}

/// `CodeDeploy d-000000001 of web:2 is Stopped (ALARM_ACTIVE): One or more alarms ...`.
fn code_deployment(
    view: View<'_>,
    deployment: CodeDeploymentId,
    status: CodeDeployStatus,
) -> String {
    let row = view.code_deployment(deployment);
    let name = view.code_deployment_name(deployment);
    let label = view.definition(row.revision.definition).label();
    match (&row.error, row.triggered_by) {
        (Some(error), _) => {
            format!("CodeDeploy {name} of {label} is {status} ({}): {}", error.code, error.message)
        }
        (None, Some(from)) => {
            let from = view.code_deployment_name(from);
            format!("CodeDeploy {name} of {label}, the rollback of {from}, is {status}")
        }
        (None, None) => format!("CodeDeploy {name} of {label} is {status}"),
    }
}

/// `production traffic: 90% to web:1, 10% to web:2`, and test traffic where some listener has it.
fn traffic(view: View<'_>, service: ServiceId, shares: Traffic) -> String {
    let row = view.service(service);
    let production = by_revision(view, row, |slot| shares.production_of(slot));
    let is_its = |group: &&DeploymentGroup| {
        group.cluster == row.cluster && *group.service == *row.name && group.has_test_listener
    };
    if !row.has_test_rule() && view.deployment_groups().find(is_its).is_none() {
        return format!("production traffic: {production}");
    }
    let test = by_revision(view, row, |slot| shares.test_of(slot));
    format!("production traffic: {production}; test traffic: {test}")
}

/// What has a share of traffic, the oldest first: the revisions behind each group of targets. One
/// that is named like another is told by its deployment.
fn by_revision(view: View<'_>, row: &Service, share: impl Fn(Slot) -> Share) -> String {
    let definition = |deployment: DeploymentId| view.deployment(deployment).definition;
    let mut groups: Vec<(Slot, Vec<String>)> = Vec::new();
    for &deployment in &row.deployments {
        let slot = view.deployment(deployment).slot;
        let alike = |other: &&DeploymentId| definition(**other) == definition(deployment);
        let mut name = view.definition(definition(deployment)).label();
        if row.deployments.iter().filter(alike).count() > 1 {
            name = format!("{name} ({})", view.deployment_name(deployment));
        }
        match groups.iter_mut().find(|(known, _)| *known == slot) {
            Some((_, names)) => names.push(name),
            None => groups.push((slot, vec![name])),
        }
    }
    let told = groups.iter().filter(|(slot, _)| share(*slot) > Share::NONE);
    told.map(|(slot, names)| format!("{}% to {}", percent(share(*slot)), names.join(" and ")))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `33.3` of 33,300 thousandths.
fn percent(share: Share) -> String {
    let (whole, thousandths) = (share.0 / 1000, share.0 % 1000);
    let fraction = format!("{thousandths:03}");
    match fraction.trim_end_matches('0') {
        "" => whole.to_string(),
        fraction => format!("{whole}.{fraction}"),
    }
}

fn tasks(count: u32) -> String {
    if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }
}

fn registered(view: View<'_>, instance: InstanceId) -> String {
    let row = view.instance(instance);
    format!(
        "registered in {} with {} CPU units and {} MiB",
        view.zone_name(row.zone),
        row.registered_cpu,
        row.registered_memory
    )
}

fn created(view: View<'_>, task: TaskId) -> String {
    let row = view.task(task);
    let label = view.definition(row.definition).label();
    format!("created: {label} for {}", view.group_name(row.group))
}

fn placed(view: View<'_>, task: TaskId) -> String {
    let row = view.task(task);
    let host = match row.instance {
        Some(instance) => format!("instance {}", view.instance(instance).name),
        None => row.launch_type.to_string(),
    };
    let provider = row.provider.map(|provider| format!(" by {}", view.provider(provider).name));
    let zone = row.zone.map(|zone| format!(" in {}", view.zone_name(zone)));
    format!("placed on {host}{}{}", zone.unwrap_or_default(), provider.unwrap_or_default())
}

fn stop(view: View<'_>, task: TaskId) -> String {
    match view.task(task).stop() {
        Some(stop) => format!("{}: {}", stop.code, view.stopped_reason(stop)),
        None => "no cause given".to_owned(),
    }
}

fn not_placed(view: View<'_>, failure: &PlacementFailure) -> String {
    let label = view.definition(failure.definition).label();
    let closest = match failure.closest {
        Some(instance) => format!("closest is {}", view.instance(instance).name),
        None => "there was none to look at".to_owned(),
    };
    let looked_at = failure.rejected.len();
    format!("no place for {label} on {looked_at} instances, {closest}: {}", failure.reason)
}
