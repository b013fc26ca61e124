//! Services with their deployments as they stand.

use stowplan_engine::model::{DeploymentStatus, LaunchType, RolloutState, SchedulingStrategy};

use crate::document::Node;

use super::arn::short;
use super::at::At;
use super::definitions::{self, Definitions};
use super::discovery;
use super::export::Export;
use super::fields::{Fields, flag, is_empty, list, text};
use super::names::{Class, Names};
use super::note::{Concern, ImportError, Notes};
use super::shapes::{self, note_unknown};
use super::task_sets;

/// Everything that DescribeServices documents of a service.
const DESCRIBED: &[&str] = &[
    "serviceArn",
    "serviceName",
    "clusterArn",
    "loadBalancers",
    "serviceRegistries",
    "status",
    "desiredCount",
    "runningCount",
    "pendingCount",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "platformFamily",
    "taskDefinition",
    "deploymentConfiguration",
    "taskSets",
    "deployments",
    "roleArn",
    "events",
    "createdAt",
    "currentServiceDeployment",
    "currentServiceRevisions",
    "placementConstraints",
    "placementStrategy",
    "networkConfiguration",
    "healthCheckGracePeriodSeconds",
    "schedulingStrategy",
    "deploymentController",
    "tags",
    "createdBy",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
    "resourceManagementType",
];

/// Everything that DescribeServices documents of a deployment.
const DEPLOYMENT_DESCRIBED: &[&str] = &[
    "id",
    "status",
    "taskDefinition",
    "desiredCount",
    "pendingCount",
    "runningCount",
    "failedTasks",
    "createdAt",
    "updatedAt",
    "capacityProviderStrategy",
    "launchType",
    "platformVersion",
    "platformFamily",
    "networkConfiguration",
    "rolloutState",
    "rolloutStateReason",
    "serviceConnectConfiguration",
    "serviceConnectResources",
    "volumeConfigurations",
    "fargateEphemeralStorage",
    "vpcLatticeConfigurations",
];

/// Parts of a service that the simulation has no model of yet.
const NOT_BUILT: &[&str] = &["volumeConfigurations", "vpcLatticeConfigurations"];

/// A service of the export.
pub(super) struct Service<'d> {
    pub(super) name: &'d str,
    pub(super) at: At<'d>,
    /// `ECS`, `CODE_DEPLOY` or `EXTERNAL`.
    pub(super) controller: &'d str,
    /// Label of what its PRIMARY deployment runs; empty when it has none.
    pub(super) definition: &'d str,
    pub(super) launch_type: Option<&'d str>,
    /// Its deployments, or its task sets.
    pub(super) deployments: Vec<Deployment<'d>>,
}

/// A deployment or a task set of a service.
pub(super) struct Deployment<'d> {
    pub(super) id: &'d str,
    pub(super) at: At<'d>,
    pub(super) definition: &'d str,
    pub(super) is_primary: bool,
}

/// Reads the services that are ACTIVE.
pub(super) fn read<'d>(
    export: &Export<'d>,
    definitions: &Definitions<'d>,
    notes: &mut Notes,
) -> Result<Vec<Service<'d>>, ImportError> {
    if export.services.is_empty() {
        let message = "services: strategies are only in describe-services";
        notes.of_all(Concern::Missing, message);
    }
    let mut services = Vec::new();
    for (name, at) in export.services.iter() {
        note_unknown("services", at, DESCRIBED, notes);
        match at.text("status")? {
            None | Some("ACTIVE") => {}
            Some(status) => {
                notes.at(Concern::LeftOut, at, format!("service {name} is {status}"));
                continue;
            }
        }
        let controller = at.get("deploymentController");
        let controller = controller.map_or(Ok(None), |it| it.text("type"))?.unwrap_or("ECS");
        let has_sets = controller != "ECS";
        let definition = match at.text("taskDefinition")?.unwrap_or_default() {
            "" if controller == "EXTERNAL" => "",
            _ => definitions.named(at, "taskDefinition")?.0,
        };
        let deployments = match has_sets {
            false => deployments(at, definitions, notes)?,
            true => {
                let sets = task_sets::of_service(at, name, export)?;
                task_sets::read(at, sets, definitions, notes)?
            }
        };
        let launch_type = at.word::<LaunchType>("launchType")?;
        let at = at.clone();
        services.push(Service { name, at, controller, definition, launch_type, deployments });
    }
    Ok(services)
}

