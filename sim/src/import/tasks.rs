//! Tasks: which run where, of which service and deployment, since when; and what they reserve.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use stowplan_engine::api::input::TaskOverride;
use stowplan_engine::definition;
use stowplan_engine::model::{
    Demand, DesiredStatus, HealthStatus, LaunchType, NetworkMode, TaskDefinition, TaskStatus,
};

use crate::document::{Decoder, Node, Timestamp, Value};

use super::arn::short;
use super::at::At;
use super::definitions::Definitions;
use super::export::Export;
use super::fields::{Fields, is_empty, list, text};
use super::instances::Instance;
use super::names::{Class, Names};
use super::note::{Concern, ImportError, Notes};
use super::services::Service;
use super::shapes::{self, note_unknown};
use super::subnets;

/// Everything that DescribeTasks documents.
const DESCRIBED: &[&str] = &[
    "attachments",
    "attributes",
    "availabilityZone",
    "capacityProviderName",
    "clusterArn",
    "connectivity",
    "connectivityAt",
    "containerInstanceArn",
    "containers",
    "cpu",
    "createdAt",
    "desiredStatus",
    "enableExecuteCommand",
    "executionStoppedAt",
    "group",
    "healthStatus",
    "inferenceAccelerators",
    "lastStatus",
    "launchType",
    "memory",
    "overrides",
    "platformVersion",
    "platformFamily",
    "pullStartedAt",
    "pullStoppedAt",
    "startedAt",
    "startedBy",
    "stopCode",
    "stoppedAt",
    "stoppedReason",
    "stoppingAt",
    "tags",
    "taskArn",
    "taskDefinitionArn",
    "version",
    "ephemeralStorage",
    "fargateEphemeralStorage",
];

/// What of overrides only matters inside a container, and may hold secrets.
const INSIDE: &[&str] = &["command", "environment", "environmentFiles"];

/// A task of the export that is there at time 0.
pub(super) struct Task<'d> {
    pub(super) id: &'d str,
    pub(super) at: At<'d>,
    pub(super) definition: &'d str,
    pub(super) instance: Option<&'d str>,
    pub(super) last_status: &'d str,
    pub(super) desired_status: &'d str,
    /// The service it belongs to, if that is in the files, and the id of the deployment.
    pub(super) owner: Option<(&'d str, &'d str)>,
    group: Option<&'d str>,
    /// Of its own network interface.
    pub(super) private_ip: Option<Ipv4Addr>,
    created_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    overrides: Node,
    demand: Arc<Demand>,
}

/// Reads the tasks that are there; stopped ones are history.
pub(super) fn read<'d>(
    export: &Export<'d>,
    definitions: &Definitions<'d>,
    services: &[Service<'d>],
    notes: &mut Notes,
) -> Result<Vec<Task<'d>>, ImportError> {
    let mut tasks = Vec::new();
    let mut addresses = BTreeSet::new();
    for (id, at) in export.tasks.iter() {
        note_unknown("tasks", at, DESCRIBED, notes);
        let last_status = at.required("lastStatus")?;
        if last_status != "DELETED" {
            at.word::<TaskStatus>("lastStatus")?;
        }
        if matches!(last_status, "STOPPED" | "DELETED") {
            notes.at(Concern::LeftOut, at, "a stopped task: it is history");
            continue;
        }
        let (definition, row) = definitions.named(at, "taskDefinitionArn")?;
        let (overrides, demand) = overrides_and_demand(at, row, notes)?;
        let group = at.text("group")?;
        let task = Task {
            id,
            at: at.clone(),
            definition,
            instance: at.text("containerInstanceArn")?.map(short),
            last_status,
            desired_status: at.word::<DesiredStatus>("desiredStatus")?.unwrap_or("RUNNING"),
            owner: owner(at, group, services, notes)?,
            group,
            private_ip: private_ip(at, row, &mut addresses, notes)?,
            created_at: at.instant("createdAt")?,
            started_at: at.instant("startedAt")?,
            overrides,
            demand,
        };
        check_place(&task, export)?;
        tasks.push(task);
    }
    // Order of creation decides ties; what was created together goes by id.
    tasks.sort_by(|a, b| (a.created_at, a.id).cmp(&(b.created_at, b.id)));
    Ok(tasks)
}

