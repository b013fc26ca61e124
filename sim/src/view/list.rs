//! The list calls: names and ARNs, filtered, a page at a time.

use serde_json::Value;
use stowplan_engine::api::{CommandError, Exception};
use stowplan_engine::expr::Expression;
use stowplan_engine::model::{
    ClusterId, DefinitionStatus, DesiredStatus, InstanceStatus, LaunchType, SchedulingStrategy,
    ServiceDeploymentStatus, ServiceId, ServiceStatus, Task,
};

use super::Moment;
use super::deployment::brief;
use super::describe::{
    ListAttributes, ListClusters, ListContainerInstances, ListServiceDeployments, ListServices,
    ListTaskDefinitionFamilies, ListTaskDefinitions, ListTasks, cluster,
};
use super::service::launch_type;
use super::shape::{object, text};
use super::task::is_described;
use super::{definition, instance};

/// One page of a list; the token is the position at which the next page begins.
pub(super) fn page(
    name: &'static str,
    all: Vec<Value>,
    max_results: Option<i64>,
    next_token: &Option<String>,
    default: usize,
) -> Result<Value, CommandError> {
    let size = match max_results {
        None => default,
        Some(given) => usize::try_from(given)
            .ok()
            .filter(|size| (1..=100).contains(size))
            .ok_or_else(|| CommandError::invalid("maxResults must be between 1 and 100."))?,
    };
    let start = match next_token.as_deref() {
        None => 0,
        Some(token) => token
            .parse::<usize>()
            .ok()
            .filter(|start| *start <= all.len())
            .ok_or_else(|| CommandError::invalid("Invalid token."))?,
    };
    let end = all.len().min(start.saturating_add(size));
    let token = (end < all.len()).then(|| end.to_string());
    let items = all.into_iter().skip(start).take(size).collect();
    let mut fields = super::shape::into_fields(object([(name, items)]));
    fields.insert("nextToken".to_owned(), text(token));
    Ok(Value::Object(fields))
}

/// A value of an enumeration of the API.
fn spelled<T: std::str::FromStr>(
    name: &str,
    given: Option<&str>,
) -> Result<Option<T>, CommandError> {
    let parse = |text: &str| {
        text.parse().map_err(|_| {
            CommandError::invalid(format!("{name}: \"{text}\" is no value it can have."))
        })
    };
    given.map(parse).transpose()
}

pub(super) fn clusters(moment: &Moment<'_>, input: &ListClusters) -> Result<Value, CommandError> {
    let arns = moment.engine.clusters().map(|(c, _)| moment.engine.cluster_arn(c).into());
    page("clusterArns", arns.collect(), input.max_results, &input.next_token, 100)
}

pub(super) fn tasks(moment: &Moment<'_>, input: &ListTasks) -> Result<Value, CommandError> {
    let cluster = cluster(moment, input.cluster.as_deref())?;
    let wanted = TaskFilter::read(moment, cluster, input)?;
    let shown = |task: &&Task| {
        task.cluster == cluster && wanted.holds(moment, task) && is_described(moment, task.id)
    };
    let found = moment.engine.tasks().iter().filter(shown);
    let arns = found.map(|task| moment.engine.task_arn(task.id).into()).collect();
    page("taskArns", arns, input.max_results, &input.next_token, 100)
}

/// What ListTasks asks for.
struct TaskFilter<'i> {
    status: DesiredStatus,
    instance: Option<stowplan_engine::model::InstanceId>,
    service: Option<ServiceId>,
    launch_type: Option<LaunchType>,
    family: Option<&'i str>,
    started_by: Option<&'i str>,
}

