//! Ids, ARNs and reasons, letter for letter (00 section 5, 03 sections 10.1 and 15.6).

use crate::model::{
    Balancer, ClusterId, CodeDeploymentId, DeploymentId, InstanceId, RolloutReason,
    ServiceDeploymentId, ServiceId, Stop, StopReason, TaskDefinitionId, TaskId,
};
use crate::view::View;

impl<'a> View<'a> {
    /// A task's id: as given, or its number in 32 hex digits.
    pub fn task_name(self, task: TaskId) -> String {
        match self.task(task).extra.as_ref().and_then(|e| e.name.as_deref()) {
            Some(name) => name.to_owned(),
            None => format!("{:032x}", u64::from(task.number()) + 1),
        }
    }

    /// A deployment's id: as imported, or `ecs-svc/` and its number in 19 digits.
    pub fn deployment_name(self, deployment: DeploymentId) -> String {
        match &self.deployment(deployment).name {
            Some(name) => name.to_string(),
            None => format!("ecs-svc/{:019}", u64::from(deployment.number()) + 1),
        }
    }

    /// The id of a deployment of CodeDeploy: `d-` and its number in 9 digits.
    pub fn code_deployment_name(self, deployment: CodeDeploymentId) -> String {
        format!("d-{:09}", u64::from(deployment.number()) + 1)
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
            u64::from(record.number()) + 1
        )
    }

    /// A target group's ARN: as given, or of the group of that name.
    pub fn target_group_arn(self, cluster: ClusterId, given: &str) -> String {
        if given.contains(":targetgroup/") {
            return given.to_owned();
        }
        let prefix = self.arn_prefix(cluster).replacen(":ecs:", ":elasticloadbalancing:", 1);
        format!("{prefix}:targetgroup/{given}/0000000000000000")
    }

    /// What the tasks of a deployment are targets of, in the order of its load balancers.
    pub fn balancers(self, deployment: DeploymentId) -> Vec<Balancer> {
        let row = self.deployment(deployment);
        let cluster = self.service(row.service).cluster;
        let balancers = row.load_balancers.iter().map(|balancer| {
            match (&balancer.target_group_arn, &balancer.load_balancer_name) {
                (None, Some(name)) => Balancer::Classic(name.as_str().into()),
                (given, _) => {
                    let given = given.as_deref().unwrap_or_default();
                    Balancer::TargetGroup(self.target_group_arn(cluster, given).into())
                }
            }
        });
        balancers.collect()
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
            RolloutReason::StageFailed => {
                "ECS deployment failed: lifecycle stage failed.".to_owned()
            }
            RolloutReason::StageRollback => {
                format!("ECS deployment lifecycle stage: rolling back to deploymentId {id}.")
            }
            RolloutReason::UserStopped => "ECS deployment stopped by user.".to_owned(),
            RolloutReason::UserRollback => {
                format!("ECS deployment stopped by user: rolling back to deploymentId {id}.")
            }
        }
    }

    /// The machine behind an instance as EC2 calls it, if EC2 has it.
    pub(super) fn host_name(self, instance: InstanceId) -> &'a str {
        let row = self.instance(instance);
        row.ec2_instance_id.as_deref().unwrap_or(&row.name)
    }

    /// `stoppedReason` of a stop.
    pub fn stopped_reason(self, stop: &Stop) -> String {
        let host = |instance: InstanceId| self.host_name(instance);
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
            StopReason::TargetHealth(balancer) => {
                format!("Task failed ELB health checks in {balancer}")
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
}
