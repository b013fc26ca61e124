//! Clusters from a seed: how many instances in how many zones, how uneven, how full. Equal
//! parameters give equal clusters on every machine; nothing but the engine's own generator is
//! drawn from.

use std::fmt;

use stowplan_engine::Engine;
use stowplan_engine::api::input::{
    ContainerDefinition, HealthCheck, PortMapping, RegisterTaskDefinition,
};
use stowplan_engine::api::{Answer, EngineConfig, GivenTask, Input, Quotas, Setup};
use stowplan_engine::catalogue::{InstanceType, instance_type};
use stowplan_engine::model::{
    Attribute, Capabilities, ClusterId, DefinitionStatus, DesiredStatus, Held, InstanceId,
    InstanceStatus, LaunchType, Market, PortSet, Registration, TaskDefinitionId, TaskStatus, Time,
};
use stowplan_engine::rng::{Rng, Stream};

/// The group that has tasks on many instances already; tasks of it are what the benches place.
pub const WEB_GROUP: &str = "web";
/// The custom attribute that tells half of the instances from the others.
pub const TIER: &str = "tier";

const TYPES: [&str; 4] = ["m5.xlarge", "m5.2xlarge", "c5.2xlarge", "r5.xlarge"];
const TIERS: [&str; 3] = ["front", "back", "batch"];
const DEFINITIONS: usize = 20;
/// CPU units of a task: one of these, each as likely as the others.
const TASK_CPU: [u32; 9] = [128, 256, 256, 512, 512, 1024, 1024, 2048, 4096];
/// MiB for each CPU unit, with how likely that is in percent.
const MEMORY_FACTORS: [(u32, u64); 4] = [(1, 25), (2, 35), (4, 25), (8, 15)];

/// How many of a kind there are, by its rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skew {
    /// As many of each.
    Even,
    /// Of the n-th kind one n-th as many as of the first.
    Steep,
}

/// What a cluster is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterShape {
    /// Where all draws come from.
    pub seed: u64,
    /// Container instances.
    pub instances: u32,
    /// Availability zones, 1 to 26.
    pub zones: usize,
    /// How uneven zones, instance types and task sizes are.
    pub skew: Skew,
    /// CPU reserved by tasks that are there: percent of an instance, on average. An instance has
    /// up to 25 points more or less.
    pub fill_percent: u32,
    /// Launches that a service gets in a rolling minute.
    pub launches_per_minute: u32,
}

impl ClusterShape {
    /// An uneven cluster in three zones, some 60 percent full.
    pub fn busy(instances: u32) -> Self {
        Self {
            seed: 42,
            instances,
            zones: 3,
            skew: Skew::Steep,
            fill_percent: 60,
            ..Self::empty(instances)
        }
    }

    /// An even and empty cluster in three zones.
    pub fn empty(instances: u32) -> Self {
        let launches_per_minute = EngineConfig::default().launches_per_minute;
        let (skew, fill_percent) = (Skew::Even, 0);
        Self { seed: 42, instances, zones: 3, skew, fill_percent, launches_per_minute }
    }

    /// The cluster with its instances and running tasks, and nothing left to drain.
    pub fn build(&self) -> Workload {
        let config = EngineConfig {
            launches_per_minute: self.launches_per_minute,
            quotas: Quotas {
                instances_per_cluster: u32::MAX,
                tasks_per_service: u32::MAX,
                services_per_cluster: u32::MAX,
                ..Quotas::default()
            },
            ..EngineConfig::default()
        };
        let engine = Engine::new(config, self.seed).expect("the configuration is valid");
        let mut workload = Workload { engine, cluster: ClusterId::new(0) };
        let mut rng = Rng::for_key(self.seed, Stream::Placement, "bench/cluster");
        let zones: Vec<Box<str>> =
            ('a'..='z').take(self.zones).map(|z| format!("us-east-1{z}").into()).collect();
        workload.set_up(Setup::Cluster {
            name: "bench".into(),
            region: "us-east-1".into(),
            zones: zones.clone(),
            subnets: Vec::new(),
            settings: Vec::new(),
        });
        let definitions = self.define_tasks(&mut workload, &mut rng);
        for _ in 0..self.instances {
            let zone = &zones[self.draw(&mut rng, zones.len())];
            let known = instance_type(TYPES[self.draw(&mut rng, TYPES.len())])
                .expect("the types are in the catalogue");
            let instance = workload.register(registration(&mut rng, zone, known));
            self.fill(&mut workload, &mut rng, instance, &definitions);
        }
        while workload.engine.poll_output().is_some() {}
        workload
    }