fn deployments<'d>(
    service: &At<'d>,
    definitions: &Definitions<'d>,
    notes: &mut Notes,
) -> Result<Vec<Deployment<'d>>, ImportError> {
    let mut deployments: Vec<Deployment<'_>> = Vec::new();
    for at in service.list("deployments")? {
        note_unknown("deployments", &at, DEPLOYMENT_DESCRIBED, notes);
        for key in NOT_BUILT {
            if at.get(key).is_some_and(|value| !is_empty(value.node())) {
                notes.at(Concern::LeftOut, &at, format!("`{key}`: not built yet"));
            }
        }
        let id = at.required("id")?;
        if deployments.iter().any(|other| other.id == id) {
            let error = at.error(format!("deployment {id} is there twice"));
            return Err(error.remedy("Keep one of the two"));
        }
        let status = at.word::<DeploymentStatus>("status")?.unwrap_or_default();
        if !matches!(status, "PRIMARY" | "ACTIVE") {
            notes.at(Concern::LeftOut, &at, format!("a deployment that is {status}"));
            continue;
        }
        let (definition, _) = definitions.named(&at, "taskDefinition")?;
        deployments.push(Deployment { id, definition, is_primary: status == "PRIMARY", at });
    }
    let primary = deployments.iter().filter(|deployment| deployment.is_primary).count();
    if primary > 1 || (primary == 0 && !deployments.is_empty()) {
        let message = format!("a service has one PRIMARY deployment, this one has {primary}");
        return Err(service.error(message).remedy("Export it again"));
    }
    Ok(deployments)
}

