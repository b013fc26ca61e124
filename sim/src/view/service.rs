//! Services as DescribeServices shows them (03 section 1.1), and what the scenario format adds.

use serde_json::Value;
use stowplan_engine::ServiceCounts;
use stowplan_engine::model::{
    ControllerType, DeploymentId, Launch, PlacementConstraint, PlacementStrategy, RolloutStrategy,
    Service, ServiceId, Span, SpreadField, TaskId, Threshold,
};

use super::Moment;
use super::deployment::{self, DeploymentShape};
use super::shape::{Shape, api, counts, none, object, shape, text};
use super::target_group::{balancers, percent};
use super::task::{provider_of, zone_of};
use super::task_set::{TaskSetShape, facts};

shape! {
    /// A service.
    ServiceShape(moment, service: ServiceId, row = moment.engine.service(service)) {
        "serviceArn" => moment.engine.service_arn(service),
        "serviceName" => &*row.name,
        "clusterArn" => moment.engine.cluster_arn(row.cluster),
        "loadBalancers" => match primary_set(moment, service) {
            Some(set) => {
                balancers(moment, row.cluster, &moment.engine.deployment(set).load_balancers)
            }
            None => balancers(moment, row.cluster, &row.load_balancers),
        },
        "serviceRegistries" => api(&row.registries),
        "status" => row.status.as_str(),
        "desiredCount" => row.desired,
        "runningCount" => tally(moment, service).running,
        "pendingCount" => tally(moment, service).pending,
        "launchType" => match primary_set(moment, service) {
            Some(set) => launch_type(&moment.engine.deployment(set).launch),
            None => launch_type(&row.launch),
        },
        "capacityProviderStrategy" => match primary_set(moment, service) {
            Some(set) => strategy(moment, &moment.engine.deployment(set).launch),
            None => strategy(moment, &row.launch),
        },
        "platformVersion" => {
            let set = primary_set(moment, service).and_then(|set| facts(moment, set));
            let own = set.and_then(|set| set.platform_version.as_deref());
            text(own.or(row.input.platform_version.as_deref()))
        },
        "platformFamily" => Value::Null,
        "taskDefinition" => task_definition(moment, service),
        "deploymentConfiguration" => configuration(row),
        "taskSets" => task_sets(moment, service),
        "deployments" => deployments(moment, service),
        "roleArn" => text(row.input.role.as_deref()),
        "events" => events(moment, service),
        "createdAt" => moment.time(row.created_at),
        "currentServiceDeployment" => current_deployment(moment, row),
        "currentServiceRevisions" => current_revisions(moment, row),
        "placementConstraints" => row.constraints.iter().map(constraint).collect::<Value>(),
        "placementStrategy" => row.strategy.iter().map(placement_strategy).collect::<Value>(),
        "networkConfiguration" => match primary_set(moment, service) {
            Some(set) => api(&moment.engine.deployment(set).reach.network),
            None => api(&row.network),
        },
        "healthCheckGracePeriodSeconds" => row.grace.as_secs(),
        "schedulingStrategy" => row.scheduling.as_str(),
        "deploymentController" => object([("type", row.controller.as_str().into())]),
        "tags" => api(&row.input.tags),
        "createdBy" => Value::Null,
        "enableECSManagedTags" => row.input.enable_ecs_managed_tags.unwrap_or_default(),
        "propagateTags" => row.input.propagate_tags.as_deref().unwrap_or("NONE"),
        "enableExecuteCommand" => row.input.enable_execute_command.unwrap_or_default(),
        "availabilityZoneRebalancing" => if row.rebalancing { "ENABLED" } else { "DISABLED" },
        "primary" => primary(moment, service),
        "healthyCount" => tally(moment, service).healthy,
        "unhealthyCount" => tally(moment, service).unhealthy,
        "occupyingCount" => tally(moment, service).occupying(),
        "lowerLimit" => row.lower_limit(),
        "upperLimit" => row.upper_limit(),
        "tasksByZone" => counts(live(moment, row).filter_map(|t| Some((zone_of(moment, t)?, 1)))),
        "tasksByProvider" => {
            counts(live(moment, row).filter_map(|t| Some((provider_of(moment, t)?, 1))))
        },
    }
}

