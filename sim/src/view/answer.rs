//! Answers of the calls that change something, in API shapes.

use serde_json::Value;
use stowplan_engine::api::Command;
use stowplan_engine::api::answer::{Answer, Failure, FailureSubject};
use stowplan_engine::api::input::AttributeInput;
use stowplan_engine::model::{CodeDeploymentId, ProviderId, TaskId, Time};

use super::instance::InstanceShape;
use super::provider::{ClusterShape, DescribedProviderShape};
use super::service::ServiceShape;
use super::shape::{Shape, none, object, text};
use super::task::TaskShape;
use super::task_set::TaskSetShape;
use super::{Moment, definition};

/// The answer to an accepted call, as it stands right after the call.
pub fn answer(moment: &Moment<'_>, command: &Command, answer: &Answer) -> Value {
    match answer {
        Answer::None => plain(moment, command),
        Answer::Cluster(cluster) => object([("cluster", ClusterShape::object(moment, *cluster))]),
        Answer::TaskDefinition(id) => definition::answer(moment, *id),
        Answer::TaskDefinitions(ids, failures) => {
            let each = |&id: &_| definition::DefinitionShape::object(moment, id);
            object([
                ("taskDefinitions", ids.iter().map(each).collect()),
                ("failures", self::failures(moment, failures)),
            ])
        }
        Answer::Tasks(tasks, failures) => {
            let each = |&task: &TaskId| TaskShape::object(moment, task);
            object([
                ("tasks", tasks.iter().map(each).collect()),
                ("failures", self::failures(moment, failures)),
            ])
        }
        Answer::Task(task) => object([("task", TaskShape::object(moment, *task))]),
        Answer::Service(service) | Answer::GivenService(service, _) => {
            object([("service", ServiceShape::object(moment, *service))])
        }
        Answer::Instances(instances, failures) => {
            instances_answer(moment, command, instances, failures)
        }
        Answer::Provider(provider) => provider_answer(moment, *provider),
        Answer::TaskSet(set) => object([("taskSet", TaskSetShape::object(moment, *set))]),
        Answer::ServiceDeployment(record) => {
            let arn = moment.engine.service_deployment_arn(*record);
            object([("serviceDeploymentArn", arn.into())])
        }
        Answer::CodeDeployment(deployment) => code_deploy_answer(moment, command, *deployment),
        Answer::Protection(tasks, failures) => {
            let each = |(task, until): &(TaskId, Option<Time>)| protection(moment, *task, *until);
            object([
                ("protectedTasks", tasks.iter().map(each).collect()),
                ("failures", self::failures(moment, failures)),
            ])
        }
    }
}

/// `failures[]`; `instance` stands beside the ARN.
pub(crate) fn failures(moment: &Moment<'_>, failures: &[Failure]) -> Value {
    let one = |failure: &Failure| {
        let (arn, instance) = match &failure.subject {
            FailureSubject::Instance(instance) => {
                let name = moment.engine.instance(*instance).name.to_string();
                (Some(moment.engine.instance_arn(*instance)), Some(name))
            }
            FailureSubject::Task(task) => (Some(moment.engine.task_arn(*task)), None),
            FailureSubject::Named(name) => (Some(name.to_string()), None),
            FailureSubject::Nothing => (None, None),
        };
        object([
            ("arn", text(arn)),
            ("reason", failure.reason.to_string().into()),
            ("detail", text(failure.detail.as_deref())),
            ("instance", text(instance)),
        ])
    };
    failures.iter().map(one).collect()
}

/// `failures[]` of a describe call: what was asked for and is not there.
pub(crate) fn missing(asked: impl IntoIterator<Item = String>) -> Value {
    let one = |arn: String| {
        object([
            ("arn", arn.into()),
            ("reason", "MISSING".into()),
            ("detail", Value::Null),
            ("instance", Value::Null),
        ])
    };
    asked.into_iter().map(one).collect()
}

