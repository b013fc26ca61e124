//! Service event messages, letter for letter (01 section 4.7, 03 section 15.2).

use std::fmt::Write as _;

use crate::api::event::{Message, RebalanceStep};
use crate::model::{Balancer, NetworkMode, ServiceId, TargetFailure, TaskId};
use crate::view::View;

const TROUBLESHOOTING: &str =
    "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";
const NO_REQUIREMENTS: &str =
    "was unable to place a task because no container instance met all of its requirements.";

impl View<'_> {
    /// A service event message (03 section 15.2).
    pub fn message(self, service: ServiceId, message: &Message) -> String {
        let name = &self.service(service).name;
        let head = format!("(service {name}) ");
        match message {
            Message::SteadyState => head + "has reached a steady state.",
            Message::Started { tasks, replaced } => head + &self.started(tasks, *replaced),
            Message::StoppedPending(count) => format!("{head}stopped {count} pending tasks."),
            Message::Registered(count, group) => {
                format!("{head}registered {count} {} in {group}", targets(group))
            }
            Message::Stopped(tasks) => {
                format!("{head}has stopped {} running tasks:{}.", tasks.len(), {
                    self.task_list(tasks)
                })
            }
            Message::Deregistered(count, group) => {
                format!("{head}deregistered {count} {} in {group}", targets(group))
            }
            Message::Draining(count, deployment) => format!(
                "(service {name}, taskSet {}) has begun draining connections on {count} tasks.",
                self.deployment_name(*deployment)
            ),
            Message::TargetUnhealthy { task, group, failure } => {
                self.target_unhealthy(service, *task, *group, failure)
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
            Message::NoPlace(..)
            | Message::NoInstances
            | Message::NoInstancesInProvider(_)
            | Message::NoCapacity(_)
            | Message::ProvisioningLimit => head + &self.no_place(message),
            Message::Rebalance(step) => head + &self.rebalance(step),
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
            Message::SetProtected(deployment, count) => format!(
                "(service {name}, taskSet {}) was unable to scale in due to (reason {count} tasks \
                 under protection)",
                self.deployment_name(*deployment)
            ),
        }
    }

    /// E15 and E20, without the head.
    fn no_place(self, message: &Message) -> String {
        match message {
            Message::NoPlace(instance, reason) => format!(
                "{NO_REQUIREMENTS} The closest matching (container-instance {}) {}. \
                 {TROUBLESHOOTING}",
                self.instance(*instance).name,
                closest_clause(reason)
            ),
            Message::NoInstances => format!(
                "{NO_REQUIREMENTS} Reason: No Container Instances were found in your cluster. \
                 {TROUBLESHOOTING}"
            ),
            Message::NoInstancesInProvider(_) => format!(
                "{NO_REQUIREMENTS} Reason: No Container Instances were found in your capacity \
                 provider. {TROUBLESHOOTING}"
            ),
            Message::NoCapacity(reason) => {
                format!("was unable to place a task. Reason: {reason}.")
            }
            _ => "was unable to place tasks in your cluster because the tasks provisioning \
                  capacity limit was exceeded."
                .to_owned(),
        }
    }

    /// E2, and E5 when some replace unhealthy tasks.
    fn started(self, tasks: &[TaskId], replaced: u32) -> String {
        let mut text = format!("has started {} tasks:{}.", tasks.len(), self.task_list(tasks));
        if replaced > 0 {
            let _ =
                write!(text, " Amazon ECS replaced {replaced} tasks due to an unhealthy status.");
        }
        text
    }

    /// E21 and E22, without the head.
    fn rebalance(self, step: &RebalanceStep) -> String {
        match step {
            RebalanceStep::Counted { counts, balanced } => {
                let zones: Vec<String> = counts
                    .iter()
                    .map(|count| format!("{} tasks in {}", count.tasks, self.zone_name(count.zone)))
                    .collect();
                let zones = zones.join(", ");
                if *balanced {
                    format!("is AZ balanced with {zones}.")
                } else {
                    format!("is not AZ balanced with {zones}. AZ Rebalancing in progress.")
                }
            }
            RebalanceStep::Started { task, zone } => format!(
                "has started 1 tasks in {} to AZ Rebalance: (task {}).",
                self.zone_name(*zone),
                self.task_name(*task)
            ),
            RebalanceStep::Stopped { task, zone } => format!(
                "has stopped 1 running tasks in {} due to AZ rebalancing: (task {}).",
                self.zone_name(*zone),
                self.task_name(*task)
            ),
            RebalanceStep::NoPlace { zone } => format!(
                "is unable to place a task in {} because no container instance met all of its \
                 requirements.",
                self.zone_name(*zone)
            ),
            RebalanceStep::Protected { deployment } => format!(
                "was unable to AZ Rebalance because {} was unable to scale in due to tasks under \
                 protection.",
                self.deployment_name(*deployment)
            ),
            RebalanceStep::Ended => "stopped AZ Rebalancing.".to_owned(),
        }
    }

    fn task_list(self, tasks: &[TaskId]) -> String {
        let mut text = String::with_capacity(tasks.len() * 40);
        for &task in tasks {
            let _ = write!(text, " (task {})", self.task_name(task));
        }
        text
    }

    /// E9 in its three forms.
    fn target_unhealthy(
        self,
        service: ServiceId,
        task: TaskId,
        group: usize,
        failure: &TargetFailure,
    ) -> String {
        let row = self.task(task);
        let head =
            format!("(service {}) (task {})", self.service(service).name, self.task_name(task));
        let of = row.owner.map(|owner| &self.deployment(owner.deployment).load_balancers);
        let balancer = of.and_then(|balancers| balancers.get(group)).cloned().unwrap_or_default();
        let place = row.owner.and_then(|owner| {
            let mut all = self.balancers(owner.deployment);
            (group < all.len()).then(|| all.swap_remove(group))
        });
        // A target is an instance of EC2.
        let host = row.instance.map_or("", |instance| self.host_name(instance));
        let reason = &failure.reason;
        let arn = match place {
            Some(Balancer::TargetGroup(arn)) => arn,
            Some(classic @ Balancer::Classic(_)) => {
                return format!(
                    "{head} (instance {host}) is unhealthy in {classic} due to (reason Instance \
                     has failed at least the UnhealthyThreshold number of health checks \
                     consecutively.)"
                );
            }
            None => Box::default(),
        };
        let own = balancer.container_port.unwrap_or_default();
        let port = if failure.port == 0 { own } else { i64::from(failure.port) };
        if self.definition(row.definition).network_mode == NetworkMode::Awsvpc {
            format!(
                "{head} (port {port}) is unhealthy in (target-group {arn}) due to (reason \
                 {reason})."
            )
        } else {
            format!(
                "{head} (instance {host}) (port {port}) is unhealthy in (target-group {arn}) due \
                 to (reason {reason})"
            )
        }
    }
}

/// A Classic Load Balancer knows instances, not targets.
fn targets(balancer: &Balancer) -> &'static str {
    match balancer {
        Balancer::TargetGroup(_) => "targets",
        Balancer::Classic(_) => "instances",
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
