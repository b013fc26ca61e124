//! The calls that only look: describe and list.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use stowplan_engine::api::{CommandError, Exception};
use stowplan_engine::model::{ClusterId, ControllerType, DeploymentId, ServiceDeploymentId};

use super::Moment;
use super::answer::missing;
use super::definition;
use super::deployment::{RevisionShape, ServiceDeploymentShape};
use super::discovery;
use super::instance::InstanceShape;
use super::list;
use super::provider::{ClusterShape, DescribedProviderShape};
use super::service::ServiceShape;
use super::shape::{Shape, object};
use super::task::{TaskShape, is_described};
use super::task_set::TaskSetShape;

/// Declares the inputs of the calls that only look.
macro_rules! queries {
    ($($(#[$meta:meta])* $name:ident = $action:literal { $($field:ident: $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
            #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
            pub struct $name {
                $(pub(crate) $field: $type,)*
            }
        )*

        /// A call that only looks.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Query {
            $($(#[$meta])* $name($name),)*
        }

        impl Query {
            /// Names of all operations as the scenario format spells them.
            pub const ACTIONS: &'static [&'static str] = &[$($action),*];

            /// The operation's name, lowerCamelCase.
            pub const fn action(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $action,)*
                }
            }

            /// Reads the input of a named operation; `None` when there is no such operation.
            pub fn read<'de, D: serde::Deserializer<'de>>(
                action: &str,
                input: D,
            ) -> Option<Result<Self, D::Error>> {
                match action {
                    $($action => Some($name::deserialize(input).map(Self::$name)),)*
                    _ => None,
                }
            }
        }
    };
}

queries! {
    /// DescribeTasks: up to 100.
    DescribeTasks = "describeTasks" {
        cluster: Option<String>, tasks: Vec<String>, include: Vec<String>,
    }
    /// DescribeServices: up to 10.
    DescribeServices = "describeServices" {
        cluster: Option<String>, services: Vec<String>, include: Vec<String>,
    }
    /// DescribeClusters: up to 100; all of them without names.
    DescribeClusters = "describeClusters" { clusters: Vec<String>, include: Vec<String>, }
    /// DescribeContainerInstances: up to 100.
    DescribeContainerInstances = "describeContainerInstances" {
        cluster: Option<String>, container_instances: Vec<String>, include: Vec<String>,
    }
    /// DescribeTaskDefinition.
    DescribeTaskDefinition = "describeTaskDefinition" {
        task_definition: String, include: Vec<String>,
    }
    /// DescribeCapacityProviders: all of them without names.
    DescribeCapacityProviders = "describeCapacityProviders" {
        capacity_providers: Vec<String>, cluster: Option<String>, include: Vec<String>,
        max_results: Option<i64>, next_token: Option<String>,
    }
    /// DescribeTaskSets: all of the service without names.
    DescribeTaskSets = "describeTaskSets" {
        cluster: Option<String>, service: String, task_sets: Vec<String>, include: Vec<String>,
    }
    /// DescribeServiceDeployments: up to 20 (03 section 10.4).
    DescribeServiceDeployments = "describeServiceDeployments" {
        service_deployment_arns: Vec<String>,
    }
    /// DescribeServiceRevisions: up to 20 (03 section 10.4).
    DescribeServiceRevisions = "describeServiceRevisions" { service_revision_arns: Vec<String>, }
    /// DiscoverInstances of Cloud Map (02 section 5.3).
    DiscoverInstances = "discoverInstances" {
        namespace_name: String, service_name: String, max_results: Option<i64>,
        query_parameters: BTreeMap<String, String>, optional_parameters: BTreeMap<String, String>,
        health_status: Option<String>,
    }
    /// ListClusters.
    ListClusters = "listClusters" { max_results: Option<i64>, next_token: Option<String>, }
    /// ListTasks.
    ListTasks = "listTasks" {
        cluster: Option<String>, container_instance: Option<String>, family: Option<String>,
        started_by: Option<String>, service_name: Option<String>, desired_status: Option<String>,
        launch_type: Option<String>, max_results: Option<i64>, next_token: Option<String>,
    }
    /// ListServices.
    ListServices = "listServices" {
        cluster: Option<String>, launch_type: Option<String>, scheduling_strategy: Option<String>,
        max_results: Option<i64>, next_token: Option<String>,
    }
    /// ListContainerInstances, with the cluster query language.
    ListContainerInstances = "listContainerInstances" {
        cluster: Option<String>, filter: Option<String>, status: Option<String>,
        max_results: Option<i64>, next_token: Option<String>,
    }
    /// ListTaskDefinitions.
    ListTaskDefinitions = "listTaskDefinitions" {
        family_prefix: Option<String>, status: Option<String>, sort: Option<String>,
        max_results: Option<i64>, next_token: Option<String>,
    }
    /// ListTaskDefinitionFamilies.
    ListTaskDefinitionFamilies = "listTaskDefinitionFamilies" {
        family_prefix: Option<String>, status: Option<String>,
        max_results: Option<i64>, next_token: Option<String>,
    }
    /// ListAttributes.
    ListAttributes = "listAttributes" {
        cluster: Option<String>, target_type: Option<String>, attribute_name: Option<String>,
        attribute_value: Option<String>, max_results: Option<i64>, next_token: Option<String>,
    }
    /// ListServiceDeployments (03 section 10.4).
    ListServiceDeployments = "listServiceDeployments" {
        cluster: Option<String>, service: String, status: Vec<String>,
        max_results: Option<i64>, next_token: Option<String>,
    }
}

