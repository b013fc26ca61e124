//! The story of a run: one line an event, in three columns: the time, who it is about, and what
//! happened. Messages of services are Amazon's, to the letter.

mod text;

use std::fmt;

use serde_json::{Map, Value};
use stowplan_engine::View;
use stowplan_engine::api::{Event, EventKind};
use stowplan_engine::model::{ServiceId, Time};

pub(crate) use text::text;

use crate::view::record::WorldEvent;
use crate::view::{ApiError, Call, Clock, Moment, Record, Told, seconds};

/// Width of the column that says who an event is about.
const SUBJECT_WIDTH: usize = 38;

/// A line of the story. It prints as its columns, two spaces apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Time,
    /// Who or what it is about.
    pub subject: String,
    /// What happened.
    pub text: String,
}

impl Line {
    /// An entry of the story.
    pub fn of(view: View<'_>, record: &Record, told: Told) -> Self {
        match told {
            Told::Event(position) => Self::of_event(view, &record.log()[position]),
            Told::News(position) => Self::of_world(&record.news()[position]),
            Told::Call(position) => Self::of_call(&record.calls()[position]),
            Told::Error(position) => Self::of_error(&record.api_errors()[position]),
        }
    }

    /// An event of the control plane.
    pub fn of_event(view: View<'_>, event: &Event) -> Self {
        Self { at: event.at, subject: subject(view, &event.kind), text: text(view, &event.kind) }
    }

    /// A call of the timeline.
    pub fn of_call(call: &Call) -> Self {
        match &call.error {
            Some(error) => Self::of_error(error),
            None => {
                let (at, subject) = (call.at, format!("call {}", call.action));
                Self { at, subject, text: "done".to_owned() }
            }
        }
    }

    /// A refused call that is no entry of the timeline.
    pub fn of_error(error: &ApiError) -> Self {
        let text = format!("refused: {}: {}", error.exception, error.message);
        Self { at: error.at, subject: format!("call {}", error.action), text }
    }

    /// News of the world.
    pub fn of_world(event: &WorldEvent) -> Self {
        let text = match event.name {
            Some(name) => format!("{name}: {}", event.message),
            None => event.message.to_string(),
        };
        Self { at: event.at, subject: event.source.to_owned(), text }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {:SUBJECT_WIDTH$}  {}", self.at, self.subject, self.text)
    }
}

/// An entry of the story as JSON, for machines: the columns, and what they are made of.
pub fn entry(moment: &Moment<'_>, told: Told) -> Value {
    let (view, record) = (moment.engine, moment.record);
    let line = Line::of(view, record, told);
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("seconds", seconds(line.at).into());
    put("time", moment.with_clock(Clock::Calendar).time(line.at));
    let (what, service) = match told {
        Told::Event(position) => {
            let event = &record.log()[position];
            put("seq", event.seq.into());
            (kind(&event.kind), service_of(view, &event.kind))
        }
        Told::News(position) => {
            let news = &record.news()[position];
            (news.name.unwrap_or("World"), news.service)
        }
        Told::Call(position) => {
            let call = &record.calls()[position];
            put("action", call.action.to_string().into());
            ("Call", None)
        }
        Told::Error(_) => ("Call", None),
    };
    put("kind", what.into());
    let name = service.map(|service| view.service(service).name.to_string());
    put("service", name.into());
    put("subject", line.subject.into());
    put("text", line.text.into());
    Value::Object(fields)
}

/// What kind of event it is, in a word.
pub fn kind(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::DefinitionRegistered(_) => "TaskDefinitionRegistered",
        EventKind::InstanceRegistered(_) => "InstanceRegistered",
        EventKind::InstanceStatus(..) => "InstanceStatus",
        EventKind::AgentConnection(..) => "AgentConnection",
        EventKind::TaskCreated(_) => "TaskCreated",
        EventKind::TaskPlaced(_) => "TaskPlaced",
        EventKind::TaskStopDecided(_) => "TaskStopDecided",
        EventKind::TaskStatus(..) => "TaskStatus",
        EventKind::TaskHealth(..) => "TaskHealth",
        EventKind::TargetState(..) => "TargetState",
        EventKind::PlacementFailed(_) => "PlacementFailed",
        EventKind::ServiceCreated(_) => "ServiceCreated",
        EventKind::ServiceStatus(..) => "ServiceStatus",
        EventKind::DesiredCount(..) => "DesiredCount",
        EventKind::DeploymentCreated(_) => "DeploymentCreated",
        EventKind::Rollout(..) => "Rollout",
        EventKind::ServiceDeployment(..) => "ServiceDeployment",
        EventKind::CodeDeployment(..) => "CodeDeployment",
        EventKind::LifecycleEvent(..) => "LifecycleEvent",
        EventKind::LifecycleHook(..) => "LifecycleHook",
        EventKind::AlarmState(..) => "AlarmState",
        EventKind::Stage(..) => "LifecycleStage",
        EventKind::Hook(..) => "LifecycleHook",
        EventKind::Traffic(..) => "Traffic",
        EventKind::PrimaryTaskSet(_) => "PrimaryTaskSet",
        EventKind::Reservation(..) => "CapacityProviderReservation",
        EventKind::DesiredCapacity(..) => "DesiredCapacity",
        EventKind::ScalingBlocked(..) => "ScalingBlocked",
        EventKind::Message(..) => "ServiceMessage",
        EventKind::Bus(_) => "EventBridge",
    }
}

