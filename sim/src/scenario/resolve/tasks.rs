//! Tasks that exist at time 0.

use std::net::Ipv4Addr;

use stowplan_engine::api::GivenTask;
use stowplan_engine::model::{
    ClusterId, DefinitionStatus, DeploymentId, DesiredStatus, InstanceId, LaunchType, NetworkMode,
    ServiceId, TaskDefinitionId, TaskStatus, Time,
};

use super::services::{LaunchOn, ServicePlan};
use super::{LONG_AGO, Resolved, clusters, definitions, instances, networks, services};
use crate::document::DocumentError;
use crate::scenario::{
    Start,
    at::Origin,
    exported::ExportedTask,
    given::{TaskForm, TaskKeys},
    names::{check_unique, nothing_called, short},
    scalar::When,
};

/// More are never meant.
const MOST: u32 = 100_000;

/// A task of the setup.
pub(super) struct TaskPlan {
    pub(super) given: GivenTask,
    /// Where its address stands in the document, and what it is.
    pub(super) private_ip: Option<(Origin, Ipv4Addr)>,
    pub(super) origin: Origin,
}

pub(super) fn resolve(resolved: &mut Resolved<'_>) -> Result<(), DocumentError> {
    let scenario = resolved.scenario;
    let mut listed = u32::default();
    for given in &scenario.tasks {
        let plans = match &given.form {
            TaskForm::Short(keys) => short_form(resolved, keys, &given.origin)?,
            TaskForm::Exported(exported) => vec![of_export(resolved, exported, &given.origin)?],
        };
        listed = listed.saturating_add(u32::try_from(plans.len()).unwrap_or(u32::MAX));
        if listed > MOST {
            let error = resolved.error(&given.origin, format!("more than {MOST} tasks"));
            return Err(error.with_remedy("Give fewer"));
        }
        resolved.tasks.extend(plans);
    }
    let named = resolved.tasks.iter().filter_map(|task| {
        let name = task.given.name.as_deref()?;
        Some((name, task.origin.clone()))
    });
    check_unique(&scenario.document, named, "task id")?;
    date(resolved);
    resolved.tasks.sort_by_key(|task| task.given.created_at);
    for task in &resolved.tasks {
        if let Some((service, _)) = task.given.service {
            resolved.services[service.index()].has_tasks = true;
        }
    }
    check_deployments_have_tasks(resolved)
}

/// Which of several deployments a task that is not given would be of nobody knows.
fn check_deployments_have_tasks(resolved: &Resolved<'_>) -> Result<(), DocumentError> {
    let unclear = |service: &&ServicePlan| service.deployments.len() > 1 && !service.has_tasks;
    match resolved.services.iter().find(unclear) {
        None => Ok(()),
        Some(service) => {
            let error = resolved.error(&service.origin, "a deployment is in flight");
            Err(error.with_remedy("Give the tasks of the service under `tasks`"))
        }
    }
}

/// When records were made, where nobody says: in listed order, a millisecond apart, before the
/// first task ran.
fn date(resolved: &mut Resolved<'_>) {
    let undated = |task: &&TaskPlan| task.given.created_at == UNDATED;
    let starts = resolved.tasks.iter().filter(undated).filter_map(|task| task.given.started_at);
    let first = starts.fold(LONG_AGO, Time::min);
    let count = resolved.tasks.iter().filter(undated).count();
    let mut age = i64::try_from(count).unwrap_or(i64::MAX);
    for task in &mut resolved.tasks {
        if task.given.created_at == UNDATED {
            task.given.created_at = Time(first.0.saturating_sub(age));
            age -= 1;
        }
    }
}

/// Stands for "to be worked out" until [`date`].
const UNDATED: Time = Time(i64::MIN);

/// What either form says, names not yet resolved.
struct Wanted<'k> {
    cluster: ClusterId,
    definition: TaskDefinitionId,
    service: Option<usize>,
    deployment: Option<DeploymentId>,
    instance: Option<InstanceId>,
    provider: Option<&'k str>,
    launch_type: Option<LaunchType>,
    zone: Option<&'k str>,
    subnet: Option<&'k str>,
    last_status: TaskStatus,
}