/// Its private address, unless another task has it already.
fn private_ip(
    at: &At<'_>,
    definition: &TaskDefinition,
    seen: &mut BTreeSet<Ipv4Addr>,
    notes: &mut Notes,
) -> Result<Option<Ipv4Addr>, ImportError> {
    let is_placed =
        at.get("containerInstanceArn").is_some() || at.text("launchType")? != Some("EC2");
    let has_own = is_placed && definition.network_mode == NetworkMode::Awsvpc;
    if !has_own || subnets::subnet_of(at)?.is_none() {
        return Ok(None);
    }
    let address = subnets::private_ip(at, notes)?;
    if let Some(address) = address.filter(|address| !seen.insert(*address)) {
        notes.at(Concern::Contradiction, at, format!("{address} is another task's address, too"));
        return Ok(None);
    }
    Ok(address)
}

/// The service and deployment of a task.
fn owner<'d>(
    at: &At<'d>,
    group: Option<&'d str>,
    services: &[Service<'d>],
    notes: &mut Notes,
) -> Result<Option<(&'d str, &'d str)>, ImportError> {
    let Some(name) = group.and_then(|group| group.strip_prefix("service:")) else {
        return Ok(None);
    };
    let Some(service) = services.iter().find(|service| service.name == name) else {
        let message = format!(
            "the service {name} of this task: strategies, counts and deployments are only in \
             describe-services; the task stands alone"
        );
        notes.at(Concern::Missing, at, message);
        return Ok(None);
    };
    let deployment = at.text("startedBy")?.unwrap_or_default();
    if let Some(known) = service.deployments.iter().find(|known| known.id == deployment) {
        return Ok(Some((service.name, known.id)));
    }
    let definition = at.text("taskDefinitionArn")?.map(short);
    let alike = service.deployments.iter().find(|known| Some(known.definition) == definition);
    let Some(taken) = alike.or_else(|| service.deployments.first()) else { return Ok(None) };
    let message = format!(
        "started by deployment {deployment}, which {name} no longer has: taken as of {}",
        taken.id
    );
    notes.at(Concern::Contradiction, at, message);
    Ok(Some((service.name, taken.id)))
}

/// A task on an instance must find it among the files.
fn check_place(task: &Task<'_>, export: &Export<'_>) -> Result<(), ImportError> {
    let Some(instance) = task.instance else { return Ok(()) };
    let Some(found) = export.instances.get(instance) else {
        let place = task.at.get("containerInstanceArn").unwrap_or_else(|| task.at.clone());
        return Err(place
            .error(format!(
                "task {} is on container instance {instance}, which is not among the files",
                task.id
            ))
            .remedy(
                "Add the missing answers of `aws ecs describe-container-instances` \
                 (at most 100 a call), or export again if it is gone",
            ));
    };
    let status = found.text("status")?.unwrap_or("ACTIVE");
    if !super::instances::is_up(status) {
        let message = format!("task {} is on {instance}, which is {status}", task.id);
        return Err(task.at.error(message).remedy("Export again: one of the two is out of date"));
    }
    Ok(())
}

