//! Services and their deployments.

use stowplan_engine::api::input::{CapacityProviderStrategyItem, CreateService};
use stowplan_engine::api::{GivenDeployment, GivenTaskSet};
use stowplan_engine::model::{
    ClusterId, DeploymentId, DeploymentStatus, LaunchType, RolloutState, TaskDefinitionId, Time,
};

use super::{LONG_AGO, Resolved, clusters, definitions, references};
use crate::document::{DocumentError, Timestamp};
use crate::scenario::{
    Start,
    at::Origin,
    exported::{ExportedDeployment, ExportedService, ExportedTaskSet},
    given::ServiceForm,
    names::{check_unique, nothing_called},
};

/// A service.
pub(super) struct ServicePlan {
    pub(super) cluster: ClusterId,
    pub(super) input: CreateService,
    /// As they stand, oldest first; none is one PRIMARY, COMPLETED.
    pub(super) deployments: Vec<GivenDeployment>,
    /// What it runs; none with an external controller.
    pub(super) definition: Option<TaskDefinitionId>,
    /// The engine's number of its first deployment.
    pub(super) first_deployment: usize,
    pub(super) created_at: Time,
    pub(super) has_tasks: bool,
    pub(super) origin: Origin,
}

/// Where the tasks of a service run.
pub(super) enum LaunchOn {
    Type(LaunchType),
    Strategy(Vec<CapacityProviderStrategyItem>),
}

impl ServicePlan {
    pub(super) fn name(&self) -> &str {
        &self.input.service_name
    }

    pub(super) fn launch(&self, resolved: &Resolved<'_>) -> LaunchOn {
        let own = self.input.capacity_provider_strategy.as_ref();
        if let Some(items) = own.filter(|items| !items.is_empty()) {
            return LaunchOn::Strategy(items.clone());
        }
        if let Some(launch_type) = &self.input.launch_type {
            return LaunchOn::Type(launch_type.parse().unwrap_or(LaunchType::Ec2));
        }
        match &resolved.clusters[self.cluster.index()].default_strategy[..] {
            [] => LaunchOn::Type(LaunchType::Ec2),
            items => LaunchOn::Strategy(items.to_vec()),
        }
    }

    pub(super) fn subnets(&self) -> &[String] {
        let network = self.input.network_configuration.as_ref();
        let awsvpc = network.and_then(|network| network.awsvpc_configuration.as_ref());
        awsvpc.map_or(&[], |awsvpc| &awsvpc.subnets)
    }

    /// How many deployments the engine makes of it.
    fn deployment_count(&self) -> usize {
        let implied = usize::from(!self.is_external());
        self.deployments.len().max(implied)
    }

    fn controller(&self) -> Option<&str> {
        self.input.deployment_controller.as_ref().map(|controller| &*controller.kind)
    }

    fn is_external(&self) -> bool {
        self.controller() == Some("EXTERNAL")
    }

    /// The deployments that run a revision, newest first.
    pub(super) fn deployments_of(
        &self,
        definition: TaskDefinitionId,
    ) -> impl Iterator<Item = DeploymentId> {
        let own = self.definition.filter(|_| self.deployments.is_empty());
        let single = own.into_iter().map(|definition| (0, definition));
        let several = self.deployments.iter().enumerate().rev().map(|(i, d)| (i, d.definition));
        single
            .chain(several)
            .filter(move |(_, of)| *of == definition)
            .map(|(index, _)| DeploymentId::from_index(self.first_deployment + index))
    }

    /// The deployment with an id, and what it runs.
    pub(super) fn deployment_called(&self, name: &str) -> Option<(DeploymentId, TaskDefinitionId)> {
        let mut deployments = self.deployments.iter().enumerate();
        let (index, found) = deployments.find(|(_, d)| d.name.as_deref() == Some(name))?;
        Some((DeploymentId::from_index(self.first_deployment + index), found.definition))
    }
}

