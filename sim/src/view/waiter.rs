//! What the waiters of the command line would say (03 section 3.4).

use stowplan_engine::model::{ServiceId, ServiceStatus};

use super::Moment;

/// `ServicesStable`: one deployment, and as many RUNNING tasks as are wanted.
pub fn services_stable(moment: &Moment<'_>, service: ServiceId) -> bool {
    let row = moment.engine.service(service);
    let running = moment.engine.counts(service, moment.now).running;
    row.status == ServiceStatus::Active && row.deployments.len() == 1 && running == row.desired
}
