//! Deployments, service deployments and service revisions (03 sections 1.4 and 10).

use serde_json::Value;
use stowplan_engine::model::{
    DeploymentId, HookTarget, ServiceDeployment, ServiceDeploymentId, ServiceDeploymentStatus,
    Share,
};

use super::Moment;
use super::service::{configuration, launch_type, strategy};
use super::shape::{api, none, object, shape, text, texts};
use super::target_group::balancers;

shape! {
    /// An element of `deployments[]`.
    DeploymentShape(moment, deployment: DeploymentId, row = moment.engine.deployment(deployment)) {
        "id" => moment.engine.deployment_name(deployment),
        "status" => row.status.as_str(),
        "taskDefinition" => definition_arn(moment, deployment),
        "desiredCount" => row.desired,
        "pendingCount" => moment.engine.deployment_counts(deployment, moment.now).pending,
        "runningCount" => moment.engine.deployment_counts(deployment, moment.now).running,
        "failedTasks" => row.failures,
        "createdAt" => moment.time(row.created_at),
        "updatedAt" => moment.time(row.updated_at),
        "capacityProviderStrategy" => strategy(moment, &row.launch),
        "launchType" => launch_type(&row.launch),
        "platformVersion" => text(service_input(moment, deployment).platform_version.as_deref()),
        "platformFamily" => Value::Null,
        "networkConfiguration" => api(&row.reach.network),
        "rolloutState" => is_rolling(moment, deployment).then(|| row.rollout.as_str()),
        "rolloutStateReason" => {
            is_rolling(moment, deployment).then(|| moment.engine.rollout_reason(deployment))
        },
        "serviceConnectConfiguration" => {
            api(&service_input(moment, deployment).service_connect_configuration)
        },
        "volumeConfigurations" => api(&service_input(moment, deployment).volume_configurations),
        "fargateEphemeralStorage" => Value::Null,
        "vpcLatticeConfigurations" => {
            api(&service_input(moment, deployment).vpc_lattice_configurations)
        },
        "healthyCount" => moment.engine.deployment_counts(deployment, moment.now).healthy,
    }
}

shape! {
    /// An element of DescribeServiceDeployments.
    ServiceDeploymentShape(
        moment, record: ServiceDeploymentId, row = moment.engine.record(record)
    ) {
        "serviceDeploymentArn" => moment.engine.service_deployment_arn(record),
        "serviceArn" => moment.engine.service_arn(row.service),
        "clusterArn" => moment.engine.cluster_arn(moment.engine.service(row.service).cluster),
        "createdAt" => moment.time(row.created_at),
        "startedAt" => moment.time_or_null(row.started_at),
        "finishedAt" => moment.time_or_null(row.finished_at),
        "stoppedAt" => moment.time_or_null(row.stopped_at),
        "updatedAt" => moment.time(row.updated_at),
        "sourceServiceRevisions" => sources(moment, row),
        "targetServiceRevision" => target(moment, row),
        "status" => row.status.as_str(),
        "statusReason" => text(row.status_reason.as_deref()),
        "lifecycleStage" => text(row.shift.as_ref().map(|shift| shift.stage.as_str())),
        "lifecycleHookDetails" => hooks(moment, row),
        "deploymentConfiguration" => configuration(moment.engine.service(row.service)),
        "rollback" => rollback(moment, row),
        "deploymentCircuitBreaker" => breaker(moment, row),
        "alarms" => alarms(moment, row),
    }
}