fn tally(moment: &Moment<'_>, service: ServiceId) -> ServiceCounts {
    moment.engine.counts(service, moment.now)
}

/// Live tasks of a service.
pub(crate) fn live<'m>(
    moment: &'m Moment<'_>,
    row: &'m Service,
) -> impl Iterator<Item = TaskId> + 'm {
    row.tasks.iter().copied().filter(|&task| moment.engine.task(task).is_live())
}

/// `launchType`; null where a capacity provider strategy decides.
pub(crate) fn launch_type(launch: &Launch) -> Value {
    match launch {
        Launch::Type(kind) => kind.as_str().into(),
        Launch::Strategy(_) => Value::Null,
    }
}

/// `capacityProviderStrategy`; empty where a launch type is given.
pub(crate) fn strategy(moment: &Moment<'_>, launch: &Launch) -> Value {
    match launch {
        Launch::Type(_) => none(),
        Launch::Strategy(items) => items.iter().map(|item| strategy_item(moment, *item)).collect(),
    }
}

/// One item of a capacity provider strategy.
pub(crate) fn strategy_item(
    moment: &Moment<'_>,
    item: stowplan_engine::model::StrategyItem,
) -> Value {
    object([
        ("capacityProvider", moment.engine.provider(item.provider).name.to_string().into()),
        ("weight", item.weight.into()),
        ("base", item.base.into()),
    ])
}

fn task_definition(moment: &Moment<'_>, service: ServiceId) -> Value {
    let row = moment.engine.service(service);
    let last = row.deployments.last().copied().filter(|_| !has_sets(row));
    let primary = moment.engine.primary(service).or(last);
    text(primary.map(|deployment| {
        let definition = moment.engine.deployment(deployment).definition;
        moment.engine.definition_arn(definition, row.cluster)
    }))
}

/// `deploymentConfiguration` as it is in force, defaults filled in.
pub(crate) fn configuration(row: &Service) -> Value {
    let given = row.input.deployment_configuration.clone().unwrap_or_default();
    let (kind, value) = match row.settings.breaker.threshold {
        Threshold::BoundedPercent(percent) => ("BOUNDED_PERCENT", percent),
        Threshold::UnboundedPercent(percent) => ("UNBOUNDED_PERCENT", percent),
        Threshold::Count(count) => ("COUNT", count),
    };
    let threshold = object([("type", kind.into()), ("value", value.into())]);
    let breaker = object([
        ("enable", row.settings.breaker.enable.into()),
        ("rollback", row.settings.breaker.rollback.into()),
        ("resetOnHealthyTask", row.settings.breaker.reset_on_healthy_task.into()),
        ("thresholdConfiguration", threshold),
    ]);
    let minutes = |span: Span| span.0 / 60_000;
    let (linear, canary) = match row.settings.strategy {
        RolloutStrategy::Rolling | RolloutStrategy::BlueGreen => (Value::Null, Value::Null),
        RolloutStrategy::Linear { step, bake } => {
            let bake = minutes(bake).into();
            (object([("stepPercent", percent(step)), ("stepBakeTimeInMinutes", bake)]), Value::Null)
        }
        RolloutStrategy::Canary { first, bake } => {
            let bake = minutes(bake).into();
            let canary = [("canaryPercent", percent(first)), ("canaryBakeTimeInMinutes", bake)];
            (Value::Null, object(canary))
        }
    };
    let bakes = !linear.is_null() || !canary.is_null();
    let bake = row.settings.bake.map(minutes).or_else(|| bakes.then_some(0));
    object([
        ("deploymentCircuitBreaker", breaker),
        ("maximumPercent", row.settings.bounds.maximum.0.into()),
        ("minimumHealthyPercent", row.settings.bounds.minimum_healthy.0.into()),
        ("alarms", api(&given.alarms)),
        ("strategy", given.strategy.as_deref().unwrap_or("ROLLING").into()),
        ("bakeTimeInMinutes", bake.into()),
        ("lifecycleHooks", api(&given.lifecycle_hooks.unwrap_or_default())),
        ("linearConfiguration", linear),
        ("canaryConfiguration", canary),
        ("earlySuccessCriteria", api(&given.early_success_criteria)),
    ])
}