pub(super) fn resolve(resolved: &mut Resolved<'_>) -> Result<(), DocumentError> {
    let scenario = resolved.scenario;
    let mut first_deployment = 0;
    for given in &scenario.services {
        let mut plan = plan_of(resolved, given.input(), &given.origin)?;
        if let ServiceForm::Exported(exported) = &given.form {
            if scenario.start != Start::Steady {
                let error = resolved.error(&given.origin, "this service was created long ago");
                return Err(error.with_remedy("Add `start: steady` to the scenario"));
            }
            plan.created_at = exported.created_at.map_or(LONG_AGO, |at| scenario.time_of(at));
            plan.deployments = match plan.controller() {
                Some("CODE_DEPLOY" | "EXTERNAL") => task_sets(resolved, exported, &given.origin)?,
                _ => deployments(resolved, exported, &given.origin)?,
            };
            // Nobody starts tasks of sets but their own scheduler.
            plan.has_tasks =
                exported.has_no_tasks || plan.is_external() && !plan.deployments.is_empty();
            let primary = plan.deployments.iter().find(|d| d.status == DeploymentStatus::Primary);
            plan.definition = primary.map(|d| d.definition).or(plan.definition);
        }
        plan.first_deployment = first_deployment;
        first_deployment += plan.deployment_count();
        resolved.services.push(plan);
    }
    let names: Vec<(String, Origin)> = resolved
        .services
        .iter()
        .map(|service| (qualified(service), service.origin.key("serviceName")))
        .collect();
    let names = names.iter().map(|(name, origin)| {
        let name = if resolved.clusters.len() == 1 { &name[2..] } else { &**name };
        (name, origin.clone())
    });
    check_unique(&scenario.document, names, "service")
}

/// A name that no service of another cluster has.
fn qualified(service: &ServicePlan) -> String {
    format!("{}/{}", service.cluster.index(), service.name())
}

fn plan_of(
    resolved: &Resolved<'_>,
    input: &CreateService,
    origin: &Origin,
) -> Result<ServicePlan, DocumentError> {
    let cluster = clusters::find(resolved, input.cluster.as_deref(), origin)?;
    let plan = &resolved.clusters[cluster.index()];
    let mut input = input.clone();
    input.cluster = Some(plan.name.clone());
    let definition = match &input.task_definition {
        Some(name) => Some(definitions::named(resolved, name, &origin.key("taskDefinition"))?),
        None if input.deployment_controller.as_ref().is_some_and(|c| c.kind == "EXTERNAL") => None,
        None => {
            let error = resolved.error(origin, "`taskDefinition` is missing");
            return Err(error.with_remedy("Add the key `taskDefinition`"));
        }
    };
    if let Some(items) = &input.capacity_provider_strategy {
        let origin = origin.key("capacityProviderStrategy");
        references::check_strategy(resolved, plan, items, &origin)?;
    }
    let service = ServicePlan {
        cluster,
        input,
        deployments: Vec::new(),
        definition,
        first_deployment: 0,
        created_at: LONG_AGO,
        has_tasks: false,
        origin: origin.clone(),
    };
    references::check_subnets(resolved, &service)?;
    Ok(service)
}

/// The deployments of an export, oldest first.
fn deployments(
    resolved: &Resolved<'_>,
    exported: &ExportedService,
    origin: &Origin,
) -> Result<Vec<GivenDeployment>, DocumentError> {
    let origin = origin.key("deployments");
    let mut all = Vec::new();
    for (index, given) in exported.deployments.iter().enumerate() {
        if given.status != DeploymentStatus::Inactive {
            all.push(deployment_of(resolved, given, &origin.index(index))?);
        }
    }
    all.sort_by_key(|deployment| deployment.created_at);
    let primaries = all.iter().filter(|d| d.status == DeploymentStatus::Primary).count();
    if primaries != 1 && !all.is_empty() {
        let error = resolved.error(&origin, format!("{primaries} deployments are PRIMARY"));
        return Err(error.with_remedy("Exactly one deployment of a service is PRIMARY"));
    }
    Ok(all)
}

