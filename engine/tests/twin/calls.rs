//! The same in the words of the API: what is registered, and what is called.

use serde_json::{Value, json};
use stowplan_engine::model::{Attribute, Capabilities, Held, PortSet, Protocol, Registration};

use super::{Ask, Holding, Launch, Row};
use crate::bed::{both, constraints, strategy, subnets};

/// What an instance registers beside its size.
pub(crate) fn equip(registration: &mut Registration, row: &Row) {
    registration.agent_connected = row.connected;
    registration.gpus = row.gpus;
    registration.eni_limit = row.enis;
    let mut ports = PortSet::new();
    if let Some(port) = row.held.port {
        ports.insert(Protocol::Tcp, port);
    }
    let Holding { cpu, memory, gpus, enis, .. } = row.held;
    registration.held = Held { cpu, memory, gpu: gpus, eni: enis, ports };
    registration.auto_scaling_group = row.provider.map(|name| format!("asg-{name}").into());
    if !row.home {
        registration.vpc = "vpc-2".into();
    }
    if !row.attaches {
        let without = vec!["ecs.capability.task-eni".into()];
        registration.capabilities = Capabilities::CurrentAgent { without };
    }
    // What it does not say is x86_64.
    if row.architecture != "x86_64" {
        let name = "ecs.cpu-architecture".into();
        registration.attributes.push(Attribute { name, value: Some(row.architecture.into()) });
    }
    if let Some(rack) = row.rack {
        let attribute = Attribute { name: "rack".into(), value: Some(rack.into()) };
        registration.attributes.push(attribute);
    }
}

/// RegisterTaskDefinition.
pub(crate) fn definition(number: usize, ask: &Ask) -> Value {
    let mapping = |(port, udp): (u16, bool)| {
        let protocol = if udp { "udp" } else { "tcp" };
        let host_port = if ask.ports.host_mode { 0 } else { port };
        json!({ "containerPort": port, "hostPort": host_port, "protocol": protocol })
    };
    let ports: Vec<Value> = ask.ports.iter().map(mapping).collect();
    let gpus: Vec<Value> = (ask.gpus > 0)
        .then(|| json!({ "type": "GPU", "value": ask.gpus.to_string() }))
        .into_iter()
        .collect();
    let container = json!({
        "name": "app", "image": "app:1", "cpu": ask.cpu, "memory": ask.memory,
        "portMappings": ports, "resourceRequirements": gpus,
    });
    let mode = match (&ask.subnets, ask.ports.host_mode) {
        (Some(_), _) => "awsvpc",
        (None, true) => "host",
        (None, false) => "bridge",
    };
    let own = |it: &&&str| ask.in_definition && **it != "distinctInstance";
    let own = ask.constraints.iter().filter(own);
    let own = own.map(|it| json!({ "type": "memberOf", "expression": it }));
    let definition = json!({ "family": format!("f{number}"), "networkMode": mode,
        "placementConstraints": own.collect::<Vec<_>>(), "containerDefinitions": [container] });
    let platform = ask.architecture.map(|architecture| {
        json!({ "runtimePlatform": { "cpuArchitecture": architecture.to_ascii_uppercase() } })
    });
    let size = ask.is_away().then(|| json!({ "cpu": "256", "memory": "512" }));
    both(both(definition, platform.unwrap_or(json!({}))), size.unwrap_or(json!({})))
}

/// Strategies, constraints, the network, and what it is launched on.
pub(crate) fn wishes(ask: &Ask) -> Value {
    let in_call = |it: &&&str| !ask.in_definition || **it == "distinctInstance";
    let own: Vec<&str> = ask.constraints.iter().filter(in_call).copied().collect();
    let launch = match &ask.launch {
        Launch::Ec2 => json!({}),
        Launch::Fargate => json!({ "launchType": "FARGATE" }),
        Launch::Split(items) => {
            let items = items.iter().map(|it| {
                json!({ "capacityProvider": it.provider, "base": it.base, "weight": it.weight })
            });
            json!({ "capacityProviderStrategy": items.collect::<Vec<_>>() })
        }
    };
    let placement = match ask.is_away() {
        true => json!({}),
        false => both(strategy(&ask.strategy), constraints(&own)),
    };
    both(both(placement, launch), network(ask))
}

/// What StartTask and RunTask say of the group, and of another size.
pub(crate) fn particulars(ask: &Ask, group: &str) -> Value {
    let size = ask.overridden.map(|memory| {
        let container = json!({ "name": "app", "memory": memory });
        json!({ "overrides": { "containerOverrides": [container] } })
    });
    both(size.unwrap_or(json!({})), json!({ "group": group }))
}

/// Its subnets, in its order.
pub(crate) fn network(ask: &Ask) -> Value {
    ask.subnets.as_deref().map_or(json!({}), subnets)
}
