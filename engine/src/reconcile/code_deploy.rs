//! What the steps of a deployment by CodeDeploy do, when they are done, and what speaks against
//! them (03 section 20). Which step follows which is [`crate::deployment::blue_green`]'s; how much
//! traffic a step gets is [`crate::deployment::traffic`]'s.

use crate::api::Effect;
use crate::api::event::EventKind;
use crate::command::code_deploy::add;
use crate::command::task_sets::{self, NewSet};
use crate::control::Control;
use crate::deployment::blue_green::{self, Signal, Way, WayBack};
use crate::deployment::traffic;
use crate::model::{
    AlarmState, BlueGreenEnd, BlueGreenState, BlueStep, CodeDeployment, CodeDeploymentId,
    ControllerType, Creator, DeploymentId, DeploymentStatus, ErrorInformation, Execution,
    GreenStep, HookAnswer, HookStatus, LifecycleEvent, ReadyOption, Request, Revision, ServiceId,
    Share, Slot, Span, TaskSet, Termination, Time,
};
use crate::reconcile::facts::Fact;
use crate::reconcile::pass::Pass;
use crate::reconcile::{shifting, steady};
use crate::store::{Store, target_group_name};

/// Green must be steady by then (03 section 20.2).
pub(crate) const INSTALL_LIMIT: Span = Span::from_mins(60);
/// A function must have answered by then (03 section 20.2).
pub(crate) const HOOK_LIMIT: Span = Span::from_mins(60);
/// After a change of the desired count the sets must be steady by then (03 section 20.5).
const SCALING_LIMIT: Span = Span::from_mins(5);
/// More moves than any pass makes: every step of traffic but the last waits.
const MOST_MOVES: u32 = 100;

/// The deployment of a service that is not over.
pub(crate) fn current(store: &Store, service: ServiceId) -> Option<CodeDeploymentId> {
    if store.service(service).controller != ControllerType::CodeDeploy {
        return None;
    }
    let is_it = |row: &CodeDeployment| row.service == service && !row.state.is_over();
    store.code_deployments.iter().rposition(is_it).map(CodeDeploymentId::from_index)
}

/// Goes on from step to step, as far as this pass gets.
pub(super) fn advance(pass: &mut Pass<'_>) {
    note_steadiness(pass);
    for _ in 0..MOST_MOVES {
        let Some(id) = current(&pass.control.store, pass.service) else { return };
        if let Some(objection) = objection(pass.control, id) {
            give_up(pass, id, objection);
        } else if is_done(pass, id) {
            go(pass, id, Signal::Passed);
        } else if let Some(objection) = overdue(pass.control, id) {
            give_up(pass, id, objection);
        } else {
            return;
        }
    }
}

/// What speaks against going on, and whether a new deployment goes back then.
struct Objection {
    signal: Signal,
    code: &'static str,
    message: String,
    rolls_back: bool,
}

fn objection(control: &Control, id: CodeDeploymentId) -> Option<Objection> {
    let row = control.store.code_deployment(id);
    if let Some(Request::Stop { rolls_back }) = row.request {
        return Some(Objection {
            signal: Signal::Stopped,
            code: "MANUAL_STOP",
            message: "The deployment was stopped by the user.".to_owned(),
            rolls_back,
        });
    }
    if row.creator == Creator::User
        && let Some(message) = fired_alarms(control, row)
    {
        let rolls_back = row.rollback.on_alarm;
        let signal = Signal::Stopped;
        return Some(Objection { signal, code: "ALARM_ACTIVE", message, rolls_back });
    }
    let failed = row.execution.as_ref().filter(|it| it.status == HookStatus::Failed)?;
    let event = blue_green::event(row.state)?;
    Some(Objection {
        signal: Signal::Failed,
        code: "HOOK_EXECUTION_FAILURE",
        message: format!(
            "The function {} did not succeed at the lifecycle event {event}.",
            failed.function
        ),
        rolls_back: row.rollback.on_failure,
    })
}

/// Watched alarms that are in ALARM, also from the start on.
fn fired_alarms(control: &Control, row: &CodeDeployment) -> Option<String> {
    let alarms = &control.store.alarms;
    let fired =
        |name: &&str| alarms.get(*name).is_some_and(|alarm| alarm.state == AlarmState::Alarm);
    let fired: Vec<&str> = row.alarms.iter().map(|name| &**name).filter(fired).collect();
    (!fired.is_empty()).then(|| {
        format!(
            "One or more alarms have been activated according to the Amazon CloudWatch metrics \
             you selected, and the affected deployments have been stopped. Activated alarms: {}",
            fired.join(", ")
        )
    })
}