shape! {
    /// An element of DescribeServiceRevisions.
    RevisionShape(moment, deployment: DeploymentId, row = moment.engine.deployment(deployment)) {
        "serviceRevisionArn" => moment.engine.service_revision_arn(deployment),
        "serviceArn" => moment.engine.service_arn(row.service),
        "clusterArn" => moment.engine.cluster_arn(moment.engine.service(row.service).cluster),
        "taskDefinition" => definition_arn(moment, deployment),
        "capacityProviderStrategy" => strategy(moment, &row.launch),
        "launchType" => launch_type(&row.launch),
        "platformVersion" => text(service_input(moment, deployment).platform_version.as_deref()),
        "platformFamily" => Value::Null,
        "loadBalancers" => {
            let cluster = moment.engine.service(row.service).cluster;
            balancers(moment, cluster, &row.load_balancers)
        },
        "serviceRegistries" => api(&row.reach.registries),
        "networkConfiguration" => api(&row.reach.network),
        "containerImages" => none(),
        "guardDutyEnabled" => false,
        "serviceConnectConfiguration" => {
            api(&service_input(moment, deployment).service_connect_configuration)
        },
        "volumeConfigurations" => api(&service_input(moment, deployment).volume_configurations),
        "fargateEphemeralStorage" => Value::Null,
        "createdAt" => moment.time(row.created_at),
        "vpcLatticeConfigurations" => {
            api(&service_input(moment, deployment).vpc_lattice_configurations)
        },
    }
}

/// What ListServiceDeployments says of one.
pub(crate) fn brief(moment: &Moment<'_>, record: ServiceDeploymentId) -> Value {
    let row = moment.engine.record(record);
    object([
        ("serviceDeploymentArn", moment.engine.service_deployment_arn(record).into()),
        ("serviceArn", moment.engine.service_arn(row.service).into()),
        ("clusterArn", cluster_arn(moment, row).into()),
        ("startedAt", moment.time_or_null(row.started_at)),
        ("createdAt", moment.time(row.created_at)),
        ("finishedAt", moment.time_or_null(row.finished_at)),
        ("targetServiceRevisionArn", moment.engine.service_revision_arn(row.target).into()),
        ("status", row.status.as_str().into()),
        ("statusReason", text(row.status_reason.as_deref())),
    ])
}

/// An element of `currentServiceRevisions` and `sourceServiceRevisions`.
pub(crate) fn revision_summary(moment: &Moment<'_>, deployment: DeploymentId) -> Value {
    let counts = moment.engine.deployment_counts(deployment, moment.now);
    object([
        ("arn", moment.engine.service_revision_arn(deployment).into()),
        ("requestedTaskCount", moment.engine.deployment(deployment).desired.into()),
        ("runningTaskCount", counts.running.into()),
        ("pendingTaskCount", counts.pending.into()),
    ])
}

/// Only rolling updates tell of their roll-out state (03 section 1.4).
fn is_rolling(moment: &Moment<'_>, deployment: DeploymentId) -> bool {
    let service = moment.engine.service(moment.engine.deployment(deployment).service);
    !service.settings.strategy.shifts_traffic()
}

fn definition_arn(moment: &Moment<'_>, deployment: DeploymentId) -> String {
    let row = moment.engine.deployment(deployment);
    moment.engine.definition_arn(row.definition, moment.engine.service(row.service).cluster)
}

fn service_input<'m>(
    moment: &Moment<'m>,
    deployment: DeploymentId,
) -> &'m stowplan_engine::api::input::CreateService {
    &moment.engine.service(moment.engine.deployment(deployment).service).input
}

fn cluster_arn(moment: &Moment<'_>, row: &ServiceDeployment) -> String {
    moment.engine.cluster_arn(moment.engine.service(row.service).cluster)
}

fn sources(moment: &Moment<'_>, row: &ServiceDeployment) -> Value {
    row.sources.iter().map(|&source| revision_summary(moment, source)).collect()
}

fn target(moment: &Moment<'_>, row: &ServiceDeployment) -> Value {
    let mut fields = super::shape::into_fields(revision_summary(moment, row.target));
    let service = moment.engine.service(row.service);
    let slot = moment.engine.deployment(row.target).slot;
    let shifts = row.shift.is_some() && !service.load_balancers.is_empty();
    let weight = |is_there: bool, share: Share| match is_there {
        true => (f64::from(share.0) / 1000.0).into(),
        false => Value::Null,
    };
    let test = weight(shifts && service.has_test_rule(), service.traffic.test_of(slot));
    let production = weight(shifts, service.traffic.production_of(slot));
    fields.insert("requestedTestTrafficWeight".to_owned(), test);
    fields.insert("requestedProductionTrafficWeight".to_owned(), production);
    Value::Object(fields)
}

