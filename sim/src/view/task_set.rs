//! Task sets (03 section 22).

use serde_json::Value;
use stowplan_engine::model::{DeploymentId, TaskSet};

use super::Moment;
use super::service::{launch_type, strategy};
use super::shape::{api, none, object, shape, text};
use super::target_group::balancers;

shape! {
    /// An element of `taskSets[]`.
    TaskSetShape(moment, set: DeploymentId, row = moment.engine.deployment(set)) {
        "id" => moment.engine.deployment_name(set),
        "taskSetArn" => arn(moment, set),
        "serviceArn" => moment.engine.service_arn(row.service),
        "clusterArn" => moment.engine.cluster_arn(moment.engine.service(row.service).cluster),
        "startedBy" => Value::Null,
        "externalId" => text(facts(moment, set).and_then(|facts| facts.external_id.as_deref())),
        "status" => row.status.as_str(),
        "taskDefinition" => {
            let cluster = moment.engine.service(row.service).cluster;
            moment.engine.definition_arn(row.definition, cluster)
        },
        "computedDesiredCount" => row.desired,
        "pendingCount" => moment.engine.deployment_counts(set, moment.now).pending,
        "runningCount" => moment.engine.deployment_counts(set, moment.now).running,
        "createdAt" => moment.time(row.created_at),
        "updatedAt" => moment.time(row.updated_at),
        "launchType" => launch_type(&row.launch),
        "capacityProviderStrategy" => strategy(moment, &row.launch),
        "platformVersion" => {
            text(facts(moment, set).and_then(|facts| facts.platform_version.as_deref()))
        },
        "platformFamily" => Value::Null,
        "networkConfiguration" => api(&row.reach.network),
        "loadBalancers" => {
            let cluster = moment.engine.service(row.service).cluster;
            balancers(moment, cluster, &row.load_balancers)
        },
        "serviceRegistries" => api(&row.reach.registries),
        "scale" => scale(moment, set),
        "stabilityStatus" => stability(moment, set),
        "stabilityStatusAt" => {
            let since = facts(moment, set).and_then(|facts| facts.stability);
            moment.time_or_null(since.map(|(_, at)| at))
        },
        "tags" => none(),
    }
}

pub(super) fn facts<'m>(moment: &Moment<'m>, set: DeploymentId) -> Option<&'m TaskSet> {
    moment.engine.deployment(set).set.as_deref()
}

/// The ARN of a task set.
pub(crate) fn arn(moment: &Moment<'_>, set: DeploymentId) -> String {
    let service = moment.engine.service_arn(moment.engine.deployment(set).service);
    let id = moment.engine.deployment_name(set);
    format!("{}/{id}", service.replacen(":service/", ":task-set/", 1))
}

fn scale(moment: &Moment<'_>, set: DeploymentId) -> Value {
    let share = facts(moment, set).map(|facts| facts.scale).unwrap_or_default();
    object([("value", (f64::from(share.0) / 1000.0).into()), ("unit", "PERCENT".into())])
}

fn stability(moment: &Moment<'_>, set: DeploymentId) -> &'static str {
    match facts(moment, set).and_then(|facts| facts.stability) {
        Some((true, _)) => "STEADY_STATE",
        Some((false, _)) | None => "STABILIZING",
    }
}
