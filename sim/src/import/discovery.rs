//! Cloud Map services and Service Connect of services.

use crate::document::Node;

use super::at::At;
use super::fields::{Fields, flag, list, text};
use super::names::{Class, Names};
use super::note::{Concern, ImportError, Notes};
use super::services::Service;
use super::shapes;
use crate::world::registry_name;

/// In no export: a namespace is known by its id at most.
const NAMESPACE: &str = "imported.local";

/// `serviceRegistries` of a service, as CreateService took it.
pub(super) fn service_registries(
    given: &At<'_>,
    names: &Names,
    notes: &mut Notes,
) -> Result<Node, ImportError> {
    let cut = shapes::SERVICE_REGISTRY.cut(given, &[], notes)?;
    let renamed = cut.items().iter().map(|registry| {
        let mut renamed = registry.clone();
        for (key, class) in [("registryArn", Class::Registry), ("containerName", Class::Container)]
        {
            if let Some(own) = registry.get(key).and_then(Node::as_str) {
                renamed.set(key, text(names.arn(class, own)));
            }
        }
        renamed
    });
    Ok(list(renamed.collect::<Vec<_>>()))
}

/// The Cloud Map services that services name. What DNS keeps of them is not in an export: what the
/// network mode and the registry's fields allow.
pub(super) fn registries(
    services: &[Service<'_>],
    names: &Names,
    notes: &mut Notes,
) -> Result<Node, ImportError> {
    let mut seen = std::collections::BTreeSet::new();
    let mut registries = Vec::new();
    for service in services {
        for given in service.at.list("serviceRegistries")? {
            let Some(arn) = given.text("registryArn")? else { continue };
            if !seen.insert(arn) {
                continue;
            }
            let network = service.at.get("networkConfiguration");
            let awsvpc = network.is_some_and(|at| at.get("awsvpcConfiguration").is_some());
            let ports = given.get("port").is_some() || given.get("containerName").is_some();
            let kinds: &[&str] = match (awsvpc, ports) {
                (false, _) => &["SRV"],
                (true, false) => &["A"],
                (true, true) => &["A", "SRV"],
            };
            let records = kinds.iter().map(|kind| Fields::new().with("type", *kind).build());
            registries.push(
                Fields::new()
                    .with("name", text(registry_name(&names.arn(Class::Registry, arn))))
                    .with("namespace", NAMESPACE)
                    .with("dnsRecords", list(records.collect::<Vec<_>>()))
                    .build(),
            );
        }
    }
    if !registries.is_empty() {
        let message = "names, namespaces, records and TTLs of Cloud Map services are not in an \
                       export: those that their services allow, and the defaults";
        notes.of_all(Concern::Assumed, message);
    }
    Ok(list(registries))
}

/// `serviceConnectConfiguration` of a deployment, as CreateService took it, but for its logs.
pub(super) fn service_connect(given: &At<'_>, names: &Names) -> Result<Node, ImportError> {
    let renamed = |text: &str| names.of(Class::Other, text);
    let mut fields = Fields::new();
    fields.put("enabled", flag(given.flag("enabled")?));
    if let Some(namespace) = given.text("namespace")? {
        fields.put("namespace", text(renamed(namespace)));
    }
    let mut services = Vec::new();
    for service in given.list("services")? {
        let mut own = Fields::new();
        for key in ["portName", "discoveryName"] {
            if let Some(name) = service.text(key)? {
                own.put(key, text(renamed(name)));
            }
        }
        let mut aliases = Vec::new();
        for alias in service.list("clientAliases")? {
            let dns_name = alias.text("dnsName")?.map(|name| text(renamed(name)));
            let port = alias.integer("port")?;
            aliases.push(Fields::new().maybe("port", port).maybe("dnsName", dns_name).build());
        }
        own.put("clientAliases", list(aliases));
        own = own.maybe("ingressPortOverride", service.integer("ingressPortOverride")?);
        if let Some(timeout) = service.get("timeout") {
            let mut kept = Fields::new();
            for key in ["idleTimeoutSeconds", "perRequestTimeoutSeconds"] {
                kept = kept.maybe(key, timeout.integer(key)?);
            }
            own.put("timeout", kept);
        }
        services.push(own.build());
    }
    fields.put("services", list(services));
    Ok(fields.build())
}