/// What took too long.
fn overdue(control: &Control, id: CodeDeploymentId) -> Option<Objection> {
    let (now, row) = (control.now, control.store.code_deployment(id));
    let failed = |code, message: &str| Objection {
        signal: Signal::Failed,
        code,
        message: message.to_owned(),
        rolls_back: row.rollback.on_failure,
    };
    let is_late = |limit: Span| row.entered_at + limit <= now;
    if row.scaled_at.is_some_and(|at| at + SCALING_LIMIT <= now) {
        let text = "The service did not become steady within 5 minutes after its desired count \
                    was changed.";
        return Some(failed("ECS_UPDATE_ERROR", text));
    }
    match row.state {
        BlueGreenState::Forward(GreenStep::Install) if is_late(INSTALL_LIMIT) => Some(failed(
            "TIMEOUT",
            "The deployment timed out while waiting for the replacement task set to become \
             healthy. This time out period is 60 minutes.",
        )),
        BlueGreenState::Forward(GreenStep::ReadyWait) if is_late(ready_wait(control, row)) => {
            Some(Objection {
                signal: Signal::Stopped,
                code: "TIMEOUT",
                message: "Nobody continued the deployment before the end of its wait.".to_owned(),
                rolls_back: false,
            })
        }
        BlueGreenState::Forward(_) if row.execution.is_some() && is_late(HOOK_LIMIT) => {
            Some(failed(
                "HOOK_EXECUTION_FAILURE",
                "The function of the lifecycle event did not report within 1 hour.",
            ))
        }
        BlueGreenState::Created
        | BlueGreenState::Forward(_)
        | BlueGreenState::Back(_)
        | BlueGreenState::Over(_) => None,
    }
}

/// Ends a deployment; a new one goes back from it where that is wanted and there is something to
/// go back from.
fn give_up(pass: &mut Pass<'_>, id: CodeDeploymentId, objection: Objection) {
    let row = pass.control.store.code_deployment_mut(id);
    let way_back = blue_green::way_back(row.state);
    let asked = row.execution.as_ref().filter(|it| it.status == HookStatus::InProgress);
    // A function that has not reported has not succeeded, whatever ends the deployment.
    let unheard = blue_green::event(row.state).filter(|_| asked.is_some());
    // What was made to go back is the end of it.
    let may_return = row.creator == Creator::User && way_back != WayBack::Nothing;
    let message = objection.message.into();
    row.error = Some(ErrorInformation { code: objection.code, message });
    row.request = None;
    if let Some(event) = unheard {
        pass.control.out.event(EventKind::LifecycleHook(id, event, HookStatus::Failed));
    }
    go(pass, id, objection.signal);
    if objection.rolls_back && may_return {
        roll_back(pass.control, id, way_back);
    }
}

/// A deployment of its own goes back (03 section 20.5).
fn roll_back(control: &mut Control, from: CodeDeploymentId, way_back: WayBack) {
    let now = control.now;
    let failed = control.store.code_deployment(from).clone();
    let anew = way_back == WayBack::Anew;
    let (blue, green) = match (anew, failed.green) {
        (true, Some(green)) => (green, None),
        (false, green) => (failed.blue, green),
        (true, None) => return,
    };
    let hooks = if anew { hooks_of(&control.store, failed.blue) } else { Box::default() };
    let id = add(
        control,
        CodeDeployment {
            creator: Creator::Rollback,
            description: None,
            revision: revision_of(&control.store, failed.blue),
            hooks,
            blue,
            green,
            state: BlueGreenState::Created,
            entered_at: now,
            event: None,
            execution: None,
            request: None,
            scaled_at: None,
            error: None,
            rolled_back_by: None,
            triggered_by: Some(from),
            created_at: now,
            started_at: None,
            completed_at: None,
            ..failed
        },
    );
    control.store.code_deployment_mut(from).rolled_back_by = Some(id);
}

/// What a task set is made of, to make it again.
fn revision_of(store: &Store, set: DeploymentId) -> Revision {
    let row = store.deployment(set);
    let balancer = row.load_balancers.first();
    let name = balancer.and_then(|it| it.container_name.as_deref()).unwrap_or_default();
    let port = balancer.and_then(|it| it.container_port).unwrap_or_default();
    let of_set = row.set.as_deref();
    Revision {
        definition: row.definition,
        launch: row.launch.clone(),
        reach: (*row.reach).clone(),
        platform_version: of_set.and_then(|set| set.platform_version.clone()),
        container: (name.into(), port),
    }
}