fn short_form(
    resolved: &mut Resolved<'_>,
    keys: &TaskKeys,
    origin: &Origin,
) -> Result<Vec<TaskPlan>, DocumentError> {
    let count = keys.count.unwrap_or(1);
    if count > MOST {
        let message = format!("{count} is over the maximum {MOST}");
        let error = resolved.error(&origin.key("count"), message);
        return Err(error.with_remedy("Give fewer tasks"));
    }
    let wanted = wanted_of(resolved, keys, origin)?;
    let private_ip =
        networks::private_ip(resolved, keys.private_ip.as_deref(), &origin.key("privateIp"))?;
    let scenario = resolved.scenario;
    let time = |when: When| match when {
        When::Run(offset) => Time(offset.millis()),
        When::World(instant) => scenario.time_of(instant),
    };
    let (created_at, started_at) = (keys.created_at.map(time), keys.started_at.map(time));
    for (key, at) in [("createdAt", created_at), ("startedAt", started_at)] {
        if let Some(at) = at.filter(|at| *at > Time::ZERO) {
            let message = format!("a task of time 0 cannot have `{key}` {at}");
            let error = resolved.error(&origin.key(key), message);
            return Err(error.with_remedy("Write a time in the past, such as -90s"));
        }
    }
    let runs = wanted.last_status >= TaskStatus::Running;
    let mut plans = Vec::new();
    for n in 1..=count {
        let name = keys.id.as_ref().map(|id| match keys.count {
            Some(_) => format!("{id}-{n}").into(),
            None => id.as_str().into(),
        });
        let given = GivenTask {
            name,
            group: keys.group.as_deref().map(Into::into),
            desired_status: keys.desired_status.unwrap_or(DesiredStatus::Running),
            health: keys.health_status,
            started_by: keys
                .started_by
                .as_deref()
                .filter(|_| wanted.service.is_none())
                .map(Into::into),
            created_at: created_at.unwrap_or(UNDATED),
            started_at: started_at.or_else(|| runs.then_some(LONG_AGO)),
            protected_until: keys.protected_until.map(time),
            overrides: keys.overrides.clone(),
            ..settled(resolved, &wanted, origin)?
        };
        plans.push(TaskPlan { given, private_ip: private_ip.clone(), origin: origin.clone() });
    }
    Ok(plans)
}

fn wanted_of<'k>(
    resolved: &Resolved<'_>,
    keys: &'k TaskKeys,
    origin: &Origin,
) -> Result<Wanted<'k>, DocumentError> {
    let named = keys.cluster.as_deref();
    let named = named.map(|name| clusters::find(resolved, Some(name), origin)).transpose()?;
    let service = match &keys.service {
        None => None,
        Some(name) => {
            check_steady(resolved, &origin.key("service"))?;
            Some(services::named(resolved, named, name, &origin.key("service"))?)
        }
    };
    let cluster = match (named, service) {
        (_, Some(service)) => resolved.services[service].cluster,
        (Some(cluster), None) => cluster,
        (None, None) => cluster_of_instance(resolved, keys, origin)?,
    };
    let definition = match (&keys.task_definition, service) {
        (Some(name), _) => definitions::named(resolved, name, &origin.key("taskDefinition"))?,
        (None, Some(service)) if resolved.services[service].definition.is_some() => {
            resolved.services[service].definition.expect("checked just above")
        }
        (None, _) => {
            let error = resolved.error(origin, "`taskDefinition` is missing");
            return Err(error.with_remedy("Say what the task runs, or of which service it is"));
        }
    };
    let started_by = keys.started_by.as_deref();
    let (definition, deployment) = match service {
        None => (definition, None),
        Some(service) => match started_by {
            None => {
                let found = deployment_for(resolved, service, definition, origin)?;
                (definition, Some(found))
            }
            Some(id) => {
                let (deployment, of) = deployment_called(resolved, service, id, origin)?;
                (of, Some(deployment))
            }
        },
    };
    let instance = keys.instance.as_deref();
    let instance = instance
        .map(|name| instance_called(resolved, cluster, name, &origin.key("instance")))
        .transpose()?;
    Ok(Wanted {
        cluster,
        definition,
        service,
        deployment,
        instance,
        provider: keys.capacity_provider.as_deref(),
        launch_type: keys.launch_type,
        zone: keys.availability_zone.as_deref(),
        subnet: keys.subnet.as_deref(),
        last_status: keys.last_status.unwrap_or(TaskStatus::Running),
    })
}

