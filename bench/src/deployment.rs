//! Rolling deployments of a service, from the call to the steady state, with every report of the
//! tasks and every event of the engine; and what each must come to.

use std::fmt;

use stowplan_engine::View;
use stowplan_engine::api::input::LoadBalancer;
use stowplan_engine::api::setup::TargetType;
use stowplan_engine::api::{Answer, Setup};
use stowplan_engine::model::{RolloutState, ServiceId, Span, Time};

use crate::driver::{Driver, Latencies};
use crate::workload::{self, ClusterShape, TaskSize};
use crate::{calls, grouped};

const LATENCIES: Latencies = Latencies {
    running: Span::from_secs(15),
    healthy: Span::from_secs(30),
    stopped: Span::from_secs(30),
};
const PORT: i64 = 80;

/// A service, and what a deployment of it must come to.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Container instances.
    pub instances: u32,
    /// Tasks of the service.
    pub tasks: u32,
    size: TaskSize,
    launches_per_minute: u32,
    minimum_healthy_percent: u32,
    maximum_percent: u32,
    /// Its tasks are targets of a load balancer.
    targets: bool,
    /// What must come of it.
    pub outcome: Outcome,
}

/// What a deployment came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Most tasks live or stopping at the end of an instant.
    pub peak: u32,
    /// Fewest healthy tasks at the end of an instant.
    pub floor: u32,
    /// When the deployment was COMPLETED.
    pub completed: Time,
    /// Tasks that were started.
    pub started: usize,
}

impl Outcome {
    const fn new(peak: u32, floor: u32, completed: i64, started: usize) -> Self {
        Self { peak, floor, completed: Time::from_secs(completed), started }
    }
}

/// The arithmetic of 03 section 5.4, with a pass every 10 s and 500 launches a minute.
///
/// 100/200: 500 start at 0 s (the quota), run at 15 s and are healthy at 45 s, so that at 50 s 500
/// old tasks stop; 500 more start at 60 s, 500 more stop at 110 s and are gone at 140 s.
///
/// 50/100: 500 old tasks stop at 0 s and are gone at 30 s; 500 start, healthy at 75 s; at 80 s the
/// other 500 stop, gone at 110 s; 500 start, healthy at 155 s, seen at 160 s.
///
/// 100/200 without that quota: all start at 0 s and are healthy at 45 s, so that at 50 s all old
/// tasks stop; they are gone at 80 s.
///
/// The same behind a load balancer: the targets are healthy when the containers are; at 50 s the
/// old tasks are told to go, their targets are deregistered 10 s later and unused at 90 s, and the
/// tasks stop after that, gone at 120 s.
pub fn cases() -> [Case; 4] {
    let small = Case {
        instances: 200,
        tasks: 1_000,
        size: TaskSize { cpu: 256, memory: 512 },
        launches_per_minute: 500,
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        targets: false,
        outcome: Outcome::new(2_000, 1_000, 140, 1_000),
    };
    let tight = Case {
        minimum_healthy_percent: 50,
        maximum_percent: 100,
        outcome: Outcome::new(1_000, 500, 160, 1_000),
        ..small
    };
    let large = Case {
        instances: 10_000,
        tasks: 100_000,
        size: TaskSize { cpu: 128, memory: 128 },
        launches_per_minute: u32::MAX,
        outcome: Outcome::new(200_000, 100_000, 80, 100_000),
        ..small
    };
    let full =
        Case { targets: true, outcome: Outcome::new(200_000, 100_000, 120, 100_000), ..large };
    [small, tight, large, full]
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { minimum_healthy_percent: min, maximum_percent: max, .. } = self;
        let targets = if self.targets { "_targets" } else { "" };
        let (tasks, instances) = (grouped(self.tasks), grouped(self.instances));
        write!(f, "min{min}_max{max}{targets}/{tasks}x{instances}")
    }
}