/// The hooks with which a task set was deployed.
fn hooks_of(store: &Store, set: DeploymentId) -> Box<[(LifecycleEvent, Box<str>)]> {
    let made_it = |row: &&CodeDeployment| row.green == Some(set);
    store.code_deployments.iter().find(made_it).map_or_else(Box::default, |row| row.hooks.clone())
}

fn go(pass: &mut Pass<'_>, id: CodeDeploymentId, signal: Signal) {
    let row = pass.control.store.code_deployment(id);
    if let Some(to) = blue_green::next(row.state, signal, way(pass.control, row)) {
        enter(pass, id, to);
    }
}

fn way(control: &Control, row: &CodeDeployment) -> Way {
    let group = control.store.deployment_groups.get(&row.group);
    Way {
        steps: traffic::steps(row.config.routing),
        keeps_blue: group.is_some_and(|group| group.termination == Termination::Keep),
        returns: row.triggered_by.is_some() && row.green.is_some(),
    }
}

/// Enters a step: its work begins, its hook is asked.
fn enter(pass: &mut Pass<'_>, id: CodeDeploymentId, state: BlueGreenState) {
    let now = pass.control.now;
    let row = pass.control.store.code_deployment_mut(id);
    let before = row.state.status();
    row.state = state;
    row.entered_at = now;
    row.execution = None;
    row.request = None;
    row.started_at.get_or_insert(now);
    if state.is_over() {
        row.completed_at = Some(now);
        row.scaled_at = None;
    }
    if state.status() != before {
        pass.control.out.event(EventKind::CodeDeployment(id, state.status()));
    }
    come_to_event(pass.control, id);
    work(pass, id);
    pass.control.touch(pass.service);
}

fn come_to_event(control: &mut Control, id: CodeDeploymentId) {
    let row = control.store.code_deployment_mut(id);
    let Some(event) = blue_green::event(row.state) else { return };
    if row.event == Some(event) {
        return;
    }
    row.event = Some(event);
    let function = row.hook(event).map(Box::from);
    row.execution = function.map(|function| Execution { function, status: HookStatus::InProgress });
    let asks = row.execution.is_some();
    control.out.event(EventKind::LifecycleEvent(id, event));
    if asks {
        control.out.event(EventKind::LifecycleHook(id, event, HookStatus::InProgress));
        control.out.effect(Effect::AskLifecycleEvent(id, event));
    }
}

fn work(pass: &mut Pass<'_>, id: CodeDeploymentId) {
    let row = pass.control.store.code_deployment(id);
    let (service, blue, green) = (row.service, row.blue, row.green);
    let blue_slot = pass.control.store.deployment(blue).slot;
    match row.state {
        BlueGreenState::Forward(step) => match step {
            GreenStep::Install => install(pass.control, id),
            GreenStep::AllowTestTraffic if has_test_listener(pass.control, row) => {
                shifting::set_test(pass.control, service, blue_slot, Share::NONE);
            }
            GreenStep::AllowTraffic { step } => {
                let share = traffic::weight(row.config.routing, step);
                shifting::set_production(pass.control, service, blue_slot, share.rest());
                if let Some(green) = green.filter(|_| share == Share::ALL) {
                    task_sets::promote(pass.control, service, green);
                }
            }
            GreenStep::DeleteBlue => task_sets::drain(pass.control, blue),
            GreenStep::BeforeInstall
            | GreenStep::AfterInstall
            | GreenStep::AllowTestTraffic
            | GreenStep::AfterAllowTestTraffic
            | GreenStep::ReadyWait
            | GreenStep::BeforeAllowTraffic
            | GreenStep::AfterAllowTraffic
            | GreenStep::TerminationWait => {}
        },
        BlueGreenState::Back(BlueStep::AllowTraffic) => {
            shifting::set_production(pass.control, service, blue_slot, Share::ALL);
            shifting::set_test(pass.control, service, blue_slot, Share::ALL);
            if pass.primary() != Some(blue) {
                task_sets::promote(pass.control, service, blue);
            }
        }
        BlueGreenState::Back(BlueStep::DeleteGreen) => {
            if let Some(green) = green {
                task_sets::drain(pass.control, green);
            }
        }
        BlueGreenState::Created | BlueGreenState::Over(_) => {}
    }
}

