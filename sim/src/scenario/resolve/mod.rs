//! From what a document says to what a run does: names become ids, letters become zones, and what
//! nobody gives has the specification's default.
//!
//! Ids are the engine's: dense, in order of creation, the predefined capacity providers first. So
//! the setup is a list of plain inputs that can be given to any fresh engine.

mod alarms;
mod clusters;
mod code_deploy;
mod definitions;
mod groups;
mod held;
mod instances;
mod machine;
mod networks;
mod plan;
mod references;
mod services;
mod tasks;
mod timeline;

use stowplan_engine::api::{Command, Input, Setup};
use stowplan_engine::model::{ServiceId, Time};

pub use plan::{
    Action, AddedInstance, Plan, PlannedInstance, SetupStep, TimelineEntry, WorldAction,
};

use super::{Scenario, Start, at::Origin};
use crate::document::{DocumentError, Node};
use crate::world::{LoadBalancerKind, WorldConfig};
use clusters::ClusterPlan;
use definitions::DefinitionPlan;
use instances::InstancePlan;
use services::ServicePlan;
use tasks::TaskPlan;

/// When what was there long before the run began to be there: a day before time 0.
const LONG_AGO: Time = Time::from_secs(-86_400);

/// Everything that is given, with its names resolved.
struct Resolved<'s> {
    scenario: &'s Scenario,
    clusters: Vec<ClusterPlan>,
    definitions: Vec<DefinitionPlan>,
    instances: Vec<InstancePlan>,
    services: Vec<ServicePlan>,
    tasks: Vec<TaskPlan>,
}

impl Resolved<'_> {
    fn document(&self) -> &Node {
        &self.scenario.document
    }

    fn error(&self, origin: &Origin, message: impl Into<String>) -> DocumentError {
        origin.error(self.document(), message)
    }

    /// Says where an error is about.
    fn at(&self, origin: &Origin, error: DocumentError) -> DocumentError {
        error.at(origin.path(), origin.place(self.document()))
    }

    fn step(&self, input: Input, origin: &Origin) -> SetupStep {
        SetupStep { input, source: origin.source(self.document()) }
    }
}

pub(super) fn plan(scenario: &Scenario) -> Result<Plan, DocumentError> {
    let mut resolved = Resolved {
        scenario,
        clusters: Vec::new(),
        definitions: Vec::new(),
        instances: Vec::new(),
        services: Vec::new(),
        tasks: Vec::new(),
    };
    clusters::resolve(&mut resolved)?;
    definitions::resolve(&mut resolved)?;
    instances::resolve(&mut resolved)?;
    services::resolve(&mut resolved)?;
    tasks::resolve(&mut resolved)?;
    held::settle(&mut resolved)?;
    networks::give_instances_theirs(&mut resolved);
    let given_addresses = networks::given_addresses(&resolved)?;
    references::check_target_groups(&resolved)?;
    references::check_registries(&resolved)?;
    references::check_alarms(&resolved)?;
    let alarms = alarms::on_metrics(&resolved)?;
    let deployment_groups = code_deploy::steps(&resolved)?;
    references::check_behavior(&resolved)?;
    let timeline = timeline::resolve(&resolved)?;
    let steady = scenario.start == Start::Steady;
    Ok(Plan {
        title: scenario.title(),
        config: scenario.tunables.engine.clone(),
        seed: scenario.seed,
        until: scenario.until,
        setup: {
            let mut steps = setup(&resolved, steady)?;
            steps.extend(deployment_groups);
            steps
        },
        opening: if steady { Vec::new() } else { opening(&resolved) },
        instances: resolved.instances.iter().enumerate().map(planned).collect(),
        world: WorldConfig {
            behavior: scenario.behavior.clone(),
            target_groups: scenario.target_groups.iter().map(|(group, _)| group.clone()).collect(),
            registries: scenario.registries.iter().map(|(one, _)| one.clone()).collect(),
            functions: scenario.functions.clone(),
            images: scenario.images.clone(),
            group_agents: groups::agents(&resolved)?,
            networks: networks::all(&resolved),
            routes: networks::routes(&resolved),
            given_addresses,
            ..scenario.tunables.world.clone()
        },
        alarms,
        timeline,
        expect: scenario.expect.clone(),
    })
}

fn planned((index, instance): (usize, &InstancePlan)) -> PlannedInstance {
    PlannedInstance {
        instance: stowplan_engine::model::InstanceId::from_index(index),
        agent: instance.agent.clone(),
    }
}

/// Clusters and what belongs to them, definitions, instances, services, tasks: the order in which
/// the engine takes facts.
fn setup(resolved: &Resolved<'_>, steady: bool) -> Result<Vec<SetupStep>, DocumentError> {
    let mut steps = clusters::steps(resolved)?;
    let groups = resolved.scenario.target_groups.iter();
    let networks = groups.filter(|(group, _)| group.kind == LoadBalancerKind::Network);
    steps.extend(networks.map(|(group, at)| {
        resolved.step(Input::Setup(Setup::NetworkGroup(group.name.clone())), at)
    }));
    let alarms = resolved.scenario.alarms.iter();
    steps.extend(alarms.map(|(alarm, at)| resolved.step(Input::Setup(alarm.setup()), at)));
    let groups = resolved.scenario.target_groups.iter();
    steps.extend(groups.filter_map(|(group, at)| Some(resolved.step(group.setup()?, at))));
    let registries = resolved.scenario.registries.iter();
    steps.extend(registries.map(|(registry, at)| resolved.step(registry.setup(), at)));
    steps.extend(definitions::steps(resolved));
    steps.extend(instances::steps(resolved));
    if steady {
        steps.extend(resolved.services.iter().map(|service| {
            let input = Setup::Service {
                input: Box::new(service.input.clone()),
                deployments: service.deployments.clone(),
                created_at: service.created_at,
            };
            resolved.step(Input::Setup(input), &service.origin)
        }));
    }
    steps.extend(resolved.tasks.iter().map(|task| {
        resolved.step(Input::Setup(Setup::Task(Box::new(task.given.clone()))), &task.origin)
    }));
    if steady {
        steps.extend(fills(resolved));
    }
    Ok(steps)
}

/// A service without given tasks gets as many as it wants, services in listed order.
fn fills<'r>(resolved: &'r Resolved<'_>) -> impl Iterator<Item = SetupStep> + 'r {
    let empty = resolved.services.iter().enumerate().filter(|(_, service)| !service.has_tasks);
    empty.map(|(index, service)| {
        let service_id = ServiceId::from_index(index);
        let fill = Setup::Fill { service: service_id, running_since: LONG_AGO };
        resolved.step(Input::Setup(fill), &service.origin)
    })
}

/// The services of an empty start are created at time 0, in listed order.
fn opening(resolved: &Resolved<'_>) -> Vec<SetupStep> {
    let create = |service: &ServicePlan| {
        let command = Command::CreateService(Box::new(service.input.clone()));
        resolved.step(Input::Command(command), &service.origin)
    };
    resolved.services.iter().map(create).collect()
}