impl<'i> TaskFilter<'i> {
    fn read(
        moment: &Moment<'_>,
        cluster: ClusterId,
        input: &'i ListTasks,
    ) -> Result<Self, CommandError> {
        if input.started_by.is_some()
            && (input.family.is_some()
                || input.service_name.is_some()
                || input.container_instance.is_some())
        {
            return Err(CommandError::invalid("startedBy must be the only filter."));
        }
        let unknown = || CommandError::invalid("The referenced container instance was not found.");
        let instance = input.container_instance.as_deref();
        let instance = instance
            .map(|name| moment.engine.find_instance(cluster, name).ok_or_else(unknown))
            .transpose()?;
        let missing =
            || CommandError::new(Exception::ServiceNotFoundException, "Service not found.");
        let service = input.service_name.as_deref();
        let service = service
            .map(|name| moment.engine.find_service(cluster, name).ok_or_else(missing))
            .transpose()?;
        let status = spelled("desiredStatus", input.desired_status.as_deref())?;
        Ok(Self {
            status: status.unwrap_or(DesiredStatus::Running),
            instance,
            service,
            launch_type: spelled("launchType", input.launch_type.as_deref())?,
            family: input.family.as_deref(),
            started_by: input.started_by.as_deref(),
        })
    }

    fn holds(&self, moment: &Moment<'_>, task: &Task) -> bool {
        let started_by = || match task.owner {
            Some(owner) => Some(moment.engine.deployment_name(owner.deployment)),
            None => task.extra.as_ref().and_then(|e| e.started_by.as_deref().map(str::to_owned)),
        };
        task.desired_status == self.status
            && self.instance.is_none_or(|instance| task.instance == Some(instance))
            && self.service.is_none_or(|s| task.owner.is_some_and(|owner| owner.service == s))
            && self.launch_type.is_none_or(|kind| task.launch_type == kind)
            && self.family.is_none_or(|f| *moment.engine.definition(task.definition).family == *f)
            && self.started_by.is_none_or(|by| started_by().as_deref() == Some(by))
    }
}

pub(super) fn services(moment: &Moment<'_>, input: &ListServices) -> Result<Value, CommandError> {
    let cluster = cluster(moment, input.cluster.as_deref())?;
    let launch: Option<LaunchType> = spelled("launchType", input.launch_type.as_deref())?;
    let scheduling: Option<SchedulingStrategy> =
        spelled("schedulingStrategy", input.scheduling_strategy.as_deref())?;
    let listed = moment.engine.services().filter(|(_, row)| {
        row.cluster == cluster
            && row.status != ServiceStatus::Inactive
            && scheduling.is_none_or(|wanted| row.scheduling == wanted)
            && launch.is_none_or(|wanted| launch_type(&row.launch) == wanted.as_str())
    });
    let arns = listed.map(|(service, _)| moment.engine.service_arn(service).into()).collect();
    page("serviceArns", arns, input.max_results, &input.next_token, 10)
}

pub(super) fn instances(
    moment: &Moment<'_>,
    input: &ListContainerInstances,
) -> Result<Value, CommandError> {
    let cluster = cluster(moment, input.cluster.as_deref())?;
    let status: Option<InstanceStatus> = spelled("status", input.status.as_deref())?;
    if status == Some(InstanceStatus::Inactive) {
        return Err(CommandError::invalid("INACTIVE container instances cannot be listed."));
    }
    let filter = input.filter.as_deref().map(parse_filter).transpose()?;
    let listed = moment.engine.instances().filter(|(id, row)| {
        row.cluster == cluster
            && match status {
                Some(wanted) => row.status == wanted,
                None => row.status != InstanceStatus::Inactive,
            }
            && filter.as_ref().is_none_or(|filter| moment.engine.holds(filter, *id))
    });
    let arns = listed.map(|(id, _)| moment.engine.instance_arn(id).into()).collect();
    page("containerInstanceArns", arns, input.max_results, &input.next_token, 100)
}

/// An expression of the cluster query language.
pub(super) fn parse_filter(text: &str) -> Result<Expression, CommandError> {
    Expression::parse(text).map_err(|error| CommandError::invalid(error.to_string()))
}

