//! A task in Cloud Map: registered when it is activated, judged as its containers are, gone before
//! they are signalled (02 section 5.2). Service Connect finds its endpoints there, too.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use stowplan_engine::api::input::ServiceRegistry;
use stowplan_engine::model::{
    ConnectEndpoint, DesiredStatus, HealthStatus, NetworkMode, Owner, Time,
};

use super::cloud_map::RegistryId;
use super::network::address_at;
use super::registry::{InstanceHealth, Member, RecordType, Registered};
use super::step::{Step, Surroundings};
use super::task::WorldTask;

impl WorldTask {
    /// Registers the task. With checks of its own it begins UNHEALTHY and is HEALTHY when ECS has
    /// said so; without, at once.
    pub(super) fn register_instance(&self, step: &mut Step<'_>) {
        // A task whose agent has not heard of the stop may still come this far.
        if step.view.task(self.id).desired_status != DesiredStatus::Running {
            return;
        }
        let health = match self.has_check(step) {
            true => InstanceHealth::Unhealthy,
            false => InstanceHealth::Healthy,
        };
        self.enter_cloud_map(step, step.now, health);
        self.tell_cloud_map(step);
    }

    /// The task was registered long ago, and judged ever since.
    pub(super) fn adopt_instance(&self, step: &mut Step<'_>, since: Time) {
        let health = match step.view.task(self.id).container_health {
            HealthStatus::Unhealthy => InstanceHealth::Unhealthy,
            HealthStatus::Unknown if self.has_check(step) => InstanceHealth::Unhealthy,
            HealthStatus::Unknown | HealthStatus::Healthy => InstanceHealth::Healthy,
        };
        self.enter_cloud_map(step, since, health);
    }

    /// ECS says how the task is, once its checks have found out.
    pub(super) fn tell_cloud_map(&self, step: &mut Step<'_>) {
        let health = match self.reported_health {
            HealthStatus::Healthy => InstanceHealth::Healthy,
            HealthStatus::Unhealthy => InstanceHealth::Unhealthy,
            HealthStatus::Unknown => return,
        };
        step.around.cloud_map.tell(self.id, step.now, health);
    }

    /// The task is on its way out: nobody is sent to it any more.
    pub(super) fn deregister_instance(&self, step: &mut Step<'_>) {
        step.around.cloud_map.deregister(self.id, step.now);
    }

    /// Whether an essential container has a check.
    fn has_check(&self, step: &Step<'_>) -> bool {
        let mut essential = self.spec(step.view).containers.iter().filter(|spec| spec.essential);
        essential.any(|spec| spec.health_check.is_some())
    }

    fn enter_cloud_map(&self, step: &mut Step<'_>, since: Time, health: InstanceHealth) {
        let Some(owner) = step.view.task(self.id).owner else { return };
        for (registry, port) in self.places(step, owner) {
            let registered = self.registered(step, owner, port);
            let member = Member::new(registered, since, health);
            step.around.cloud_map.register(registry, self.id, member);
        }
    }

    /// Where the task is registered, and with which port.
    fn places(&self, step: &mut Step<'_>, owner: Owner) -> Vec<(RegistryId, Option<u16>)> {
        let reach = &step.view.deployment(owner.deployment).reach;
        let mut places = Vec::new();
        for given in &reach.registries {
            let name = given.registry_arn.as_deref().unwrap_or_default();
            if let Some(registry) = step.around.cloud_map.find(name) {
                let keeps_ports =
                    step.around.cloud_map.config(registry).ttl(RecordType::Srv).is_some();
                let port = keeps_ports.then(|| self.registry_port(step, given)).flatten();
                places.push((registry, port));
            }
        }
        let Some(connect) = &reach.connect else { return places };
        let cluster = step.view.service(owner.service).cluster;
        let namespace = step.view.connect_namespace(connect, cluster);
        for endpoint in &connect.endpoints {
            let name = &endpoint.discovery_name;
            let registry = step.around.cloud_map.connected(namespace, name);
            places.push((registry, self.endpoint_port(step, endpoint)));
        }
        places
    }

    fn registry_port(&self, step: &Step<'_>, given: &ServiceRegistry) -> Option<u16> {
        let port = |port: i64| u16::try_from(port).ok();
        if let Some(own) = given.port {
            return port(own);
        }
        let wanted = port(given.container_port?)?;
        let specs = &self.spec(step.view).containers;
        let name = given.container_name.as_deref()?;
        let container = specs.iter().position(|spec| *spec.name == *name)?;
        Some(self.reached_port(step, container, wanted))
    }

    fn endpoint_port(&self, step: &Step<'_>, endpoint: &ConnectEndpoint) -> Option<u16> {
        if endpoint.ingress_port.is_some() {
            return endpoint.ingress_port;
        }
        let definitions = &self.spec(step.view).input.container_definitions;
        definitions.iter().enumerate().find_map(|(container, definition)| {
            let mut ports = definition.port_mappings.iter();
            let named = ports.find(|port| port.name.as_deref() == Some(&*endpoint.port_name))?;
            let wanted = u16::try_from(named.container_port?).ok()?;
            Some(self.reached_port(step, container, wanted))
        })
    }

    fn registered(&self, step: &mut Step<'_>, owner: Owner, port: Option<u16>) -> Registered {
        let address = self.reached_address(step);
        let view = step.view;
        let (row, service) = (view.task(self.id), view.service(owner.service));
        let cluster = view.cluster(service.cluster);
        let set = view.deployment(owner.deployment).set.as_ref();
        let machine = self.host.and_then(|host| view.instance(host).ec2_instance_id.clone());
        let attributes = [
            ("AVAILABILITY_ZONE", row.zone.map(|zone| view.zone_name(zone).into())),
            ("AWS_INSTANCE_IPV4", address.map(|address| address.to_string().into())),
            ("AWS_INSTANCE_PORT", port.map(|port| port.to_string().into())),
            ("EC2_INSTANCE_ID", machine),
            ("ECS_CLUSTER_NAME", Some(cluster.name.clone())),
            ("ECS_SERVICE_NAME", Some(service.name.clone())),
            ("ECS_TASK_DEFINITION_FAMILY", Some(self.spec(view).family.clone())),
            ("ECS_TASK_SET_EXTERNAL_ID", set.and_then(|set| set.external_id.clone())),
            ("REGION", Some(cluster.region.clone())),
        ];
        let attributes: BTreeMap<&'static str, Box<str>> =
            attributes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        Registered { id: view.task_name(self.id).into(), address, port, attributes }
    }

    /// The private address that leads to the task: its own, or that of its host.
    fn reached_address(&self, step: &mut Step<'_>) -> Option<Ipv4Addr> {
        if self.mode(step) == NetworkMode::Awsvpc {
            let own = step.around.addresses.given(self.id);
            return own.or_else(|| {
                let network = step.around.addresses.network(step.view.task(self.id).subnet?)?;
                address_at(network, self.address?)
            });
        }
        let host = self.host?;
        step.host(host).config.address.or_else(|| {
            let Surroundings { addresses, .. } = &mut *step.around;
            addresses.of_new_host(host, step.view)
        })
    }
}
