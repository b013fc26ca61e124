//! How the tasks of a service revision are found and reached: their network, their registries and
//! Service Connect (03 section 1, 02 sections 5 and 6).

use crate::api::Json;
use crate::api::input::{NetworkConfiguration, ServiceRegistry};

/// The part of a service revision that says where its tasks can be found. A later change of the
/// service leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reach {
    /// Network of its awsvpc tasks.
    pub network: Option<NetworkConfiguration>,
    /// Cloud Map registries, at most one (02 section 5.1).
    pub registries: Vec<ServiceRegistry>,
    /// Service Connect; none when it is off.
    pub connect: Option<ServiceConnect>,
}

impl Reach {
    /// Whether its Fargate tasks get a public address (02 section 1.1).
    pub fn has_public_address(&self) -> bool {
        self.network.as_ref().is_some_and(NetworkConfiguration::has_public_address)
    }
}

impl NetworkConfiguration {
    /// `assignPublicIp` is ENABLED.
    pub fn has_public_address(&self) -> bool {
        let awsvpc = self.awsvpc_configuration.as_ref();
        awsvpc.is_some_and(|awsvpc| awsvpc.assign_public_ip.as_deref() == Some("ENABLED"))
    }
}

/// Service Connect of a service revision (02 section 6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServiceConnect {
    /// Its namespace; the default one of the cluster when absent.
    pub namespace: Option<Box<str>>,
    /// What it offers to others; a mere client offers nothing.
    pub endpoints: Vec<ConnectEndpoint>,
}

/// What a revision offers by Service Connect: one entry of `services[]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConnectEndpoint {
    /// A named port mapping of its definition.
    pub port_name: Box<str>,
    /// Its name in the namespace; the port's name when not given.
    pub discovery_name: Box<str>,
    /// The name that clients use; `<discoveryName>.<namespace>` when absent.
    pub dns_name: Option<Box<str>>,
    /// `ingressPortOverride`: where its proxy listens, instead of the port behind the mapping.
    pub ingress_port: Option<u16>,
}

impl ServiceConnect {
    /// Reads `serviceConnectConfiguration`; none when it is absent or not enabled.
    pub fn read(given: Option<&Json>) -> Option<Self> {
        let given = given.filter(|given| given.field("enabled") == Some(&Json::Bool(true)))?;
        let services = match given.field("services") {
            Some(Json::List(services)) => &services[..],
            _ => &[],
        };
        Some(Self {
            namespace: given.field("namespace").and_then(Json::as_str).map(Into::into),
            endpoints: services.iter().filter_map(ConnectEndpoint::read).collect(),
        })
    }
}

impl ConnectEndpoint {
    fn read(given: &Json) -> Option<Self> {
        let text = |name: &str| given.field(name).and_then(Json::as_str);
        let port_name = text("portName")?;
        let alias = match given.field("clientAliases") {
            Some(Json::List(aliases)) => aliases.first(),
            _ => None,
        };
        let dns_name = alias.and_then(|alias| alias.field("dnsName")).and_then(Json::as_str);
        Some(Self {
            port_name: port_name.into(),
            discovery_name: text("discoveryName").unwrap_or(port_name).into(),
            dns_name: dns_name.map(Into::into),
            ingress_port: given
                .field("ingressPortOverride")
                .and_then(Json::as_number)
                .and_then(|port| port.parse().ok()),
        })
    }
}