    /// Position of one of `kinds`.
    fn draw(&self, rng: &mut Rng, kinds: usize) -> usize {
        match self.skew {
            Skew::Even => rng.pick(kinds),
            Skew::Steep => {
                let weights: Vec<u64> = (1..=kinds as u64).map(|rank| 1000 / rank).collect();
                weighted(rng, &weights)
            }
        }
    }

    fn define_tasks(&self, workload: &mut Workload, rng: &mut Rng) -> Vec<TaskDefinitionId> {
        let mut define = |number: usize| {
            let cpu = TASK_CPU[rng.pick(TASK_CPU.len())];
            let factor = MEMORY_FACTORS[weighted(rng, &MEMORY_FACTORS.map(|(_, likely)| likely))].0;
            let size = TaskSize { cpu, memory: (cpu * factor).clamp(256, 24_576) };
            workload.define(task_definition(&format!("job-{number:02}"), size))
        };
        (0..DEFINITIONS).map(&mut define).collect()
    }

    /// Puts tasks on an instance until it is as full as it is to be.
    fn fill(
        &self,
        workload: &mut Workload,
        rng: &mut Rng,
        instance: InstanceId,
        definitions: &[TaskDefinitionId],
    ) {
        if self.fill_percent == 0 {
            return;
        }
        let percent = rng.uniform(0, 50) + u64::from(self.fill_percent.clamp(25, 75)) - 25;
        let registered = u64::from(workload.engine.view().instance(instance).registered_cpu);
        let left = registered - registered * percent / 100;
        // The draws that do not fit are part of the stream: their number is bounded all the same.
        for _ in 0..4 * DEFINITIONS {
            let view = workload.engine.view();
            let free = view.instance_free(instance);
            let definition = definitions[self.draw(rng, definitions.len())];
            let demand = &view.definition(definition).demand;
            if u64::from(free.cpu) <= left {
                break;
            }
            if u64::from(free.cpu - left as u32) >= u64::from(demand.cpu)
                && free.memory >= demand.memory
            {
                let group = (rng.pick(8) == 0).then_some(WEB_GROUP);
                workload.run_already(instance, definition, group);
            }
        }
    }
}

/// What a task reserves, or an instance has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskSize {
    /// CPU units.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
}

impl fmt::Display for ClusterShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::grouped(self.instances))
    }
}

/// An engine with one cluster in it.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The engine.
    pub engine: Engine,
    /// Its only cluster.
    pub cluster: ClusterId,
}

impl Workload {
    /// Takes in a fact of time 0.
    ///
    /// # Panics
    ///
    /// When it is refused: the workload would not be the one that was asked for.
    pub fn set_up(&mut self, setup: Setup) -> Answer {
        self.engine.step(Time::ZERO, Input::Setup(setup)).expect("the workload is valid")
    }

    /// Registers a task definition.
    pub fn define(&mut self, input: RegisterTaskDefinition) -> TaskDefinitionId {
        let status = DefinitionStatus::Active;
        let registered_at = Time::ZERO;
        let input = Box::new(input);
        match self.set_up(Setup::TaskDefinition { input, revision: None, status, registered_at }) {
            Answer::TaskDefinition(definition) => definition,
            other => unreachable!("a task definition answers with its id, not with {other:?}"),
        }
    }

    /// Registers an instance.
    pub fn register(&mut self, registration: Registration) -> InstanceId {
        let (cluster, registration) = (self.cluster, Box::new(registration));
        match self.set_up(Setup::Instance { cluster, registration }) {
            Answer::Instances(instances, _) => instances[0],
            other => unreachable!("an instance answers with its id, not with {other:?}"),
        }
    }

    fn run_already(
        &mut self,
        instance: InstanceId,
        definition: TaskDefinitionId,
        group: Option<&str>,
    ) {
        self.set_up(Setup::Task(Box::new(GivenTask {
            cluster: self.cluster,
            name: None,
            definition,
            service: None,
            group: group.map(Into::into),
            started_by: None,
            instance: Some(instance),
            zone: None,
            subnet: None,
            provider: None,
            launch_type: LaunchType::Ec2,
            last_status: TaskStatus::Running,
            desired_status: DesiredStatus::Running,
            health: None,
            created_at: Time::ZERO,
            started_at: Some(Time::ZERO),
            protected_until: None,
            overrides: None,
        })));
    }
}