/// The overrides that matter to the scheduler, and what the task reserves with them.
fn overrides_and_demand(
    task: &At<'_>,
    definition: &TaskDefinition,
    notes: &mut Notes,
) -> Result<(Node, Arc<Demand>), ImportError> {
    let Some(given) = task.get("overrides") else {
        return Ok((Node::default(), Arc::clone(&definition.demand)));
    };
    let mut node = shapes::OVERRIDES.cut(&given, &[], notes)?;
    let containers = node.remove("containerOverrides").unwrap_or_default();
    let mut kept = Vec::new();
    for container in containers.items() {
        let mut container = container.clone();
        for key in INSIDE {
            if container.remove(key).is_some() {
                let message = format!(
                    "`{key}` of overrides: nothing outside depends on it, and it may hold secrets"
                );
                notes.at(Concern::LeftOut, &given, message);
            }
        }
        if container.entries().iter().any(|entry| entry.key.name != "name") {
            kept.push(container);
        }
    }
    if !kept.is_empty() {
        node.set("containerOverrides", list(kept));
    }
    if is_empty(&node) {
        return Ok((Node::default(), Arc::clone(&definition.demand)));
    }
    let overrides: TaskOverride =
        Decoder::new(&node).at(given.path()).decode().map_err(|error| given.locate(error))?;
    let demand = definition::demand_with(definition, &overrides)
        .map_err(|refusal| given.error(refusal.message.to_string()))?;
    Ok((node, demand))
}

/// What the tasks at time 0 reserve, by instance.
pub(super) struct Ledger<'d> {
    by_instance: BTreeMap<&'d str, Demand>,
}

impl<'d> Ledger<'d> {
    pub(super) fn of(tasks: &[Task<'d>]) -> Self {
        let mut by_instance: BTreeMap<&str, Demand> = BTreeMap::new();
        // A task that was told to stop holds nothing any more (01 section 1.5).
        for task in tasks.iter().filter(|task| task.desired_status != "STOPPED") {
            let Some(instance) = task.instance else { continue };
            let sum = by_instance.entry(instance).or_default();
            sum.cpu = sum.cpu.saturating_add(task.demand.cpu);
            sum.memory = sum.memory.saturating_add(task.demand.memory);
            sum.gpu = sum.gpu.saturating_add(task.demand.gpu);
            sum.ports.insert_all(&task.demand.ports);
        }
        Self { by_instance }
    }

    pub(super) fn explained(&self, instance: &str) -> Demand {
        self.by_instance.get(instance).cloned().unwrap_or_default()
    }
}

impl<'d> Task<'d> {
    /// Whether it is of this service.
    pub(super) fn is_of(&self, service: &Service<'_>) -> bool {
        self.owner.is_some_and(|(name, _)| name == service.name)
    }