fn deployment_of(
    resolved: &Resolved<'_>,
    given: &ExportedDeployment,
    origin: &Origin,
) -> Result<GivenDeployment, DocumentError> {
    let time = |at: Option<Timestamp>| at.map_or(LONG_AGO, |at| resolved.scenario.time_of(at));
    let origin = origin.key("taskDefinition");
    let definition = definitions::named(resolved, &given.task_definition, &origin)?;
    Ok(GivenDeployment {
        name: given.id.as_deref().map(Into::into),
        definition,
        status: given.status,
        rollout: given.rollout_state.unwrap_or(RolloutState::Completed),
        desired: given.desired_count,
        failures: given.failed_tasks,
        created_at: time(given.created_at),
        updated_at: time(given.updated_at.or(given.created_at)),
        set: None,
    })
}

/// The task sets of an export, oldest first.
fn task_sets(
    resolved: &Resolved<'_>,
    exported: &ExportedService,
    origin: &Origin,
) -> Result<Vec<GivenDeployment>, DocumentError> {
    let origin = origin.key("taskSets");
    let mut all = Vec::new();
    for (index, given) in exported.task_sets.iter().enumerate() {
        all.push(task_set_of(resolved, given, &origin.index(index))?);
    }
    all.sort_by_key(|set| set.created_at);
    let primaries = all.iter().filter(|set| set.status == DeploymentStatus::Primary).count();
    if primaries > 1 {
        let error = resolved.error(&origin, format!("{primaries} task sets are PRIMARY"));
        return Err(error.with_remedy("At most one task set of a service is PRIMARY"));
    }
    Ok(all)
}

fn task_set_of(
    resolved: &Resolved<'_>,
    given: &ExportedTaskSet,
    origin: &Origin,
) -> Result<GivenDeployment, DocumentError> {
    let facts = &given.facts;
    let time = |at: Option<Timestamp>| at.map_or(LONG_AGO, |at| resolved.scenario.time_of(at));
    let origin = origin.key("taskDefinition");
    let updated_at = time(facts.updated_at.or(facts.created_at));
    let is_stable = facts.stability_status.as_deref().map(|status| status == "STEADY_STATE");
    let since = facts.stability_status_at.map_or(updated_at, |at| resolved.scenario.time_of(at));
    Ok(GivenDeployment {
        name: facts.id.as_deref().map(Into::into),
        definition: definitions::named(resolved, &facts.task_definition, &origin)?,
        status: facts.status,
        rollout: RolloutState::Completed,
        desired: 0,
        failures: 0,
        created_at: time(facts.created_at),
        updated_at,
        set: Some(GivenTaskSet {
            input: Box::new(given.input.clone()),
            stability: is_stable.map(|is_stable| (is_stable, since)),
        }),
    })
}

/// The service that a given task names: `web`, or `cluster/web`.
pub(super) fn named(
    resolved: &Resolved<'_>,
    cluster: Option<ClusterId>,
    name: &str,
    origin: &Origin,
) -> Result<usize, DocumentError> {
    let (cluster, wanted) = match name.rsplit_once('/') {
        Some((cluster, wanted)) => {
            let cluster = clusters::find(resolved, Some(cluster), origin)?;
            (Some(cluster), wanted)
        }
        None => (cluster, name),
    };
    let in_cluster = |service: &&ServicePlan| cluster.is_none_or(|id| service.cluster == id);
    let matching =
        |(_, service): &(usize, &ServicePlan)| in_cluster(service) && service.name() == wanted;
    let mut found = resolved.services.iter().enumerate().filter(matching);
    match (found.next(), found.next()) {
        (Some((index, _)), None) => Ok(index),
        (Some(_), Some(_)) => {
            let message = format!("several clusters have a service `{wanted}`");
            Err(resolved.error(origin, message).with_remedy("Write `cluster/service`"))
        }
        (None, _) => {
            let known = resolved.services.iter().filter(in_cluster).map(ServicePlan::name);
            Err(resolved.at(origin, nothing_called("service", wanted, known)))
        }
    }
}