fn rollback(moment: &Moment<'_>, row: &ServiceDeployment) -> Value {
    let Some(rollback) = &row.rollback else { return Value::Null };
    object([
        ("reason", rollback.reason.to_string().into()),
        ("startedAt", moment.time(rollback.started_at)),
        ("serviceRevisionArn", text(rollback.to.map(|to| moment.engine.service_revision_arn(to)))),
    ])
}

/// `lifecycleHookDetails`, oldest first.
fn hooks(moment: &Moment<'_>, row: &ServiceDeployment) -> Value {
    let runs = row.shift.iter().flat_map(|shift| &shift.runs);
    runs.map(|run| {
        let (id, arn, expires) = match run.target {
            HookTarget::Lambda => (None, Some(&*run.arn), Value::Null),
            HookTarget::Pause => (Some(run.id()), None, moment.time(run.expires_at)),
        };
        object([
            ("hookId", text(id)),
            ("targetType", run.target.as_str().into()),
            ("hookTargetArn", text(arn)),
            ("lifecycleStage", run.stage.as_str().into()),
            ("status", run.status.as_str().into()),
            ("timeoutAction", run.on_timeout.as_str().into()),
            ("startedAt", moment.time(run.started_at)),
            ("finishedAt", moment.time_or_null(run.finished_at)),
            ("expiresAt", expires),
        ])
    })
    .collect()
}

/// Status of the circuit breaker (03 section 11.3).
fn breaker(moment: &Moment<'_>, row: &ServiceDeployment) -> Value {
    let service = moment.engine.service(row.service);
    let status = if row.breaker_triggered {
        "TRIGGERED"
    } else if !service.settings.breaker.enable {
        "DISABLED"
    } else if is_monitored(row.status) {
        "MONITORING"
    } else {
        "MONITORING_COMPLETE"
    };
    object([
        ("status", status.into()),
        ("failureCount", moment.engine.deployment(row.target).failures.into()),
        ("threshold", moment.engine.breaker_threshold(row.service).into()),
    ])
}

fn is_monitored(status: ServiceDeploymentStatus) -> bool {
    match status {
        ServiceDeploymentStatus::Pending | ServiceDeploymentStatus::InProgress => true,
        ServiceDeploymentStatus::Successful
        | ServiceDeploymentStatus::StopRequested
        | ServiceDeploymentStatus::Stopped
        | ServiceDeploymentStatus::RollbackRequested
        | ServiceDeploymentStatus::RollbackInProgress
        | ServiceDeploymentStatus::RollbackSuccessful
        | ServiceDeploymentStatus::RollbackFailed => false,
    }
}

fn alarms(moment: &Moment<'_>, row: &ServiceDeployment) -> Value {
    let service = moment.engine.service(row.service);
    let configuration = service.input.deployment_configuration.as_ref();
    let names =
        configuration.and_then(|c| c.alarms.as_ref()).filter(|alarms| alarms.enable == Some(true));
    let Some(watched) = names.and_then(|alarms| alarms.alarm_names.as_ref()) else {
        return object([
            ("status", "DISABLED".into()),
            ("alarmNames", none()),
            ("triggeredAlarmNames", none()),
        ]);
    };
    let ignored = &moment.engine.deployment(row.target).ignored_alarms;
    let is_ignored = |name: &String| ignored.iter().any(|known| **known == **name);
    let status = if !row.triggered_alarms.is_empty() {
        "TRIGGERED"
    } else if watched.iter().all(is_ignored) {
        "DISABLED"
    } else if is_monitored(row.status) {
        "MONITORING"
    } else {
        "MONITORING_COMPLETE"
    };
    object([
        ("status", status.into()),
        ("alarmNames", api(watched)),
        ("triggeredAlarmNames", texts(row.triggered_alarms.iter().map(ToString::to_string))),
    ])
}