impl Case {
    /// A steady service whose next revision is registered.
    pub fn prepare(&self) -> (Driver, ServiceId) {
        let launches_per_minute = self.launches_per_minute;
        let empty = ClusterShape::empty(self.instances);
        let mut workload = ClusterShape { launches_per_minute, ..empty }.build();
        for _ in 0..2 {
            let mut input = workload::checked_task_definition("web", self.size);
            if self.targets {
                input.container_definitions[0].port_mappings = vec![workload::port(PORT)];
            }
            workload.define(input);
        }
        let (min, max) = (self.minimum_healthy_percent, self.maximum_percent);
        let mut input = Box::new(calls::service("web", "web:1", self.tasks, min, max));
        if self.targets {
            let target_type = TargetType::Instance;
            workload.set_up(Setup::TargetGroup { name: "web".into(), target_type });
            input.load_balancers = vec![LoadBalancer {
                target_group_arn: Some("web".into()),
                container_name: Some("app".into()),
                container_port: Some(PORT),
                ..LoadBalancer::default()
            }];
        }
        let created_at = Time::from_secs(-3600);
        let answer = workload.set_up(Setup::Service { input, deployments: Vec::new(), created_at });
        let Answer::GivenService(service, _) = answer else {
            unreachable!("a service answers with its id, not with {answer:?}")
        };
        workload.set_up(Setup::Fill { service, running_since: created_at });
        (Driver::new(workload.engine, LATENCIES), service)
    }

    /// Deploys with an eye on every instant.
    ///
    /// # Panics
    ///
    /// When it comes to something else than it must, or leaves other tasks than it must.
    pub fn assert_outcome(&self, driver: &mut Driver, service: ServiceId) {
        let outcome = observe(driver, service);
        assert_eq!(outcome, self.outcome, "rollout/{self}");
        let view = driver.engine.view();
        let definition = view.find_definition("web:2").expect("it is registered");
        let counts = view.counts(service, driver.engine.now());
        assert_eq!((counts.running, counts.healthy, counts.stopping), (self.tasks, self.tasks, 0));
        let mut tasks = view.service(service).tasks.iter();
        assert!(tasks.all(|&task| view.task(task).definition == definition));
    }
}

/// Runs a deployment to its end.
pub fn deploy(driver: &mut Driver, service: ServiceId) {
    driver.call(Time::ZERO, calls::deploy("web", "web:2"));
    driver.run_while(|view, _| !is_over(view, service));
}

/// COMPLETED, and no task is left that stops.
fn is_over(view: View<'_>, service: ServiceId) -> bool {
    let row = view.service(service);
    is_completed(view, service) && row.tasks.len() == row.desired as usize
}

fn is_completed(view: View<'_>, service: ServiceId) -> bool {
    view.primary(service).is_some_and(|it| view.deployment(it).rollout == RolloutState::Completed)
}

fn observe(driver: &mut Driver, service: ServiceId) -> Outcome {
    let before = driver.engine.view().tasks().len();
    let mut outcome = Outcome::new(0, u32::MAX, 0, 0);
    let mut look = |view: View<'_>, now: Time| {
        let counts = view.counts(service, now);
        outcome.peak = outcome.peak.max(counts.occupying());
        outcome.floor = outcome.floor.min(counts.healthy);
        if outcome.completed == Time::ZERO && is_completed(view, service) {
            outcome.completed = now;
        }
        outcome.started = view.tasks().len() - before;
        !is_over(view, service)
    };
    driver.call(Time::ZERO, calls::deploy("web", "web:2"));
    look(driver.engine.view(), Time::ZERO);
    driver.run_while(look);
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_behind_a_load_balancer_waits_for_its_targets() {
        let [.., full] = cases();
        let outcome = Outcome::new(40, 20, 120, 20);
        let case = Case { instances: 6, tasks: 20, outcome, ..full };
        let (mut driver, service) = case.prepare();
        case.assert_outcome(&mut driver, service);
    }
}
