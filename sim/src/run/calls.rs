//! Step 2 of an instant: the timeline's entries, then calls that container agents make.

use std::fmt;

use serde::de::DeserializeSeed;
use serde_json::Value;
use stowplan_engine::api::input::UpdateContainerInstancesState;
use stowplan_engine::api::{Command, CommandError, Input, Report};
use stowplan_engine::model::{InstanceId, InstanceStatus, ProviderKind, TaskId, Time};

use super::Simulation;
use crate::document::{DocumentError, Raw, from_json, to_json};
use crate::scenario::{
    Action, AddedInstance, FailTask, InstanceAction, InstanceName, InterruptSpot, MustFail,
    PushImage, SetCapacity, TimelineEntry, WorldAction, command, has_template,
};
use crate::view::describe::Query;
use crate::view::{ApiError, Call, answer};
use crate::world::{AgentCall, SetBehavior};

/// An entry of the timeline that did not end as it must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallProblem {
    /// When.
    pub at: Time,
    /// Where in the document it stands.
    pub path: String,
    /// What it does.
    pub action: String,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for CallProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, path, action, problem } = self;
        write!(f, "{path}: {action} at {at}: {problem}")
    }
}

/// Why an entry was not carried out.
pub(super) enum Refusal {
    /// By an exception of the API.
    Exception { exception: String, message: String, tasks: Vec<TaskId> },
    /// Because it cannot be read, or names something that is not there.
    Bad(String),
}

impl From<CommandError> for Refusal {
    fn from(error: CommandError) -> Self {
        Self::Exception {
            exception: error.exception.to_string(),
            message: error.message.into(),
            tasks: error.tasks,
        }
    }
}

impl From<DocumentError> for Refusal {
    fn from(error: DocumentError) -> Self {
        Self::Bad(error.to_string())
    }
}

impl Simulation {
    /// Does one entry of the timeline and keeps what came of it.
    pub(super) fn do_entry(&mut self, now: Time, entry: &TimelineEntry) {
        let result = match &entry.action {
            Action::Api(name, input) => self.call(now, name, input),
            Action::Query(name, input) => self.query(now, name, input),
            Action::World(action) => self.happen(now, action).map(|()| Value::Null),
        };
        let refusal = result.as_ref().err().map(|refusal| self.refusal(now, entry, refusal));
        let call = Call {
            at: now,
            action: entry.action.name().into(),
            name: entry.keep_as.as_deref().map(Into::into),
            answer: result.unwrap_or_else(|_| answer::refused(entry.action.name())),
            error: refusal.clone(),
        };
        self.digest.take_call(&call);
        self.record.take_call(call);
        if let Some(problem) = problem(entry, refusal.as_ref()) {
            self.problems.push(CallProblem {
                at: now,
                path: entry.source.path.clone(),
                action: entry.action.name().to_owned(),
                problem,
            });
        }
    }

    fn refusal(&self, now: Time, entry: &TimelineEntry, refusal: &Refusal) -> ApiError {
        let (exception, message, tasks) = match refusal {
            Refusal::Exception { exception, message, tasks } => {
                (exception.as_str(), message.as_str(), tasks.clone())
            }
            Refusal::Bad(message) => ("ValidationException", message.as_str(), Vec::new()),
        };
        ApiError {
            at: now,
            action: entry.action.name().into(),
            exception: exception.into(),
            message: message.into(),
            tasks,
        }
    }

    fn call(&mut self, now: Time, name: &'static str, input: &Raw) -> Result<Value, Refusal> {
        let filled = self.filled(now, input)?;
        let command = command(name, filled.as_ref().unwrap_or(input))?;
        if let Some(group) = self.unknown_group(&command) {
            let message = format!(
                "The target group with targetGroupArn {group} does not have an associated load \
                 balancer."
            );
            return Err(CommandError::invalid(message).into());
        }
        let made = self.step(now, Input::Command(command.clone()))?;
        Ok(answer::answer(&self.moment(now), &command, &made))
    }