/// The green task set is made, whole; what an earlier deployment left is deleted, and all traffic
/// is blue's.
fn install(control: &mut Control, id: CodeDeploymentId) {
    let row = control.store.code_deployment(id).clone();
    let blue_slot = control.store.deployment(row.blue).slot;
    for set in control.store.service(row.service).deployments.clone() {
        let is_left = control.store.deployment(set).status == DeploymentStatus::Active;
        if is_left && set != row.blue {
            task_sets::drain(control, set);
        }
    }
    shifting::set_production(control, row.service, blue_slot, Share::ALL);
    shifting::set_test(control, row.service, blue_slot, Share::ALL);
    let slot = blue_slot.other();
    let green = task_sets::add(
        control,
        row.service,
        NewSet {
            definition: row.revision.definition,
            launch: row.revision.launch.clone(),
            load_balancers: green_balancers(control, &row).into(),
            slot,
            reach: row.revision.reach.clone(),
            status: DeploymentStatus::Active,
            set: TaskSet {
                scale: Share::ALL,
                platform_version: row.revision.platform_version.clone(),
                ..TaskSet::default()
            },
        },
    );
    control.store.code_deployment_mut(id).green = Some(green);
}

/// Blue's load balancer with the other target group of the pair.
fn green_balancers(
    control: &Control,
    row: &CodeDeployment,
) -> Vec<crate::api::input::LoadBalancer> {
    let store = &control.store;
    let Some(group) = store.deployment_groups.get(&row.group) else { return Vec::new() };
    let service = store.service(row.service);
    let own_slot = store.deployment(row.blue).slot;
    let balancers = store.deployment(row.blue).load_balancers.iter();
    balancers
        .map(|balancer| {
            let blue = balancer.target_group_arn.as_deref().unwrap_or_default();
            let is_other = |name: &&str| *name != target_group_name(blue);
            let other = group.pair.iter().map(|name| &**name).find(is_other).map(str::to_owned);
            // The service's own group goes by the name that the service has for it.
            let first = service.load_balancers.first().and_then(|it| it.target_group_arn.clone());
            let target_group_arn = if own_slot == Slot::Alternate { first } else { other };
            crate::api::input::LoadBalancer {
                target_group_arn,
                container_name: Some(row.revision.container.0.to_string()),
                container_port: Some(row.revision.container.1),
                ..balancer.clone()
            }
        })
        .collect()
}

/// Whether the work of the step is done.
fn is_done(pass: &Pass<'_>, id: CodeDeploymentId) -> bool {
    let row = pass.control.store.code_deployment(id);
    let hook_is_done = row.execution.as_ref().is_none_or(|it| it.status == HookStatus::Succeeded);
    let is_over = |wait: Span| row.entered_at + wait <= pass.control.now;
    let is_gone =
        |set: DeploymentId| pass.count_of(set, |kind| kind.is_active() || kind.is_stopping()) == 0;
    match row.state {
        BlueGreenState::Created => true,
        BlueGreenState::Forward(step) => match step {
            GreenStep::Install => {
                let left_over =
                    |fact: &Fact| fact.deployment != row.blue && Some(fact.deployment) != row.green;
                row.green.is_some_and(|green| steady::set_is_steady(pass, green))
                    && !pass.facts.iter().any(left_over)
            }
            GreenStep::ReadyWait => {
                row.request == Some(Request::Continue)
                    || ready_option(pass.control, row) == ReadyOption::Continue
            }
            GreenStep::AllowTraffic { step } => is_over(traffic::wait(row.config.routing, step)),
            GreenStep::TerminationWait => {
                row.request == Some(Request::Continue)
                    || is_over(termination_wait(pass.control, row))
            }
            GreenStep::DeleteBlue => is_gone(row.blue),
            GreenStep::BeforeInstall
            | GreenStep::AfterInstall
            | GreenStep::AllowTestTraffic
            | GreenStep::AfterAllowTestTraffic
            | GreenStep::BeforeAllowTraffic
            | GreenStep::AfterAllowTraffic => hook_is_done,
        },
        BlueGreenState::Back(BlueStep::AllowTraffic) => true,
        BlueGreenState::Back(BlueStep::DeleteGreen) => row.green.is_none_or(is_gone),
        BlueGreenState::Over(
            BlueGreenEnd::Succeeded | BlueGreenEnd::Failed | BlueGreenEnd::Stopped,
        ) => false,
    }
}

fn ready_option(control: &Control, row: &CodeDeployment) -> ReadyOption {
    let group = control.store.deployment_groups.get(&row.group);
    group.map_or(ReadyOption::Continue, |group| group.ready)
}

