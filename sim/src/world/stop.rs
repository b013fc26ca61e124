//! From the end of RUNNING to STOPPED: who is signalled when, timeouts, interface
//! (01 section 11.4).

use stowplan_engine::model::{NetworkMode, Stop, TaskStatus};

use super::behavior_values::Delay;
use super::container::{Ending, NEVER, SIGKILL_CODE, Stage};
use super::latency::STOP_TIMEOUT;
use super::step::Step;
use super::task::{Interface, Phase, WorldTask};

impl WorldTask {
    /// The task is to stop: by order, or for a cause of its own.
    pub(super) fn begin_stop(&mut self, step: &mut Step<'_>, cause: Option<Stop>) {
        if self.is_over() {
            return;
        }
        if self.phase == Phase::Queued
            && let Some(instance) = self.host
        {
            step.host(instance).leave_queue(self.id);
            self.let_others_in(step);
        }
        self.deregister_instance(step);
        // Nobody waits for the delay where the process is gone, or never ran (01 section 11.1).
        let leaves_at_once = cause.is_some() || self.phase == Phase::Activating;
        self.cause = cause;
        self.phase = Phase::Stopping;
        self.due = NEVER;
        self.fails_at = NEVER;
        for index in 0..self.containers.len() {
            if self.containers[index].stage < Stage::Running {
                self.abandon(step, index, None);
            }
        }
        if self.containers.iter().any(|container| container.is_running()) {
            self.tell_status(step, TaskStatus::Stopping);
        }
        if leaves_at_once {
            self.deregister_targets(step);
        }
    }

    /// A container that never ran is over.
    pub(super) fn abandon(&mut self, step: &mut Step<'_>, index: usize, reason: Option<Box<str>>) {
        self.free_ports(step, index);
        self.containers[index].stop(step.now, None, reason);
    }

    pub(super) fn free_ports(&self, step: &mut Step<'_>, index: usize) {
        let bound = &self.containers[index].host_ports;
        if let Some(instance) = self.host
            && !bound.is_empty()
        {
            let mode = self.mode(step);
            let ports = &self.spec(step.view).containers[index].ports;
            step.host(instance).free_ports(ports, bound, mode);
        }
    }

    /// Signals every container on which no other one depends any more.
    pub(super) fn signal_ready(&mut self, step: &mut Step<'_>) -> bool {
        let specs = &self.spec(step.view).containers;
        let mut moved = false;
        for index in 0..self.containers.len() {
            let container = &self.containers[index];
            if !container.is_running() || container.signalled_at.is_some() {
                continue;
            }
            let needed = self.containers.iter().zip(specs).any(|(other, spec)| {
                other.stage != Stage::Stopped && spec.depends_on.iter().any(|d| d.on == index)
            });
            if !needed {
                self.signal(step, index);
                moved = true;
            }
        }
        moved
    }

    fn signal(&mut self, step: &mut Step<'_>, index: usize) {
        let spec = &self.spec(step.view).containers[index];
        let timeout = spec.stop_timeout.unwrap_or_else(|| match self.host {
            Some(instance) => step.host(instance).config.stop_timeout,
            None => STOP_TIMEOUT,
        });
        let plan = &self.plan.containers[index];
        let (span, ending) = match plan.stop {
            Delay::Never => (timeout, Ending::Killed),
            Delay::After(range) => match step.draw(range, "stop", &spec.name) {
                span if span > timeout => (timeout, Ending::Killed),
                span => (span, Ending::Exit(plan.exit_code_on_stop)),
            },
        };
        let container = &mut self.containers[index];
        container.signalled_at = Some(step.now);
        // What would have ended by itself before does so.
        if step.now + span < container.due {
            container.due = step.now + span;
            container.ending = ending;
        }
    }

    /// Its capacity is taken away: nothing survives this instant.
    pub(super) fn kill_all(&mut self, step: &mut Step<'_>) {
        for index in 0..self.containers.len() {
            if self.containers[index].is_running() {
                self.containers[index].ending = Ending::Killed;
                self.container_ends(step, index);
            }
        }
    }

    /// Every container has stopped: the host's resources are free.
    pub(super) fn containers_are_gone(&mut self, step: &mut Step<'_>) {
        if self.admitted
            && let Some(instance) = self.host
        {
            self.admitted = false;
            let demand = &step.view.task(self.id).demand;
            step.host(instance).release(demand);
            self.let_others_in(step);
        }
        let has_interface = self.interface == Interface::Held;
        let never_attached = !has_interface && self.mode(step) == NetworkMode::Awsvpc;
        let detach = step.draw(self.plan.detach(has_interface), "detach", "");
        self.due = step.now + detach;
        if self.due > step.now && !never_attached {
            self.phase = Phase::Deprovisioning;
            self.tell_status(step, TaskStatus::Deprovisioning);
        } else {
            self.finish(step);
        }
    }

    /// The host has room again: those at the head of its queue may start.
    fn let_others_in(&self, step: &mut Step<'_>) {
        let Some(instance) = self.host else { return };
        if step.host(instance).lost {
            return;
        }
        let view = step.view;
        let mut admitted = std::mem::take(&mut step.around.admitted);
        step.host(instance).admit(view, &mut admitted);
        step.around.admitted = admitted;
    }

    pub(super) fn finish(&mut self, step: &mut Step<'_>) {
        self.phase = Phase::Stopped;
        self.due = NEVER;
        self.killed_at = NEVER;
        self.release_interface(step);
        self.tell_status(step, TaskStatus::Stopped);
    }

    /// Slot and address of the network interface are free.
    pub(super) fn release_interface(&mut self, step: &mut Step<'_>) {
        if std::mem::take(&mut self.interface) == Interface::Held
            && let Some(instance) = self.host
        {
            step.host(instance).detach();
        }
        if let (Some(subnet), Some(address)) = (step.view.task(self.id).subnet, self.address) {
            step.around.addresses.free(self.id, subnet, address);
        }
    }

    /// The machine is gone, or nobody asks about the task any more: it is over, without a word.
    pub(super) fn lose(&mut self, step: &mut Step<'_>) {
        if self.phase == Phase::Stopped {
            return;
        }
        if self.phase == Phase::Queued
            && let Some(instance) = self.host
        {
            step.host(instance).leave_queue(self.id);
        }
        for index in 0..self.containers.len() {
            if self.containers[index].stage == Stage::Running {
                self.free_ports(step, index);
                let code = Some(SIGKILL_CODE);
                self.containers[index].stop(step.now, code, None);
                self.execution_stopped_at.get_or_insert(step.now);
            } else if self.containers[index].stage < Stage::Running {
                self.abandon(step, index, None);
            }
        }
        if self.admitted
            && let Some(instance) = self.host
        {
            let demand = &step.view.task(self.id).demand;
            step.host(instance).release(demand);
            self.admitted = false;
            self.let_others_in(step);
        }
        self.phase = Phase::Stopped;
        (self.due, self.fails_at, self.killed_at) = (NEVER, NEVER, NEVER);
        self.release_interface(step);
        self.deregister_instance(step);
        self.deregister_targets(step);
        self.advance_targets(step);
    }
}
