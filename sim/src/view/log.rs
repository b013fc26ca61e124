//! The lists of what happened: placements, stops, failures, events, refused calls.

use serde_json::Value;
use stowplan_engine::api::event::{PlacementFailure, Rejection};
use stowplan_engine::api::{Event, EventKind};
use stowplan_engine::model::{ServiceId, TaskId, Time};

use super::Moment;
use super::record::Shown;
use super::shape::{object, shape, text, texts};
use super::task::{provider_of, zone_of};
use crate::story;

shape! {
    /// An element of `placements`.
    PlacementShape(moment, position: usize, row = moment.record.placements()[position]) {
        "at" => moment.time(row.0),
        "task" => moment.engine.task_name(row.1),
        "service" => service_name(moment, row.1),
        "group" => group_name(moment, row.1),
        "taskDefinition" => label(moment, row.1),
        "instance" => instance_name(moment, row.1),
        "availabilityZone" => text(zone_of(moment, row.1)),
        "capacityProvider" => text(provider_of(moment, row.1)),
    }
}

shape! {
    /// An element of `stops`.
    StopShape(moment, position: usize, row = moment.record.stops()[position]) {
        "at" => moment.time(row.0),
        "task" => moment.engine.task_name(row.1),
        "service" => service_name(moment, row.1),
        "group" => group_name(moment, row.1),
        "taskDefinition" => label(moment, row.1),
        "instance" => instance_name(moment, row.1),
        "availabilityZone" => text(zone_of(moment, row.1)),
        "capacityProvider" => text(provider_of(moment, row.1)),
        "stopCode" => {
            text(moment.engine.task(row.1).stop().map(|stop| stop.code.as_str()))
        },
        "stoppedReason" => {
            let stop = moment.engine.task(row.1).stop();
            text(stop.map(|stop| moment.engine.stopped_reason(stop)))
        },
    }
}

shape! {
    /// An element of `placementFailures`.
    FailureShape(moment, position: usize, row = failure(moment, position)) {
        "at" => moment.time(row.0),
        "service" => text(row.1.service.map(|service| &moment.engine.service(service).name)),
        "group" => moment.engine.group_name(row.1.group),
        "taskDefinition" => moment.engine.definition(row.1.definition).label(),
        "closest" => text(row.1.closest.map(|instance| &moment.engine.instance(instance).name)),
        "reason" => &*row.1.reason,
        "rejected" => row.1.rejected.iter().map(|r| rejection(moment, r)).collect::<Value>(),
    }
}

shape! {
    /// An element of `events`.
    EventShape(moment, position: usize, row = &moment.record.shown()[position]) {
        "at" => moment.time(happened_at(moment, row)),
        "source" => source(moment, row),
        "name" => text(name(moment, row)),
        "service" => {
            text(service_of(moment, row).map(|service| &moment.engine.service(service).name))
        },
        "message" => message(moment, row),
    }
}

shape! {
    /// An element of `apiErrors`.
    ApiErrorShape(moment, position: usize, row = &moment.record.api_errors()[position]) {
        "at" => moment.time(row.at),
        "action" => &*row.action,
        "exception" => &*row.exception,
        "message" => &*row.message,
    }
}

/// A call by its position: the answer's own fields, then `at` and `error`.
pub(crate) fn call(moment: &Moment<'_>, position: usize) -> Value {
    let call = &moment.record.calls()[position];
    let mut fields = super::shape::into_fields(call.answer.clone());
    fields.insert("at".to_owned(), moment.time(call.at));
    let error = call.error.as_ref().map_or(Value::Null, |error| {
        let mut shown = super::shape::into_fields(object([
            ("exception", error.exception.to_string().into()),
            ("message", error.message.to_string().into()),
        ]));
        if !error.tasks.is_empty() {
            let arns = error.tasks.iter().map(|&task| moment.engine.task_arn(task));
            shown.insert("resourceIds".to_owned(), texts(arns));
        }
        Value::Object(shown)
    });
    fields.insert("error".to_owned(), error);
    Value::Object(fields)
}

fn service_name(moment: &Moment<'_>, task: TaskId) -> Value {
    let owner = moment.engine.task(task).owner;
    text(owner.map(|owner| &moment.engine.service(owner.service).name))
}

fn group_name(moment: &Moment<'_>, task: TaskId) -> Value {
    moment.engine.group_name(moment.engine.task(task).group).into()
}

fn label(moment: &Moment<'_>, task: TaskId) -> String {
    moment.engine.definition(moment.engine.task(task).definition).label()
}

fn instance_name(moment: &Moment<'_>, task: TaskId) -> Value {
    text(moment.engine.task(task).instance.map(|i| &moment.engine.instance(i).name))
}

fn failure<'m>(moment: &Moment<'m>, position: usize) -> (Time, &'m PlacementFailure) {
    let (at, failure) = &moment.record.failures()[position];
    (*at, failure)
}

fn rejection(moment: &Moment<'_>, rejection: &Rejection) -> Value {
    object([
        ("instance", moment.engine.instance(rejection.instance).name.to_string().into()),
        ("reason", rejection.reason().into()),
        ("all", texts(rejection.checks.iter().map(|check| check.reason()))),
    ])
}

fn happened_at(moment: &Moment<'_>, shown: &Shown) -> Time {
    match shown {
        Shown::Engine(position) => engine_event(moment, *position).at,
        Shown::World(position) => moment.record.news()[*position].at,
    }
}

fn source(moment: &Moment<'_>, shown: &Shown) -> &'static str {
    match shown {
        Shown::Engine(position) => match engine_event(moment, *position).kind {
            EventKind::Bus(_) => "aws.ecs",
            EventKind::Message(..) => "service",
            EventKind::CodeDeployment(..)
            | EventKind::LifecycleEvent(..)
            | EventKind::LifecycleHook(..) => "aws.codedeploy",
            _ => "scheduler",
        },
        Shown::World(position) => moment.record.news()[*position].source,
    }
}

fn name(moment: &Moment<'_>, shown: &Shown) -> Option<&'static str> {
    match shown {
        Shown::Engine(position) => match &engine_event(moment, *position).kind {
            EventKind::Bus(bus) => Some(bus.name),
            _ => None,
        },
        Shown::World(position) => moment.record.news()[*position].name,
    }
}

fn service_of(moment: &Moment<'_>, shown: &Shown) -> Option<ServiceId> {
    match shown {
        Shown::Engine(position) => {
            story::service_of(moment.engine, &engine_event(moment, *position).kind)
        }
        Shown::World(position) => moment.record.news()[*position].service,
    }
}

fn message(moment: &Moment<'_>, shown: &Shown) -> String {
    match shown {
        Shown::Engine(position) => {
            let kind = &engine_event(moment, *position).kind;
            match kind {
                // The reason alone: the name has a field of its own.
                EventKind::Bus(bus) => bus.reason.as_deref().unwrap_or_default().to_owned(),
                _ => story::text(moment.engine, kind),
            }
        }
        Shown::World(position) => moment.record.news()[*position].message.to_string(),
    }
}

fn engine_event<'m>(moment: &Moment<'m>, position: usize) -> &'m Event {
    &moment.record.log()[position]
}
