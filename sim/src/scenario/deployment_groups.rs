//! The key `deploymentGroups`: inputs of CodeDeploy's CreateDeploymentGroup.

use stowplan_engine::api::input::{CreateDeploymentGroup, EcsService};

use super::at::{At, Origin};
use crate::document::{Decoder, DocumentError};

/// A deployment group, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct GivenDeploymentGroup {
    pub(super) input: CreateDeploymentGroup,
    /// The key that names its service.
    pub(super) named_by: &'static str,
    pub(super) origin: Origin,
}

/// `service: web` stands for the field that names the service.
pub(super) fn read(at: &At<'_>) -> Result<GivenDeploymentGroup, DocumentError> {
    at.map()?;
    let service: Option<String> = at.optional("service")?;
    let mut node = at.node.clone();
    node.remove("service");
    let decoder = Decoder::new(&node).at(at.origin.path()).either_case(true);
    let named_by = if service.is_some() { "service" } else { "ecsServices" };
    let mut input: CreateDeploymentGroup = decoder.decode()?;
    match service {
        Some(_) if !input.ecs_services.is_empty() => {
            let error = at.error("both `service` and `ecsServices` are given");
            return Err(error.with_remedy("Leave one of them out"));
        }
        Some(service) => {
            let (cluster_name, service_name) = match service.split_once('/') {
                Some((cluster, name)) => (Some(cluster.to_owned()), name.to_owned()),
                None => (None, service),
            };
            input.ecs_services = vec![EcsService { service_name, cluster_name }];
        }
        None => {}
    }
    Ok(GivenDeploymentGroup { input, named_by, origin: at.origin.clone() })
}