    /// A target group that a call names and the scenario does not have (02 section 7.1).
    fn unknown_group<'c>(&self, command: &'c Command) -> Option<&'c str> {
        let balancers = match command {
            Command::CreateService(input) => &input.load_balancers[..],
            Command::UpdateService(input) => input.load_balancers.as_deref().unwrap_or_default(),
            Command::CreateTaskSet(input) => &input.load_balancers[..],
            _ => return None,
        };
        let names = balancers.iter().flat_map(|balancer| {
            let advanced = balancer.advanced_configuration.as_ref();
            let alternate = advanced.and_then(|it| it.alternate_target_group_arn.as_deref());
            balancer.target_group_arn.as_deref().into_iter().chain(alternate)
        });
        names.into_iter().find(|name| self.world().target_group(name).is_none())
    }

    fn query(&self, now: Time, name: &'static str, input: &Raw) -> Result<Value, Refusal> {
        struct Named(&'static str);
        impl<'de> DeserializeSeed<'de> for Named {
            type Value = Query;

            fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<Query, D::Error> {
                Query::read(self.0, input).expect("names are checked when a scenario is read")
            }
        }
        let filled = self.filled(now, input)?;
        let query = filled.as_ref().unwrap_or(input).decode_with(Named(name))?;
        Ok(query.answer(&self.moment(now))?)
    }

    /// The input with its `${CEL}` evaluated; `None` when it has none.
    pub(super) fn filled(&self, now: Time, input: &Raw) -> Result<Option<Raw>, Refusal> {
        if !has_template(&input.node) {
            return Ok(None);
        }
        let value = self.fill(now, &to_json(&input.node))?;
        let mut filled = input.clone();
        filled.node = from_json(&value);
        Ok(Some(filled))
    }

    #[cfg(feature = "expect")]
    fn fill(&self, now: Time, value: &Value) -> Result<Value, Refusal> {
        use crate::expect::{Interpolation, Sight};
        use crate::series::{Series, Wanted};
        let bad = |error: crate::expect::InterpolationError| Refusal::Bad(error.to_string());
        let Some(template) = Interpolation::compile(value).map_err(bad)? else {
            return Ok(value.clone());
        };
        let series = Series::new(Wanted::Nothing);
        template.fill(&Sight { moment: self.moment(now), series: &series }).map_err(bad)
    }

    /// Without the expression language a template is an error, never taken as it stands.
    #[cfg(not(feature = "expect"))]
    fn fill(&self, _: Time, _: &Value) -> Result<Value, Refusal> {
        Err(Refusal::Bad("`${...}` needs the expression language, which this build lacks".into()))
    }

    fn fill_text(&self, now: Time, text: &str) -> Result<String, Refusal> {
        if !text.contains("${") {
            return Ok(text.to_owned());
        }
        match self.fill(now, &Value::String(text.to_owned()))? {
            Value::String(text) => Ok(text),
            other => Ok(other.to_string()),
        }
    }

    /// Something happens to the world.
    fn happen(&mut self, now: Time, action: &WorldAction) -> Result<(), Refusal> {
        match action {
            WorldAction::AddInstances { cluster, instances } => {
                for added in instances {
                    self.add_instance(now, *cluster, added);
                }
                Ok(())
            }
            WorldAction::Instance(action, name) => self.happen_to(now, *action, name),
            WorldAction::InterruptSpot(interruption) => self.interrupt(now, interruption),
            WorldAction::SetCapacity(capacity) => self.set_capacity(now, capacity),
            WorldAction::SetBehavior(set) => {
                let SetBehavior { of, .. } = &**set;
                let of = self.fill_text(now, of)?;
                let set = SetBehavior { of: of.into(), ..(**set).clone() };
                self.around.world.set_behavior(now, set, self.engine.view());
                Ok(())
            }
            WorldAction::FailTask(fail) => self.fail_task(now, fail),
            WorldAction::PushImage(PushImage { name, size_mb, region }) => {
                let region = region.clone().unwrap_or_else(|| {
                    let first = self.engine.view().clusters().next();
                    first.map(|(_, cluster)| cluster.region.to_string()).unwrap_or_default()
                });
                self.around.world.push_image(now, name, size_mb.unwrap_or(40), &region);
                Ok(())
            }
            WorldAction::SetAlarm(set) => {
                let name = self.fill_text(now, &set.alarm_name)?;
                if self.engine.view().alarm(&name).is_none() {
                    return Err(Refusal::Bad(format!("there is no alarm `{name}`")));
                }
                let report = Report::AlarmState(name.into(), set.state);
                self.step(now, Input::Report(report)).expect("a report is never refused");
                Ok(())
            }
        }
    }

    fn add_instance(
        &mut self,
        now: Time,
        cluster: stowplan_engine::model::ClusterId,
        added: &AddedInstance,
    ) {
        let instance = InstanceId::from_index(self.engine.view().instances().count());
        let report = Report::InstanceRegistered(cluster, Box::new(added.registration.clone()));
        self.step(now, Input::Report(report)).expect("a report is never refused");
        self.around.world.add_instance(instance, added.agent.clone(), self.engine.view());
    }

    fn happen_to(
        &mut self,
        now: Time,
        action: InstanceAction,
        name: &InstanceName,
    ) -> Result<(), Refusal> {
        let instance = self.instance(now, &name.instance, name.cluster.as_deref())?;
        let view = self.engine.view();
        match action {
            InstanceAction::Terminate => self.around.world.terminate_instance(now, instance, view),
            InstanceAction::Stop => self.around.world.stop_instance(now, instance, view),
            InstanceAction::DisconnectAgent => self.around.world.disconnect_agent(instance, view),
            InstanceAction::ReconnectAgent => {
                self.around.world.reconnect_agent(now, instance, view)
            }
        }
        Ok(())
    }

    fn interrupt(&mut self, now: Time, interruption: &InterruptSpot) -> Result<(), Refusal> {
        if let Some(name) = &interruption.instance {
            let instance = self.instance(now, name, interruption.cluster.as_deref())?;
            self.around.world.interrupt_instance(now, instance, self.engine.view());
        }
        if let Some(name) = &interruption.task {
            let task = self.task(now, name)?;
            self.around.world.interrupt_task(now, task, self.engine.view());
        }
        if interruption.capacity_provider.is_some() {
            let count = interruption.count.unwrap_or(1) as usize;
            let view = self.engine.view();
            let on_spot = |task: &&stowplan_engine::model::Task| {
                let kind = task.provider.map(|provider| &view.provider(provider).kind);
                task.is_live() && matches!(kind, Some(ProviderKind::FargateSpot))
            };
            let tasks: Vec<TaskId> =
                view.tasks().iter().filter(on_spot).map(|task| task.id).take(count).collect();
            for task in tasks {
                self.around.world.interrupt_task(now, task, self.engine.view());
            }
        }
        Ok(())
    }

    fn set_capacity(&mut self, now: Time, capacity: &SetCapacity) -> Result<(), Refusal> {
        let view = self.engine.view();
        let named = capacity.cluster.as_deref();
        let clusters: Vec<_> = match named {
            Some(name) => vec![
                view.find_cluster(Some(name))
                    .ok_or_else(|| Refusal::Bad(format!("there is no cluster `{name}`")))?,
            ],
            None => view.clusters().map(|(id, _)| id).collect(),
        };
        for cluster in clusters {
            let region = self.engine.view().cluster(cluster).region.to_string();
            let zone = capacity.availability_zone.as_deref().map(|zone| {
                if zone.len() == 1 { format!("{region}{zone}") } else { zone.to_owned() }
            });
            let report = Report::FargateCapacity {
                cluster,
                spot: capacity.capacity_provider == "FARGATE_SPOT",
                zone: zone.map(Into::into),
                available: capacity.available,
            };
            self.step(now, Input::Report(report)).expect("a report is never refused");
        }
        Ok(())
    }

    fn fail_task(&mut self, now: Time, fail: &FailTask) -> Result<(), Refusal> {
        let task = self.task(now, &fail.task)?;
        let (container, code) = (fail.container.as_deref(), fail.exit_code.unwrap_or(1));
        if self.around.world.fail_task(now, task, container, code, self.engine.view()) {
            return Ok(());
        }
        let name = self.engine.view().task_name(task);
        Err(Refusal::Bad(format!("task {name} has no such container that runs")))
    }

    fn task(&self, now: Time, name: &str) -> Result<TaskId, Refusal> {
        let name = self.fill_text(now, name)?;
        let found = self.engine.view().find_task(&name);
        found.ok_or_else(|| Refusal::Bad(format!("there is no task `{name}`")))
    }

    fn instance(
        &self,
        now: Time,
        name: &str,
        cluster: Option<&str>,
    ) -> Result<InstanceId, Refusal> {
        let name = self.fill_text(now, name)?;
        let view = self.engine.view();
        let wanted = cluster.map(|cluster| view.find_cluster(Some(cluster)));
        let mut clusters = view.clusters().map(|(id, _)| id).filter(|&id| match wanted {
            Some(wanted) => wanted == Some(id),
            None => true,
        });
        let found = clusters.find_map(|cluster| view.find_instance(cluster, &name));
        found.ok_or_else(|| Refusal::Bad(format!("there is no container instance `{name}`")))
    }

    /// Calls that container agents make by themselves.
    pub(super) fn do_agent_calls(&mut self, now: Time) {
        for AgentCall::Drain(instance) in self.around.world.take_agent_calls() {
            let row = self.engine.view().instance(instance);
            if row.status != InstanceStatus::Active {
                continue;
            }
            let call = UpdateContainerInstancesState {
                cluster: Some(self.engine.view().cluster(row.cluster).name.to_string()),
                container_instances: vec![row.name.to_string()],
                status: "DRAINING".to_owned(),
            };
            let command = Command::UpdateContainerInstancesState(Box::new(call));
            if let Err(error) = self.step(now, Input::Command(command)) {
                let refused = ApiError {
                    at: now,
                    action: "updateContainerInstancesState".into(),
                    exception: error.exception.as_str().into(),
                    message: error.message.as_ref().into(),
                    tasks: error.tasks,
                };
                self.digest.take_error(&refused);
                self.record.take_error(refused);
            }
        }
        self.settle_world(now);
    }
}

/// What is wrong with the way an entry ended, by what it says of that.
fn problem(entry: &TimelineEntry, refusal: Option<&ApiError>) -> Option<String> {
    match (&entry.must_fail, refusal) {
        (None, None) => None,
        (None, Some(_)) if entry.may_fail => None,
        (None, Some(error)) => Some(format!("refused: {}: {}", error.exception, error.message)),
        (Some(MustFail { exception, .. }), None) => {
            Some(format!("was accepted, but must fail with {exception}"))
        }
        (Some(MustFail { exception, message }), Some(error)) => {
            let right = *error.exception == **exception
                && message.as_ref().is_none_or(|text| error.message.contains(text.as_str()));
            let wanted = match message {
                Some(message) => format!("{exception} with {message:?}"),
                None => exception.clone(),
            };
            (!right).then(|| {
                format!(
                    "must fail with {wanted}, but failed with {}: {}",
                    error.exception, error.message
                )
            })
        }
    }
}