/// Who an event is about.
pub(crate) fn subject(view: View<'_>, kind: &EventKind) -> String {
    match kind {
        EventKind::DefinitionRegistered(definition) => {
            format!("task definition {}", view.definition(*definition).label())
        }
        EventKind::InstanceRegistered(instance)
        | EventKind::InstanceStatus(instance, _)
        | EventKind::AgentConnection(instance, _) => {
            format!("instance {}", view.instance(*instance).name)
        }
        EventKind::AlarmState(change) => format!("alarm {}", change.alarm),
        EventKind::Reservation(provider, _) | EventKind::ScalingBlocked(provider, _) => {
            format!("capacity provider {}", view.provider(*provider).name)
        }
        EventKind::DesiredCapacity(group, _) => {
            format!("Auto Scaling group {}", view.scaling_group(*group).name)
        }
        EventKind::TaskCreated(task)
        | EventKind::TaskPlaced(task)
        | EventKind::TaskStopDecided(task)
        | EventKind::TaskStatus(task, _)
        | EventKind::TaskHealth(task, _)
        | EventKind::TargetState(task, _, _) => format!("task {}", view.task_name(*task)),
        EventKind::PlacementFailed(failure) => match failure.service {
            Some(service) => service_subject(view, service),
            None => format!("group {}", view.group_name(failure.group)),
        },
        EventKind::ServiceCreated(_)
        | EventKind::ServiceStatus(..)
        | EventKind::DesiredCount(..)
        | EventKind::DeploymentCreated(_)
        | EventKind::Rollout(..)
        | EventKind::ServiceDeployment(..)
        | EventKind::Stage(..)
        | EventKind::Hook(..)
        | EventKind::Traffic(..)
        | EventKind::PrimaryTaskSet(_)
        | EventKind::CodeDeployment(..)
        | EventKind::LifecycleEvent(..)
        | EventKind::LifecycleHook(..)
        | EventKind::Message(..)
        | EventKind::Bus(_) => {
            service_of(view, kind).map_or_else(String::new, |s| service_subject(view, s))
        }
    }
}

/// The service that an event concerns.
pub fn service_of(view: View<'_>, kind: &EventKind) -> Option<ServiceId> {
    match kind {
        EventKind::DefinitionRegistered(_)
        | EventKind::InstanceRegistered(_)
        | EventKind::InstanceStatus(..)
        | EventKind::AgentConnection(..)
        | EventKind::AlarmState(..)
        | EventKind::Reservation(..)
        | EventKind::DesiredCapacity(..)
        | EventKind::ScalingBlocked(..) => None,
        EventKind::TaskCreated(task)
        | EventKind::TaskPlaced(task)
        | EventKind::TaskStopDecided(task)
        | EventKind::TaskStatus(task, _)
        | EventKind::TaskHealth(task, _)
        | EventKind::TargetState(task, _, _) => view.task(*task).owner.map(|owner| owner.service),
        EventKind::PlacementFailed(failure) => failure.service,
        EventKind::ServiceCreated(service)
        | EventKind::ServiceStatus(service, _)
        | EventKind::DesiredCount(service, _)
        | EventKind::Traffic(service, _)
        | EventKind::Message(service, _) => Some(*service),
        EventKind::DeploymentCreated(deployment)
        | EventKind::PrimaryTaskSet(deployment)
        | EventKind::Rollout(deployment, _) => Some(view.deployment(*deployment).service),
        EventKind::ServiceDeployment(record, _)
        | EventKind::Stage(record, _)
        | EventKind::Hook(record, _, _) => Some(view.record(*record).service),
        EventKind::CodeDeployment(deployment, _)
        | EventKind::LifecycleEvent(deployment, _)
        | EventKind::LifecycleHook(deployment, _, _) => {
            Some(view.code_deployment(*deployment).service)
        }
        EventKind::Bus(bus) => Some(bus.service),
    }
}

fn service_subject(view: View<'_>, service: ServiceId) -> String {
    format!("service {}", view.service(service).name)
}

#[cfg(test)]
mod tests {
    use crate::bed::Bed;

    use super::*;

    #[test]
    fn the_story_of_a_first_task_reads_from_start_to_steady_state() {
        let mut bed = Bed::web_service(1);
        bed.run_until(60);
        let told = bed.record.told().iter();
        let lines: Vec<String> =
            told.map(|told| Line::of(bed.engine.view(), &bed.record, *told).to_string()).collect();
        let task = "task 00000000000000000000000000000001 ";
        let about = |end: &str| lines.iter().any(|line| line.contains(task) && line.ends_with(end));
        assert!(about("created: web:1 for service:web"), "{lines:#?}");
        assert!(about("placed on instance i-1 in us-east-1a"), "{lines:#?}");
        assert!(about("is RUNNING"), "{lines:#?}");
        let told = "00:00:00.000  service web                             (service web) has \
                    started 1 tasks: (task 00000000000000000000000000000001).";
        assert!(lines.iter().any(|line| line == told), "{lines:#?}");
        let steady = "(service web) has reached a steady state.";
        assert!(lines.iter().any(|line| line.ends_with(steady)), "{lines:#?}");
    }

    #[test]
    fn two_equal_runs_have_one_digest() {
        let digest = |until: i64| {
            let mut bed = Bed::web_service(3);
            bed.run_until(until);
            bed.digest.to_string()
        };
        assert_eq!(digest(120), digest(120));
        assert_ne!(digest(120), digest(0));
    }
}