fn check_steady(resolved: &Resolved<'_>, origin: &Origin) -> Result<(), DocumentError> {
    if resolved.scenario.start == Start::Steady {
        return Ok(());
    }
    let error = resolved.error(origin, "services have no tasks yet when the run begins");
    Err(error.with_remedy("Add `start: steady` to the scenario"))
}

/// The one cluster that has the instance of a standalone task.
fn cluster_of_instance(
    resolved: &Resolved<'_>,
    keys: &TaskKeys,
    origin: &Origin,
) -> Result<ClusterId, DocumentError> {
    if let Some(name) = keys.instance.as_deref()
        && resolved.clusters.len() > 1
    {
        let ids = (0..resolved.clusters.len()).map(ClusterId::from_index);
        let mut having = ids.filter(|id| instances::find(resolved, *id, name).is_some());
        if let (Some(only), None) = (having.next(), having.next()) {
            return Ok(only);
        }
    }
    clusters::find(resolved, None, origin)
}

fn instance_called(
    resolved: &Resolved<'_>,
    cluster: ClusterId,
    name: &str,
    origin: &Origin,
) -> Result<InstanceId, DocumentError> {
    instances::find(resolved, cluster, name).ok_or_else(|| {
        let own = resolved.instances.iter().filter(|instance| instance.cluster == cluster);
        let known = own.map(instances::InstancePlan::name);
        resolved.at(origin, nothing_called("instance", short(name), known))
    })
}

fn deployment_called(
    resolved: &Resolved<'_>,
    service: usize,
    id: &str,
    origin: &Origin,
) -> Result<(DeploymentId, TaskDefinitionId), DocumentError> {
    let plan = &resolved.services[service];
    plan.deployment_called(id).ok_or_else(|| {
        let known = plan.deployments.iter().filter_map(|deployment| deployment.name.as_deref());
        resolved.at(&origin.key("startedBy"), nothing_called("deployment", id, known))
    })
}

fn deployment_for(
    resolved: &Resolved<'_>,
    service: usize,
    definition: TaskDefinitionId,
    origin: &Origin,
) -> Result<DeploymentId, DocumentError> {
    let plan = &resolved.services[service];
    plan.deployments_of(definition).next().ok_or_else(|| {
        let label = resolved.definitions[definition.index()].read.label();
        let message = format!("no deployment of `{}` runs {label}", plan.name());
        let error = resolved.error(&origin.key("taskDefinition"), message);
        error.with_remedy("Leave it out, or give the service with its deployments")
    })
}

fn of_export(
    resolved: &mut Resolved<'_>,
    task: &ExportedTask,
    origin: &Origin,
) -> Result<TaskPlan, DocumentError> {
    let cluster = clusters::find(resolved, task.cluster_arn.as_deref(), origin)?;
    let mut definition = {
        let origin = origin.key("taskDefinitionArn");
        definitions::named(resolved, &task.task_definition_arn, &origin)?
    };
    let service = task.group.as_deref().and_then(|group| group.strip_prefix("service:"));
    let service = match service {
        None => None,
        Some(name) => {
            check_steady(resolved, &origin.key("group"))?;
            Some(services::named(resolved, Some(cluster), name, &origin.key("group"))?)
        }
    };
    let deployment = match service {
        None => None,
        Some(service) => {
            let plan = &resolved.services[service];
            let called = task.started_by.as_deref().and_then(|id| plan.deployment_called(id));
            match called {
                Some((deployment, of)) => {
                    definition = of;
                    Some(deployment)
                }
                None => Some(deployment_for(resolved, service, definition, origin)?),
            }
        }
    };
    let instance = task.container_instance_arn.as_deref();
    let instance = instance
        .map(|arn| instance_called(resolved, cluster, arn, &origin.key("containerInstanceArn")))
        .transpose()?;
    let wanted = Wanted {
        cluster,
        definition,
        service,
        deployment,
        instance,
        provider: task.capacity_provider_name.as_deref(),
        launch_type: task.launch_type,
        zone: task.availability_zone.as_deref(),
        subnet: task.subnet(),
        last_status: task.last_status,
    };
    let scenario = resolved.scenario;
    let given = GivenTask {
        name: Some(short(&task.task_arn).into()),
        group: task.group.as_deref().filter(|_| service.is_none()).map(Into::into),
        started_by: task.started_by.as_deref().filter(|_| service.is_none()).map(Into::into),
        desired_status: task.desired_status,
        health: task.health_status,
        created_at: task.created_at.map_or(UNDATED, |at| scenario.time_of(at)),
        started_at: task.started_at.map(|at| scenario.time_of(at)),
        overrides: task.overrides.clone(),
        ..settled(resolved, &wanted, origin)?
    };
    let private_ip = networks::private_ip(resolved, task.private_ip(), &origin.key("attachments"))?;
    Ok(TaskPlan { given, private_ip, origin: origin.clone() })
}

