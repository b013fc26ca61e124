//! Looking at a test bed: traces, messages, places.

use stowplan_engine::api::answer::FailureSubject;
use stowplan_engine::api::{Answer, Event, EventKind, Failure};
use stowplan_engine::model::{
    DeploymentId, InstanceId, RolloutState, Service, ServiceId, StopCode, TaskId,
};
use stowplan_engine::{Free, ServiceCounts};

use serde_json::{Value, json};

use super::{Bed, both};

impl Bed {
    /// The service's history in the notation of 03 section 26, `0 start 4 web:2; 40 stop ...`.
    pub(crate) fn trace(&self, service: &str) -> String {
        let id = self.service_id(service);
        let mut entries: Vec<(i64, &str, u32, String)> = Vec::new();
        for event in &self.log {
            let Some((verb, revision)) = self.decision(id, &event.kind) else { continue };
            let at = event.at.0;
            match entries.last_mut() {
                Some((last_at, last_verb, count, last))
                    if (*last_at, *last_verb) == (at, verb) && *last == revision =>
                {
                    *count += 1;
                }
                _ => entries.push((at, verb, 1, revision)),
            }
        }
        let text = |(at, verb, count, revision): &(i64, &str, u32, String)| {
            let at = if at % 1000 == 0 { format!("{}", at / 1000) } else { format!("{at}ms") };
            match *verb {
                "start" | "stop" => format!("{at} {verb} {count} {revision}"),
                _ => format!("{at} {verb} {revision}"),
            }
        };
        entries.iter().map(text).collect::<Vec<_>>().join("; ")
    }

    fn decision(&self, service: ServiceId, kind: &EventKind) -> Option<(&'static str, String)> {
        let view = self.engine.view();
        let of_task = |task: TaskId| {
            let row = view.task(task);
            let own = row.owner.is_some_and(|owner| owner.service == service);
            own.then(|| view.definition(row.definition).label())
        };
        match kind {
            EventKind::TaskCreated(task) => Some(("start", of_task(*task)?)),
            EventKind::TaskStopDecided(task) => {
                let stop = view.task(*task).stop()?;
                let by_scheduler = stop.code == StopCode::ServiceSchedulerInitiated;
                by_scheduler.then_some(("stop", of_task(*task)?))
            }
            EventKind::Rollout(deployment, state) => {
                let row = view.deployment(*deployment);
                let verb = match state {
                    RolloutState::Completed => "completed",
                    RolloutState::Failed => "failed",
                    RolloutState::InProgress => return None,
                };
                let label = view.definition(row.definition).label();
                (row.service == service).then_some((verb, label))
            }
            _ => None,
        }
    }

    /// Service event messages with their seconds.
    pub(crate) fn messages(&self, service: &str) -> Vec<String> {
        let id = self.service_id(service);
        let mut messages = Vec::new();
        for event in &self.log {
            if let EventKind::Message(of, message) = &event.kind
                && *of == id
            {
                let text = self.engine.view().message(id, message);
                messages.push(format!("{} {text}", event.at.0 / 1000));
            }
        }
        messages
    }

    /// Messages that contain a text.
    pub(crate) fn messages_with(&self, service: &str, part: &str) -> Vec<String> {
        self.messages(service).into_iter().filter(|text| text.contains(part)).collect()
    }

    /// Tasks that the scheduler told to stop, as they were chosen.
    pub(crate) fn told_to_stop(&self, service: &str) -> Vec<TaskId> {
        let id = self.service_id(service);
        let is_stop = |kind: &EventKind| self.decision(id, kind).is_some_and(|it| it.0 == "stop");
        let stopped = self.log.iter().filter(|event| is_stop(&event.kind));
        stopped
            .filter_map(|event| match event.kind {
                EventKind::TaskStopDecided(task) => Some(task),
                _ => None,
            })
            .collect()
    }

    /// EventBridge events of a service: `80 SERVICE_STEADY_STATE`.
    pub(crate) fn bus(&self, service: &str) -> Vec<String> {
        let id = self.service_id(service);
        let mut events = Vec::new();
        for event in &self.log {
            if let EventKind::Bus(bus) = &event.kind
                && bus.service == id
            {
                events.push(format!("{} {}", event.at.0 / 1000, bus.name));
            }
        }
        events
    }

    /// The `reason` of EventBridge events of a name, by second.
    pub(crate) fn bus_reasons(&self, service: &str, name: &str) -> Vec<(i64, String)> {
        let id = self.service_id(service);
        let reason = |event: &Event| match &event.kind {
            EventKind::Bus(bus) if bus.service == id && bus.name == name => {
                let reason = bus.reason.as_deref().unwrap_or_default();
                Some((event.at.0 / 1000, reason.to_owned()))
            }
            _ => None,
        };
        self.log.iter().filter_map(reason).collect()
    }

    /// How many placement failures there were, by instant in seconds.
    pub(crate) fn placement_failures(&self) -> Vec<i64> {
        let failed = |kind: &EventKind| matches!(kind, EventKind::PlacementFailed(_));
        self.log.iter().filter(|e| failed(&e.kind)).map(|e| e.at.0 / 1000).collect()
    }

    /// The instances of the last placement failure, with the reported reasons.
    pub(crate) fn last_rejection(&self) -> Vec<(String, &'static str)> {
        let failure = self.log.iter().rev().find_map(|event| match &event.kind {
            EventKind::PlacementFailed(failure) => Some(failure),
            _ => None,
        });
        let view = self.engine.view();
        let rejected = &failure.expect("a task found no place").rejected;
        rejected
            .iter()
            .map(|it| (view.instance(it.instance).name.to_string(), it.reason()))
            .collect()
    }

