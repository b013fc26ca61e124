//! The names at the top of the read model, and how to get at what is below them.

use serde_json::Value;
use stowplan_engine::model::{
    CodeDeploymentId, InstanceId, ServiceDeploymentId, ServiceId, TaskDefinitionId, TaskId,
};

use super::code_deployment::CodeDeploymentShape;
use super::definition::DefinitionShape;
use super::deployment::ServiceDeploymentShape;
use super::instance::InstanceShape;
use super::log::{ApiErrorShape, EventShape, FailureShape, PlacementShape, StopShape, call};
use super::provider::{AssociatedProvider, ProviderShape};
use super::service::ServiceShape;
use super::shape::{Shape, object};
use super::task::TaskShape;
use super::{Clock, Moment, target_group};

/// Declares the roots by their names.
macro_rules! roots {
    ($($(#[$meta:meta])* $name:ident = $text:literal,)*) => {
        /// A name at the top of the read model.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Root {
            $($(#[$meta])* $name,)*
        }

        impl Root {
            /// Every root.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// A root by its name.
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

roots! {
    /// The time.
    Now = "now",
    /// By `family:revision`.
    TaskDefinitions = "taskDefinitions",
    /// Answers by the name they were given.
    Calls = "calls",
    /// By name.
    Services = "services",
    /// By service, newest first.
    ServiceDeployments = "serviceDeployments",
    /// CodeDeploy's.
    CodeDeployments = "codeDeployments",
    /// All of the run.
    Tasks = "tasks",
    /// By id.
    Instances = "instances",
    /// In order.
    Placements = "placements",
    /// In order.
    Stops = "stops",
    /// In order.
    PlacementFailures = "placementFailures",
    /// By name.
    CapacityProviders = "capacityProviders",
    /// By name.
    Alarms = "alarms",
    /// By service.
    ScalableTargets = "scalableTargets",
    /// In order.
    ScalingActivities = "scalingActivities",
    /// By name.
    TargetGroups = "targetGroups",
    /// By service.
    Requests = "requests",
    /// In order.
    Events = "events",
    /// In order.
    ApiErrors = "apiErrors",
    /// In US dollars.
    Cost = "cost",
}

/// What the state of a run consists of.
const STATE: &[Root] = &[
    Root::TaskDefinitions,
    Root::Services,
    Root::ServiceDeployments,
    Root::Tasks,
    Root::Instances,
    Root::CapacityProviders,
    Root::TargetGroups,
];

/// What a root holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RootKind {
    /// One value.
    Single,
    /// A list.
    List,
    /// A map by key.
    Map,
}

/// An object of the read model that is made field by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    /// A service.
    Service(ServiceId),
    /// A service deployment.
    ServiceDeployment(ServiceDeploymentId),
    /// A deployment of CodeDeploy.
    CodeDeployment(CodeDeploymentId),
    /// A task.
    Task(TaskId),
    /// A container instance.
    Instance(InstanceId),
    /// A revision of a task definition.
    Definition(TaskDefinitionId),
    /// A capacity provider of a cluster.
    Provider(AssociatedProvider),
    /// The n-th placement.
    Placement(usize),
    /// The n-th stop.
    Stop(usize),
    /// The n-th failure to place.
    Failure(usize),
    /// The n-th event.
    Event(usize),
    /// The n-th refused call.
    ApiError(usize),
}

/// What stands at a place of the read model.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// An object that is made field by field.
    Entity(Entity),
    /// Several of them.
    List(Vec<Entity>),
    /// A value as it is.
    Value(Value),
}

/// Runs `$body` with `$shape` as the shape of an entity.
macro_rules! with_shape {
    ($entity:expr, |$shape:ident, $id:ident| $body:expr) => {
        match $entity {
            Entity::Service($id) => {
                type $shape = ServiceShape;
                $body
            }
            Entity::ServiceDeployment($id) => {
                type $shape = ServiceDeploymentShape;
                $body
            }
            Entity::CodeDeployment($id) => {
                type $shape = CodeDeploymentShape;
                $body
            }
            Entity::Task($id) => {
                type $shape = TaskShape;
                $body
            }
            Entity::Instance($id) => {
                type $shape = InstanceShape;
                $body
            }
            Entity::Definition($id) => {
                type $shape = DefinitionShape;
                $body
            }
            Entity::Provider($id) => {
                type $shape = ProviderShape;
                $body
            }
            Entity::Placement($id) => {
                type $shape = PlacementShape;
                $body
            }
            Entity::Stop($id) => {
                type $shape = StopShape;
                $body
            }
            Entity::Failure($id) => {
                type $shape = FailureShape;
                $body
            }
            Entity::Event($id) => {
                type $shape = EventShape;
                $body
            }
            Entity::ApiError($id) => {
                type $shape = ApiErrorShape;
                $body
            }
        }
    };
}

impl Entity {
    /// Names of its fields, in order.
    pub fn fields(self) -> &'static [&'static str] {
        with_shape!(self, |S, _id| S::FIELDS)
    }

    /// One field; `None` when there is none of that name.
    pub fn field(self, moment: &Moment<'_>, name: &str) -> Option<Value> {
        with_shape!(self, |S, id| S::field(moment, id, name))
    }

    /// All of it.
    pub fn whole(self, moment: &Moment<'_>) -> Value {
        with_shape!(self, |S, id| S::object(moment, id))
    }
}

impl Node {
    /// All of it as JSON.
    pub fn into_value(self, moment: &Moment<'_>) -> Value {
        match self {
            Self::Entity(entity) => entity.whole(moment),
            Self::List(entities) => entities.into_iter().map(|e| e.whole(moment)).collect(),
            Self::Value(value) => value,
        }
    }
}

impl Root {
    pub(crate) fn kind(self) -> RootKind {
        match self {
            Self::Now | Self::Cost => RootKind::Single,
            Self::CodeDeployments
            | Self::Tasks
            | Self::Placements
            | Self::Stops
            | Self::PlacementFailures
            | Self::ScalingActivities
            | Self::Events
            | Self::ApiErrors => RootKind::List,
            Self::TaskDefinitions
            | Self::Calls
            | Self::Services
            | Self::ServiceDeployments
            | Self::Instances
            | Self::CapacityProviders
            | Self::Alarms
            | Self::ScalableTargets
            | Self::TargetGroups
            | Self::Requests => RootKind::Map,
        }
    }
}

impl Moment<'_> {
    /// A root that is no map: a list, or one value.
    pub fn root(&self, root: Root) -> Node {
        Node::List(match root {
            Root::Now => return Node::Value(self.time(self.now)),
            Root::Cost => return Node::Value(cost()),
            Root::CodeDeployments => {
                let positions = 0..self.engine.code_deployments().len();
                positions
                    .map(|it| Entity::CodeDeployment(CodeDeploymentId::from_index(it)))
                    .collect()
            }
            Root::Tasks => self.engine.tasks().iter().map(|task| Entity::Task(task.id)).collect(),
            Root::Placements => self.record.placements().kept().map(Entity::Placement).collect(),
            Root::Stops => self.record.stops().kept().map(Entity::Stop).collect(),
            Root::PlacementFailures => self.record.failures().kept().map(Entity::Failure).collect(),
            Root::Events => self.record.shown().kept().map(Entity::Event).collect(),
            Root::ApiErrors => self.record.api_errors().kept().map(Entity::ApiError).collect(),
            Root::ScalingActivities
            | Root::TaskDefinitions
            | Root::Calls
            | Root::Services
            | Root::ServiceDeployments
            | Root::Instances
            | Root::CapacityProviders
            | Root::Alarms
            | Root::ScalableTargets
            | Root::TargetGroups
            | Root::Requests => Vec::new(),
        })
    }

    /// Keys of a root that is a map, in order.
    pub fn keys(&self, root: Root) -> Vec<String> {
        match root {
            Root::TaskDefinitions => {
                self.engine.definitions().iter().map(|definition| definition.label()).collect()
            }
            Root::Calls => {
                let mut names: Vec<String> = Vec::new();
                for call in self.record.calls().iter() {
                    if let Some(name) = call.name.as_deref()
                        && !names.iter().any(|known| known == name)
                    {
                        names.push(name.to_owned());
                    }
                }
                names
            }
            Root::Services | Root::ServiceDeployments | Root::Requests => {
                let newest = self.engine.services().filter(|(id, service)| {
                    self.engine.find_service(service.cluster, &service.name) == Some(*id)
                });
                newest.map(|(_, service)| self.key(service.cluster, &service.name)).collect()
            }
            Root::Instances => {
                self.engine.instances().map(|(_, row)| self.key(row.cluster, &row.name)).collect()
            }
            Root::CapacityProviders => self
                .engine
                .clusters()
                .flat_map(|(id, cluster)| cluster.providers.iter().map(move |&p| (id, p)))
                .map(|(cluster, p)| self.key(cluster, &self.engine.provider(p).name))
                .collect(),
            Root::Alarms => self.engine.alarms().map(|alarm| alarm.name.to_string()).collect(),
            Root::TargetGroups => target_group::names(self),
            _ => Vec::new(),
        }
    }

    /// An entry of a root that is a map.
    pub fn entry(&self, root: Root, key: &str) -> Option<Node> {
        match root {
            Root::TaskDefinitions => {
                let found = key.contains(':').then(|| self.engine.find_definition(key))?;
                Some(Node::Entity(Entity::Definition(found?)))
            }
            Root::Calls => Some(Node::Value(call(self, self.record.call(key)?))),
            Root::Services => Some(Node::Entity(Entity::Service(self.service(key)?))),
            Root::ServiceDeployments => {
                let records = &self.engine.service(self.service(key)?).records;
                let newest_first = records.iter().rev().map(|&r| Entity::ServiceDeployment(r));
                Some(Node::List(newest_first.collect()))
            }
            Root::Instances => {
                let (cluster, name) = self.parse_key(key)?;
                let found = self.engine.find_instance(cluster, name)?;
                (*self.engine.instance(found).name == *name)
                    .then_some(Node::Entity(Entity::Instance(found)))
            }
            Root::CapacityProviders => {
                let (cluster, name) = self.parse_key(key)?;
                let associated = &self.engine.cluster(cluster).providers;
                let found = associated.iter().find(|&&p| *self.engine.provider(p).name == *name)?;
                Some(Node::Entity(Entity::Provider((cluster, *found))))
            }
            Root::Alarms => {
                let alarm = self.engine.alarm(key)?;
                Some(Node::Value(object([
                    ("state", alarm.state.as_str().into()),
                    ("changedAt", self.time(alarm.changed_at)),
                ])))
            }
            Root::TargetGroups => Some(Node::Value(target_group::by_name(self, key)?)),
            Root::Requests => self.service(key).map(|_| Node::Value(requests())),
            _ => None,
        }
    }

    /// Everything under a root, as JSON.
    pub fn whole(&self, root: Root) -> Value {
        match root.kind() {
            RootKind::Single | RootKind::List => self.root(root).into_value(self),
            RootKind::Map => {
                let entry = |key: String| {
                    let value = self.entry(root, &key).map(|node| node.into_value(self));
                    (key, value.unwrap_or(Value::Null))
                };
                Value::Object(self.keys(root).into_iter().map(entry).collect())
            }
        }
    }

    /// What there is at the end of a run: objects of the API, with RFC 3339 times.
    pub fn state(&self) -> Value {
        let calendar = self.with_clock(Clock::Calendar);
        let one = |root: Root| (root.as_str().to_owned(), calendar.whole(root));
        Value::Object(STATE.iter().copied().map(one).collect())
    }

    /// A service by its key.
    pub fn service(&self, key: &str) -> Option<ServiceId> {
        let (cluster, name) = self.parse_key(key)?;
        let found = self.engine.find_service(cluster, name)?;
        (*self.engine.service(found).name == *name).then_some(found)
    }
}

/// Without a load model nothing is known of requests.
fn requests() -> Value {
    object([("total", Value::Null), ("failed", Value::Null), ("byRevision", object([]))])
}

/// Without price tables nothing is known of cost.
fn cost() -> Value {
    object([
        ("total", Value::Null),
        ("ec2", Value::Null),
        ("fargate", Value::Null),
        ("byProvider", object([])),
        ("byService", object([])),
    ])
}
