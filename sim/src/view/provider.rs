//! Clusters and capacity providers (04 section 1).

use serde_json::Value;
use stowplan_engine::model::{
    ClusterId, InstanceId, InstanceStatus, LaunchType, ProviderId, ProviderKind, ServiceStatus,
    TaskStatus,
};

use super::Moment;
use super::service::strategy_item;
use super::shape::{api, none, object, shape, texts};

/// A capacity provider as a cluster's tasks use it.
pub(crate) type AssociatedProvider = (ClusterId, ProviderId);

shape! {
    /// What expectations see of a capacity provider.
    ProviderShape(moment, at: AssociatedProvider, kind = &moment.engine.provider(at.1).kind) {
        "instances" => active_instances(moment, at).count(),
        "needed" => moment.engine.reservation(at.0, at.1).map(|point| point.needed),
        "reservation" => reservation(moment, at),
        "desired" => desired(moment, at.0, kind),
        "tasks" => live(moment, at),
        "provisioning" => waiting(moment, at),
    }
}

shape! {
    /// A cluster, as DescribeClusters shows it.
    ClusterShape(moment, cluster: ClusterId, row = moment.engine.cluster(cluster)) {
        "clusterArn" => moment.engine.cluster_arn(cluster),
        "clusterName" => &*row.name,
        "configuration" => Value::Null,
        "status" => "ACTIVE",
        "registeredContainerInstancesCount" => registered_instances(moment, cluster),
        "runningTasksCount" => tasks(moment, cluster, None, Phase::Running),
        "pendingTasksCount" => tasks(moment, cluster, None, Phase::Pending),
        "activeServicesCount" => services(moment, cluster, None, ServiceStatus::Active),
        "statistics" => statistics(moment, cluster),
        "tags" => none(),
        "settings" => api(&row.settings),
        "capacityProviders" => {
            texts(row.providers.iter().map(|&p| moment.engine.provider(p).name.to_string()))
        },
        "defaultCapacityProviderStrategy" => {
            row.default_strategy.iter().map(|i| strategy_item(moment, *i)).collect::<Value>()
        },
        "attachments" => none(),
        "attachmentsStatus" => Value::Null,
    }
}

shape! {
    /// A capacity provider, as DescribeCapacityProviders shows it.
    DescribedProviderShape(moment, provider: ProviderId, row = moment.engine.provider(provider)) {
        "capacityProviderArn" => arn(moment, &row.name),
        "name" => &*row.name,
        "status" => row.status.as_str(),
        "autoScalingGroupProvider" => group_provider(row.input.as_ref()),
        "updateStatus" => Value::Null,
        "updateStatusReason" => Value::Null,
        "tags" => row.input.as_ref().map_or_else(none, |input| api(&input.tags)),
        "type" => match row.kind {
            ProviderKind::Fargate => "FARGATE",
            ProviderKind::FargateSpot => "FARGATE_SPOT",
            ProviderKind::AutoScalingGroup { .. } => "EC2_AUTOSCALING",
        },
    }
}

/// ACTIVE instances of a provider.
pub(crate) fn active_instances<'m>(
    moment: &'m Moment<'_>,
    (cluster, provider): AssociatedProvider,
) -> impl Iterator<Item = InstanceId> + 'm {
    let group = match &moment.engine.provider(provider).kind {
        ProviderKind::AutoScalingGroup { group, .. } => Some(group),
        ProviderKind::Fargate | ProviderKind::FargateSpot => None,
    };
    let belongs = move |row: &stowplan_engine::model::ContainerInstance| {
        row.cluster == cluster
            && row.status == InstanceStatus::Active
            && group.is_some_and(|group| row.auto_scaling_group.as_ref() == Some(group))
    };
    moment.engine.instances().filter(move |(_, row)| belongs(row)).map(|(instance, _)| instance)
}

/// `desired`: of the Auto Scaling group; none for Fargate.
pub(crate) fn desired(moment: &Moment<'_>, cluster: ClusterId, kind: &ProviderKind) -> Option<u32> {
    let ProviderKind::AutoScalingGroup { group, .. } = kind else { return None };
    let group = moment.engine.find_scaling_group(cluster, group)?;
    Some(moment.engine.scaling_group(group).desired)
}

/// `CapacityProviderReservation`, in percent.
pub(crate) fn reservation(
    moment: &Moment<'_>,
    (cluster, provider): AssociatedProvider,
) -> Option<f64> {
    let point = moment.engine.reservation(cluster, provider)?;
    Some(point.numerator as f64 / point.denominator as f64)
}

