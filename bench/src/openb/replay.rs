//! The replay by the engine: RunTask when a pod comes, StopTask and the agent's report when it
//! goes.

use std::collections::BTreeMap;

use stowplan_engine::api::input::{RegisterTaskDefinition, ResourceRequirement};
use stowplan_engine::api::{Answer, Input, Report, TaskChange};
use stowplan_engine::model::{Attribute, InstanceId, Registration, TaskId, TaskStatus, Time};

use super::{Happening, Node, Trace};
use crate::calls::{binpack_memory, member_of, run_task, stop_task};
use crate::workload::{ClusterShape, TaskSize, Workload, instance, task_definition};

/// The attribute that names the kind of a node's GPUs.
const MODEL: &str = "gpu-model";

/// An engine with the trace's nodes, and all that is to be done.
#[derive(Clone, Debug)]
pub struct Replay {
    workload: Workload,
    steps: Vec<(Happening, Option<Input>)>,
    instances: BTreeMap<InstanceId, usize>,
    tasks: Vec<Option<TaskId>>,
}

impl Replay {
    /// The nodes registered, the calls prepared.
    pub fn new(trace: &Trace) -> Self {
        let mut workload = ClusterShape::empty(0).build();
        for (size, family) in trace.sizes() {
            workload.define(definition(&family, size));
        }
        let mut instances = BTreeMap::new();
        for (position, node) in trace.nodes.iter().enumerate() {
            instances.insert(workload.register(registration(node)), position);
        }
        while workload.engine.poll_output().is_some() {}
        let sizes = trace.sizes();
        let strategy = [binpack_memory()];
        let step = |happening| match happening {
            Happening::Goes(_) => (happening, None),
            Happening::Comes(pod) => {
                let pod = &trace.pods[pod];
                let kinds = pod.models.join(", ");
                let wanted = (!pod.models.is_empty())
                    .then(|| member_of(&format!("attribute:{MODEL} in [{kinds}]")));
                let family = &sizes[&pod.size()];
                (happening, Some(run_task(family, family, &strategy, wanted.as_slice())))
            }
        };
        let steps = trace.happenings().into_iter().map(step).collect();
        Self { workload, steps, instances, tasks: vec![None; trace.pods.len()] }
    }

    /// Does all of it.
    ///
    /// # Panics
    ///
    /// If a call is refused: the trace has none that would be.
    pub fn run(&mut self) {
        let engine = &mut self.workload.engine;
        for (happening, input) in std::mem::take(&mut self.steps) {
            match (happening, input) {
                (Happening::Comes(pod), Some(input)) => {
                    let answer = engine.step(Time::ZERO, input).expect("the call is valid");
                    if let Answer::Tasks(tasks, _) = answer {
                        self.tasks[pod] = tasks.first().copied();
                    }
                }
                (Happening::Goes(pod) | Happening::Comes(pod), _) => {
                    let Some(task) = self.tasks[pod] else { continue };
                    let call = stop_task(engine.view().task_name(task));
                    engine.step(Time::ZERO, call).expect("the task is there");
                    let change = TaskChange::Status(TaskStatus::Stopped, None);
                    let report = Input::Report(Report::Task(task, change));
                    engine.step(Time::ZERO, report).expect("a report is never refused");
                }
            }
            while engine.poll_output().is_some() {}
        }
    }

    /// For each pod the position of its node, as far as the replay is done.
    pub fn allocation(&self) -> Vec<Option<usize>> {
        let view = self.workload.engine.view();
        let place = |task: &TaskId| view.task(*task).instance.map(|it| self.instances[&it]);
        self.tasks.iter().map(|task| task.as_ref().and_then(place)).collect()
    }
}

fn definition(family: &str, (cpu, memory, gpus): (u32, u32, u32)) -> RegisterTaskDefinition {
    let mut input = task_definition(family, TaskSize { cpu, memory });
    if gpus > 0 {
        let (kind, value) = ("GPU".into(), gpus.to_string());
        input.container_definitions[0].resource_requirements =
            vec![ResourceRequirement { kind, value, sharing_strategy: None }];
    }
    input
}

fn registration(node: &Node) -> Registration {
    let attributes = node.model.iter();
    let attributes = attributes
        .map(|model| Attribute { name: MODEL.into(), value: Some(model.as_str().into()) })
        .collect();
    let size = TaskSize { cpu: node.cpu, memory: node.memory };
    Registration { gpus: node.gpus, ..instance(&node.name, "us-east-1a", size, attributes) }
}
