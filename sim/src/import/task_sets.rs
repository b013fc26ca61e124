//! Task sets of services under another controller than ECS.

use stowplan_engine::model::{DeploymentStatus, LaunchType};

use crate::document::Node;

use super::arn::short;
use super::at::At;
use super::definitions::Definitions;
use super::export::Export;
use super::fields::{Fields, is_empty, list, text};
use super::names::{Class, Names};
use super::note::{Concern, ImportError, Notes};
use super::services::{self, Deployment};
use super::shapes::{self, note_unknown};
use super::{cluster, discovery};

/// Everything that DescribeTaskSets documents of a task set.
const DESCRIBED: &[&str] = &[
    "id",
    "taskSetArn",
    "serviceArn",
    "clusterArn",
    "startedBy",
    "externalId",
    "status",
    "taskDefinition",
    "computedDesiredCount",
    "pendingCount",
    "runningCount",
    "createdAt",
    "updatedAt",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "platformFamily",
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
    "scale",
    "stabilityStatus",
    "stabilityStatusAt",
    "tags",
    "fargateEphemeralStorage",
];

/// Those that describe-services tells, else those of describe-task-sets.
pub(super) fn of_service<'d>(
    service: &At<'d>,
    name: &str,
    export: &Export<'d>,
) -> Result<Vec<At<'d>>, ImportError> {
    let own = service.list("taskSets")?;
    if !own.is_empty() {
        return Ok(own);
    }
    let mut described = Vec::new();
    for (_, at) in export.task_sets.iter() {
        if at.text("serviceArn")?.map(short) == Some(name) {
            described.push(at.clone());
        }
    }
    Ok(described)
}

/// The task sets of a service, as its tasks name them.
pub(super) fn read<'d>(
    service: &At<'d>,
    sets: Vec<At<'d>>,
    definitions: &Definitions<'d>,
    notes: &mut Notes,
) -> Result<Vec<Deployment<'d>>, ImportError> {
    let mut read: Vec<Deployment<'_>> = Vec::new();
    for at in sets {
        note_unknown("taskSets", &at, DESCRIBED, notes);
        let id = at.required("id")?;
        if read.iter().any(|other| other.id == id) {
            let error = at.error(format!("task set {id} is there twice"));
            return Err(error.remedy("Keep one of the two"));
        }
        let status = at.word::<DeploymentStatus>("status")?.unwrap_or_default();
        let (definition, _) = definitions.named(&at, "taskDefinition")?;
        read.push(Deployment { id, definition, is_primary: status == "PRIMARY", at });
    }
    if read.iter().filter(|set| set.is_primary).count() > 1 {
        let error = service.error("a service has one PRIMARY task set at most");
        return Err(error.remedy("Export it again"));
    }
    if read.is_empty() {
        let message = "its task sets: they are in describe-services or describe-task-sets";
        notes.at(Concern::Missing, service, message);
    }
    Ok(read)
}

/// A task set as the scenario has it: what CreateTaskSet took, and how it stands.
pub(super) fn write(
    set: &Deployment<'_>,
    names: &Names,
    notes: &mut Notes,
) -> Result<Node, ImportError> {
    let at = &set.at;
    let status = at.word::<DeploymentStatus>("status")?.unwrap_or("ACTIVE");
    let mut fields = Fields::new()
        .with("id", text(names.of(Class::Deployment, set.id)))
        .with("status", status)
        .with("taskDefinition", text(names.definition(set.definition)));
    if let Some(own) = at.text("externalId")?.filter(|own| !own.is_empty()) {
        fields.put("externalId", text(names.of(Class::Other, own)));
    }
    if let Some(scale) = at.get("scale") {
        fields.put("scale", shapes::SCALE.cut(&scale, &[], notes)?);
    }
    let strategy = at.get("capacityProviderStrategy");
    match strategy.filter(|strategy| !is_empty(strategy.node())) {
        Some(strategy) => {
            fields.put("capacityProviderStrategy", cluster::strategy_node(&strategy, names, notes)?)
        }
        None => fields = fields.maybe("launchType", at.word::<LaunchType>("launchType")?),
    }
    fields = fields.maybe("platformVersion", at.text("platformVersion")?);
    services::write_network(at, &mut fields, names, notes)?;
    if let Some(registries) = at.get("serviceRegistries") {
        fields.put("serviceRegistries", discovery::service_registries(&registries, names, notes)?);
    }
    fields = fields.maybe("stabilityStatus", at.text("stabilityStatus")?);
    for key in ["stabilityStatusAt", "createdAt", "updatedAt"] {
        if let Some(instant) = at.instant(key)? {
            fields.put(key, text(instant.to_string()));
        }
    }
    Ok(fields.build())
}

/// The task sets of a service as a list.
pub(super) fn write_all(
    sets: &[Deployment<'_>],
    names: &Names,
    notes: &mut Notes,
) -> Result<Node, ImportError> {
    let mut nodes = Vec::new();
    for set in sets {
        nodes.push(write(set, names, notes)?);
    }
    Ok(list(nodes))
}
