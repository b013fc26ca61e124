//! Many services in one cluster.

use stowplan_engine::api::{Answer, Setup};
use stowplan_engine::model::{Span, Time};

use crate::calls;
use crate::driver::{Driver, Latencies};
use crate::workload::{self, ClusterShape, TaskSize};

/// How many.
pub const SERVICES: [u32; 4] = [10, 100, 1_000, 10_000];

/// Name of a service.
pub fn name(number: u32) -> String {
    format!("web-{number}")
}

/// A thousand instances, and so many services, each with its tasks running.
pub fn steady(services: u32, tasks: u32) -> Driver {
    let mut prepared = ClusterShape::empty(1_000).build();
    prepared.define(workload::task_definition("web", TaskSize { cpu: 128, memory: 128 }));
    let since = Time::from_secs(-3600);
    for number in 0..services {
        let input = Box::new(calls::service(&name(number), "web:1", tasks, 100, 200));
        let given = Setup::Service { input, deployments: Vec::new(), created_at: since };
        let answer = prepared.set_up(given);
        let Answer::GivenService(service, _) = answer else {
            unreachable!("a service answers with its id, not with {answer:?}")
        };
        prepared.set_up(Setup::Fill { service, running_since: since });
    }
    let latencies = Latencies {
        running: Span::from_secs(15),
        healthy: Span::from_secs(30),
        stopped: Span::from_secs(30),
    };
    Driver::new(prepared.engine, latencies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_task_of_one_service_is_one_more_task() {
        let mut driver = steady(20, 1);
        assert_eq!(driver.engine.view().tasks().len(), 20);
        for (seconds, service) in [(0, 0), (10, 7)] {
            let before = driver.engine.view().tasks().len();
            driver.call(Time::from_secs(seconds), calls::scale(&name(service), 2));
            assert_eq!(driver.engine.view().tasks().len(), before + 1);
        }
    }
}
