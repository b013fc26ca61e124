//! Metrics that the simulation has without a load model: counts, hosts, reservations, memory.

use stowplan_engine::model::{ClusterId, ControllerType, InstanceStatus, ServiceId, ServiceStatus};

use crate::view::{Moment, sample};

/// What a metric is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    /// `ClusterName` and `ServiceName`.
    Service,
    /// `TargetGroup`; of a service, all of its target groups.
    TargetGroup,
    /// `ClusterName`.
    Cluster,
    /// `CapacityProviderName`.
    Provider,
}

/// The service, target group, cluster or capacity provider that a metric is of, by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A service: `web`, or `cluster/web` where there are several.
    Service(String),
    /// A target group.
    TargetGroup(String),
    /// A cluster.
    Cluster(String),
    /// A capacity provider: `asg`, or `cluster/asg`.
    Provider(String),
}

/// Declares the metrics: their names, namespaces and what they are of.
macro_rules! metrics {
    ($($(#[$meta:meta])* $name:ident = $text:literal, $namespace:literal, $kind:ident;)*) => {
        /// A metric.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Metric {
            $($(#[$meta])* $name,)*
        }

        impl Metric {
            /// Names of all metrics.
            pub const NAMES: &'static [&'static str] = &[$($text),*];

            /// A metric by its name.
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Its namespace.
            pub const fn namespace(self) -> &'static str {
                match self {
                    $(Self::$name => $namespace,)*
                }
            }

            /// What it is of.
            pub const fn kind(self) -> SubjectKind {
                match self {
                    $(Self::$name => SubjectKind::$kind,)*
                }
            }
        }
    };
}

metrics! {
    /// Targets that pass their checks.
    HealthyHostCount = "HealthyHostCount", "AWS/ApplicationELB", TargetGroup;
    /// Targets that fail them.
    UnHealthyHostCount = "UnHealthyHostCount", "AWS/ApplicationELB", TargetGroup;
    /// RUNNING tasks.
    RunningTaskCount = "RunningTaskCount", "ECS/ContainerInsights", Service;
    /// Tasks on their way to RUNNING.
    PendingTaskCount = "PendingTaskCount", "ECS/ContainerInsights", Service;
    /// `desiredCount`
    DesiredTaskCount = "DesiredTaskCount", "ECS/ContainerInsights", Service;
    /// Listed deployments.
    DeploymentCount = "DeploymentCount", "ECS/ContainerInsights", Service;
    /// Listed task sets.
    TaskSetCount = "TaskSetCount", "ECS/ContainerInsights", Service;
    /// Memory in use, in percent of what RUNNING tasks reserve (04 section 6.2).
    MemoryUtilization = "MemoryUtilization", "AWS/ECS", Service;
    /// CPU that tasks reserve, in percent of what instances register (04 section 4.8).
    CpuReservation = "CPUReservation", "AWS/ECS", Cluster;
    /// The same of memory.
    MemoryReservation = "MemoryReservation", "AWS/ECS", Cluster;
    /// What managed scaling looks at (04 section 4.2).
    CapacityProviderReservation = "CapacityProviderReservation", "AWS/ECS/ManagedScaling", Provider;
}

impl Metric {
    /// The data point of the minute that ends now.
    pub(crate) fn of(self, subject: &Subject, moment: &Moment<'_>) -> Option<f64> {
        match subject {
            Subject::Service(key) => self.of_service(moment.service(key)?, moment),
            Subject::TargetGroup(name) => Some(self.hosts(name, moment)),
            Subject::Cluster(name) => {
                self.of_cluster(moment.engine.find_cluster(Some(name))?, moment)
            }
            Subject::Provider(key) => of_provider(key, moment),
        }
    }

    fn hosts(self, group: &str, moment: &Moment<'_>) -> f64 {
        let counts = moment.world.target_counts(group);
        f64::from(if self == Self::HealthyHostCount { counts.healthy } else { counts.unhealthy })
    }

    fn of_service(self, service: ServiceId, moment: &Moment<'_>) -> Option<f64> {
        let row = moment.engine.service(service);
        if row.status == ServiceStatus::Inactive {
            return None;
        }
        let counts = moment.engine.counts(service, moment.now);
        let listed = |is: bool| if is { row.deployments.len() as f64 } else { 0.0 };
        let by_ecs = row.controller == ControllerType::Ecs;
        Some(match self {
            Self::RunningTaskCount => f64::from(counts.running),
            Self::PendingTaskCount => f64::from(counts.pending),
            Self::DesiredTaskCount => f64::from(row.desired),
            Self::DeploymentCount => listed(by_ecs),
            Self::TaskSetCount => listed(!by_ecs),
            Self::MemoryUtilization => return memory(service, moment),
            Self::HealthyHostCount | Self::UnHealthyHostCount => {
                let groups = sample::groups_of_service(moment, service);
                groups.iter().map(|group| self.hosts(group, moment)).sum()
            }
            Self::CpuReservation | Self::MemoryReservation | Self::CapacityProviderReservation => {
                return None;
            }
        })
    }

    /// Over ACTIVE and DRAINING instances.
    fn of_cluster(self, cluster: ClusterId, moment: &Moment<'_>) -> Option<f64> {
        let (mut used, mut all) = (0.0, 0.0);
        for (instance, row) in moment.engine.instances() {
            let counts = matches!(row.status, InstanceStatus::Active | InstanceStatus::Draining);
            if row.cluster != cluster || !counts {
                continue;
            }
            let wanted = if self == Self::CpuReservation { "cpu" } else { "memory" };
            sample::instance(moment, instance, &mut |path, value| match path.split_once('.') {
                Some(("used", resource)) if resource == wanted => used += value,
                Some(("registered", resource)) if resource == wanted => all += value,
                _ => {}
            });
        }
        (all > 0.0).then(|| 100.0 * used / all)
    }
}

/// No data point without a RUNNING task, or where none reserves memory.
fn memory(service: ServiceId, moment: &Moment<'_>) -> Option<f64> {
    let tasks = moment.engine.service(service).tasks.iter();
    let running = tasks.map(|&task| moment.engine.task(task)).filter(|task| task.is_running());
    let (mut used, mut reserved) = (0, 0);
    for task in running {
        used += moment.world.memory_used(task.id);
        reserved += u64::from(task.demand.memory);
    }
    // MiB of any cluster are far below 2^53.
    (reserved > 0).then(|| 100.0 * used as f64 / reserved as f64)
}

fn of_provider(key: &str, moment: &Moment<'_>) -> Option<f64> {
    let (cluster, name) = moment.parse_key(key)?;
    let provider = moment.engine.find_provider(name)?;
    let mut found = None;
    sample::provider(moment, (cluster, provider), false, &mut |path, value| {
        if path == "reservation" {
            found = Some(value);
        }
    });
    found
}
