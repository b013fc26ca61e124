//! What clients find: answers of DNS, endpoints of Service Connect (02 sections 5.3 and 6).

use stowplan_engine::model::{ConnectEndpoint, TaskId, Time};

use super::Moment;
use crate::world::{DnsQuestion, RecordType, Registered};

/// What a client has as the answer of DNS: now, or when it asked first at some instant and has
/// asked again whenever its answer was too old.
pub(crate) fn dns(
    moment: &Moment<'_>,
    name: &str,
    kind: &str,
    asked_at: Option<Time>,
) -> Result<Vec<String>, String> {
    let known = RecordType::ALL.into_iter().find(|known| known.as_str() == kind);
    let kind = known.ok_or_else(|| format!("'{kind}' is no record type; it is A, AAAA or SRV"))?;
    let asked_at = asked_at.unwrap_or(moment.now);
    if asked_at > moment.now {
        return Err(format!("a client cannot have asked at {asked_at}: it is {}", moment.now));
    }
    let question = DnsQuestion { name, kind, asked_at };
    moment.world.dns(&question, moment.now, moment.engine).ok_or_else(|| {
        let names = moment.world.dns_names();
        match &names[..] {
            [] => format!("there is no DNS name '{name}': the scenario has no registries"),
            names => format!("there is no DNS name '{name}'; there are {}", names.join(", ")),
        }
    })
}

/// Where a request of a task to a name goes by Service Connect, as `address:port`. A task knows
/// the names that were there when its deployment was created, and no other.
pub(crate) fn endpoints(
    moment: &Moment<'_>,
    task: &str,
    name: &str,
) -> Result<Vec<String>, String> {
    let engine = moment.engine;
    let client = engine.find_task(task).ok_or_else(|| format!("there is no task '{task}'"))?;
    let (namespace, since) = client_of(moment, client)
        .ok_or_else(|| format!("task '{task}' is no client of Service Connect"))?;
    let mut discovery_names: Vec<&str> = Vec::new();
    for deployment in engine.deployments().iter().filter(|d| d.created_at <= since) {
        let cluster = engine.service(deployment.service).cluster;
        let Some(connect) = &deployment.reach.connect else { continue };
        if engine.connect_namespace(connect, cluster) != namespace {
            continue;
        }
        for endpoint in &connect.endpoints {
            let discovery = &*endpoint.discovery_name;
            if is_called(endpoint, namespace, name) && !discovery_names.contains(&discovery) {
                discovery_names.push(discovery);
            }
        }
    }
    let found = |discovery: &str| moment.world.endpoints(namespace, discovery, moment.now);
    let instances = discovery_names.into_iter().flat_map(found);
    let address = |one: Registered| Some(format!("{}:{}", one.address?, one.port?));
    Ok(instances.filter_map(address).collect())
}

/// The namespace of a client, and when its deployment was created.
fn client_of<'m>(moment: &Moment<'m>, task: TaskId) -> Option<(&'m str, Time)> {
    let engine = moment.engine;
    let deployment = engine.deployment(engine.task(task).owner?.deployment);
    let cluster = engine.service(deployment.service).cluster;
    let connect = deployment.reach.connect.as_ref()?;
    Some((engine.connect_namespace(connect, cluster), deployment.created_at))
}

/// Whether clients call an endpoint so.
fn is_called(endpoint: &ConnectEndpoint, namespace: &str, name: &str) -> bool {
    match &endpoint.dns_name {
        Some(own) => **own == *name,
        None => format!("{}.{namespace}", endpoint.discovery_name) == name,
    }
}