/// Whether task sets say what runs.
fn has_sets(row: &Service) -> bool {
    row.controller != ControllerType::Ecs
}

/// The PRIMARY task set: what the service shows as its own.
fn primary_set(moment: &Moment<'_>, service: ServiceId) -> Option<DeploymentId> {
    moment.engine.primary(service).filter(|_| has_sets(moment.engine.service(service)))
}

/// In order of creation.
fn task_sets(moment: &Moment<'_>, service: ServiceId) -> Value {
    let row = moment.engine.service(service);
    let sets = row.deployments.iter().filter(|_| has_sets(row));
    sets.map(|&set| TaskSetShape::object(moment, set)).collect()
}

/// Newest first, as the API lists them.
fn deployments(moment: &Moment<'_>, service: ServiceId) -> Value {
    let row = moment.engine.service(service);
    if has_sets(row) {
        return none();
    }
    let (mut listed, primary) = (row.deployments.clone(), moment.engine.primary(service));
    listed.sort_unstable_by_key(|&deployment| {
        (Some(deployment) != primary, std::cmp::Reverse(deployment))
    });
    listed.into_iter().map(|deployment| DeploymentShape::object(moment, deployment)).collect()
}

fn primary(moment: &Moment<'_>, service: ServiceId) -> Value {
    let primary = moment.engine.primary(service);
    primary.map_or(Value::Null, |deployment| DeploymentShape::object(moment, deployment))
}

/// The newest messages, newest first. Inside a pass they are a millisecond apart (03 section 15.3).
fn events(moment: &Moment<'_>, service: ServiceId) -> Value {
    let newest = moment.record.messages_of(service);
    let one = |entry: &super::record::ServiceMessage| {
        object([
            ("id", format!("00000000-0000-0000-0000-{:012x}", entry.seq + 1).into()),
            ("createdAt", moment.time(entry.at())),
            ("message", moment.engine.message(service, &entry.message).into()),
        ])
    };
    newest.map(one).collect()
}

fn current_deployment(moment: &Moment<'_>, row: &Service) -> Value {
    text(row.records.last().map(|&record| moment.engine.service_deployment_arn(record)))
}

fn current_revisions(moment: &Moment<'_>, row: &Service) -> Value {
    let listed = row.deployments.iter().rev().filter(|_| !has_sets(row));
    listed.map(|&deployment| deployment::revision_summary(moment, deployment)).collect()
}

/// A constraint as the API spells it.
pub(crate) fn constraint(constraint: &PlacementConstraint) -> Value {
    match constraint {
        PlacementConstraint::DistinctInstance => object([("type", "distinctInstance".into())]),
        PlacementConstraint::MemberOf(expression) => {
            object([("type", "memberOf".into()), ("expression", expression.source().into())])
        }
    }
}

fn placement_strategy(strategy: &PlacementStrategy) -> Value {
    use stowplan_engine::model::BinpackField;
    let (kind, field) = match strategy {
        PlacementStrategy::Spread(SpreadField::Instance) => ("spread", "instanceId".to_owned()),
        PlacementStrategy::Spread(SpreadField::Attribute(name)) => {
            ("spread", format!("attribute:{name}"))
        }
        PlacementStrategy::Binpack(BinpackField::Cpu) => ("binpack", "CPU".to_owned()),
        PlacementStrategy::Binpack(BinpackField::Memory) => ("binpack", "MEMORY".to_owned()),
        PlacementStrategy::Random => return object([("type", "random".into())]),
    };
    object([("type", kind.into()), ("field", field.into())])
}