impl Service<'_> {
    /// Whether its own counts say that it has no tasks.
    pub(super) fn says_no_tasks(&self) -> Result<bool, ImportError> {
        let is_zero = |key| Ok(self.at.count(key)? == Some(0));
        Ok(is_zero("runningCount")? && is_zero("pendingCount")?)
    }

    /// The service as the scenario has it: what CreateService took, and the deployments.
    pub(super) fn write(
        &self,
        has_no_tasks: bool,
        names: &Names,
        notes: &mut Notes,
    ) -> Result<Node, ImportError> {
        let at = &self.at;
        let mut fields =
            Fields::new().with("serviceName", text(names.of(Class::Service, self.name)));
        // What an external service runs its task sets say, CreateService may not.
        if !self.is_external() {
            fields.put("taskDefinition", text(names.definition(self.definition)));
        }
        let is_daemon = at.word::<SchedulingStrategy>("schedulingStrategy")? == Some("DAEMON");
        if is_daemon {
            fields.put("schedulingStrategy", "DAEMON");
        } else if let Some(desired) = at.count("desiredCount")? {
            fields.put("desiredCount", i64::from(desired));
        }
        self.write_launch(&mut fields, names, notes)?;
        if let Some(configuration) = at.get("deploymentConfiguration") {
            fields.put(
                "deploymentConfiguration",
                shapes::DEPLOYMENT_CONFIGURATION.cut(&configuration, &[], notes)?,
            );
        }
        if let Some(strategy) = at.get("placementStrategy") {
            fields.put("placementStrategy", shapes::STRATEGY.cut(&strategy, &[], notes)?);
        }
        if let Some(constraints) = at.get("placementConstraints") {
            let cut = shapes::CONSTRAINT.cut(&constraints, &[], notes)?;
            let items = cut.items().iter().cloned();
            let renamed = items.map(|item| definitions::constraint(item, names, at, notes));
            let renamed = list(renamed.collect::<Vec<_>>());
            fields.put("placementConstraints", renamed);
        }
        self.write_network(&mut fields, names, notes)?;
        self.write_switches(&mut fields, names, notes)?;
        if let Some(created) = at.instant("createdAt")? {
            fields.put("createdAt", text(created.to_string()));
        }
        // A service of time 0 without tasks would else be given some.
        for key in ["runningCount", "pendingCount"] {
            if has_no_tasks {
                fields.put(key, 0);
            }
        }
        if self.controller != "ECS" {
            fields.put("taskSets", task_sets::write_all(&self.deployments, names, notes)?);
            return Ok(fields.build());
        }
        let mut deployments = Vec::new();
        for deployment in &self.deployments {
            deployments.push(self.write_deployment(deployment, names)?);
        }
        fields.put("deployments", list(deployments));
        Ok(fields.build())
    }

    pub(super) fn is_external(&self) -> bool {
        self.controller == "EXTERNAL"
    }

    fn write_launch(
        &self,
        fields: &mut Fields,
        names: &Names,
        notes: &mut Notes,
    ) -> Result<(), ImportError> {
        if self.controller != "ECS" {
            let kind = Fields::new().with("type", self.controller);
            fields.put("deploymentController", kind);
        }
        if self.is_external() {
            return Ok(());
        }
        let strategy = self.at.get("capacityProviderStrategy");
        match strategy.filter(|strategy| !is_empty(strategy.node())) {
            Some(strategy) => {
                let node = super::cluster::strategy_node(&strategy, names, notes)?;
                fields.put("capacityProviderStrategy", node);
            }
            None => {
                if let Some(launch_type) = self.launch_type {
                    fields.put("launchType", launch_type);
                }
            }
        }
        if let Some(version) = self.at.text("platformVersion")? {
            fields.put("platformVersion", version);
        }
        Ok(())
    }

    fn write_network(
        &self,
        fields: &mut Fields,
        names: &Names,
        notes: &mut Notes,
    ) -> Result<(), ImportError> {
        if self.is_external() {
            return Ok(());
        }
        write_network(&self.at, fields, names, notes)?;
        if let Some(registries) = self.at.get("serviceRegistries") {
            let renamed = discovery::service_registries(&registries, names, notes)?;
            fields.put("serviceRegistries", renamed);
        }
        let primary = self.deployments.iter().find(|deployment| deployment.is_primary);
        let connect = primary.and_then(|own| own.at.get("serviceConnectConfiguration"));
        if let Some(connect) = connect.filter(|own| !is_empty(own.node())) {
            let written = discovery::service_connect(&connect, names)?;
            fields.put("serviceConnectConfiguration", written);
        }
        Ok(())
    }

    fn write_switches(
        &self,
        fields: &mut Fields,
        names: &Names,
        notes: &mut Notes,
    ) -> Result<(), ImportError> {
        let at = &self.at;
        if let Some(seconds) = at.count("healthCheckGracePeriodSeconds")?.filter(|s| *s > 0) {
            fields.put("healthCheckGracePeriodSeconds", i64::from(seconds));
        }
        if let Some(value) = at.text("availabilityZoneRebalancing")? {
            fields.put("availabilityZoneRebalancing", value);
        }
        for key in ["enableECSManagedTags", "enableExecuteCommand"] {
            if at.flag(key)? {
                fields.put(key, flag(true));
            }
        }
        if let Some(value) = at.text("propagateTags")?.filter(|value| *value != "NONE") {
            fields.put("propagateTags", value);
        }
        if let Some(tags) = at.get("tags").filter(|_| !names.are_made_up()) {
            fields.put("tags", shapes::TAG.cut(&tags, &[], notes)?);
        }
        Ok(())
    }

    fn write_deployment(
        &self,
        deployment: &Deployment<'_>,
        names: &Names,
    ) -> Result<Node, ImportError> {
        let at = &deployment.at;
        let desired = at.count("desiredCount")?.unwrap_or_default();
        let mut fields = Fields::new()
            .with("id", text(names.of(Class::Deployment, deployment.id)))
            .with("status", if deployment.is_primary { "PRIMARY" } else { "ACTIVE" })
            .with("taskDefinition", text(names.definition(deployment.definition)))
            .with("desiredCount", i64::from(desired));
        if let Some(failed) = at.count("failedTasks")?.filter(|&failed| failed > 0) {
            fields.put("failedTasks", i64::from(failed));
        }
        fields = fields.maybe("rolloutState", at.word::<RolloutState>("rolloutState")?);
        for key in ["createdAt", "updatedAt"] {
            if let Some(instant) = at.instant(key)? {
                fields.put(key, text(instant.to_string()));
            }
        }
        Ok(fields.build())
    }
}