/// A task of one container, in bridge mode without ports.
pub fn task_definition(family: &str, size: TaskSize) -> RegisterTaskDefinition {
    RegisterTaskDefinition {
        family: family.into(),
        container_definitions: vec![ContainerDefinition {
            name: "app".into(),
            image: "app".into(),
            cpu: Some(i64::from(size.cpu)),
            memory: Some(i64::from(size.memory)),
            ..ContainerDefinition::default()
        }],
        ..RegisterTaskDefinition::default()
    }
}

/// The same with a health check in its container.
pub fn checked_task_definition(family: &str, size: TaskSize) -> RegisterTaskDefinition {
    let mut input = task_definition(family, size);
    input.container_definitions[0].health_check = Some(HealthCheck {
        command: vec!["CMD-SHELL".into(), "true".into()],
        ..HealthCheck::default()
    });
    input
}

/// A port of a container, on whatever port of the instance is free.
pub fn port(number: i64) -> PortMapping {
    PortMapping { container_port: Some(number), ..PortMapping::default() }
}

/// A current Linux instance. Its id is drawn, so that the order of ids is not that of
/// registration.
fn registration(rng: &mut Rng, zone: &str, known: InstanceType) -> Registration {
    let tier = TIERS[rng.pick(TIERS.len())];
    let name = format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64());
    let attributes = vec![Attribute { name: TIER.into(), value: Some(tier.into()) }];
    let size = TaskSize { cpu: known.registered_cpu(), memory: known.registered_memory() };
    Registration {
        ec2_instance_id: Some(format!("i-0{:016x}", rng.next_u64()).into()),
        instance_type: Some(known.to_string().into()),
        ..instance(&name, zone, size, attributes)
    }
}

/// A current Linux instance of no particular type.
pub fn instance(
    name: &str,
    zone: &str,
    size: TaskSize,
    attributes: Vec<Attribute>,
) -> Registration {
    Registration {
        name: name.into(),
        ec2_instance_id: None,
        instance_type: None,
        zone: zone.into(),
        vpc: "vpc-0".into(),
        status: InstanceStatus::Active,
        agent_connected: true,
        agent_version: None,
        registered_at: None,
        attributes,
        capabilities: Capabilities::CurrentAgent { without: Vec::new() },
        auto_scaling_group: None,
        market: Market::OnDemand,
        cpu: size.cpu,
        memory: size.memory,
        gpus: 0,
        eni_limit: None,
        trunk_enis: None,
        reserved_ports: PortSet::reserved_on_linux(),
        held: Held::default(),
    }
}

/// Position of a draw by weight.
pub(crate) fn weighted(rng: &mut Rng, weights: &[u64]) -> usize {
    let total: u64 = weights.iter().sum();
    let mut drawn = rng.uniform(0, total - 1);
    for (position, &weight) in weights.iter().enumerate() {
        if drawn < weight {
            return position;
        }
        drawn -= weight;
    }
    unreachable!("a draw below the total falls to some weight")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shapes_give_equal_clusters_and_other_seeds_others() {
        let shape = ClusterShape::busy(20);
        let hash = |shape: ClusterShape| shape.build().engine.state_hash();
        assert_eq!(hash(shape), hash(shape));
        assert_ne!(hash(shape), hash(ClusterShape { seed: 43, ..shape }));
    }

    #[test]
    fn a_busy_cluster_is_as_full_as_it_says_and_uneven_over_zones() {
        let engine = ClusterShape::busy(150).build().engine;
        let view = engine.view();
        let sum = |cpu: &dyn Fn(InstanceId) -> u32| -> u64 {
            view.instances().map(|(id, _)| u64::from(cpu(id))).sum()
        };
        let registered = sum(&|id| view.instance(id).registered_cpu);
        let used = registered - sum(&|id| view.instance_free(id).cpu);
        let percent = used * 100 / registered;
        assert!((45..=65).contains(&percent), "{percent} percent of the CPU is reserved");
        let in_zone = |name: &str| {
            view.instances().filter(|(_, row)| view.zone_name(row.zone) == name).count()
        };
        assert!(in_zone("us-east-1a") > 2 * in_zone("us-east-1c"));
        assert!(view.tasks().iter().any(|task| view.group_name(task.group) == WEB_GROUP));
    }

    #[test]
    fn an_empty_cluster_has_no_tasks() {
        let engine = ClusterShape::empty(10).build().engine;
        assert!(engine.view().tasks().is_empty());
        assert_eq!(engine.view().instances().count(), 10);
    }
}