fn ready_wait(control: &Control, row: &CodeDeployment) -> Span {
    match ready_option(control, row) {
        ReadyOption::Continue => Span::ZERO,
        ReadyOption::Wait(wait) => wait,
    }
}

fn termination_wait(control: &Control, row: &CodeDeployment) -> Span {
    let group = control.store.deployment_groups.get(&row.group);
    match group.map(|group| group.termination) {
        Some(Termination::After(wait)) => wait,
        Some(Termination::Keep) | None => Span::ZERO,
    }
}

fn has_test_listener(control: &Control, row: &CodeDeployment) -> bool {
    let group = control.store.deployment_groups.get(&row.group);
    group.is_some_and(|group| group.has_test_listener)
}

/// When the clock alone moves a deployment on.
pub(crate) fn wakes(control: &Control, service: ServiceId) -> Vec<Time> {
    let Some(id) = current(&control.store, service) else { return Vec::new() };
    let row = control.store.code_deployment(id);
    let wait = match row.state {
        BlueGreenState::Forward(GreenStep::Install) => Some(INSTALL_LIMIT),
        BlueGreenState::Forward(GreenStep::ReadyWait) => Some(ready_wait(control, row)),
        BlueGreenState::Forward(GreenStep::AllowTraffic { step }) => {
            Some(traffic::wait(row.config.routing, step))
        }
        BlueGreenState::Forward(GreenStep::TerminationWait) => Some(termination_wait(control, row)),
        BlueGreenState::Forward(_) => row.execution.as_ref().map(|_| HOOK_LIMIT),
        BlueGreenState::Created | BlueGreenState::Back(_) | BlueGreenState::Over(_) => None,
    };
    let step = wait.map(|wait| row.entered_at + wait);
    let scaling = row.scaled_at.map(|at| at + SCALING_LIMIT);
    step.into_iter().chain(scaling).collect()
}

/// The desired count changed while a deployment is under way: the sets must follow in time.
pub(crate) fn note_scaled(control: &mut Control, service: ServiceId) {
    let now = control.now;
    if let Some(id) = current(&control.store, service) {
        control.store.code_deployment_mut(id).scaled_at = Some(now);
    }
}

/// Whether the sets have followed a change of the desired count.
fn note_steadiness(pass: &mut Pass<'_>) {
    let Some(id) = current(&pass.control.store, pass.service) else { return };
    let is_wanted = |set: &DeploymentId| {
        pass.control.store.deployment(*set).status != DeploymentStatus::Draining
    };
    let wanted: Vec<DeploymentId> = pass.deployments().into_iter().filter(is_wanted).collect();
    if wanted.iter().all(|&set| steady::set_is_steady(pass, set)) {
        pass.control.store.code_deployment_mut(id).scaled_at = None;
    }
}

/// A function answered. What it has not done yet it may still report, within its hour.
pub(crate) fn answered(
    control: &mut Control,
    id: CodeDeploymentId,
    event: LifecycleEvent,
    answer: &HookAnswer,
) {
    let now = control.now;
    let row = control.store.code_deployment_mut(id);
    if blue_green::event(row.state) != Some(event) {
        return;
    }
    let asked_now = row.entered_at == now;
    let service = row.service;
    let Some(execution) = &mut row.execution else { return };
    if execution.status != HookStatus::InProgress {
        return;
    }
    execution.status = match answer {
        HookAnswer::Succeeded => HookStatus::Succeeded,
        HookAnswer::Failed | HookAnswer::Unreadable => HookStatus::Failed,
        HookAnswer::InProgress { .. } => HookStatus::InProgress,
    };
    let status = execution.status;
    if status != HookStatus::InProgress {
        control.out.event(EventKind::LifecycleHook(id, event, status));
    }
    // An answer without delay belongs to the pass that asked; a later one waits for the next.
    if asked_now {
        control.call_concerns(service);
    } else {
        control.touch(service);
    }
}

/// Its service is being deleted: nothing is left to deploy.
pub(super) fn abandon(control: &mut Control, service: ServiceId) {
    let now = control.now;
    let Some(id) = current(&control.store, service) else { return };
    let row = control.store.code_deployment_mut(id);
    row.state = BlueGreenState::Over(BlueGreenEnd::Failed);
    row.completed_at = Some(now);
    let message = "The ECS service was deleted.".into();
    row.error = Some(ErrorInformation { code: "INVALID_ECS_SERVICE", message });
    let status = row.state.status();
    control.out.event(EventKind::CodeDeployment(id, status));
}