impl Query {
    /// The answer at a moment, or the refusal.
    pub fn answer(&self, moment: &Moment<'_>) -> Result<Value, CommandError> {
        match self {
            Self::DescribeTasks(input) => tasks(moment, input),
            Self::DescribeServices(input) => services(moment, input),
            Self::DescribeClusters(input) => clusters(moment, input),
            Self::DescribeContainerInstances(input) => instances(moment, input),
            Self::DescribeTaskDefinition(input) => task_definition(moment, input),
            Self::DescribeCapacityProviders(input) => providers(moment, input),
            Self::DescribeTaskSets(input) => task_sets(moment, input),
            Self::DescribeServiceDeployments(input) => service_deployments(moment, input),
            Self::DescribeServiceRevisions(input) => service_revisions(moment, input),
            Self::DiscoverInstances(input) => discovery::discover(moment, input),
            Self::ListClusters(input) => list::clusters(moment, input),
            Self::ListTasks(input) => list::tasks(moment, input),
            Self::ListServices(input) => list::services(moment, input),
            Self::ListContainerInstances(input) => list::instances(moment, input),
            Self::ListTaskDefinitions(input) => list::definitions(moment, input),
            Self::ListTaskDefinitionFamilies(input) => list::families(moment, input),
            Self::ListAttributes(input) => list::attributes(moment, input),
            Self::ListServiceDeployments(input) => list::service_deployments(moment, input),
        }
    }
}

/// The cluster of a call.
pub(super) fn cluster(moment: &Moment<'_>, name: Option<&str>) -> Result<ClusterId, CommandError> {
    moment
        .engine
        .find_cluster(name)
        .ok_or_else(|| CommandError::new(Exception::ClusterNotFoundException, "Cluster not found."))
}

/// Between 1 and so many things may be asked for.
fn limit(what: &str, asked: usize, most: usize) -> Result<(), CommandError> {
    if asked == 0 {
        return Err(CommandError::invalid(format!("{what} cannot be empty.")));
    }
    at_most(what, asked, most)
}

fn at_most(what: &str, asked: usize, most: usize) -> Result<(), CommandError> {
    if asked > most {
        let text = format!("{what} must have length less than or equal to {most}.");
        return Err(CommandError::invalid(text));
    }
    Ok(())
}

/// Splits what was asked for into what is there, as its object, and what is not.
fn described<Id>(
    list: &'static str,
    asked: &[String],
    find: impl Fn(&str) -> Option<Id>,
    show: impl Fn(Id) -> Value,
) -> Value {
    let (mut found, mut absent) = (Vec::new(), Vec::new());
    for name in asked {
        match find(name) {
            Some(id) => found.push(show(id)),
            None => absent.push(name.clone()),
        }
    }
    object([(list, Value::Array(found)), ("failures", missing(absent))])
}

fn tasks(moment: &Moment<'_>, input: &DescribeTasks) -> Result<Value, CommandError> {
    let cluster = cluster(moment, input.cluster.as_deref())?;
    limit("Tasks", input.tasks.len(), 100)?;
    let find = |name: &str| {
        let task = moment.engine.find_task(name)?;
        let is_here = moment.engine.task(task).cluster == cluster;
        (is_here && is_described(moment, task)).then_some(task)
    };
    Ok(described("tasks", &input.tasks, find, |task| TaskShape::object(moment, task)))
}

fn services(moment: &Moment<'_>, input: &DescribeServices) -> Result<Value, CommandError> {
    let cluster = cluster(moment, input.cluster.as_deref())?;
    limit("Services", input.services.len(), 10)?;
    let find = |name: &str| moment.engine.find_service(cluster, name);
    Ok(described("services", &input.services, find, |s| ServiceShape::object(moment, s)))
}

