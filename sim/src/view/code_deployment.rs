//! Deployments of CodeDeploy, as GetDeployment describes them (03 section 20).

use serde_json::Value;
use stowplan_engine::model::{
    BlueGreenState, CodeDeployStatus, CodeDeployment, CodeDeploymentId, GreenStep, Revision,
};

use super::Moment;
use super::shape::{api, none, object, shape, text, texts};

shape! {
    /// An element of `codeDeployments`.
    CodeDeploymentShape(
        moment, id: CodeDeploymentId, row = moment.engine.code_deployment(id)
    ) {
        "applicationName" => text(group(moment, row).map(|group| &*group.application)),
        "deploymentGroupName" => &*row.group,
        "deploymentConfigName" => &*row.config.name,
        "deploymentId" => moment.engine.code_deployment_name(id),
        "previousRevision" => Value::Null,
        "revision" => revision(moment, row),
        "status" => row.state.status().as_str(),
        "errorInformation" => error(row),
        "createTime" => moment.time(row.created_at),
        "startTime" => moment.time_or_null(row.started_at),
        "completeTime" => moment.time_or_null(row.completed_at),
        "deploymentOverview" => overview(row.state.status()),
        "description" => text(row.description.as_deref()),
        "creator" => row.creator.as_str(),
        "ignoreApplicationStopFailures" => false,
        "autoRollbackConfiguration" => rollback_events(row),
        "updateOutdatedInstancesOnly" => false,
        "rollbackInfo" => rollback(moment, row),
        "deploymentStyle" => object([
            ("deploymentType", "BLUE_GREEN".into()),
            ("deploymentOption", "WITH_TRAFFIC_CONTROL".into()),
        ]),
        "instanceTerminationWaitTimeStarted" => {
            row.state == BlueGreenState::Forward(GreenStep::TerminationWait)
        },
        "blueGreenDeploymentConfiguration" => {
            api(&input(moment, row).map(|it| &it.blue_green_deployment_configuration))
        },
        "loadBalancerInfo" => api(&input(moment, row).map(|it| &it.load_balancer_info)),
        "deploymentStatusMessages" => {
            texts(row.error.iter().map(|error| error.message.to_string()))
        },
        "computePlatform" => "ECS",
        "relatedDeployments" => Value::Null,
        "overrideAlarmConfiguration" => alarms(row),
        "lifecycleEvent" => text(row.event.map(|event| event.as_str())),
    }
}

fn group<'m>(
    moment: &Moment<'m>,
    row: &CodeDeployment,
) -> Option<&'m stowplan_engine::model::DeploymentGroup> {
    moment.engine.deployment_group(&row.group)
}

fn input<'m>(
    moment: &Moment<'m>,
    row: &CodeDeployment,
) -> Option<&'m stowplan_engine::api::input::CreateDeploymentGroup> {
    group(moment, row).map(|group| &*group.input)
}

/// The AppSpec, as what it comes to.
fn revision(moment: &Moment<'_>, row: &CodeDeployment) -> Value {
    let Revision { definition, container, platform_version, reach, .. } = &row.revision;
    let cluster = moment.engine.service(row.service).cluster;
    let balancer = object([
        ("ContainerName", container.0.to_string().into()),
        ("ContainerPort", container.1.into()),
    ]);
    let properties = object([
        ("TaskDefinition", moment.engine.definition_arn(*definition, cluster).into()),
        ("LoadBalancerInfo", balancer),
        ("PlatformVersion", text(platform_version.as_deref())),
        ("NetworkConfiguration", api(&reach.network)),
    ]);
    let service = object([("Type", "AWS::ECS::Service".into()), ("Properties", properties)]);
    let hook = |(event, function): &(stowplan_engine::model::LifecycleEvent, Box<str>)| {
        object([(event.as_str(), function.to_string().into())])
    };
    let resources = Value::Array(vec![object([("TargetService", service)])]);
    let content =
        object([("Resources", resources), ("Hooks", row.hooks.iter().map(hook).collect())]);
    object([("revisionType", "AppSpecContent".into()), ("appSpecContent", content)])
}

fn error(row: &CodeDeployment) -> Value {
    let Some(error) = &row.error else { return Value::Null };
    object([("code", error.code.into()), ("message", error.message.to_string().into())])
}

/// A deployment of ECS has one target: the service.
fn overview(status: CodeDeployStatus) -> Value {
    let one = |matches: bool| Value::from(u32::from(matches));
    let is_under_way = matches!(
        status,
        CodeDeployStatus::InProgress | CodeDeployStatus::Baking | CodeDeployStatus::Ready
    );
    let waits = matches!(status, CodeDeployStatus::Created | CodeDeployStatus::Queued);
    object([
        ("Pending", one(waits)),
        ("InProgress", one(is_under_way)),
        ("Succeeded", one(status == CodeDeployStatus::Succeeded)),
        ("Failed", one(status == CodeDeployStatus::Failed)),
        ("Skipped", one(status == CodeDeployStatus::Stopped)),
        ("Ready", one(false)),
    ])
}

fn rollback_events(row: &CodeDeployment) -> Value {
    let events = [
        (row.rollback.on_failure, "DEPLOYMENT_FAILURE"),
        (row.rollback.on_alarm, "DEPLOYMENT_STOP_ON_ALARM"),
        (row.rollback.on_request, "DEPLOYMENT_STOP_ON_REQUEST"),
    ];
    let names = || events.iter().filter(|(on, _)| *on).map(|(_, name)| *name);
    object([("enabled", names().next().is_some().into()), ("events", texts(names()))])
}

fn rollback(moment: &Moment<'_>, row: &CodeDeployment) -> Value {
    if row.rolled_back_by.is_none() && row.triggered_by.is_none() {
        return Value::Null;
    }
    let name =
        |id: Option<CodeDeploymentId>| text(id.map(|id| moment.engine.code_deployment_name(id)));
    object([
        ("rollbackDeploymentId", name(row.rolled_back_by)),
        ("rollbackTriggeringDeploymentId", name(row.triggered_by)),
        ("rollbackMessage", Value::Null),
    ])
}

fn alarms(row: &CodeDeployment) -> Value {
    if row.alarms.is_empty() {
        return object([("enabled", false.into()), ("alarms", none())]);
    }
    let named = row.alarms.iter().map(|name| object([("name", name.to_string().into())]));
    object([("enabled", true.into()), ("alarms", named.collect())])
}