pub(super) fn definitions(
    moment: &Moment<'_>,
    input: &ListTaskDefinitions,
) -> Result<Value, CommandError> {
    let status: Option<DefinitionStatus> = spelled("status", input.status.as_deref())?;
    let status = status.unwrap_or(DefinitionStatus::Active);
    let mut listed: Vec<_> = moment
        .engine
        .definitions()
        .iter()
        .filter(|row| row.status == status)
        .filter(|row| input.family_prefix.as_deref().is_none_or(|family| *row.family == *family))
        .collect();
    listed.sort_unstable_by(|a, b| (&a.family, a.revision).cmp(&(&b.family, b.revision)));
    match input.sort.as_deref() {
        None | Some("ASC") => {}
        Some("DESC") => listed.reverse(),
        Some(_) => return Err(CommandError::invalid("sort must be ASC or DESC.")),
    }
    let arn = |row: &&stowplan_engine::model::TaskDefinition| {
        let found = moment.engine.find_definition(&row.label());
        text(found.map(|id| definition::arn(moment, id)))
    };
    let arns = listed.iter().map(arn).collect();
    page("taskDefinitionArns", arns, input.max_results, &input.next_token, 100)
}

pub(super) fn families(
    moment: &Moment<'_>,
    input: &ListTaskDefinitionFamilies,
) -> Result<Value, CommandError> {
    let prefix = input.family_prefix.as_deref().unwrap_or_default();
    let mut is_active = std::collections::BTreeMap::new();
    for row in moment.engine.definitions() {
        if row.family.starts_with(prefix) {
            let known = is_active.entry(row.family.to_string()).or_insert(false);
            *known |= row.status == DefinitionStatus::Active;
        }
    }
    let wanted = |active: bool| match input.status.as_deref() {
        None | Some("ACTIVE") => Ok(active),
        Some("INACTIVE") => Ok(!active),
        Some("ALL") => Ok(true),
        Some(_) => Err(CommandError::invalid("status must be ACTIVE, INACTIVE or ALL.")),
    };
    let mut names = Vec::new();
    for (name, active) in is_active {
        if wanted(active)? {
            names.push(name.into());
        }
    }
    page("families", names, input.max_results, &input.next_token, 100)
}

pub(super) fn attributes(
    moment: &Moment<'_>,
    input: &ListAttributes,
) -> Result<Value, CommandError> {
    let cluster = cluster(moment, input.cluster.as_deref())?;
    if input.target_type.as_deref().is_some_and(|kind| kind != "container-instance") {
        return Err(CommandError::invalid("targetType must be container-instance."));
    }
    let name = input.attribute_name.as_deref();
    let value = input.attribute_value.as_deref();
    if value.is_some() && name.is_none() {
        return Err(CommandError::invalid("attributeValue needs attributeName."));
    }
    let mut found = Vec::new();
    for (id, row) in moment.engine.instances() {
        if row.cluster != cluster || row.status == InstanceStatus::Inactive {
            continue;
        }
        for attribute in instance::attributes(row) {
            let is_named = name.is_none_or(|name| *attribute.name == *name);
            if is_named && value.is_none_or(|value| attribute.value.as_deref() == Some(value)) {
                found.push(object([
                    ("name", attribute.name.to_string().into()),
                    ("value", text(attribute.value.as_deref())),
                    ("targetType", "container-instance".into()),
                    ("targetId", moment.engine.instance_arn(id).into()),
                ]));
            }
        }
    }
    page("attributes", found, input.max_results, &input.next_token, 100)
}

pub(super) fn service_deployments(
    moment: &Moment<'_>,
    input: &ListServiceDeployments,
) -> Result<Value, CommandError> {
    let cluster = cluster(moment, input.cluster.as_deref())?;
    let missing = || CommandError::new(Exception::ServiceNotFoundException, "Service not found.");
    let service = moment.engine.find_service(cluster, &input.service).ok_or_else(missing)?;
    let mut wanted: Vec<ServiceDeploymentStatus> = Vec::new();
    for status in &input.status {
        wanted.extend(spelled::<ServiceDeploymentStatus>("status", Some(status))?);
    }
    let newest_first = moment.engine.service(service).records.iter().rev().copied();
    let listed = newest_first.filter(|&record| {
        wanted.is_empty() || wanted.contains(&moment.engine.record(record).status)
    });
    let briefs = listed.map(|record| brief(moment, record)).collect();
    page("serviceDeployments", briefs, input.max_results, &input.next_token, 20)
}
