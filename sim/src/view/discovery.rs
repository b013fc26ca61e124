//! DiscoverInstances of Cloud Map (02 section 5.3).

use std::collections::BTreeMap;

use serde_json::Value;
use stowplan_engine::api::{CommandError, Exception};

use super::Moment;
use super::describe::DiscoverInstances;
use super::shape::object;
use crate::world::{InstanceHealth, Registered, Unknown};

/// `MaxResults` of DiscoverInstances when it is not given (02 section 5.3).
const RESULTS: i64 = 100;
/// Its largest value.
const MOST_RESULTS: i64 = 1000;

/// The answer to DiscoverInstances.
pub(super) fn discover(
    moment: &Moment<'_>,
    input: &DiscoverInstances,
) -> Result<Value, CommandError> {
    let limit = input.max_results.unwrap_or(RESULTS);
    if !(1..=MOST_RESULTS).contains(&limit) {
        return Err(invalid(format!("MaxResults must be between 1 and {MOST_RESULTS}.")));
    }
    let found = moment.world.discover(&input.namespace_name, &input.service_name, moment.now);
    let found = found.map_err(|unknown| match unknown {
        Unknown::Namespace => CommandError::new(
            Exception::NamespaceNotFound,
            format!("Namespace not found: {}.", input.namespace_name),
        ),
        Unknown::Service => CommandError::new(
            Exception::ServiceNotFound,
            format!("Service not found: {}.", input.service_name),
        ),
    })?;
    let mut instances = found.instances;
    instances.retain(|(one, _)| has_all(one, &input.query_parameters));
    keep_healthy(&mut instances, input.health_status.as_deref())?;
    // Only a wish: it decides when some instance fulfils it.
    if instances.iter().any(|(one, _)| has_all(one, &input.optional_parameters)) {
        instances.retain(|(one, _)| has_all(one, &input.optional_parameters));
    }
    instances.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let shown = instances.iter().map(|(one, health)| {
        object([
            ("instanceId", (*one.id).into()),
            ("namespaceName", input.namespace_name.as_str().into()),
            ("serviceName", input.service_name.as_str().into()),
            ("healthStatus", health.as_str().into()),
            ("attributes", attributes(one)),
        ])
    });
    Ok(object([("instances", shown.collect()), ("instancesRevision", found.revision.into())]))
}

fn keep_healthy(
    instances: &mut Vec<(Registered, InstanceHealth)>,
    status: Option<&str>,
) -> Result<(), CommandError> {
    let healthy = instances.iter().any(|(_, health)| *health == InstanceHealth::Healthy);
    let wanted = match status {
        None | Some("HEALTHY") => InstanceHealth::Healthy,
        Some("UNHEALTHY") => InstanceHealth::Unhealthy,
        Some("HEALTHY_OR_ELSE_ALL") if healthy => InstanceHealth::Healthy,
        Some("ALL" | "HEALTHY_OR_ELSE_ALL") => return Ok(()),
        Some(other) => {
            let names = "HEALTHY, UNHEALTHY, ALL, HEALTHY_OR_ELSE_ALL";
            return Err(invalid(format!("HealthStatus must be one of {names}, not {other}.")));
        }
    };
    instances.retain(|(_, health)| *health == wanted);
    Ok(())
}

fn has_all(instance: &Registered, wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(name, value)| {
        instance.attributes.get(name.as_str()).is_some_and(|own| **own == **value)
    })
}

fn attributes(instance: &Registered) -> Value {
    let all = instance.attributes.iter();
    Value::Object(all.map(|(name, value)| ((*name).to_owned(), (**value).into())).collect())
}

fn invalid(text: String) -> CommandError {
    CommandError::new(Exception::InvalidInput, text)
}