fn clusters(moment: &Moment<'_>, input: &DescribeClusters) -> Result<Value, CommandError> {
    at_most("Clusters", input.clusters.len(), 100)?;
    let default = [moment.engine.find_cluster(None)];
    let show = |cluster| ClusterShape::object(moment, cluster);
    if input.clusters.is_empty() {
        let all = default.into_iter().flatten().map(show).collect();
        return Ok(object([("clusters", all), ("failures", missing([]))]));
    }
    let find = |name: &str| moment.engine.find_cluster(Some(name));
    Ok(described("clusters", &input.clusters, find, show))
}

fn instances(
    moment: &Moment<'_>,
    input: &DescribeContainerInstances,
) -> Result<Value, CommandError> {
    let cluster = cluster(moment, input.cluster.as_deref())?;
    limit("Container instances", input.container_instances.len(), 100)?;
    let find = |name: &str| moment.engine.find_instance(cluster, name);
    let show = |instance| InstanceShape::object(moment, instance);
    Ok(described("containerInstances", &input.container_instances, find, show))
}

fn task_definition(
    moment: &Moment<'_>,
    input: &DescribeTaskDefinition,
) -> Result<Value, CommandError> {
    match moment.engine.find_definition(&input.task_definition) {
        Some(found) => Ok(definition::answer(moment, found)),
        None => Err(CommandError::client("Unable to describe task definition.")),
    }
}

fn providers(
    moment: &Moment<'_>,
    input: &DescribeCapacityProviders,
) -> Result<Value, CommandError> {
    at_most("Capacity providers", input.capacity_providers.len(), 100)?;
    let show = |provider| DescribedProviderShape::object(moment, provider);
    if input.capacity_providers.is_empty() {
        let all: Vec<Value> = moment.engine.providers().map(|(id, _)| show(id)).collect();
        return list::page("capacityProviders", all, input.max_results, &input.next_token, 10);
    }
    let find = |name: &str| {
        let name = name.rsplit('/').next().unwrap_or(name);
        let mut newest_first = moment.engine.providers().collect::<Vec<_>>().into_iter().rev();
        newest_first.find(|(_, provider)| *provider.name == *name).map(|(id, _)| id)
    };
    Ok(described("capacityProviders", &input.capacity_providers, find, show))
}

fn task_sets(moment: &Moment<'_>, input: &DescribeTaskSets) -> Result<Value, CommandError> {
    let cluster = cluster(moment, input.cluster.as_deref())?;
    let service = moment.engine.find_service(cluster, &input.service).ok_or_else(|| {
        CommandError::new(Exception::ServiceNotFoundException, "Service not found.")
    })?;
    let row = moment.engine.service(service);
    let sets: &[DeploymentId] = match row.controller {
        ControllerType::Ecs => &[],
        ControllerType::CodeDeploy | ControllerType::External => &row.deployments,
    };
    let names: Vec<String> = match &input.task_sets[..] {
        [] => sets.iter().map(|&set| moment.engine.deployment_name(set)).collect(),
        named => named.to_vec(),
    };
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let find = |name: &str| {
        let mut known = sets.iter().copied();
        known.find(|&set| last(&moment.engine.deployment_name(set)) == last(name))
    };
    Ok(described("taskSets", &names, find, |set| TaskSetShape::object(moment, set)))
}

fn service_deployments(
    moment: &Moment<'_>,
    input: &DescribeServiceDeployments,
) -> Result<Value, CommandError> {
    limit("Service deployment ARNs", input.service_deployment_arns.len(), 20)?;
    let find =
        |arn: &str| all_records(moment).find(|&r| moment.engine.service_deployment_arn(r) == arn);
    let show = |record| ServiceDeploymentShape::object(moment, record);
    Ok(described("serviceDeployments", &input.service_deployment_arns, find, show))
}

fn service_revisions(
    moment: &Moment<'_>,
    input: &DescribeServiceRevisions,
) -> Result<Value, CommandError> {
    limit("Service revision ARNs", input.service_revision_arns.len(), 20)?;
    let find =
        |arn: &str| all_deployments(moment).find(|&d| moment.engine.service_revision_arn(d) == arn);
    let show = |deployment| RevisionShape::object(moment, deployment);
    Ok(described("serviceRevisions", &input.service_revision_arns, find, show))
}

fn all_records<'m>(moment: &'m Moment<'_>) -> impl Iterator<Item = ServiceDeploymentId> + 'm {
    moment.engine.services().flat_map(|(_, service)| service.records.iter().copied())
}

fn all_deployments<'m>(moment: &'m Moment<'_>) -> impl Iterator<Item = DeploymentId> + 'm {
    let listed = moment.engine.services().flat_map(|(_, s)| s.deployments.iter().copied());
    let rolled_out = all_records(moment).map(|record| moment.engine.record(record).target);
    listed.chain(rolled_out)
}