/// Interfaces and target groups of a service or a task set.
pub(super) fn write_network(
    at: &At<'_>,
    fields: &mut Fields,
    names: &Names,
    notes: &mut Notes,
) -> Result<(), ImportError> {
    let configuration = at.get("networkConfiguration");
    if let Some(own) = configuration.and_then(|at| at.get("awsvpcConfiguration")) {
        let mut cut = shapes::AWSVPC.cut(&own, &[], notes)?;
        for (key, class) in [("subnets", Class::Subnet), ("securityGroups", Class::SecurityGroup)] {
            let mut renamed = Vec::new();
            for item in own.list(key)? {
                renamed.push(text(names.of(class, item.as_text()?)));
            }
            if !renamed.is_empty() {
                cut.set(key, list(renamed));
            }
        }
        fields.put("networkConfiguration", Fields::new().with("awsvpcConfiguration", cut));
    }
    if let Some(balancers) = at.get("loadBalancers") {
        let cut = shapes::LOAD_BALANCER.cut(&balancers, &[], notes)?;
        let renamed = cut.items().iter().map(|balancer| load_balancer(balancer, names));
        fields.put("loadBalancers", list(renamed.collect::<Vec<_>>()));
    }
    Ok(())
}

fn load_balancer(balancer: &Node, names: &Names) -> Node {
    let mut renamed = balancer.clone();
    if let Some(arn) = balancer.get("targetGroupArn").and_then(Node::as_str) {
        renamed.set("targetGroupArn", text(names.target_group(arn)));
    }
    if let Some(name) = balancer.get("containerName").and_then(Node::as_str) {
        renamed.set("containerName", text(names.of(Class::Container, name)));
    }
    if let Some(name) = balancer.get("loadBalancerName").and_then(Node::as_str) {
        renamed.set("loadBalancerName", text(names.of(Class::Other, name)));
    }
    renamed
}

/// The target groups that services name. How they probe is not in an export: the defaults.
pub(super) fn target_groups(
    services: &[Service<'_>],
    names: &Names,
    notes: &mut Notes,
) -> Result<Node, ImportError> {
    let mut seen = std::collections::BTreeSet::new();
    let mut groups = Vec::new();
    for service in services {
        let mut balancers = service.at.list("loadBalancers")?;
        for set in &service.deployments {
            balancers.extend(set.at.list("loadBalancers")?);
        }
        for balancer in balancers {
            let Some(arn) = balancer.text("targetGroupArn")? else { continue };
            if seen.insert(arn) {
                let replaced = names.target_group(arn);
                groups.push(Fields::new().with("name", text(target_group_name(&replaced))).build());
            }
        }
    }
    if !groups.is_empty() {
        let message = "how target groups probe and drain is not in an export: the defaults";
        notes.of_all(Concern::Assumed, message);
    }
    Ok(list(groups))
}

/// The name in a target group's ARN: the last but one segment.
fn target_group_name(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |(head, _)| short(head))
}