/// Works out where a task runs and on whose account.
fn settled(
    resolved: &mut Resolved<'_>,
    wanted: &Wanted<'_>,
    origin: &Origin,
) -> Result<GivenTask, DocumentError> {
    if wanted.last_status.is_gone() {
        let error = resolved.error(&origin.key("lastStatus"), "this task is gone at time 0");
        return Err(error.with_remedy("Leave the task out"));
    }
    let definition = &resolved.definitions[wanted.definition.index()].read;
    if definition.status == DefinitionStatus::DeleteInProgress {
        let error = resolved.error(origin, "the task definition is being deleted");
        return Err(error.with_remedy("Give it as INACTIVE"));
    }
    let awsvpc = definition.network_mode == NetworkMode::Awsvpc;
    let launch_type = launch_type(resolved, wanted, origin)?;
    let fargate = launch_type == LaunchType::Fargate;
    let provider = provider(resolved, wanted, launch_type, origin)?;
    let zone = zone(resolved, wanted, fargate, origin)?;
    let subnet = match (&zone, awsvpc) {
        (Some(zone), true) => Some(subnet(resolved, wanted, zone, origin)?),
        _ => None,
    };
    Ok(GivenTask {
        cluster: wanted.cluster,
        name: None,
        definition: wanted.definition,
        service: wanted.service.map(|s| (ServiceId::from_index(s), wanted.deployment)),
        group: None,
        started_by: None,
        instance: wanted.instance,
        zone: zone.filter(|_| fargate).map(Into::into),
        subnet,
        provider: provider.and_then(|name| clusters::provider_id(resolved, &name)),
        launch_type,
        last_status: wanted.last_status,
        desired_status: DesiredStatus::Running,
        health: None,
        created_at: UNDATED,
        started_at: None,
        protected_until: None,
        overrides: None,
    })
}

fn launch_type(
    resolved: &Resolved<'_>,
    wanted: &Wanted<'_>,
    origin: &Origin,
) -> Result<LaunchType, DocumentError> {
    let is_fargate = |name: &str| clusters::PREDEFINED.contains(&name);
    let of_service = wanted.service.map(|service| resolved.services[service].launch(resolved));
    let fargate_only = {
        let able = resolved.definitions[wanted.definition.index()].read.compatibilities;
        let asked = &resolved.definitions[wanted.definition.index()].read.input;
        able.fargate && asked.requires_compatibilities.iter().any(|name| name == "FARGATE")
    };
    let launch_type = match (wanted.launch_type, wanted.provider, wanted.instance, of_service) {
        (Some(given), ..) => given,
        (None, Some(name), ..) if is_fargate(name) => LaunchType::Fargate,
        (None, Some(_), ..) | (None, None, Some(_), _) => LaunchType::Ec2,
        (None, None, None, Some(LaunchOn::Type(given))) => given,
        (None, None, None, Some(LaunchOn::Strategy(items))) => {
            let on_fargate = items.iter().all(|item| is_fargate(&item.capacity_provider));
            if on_fargate { LaunchType::Fargate } else { LaunchType::Ec2 }
        }
        (None, None, None, None) if fargate_only => LaunchType::Fargate,
        (None, None, None, None) => LaunchType::Ec2,
    };
    let waits = wanted.last_status == TaskStatus::Provisioning;
    match (launch_type, wanted.instance) {
        (LaunchType::Fargate, Some(_)) => {
            let error = resolved.error(origin, "a Fargate task has no instance");
            Err(error.with_remedy("Leave out `instance`"))
        }
        (LaunchType::Fargate, None) => Ok(launch_type),
        (_, None) if !waits => {
            let error = resolved.error(origin, "`instance` is missing");
            Err(error.with_remedy("Say on which instance the task runs"))
        }
        _ => Ok(launch_type),
    }
}