/// Calls whose answer repeats what was asked.
fn plain(moment: &Moment<'_>, command: &Command) -> Value {
    match command {
        Command::PutAttributes(input) => attributes(moment, &input.attributes),
        Command::DeleteAttributes(input) => attributes(moment, &input.attributes),
        Command::PutAccountSetting(input) => {
            let setting = object([
                ("name", input.name.clone().into()),
                ("value", input.value.clone().into()),
                ("principalArn", text(input.principal_arn.as_deref())),
                ("type", "user".into()),
            ]);
            object([("setting", setting)])
        }
        _ => object([]),
    }
}

fn attributes(moment: &Moment<'_>, given: &[AttributeInput]) -> Value {
    let clusters = || moment.engine.clusters().map(|(cluster, _)| cluster);
    let one = |attribute: &AttributeInput| {
        let target = attribute.target_id.as_deref().unwrap_or_default();
        let found = clusters().find_map(|c| moment.engine.find_instance(c, target));
        let arn = found.map(|instance| moment.engine.instance_arn(instance));
        object([
            ("name", attribute.name.clone().into()),
            ("value", text(attribute.value.as_deref())),
            ("targetType", "container-instance".into()),
            ("targetId", text(arn.as_deref().or(attribute.target_id.as_deref()))),
        ])
    };
    object([("attributes", given.iter().map(one).collect())])
}

fn instances_answer(
    moment: &Moment<'_>,
    command: &Command,
    instances: &[stowplan_engine::model::InstanceId],
    failures: &[Failure],
) -> Value {
    match command {
        Command::PutAttributes(input) => attributes(moment, &input.attributes),
        Command::DeleteAttributes(input) => attributes(moment, &input.attributes),
        Command::DeregisterContainerInstance(_) => {
            let one = instances.first().map(|&i| InstanceShape::object(moment, i));
            object([("containerInstance", one.unwrap_or(Value::Null))])
        }
        _ => {
            let each = |&instance: &_| InstanceShape::object(moment, instance);
            object([
                ("containerInstances", instances.iter().map(each).collect()),
                ("failures", self::failures(moment, failures)),
            ])
        }
    }
}

fn code_deploy_answer(
    moment: &Moment<'_>,
    command: &Command,
    deployment: CodeDeploymentId,
) -> Value {
    match command {
        Command::StopDeployment(_) => object([
            ("status", "Pending".into()),
            ("statusMessage", "A stop operation is pending.".into()),
        ]),
        Command::ContinueDeployment(_) => object([]),
        _ => object([("deploymentId", moment.engine.code_deployment_name(deployment).into())]),
    }
}

fn provider_answer(moment: &Moment<'_>, provider: ProviderId) -> Value {
    object([("capacityProvider", DescribedProviderShape::object(moment, provider))])
}

fn protection(moment: &Moment<'_>, task: TaskId, until: Option<Time>) -> Value {
    object([
        ("taskArn", moment.engine.task_arn(task).into()),
        ("protectionEnabled", until.is_some().into()),
        ("expirationDate", moment.time_or_null(until)),
    ])
}

/// The lists that a call's answer always has, empty: what a refused call leaves behind.
pub fn refused(action: &str) -> Value {
    let lists: &[&str] = match action {
        "runTask" | "startTask" | "describeTasks" => &["tasks", "failures"],
        "describeServices" => &["services", "failures"],
        "describeClusters" => &["clusters", "failures"],
        "describeContainerInstances" | "updateContainerInstancesState" => {
            &["containerInstances", "failures"]
        }
        "describeCapacityProviders" => &["capacityProviders", "failures"],
        "updateTaskProtection" | "getTaskProtection" => &["protectedTasks", "failures"],
        "describeTaskSets" => &["taskSets", "failures"],
        "deleteTaskDefinitions" => &["taskDefinitions", "failures"],
        "discoverInstances" => &["instances"],
        "listTasks" => &["taskArns"],
        "listServices" => &["serviceArns"],
        "listContainerInstances" => &["containerInstanceArns"],
        "listTaskDefinitions" => &["taskDefinitionArns"],
        _ => &[],
    };
    Value::Object(lists.iter().map(|list| ((*list).to_owned(), none())).collect())
}
