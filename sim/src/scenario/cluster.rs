//! Clusters, as a scenario gives them.

use serde::Deserialize;
use stowplan_engine::api::input::{CapacityProviderStrategyItem, CreateCapacityProvider};

use super::{
    at::{At, Origin},
    exported,
    fields::fields_of,
    instance::{self, GivenGroup, GivenInstance},
    scalar::Settings,
    unbuilt::Part,
};
use crate::document::DocumentError;

/// A cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct GivenCluster {
    pub(super) name: Option<String>,
    pub(super) region: Option<String>,
    pub(super) zones: Option<Vec<String>>,
    pub(super) subnets: Option<Vec<GivenSubnet>>,
    pub(super) instances: Vec<GivenInstance>,
    pub(super) groups: Vec<GivenGroup>,
    pub(super) providers: Option<Vec<GivenProvider>>,
    pub(super) default_strategy: Option<Vec<CapacityProviderStrategyItem>>,
    pub(super) settings: Settings,
    pub(super) account_settings: Settings,
    pub(super) origin: Origin,
}

/// A subnet.
#[derive(Clone, Debug)]
pub(super) struct GivenSubnet {
    pub(super) keys: SubnetKeys,
    pub(super) origin: Origin,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubnetKeys {
    pub(super) id: String,
    pub(super) availability_zone: String,
    pub(super) cidr: Option<String>,
    pub(super) vpc: Option<String>,
    pub(super) interfaces_in_use: Option<u32>,
    pub(super) public: Option<bool>,
    pub(super) nat: Option<bool>,
    pub(super) endpoints: Option<Vec<String>>,
}

/// A capacity provider that is associated with a cluster.
#[derive(Clone, Debug)]
pub(super) struct GivenProvider {
    pub(super) name: String,
    /// How it is made; absent for a bare name.
    pub(super) input: Option<CreateCapacityProvider>,
    pub(super) origin: Origin,
}

/// The keys of a cluster.
pub(super) const KEYS: &[&str] = &[
    "name",
    "region",
    "availabilityZones",
    "subnets",
    "instances",
    "autoScalingGroups",
    "capacityProviders",
    "defaultCapacityProviderStrategy",
    "settings",
    "accountSettings",
];

pub(super) fn read(at: &At<'_>) -> Result<GivenCluster, DocumentError> {
    at.map_of(KEYS, Part::Complete)?;
    let given = |name: &str| at.get(name).map(|list| list.items()).transpose();
    let (instances, groups) = (at.list("instances")?, at.list("autoScalingGroups")?);
    Ok(GivenCluster {
        name: at.optional("name")?,
        region: at.optional("region")?,
        zones: at.optional("availabilityZones")?,
        subnets: given("subnets")?
            .map(|items| items.iter().map(subnet).collect::<Result<_, _>>())
            .transpose()?,
        instances: instances.iter().map(instance::read).collect::<Result<_, _>>()?,
        groups: groups.iter().map(instance::read_group).collect::<Result<_, _>>()?,
        providers: given("capacityProviders")?
            .map(|items| items.iter().map(provider).collect::<Result<_, _>>())
            .transpose()?,
        default_strategy: at.optional("defaultCapacityProviderStrategy")?,
        settings: at.optional("settings")?.unwrap_or_default(),
        account_settings: at.optional("accountSettings")?.unwrap_or_default(),
        origin: at.origin.clone(),
    })
}

fn subnet(at: &At<'_>) -> Result<GivenSubnet, DocumentError> {
    at.map_of(fields_of::<SubnetKeys>(), Part::Complete)?;
    Ok(GivenSubnet { keys: at.decode()?, origin: at.origin.clone() })
}

fn provider(at: &At<'_>) -> Result<GivenProvider, DocumentError> {
    let (name, input) = match at.node.as_str() {
        Some(name) => (name.to_owned(), None),
        None => {
            let input = exported::provider(at)?;
            (input.name.clone(), Some(input))
        }
    };
    Ok(GivenProvider { name, input, origin: at.origin.clone() })
}