fn provider(
    resolved: &Resolved<'_>,
    wanted: &Wanted<'_>,
    launch_type: LaunchType,
    origin: &Origin,
) -> Result<Option<String>, DocumentError> {
    if let Some(name) = wanted.provider {
        if clusters::provider_id(resolved, name).is_some() {
            return Ok(Some(name.to_owned()));
        }
        let known = &resolved.clusters[wanted.cluster.index()].providers;
        let error = nothing_called("capacity provider", name, known.iter().map(String::as_str));
        return Err(resolved.at(&origin.key("capacityProvider"), error));
    }
    if wanted.launch_type.is_some() {
        return Ok(None);
    }
    let Some(service) = wanted.service else { return Ok(None) };
    let LaunchOn::Strategy(items) = resolved.services[service].launch(resolved) else {
        return Ok(None);
    };
    let names = items.iter().map(|item| &*item.capacity_provider);
    let mut fitting = names.filter(|name| match wanted.instance {
        Some(instance) => {
            let row = &resolved.instances[instance.index()].machine.registration;
            let group = clusters::group_of_provider(resolved, name);
            group.is_some() && group == row.auto_scaling_group.as_deref()
        }
        None => clusters::PREDEFINED.contains(name) == (launch_type == LaunchType::Fargate),
    });
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(Some(only.to_owned())),
        (Some(_), Some(_)) => {
            let error = resolved.error(origin, "`capacityProvider` is missing");
            Err(error.with_remedy("Say which provider of its service's strategy the task is of"))
        }
        (None, _) => Ok(None),
    }
}

/// Where the task is: on its instance, or on Fargate as given, else in the first zone of its
/// subnets.
fn zone(
    resolved: &Resolved<'_>,
    wanted: &Wanted<'_>,
    fargate: bool,
    origin: &Origin,
) -> Result<Option<String>, DocumentError> {
    let cluster = &resolved.clusters[wanted.cluster.index()];
    let given = wanted.zone.map(|zone| cluster.zone(zone)).transpose();
    let given = given.map_err(|e| resolved.at(&origin.key("availabilityZone"), e))?;
    if let Some(instance) = wanted.instance {
        let row = &resolved.instances[instance.index()].machine.registration;
        return match given {
            Some(zone) if *zone != *row.zone => {
                let message = format!("the instance is in {}", row.zone);
                let error = resolved.error(&origin.key("availabilityZone"), message);
                Err(error.with_remedy("Leave it out"))
            }
            _ => Ok(Some(row.zone.to_string())),
        };
    }
    if !fargate {
        return Ok(None);
    }
    let first = || {
        let own = wanted.service.map_or(&[][..], |s| resolved.services[s].subnets());
        let subnets = cluster.subnets.iter();
        let mut subnets = subnets.filter(|s| own.is_empty() || own.contains(&s.id));
        subnets.next().map_or_else(|| cluster.zones[0].clone(), |subnet| subnet.zone.clone())
    };
    Ok(Some(given.unwrap_or_else(first)))
}

/// Among the task's subnets in its zone the one with most free addresses, the first of several
/// (02 section 3.1).
fn subnet(
    resolved: &mut Resolved<'_>,
    wanted: &Wanted<'_>,
    zone: &str,
    origin: &Origin,
) -> Result<Box<str>, DocumentError> {
    let own: Vec<String> =
        wanted.service.map_or_else(Vec::new, |s| resolved.services[s].subnets().to_vec());
    let cluster = &resolved.clusters[wanted.cluster.index()];
    let mut best: Option<(usize, u32)> = None;
    for (index, subnet) in cluster.subnets.iter().enumerate() {
        let fits = match wanted.subnet {
            Some(given) => subnet.id == given,
            None => subnet.zone == zone && (own.is_empty() || own.contains(&subnet.id)),
        };
        if fits && best.is_none_or(|(_, free)| subnet.free() > free) {
            best = Some((index, subnet.free()));
        }
    }
    let Some((index, _)) = best else {
        let error = match wanted.subnet {
            Some(given) => {
                let known = cluster.subnets.iter().map(|subnet| &*subnet.id);
                nothing_called("subnet", given, known)
            }
            None => DocumentError::new(format!("the task has no subnet in {zone}"))
                .with_remedy("Give its service a subnet there, or move the task"),
        };
        return Err(resolved.at(origin, error));
    };
    let subnet = &mut resolved.clusters[wanted.cluster.index()].subnets[index];
    subnet.of_tasks += 1;
    Ok(subnet.id.as_str().into())
}
