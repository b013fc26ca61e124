//! Tasks that are there when the run begins (scenario format, "Time 0").

use stowplan_engine::model::{
    DependencyCondition, DesiredStatus, HealthStatus, NetworkMode, TaskStatus, Time,
};

use super::container::{NEVER, Stage, check_rules, health_of};
use super::probe::{Prober, Verdict};
use super::step::Step;
use super::task::{Interface, Phase, WorldTask};

impl WorldTask {
    /// Puts the world where the control plane believes the task to be.
    pub(super) fn adopt(&mut self, step: &mut Step<'_>) {
        let row = step.view.task(self.id);
        self.adopted_at = Some(step.now);
        self.given_unhealthy = row.container_health == HealthStatus::Unhealthy;
        self.reported_health = row.container_health;
        self.make_targets(step);
        match row.last_status {
            TaskStatus::Provisioning => return,
            TaskStatus::Pending => {
                self.hold_interface(step);
                self.end_provisioning(step);
            }
            TaskStatus::Activating => {
                self.adopt_running(step);
                self.activate(step);
            }
            TaskStatus::Running => {
                self.adopt_running(step);
                self.adopt_targets(step, self.running_since(step));
                self.adopt_instance(step, self.running_since(step));
                self.phase = Phase::Running;
            }
            TaskStatus::Deactivating => {
                self.adopt_running(step);
                self.adopt_targets(step, self.running_since(step));
                self.phase = Phase::Running;
                self.orders.deregister = true;
            }
            TaskStatus::Stopping => {
                self.adopt_running(step);
                self.phase = Phase::Running;
                self.orders.stop = true;
            }
            TaskStatus::Deprovisioning => {
                self.hold_interface(step);
                self.phase = Phase::Stopping;
                for container in &mut self.containers {
                    container.stop(step.now, None, None);
                }
                self.containers_are_gone(step);
            }
            TaskStatus::Stopped => self.phase = Phase::Stopped,
        }
        let deactivating = row.last_status == TaskStatus::Deactivating;
        self.orders.stop |= row.desired_status == DesiredStatus::Stopped && !deactivating;
    }

    fn running_since(&self, step: &Step<'_>) -> Time {
        let row = step.view.task(self.id);
        row.started_at().unwrap_or(row.created_at).min(step.now)
    }

    fn hold_interface(&mut self, step: &mut Step<'_>) {
        if self.mode(step) != NetworkMode::Awsvpc {
            return;
        }
        let row = step.view.task(self.id);
        let attached = self.host.is_none_or(|instance| step.host(instance).attach());
        self.interface = if attached { Interface::Held } else { Interface::None };
        self.connectivity_at = Some(row.created_at);
        if let Some(subnet) = row.subnet {
            self.address = step.around.addresses.take(self.id, subnet, step.view);
            if self.host.is_none() {
                step.around.addresses.count(self.id, step.view);
            }
        }
    }

    fn adopt_running(&mut self, step: &mut Step<'_>) {
        let row = step.view.task(self.id);
        self.hold_interface(step);
        if let Some(instance) = self.host {
            step.host(instance).reserve(&row.demand);
            self.admitted = true;
        }
        let since = self.running_since(step);
        (self.pull_started_at, self.pull_stopped_at) = (Some(since), Some(since));
        for index in 0..self.containers.len() {
            self.adopt_container(step, index, since);
        }
    }

    fn adopt_container(&mut self, step: &mut Step<'_>, index: usize, since: Time) {
        let definition = self.spec(step.view);
        let (spec, mode) = (&definition.containers[index], definition.network_mode);
        let image = self.plan.containers[index].image;
        let is_done = definition.containers.iter().any(|other| {
            other.depends_on.iter().any(|dependency| {
                dependency.on == index
                    && matches!(
                        dependency.condition,
                        DependencyCondition::Complete | DependencyCondition::Success
                    )
            })
        });
        let mut host_ports: Box<[u16]> =
            spec.ports.iter().map(|port| port.host_port.unwrap_or(port.container_port)).collect();
        if let Some(instance) = self.host {
            let host = step.host(instance);
            host.cache(image, Time(i64::MIN));
            if !is_done {
                // An import may hold the same port twice: then both keep it.
                match host.bind(&spec.ports, mode) {
                    Ok(bound) => host_ports = bound,
                    Err(_) => {
                        for (port, &first) in spec.ports.iter().zip(&host_ports) {
                            host.bind_given(port.protocol, first, port.count);
                        }
                    }
                }
            }
        }
        let verdict = self.given_verdict(step);
        let container = &mut self.containers[index];
        container.started_at = Some(since);
        container.run_started_at = since;
        if is_done {
            container.stop(since, Some(0), None);
            return;
        }
        container.stage = Stage::Running;
        container.host_ports = host_ports;
        if let Some(check) = &spec.health_check {
            let rules = check_rules(check, since);
            container.prober = Some(Prober::settled(since, verdict, &rules, step.now));
            container.health = health_of(verdict);
            self.plan_health(step, index);
        }
        self.plan_ending(step, index);
    }

    /// What the checks of a given task have found so far. One whose health cannot be known by its
    /// definition is taken for healthy.
    fn given_verdict(&self, step: &Step<'_>) -> Verdict {
        match step.view.task(self.id).container_health {
            HealthStatus::Healthy => Verdict::Healthy,
            HealthStatus::Unhealthy => Verdict::Unhealthy,
            HealthStatus::Unknown => {
                let essential = self.spec(step.view).containers.iter().filter(|c| c.essential);
                let all_checked = essential.clone().all(|c| c.health_check.is_some());
                if all_checked { Verdict::New } else { Verdict::Healthy }
            }
        }
    }

    /// A running task follows a change of behaviour.
    pub(super) fn follow(&mut self, step: &Step<'_>, plan: std::sync::Arc<super::plan::Plan>) {
        if *self.plan == *plan {
            self.plan = plan;
            return;
        }
        for index in 0..self.containers.len() {
            self.catch_up_health(step, index);
        }
        for index in 0..self.targets.len() {
            self.catch_up_target(step, index);
        }
        let old = std::mem::replace(&mut self.plan, plan);
        for index in 0..self.containers.len() {
            let container = &self.containers[index];
            let changed = old.containers[index].exit != self.plan.containers[index].exit
                || old.containers[index].memory_used != self.plan.containers[index].memory_used;
            if changed && container.is_running() && container.signalled_at.is_none() {
                self.plan_ending(step, index);
            }
            self.plan_health(step, index);
        }
        for index in 0..self.targets.len() {
            if self.targets[index].due != NEVER || self.targets[index].prober.is_some() {
                self.replan_probed(step, index);
            }
        }
    }

    fn replan_probed(&mut self, step: &Step<'_>, index: usize) {
        use stowplan_engine::model::TargetState::{Healthy, Initial, Unhealthy};
        if matches!(self.targets[index].state, Some(Initial | Healthy | Unhealthy)) {
            self.plan_target(step, index);
        }
    }
}