/// Live tasks that a provider was chosen for.
pub(crate) fn live(moment: &Moment<'_>, (cluster, provider): AssociatedProvider) -> usize {
    let of_provider = |task: &&stowplan_engine::model::Task| {
        task.cluster == cluster && task.provider == Some(provider) && task.is_live()
    };
    moment.engine.tasks().iter().filter(of_provider).count()
}

/// Of these, those without an instance that wait in PROVISIONING.
pub(crate) fn waiting(moment: &Moment<'_>, (cluster, provider): AssociatedProvider) -> usize {
    let waits = |task: &stowplan_engine::model::Task| {
        task.cluster == cluster
            && task.provider == Some(provider)
            && task.is_live()
            && task.last_status == TaskStatus::Provisioning
            && task.instance.is_none()
    };
    moment.engine.waiting().filter(|&task| waits(moment.engine.task(task))).count()
}

/// ARN of a capacity provider: it belongs to the account in the region of the first cluster.
pub(crate) fn arn(moment: &Moment<'_>, name: &str) -> String {
    let cluster = moment.engine.cluster_arn(ClusterId::new(0));
    let prefix = cluster.rsplit_once(":cluster/").map_or("", |(prefix, _)| prefix);
    format!("{prefix}:capacity-provider/{name}")
}

fn group_provider(input: Option<&stowplan_engine::api::input::CreateCapacityProvider>) -> Value {
    input.map_or(Value::Null, |input| api(&input.auto_scaling_group_provider))
}

fn registered_instances(moment: &Moment<'_>, cluster: ClusterId) -> usize {
    let registered = |status| matches!(status, InstanceStatus::Active | InstanceStatus::Draining);
    let here = moment.engine.instances().filter(|(_, row)| row.cluster == cluster);
    here.filter(|(_, row)| registered(row.status)).count()
}

#[derive(Clone, Copy)]
enum Phase {
    Running,
    Pending,
}

fn tasks(moment: &Moment<'_>, of: ClusterId, kind: Option<LaunchType>, phase: Phase) -> usize {
    let counts = |task: &&stowplan_engine::model::Task| {
        task.cluster == of
            && kind.is_none_or(|kind| task.launch_type == kind)
            && match phase {
                Phase::Running => task.is_running(),
                Phase::Pending => task.is_pending(),
            }
    };
    moment.engine.tasks().iter().filter(counts).count()
}

fn services(
    moment: &Moment<'_>,
    of: ClusterId,
    kind: Option<LaunchType>,
    status: ServiceStatus,
) -> usize {
    let counts = |service: &stowplan_engine::model::Service| {
        service.cluster == of
            && service.status == status
            && kind.is_none_or(|kind| launches_on(moment, service, kind))
    };
    moment.engine.services().filter(|(_, service)| counts(service)).count()
}

fn launches_on(
    moment: &Moment<'_>,
    service: &stowplan_engine::model::Service,
    kind: LaunchType,
) -> bool {
    use stowplan_engine::model::Launch;
    match &service.launch {
        Launch::Type(given) => *given == kind,
        Launch::Strategy(items) => items.first().is_some_and(|item| {
            let is_fargate = moment.engine.provider(item.provider).kind.is_fargate();
            kind == if is_fargate { LaunchType::Fargate } else { LaunchType::Ec2 }
        }),
    }
}

fn statistics(moment: &Moment<'_>, cluster: ClusterId) -> Value {
    let one = |name: String, count: usize| {
        object([("name", name.into()), ("value", count.to_string().into())])
    };
    let kinds = [
        ("EC2", LaunchType::Ec2),
        ("Fargate", LaunchType::Fargate),
        ("External", LaunchType::External),
    ];
    let mut list = Vec::new();
    for (name, kind) in kinds {
        for (word, phase) in [("running", Phase::Running), ("pending", Phase::Pending)] {
            let count = tasks(moment, cluster, Some(kind), phase);
            list.push(one(format!("{word}{name}TasksCount"), count));
        }
    }
    for (word, status) in [("active", ServiceStatus::Active), ("draining", ServiceStatus::Draining)]
    {
        for (name, kind) in kinds {
            let count = services(moment, cluster, Some(kind), status);
            list.push(one(format!("{word}{name}ServiceCount"), count));
        }
    }
    Value::Array(list)
}
