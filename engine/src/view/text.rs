//! Ids, ARNs and texts, letter for letter (00 section 5, 01 section 4.7, 03 sections 10.1, 15).

use std::fmt::Write as _;

use crate::api::event::Message;
use crate::model::{
    ClusterId, DeploymentId, InstanceId, RolloutReason, ServiceDeploymentId, ServiceId, Stop,
    StopReason, TaskDefinitionId, TaskId,
};
use crate::view::View;

const TROUBLESHOOTING: &str =
    "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";
const NO_REQUIREMENTS: &str =
    "was unable to place a task because no container instance met all of its requirements.";

impl View<'_> {
    /// A task's id: as given, or its number in 32 hex digits.
    pub fn task_name(self, task: TaskId) -> String {
        match self.task(task).extra.as_ref().and_then(|e| e.name.as_deref()) {
            Some(name) => name.to_owned(),
            None => format!("{:032x}", u64::from(task.0) + 1),
        }
    }

    /// A deployment's id: as imported, or `ecs-svc/` and its number in 19 digits.
    pub fn deployment_name(self, deployment: DeploymentId) -> String {
        match &self.deployment(deployment).name {
            Some(name) => name.to_string(),
            None => format!("ecs-svc/{:019}", u64::from(deployment.0) + 1),
        }
    }

    fn arn_prefix(self, cluster: ClusterId) -> String {
        let region = &self.cluster(cluster).region;
        let partition = match region.split('-').next() {
            Some("cn") => "aws-cn",
            _ if region.starts_with("us-gov") => "aws-us-gov",
            _ => "aws",
        };
        format!("arn:{partition}:ecs:{region}:{}", self.config().account)
    }

    /// A cluster's ARN.
    pub fn cluster_arn(self, cluster: ClusterId) -> String {
        format!("{}:cluster/{}", self.arn_prefix(cluster), self.cluster(cluster).name)
    }

    /// A task's ARN.
    pub fn task_arn(self, task: TaskId) -> String {
        let cluster = self.task(task).cluster;
        let name = &self.cluster(cluster).name;
        format!("{}:task/{name}/{}", self.arn_prefix(cluster), self.task_name(task))
    }

    /// A container instance's ARN.
    pub fn instance_arn(self, instance: InstanceId) -> String {
        let row = self.instance(instance);
        let name = &self.cluster(row.cluster).name;
        format!("{}:container-instance/{name}/{}", self.arn_prefix(row.cluster), row.name)
    }

    /// A service's ARN.
    pub fn service_arn(self, service: ServiceId) -> String {
        let row = self.service(service);
        let name = &self.cluster(row.cluster).name;
        format!("{}:service/{name}/{}", self.arn_prefix(row.cluster), row.name)
    }

    /// A task definition's ARN, in the region of a cluster.
    pub fn definition_arn(self, definition: TaskDefinitionId, cluster: ClusterId) -> String {
        let label = self.definition(definition).label();
        format!("{}:task-definition/{label}", self.arn_prefix(cluster))
    }

    /// The ARN of the service revision that a deployment runs.
    pub fn service_revision_arn(self, deployment: DeploymentId) -> String {
        let row = self.deployment(deployment);
        let service = self.service(row.service);
        let cluster = &self.cluster(service.cluster).name;
        format!(
            "{}:service-revision/{cluster}/{}/{:019}",
            self.arn_prefix(service.cluster),
            service.name,
            row.service_revision
        )
    }

    /// A service deployment's ARN.
    pub fn service_deployment_arn(self, record: ServiceDeploymentId) -> String {
        let service = self.service(self.record(record).service);
        let cluster = &self.cluster(service.cluster).name;
        format!(
            "{}:service-deployment/{cluster}/{}/{:022}",
            self.arn_prefix(service.cluster),
            service.name,
            u64::from(record.0) + 1
        )
    }

    /// `rolloutStateReason` of a deployment.
    pub fn rollout_reason(self, deployment: DeploymentId) -> String {
        let id = self.deployment_name(deployment);
        match self.deployment(deployment).reason {
            RolloutReason::InProgress => format!("ECS deployment {id} in progress."),
            RolloutReason::Completed => format!("ECS deployment {id} completed."),
            RolloutReason::BreakerTripped => {
                "ECS deployment circuit breaker: tasks failed to start.".to_owned()
            }
            RolloutReason::BreakerRollback => {
                format!("ECS deployment circuit breaker: rolling back to deploymentId {id}.")
            }
            RolloutReason::AlarmDetected => "ECS deployment failed: alarm detected.".to_owned(),
            RolloutReason::AlarmRollback => {
                format!("ECS deployment alarm: rolling back to deploymentId {id}.")
            }
            RolloutReason::UserStopped => "ECS deployment stopped by user.".to_owned(),
            RolloutReason::UserRollback => {
                format!("ECS deployment stopped by user: rolling back to deploymentId {id}.")
            }
        }
    }

    /// `stoppedReason` of a stop.
    pub fn stopped_reason(self, stop: &Stop) -> String {
        let host = |instance: InstanceId| {
            let row = self.instance(instance);
            row.ec2_instance_id.as_deref().unwrap_or(&row.name).to_owned()
        };
        match &stop.reason {
            StopReason::Scaling(deployment) => format!(
                "Scaling activity initiated by (deployment {})",
                self.deployment_name(*deployment)
            ),
            StopReason::Rebalancing(deployment) => format!(
                "Availability-zone rebalancing initiated by (deployment {})",
                self.deployment_name(*deployment)
            ),
            StopReason::ContainerHealth => "Task failed container health checks".to_owned(),
            StopReason::TargetHealth(arn) => {
                format!("Task failed ELB health checks in (target-group {arn})")
            }
            StopReason::EssentialExited => "Essential container in task exited".to_owned(),
            StopReason::User(text) | StopReason::Text(text) => text.to_string(),
            StopReason::Deregistered => {
                "Container instance deregistration forced by user".to_owned()
            }
            StopReason::HostTerminated(instance) => {
                format!("Host EC2 (instance {}) terminated.", host(*instance))
            }
            StopReason::HostStopped(instance) => {
                format!("Host EC2 (instance {}) stopped.", host(*instance))
            }
            StopReason::SpotTask => "Your Spot Task was interrupted.".to_owned(),
            StopReason::NoCapacity(reason) => format!("TaskFailedToStart: {reason}"),
        }
    }

    /// A service event message (03 section 15.2).
    pub fn message(self, service: ServiceId, message: &Message) -> String {
        let name = &self.service(service).name;
        let head = format!("(service {name}) ");
        match message {
            Message::SteadyState => head + "has reached a steady state.",
            Message::Started { tasks, replaced } => {
                let mut text = format!("{head}has started {} tasks:{}.", tasks.len(), {
                    self.task_list(tasks)
                });
                if *replaced > 0 {
                    let _ = write!(
                        text,
                        " Amazon ECS replaced {replaced} tasks due to an unhealthy status."
                    );
                }
                text
            }
            Message::StoppedPending(count) => format!("{head}stopped {count} pending tasks."),
            Message::Registered(count, group) => {
                format!("{head}registered {count} targets in (target-group {group})")
            }
            Message::Stopped(tasks) => {
                format!("{head}has stopped {} running tasks:{}.", tasks.len(), {
                    self.task_list(tasks)
                })
            }
            Message::Deregistered(count, group) => {
                format!("{head}deregistered {count} targets in (target-group {group})")
            }
            Message::Draining(count, deployment) => format!(
                "(service {name}, taskSet {}) has begun draining connections on {count} tasks.",
                self.deployment_name(*deployment)
            ),
            Message::TargetUnhealthy { task, group, reason } => {
                self.target_unhealthy(service, *task, *group, reason)
            }
            Message::ContainerUnhealthy(task) => {
                format!("{head}(task {}) failed container health checks.", self.task_name(*task))
            }
            Message::DeploymentCompleted(deployment) => format!(
                "{head}(deployment {}) deployment completed.",
                self.deployment_name(*deployment)
            ),
            Message::DeploymentFailed(deployment) => format!(
                "{head}(deployment {}) deployment failed: tasks failed to start.",
                self.deployment_name(*deployment)
            ),
            Message::RollingBack(deployment) => {
                format!("{head}rolling back to deployment {}.", self.deployment_name(*deployment))
            }
            Message::AlarmDetected(deployment) => format!(
                "{head}(deployment {}) deployment failed: alarm detected.",
                self.deployment_name(*deployment)
            ),
            Message::NoPlace(instance, reason) => format!(
                "{head}{NO_REQUIREMENTS} The closest matching (container-instance {}) {}. \
                 {TROUBLESHOOTING}",
                self.instance(*instance).name,
                closest_clause(reason)
            ),
            Message::NoInstances => format!(
                "{head}{NO_REQUIREMENTS} Reason: No Container Instances were found in your \
                 cluster. {TROUBLESHOOTING}"
            ),
            Message::NoInstancesInProvider(_) => format!(
                "{head}{NO_REQUIREMENTS} Reason: No Container Instances were found in your \
                 capacity provider. {TROUBLESHOOTING}"
            ),
            Message::NoCapacity(reason) => {
                format!("{head}was unable to place a task. Reason: {reason}.")
            }
            Message::CannotStart => format!(
                "{head}is unable to consistently start tasks successfully. {TROUBLESHOOTING}"
            ),
            Message::Stuck => {
                head + "was unable to stop or start tasks during a deployment because of the \
                        service deployment configuration. Update the minimumHealthyPercent or \
                        maximumPercent value and try again."
            }
            Message::Protected(deployment, count) => {
                let set = self.deployment_name(*deployment);
                format!(
                    "{head}was unable to reach steady state because (taskSet {set}) was unable to \
                     scale in due to (reason {count} tasks under protection)"
                )
            }
            Message::ProvisioningLimit => {
                head + "was unable to place tasks in your cluster because the tasks provisioning \
                        capacity limit was exceeded."
            }
        }
    }

    fn task_list(self, tasks: &[TaskId]) -> String {
        let mut text = String::with_capacity(tasks.len() * 40);
        for &task in tasks {
            let _ = write!(text, " (task {})", self.task_name(task));
        }
        text
    }

    fn target_unhealthy(self, service: ServiceId, task: TaskId, group: usize, why: &str) -> String {
        let row = self.service(service);
        let balancer = row.load_balancers.get(group);
        let arn = balancer.and_then(|b| b.target_group_arn.as_deref()).unwrap_or_default();
        let port = balancer.and_then(|b| b.container_port).unwrap_or_default();
        format!(
            "(service {}) (task {}) (port {port}) is unhealthy in (target-group {arn}) due to \
             (reason {why}).",
            row.name,
            self.task_name(task)
        )
    }
}

/// What the event says of the closest instance (01 section 4.7).
fn closest_clause(reason: &str) -> String {
    match reason {
        "RESOURCE:CPU" => "has insufficient CPU units available".to_owned(),
        "RESOURCE:MEMORY" => "has insufficient memory available".to_owned(),
        "RESOURCE:PORTS" => "is already using a port required by your task".to_owned(),
        "ATTRIBUTE" => "is missing an attribute required by your task".to_owned(),
        other => format!("encountered error \"{other}\""),
    }
}