    /// Largest occupying count and lowest healthy count so far.
    pub(crate) fn peak_and_low(&self, service: &str) -> (u32, u32) {
        self.extremes[&self.service_id(service)]
    }

    pub(crate) fn service_id(&self, name: &str) -> ServiceId {
        let found = self.engine.view().find_service(self.cluster, name);
        found.unwrap_or_else(|| panic!("{name} is a service"))
    }

    pub(crate) fn service_row(&self, name: &str) -> &Service {
        self.engine.view().service(self.service_id(name))
    }

    pub(crate) fn counts(&self, name: &str) -> ServiceCounts {
        self.engine.view().counts(self.service_id(name), self.engine.now())
    }

    pub(crate) fn primary(&self, name: &str) -> DeploymentId {
        let primary = self.engine.view().primary(self.service_id(name));
        primary.unwrap_or_else(|| panic!("{name} has a PRIMARY deployment"))
    }

    /// Deployments that are listed, oldest first: `ACTIVE COMPLETED web:1 2`, by what is wanted.
    pub(crate) fn deployments(&self, name: &str) -> Vec<String> {
        let view = self.engine.view();
        let text = |&id: &DeploymentId| {
            let row = view.deployment(id);
            let label = view.definition(row.definition).label();
            format!("{} {} {label} {}", row.status, row.rollout, row.desired)
        };
        self.service_row(name).deployments.iter().map(text).collect()
    }

    /// Statuses of the service's service deployments, oldest first.
    pub(crate) fn records(&self, name: &str) -> Vec<String> {
        let view = self.engine.view();
        let records = self.service_row(name).records.iter();
        records.map(|&record| view.record(record).status.to_string()).collect()
    }

    /// Live tasks of a service in order of creation.
    pub(crate) fn tasks_of(&self, name: &str) -> Vec<TaskId> {
        let view = self.engine.view();
        let tasks = self.service_row(name).tasks.iter().copied();
        tasks.filter(|&task| view.task(task).is_live()).collect()
    }

    /// Where they are: `A1, B1, A2`.
    pub(crate) fn places_of(&self, name: &str) -> String {
        self.places(&self.tasks_of(name))
    }

    pub(crate) fn places(&self, tasks: &[TaskId]) -> String {
        let view = self.engine.view();
        let place = |&task: &TaskId| match view.task(task).instance {
            Some(instance) => view.instance(instance).name.to_string(),
            None => "nowhere".to_owned(),
        };
        tasks.iter().map(place).collect::<Vec<_>>().join(", ")
    }

    /// RunTask at its own answer: `A, B | A: RESOURCE:CPU`.
    pub(crate) fn run(&mut self, definition: &str, count: i64, more: Value) -> String {
        let answer = self.run_task(definition, count, more);
        self.answer(&answer)
    }

    pub(crate) fn run_task(&mut self, definition: &str, count: i64, more: Value) -> Answer {
        let input = json!({ "taskDefinition": definition, "count": count });
        self.must("runTask", both(input, more))
    }

    /// The only task that RunTask starts.
    pub(crate) fn run_one(&mut self, definition: &str, more: Value) -> TaskId {
        match self.run_task(definition, 1, more) {
            Answer::Tasks(tasks, failures) if failures.is_empty() => tasks[0],
            other => panic!("one task is started, not {other:?}"),
        }
    }

    /// What RunTask or StartTask answered: `A, B | A: RESOURCE:CPU`.
    pub(crate) fn answer(&self, answer: &Answer) -> String {
        let Answer::Tasks(tasks, failures) = answer else {
            panic!("tasks and failures are expected, not {answer:?}");
        };
        let placed = self.places(tasks);
        match self.failures(failures) {
            failures if failures.is_empty() => placed,
            failures => format!("{placed} | {failures}").trim_start().to_owned(),
        }
    }

    pub(crate) fn failures(&self, failures: &[Failure]) -> String {
        let view = self.engine.view();
        let text = |failure: &Failure| {
            let subject = match &failure.subject {
                FailureSubject::Instance(instance) => view.instance(*instance).name.to_string(),
                FailureSubject::Task(task) => view.task_name(*task),
                FailureSubject::Named(name) => name.to_string(),
                FailureSubject::Nothing => return failure.reason.to_string(),
            };
            format!("{subject}: {}", failure.reason)
        };
        failures.iter().map(text).collect::<Vec<_>>().join(", ")
    }

    /// CPU and memory that an instance has left.
    pub(crate) fn left(&self, instance: &str) -> (u32, u32) {
        let free = self.free(instance);
        (free.cpu, free.memory)
    }

    pub(crate) fn free(&self, instance: &str) -> Free {
        self.engine.view().instance_free(self.instance_id(instance))
    }

    pub(crate) fn instance_id(&self, name: &str) -> InstanceId {
        let found = self.engine.view().find_instance(self.cluster, name);
        found.unwrap_or_else(|| panic!("{name} is an instance"))
    }

    /// `stopCode: stoppedReason` of a task.
    pub(crate) fn stop_of(&self, task: TaskId) -> String {
        let view = self.engine.view();
        let stop = view.task(task).stop().expect("the task was stopped");
        format!("{}: {}", stop.code, view.stopped_reason(stop))
    }

    /// `(task …)` of the n-th task of the run, from 1.
    pub(crate) fn task_text(number: u32) -> String {
        format!("(task {number:032x})")
    }

    /// Everything that was said of services, in order.
    pub(crate) fn transcript(&self) -> String {
        let view = self.engine.view();
        let mut text = String::new();
        for event in &self.log {
            let line = match &event.kind {
                EventKind::Message(service, message) => view.message(*service, message),
                EventKind::Bus(bus) => bus.name.to_owned(),
                _ => continue,
            };
            text.push_str(&format!("{} {line}\n", event.at));
        }
        text
    }
}