    /// The task as the scenario has it; what its service says already is left out.
    pub(super) fn write(
        &self,
        services: &[Service<'d>],
        instances: &[Instance<'d>],
        definition: &TaskDefinition,
        protections: &super::export::Things<'d>,
        names: &Names,
    ) -> Result<Node, ImportError> {
        let mut fields = Fields::new().with("id", text(names.of(Class::Task, self.id)));
        let service = self.owner.and_then(|(name, deployment)| {
            let service = services.iter().find(|service| service.name == name)?;
            Some((service, deployment))
        });
        if let Some((service, _)) = service {
            fields.put("service", text(names.of(Class::Service, service.name)));
        }
        self.write_origin(service, &mut fields, names)?;
        if let Some(instance) = self.instance {
            fields.put("instance", text(names.of(Class::Instance, instance)));
        }
        self.write_place(service.map(|(service, _)| service), instances, &mut fields, names)?;
        for (key, status, usual) in [
            ("lastStatus", self.last_status, "RUNNING"),
            ("desiredStatus", self.desired_status, "RUNNING"),
        ] {
            if status != usual {
                fields.put(key, status);
            }
        }
        self.write_health(definition, &mut fields)?;
        fields = fields
            .maybe("createdAt", self.created_at.map(|at| text(at.to_string())))
            .maybe("startedAt", self.started_at.map(|at| text(at.to_string())));
        if let Some(protection) = protections.get(self.id)
            && protection.flag("protectionEnabled")?
        {
            let until = protection.instant("expirationDate")?;
            fields = fields.maybe("protectedUntil", until.map(|at| text(at.to_string())));
        }
        fields.put("overrides", self.overrides(names));
        Ok(fields.build())
    }

    /// What it runs and who started it.
    fn write_origin(
        &self,
        service: Option<(&Service<'d>, &'d str)>,
        fields: &mut Fields,
        names: &Names,
    ) -> Result<(), ImportError> {
        let Some((service, deployment)) = service else {
            fields.put("taskDefinition", text(names.definition(self.definition)));
            let family = self.definition.rsplit_once(':').map_or(self.definition, |(f, _)| f);
            let usual = format!("family:{family}");
            if let Some(group) = self.group.filter(|group| *group != usual) {
                fields.put("group", text(names.task_group(group)));
            }
            if let Some(caller) = self.at.text("startedBy")? {
                let class =
                    if caller.starts_with("ecs-svc/") { Class::Deployment } else { Class::Caller };
                fields.put("startedBy", text(names.of(class, caller)));
            }
            return Ok(());
        };
        if service.definition != self.definition || service.is_external() {
            fields.put("taskDefinition", text(names.definition(self.definition)));
        }
        let primary = service.deployments.iter().find(|deployment| deployment.is_primary);
        if service.is_external() || primary.is_none_or(|primary| primary.id != deployment) {
            fields.put("startedBy", text(names.of(Class::Deployment, deployment)));
        }
        Ok(())
    }

    /// Provider, launch type, zone and subnet, where nothing else tells them.
    fn write_place(
        &self,
        service: Option<&Service<'d>>,
        instances: &[Instance<'d>],
        fields: &mut Fields,
        names: &Names,
    ) -> Result<(), ImportError> {
        let provider = self.at.text("capacityProviderName")?;
        if let Some(provider) = provider {
            fields.put("capacityProvider", text(names.of(Class::Provider, provider)));
        }
        let launch_type = self.at.word::<LaunchType>("launchType")?;
        // What an external service has is its task sets'.
        let own = service.filter(|service| !service.is_external());
        let usual = own.and_then(|service| service.launch_type).or(Some("EC2"));
        if provider.is_none() && launch_type != usual {
            fields.put("launchType", launch_type.map_or_else(Node::default, text));
        }
        let zone = self.at.text("availabilityZone")?;
        let host = instances.iter().find(|instance| Some(instance.id) == self.instance);
        if let Some(zone) = zone.filter(|_| host.is_none()) {
            fields.put("availabilityZone", text(zone));
        }
        if let Some(subnet) = subnets::subnet_of(&self.at)? {
            fields.put("subnet", text(names.of(Class::Subnet, subnet)));
        }
        if let Some(address) = self.private_ip.filter(|_| !names.are_made_up()) {
            fields.put("privateIp", text(address.to_string()));
        }
        Ok(())
    }

    /// Its health, where it is not what its definition gives a task that has run for long.
    fn write_health(
        &self,
        definition: &TaskDefinition,
        fields: &mut Fields,
    ) -> Result<(), ImportError> {
        let checked = definition.has_essential_health_check();
        let usual = if checked && self.last_status == "RUNNING" { "HEALTHY" } else { "UNKNOWN" };
        if let Some(health) =
            self.at.word::<HealthStatus>("healthStatus")?.filter(|health| *health != usual)
        {
            fields.put("healthStatus", health);
        }
        Ok(())
    }

    fn overrides(&self, names: &Names) -> Node {
        let mut node = self.overrides.clone();
        for key in ["taskRoleArn", "executionRoleArn"] {
            if let Some(arn) = node.get(key).and_then(Node::as_str) {
                let replaced = text(names.arn(Class::Role, arn));
                node.set(key, replaced);
            }
        }
        if let Some(Value::List(containers)) =
            node.remove("containerOverrides").map(|list| list.value)
        {
            let renamed = containers.into_iter().map(|mut container| {
                if let Some(name) = container.get("name").and_then(Node::as_str) {
                    let replaced = text(names.of(Class::Container, name));
                    container.set("name", replaced);
                }
                container
            });
            let renamed = list(renamed);
            node.set("containerOverrides", renamed);
        }
        node
    }
}
